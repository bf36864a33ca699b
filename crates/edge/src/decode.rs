//! What strangers write, read by everything that reads it here: for those who make damaged input.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use stdx::Timestamp;

use crate::h1::chunked::{Chunked, Found};
use crate::h1::parse::{self, Head, Limits, Slots};
use crate::shared::key::NoVarySearch;
use crate::shared::{Directives, Freshness, Keys, Wishes, fields, range, sfv, tags, validate, vary};

/// What some bytes were taken for.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decoded {
    /// Bytes of the request's head, when there is one.
    pub head: Option<usize>,
    /// The status that refuses it.
    pub refused: Option<u16>,
    /// Bytes of the chunked body that follows the head, when it is whole.
    pub body: Option<usize>,
    /// Parts that a `Range` asks for.
    pub ranges: usize,
    /// Fields by which an answer with these fields would vary.
    pub varies: usize,
    /// Members of all structured fields.
    pub members: usize,
    /// Whether all readers agree with themselves: however the bytes come in pieces, and within every limit.
    pub is_faithful: bool,
}

/// Reads `bytes` as a request with a chunked body, and its fields as those of a request and of an answer. Bytes that
/// are no head are read as lines of fields.
pub fn decode(bytes: &[u8]) -> Decoded {
    let limits = Limits::default();
    let mut slots = Slots::default();
    let mut decoded = Decoded { is_faithful: true, ..Decoded::default() };
    let fields = match parse::head(bytes, &mut slots, &limits) {
        Ok(Some(head)) => {
            decoded.head = Some(head.len);
            decoded.is_faithful &= head.len <= bytes.len() && is_steady(bytes, &head, &limits);
            let rest = &bytes[head.len..];
            let whole = unchunked(rest, rest.len().max(1));
            decoded.is_faithful &= whole == unchunked(rest, 1) && whole == unchunked(rest, 7);
            decoded.body = whole.ok().flatten().map(|body| body.len());
            map(head.fields())
        }
        Ok(None) => HeaderMap::new(),
        Err(refusal) => {
            decoded.refused = Some(refusal.status);
            let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                Some((str::from_utf8(&line[..colon]).ok()?, line[colon + 1..].trim_ascii()))
            });
            map(lines)
        }
    };
    read(&fields, &mut decoded);
    decoded
}

/// A head is the same however much of it has come before, and never there too early.
fn is_steady(bytes: &[u8], whole: &Head<'_>, limits: &Limits) -> bool {
    (0..whole.len).step_by((whole.len / 16).max(1)).all(|cut| {
        let mut slots = Slots::default();
        !matches!(parse::head(&bytes[..cut], &mut slots, limits), Ok(Some(_)))
    })
}

/// The data of a chunked body that comes in pieces of `size`, if it ends.
fn unchunked(bytes: &[u8], size: usize) -> Result<Option<Vec<u8>>, u16> {
    let (mut chunked, mut data) = (Chunked::default(), Vec::new());
    for piece in bytes.chunks(size) {
        let mut piece = piece;
        loop {
            let (used, found) = chunked.step(piece).map_err(|refusal| refusal.status)?;
            match found {
                Found::Data(part) => data.extend_from_slice(part),
                Found::Nothing => break,
                Found::End => return Ok(Some(data)),
            }
            piece = &piece[used..];
        }
    }
    Ok(None)
}

fn map<'a>(lines: impl Iterator<Item = (&'a str, &'a [u8])>) -> HeaderMap {
    let field = |(name, value): (&str, &[u8])| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let mut fields = HeaderMap::new();
    for (name, value) in lines.filter_map(field) {
        fields.append(name, value);
    }
    fields
}

fn read(fields: &HeaderMap, decoded: &mut Decoded) {
    let now = Timestamp::from_seconds(1_700_000_000);
    let wishes = Wishes::of(fields);
    let directives = Directives::of(fields);
    let freshness = Freshness::new(StatusCode::OK, fields, &directives, now, now);
    let later = now + std::time::Duration::from_secs(30);
    let verdict = freshness.judge(&directives, &wishes, later);
    // Never fresh beyond its time.
    decoded.is_faithful &= freshness.is_fresh(later) == (freshness.ttl_at(later) > 0)
        && (verdict != crate::shared::freshness::Verdict::Fresh || freshness.is_fresh(later));

    let length = 1_000;
    let ranges = range::of(fields).unwrap_or_default();
    let spans = range::resolve(&ranges, length);
    decoded.ranges = ranges.len();
    decoded.is_faithful &= spans.iter().all(|span| span.start < span.end && span.end <= length);
    if !range::is_wasteful(&spans, length) {
        let whole = Bytes::from(vec![b'.'; length as usize]);
        let (_, body) = range::multipart(&spans, &whole, fields.get(header::CONTENT_TYPE), "x");
        decoded.is_faithful &= body.len() >= spans.iter().map(|span| (span.end - span.start) as usize).sum::<usize>();
    }
    if let Some((span, total)) = range::parse_content_range(fields) {
        decoded.is_faithful &= span.start < span.end && total.is_none_or(|total| span.end <= total);
    }

    if let Some(selectors) = vary::selectors(fields, fields) {
        decoded.varies = selectors.len();
        // Whoever asked for it may have it.
        decoded.is_faithful &= vary::matches(&selectors, fields, fields);
    }
    let _ = validate::is_not_modified(fields, fields, now);
    let _ = tags::of("a", fields);
    for name in fields.keys() {
        let line = fields::joined(fields, name).unwrap_or_default();
        decoded.members += sfv::dictionary(&line).map_or(0, |members| members.len());
        decoded.members += sfv::list(&line).map_or(0, |members| members.len());
    }
    let search = NoVarySearch::of(fields);
    let target = fields.get("x-target").and_then(|value| value.to_str().ok()).unwrap_or("/a?b=1&c=2");
    let _ = Keys::default().key("a", target, fields, search.as_ref());
    let mut passed_on = fields.clone();
    fields::remove_unstorable(&mut passed_on);
    decoded.is_faithful &=
        !passed_on.contains_key(header::TRANSFER_ENCODING) && !passed_on.contains_key(header::CONNECTION);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_request_is_read() {
        let decoded = decode(b"POST /a HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1,5-\r\nVary: range, accept\r\nTransfer-Encoding: chunked\r\nPriority: u=1, i\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        assert_eq!((decoded.refused, decoded.body, decoded.ranges, decoded.varies), (None, Some(3), 2, 2));
        assert!(decoded.is_faithful && decoded.head.is_some() && decoded.members >= 2, "{decoded:?}");
    }

    #[test]
    fn lines_alone_are_read_as_fields() {
        let decoded = decode(b"cache-control: max-age=5\nvary: cookie\nrange: bytes=-7\n");
        assert_eq!((decoded.refused, decoded.ranges, decoded.varies), (Some(400), 1, 1));
        assert!(decoded.is_faithful);
    }
}
