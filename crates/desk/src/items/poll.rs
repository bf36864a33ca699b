//! One visit to a source: ask politely, read what came, store it, decide when to come back.

use std::time::{Duration, Instant};

use connect::hosts::Permit;
use connect::{Response, Url};
use queue::{Context, Enqueue, Enqueued, Fault};
use serde_json::Value as Json;
use stdx::Timestamp;
use store::params;

use super::answer::{Failure, Seen, look};
use super::pace::{self, Pace, Wishes};
use super::rhythm::Rhythm;
use super::save::{Reading, Way, save};
use crate::desk::kept::Fetched;
use crate::error::sentence;
use crate::jobs::{AssignStories, PollSource};
use crate::sources::{self, Known, Outcome, State, Visit, subscription};
use crate::{Desk, Error, Signal, tags};

/// What a visit came to.
#[derive(Clone, Debug)]
pub struct Report {
    pub new_items: u32,
    /// Why it failed, in one sentence.
    pub failure: Option<String>,
    /// `None` when the source is not visited any more.
    pub next: Option<Timestamp>,
}

/// A host is not kept away from for longer, whatever its `Retry-After` says: the source's own wait is longer.
const PUSH_BACK_MAX: Duration = Duration::from_secs(3_600);
/// A source that failed for so long is paused.
const PATIENCE: Duration = Duration::from_secs(14 * 86_400);

/// Ends the job that each source had of its own: the database now knows when each is due ([`super::sweep`]).
pub async fn poll(_: Desk, _: Context, _: PollSource) -> Result<Option<Json>, Fault> {
    Ok(None)
}

/// Visits a source once. Whatever goes wrong on the way is written to the source.
///
/// # Errors
/// Only when the database or the queue fails.
pub(crate) async fn visit(desk: &Desk, known: Known, turn: Option<Permit>) -> Result<Report, Error> {
    let started = Instant::now();
    let answer = desk.client.send(sources::next_request(desk, &known)).await;
    drop(turn);
    let report = take(desk, known, answer, desk.now()).await;
    sources::POLL_SECONDS.record(started.elapsed());
    report
}

/// Takes what a site has answered at `now` to the question for a source: reads it, stores it, plans the next visit.
///
/// # Errors
/// Only when the database or the queue fails.
pub async fn take(
    desk: &Desk,
    known: Known,
    answer: Result<Response, connect::Error>,
    now: Timestamp,
) -> Result<Report, Error> {
    let id = known.source.id;
    let (ms, bytes) = answer.as_ref().map_or((None, 0), |answer| {
        (u32::try_from(answer.elapsed.as_millis()).ok(), i64::try_from(answer.received).unwrap_or(i64::MAX))
    });
    let seen = match answer {
        Ok(answer) => look(desk, &known, answer, now).await,
        Err(error) => Err(Failure::new(sentence(&error))),
    };
    let visit = Visit { at: now, outcome: Outcome::Failed, detail: String::new(), ms, bytes, new_items: 0 };
    let report = match seen {
        Ok(seen) => store_seen(desk, known, seen, visit).await?,
        Err(failure) => store_failure(desk, &known, failure, visit).await?,
    };
    let outcome = if report.failure.is_some() { "failed" } else { "read" };
    sources::POLLS.with(&[outcome]).inc();
    tracing::debug!(source.id = %id, poll.outcome = outcome, items.new = report.new_items, "visited a source");
    Ok(report)
}

async fn store_seen(desk: &Desk, known: Known, seen: Seen, visit: Visit) -> Result<Report, Error> {
    let (id, now) = (known.source.id, visit.at);
    let reading = Reading { way: Way::Asked, known: known.clone(), seen, visit: visit.clone() };
    let saved = match save(desk, reading).await {
        Ok(saved) => saved,
        // Trying the same again would not help: the site must bring something else first.
        Err(Error::Store(error)) if !error.is_transient() => {
            let failure = Failure::new(format!("the entries could not be stored: {}", sentence(&error)));
            return store_failure(desk, &known, failure, visit).await;
        }
        Err(error) => return Err(error),
    };
    let fetched = Fetched { at: now, new_items: saved.new_items };
    desk.kept.fetched.put(&id.to_string(), &[&tags::of_source(id)], fetched);
    desk.signal(Signal::Source { id, outcome: saved.outcome, new_items: saved.new_items, at: now });
    if let Some(Enqueued::Duplicate(holder)) = saved.follow_up {
        see_to_assignment(desk, holder).await?;
    }
    Ok(Report { new_items: saved.new_items, failure: None, next: Some(saved.next) })
}

/// A clustering job that still waits will find what has just been committed. One that has been taken
/// meanwhile may have looked already: then there is another one.
pub(super) async fn see_to_assignment(desk: &Desk, holder: queue::JobId) -> Result<(), Error> {
    use queue::State::{Available, Retryable, Scheduled};
    match desk.queue.get(holder).await?.map(|job| job.state) {
        Some(Available | Scheduled | Retryable) => Ok(()),
        _ => {
            desk.queue.enqueue_now(&AssignStories {}, Enqueue::default()).await?;
            Ok(())
        }
    }
}

async fn store_failure(desk: &Desk, known: &Known, failure: Failure, visit: Visit) -> Result<Report, Error> {
    let (source, now) = (&known.source, visit.at);
    let failures = source.failures.saturating_add(1);
    let since = source.failing_since.unwrap_or(now);
    if let (Some(wait), Ok(url)) = (failure.retry_after, Url::parse(&source.url)) {
        desk.hosts.push_back(&url, wait.min(PUSH_BACK_MAX));
    }
    let wishes = Wishes { retry_after: failure.retry_after, ..Wishes::default() };
    let pace = Pace::of(source, Rhythm::of(source), now);
    let next = pace::next(now, pace, failures, &wishes, &desk.settings, &desk.rng);
    let (stop, reason) = match failure {
        Failure { gone: true, reason, .. } => (Some(State::Muted), format!("{reason}; it is muted")),
        Failure { reason, .. } if now.since(since) >= PATIENCE => {
            (Some(State::Paused), format!("{reason}; paused after 14 days of failures"))
        }
        Failure { reason, .. } => (None, reason),
    };
    let next = if stop.is_some() { None } else { Some(next) };
    let outcome = stop.map_or("failed", |state| if state == State::Muted { "gone" } else { "given up" });
    let (id, visit) = (source.id, Visit { outcome: Outcome::Failed, detail: reason.clone(), new_items: 0, ..visit });
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let values = params![id.to_i64(), now, next, outcome, visit.detail, failures, since];
                tx.exec(&sources::FAILED, values).await?;
                sources::record(tx, id, &visit).await?;
                if let Some(state) = stop {
                    tx.exec(&sources::STOP, params![id.to_i64(), state.name()]).await?;
                    subscription::leave(tx, id, "the source is not visited", now).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    if failures == 10 || stop.is_some() {
        tracing::warn!(source.id = %id, source.failures = failures, reason, "a source keeps failing; look at its address");
    }
    desk.signal(Signal::Source { id, outcome: outcome.to_owned(), new_items: 0, at: now });
    Ok(Report { new_items: 0, failure: Some(reason), next })
}
