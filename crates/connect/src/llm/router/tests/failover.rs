//! Every fault at every place, on paused time: no text doubled, no call lost, no hold forgotten.

use std::time::Duration;

use super::super::super::testing::{Purse, Scripted, outcomes, scripted};
use super::super::super::{Dialect, Fault, Purpose};
use super::*;

const TEXT: &str = "The bridge opened on 4 May. It cost 12 euros in all. Nobody was hurt at the opening of it.";
const FAULTS: &[&str] = &[
    "gone",
    "401",
    "429:2",
    "429:600",
    "500",
    "slow:600000",
    "drip:1000",
    "drip:40000",
    "cut-after:0",
    "cut-after:1",
    "cut-after:3",
    "cut-after:5",
    "cut-after:9",
    "error-after:0",
    "error-after:1",
    "error-after:4",
    "error-after:9",
    "truncated",
    "garbage",
    "refusal",
    "empty",
    "error",
];

fn question() -> Completion {
    Completion { messages: vec![Message::system("Be brief."), Message::user(TEXT)], ..Completion::default() }
}

/// One call over `scripts`; the time to a good answer is asked for in the same words of each dialect.
async fn ask(scripts: &[&str], dialect: Dialect, stream: bool) {
    let what = format!("{scripts:?} {dialect} {stream}");
    let (server, purse) = (Scripted::new(scripts), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, dialect, |s| {
        s.attempts_max = 2;
        s.providers.iter_mut().for_each(|provider| provider.stream = stream);
    });
    let call = router.complete_within(&question(), Duration::from_secs(900)).await;
    let settled = purse.settled();
    assert_eq!(call.attempts, settled, "{what}");
    assert_eq!(server.asked().len(), settled.len(), "{what}: what was sent was settled");
    let answer = call.result.unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
    assert_eq!(answer.text, TEXT, "{what}");
    let good = scripts.iter().position(|script| *script == "ok").unwrap();
    assert_eq!(answer.provider, format!("p{good}"), "{what}");
    let expected = Usage { prompt_tokens: 22, completion_tokens: 20, ..Usage::default() };
    assert_eq!((answer.usage, answer.usage_is_estimated, answer.cost_microdollars), (expected, false, 62), "{what}");
    for attempt in &settled {
        let words = format!("{what}: {attempt:?}");
        if attempt.outcome == "slow" {
            assert!(attempt.latency <= Duration::from_secs(6), "{words}");
        }
        if attempt.first_content.is_some() && attempt.outcome != "ok" {
            assert!(attempt.usage_is_estimated && attempt.usage.completion_tokens > 0, "{words}");
        }
        assert!(attempt.latency <= Duration::from_secs(60), "{words}");
    }
    // A wait that the provider asked for is kept, by whoever is asked again.
    let asked = server.asked();
    for (place, script) in scripts.iter().enumerate() {
        let times: Vec<_> = asked.iter().filter(|(other, _)| *other == place).map(|(_, at)| *at).collect();
        let wait = match *script {
            "429:2" => Duration::from_secs(2),
            "429:600" => Duration::from_secs(600),
            _ => Duration::ZERO,
        };
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= wait), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_every_place() {
    for dialect in Dialect::ALL {
        for fault in FAULTS.iter().filter(|fault| dialect != Dialect::Ollama || **fault != "refusal") {
            for stream in [true, false] {
                if !stream && fault.starts_with("drip:1000") {
                    // As slow as that is quick enough for a whole answer.
                    continue;
                }
                for scripts in [
                    [fault, "ok", ""],
                    ["ok", fault, ""],
                    [fault, "ok", "ok"],
                    ["ok", fault, fault],
                    [fault, fault, "ok"],
                ] {
                    let scripts: Vec<&str> = scripts.into_iter().filter(|script| !script.is_empty()).collect();
                    ask(&scripts, dialect, stream).await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pairs_of_faults() {
    for first in FAULTS {
        for second in FAULTS {
            ask(&[first, second, "ok"], Dialect::OpenAi, true).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_answers_is_told_and_paid() {
    for dialect in Dialect::ALL {
        for fault in FAULTS.iter().filter(|fault| dialect != Dialect::Ollama || **fault != "refusal") {
            let (server, purse) = (Scripted::new(&[fault, fault]), Arc::new(Purse::default()));
            let router = scripted(&server, &purse, dialect, |s| s.attempts_max = 2);
            let call = router.complete_within(&question(), Duration::from_secs(900)).await;
            let Err(Failure::Fault { provider, .. }) = &call.result else { panic!("{fault}: {:?}", call.result) };
            assert_eq!((provider.as_str(), &call.attempts), ("p1", &purse.settled()), "{fault}");
            // Only what was neither sent nor answered with an error costs nothing.
            let free = ["gone", "401", "429:2", "429:600", "500", "error-after:0", "error"].contains(fault);
            // OpenAI's first frame says nothing, Anthropic's counts the question, the others' have text.
            let free = free || (dialect == Dialect::OpenAi && *fault == "error-after:1");
            assert_eq!(call.cost_microdollars() == 0, free, "{dialect} {fault}: {:?}", call.attempts);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_be_left_alone_holds_for_the_next_call_too() {
    let (server, purse) = (Scripted::new(&["429:30,ok", "500,ok"]), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, Dialect::OpenAi, |s| s.attempts_max = 1);
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(outcomes(&router.complete(&question()).await.attempts));
    }
    sleep(Duration::from_secs(30)).await;
    seen.push(outcomes(&router.complete(&question()).await.attempts));
    assert_eq!(seen, ["p0:rate_limited p1:server_error", "p1:ok", "p0:ok"]);
    // Alone, and soon enough to be waited for.
    let (server, purse) = (Scripted::new(&["429:30,429:3,ok"]), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, Dialect::OpenAi, |_| {});
    assert!(router.complete(&question()).await.result.is_err(), "30 s is longer than retry_delay_ms_max");
    let call = router.complete(&question()).await;
    assert!(matches!(call.result, Err(Failure::Resting { .. })), "{:?}", call.result);
    sleep(Duration::from_secs(15)).await;
    let call = router.complete(&question()).await;
    assert_eq!((outcomes(&call.attempts).as_str(), call.latency.as_secs()), ("p0:rate_limited p0:ok", 18));
}

#[tokio::test(start_paused = true)]
async fn limits_of_time() {
    let cases = [
        // script, what ends it, after how many milliseconds
        ("slow:600000", "waiting for the answer", 4_000),
        ("drip:1000", "characters in 5 s", 5_000),
        ("drip:40000", "waiting for the rest of the body", 3_000),
    ];
    for (script, why, ms) in cases {
        let (server, purse) = (Scripted::new(&[script]), Arc::new(Purse::default()));
        let router = scripted(&server, &purse, Dialect::OpenAi, |s| {
            s.attempts_max = 1;
            (s.providers[0].first_token_ms, s.providers[0].stall_ms) = (4_000, 3_000);
        });
        let call = router.complete(&question()).await;
        let Err(Failure::Fault { fault, .. }) = call.result else { panic!("{script}") };
        let cause = std::error::Error::source(&fault).map_or(fault.to_string(), ToString::to_string);
        assert!(cause.contains(why), "{script}: {cause}");
        assert_eq!(call.attempts[0].latency, Duration::from_millis(ms), "{script}");
    }
    // A slow provider may be wanted all the same.
    let (server, purse) = (Scripted::new(&["drip:1000"]), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, Dialect::OpenAi, |s| s.providers[0].drip_chars_min = 0);
    assert_eq!(router.complete(&question()).await.result.unwrap().text, TEXT);
    // The caller's time is not the provider's fault.
    let (server, purse) = (Scripted::new(&["slow:9000"]), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, Dialect::OpenAi, |s| s.breaker_failures = 1);
    let call = router.complete_within(&question(), Duration::from_secs(2)).await;
    assert!(matches!(call.result, Err(Failure::Deadline { last: Some(Fault::Call(_)), .. })), "{:?}", call.result);
    assert_eq!(router.health()[0].1.breaker, stdx::breaker::State::Closed);
    assert!(call.attempts[0].usage_is_estimated && call.cost_microdollars() > 0, "it was sent");
}

#[tokio::test(start_paused = true)]
async fn what_a_budget_refuses() {
    let (server, purse) = (Scripted::new(&["ok", "ok"]), Purse::refusing(&[("p0", 100)]));
    let router = scripted(&server, &purse, Dialect::OpenAi, |s| s.breaker_failures = 1);
    let purpose = Purpose::default().with("key", "mobile-app");
    let asked = Completion { tokens_max: Some(100), ..question() };
    let call = router.complete_for(&asked, &purpose, Duration::from_secs(60)).await;
    assert_eq!(outcomes(&call.attempts), "p1:ok", "another one may be asked");
    assert_eq!(router.health()[0].1.breaker, stdx::breaker::State::Closed, "the provider is not to blame");
    let purse = Purse::refusing(&[("p0", 100), ("p1", 261)]);
    let router = scripted(&server, &purse, Dialect::OpenAi, |_| {});
    let call = router.complete_for(&asked, &purpose, Duration::from_secs(60)).await;
    let Err(failure @ Failure::Fault { fault: Fault::Budget(_), .. }) = &call.result else { panic!("{call:?}") };
    assert_eq!((failure.kind(), failure.is_transient(), call.attempts.len()), ("budget", true, 0));
    let Failure::Fault { fault: Fault::Budget(overdrawn), .. } = failure else { panic!() };
    assert_eq!(overdrawn.to_string(), "the budget of mobile-app is used up");
    assert_eq!(purse.settled(), [], "nothing was put aside");
    // Half of 99 bytes in two messages, 24 around them, and a hundred tokens at twice the price.
    let hold = purse.reserve(&purpose, &Provider { name: "p2".into(), ..Provider::default() }, 262).await.unwrap();
    assert_eq!(hold.amount, 262);
}
