//! One stored answer as bytes.

use bytes::Bytes;
use http::header;
use http::{HeaderValue, StatusCode};

use super::super::store::{Content, Stored};
use super::super::{Inner, range, reply, validate};
use super::Wish;
use crate::h1::{Hit, write};
use crate::shared::{Freshness, date};
use stdx::Timestamp;

/// All forms of an answer but for its age.
pub struct Printed {
    status: StatusCode,
    /// With the status line and `Content-Length`.
    head: Bytes,
    /// The same for 304, where there is one.
    not_modified: Option<Bytes>,
    /// The fields alone.
    fields: Bytes,
    body: Bytes,
    cache_status: Bytes,
    /// What stands between the quotes, when that can be told.
    etag: Option<Bytes>,
    last_modified: Option<Bytes>,
    freshness: Freshness,
    is_sliceable: bool,
    has_date: bool,
}

/// A body's bytes with a count of holders of their own: threads that give out the same body do not meet at one.
struct Held(Bytes);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Printed {
    /// `None` for what has no whole body.
    pub fn new(inner: &Inner, stored: &Stored) -> Option<Printed> {
        let Content::Whole(body) = &stored.content else { return None };
        let status = stored.status;
        if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED || status.is_informational() {
            return None;
        }
        let mut headers = stored.headers.clone();
        reply::dress(inner, &mut headers);
        let fields = print(|out| write::fields(out, &headers));
        let head = print(|out| {
            write::status_line(out, status);
            out.extend_from_slice(&fields);
            write::field(out, b"content-length", body.len().to_string().as_bytes());
        });
        let text = |name| stored.headers.get(name).map(|value: &HeaderValue| Bytes::copy_from_slice(value.as_bytes()));
        let last_modified = date::of(&stored.headers, header::LAST_MODIFIED, stored.freshness.received_at)
            .and_then(|_| text(header::LAST_MODIFIED));
        let etag = text(header::ETAG).and_then(|etag| Some(etag.slice_ref(opaque(&etag)?)));
        let not_modified = status.is_success().then(|| {
            let mut headers = headers.clone();
            validate::not_modified_fields(&mut headers);
            print(|out| {
                write::status_line(out, StatusCode::NOT_MODIFIED);
                write::fields(out, &headers);
            })
        });
        Some(Printed {
            status,
            head,
            not_modified,
            fields,
            body: Bytes::from_owner(Held(body.clone())),
            cache_status: Bytes::from(format!("{}; hit; ttl=", inner.settings.name)),
            etag,
            last_modified,
            freshness: stored.freshness.clone(),
            is_sliceable: !headers.contains_key(header::CONTENT_RANGE),
            has_date: headers.contains_key(header::DATE),
        })
    }

    /// Bytes that it holds.
    pub fn weight(&self) -> usize {
        self.body.len() + 2 * self.head.len() + self.not_modified.as_ref().map_or(0, Bytes::len) + 512
    }

    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.freshness.is_fresh(now)
    }

    /// The answer to `wish`; `None` when it takes more thought.
    pub fn hit(&self, wish: &Wish<'_>, now: Timestamp) -> Option<Hit> {
        let (head, body) = if self.is_not_modified(wish)? {
            (self.not_modified.clone()?, Bytes::new())
        } else if wish.is_head {
            (self.head.clone(), Bytes::new())
        } else if let Some(range) = wish.range.filter(|_| self.status == StatusCode::OK) {
            self.part(range)?
        } else {
            (self.head.clone(), self.body.clone())
        };
        let age_s = i64::try_from(self.freshness.age_at(now).as_secs()).ok()?;
        Some(Hit {
            head,
            body,
            born_s: Some(now.seconds() - age_s),
            fresh_until_s: Some(now.seconds() + self.freshness.ttl_at(now)),
            cache_status: self.cache_status.clone(),
            has_date: self.has_date,
            took_us: None,
        })
    }

    /// Whether the caller has it already; `None` when that cannot be told at a glance.
    fn is_not_modified(&self, wish: &Wish<'_>) -> Option<bool> {
        if self.not_modified.is_none() {
            return Some(false);
        }
        match (wish.if_none_match, wish.if_modified_since) {
            (Some(tag), _) => Some(opaque(tag)? == self.etag.as_deref()?),
            (None, Some(since)) => (since == self.last_modified.as_deref()?).then_some(true),
            (None, None) => Some(false),
        }
    }

    fn part(&self, range: &[u8]) -> Option<(Bytes, Bytes)> {
        let wishes = range::parse(str::from_utf8(range).ok()?)?;
        let length = self.body.len() as u64;
        let spans = range::resolve(&wishes, length);
        let ([_], [span]) = (wishes.as_slice(), spans.as_slice()) else { return None };
        if !self.is_sliceable {
            return None;
        }
        let (start, end) = (usize::try_from(span.start).ok()?, usize::try_from(span.end).ok()?);
        let head = print(|out| {
            out.reserve(self.head.len() + 64);
            write::status_line(out, StatusCode::PARTIAL_CONTENT);
            out.extend_from_slice(&self.fields);
            write::field(out, b"content-range", range::content_range(*span, Some(length)).as_bytes());
            write::field(out, b"content-length", (end - start).to_string().as_bytes());
        });
        Some((head, self.body.slice(start..end)))
    }
}

/// What stands between the quotes of a single entity tag, weak or not.
fn opaque(tag: &[u8]) -> Option<&[u8]> {
    let quoted = tag.strip_prefix(b"W/").unwrap_or(tag);
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (!inner.contains(&b'"')).then_some(inner)
}

fn print(write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut out = Vec::with_capacity(512);
    write(&mut out);
    Bytes::from(out)
}
