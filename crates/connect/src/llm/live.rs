//! One attempt under way: from the request to the last event, with an eye on the clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use stdx::{ByteSize, Clock};
use tokio::time::{Instant, timeout, timeout_at};

use super::hedge::Losers;
use super::lines::Framing;
use super::pace::{Pace, WINDOW};
use super::target::Target;
use super::ticket::Ticket;
use super::transport::Transport;
use super::{Completion, Dialect, Event, Fault, Frames, Passed};
use crate::client::Limits;
use crate::error::{Error, Phase};
use crate::retry::retry_after;

/// How long the end of a connection's answer is waited for after the end of the text, so that the connection can be used
/// again.
const DRAIN: Duration = Duration::from_millis(20);

pub(super) struct Live {
    pub ticket: Ticket,
    /// The wait that the provider asked for.
    pub retry_after: Option<Duration>,
    dialect: Dialect,
    body: Option<Body>,
    /// Events that wait to be looked at.
    events: VecDeque<Event>,
    pace: Pace,
    /// When the attempt ends, whatever comes.
    ends: Instant,
    /// The caller's time ends then, and not the provider's.
    is_caller_s: bool,
    passed: Option<Arc<Passed>>,
    /// A whole answer that is handed on as it came.
    whole: Option<Vec<u8>>,
    /// Frames of a body that is over, to be handed on.
    rest: Option<Vec<u8>>,
}

struct Body {
    chunks: BoxStream<'static, Result<Bytes, Error>>,
    /// `None` when the answer comes whole.
    frames: Option<Frames>,
    last: Instant,
}

impl Live {
    pub fn new(mut ticket: Ticket, completion: &Completion, deadline: Instant) -> Self {
        let provider = &ticket.target().provider;
        let own = Instant::now() + Duration::from_millis(provider.timeout_ms);
        let (dialect, pace) = (provider.dialect, Pace::new(provider.drip_chars_min as usize));
        let (ends, is_caller_s) = (own.min(deadline), deadline < own);
        let passed = completion.passed.clone();
        ticket.collected.is_passed = passed.is_some();
        let events = VecDeque::new();
        Live {
            ticket,
            retry_after: None,
            dialect,
            body: None,
            events,
            pace,
            ends,
            is_caller_s,
            passed,
            whole: None,
            rest: None,
        }
    }

    /// Noted there when it is given up for another.
    pub fn losing_to(mut self, losers: &Losers) -> Self {
        self.ticket.losers = Some(Arc::clone(losers));
        self
    }

    pub fn target(&self) -> &Target {
        self.ticket.target()
    }

    /// Whether the attempt ended with the time of its caller, so that its provider is not to blame.
    pub fn ended_by_caller(&self) -> bool {
        self.is_caller_s && Instant::now() >= self.ends
    }

    /// Sends the question and takes the head of the answer.
    pub async fn begin(
        &mut self,
        transport: &dyn Transport,
        completion: &Completion,
        body_max: ByteSize,
        clock: &Clock,
    ) -> Result<(), Fault> {
        let left = self.ends.saturating_duration_since(Instant::now());
        let provider = &self.target().provider;
        // A whole answer in the caller's own dialect is handed on as it is.
        let is_whole =
            self.dialect == Dialect::OpenAi && self.passed.as_ref().is_some_and(|passed| !passed.is_streamed);
        let is_streamed = provider.stream && !is_whole;
        let ms = Duration::from_millis;
        let limits = Limits {
            connect_timeout: ms(provider.connect_timeout_ms).min(left),
            // Without streaming the head comes when the answer is done.
            first_byte_timeout: if is_streamed { ms(provider.first_token_ms).min(left) } else { left },
            stall_timeout: left,
            total_timeout: left,
            body_max,
            // A redirect would carry the question, and perhaps the key, to another place.
            redirects_max: 0,
        };
        let shaped = self.target().shaped(completion);
        let request = self.dialect.request(provider, &shaped, is_streamed, limits)?;
        let sent = Arc::clone(&self.ticket.sent);
        let opened = transport.open(request, &sent).await?;
        self.ticket.status = Some(opened.status.as_u16());
        self.retry_after = retry_after(&opened.headers, clock.now());
        let shape = match is_streamed && opened.status.is_success() {
            true => Shape::of(self.dialect, &opened.headers),
            false => Shape::Whole,
        };
        let frames = (shape != Shape::Whole).then(|| match &self.passed {
            Some(passed) => self.dialect.frames().keeping(passed.wants_usage),
            None => self.dialect.frames(),
        });
        self.body = Some(Body { chunks: opened.body, frames, last: Instant::now() });
        match shape {
            Shape::Whole => self.whole(opened.status, Vec::new()).await,
            Shape::Frames => Ok(()),
            Shape::Unsaid => {
                let first = self.chunk().await?.unwrap_or_default();
                if let Some(b'{' | b'[' | b'<') = first.trim_ascii_start().first() {
                    return self.whole(opened.status, first.to_vec()).await;
                }
                let events = self.body.as_mut().and_then(|body| body.frames.as_mut()).map(|frames| frames.push(&first));
                self.heard(events.unwrap_or_default());
                Ok(())
            }
        }
    }

    /// The next piece of the text; `None` after its good end.
    pub async fn next(&mut self) -> Result<Option<String>, Fault> {
        loop {
            while let Some(event) = self.events.pop_front() {
                match event {
                    Event::Text(text) => {
                        self.ticket.collected.text.push_str(&text);
                        if self.ticket.first_content.is_none() {
                            self.ticket.first_content = Some(self.ticket.elapsed());
                        }
                        return Ok(Some(text));
                    }
                    event => {
                        let is_shown = self.passed.is_some() && is_shown(&event);
                        self.ticket.collected.take(event);
                        if is_shown {
                            self.ticket.first_content.get_or_insert(self.ticket.started().elapsed());
                            return Ok(Some(String::new()));
                        }
                    }
                }
            }
            if self.ticket.collected.is_over() || self.body.is_none() {
                self.drain().await;
                return self.ticket.collected.check().map(|()| None).map_err(|fault| self.hide(fault));
            }
            let frames = |body: &mut Body, chunk: Option<&Bytes>| match (&mut body.frames, chunk) {
                (Some(frames), Some(chunk)) => frames.push(chunk),
                (Some(frames), None) => frames.end(),
                (None, _) => Vec::new(),
            };
            let chunk = self.chunk().await?;
            let Some(body) = &mut self.body else { continue };
            let events = frames(body, chunk.as_ref());
            if chunk.is_none() {
                self.close();
            }
            self.heard(events);
        }
    }

    /// An answer that does not come in frames: all of it is read first, after what has come.
    async fn whole(&mut self, status: StatusCode, mut bytes: Vec<u8>) -> Result<(), Fault> {
        if let Some(body) = &mut self.body {
            body.frames = None;
        }
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        self.body = None;
        if !status.is_success() {
            let (result, _) = self.dialect.response(status, &bytes);
            return result.map(drop).map_err(|fault| self.hide(fault));
        }
        self.events = self.dialect.events(&bytes).into();
        if self.events.iter().any(|event| matches!(event, Event::Malformed { .. })) {
            self.ticket.unread = bytes.len();
        }
        if self.passed.is_some() && self.dialect == Dialect::OpenAi {
            self.whole = Some(bytes);
        }
        Ok(())
    }

    /// The next bytes, in time; `None` at the end of the body.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        let Some(body) = &mut self.body else { return Ok(None) };
        let provider = &self.ticket.target().provider;
        let (stall, first) = (Duration::from_millis(provider.stall_ms), Duration::from_millis(provider.first_token_ms));
        let collected = &self.ticket.collected;
        let nothing_yet = self.ticket.first_content.is_none() && collected.thoughts == 0;
        let first_at = (body.frames.is_some() && nothing_yet).then(|| self.ticket.started() + first);
        let slow_at = self.pace.slow_at().filter(|_| !collected.is_finished());
        // An answer that comes whole may be silent until it is done.
        let stall_at = if body.frames.is_some() { body.last + stall } else { self.ends };
        let end = [first_at, slow_at].into_iter().flatten().fold(stall_at.min(self.ends), Instant::min);
        let Ok(next) = timeout_at(end, body.chunks.next()).await else {
            let late = |phase, after| Err(Fault::Call(Error::Timeout { phase, after }));
            return match end {
                end if end == self.ends => late(Phase::Body, self.ends - self.ticket.started()),
                end if Some(end) == slow_at => Err(Fault::Slow { chars: self.pace.chars_at(end), window: WINDOW }),
                end if Some(end) == first_at => late(Phase::FirstByte, first),
                _ => late(Phase::Stall, stall),
            };
        };
        body.last = Instant::now();
        match next.transpose() {
            Ok(chunk) => Ok(chunk),
            Err(error) => Err(error.into()),
        }
    }

    fn heard(&mut self, events: Vec<Event>) {
        let size = |event: &Event| match event {
            Event::Text(text) => text.chars().count(),
            Event::Thought(chars) | Event::Called(chars) => *chars,
            _ => 0,
        };
        let has_text = events.iter().any(|event| matches!(event, Event::Text(_)));
        // Reasoning alone may come as slowly as it likes, within the other limits.
        if has_text || self.pace.slow_at().is_some() {
            self.pace.note(Instant::now(), events.iter().map(size).sum());
        }
        self.events.extend(events);
    }

    /// The body is read no further; its frames are still handed on.
    fn close(&mut self) -> Option<Body> {
        let mut body = self.body.take()?;
        self.rest = body.frames.as_mut().and_then(Frames::kept);
        Some(body)
    }

    async fn drain(&mut self) {
        if let Some(mut body) = self.close()
            && !self.ticket.collected.is_faulty()
        {
            let _ = timeout(DRAIN, async { while let Some(Ok(_)) = body.chunks.next().await {} }).await;
        }
    }

    fn hide(&self, fault: Fault) -> Fault {
        let brought = self.passed.as_ref().and_then(|passed| passed.bearer.as_ref());
        let fault = fault.without(self.target().provider.api_key.reveal());
        brought.map_or_else(|| fault.clone(), |brought| fault.clone().without(brought.reveal()))
    }

    /// What of the answer came since the last time, as it came; `None` where its dialect is not the caller's.
    pub fn kept(&mut self) -> Option<Kept> {
        if let Some(whole) = self.whole.take() {
            return Some(Kept::Whole(whole));
        }
        let frames = self.body.as_mut().and_then(|body| body.frames.as_mut()).and_then(Frames::kept);
        match (frames, self.rest.take()) {
            (None, None) => None,
            (frames, rest) => Some(Kept::Frames([rest, frames].into_iter().flatten().flatten().collect())),
        }
    }

    /// Whether the fault is the caller's, who brings its own key or names any model it likes.
    pub fn is_caller_s_fault(&self, fault: &Fault) -> bool {
        let Some(passed) = &self.passed else { return false };
        let provider = &self.target().provider;
        let brings_key = provider.api_key.reveal().is_empty() && passed.bearer.is_some();
        let names_model = provider.model.is_empty() && matches!(fault, Fault::Status { status: 404, .. });
        names_model || (brings_key && fault.is_rejection())
    }
}

/// An answer in the caller's dialect, as it came.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// Server-Sent Events.
    Frames(Vec<u8>),
    /// A JSON document.
    Whole(Vec<u8>),
}

/// Whether the event is something of the answer for whoever gets it as it comes.
fn is_shown(event: &Event) -> bool {
    match event {
        Event::Text(_)
        | Event::Thought(_)
        | Event::Called(_)
        | Event::Refusal(_)
        | Event::Filtered(_)
        | Event::Finish(_) => true,
        Event::Model(_) | Event::Usage(_) | Event::Error { .. } | Event::Malformed { .. } | Event::Done => false,
    }
}

/// How an answer comes that was asked for as a stream: some servers send it whole all the same, and errors of gateways are
/// pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Frames,
    Whole,
    /// Its first byte tells.
    Unsaid,
}

impl Shape {
    fn of(dialect: Dialect, headers: &HeaderMap) -> Shape {
        let kind =
            headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        let kind = kind.as_deref().unwrap_or_default();
        match dialect.framing() {
            _ if kind.starts_with("text/html") => Shape::Whole,
            // A whole answer is a stream of one line.
            Framing::Ndjson => Shape::Frames,
            Framing::Sse if kind.starts_with("text/event-stream") => Shape::Frames,
            Framing::Sse if kind.starts_with("application/json") => Shape::Whole,
            Framing::Sse => Shape::Unsaid,
        }
    }
}
