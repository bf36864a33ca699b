//! What may answer inside the loop.

use bytes::Bytes;

use super::Head;

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
}
