//! A question that comes in the form of OpenAI's chat completions and goes on as it came, also with fields that nobody here
//! knows: tools, pictures, what next year brings. Other dialects get what they share with it.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use stdx::config::Secret;

use super::structured::Schema;
use super::{Completion, Format, Message, Role};

/// More answers to one question are not asked for.
const CHOICES_MAX: u64 = 128;
const MODEL_CHARS_MAX: usize = 200;

/// The fields of a question.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The model that the caller names.
    pub model: String,
    /// Whether the answer is to come as a stream.
    pub is_streamed: bool,
    /// Whether a stream is to end with the tokens it took.
    pub wants_usage: bool,
    /// Goes to providers that have no key of their own.
    pub bearer: Option<Secret>,
    /// All fields but those that are written anew, as they came.
    fields: Vec<(String, Box<RawValue>)>,
    /// Bytes of the question.
    bytes: usize,
    choices: u64,
    /// What of it only OpenAI's dialect can say.
    only: Option<&'static str>,
}

/// Why a body is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    pub message: String,
    /// The field at fault.
    pub field: Option<&'static str>,
}

impl Unreadable {
    fn of(field: &'static str, message: impl Into<String>) -> Unreadable {
        Unreadable { message: message.into(), field: Some(field) }
    }
}

/// Two questions are the same when they say the same; whose key they bring does not matter.
impl PartialEq for Passed {
    fn eq(&self, other: &Passed) -> bool {
        let fields = |of: &Passed| of.fields.iter().map(|(key, value)| (key.clone(), value.get().to_owned())).collect();
        let (ours, theirs): (Vec<_>, Vec<_>) = (fields(self), fields(other));
        (&self.model, self.is_streamed, self.wants_usage, ours)
            == (&other.model, other.is_streamed, other.wants_usage, theirs)
    }
}

impl Completion {
    /// The question in a body of `POST /v1/chat/completions`.
    ///
    /// # Errors
    /// Of a body that is no object, names a field twice, or has no model and messages.
    pub fn passed(body: &[u8]) -> Result<Completion, Unreadable> {
        let Fields(all) = serde_json::from_slice(body).map_err(|error| Unreadable {
            message: format!("the body is no object of chat completions: {error}"),
            field: None,
        })?;
        let mut passed = Passed {
            model: String::new(),
            is_streamed: false,
            wants_usage: false,
            bearer: None,
            fields: Vec::with_capacity(all.len()),
            bytes: body.len(),
            choices: 1,
            only: None,
        };
        let mut completion = Completion::default();
        let mut has_messages = false;
        for (key, value) in all {
            match key.as_str() {
                "model" => passed.model = read(&value, "model", "must be a text")?,
                "stream" => passed.is_streamed = read::<Option<bool>>(&value, "stream", FLAG)?.unwrap_or_default(),
                "stream_options" => {
                    let options: Option<StreamOptions> = read(&value, "stream_options", "must be an object")?;
                    passed.wants_usage = options.is_some_and(|options| options.include_usage);
                }
                "n" => passed.choices = read::<Option<u64>>(&value, "n", "must be a number")?.unwrap_or(1),
                "max_tokens" | "max_completion_tokens" => {
                    let most: Option<u32> = read(&value, "max_tokens", "must be a number")?;
                    completion.tokens_max = most.or(completion.tokens_max);
                }
                "temperature" => completion.temperature = read(&value, "temperature", "must be a number")?,
                "messages" => {
                    has_messages =
                        value.get().trim_start_matches('[').trim_start() != "]" && value.get().starts_with('[');
                    match serde_json::from_str::<Vec<Plain>>(value.get()) {
                        Ok(messages) => completion.messages = messages.into_iter().map(Plain::message).collect(),
                        Err(_) => passed.only = Some("messages with more than text"),
                    }
                }
                "response_format" => match serde_json::from_str::<Form>(value.get()) {
                    Ok(form) => match form.format() {
                        Some(format) => completion.format = format,
                        None => passed.only = Some("its response_format"),
                    },
                    Err(_) => passed.only = Some("its response_format"),
                },
                key if value.get() != "null" && value.get() != "false" && value.get() != "[]" => {
                    passed.only = ONLY_HERE.into_iter().find(|known| *known == key).or(passed.only);
                }
                _ => {}
            }
            if !matches!(key.as_str(), "model" | "stream" | "stream_options") {
                passed.fields.push((key, value));
            }
        }
        if passed.model.is_empty() || passed.model.chars().count() > MODEL_CHARS_MAX {
            return Err(Unreadable::of("model", "model must name one, in 1 to 200 characters"));
        }
        if !has_messages {
            return Err(Unreadable::of("messages", "messages must be a list with at least one message"));
        }
        if !(1..=CHOICES_MAX).contains(&passed.choices) {
            return Err(Unreadable::of("n", format!("n must be 1 to {CHOICES_MAX}")));
        }
        if passed.choices > 1 {
            passed.only = Some("n");
        }
        completion.passed = Some(passed.into());
        Ok(completion)
    }
}

/// Fields that change the answer and have no place in the other dialects as they are spoken here.
const ONLY_HERE: [&str; 9] =
    ["tools", "tool_choice", "functions", "function_call", "logprobs", "modalities", "audio", "stop", "prediction"];
const FLAG: &str = "must be true or false";

impl Passed {
    /// The body for `model`.
    pub(super) fn body(&self, model: &str, is_streamed: bool) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes + 100);
        body.extend_from_slice(b"{\"model\":");
        write_text(&mut body, if model.is_empty() { &self.model } else { model });
        for (key, value) in &self.fields {
            body.push(b',');
            write_text(&mut body, key);
            body.push(b':');
            body.extend_from_slice(value.get().as_bytes());
        }
        if is_streamed {
            // Without it nobody counts a stream.
            body.extend_from_slice(b",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        }
        body.push(b'}');
        body
    }

    /// What of the question a provider of another dialect cannot be asked; `None` when it can be asked all.
    pub(super) fn only_openai(&self) -> Option<&'static str> {
        self.only
    }

    /// Bytes of the question.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Answers to the question that are paid.
    pub(super) fn choices(&self) -> u64 {
        self.choices
    }
}

fn write_text(body: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(body, text).expect("text is written into memory");
}

fn read<'a, T: Deserialize<'a>>(value: &'a RawValue, field: &'static str, must: &str) -> Result<T, Unreadable> {
    serde_json::from_str(value.get()).map_err(|_| Unreadable::of(field, format!("{field} {must}")))
}

/// The fields of an object in their order, each once.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields: Vec<(String, Box<RawValue>)> = Vec::with_capacity(8);
                while let Some(key) = map.next_key::<String>()? {
                    // Two readers could take different ones for meant.
                    if fields.iter().any(|(known, _)| *known == key) {
                        return Err(serde::de::Error::custom(format_args!("the field {key:?} stands there twice")));
                    }
                    if fields.len() == FIELDS_MAX {
                        return Err(serde::de::Error::custom(format_args!("there are more than {FIELDS_MAX} fields")));
                    }
                    fields.push((key, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        input.deserialize_map(Reader)
    }
}

const FIELDS_MAX: usize = 100;

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// A message that every dialect has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    role: PlainRole,
    content: Content,
    #[serde(default, rename = "name")]
    _name: serde::de::IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PlainRole {
    System,
    Developer,
    User,
    Assistant,
}

enum Content {
    Whole(String),
    Parts(Vec<Part>),
}

/// By hand: what serde makes of untagged forms copies everything first.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of parts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Whole(text.to_owned()))
            }

            fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Content, E> {
                Ok(Content::Whole(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Content, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Content::Parts)
            }
        }
        input.deserialize_any(Reader)
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Part {
    Text { text: String },
}

impl Plain {
    fn message(self) -> Message {
        let role = match self.role {
            PlainRole::System | PlainRole::Developer => Role::System,
            PlainRole::User => Role::User,
            PlainRole::Assistant => Role::Assistant,
        };
        let text = match self.content {
            Content::Whole(text) => text,
            Content::Parts(parts) => parts.into_iter().map(|Part::Text { text }| text).collect::<Vec<_>>().join("\n"),
        };
        Message { role, text }
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Form {
    Text,
    JsonObject,
    JsonSchema { json_schema: Named },
}

#[derive(Deserialize)]
struct Named {
    name: String,
    schema: serde_json::Value,
}

impl Form {
    fn format(self) -> Option<Format> {
        Some(match self {
            Form::Text => Format::Text,
            Form::JsonObject => Format::JsonObject,
            Form::JsonSchema { json_schema: Named { name, schema } } => {
                Format::Schema { name, schema: Schema::new(schema).ok()? }
            }
        })
    }
}

/// What a fuzzer calls: a body of a caller, and an answer that is divided for one.
///
/// # Panics
/// Never, unless there is a fault: a question that says something else when it has been read and written again, or frames
/// that are none.
pub fn fuzz(data: &[u8]) {
    if let Ok(completion) = Completion::passed(data) {
        let passed = completion.passed.as_deref().expect("a passed question has its fields");
        for is_streamed in [false, true] {
            let body = passed.body("m", is_streamed);
            let again = Completion::passed(&body).expect("what was written can be read");
            let read = again.passed.as_deref().expect("a passed question has its fields");
            assert!(read.model == "m" && read.is_streamed == is_streamed, "another model, or another way");
            let same =
                Passed { model: read.model.clone(), is_streamed, wants_usage: read.wants_usage, ..passed.clone() };
            assert!(*read == same && again.messages == completion.messages, "another question");
        }
    }
    let frames = super::relayed::divided(data, true);
    let mut reader = super::Dialect::OpenAi.frames();
    let events = reader.push(&frames);
    assert!(reader.end().is_empty(), "half a frame");
    assert!(frames.is_empty() || !events.is_empty(), "frames without an event");
}

#[cfg(test)]
mod tests;
