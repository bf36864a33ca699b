use super::super::Message;
use super::*;
use stdx::config::Secret;

fn provider() -> Provider {
    Provider {
        name: "p".into(),
        base_url: "https://api.example/v1/".into(),
        api_key: Secret::new("k-123"),
        model: "m-1".into(),
        ..Provider::default()
    }
}

#[test]
fn a_question_as_sent() {
    let completion = Completion {
        messages: vec![Message::system("Be \"brief\"."), Message::user("Hi\n")],
        tokens_max: Some(700),
        temperature: Some(0.7),
        format: Format::JsonObject,
    };
    let request = request(&provider(), &completion, Duration::from_secs(60), ByteSize::mib(1)).unwrap();
    assert_eq!((request.method, request.url.as_str()), (Method::POST, "https://api.example/v1/chat/completions"));
    assert_eq!(request.headers[AUTHORIZATION], "Bearer k-123");
    assert!(!format!("{:?}", request.headers).contains("k-123"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "model": "m-1", "max_tokens": 700, "temperature": 0.7, "response_format": { "type": "json_object" },
            "messages": [{ "role": "system", "content": "Be \"brief\"." }, { "role": "user", "content": "Hi\n" }],
        })
    );
    let local = Provider { api_key: Secret::default(), ..provider() };
    let request = super::request(&local, &Completion::default(), Duration::from_secs(1), ByteSize::mib(1)).unwrap();
    assert!(!request.headers.contains_key(AUTHORIZATION));
    assert_eq!(request.body, r#"{"messages":[],"model":"m-1"}"#);
    let broken = Provider { api_key: Secret::new("k\n"), ..provider() };
    let error = super::request(&broken, &Completion::default(), Duration::ZERO, ByteSize(1)).unwrap_err();
    assert!(!error.to_string().contains("k\n"));
}

#[test]
fn answers_in_every_shape() {
    let read = |body: &str| response(StatusCode::OK, body.as_bytes());
    let whole = r#"{"model":"m-1-2026","choices":[{"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}"#;
    let expected = Completed {
        text: "Hello".into(),
        model: "m-1-2026".into(),
        usage: Some(Usage { prompt_tokens: 12, completion_tokens: 3 }),
        finish: Finish::Stop,
    };
    assert_eq!(read(whole).unwrap(), expected);
    let parts = r#"{"choices":[{"message":{"content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo"}]},"finish_reason":"length"}]}"#;
    assert_eq!(
        read(parts).unwrap(),
        Completed { model: String::new(), usage: None, finish: Finish::Length, ..expected }
    );

    let kind = |body: &str| read(body).unwrap_err().kind();
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
    assert_eq!(
        usage(br#"{"choices":[],"usage":{"prompt_tokens":9}}"#),
        Some(Usage { prompt_tokens: 9, completion_tokens: 0 })
    );
    assert_eq!(usage(br#"{"usage":{"prompt_tokens":-1}}"#), None);
}

#[test]
fn statuses_and_their_messages() {
    let fault = |status: u16, body: &str| response(StatusCode::from_u16(status).unwrap(), body.as_bytes()).unwrap_err();
    assert_eq!(
        fault(401, r#"{"error":{"message":"Incorrect\n API key"}}"#).to_string(),
        "the provider answered with status 401: Incorrect API key"
    );
    assert!(fault(502, &"<html>\u{1b}[31m ".repeat(1_000)).to_string().len() < 400);
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
    }
}
