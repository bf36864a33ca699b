//! Server-Sent Events (WHATWG HTML §9.2): a body of events and signs of life.

use std::fmt::Write;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderValue, Response, header};
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::body::Light;
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

/// The answer that streams `events` ([`Event::to_bytes`]; one event for many streams is made once) until they end. A
/// comment goes out each `heartbeat`, so that proxies keep the connection and a dead one is noticed. Who does not read
/// is not waited for by anybody: the next event is asked for when the last one is out. The connection's own thread
/// asks ([`Light`]).
pub fn response(events: impl Stream<Item = Bytes> + Send + Unpin + 'static, heartbeat: Duration) -> Response<Body> {
    let mut beat = tokio::time::interval_at(Instant::now() + heartbeat, heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answer = Response::new(Events { events, beat }.boxed_unsync());
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx collects an answer before it hands it on, unless told not to.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer.extensions_mut().insert(Light);
    answer
}

struct Events<E> {
    events: E,
    beat: Interval,
}

impl<E: Stream<Item = Bytes> + Send + Unpin> hyper::body::Body for Events<E> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(event) = Pin::new(&mut self.events).poll_next(cx) {
            // The next sign of life is not put off: moving a timer for each stream costs more than three bytes.
            return Poll::Ready(event.map(|event| Ok(Frame::data(event))));
        }
        self.beat.poll_tick(cx).map(|_| Some(Ok(Frame::data(Bytes::from_static(b":\n\n")))))
    }
}

/// The events that a future says, until it ends. No task is needed, and no queue: the future goes on when its last word
/// was taken.
pub fn spoken<F: Future<Output = ()>>(make: impl FnOnce(Speaker) -> F) -> impl Stream<Item = Bytes> + Unpin {
    let word = Arc::new(Mutex::new(None));
    Spoken { speech: Some(Box::pin(make(Speaker(Arc::clone(&word))))), word }
}

/// The word that was not taken yet.
#[derive(Debug)]
pub struct Speaker(Arc<Mutex<Option<Bytes>>>);

impl Speaker {
    /// Returns when `event` has been taken.
    pub async fn say(&self, event: Bytes) {
        let mut event = Some(event);
        // Nobody needs to be woken: who takes the word asks for the next one.
        poll_fn(|_| {
            let mut word = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if event.is_some() {
                *word = event.take();
            }
            if word.is_some() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

struct Spoken<F> {
    /// Until it has ended.
    speech: Option<Pin<Box<F>>>,
    word: Arc<Mutex<Option<Bytes>>>,
}

impl<F: Future<Output = ()>> Stream for Spoken<F> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(speech) = &mut self.speech else { return Poll::Ready(None) };
        let polled = speech.as_mut().poll(cx);
        if polled.is_ready() {
            self.speech = None;
        }
        let word = self.word.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (word, polled) {
            (Some(word), _) => Poll::Ready(Some(word)),
            (None, Poll::Ready(())) => Poll::Ready(None),
            (None, Poll::Pending) => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests;
