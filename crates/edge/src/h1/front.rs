//! What may answer inside the loop.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{Head, write};

/// Looks at each request without a body before the service does, on the connection's own thread. It must not wait: a
/// look that takes a millisecond costs every other connection of the thread that millisecond.
pub trait Front: Send + Sync {
    /// The answer, when it is at hand. A front decides about 304, HEAD and Range itself: what it gives is written as
    /// it is.
    fn look(&self, request: &Head<'_>) -> Option<Hit>;
}

/// A ready answer. The loop adds `Date` unless the head has one, and what is asked for below, then the empty line and the body.
#[derive(Clone, Debug, Default)]
pub struct Hit {
    /// Status line and fields, each with its line's end, `Content-Length` among them where the status allows one. No
    /// empty line, no `Age`, `Connection`, or `Cache-Status` of our own.
    pub head: Bytes,
    /// Empty for HEAD and 304.
    pub body: Bytes,
    /// `Age` counts from this Unix second.
    pub born_s: Option<i64>,
    /// `Cache-Status` is `{label}{seconds}`, by example `copydesk; hit; ttl=` and the seconds until this Unix second, which are
    /// negative for a stale answer (RFC 9211 §2.4).
    pub fresh_until_s: Option<i64>,
    /// All of `Cache-Status` up to the number of seconds, or whole where `fresh_until_s` is none; empty leaves the field out.
    pub cache_status: Bytes,
    /// The head has a `Date` of its own: that of the origin, where the answer is somebody else's.
    pub has_date: bool,
    /// How long it took to find, in microseconds: told as `X-Response-Time` and `Server-Timing`.
    pub took_us: Option<u32>,
}

impl Hit {
    /// Status line and fields of a ready answer, as `head` has them.
    pub fn print(status: StatusCode, fields: &HeaderMap, length: Option<usize>) -> Bytes {
        let mut out = Vec::with_capacity(1_024);
        write::status_line(&mut out, status);
        write::fields(&mut out, fields);
        if let Some(length) = length {
            write::field(&mut out, b"content-length", length.to_string().as_bytes());
        }
        out.into()
    }
}
