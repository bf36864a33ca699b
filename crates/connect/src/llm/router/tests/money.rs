//! Every attempt is priced once: also those that were cut, cancelled or timed out.

use std::time::Duration;

use super::super::super::testing::{Purse, Scripted, outcomes, scripted};
use super::super::super::{Dialect, Fault, Purpose};
use super::*;

const STEPS: &[&str] = &[
    "ok",
    "ok",
    "ok",
    "wrong-usage",
    "429:1",
    "500",
    "slow:40000",
    "slow:300",
    "drip:1500",
    "drip:50",
    "cut-after:2",
    "cut-after:5",
    "error-after:3",
    "truncated",
    "garbage",
    "refusal",
    "empty",
    "error",
    "cut",
];

fn question() -> Completion {
    Completion {
        messages: vec![Message::user("The bridge opened on 4 May with music. It cost us 12 euros.")],
        tokens_max: Some(64),
        ..Completion::default()
    }
}

/// Steps by the dice, so many that none stays.
fn script(rng: &Rng, steps: usize) -> String {
    let all: Vec<&str> = (0..steps).map(|_| *rng.pick(STEPS).unwrap()).collect();
    all.join(",")
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_add_up() {
    const CALLS: usize = 10_000;
    let rng = Rng::seeded(11);
    let (mut calls, mut cancelled, mut streams, mut sum, mut seen) = (0, 0, 0, 0u64, std::collections::BTreeMap::new());
    for dialect in Dialect::ALL {
        let scripts: Vec<String> = (0..3).map(|_| script(&rng, CALLS)).collect();
        let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
        let (server, purse) = (Scripted::new(&scripts), Purse::refusing(&[("p1", 400)]));
        let router = scripted(&server, &purse, dialect, |s| {
            s.route = Route::Balanced;
            s.providers.iter_mut().for_each(|provider| provider.rank = Some(0));
            s.providers[1].stream = false;
            // Never rests, so that every step has its turn.
            s.breaker_failures = u32::MAX;
            s.retry_delay_ms_max = 1_000;
        });
        let mut reported = 0u64;
        for _ in 0..CALLS / Dialect::ALL.len() {
            calls += 1;
            let asked = if rng.below(4) == 0 { Completion { tokens_max: Some(900), ..question() } } else { question() };
            let purpose = Purpose::default().with("day", "today");
            let patience = Duration::from_millis(rng.below(4) * rng.below(9_000) + 1);
            match rng.below(3) {
                0 => {
                    let call = router.complete_for(&asked, &purpose, Duration::from_secs(60)).await;
                    reported += call.cost_microdollars();
                }
                // The caller goes away at any moment.
                1 => {
                    let call =
                        tokio::time::timeout(patience, router.complete_for(&asked, &purpose, patience * 2)).await;
                    cancelled += usize::from(call.is_err());
                }
                _ => {
                    streams += 1;
                    let Ok(mut stream) = router.open(&asked, &purpose, Duration::from_secs(60)).await else { continue };
                    let pieces = rng.below(20);
                    for _ in 0..pieces {
                        if !matches!(stream.next().await, Ok(Some(_))) {
                            break;
                        }
                    }
                }
            }
        }
        let settled = purse.settled();
        assert_eq!(settled.len(), server.asked().len(), "{dialect}: what was sent was settled, and nothing else");
        for attempt in &settled {
            *seen.entry(attempt.outcome).or_insert(0) += 1;
            let price = attempt.usage.prompt_tokens + 2 * attempt.usage.completion_tokens;
            assert_eq!(attempt.cost_microdollars, price, "{attempt:?}");
            let is_answer = attempt.first_content.is_some();
            assert!(
                !is_answer || (attempt.usage.prompt_tokens > 0 && attempt.usage.completion_tokens > 0),
                "{attempt:?}"
            );
            assert!(attempt.outcome != "cancelled" || attempt.usage_is_estimated || is_answer, "{attempt:?}");
            sum += attempt.cost_microdollars;
        }
        let all: u64 = settled.iter().map(|attempt| attempt.cost_microdollars).sum();
        assert!(reported > 0 && reported < all, "{dialect}: the rest went to callers who did not wait for it");
        assert_eq!(purse.overruns(), 0, "{dialect}: never more than was put aside");
        assert!(router.targets.iter().all(|target| target.load(0).in_flight == 0), "{dialect}");
    }
    assert_eq!(calls, CALLS);
    assert!(cancelled > 500 && streams > 3_000 && sum > 100_000, "{cancelled} {streams} {sum}");
    for outcome in
        ["ok", "cancelled", "slow", "cut", "protocol", "timeout", "in_band_error", "malformed", "refusal", "empty"]
    {
        assert!(seen.get(outcome).is_some_and(|n| *n > 20), "{outcome}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_settled_however_it_ends() {
    for dialect in Dialect::ALL {
        // Ollama's errors in a stream do not say whether they pass.
        let first =
            if dialect == Dialect::Ollama { ("500", "server_error") } else { ("error-after:0", "in_band_error") };
        let script = format!("{},500,ok,ok,cut-after:9,ok", first.0);
        let (server, purse) = (Scripted::new(&[&script]), Arc::new(Purse::default()));
        let router = scripted(&server, &purse, dialect, |_| {});
        let (asked, purpose) = (question(), Purpose::default());
        let open = || router.open(&asked, &purpose, Duration::from_secs(60));
        let mut stream = open().await.unwrap();
        assert_eq!(outcomes(stream.attempts()), format!("p0:{} p0:server_error", first.1), "nobody noticed");
        let mut text = String::new();
        while let Some(piece) = stream.next().await.unwrap() {
            text.push_str(&piece);
        }
        assert_eq!(text, "The bridge opened on 4 May with music. It cost us 12 euros.");
        let answer = stream.answer().unwrap().clone();
        assert_eq!(
            (answer.text.as_str(), answer.cost_microdollars, stream.provider()),
            (text.as_str(), 13 + 2 * 13, "p0")
        );
        assert_eq!(stream.next().await.unwrap(), None);

        let mut stream = open().await.unwrap();
        stream.next().await.unwrap();
        assert_eq!(router.targets[0].load(0).in_flight, 1);
        drop(stream);
        let mut stream = open().await.unwrap();
        let broken = loop {
            match stream.next().await {
                Ok(piece) => assert!(piece.is_some()),
                Err(broken) => break broken,
            }
        };
        assert_eq!(
            (broken.provider.as_str(), broken.fault.kind()),
            ("p0", "protocol"),
            "no other text after the first content"
        );
        assert!(stream.answer().is_none() && stream.next().await.unwrap().is_none());
        drop(stream);
        let settled = purse.settled();
        let rest = "p0:server_error p0:ok p0:cancelled p0:protocol";
        assert_eq!(outcomes(&settled), format!("p0:{} {rest}", first.1), "{dialect}");
        assert!(settled[3..].iter().all(|attempt| attempt.usage_is_estimated && attempt.cost_microdollars > 13));
        assert_eq!(settled.len(), server.asked().len());
        assert!(matches!(settled[3].first_content, Some(first) if first.is_zero()));
    }
    let (server, purse) = (Scripted::new(&["401"]), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, Dialect::OpenAi, |_| {});
    let call = router.open(&question(), &Purpose::default(), Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(&call.result, Err(Failure::Fault { fault: Fault::Status { status: 401, .. }, .. })));
    assert_eq!((outcomes(&call.attempts).as_str(), purse.settled().len()), ("p0:rejected", 1));
}

#[tokio::test(start_paused = true)]
async fn wrong_counts_are_not_believed() {
    for (dialect, stream) in Dialect::ALL.into_iter().flat_map(|dialect| [(dialect, true), (dialect, false)]) {
        let (server, purse) = (Scripted::new(&["wrong-usage"]), Arc::new(Purse::default()));
        let router = scripted(&server, &purse, dialect, |s| s.providers[0].stream = stream);
        let answer = router.complete(&question()).await.result.unwrap();
        let guessed = Usage { prompt_tokens: 15, completion_tokens: 15, ..Usage::default() };
        assert_eq!(
            (answer.usage, answer.usage_is_estimated, answer.cost_microdollars),
            (guessed, true, 45),
            "{dialect}"
        );
        assert_eq!(purse.settled()[0].cost_microdollars, 45);
    }
}

#[tokio::test(start_paused = true)]
async fn balanced_calls_go_where_there_is_less_to_wait_for() {
    let (server, purse) = (Scripted::new(&["slow:2000", "slow:100", "ok"]), Arc::new(Purse::default()));
    let router = scripted(&server, &purse, Dialect::OpenAi, |s| {
        s.route = Route::Balanced;
        (s.providers[0].rank, s.providers[1].rank) = (Some(0), Some(0));
    });
    for _ in 0..100 {
        router.complete(&question()).await.result.unwrap();
    }
    let times = |place| server.asked().iter().filter(|(other, _)| *other == place).count();
    assert!(times(0) <= 2 && times(0) + times(1) == 100, "{} {}", times(0), times(1));
    assert_eq!(times(2), 0, "of a later rank");
    // Many at once: the quick one is not overrun.
    let before = times(0);
    let asked = question();
    futures_util::future::join_all((0..100).map(|_| router.complete(&asked))).await;
    assert!(times(0) - before > 2, "{}", times(0) - before);
}
