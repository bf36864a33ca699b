//! Background tasks that are known by name and end at shutdown.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The tasks of one process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tasks {
    set: Arc<Mutex<JoinSet<()>>>,
    stop: Arc<watch::Sender<bool>>,
    /// Where they run when a thread starts one that belongs to no runtime.
    runtime: Arc<OnceLock<Handle>>,
}

impl Default for Tasks {
    fn default() -> Self {
        let runtime = Handle::try_current().map_or_else(|_| OnceLock::new(), OnceLock::from);
        Tasks { set: Arc::default(), stop: Arc::new(watch::channel(false).0), runtime: Arc::new(runtime) }
    }
}

/// Becomes true when the process wants to end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the process wants to end.
    pub async fn wait(&mut self) {
        // An error means that the sender is gone, which is an end too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Sleeps for `time`, or until the process wants to end: then `false`.
    pub async fn sleep(&mut self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.wait() => false,
        }
    }
}

impl Tasks {
    /// Runs `future` until it ends or [`Tasks::shutdown`] gives up waiting for it.
    ///
    /// # Panics
    /// If no runtime was near when the tasks were made, and none is now.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        while set.try_join_next().is_some() {}
        match self.runtime.get() {
            Some(runtime) => set.spawn_on(future, runtime),
            None => set.spawn(future),
        };
    }

    pub fn stop(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    /// How many tasks have not ended.
    pub fn running(&self) -> usize {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        while set.try_join_next().is_some() {}
        set.len()
    }

    /// Asks all tasks to end, waits for `grace`, then aborts the rest and says how many those were.
    pub async fn shutdown(&self, grace: Duration) -> usize {
        self.stop.send_replace(true);
        let mut set = std::mem::take(&mut *self.set.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while set.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_ok() {
            return 0;
        }
        let left = set.len();
        set.shutdown().await;
        left
    }
}
