use super::*;
use crate::items::{Filter, Item};
use crate::sources::rules::{Action as Then, Field, Test};
use crate::sources::{Change, NewSource, Source};
use crate::testing::{Bench, rss};

fn rule(field: Field, test: Test, value: &str, action: Then) -> Rule {
    Rule { name: format!("about {value}"), field, test, value: value.to_owned(), action }
}

/// A source with `rules` that has been fetched once.
async fn fetched(bench: &Bench, rules: Vec<Rule>, entries: &[(&str, &str, &str, &str)]) -> Source {
    bench.site.answer("/feed", "200 OK", "", rss("The News", entries));
    let new = NewSource { url: bench.site.url("/feed"), rules, ..NewSource::default() };
    let source = sources::create(&bench.desk, &Actor::system(), new).await.unwrap();
    visit(bench, source.id).await
}

async fn visit(bench: &Bench, id: SourceId) -> Source {
    let known = sources::known(&mut bench.desk.store.read_fresh(), id).await.unwrap().unwrap();
    let request = bench.desk.client.send(sources::next_request(&bench.desk, &known)).await;
    items::take(&bench.desk, known, request, bench.now()).await.unwrap();
    sources::get(&mut bench.desk.store.read_fresh(), id).await.unwrap()
}

async fn stored(bench: &Bench, source: &Source) -> Vec<Item> {
    let filter = Filter { source: Some(source.id), story: None };
    items::list(&bench.desk, &Actor::system(), filter, None, 200).await.unwrap()
}

const ENTRIES: &[(&str, &str, &str, &str)] = &[
    ("1", "Harbour wall closed", "/1", "The harbour wall was closed on Monday. Nobody was hurt."),
    ("2", "Rovers win again", "/2", "The football match ended two to one on Sunday."),
    ("3", "Council keeps ferry", "/3", "The council voted to keep the ferry on Tuesday, and the mayor agreed."),
];

#[tokio::test]
async fn what_a_rule_drops_is_kept_as_seen_with_its_reason() {
    let bench = Bench::new().await;
    let sport = || vec![rule(Field::Any, Test::Has, "football, tennis", Then::Drop)];
    let source = fetched(&bench, sport(), ENTRIES).await;
    assert_eq!(source.outcome.as_deref(), Some("2 new, 1 left out by rules"));
    assert_eq!(source.rules, sport());
    let items = stored(&bench, &source).await;
    let told = |item: &Item| (item.title.clone(), item.standing, item.why.clone());
    let dropped = items.iter().find(|item| item.title == "Rovers win again").unwrap();
    assert_eq!(told(dropped), ("Rovers win again".into(), Standing::Seen, Some("rule: about football, tennis".into())));
    assert_eq!(items.iter().filter(|item| item.standing == Standing::News && item.why.is_none()).count(), 2);

    // Other rules change nothing of what is there, and what was dropped never comes back as news.
    let none = Change { rules: Some(Vec::new()), ..Change::default() };
    let source = sources::update(&bench.desk, &Actor::system(), source.id, none).await.unwrap();
    assert!(source.rules.is_empty());
    let changed: Vec<_> = ENTRIES.iter().map(|entry| (entry.0, entry.1, entry.2, "Another text of football")).collect();
    bench.site.answer("/feed", "200 OK", "", rss("The News", &changed));
    let source = visit(&bench, source.id).await;
    let after = stored(&bench, &source).await;
    assert_eq!(
        after.iter().map(|item| item.standing).collect::<Vec<_>>(),
        items.iter().map(|item| item.standing).collect::<Vec<_>>()
    );

    let bad = Change { rules: Some(vec![rule(Field::Any, Test::Matches, "(", Then::Drop)]), ..Change::default() };
    let refused = sources::update(&bench.desk, &Actor::system(), source.id, bad).await;
    assert!(matches!(refused, Err(Error::Invalid(faults)) if faults[0].pointer == "/rules/0/value"));
}

#[tokio::test]
async fn rules_are_tried_without_changing_anything() {
    let bench = Bench::new().await;
    let source = fetched(&bench, Vec::new(), ENTRIES).await;
    let before = stored(&bench, &source).await;
    let rules = [
        rule(Field::Any, Test::Has, "tennis", Then::Drop),
        rule(Field::Text, Test::Matches, r"foot\w+", Then::Drop),
        rule(Field::Length, Test::Above, "10", Then::Keep),
    ];
    let system = Actor::system();
    let trial = try_rules(&bench.desk, &system, Scope::Source(source.id), &rules, 1_000).await.unwrap();
    assert_eq!((trial.items, trial.passed, trial.duplicates, trial.not_kept), (3, 1, 0, 1));
    assert_eq!((trial.dropped.as_slice(), trial.stories), ([0, 1, 0].as_slice(), 1));
    let fates: Vec<_> = trial.shown.iter().map(|tried| (tried.title.as_str(), tried.fate, tried.rule)).collect();
    let council = ("Council keeps ferry", "passes", None);
    assert!(fates.contains(&council) && fates.contains(&("Rovers win again", "dropped", Some(1))), "{fates:?}");
    assert!(fates.contains(&("Harbour wall closed", "dropped", None)), "{fates:?}");
    assert_eq!((trial.drafts.len(), trial.drafts[0].items), (1, 1));
    assert!(trial.drafts[0].body.contains("keep the ferry"), "{}", trial.drafts[0].body);
    assert_eq!(stored(&bench, &source).await, before);

    let all = try_rules(&bench.desk, &system, Scope::Pipeline(source.pipeline), &[], 2).await.unwrap();
    assert_eq!((all.items, all.passed, all.stories, all.drafts.len()), (2, 2, 2, 2));
    let nobody = Scope::Source(SourceId(bench.desk.next_id()));
    assert!(matches!(try_rules(&bench.desk, &system, nobody, &[], 1).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn items_that_say_the_same_count_as_duplicates() {
    let bench = Bench::new().await;
    let source = fetched(&bench, Vec::new(), ENTRIES).await;
    bench.site.answer("/other", "200 OK", "", rss("Other", ENTRIES));
    let new = NewSource { url: bench.site.url("/other"), ..NewSource::default() };
    let other = sources::create(&bench.desk, &Actor::system(), new).await.unwrap();
    visit(&bench, other.id).await;
    let trial = try_rules(&bench.desk, &Actor::system(), Scope::Pipeline(source.pipeline), &[], 100).await.unwrap();
    assert_eq!((trial.items, trial.passed, trial.duplicates), (6, 3, 3));
}
