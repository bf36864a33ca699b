//! Ollama's own `/api/chat`, which unlike its imitation of OpenAI's takes the length of the context and the time that a
//! model stays loaded.
//!
//! Source: `docs/api.md` of Ollama, "Generate a chat completion".

use serde_json::{Error, Value, json};

use super::dialect::{TOKENS_UNSAID, decimal};
use super::frames::Told;
use super::lines::Frame;
use super::{Completion, Event, Finish, Format, Provider, Usage};

/// The context that a server gives at least, and the most that is asked for unsaid.
const CONTEXT_TOKENS: (u64, u64) = (4_096, 131_072);

pub(super) fn url(provider: &Provider) -> String {
    let base = provider.base_url.trim_end_matches('/');
    format!("{}/api/chat", base.strip_suffix("/api").unwrap_or(base))
}

pub(super) fn body(provider: &Provider, completion: &Completion, is_streamed: bool) -> Value {
    let messages: Vec<Value> =
        completion.messages.iter().map(|m| json!({ "role": m.role.name(), "content": m.text })).collect();
    let mut options = json!({ "num_ctx": context(provider, completion) });
    if let Some(n) = completion.tokens_max {
        options["num_predict"] = n.into();
    }
    if let Some(t) = completion.temperature {
        options["temperature"] = decimal(t);
    }
    // Unsaid means streamed here.
    let mut body = json!({ "model": provider.model, "messages": messages, "stream": is_streamed, "options": options });
    if !provider.keep_alive.is_empty() {
        body["keep_alive"] = provider.keep_alive.as_str().into();
    }
    match &completion.format {
        Format::Text => {}
        Format::JsonObject => body["format"] = "json".into(),
        Format::Schema { schema, .. } => body["format"] = schema.as_value().clone(),
    }
    body
}

/// What does not fit is cut off without a word, so that room for question and answer is asked for: in powers of two, since
/// another size loads the model anew.
fn context(provider: &Provider, completion: &Completion) -> u64 {
    if provider.num_ctx > 0 {
        return provider.num_ctx.into();
    }
    let bytes: usize = completion.messages.iter().map(|m| m.text.len()).sum();
    let wanted = bytes as u64 / 3 + u64::from(completion.tokens_max.unwrap_or(TOKENS_UNSAID / 2));
    wanted.next_power_of_two().clamp(CONTEXT_TOKENS.0, CONTEXT_TOKENS.1)
}

/// One line of a stream.
pub(super) fn frame(frame: Frame<'_>, told: &mut Told) -> Result<(), Error> {
    let document: Value = serde_json::from_slice(frame.data)?;
    if document.get("error").is_some() {
        told.error(&document, frame.data);
        return Ok(());
    }
    let is_done = document.get("done").and_then(Value::as_bool) == Some(true);
    whole(document, told)?;
    if is_done {
        told.done();
    }
    Ok(())
}

/// A whole answer, which has the form of a stream's line.
pub(super) fn whole(document: Value, told: &mut Told) -> Result<(), Error> {
    let text = |path: &str| document.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if document.get("message").is_none() && document.get("done").is_none() {
        return Err(serde::de::Error::custom("it has no message"));
    }
    told.model(text("/model"));
    told.thought(text("/message/thinking"));
    told.text(text("/message/content").to_owned());
    if document.get("done").and_then(Value::as_bool) == Some(true) {
        if let Some(usage) = usage(&document) {
            told.usage(usage);
        }
        told.events.push(Event::Finish(match text("/done_reason") {
            // Old versions give no reason.
            "stop" | "" => Finish::Stop,
            "length" => Finish::Length,
            _ => Finish::Other,
        }));
    }
    Ok(())
}

/// A question that is still in memory is not counted: then there is no count at all.
fn usage(document: &Value) -> Option<Usage> {
    let of = |key: &str| document.get(key).and_then(Value::as_u64);
    let (prompt_tokens, completion_tokens) = (of("prompt_eval_count")?, of("eval_count")?);
    Some(Usage { prompt_tokens, completion_tokens, ..Usage::default() })
}
