use http::StatusCode;
use http::header::AUTHORIZATION;
use stdx::ByteSize;
use stdx::config::Secret;

use super::super::dialect::tests::{LIMITS, provider, schema, sent};
use super::super::{Completed, Dialect, Fault, Message};
use super::*;

#[test]
fn a_question_as_sent() {
    let completion = Completion {
        passed: None,
        messages: vec![Message::system("Be \"brief\"."), Message::user("Hi\n")],
        tokens_max: Some(700),
        temperature: Some(0.7),
        format: Format::JsonObject,
    };
    let provider = Provider { base_url: "https://api.example/v1/".into(), ..provider(Dialect::OpenAi) };
    let (request, body) = sent(&provider, &completion, false);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://api.example/v1/chat/completions"));
    assert_eq!(request.headers[AUTHORIZATION], "Bearer k-123");
    assert!(!format!("{:?}", request.headers).contains("k-123"));
    assert_eq!(
        body,
        json!({
            "model": "m-1", "max_tokens": 700, "temperature": 0.7, "response_format": { "type": "json_object" },
            "messages": [{ "role": "system", "content": "Be \"brief\"." }, { "role": "user", "content": "Hi\n" }],
        })
    );
    let local = Provider { api_key: Secret::default(), ..provider.clone() };
    let (request, body) = sent(&local, &Completion::default(), true);
    assert!(!request.headers.contains_key(AUTHORIZATION));
    assert_eq!(
        body,
        json!({ "messages": [], "model": "m-1", "stream": true, "stream_options": { "include_usage": true } })
    );
    let broken = Provider { api_key: Secret::new("k\n"), ..provider.clone() };
    let limits = crate::Limits { body_max: ByteSize(1), ..LIMITS };
    let error = Dialect::OpenAi.request(&broken, &Completion::default(), true, limits).unwrap_err();
    assert!(!error.to_string().contains("k\n"));
    let (_, body) = sent(&provider, &Completion { format: schema("a form!"), ..Completion::default() }, false);
    assert_eq!(
        body["response_format"],
        json!({ "type": "json_schema", "json_schema": { "name": "a_form_", "strict": true, "schema": {
            "type": "object", "properties": { "title": { "type": "string" }, "n": { "type": ["integer", "null"] } },
            "required": ["n", "title"], "additionalProperties": false,
        } } })
    );
}

#[test]
fn answers_in_every_shape() {
    let read = |body: &str| Dialect::OpenAi.response(StatusCode::OK, body.as_bytes());
    let whole = r#"{"model":"m-1-2026","choices":[{"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}"#;
    let expected = Completed {
        text: "Hello".into(),
        model: "m-1-2026".into(),
        usage: Some(Usage { prompt_tokens: 12, completion_tokens: 3, ..Usage::default() }),
        finish: Finish::Stop,
    };
    assert_eq!(read(whole).0.unwrap(), expected);
    let parts = r#"{"choices":[{"message":{"content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]},"finish_reason":"length"}]}"#;
    assert_eq!(
        read(parts).0.unwrap(),
        Completed { model: String::new(), usage: None, finish: Finish::Length, ..expected }
    );

    let kind = |body: &str| read(body).0.unwrap_err().kind();
    assert_eq!(
        kind(r#"{"choices":[{"message":{"content":null,"refusal":"I cannot."},"finish_reason":"stop"}]}"#),
        "refusal"
    );
    assert_eq!(kind(r#"{"choices":[{"message":{"content":"Hal"},"finish_reason":"content_filter"}]}"#), "refusal");
    assert_eq!(kind(r#"{"choices":[{"message":{"content":" \n"},"finish_reason":"stop"}]}"#), "empty");
    assert_eq!(kind(r#"{"choices":[{"message":{},"finish_reason":null}]}"#), "empty");
    assert_eq!(kind(r#"{"choices":[]}"#), "malformed");
    assert_eq!(kind(r#"{"error":{"message":"overloaded"}}"#), "in_band_error");
    assert_eq!(kind(r#"{"choices":[],"error":"overloaded"}"#), "in_band_error");
    for cut in 0..whole.len() {
        assert_eq!(kind(&whole[..cut]), "malformed", "cut at {cut}");
    }
    for garbage in ["<html>", "null", "[]", "{}", "7", "\u{0}", &"[".repeat(100_000)] {
        assert_eq!(kind(garbage), "malformed");
    }
    let usage = |body: &str| read(body).1;
    assert_eq!(
        usage(r#"{"choices":[],"usage":{"prompt_tokens":9}}"#),
        Some(Usage { prompt_tokens: 9, ..Usage::default() })
    );
    assert_eq!(usage(r#"{"usage":{"prompt_tokens":-1}}"#), None);
    assert_eq!(usage(r#"{"usage":{"prompt_tokens":9,"prompt_cache_hit_tokens":12}}"#).unwrap().cached_tokens, 9);
}

#[test]
fn statuses_and_their_messages() {
    let fault = |status: u16, body: &str| {
        Dialect::OpenAi.response(StatusCode::from_u16(status).unwrap(), body.as_bytes()).0.unwrap_err()
    };
    let wrong = fault(401, r#"{"error":{"message":"Incorrect\n API key"}}"#);
    assert_eq!(wrong.to_string(), "the provider answered with status 401: Incorrect API key");
    assert_eq!(wrong.raw(), Some(r#"{"error":{"message":"Incorrect\n API key"}}"#), "its own words are kept");
    let hidden = fault(401, "the key k-123 is wrong").without("k-123");
    assert_eq!(hidden.to_string(), "the provider answered with status 401: the key *** is wrong");
    assert_eq!(hidden.raw(), Some("the key *** is wrong"));
    let page = fault(502, &"<html>\u{1b}[31m ".repeat(1_000));
    assert!(
        page.to_string().len() < 400 && page.raw().is_some_and(|raw| raw.len() <= 2_048 && !raw.contains('\u{1b}'))
    );
    for (status, transient) in [
        (400, false),
        (401, false),
        (402, false),
        (403, false),
        (404, false),
        (408, true),
        (409, true),
        (422, false),
        (425, true),
        (429, true),
        (500, true),
        (503, true),
        (529, true),
        (302, false),
    ] {
        assert_eq!(fault(status, "").is_transient(), transient, "{status}");
        assert!(matches!(fault(status, ""), Fault::Status { status: s, .. } if s == status));
    }
}
