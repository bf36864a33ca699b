//! Parts of an answer (RFC 9110 §14): what is asked for, what is there, and how parts become one.

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderValue};

/// Most ranges of one request; more are answered with the whole.
const RANGES_MAX: usize = 16;

/// One wish of a `Range` field. Positions count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `first-last`, the last one included.
    Closed(u64, u64),
    /// `first-`
    From(u64),
    /// `-count`: the last `count` bytes.
    Last(u64),
}

/// A part of some bytes: from `start` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

/// Reads `bytes=…`; `None` when it is not to be obeyed: another unit, malformed, or too many.
pub fn parse(text: &str) -> Option<Vec<Wish>> {
    let (unit, set) = text.trim().split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let wishes: Option<Vec<Wish>> = set.split(',').map(str::trim).filter(|part| !part.is_empty()).map(wish).collect();
    wishes.filter(|wishes| !wishes.is_empty() && wishes.len() <= RANGES_MAX)
}

fn wish(part: &str) -> Option<Wish> {
    let number = |text: &str| -> Option<u64> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
    };
    match part.split_once('-')? {
        ("", count) => Some(Wish::Last(number(count)?)),
        (first, "") => Some(Wish::From(number(first)?)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Wish::Closed(first, last))
        }
    }
}

/// The wishes of a request; `None` when it has none that is to be obeyed.
pub fn of(request: &HeaderMap) -> Option<Vec<Wish>> {
    let mut lines = request.get_all(header::RANGE).iter();
    let line = lines.next()?;
    if lines.next().is_some() { None } else { parse(line.to_str().ok()?) }
}

/// What the wishes are of `length` bytes, without those that lie beyond; empty when none can be met.
pub fn resolve(wishes: &[Wish], length: u64) -> Vec<Span> {
    let spans = wishes.iter().map(|wish| match *wish {
        Wish::Closed(first, last) => Span { start: first, end: last.saturating_add(1).min(length) },
        Wish::From(first) => Span { start: first, end: length },
        Wish::Last(count) => Span { start: length.saturating_sub(count), end: length },
    });
    spans.filter(|span| span.start < span.end).collect()
}

/// Whether the spans are more work than the whole: they overlap so that more would be sent.
pub fn is_wasteful(spans: &[Span], length: u64) -> bool {
    spans.len() > 1 && spans.iter().map(|span| span.end - span.start).fold(0, u64::saturating_add) > length
}

/// `bytes 0-4/10`; `None` for the length means `*`.
pub fn content_range(span: Span, length: Option<u64>) -> HeaderValue {
    let total = length.map_or_else(|| "*".to_owned(), |length| length.to_string());
    let text = format!("bytes {}-{}/{total}", span.start, span.end.saturating_sub(1));
    HeaderValue::try_from(text).expect("digits are a header value")
}

/// `bytes */10`, for 416.
pub fn unsatisfied(length: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes */{length}")).expect("digits are a header value")
}

/// Reads `Content-Range` of a 206: the span and, unless it is `*`, the length of the whole.
pub fn parse_content_range(headers: &HeaderMap) -> Option<(Span, Option<u64>)> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (unit, rest) = text.trim().split_once(' ')?;
    let (span, total) = rest.trim().split_once('/')?;
    let Wish::Closed(first, last) = wish(span.trim())? else { return None };
    let length = match total.trim() {
        "*" => None,
        digits => Some(digits.parse::<u64>().ok()?),
    };
    let is_sound = unit.eq_ignore_ascii_case("bytes") && last < u64::MAX && length.is_none_or(|length| last < length);
    is_sound.then(|| (Span { start: first, end: last + 1 }, length))
}

/// Parts of the bytes of one answer, in order, never touching each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces(Vec<(u64, Bytes)>);

/// Most pieces that are kept apart; a further one replaces them all.
const PIECES_MAX: usize = 64;

impl Pieces {
    pub fn new(start: u64, bytes: Bytes) -> Self {
        Pieces(vec![(start, bytes)])
    }

    /// Adds bytes at `start`; where they overlap with known ones, both are the same.
    pub fn add(&mut self, start: u64, bytes: Bytes) {
        let end = start + bytes.len() as u64;
        let touches = |(s, b): &(u64, Bytes)| *s <= end && start <= *s + b.len() as u64;
        let (near, mut rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0).into_iter().partition(touches);
        let mut joined = (start, bytes);
        for piece in near {
            joined = join(piece, joined);
        }
        if rest.len() >= PIECES_MAX {
            rest.clear();
        }
        rest.push(joined);
        rest.sort_by_key(|piece| piece.0);
        self.0 = rest;
    }

    pub fn get(&self, span: Span) -> Option<Bytes> {
        let (start, bytes) = self.0.iter().find(|(s, b)| *s <= span.start && span.end <= *s + b.len() as u64)?;
        Some(bytes.slice((span.start - start) as usize..(span.end - start) as usize))
    }

    /// All of it, when nothing is missing.
    pub fn whole(&self, length: u64) -> Option<Bytes> {
        self.get(Span { start: 0, end: length })
    }

    /// How many bytes from the start on are there without a gap.
    pub fn prefix(&self) -> u64 {
        self.0.first().filter(|piece| piece.0 == 0).map_or(0, |piece| piece.1.len() as u64)
    }

    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|piece| piece.1.len() as u64).sum()
    }
}

/// Two pieces that touch or overlap.
fn join(a: (u64, Bytes), b: (u64, Bytes)) -> (u64, Bytes) {
    let (first, second) = if a.0 <= b.0 { (a, b) } else { (b, a) };
    let overlap = first.0 + first.1.len() as u64 - second.0;
    if overlap >= second.1.len() as u64 {
        return first;
    }
    let mut joined = BytesMut::with_capacity(first.1.len() + second.1.len() - overlap as usize);
    joined.extend_from_slice(&first.1);
    joined.extend_from_slice(&second.1[overlap as usize..]);
    (first.0, joined.freeze())
}

/// The body of several parts and its type (RFC 9110 §14.6). `boundary` must not occur in the parts.
pub fn multipart(
    spans: &[Span],
    whole: &Bytes,
    content_type: Option<&HeaderValue>,
    boundary: &str,
) -> (HeaderValue, Bytes) {
    let length = Some(whole.len() as u64);
    let mut body = BytesMut::new();
    for span in spans {
        body.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
        if let Some(kind) = content_type {
            body.extend_from_slice(b"Content-Type: ");
            body.extend_from_slice(kind.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"Content-Range: ");
        body.extend_from_slice(content_range(*span, length).as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(&whole[span.start as usize..span.end as usize]);
    }
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let kind = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}"));
    (kind.expect("a boundary is letters and digits"), body.freeze())
}

#[cfg(test)]
mod tests;
