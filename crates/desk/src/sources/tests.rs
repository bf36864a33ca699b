use std::time::Duration;

use queue::State as JobState;

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
    let jobs = bench.waiting("poll_source").await;
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].state, jobs[0].run_at), (JobState::Available, Some(bench.now())));
    let again = create(&bench.desk, &system(), new("https://www.news.example/feed?b=1")).await;
    assert!(matches!(again, Err(Error::Exists { id, .. }) if id == source.id.to_string()));
    assert_eq!(bench.waiting("poll_source").await.len(), 1);
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
    let jobs = bench.waiting("poll_source").await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].run_at, Some(bench.now()), "the sleeping job is woken, not doubled");
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

#[tokio::test]
async fn a_lost_poll_comes_back() {
    let bench = Bench::new().await;
    create(&bench.desk, &system(), new("https://a.example/feed")).await.unwrap();
    assert_eq!(ensure_polls(&bench.desk).await.unwrap(), 0);
    bench.desk.queue.cancel(bench.waiting("poll_source").await[0].id).await.unwrap();
    assert_eq!(ensure_polls(&bench.desk).await.unwrap(), 1);
    assert_eq!((bench.waiting("poll_source").await.len(), bench.waiting("assign_stories").await.len()), (1, 1));
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
    let found = preview(&bench.desk, &system(), &bench.site.url("/old")).await.unwrap();
    assert_eq!(
        (found.kind, found.title.as_deref(), found.entries, found.items.len()),
        (Some("rss"), Some("The News"), 7, 5)
    );
    assert_eq!(found.final_url, bench.site.url("/feed"));
    let page = "<html><head><link rel=alternate type=application/rss+xml href=/feed title=News></head><body>Hello</body></html>";
    bench.site.answer("/", "200 OK", "Content-Type: text/html\r\n", page);
    let found = preview(&bench.desk, &system(), &bench.site.url("/")).await.unwrap();
    assert_eq!((found.kind, found.found[0].url.clone()), (None, bench.site.url("/feed")));
    bench.site.answer("/page", "200 OK", "", "<html><body>Nothing here</body></html>");
    assert!(matches!(preview(&bench.desk, &system(), &bench.site.url("/page")).await, Err(Error::Feed { .. })));
    assert!(matches!(
        preview(&bench.desk, &system(), &bench.site.url("/none")).await,
        Err(Error::Status { status: 404, .. })
    ));
    assert!(matches!(preview(&bench.desk, &system(), "http://127.0.0.1:9/").await, Err(Error::Fetch { .. })));
    assert_eq!(list(&bench.desk, &system(), None, 10).await.unwrap(), []);
}
