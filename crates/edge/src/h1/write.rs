//! Answers as bytes: heads, chunks, and writing several slices with one call.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, StatusCode, header};
use stdx::Timestamp;
use tokio::io::AsyncWrite;

use super::Hit;
use super::pulse::{Side, Watched};

/// `date: ` with its value and the line's end.
const DATE_BYTES: usize = 37;
/// `Date`, `Age`, the time taken, `Cache-Status` without its label, `Connection`, `Alt-Svc` and the empty line, with room to spare.
const TAIL_BYTES: usize = 256;
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How the end of an answer's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The status or the method says that there is no body; a length is told when it is known.
    NoBody(Option<u64>),
    Length(u64),
    Chunked,
    /// HTTP/1.0 and no length.
    Close,
}

/// What becomes of the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct After {
    pub close: bool,
    /// HTTP/1.0 must be told that its wish is granted.
    pub says_keep_alive: bool,
    /// The port of HTTP/3, which the caller is told of.
    pub h3_port: Option<u16>,
}

impl After {
    fn line(self) -> &'static [u8] {
        match (self.close, self.says_keep_alive) {
            (true, _) => b"connection: close\r\n",
            (false, true) => b"connection: keep-alive\r\n",
            (false, false) => b"",
        }
    }
}

/// Status line and fields of an answer. Fields of the connection are ours, whatever the service says.
pub(crate) fn head(
    out: &mut Vec<u8>,
    status: StatusCode,
    fields: &HeaderMap,
    ending: Ending,
    after: After,
    now_s: i64,
) {
    status_line(out, status);
    self::fields(out, fields);
    match ending {
        Ending::Length(n) | Ending::NoBody(Some(n)) => {
            field(out, b"content-length", Decimal::of(i64::try_from(n).unwrap_or(i64::MAX)).bytes());
        }
        Ending::Chunked => field(out, b"transfer-encoding", b"chunked"),
        Ending::Close | Ending::NoBody(None) => {}
    }
    if !fields.contains_key(header::DATE) {
        with_date(now_s, |line| out.extend_from_slice(line));
    }
    if let Some(port) = after.h3_port {
        field(out, b"alt-svc", alt_svc(port).as_bytes());
    }
    out.extend_from_slice(after.line());
    out.extend_from_slice(b"\r\n");
}

/// All fields but those of the connection and of the body's length.
pub(crate) fn fields(out: &mut Vec<u8>, fields: &HeaderMap) {
    for (name, value) in fields {
        let is_ours = *name == header::CONNECTION
            || *name == header::TRANSFER_ENCODING
            || *name == header::CONTENT_LENGTH
            || *name == header::UPGRADE
            || name.as_str() == "keep-alive";
        if !is_ours {
            field(out, name.as_str().as_bytes(), value.as_bytes());
        }
    }
}

/// Tells of HTTP/3 on a port of this host, for a day (RFC 7838 §3).
pub(crate) fn alt_svc(port: u16) -> String {
    format!("h3=\":{port}\"; ma=86400")
}

/// An informational answer: no fields but its own.
pub(crate) fn early(out: &mut Vec<u8>, status: StatusCode, fields: &HeaderMap) {
    if status == StatusCode::CONTINUE && fields.is_empty() {
        out.extend_from_slice(CONTINUE);
        return;
    }
    status_line(out, status);
    for (name, value) in fields {
        if ![header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::UPGRADE].contains(name) {
            field(out, name.as_str().as_bytes(), value.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A whole answer to a request that was refused.
pub(crate) fn refusal(out: &mut Vec<u8>, refusal: super::Refusal, with_body: bool, now_s: i64) {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut fields = HeaderMap::with_capacity(1);
    fields.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    let ending = Ending::Length(refusal.reason.len() as u64 + 1);
    head(out, status, &fields, ending, After { close: true, says_keep_alive: false, h3_port: None }, now_s);
    if with_body {
        out.extend_from_slice(refusal.reason.as_bytes());
        out.push(b'\n');
    }
}

/// The size line of a chunk, as many bytes of the array as are said.
pub(crate) fn chunk_size(len: usize) -> ([u8; 18], usize) {
    let mut line = [0; 18];
    let digits = (usize::BITS - len.leading_zeros()).div_ceil(4).max(1) as usize;
    for (place, digit) in line[..digits].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[len >> (4 * (digits - 1 - place)) & 15];
    }
    line[digits] = b'\r';
    line[digits + 1] = b'\n';
    (line, digits + 2)
}

/// What a hit's head lacks, on the stack. The label of `Cache-Status` is written from where it is: `before` it stand the
/// name of the field and all others, `after` it the number and the empty line.
pub(crate) struct Tail {
    bytes: [u8; TAIL_BYTES],
    before: usize,
    len: usize,
}

impl Tail {
    pub fn of(hit: &Hit, after: After, now_s: i64) -> Tail {
        let mut tail = Tail { bytes: [0; TAIL_BYTES], before: 0, len: 0 };
        if !hit.has_date {
            with_date(now_s, |line| tail.add(line));
        }
        if let Some(born) = hit.born_s {
            tail.add(b"age: ");
            tail.add(Decimal::of(now_s.saturating_sub(born).clamp(0, 1 << 31)).bytes());
            tail.add(b"\r\n");
        }
        if let Some(us) = hit.took_us {
            let ms = Decimal::of_us(us);
            for part in
                [b"x-response-time: ".as_slice(), ms.bytes(), b"ms\r\nserver-timing: app;dur=", ms.bytes(), b"\r\n"]
            {
                tail.add(part);
            }
        }
        if let Some(port) = after.h3_port {
            tail.add(b"alt-svc: h3=\":");
            tail.add(Decimal::of(port.into()).bytes());
            tail.add(b"\"; ma=86400\r\n");
        }
        tail.add(after.line());
        if hit.cache_status.is_empty() {
            tail.before = tail.len;
        } else {
            tail.add(b"cache-status: ");
            tail.before = tail.len;
            if let Some(until) = hit.fresh_until_s {
                let left = until.saturating_sub(now_s).clamp(-(1 << 31), 1 << 31);
                tail.add(Decimal::of(left).bytes());
            }
            tail.add(b"\r\n");
        }
        tail.add(b"\r\n");
        tail
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    pub fn before(&self) -> &[u8] {
        &self.bytes[..self.before]
    }

    pub fn after(&self) -> &[u8] {
        &self.bytes[self.before..self.len]
    }
}

pub(crate) fn status_line(out: &mut Vec<u8>, status: StatusCode) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or("Unknown").as_bytes());
    out.extend_from_slice(b"\r\n");
}

pub(crate) fn field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

thread_local! {
    static DATE: RefCell<(i64, [u8; DATE_BYTES])> = const { RefCell::new((i64::MIN, [0; DATE_BYTES])) };
}

/// The line is made once a second and thread.
fn with_date<T>(now_s: i64, read: impl FnOnce(&[u8]) -> T) -> T {
    DATE.with_borrow_mut(|(second, line)| {
        if *second != now_s {
            let text = format!("date: {}\r\n", Timestamp::from_seconds(now_s).http_date());
            line.copy_from_slice(text.as_bytes().first_chunk::<DATE_BYTES>().expect("years have four digits"));
            *second = now_s;
        }
        read(line)
    })
}

/// A number in decimal digits without an allocation.
struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    fn of(number: i64) -> Decimal {
        let mut decimal = Decimal { digits: [0; 20], start: 20 };
        let mut left = number.unsigned_abs();
        loop {
            decimal.start -= 1;
            decimal.digits[decimal.start] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if number < 0 {
            decimal.start -= 1;
            decimal.digits[decimal.start] = b'-';
        }
        decimal
    }

    /// Milliseconds to three places.
    fn of_us(us: u32) -> Decimal {
        let mut decimal = Decimal { digits: [b'0'; 20], start: 20 };
        let mut left = us;
        // One digit at least stands before the point.
        while decimal.start > 15 || left > 0 {
            decimal.start -= 1;
            if decimal.start == 16 {
                decimal.digits[decimal.start] = b'.';
                continue;
            }
            decimal.digits[decimal.start] = b'0' + (left % 10) as u8;
            left /= 10;
        }
        decimal
    }

    fn bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

/// Why an answer could not be written.
#[derive(Debug)]
pub(crate) struct Unwritten;

/// Writes all `parts` in order, but for the first `written` bytes, with as few calls as the system allows; each may wait
/// `limit_s`.
pub(crate) async fn all<const N: usize>(
    parts: [&[u8]; N],
    mut written: usize,
    watched: &Watched,
    limit_s: u32,
    mut poll_write: impl FnMut(&mut Context<'_>, &[IoSlice<'_>]) -> Poll<io::Result<usize>>,
) -> Result<(), Unwritten> {
    while written < length(parts) {
        let due = watched.due(limit_s);
        let step = poll_fn(|cx| {
            let (slices, used) = rest(parts, written);
            let polled = poll_write(cx, &slices[..used]);
            watched.limit(Side::Write, due, cx, polled)
        });
        match step.await {
            Ok(Ok(n)) if n > 0 => written += n,
            _ => return Err(Unwritten),
        }
    }
    Ok(())
}

/// As [`all`], to a connection that nobody else holds; done when everything is on its way.
pub(crate) async fn out<S: AsyncWrite + Unpin, const N: usize>(
    io: &mut S,
    parts: [&[u8]; N],
    written: usize,
    watched: &Watched,
    limit_s: u32,
) -> Result<(), Unwritten> {
    all(parts, written, watched, limit_s, |cx, slices| poll_slices(io, cx, slices)).await?;
    let due = watched.due(limit_s);
    // TLS keeps what it has no room for.
    let flushed = poll_fn(|cx| {
        let polled = Pin::new(&mut *io).poll_flush(cx);
        watched.limit(Side::Write, due, cx, polled)
    });
    match flushed.await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Unwritten),
    }
}

/// Writes of `parts` what goes out now; how many bytes those were.
pub(crate) fn now<S: AsyncWrite + Unpin, const N: usize>(
    io: &mut S,
    cx: &mut Context<'_>,
    parts: [&[u8]; N],
) -> Result<usize, Unwritten> {
    let mut written = 0;
    while written < length(parts) {
        let (slices, used) = rest(parts, written);
        match poll_slices(io, cx, &slices[..used]) {
            Poll::Ready(Ok(n)) if n > 0 => written += n,
            Poll::Ready(_) => return Err(Unwritten),
            Poll::Pending => break,
        }
    }
    Ok(written)
}

fn length<const N: usize>(parts: [&[u8]; N]) -> usize {
    parts.iter().map(|part| part.len()).sum()
}

/// The parts without their first `skip` bytes, and how many those are.
fn rest<'p, const N: usize>(parts: [&'p [u8]; N], mut skip: usize) -> ([IoSlice<'p>; N], usize) {
    let (mut slices, mut used) = ([IoSlice::new(&[]); N], 0);
    for part in parts {
        if part.len() <= skip {
            skip -= part.len();
        } else {
            slices[used] = IoSlice::new(&part[skip..]);
            used += 1;
            skip = 0;
        }
    }
    (slices, used)
}

pub(crate) fn poll_slices<S: AsyncWrite + Unpin>(
    io: &mut S,
    cx: &mut Context<'_>,
    slices: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    match slices {
        [one] => Pin::new(io).poll_write(cx, one),
        many => Pin::new(io).poll_write_vectored(cx, many),
    }
}

#[cfg(test)]
mod tests;
