use std::time::Duration;

use tokio::time::Instant;

use super::super::router::Stream;
use super::super::testing::{Purse, Scripted, outcomes, scripted};
use super::super::{Completion, Message, Purpose};
use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn question() -> Completion {
    Completion {
        messages: vec![Message::user("The bridge opened on 4 May.")],
        tokens_max: Some(20),
        ..Completion::default()
    }
}

/// Forty quick answers, then what `then` says; `p1` answers after 50 ms.
fn scripts(then: &str, other: &str) -> Arc<Scripted> {
    Scripted::new(&[&["slow:100"; 40].into_iter().chain([then]).collect::<Vec<_>>().join(","), other])
}

/// The second one costs nothing, so that only the number of attempts is bounded.
fn free(settings: &mut super::super::Settings) {
    (settings.providers[1].price_in_microdollars, settings.providers[1].price_out_microdollars) = (0, 0);
}

async fn heard(router: &Router) -> (Stream, Duration) {
    let began = Instant::now();
    let mut stream = router.open(&question(), &Purpose::default(), DAY).await.unwrap();
    let first = began.elapsed();
    while stream.next().await.unwrap().is_some() {}
    (stream, first)
}

#[tokio::test(start_paused = true)]
async fn who_is_late_is_overtaken_within_the_share() {
    let (scripts, purse) = (scripts("slow:5000", "slow:50"), Arc::<Purse>::default());
    let router = scripted(&scripts, &purse, Dialect::OpenAi, free);
    for _ in 0..40 {
        assert_eq!(heard(&router).await.0.provider(), "p0");
    }
    // Two in a hundred of forty: two are allowed, and the third waits.
    for expected in ["p1", "p1", "p0"] {
        let (stream, first) = heard(&router).await;
        assert_eq!(stream.provider(), expected);
        if expected == "p1" {
            assert!((150..400).contains(&first.as_millis()), "{first:?}: late, and then its own time");
            assert_eq!(outcomes(stream.attempts()), "p0:cancelled p1:ok");
        } else {
            assert_eq!((first.as_secs(), outcomes(stream.attempts()).as_str()), (5, "p0:ok"));
        }
    }
    let settled = purse.settled();
    assert_eq!(settled.len(), 40 + 2 * 2 + 1, "each is settled, the overtaken too");
    let health = router.health();
    assert_eq!((health[0].1.in_flight, health[1].1.in_flight, health[0].1.failed), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_second_one_may_fail_and_so_may_the_first() {
    for (then, other, expected) in
        [("slow:5000", "500", "p1:server_error p0:ok"), ("gone-later", "slow:900", "p0:timeout p1:ok")]
    {
        let then = if then == "gone-later" { "slow:600" } else { then };
        let (scripts, purse) = (scripts(then, other), Arc::<Purse>::default());
        let router = scripted(&scripts, &purse, Dialect::OpenAi, |settings| {
            free(settings);
            if then == "slow:600" {
                settings.providers[0].first_token_ms = 500;
            }
        });
        for _ in 0..40 {
            heard(&router).await;
        }
        let (stream, _) = heard(&router).await;
        assert_eq!(outcomes(stream.attempts()), expected, "{then} {other}");
        purse.settled();
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_twice_where_it_is_not_wanted() {
    let (scripts, purse) = (scripts("slow:5000", "slow:50"), Arc::<Purse>::default());
    let router = scripted(&scripts, &purse, Dialect::OpenAi, |settings| settings.hedge_percent = 0);
    for _ in 0..41 {
        assert_eq!(heard(&router).await.0.provider(), "p0");
    }
    // A whole text is waited for by nobody.
    let call = router.complete_for(&question(), &Purpose::default(), DAY).await;
    assert_eq!(outcomes(&call.attempts), "p0:ok");
}

#[test]
fn late_is_later_than_nearly_all() {
    let mut habit = Habit::default();
    let attempt = |ms| Attempt {
        provider: String::new(),
        model: String::new(),
        outcome: "ok",
        status: None,
        latency: Duration::ZERO,
        first_content: Some(Duration::from_millis(ms)),
        usage: super::super::Usage::default(),
        usage_is_estimated: false,
        cost_microdollars: 100,
        said: None,
    };
    (1..20).for_each(|ms| habit.note(&attempt(ms)));
    assert_eq!(habit.late(), None);
    (20..=100).for_each(|ms| habit.note(&attempt(ms)));
    assert_eq!(habit.late(), Some(Duration::from_millis(97)), "of the last 64");
    assert!(!habit.take(501, 5), "too dear");
    assert_eq!((0..9).filter(|_| habit.take(1, 5)).count(), 5, "too many");
}
