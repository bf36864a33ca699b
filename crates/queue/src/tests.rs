mod chaos;
mod fair;
mod groups;
mod model;
mod outside;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::task::Tasks;
use stdx::{Clock, Rng, Timestamp};
use store::testing::TempStore;

use crate::*;

#[derive(Clone, Serialize, Deserialize)]
struct Work {
    n: u32,
}

impl Job for Work {
    const KIND: &'static str = "work";
}

#[derive(Clone, Serialize, Deserialize)]
struct Only {
    key: u32,
}

impl Job for Only {
    const KIND: &'static str = "only";
    fn unique_key(&self) -> Option<String> {
        Some(self.key.to_string())
    }
}

/// One at a time of each key.
#[derive(Clone, Serialize, Deserialize)]
struct Serial {
    n: u32,
    key: u32,
}

impl Job for Serial {
    const KIND: &'static str = "serial";
    fn group_key(&self) -> Option<String> {
        Some(self.key.to_string())
    }
}

fn settings() -> Settings {
    Settings { retry_delay_ms: 1, heartbeat_s: 1, ..Settings::default() }
}

async fn open(store: &store::Store, clock: &Clock) -> Queue {
    Queue::open(store, settings(), clock.clone(), Rng::seeded(3), Place::Alone).await.unwrap()
}

#[tokio::test]
async fn a_claim_asks_for_room_with_the_queues_unlocked() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let own = queue.clone();
    let enqueued = store.write(move |tx| {
        let queue = own.clone();
        Box::pin(async move { queue.enqueue(tx, &Work { n: 1 }, Enqueue::default()).await.map(drop) })
    });
    enqueued.await.unwrap();
    let asked = AtomicU32::new(0);
    let room = |_| {
        asked.fetch_add(1, Ordering::Relaxed);
        // Whoever wants to write meanwhile would wait for us, and our second look for them.
        assert!(queue.0.queues.try_write().is_ok());
        usize::MAX
    };
    let offer = claim::Offer { workers: 1.0, by_class: [1.0; 4], room: &room };
    assert!(queue.claim(offer).await.unwrap().is_some());
    assert!(asked.into_inner() > 1);
}

/// Jobs for as many workers, whatever they cost.
async fn claim(queue: &Queue, workers: usize) -> Option<claim::Lease> {
    let offer = claim::Offer { workers: workers as f64, by_class: [workers as f64; 4], room: &|_| usize::MAX };
    let (lease, ends) = queue.claim(offer).await.unwrap()?;
    queue.look_at(&ends).await.unwrap();
    Some(lease)
}

/// Writes the ends of some members of `lease`, as workers do.
async fn ack(queue: &Queue, ledger: &mut ack::Ledger, lease: &claim::Lease, members: &[usize]) {
    let acks = members.iter().map(|i| ack::Ack {
        lease: lease.id,
        job: lease.jobs[*i].clone(),
        started_at: queue.clock().now(),
        time: Duration::from_millis(1),
        end: ack::End::Ran(Ok(None)),
    });
    let (flush, _) = queue.enter(acks.collect(), ledger, true);
    queue.write(flush).await.map_err(|(error, _)| error).unwrap();
}

async fn temporary() -> TempStore {
    store::testing::temporary(&[MIGRATIONS]).await
}

/// Waits until `id` is over, by the signals of the queue.
async fn finished(queue: &Queue, id: JobId) -> JobView {
    let mut signals = queue.watch();
    loop {
        let job = queue.get(id).await.unwrap().unwrap();
        if matches!(job.state, State::Completed | State::Cancelled | State::Discarded) {
            return job;
        }
        let wait = tokio::time::timeout(Duration::from_secs(20), signals.recv()).await;
        wait.expect("the job ends within 20 s").ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_commits_with_its_transaction_and_runs_once() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let handlers = Handlers::default().on(move |_, job: Work| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move { Ok(Some(serde_json::json!(job.n * 2))) }
    });
    let rolled_back = {
        let queue = queue.clone();
        store
            .write(move |tx| {
                let queue = queue.clone();
                Box::pin(async move {
                    queue.enqueue(tx, &Work { n: 1 }, Enqueue::default()).await?;
                    Err::<(), Error>(Error::NoNode)
                })
            })
            .await
    };
    assert!(matches!(rolled_back, Err(Error::NoNode)));
    let tasks = Tasks::default();
    Workers::start(&queue, handlers, &tasks);
    let id = queue.enqueue_now(&Work { n: 21 }, Enqueue::default()).await.unwrap().id();
    let job = finished(&queue, id).await;
    assert_eq!((job.state, job.result), (State::Completed, Some(serde_json::json!(42))));
    assert_eq!(runs.load(Ordering::SeqCst), 1, "the job of the transaction that was rolled back never ran");
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_retried_and_end_as_dead_letters_that_can_be_redriven() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let broken = Arc::new(AtomicU32::new(1));
    let state = Arc::clone(&broken);
    let handlers = Handlers::default().on(move |ctx: Context, job: Work| {
        let broken = state.load(Ordering::SeqCst) == 1;
        async move {
            match (broken, job.n) {
                (true, 2) => panic!("as told"),
                (true, _) => Err(Fault::Retry { error: format!("attempt {} failed", ctx.attempt), after: None }),
                (false, _) => Ok(None),
            }
        }
    });
    let tasks = Tasks::default();
    Workers::start(&queue, handlers, &tasks);
    let failing = queue.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap().id();
    let panicking = queue.enqueue_now(&Work { n: 2 }, Enqueue::default()).await.unwrap().id();
    let (dead, panicked) = (finished(&queue, failing).await, finished(&queue, panicking).await);
    assert_eq!((dead.state, dead.attempts, dead.error.as_deref()), (State::Discarded, 3, Some("attempt 3 failed")));
    assert_eq!(panicked.error.as_deref(), Some("the job panicked: as told"));
    assert_eq!(
        queue
            .list(&JobFilter { state: Some(State::Discarded), limit: 10, ..JobFilter::default() })
            .await
            .unwrap()
            .len(),
        2
    );

    broken.store(0, Ordering::SeqCst);
    queue.retry(failing).await.unwrap();
    assert_eq!(finished(&queue, failing).await.state, State::Completed);
    queue.purge_dead(panicking).await.unwrap();
    assert!(matches!(queue.purge_dead(panicking).await, Err(Error::NotFound(_))));
    tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_is_unknown_goes_to_dead_letters_with_the_reason() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let tasks = Tasks::default();
    // The handler knows another shape of the same kind.
    #[derive(Serialize, Deserialize)]
    struct Other {
        text: String,
    }
    impl Job for Other {
        const KIND: &'static str = "work";
    }
    Workers::start(&queue, Handlers::default().on(|_, _: Other| async { Ok(None) }), &tasks);
    let unreadable = queue.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap().id();
    let unknown = queue.enqueue_now(&Only { key: 1 }, Enqueue::default()).await.unwrap().id();
    let reason = finished(&queue, unreadable).await.error.unwrap();
    assert!(reason.contains("missing field `text`"), "{reason}");
    let reason = finished(&queue, unknown).await.error.unwrap();
    assert!(reason.contains("no handler for jobs of kind only"), "{reason}");
    tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_unique_job_is_enqueued_once_until_it_ends() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let Enqueued::New(first) = queue.enqueue_now(&Only { key: 1 }, Enqueue::default()).await.unwrap() else {
        panic!("new")
    };
    assert_eq!(queue.enqueue_now(&Only { key: 1 }, Enqueue::default()).await.unwrap(), Enqueued::Duplicate(first));
    assert!(matches!(queue.enqueue_now(&Only { key: 2 }, Enqueue::default()).await.unwrap(), Enqueued::New(_)));
    queue.cancel(first).await.unwrap();
    assert!(matches!(queue.enqueue_now(&Only { key: 1 }, Enqueue::default()).await.unwrap(), Enqueued::New(_)));
    assert_eq!(queue.get(first).await.unwrap().unwrap().state, State::Cancelled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_may_be_entered_by_several_processes_at_once() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    for round in 0..30 {
        // None of them knows the name yet: what was entered is remembered after the commit, by whoever entered it.
        let entries = (0..8).map(|entry| {
            let queue = queue.clone();
            async move {
                let name = format!("new-{round}");
                if entry % 4 == 3 {
                    let change = QueueChange { weight: Some(2), ..QueueChange::default() };
                    return queue.configure(&name, &change).await.map(drop);
                }
                let writer = queue.clone();
                let add = queue.0.store.write(move |tx| {
                    let (queue, names) = (writer.clone(), vec![(name.clone().into(), name.clone().into())]);
                    Box::pin(async move { queue.know_names(tx, &names).await })
                });
                Ok(add.await?)
            }
        });
        let entered: Vec<Result<(), Error>> = futures_util::future::join_all(entries).await;
        entered.into_iter().for_each(Result::unwrap);
        let name = format!("new-{round}");
        let queues = queue.queues();
        assert_eq!(queues.iter().filter(|one| one.name == name && one.weight == 2).count(), 1, "{name}");
    }
}

#[tokio::test]
async fn classes_share_the_places_and_none_starves() {
    let store = temporary().await;
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let queue = open(&store, &clock).await;
    for priority in Priority::ALL {
        for n in 0..100 {
            queue.enqueue_now(&Work { n }, Enqueue::default().with_priority(priority)).await.unwrap();
        }
    }
    let lease = claim(&queue, 30).await.unwrap();
    let count = |p: Priority| lease.jobs.iter().filter(|job| job.priority == p as i64).count();
    assert_eq!(Priority::ALL.map(count), [16, 8, 4, 2]);
    assert!(lease.jobs.is_sorted_by_key(|job| (job.priority, job.id)), "in order within a class");
    // A class that does not use its share leaves it to the others.
    let mut rest = 0;
    while let Some(lease) = claim(&queue, 1_000).await {
        rest += lease.jobs.len();
    }
    assert_eq!(rest, 370);
    assert!(claim(&queue, 10).await.is_none());
    // What is scheduled waits for its time.
    let later = clock.now() + Duration::from_secs(60);
    let id = queue.enqueue_now(&Work { n: 0 }, Enqueue::at(later)).await.unwrap().id();
    assert_eq!(queue.get(id).await.unwrap().unwrap().state, State::Scheduled);
    assert!(claim(&queue, 10).await.is_none());
    clock.advance(Duration::from_secs(60));
    assert_eq!(claim(&queue, 10).await.unwrap().jobs.len(), 1);
}

#[tokio::test]
async fn a_silent_process_loses_its_jobs_and_its_acknowledgements() {
    let store = temporary().await;
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let first = open(&store, &clock).await;
    for n in 0..3 {
        first.enqueue_now(&Work { n }, Enqueue::default()).await.unwrap();
    }
    let lease = claim(&first, 10).await.unwrap();
    let mut ledger = ack::Ledger::default();
    ledger.open(lease.id, 3);
    ack(&first, &mut ledger, &lease, &[0]).await;

    let second = Queue::open(&store, settings(), clock.clone(), Rng::seeded(4), Place::Server).await.unwrap();
    assert_ne!(second.ids().node(), first.ids().node());
    assert_eq!(second.rescue().await.unwrap(), 0, "the first one lives");
    clock.advance(Duration::from_secs(16));
    assert!(second.beat(&store, NodeInfo::default()).await.unwrap());
    assert_eq!(second.rescue().await.unwrap(), 2, "the acknowledged one is not run again");

    let stale = queue::STALE_ACKS.get();
    ack(&first, &mut ledger, &lease, &[1, 2]).await;
    assert_eq!(queue::STALE_ACKS.get() - stale, 2);
    assert_eq!(second.counts().await.unwrap().get(State::Available), 2, "a stale acknowledgement finishes nothing");
    assert_eq!(second.counts().await.unwrap().get(State::Completed), 1);
}

#[tokio::test]
async fn a_restart_takes_everything_back_at_once_when_alone() {
    let store = temporary().await;
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let before = open(&store, &clock).await;
    before.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap();
    claim(&before, 10).await.unwrap();
    clock.advance(Duration::from_millis(5));
    let after = open(&store, &clock).await;
    assert_eq!(after.rescue().await.unwrap(), 1);
    let lease = claim(&after, 10).await.unwrap();
    assert_eq!((lease.jobs[0].attempt, lease.jobs[0].rescued), (0, 1), "a crash is not the job's failure");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_can_be_cancelled_and_a_snoozed_one_counts_no_attempt() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let handlers = Handlers::default()
        .on(|_, _: Only| async {
            std::future::pending::<()>().await;
            Ok(None)
        })
        .on(move |ctx: Context, _: Work| {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                if run < 5 {
                    Err(Fault::Snooze(Duration::from_millis(1)))
                } else {
                    Ok(Some(serde_json::json!(ctx.attempt)))
                }
            }
        });
    let tasks = Tasks::default();
    let mut signals = queue.watch();
    Workers::start(&queue, handlers, &tasks);
    let id = queue.enqueue_now(&Only { key: 1 }, Enqueue::default()).await.unwrap().id();
    while signals.recv().await.unwrap().kind != SignalKind::Started {}
    queue.cancel(id).await.unwrap();
    assert_eq!(finished(&queue, id).await.state, State::Cancelled);
    let id = queue.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap().id();
    assert_eq!(finished(&queue, id).await.result, Some(serde_json::json!(1)), "still the first attempt");
    tasks.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_before_it_waits_for_anything_loses_no_worker() {
    let store = temporary().await;
    let queue = open(&store, &Clock::system()).await;
    let handlers = Handlers::default().on(|_, job: Work| {
        assert!(job.n != 1, "at once");
        async { Ok(None) }
    });
    let tasks = Tasks::default();
    let workers = Workers::start(&queue, handlers, &tasks);
    let only = Enqueue { attempts_max: Some(1), ..Enqueue::default() };
    let id = queue.enqueue_now(&Work { n: 1 }, only).await.unwrap().id();
    assert_eq!(finished(&queue, id).await.error.as_deref(), Some("the job panicked: at once"));
    assert_eq!(workers.running(), 0);
    assert_eq!(tasks.shutdown(Duration::from_secs(5)).await, 0);
}

/// One job of each of many leases: a process with slow jobs has as many as it has workers.
#[tokio::test]
async fn all_leases_of_a_silent_process_are_taken_back_at_once() {
    let store = temporary().await;
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let first = open(&store, &clock).await;
    first.enqueue_all((0..230).map(|n| (Work { n }, Enqueue::default())).collect()).await.unwrap();
    for _ in 0..230 {
        assert_eq!(claim(&first, 1).await.unwrap().jobs.len(), 1);
    }
    let second = Queue::open(&store, settings(), clock.clone(), Rng::seeded(4), Place::Server).await.unwrap();
    clock.advance(Duration::from_secs(16));
    assert_eq!(second.rescue().await.unwrap(), 230);
}

#[test]
fn what_others_wrote_is_read_or_not_but_never_panics() {
    for text in [
        "",
        "[]",
        "[[]]",
        "[9223372036854775807,-1]",
        "[18446744073709551615,18446744073709551615]",
        "1.2.-9223372036854775808",
    ] {
        assert!(decode(text.as_bytes()).is_faithful, "{text}");
    }
    let lease = "[[1,3,5,7,9,0,3,0,\"{}\"],[1,3,5,8,9,0,3,0,\"{}\",\"g#1\",\"u\",4,\"e\",\"a field to come\"]]";
    assert_eq!(decode(lease.as_bytes()).jobs, None, "a longer row is of a release to come");
    assert_eq!(decode(b"[[1,3,5,7,9,0,3,0,\"{}\"]]").jobs, Some(1), "what is left out at the end is nothing");
    assert_eq!(decode(b"7.3.1700000000000000 x 7.3").heads, 1);
}

#[tokio::test]
async fn every_statement_prepares() {
    let store = temporary().await;
    for statement in STATEMENTS {
        store.prepare(statement).await.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
    }
}

#[test]
fn both_engines_have_the_same_tables() {
    for migration in MIGRATIONS.list {
        let tables = store::testing::tables(migration.sqlite);
        assert!(tables.contains_key("job"));
        assert_eq!(tables, store::testing::tables(migration.postgres));
    }
}

#[tokio::test]
async fn a_run_that_ends_forgets_the_crashes_before_it() {
    let store = temporary().await;
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let queue = open(&store, &clock).await;
    queue.enqueue_now(&Work { n: 1 }, Enqueue::default()).await.unwrap();
    let mut first = claim(&queue, 1).await.unwrap();
    first.jobs[0].rescued = 18;
    let end = ack::End::Ran(Err(Fault::Snooze(Duration::from_secs(60))));
    let end = ack::Ack {
        lease: first.id,
        job: first.jobs[0].clone(),
        started_at: clock.now(),
        time: Duration::from_millis(1),
        end,
    };
    let mut ledger = ack::Ledger::default();
    ledger.open(first.id, 1);
    let (flush, _) = queue.enter(vec![end], &mut ledger, true);
    queue.write(flush).await.map_err(|(error, _)| error).unwrap();
    let counts = queue.counts().await.unwrap();
    assert_eq!((counts.get(State::Scheduled), counts.get(State::Available)), (1, 0), "put off, and nothing is due");
    clock.advance(Duration::from_secs(60));
    assert_eq!(claim(&queue, 1).await.unwrap().jobs[0].rescued, 0);
}
