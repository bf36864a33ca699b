//! Language models: text in, text out. Dialects are pure functions, the router makes the calls, the meter says whether they
//! may cost what they could.

pub mod choice;
pub mod dialect;
pub mod frames;
pub mod meter;
pub mod passed;
pub mod relayed;
pub mod router;
pub mod settings;
pub mod structured;

mod anthropic;
mod collect;
mod gemini;
mod hedge;
mod lines;
mod live;
mod ollama;
mod openai;
mod pace;
mod stream;
mod target;
mod ticket;
mod transport;

#[cfg(test)]
mod testing;

pub use dialect::Dialect;
pub use frames::{Event, Frames, fuzz};
pub use meter::{Hold, Meter, Overdrawn, Purpose, Unmetered};
pub use passed::{Passed, Unreadable};
pub use relayed::Relayed;
pub use router::{Answer, Attempt, Broken, Call, Failure, Router, Stream};
pub use settings::{Provider, Route, Settings};

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// Most characters of a stranger's message that an error repeats in one line.
const MESSAGE_CHARS_MAX: usize = 300;
/// Most bytes of a provider's own words that a fault keeps.
const RAW_BYTES_MAX: usize = 2_048;

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    pub messages: Vec<Message>,
    /// Most tokens of the answer; `None` leaves it to the provider.
    pub tokens_max: Option<u32>,
    /// 0 (steady) to 2 (wild); `None` leaves it to the provider.
    pub temperature: Option<f32>,
    pub format: Format,
    /// The question as it came, for providers that take it so; its answer is handed on as it comes, whatever it is.
    pub passed: Option<Arc<Passed>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

/// The form the answer should have.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Format {
    #[default]
    Text,
    /// One JSON object; its keys are for the messages to describe.
    JsonObject,
    /// JSON of this form, as far as the provider enforces it: check the answer all the same. The name says what it is,
    /// in letters, digits, `_` and `-`. The whole must be an object for OpenAI and Anthropic.
    Schema { name: String, schema: structured::Schema },
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The JSON, where a schema was asked for.
    pub text: String,
    /// The model that the provider says it used.
    pub model: String,
    pub usage: Option<Usage>,
    pub finish: Finish,
}

/// Tokens as the provider counted them, told in one way for all dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of the question, whether read anew, from the provider's cache, or written to it.
    pub prompt_tokens: u64,
    /// All of the answer, with the reasoning that is not shown.
    pub completion_tokens: u64,
    /// Of the question, those that came from the provider's cache.
    pub cached_tokens: u64,
    /// Of the answer, those of reasoning, where the provider tells them apart.
    pub reasoning_tokens: u64,
}

/// Why the answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Stop,
    /// The limit of tokens was met; the text breaks off.
    Length,
    Other,
}

/// Why one attempt gave no text.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error("calling the provider")]
    Call(#[from] Error),
    #[error("the provider answered with status {status}: {message}")]
    Status {
        status: u16,
        message: String,
        /// The provider's own words, at most 2 KiB.
        raw: String,
    },
    /// An error object under status 200, alone or in the middle of a stream.
    #[error("the provider answered with an error: {message}")]
    InBand {
        message: String,
        /// The status that the object names or means, where it does.
        status: Option<u16>,
        raw: String,
    },
    /// Nothing was sent: the provider speaks a dialect in which this cannot be asked.
    #[error("the provider cannot be asked for {0}")]
    Unspeakable(&'static str),
    #[error("the provider's answer is not a completion: {message}")]
    Malformed { message: String, raw: String },
    #[error("the model refused: {0}")]
    Refused(String),
    #[error("the model's answer is empty")]
    Empty,
    /// The stream ended without the mark that ends one.
    #[error("the provider's answer broke off")]
    Cut,
    /// Alive, but of no use.
    #[error("the provider sent {chars} characters in {} s", window.as_secs())]
    Slow { chars: usize, window: Duration },
    /// Nothing was sent: the money is not there.
    #[error("asking would cost too much")]
    Budget(#[source] Overdrawn),
}

impl Fault {
    /// Whether the same attempt may succeed soon.
    pub fn is_transient(&self) -> bool {
        match self {
            Fault::Call(error) => error.is_transient(),
            Fault::Status { status, .. } | Fault::InBand { status: Some(status), .. } => {
                matches!(status, 408 | 409 | 425 | 429 | 500..=599)
            }
            Fault::Cut | Fault::Slow { .. } => true,
            Fault::InBand { .. }
            | Fault::Unspeakable(_)
            | Fault::Malformed { .. }
            | Fault::Refused(_)
            | Fault::Empty => false,
            Fault::Budget(overdrawn) => overdrawn.resets_at.is_some(),
        }
    }

    /// Whether asking again is senseless until somebody changes the key, the bill or the model's name.
    pub fn is_rejection(&self) -> bool {
        matches!(self, Fault::Status { status: 401..=404, .. } | Fault::InBand { status: Some(401..=404), .. })
    }

    /// Whether a server that knows no schema may have said so: some refuse the question, some fall over it.
    pub(crate) fn may_be_schema_s(&self) -> bool {
        self.is_question_s() || matches!(self, Fault::Status { status: 500 | 501, .. })
    }

    /// Whether the provider works and the question is at fault.
    pub fn is_question_s(&self) -> bool {
        matches!(
            self,
            Fault::Status { status: 400 | 413 | 415 | 422, .. }
                | Fault::InBand { status: Some(400 | 413 | 415 | 422), .. }
        )
    }

    /// A stable word for metrics and records.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Call(error) => error.kind(),
            Fault::Status { status: 429, .. } => "rate_limited",
            Fault::Status { status: 500.., .. } => "server_error",
            Fault::Status { .. } => "rejected",
            Fault::InBand { .. } => "in_band_error",
            Fault::Unspeakable(_) => "unspeakable",
            Fault::Malformed { .. } => "malformed",
            Fault::Refused(_) => "refusal",
            Fault::Empty => "empty",
            Fault::Cut => "cut",
            Fault::Slow { .. } => "slow",
            Fault::Budget(_) => "budget",
        }
    }

    /// What the provider itself said of it, at most 2 KiB; `None` when it said nothing.
    pub fn raw(&self) -> Option<&str> {
        match self {
            Fault::Status { raw, .. } | Fault::InBand { raw, .. } | Fault::Malformed { raw, .. } => {
                Some(raw.as_str()).filter(|raw| !raw.is_empty())
            }
            Fault::Refused(said) => Some(said),
            _ => None,
        }
    }

    /// Without `key`, which a server may have repeated.
    fn without(mut self, key: &str) -> Fault {
        if let Fault::Status { message, raw, .. }
        | Fault::InBand { message, raw, .. }
        | Fault::Malformed { message, raw } = &mut self
            && !key.is_empty()
        {
            *message = message.replace(key, "***");
            *raw = raw.replace(key, "***");
        }
        self
    }
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

impl Message {
    pub fn system(text: impl Into<String>) -> Self {
        Message { role: Role::System, text: text.into() }
    }

    pub fn user(text: impl Into<String>) -> Self {
        Message { role: Role::User, text: text.into() }
    }
}

/// One line of bounded length.
fn brief(text: &str) -> String {
    text.split_whitespace()
        .flat_map(|word| [" ", word])
        .skip(1)
        .flat_map(str::chars)
        .filter(|c| !c.is_control())
        .take(MESSAGE_CHARS_MAX)
        .collect()
}

/// The beginning of a stranger's bytes, as text that every log and database can hold.
fn raw(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(RAW_BYTES_MAX)];
    let text = String::from_utf8_lossy(start).replace(|c: char| c.is_control() && c != '\n' && c != '\t', "");
    let end = text.floor_char_boundary(RAW_BYTES_MAX);
    text[..end].to_owned()
}
