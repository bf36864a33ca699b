use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use connect::llm::{Attempt, Meter as _, Provider, Purpose, Usage};
use futures_util::FutureExt as _;
use stdx::Rng;

use super::*;
use crate::testing::Bench;

fn provider(name: &str) -> Provider {
    Provider { name: name.into(), model: "m".into(), ..Provider::default() }
}

fn attempt(provider: &Provider, outcome: &'static str, cost_microdollars: u64) -> Attempt {
    Attempt {
        provider: provider.name.clone(),
        model: provider.model.clone(),
        outcome,
        status: Some(200),
        latency: Duration::from_millis(5),
        first_content: None,
        usage: Usage { prompt_tokens: 7, completion_tokens: 3, ..Usage::default() },
        usage_is_estimated: outcome != "ok",
        cost_microdollars,
        said: None,
    }
}

fn all_day(hard: u64) -> NewBudget {
    NewBudget { place: Place::new(Scope::All, ""), period: Period::Day, hard_micros: Some(hard), soft_micros: None }
}

async fn only(bench: &Bench) -> Budget {
    let mut budgets = list(&bench.desk, &Actor::system()).await.unwrap();
    assert_eq!(budgets.len(), 1);
    budgets.remove(0)
}

/// The ledger whole, the sums of the whole desk, and the holds that are left.
async fn books(bench: &Bench) -> (Vec<Entry>, u64, i64) {
    let (mut entries, mut before) = (Vec::new(), None);
    loop {
        let page = report::entries(&bench.desk, &Actor::system(), before, 200).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        entries.extend(page);
    }
    let days = spending(&bench.desk, &Actor::system(), Scope::All, 366).await.unwrap().days;
    let holds = bench.desk.store.read_fresh().one(&till::HOLDS, params![]).await.unwrap().get(0).unwrap();
    (entries, days.iter().map(|day| day.micros).sum(), holds)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_do_not_pass_a_hard_budget() {
    let bench = Bench::new().await;
    put(&bench.desk, &Actor::system(), all_day(12_345)).await.unwrap();
    let provider = Arc::new(provider("p"));
    let calls = (0..1_000).map(|i| {
        let (desk, provider) = (bench.desk.clone(), Arc::clone(&provider));
        async move {
            let hold = desk.till.reserve(&Purpose::default(), &provider, 100).await;
            tokio::task::yield_now().await;
            match hold {
                Ok(hold) => {
                    // One in three gives back half of what was put aside, which others may take.
                    let cost = if i % 3 == 0 { 50 } else { 100 };
                    desk.till.settle(hold, &attempt(&provider, "ok", cost));
                    desk.till.flush().await.unwrap();
                    cost
                }
                Err(overdrawn) => {
                    assert!(overdrawn.scope.contains("all (the day's 12345"), "{}", overdrawn.scope);
                    assert_eq!(overdrawn.resets_at, Some("2026-11-21T00:00:00Z".parse().unwrap()));
                    0
                }
            }
        }
    });
    let mut spent: u64 = futures_util::future::join_all(calls).await.into_iter().sum();
    assert!(spent <= 12_345, "{spent}");
    // What was given back is there for those who come later.
    while let Ok(hold) = bench.desk.till.reserve(&Purpose::default(), &provider, 100).await {
        bench.desk.till.settle(hold, &attempt(&provider, "ok", 100));
        spent += 100;
    }
    let budget = only(&bench).await;
    assert!(spent <= 12_345 && spent > 12_345 - 100, "{spent}");
    assert_eq!((budget.spent_micros, budget.held_micros), (spent, 0));
    let (entries, sum, holds) = books(&bench).await;
    assert_eq!((entries.iter().map(|entry| entry.micros).sum::<u64>(), sum, holds), (spent, spent, 0));
}

/// Calls of all kinds in a seeded order: budgets, ledger and sums say the same of every place, and no hold is left.
#[tokio::test]
async fn the_books_agree_whatever_becomes_of_the_calls() {
    let bench = Bench::new().await;
    let (actor, rng) = (Actor::system(), Rng::seeded(41));
    let providers = [provider("dear"), provider("cheap")];
    let pipelines = ["A", "B", "C"];
    for (scope, name, period, hard) in [
        (Scope::All, "", Period::Month, 2_000_000),
        (Scope::Provider, "dear", Period::Day, 150_000),
        (Scope::Pipeline, "B", Period::Ever, 300_000),
    ] {
        let place = Place::new(scope, name);
        put(&bench.desk, &actor, NewBudget { place, period, hard_micros: Some(hard), soft_micros: Some(hard / 2) })
            .await
            .unwrap();
    }
    let (mut expected, mut refused, mut calls): (BTreeMap<String, u64>, u32, usize) = Default::default();
    let (mut open, mut dropped) = (Vec::new(), 0);
    for step in 0..3_000 {
        let provider = &providers[rng.below(2) as usize];
        let pipeline = pipelines[rng.below(3) as usize];
        let purpose = Purpose::default().with("pipeline", pipeline).with("nonsense", "x");
        let most = 1 + rng.below(1_000);
        let mut reserve = bench.desk.till.reserve(&purpose, provider, most);
        if rng.below(10) == 0 {
            // The caller goes away before it knows.
            for _ in 0..rng.below(4) {
                let Some(known) = (&mut reserve).now_or_never() else {
                    tokio::task::yield_now().await;
                    continue;
                };
                if let Ok(hold) = known {
                    // It was as fast as that, and has to be settled.
                    bench.desk.till.settle(hold, &attempt(provider, "cancelled", 0));
                    calls += 1;
                }
                break;
            }
            drop(reserve);
            dropped += 1;
        } else {
            match reserve.await {
                Ok(hold) => open.push((hold, provider, pipeline, most)),
                Err(_) => refused += 1,
            }
        }
        while open.len() > 20 || (step % 7 == 0 && !open.is_empty()) {
            let (hold, provider, pipeline, most) = open.swap_remove(rng.below(open.len() as u64) as usize);
            let (outcome, cost) = match rng.below(4) {
                0 => ("cut", rng.below(most + 1)),
                1 => ("cancelled", 0),
                _ => ("ok", most),
            };
            bench.desk.till.settle(hold, &attempt(provider, outcome, cost));
            calls += 1;
            for place in [
                Place::new(Scope::All, ""),
                Place::new(Scope::Provider, &provider.name),
                Place::new(Scope::Pipeline, pipeline),
            ] {
                *expected.entry(place.key()).or_default() += cost;
            }
        }
        if step % 100 == 0 {
            bench.desk.till.flush().await.unwrap();
        }
        if step % 500 == 499 {
            bench.clock.advance(Duration::from_secs(9 * 3_600));
        }
    }
    for (hold, provider, ..) in open.drain(..) {
        bench.desk.till.settle(hold, &attempt(provider, "cancelled", 0));
        calls += 1;
    }
    assert!(refused > 50 && dropped > 200, "{refused} refused, {dropped} gone");
    let (entries, sum, holds) = books(&bench).await;
    assert_eq!((entries.len(), holds), (calls, 0));
    assert_eq!(sum, expected["all:"]);
    let mut by_place: BTreeMap<String, u64> = BTreeMap::new();
    for entry in &entries {
        for place in &entry.places {
            *by_place.entry(place.key()).or_default() += entry.micros;
        }
    }
    assert_eq!(by_place, expected);
    for scope in [Scope::Provider, Scope::Pipeline] {
        let mut of_days: BTreeMap<String, u64> = BTreeMap::new();
        for day in spending(&bench.desk, &actor, scope, 366).await.unwrap().days {
            *of_days.entry(day.place.key()).or_default() += day.micros;
        }
        assert!(of_days.iter().all(|(key, micros)| expected[key] == *micros) && !of_days.is_empty(), "{of_days:?}");
    }
    for budget in list(&bench.desk, &actor).await.unwrap() {
        assert_eq!(budget.held_micros, 0);
        assert!(budget.spent_micros <= budget.hard_micros.unwrap(), "{budget:?}");
        if budget.period != Period::Day {
            assert_eq!(budget.spent_micros, expected[&budget.place.key()], "{budget:?}");
        }
    }
}

#[tokio::test]
async fn what_a_dead_process_had_put_aside_is_charged_once() {
    let bench = Bench::new().await;
    put(&bench.desk, &Actor::system(), all_day(1_000)).await.unwrap();
    let provider = provider("p");
    let gone = Till::new(bench.desk.store.clone(), bench.clock.clone(), Arc::clone(&bench.desk.ids), 0);
    let hold = gone.reserve(&Purpose::default(), &provider, 600).await.unwrap();
    // It ends without a word; so much is not there for others.
    drop(gone);
    assert_eq!(only(&bench).await.held_micros, 600);
    assert!(bench.desk.till.reserve(&Purpose::default(), &provider, 500).await.is_err());
    bench.clock.advance(Duration::from_secs(3_700));
    let budget = only(&bench).await;
    assert_eq!((budget.spent_micros, budget.held_micros), (600, 0));
    bench.clock.advance(Duration::from_secs(3_700));
    let (entries, sum, holds) = books(&bench).await;
    assert_eq!(
        (entries.len(), entries[0].outcome.as_str(), entries[0].is_estimated, sum, holds),
        (1, "lost", true, 600, 0)
    );
    // What this process has put aside itself is nobody else's, however long it takes.
    let slow = bench.desk.till.reserve(&Purpose::default(), &provider, 400).await.unwrap();
    bench.clock.advance(Duration::from_secs(7_400));
    assert_eq!(only(&bench).await.held_micros, 400);
    bench.desk.till.settle(slow, &attempt(&provider, "ok", 10));
    // Settling what one does not hold changes nothing.
    bench.desk.till.settle(hold, &attempt(&provider, "ok", 10));
    assert_eq!(only(&bench).await.spent_micros, 610);
}

#[tokio::test]
async fn a_call_counts_for_the_day_on_which_it_began() {
    let bench = Bench::new().await;
    put(&bench.desk, &Actor::system(), all_day(1_000)).await.unwrap();
    let provider = provider("p");
    bench.clock.advance(Duration::from_secs(15 * 3_600 - 60));
    let late = bench.desk.till.reserve(&Purpose::default(), &provider, 900).await.unwrap();
    bench.clock.advance(Duration::from_secs(120));
    let early = bench.desk.till.reserve(&Purpose::default(), &provider, 1_000).await.unwrap();
    bench.desk.till.settle(late, &attempt(&provider, "ok", 900));
    bench.desk.till.settle(early, &attempt(&provider, "ok", 800));
    let budget = only(&bench).await;
    assert_eq!((budget.spent_micros, budget.held_micros), (800, 0));
    assert_eq!(budget.resets_at, Some("2026-11-22T00:00:00Z".parse().unwrap()));
    let days = spending(&bench.desk, &Actor::system(), Scope::All, 2).await.unwrap();
    assert_eq!(days.days.iter().map(|day| day.micros).collect::<Vec<_>>(), [900, 800]);
    assert_eq!((days.month.spent_micros, days.month.days), (1_700, 1));
}

#[tokio::test]
async fn a_budget_that_is_set_later_knows_what_was_spent() {
    let bench = Bench::new().await;
    let (actor, provider) = (Actor::system(), provider("p"));
    let hold = bench.desk.till.reserve(&Purpose::default(), &provider, 500).await.unwrap();
    bench.desk.till.settle(hold, &attempt(&provider, "ok", 400));
    let under_way = bench.desk.till.reserve(&Purpose::default(), &provider, 500).await.unwrap();
    let set = put(&bench.desk, &actor, all_day(450)).await.unwrap();
    assert_eq!(set.spent_micros, 400);
    assert!(bench.desk.till.reserve(&Purpose::default(), &provider, 100).await.is_err());
    bench.desk.till.settle(under_way, &attempt(&provider, "ok", 30));
    assert_eq!(only(&bench).await.spent_micros, 430);
    // Raised, it lets go on; taken away, nothing holds anybody back, and the ledger keeps what was.
    put(&bench.desk, &actor, all_day(10_000)).await.unwrap();
    let hold = bench.desk.till.reserve(&Purpose::default(), &provider, 5_000).await.unwrap();
    delete(&bench.desk, &actor, set.id).await.unwrap();
    bench.desk.till.settle(hold, &attempt(&provider, "ok", 1));
    assert_eq!(books(&bench).await.1, 431);
    assert!(matches!(delete(&bench.desk, &actor, set.id).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_cannot_be_a_budget_is_told() {
    let bench = Bench::new().await;
    let faults = |new: NewBudget| {
        let Err(Error::Invalid(faults)) = check(&new) else { return String::new() };
        faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>().join(" ")
    };
    let place = |scope, name: &str| Place::new(scope, name);
    assert_eq!(faults(all_day(0)), "");
    assert_eq!(faults(NewBudget { place: place(Scope::All, "x"), ..all_day(1) }), "/name");
    assert_eq!(faults(NewBudget { place: place(Scope::Key, ""), ..all_day(1) }), "/name");
    assert_eq!(faults(NewBudget { place: place(Scope::Key, &"x".repeat(101)), ..all_day(1) }), "/name");
    assert_eq!(faults(NewBudget { hard_micros: None, ..all_day(1) }), "/hard_micros");
    assert_eq!(faults(NewBudget { soft_micros: Some(2), ..all_day(1) }), "/soft_micros");
    assert_eq!(faults(all_day(u64::MAX)), "/hard_micros");
    // Nothing may be spent where the budget is nothing.
    put(&bench.desk, &Actor::system(), all_day(0)).await.unwrap();
    assert!(bench.desk.till.reserve(&Purpose::default(), &provider("p"), 1).await.is_err());
    assert!(bench.desk.till.reserve(&Purpose::default(), &provider("p"), u64::MAX).await.is_err());
}

#[tokio::test]
async fn an_absurd_count_does_not_stop_the_ledger() {
    let bench = Bench::new().await;
    put(&bench.desk, &Actor::system(), all_day(1_000)).await.unwrap();
    let provider = provider("p");
    for _ in 0..3 {
        let hold = bench.desk.till.reserve(&Purpose::default(), &provider, 1).await;
        let Ok(hold) = hold else { break };
        let usage = Usage { prompt_tokens: u64::MAX, completion_tokens: u64::MAX, ..Usage::default() };
        bench.desk.till.settle(hold, &Attempt { usage, ..attempt(&provider, "ok", u64::MAX) });
    }
    let (entries, sum, holds) = books(&bench).await;
    assert!(entries.len() == 3 && holds == 0, "{} entries, {holds} holds", entries.len());
    assert_eq!(sum, 3 * MICROS_MAX);
    assert!(bench.desk.till.reserve(&Purpose::default(), &provider, 1).await.is_err());
}

#[tokio::test]
async fn old_calls_leave_the_ledger_and_their_sums_stay() {
    let bench = Bench::new().await;
    let provider = provider("p");
    let till = Till::new(bench.desk.store.clone(), bench.clock.clone(), Arc::clone(&bench.desk.ids), 30);
    for _ in 0..3 {
        let hold = till.reserve(&Purpose::default(), &provider, 100).await.unwrap();
        till.settle(hold, &attempt(&provider, "ok", 100));
        till.flush().await.unwrap();
        bench.clock.advance(Duration::from_secs(20 * 86_400));
    }
    // The third call was twenty days ago, the second forty, the first sixty.
    till.flush().await.unwrap();
    let (entries, sum, holds) = books(&bench).await;
    assert_eq!((entries.len(), sum, holds), (1, 300, 0));
}

#[tokio::test]
async fn budgets_tell_when_they_have_reached_a_limit() {
    let bench = Bench::new().await;
    let (actor, provider) = (Actor::system(), provider("p"));
    let spend = async |micros| {
        let hold = bench.desk.till.reserve(&Purpose::default(), &provider, micros).await.unwrap();
        bench.desk.till.settle(hold, &attempt(&provider, "ok", micros));
        reached(&bench.desk).await.unwrap().first().map(Budget::is_used_up)
    };
    put(&bench.desk, &actor, NewBudget { soft_micros: Some(600), ..all_day(1_000) }).await.unwrap();
    assert_eq!(spend(599).await, None);
    assert_eq!(spend(1).await, Some(false), "the soft limit");
    assert_eq!(spend(400).await, Some(true), "all of it");
    bench.clock.advance(Duration::from_secs(86_400));
    assert_eq!(reached(&bench.desk).await.unwrap(), [], "a new day");
}
