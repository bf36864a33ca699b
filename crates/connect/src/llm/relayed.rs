//! Answers in the form of OpenAI's chat completions, for callers of the gateway: put together where the provider speaks
//! another dialect, divided where it answers at once and the caller wants a stream.

use serde_json::{Value, json};

use super::{Answer, Finish, Usage};

/// The frame that ends a stream.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// The names that all parts of one answer bear.
#[derive(Clone, Debug)]
pub struct Relayed {
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    pub model: String,
}

impl Relayed {
    /// The whole answer as a JSON document.
    pub fn whole(&self, answer: &Answer) -> Vec<u8> {
        let message = json!({ "role": "assistant", "content": answer.text });
        let choice = json!({ "index": 0, "message": message, "finish_reason": reason(answer.finish) });
        let mut document = self.document("chat.completion");
        document["choices"] = json!([choice]);
        document["usage"] = usage(answer.usage);
        document.to_string().into_bytes()
    }

    /// A frame with more of the text; the first one names who speaks.
    pub fn text(&self, text: &str, is_first: bool) -> Vec<u8> {
        let delta = if is_first { json!({ "role": "assistant", "content": text }) } else { json!({ "content": text }) };
        self.step(&json!([{ "index": 0, "delta": delta, "finish_reason": null }]))
    }

    /// The frames that end a stream.
    pub fn end(&self, answer: &Answer, wants_usage: bool) -> Vec<u8> {
        let mut frames = self.step(&json!([{ "index": 0, "delta": {}, "finish_reason": reason(answer.finish) }]));
        if wants_usage {
            let mut count = self.document("chat.completion.chunk");
            count["choices"] = json!([]);
            count["usage"] = usage(answer.usage);
            frames.extend(frame(&count));
        }
        frames.extend_from_slice(DONE);
        frames
    }

    fn step(&self, choices: &Value) -> Vec<u8> {
        let mut document = self.document("chat.completion.chunk");
        document["choices"] = choices.clone();
        frame(&document)
    }

    fn document(&self, object: &str) -> Value {
        json!({ "id": self.id, "object": object, "created": self.created, "model": self.model })
    }
}

/// The frames of an answer that came as one document; nothing where it is none.
pub fn divided(whole: &[u8], wants_usage: bool) -> Vec<u8> {
    let Ok(Value::Object(mut document)) = serde_json::from_slice(whole) else { return Vec::new() };
    let count = document.remove("usage");
    document.insert("object".to_owned(), "chat.completion.chunk".into());
    for choice in document.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(mut message) = choice.as_object_mut().and_then(|choice| choice.remove("message")) {
            // The calls of a stream are numbered.
            let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
            for (place, call) in calls.into_iter().flatten().enumerate() {
                if let Value::Object(call) = call {
                    call.insert("index".to_owned(), place.into());
                }
            }
            choice["delta"] = message;
        }
    }
    let mut frames = frame(&Value::Object(document.clone()));
    if let Some(count) = count.filter(|_| wants_usage) {
        document.insert("choices".to_owned(), json!([]));
        document.insert("usage".to_owned(), count);
        frames.extend(frame(&Value::Object(document)));
    }
    frames.extend_from_slice(DONE);
    frames
}

/// The body of an error.
pub fn error(message: &str, kind: &str, field: Option<&str>, code: Option<&str>) -> Value {
    json!({ "error": { "message": message, "type": kind, "param": field, "code": code } })
}

/// One Server-Sent Event.
pub fn frame(document: &Value) -> Vec<u8> {
    format!("data: {document}\n\n").into_bytes()
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Other => "stop",
        Finish::Length => "length",
    }
}

fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.completion_tokens),
        "prompt_tokens_details": { "cached_tokens": usage.cached_tokens },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_answer_becomes_a_stream() {
        let whole = br#"{"id":"a","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
            "content":"Hi","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
        let read = |wants| {
            let mut frames = super::super::Dialect::OpenAi.frames();
            frames.push(&divided(whole, wants))
        };
        use super::super::Event;
        let events = read(true);
        assert!(events.contains(&Event::Text("Hi".into())), "{events:?}");
        assert!(events.iter().any(|event| matches!(event, Event::Called(_))), "{events:?}");
        assert!(
            matches!(&events[..], [.., Event::Usage(Usage { completion_tokens: 2, .. }), Event::Done]),
            "{events:?}"
        );
        assert!(!read(false).iter().any(|event| matches!(event, Event::Usage(_))));
        assert_eq!(divided(b"[]", true), b"");
    }
}
