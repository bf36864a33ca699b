//! The four ways of asking a model over HTTP. Pure functions: no call is made here.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::collect::Collected;
use super::frames::{Frames, Told, error_of};
use super::lines::Framing;
use super::{Completed, Completion, Event, Fault, Provider, Usage, anthropic, brief, gemini, ollama, openai, raw};
use crate::client::{Limits, Request};
use crate::error::Error;

/// Tokens of an answer that are asked for, or put aside for, when the caller names no limit.
pub const TOKENS_UNSAID: u32 = 4_096;

/// What a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Chat completions, which many servers speak.
    #[default]
    OpenAi,
    /// Anthropic's Messages API, version 2023-06-01.
    Anthropic,
    /// Google's generateContent.
    Gemini,
    /// Ollama's own `/api/chat`.
    Ollama,
}

/// The text names no dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no dialect; there are openai, anthropic, gemini and ollama")]
pub struct NoDialect(String);

impl Dialect {
    pub const ALL: [Dialect; 4] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini, Dialect::Ollama];

    pub fn name(self) -> &'static str {
        match self {
            Dialect::OpenAi => "openai",
            Dialect::Anthropic => "anthropic",
            Dialect::Gemini => "gemini",
            Dialect::Ollama => "ollama",
        }
    }

    /// The call that asks `provider`, for a stream or for the whole answer at once.
    ///
    /// # Errors
    /// [`Error::BadUrl`] when the key holds what no header can.
    pub fn request(
        self,
        provider: &Provider,
        completion: &Completion,
        is_streamed: bool,
        limits: Limits,
    ) -> Result<Request, Error> {
        let (url, body) = match self {
            Dialect::OpenAi => (openai::url(provider), openai::body(provider, completion, is_streamed)),
            Dialect::Anthropic => {
                (anthropic::url(provider), bytes(&anthropic::body(provider, completion, is_streamed)))
            }
            Dialect::Gemini => (gemini::url(provider, is_streamed), bytes(&gemini::body(completion))),
            Dialect::Ollama => (ollama::url(provider), bytes(&ollama::body(provider, completion, is_streamed))),
        };
        let accepted = match (is_streamed, self.framing()) {
            (false, _) => "application/json",
            (true, Framing::Sse) => "text/event-stream",
            (true, Framing::Ndjson) => "application/x-ndjson",
        };
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static(accepted)),
            // A coder would hold frames back.
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        if self == Dialect::Anthropic {
            headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static(anthropic::VERSION));
        }
        let brought = completion.passed.as_ref().and_then(|passed| passed.bearer.as_ref());
        let key = match (provider.api_key.reveal(), brought) {
            ("", Some(brought)) => brought.reveal(),
            (own, _) => own,
        };
        if !key.is_empty() {
            let (name, value) = match self {
                Dialect::OpenAi | Dialect::Ollama => (AUTHORIZATION, format!("Bearer {key}")),
                Dialect::Anthropic => (HeaderName::from_static("x-api-key"), key.to_owned()),
                Dialect::Gemini => (HeaderName::from_static("x-goog-api-key"), key.to_owned()),
            };
            let why = "its api_key holds characters that cannot be sent".to_owned();
            let value = HeaderValue::from_str(&value);
            let mut value = value.map_err(|_| Error::BadUrl { url: provider.base_url.clone(), why })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let body = Bytes::from(body);
        Ok(Request { method: Method::POST, headers, body, ..Request::get("llm", url, limits) })
    }

    /// Reads a whole answer: the text, or why there is none; and the tokens it says it took, also without a text: it is
    /// billed all the same.
    pub fn response(self, status: StatusCode, body: &[u8]) -> (Result<Completed, Fault>, Option<Usage>) {
        if !status.is_success() {
            let document: Option<Value> = serde_json::from_slice(body).ok();
            let message = document.and_then(|document| error_of(&document)).map(|(message, _)| message);
            let message = message.unwrap_or_else(|| brief(&String::from_utf8_lossy(body)));
            return (Err(Fault::Status { status: status.as_u16(), message, raw: raw(body) }), None);
        }
        let mut collected = Collected::default();
        self.events(body).into_iter().for_each(|event| collected.take(event));
        let usage = collected.usage;
        (collected.verdict(), usage)
    }

    /// The events of a whole answer of status 200.
    pub(super) fn events(self, body: &[u8]) -> Vec<Event> {
        let mut told = Told::default();
        if self == Dialect::OpenAi && openai::plain(body, &mut told) {
            told.done();
            return told.events;
        }
        let read = serde_json::from_slice(body).and_then(|document: Value| {
            if error_of(&document).is_some() {
                told.error(&document, body);
                return Ok(());
            }
            match self {
                Dialect::OpenAi => openai::whole(document, &mut told),
                Dialect::Anthropic => anthropic::whole(document, &mut told),
                Dialect::Gemini => gemini::whole(document, &mut told),
                Dialect::Ollama => ollama::whole(document, &mut told),
            }
        });
        match read {
            Ok(()) => told.done(),
            Err(error) => told.malformed(&error.to_string(), body),
        }
        told.events
    }

    /// A reader of one streamed answer.
    pub fn frames(self) -> Frames {
        Frames::new(self)
    }

    pub(super) fn framing(self) -> Framing {
        if self == Dialect::Ollama { Framing::Ndjson } else { Framing::Sse }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = NoDialect;

    fn from_str(text: &str) -> Result<Self, NoDialect> {
        let known = Dialect::ALL.into_iter().find(|dialect| dialect.name() == text);
        known.ok_or_else(|| NoDialect(text.chars().take(40).collect()))
    }
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

/// By way of text, since 0.7f32 is 0.699999988 as a double.
pub(super) fn decimal(number: f32) -> Value {
    number.to_string().parse::<f64>().unwrap_or_default().into()
}

/// `base` with `version` where it names no path of its own, without a slash at its end.
pub(super) fn based(base: &str, version: &str) -> String {
    let base = base.trim_end_matches('/');
    let has_path = base.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path { base.to_owned() } else { format!("{base}{version}") }
}

/// `name` as providers take names of forms and tools: letters, digits, `_` and `-`, 1 to 64 of them.
pub(super) fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = name.chars().take(64).map(plain).collect();
    if name.is_empty() { "answer".to_owned() } else { name }
}

#[cfg(test)]
pub(super) mod tests;
