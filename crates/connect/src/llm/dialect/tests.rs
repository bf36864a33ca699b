use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use stdx::ByteSize;
use stdx::config::Secret;

use super::super::structured::Schema;
use super::super::{Finish, Format, Message, Role};
use super::*;

pub(crate) const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(1),
    first_byte_timeout: Duration::from_secs(2),
    stall_timeout: Duration::from_secs(3),
    total_timeout: Duration::from_secs(4),
    body_max: ByteSize::mib(1),
    redirects_max: 0,
};

pub(crate) fn provider(dialect: Dialect) -> Provider {
    Provider {
        name: "p".into(),
        dialect,
        base_url: "https://api.example".into(),
        api_key: Secret::new("k-123"),
        model: "m-1".into(),
        ..Provider::default()
    }
}

/// The request and its body as JSON.
pub(crate) fn sent(provider: &Provider, completion: &Completion, is_streamed: bool) -> (Request, Value) {
    let request = provider.dialect.request(provider, completion, is_streamed, LIMITS).unwrap();
    assert_eq!((request.limits, &request.headers[ACCEPT_ENCODING]), (LIMITS, &HeaderValue::from_static("identity")));
    assert!(!request.url.contains("k-123") && !format!("{:?}", request.headers).contains("k-123"));
    let body = serde_json::from_slice(&request.body).unwrap();
    (request, body)
}

pub(crate) fn schema(name: &str) -> Format {
    let schema = json!({ "type": "object", "properties": { "title": { "type": "string" }, "n": { "type": "integer" } }, "required": ["title"] });
    Format::Schema { name: name.into(), schema: Schema::new(schema).unwrap() }
}

fn question(format: Format) -> Completion {
    let assistant = Message { role: Role::Assistant, text: "Yes?".into() };
    let messages = vec![
        Message::system("Be brief."),
        Message::system("Be kind."),
        Message::user("Hi"),
        assistant,
        Message::user("Bye"),
    ];
    Completion { messages, tokens_max: Some(700), temperature: Some(1.2), format, passed: None }
}

#[test]
fn names() {
    for dialect in Dialect::ALL {
        assert_eq!(dialect.name().parse(), Ok(dialect));
        assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
    }
    let error = "OpenAI".parse::<Dialect>().unwrap_err();
    assert_eq!(error.to_string(), "\"OpenAI\" is no dialect; there are openai, anthropic, gemini and ollama");
}

#[test]
fn anthropic_as_sent() {
    let (request, body) = sent(&provider(Dialect::Anthropic), &question(schema("draft")), true);
    assert_eq!(request.url, "https://api.example/v1/messages");
    assert_eq!(
        (&request.headers["x-api-key"], &request.headers["anthropic-version"]),
        (&"k-123".parse().unwrap(), &"2023-06-01".parse().unwrap())
    );
    assert_eq!(
        body,
        json!({
            "model": "m-1", "max_tokens": 700, "temperature": 1.0, "stream": true, "system": "Be brief.\n\nBe kind.",
            "messages": [
                { "role": "user", "content": "Hi" }, { "role": "assistant", "content": "Yes?" },
                { "role": "user", "content": "Bye" },
            ],
            "tools": [{ "name": "draft", "description": "Takes the answer.", "input_schema": {
                "type": "object", "properties": { "title": { "type": "string" }, "n": { "type": "integer" } },
                "required": ["title"],
            } }],
            "tool_choice": { "type": "tool", "name": "draft" },
        })
    );
    let based = Provider { base_url: "https://api.example/v1/".into(), ..provider(Dialect::Anthropic) };
    let (request, body) = sent(&based, &Completion::default(), false);
    assert_eq!(request.url, "https://api.example/v1/messages");
    assert_eq!(body, json!({ "model": "m-1", "max_tokens": 4_096, "messages": [] }));
}

#[test]
fn gemini_as_sent() {
    let (request, body) = sent(&provider(Dialect::Gemini), &question(schema("draft")), true);
    assert_eq!(request.url, "https://api.example/v1beta/models/m-1:streamGenerateContent?alt=sse");
    assert_eq!(request.headers["x-goog-api-key"], "k-123");
    assert_eq!(
        body,
        json!({
            "systemInstruction": { "parts": [{ "text": "Be brief." }, { "text": "Be kind." }] },
            "contents": [
                { "role": "user", "parts": [{ "text": "Hi" }] }, { "role": "model", "parts": [{ "text": "Yes?" }] },
                { "role": "user", "parts": [{ "text": "Bye" }] },
            ],
            "generationConfig": {
                "maxOutputTokens": 700, "temperature": 1.2, "responseMimeType": "application/json",
                "responseSchema": {
                    "type": "object", "properties": { "title": { "type": "string" }, "n": { "type": "integer" } },
                    "required": ["title"],
                },
            },
        })
    );
    let tuned = Provider {
        model: "tunedModels/a b?c".into(),
        base_url: "https://g.example/v1".into(),
        ..provider(Dialect::Gemini)
    };
    let (request, body) = sent(&tuned, &Completion { format: Format::JsonObject, ..Completion::default() }, false);
    assert_eq!(request.url, "https://g.example/v1/tunedModels/a%20b%3Fc:generateContent");
    assert_eq!(body, json!({ "contents": [], "generationConfig": { "responseMimeType": "application/json" } }));
    assert_eq!(sent(&tuned, &Completion::default(), true).1, json!({ "contents": [] }));
}

#[test]
fn ollama_as_sent() {
    let local = Provider { keep_alive: "10m".into(), ..provider(Dialect::Ollama) };
    let (request, body) = sent(&local, &question(schema("draft")), true);
    assert_eq!(
        (request.url.as_str(), &request.headers[AUTHORIZATION]),
        ("https://api.example/api/chat", &"Bearer k-123".parse().unwrap())
    );
    assert_eq!((&body["stream"], &body["keep_alive"]), (&json!(true), &json!("10m")));
    assert_eq!(body["options"], json!({ "num_ctx": 4_096, "num_predict": 700, "temperature": 1.2 }));
    assert_eq!(body["format"]["required"], json!(["title"]));
    assert_eq!(body["messages"].as_array().unwrap().len(), 5);
    let context = |num_ctx, bytes: usize| {
        let provider = Provider { num_ctx, base_url: "http://127.0.0.1:11434/api".into(), ..provider(Dialect::Ollama) };
        let long = Completion {
            messages: vec![Message::user("x".repeat(bytes))],
            format: Format::JsonObject,
            ..Completion::default()
        };
        let (request, body) = sent(&provider, &long, false);
        assert_eq!(
            (request.url.as_str(), &body["stream"], &body["format"]),
            ("http://127.0.0.1:11434/api/chat", &json!(false), &json!("json"))
        );
        body["options"]["num_ctx"].as_u64().unwrap()
    };
    assert_eq!(context(8_000, 9), 8_000);
    assert_eq!((context(0, 9), context(0, 30_000), context(0, 10_000_000)), (4_096, 16_384, 131_072));
}

#[test]
fn whole_answers() {
    let read = |dialect: Dialect, body: Value| dialect.response(StatusCode::OK, body.to_string().as_bytes());
    let (answer, _) = read(
        Dialect::Anthropic,
        json!({
            "content": [
                { "type": "thinking", "thinking": "Hm" },
                { "type": "tool_use", "name": "draft", "input": { "title": "A" } },
            ],
            "model": "c", "stop_reason": "tool_use", "usage": { "input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 2 },
        }),
    );
    let usage = Usage { prompt_tokens: 8, completion_tokens: 2, cached_tokens: 5, reasoning_tokens: 0 };
    let expected =
        Completed { text: "{\"title\":\"A\"}".into(), model: "c".into(), usage: Some(usage), finish: Finish::Stop };
    assert_eq!(answer.unwrap(), expected);
    let (refused, usage) = read(
        Dialect::Anthropic,
        json!({ "model": "c", "content": [], "stop_reason": "refusal", "usage": { "input_tokens": 3, "output_tokens": 1 } }),
    );
    assert_eq!((refused.unwrap_err().kind(), usage.unwrap().prompt_tokens), ("refusal", 3));
    let (safety, _) = read(Dialect::Gemini, json!({ "candidates": [{ "finishReason": "SAFETY", "index": 0 }] }));
    assert_eq!(safety.unwrap_err().to_string(), "the model refused: the provider's filter ended the answer: SAFETY");
    let (long, _) = read(
        Dialect::Gemini,
        json!({ "candidates": [{ "content": { "parts": [{ "text": "A" }] }, "finishReason": "MAX_TOKENS" }], "modelVersion": "g" }),
    );
    assert_eq!(long.unwrap().finish, Finish::Length);
    let (warm, _) =
        read(Dialect::Ollama, json!({ "model": "l", "message": { "content": "A" }, "done": true, "eval_count": 2 }));
    assert_eq!(warm.unwrap().usage, None, "a question that was not counted is no question of no tokens");
    for dialect in Dialect::ALL {
        for body in ["{}", "[]", "7", "null", "<html>", ""] {
            assert_eq!(
                dialect.response(StatusCode::OK, body.as_bytes()).0.unwrap_err().kind(),
                "malformed",
                "{dialect} {body}"
            );
        }
        let (error, _) = dialect.response(StatusCode::OK, br#"[{"error":{"code":404,"message":"no such model"}}]"#);
        let error = error.unwrap_err();
        assert!(error.is_rejection() && !error.is_transient() && error.kind() == "in_band_error", "{error:?}");
    }
}
