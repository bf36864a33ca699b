//! An answer as each dialect writes it, whole and in frames.

use std::ops::Range;

use serde_json::{Value, json};

use super::question::Question;
use crate::llm::Dialect;

/// What the model says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub text: String,
    /// It declines, in the way of the dialect; Ollama's has none.
    pub is_refusal: bool,
    /// The limit of tokens ended the text.
    pub is_cut: bool,
    pub tokens: usize,
    /// The tokens are told wrongly: none at all, and a price that is nobody's.
    pub is_miscounted: bool,
}

/// Words that decline, where the dialect wants words.
const REFUSAL: &str = "I am sorry, but I cannot help with that.";

impl Said {
    pub fn text(text: String) -> Said {
        let tokens = text.split_whitespace().count();
        Said { text, is_refusal: false, is_cut: false, tokens, is_miscounted: false }
    }

    pub fn refusal() -> Said {
        Said { is_refusal: true, tokens: 10, ..Said::text(String::new()) }
    }

    /// Tokens of the question and of the answer, as they are told.
    fn counts(&self, question: &Question) -> (usize, usize) {
        if self.is_miscounted { (0, 0) } else { (question.tokens(), self.tokens) }
    }
}

/// The body of a whole answer.
pub(super) fn whole(index: usize, question: &Question, said: &Said) -> Value {
    let usage = usage(question, said);
    match question.dialect {
        Dialect::OpenAi => json!({
            "id": format!("chatcmpl-{index}"), "object": "chat.completion", "model": question.model,
            "choices": [{
                "index": 0, "finish_reason": openai_finish(said),
                "message": match said.is_refusal {
                    true => json!({ "role": "assistant", "content": null, "refusal": REFUSAL }),
                    false => json!({ "role": "assistant", "content": said.text, "refusal": null }),
                },
            }],
            "usage": usage,
        }),
        Dialect::Anthropic => json!({
            "id": format!("msg_{index}"), "type": "message", "role": "assistant", "model": question.model,
            "content": match &question.tool {
                Some(name) => json!([{
                    "type": "tool_use", "id": "toolu_1", "name": name,
                    "input": serde_json::from_str::<Value>(&said.text).unwrap_or_else(|_| json!({})),
                }]),
                None if said.text.is_empty() => json!([]),
                None => json!([{ "type": "text", "text": said.text }]),
            },
            "stop_reason": anthropic_finish(question, said), "stop_sequence": null, "usage": usage,
        }),
        Dialect::Gemini => gemini(question, &said.text, Some(gemini_finish(said)), Some(usage)),
        Dialect::Ollama => ollama(question, ollama_text(said), Some((said, usage))),
    }
}

/// The frames of a streamed answer, one word of the text in each.
pub(super) fn frames(index: usize, question: &Question, said: &Said) -> Vec<Vec<u8>> {
    let usage = usage(question, said);
    let text = if question.dialect == Dialect::Ollama { ollama_text(said) } else { &said.text };
    let words = text.split_inclusive(' ');
    match question.dialect {
        Dialect::OpenAi => {
            let chunk = |delta: Value, finish: Option<&str>| {
                sse(&json!({
                    "id": format!("chatcmpl-{index}"), "object": "chat.completion.chunk", "model": question.model,
                    "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }], "usage": null,
                }))
            };
            let first = chunk(json!({ "role": "assistant", "content": "", "refusal": null }), None);
            let refusal = said.is_refusal.then(|| chunk(json!({ "refusal": REFUSAL }), None));
            let last = chunk(json!({}), Some(openai_finish(said)));
            let counted = question.is_counted.then(|| {
                sse(&json!({
                    "id": format!("chatcmpl-{index}"), "object": "chat.completion.chunk", "model": question.model,
                    "choices": [], "usage": usage,
                }))
            });
            let words = words.map(|word| chunk(json!({ "content": word }), None));
            let end = [last].into_iter().chain(counted).chain([b"data: [DONE]\n\n".to_vec()]);
            [first].into_iter().chain(refusal).chain(words).chain(end).collect()
        }
        Dialect::Anthropic => {
            let event = |name: &str, data: Value| [format!("event: {name}\n").into_bytes(), sse(&data)].concat();
            let (asked, tokens) = said.counts(question);
            let start = json!({ "type": "message_start", "message": {
                "id": format!("msg_{index}"), "type": "message", "role": "assistant", "model": question.model, "content": [],
                "stop_reason": null, "usage": { "input_tokens": asked, "output_tokens": 1 },
            } });
            let block = match &question.tool {
                Some(name) => json!({ "type": "tool_use", "id": "toolu_1", "name": name, "input": {} }),
                None => json!({ "type": "text", "text": "" }),
            };
            let delta = |word: &str| match question.tool {
                Some(_) => json!({ "type": "input_json_delta", "partial_json": word }),
                None => json!({ "type": "text_delta", "text": word }),
            };
            let begin = [
                event("message_start", start),
                event(
                    "content_block_start",
                    json!({ "type": "content_block_start", "index": 0, "content_block": block }),
                ),
                event("ping", json!({ "type": "ping" })),
            ];
            let words = words.map(|word| {
                event("content_block_delta", json!({ "type": "content_block_delta", "index": 0, "delta": delta(word) }))
            });
            let stop = json!({ "stop_reason": anthropic_finish(question, said), "stop_sequence": null });
            let end = [
                event("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })),
                event(
                    "message_delta",
                    json!({ "type": "message_delta", "delta": stop, "usage": { "output_tokens": tokens } }),
                ),
                event("message_stop", json!({ "type": "message_stop" })),
            ];
            begin.into_iter().chain(words).chain(end).collect()
        }
        Dialect::Gemini => {
            let words = words.map(|word| sse(&gemini(question, word, None, None)));
            words.chain([sse(&gemini(question, "", Some(gemini_finish(said)), Some(usage)))]).collect()
        }
        Dialect::Ollama => {
            let words = words.map(|word| line(&ollama(question, word, None)));
            words.chain([line(&ollama(question, "", Some((said, usage))))]).collect()
        }
    }
}

/// Which of `count` frames hold the words of a text.
pub(super) fn words_at(question: &Question, count: usize, said: &Said) -> Range<usize> {
    let before = match question.dialect {
        Dialect::OpenAi => 1,
        Dialect::Anthropic => 3,
        Dialect::Gemini | Dialect::Ollama => 0,
    };
    before..count.min(before + said.text.split_inclusive(' ').count())
}

/// An error in the middle of a stream.
pub(super) fn error_frame(dialect: Dialect, status: u16, message: &str) -> Vec<u8> {
    let error = error(dialect, status, message);
    match dialect {
        Dialect::Anthropic => [b"event: error\n".to_vec(), sse(&error)].concat(),
        Dialect::OpenAi | Dialect::Gemini => sse(&error),
        Dialect::Ollama => line(&error),
    }
}

/// The body of an answer that is an error.
pub(super) fn error(dialect: Dialect, status: u16, message: &str) -> Value {
    let word = match (dialect, status) {
        (Dialect::Anthropic, 401) => "authentication_error",
        (Dialect::Anthropic, 429) => "rate_limit_error",
        (Dialect::Anthropic, 503) => "overloaded_error",
        (Dialect::Anthropic, 400..500) => "invalid_request_error",
        (Dialect::Anthropic, _) => "api_error",
        (_, 401) => "UNAUTHENTICATED",
        (_, 429) => "RESOURCE_EXHAUSTED",
        (_, 503) => "UNAVAILABLE",
        (_, 400..500) => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    };
    match dialect {
        Dialect::OpenAi => json!({ "error": { "message": message, "type": "simulated", "code": status } }),
        Dialect::Anthropic => json!({ "type": "error", "error": { "type": word, "message": message } }),
        Dialect::Gemini => json!({ "error": { "code": status, "message": message, "status": word } }),
        Dialect::Ollama => json!({ "error": message }),
    }
}

pub(super) fn content_type(question: &Question) -> &'static str {
    match (question.is_streamed, question.dialect) {
        (false, _) => "application/json",
        (true, Dialect::Ollama) => "application/x-ndjson",
        (true, _) => "text/event-stream",
    }
}

fn usage(question: &Question, said: &Said) -> Value {
    let (asked, tokens) = said.counts(question);
    match question.dialect {
        Dialect::OpenAi => {
            let mut usage =
                json!({ "prompt_tokens": asked, "completion_tokens": tokens, "total_tokens": asked + tokens });
            if said.is_miscounted {
                usage["cost"] = json!(0.000_000_1);
            }
            usage
        }
        Dialect::Anthropic => json!({
            "input_tokens": asked, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": tokens,
        }),
        Dialect::Gemini => json!({
            "promptTokenCount": asked, "candidatesTokenCount": tokens, "totalTokenCount": asked + tokens,
        }),
        Dialect::Ollama => json!({ "prompt_eval_count": asked, "eval_count": tokens }),
    }
}

fn openai_finish(said: &Said) -> &'static str {
    if said.is_cut { "length" } else { "stop" }
}

fn anthropic_finish(question: &Question, said: &Said) -> &'static str {
    match (said.is_refusal, said.is_cut, &question.tool) {
        (true, _, _) => "refusal",
        (_, true, _) => "max_tokens",
        (_, _, Some(_)) => "tool_use",
        _ => "end_turn",
    }
}

fn gemini_finish(said: &Said) -> &'static str {
    match (said.is_refusal, said.is_cut) {
        (true, _) => "SAFETY",
        (_, true) => "MAX_TOKENS",
        _ => "STOP",
    }
}

fn gemini(question: &Question, text: &str, finish: Option<&str>, usage: Option<Value>) -> Value {
    let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": [{ "text": text }] } });
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    let mut body = json!({ "candidates": [candidate], "modelVersion": question.model });
    if let Some(usage) = usage {
        body["usageMetadata"] = usage;
    }
    body
}

fn ollama_text(said: &Said) -> &str {
    if said.is_refusal { REFUSAL } else { &said.text }
}

fn ollama(question: &Question, text: &str, end: Option<(&Said, Value)>) -> Value {
    let mut body = json!({
        "model": question.model, "message": { "role": "assistant", "content": text }, "done": end.is_some(),
    });
    if let Some((said, usage)) = end {
        body["done_reason"] = openai_finish(said).into();
        if let (Some(body), Value::Object(usage)) = (body.as_object_mut(), usage) {
            body.extend(usage);
        }
    }
    body
}

fn sse(data: &Value) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

fn line(data: &Value) -> Vec<u8> {
    format!("{data}\n").into_bytes()
}
