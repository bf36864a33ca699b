//! `POST /v1/chat/completions` for a team's other tools: their questions go the same routes as the desk's own, and are
//! counted as they are.
//!
//! Invariants: a question reaches a provider of OpenAI's dialect as it came, and its answer comes back as it came; nothing
//! of a fault that another provider made good is seen; the key of a provider is in no answer.

mod failure;
mod routes;

use std::time::Duration;

use bytes::Bytes;
use connect::llm::router::{Kept, Stream};
use connect::llm::{Answer, Completion, Purpose, Relayed, Router, relayed};
use edge::{Body, BoxError, body};
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};

pub use failure::{Refusal, refused};
pub(crate) use routes::routes;

/// Who gave the answer.
pub const PROVIDER: HeaderName = HeaderName::from_static("x-copydesk-provider");
/// How many attempts it took.
pub const ATTEMPTS: HeaderName = HeaderName::from_static("x-copydesk-attempts");
/// What they cost in micro-dollars; of a stream it is not known when this is sent.
pub const COST: HeaderName = HeaderName::from_static("x-copydesk-cost-micros");

/// What a call is made with.
#[derive(Clone, Debug)]
pub struct Gate<'a> {
    pub router: &'a Router,
    pub purpose: &'a Purpose,
    pub deadline: Duration,
    /// The names of an answer that has none of its own.
    pub id: u64,
    /// Seconds since 1970.
    pub now: i64,
}

/// What is to be done when a call has ended, also when its caller has gone.
pub type Ended = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// The answer to a question, as a stream if it was asked for as one.
pub async fn answer(gate: Gate<'_>, completion: &Completion, ended: Option<Ended>) -> Response<Body> {
    let Some(passed) = &completion.passed else { return refused(Refusal::Internal) };
    let mut end = End(ended);
    let mut stream = match gate.router.pass(completion, gate.purpose, gate.deadline).await {
        Ok(stream) => stream,
        Err(call) => {
            end.run().await;
            let rests = gate.router.rests();
            return failure::of(&call, rests, gate.now, passed.bearer.is_some());
        }
    };
    let names = || Relayed { id: format!("chatcmpl-{:016x}", gate.id), created: gate.now, model: passed.model.clone() };
    if !passed.is_streamed {
        let response = whole(&mut stream, names).await;
        end.run().await;
        return response;
    }
    let (provider, attempts) = (stream.provider().to_owned(), stream.attempts().len() + 1);
    let relay = Relay { stream, names: names(), wants_usage: passed.wants_usage, has_begun: false, end };
    let frames = stream::unfold(Some(relay), |relay| async move {
        let mut relay = relay?;
        loop {
            let (frames, is_over) = relay.next().await;
            if is_over {
                relay.end.run().await;
                return Some((Ok::<Bytes, BoxError>(frames.into()), None));
            }
            if !frames.is_empty() {
                return Some((Ok(frames.into()), Some(relay)));
            }
        }
    });
    let mut response = Response::new(body::pieces(frames));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    tell(&mut response, &provider, attempts);
    response
}

async fn whole(stream: &mut Stream, names: impl FnOnce() -> Relayed) -> Response<Body> {
    let mut document = Vec::new();
    loop {
        let piece = stream.next().await;
        if let Some(Kept::Whole(bytes)) = stream.kept() {
            document = bytes;
        }
        match piece {
            Ok(Some(_)) => {}
            Ok(None) => break,
            // All of it was there before the stream was handed out.
            Err(broken) => return failure::broken(&broken),
        }
    }
    if let (true, Some(answer)) = (document.is_empty(), stream.answer()) {
        document = names().whole(answer);
    }
    let mut response = Response::new(body::full(document));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let cost = stream.attempts().iter().fold(0, |sum: u64, attempt| sum.saturating_add(attempt.cost_microdollars));
    response.headers_mut().insert(COST, cost.into());
    tell(&mut response, stream.provider(), stream.attempts().len());
    response
}

fn tell(response: &mut Response<Body>, provider: &str, attempts: usize) {
    let headers = response.headers_mut();
    if let Ok(provider) = HeaderValue::from_str(provider) {
        headers.insert(PROVIDER, provider);
    }
    headers.insert(ATTEMPTS, attempts.into());
}

/// A stream on its way to its caller.
struct Relay {
    stream: Stream,
    names: Relayed,
    wants_usage: bool,
    has_begun: bool,
    end: End,
}

impl Relay {
    /// The next frames, and whether they are the last ones.
    async fn next(&mut self) -> (Vec<u8>, bool) {
        let piece = match self.stream.next().await {
            Ok(piece) => piece,
            Err(broken) => {
                let mut frames = if let Some(Kept::Frames(frames)) = self.stream.kept() { frames } else { Vec::new() };
                frames.extend(relayed::frame(&failure::document(&broken)));
                return (frames, true);
            }
        };
        let is_over = piece.is_none();
        let frames = match (self.stream.kept(), piece) {
            (Some(Kept::Frames(frames)), _) => frames,
            (Some(Kept::Whole(whole)), _) => {
                self.has_begun = true;
                relayed::divided(&whole, self.wants_usage)
            }
            (None, Some(text)) if text.is_empty() => Vec::new(),
            (None, Some(text)) => {
                let is_first = !std::mem::replace(&mut self.has_begun, true);
                self.names.text(&text, is_first)
            }
            (None, None) => self.stream.answer().map(|answer| self.last(answer)).unwrap_or_default(),
        };
        (frames, is_over)
    }

    fn last(&self, answer: &Answer) -> Vec<u8> {
        self.names.end(answer, self.wants_usage)
    }
}

struct End(Option<Ended>);

impl End {
    async fn run(&mut self) {
        if let Some(ended) = self.0.take() {
            ended().await;
        }
    }
}

/// The models that can be named, as OpenAI lists them.
pub fn models<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Response<Body> {
    let model = |(name, owner): (&str, &str)| serde_json::json!({ "id": name, "object": "model", "created": 0, "owned_by": owner });
    let data: Vec<serde_json::Value> = names.into_iter().map(model).collect();
    let mut response = Response::new(body::full(serde_json::json!({ "object": "list", "data": data }).to_string()));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
