//! Asking the origin, and what becomes of its answer.

use std::sync::Arc;

use http::header::{self, HeaderMap};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use stdx::Timestamp;

use super::ask::Ask;
use super::flight::Lead;
use super::growing::Growing;
use super::keep::rest_of;
use super::store::{Content, Moment, Purge, Stored};
use super::upstream::Failure;
use super::{Proxy, REQUESTS, invalidate, reply, validate, vary};
use crate::Body;
use crate::shared::directives::Scope;
use crate::shared::status::{Forward, Report};
use crate::shared::storable::{self, Exchange, Refusal};
use crate::shared::vary::Selector;
use crate::shared::{Directives, Freshness, Key, fields, tags};

/// What a flight brings to those that wait for it.
#[derive(Clone)]
pub enum Landed {
    /// It is in the store now.
    Stored,
    /// It comes in and may be shared.
    Coming(Arc<Coming>),
    /// It is for one caller alone.
    Alone,
    Failed(Failure),
}

/// An answer that is being received and will be kept.
#[derive(Clone)]
pub struct Coming {
    pub status: StatusCode,
    /// As the origin said, without what belongs to the connection.
    pub headers: HeaderMap,
    pub key: Key,
    pub selectors: Vec<Selector>,
    pub body: Growing,
}

/// An answer's head with what follows from it.
#[derive(Clone)]
pub struct Head {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub directives: Directives,
    pub freshness: Freshness,
    pub asked_at: Timestamp,
    pub since: Moment,
}

pub type Leader = Option<Lead<Landed>>;

/// A new answer up to this size is received whole before a stale one is given up for it.
const CAREFUL_BYTES_MAX: u64 = 256 << 10;

impl Proxy {
    /// Asks the origin for what a GET or HEAD wants. `found` is what is kept for it, if anything.
    pub(super) async fn fetch(
        &self,
        ask: &Ask,
        why: Forward,
        found: Option<Arc<Stored>>,
        lead: Leader,
    ) -> Response<Body> {
        let inner = &self.0;
        let mut headers = ask.headers.clone();
        let mut known = None;
        let mut completed = None;
        if let Some(stored) = &found {
            match &stored.content {
                Content::Whole(_) if storable::has_validator(&stored.headers) => {
                    validate::ask(&stored.headers, &mut headers);
                    headers.remove(header::RANGE);
                    known = Some(stored);
                }
                Content::Parts(parts) => {
                    if let Some(rest) = rest_of(stored, parts, ask) {
                        headers.insert(header::RANGE, rest.0);
                        headers.insert(header::IF_RANGE, rest.1);
                        completed = Some((stored, parts));
                    }
                }
                Content::Whole(_) => {}
            }
        }
        let (since, asked_at) = (inner.store.moment(), inner.clock.now());
        let sent = inner.upstreams.send(&ask.method, &ask.target, &headers, None, ask.early.as_ref()).await;
        let (parts, incoming) = match sent {
            Ok(answer) => answer.into_parts(),
            Err(failure) => {
                lead.into_iter().for_each(|lead| lead.land(Landed::Failed(failure)));
                return self.failed(ask, found.as_ref(), failure);
            }
        };
        let head = self.head(ask, parts.status, parts.headers, asked_at, since);
        if is_failure(head.status)
            && let Some(stored) = found.as_ref().filter(|stored| self.may_cover(stored, ask))
        {
            lead.into_iter().for_each(|lead| lead.land(Landed::Failed(Failure::Broken)));
            return self.stale(ask, stored, "origin-error");
        }
        if head.status == StatusCode::NOT_MODIFIED
            && let Some(stored) = known
        {
            let updated = self.update(stored, head);
            lead.into_iter().for_each(|lead| lead.land(Landed::Stored));
            REQUESTS.with(&["validated"]).inc();
            let report = Report { forward_status: Some(304), is_stored: true, ..Report::forwarded(why) };
            return reply::stored(inner, ask, &updated, report);
        }
        if ask.method == Method::HEAD {
            self.head_effects(&found, &head);
            return self.through(ask, head, incoming, Report::forwarded(why));
        }
        if let Some((stored, parts)) = completed
            && head.status == StatusCode::PARTIAL_CONTENT
        {
            return self.complete(ask, stored, parts, head, incoming, lead).await;
        }
        self.receive(ask, why, &found, head, incoming, lead).await
    }

    /// Passes an answer on, and keeps it if it may be kept.
    async fn receive(
        &self,
        ask: &Ask,
        why: Forward,
        found: &Option<Arc<Stored>>,
        head: Head,
        incoming: Incoming,
        lead: Leader,
    ) -> Response<Body> {
        let mut report = Report::forwarded(why);
        if let Err(refusal) = self.may_keep(ask, &head) {
            self.unshare(ask);
            lead.into_iter().for_each(|lead| lead.land(Landed::Alone));
            // The origin has taken back what it said before.
            let is_final = !is_failure(head.status) && head.status != StatusCode::NOT_MODIFIED;
            if let Some(stored) = found.as_ref().filter(|_| is_final && ask.may_wait) {
                self.0.store.remove(stored);
            }
            report.detail = Some(refusal.name());
            return self.through(ask, head, incoming, report);
        }
        let length = content_length(&head.headers);
        let coming = self.keep(ask, &ask.key, head, incoming);
        lead.into_iter().for_each(|lead| lead.land(Landed::Coming(Arc::clone(&coming))));
        if let Some(stored) = found.as_ref().filter(|stored| self.may_cover(stored, ask))
            && length.is_some_and(|length| length <= CAREFUL_BYTES_MAX)
            && !coming.body.ended().await
        {
            return self.stale(ask, stored, "origin-cut");
        }
        report.is_stored = true;
        REQUESTS.with(&["miss"]).inc();
        self.joined(ask, &coming, report).unwrap_or_else(|| reply::refused(StatusCode::BAD_GATEWAY))
    }

    /// The answer that another request brings, when this one may have it.
    pub(super) fn join(&self, ask: &Ask, coming: &Coming) -> Option<Response<Body>> {
        let fits = coming.key.extra == ask.key.extra && vary::matches(&coming.selectors, &coming.headers, &ask.headers);
        if !fits {
            return None;
        }
        let report = Report { is_collapsed: true, ..Report::forwarded(Forward::UriMiss) };
        let answer = self.joined(ask, coming, report)?;
        REQUESTS.with(&["collapsed"]).inc();
        Some(answer)
    }

    fn joined(&self, ask: &Ask, coming: &Coming, report: Report) -> Option<Response<Body>> {
        let mut answer = Response::new(coming.body.reader()?.boxed_unsync());
        *answer.status_mut() = coming.status;
        *answer.headers_mut() = coming.headers.clone();
        reply::finish(&self.0, ask, answer.headers_mut(), report);
        Some(answer)
    }

    /// An answer that flows through and leaves nothing behind.
    fn through(&self, ask: &Ask, head: Head, incoming: Incoming, report: Report) -> Response<Body> {
        REQUESTS.with(&["pass"]).inc();
        let mut answer = Response::new(incoming.map_err(Into::into).boxed_unsync());
        *answer.status_mut() = head.status;
        *answer.headers_mut() = head.headers;
        reply::finish(&self.0, ask, answer.headers_mut(), report);
        answer
    }

    /// Passes a request on that is not for the cache, and forgets what it made wrong.
    pub(super) async fn pass(&self, ask: &Ask, body: Option<Body>, why: Forward) -> Response<Body> {
        let inner = &self.0;
        let (since, asked_at) = (inner.store.moment(), inner.clock.now());
        let sent = inner.upstreams.send(&ask.method, &ask.target, &ask.headers, body, ask.early.as_ref()).await;
        let (parts, incoming) = match sent {
            Ok(answer) => answer.into_parts(),
            Err(failure) => return self.failed(ask, None, failure),
        };
        let mut head = self.head(ask, parts.status, parts.headers, asked_at, since);
        if invalidate::applies(&ask.method, head.status) {
            for address in ask.invalidates(inner, &head.headers) {
                inner.store.purge(&Purge::Address(address), None);
            }
            for name in invalidate::groups(&head.headers) {
                inner.store.purge(&Purge::Tag(tags::group(&ask.host, &name)), None);
            }
            // What this very answer says is newer than what it made wrong.
            head.since = inner.store.moment();
        }
        let report = Report::forwarded(why);
        if self.may_keep_submitted(ask, &head) {
            let coming = self.keep(ask, &ask.key, head, incoming);
            let report = Report { is_stored: true, ..report };
            return self.joined(ask, &coming, report).unwrap_or_else(|| reply::refused(StatusCode::BAD_GATEWAY));
        }
        self.through(ask, head, incoming, report)
    }

    /// What to say when the origin says nothing.
    pub(super) fn failed(&self, ask: &Ask, found: Option<&Arc<Stored>>, failure: Failure) -> Response<Body> {
        if let Some(stored) = found.filter(|stored| self.may_cover(stored, ask)) {
            return self.stale(ask, stored, failure.name());
        }
        REQUESTS.with(&["error"]).inc();
        let forward = if found.is_some() { Forward::Stale } else { Forward::UriMiss };
        let report = Report { detail: Some(failure.name()), ..Report::forwarded(forward) };
        reply::error(&self.0, ask, failure.status(), report)
    }

    fn may_cover(&self, stored: &Stored, ask: &Ask) -> bool {
        let grace_s = self.0.settings.grace_s;
        let now = self.0.clock.now();
        reply::can_answer(stored, ask) && stored.freshness.may_cover_error(&stored.directives, grace_s, now)
    }

    fn head(&self, ask: &Ask, status: StatusCode, headers: HeaderMap, asked_at: Timestamp, since: Moment) -> Head {
        let mut headers = headers;
        let received_at = self.0.clock.now();
        fields::remove_hop_by_hop(&mut headers);
        let mut directives = Directives::of(&headers);
        let mut freshness = Freshness::new(status, &headers, &directives, asked_at, received_at);
        if let Some(ttl) = ask.ttl_s
            && !directives.no_store
            && directives.private == Scope::Nothing
            && !headers.contains_key(header::SET_COOKIE)
        {
            directives = Directives { max_age: Some(ttl), s_maxage: None, no_cache: Scope::Nothing, ..directives };
            freshness.lifetime_s = ttl;
            freshness.is_heuristic = false;
        }
        Head { status, headers, directives, freshness, asked_at, since }
    }

    fn may_keep(&self, ask: &Ask, head: &Head) -> Result<(), Refusal> {
        if content_length(&head.headers).is_some_and(|length| length > self.0.settings.object_size_max.bytes()) {
            return Err(Refusal::Useless);
        }
        storable::check(&exchange(ask, head))
    }

    fn may_keep_submitted(&self, ask: &Ask, head: &Head) -> bool {
        let location = head.headers.get(header::CONTENT_LOCATION).and_then(|value| value.to_str().ok());
        let is_target = location.and_then(|to| invalidate::same_host(&ask.host, ask.target.as_str(), to));
        storable::check_submitted(&exchange(ask, head), is_target.as_deref() == Some(ask.target.as_str())).is_ok()
    }
}

fn exchange<'a>(ask: &'a Ask, head: &'a Head) -> Exchange<'a> {
    Exchange {
        method: &ask.method,
        request: &ask.headers,
        status: head.status,
        answer: &head.headers,
        directives: &head.directives,
        wishes: &ask.wishes,
        freshness: &head.freshness,
    }
}

/// RFC 5861 §4.
pub fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
