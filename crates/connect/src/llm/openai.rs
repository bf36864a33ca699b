//! OpenAI's chat completions, which many servers speak.
//!
//! Source: the API reference of `POST /v1/chat/completions`; the departures noted below are those of gateways and local
//! servers.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Error, Value, json};

use super::dialect::{decimal, plain_name};
use super::frames::Told;
use super::lines::Frame;
use super::structured::Dialect as Strict;
use super::{Completion, Event, Finish, Format, Provider, Usage};

/// The data that ends a stream.
pub(super) const DONE: &[u8] = b"[DONE]";

pub(super) fn url(provider: &Provider) -> String {
    format!("{}/chat/completions", provider.base_url.trim_end_matches('/'))
}

pub(super) fn body(provider: &Provider, completion: &Completion, is_streamed: bool) -> Vec<u8> {
    match &completion.passed {
        Some(passed) => passed.body(&provider.model, is_streamed),
        None => written(provider, completion, is_streamed).to_string().into_bytes(),
    }
}

fn written(provider: &Provider, completion: &Completion, is_streamed: bool) -> Value {
    let messages: Vec<Value> =
        completion.messages.iter().map(|m| json!({ "role": m.role.name(), "content": m.text })).collect();
    let mut body = json!({ "model": provider.model, "messages": messages });
    if let Some(n) = completion.tokens_max {
        // Newer models of one provider want `max_completion_tokens`; every other server knows only this.
        body["max_tokens"] = n.into();
    }
    if let Some(t) = completion.temperature {
        body["temperature"] = decimal(t);
    }
    match &completion.format {
        Format::Text => {}
        Format::JsonObject => body["response_format"] = json!({ "type": "json_object" }),
        Format::Schema { name, schema } => {
            let form = json!({ "name": plain_name(name), "strict": true, "schema": schema.for_strict(Strict::OpenAi) });
            body["response_format"] = json!({ "type": "json_schema", "json_schema": form });
        }
    }
    if is_streamed {
        body["stream"] = true.into();
        body["stream_options"] = json!({ "include_usage": true });
    }
    body
}

/// One frame of a stream.
pub(super) fn frame(frame: Frame<'_>, told: &mut Told) -> Result<(), Error> {
    if frame.data == DONE {
        told.keep(DONE, false);
        told.done();
        return Ok(());
    }
    let chunk: Chunk = serde_json::from_slice(frame.data)?;
    if frame.name == "error" || chunk.error.is_some() {
        // Some put the object itself behind the name.
        let error = chunk.error.map_or_else(|| serde_json::from_slice(frame.data), Ok)?;
        told.error(&json!({ "error": error }), frame.data);
        return Ok(());
    }
    let is_count = chunk.usage.is_some() && chunk.choices.as_ref().is_none_or(Vec::is_empty);
    told.keep(frame.data, is_count);
    told.model(&chunk.model.unwrap_or_default());
    // The last frame has the tokens and no choice.
    if let Some(choice) = chunk.choices.into_iter().flatten().find(|choice| choice.index == 0) {
        said(choice.delta.unwrap_or_default(), choice.finish_reason.as_deref(), told);
    }
    if let Some(usage) = chunk.usage.as_ref().and_then(usage) {
        told.usage(usage);
    }
    Ok(())
}

/// A whole answer.
pub(super) fn whole(document: Value, told: &mut Told) -> Result<(), Error> {
    if let Some(usage) = document.get("usage").and_then(usage) {
        told.usage(usage);
    }
    reply(serde_json::from_value(document)?, told)
}

/// A whole answer as almost all of them are, read in one go; `false`, and nothing told, for one that must be looked at twice.
pub(super) fn plain(body: &[u8], told: &mut Told) -> bool {
    let Ok(mut read) = serde_json::from_slice::<Reply>(body) else { return false };
    if read.error.is_some() || read.choices.is_empty() {
        return false;
    }
    if let Some(usage) = read.usage.take().as_ref().and_then(usage) {
        told.usage(usage);
    }
    reply(read, told).is_ok()
}

fn reply(reply: Reply, told: &mut Told) -> Result<(), Error> {
    let Some(choice) = reply.choices.into_iter().next() else {
        return Err(serde::de::Error::custom("it has no choice"));
    };
    told.model(&reply.model.unwrap_or_default());
    said(choice.message, choice.finish_reason.as_deref(), told);
    Ok(())
}

fn said(said: Said, finish: Option<&str>, told: &mut Told) {
    told.thought(&said.reasoning_content.or(said.reasoning).unwrap_or_default());
    told.text(said.content.map(Content::text).unwrap_or_default());
    let called = [said.tool_calls, said.function_call].into_iter().flatten().map(|call| call.get().len()).sum();
    if called > 0 {
        told.events.push(Event::Called(called));
    }
    if let Some(refusal) = said.refusal.filter(|words| !words.is_empty()) {
        told.events.push(Event::Refusal(refusal));
    }
    match finish {
        None | Some("") => {}
        Some("content_filter") => {
            told.events.push(Event::Filtered("the provider's content filter ended the answer".to_owned()));
        }
        Some("stop") => told.events.push(Event::Finish(Finish::Stop)),
        Some("length") => told.events.push(Event::Finish(Finish::Length)),
        Some(_) => told.events.push(Event::Finish(Finish::Other)),
    }
}

/// Cached tokens are a part of the prompt's here, those of reasoning a part of the answer's. A `cost` is not believed.
fn usage(counts: &Value) -> Option<Usage> {
    let of = |path: &str| counts.pointer(path).and_then(Value::as_u64);
    Some(Usage {
        prompt_tokens: of("/prompt_tokens")?,
        completion_tokens: of("/completion_tokens").unwrap_or_default(),
        // The second one is DeepSeek's word.
        cached_tokens: of("/prompt_tokens_details/cached_tokens")
            .or_else(|| of("/prompt_cache_hit_tokens"))
            .unwrap_or_default(),
        reasoning_tokens: of("/completion_tokens_details/reasoning_tokens").unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    choices: Option<Vec<Step>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    index: u32,
    delta: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<Value>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Said {
    content: Option<Content>,
    refusal: Option<String>,
    tool_calls: Option<Box<RawValue>>,
    function_call: Option<Box<RawValue>>,
    reasoning_content: Option<String>,
    /// OpenRouter's word for the same.
    reasoning: Option<String>,
}

/// Some servers answer in parts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Whole(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

impl Content {
    fn text(self) -> String {
        match self {
            Content::Whole(text) => text,
            Content::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
