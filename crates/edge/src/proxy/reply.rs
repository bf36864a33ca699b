//! Answers from what is kept.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Response, StatusCode};

use super::ask::Ask;
use super::store::{Content, Parts, Stored};
use super::{Inner, range, validate};
use crate::shared::status::Report;
use crate::shared::{fields, tags};
use crate::{Body, body};

/// Whether the request can be answered from these bytes at all.
pub fn can_answer(stored: &Stored, ask: &Ask) -> bool {
    match &stored.content {
        Content::Whole(_) => true,
        Content::Parts(parts) => ask.method == Method::GET && part(stored, parts, ask).is_some(),
    }
}

/// The part of a partly known answer that a request asks for, and its `Content-Range`.
fn part(stored: &Stored, parts: &Parts, ask: &Ask) -> Option<(HeaderValue, Bytes)> {
    if !validate::range_applies(&ask.headers, &stored.headers) {
        return None;
    }
    // Exactly the same request has exactly the same answer.
    if ask.headers.get(header::RANGE) == Some(&parts.range) {
        return Some((parts.content_range.clone(), parts.body.clone()));
    }
    let wishes = range::of(&ask.headers)?;
    let [wish] = wishes.as_slice() else { return None };
    let span = match (*wish, parts.length) {
        (wish, Some(length)) => *range::resolve(&[wish], length).first()?,
        (range::Wish::Closed(first, last), None) => range::Span { start: first, end: last.checked_add(1)? },
        _ => return None,
    };
    Some((range::content_range(span, parts.length), parts.pieces.get(span)?))
}

/// The answer for one request from what is kept: 304, a part, or all of it.
pub fn stored(inner: &Inner, ask: &Ask, stored: &Stored, mut report: Report) -> Response<Body> {
    let now = inner.clock.now();
    report.ttl_s = Some(stored.freshness.ttl_at(now));
    let mut headers = stored.headers.clone();
    let age = stored.freshness.age_at(now).as_secs();
    headers.insert(header::AGE, HeaderValue::from(age));
    let mut status = stored.status;
    let is_get = ask.method == Method::GET;
    let is_success = stored.status.is_success();
    let mut content = None;
    if is_success && validate::is_not_modified(&ask.headers, &stored.headers, stored.freshness.received_at) {
        status = StatusCode::NOT_MODIFIED;
        validate::not_modified_fields(&mut headers);
    } else {
        match &stored.content {
            Content::Whole(whole) => {
                content = Some(whole.clone());
                let is_sliceable = is_get && stored.status == StatusCode::OK;
                if is_sliceable && validate::range_applies(&ask.headers, &stored.headers) {
                    slice(ask, &mut status, &mut headers, &mut content);
                }
            }
            Content::Parts(parts) => {
                let found = part(stored, parts, ask);
                let (content_range, bytes) = found.unwrap_or((parts.content_range.clone(), parts.body.clone()));
                status = StatusCode::PARTIAL_CONTENT;
                headers.insert(header::CONTENT_RANGE, content_range);
                content = Some(bytes);
            }
        }
    }
    finish(inner, ask, &mut headers, report);
    let has_length = !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    match &content {
        Some(bytes) if has_length => drop(headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()))),
        _ => drop(headers.remove(header::CONTENT_LENGTH)),
    }
    let bytes = content.filter(|bytes| is_get && has_length && !bytes.is_empty());
    let mut answer = Response::new(bytes.map_or_else(body::empty, body::full));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

/// Cuts the whole down to the ranges that are asked for.
fn slice(ask: &Ask, status: &mut StatusCode, headers: &mut HeaderMap, content: &mut Option<Bytes>) {
    let (Some(wishes), Some(whole)) = (range::of(&ask.headers), content.clone()) else { return };
    let length = whole.len() as u64;
    let spans = range::resolve(&wishes, length);
    if range::is_wasteful(&spans, length) {
        return;
    }
    match spans.as_slice() {
        [] => {
            *status = StatusCode::RANGE_NOT_SATISFIABLE;
            headers.insert(header::CONTENT_RANGE, range::unsatisfied(length));
            *content = Some(Bytes::new());
            return;
        }
        [span] => {
            headers.insert(header::CONTENT_RANGE, range::content_range(*span, Some(length)));
            *content = Some(whole.slice(span.start as usize..span.end as usize));
        }
        spans => {
            let boundary = boundary(&whole);
            let (kind, body) = range::multipart(spans, &whole, headers.get(header::CONTENT_TYPE), &boundary);
            headers.insert(header::CONTENT_TYPE, kind);
            headers.remove(header::CONTENT_RANGE);
            *content = Some(body);
        }
    }
    *status = StatusCode::PARTIAL_CONTENT;
}

/// Letters and digits that do not occur in `whole`.
fn boundary(whole: &[u8]) -> String {
    let mut tag = crate::conditional::etag(whole);
    loop {
        tag = tag.trim_matches('"').to_owned();
        let known = tag.as_bytes();
        if !whole.windows(known.len()).any(|window| window == known) {
            return tag;
        }
        tag = crate::conditional::etag(tag.as_bytes());
    }
}

/// Adds what every answer of this cache says, and takes out what was said to it alone.
pub fn finish(inner: &Inner, ask: &Ask, headers: &mut HeaderMap, mut report: Report) {
    dress(inner, headers);
    if inner.settings.show_key {
        report.key = Some(ask.key.address.clone());
    }
    report.append(&inner.settings.name, headers);
}

/// The same but for what it did with this request.
pub fn dress(inner: &Inner, headers: &mut HeaderMap) {
    if !inner.settings.show_tags {
        tags::PRIVATE.iter().for_each(|name| drop(headers.remove(*name)));
    } else {
        headers.remove(crate::shared::directives::OWN);
    }
    fields::append(headers, header::VIA, &format!("1.1 {}", inner.settings.name));
}

/// A short answer of the proxy itself.
pub fn error(inner: &Inner, ask: &Ask, status: StatusCode, report: Report) -> Response<Body> {
    let mut answer = refused(status);
    finish(inner, ask, answer.headers_mut(), report);
    if ask.method == Method::HEAD {
        *answer.body_mut() = body::empty();
    }
    answer
}

/// The same for a request that was not understood.
pub fn refused(status: StatusCode) -> Response<Body> {
    let text = format!("{} {}\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    let mut answer = Response::new(body::full(text));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}
