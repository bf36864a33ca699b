use std::time::Duration;

use serde_json::json;
use stdx::{Clock, Rng, Timestamp};
use store::testing::TempStore;

use super::{Work, planned_at};
use crate::{Cron, Enqueued, Error, JobFilter, MIGRATIONS, Missed, Place, Priority, Queue, Settings};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn bench() -> (TempStore, Clock, Queue) {
    let store = store::testing::temporary(&[MIGRATIONS]).await;
    let clock = Clock::manual(at("2026-11-20T09:00:00Z"));
    let queue = Queue::open(&store, Settings::default(), clock.clone(), Rng::seeded(1), Place::Alone).await.unwrap();
    (store, clock, queue)
}

fn report(schedule: &str) -> Cron {
    let work = Work::named("report", json!({ "to": "desk" })).with_queue("media").with_priority(Priority::Low);
    Cron { zone: "Europe/Istanbul".to_owned(), missed: Missed::CatchUp, ..Cron::new("report", schedule, work) }
}

#[tokio::test]
async fn an_entry_is_added_changed_and_removed() {
    let (_store, _, queue) = bench().await;
    queue.schedule(&report("0 8 * * MON-FRI")).await.unwrap();
    let view = queue.schedule_named("report").await.unwrap();
    assert_eq!((view.zone.as_str(), view.missed, view.queue.as_str()), ("Europe/Istanbul", Missed::CatchUp, "media"));
    assert_eq!((view.priority, &view.parameters, view.paused), (Priority::Low, &json!({ "to": "desk" }), false));
    let next: Vec<String> = view.next.iter().map(ToString::to_string).collect();
    assert_eq!(next[..2], ["2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z"]);
    assert_eq!(next.len(), 5);
    assert!(matches!(queue.schedule(&report("@daily")).await, Err(Error::ScheduleExists(_))));

    queue.reschedule(&report("@hourly")).await.unwrap();
    assert_eq!(queue.schedules().await.unwrap()[0].next[0], at("2026-11-20T10:00:00Z"));
    queue.unschedule("report").await.unwrap();
    assert!(queue.schedules().await.unwrap().is_empty());
    for result in [
        queue.unschedule("report").await,
        queue.pause("report").await,
        queue.resume("report").await,
        queue.reschedule(&report("@daily")).await,
        queue.run_now("report").await.map(|_| ()),
        queue.schedule_named("report").await.map(|_| ()),
    ] {
        assert!(matches!(result, Err(Error::NoSchedule(name)) if name == "report"));
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let (_store, _, queue) = bench().await;
    let refused = async |cron: Cron| queue.schedule(&cron).await.unwrap_err().to_string();
    assert!(refused(report("* *")).await.contains("* *"));
    assert!(refused(report("0 0 31 2 *")).await.contains("never comes"));
    assert!(refused(Cron { zone: "Nowhere".to_owned(), ..report("@daily") }).await.contains("Nowhere"));
    assert!(refused(Cron { name: "Report!".to_owned(), ..report("@daily") }).await.contains("Report!"));
    let cron = report("@daily");
    let work = |work: Work| Cron { work, ..cron.clone() };
    assert!(refused(work(Work::named("", json!({})))).await.contains("kind"));
    assert!(refused(work(Work::named("k", json!({})).with_queue("a b"))).await.contains("a b"));
    assert!(refused(work(Work::named("k", json!("x".repeat(70_000))))).await.contains("parameters"));
    assert!(queue.schedules().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_pause_is_no_downtime() {
    let (_store, clock, queue) = bench().await;
    queue.schedule(&report("@hourly")).await.unwrap();
    queue.pause("report").await.unwrap();
    clock.advance(Duration::from_secs(5 * 3_600));
    queue.fire_due().await.unwrap();
    let view = queue.schedule_named("report").await.unwrap();
    assert_eq!((view.paused, view.next.len(), view.problem), (true, 0, None));
    queue.resume("report").await.unwrap();
    queue.fire_due().await.unwrap();
    assert!(queue.list(&JobFilter { limit: 10, ..JobFilter::default() }).await.unwrap().is_empty());
    assert_eq!(queue.schedule_named("report").await.unwrap().next[0], at("2026-11-20T15:00:00Z"));
    // Resuming what runs changes nothing, not even what it has missed.
    clock.advance(Duration::from_secs(3_600 + 60));
    queue.resume("report").await.unwrap();
    assert_eq!(queue.schedule_named("report").await.unwrap().next[0], at("2026-11-20T15:00:00Z"));
}

#[tokio::test]
async fn what_the_program_declares_respects_a_persons_pause_and_missed_times() {
    let (_store, clock, queue) = bench().await;
    queue.ensure_schedule(&report("@hourly")).await.unwrap();
    clock.advance(Duration::from_secs(2 * 3_600 + 60));
    // The next start: what was missed is not forgotten.
    queue.ensure_schedule(&report("@hourly")).await.unwrap();
    assert_eq!(queue.schedule_named("report").await.unwrap().next[0], at("2026-11-20T10:00:00Z"));
    queue.pause("report").await.unwrap();
    queue.ensure_schedule(&report("@daily")).await.unwrap();
    let view = queue.schedule_named("report").await.unwrap();
    assert_eq!((view.schedule.as_str(), view.paused), ("@daily", true));
    queue.resume("report").await.unwrap();
    assert_eq!(queue.schedule_named("report").await.unwrap().next[0], at("2026-11-20T21:00:00Z"));
}

#[tokio::test]
async fn an_entry_can_be_run_besides_its_times() {
    let (_store, clock, queue) = bench().await;
    queue.schedule(&report("@daily")).await.unwrap();
    queue.pause("report").await.unwrap();
    let Enqueued::New(id) = queue.run_now("report").await.unwrap() else { panic!("new") };
    let job = queue.get(id).await.unwrap().unwrap();
    assert_eq!((job.kind.as_str(), job.queue.as_str(), job.run_at), ("report", "media", Some(clock.now())));
    assert_eq!(queue.run_now("report").await.unwrap(), Enqueued::Duplicate(id), "twice in one microsecond");
    clock.advance(Duration::from_secs(1));
    assert!(matches!(queue.run_now("report").await.unwrap(), Enqueued::New(_)));
    assert_eq!(queue.schedule_named("report").await.unwrap().last_at, None);
}

#[test]
fn the_planned_time_is_read_from_keys_of_entries_only() {
    let moment = at("2026-11-20T09:00:00Z");
    let key = Work::named("k", json!({})).prepared("a.b-c", moment).uniq;
    assert_eq!(planned_at(key.as_deref()), Some(moment));
    for other in [None, Some("k:cron/a@1"), Some("waiting/k:1@1"), Some("cron/a"), Some("cron/a@x")] {
        assert_eq!(planned_at(other), None);
    }
}
