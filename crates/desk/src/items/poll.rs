//! One visit to a source: ask politely, read what came, store it, decide when to come back.

use std::time::{Duration, Instant};

use connect::hosts::Permit;
use connect::{Response, Url};
use futures_util::StreamExt;
use queue::{Context, Enqueue, Enqueued, Fault};
use serde_json::{Value as Json, json};
use stdx::Timestamp;
use store::params;

use super::fill::{self, Document};
use super::identity::body_hash;
use super::pace::{self, Wishes};
use super::save::{Reading, save};
use crate::desk::kept::Fetched;
use crate::jobs::{AssignStories, FetchSources, PollSource};
use crate::sources::{self, Known, State};
use crate::{Desk, Error, Signal, SourceId, tags};

/// What a poll came to.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub new_items: u32,
    /// Why it failed, in one sentence.
    pub failure: Option<String>,
    /// `None` when the source is not polled any more.
    pub next: Option<Timestamp>,
}

/// Sources fetched at the same time by one job.
const PARALLEL: usize = 32;
/// Longest wait for a turn at a host, in a fetch on demand.
const TURN_MAX: Duration = Duration::from_secs(60);
/// A host is not kept away from for longer, whatever its `Retry-After` says: the source's own wait is longer.
const PUSH_BACK_MAX: Duration = Duration::from_secs(3_600);
/// A source that failed for so long is paused.
const PATIENCE: Duration = Duration::from_secs(14 * 86_400);
/// After so long without the feed we say where else to look.
const MISSING: Duration = Duration::from_secs(7 * 86_400);

/// Polls a source when it is due and goes back to sleep until the next time: one job for all its
/// life. It ends when the source is paused, muted or gone.
pub async fn poll(desk: Desk, _: Context, job: PollSource) -> Result<Option<Json>, Fault> {
    let Some(known) = sources::known(&mut desk.store.read_fresh(), job.source).await? else { return Ok(None) };
    if known.source.state != State::Active {
        return Ok(None);
    }
    let now = desk.now();
    if let Some(due) = known.source.next_poll_at.filter(|due| *due > now) {
        return Err(Fault::Snooze(due.since(now)));
    }
    let turn = match Url::parse(&known.source.url).map(|url| desk.hosts.try_enter(&url)) {
        Ok(Ok(turn)) => Some(turn),
        // Waiting here would hold a worker that other hosts need. The dice keep those who wait apart.
        Ok(Err(wait)) => return Err(Fault::Snooze(wait + Duration::from_millis(desk.rng.below(500)))),
        Err(_) => None,
    };
    let report = poll_once(&desk, known, turn).await?;
    match report.next {
        Some(next) => Err(Fault::Snooze(next.since(desk.now()))),
        None => Ok(report.failure.map(|reason| json!({ "ended": reason }))),
    }
}

/// Fetches sources at once, many at a time. One that fails is named in the result and hinders nobody.
pub async fn fetch(desk: Desk, ctx: Context, job: FetchSources) -> Result<Option<Json>, Fault> {
    let (started, total) = (Instant::now(), job.sources.len());
    let mut polls = futures_util::stream::iter(job.sources)
        .map(|id| {
            let desk = &desk;
            async move { (id, fetch_one(desk, id, Duration::from_secs(job.age_max_s.into())).await) }
        })
        .buffer_unordered(PARALLEL);
    let (mut failed, mut new_items, mut cached, mut done) = (Vec::new(), 0u64, 0u64, 0u64);
    while let Some((source, result)) = polls.next().await {
        match result {
            Ok(None) => cached += 1,
            Ok(Some(Report { failure: None, new_items: n, .. })) => new_items += u64::from(n),
            Ok(Some(Report { failure: Some(reason), .. })) => {
                failed.push(json!({ "source": source, "reason": reason }))
            }
            Err(error) => failed.push(json!({ "source": source, "reason": sentence(&error) })),
        }
        done += 1;
        ctx.progress(done, total as u64);
    }
    Ok(Some(json!({
        "sources": total,
        "succeeded": total - failed.len(),
        "cached": cached,
        "failed": failed,
        "new_items": new_items,
        "seconds": started.elapsed().as_secs_f64(),
    })))
}

/// `None` when what was read of the source is no older than `age_max`.
async fn fetch_one(desk: &Desk, id: SourceId, age_max: Duration) -> Result<Option<Report>, Error> {
    if !age_max.is_zero()
        && let Some(fetched) = desk.kept.fetched.find(&id.to_string()).await
        && desk.now().since(fetched.at) < age_max
    {
        return Ok(None);
    }
    let known =
        sources::known(&mut desk.store.read_fresh(), id).await?.ok_or_else(|| Error::not_found("source", id))?;
    let Ok(url) = Url::parse(&known.source.url) else { return poll_once(desk, known, None).await.map(Some) };
    match tokio::time::timeout(TURN_MAX, desk.hosts.enter(&url)).await {
        Ok(turn) => poll_once(desk, known, Some(turn)).await.map(Some),
        Err(_) => {
            let reason = "the site has asked for a pause; try again later".to_owned();
            Ok(Some(Report { new_items: 0, failure: Some(reason), next: known.source.next_poll_at }))
        }
    }
}

/// Visits a source once. Whatever goes wrong on the way is written to the source.
///
/// # Errors
/// Only when the database or the queue fails.
pub(crate) async fn poll_once(desk: &Desk, known: Known, turn: Option<Permit>) -> Result<Report, Error> {
    let (started, id) = (Instant::now(), known.source.id);
    let request = sources::request(desk, &known.source.url, known.etag.as_deref(), known.last_modified.as_deref());
    let answer = desk.client.send(request).await;
    drop(turn);
    let now = desk.now();
    let visit = match answer {
        Ok(answer) => look(&known, answer, now).await,
        Err(error) => Err(Failure::new(sentence(&error))),
    };
    let report = match visit {
        Ok(visit) => store_visit(desk, known, visit, now).await?,
        Err(failure) => store_failure(desk, &known, failure, now).await?,
    };
    let outcome = if report.failure.is_some() { "failed" } else { "read" };
    sources::POLLS.with(&[outcome]).inc();
    sources::POLL_SECONDS.record(started.elapsed());
    tracing::debug!(source.id = %id, poll.outcome = outcome, items.new = report.new_items, "polled a source");
    Ok(report)
}

/// A visit that went well.
struct Visit {
    /// `None` when nothing has changed.
    document: Option<Document>,
    etag: Option<String>,
    last_modified: Option<String>,
    body_hash: Option<String>,
    moved_to: Option<String>,
    wishes: Wishes,
}

/// A visit that did not.
struct Failure {
    reason: String,
    /// The site says that the feed will not come back.
    gone: bool,
    retry_after: Option<Duration>,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Failure { reason: reason.into(), gone: false, retry_after: None }
    }
}

async fn look(known: &Known, answer: Response, now: Timestamp) -> Result<Visit, Failure> {
    if answer.status.as_u16() != 304 && !answer.status.is_success() {
        return Err(refusal(known, &answer, now));
    }
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut visit = Visit {
        document: None,
        etag: header("etag"),
        last_modified: header("last-modified"),
        body_hash: known.body_hash.clone(),
        // Only when every hop is permanent is the end the new address.
        moved_to: Some(answer.url.to_string())
            .filter(|_| !answer.hops.is_empty() && answer.hops.iter().all(|hop| hop.is_permanent())),
        wishes: wishes(&answer, now),
    };
    if answer.status.as_u16() == 304 {
        if known.body_hash.is_none() {
            return Err(Failure::new("the site answers that nothing has changed (304), but we have never seen it"));
        }
        visit.etag = visit.etag.or_else(|| known.etag.clone());
        visit.last_modified = visit.last_modified.or_else(|| known.last_modified.clone());
        return Ok(visit);
    }
    if header("expires").is_some_and(|at| at.trim() == "0") {
        // Such a site does not mean its validators.
        (visit.etag, visit.last_modified) = (None, None);
    }
    let hash = body_hash(&answer.body);
    let same_etag = visit.etag.is_some() && visit.etag == known.etag;
    if known.body_hash.is_some() && (same_etag || known.body_hash.as_ref() == Some(&hash)) {
        return Ok(visit);
    }
    // On a thread of its own: large feeds take long, and a mistake of the reader ends there.
    let content_type = header("content-type");
    let read = tokio::task::spawn_blocking(move || {
        let url = answer.url.to_string();
        let hints = feed::Hints { url: Some(&url), content_type: content_type.as_deref(), ..feed::Hints::default() };
        feed::parse(&answer.body, &hints).map(|feed| fill::document(feed, now))
    });
    let document = match read.await {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => return Err(Failure::new(sentence(&error))),
        Err(_) => return Err(Failure::new("reading the feed failed on our side")),
    };
    if let Some(why) = document.hollow {
        return Err(Failure::new(why));
    }
    visit.wishes.fresh_for = visit.wishes.fresh_for.max(document.ttl);
    visit.wishes.skip_hours.clone_from(&document.skip_hours);
    visit.wishes.skip_days.clone_from(&document.skip_days);
    visit.body_hash = Some(hash);
    visit.document = Some(document);
    Ok(visit)
}

/// What an answer that is no feed means.
fn refusal(known: &Known, answer: &Response, now: Timestamp) -> Failure {
    let status = answer.status.as_u16();
    let missing_for = known.source.failing_since.map_or(Duration::ZERO, |since| now.since(since));
    let challenge = answer.headers.get("cf-mitigated").is_some_and(|value| value == "challenge");
    let reason = match status {
        410 => "the site says that the feed is gone for good (410)".to_owned(),
        401 | 403 if challenge => {
            format!("the site's protection against robots keeps us out ({status}); ask its owner to let us in")
        }
        401 => "the feed needs a sign-in (401)".to_owned(),
        403 => "the site refuses to give us the feed (403)".to_owned(),
        404 if missing_for >= MISSING => {
            "the feed has not been found for a week (404); preview the site's address to find its feeds".to_owned()
        }
        404 => "the feed was not found (404)".to_owned(),
        429 => "the site asks us to come less often (429)".to_owned(),
        503 => "the site is not available at the moment (503)".to_owned(),
        500..=599 => format!("the site has a problem of its own ({status})"),
        _ => format!("the site answered with status {status}"),
    };
    let retry_after = if matches!(status, 429 | 503) { connect::retry_after(&answer.headers, now) } else { None };
    Failure { reason, gone: status == 410, retry_after }
}

/// How long the answer says that it stays fresh.
fn wishes(answer: &Response, now: Timestamp) -> Wishes {
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let control = header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let directives = || control.split(',').map(str::trim);
    let max_age =
        directives().find_map(|d| d.strip_prefix("max-age=")?.trim_matches('"').parse().ok()).map(Duration::from_secs);
    let uncached = directives().any(|d| matches!(d, "no-cache" | "no-store"));
    let expires = || header("expires").and_then(Timestamp::parse_http_date).map(|at| at.since(now));
    Wishes { fresh_for: if uncached { None } else { max_age.or_else(expires) }, ..Wishes::default() }
}

async fn store_visit(desk: &Desk, known: Known, visit: Visit, now: Timestamp) -> Result<Report, Error> {
    let id = known.source.id;
    let next = pace::next(now, known.source.interval_s, 0, &visit.wishes, &desk.settings, &desk.rng);
    let seen_before = |url: &String| if known.moved_to.as_ref() == Some(url) { known.moved_seen } else { 0 };
    let moved = visit
        .moved_to
        .filter(|url| *url != known.source.url)
        .map(|url| (url.clone(), seen_before(&url).saturating_add(1)));
    let reading = Reading {
        known: known.clone(),
        document: visit.document,
        etag: visit.etag,
        last_modified: visit.last_modified,
        body_hash: visit.body_hash,
        moved,
        polled_at: now,
        next_poll_at: next,
    };
    let saved = match save(desk, reading).await {
        Ok(saved) => saved,
        // Trying the same again would not help: the site must bring something else first.
        Err(Error::Store(error)) if !error.is_transient() => {
            let failure = Failure::new(format!("the entries could not be stored: {}", sentence(&error)));
            return store_failure(desk, &known, failure, now).await;
        }
        Err(error) => return Err(error),
    };
    let fetched = Fetched { at: now, new_items: saved.new_items };
    desk.kept.fetched.put(&id.to_string(), &[&tags::of_source(id)], fetched);
    desk.signal(Signal::Source { id, outcome: saved.outcome, new_items: saved.new_items, at: now });
    if let Some(Enqueued::Duplicate(holder)) = saved.follow_up {
        see_to_assignment(desk, holder).await?;
    }
    Ok(Report { new_items: saved.new_items, failure: None, next: Some(next) })
}

/// A clustering job that still waits will find what has just been committed. One that has been taken
/// meanwhile may have looked already: then there is another one.
async fn see_to_assignment(desk: &Desk, holder: queue::JobId) -> Result<(), Error> {
    use queue::State::{Available, Retryable, Scheduled};
    match desk.queue.get(holder).await?.map(|job| job.state) {
        Some(Available | Scheduled | Retryable) => Ok(()),
        _ => {
            desk.queue.enqueue_now(&AssignStories {}, Enqueue::default()).await?;
            Ok(())
        }
    }
}

async fn store_failure(desk: &Desk, known: &Known, failure: Failure, now: Timestamp) -> Result<Report, Error> {
    let source = &known.source;
    let failures = source.failures.saturating_add(1);
    let since = source.failing_since.unwrap_or(now);
    if let (Some(wait), Ok(url)) = (failure.retry_after, Url::parse(&source.url)) {
        desk.hosts.push_back(&url, wait.min(PUSH_BACK_MAX));
    }
    let wishes = Wishes { retry_after: failure.retry_after, ..Wishes::default() };
    let next = pace::next(now, source.interval_s, failures, &wishes, &desk.settings, &desk.rng);
    let (stop, reason) = match failure {
        Failure { gone: true, reason, .. } => (Some(State::Muted), format!("{reason}; it is muted")),
        Failure { reason, .. } if now.since(since) >= PATIENCE => {
            (Some(State::Paused), format!("{reason}; paused after 14 days of failures"))
        }
        Failure { reason, .. } => (None, reason),
    };
    let next = if stop.is_some() { None } else { Some(next) };
    let outcome = stop.map_or("failed", |state| if state == State::Muted { "gone" } else { "given up" });
    let (id, error) = (source.id, reason.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&sources::FAILED, params![id.to_i64(), now, next, outcome, error, failures, since]).await?;
                if let Some(state) = stop {
                    tx.exec(&sources::STOP, params![id.to_i64(), state.name()]).await?;
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

/// An error with its causes, as one sentence.
fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut text = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ").replace('\0', "");
    text.truncate(text.floor_char_boundary(500));
    text
}
