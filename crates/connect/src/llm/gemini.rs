//! Google's Gemini: generateContent and streamGenerateContent.
//!
//! Source: the reference of the Gemini API, `models.generateContent` (v1beta).

use serde_json::{Error, Value, json};

use super::dialect::{based, decimal};
use super::frames::Told;
use super::lines::Frame;
use super::structured::Dialect as Strict;
use super::{Completion, Event, Finish, Format, Provider, Role, Usage};

/// The key goes into a header, never here: addresses are logged on the way.
pub(super) fn url(provider: &Provider, is_streamed: bool) -> String {
    let model = match provider.model.contains('/') {
        true => provider.model.clone(),
        false => format!("models/{}", provider.model),
    };
    let escaped: Vec<String> = model.split('/').map(escape).collect();
    let ask = if is_streamed { "streamGenerateContent?alt=sse" } else { "generateContent" };
    format!("{}/{}:{ask}", based(&provider.base_url, "/v1beta"), escaped.join("/"))
}

/// A part of a path (RFC 3986 §2.3).
fn escape(part: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    part.bytes().map(one).collect()
}

pub(super) fn body(completion: &Completion) -> Value {
    let part = |text: &str| json!({ "text": text });
    let said = |m: &super::Message| {
        let role = if m.role == Role::Assistant { "model" } else { "user" };
        json!({ "role": role, "parts": [part(&m.text)] })
    };
    let contents: Vec<Value> = completion.messages.iter().filter(|m| m.role != Role::System).map(said).collect();
    let system: Vec<Value> =
        completion.messages.iter().filter(|m| m.role == Role::System).map(|m| part(&m.text)).collect();
    let mut body = json!({ "contents": contents });
    if !system.is_empty() {
        body["systemInstruction"] = json!({ "parts": system });
    }
    let mut settings = json!({});
    if let Some(n) = completion.tokens_max {
        settings["maxOutputTokens"] = n.into();
    }
    if let Some(t) = completion.temperature {
        settings["temperature"] = decimal(t);
    }
    if completion.format != Format::Text {
        settings["responseMimeType"] = "application/json".into();
    }
    if let Format::Schema { schema, .. } = &completion.format {
        settings["responseSchema"] = schema.for_strict(Strict::Gemini);
    }
    if settings.as_object().is_some_and(|settings| !settings.is_empty()) {
        body["generationConfig"] = settings;
    }
    body
}

/// One frame of a stream, which is a whole answer with a part of the text. There is no mark for the end but the reason.
pub(super) fn frame(frame: Frame<'_>, told: &mut Told) -> Result<(), Error> {
    let document: Value = serde_json::from_slice(frame.data)?;
    if document.get("error").is_some() || document.is_array() {
        told.error(&document, frame.data);
        return Ok(());
    }
    read(&document, told)
}

/// A whole answer.
pub(super) fn whole(document: Value, told: &mut Told) -> Result<(), Error> {
    read(&document, told)?;
    let is_answer = ["candidates", "promptFeedback"].iter().any(|key| document.get(key).is_some());
    if is_answer { Ok(()) } else { Err(serde::de::Error::custom("it has no candidate")) }
}

fn read(document: &Value, told: &mut Told) -> Result<(), Error> {
    if !document.is_object() {
        return Err(serde::de::Error::custom("it is no object"));
    }
    told.model(document.get("modelVersion").and_then(Value::as_str).unwrap_or_default());
    if let Some(usage) = document.get("usageMetadata").and_then(usage) {
        told.usage(usage);
    }
    if let Some(why) = document.pointer("/promptFeedback/blockReason").and_then(Value::as_str) {
        told.events.push(Event::Filtered(format!("the question was blocked: {}", super::brief(why))));
    }
    let parts = document.pointer("/candidates/0/content/parts").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        let text = part.get("text").and_then(Value::as_str).unwrap_or_default();
        match part.get("thought").and_then(Value::as_bool) {
            Some(true) => told.thought(text),
            _ => told.text(text.to_owned()),
        }
    }
    match document.pointer("/candidates/0/finishReason").and_then(Value::as_str) {
        None | Some("" | "FINISH_REASON_UNSPECIFIED") => {}
        Some("STOP") => told.events.push(Event::Finish(Finish::Stop)),
        Some("MAX_TOKENS") => told.events.push(Event::Finish(Finish::Length)),
        Some(why @ ("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII")) => {
            told.events.push(Event::Filtered(format!("the provider's filter ended the answer: {why}")));
        }
        Some(_) => told.events.push(Event::Finish(Finish::Other)),
    }
    Ok(())
}

/// Cached tokens are a part of the prompt's here, those of reasoning are beside the answer's.
fn usage(counts: &Value) -> Option<Usage> {
    let of = |key: &str| counts.get(key).and_then(Value::as_u64);
    let reasoning = of("thoughtsTokenCount").unwrap_or_default();
    Some(Usage {
        prompt_tokens: of("promptTokenCount")?.saturating_add(of("toolUsePromptTokenCount").unwrap_or_default()),
        completion_tokens: of("candidatesTokenCount").unwrap_or_default().saturating_add(reasoning),
        cached_tokens: of("cachedContentTokenCount").unwrap_or_default(),
        reasoning_tokens: reasoning,
    })
}
