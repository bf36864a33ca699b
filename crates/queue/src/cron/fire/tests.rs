use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::task::Tasks;
use stdx::{Clock, Rng, Timestamp};
use store::params;
use store::testing::TempStore;

use super::{CATCH_UP_MAX, Plan};
use crate::cron::Work as What;
use crate::{
    Context, Cron, Enqueue, Handlers, Job, JobFilter, JobView, MIGRATIONS, Missed, Place, Queue, Schedule, Settings,
    State, Workers, sql,
};

#[derive(Clone, Serialize, Deserialize)]
struct Sweep {
    room: u32,
}

impl Job for Sweep {
    const KIND: &'static str = "sweep";
}

/// One of a kind at a time.
#[derive(Clone, Serialize, Deserialize)]
struct Guarded {}

impl Job for Guarded {
    const KIND: &'static str = "guarded";
    fn unique_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// An attempt with the time it is for and the time it is at.
type Seen = (u32, Option<Timestamp>, Timestamp);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn store() -> TempStore {
    store::testing::temporary(&[MIGRATIONS]).await
}

async fn open(store: &TempStore, clock: &Clock, place: Place) -> Queue {
    let settings = Settings { heartbeat_s: 1, ..Settings::default() };
    Queue::open(store, settings, clock.clone(), Rng::seeded(5), place).await.unwrap()
}

fn sweep(name: &str, schedule: &str, missed: Missed) -> Cron {
    Cron { missed, ..Cron::new(name, schedule, What::of(&Sweep { room: 7 }).unwrap()) }
}

/// The times of the waiting jobs of a kind, in order.
async fn times(queue: &Queue, kind: &str) -> Vec<String> {
    let filter = JobFilter { kind: Some(kind.to_owned()), limit: 200, ..JobFilter::default() };
    let mut jobs: Vec<JobView> = queue.list(&filter).await.unwrap();
    jobs.sort_by_key(|job| job.run_at);
    jobs.iter().filter_map(|job| job.run_at).map(|at| at.to_string()).collect()
}

#[tokio::test]
async fn each_time_brings_one_job_that_is_due_at_that_time() {
    let (store, clock) = (store().await, Clock::manual(at("2026-11-20T09:00:30Z")));
    let queue = open(&store, &clock, Place::Alone).await;
    queue.schedule(&sweep("rooms", "* * * * *", Missed::Coalesce)).await.unwrap();
    assert_eq!(queue.fire_due().await.unwrap(), Some(at("2026-11-20T09:01:00Z")), "it says when to look again");
    assert!(times(&queue, "sweep").await.is_empty());
    clock.advance(Duration::from_secs(30));
    assert_eq!(queue.fire_due().await.unwrap(), Some(at("2026-11-20T09:02:00Z")));
    assert_eq!(queue.fire_due().await.unwrap(), Some(at("2026-11-20T09:02:00Z")));
    assert_eq!(times(&queue, "sweep").await, ["2026-11-20T09:01:00Z"]);
    let view = queue.schedule_named("rooms").await.unwrap();
    assert_eq!((view.last_at, view.next[0]), (Some(at("2026-11-20T09:01:00Z")), at("2026-11-20T09:02:00Z")));
    let job = &queue.list(&JobFilter { limit: 10, ..JobFilter::default() }).await.unwrap()[0];
    assert_eq!((job.kind.as_str(), job.parameters.clone()), ("sweep", Some(serde_json::json!({ "room": 7 }))));
}

#[tokio::test]
async fn missed_times_are_made_up_for_as_the_entry_says() {
    let (store, clock) = (store().await, Clock::manual(at("2026-11-20T09:00:00Z")));
    let queue = open(&store, &clock, Place::Alone).await;
    for missed in Missed::ALL {
        let work = What::named(missed.name(), serde_json::json!({}));
        let cron = Cron { missed, ..Cron::new(missed.name(), "*/10 * * * *", work) };
        queue.schedule(&cron).await.unwrap();
    }
    // Down for 35 minutes.
    clock.advance(Duration::from_secs(35 * 60));
    assert_eq!(queue.fire_due().await.unwrap(), Some(at("2026-11-20T09:40:00Z")));
    assert_eq!(times(&queue, "coalesce").await, ["2026-11-20T09:30:00Z"], "once, for the latest");
    assert_eq!(
        times(&queue, "catch_up").await,
        ["2026-11-20T09:10:00Z", "2026-11-20T09:20:00Z", "2026-11-20T09:30:00Z"]
    );
    assert!(times(&queue, "skip").await.is_empty());
    for missed in Missed::ALL {
        let view = queue.schedule_named(missed.name()).await.unwrap();
        assert_eq!(view.next[0], at("2026-11-20T09:40:00Z"), "{}", view.name);
        assert_eq!(view.last_at.is_some(), missed != Missed::Skip);
    }
    // A little late is on time.
    clock.advance(Duration::from_secs(5 * 60 + 20));
    queue.fire_due().await.unwrap();
    assert_eq!(times(&queue, "skip").await, ["2026-11-20T09:40:00Z"]);
}

#[test]
fn a_plan_is_bounded_and_fast_whatever_was_missed() {
    let schedule = Schedule::parse("* * * * * *", "UTC").unwrap();
    let (due, now) = (at("2016-01-01T00:00:00Z"), at("2026-01-01T00:00:00.5Z"));
    let plan = Plan::new(&schedule, Missed::CatchUp, due, now);
    assert_eq!((plan.times.len(), plan.times[0], plan.is_cut), (CATCH_UP_MAX, due, true));
    assert_eq!(plan.next_at, Some(at("2026-01-01T00:00:01Z")));
    for missed in [Missed::Coalesce, Missed::Skip] {
        let plan = Plan::new(&schedule, missed, due, now);
        assert_eq!((plan.times, plan.is_cut), (vec![at("2026-01-01T00:00:00Z")], false));
    }
    let once =
        Plan::new(&Schedule::parse("0 0 29 2 *", "UTC").unwrap(), Missed::CatchUp, at("2024-02-29T00:00:00Z"), now);
    assert_eq!((once.times.len(), once.next_at, once.is_cut), (1, Some(at("2028-02-29T00:00:00Z")), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_believe_to_lead_enqueue_each_time_once() {
    let (store, clock) = (store().await, Clock::manual(at("2026-11-20T09:00:00Z")));
    let first = open(&store, &clock, Place::Server).await;
    let second = open(&store, &clock, Place::Server).await;
    for i in 0..5 {
        first.schedule(&sweep(&format!("rooms-{i}"), "*/5 * * * *", Missed::CatchUp)).await.unwrap();
    }
    for _ in 0..10 {
        clock.advance(Duration::from_secs(300));
        let (a, b) = tokio::join!(first.fire_due(), second.fire_due());
        a.unwrap();
        b.unwrap();
    }
    let mut found = times(&first, "sweep").await;
    assert_eq!(found.len(), 50, "5 entries, 10 times");
    found.dedup();
    assert_eq!(found.len(), 10);
    // One that has seen an older state of the table comes too late.
    let stale = first.fire("rooms-0".to_owned(), at("2026-11-20T09:05:00Z"), clock.now()).await.unwrap();
    assert_eq!(stale, None);
    assert_eq!(times(&first, "sweep").await.len(), 50);
}

#[tokio::test]
async fn what_cannot_be_read_any_more_is_paused_and_hinders_nobody() {
    let (store, clock) = (store().await, Clock::manual(at("2026-11-20T09:00:00Z")));
    let queue = open(&store, &clock, Place::Alone).await;
    for name in ["a-zone", "b-job", "c-never", "d-sound"] {
        queue.schedule(&sweep(name, "* * * * *", Missed::Coalesce)).await.unwrap();
    }
    let set = |name: &'static str, schedule: &'static str, zone: &'static str, job: String| {
        let values = params![name, schedule, zone, "skip", at("2026-11-20T09:01:00Z"), "sweep", job, false];
        store.write(move |tx| Box::pin(async move { tx.exec(&sql::CRON_SET, values).await }))
    };
    let job = What::of(&Sweep { room: 1 }).unwrap().written();
    set("a-zone", "* * * * *", "Atlantis/Center", job.clone()).await.unwrap();
    set("b-job", "* * * * *", "UTC", "{".to_owned()).await.unwrap();
    set("c-never", "0 0 30 2 *", "UTC", job).await.unwrap();
    clock.advance(Duration::from_secs(90));
    queue.fire_due().await.unwrap();
    let views = queue.schedules().await.unwrap();
    let problem = |i: usize| views[i].problem.as_deref().unwrap_or_default();
    assert_eq!(views.iter().map(|view| view.paused).collect::<Vec<_>>(), [true, true, true, false]);
    assert!(problem(0).contains("Atlantis/Center") && problem(1).contains("cannot be read"), "{views:?}");
    assert!(problem(2).contains("no further time") && views[3].problem.is_none(), "{views:?}");
    assert!(times(&queue, "sweep").await.contains(&"2026-11-20T09:01:00Z".to_owned()));
    assert!(queue.resume("a-zone").await.is_err());
    // Whoever mends it lets it go on.
    queue.reschedule(&sweep("a-zone", "* * * * *", Missed::Coalesce)).await.unwrap();
    let view = queue.schedule_named("a-zone").await.unwrap();
    assert_eq!((view.paused, view.problem), (false, None));
}

#[tokio::test]
async fn a_kind_with_a_key_of_its_own_waits_for_the_job_that_stands() {
    let (store, clock) = (store().await, Clock::manual(at("2026-11-20T09:00:00Z")));
    let queue = open(&store, &clock, Place::Alone).await;
    queue.schedule(&Cron::new("one", "* * * * *", What::of(&Guarded {}).unwrap())).await.unwrap();
    for _ in 0..3 {
        clock.advance(Duration::from_secs(60));
        queue.fire_due().await.unwrap();
    }
    assert_eq!(times(&queue, "guarded").await, ["2026-11-20T09:01:00Z"]);
    let view = queue.schedule_named("one").await.unwrap();
    assert_eq!(view.next[0], at("2026-11-20T09:04:00Z"), "it goes on all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_fires_on_time_and_the_job_knows_its_time_on_each_attempt() {
    let store = store().await;
    let queue = open(&store, &Clock::system(), Place::Alone).await;
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let handlers = Handlers::default().on(move |ctx: Context, _: Sweep| {
        let (attempt, planned, now) = (ctx.attempt, ctx.planned_at(), ctx.queue.clock().now());
        noted.lock().unwrap().push((attempt, planned, now));
        async move {
            match attempt {
                1 => Err(crate::Fault::Retry { error: "once more".to_owned(), after: Some(Duration::ZERO) }),
                _ => Ok(None),
            }
        }
    });
    let tasks = Tasks::default();
    Workers::start(&queue, handlers, &tasks);
    let mut signals = queue.watch();
    queue.schedule(&sweep("often", "* * * * * *", Missed::Skip)).await.unwrap();
    let done = async {
        let mut completed = 0;
        while completed < 3 {
            let signal = signals.recv().await.unwrap();
            completed += u32::from(signal.kind == crate::SignalKind::Completed);
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done).await.expect("three jobs within 30 s");
    queue.pause("often").await.unwrap();
    tasks.shutdown(Duration::from_secs(5)).await;
    let seen = seen.lock().unwrap().clone();
    let mut firsts: Vec<_> = seen.iter().filter(|(attempt, ..)| *attempt == 1).collect();
    firsts.sort_unstable();
    for (_, planned, _) in &firsts {
        let planned = planned.expect("a job of an entry knows its time");
        assert_eq!(planned.micros() % 1_000_000, 0);
    }
    // The first may wait for the leader to be found.
    let late = |(_, planned, now): &&Seen| now.since(planned.unwrap());
    let best = firsts.iter().map(late).min().unwrap();
    assert!(best < Duration::from_millis(100), "the best was {best:?} late");
    for (_, planned, _) in seen.iter().filter(|(attempt, ..)| *attempt == 2) {
        assert!(firsts.iter().any(|first| first.1 == *planned), "a retry has the time of its first attempt");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_for_missed_times_are_found_by_workers_that_have_gone_on() {
    let store = store().await;
    let queue = open(&store, &Clock::system(), Place::Alone).await;
    let seen: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let handlers = Handlers::default().on(move |ctx: Context, _: Sweep| {
        noted.lock().unwrap().extend(ctx.planned_at());
        async move { Ok(None) }
    });
    let tasks = Tasks::default();
    Workers::start(&queue, handlers, &tasks);
    let mut signals = queue.watch();
    let mut completed = async |wanted: usize| {
        let mut count = 0;
        while count < wanted {
            let signal = tokio::time::timeout(Duration::from_secs(30), signals.recv()).await;
            count += usize::from(signal.expect("a signal within 30 s").unwrap().kind == crate::SignalKind::Completed);
        }
    };
    queue.enqueue_now(&Sweep { room: 0 }, Enqueue::default()).await.unwrap();
    completed(1).await;
    queue.schedule(&sweep("rooms", "@every 1h", Missed::CatchUp)).await.unwrap();
    let next = queue.schedule_named("rooms").await.unwrap().next[0];
    let hours = |n: u64| next - Duration::from_secs(n * 3_600);
    let job = What::of(&Sweep { room: 1 }).unwrap().written();
    let values = params!["rooms", "@every 1h", "UTC", "catch_up", hours(3), "sweep", job, false];
    store.write(move |tx| Box::pin(async move { tx.exec(&sql::CRON_SET, values).await })).await.unwrap();
    completed(3).await;
    tasks.shutdown(Duration::from_secs(5)).await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert_eq!(seen, [hours(3), hours(2), hours(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_turned_by_hand_is_followed() {
    let (store, clock) = (store().await, Clock::manual(at("2026-11-20T09:00:00Z")));
    let queue = open(&store, &clock, Place::Alone).await;
    let tasks = Tasks::default();
    // A kind that nobody handles ends as a dead letter, like any other job.
    Workers::start(&queue, Handlers::default(), &tasks);
    let mut signals = queue.watch();
    queue.schedule(&sweep("rooms", "@hourly", Missed::Coalesce)).await.unwrap();
    clock.advance(Duration::from_secs(3_600));
    let dead = async { while signals.recv().await.unwrap().kind != crate::SignalKind::Dead {} };
    tokio::time::timeout(Duration::from_secs(30), dead).await.expect("the job is enqueued and given up");
    tasks.shutdown(Duration::from_secs(5)).await;
    let filter = JobFilter { state: Some(State::Discarded), limit: 10, ..JobFilter::default() };
    let dead = queue.list(&filter).await.unwrap();
    assert!(dead[0].error.as_deref().unwrap().contains("no handler for jobs of kind sweep"));
}
