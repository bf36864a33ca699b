//! Places of a key over two processes that really work side by side.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::task::Tasks;
use stdx::{Clock, Rng};

use super::{settings, temporary};
use crate::*;

#[derive(Clone, Serialize, Deserialize)]
struct Call {
    host: usize,
}

const PLACES: i64 = 2;

impl Job for Call {
    const KIND: &'static str = "call";
    const GROUP_MAX: u32 = PLACES as u32;
    fn group_key(&self) -> Option<String> {
        Some(format!("host-{}", self.host))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_its_places_over_two_processes() {
    const HOSTS: usize = 3;
    const JOBS: usize = 180;
    let store = temporary().await;
    let running: Arc<[AtomicI64; HOSTS]> = Arc::default();
    let most = Arc::new(AtomicI64::new(0));
    let tasks = Tasks::default();
    let mut queues = Vec::new();
    for seed in [1, 2] {
        let queue = Queue::open(&store, settings(), Clock::system(), Rng::seeded(seed), Place::Server).await.unwrap();
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        let handlers = Handlers::default().on(move |_, job: Call| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                let now = running[job.host].fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
                running[job.host].fetch_sub(1, Ordering::SeqCst);
                Ok(None)
            }
        });
        Workers::start(&queue, handlers, &tasks);
        queues.push(queue);
    }
    let jobs = (0..JOBS).map(|n| (Call { host: n % HOSTS }, Enqueue::default())).collect();
    let ids = queues[0].enqueue_all(jobs).await.unwrap();
    // The other one has no bus to hear of them.
    queues[1].poke();
    assert_eq!(ids.len(), JOBS);
    let all = async {
        while queues[0].counts().await.unwrap().get(State::Completed) < JOBS as u64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("all jobs end within 30 s");
    let most = most.load(Ordering::SeqCst);
    assert!((1..=PLACES).contains(&most), "{most} jobs of a key with {PLACES} places ran at once");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
