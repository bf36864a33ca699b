//! A streamed answer, frame by frame: the same events for every dialect, however the bytes are divided.

use serde_json::Value;

use super::dialect::Dialect;
use super::lines::{Frame, LINE_BYTES_MAX, Lines};
use super::{Finish, Usage, anthropic, brief, gemini, ollama, openai, raw};

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The model that answers; told when it becomes known or changes.
    Model(String),
    /// More of the answer; never empty.
    Text(String),
    /// Characters of reasoning that are not part of the answer.
    Thought(usize),
    /// Bytes of a call of the caller's tools.
    Called(usize),
    /// Words with which the model declines.
    Refusal(String),
    /// The provider's filter ended the answer, and why.
    Filtered(String),
    /// All tokens so far; the last one counts.
    Usage(Usage),
    Finish(Finish),
    /// An error of the provider in the middle of the answer. Nothing follows.
    Error {
        message: String,
        status: Option<u16>,
        raw: String,
    },
    /// What came is none of the dialect. Nothing follows.
    Malformed {
        message: String,
        raw: String,
    },
    /// The mark that ends the stream. Nothing follows.
    Done,
}

/// Reads a stream of one dialect.
#[derive(Debug)]
pub struct Frames {
    dialect: Dialect,
    lines: Lines,
    told: Told,
}

/// What earlier frames said, and what is to be handed on.
#[derive(Debug, Default)]
pub(super) struct Told {
    model: String,
    pub usage: Usage,
    pub events: Vec<Event>,
    kept: Option<Kept>,
    is_over: bool,
}

/// Frames that are handed on as they came.
#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    /// Also the one that only counts the tokens.
    counts: bool,
}

impl Frames {
    pub fn new(dialect: Dialect) -> Self {
        Frames { dialect, lines: Lines::new(dialect.framing()), told: Told::default() }
    }

    /// Keeps the frames themselves too, that of the tokens if it `counts`; of OpenAI's dialect only.
    pub(super) fn keeping(mut self, counts: bool) -> Self {
        if self.dialect == Dialect::OpenAi {
            self.told.kept = Some(Kept { bytes: Vec::new(), counts });
        }
        self
    }

    /// The frames that came since the last time, as Server-Sent Events; `None` when none are kept.
    pub(super) fn kept(&mut self) -> Option<Vec<u8>> {
        self.told.kept.as_mut().map(|kept| std::mem::take(&mut kept.bytes))
    }

    /// The events whose frames end in `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let (dialect, told) = (self.dialect, &mut self.told);
        if !told.is_over && self.lines.push(bytes, |frame| told.take(dialect, frame)).is_err() {
            told.malformed(&format!("a line is longer than {LINE_BYTES_MAX} bytes"), b"");
        }
        std::mem::take(&mut told.events)
    }

    /// The events of what stands there without its end. Half a frame is none.
    pub fn end(&mut self) -> Vec<Event> {
        let (dialect, told) = (self.dialect, &mut self.told);
        let is_json = |data: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok();
        let ended = self.lines.end(|frame| {
            if frame.data == openai::DONE || is_json(frame.data) {
                told.take(dialect, frame);
            }
        });
        if ended.is_err() {
            told.malformed(&format!("an event is longer than {LINE_BYTES_MAX} bytes"), b"");
        }
        std::mem::take(&mut told.events)
    }
}

impl Told {
    fn take(&mut self, dialect: Dialect, frame: Frame<'_>) {
        if self.is_over {
            return;
        }
        let read = match dialect {
            Dialect::OpenAi => openai::frame(frame, self),
            Dialect::Anthropic => anthropic::frame(frame, self),
            Dialect::Gemini => gemini::frame(frame, self),
            Dialect::Ollama => ollama::frame(frame, self),
        };
        if let Err(error) = read {
            self.malformed(&error.to_string(), frame.data);
        }
    }

    pub fn keep(&mut self, data: &[u8], is_count: bool) {
        let Some(kept) = self.kept.as_mut().filter(|kept| kept.counts || !is_count) else { return };
        // A line of its own for each line of the data, as the protocol wants it.
        for line in data.split(|byte| *byte == b'\n') {
            kept.bytes.extend_from_slice(b"data: ");
            kept.bytes.extend_from_slice(line);
            kept.bytes.push(b'\n');
        }
        kept.bytes.push(b'\n');
    }

    pub fn model(&mut self, name: &str) {
        let name = brief(name);
        if !name.is_empty() && name != self.model {
            self.events.push(Event::Model(name.clone()));
            self.model = name;
        }
    }

    pub fn text(&mut self, text: String) {
        if !text.is_empty() {
            self.events.push(Event::Text(text));
        }
    }

    pub fn thought(&mut self, text: &str) {
        if !text.is_empty() {
            self.events.push(Event::Thought(text.chars().count()));
        }
    }

    pub fn usage(&mut self, usage: Usage) {
        self.usage = Usage { cached_tokens: usage.cached_tokens.min(usage.prompt_tokens), ..usage };
        self.events.push(Event::Usage(self.usage));
    }

    pub fn error(&mut self, document: &Value, data: &[u8]) {
        let (message, status) = error_of(document).unwrap_or_else(|| ("it says no more".to_owned(), None));
        self.over(Event::Error { message, status, raw: raw(data) });
    }

    pub fn malformed(&mut self, message: &str, data: &[u8]) {
        self.over(Event::Malformed { message: brief(message), raw: raw(data) });
    }

    pub fn done(&mut self) {
        self.over(Event::Done);
    }

    fn over(&mut self, last: Event) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.events.push(last);
        }
    }
}

/// The message of `{"error":{"message":…}}` or of the bare strings of simpler servers, and the status it means. Gemini puts
/// the object into a list.
pub(super) fn error_of(document: &Value) -> Option<(String, Option<u16>)> {
    let document = document.as_array().and_then(|list| list.first()).unwrap_or(document);
    let error = document.get("error").filter(|error| !error.is_null())?;
    let message = error.get("message").unwrap_or(error);
    let message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    let code = |key: &str| match error.get(key)? {
        Value::String(word) => meant(word).or_else(|| word.parse().ok()),
        number => number.as_u64().and_then(|code| u16::try_from(code).ok()),
    };
    let status = ["code", "status", "type"].into_iter().find_map(code).filter(|code| (400..600).contains(code));
    Some((brief(&message), status))
}

/// The status that the name of an error stands for. Sources: the error pages of OpenAI, Anthropic and Google.
fn meant(word: &str) -> Option<u16> {
    Some(match word {
        "invalid_request_error" | "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "context_length_exceeded" => 400,
        "authentication_error" | "invalid_api_key" | "UNAUTHENTICATED" => 401,
        "billing_error" | "insufficient_quota" => 402,
        "permission_error" | "PERMISSION_DENIED" => 403,
        "not_found_error" | "model_not_found" | "NOT_FOUND" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" | "RESOURCE_EXHAUSTED" => 429,
        "api_error" | "server_error" | "internal_error" | "INTERNAL" => 500,
        "UNAVAILABLE" => 503,
        "timeout_error" | "DEADLINE_EXCEEDED" => 504,
        "overloaded_error" | "overloaded" => 529,
        _ => return None,
    })
}

/// What a fuzzer calls: the readers of all dialects, streamed and whole.
///
/// # Panics
/// Never, unless there is a fault: other events when the same bytes come in pieces, or something after the end.
pub fn fuzz(data: &[u8]) {
    for dialect in Dialect::ALL {
        let read = |parts: &mut dyn Iterator<Item = &[u8]>| {
            let mut frames = Frames::new(dialect);
            let mut events: Vec<Event> = parts.flat_map(|part| frames.push(part)).collect();
            events.extend(frames.end());
            events
        };
        let whole = read(&mut std::iter::once(data));
        // Pieces of lengths that follow from the bytes themselves, so that the case alone repeats the fault.
        let size = data.iter().fold(1, |sum: usize, byte| (sum * 31 + usize::from(*byte)) % 97) + 1;
        for size in [1, size] {
            assert!(read(&mut data.chunks(size)) == whole, "{dialect}: other events in pieces of {size}");
        }
        let last = |event: &Event| matches!(event, Event::Done | Event::Error { .. } | Event::Malformed { .. });
        let end = whole.iter().position(last).unwrap_or(whole.len());
        assert!(end + 1 >= whole.len(), "{dialect}: something follows the end");
        assert!(!whole.contains(&Event::Text(String::new())), "{dialect}: an empty text");
        let (result, usage) = dialect.response(http::StatusCode::OK, data);
        let told = result.as_ref().ok().and_then(|completed| completed.usage);
        assert!(told.is_none() || told == usage, "{dialect}: two counts of one answer");
        let counts = usage.unwrap_or_default();
        assert!(counts.cached_tokens <= counts.prompt_tokens, "{dialect}: more is cached than was asked");
    }
}

#[cfg(test)]
mod tests;
