//! What becomes of an answer that may be kept, and how what is kept changes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use stdx::Timestamp;

use super::ask::Ask;
use super::exchange::{Coming, Head, Landed, Leader, is_failure};
use super::growing::Growing;
use super::store::{Content, Parts, Purge, Stored};
use super::upstream::{limited, next_chunk};
use super::{Proxy, REQUESTS, STORED, range, reply, validate, vary};
use crate::Body;
use crate::shared::directives::Scope;
use crate::shared::range::Pieces;
use crate::shared::status::{Forward, Report};
use crate::shared::{Directives, Freshness, Key, fields, tags};

impl Proxy {
    /// Receives an answer in the background and keeps it once it is whole.
    pub(super) fn keep(&self, ask: &Ask, key: &Key, head: Head, mut incoming: Incoming) -> Arc<Coming> {
        self.learn_search(ask, &head.headers);
        let settings = &self.0.settings;
        let growing = Growing::new(settings.object_size_max.bytes());
        let coming = Arc::new(Coming {
            status: head.status,
            headers: head.headers.clone(),
            key: key.clone(),
            selectors: vary::selectors(&head.headers, &ask.headers).unwrap_or_default(),
            body: growing.clone(),
        });
        let (this, ask, answer) = (self.clone(), ask.clone(), Arc::clone(&coming));
        let idle = Duration::from_millis(settings.idle_timeout_ms);
        self.0.tasks.spawn(async move {
            // A task that is ended at shutdown must not leave its readers waiting.
            let unfinished = OnDrop(growing.clone());
            while let Some(chunk) = next_chunk(&mut incoming, idle).await {
                match chunk {
                    Ok(chunk) => {
                        if !growing.push(chunk).await {
                            return;
                        }
                    }
                    Err(why) => return growing.finish(Err(why)),
                }
            }
            growing.finish(Ok(()));
            drop(unfinished);
            if let Some(bytes) = growing.whole() {
                this.put(&ask, &answer, head, bytes);
            }
        });
        coming
    }

    fn put(&self, ask: &Ask, coming: &Coming, head: Head, bytes: Bytes) {
        let mut headers = head.headers;
        let content = if head.status == StatusCode::PARTIAL_CONTENT {
            let Some(parts) = self.parts(ask, &headers, bytes) else { return };
            headers.remove(header::CONTENT_RANGE);
            parts
        } else {
            Content::Whole(bytes)
        };
        let tags = tags::of(&ask.host, &headers);
        strip(&mut headers, &head.directives, head.freshness.received_at);
        // Under the key that the answer itself may just have changed.
        let search = self.0.search(&ask.host, ask.target.path());
        let key = self.0.keys.key(&ask.host, ask.target.as_str(), &ask.headers, search.as_ref());
        let stored = Stored {
            key,
            status: head.status,
            headers,
            content,
            selectors: coming.selectors.clone(),
            directives: head.directives,
            freshness: head.freshness,
            tags,
        };
        if self.0.store.put(Arc::new(stored), head.since) {
            STORED.inc();
        }
    }

    /// A part as it is kept: with the parts that are there already, if they are of the same bytes.
    fn parts(&self, ask: &Ask, headers: &HeaderMap, bytes: Bytes) -> Option<Content> {
        let (span, length) = range::parse_content_range(headers)?;
        let known = self.find(ask).0;
        let mut pieces = match known.as_deref() {
            Some(Stored { content: Content::Parts(known), headers: old, .. })
                if validate::same_bytes(old, headers) && known.length == length =>
            {
                known.pieces.clone()
            }
            // A part must not take the place of the whole that it is a part of.
            Some(Stored { content: Content::Whole(_), headers: old, .. }) if validate::same_bytes(old, headers) => {
                return None;
            }
            _ => Pieces::default(),
        };
        // Fewer bytes than said are a part that was cut; more are not to be trusted.
        if bytes.len() as u64 <= span.end - span.start {
            pieces.add(span.start, bytes.clone());
        }
        Some(Content::Parts(Parts {
            pieces,
            length,
            range: ask.headers.get(header::RANGE)?.clone(),
            content_range: headers.get(header::CONTENT_RANGE)?.clone(),
            body: bytes,
        }))
    }

    /// Takes a 304 into what is kept.
    pub(super) fn update(&self, stored: &Stored, head: Head) -> Arc<Stored> {
        let mut updated = stored.clone();
        validate::merge(&mut updated.headers, &head.headers);
        // The lifetime follows from all fields together, old ones and new.
        let received_at = head.freshness.received_at;
        let mut merged = updated.headers.clone();
        if let Some(age) = head.headers.get(header::AGE) {
            merged.insert(header::AGE, age.clone());
        }
        updated.directives = Directives::of(&merged);
        updated.freshness = Freshness::new(stored.status, &merged, &updated.directives, head.asked_at, received_at);
        if !head.headers.contains_key(header::DATE) {
            updated.freshness.age = received_at.since(head.asked_at);
        }
        if let Some(ttl) = self.0.keys.rule(path_of(&stored.key.address)).and_then(|rule| rule.ttl_s) {
            updated.freshness.lifetime_s = ttl;
            updated.directives.max_age = Some(ttl);
            updated.directives.s_maxage = None;
        }
        strip(&mut updated.headers, &updated.directives, received_at);
        let updated = Arc::new(updated);
        if updated.directives.no_store || updated.directives.private == Scope::Everything {
            self.0.store.purge(&Purge::Address(stored.key.address.clone()), None);
        } else {
            self.0.store.put(Arc::clone(&updated), head.since);
        }
        updated
    }

    /// What the answer to a HEAD says of what is kept (RFC 9111 §4.3.5).
    pub(super) fn head_effects(&self, found: &Option<Arc<Stored>>, head: &Head) {
        let Some(stored) = found else { return };
        let Content::Whole(bytes) = &stored.content else { return };
        if is_failure(head.status) {
            return;
        }
        let agrees =
            head.status == stored.status && validate::head_agrees(&stored.headers, bytes.len() as u64, &head.headers);
        if agrees {
            self.update(stored, head.clone());
        } else {
            let at = head.freshness.received_at;
            self.0.store.purge(&Purge::Address(stored.key.address.clone()), Some(at));
        }
    }

    /// Puts the missing rest behind the start that is known.
    pub(super) async fn complete(
        &self,
        ask: &Ask,
        stored: &Arc<Stored>,
        parts: &Parts,
        head: Head,
        incoming: Incoming,
        lead: Leader,
    ) -> Response<Body> {
        let place = range::parse_content_range(&head.headers);
        let rest = limited(incoming, self.0.settings.object_size_max.bytes()).collect();
        let idle = Duration::from_millis(self.0.settings.answer_timeout_ms);
        let rest = tokio::time::timeout(idle, rest).await;
        if let (Some((span, Some(length))), Ok(Ok(rest))) = (place, rest)
            && validate::same_bytes(&stored.headers, &head.headers)
        {
            let mut pieces = parts.pieces.clone();
            pieces.add(span.start, rest.to_bytes());
            if let Some(whole) = pieces.whole(length) {
                let mut headers = stored.headers.clone();
                validate::merge(&mut headers, &head.headers);
                headers.remove(header::CONTENT_RANGE);
                let since = head.since;
                let whole = Stored {
                    status: StatusCode::OK,
                    headers,
                    content: Content::Whole(whole),
                    directives: head.directives,
                    freshness: head.freshness,
                    ..Stored::clone(stored)
                };
                let whole = Arc::new(whole);
                self.0.store.remove(stored);
                self.0.store.put(Arc::clone(&whole), since);
                lead.into_iter().for_each(|lead| lead.land(Landed::Stored));
                REQUESTS.with(&["miss"]).inc();
                let report =
                    Report { forward_status: Some(206), is_stored: true, ..Report::forwarded(Forward::Partial) };
                return reply::stored(&self.0, ask, &whole, report);
            }
        }
        // They were not of one whole: ask for it without what is known.
        self.0.store.remove(stored);
        Box::pin(self.fetch(ask, Forward::Partial, None, lead)).await
    }
}

/// A request for what is missing behind a known start, and the validator that both must share.
pub fn rest_of(stored: &Stored, parts: &Parts, ask: &Ask) -> Option<(HeaderValue, HeaderValue)> {
    let start = parts.pieces.prefix();
    let etag = stored.headers.get(header::ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/"))?;
    if !ask.may_wait || start == 0 || parts.length.is_none_or(|length| start >= length) {
        return None;
    }
    Some((HeaderValue::try_from(format!("bytes={start}-")).ok()?, etag.clone()))
}

/// Takes out of an answer what is not kept, and puts in what must be.
fn strip(headers: &mut HeaderMap, directives: &Directives, received_at: Timestamp) {
    fields::remove_unstorable(headers);
    directives.withheld().for_each(|name| drop(headers.remove(name)));
    headers.remove(header::AGE);
    if !headers.contains_key(header::DATE)
        && let Ok(date) = HeaderValue::try_from(received_at.http_date())
    {
        headers.insert(header::DATE, date);
    }
}

fn path_of(address: &str) -> &str {
    let path = address.find('/').map_or("/", |at| &address[at..]);
    path.split('?').next().unwrap_or_default()
}

/// Ends a body that its writer has left.
struct OnDrop(Growing);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.finish(Err("the answer was not received whole".to_owned()));
    }
}
