//! The threads that read. A read waits for a free thread, runs on its connection and wakes its caller.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot, watch};

use super::{Options, Session};
use crate::conn::{Conn, Link};
use crate::slow::SlowLog;
use crate::stats::{Meter, PoolStats, READERS_WAITING};
use crate::{BoxFuture, Error};

/// Longest wait for the jobs of a store that is closed.
const CLOSE_MAX: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce(&mut Slot) + Send>;

pub(crate) struct Readers {
    jobs: Arc<Jobs>,
    /// One permit per thread, so that a job never waits behind a snapshot while a thread is free.
    free: Arc<Semaphore>,
    /// Snapshots leave one thread for everybody else.
    snapshots: Arc<Semaphore>,
    total: usize,
    /// Threads that have not ended.
    alive: Arc<watch::Sender<usize>>,
    wait: Duration,
    meter: Arc<Meter>,
    slow: Arc<SlowLog>,
}

/// A thread's place for its connection, opened when the first job needs it.
struct Slot {
    file: PathBuf,
    options: Options,
    meter: Arc<Meter>,
    session: Option<Session>,
}

#[derive(Default)]
struct Jobs {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    closed: bool,
}

impl Readers {
    pub fn start(file: PathBuf, options: Options, total: usize, slow: Arc<SlowLog>) -> Result<Self, Error> {
        let (jobs, meter) = (Arc::<Jobs>::default(), Arc::<Meter>::default());
        let alive = Arc::new(watch::Sender::new(total));
        for i in 0..total {
            let (jobs, alive) = (Arc::clone(&jobs), Arc::clone(&alive));
            let mut slot = Slot { file: file.clone(), options, meter: Arc::clone(&meter), session: None };
            let run = move || {
                while let Some(job) = jobs.next() {
                    job(&mut slot);
                }
                if let Some(session) = slot.session.take() {
                    session.close();
                }
                alive.send_modify(|n| *n -= 1);
            };
            std::thread::Builder::new().name(format!("store-read-{i}")).spawn(run)?;
        }
        let (free, snapshots) = (Arc::new(Semaphore::new(total)), Arc::new(Semaphore::new(total - 1)));
        Ok(Readers { jobs, free, snapshots, total, alive, wait: options.busy_timeout, meter, slow })
    }

    /// Runs `f` on a thread with its connection.
    pub async fn run<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.on_thread(move |slot| f(slot.session()?)).await
    }

    /// Runs `f` inside a read transaction. Its future is driven on the thread, so that it may wait for others.
    pub async fn snapshot<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let _turn = self.turn(&self.snapshots).await?;
        let runtime = tokio::runtime::Handle::current();
        let slow = Arc::clone(&self.slow);
        let work = move |slot: &mut Slot| {
            slot.session()?.script("BEGIN")?;
            let session = slot.session.take().ok_or(Error::Closed)?;
            let mut conn = Conn::new(Link::Lite(session), slow);
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(f(&mut conn))));
            let ended = conn.lite().ok_or(Error::Closed)?.script("ROLLBACK");
            if let Link::Lite(session) = conn.into_link()
                && ended.is_ok()
            {
                slot.session = Some(session);
            }
            result.map_err(|_| Error::Panicked)
        };
        self.on_thread(work).await?
    }

    pub fn stats(&self) -> PoolStats {
        let idle = self.free.available_permits();
        let waiting = usize::try_from(READERS_WAITING.get()).unwrap_or(0);
        self.meter.stats(PoolStats {
            name: "read",
            max: self.total,
            total: self.total,
            active: self.total - idle.min(self.total),
            idle,
            waiting,
            ..PoolStats::default()
        })
    }

    /// Lets the jobs that were accepted finish and waits for the threads, briefly.
    pub async fn close(&self) {
        self.free.close();
        self.snapshots.close();
        self.jobs.close();
        let _ = tokio::time::timeout(CLOSE_MAX, self.alive.subscribe().wait_for(|n| *n == 0)).await;
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Slot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.turn(&self.free).await?;
        let (reply, answer) = oneshot::channel();
        let job = move |slot: &mut Slot| {
            // A caller that is gone needs no answer.
            if !reply.is_closed() {
                let result = std::panic::catch_unwind(AssertUnwindSafe(|| f(slot)));
                // The permit first: whoever gets the answer may look at the pool.
                drop(permit);
                let _ = reply.send(result.unwrap_or(Err(Error::Panicked)));
            }
        };
        self.jobs.push(Box::new(job));
        answer.await.unwrap_or(Err(Error::Cancelled))
    }

    async fn turn(&self, of: &Arc<Semaphore>) -> Result<tokio::sync::OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(of).try_acquire_owned() {
            return Ok(permit);
        }
        READERS_WAITING.add(1);
        let _waiting = Waiting;
        let start = Instant::now();
        let permit = tokio::time::timeout(self.wait, Arc::clone(of).acquire_owned()).await;
        self.meter.waited(start.elapsed());
        let exhausted = |_| {
            self.meter.refused.inc();
            Error::Exhausted { setting: "the reader threads", size: self.total, waited_s: self.wait.as_secs() }
        };
        permit.map_err(exhausted)?.map_err(|_| Error::Closed)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs.close();
    }
}

/// Counts a waiting caller out, also one that gives up.
struct Waiting;

impl Drop for Waiting {
    fn drop(&mut self) {
        READERS_WAITING.add(-1);
    }
}

impl Slot {
    fn session(&mut self) -> Result<&mut Session, Error> {
        match &mut self.session {
            Some(session) => Ok(session),
            empty => {
                let session = Session::reader(&self.file, self.options)?;
                Ok(empty.insert(session.counted_by(Arc::clone(&self.meter))))
            }
        }
    }
}

impl Jobs {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        self.lock().waiting.push_back(job);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The next job; `None` when there will be no more.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
