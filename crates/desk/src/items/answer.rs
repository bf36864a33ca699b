//! What the answer of a site means: a new document, nothing new, or a failure that can be told in one sentence.

use std::time::Duration;

use connect::websub::{Discovered, discover};
use connect::{Response, Url};
use stdx::Timestamp;

use super::fill::{self, Document, Entry};
use super::identity::body_hash;
use super::pace::Wishes;
use super::shortened;
use crate::Desk;
use crate::error::sentence;
use crate::sources::Known;
use crate::sources::rules::{Rules, Subject};

/// After so long without the feed we say where else to look.
const MISSING: Duration = Duration::from_secs(7 * 86_400);

/// A visit that went well.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// `None` when nothing has changed.
    pub document: Option<Document>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub body_hash: Option<String>,
    pub moved_to: Option<String>,
    pub wishes: Wishes,
    /// Of a changed document: the hubs that tell of it.
    pub hubs: Option<Discovered>,
}

/// A visit that did not.
#[derive(Debug)]
pub(super) struct Failure {
    pub reason: String,
    /// The site says that the feed will not come back.
    pub gone: bool,
    pub retry_after: Option<Duration>,
}

impl Failure {
    pub fn new(reason: impl Into<String>) -> Self {
        Failure { reason: reason.into(), gone: false, retry_after: None }
    }
}

/// Reads an answer.
///
/// # Errors
/// Whatever keeps it from being the feed.
pub(super) async fn look(desk: &Desk, known: &Known, answer: Response, now: Timestamp) -> Result<Seen, Failure> {
    if answer.status.as_u16() != 304 && !answer.status.is_success() {
        return Err(refusal(known, &answer, now));
    }
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut visit = Seen {
        document: None,
        etag: header("etag"),
        last_modified: header("last-modified"),
        body_hash: known.body_hash.clone(),
        // Only when every hop is permanent is the end the new address.
        moved_to: Some(answer.url.to_string())
            .filter(|_| !answer.hops.is_empty() && answer.hops.iter().all(|hop| hop.is_permanent())),
        wishes: wishes(&answer, now),
        hubs: None,
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
    // As many at once as there are cores: large feeds take long, and a mistake of the reader ends there.
    let content_type = header("content-type");
    let (headers, address): (_, Url) = (answer.headers.clone(), answer.url.clone());
    let rules = Rules::read(&known.source.rules, "").unwrap_or_default();
    let read = desk.queue.compute(move || {
        let url = answer.url.to_string();
        let hints = feed::Hints { url: Some(&url), content_type: content_type.as_deref(), ..feed::Hints::default() };
        feed::parse(&answer.body, &hints)
    });
    let ours = |_| Failure::new("reading the feed failed on our side");
    let mut feed = read.await.map_err(ours)?.map_err(|error| Failure::new(sentence(&error)))?;
    shortened::resolve(desk, &mut feed).await;
    let ready = desk.queue.compute(move || {
        let mut document = fill::document(feed, now);
        judge(&rules, &mut document);
        document
    });
    let document = ready.await.map_err(ours)?;
    if let Some(why) = document.hollow {
        return Err(Failure::new(why));
    }
    if document.truncated {
        (visit.etag, visit.last_modified) = (None, None);
    }
    visit.wishes.fresh_for = visit.wishes.fresh_for.max(document.ttl);
    visit.wishes.skip_hours.clone_from(&document.skip_hours);
    visit.wishes.skip_days.clone_from(&document.skip_days);
    visit.body_hash = Some(hash);
    visit.hubs = discover(&headers, &address, &document.hubs, document.own.as_deref());
    visit.document = Some(document);
    Ok(visit)
}

/// Says of each entry whether a rule of its source keeps it from being news.
pub(super) fn judge(rules: &Rules, document: &mut Document) {
    for entry in document.entries.iter_mut().filter(|_| !rules.is_empty()) {
        entry.ruled_out = ruled_out(rules, entry);
    }
}

/// Why a rule of its source does not let an entry be news.
fn ruled_out(rules: &Rules, entry: &Entry) -> Option<String> {
    rules.why(rules.judge(&Subject {
        title: &entry.title,
        text: &entry.text,
        authors: &entry.authors,
        categories: &entry.categories,
        url: entry.url.as_deref(),
        language: &entry.language,
    }))
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
        401 | 403 if known.source.has_login => format!("the site does not accept the stored sign-in ({status})"),
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
