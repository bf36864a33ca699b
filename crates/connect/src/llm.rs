//! Language models: text in, text out. Dialects are pure functions, the router makes the calls.

pub mod openai;
pub mod router;
pub mod settings;
pub mod structured;

pub use router::{Answer, Attempt, Call, Failure, Router};
pub use settings::{Provider, Settings};

use crate::error::Error;

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    pub messages: Vec<Message>,
    /// Most tokens of the answer; `None` leaves it to the provider.
    pub tokens_max: Option<u32>,
    /// 0 (steady) to 2 (wild); `None` leaves it to the provider.
    pub temperature: Option<f32>,
    pub format: Format,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    /// One JSON object; its keys are for the messages to describe.
    JsonObject,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    pub text: String,
    /// The model that the provider says it used.
    pub model: String,
    pub usage: Option<Usage>,
    pub finish: Finish,
}

/// Tokens as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
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
    Status { status: u16, message: String },
    /// An error object under status 200, as some gateways send.
    #[error("the provider answered with an error: {0}")]
    InBand(String),
    #[error("the provider's answer is not a completion: {0}")]
    Malformed(String),
    #[error("the model refused: {0}")]
    Refused(String),
    #[error("the model's answer is empty")]
    Empty,
}

impl Fault {
    /// Whether the same attempt may succeed soon.
    pub fn is_transient(&self) -> bool {
        match self {
            Fault::Call(error) => error.is_transient(),
            Fault::Status { status, .. } => matches!(status, 408 | 409 | 425 | 429 | 500..=599),
            Fault::InBand(_) | Fault::Malformed(_) | Fault::Refused(_) | Fault::Empty => false,
        }
    }

    /// Whether asking again is senseless until somebody changes the key, the bill or the model's name.
    pub fn is_rejection(&self) -> bool {
        matches!(self, Fault::Status { status: 401..=404, .. })
    }

    /// A stable word for metrics and records.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Call(error) => error.kind(),
            Fault::Status { status: 429, .. } => "rate_limited",
            Fault::Status { status: 500.., .. } => "server_error",
            Fault::Status { .. } => "rejected",
            Fault::InBand(_) => "in_band_error",
            Fault::Malformed(_) => "malformed",
            Fault::Refused(_) => "refusal",
            Fault::Empty => "empty",
        }
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
