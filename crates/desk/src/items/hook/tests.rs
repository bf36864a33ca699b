use std::time::Duration;

use connect::http::HeaderValue;
use connect::webhook::{ID, SIGNATURE, TIMESTAMP};
use stdx::Timestamp;

use super::*;
use crate::items::{Filter, Item, Standing, list, versions};
use crate::people::Actor;
use crate::sources::rules::Rule;
use crate::sources::{Change, Kind, Made, NewOther, create_other};
use crate::testing::{Bench, rss};
use crate::{SourceId, portable};

/// A hook with what its sender knows of it.
struct Sender {
    source: SourceId,
    address: String,
    key: Key,
}

impl Sender {
    async fn new(bench: &Bench) -> Sender {
        let new = NewOther { kind: Kind::Hook, name: "Wire".into(), ..NewOther::default() };
        Sender::of(create_other(&bench.desk, &Actor::system(), new).await.unwrap())
    }

    fn of(made: Made) -> Sender {
        let door = made.hook.unwrap();
        let address = door.path().strip_prefix(hook::PREFIX).unwrap().to_owned();
        Sender { source: made.source.id, address, key: Key::parse(door.secret().reveal()).unwrap() }
    }

    fn headers(&self, id: &str, at: Timestamp, kind: &str, body: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let signature = self.key.sign(id, at, body);
        let time = at.seconds().to_string();
        for (name, value) in [(ID, id), (TIMESTAMP, &time), (SIGNATURE, &signature), ("content-type", kind)] {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    async fn push(&self, bench: &Bench, id: &str, body: &str) -> Result<Received, Refused> {
        self.push_as(bench, id, "application/json", body.as_bytes()).await
    }

    async fn push_as(&self, bench: &Bench, id: &str, kind: &str, body: &[u8]) -> Result<Received, Refused> {
        let headers = self.headers(id, bench.now(), kind, body);
        door(&bench.desk, &self.address).await.unwrap().unwrap().receive(&bench.desk, &headers, body.to_vec()).await
    }

    async fn items(&self, bench: &Bench) -> Vec<Item> {
        let filter = Filter { source: Some(self.source), story: None };
        list(&bench.desk, &Actor::system(), filter, None, 200).await.unwrap()
    }
}

fn new_items(received: Result<Received, Refused>) -> u32 {
    match received.unwrap() {
        Received::Taken { new_items, .. } => new_items,
        Received::Repeated => panic!("taken for a repetition"),
    }
}

fn faults(received: Result<Received, Refused>) -> Vec<String> {
    match received {
        Err(Refused::Unreadable(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_delivery_is_taken_once_and_read_as_a_feed_is() {
    let bench = Bench::new().await;
    let sender = Sender::new(&bench).await;
    let body = r#"{"id": 7, "url": "https://wire.example/fire?utm_source=hook", "title": "Fire in Port Alder", "author": "Ada Price",
        "html": "<p>The <b>pier</b> burns.<script>alert(1)</script></p>", "categories": ["News"], "published_at": "2026-11-20T08:00:00Z",
        "language": "en", "something": {"else": true}}"#;
    assert_eq!(new_items(sender.push(&bench, "m1", body).await), 1);
    let items = sender.items(&bench).await;
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(
        (item.title.as_str(), item.text.as_str(), item.standing),
        ("Fire in Port Alder", "The pier burns.", Standing::News)
    );
    assert_eq!(item.url.as_deref(), Some("https://wire.example/fire"));
    assert_eq!((item.authors.as_slice(), item.language.as_str()), (["Ada Price".to_owned()].as_slice(), "en"));
    assert_eq!(item.published_at.to_string(), "2026-11-20T08:00:00Z");
    assert!(!item.content_html.contains("script"), "{}", item.content_html);
    assert_eq!(bench.waiting("assign_stories").await.len(), 1);

    assert_eq!(sender.push(&bench, "m1", body).await.unwrap(), Received::Repeated);
    // Also with something else in it: the id says that it is known.
    assert_eq!(sender.push(&bench, "m1", r#"{"title":"Another"}"#).await.unwrap(), Received::Repeated);
    assert_eq!(new_items(sender.push(&bench, "m2", body).await), 0, "another delivery of the same item");
    let changed = body.replace("The <b>pier</b> burns.", "The fire is out.");
    assert_eq!(new_items(sender.push(&bench, "m3", &changed).await), 0);
    let items = sender.items(&bench).await;
    assert_eq!((items.len(), items[0].version, items[0].text.as_str()), (1, 2, "The fire is out."));
    assert_eq!(versions(&bench.desk, &Actor::system(), items[0].id).await.unwrap().len(), 1);

    let source = sources::get(&mut bench.desk.store.read_fresh(), sender.source).await.unwrap();
    assert_eq!((source.items, source.polled_at, source.next_poll_at), (1, Some(bench.now()), None));
    assert_eq!((source.outcome.as_deref(), source.failures), (Some("1 changed"), 0));
    // After seven days the id is free again; the item is still known.
    bench.clock.advance(Duration::from_secs(8 * 86_400));
    assert_eq!(new_items(sender.push(&bench, "m1", body).await), 0);
}

#[tokio::test]
async fn the_same_delivery_many_times_at_once_has_one_effect() {
    let bench = Bench::new().await;
    let sender = Sender::new(&bench).await;
    let body =
        r#"{"items": [{"id": "1", "title": "One", "text": "First."}, {"id": "2", "title": "Two", "text": "Second."}]}"#;
    let all = futures_util::future::join_all((0..40).map(|_| sender.push(&bench, "same", body))).await;
    let taken =
        all.into_iter().map(Result::unwrap).filter(|received| matches!(received, Received::Taken { .. })).count();
    assert_eq!((taken, sender.items(&bench).await.len()), (1, 2));
    // The same item in many deliveries at once is one item.
    let ids: Vec<String> = (0..20).map(|i| format!("other{i}")).collect();
    let all =
        futures_util::future::join_all(ids.iter().map(|id| sender.push(&bench, id, r#"{"id":"3","title":"Three"}"#)))
            .await;
    assert_eq!(all.into_iter().map(new_items).sum::<u32>(), 1);
    assert_eq!(sender.items(&bench).await.len(), 3);
}

#[tokio::test]
async fn what_is_not_signed_well_changes_nothing() {
    let bench = Bench::new().await;
    let (sender, other) = (Sender::new(&bench).await, Sender::new(&bench).await);
    let (body, now) = (br#"{"title":"Fire","text":"It burns."}"#.as_slice(), bench.now());
    let receive = async |headers: HeaderMap, body: &[u8]| {
        let door = door(&bench.desk, &sender.address).await.unwrap().unwrap();
        match door.receive(&bench.desk, &headers, body.to_vec()).await {
            Err(Refused::Signature(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let json = "application/json";
    assert_eq!(receive(other.headers("a", now, json, body), body).await, Refusal::NoMatch, "another hook's secret");
    assert_eq!(receive(sender.headers("a", now, json, body), br#"{"title":"Water"}"#).await, Refusal::NoMatch);
    let mut swapped = sender.headers("a", now, json, body);
    swapped.insert(ID, HeaderValue::from_static("b"));
    assert_eq!(receive(swapped, body).await, Refusal::NoMatch);
    let late = sender.headers("a", now - Duration::from_secs(301), json, body);
    assert_eq!(receive(late, body).await, Refusal::TooOld);
    let early = sender.headers("a", now + Duration::from_secs(301), json, body);
    assert_eq!(receive(early, body).await, Refusal::TooNew);
    assert_eq!(receive(HeaderMap::new(), body).await, Refusal::Missing(ID));
    assert_eq!(sender.items(&bench).await, []);
    for unknown in ["", "x", &"A".repeat(43), &format!("{}x", sender.address), &sender.address.to_lowercase()] {
        assert!(door(&bench.desk, unknown).await.unwrap().is_none(), "{unknown}");
    }
    // What was refused may come again.
    assert_eq!(new_items(sender.push(&bench, "a", std::str::from_utf8(body).unwrap()).await), 1);
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_good_for_a_day() {
    let bench = Bench::new().await;
    let mut sender = Sender::new(&bench).await;
    let actor = Actor::system();
    let (shown, secret) = hook::rotate(&bench.desk, &actor, sender.source).await.unwrap();
    assert_eq!(shown.before_until, Some(bench.now() + hook::OVERLAP));
    assert_eq!(
        shown.path.as_deref(),
        Some(format!("{}{}", hook::PREFIX, sender.address).as_str()),
        "the address stays"
    );
    assert_eq!(new_items(sender.push(&bench, "1", r#"{"title":"With the old one"}"#).await), 1);
    bench.clock.advance(hook::OVERLAP);
    let refused = sender.push(&bench, "2", r#"{"title":"With the old one again"}"#).await;
    assert!(matches!(refused, Err(Refused::Signature(Refusal::NoMatch))), "{refused:?}");
    assert_eq!(hook::show(&bench.desk, &actor, sender.source).await.unwrap().before_until, None);
    sender.key = Key::parse(secret.reveal()).unwrap();
    assert_eq!(new_items(sender.push(&bench, "3", r#"{"title":"With the new one"}"#).await), 1);
    // Of three, the first is over as soon as there is a third.
    let (_, second) = (
        hook::rotate(&bench.desk, &actor, sender.source).await.unwrap(),
        hook::rotate(&bench.desk, &actor, sender.source).await.unwrap(),
    );
    assert!(matches!(sender.push(&bench, "4", r#"{"title":"x"}"#).await, Err(Refused::Signature(Refusal::NoMatch))));
    sender.key = Key::parse(second.1.reveal()).unwrap();
    assert_eq!(new_items(sender.push(&bench, "5", r#"{"title":"With the newest"}"#).await), 1);
    let viewer = Actor { role: guard::role::Role::Author, ..Actor::system() };
    assert!(matches!(hook::rotate(&bench.desk, &viewer, sender.source).await, Err(Error::Forbidden { .. })));
    assert!(matches!(hook::show(&bench.desk, &viewer, sender.source).await, Err(Error::Forbidden { .. })));
}

store::sql! {
    STORED = "hook.test.stored", "SELECT address_hash, address, secret, coalesce(secret_before, '') FROM hook";
}

#[tokio::test]
async fn neither_address_nor_secret_can_be_read_from_what_is_stored_shown_or_exported() {
    let bench = Bench::new().await;
    let sender = Sender::new(&bench).await;
    let (_, secret) = hook::rotate(&bench.desk, &Actor::system(), sender.source).await.unwrap();
    let row = bench.desk.store.read_fresh().one(&STORED, store::params![]).await.unwrap();
    let mut told: String = (0..4).map(|at| row.get::<String>(at).unwrap()).collect();
    let source = sources::get(&mut bench.desk.store.read_fresh(), sender.source).await.unwrap();
    told.push_str(&serde_json::to_string(&source).unwrap());
    let setup = portable::export(&bench.desk, &Actor::system()).await.unwrap();
    assert_eq!(setup.sources.len(), 0, "only feeds are part of a set-up");
    told.push_str(&sources::opml::export(&bench.desk, &Actor::system()).await.unwrap());
    told.push_str(&format!(
        "{:?} {:?}",
        sender.key,
        hook::show(&bench.desk, &Actor::system(), sender.source).await.unwrap().rotated_at
    ));
    for secret in [sender.address.as_str(), &sender.key.reveal(), secret.reveal()] {
        assert!(!told.contains(secret.trim_start_matches("whsec_")), "{told}");
    }
}

#[tokio::test]
async fn whole_feeds_are_read_by_their_type() {
    let bench = Bench::new().await;
    let sender = Sender::new(&bench).await;
    let feed = rss(
        "The Wire",
        &[
            ("g1", "Ferry resumes", "/ferry", "The ferry sails again."),
            ("g2", "Bus shelters", "/bus", "Forty of them."),
        ],
    );
    assert_eq!(new_items(sender.push_as(&bench, "1", "application/rss+xml; charset=utf-8", feed.as_bytes()).await), 2);
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:3</id><title>Pier</title><updated>2026-11-20T08:30:00Z</updated>
        <content>It burns.</content></entry></feed>"#;
    assert_eq!(new_items(sender.push_as(&bench, "2", "application/atom+xml", atom.as_bytes()).await), 1);
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"W","items":[{"id":"4","title":"Lighthouse","content_text":"It shines."}]}"#;
    assert_eq!(new_items(sender.push_as(&bench, "3", "application/feed+json", json.as_bytes()).await), 1);
    assert_eq!(new_items(sender.push_as(&bench, "4", "application/json", json.as_bytes()).await), 0, "known by then");
    let items = sender.items(&bench).await;
    assert!(items.iter().all(|item| item.standing == Standing::News), "a first delivery is no archive: {items:?}");
    let source = sources::get(&mut bench.desk.store.read_fresh(), sender.source).await.unwrap();
    assert_eq!((source.name.as_str(), source.items), ("Wire", 4), "it keeps the name it was given");
    for kind in ["text/html", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    {
        assert!(matches!(sender.push_as(&bench, "5", kind, b"{}").await, Err(Refused::MediaType)), "{kind}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_its_place_and_may_come_again() {
    let bench = Bench::new().await;
    let sender = Sender::new(&bench).await;
    for (body, expected) in [
        ("", vec![""]),
        ("{", vec![""]),
        (r#"{"title":"Fi"#, vec![""]),
        (r#"{"title":"Fire"} {}"#, vec![""]),
        ("7", vec![""]),
        ("[]", vec![""]),
        ("{}", vec!["/title"]),
        (r#"{"title":7}"#, vec!["/title"]),
        (r#"{"items":{}}"#, vec!["/items"]),
        (r#"{"items":[]}"#, vec!["/items"]),
        (
            r#"{"items":[{"title":"a"},7,{"title":"b","url":"javascript:alert(1)","language":"klingon"}]}"#,
            vec!["/items/1", "/items/2/url", "/items/2/language"],
        ),
        (r#"{"type":"item.created","data":{"items":[{"title":"a","author":[1]}]}}"#, vec!["/data/items/0/author"]),
        (r#"{"title":"a","published_at":"yesterday, about noon"}"#, vec!["/published_at"]),
        (r#"{"title":"a","text":"b","html":"c"}"#, vec!["/html"]),
        (r#"{"id":" ","title":"a"}"#, vec!["/id"]),
    ] {
        let found = faults(sender.push(&bench, "same", body).await);
        if expected == ["/title"] && body.contains('7') {
            assert!(found.contains(&"/title".to_owned()), "{body}: {found:?}");
        } else {
            assert_eq!(found, expected, "{body}");
        }
    }
    let many = format!(r#"{{"items":[{}]}}"#, vec![r#"{"title":"a"}"#; 1_001].join(","));
    assert_eq!(faults(sender.push(&bench, "same", &many).await), ["/items"]);
    assert_eq!(faults(sender.push_as(&bench, "same", "application/json", b"{\"title\":\"\xFF\xFE\"}").await), [""]);
    assert_eq!(faults(sender.push_as(&bench, "same", "application/xml", b"no feed at all").await), [""]);
    assert_eq!(
        faults(sender.push_as(&bench, "same", "application/rss+xml", b"<rss><channel><item><ti").await).len(),
        1
    );
    let deep = "[".repeat(200_000);
    assert_eq!(faults(sender.push(&bench, "same", &deep).await), [""]);
    assert_eq!(sender.items(&bench).await, []);
    let event = r#"{"type":"item.created","timestamp":"2026-11-20T09:00:00Z","data":{"title":"Fire","text":"One.\n\nTwo <b>.\nThree."}}"#;
    assert_eq!(new_items(sender.push(&bench, "same", event).await), 1);
    let items = sender.items(&bench).await;
    assert_eq!(items[0].content_html, "<p>One.</p><p>Two &lt;b&gt;.<br>Three.</p>");
}

#[tokio::test]
async fn items_are_told_apart_by_what_their_sender_calls_them() {
    let bench = Bench::new().await;
    let sender = Sender::new(&bench).await;
    // Of two with one id in one delivery the last counts.
    let twice = r#"{"items":[{"id":"1","title":"First"},{"id":"2","title":"Other"},{"id":"1","title":"Second"}]}"#;
    assert_eq!(new_items(sender.push(&bench, "1", twice).await), 2);
    let titles: Vec<String> = sender.items(&bench).await.into_iter().map(|item| item.title).collect();
    assert!(titles.contains(&"Second".to_owned()) && !titles.contains(&"First".to_owned()), "{titles:?}");
    // Alerts are alike in everything but what matters; each is one.
    for (at, place) in ["Kos", "Bodrum", "Samos", "Izmir"].iter().enumerate() {
        let text = format!(
            "An earthquake of magnitude 4.1 was measured near {place} this morning, and nobody is known to be hurt so far."
        );
        let body =
            serde_json::json!({ "title": "Earthquake", "url": "https://quakes.example/", "id": place, "text": text })
                .to_string();
        assert_eq!(new_items(sender.push(&bench, &format!("quake{at}"), &body).await), 1, "{place}");
        let nameless = serde_json::json!({ "title": "Tremor", "text": text }).to_string();
        assert_eq!(new_items(sender.push(&bench, &format!("tremor{at}"), &nameless).await), 1, "{place}");
    }
    assert_eq!(sender.items(&bench).await.len(), 10);
}

#[tokio::test]
async fn rules_age_and_pauses_hold_for_what_is_pushed() {
    let bench = Bench::with(crate::Settings { news_age_max_h: 48, ..crate::Settings::default() }).await;
    let rule: Rule = serde_json::from_value(
        serde_json::json!({ "name": "no sport", "field": "category", "test": "is", "value": "sport", "action": "drop" }),
    )
    .unwrap();
    let new = NewOther { kind: Kind::Hook, name: "Wire".into(), rules: vec![rule], ..NewOther::default() };
    let sender = Sender::of(create_other(&bench.desk, &Actor::system(), new).await.unwrap());
    let body = r#"{"items":[{"id":"1","title":"A goal","categories":"Sport"},{"id":"2","title":"Long ago","published_at":"2026-11-01T00:00:00Z"},
        {"id":"3","title":"Today"}]}"#;
    assert_eq!(new_items(sender.push(&bench, "1", body).await), 3);
    let mut items = sender.items(&bench).await;
    items.sort_by(|a, b| a.title.cmp(&b.title));
    let told: Vec<_> = items.iter().map(|item| (item.title.as_str(), item.standing, item.why.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("A goal", Standing::Seen, Some("rule: no sport")),
            ("Long ago", Standing::Seen, Some("stale")),
            ("Today", Standing::News, None)
        ]
    );
    let pause = |state| Change { state: Some(state), ..Change::default() };
    sources::update(&bench.desk, &Actor::system(), sender.source, pause(State::Paused)).await.unwrap();
    assert!(matches!(sender.push(&bench, "2", r#"{"title":"While paused"}"#).await, Err(Refused::Paused)));
    let back = sources::update(&bench.desk, &Actor::system(), sender.source, pause(State::Active)).await.unwrap();
    assert_eq!(back.next_poll_at, None, "nobody visits it");
    assert_eq!(new_items(sender.push(&bench, "2", r#"{"title":"While paused"}"#).await), 1);
}

#[tokio::test]
async fn nobody_visits_what_is_pushed() {
    let bench = Bench::new().await;
    let (sender, actor) = (Sender::new(&bench).await, Actor::system());
    assert_eq!(sources::ensure_polls(&bench.desk).await.unwrap(), 0, "no time is missing");
    let fetch = sources::fetch(&bench.desk, &actor, Some(vec![sender.source]), 0).await;
    assert!(matches!(fetch, Err(Error::Invalid(faults)) if faults[0].pointer == "/sources"));
    sources::fetch(&bench.desk, &actor, None, 0).await.unwrap();
    let job = crate::jobs::FetchSources { sources: vec![sender.source], age_max_s: 0 };
    let told = crate::items::fetch(bench.desk.clone(), bench.context(), job).await.unwrap().unwrap();
    assert_eq!(
        (&told["failed"][0]["reason"], bench.site.heads().len()),
        (&serde_json::json!("a hook is not fetched"), 0)
    );
    for change in [
        Change { interval_s: Some(600), ..Change::default() },
        Change { adaptive: Some(false), ..Change::default() },
        Change { state: Some(State::Muted), ..Change::default() },
    ] {
        let refused = sources::update(&bench.desk, &actor, sender.source, change).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    for wrong in [
        NewOther { kind: Kind::Feed, name: "Wire".into(), ..NewOther::default() },
        NewOther { kind: Kind::Hook, name: " ".into(), ..NewOther::default() },
        NewOther { kind: Kind::Hand, name: "a".into(), trust: Some(2.0), ..NewOther::default() },
    ] {
        assert!(matches!(create_other(&bench.desk, &actor, wrong).await, Err(Error::Invalid(_))));
    }
}
