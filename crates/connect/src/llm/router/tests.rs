mod failover;
mod money;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use stdx::config::Secret;
use stdx::{Clock, Rng};

use super::super::Message;
use super::*;
use crate::simulate::llm::Script;
use crate::testing::{Act, Server};

/// A scripted provider over a real socket, in chunks, so that a cut can be told from the end.
async fn provider(script: &str) -> Server {
    let script: Script = script.parse().unwrap();
    Server::start(move |index, seen| {
        let played = script.play(index, seen.path(), &seen.body);
        let headers: String = played.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head =
            format!("HTTP/1.1 {} X\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{headers}\r\n", played.status);
        let first = played.pieces.first().map(|(wait, _)| *wait).unwrap_or_default();
        let mut acts = vec![Act::Wait(first), Act::Send(head.into())];
        for (n, (wait, piece)) in played.pieces.iter().enumerate() {
            acts.push(Act::Wait(if n == 0 { Duration::ZERO } else { *wait }));
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            acts.push(Act::Send(chunk.into()));
        }
        acts.extend((!played.is_cut).then(|| Act::Send("0\r\n\r\n".into())));
        acts
    })
    .await
}

fn router(servers: &[&Server], change: impl Fn(&mut Settings)) -> (Router, Clock) {
    let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
    let connect = crate::Settings {
        allow: servers.iter().map(|s| s.address.to_string()).collect(),
        ..crate::Settings::default()
    };
    let of = |(i, server): (usize, &&Server)| Provider {
        name: format!("p{i}"),
        base_url: server.url("/v1"),
        api_key: Secret::new("k-123"),
        model: "m".into(),
        timeout_ms: 5_000,
        price_in_microdollars: 1_000_000,
        price_out_microdollars: 2_000_000,
        ..Provider::default()
    };
    let mut settings = Settings {
        providers: servers.iter().enumerate().map(of).collect(),
        retry_delay_ms_min: 1,
        retry_delay_ms_max: 1_500,
        ..Settings::default()
    };
    change(&mut settings);
    (Router::new(Client::new(&connect, clock.clone(), Rng::seeded(1)), settings), clock)
}

fn question() -> Completion {
    Completion {
        messages: vec![Message::user("The bridge opened on 4 May. It cost 12 euros in all.")],
        ..Completion::default()
    }
}

fn outcomes(call: &Call) -> String {
    call.attempts.iter().map(|a| format!("{}:{}", a.provider, a.outcome)).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn an_answer_with_its_price() {
    let server = provider("ok").await;
    let (router, _) = router(&[&server], |_| {});
    let call = router.complete(&question()).await;
    let cost = call.cost_microdollars();
    let answer = call.result.unwrap();
    assert_eq!(answer.text, "The bridge opened on 4 May. It cost 12 euros in all.");
    assert_eq!((answer.provider.as_str(), answer.model.as_str(), answer.finish), ("p0", "m", Finish::Stop));
    assert_eq!(answer.usage, Usage { prompt_tokens: 12, completion_tokens: 12, ..Usage::default() });
    assert_eq!((answer.cost_microdollars, cost, answer.usage_is_estimated), (36, 36, false));
    let seen = &server.seen()[0];
    assert_eq!(seen.path(), "/v1/chat/completions");
    assert_eq!(seen.header("authorization"), Some("Bearer k-123"));
}

#[tokio::test]
async fn the_matrix_of_faults() {
    // script, attempts at the only provider, whether there is a text, whether later may help
    let cases = [
        ("ok", "p0:ok", true, false),
        ("slow:30", "p0:ok", true, false),
        ("invented", "p0:ok", true, false),
        ("cut", "p0:ok", true, false),
        ("500,ok", "p0:server_error p0:ok", true, false),
        ("429:0,500,ok", "p0:rate_limited p0:server_error p0:ok", true, false),
        ("429:1,ok", "p0:rate_limited p0:ok", true, false),
        ("500", "p0:server_error p0:server_error p0:server_error", false, true),
        ("429:2,ok", "p0:rate_limited", false, true),
        ("401,ok", "p0:rejected", false, false),
        ("truncated,ok", "p0:cut p0:ok", true, false),
        ("cut-after:9,ok", "p0:protocol p0:ok", true, false),
        ("cut-after:0,ok", "p0:protocol p0:ok", true, false),
        ("error-after:9,ok", "p0:in_band_error p0:ok", true, false),
        ("drip:5", "p0:ok", true, false),
        ("garbage,ok", "p0:malformed", false, false),
        ("refusal,ok", "p0:refusal", false, false),
        ("empty,ok", "p0:empty", false, false),
        ("error,ok", "p0:in_band_error p0:ok", true, false),
        ("slow:3000,ok", "p0:timeout p0:ok", true, false),
    ];
    for (script, expected, text, later) in cases {
        let server = provider(script).await;
        let (router, _) = router(&[&server], |s| {
            if script.starts_with("slow:3000") {
                s.providers[0].timeout_ms = 500;
            }
        });
        let call = router.complete(&question()).await;
        assert_eq!(outcomes(&call), expected, "{script}");
        assert_eq!(call.result.is_ok(), text, "{script}");
        assert_eq!(call.result.is_err_and(|f| f.is_transient()), later, "{script}");
        assert_eq!(server.connections(), call.attempts.len(), "{script}");
        if script == "429:1,ok" {
            assert!(call.latency >= Duration::from_secs(1), "Retry-After wins over the shorter wait of our own");
        }
    }
}

#[tokio::test]
async fn the_next_provider_answers_for_the_first() {
    for (script, first) in
        [("401", "rejected"), ("refusal", "refusal"), ("garbage", "malformed"), ("429:60", "rate_limited")]
    {
        let (bad, good) = (provider(script).await, provider("ok").await);
        let (router, _) = router(&[&bad, &good], |_| {});
        let call = router.complete(&question()).await;
        assert_eq!(outcomes(&call), format!("p0:{first} p1:ok"));
        let failed = match script {
            "refusal" => 12 + 2 * 10,
            // Nobody counted: what was sent and received.
            "garbage" => 13 + 2 * 13,
            _ => 0,
        };
        assert_eq!(call.cost_microdollars(), 36 + failed, "a refusal is billed too");
        assert_eq!(call.attempts[0].usage_is_estimated, script == "garbage");
        assert!(call.attempts[0].said.is_some(), "its own words are kept");
        assert_eq!(call.result.unwrap().provider, "p1");
    }
}

#[tokio::test]
async fn a_failing_provider_is_left_alone_and_probed_again() {
    let server = provider("500,500,500,500,ok").await;
    let (router, clock) = router(&[&server], |s| (s.attempts_max, s.breaker_failures) = (2, 4));
    for _ in 0..2 {
        assert_eq!(outcomes(&router.complete(&question()).await), "p0:server_error p0:server_error");
    }
    assert_eq!(router.health()[0].1.breaker, stdx::breaker::State::Open);
    let call = router.complete(&question()).await;
    let until = clock.now() + Duration::from_secs(60);
    assert!(matches!(call.result, Err(Failure::Resting { until: u }) if u == until), "{:?}", call.result);
    assert_eq!((call.attempts.len(), server.connections()), (0, 4));
    clock.advance(Duration::from_secs(60));
    assert!(router.complete(&question()).await.result.is_ok());
    assert_eq!(router.health()[0].1.breaker, stdx::breaker::State::Closed);
}

#[tokio::test]
async fn one_wrong_key_opens_the_breaker_and_refusals_do_not() {
    let (wrong, prim) = (provider("401").await, provider("refusal").await);
    let (router, _) = router(&[&wrong, &prim], |_| {});
    for expected in ["p0:rejected p1:refusal", "p1:refusal", "p1:refusal"] {
        assert_eq!(outcomes(&router.complete(&question()).await), expected);
    }
}

#[tokio::test]
async fn the_deadline_covers_all_attempts() {
    let server = provider("slow:60000").await;
    let (router, _) = router(&[&server, &server], |s| (s.attempts_max, s.providers[0].timeout_ms) = (9, 150));
    let call = router.complete_within(&question(), Duration::from_secs(2)).await;
    assert!(matches!(&call.result, Err(Failure::Deadline { last: Some(Fault::Call(_)), .. })), "{:?}", call.result);
    assert!(call.latency < Duration::from_secs(6) && call.attempts.len() >= 2, "{call:?}");
    let call = router.complete_within(&question(), Duration::ZERO).await;
    assert_eq!(call.result.unwrap_err().to_string(), "no language model answered within 0 s");
}

/// A server that answers `status` to a question with a schema, and what it was asked for each time.
async fn plain(status: u16, always: bool) -> (Server, Arc<Mutex<Vec<&'static str>>>) {
    let asked: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let seen_forms = Arc::clone(&asked);
    let server = Server::start(move |_, seen| {
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        let form = if body.contains("json_schema") { "schema" } else { "json" };
        seen_forms.lock().unwrap().push(form);
        let (status, body) = match always || form == "schema" {
            true => (status, "{\"error\":{\"message\":\"response_format is not supported\"}}"),
            false => (200, "{\"choices\":[{\"message\":{\"content\":\"{}\"},\"finish_reason\":\"stop\"}]}"),
        };
        let head =
            format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        vec![Act::Send(format!("{head}{body}").into())]
    })
    .await;
    (server, asked)
}

#[tokio::test]
async fn servers_that_refuse_a_schema_are_asked_for_plain_json() {
    let schema = super::super::structured::Schema::new(serde_json::json!({ "type": "object" })).unwrap();
    let shaped = Completion { format: super::super::Format::Schema { name: "form".into(), schema }, ..question() };
    for status in [400, 422, 500, 501] {
        let (server, asked) = plain(status, false).await;
        let (asker, _) = router(&[&server], |settings| settings.attempts_max = 1);
        let call = asker.complete(&shaped).await;
        assert_eq!(call.result.unwrap().text, "{}", "{status}");
        assert_eq!(call.attempts.len(), 2);
        asker.complete(&shaped).await.result.unwrap();
        assert_eq!(*asked.lock().unwrap(), ["schema", "json", "json"], "{status}: it is known by then");
    }
    // Where plain JSON does not help either, the schema was not at fault.
    let (server, asked) = plain(400, true).await;
    let (asker, _) = router(&[&server], |settings| settings.attempts_max = 1);
    for _ in 0..2 {
        assert!(matches!(
            asker.complete(&shaped).await.result,
            Err(Failure::Fault { fault: Fault::Status { status: 400, .. }, .. })
        ));
    }
    assert_eq!(*asked.lock().unwrap(), ["schema", "json", "schema", "json"]);
    // A rejected key has nothing to do with it.
    let (server, asked) = plain(401, true).await;
    let (asker, _) = router(&[&server], |_| {});
    assert!(asker.complete(&shaped).await.result.is_err());
    assert_eq!(*asked.lock().unwrap(), ["schema"]);
}

#[tokio::test]
async fn odd_circumstances() {
    let (none, _) = router(&[], |_| {});
    assert!(matches!(none.complete(&question()).await.result, Err(Failure::NoProvider)));
    // A port where nobody listens, and a provider that is not on the list.
    let gone = provider("ok").await;
    let (unlisted, _) = router(&[&gone], |s| s.providers[0].base_url = "http://127.0.0.1:9/v1".into());
    assert_eq!(outcomes(&unlisted.complete(&question()).await), "p0:refused");
    // A redirect is an answer of the wrong kind, and is not followed with the key in hand.
    let trap = Server::start(|_, _| crate::testing::redirect("307 Temporary Redirect", "http://127.0.0.1:9/")).await;
    let (redirected, _) = router(&[&trap], |_| {});
    assert_eq!(outcomes(&redirected.complete(&question()).await), "p0:rejected");
    // No usage in the answer: it is estimated, and said to be.
    let count = Arc::new(AtomicUsize::new(0));
    let calls = Arc::clone(&count);
    let silent = Server::start(move |_, _| {
        calls.fetch_add(1, Ordering::SeqCst);
        crate::testing::answer(
            "200 OK",
            "",
            r#"{"choices":[{"message":{"content":"12345678"},"finish_reason":"stop"}]}"#,
        )
    })
    .await;
    let (router, _) = router(&[&silent], |_| {});
    let answer = router.complete(&question()).await.result.unwrap();
    let guessed = Usage { prompt_tokens: 13, completion_tokens: 2, ..Usage::default() };
    assert_eq!((answer.usage, answer.usage_is_estimated), (guessed, true));
    assert_eq!((answer.model.as_str(), count.load(Ordering::SeqCst)), ("m", 1));
}
