//! Anthropic's Messages API.
//!
//! Source: the API reference of `POST /v1/messages` and "Streaming messages", version 2023-06-01.

use serde_json::{Error, Value, json};

use super::dialect::{TOKENS_UNSAID, based, decimal, plain_name};
use super::frames::Told;
use super::lines::Frame;
use super::structured::Schema;
use super::{Completion, Event, Finish, Format, Provider, Role};

pub(super) const VERSION: &str = "2023-06-01";

pub(super) fn url(provider: &Provider) -> String {
    format!("{}/messages", based(&provider.base_url, "/v1"))
}

pub(super) fn body(provider: &Provider, completion: &Completion, is_streamed: bool) -> Value {
    let said = |m: &super::Message| json!({ "role": m.role.name(), "content": m.text });
    let messages: Vec<Value> = completion.messages.iter().filter(|m| m.role != Role::System).map(said).collect();
    let system: Vec<&str> =
        completion.messages.iter().filter(|m| m.role == Role::System).map(|m| m.text.as_str()).collect();
    // The limit must be named here.
    let tokens = completion.tokens_max.unwrap_or(TOKENS_UNSAID);
    let mut body = json!({ "model": provider.model, "messages": messages, "max_tokens": tokens });
    if !system.is_empty() {
        body["system"] = system.join("\n\n").into();
    }
    if let Some(t) = completion.temperature {
        // 1 is the wildest here.
        body["temperature"] = decimal(t.min(1.0));
    }
    // There is no mode for JSON: a tool that must be used has its input in the form that was asked for.
    if let Format::Schema { name, schema } = &completion.format
        && is_object(schema)
    {
        let name = plain_name(name);
        let about = "Takes the answer.";
        body["tools"] = json!([{ "name": name, "description": about, "input_schema": schema.as_value() }]);
        body["tool_choice"] = json!({ "type": "tool", "name": name });
    }
    if is_streamed {
        body["stream"] = true.into();
    }
    body
}

fn is_object(schema: &Schema) -> bool {
    schema.as_value().get("type").and_then(Value::as_str) == Some("object")
}

/// One frame of a stream. Every one of them names its type inside too, so that the event's name is not needed.
pub(super) fn frame(frame: Frame<'_>, told: &mut Told) -> Result<(), Error> {
    let document: Value = serde_json::from_slice(frame.data)?;
    let text = |path: &str| document.pointer(path).and_then(Value::as_str).unwrap_or_default();
    match text("/type") {
        "message_start" => {
            told.model(text("/message/model"));
            counted(document.pointer("/message/usage"), told);
        }
        "content_block_start" => block(document.get("content_block").unwrap_or(&Value::Null), true, told),
        "content_block_delta" => match text("/delta/type") {
            "text_delta" => told.text(text("/delta/text").to_owned()),
            "input_json_delta" => told.text(text("/delta/partial_json").to_owned()),
            "thinking_delta" => told.thought(text("/delta/thinking")),
            _ => {}
        },
        "message_delta" => {
            counted(document.get("usage"), told);
            stopped(text("/delta/stop_reason"), told);
        }
        "message_stop" => told.done(),
        "error" => told.error(&document, frame.data),
        // `ping`, `content_block_stop`, and what is new: "you should handle unknown event types gracefully".
        _ if document.is_object() => {}
        _ => return Err(serde::de::Error::custom("a frame is no object")),
    }
    Ok(())
}

/// A whole answer.
pub(super) fn whole(document: Value, told: &mut Told) -> Result<(), Error> {
    counted(document.get("usage"), told);
    let Some(blocks) = document.get("content").and_then(Value::as_array) else {
        return Err(serde::de::Error::custom("it has no content"));
    };
    told.model(document.get("model").and_then(Value::as_str).unwrap_or_default());
    blocks.iter().for_each(|one| block(one, false, told));
    stopped(document.get("stop_reason").and_then(Value::as_str).unwrap_or_default(), told);
    Ok(())
}

/// A block of the answer; in a stream its beginning, where a tool's input is empty and comes afterwards.
fn block(block: &Value, is_beginning: bool, told: &mut Told) {
    let text = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), block.get("input")) {
        ("text", _) => told.text(text("text").to_owned()),
        ("thinking", _) => told.thought(text("thinking")),
        ("tool_use", Some(input)) if !is_beginning => told.text(input.to_string()),
        _ => {}
    }
}

fn stopped(reason: &str, told: &mut Told) {
    let finish = match reason {
        "" => return,
        "refusal" => {
            told.events.push(Event::Filtered("the model declined to answer".to_owned()));
            return;
        }
        "end_turn" | "stop_sequence" | "tool_use" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        _ => Finish::Other,
    };
    told.events.push(Event::Finish(finish));
}

/// Here `input_tokens` are only those that met no cache; a frame may leave out what an earlier one said.
fn counted(counts: Option<&Value>, told: &mut Told) {
    let of = |key: &str| counts.and_then(|counts| counts.get(key)).and_then(Value::as_u64);
    let (input, output) = (of("input_tokens"), of("output_tokens"));
    if input.is_none() && output.is_none() {
        return;
    }
    let mut usage = told.usage;
    if let Some(fresh) = input {
        let (read, written) = (of("cache_read_input_tokens"), of("cache_creation_input_tokens"));
        usage.cached_tokens = read.unwrap_or_default();
        usage.prompt_tokens = fresh.saturating_add(usage.cached_tokens).saturating_add(written.unwrap_or_default());
    }
    usage.completion_tokens = output.unwrap_or(usage.completion_tokens);
    told.usage(usage);
}
