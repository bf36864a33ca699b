//! Jobs that wait for somebody outside cost no worker, and nothing is lost of the places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stdx::Rng;
use tokio::sync::Semaphore;

use super::*;

/// Jobs that are somewhere, and the most that ever were.
#[derive(Default)]
struct Count(AtomicUsize, AtomicUsize);

impl Count {
    fn enter(&self) {
        self.1.fetch_max(self.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

struct House {
    queue: Queue,
    tasks: Tasks,
    workers: Arc<Workers>,
    /// Opens for those who wait outside.
    gate: Arc<Semaphore>,
    waiting: Arc<Count>,
    /// `Only` jobs that run; they hold their worker until their gate opens.
    inside: Arc<Count>,
    door: Arc<Semaphore>,
}

async fn house(store: &store::Store, workers_max: u32, waiting_max: u32) -> House {
    let settings = Settings { workers_min: workers_max, workers_max, waiting_max, ..settings() };
    let queue = Queue::open(store, settings, Clock::system(), Rng::seeded(3), Place::Alone).await.unwrap();
    let (gate, waiting) = (Arc::new(Semaphore::new(0)), Arc::new(Count::default()));
    let (door, inside) = (Arc::new(Semaphore::new(0)), Arc::new(Count::default()));
    let (g, w, d, i) = (Arc::clone(&gate), Arc::clone(&waiting), Arc::clone(&door), Arc::clone(&inside));
    let handlers = Handlers::default()
        .on(move |_, _: Work| {
            let (gate, waiting) = (Arc::clone(&g), Arc::clone(&w));
            async move {
                // Twice at the same time, of which one is quick: the other one still waits.
                let wait = async {
                    waiting.enter();
                    gate.acquire().await.unwrap().forget();
                    waiting.leave();
                };
                tokio::join!(outside(tokio::task::yield_now()), outside(wait));
                Ok(None)
            }
        })
        .on(move |_, _: Only| {
            let (door, inside) = (Arc::clone(&d), Arc::clone(&i));
            async move {
                inside.enter();
                door.acquire().await.unwrap().forget();
                inside.leave();
                Ok(None)
            }
        });
    let tasks = Tasks::default();
    let workers = Workers::start(&queue, handlers, &tasks);
    House { queue, tasks, workers, gate, waiting, inside, door }
}

impl House {
    async fn work(&self, count: u32) -> Vec<JobId> {
        let mut ids = Vec::new();
        for n in 0..count {
            ids.push(self.queue.enqueue_now(&Work { n }, Enqueue::default()).await.unwrap().id());
        }
        ids
    }

    async fn only(&self, keys: std::ops::Range<u32>) -> Vec<JobId> {
        let mut ids = Vec::new();
        for key in keys {
            ids.push(self.queue.enqueue_now(&Only { key }, Enqueue::default()).await.unwrap().id());
        }
        ids
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_wait_outside_leave_their_places_to_others() {
    let store = temporary().await;
    let house = house(&store, 2, 12).await;
    house.work(10).await;
    until("all wait", || house.waiting.now() == 10).await;
    // Others go through while they wait, but no more at once than there are places.
    let only = house.only(0..6).await;
    until("two run", || house.inside.now() == 2).await;
    house.door.add_permits(6);
    for id in &only {
        assert_eq!(finished(&house.queue, *id).await.state, State::Completed);
    }
    assert_eq!(house.waiting.now(), 10);
    assert!(house.inside.1.load(Ordering::SeqCst) <= 2, "more at once than there are places");
    house.gate.add_permits(10);
    until("all done", || house.workers.running() == 0).await;
    // The places are the old ones.
    house.only(10..16).await;
    until("two run again", || house.inside.now() == 2).await;
    house.door.add_permits(6);
    until("all done again", || house.workers.running() == 0).await;
    assert!(house.inside.1.load(Ordering::SeqCst) <= 2);
    house.tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_beyond_the_limit_keep_their_places_and_a_cancelled_one_comes_back() {
    let store = temporary().await;
    let house = house(&store, 2, 3).await;
    let ids = house.work(8).await;
    // Three wait outside, two more in the places.
    until("five wait", || house.waiting.now() == 5).await;
    let waiting = |house: &House| house.workers.running();
    assert_eq!(waiting(&house), 5);
    // Whoever is cancelled in the middle of a wait leaves no place taken and none too many.
    for id in &ids {
        house.queue.cancel(*id).await.unwrap();
    }
    until("all gone", || house.workers.running() == 0).await;
    house.only(0..6).await;
    until("two run", || house.inside.now() == 2).await;
    house.door.add_permits(6);
    until("all done", || house.workers.running() == 0).await;
    assert_eq!(house.inside.1.load(Ordering::SeqCst), 2);
    house.tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn elsewhere_it_is_a_plain_await() {
    assert_eq!(outside(async { 7 }).await, 7);
    outside(tokio::task::yield_now()).await;
}
