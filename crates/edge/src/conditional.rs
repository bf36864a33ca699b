//! Conditional requests (RFC 9110 §13): has the caller got this already?

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use stdx::Timestamp;

/// A strong entity tag of `content`, with its quotes: 16 hex digits of its SHA-256.
pub fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let mut tag = String::with_capacity(18);
    tag.push('"');
    for byte in &digest[..8] {
        tag.push(char::from_digit(u32::from(byte >> 4), 16).expect("four bits are one hex digit"));
        tag.push(char::from_digit(u32::from(byte & 15), 16).expect("four bits are one hex digit"));
    }
    tag.push('"');
    tag
}

/// Whether a GET or HEAD with these headers can be answered with 304. `If-Modified-Since` counts
/// only where there is no `If-None-Match`; a date that cannot be read counts as absent.
pub fn is_not_modified(headers: &HeaderMap, etag: &str, last_modified: Option<Timestamp>) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        let lists = headers.get_all(header::IF_NONE_MATCH).into_iter();
        return lists.filter_map(|v| v.to_str().ok()).any(|list| names(list, etag));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|v| v.to_str().ok());
    let since = since.and_then(Timestamp::parse_http_date);
    // HTTP dates have whole seconds, ours do not.
    since.zip(last_modified).is_some_and(|(since, modified)| modified.seconds() <= since.seconds())
}

/// Whether the list, a value of `If-None-Match`, holds `etag` by weak comparison, which ignores `W/` on either side.
pub fn names(list: &str, etag: &str) -> bool {
    let wanted = etag.strip_prefix("W/").unwrap_or(etag);
    // A comma may stand inside the quotes of a tag, so the quotes are followed, not the commas.
    let mut rest = list.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        if rest.starts_with('*') {
            return true;
        }
        let tag = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(end) = tag.strip_prefix('"').and_then(|t| t.find('"')) else { return false };
        if tag[..end + 2] == *wanted {
            return true;
        }
        rest = tag[end + 2..].trim_start_matches([' ', '\t', ',']);
    }
    false
}

#[cfg(test)]
mod tests;
