//! The loop of one connection: read a head, answer it from the front or by the service, again.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use stdx::metric::Counter;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;

use super::exchange::{self, Given, Next, Order, Streamed, Wire};
use super::front::{Front, Hit};
use super::input::Input;
use super::parse::{self, Slots};
use super::pulse::{Due, Late, Pulse, Side, Watched};
use super::stream;
use super::write::{self, After, Tail, Unwritten};
use super::{Framing, Limits, Refusal};
use crate::serve::Service;

/// What an HTTP/2 connection begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// After the last answer the caller may still be sending. If the socket were closed at once, the system would answer
/// those bytes with a reset, which can overtake the answer.
const LINGER_S: u32 = 2;
const LINGER_BYTES_MAX: usize = 1 << 20;

/// What all connections of one thread share.
pub(crate) struct Lane {
    pub front: Option<Arc<dyn Front>>,
    pub service: Service,
    /// Where the service runs.
    /// `None`: the connection's own.
    pub main: Option<Handle>,
    pub limits: Limits,
    pub times: Times,
    pub pulse: Arc<Pulse>,
    pub counts: Counts,
    /// Where HTTP/3 is spoken, for those who want it.
    pub h3_port: Option<u16>,
}

impl Lane {
    /// Where the service runs.
    pub fn runtime(&self) -> Handle {
        self.main.clone().unwrap_or_else(Handle::current)
    }
}

/// Limits in whole seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// For a head, and between two requests.
    pub head_s: u32,
    pub body_s: u32,
    pub write_s: u32,
}

/// Counted apart for each thread, so that they do not fight for a line of the cache; handed to the metrics now and then.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub requests: Own,
    pub hits: Own,
    pub refused: Own,
}

#[derive(Debug, Default)]
pub(crate) struct Own(AtomicU64);

impl Own {
    pub fn inc(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn flush(&self, to: &Counter) {
        to.add(self.0.swap(0, Ordering::Relaxed));
    }
}

/// How a connection leaves the loop.
pub(crate) enum End<S> {
    Closed,
    /// Another protocol takes over; it begins with these bytes.
    HandOver(S, Bytes),
}

/// What the bytes at hand ask for.
enum Step {
    /// The head has not ended.
    More,
    Hit(Hit, After),
    Ask(Box<Order>),
    Refuse(Refusal, bool),
    HandOver,
}

/// What is left to do of it. Nothing here is larger than a few words: it is kept while the connection waits.
enum Turn {
    More,
    Answered { close: bool },
    Begun(Box<Begun>),
    Ask(Box<Order>),
    Refuse(Refusal, bool),
    HandOver,
    Drop,
}

enum Read {
    More,
    Close(Close),
    /// A head has begun and does not end.
    Late,
}

/// A hit that the caller does not take at once.
struct Begun {
    hit: Hit,
    tail: Tail,
    /// Bytes that are out.
    written: usize,
    close: bool,
}

impl Begun {
    fn parts(&self) -> [&[u8]; 5] {
        [&self.hit.head, self.tail.before(), &self.hit.cache_status, self.tail.after(), &self.hit.body]
    }

    fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }
}

/// Serves the connection until it ends or another protocol is wanted.
pub(crate) fn run<S, L>(io: S, lane: L, peer: Option<SocketAddr>) -> impl Future<Output = End<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    L: Deref<Target = Lane>,
{
    let watched = lane.pulse.watch();
    let (input, scanned, head_due) = (Input::default(), 0, None);
    let connection = Connection { io, lane, peer, watched, input, scanned, head_due, is_first: true };
    // Not an `async fn`, whose future would keep a place for the arguments too.
    lead(connection)
}

async fn lead<S, L>(mut connection: Connection<S, L>) -> End<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
    L: Deref<Target = Lane>,
{
    match connection.serve().await {
        Close::HandOver => End::HandOver(connection.io, connection.input.into_bytes()),
        Close::Drop => End::Closed,
        Close::Shut => {
            connection.shut().await;
            End::Closed
        }
        Close::Linger => {
            connection.linger().await;
            End::Closed
        }
    }
}

enum Close {
    /// Nobody is there.
    Drop,
    /// Everything was read.
    Shut,
    /// The caller may still be sending.
    Linger,
    HandOver,
}

struct Connection<S, L> {
    io: S,
    lane: L,
    peer: Option<SocketAddr>,
    watched: Watched,
    input: Input,
    /// Bytes of the input that hold no whole head.
    scanned: usize,
    /// When the head that has begun must be there.
    head_due: Option<Due>,
    /// No request has been read yet.
    is_first: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin, L: Deref<Target = Lane>> Connection<S, L> {
    async fn serve(&mut self) -> Close {
        loop {
            // Boxed is whatever takes its time, so that a connection that waits or is answered by the front stays small.
            let close = match poll_fn(|cx| Poll::Ready(self.turn(cx))).await {
                Turn::More => match self.read().await {
                    Read::More => continue,
                    Read::Close(close) => return close,
                    // Whoever has begun to speak is told why nobody listens any more.
                    Read::Late => {
                        let refusal = Refusal { status: 408, reason: "the request has not come in time" };
                        return Box::pin(self.refuse(refusal, true)).await;
                    }
                },
                Turn::Answered { close } => close,
                Turn::Begun(begun) => {
                    let close = begun.close;
                    if Box::pin(self.write(begun.parts(), begun.written)).await.is_err() {
                        return Close::Drop;
                    }
                    close
                }
                Turn::Ask(order) => {
                    let next = match Box::pin(self.ask(order)).await {
                        Given::Over(next) => next,
                        Given::Streams(streamed) => Box::pin(self.stream(streamed)).await,
                    };
                    match next {
                        Next::Request => false,
                        Next::Shut => return Close::Shut,
                        Next::Linger => return Close::Linger,
                        Next::Drop => return Close::Drop,
                    }
                }
                Turn::Refuse(refusal, is_head) => return Box::pin(self.refuse(refusal, !is_head)).await,
                Turn::HandOver => return Close::HandOver,
                Turn::Drop => return Close::Drop,
            };
            if close {
                return if self.input.is_empty() { Close::Shut } else { Close::Linger };
            }
        }
    }

    /// Takes a step; a hit is written as far as the caller takes it now.
    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        match self.step() {
            Step::More => Turn::More,
            Step::Ask(order) => Turn::Ask(order),
            Step::Refuse(refusal, is_head) => Turn::Refuse(refusal, is_head),
            Step::HandOver => Turn::HandOver,
            Step::Hit(hit, after) => {
                let tail = Tail::of(&hit, after, self.lane.pulse.seconds());
                let mut begun = Begun { hit, tail, written: 0, close: after.close };
                let Ok(written) = write::now(&mut self.io, cx, begun.parts()) else { return Turn::Drop };
                begun.written = written;
                // TLS keeps what it has no room for.
                let is_out =
                    written == begun.len() && matches!(Pin::new(&mut self.io).poll_flush(cx), Poll::Ready(Ok(())));
                if is_out { Turn::Answered { close: begun.close } } else { Turn::Begun(Box::new(begun)) }
            }
        }
    }

    /// What the bytes at hand ask for. Not async: the room for the fields is on the stack and gone before the next wait.
    fn step(&mut self) -> Step {
        let bytes = self.input.bytes();
        if bytes.is_empty() {
            return Step::More;
        }
        if self.is_first && bytes[0] == PREFACE[0] {
            let n = bytes.len().min(PREFACE.len());
            if bytes[..n] == PREFACE[..n] {
                return if n == PREFACE.len() { Step::HandOver } else { Step::More };
            }
        }
        // A head ends with an LF: without a new one it is not read again, however often bytes drip in.
        let is_full = bytes.len() >= self.lane.limits.bytes;
        if !is_full && memchr::memchr(b'\n', &bytes[self.scanned..]).is_none() {
            self.scanned = bytes.len();
            return Step::More;
        }
        let is_head = bytes.starts_with(b"HEAD ");
        let mut slots = Slots::default();
        let mut head = match parse::head(bytes, &mut slots, &self.lane.limits) {
            Ok(Some(head)) => head,
            Ok(None) => {
                self.scanned = bytes.len();
                return Step::More;
            }
            Err(refusal) => return Step::Refuse(refusal, is_head),
        };
        (self.scanned, self.head_due, self.is_first) = (0, None, false);
        head.peer = self.peer;
        if head.upgrade {
            return Step::HandOver;
        }
        self.lane.counts.requests.inc();
        let after = After {
            close: !head.keep_alive || self.lane.pulse.is_draining(),
            says_keep_alive: head.minor == 0 && head.keep_alive,
            h3_port: self.lane.h3_port,
        };
        if head.framing == Framing::None
            && let Some(front) = &self.lane.front
            && let Some(hit) = front.look(&head)
        {
            let len = head.len;
            self.lane.counts.hits.inc();
            self.input.consume(len);
            return Step::Hit(hit, after);
        }
        let (len, framing) = (head.len, head.framing);
        let order = Order::take(&head, bytes).and_then(|mut order| {
            self.input.consume(len);
            order.take_body(framing, &mut self.input)?;
            Ok(order)
        });
        match order {
            Ok(order) => Step::Ask(order),
            Err(refusal) => Step::Refuse(refusal, is_head),
        }
    }

    /// Waits for more bytes of a head, or for the next one.
    async fn read(&mut self) -> Read {
        let is_idle = self.input.is_empty();
        let limit_s = self.lane.times.head_s;
        // The time for a head runs from its first byte on, not anew with each.
        let due = if is_idle {
            self.watched.due(limit_s)
        } else {
            *self.head_due.get_or_insert_with(|| self.watched.due(limit_s))
        };
        let (io, input, watched, lane) = (&mut self.io, &mut self.input, &self.watched, &self.lane);
        let read = poll_fn(|cx| {
            // Two more than a head may have, for the empty line that is skipped.
            let polled = input.poll_fill(Pin::new(&mut *io), cx, lane.limits.bytes + 2);
            let polled = watched.limit(Side::Read, due, cx, polled);
            // Looked at after the waker stands, so that the word to end is not missed.
            if polled.is_pending() && is_idle && lane.pulse.is_draining() {
                return Poll::Ready(None);
            }
            polled.map(Some)
        });
        match read.await {
            None => Read::Close(Close::Shut),
            Some(Ok(Ok(n))) if n > 0 => Read::More,
            Some(Ok(_)) => Read::Close(Close::Drop),
            Some(Err(Late)) if is_idle || self.speaks_http2() => Read::Close(Close::Shut),
            Some(Err(Late)) => Read::Late,
        }
    }

    async fn refuse(&mut self, refusal: Refusal, with_body: bool) -> Close {
        self.lane.counts.refused.inc();
        let mut out = Vec::with_capacity(256);
        write::refusal(&mut out, refusal, with_body, self.lane.pulse.seconds());
        if self.write([&out], 0).await.is_ok() { Close::Linger } else { Close::Drop }
    }

    fn speaks_http2(&self) -> bool {
        self.is_first && PREFACE.starts_with(self.input.bytes())
    }

    async fn stream(&mut self, streamed: Box<Streamed>) -> Next {
        stream::run(&mut self.io, &mut self.input, &self.watched, self.lane.times.write_s, streamed).await
    }

    async fn ask(&mut self, order: Box<Order>) -> Given {
        let times = self.lane.times;
        let wire = Wire {
            io: &mut self.io,
            input: &mut self.input,
            watched: &self.watched,
            limits: exchange::Limits { body_s: times.body_s, write_s: times.write_s },
            pulse: &self.lane.pulse,
            h3_port: self.lane.h3_port,
        };
        exchange::run(wire, order, self.lane.service.clone(), &self.lane.runtime()).await
    }

    async fn write<const N: usize>(&mut self, parts: [&[u8]; N], written: usize) -> Result<(), Unwritten> {
        write::out(&mut self.io, parts, written, &self.watched, self.lane.times.write_s).await
    }

    /// Closes our half; whether that was possible.
    async fn shut(&mut self) -> bool {
        let due = self.watched.due(LINGER_S);
        let (io, watched) = (&mut self.io, &self.watched);
        let shut = poll_fn(|cx| {
            let polled = Pin::new(&mut *io).poll_shutdown(cx);
            watched.limit(Side::Write, due, cx, polled)
        });
        matches!(shut.await, Ok(Ok(())))
    }

    /// Closes our half and waits a moment for the other one.
    async fn linger(&mut self) {
        if !self.shut().await {
            return;
        }
        let due = self.watched.due(LINGER_S);
        let mut dropped = self.input.bytes().len();
        self.input = Input::default();
        while dropped < LINGER_BYTES_MAX {
            let (io, input, watched) = (&mut self.io, &mut self.input, &self.watched);
            let read = poll_fn(|cx| {
                let polled = input.poll_fill(Pin::new(&mut *io), cx, super::pool::SIZE);
                watched.limit(Side::Read, due, cx, polled)
            });
            match read.await {
                Ok(Ok(n)) if n > 0 => {
                    dropped += n;
                    self.input.consume(n);
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
