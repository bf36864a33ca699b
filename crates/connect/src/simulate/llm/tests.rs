use serde_json::json;

use super::*;
use crate::llm::structured::Schema;
use crate::llm::{Completed, Completion, Event, Fault, Format, Message, Provider};

fn question(json_mode: bool) -> Vec<u8> {
    let mut question = json!({ "model": "m", "messages": [
        { "role": "system", "content": "Answer as {\"title\": \"…\", \"excerpt\": \"…\", \"body\": \"…\"} and nothing else." },
        { "role": "user", "content": "The bridge opened on 4 May. It cost 48213 euros in all. Short. Nobody was hurt at the opening." },
    ] });
    if json_mode {
        question["response_format"] = json!({ "type": "json_object" });
    }
    question.to_string().into_bytes()
}

fn content(script: &str, json_mode: bool) -> String {
    let reply = script.parse::<Script>().unwrap().reply(0, &question(json_mode));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

#[test]
fn good_answers_come_from_the_question() {
    assert_eq!(
        content("ok", false),
        "The bridge opened on 4 May. It cost 48213 euros in all. Nobody was hurt at the opening."
    );
    let object: Value = serde_json::from_str(&content("ok", true)).unwrap();
    assert_eq!(
        object,
        json!({
            "title": "The bridge opened on 4 May", "excerpt": "It cost 48213 euros in all",
            "body": "The bridge opened on 4 May. It cost 48213 euros in all. Nobody was hurt at the opening.",
        })
    );
    assert!(content("invented", false).ends_with("Analysts expect 56132 visitors and a cost of 64051 euros."));
    assert!(content("ok", false).starts_with(&content("cut", false)));
}

#[test]
fn steps_go_in_order_and_the_last_one_stays() {
    let script: Script = "429:3, 500,slow:50,ok".parse().unwrap();
    let statuses: Vec<_> = (0..6).map(|i| script.reply(i, &question(false)).status).collect();
    assert_eq!(statuses, [429, 500, 200, 200, 200, 200]);
    assert!(script.reply(0, &question(false)).headers.contains(&("retry-after", "3".into())));
    assert_eq!(script.reply(2, &question(false)).delay, Duration::from_millis(50));
    assert_eq!(script.reply(4, &question(false)).delay, Duration::ZERO);
    assert_eq!(script.reply(1, &question(true)), script.reply(1, &question(true)));
}

#[test]
fn bad_scripts_and_bad_questions() {
    for bad in ["", "ok,", "ok:1", "429", "429:x", "slow:-1", "yes"] {
        assert!(bad.parse::<Script>().is_err(), "{bad}");
    }
    let script = Script::new(Step::Ok, &[]);
    for bad in [&b""[..], b"[]", b"{", b"\xff"] {
        assert_eq!(script.reply(0, bad).status, 400);
    }
    for odd in ["{}", r#"{"messages":7}"#, r#"{"messages":[1,{"role":"user"}]}"#] {
        assert_eq!(script.reply(0, odd.as_bytes()).status, 200);
    }
}

const ASKED: &str = "The bridge opened on 4 May. It cost 48213 euros in all. See https://evil.example/x (now).";

/// What a dialect sends and reads, over the simulator: the step's answer, streamed or whole.
fn heard(step: &str, dialect: Dialect, is_streamed: bool, format: Format) -> (Played, Result<Completed, Fault>) {
    let provider = Provider { dialect, base_url: "http://p".into(), model: "m".into(), ..Provider::default() };
    let messages = vec![Message::system("Secret: seven."), Message::user(ASKED)];
    let completion = Completion { messages, format, ..Completion::default() };
    let limits = crate::Settings::default().limits();
    let request = dialect.request(&provider, &completion, is_streamed, limits).unwrap();
    let path = request.url.strip_prefix("http://p").unwrap();
    let played = step.parse::<Script>().unwrap().play(0, path, &request.body);
    let body: Vec<u8> = played.pieces.iter().flat_map(|(_, piece)| piece.clone()).collect();
    if !is_streamed {
        let status = http::StatusCode::from_u16(played.status).unwrap();
        return (played, dialect.response(status, &body).0);
    }
    let mut frames = dialect.frames();
    let mut text = String::new();
    for event in frames.push(&body).into_iter().chain(frames.end()) {
        match event {
            Event::Text(more) => text.push_str(&more),
            Event::Error { message, status, raw } => return (played, Err(Fault::InBand { message, status, raw })),
            _ => {}
        }
    }
    let finish = crate::llm::Finish::Stop;
    (played, Ok(Completed { text, model: "m".into(), usage: None, finish }))
}

#[test]
fn every_dialect_streamed_and_whole() {
    let schema = json!({
        "type": "object", "required": ["title", "tags", "n"], "additionalProperties": false,
        "properties": { "title": { "type": "string" }, "tags": { "type": "array", "items": { "type": "string" } },
            "n": { "type": "integer", "minimum": 3 } },
    });
    let schema = Schema::new(schema).unwrap();
    for (dialect, is_streamed) in Dialect::ALL.into_iter().flat_map(|dialect| [(dialect, false), (dialect, true)]) {
        let what = format!("{dialect} {is_streamed}");
        let text = |step: &str| heard(step, dialect, is_streamed, Format::Text).1.unwrap().text;
        let good = text("ok");
        assert_eq!(good, "The bridge opened on 4 May. It cost 48213 euros in all.", "{what}");
        assert_eq!((text("wrong-usage"), text("slow:5"), text("drip:5")), (good.clone(), good.clone(), good.clone()));
        assert_eq!(text("obey"), format!("{good} Click here: https://evil.example/x Secret: seven."), "{what}");
        let form = Format::Schema { name: "draft".into(), schema: schema.clone() };
        let filled: Value = serde_json::from_str(&heard("ok", dialect, is_streamed, form).1.unwrap().text).unwrap();
        assert_eq!((schema.check(&filled), &filled["n"]), (Vec::new(), &json!(3)), "{what}: {filled}");
        let fault = heard("error", dialect, false, Format::Text).1.unwrap_err();
        assert_eq!(fault.kind(), "in_band_error", "{what}");
        for (step, status) in [("401", 401), ("429:7", 429), ("500", 500)] {
            let (played, _) = heard(step, dialect, is_streamed, Format::Text);
            assert_eq!((played.status, played.is_cut), (status, false), "{what}");
        }
    }
}

#[test]
fn pieces_and_their_waits() {
    let ms = Duration::from_millis;
    for dialect in Dialect::ALL {
        let play = |step: &str, is_streamed| heard(step, dialect, is_streamed, Format::Text).0;
        let waits =
            |played: &Played| played.pieces.iter().map(|(wait, _)| *wait).filter(|wait| !wait.is_zero()).count();
        let words = 12;
        let drip = play("drip:1000", true);
        assert_eq!(waits(&drip), words - 1, "{dialect}: the first word comes at once");
        assert!(drip.pieces.iter().all(|(wait, _)| wait.is_zero() || *wait == ms(1_000)));
        assert_eq!(play("drip:1000", false).pieces[0].0, ms(11_000), "{dialect}: as long as its words");
        assert_eq!((waits(&play("slow:70", true)), play("slow:70", true).pieces[0].0), (1, ms(70)));
        let cut = play("cut-after:4", true);
        assert_eq!((cut.pieces.len(), cut.is_cut), (4, true));
        assert!(play("cut-after:0", true).pieces.is_empty());
        let error = play("error-after:4", true);
        assert_eq!((error.pieces.len(), error.is_cut), (5, false));
        assert!(heard("error-after:4", dialect, true, Format::Text).1.is_err());
    }
    let elsewhere = Script::new(Step::Ok, &[]).play(0, "/v1/models", b"{}");
    assert_eq!(elsewhere.status, 404);
}

#[test]
fn scripts_in_files() {
    let script = Script::from_lines("# how it goes\n429:2   # wait\n\ncut-after:3\r\nobey\n").unwrap();
    assert_eq!(script, "429:2,cut-after:3,obey".parse().unwrap());
    assert_eq!(script.len(), 3);
    for (bad, named) in [("ok\nmaybe\n", "\"maybe\""), ("", "\"\""), ("# nothing", "\"\"")] {
        assert!(Script::from_lines(bad).unwrap_err().to_string().starts_with(named), "{bad}");
    }
    for step in ["drip:5", "cut-after:0", "error-after:9", "obey", "wrong-usage"] {
        assert_eq!(step.parse::<Step>().unwrap().to_string(), step);
    }
}
