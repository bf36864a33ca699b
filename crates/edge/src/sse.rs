//! Server-Sent Events (WHATWG HTML §9.2): a body that is fed through a bounded channel.

use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::{Body, BoxError};

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Sent back by the caller as `Last-Event-ID` when it reconnects.
    pub id: Option<String>,
    /// The event's type; `message` when `None`.
    pub event: Option<String>,
    /// May have several lines.
    pub data: String,
}

impl Event {
    /// The event on the wire. Line breaks in `id` and `event` are dropped, since they would begin a
    /// field of the sender's choice.
    pub fn to_bytes(&self) -> Bytes {
        let mut text = String::with_capacity(self.data.len() + 48);
        for (name, value) in [("id", &self.id), ("event", &self.event)] {
            if let Some(value) = value {
                let clean: String = value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect();
                let _ = writeln!(text, "{name}: {clean}");
            }
        }
        for line in self.data.replace("\r\n", "\n").split(['\n', '\r']) {
            let _ = writeln!(text, "data: {line}");
        }
        text.push('\n');
        text.into()
    }
}

/// The answer that streams what `events` brings ([`Event::to_bytes`]; one event for many streams is made once), until its
/// last sender is gone. A comment goes out each `heartbeat`, so that proxies keep the connection and a dead one is noticed. The channel's
/// bound is the stream's memory: a sender that finds it full decides whether to wait or to cut off.
pub fn response(events: mpsc::Receiver<Bytes>, heartbeat: Duration) -> Response<Body> {
    let mut beat = tokio::time::interval_at(Instant::now() + heartbeat, heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answer = Response::new(Stream { events, beat }.boxed_unsync());
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx collects an answer before it hands it on, unless told not to.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

struct Stream {
    events: mpsc::Receiver<Bytes>,
    beat: Interval,
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(event) = self.events.poll_recv(cx) {
            // The next sign of life is not put off: moving a timer for each stream costs more than three bytes.
            return Poll::Ready(event.map(|event| Ok(Frame::data(event))));
        }
        self.beat.poll_tick(cx).map(|_| Some(Ok(Frame::data(Bytes::from_static(b":\n\n")))))
    }
}

#[cfg(test)]
mod tests;
