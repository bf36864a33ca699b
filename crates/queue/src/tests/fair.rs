//! Who is served when there is too much of everything: by claims and a clock that is turned by hand.

use std::collections::HashMap;
use std::time::Duration;

use stdx::{Clock, Timestamp};

use super::{Work, ack, claim, open};
use crate::stat::Deltas;
use crate::waiting::Waiting;
use crate::*;

/// A store that does not wait for the disk: turns are counted here, not commits.
async fn quick() -> (store::testing::Place, store::Store) {
    let place = store::testing::Place::new().await;
    let settings = store::Settings { synchronous: store::Synchronous::Normal, ..place.settings().clone() };
    let store = store::Store::open(place.folder(), &settings, &[MIGRATIONS], Clock::system()).await.unwrap();
    (place, store)
}

fn start() -> Clock {
    Clock::manual(Timestamp::from_seconds(1_700_000_000))
}

/// Adds `count` jobs of a queue that has no kind of its own.
async fn fill(queue: &Queue, name: &str, priority: Priority, count: usize) {
    let now = queue.clock().now();
    let ids = queue.ids();
    let jobs: Vec<Waiting> = (0..count)
        .map(|_| Waiting {
            queue: names::code_of(name),
            priority: priority as i64,
            run_at: now,
            id: JobId(ids.next(now)),
            kind: names::code_of(Work::KIND),
            attempt: 0,
            attempts_max: 3,
            rescued: 0,
            body: "{\"n\":1}".to_owned(),
            group_key: None,
            uniq: None,
            parent: None,
            error: None,
        })
        .collect();
    let writer = queue.clone();
    let add = queue.0.store.write(move |tx| {
        let (queue, jobs) = (writer.clone(), jobs.clone());
        Box::pin(async move { queue.insert(tx, &jobs, &mut Deltas::default()).await })
    });
    add.await.unwrap();
}

/// Claims for `workers` and lets all of it succeed; what was taken.
async fn turn(queue: &Queue, workers: usize) -> Vec<Waiting> {
    let Some(lease) = claim(queue, workers).await else { return Vec::new() };
    let mut ledger = ack::Ledger::default();
    ledger.open(lease.id, lease.jobs.len());
    ack(queue, &mut ledger, &lease, &(0..lease.jobs.len()).collect::<Vec<_>>()).await;
    lease.jobs
}

#[tokio::test]
async fn low_work_starts_within_its_slack_whatever_comes_above_it() {
    for (workers, above) in
        [(1, &Priority::ALL[..1]), (1, &Priority::ALL[..3]), (4, &Priority::ALL[..1]), (30, &Priority::ALL[..3])]
    {
        let (_folder, store) = quick().await;
        let clock = start();
        let queue = open(&store, &clock).await;
        let mut waits = Vec::new();
        let mut low: Option<(JobId, Timestamp)> = None;
        for round in 0..330u32 {
            // More than can be taken, of everything above.
            for priority in above {
                fill(&queue, "default", *priority, workers).await;
            }
            if low.is_none() {
                let id = queue
                    .enqueue_now(&Work { n: 0 }, Enqueue::default().with_priority(Priority::Low))
                    .await
                    .unwrap()
                    .id();
                low = Some((id, clock.now()));
            }
            if round % 7 == 0 {
                queue.sweep(true).await.unwrap();
            }
            let taken = turn(&queue, workers).await;
            assert!(!taken.is_empty(), "a turn with {workers} places was wasted");
            if let Some((_, since)) = low.filter(|(id, _)| taken.iter().any(|job| job.id == *id)) {
                waits.push(clock.now().since(since));
                low = None;
            }
            clock.advance(Duration::from_secs(1));
        }
        let longest = waits.iter().max().copied().unwrap_or(Duration::MAX);
        assert!(longest <= due::slack(4) + Duration::from_secs(1), "{workers} places: waited {longest:?}");
        assert!(waits.len() >= 10, "{workers} places below {above:?}: served only {} times", waits.len());
    }
}

#[tokio::test]
async fn queues_of_one_class_share_by_their_weights() {
    for workers in [8, 1] {
        let (_folder, store) = quick().await;
        let clock = start();
        let queue = open(&store, &clock).await;
        let weight = QueueChange { weight: Some(3), concurrency: None, rate: None, durability: None, paused: None };
        queue.configure("tracking", &weight).await.unwrap();
        fill(&queue, "default", Priority::Normal, 400).await;
        fill(&queue, "tracking", Priority::Normal, 400).await;
        let mut served: HashMap<i64, usize> = HashMap::new();
        while served.values().sum::<usize>() < 240 {
            for job in turn(&queue, workers).await {
                *served.entry(job.queue).or_default() += 1;
            }
        }
        let share = served.get(&names::code_of("tracking")).copied().unwrap_or_default() as f64
            / served.values().sum::<usize>() as f64;
        assert!((0.65..0.85).contains(&share), "{workers} places: a weight of 3 beside 1 got {share:.2} of the turns");
    }
}

#[tokio::test]
async fn a_thousand_queues_are_all_served() {
    let (_folder, store) = quick().await;
    let queue = open(&store, &start()).await;
    for n in 0..1_000 {
        fill(&queue, &format!("queue-{n}"), Priority::Normal, 3).await;
    }
    let mut served: HashMap<i64, usize> = HashMap::new();
    let mut turns = 0;
    while served.len() < 1_000 {
        turns += 1;
        assert!(turns < 1_000, "only {} of 1000 queues were served in {turns} turns of 8 places", served.len());
        for job in turn(&queue, 8).await {
            *served.entry(job.queue).or_default() += 1;
        }
    }
    while !turn(&queue, 100).await.is_empty() {}
    assert_eq!(queue.counts().await.unwrap().get(State::Completed), 3_000);
}

/// Jobs whose key is busy are set aside; they must not hold up what stands behind them.
#[tokio::test]
async fn a_busy_key_does_not_hold_up_others() {
    let (_folder, store) = quick().await;
    let queue = open(&store, &start()).await;
    let jobs: Vec<(super::Serial, Enqueue)> =
        (0..1_000).map(|n| (super::Serial { n, key: 1 }, Enqueue::default())).collect();
    queue.enqueue_all(jobs).await.unwrap();
    let other = queue.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap().id();
    let first = claim(&queue, 8).await.unwrap();
    assert_eq!(first.jobs.len(), 1, "the key has one place");
    let mut claims = 0;
    loop {
        claims += 1;
        assert!(claims <= 10, "{claims} claims did not reach the job behind those of the busy key");
        if claim(&queue, 8).await.is_some_and(|lease| lease.jobs.iter().any(|job| job.id == other)) {
            break;
        }
    }
}

#[tokio::test]
async fn a_rate_holds_over_two_processes() {
    for (rate, chunk) in [(60u32, 1), (600, 1)] {
        let (_folder, store) = quick().await;
        let clock = start();
        let first = open(&store, &clock).await;
        let second =
            Queue::open(&store, super::settings(), clock.clone(), stdx::Rng::seeded(4), Place::Server).await.unwrap();
        let change = QueueChange { rate: Some(rate), weight: None, concurrency: None, durability: None, paused: None };
        first.configure("media", &change).await.unwrap();
        second.reload().await.unwrap();
        fill(&first, "media", Priority::Normal, rate as usize * 3).await;
        second.sweep(true).await.unwrap();
        let dice = stdx::Rng::seeded(u64::from(rate));
        let begun = clock.now();
        let mut starts: Vec<Timestamp> = Vec::new();
        while clock.now().since(begun) < Duration::from_secs(130) {
            let queue = if dice.below(2) == 0 { &first } else { &second };
            let taken = turn(queue, 1 + dice.below(4) as usize).await;
            starts.extend(taken.iter().map(|_| clock.now()));
            clock.advance(Duration::from_millis(dice.below(6_000 / u64::from(rate))));
        }
        let busiest = starts
            .iter()
            .enumerate()
            .map(|(i, from)| starts[i..].iter().take_while(|at| at.since(*from) < Duration::from_secs(60)).count());
        let busiest = busiest.max().unwrap_or_default();
        assert!(busiest <= rate as usize + chunk, "{busiest} starts in a minute at a rate of {rate}");
        assert!(
            starts.len() as f64 >= 1.8 * f64::from(rate),
            "only {} starts in 130 s at {rate} a minute",
            starts.len()
        );
    }
}
