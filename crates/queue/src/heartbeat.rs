//! Saying that this process lives, on a thread and a connection of its own: neither a busy runtime nor an
//! exhausted pool may make a living process look dead.

use std::sync::Arc;
use std::time::Duration;

use stdx::task::{Stop, Tasks};
use store::Store;
use tokio::sync::oneshot;

use crate::Workers;

/// Starts the heartbeat; it ends after the tasks were told to stop, when nothing is in hand any more.
pub(crate) fn start(workers: &Arc<Workers>, tasks: &Tasks) {
    let (ended, wait) = oneshot::channel::<()>();
    let (heart, stop) = (Arc::clone(workers), tasks.stop());
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(beat_apart(&heart, stop)),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the heartbeat has no runtime"),
        }
        drop(ended);
    };
    match std::thread::Builder::new().name("heartbeat".to_owned()).spawn(body) {
        // The thread belongs to the tasks: whoever waits for them waits for it.
        Ok(_) => tasks.spawn(async move { wait.await.unwrap_or_default() }),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the heartbeat has no thread of its own");
            let (heart, stop) = (Arc::clone(workers), tasks.stop());
            tasks.spawn(async move { beat(&heart, &heart.queue().0.store, stop).await });
        }
    }
}

async fn beat_apart(workers: &Workers, stop: Stop) {
    match workers.queue().0.store.apart() {
        Ok(store) => {
            beat(workers, &store, stop).await;
            if store.engine() == store::Engine::Postgres {
                store.close().await;
            }
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the heartbeat has no connection of its own");
            beat(workers, &workers.queue().0.store, stop).await;
        }
    }
}

async fn beat(workers: &Workers, store: &Store, mut stop: Stop) {
    let pause = Duration::from_secs(workers.queue().0.settings.heartbeat_s);
    let mut is_evicted = false;
    while let Some(info) = workers.info() {
        match workers.queue().beat(store, info).await {
            Ok(lives) => {
                if !lives && !is_evicted {
                    tracing::error!(
                        "this process was silent for so long that another took its place; it takes no more work until it is restarted"
                    );
                }
                is_evicted = !lives;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the heartbeat failed; trying again")
            }
        }
        if stop.is_set() {
            tokio::time::sleep(pause.min(Duration::from_millis(50))).await;
        } else {
            stop.sleep(pause).await;
        }
    }
}
