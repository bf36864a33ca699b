use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use stdx::{Clock, Id, Rng};
use store::bus::Bus;
use store::testing::TempStore;
use store::{Engine, Statement, params};
use tokio::sync::broadcast::Receiver;

use super::follow::CONFIRM_MAX;
use super::*;
use crate::{Enqueue, Job, MIGRATIONS, Settings};

#[derive(Clone, Serialize, Deserialize)]
struct Work {
    n: u64,
}

impl Job for Work {
    const KIND: &'static str = "work";
}

/// Servers of one database, each with a bus of its own.
async fn server(store: &TempStore, tasks: &Tasks, seed: u64) -> Queue {
    let queue =
        Queue::open(store, Settings::default(), Clock::system(), Rng::seeded(seed), Place::Server).await.unwrap();
    let bus = Bus::join(store, store.settings(), queue.epoch(), tasks).unwrap();
    queue.connect(bus, tasks);
    let began = Instant::now();
    while !queue.hears() {
        assert!(began.elapsed() < Duration::from_secs(10), "the bus connects");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    queue
}

async fn two() -> Option<(TempStore, Tasks, Queue, Queue)> {
    let store = store::testing::temporary(&[MIGRATIONS]).await;
    if store.engine() != Engine::Postgres {
        eprintln!("skipped: an SQLite folder has one process; needs COPYDESK_TEST_POSTGRES");
        return None;
    }
    let tasks = Tasks::default();
    let (a, b) = (server(&store, &tasks, 1).await, server(&store, &tasks, 2).await);
    Some((store, tasks, a, b))
}

/// A's wants have settled, so that only what is asked for is told.
async fn settled(queue: &Queue) {
    let began = Instant::now();
    while queue.0.wire.get().unwrap().0.is_learning.load(Ordering::Relaxed) {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn signal(queue: &Queue, job: &str, n: u64) -> Signal {
    Signal {
        kind: SignalKind::Progress,
        id: JobId(Id::from_i64(n as i64 + 1).unwrap()),
        job: job.into(),
        queue: "default".into(),
        at: queue.clock().now(),
        detail: Some(n.to_string()),
    }
}

fn tell(queue: &Queue, signal: &Signal) {
    queue.0.wire.get().unwrap().tell_signal(signal);
}

async fn next(signals: &mut Receiver<Signal>) -> Signal {
    tokio::time::timeout(Duration::from_secs(10), signals.recv()).await.expect("a signal comes in time").unwrap()
}

fn kinds(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn others_are_told_what_they_asked_for() {
    let Some((_store, tasks, a, b)) = two().await else { return };
    let mut heard = b.watch();
    settled(&a).await;
    tell(&a, &signal(&a, "work", 0));
    b.follow(false, kinds(&["work"]), BTreeSet::new()).await;
    let mut times = Vec::new();
    for n in 1..=200 {
        let began = Instant::now();
        tell(&a, &signal(&a, "other", 5_000 + n));
        tell(&a, &signal(&a, "work", n));
        assert_eq!(next(&mut heard).await.detail, Some(n.to_string()), "only what was asked for, in order");
        times.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(6)).await;
    }
    times.sort_unstable();
    println!("a signal on another node: half within {:?}, 99 of 100 within {:?}", times[100], times[198]);

    // A real job, enqueued elsewhere.
    let id = a.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap().id();
    let enqueued = next(&mut heard).await;
    assert_eq!((enqueued.id, enqueued.kind, &*enqueued.job), (id, SignalKind::Enqueued, "work"));
    // A very long result still travels.
    let long = Signal { detail: Some("\u{1}".repeat(10_000)), ..signal(&a, "work", 9) };
    tell(&a, &long);
    assert_eq!(next(&mut heard).await.detail.unwrap().len(), 1_000);

    let job = JobId(Id::from_i64(77_001).unwrap());
    b.follow(false, BTreeSet::new(), BTreeSet::from([job])).await;
    tell(&a, &signal(&a, "work", 1));
    tell(&a, &signal(&a, "work", 77_000));
    assert_eq!(next(&mut heard).await.id, job);
    // Far too many names: everything is told.
    let many = (1..2_000).map(|n| JobId(Id::from_i64(n).unwrap())).collect();
    b.follow(false, BTreeSet::new(), many).await;
    tell(&a, &signal(&a, "anything", 100_000));
    assert_eq!(&*next(&mut heard).await.job, "anything");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn changed_counts_are_told_to_those_who_count() {
    let Some((_store, tasks, a, b)) = two().await else { return };
    let (mut stirs, mut signals) = (b.stirs().unwrap(), b.watch());
    b.follow(true, BTreeSet::new(), BTreeSet::new()).await;
    settled(&a).await;
    while signals.try_recv().is_ok() {}
    for n in 0..20 {
        a.enqueue_now(&Work { n }, Enqueue::default()).await.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(5), stirs.changed()).await.expect("it is told").unwrap();
    assert!(signals.is_empty(), "but not of single jobs");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

static KILL_LISTENERS: Statement = Statement::shared(
    "test.kill_listeners",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'",
);

#[tokio::test]
async fn a_killed_listener_misses_nothing_without_a_word() {
    let Some((store, tasks, a, b)) = two().await else { return };
    let (mut heard, losses) = (b.watch(), b.losses().unwrap());
    b.follow(false, kinds(&["work"]), BTreeSet::new()).await;
    for n in 1..=200 {
        tell(&a, &signal(&a, "work", n));
        if n == 100 {
            store.read().all(&KILL_LISTENERS, params![]).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (mut numbers, mut more, began) = (Vec::new(), 201.., Instant::now());
    // One more now and then, until one is heard: then nothing of the two hundred is still to come.
    while numbers.last().is_none_or(|last| *last < 200) {
        assert!(began.elapsed() < Duration::from_secs(10), "{numbers:?}");
        match tokio::time::timeout(Duration::from_millis(700), heard.recv()).await {
            Ok(signal) => numbers.push(signal.unwrap().detail.unwrap().parse::<u64>().unwrap()),
            Err(_) => tell(&a, &signal(&a, "work", more.next().expect("there is always one more"))),
        }
    }
    let gaps = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() as u64;
    println!("{} of 200 signals heard over a killed listener, {} losses told", numbers.len(), *losses.borrow());
    assert!(numbers.is_sorted() && gaps <= *losses.borrow(), "{numbers:?}");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test]
async fn nobody_waits_for_others_that_are_not_there() {
    let store = store::testing::temporary(&[MIGRATIONS]).await;
    let queue = Queue::open(&store, Settings::default(), Clock::system(), Rng::seeded(1), Place::Server).await.unwrap();
    queue.follow(true, kinds(&["work"]), BTreeSet::new()).await;
    assert!(queue.losses().is_none() && queue.stirs().is_none());
    let tasks = Tasks::default();
    let bus = Bus::join(&store, store.settings(), queue.epoch(), &tasks).unwrap();
    queue.connect(bus, &tasks);
    let began = Instant::now();
    queue.follow(true, kinds(&["work", "more"]), BTreeSet::new()).await;
    assert!(began.elapsed() < CONFIRM_MAX / 2);
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}
