//! OpenAI's chat completions, which many servers speak. Pure functions: no call is made here.
//!
//! Source: the API reference of `POST /v1/chat/completions`; the departures noted below are those of
//! gateways and local servers.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use stdx::ByteSize;

use super::{Completed, Completion, Fault, Finish, Format, Provider, Usage};
use crate::client::{Limits, Request};
use crate::error::Error;

/// As much of a stranger's message as an error repeats.
const MESSAGE_CHARS_MAX: usize = 300;

/// The call that asks `provider`, within `timeout`.
pub fn request(
    provider: &Provider,
    completion: &Completion,
    timeout: Duration,
    body_max: ByteSize,
) -> Result<Request, Error> {
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    if !provider.api_key.reveal().is_empty() {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", provider.api_key.reveal()));
        let why = "its api_key holds characters that cannot be sent".to_owned();
        let mut bearer = bearer.map_err(|_| Error::BadUrl { url: provider.base_url.clone(), why })?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    let limits = Limits {
        connect_timeout: timeout.min(Duration::from_secs(10)),
        // Without streaming the head comes when the answer is done.
        first_byte_timeout: timeout,
        stall_timeout: timeout,
        total_timeout: timeout,
        body_max,
        // A redirect would carry the question, and perhaps the key, to another place.
        redirects_max: 0,
    };
    let url = format!("{}/chat/completions", provider.base_url.trim_end_matches('/'));
    let body = body(&provider.model, completion);
    Ok(Request { method: Method::POST, headers, body, ..Request::get("llm", url, limits) })
}

fn body(model: &str, completion: &Completion) -> Bytes {
    let messages: Vec<Value> =
        completion.messages.iter().map(|m| json!({ "role": m.role.name(), "content": m.text })).collect();
    let mut body = json!({ "model": model, "messages": messages });
    if let Some(n) = completion.tokens_max {
        // Newer models of one provider want `max_completion_tokens`; every other server knows only this.
        body["max_tokens"] = n.into();
    }
    if let Some(t) = completion.temperature {
        // By way of text, since 0.7f32 is 0.699999988 as a double.
        body["temperature"] = t.to_string().parse::<f64>().unwrap_or_default().into();
    }
    if completion.format == Format::JsonObject {
        body["response_format"] = json!({ "type": "json_object" });
    }
    body.to_string().into()
}

/// Reads an answer: the text, or why there is none.
pub fn response(status: StatusCode, body: &[u8]) -> Result<Completed, Fault> {
    if !status.is_success() {
        let message = error_message(body).unwrap_or_else(|| brief(&String::from_utf8_lossy(body)));
        return Err(Fault::Status { status: status.as_u16(), message });
    }
    let reply: Reply = serde_json::from_slice(body).map_err(|e| match error_message(body) {
        Some(message) => Fault::InBand(message),
        None => Fault::Malformed(brief(&e.to_string())),
    })?;
    let Some(choice) = reply.choices.into_iter().next() else {
        return Err(error_message(body).map_or_else(|| Fault::Malformed("it has no choice".into()), Fault::InBand));
    };
    if let Some(refusal) = choice.message.refusal.filter(|r| !r.trim().is_empty()) {
        return Err(Fault::Refused(brief(&refusal)));
    }
    if choice.finish_reason.as_deref() == Some("content_filter") {
        return Err(Fault::Refused("the provider's content filter ended the answer".into()));
    }
    let text = choice.message.content.map(Content::text).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Fault::Empty);
    }
    let finish = match choice.finish_reason.as_deref() {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        _ => Finish::Other,
    };
    Ok(Completed { text, model: brief(&reply.model), usage: usage(body), finish })
}

/// The tokens an answer says it took, also one that holds no text: it is billed all the same.
pub fn usage(body: &[u8]) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Billed {
        usage: Counts,
    }
    #[derive(Deserialize)]
    struct Counts {
        prompt_tokens: u64,
        #[serde(default)]
        completion_tokens: u64,
    }
    let Billed { usage } = serde_json::from_slice(body).ok()?;
    Some(Usage { prompt_tokens: usage.prompt_tokens, completion_tokens: usage.completion_tokens })
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    model: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<Content>,
    refusal: Option<String>,
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

/// `{"error":{"message":…}}`, or the bare strings of simpler servers.
fn error_message(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error")?;
    let message = error.get("message").unwrap_or(error).as_str()?;
    Some(brief(message))
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

#[cfg(test)]
mod tests;
