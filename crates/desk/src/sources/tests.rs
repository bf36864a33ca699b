use std::time::Duration;

use super::*;
use crate::people::Idempotency;
use crate::testing::{Bench, rss};

fn new(url: impl Into<String>) -> NewSource {
    NewSource { url: url.into(), ..NewSource::default() }
}

fn system() -> Actor {
    Actor::system()
}

#[tokio::test]
async fn a_new_source_is_normal_unique_and_polled_at_once() {
    let bench = Bench::new().await;
    let source = create(&bench.desk, &system(), new(" HTTPS://www.News.example:443/feed?b=1#top ")).await.unwrap();
    assert_eq!((source.url.as_str(), source.name.as_str()), ("https://www.news.example/feed?b=1", "news.example"));
    assert_eq!((source.state, source.interval_s, source.backfill), (State::Active, 900, 10));
    assert_eq!((source.next_poll_at, source.adaptive), (Some(bench.now()), true));
    let again = create(&bench.desk, &system(), new("https://www.news.example/feed?b=1")).await;
    assert!(matches!(again, Err(Error::Exists { id, .. }) if id == source.id.to_string()));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let bench = Bench::new().await;
    let actor = Actor { idempotency: Some(Idempotency { key: "k".into(), request: "r".into() }), ..system() };
    let first = create(&bench.desk, &actor, new("https://a.example/feed")).await.unwrap();
    assert_eq!(create(&bench.desk, &actor, new("https://a.example/feed")).await.unwrap().id, first.id);
    let other = Actor { idempotency: Some(Idempotency { key: "k".into(), request: "other".into() }), ..system() };
    assert!(matches!(create(&bench.desk, &other, new("https://b.example/")).await, Err(Error::IdempotencyMismatch)));
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let bench = Bench::new().await;
    for bad in
        ["", "feed", "ftp://a.example/", "http://me:secret@a.example/", "file:///etc/passwd", "javascript:alert(1)"]
    {
        let result = create(&bench.desk, &system(), new(bad)).await;
        assert!(matches!(&result, Err(Error::Invalid(faults)) if faults[0].pointer == "/url"), "{bad}: {result:?}");
    }
    let wrong = NewSource {
        name: Some(" ".into()),
        interval_s: Some(1),
        backfill: Some(10_001),
        trust: Some(1.01),
        ..new("nothing")
    };
    let Err(Error::Invalid(faults)) = create(&bench.desk, &system(), wrong).await else { panic!("accepted") };
    assert_eq!(
        faults.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(),
        ["/url", "/name", "/interval_s", "/backfill", "/trust"]
    );
    let stranger = PipelineId(bench.desk.next_id());
    let result =
        create(&bench.desk, &system(), NewSource { pipeline: Some(stranger), ..new("https://a.example/") }).await;
    assert!(matches!(result, Err(Error::Invalid(faults)) if faults[0].pointer == "/pipeline"));
    let viewer = Actor { role: guard::role::Role::Viewer, ..system() };
    assert!(matches!(create(&bench.desk, &viewer, new("https://a.example/")).await, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn a_paused_source_that_becomes_active_is_polled_at_once() {
    let bench = Bench::new().await;
    let source = create(&bench.desk, &system(), new("https://a.example/feed")).await.unwrap();
    let pause = Change { state: Some(State::Paused), name: Some("A".into()), ..Change::default() };
    let paused = update(&bench.desk, &system(), source.id, pause).await.unwrap();
    assert_eq!((paused.state, paused.name.as_str()), (State::Paused, "A"));
    bench.clock.advance(Duration::from_secs(60));
    let resume = Change { state: Some(State::Active), ..Change::default() };
    let active = update(&bench.desk, &system(), source.id, resume).await.unwrap();
    assert_eq!(active.next_poll_at, Some(bench.now()));
    assert_eq!(list(&bench.desk, &system(), None, 10).await.unwrap(), [active]);
}

#[tokio::test]
async fn trust_is_kept_whatever_else_changes() {
    let bench = Bench::new().await;
    let trusted = NewSource { trust: Some(0.8), ..new(bench.site.url("/feed")) };
    let source = create(&bench.desk, &system(), trusted).await.unwrap();
    assert_eq!((source.trust, TRUST), (0.8, 0.5));
    let to = async |change: Change| update(&bench.desk, &system(), source.id, change).await;
    assert_eq!(to(Change { name: Some("A".into()), ..Change::default() }).await.unwrap().trust, 0.8);
    for (trust, is_good) in [(0.0, true), (1.0, true), (-0.01, false), (1.01, false), (f64::NAN, false)] {
        match to(Change { trust: Some(trust), ..Change::default() }).await {
            Ok(changed) => assert!(is_good && changed.trust == trust, "{trust}"),
            Err(Error::Invalid(faults)) => assert!(!is_good && faults[0].pointer == "/trust", "{trust}"),
            Err(error) => panic!("{error}"),
        }
    }
    bench.site.answer("/feed", "200 OK", "", rss("The News", &[("g", "Title", "/a", "Text")]));
    let job = crate::jobs::FetchSources { sources: vec![source.id], age_max_s: 0 };
    crate::items::fetch(bench.desk.clone(), bench.context(), job).await.unwrap();
    assert_eq!(list(&bench.desk, &system(), None, 10).await.unwrap()[0].trust, 1.0, "a poll leaves it alone");
    let moderator = Actor { role: guard::role::Role::Moderator, ..system() };
    let change = Change { trust: Some(0.1), ..Change::default() };
    assert!(matches!(update(&bench.desk, &moderator, source.id, change).await, Err(Error::Forbidden { .. })));
}

store::sql! {
    FORGET = "sources.test.forget", "UPDATE source SET next_poll_at = NULL";
    LOGIN = "sources.test.login", "SELECT login FROM source WHERE id = $1";
}

#[tokio::test]
async fn a_source_without_a_time_gets_one() {
    let bench = Bench::new().await;
    let id = create(&bench.desk, &system(), new("https://a.example/feed")).await.unwrap().id;
    assert_eq!(ensure_polls(&bench.desk).await.unwrap(), 0);
    bench.desk.store.write(|tx| Box::pin(async move { tx.exec(&FORGET, params![]).await })).await.unwrap();
    assert_eq!(ensure_polls(&bench.desk).await.unwrap(), 1);
    assert_eq!(get(&mut bench.desk.store.read_fresh(), id).await.unwrap().next_poll_at, Some(bench.now()));
    assert_eq!(bench.waiting("assign_stories").await.len(), 1);
}

async fn visit(bench: &Bench, id: SourceId) -> Source {
    let job = crate::jobs::FetchSources { sources: vec![id], age_max_s: 0 };
    crate::items::fetch(bench.desk.clone(), bench.context(), job).await.unwrap();
    get(&mut bench.desk.store.read_fresh(), id).await.unwrap()
}

#[tokio::test]
async fn a_sign_in_is_said_to_its_origin_and_to_nobody_else() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    let feed = rss("N", &[("1", "One", "/1", "Text")]);
    bench.site.answer("/feed", "200 OK", "", &feed);
    let secret = |text: &str| stdx::config::Secret::new(text.to_owned());
    let basic = Login::Basic { user: "ada".into(), password: secret("s3cr3t") };
    let made = NewSource { login: Some(basic), ..new(bench.site.url("/feed")) };
    let source = create(&bench.desk, &system(), made).await.unwrap();
    assert!(source.has_login && !format!("{source:?}").contains("s3cr3t"));
    let row = bench.desk.store.read_fresh().one(&LOGIN, params![source.id.to_i64()]).await.unwrap();
    let sealed = row.get::<String>(0).unwrap();
    assert!(sealed.starts_with("v1.") && !sealed.contains("s3cr3t") && !sealed.contains("YWRh"), "{sealed}");
    assert!(visit(&bench, source.id).await.error.is_none());
    let said = |bench: &Bench| bench.site.heads().pop().unwrap();
    assert!(said(&bench).contains("authorization: Basic YWRhOnMzY3IzdA==\r\n"), "{}", said(&bench));
    let exported = crate::portable::export(&bench.desk, &system()).await.unwrap();
    let text = serde_json::to_string(&exported).unwrap();
    assert!(!text.contains("s3cr3t") && !text.contains("v1.") && text.contains("/feed"), "{text}");

    // Sealed for this address: under another origin it does not even open.
    assert!(login::open(&bench.desk.sealer, &sealed, source.id, &bench.site.url("/other")).is_some());
    for url in ["https://evil.example/feed", "http://127.0.0.1:1/feed", "nonsense"] {
        assert!(login::open(&bench.desk.sealer, &sealed, source.id, url).is_none(), "{url}");
    }
    let stranger = SourceId(bench.desk.next_id());
    assert!(login::open(&bench.desk.sealer, &sealed, stranger, &bench.site.url("/feed")).is_none());
    // A redirect within the site keeps it; a header of the site's own works alike.
    bench.site.answer("/feed", "302 Found", "Location: /there\r\n", "");
    bench.site.answer("/there", "200 OK", "", &feed);
    let change =
        Change { login: Some(Some(Login::Header { name: "X-Key".into(), value: secret("k1") })), ..Change::default() };
    update(&bench.desk, &system(), source.id, change).await.unwrap();
    visit(&bench, source.id).await;
    assert!(said(&bench).starts_with("GET /there ") && said(&bench).contains("x-key: k1\r\n"), "{}", said(&bench));
    // One to another site does not, and the source does not move there by itself.
    let away = format!("Location: {}\r\n", other.site.url("/feed"));
    bench.site.answer("/feed", "301 Moved Permanently", &away, "");
    other.site.answer("/feed", "200 OK", "", &feed);
    let desk = other_reachable(&bench, &other);
    for _ in 0..4 {
        bench.clock.advance(Duration::from_secs(86_400));
        let job = crate::jobs::FetchSources { sources: vec![source.id], age_max_s: 0 };
        crate::items::fetch(desk.clone(), bench.context(), job).await.unwrap();
    }
    assert!(!other.site.heads().is_empty() && !said(&other).contains("x-key"), "{}", said(&other));
    assert_eq!(get(&mut desk.store.read_fresh(), source.id).await.unwrap().url, bench.site.url("/feed"));
    let change = Change { login: Some(None), ..Change::default() };
    assert!(!update(&bench.desk, &system(), source.id, change).await.unwrap().has_login);
    bench.site.answer("/feed", "401 Unauthorized", "", "");
    assert_eq!(visit(&bench, source.id).await.error.as_deref(), Some("the feed needs a sign-in (401)"));
}

#[tokio::test]
async fn a_preview_says_who_we_are_to_the_site_it_was_told_for() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    let desk = other_reachable(&bench, &other);
    let secret = |text: &str| stdx::config::Secret::new(text.to_owned());
    let token = Login::Bearer { token: secret("t0ken") };
    let feed = rss("N", &[("1", "One", "/1", "Text")]);
    bench.site.answer("/feed", "200 OK", "", &feed);
    other.site.answer("/feed", "200 OK", "", &feed);
    // Its page names a feed of its own and one elsewhere: only the former hears it.
    let elsewhere = other.site.url("/feed");
    let page = format!(
        "<html><head><link rel=alternate type=application/rss+xml href=/feed>\
         <link rel=alternate type=application/rss+xml href={elsewhere}></head></html>"
    );
    bench.site.answer("/", "200 OK", "Content-Type: text/html\r\n", &page);
    let found = preview(&desk, &system(), &bench.site.url("/"), Some(&token)).await.unwrap();
    assert_eq!(found.found.len(), 2);
    let ours = bench.site.heads();
    assert!(ours.len() == 2 && ours.iter().all(|head| head.contains("authorization: Bearer t0ken\r\n")), "{ours:?}");
    // A redirect to another site does not take it along.
    bench.site.answer("/moved", "302 Found", &format!("Location: {elsewhere}\r\n"), "");
    assert_eq!(preview(&desk, &system(), &bench.site.url("/moved"), Some(&token)).await.unwrap().entries, 1);
    let theirs = other.site.heads();
    assert!(theirs.len() == 2 && theirs.iter().all(|head| !head.contains("t0ken")), "{theirs:?}");
    // What cannot be a sign-in is refused before anybody is asked.
    let odd = Login::Bearer { token: secret("two words") };
    let refused = preview(&desk, &system(), &bench.site.url("/feed"), Some(&odd)).await;
    assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].pointer == "/login/token"), "{refused:?}");
}

/// The same desk with a client that may call both sites.
fn other_reachable(bench: &Bench, other: &Bench) -> Desk {
    let connect = connect::Settings {
        allow: vec![bench.site.address.to_string(), other.site.address.to_string()],
        host_delay_ms: 0,
        ..connect::Settings::default()
    };
    let parts = &bench.desk.parts;
    Desk::new(crate::Parts {
        store: parts.store.clone(),
        queue: parts.queue.clone(),
        clock: parts.clock.clone(),
        rng: parts.rng.clone(),
        settings: parts.settings.clone(),
        client: connect::Client::new(&connect, parts.clock.clone(), parts.rng.clone()),
        llm: connect::llm::Settings::default(),
        hosts: connect::Hosts::new(&connect),
        limits: parts.limits,
        sealer: guard::seal::Sealer::new([7; 32]),
        cache: cache::Cache::new(&cache::Settings::default(), parts.clock.clone()),
        weights: text::score::Weights::default(),
        public_url: None,
    })
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_one_is_told() {
    let bench = Bench::new().await;
    let secret = |text: &str| stdx::config::Secret::new(text.to_owned());
    let cases = [
        (Login::Basic { user: "a:b".into(), password: secret("x") }, "/login/user"),
        (Login::Bearer { token: secret("two words") }, "/login/token"),
        (Login::Bearer { token: secret("") }, "/login/token"),
        (Login::Header { name: "Host".into(), value: secret("x") }, "/login/name"),
        (Login::Header { name: "a b".into(), value: secret("x") }, "/login/name"),
        (Login::Header { name: "x".into(), value: secret("a\r\nb: c") }, "/login/value"),
        (Login::Header { name: "x".into(), value: secret(&"y".repeat(5_000)) }, "/login"),
    ];
    for (login, pointer) in cases {
        let made = NewSource { login: Some(login.clone()), ..new("https://a.example/feed") };
        let result = create(&bench.desk, &system(), made).await;
        assert!(
            matches!(&result, Err(Error::Invalid(faults)) if faults[0].pointer == pointer),
            "{login:?}: {result:?}"
        );
        assert!(!format!("{login:?}").contains("two words"));
    }
}

#[tokio::test]
async fn a_fetch_names_sources_that_exist() {
    let bench = Bench::new().await;
    let source = create(&bench.desk, &system(), new("https://a.example/feed")).await.unwrap();
    let (job, estimate) = fetch(&bench.desk, &system(), None, 0).await.unwrap();
    assert!(estimate > bench.now());
    let view = bench.desk.queue.get(job).await.unwrap().unwrap();
    assert_eq!(view.parameters.unwrap()["sources"][0], source.id.to_string());
    let stranger = SourceId(bench.desk.next_id());
    assert!(matches!(
        fetch(&bench.desk, &system(), Some(vec![source.id, stranger]), 0).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_preview_shows_a_feed_or_finds_it_and_stores_nothing() {
    let bench = Bench::new().await;
    let entries: Vec<(&str, &str, &str, &str)> = (0..7).map(|_| ("g", "Title", "/a", "Some <b>text</b>")).collect();
    bench.site.answer("/feed", "200 OK", "", rss("The News", &entries));
    bench.site.answer("/old", "302 Found", "Location: /feed\r\n", "");
    let found = preview(&bench.desk, &system(), &bench.site.url("/old"), None).await.unwrap();
    assert_eq!(
        (found.kind, found.title.as_deref(), found.entries, found.items.len()),
        (Some("rss"), Some("The News"), 7, 5)
    );
    assert_eq!(found.final_url, bench.site.url("/feed"));
    let page = "<html><head><link rel=alternate type=application/rss+xml href=/feed title=News></head><body>Hello</body></html>";
    bench.site.answer("/", "200 OK", "Content-Type: text/html\r\n", page);
    let found = preview(&bench.desk, &system(), &bench.site.url("/"), None).await.unwrap();
    assert_eq!((found.kind, found.found[0].url.clone()), (None, bench.site.url("/feed")));
    assert!(matches!(
        preview(&bench.desk, &system(), &bench.site.url("/none"), None).await,
        Err(Error::Status { status: 404, .. })
    ));
    assert!(matches!(preview(&bench.desk, &system(), "http://127.0.0.1:9/", None).await, Err(Error::Fetch { .. })));
    assert_eq!(list(&bench.desk, &system(), None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_feeds_of_a_page_are_looked_into() {
    let bench = Bench::new().await;
    let page = |path: &str, html: &str| bench.site.answer(path, "200 OK", "Content-Type: text/html\r\n", html);
    let seen = async |path: &str| preview(&bench.desk, &system(), &bench.site.url(path), None).await;
    page("/page", "<html><body>Nothing here, and <a href=/contact>nobody</a></body></html>");
    assert!(matches!(seen("/page").await, Err(Error::Feed { .. })));

    let feed = rss("The News", &[("g", "Title", "/a", "Some <b>text</b>"), ("h", "Other", "/b", "More")]);
    bench.site.answer("/rss.xml", "200 OK", "", feed.clone());
    let guessed = seen("/page").await.unwrap().found;
    assert_eq!(guessed.len(), 1);
    assert_eq!((guessed[0].found, guessed[0].url.clone()), (FoundBy::Guessed, bench.site.url("/rss.xml")));
    assert_eq!((guessed[0].title.as_deref(), guessed[0].entries, guessed[0].items.len()), (Some("The News"), 2, 2));

    bench.site.answer("/all/feed", "302 Found", "Location: /other.atom\r\n", "");
    bench.site.answer("/other.atom", "200 OK", "", feed.clone());
    page(
        "/linked",
        "<a href=/all/feed>all</a> <a href=/other.atom>again</a> <a href=/gone.rss>gone</a> <a href=/page>no</a>",
    );
    let linked = seen("/linked").await.unwrap().found;
    assert_eq!(linked.iter().map(|one| one.url.clone()).collect::<Vec<_>>(), [bench.site.url("/other.atom")]);
    assert_eq!((linked[0].found, linked[0].kind), (FoundBy::Linked, Some("rss")));

    page(
        "/named",
        "<link rel=alternate type=application/rss+xml href=/rss.xml title=Ours><link rel=feed href=/gone><link rel=feed href=/page>",
    );
    let named = seen("/named").await.unwrap().found;
    let told = named.iter().map(|one| (one.title.as_deref(), one.entries, one.problem.is_some())).collect::<Vec<_>>();
    assert_eq!(told, [(Some("Ours"), 2, false), (None, 0, true), (None, 0, true)]);
    assert!(named.iter().all(|one| one.found == FoundBy::Named));
    assert!(named[1].problem.as_ref().unwrap().contains("404"), "{:?}", named[1].problem);
}
