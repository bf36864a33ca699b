use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::router::Kept;
use super::super::testing::{Purse, Scripted, outcomes, scripted};
use super::super::{Dialect, Event, Failure, Fault, Purpose};
use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn asked(change: impl Fn(&mut Value)) -> Completion {
    let mut body = json!({
        "model": "writer",
        "messages": [{ "role": "user", "content": "The bridge opened on 4 May. It cost 12 euros in all." }],
    });
    change(&mut body);
    Completion::passed(body.to_string().as_bytes()).unwrap()
}

#[test]
fn what_nobody_here_knows_goes_on_as_it_came() {
    let body =
        br#"{"model":"writer", "messages":[{"role":"user","content":"a\u00e9"}],"top_p":0.10, "x":{"b":1e2,"a":[1]},
        "stream":true,"tools":[{"type":"function"}]}"#;
    let passed = Completion::passed(body).unwrap().passed.unwrap();
    let written = String::from_utf8(passed.body("gpt", true)).unwrap();
    let expected = r#"{"model":"gpt","messages":[{"role":"user","content":"a\u00e9"}],"top_p":0.10,"x":{"b":1e2,"a":[1]},"tools":[{"type":"function"}],"stream":true,"stream_options":{"include_usage":true}}"#;
    assert_eq!(written, expected);
    let whole = String::from_utf8(passed.body("", false)).unwrap();
    assert!(whole.starts_with(r#"{"model":"writer","#) && !whole.contains("stream"), "{whole}");
    assert_eq!((passed.is_streamed, passed.wants_usage, passed.only_openai()), (true, false, Some("tools")));
}

#[test]
fn what_all_dialects_have_is_understood() {
    let completion = asked(|body| {
        body["max_completion_tokens"] = 70.into();
        body["temperature"] = json!(0.5);
        body["messages"] = json!([
            { "role": "developer", "content": "Be brief." },
            { "role": "user", "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }], "name": "x" },
        ]);
        body["response_format"] = json!({ "type": "json_object" });
        body["tools"] = json!([]);
    });
    assert_eq!(completion.messages, [Message::system("Be brief."), Message::user("a\nb")]);
    assert_eq!((completion.tokens_max, completion.temperature), (Some(70), Some(0.5)));
    assert_eq!((completion.format, completion.passed.unwrap().only_openai()), (Format::JsonObject, None));
    let pictures = json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "data:" } }] }]);
    let only = |change: &dyn Fn(&mut Value)| asked(change).passed.unwrap().only_openai();
    assert_eq!(only(&|body| body["messages"] = pictures.clone()), Some("messages with more than text"));
    assert_eq!(only(&|body| body["n"] = 2.into()), Some("n"));
    assert_eq!(only(&|body| body["stop"] = "x".into()), Some("stop"));
    assert_eq!(only(&|body| body["response_format"] = json!({ "type": "grammar" })), Some("its response_format"));
}

#[test]
fn faults_name_their_field() {
    let ok = r#""messages":[{"role":"user","content":"x"}]"#;
    for (body, field, part) in [
        ("", None, "no object"),
        ("[]", None, "an object"),
        ("{", None, "no object"),
        (&*format!("{{{ok}}}"), Some("model"), "must name one"),
        (&*format!("{{\"model\":7,{ok}}}"), Some("model"), "must be a text"),
        (&*format!("{{\"model\":\"a\",\"model\":\"b\",{ok}}}"), None, "twice"),
        (&*format!("{{\"model\":\"a\",\"stream\":1,{ok}}}"), Some("stream"), "true or false"),
        (&*format!("{{\"model\":\"a\",\"n\":0,{ok}}}"), Some("n"), "1 to 128"),
        (&*format!("{{\"model\":\"a\",\"max_tokens\":-1,{ok}}}"), Some("max_tokens"), "a number"),
        (r#"{"model":"a","messages":[]}"#, Some("messages"), "at least one"),
        (r#"{"model":"a","messages":"x"}"#, Some("messages"), "at least one"),
    ] {
        let fault = Completion::passed(body.as_bytes()).unwrap_err();
        assert_eq!(fault.field, field, "{body}: {fault}");
        assert!(fault.message.contains(part), "{body}: {fault}");
    }
}

/// The frames, or the document, and the text that was told.
async fn all(router: &super::super::Router, completion: &Completion) -> (Vec<u8>, String) {
    let mut stream = router.pass(completion, &Purpose::default(), DAY).await.unwrap();
    let (mut kept, mut text) = (Vec::new(), String::new());
    loop {
        let piece = stream.next().await.unwrap();
        match stream.kept() {
            Some(Kept::Frames(bytes) | Kept::Whole(bytes)) => kept.extend(bytes),
            None => {}
        }
        match piece {
            Some(piece) => text.push_str(&piece),
            None => return (kept, text),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_handed_on_as_it_came() {
    for (script, wants) in
        [("ok", true), ("ok", false), ("drip:100", true), ("500,ok", false), ("refusal", false), ("empty", true)]
    {
        let (scripts, purse) = (Scripted::new(&[script]), Arc::<Purse>::default());
        let router = scripted(&scripts, &purse, Dialect::OpenAi, |_| {});
        let completion = asked(|body| {
            body["stream"] = true.into();
            body["stream_options"] = json!({ "include_usage": wants });
        });
        let (frames, text) = all(&router, &completion).await;
        let events = Dialect::OpenAi.frames().push(&frames);
        let told: String = events.iter().map(|event| if let Event::Text(text) = event { text } else { "" }).collect();
        assert_eq!(told, text, "{script}");
        assert_eq!(events.last(), Some(&Event::Done), "{script}");
        assert_eq!(events.iter().any(|event| matches!(event, Event::Usage(_))), wants, "{script}");
        assert_eq!(events.iter().any(|event| matches!(event, Event::Refusal(_))), script == "refusal");
        let settled = purse.settled();
        assert!(
            !settled.last().unwrap().usage_is_estimated,
            "{script}: the count that nobody asked for is read all the same"
        );

        let router = scripted(&scripts, &purse, Dialect::OpenAi, |_| {});
        let (document, _) = all(&router, &asked(|_| {})).await;
        let document: Value = serde_json::from_slice(&document).unwrap();
        assert_eq!(document["object"], "chat.completion", "{script}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_dialect_gives_its_text() {
    for dialect in [Dialect::Anthropic, Dialect::Gemini, Dialect::Ollama] {
        let (scripts, purse) = (Scripted::new(&["ok"]), Arc::<Purse>::default());
        let router = scripted(&scripts, &purse, dialect, |_| {});
        for is_streamed in [true, false] {
            let mut stream = router
                .pass(&asked(|body| body["stream"] = is_streamed.into()), &Purpose::default(), DAY)
                .await
                .unwrap();
            while stream.next().await.unwrap().is_some() {
                assert_eq!(stream.kept(), None);
            }
            assert_eq!(stream.kept(), None);
            assert_eq!(stream.answer().unwrap().text, "The bridge opened on 4 May. It cost 12 euros in all.");
        }
        let tools = asked(|body| body["tools"] = json!([{}]));
        let call = router.pass(&tools, &Purpose::default(), DAY).await.unwrap_err();
        let Err(Failure::Fault { fault, .. }) = &call.result else { panic!("{call:?}") };
        assert!(matches!(fault, Fault::Unspeakable("tools")), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_s_mistakes_do_not_close_a_provider_to_others() {
    let (scripts, purse) = (Scripted::new(&["401,401,401,401,401,401,ok"]), Arc::<Purse>::default());
    let router = scripted(&scripts, &purse, Dialect::OpenAi, |_| {});
    let brings = |key: &str| {
        let mut completion = asked(|_| {});
        let mut passed = Passed::clone(completion.passed.as_deref().unwrap());
        passed.bearer = Some(Secret::new(key));
        completion.passed = Some(passed.into());
        completion
    };
    for _ in 0..6 {
        let call = router.pass(&brings("wrong"), &Purpose::default(), DAY).await.unwrap_err();
        assert_eq!(outcomes(&call.attempts), "p0:rejected");
    }
    assert!(!all(&router, &brings("right")).await.0.is_empty());
    assert_eq!(router.health()[0].1.answered, 1);
    assert_eq!(router.health()[0].1.last_fault, None, "the provider works");
}

#[test]
fn damaged_questions_and_answers_are_read_or_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/questions");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let documents: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    documents.iter().for_each(|document| fuzz(document));
    let dice = stdx::Rng::seeded(8);
    (0..2_000).for_each(|_| fuzz(&stdx::damage::damaged(&documents, &dice)));
}
