//! Asking the origin whether a stored answer still holds, and telling callers that theirs does
//! (RFC 9110 §13, RFC 9111 §4.3).

use http::header::{self, HeaderMap, HeaderName};
use stdx::Timestamp;

use super::date;

/// The conditions of a request, all of which a cache replaces when it asks for itself.
pub const CONDITIONS: [HeaderName; 5] =
    [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_MATCH, header::IF_UNMODIFIED_SINCE, header::IF_RANGE];

/// Puts the validators of `stored` into a request as conditions; whether it has any.
pub fn ask(stored: &HeaderMap, request: &mut HeaderMap) -> bool {
    CONDITIONS.iter().for_each(|name| drop(request.remove(name)));
    if let Some(etag) = stored.get(header::ETAG) {
        request.insert(header::IF_NONE_MATCH, etag.clone());
    }
    if let Some(modified) = stored.get(header::LAST_MODIFIED) {
        request.insert(header::IF_MODIFIED_SINCE, modified.clone());
    }
    request.contains_key(header::IF_NONE_MATCH) || request.contains_key(header::IF_MODIFIED_SINCE)
}

/// Takes the fields of a 304 into a stored answer. Fields that describe the stored bytes stay
/// (RFC 9111 §3.2).
pub fn merge(stored: &mut HeaderMap, update: &HeaderMap) {
    const OF_THE_BYTES: [HeaderName; 3] = [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_RANGE];
    for name in update.keys().filter(|name| !OF_THE_BYTES.contains(name)) {
        stored.remove(name);
        for value in update.get_all(name) {
            stored.append(name.clone(), value.clone());
        }
    }
    // An age belongs to the answer that brought it.
    if !update.contains_key(header::AGE) {
        stored.remove(header::AGE);
    }
}

/// Whether the 200 that answered a HEAD is about the stored bytes, so that its fields may be taken
/// over (RFC 9111 §4.3.5).
pub fn head_agrees(stored: &HeaderMap, stored_bytes: u64, head: &HeaderMap) -> bool {
    let same = |name: HeaderName| head.get(&name).is_none_or(|value| stored.get(&name) == Some(value));
    let length = head.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).map(|v| v.parse::<u64>().ok());
    same(header::ETAG) && same(header::LAST_MODIFIED) && length.is_none_or(|length| length == Some(stored_bytes))
}

/// Whether the caller has the stored answer already. Without `Last-Modified` the time of the answer
/// counts (RFC 9111 §4.3.2).
pub fn is_not_modified(request: &HeaderMap, stored: &HeaderMap, received_at: Timestamp) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        let Some(etag) = stored.get(header::ETAG) else {
            return request.get_all(header::IF_NONE_MATCH).iter().any(|value| value == "*");
        };
        return request.get_all(header::IF_NONE_MATCH).iter().any(|list| names(list.as_bytes(), etag.as_bytes()));
    }
    let Some(since) = date::of(request, header::IF_MODIFIED_SINCE, received_at) else { return false };
    let modified = [header::LAST_MODIFIED, header::DATE].into_iter().find_map(|n| date::of(stored, n, received_at));
    modified.unwrap_or(received_at).seconds() <= since.seconds()
}

/// Whether a `Range` may be answered from the stored bytes: there is no `If-Range`, or it names exactly
/// them (RFC 9110 §13.1.5).
pub fn range_applies(request: &HeaderMap, stored: &HeaderMap) -> bool {
    let Some(condition) = request.get(header::IF_RANGE) else { return true };
    if condition.as_bytes().starts_with(b"\"") || condition.as_bytes().starts_with(b"W/") {
        return !condition.as_bytes().starts_with(b"W/") && stored.get(header::ETAG) == Some(condition);
    }
    stored.get(header::LAST_MODIFIED) == Some(condition) && is_strong_date(stored)
}

/// Whether two answers are certainly parts of the same bytes (RFC 9111 §3.4).
pub fn same_bytes(a: &HeaderMap, b: &HeaderMap) -> bool {
    match (a.get(header::ETAG), b.get(header::ETAG)) {
        (Some(x), Some(y)) => x == y && !x.as_bytes().starts_with(b"W/"),
        (None, None) => {
            let (x, y) = (a.get(header::LAST_MODIFIED), b.get(header::LAST_MODIFIED));
            x.is_some() && x == y && is_strong_date(a) && is_strong_date(b)
        }
        _ => false,
    }
}

/// Whether `Last-Modified` is old enough for nothing to have changed within its second: 60 s before
/// `Date` (RFC 9110 §8.8.2.2).
fn is_strong_date(headers: &HeaderMap) -> bool {
    let far = Timestamp::from_seconds(0);
    let at = |name| date::of(headers, name, far).map(Timestamp::seconds);
    at(header::LAST_MODIFIED).zip(at(header::DATE)).is_some_and(|(modified, date)| date - modified >= 60)
}

/// The fields of a 304 for a stored answer (RFC 9110 §15.4.5): all but those about bytes that are not sent.
pub fn not_modified_fields(headers: &mut HeaderMap) {
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_RANGE,
        header::ACCEPT_RANGES,
    ] {
        headers.remove(name);
    }
    if headers.contains_key(header::ETAG) {
        headers.remove(header::LAST_MODIFIED);
    }
}

/// Whether a list of entity tags names `etag`, by weak comparison. A tag without quotes is compared as
/// it stands.
fn names(list: &[u8], etag: &[u8]) -> bool {
    let bare = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
    // Tags may hold bytes above ASCII: one character for each byte keeps them apart.
    let text: String = list.iter().map(|b| char::from(*b)).collect();
    let wanted: String = bare(etag).iter().map(|b| char::from(*b)).collect();
    tags(&text).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == wanted)
}

/// Unlike in other lists, a backslash in a tag escapes nothing.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return None;
        }
        let open = rest.find(['"', ',']).filter(|at| rest.as_bytes()[*at] == b'"');
        let end = match open {
            Some(open) => rest[open + 1..].find('"').map_or(rest.len(), |close| open + close + 2),
            None => rest.find(',').unwrap_or(rest.len()),
        };
        let tag = rest[..end].trim_end_matches([' ', '\t']);
        rest = &rest[end..];
        Some(tag)
    })
}

/// Whether the request has conditions that only the origin can judge.
pub fn is_for_origin(request: &HeaderMap) -> bool {
    request.contains_key(header::IF_MATCH) || request.contains_key(header::IF_UNMODIFIED_SINCE)
}

/// Whether the request has a condition of its own that a 304 would answer.
pub fn is_conditional(request: &HeaderMap) -> bool {
    request.contains_key(header::IF_NONE_MATCH) || request.contains_key(header::IF_MODIFIED_SINCE)
}

#[cfg(test)]
mod tests;
