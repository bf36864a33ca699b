use std::time::Duration;

use super::*;
use crate::items::{Filter, Standing, list};
use crate::people::Idempotency;
use crate::sources::{Kind, NewOther, NewSource, create_other};
use crate::testing::{Bench, rss};

const TEXT: &str = "The harbour office closed the northern pier on Monday after a fire in a warehouse, and 12 people were taken to hospital. \
                    The ferry to the island sails from the southern pier until the end of the week, the office said, and tickets stay valid. \
                    Nobody knows yet what started the fire; the police ask for pictures of the morning.";

fn written(id: Option<&str>, url: Option<&str>, title: &str, text: &str) -> NewItem {
    let own = |text: &str| Some(text.to_owned());
    let item =
        Given { id: id.and_then(own), url: url.and_then(own), title: own(title), text: own(text), ..Given::default() };
    NewItem { item, ..NewItem::default() }
}

fn paste(url: impl Into<String>) -> NewItem {
    NewItem { item: Given { url: Some(url.into()), ..Given::default() }, ..NewItem::default() }
}

fn page(title: &str, text: &str) -> String {
    format!(
        "<html lang=en><head><title>{title}</title><meta name=author content='Ada Price'>
         <meta property='article:published_time' content='2026-11-01T08:00:00Z'></head>
         <body><nav><a href=/>Home</a></nav><article><h1>{title}</h1><p>{text}</p><script>alert(1)</script></article></body></html>"
    )
}

async fn count(bench: &Bench) -> usize {
    list(&bench.desk, &Actor::system(), Filter::default(), None, 200).await.unwrap().len()
}

#[tokio::test]
async fn a_written_item_is_news_whatever_its_age_and_known_by_its_id() {
    let bench = Bench::with(crate::Settings { news_age_max_h: 48, ..crate::Settings::default() }).await;
    let actor = Actor::system();
    let mut old = written(Some("note-1"), Some("https://paper.example/1"), "From the archive", "One.\n\nTwo.");
    old.item.published_at = Some(bench.now() - Duration::from_secs(90 * 86_400));
    let (item, is_new) = create(&bench.desk, &actor, old.clone()).await.unwrap();
    assert_eq!((is_new, item.standing, item.source_name.as_str()), (true, Standing::News, "By hand"));
    assert_eq!((item.text.as_str(), item.published_at), ("One.\n\nTwo.", old.item.published_at.unwrap()));
    assert_eq!(bench.waiting("assign_stories").await.len(), 1);
    let (again, is_new) = create(&bench.desk, &actor, old.clone()).await.unwrap();
    assert_eq!((again.id, is_new, again.version), (item.id, false, 1));
    old.item.text = Some("Three.".into());
    let (changed, is_new) = create(&bench.desk, &actor, old).await.unwrap();
    assert_eq!((changed.id, is_new, changed.version, changed.text.as_str()), (item.id, false, 2, "Three."));
    // Without an id, the address tells which it is.
    let (by_url, _) =
        create(&bench.desk, &actor, written(None, Some("https://paper.example/2"), "Two", "Text.")).await.unwrap();
    let (same, is_new) =
        create(&bench.desk, &actor, written(None, Some("https://paper.example/2?utm_source=x"), "Two!", "Other."))
            .await
            .unwrap();
    assert_eq!((same.id, is_new, same.title.as_str()), (by_url.id, false, "Two!"));
    // Notes that are alike are different notes.
    for day in ["Monday", "Tuesday", "Wednesday"] {
        let note = written(
            None,
            None,
            "The weather",
            &format!("On {day} it rains in the north, and the south has sun until the evening comes."),
        );
        assert!(create(&bench.desk, &actor, note).await.unwrap().1, "{day}");
    }
    assert_eq!(count(&bench).await, 5);
}

#[tokio::test]
async fn a_repeated_request_leads_to_the_same_item() {
    let bench = Bench::new().await;
    let once = |request: &str| Actor {
        idempotency: Some(Idempotency { key: "k".into(), request: request.into() }),
        ..Actor::system()
    };
    let (first, _) = create(&bench.desk, &once("a"), written(None, None, "Title", "Text.")).await.unwrap();
    let (second, is_new) = create(&bench.desk, &once("a"), written(None, None, "Title", "Text.")).await.unwrap();
    assert_eq!((second, is_new), (first, true));
    let other = create(&bench.desk, &once("b"), written(None, None, "Another", "Text.")).await;
    assert!(matches!(other, Err(Error::IdempotencyMismatch)));
    let all = futures_util::future::join_all(
        (0..10).map(|_| create(&bench.desk, &ACTOR, written(Some("x"), None, "Title", "Other."))),
    )
    .await;
    assert_eq!(all.into_iter().filter(|made| made.as_ref().unwrap().1).count(), 1);
    assert_eq!(count(&bench).await, 2);
}

static ACTOR: std::sync::LazyLock<Actor> = std::sync::LazyLock::new(Actor::system);

#[tokio::test]
async fn what_is_wrong_is_told_before_anything_is_fetched() {
    let bench = Bench::new().await;
    let hook =
        create_other(&bench.desk, &ACTOR, NewOther { kind: Kind::Hook, name: "Wire".into(), ..NewOther::default() })
            .await
            .unwrap();
    let hand =
        create_other(&bench.desk, &ACTOR, NewOther { kind: Kind::Hand, name: "Desk".into(), ..NewOther::default() })
            .await
            .unwrap();
    assert!(hook.hook.is_some() && hand.hook.is_none());
    let stranger = SourceId(bench.desk.next_id());
    let good = || written(None, None, "Title", "Text.");
    for (new, pointer) in [
        (NewItem::default(), "/title"),
        (written(None, None, " ", "Text."), "/title"),
        (written(None, None, "Title", " "), "/text"),
        (written(None, Some("https://a.example/"), "Title", ""), "/text"),
        (written(None, Some("nothing"), "Title", "Text."), "/url"),
        (paste("ftp://a.example/"), "/url"),
        (paste("https://me:secret@a.example/"), "/url"),
        (NewItem { source: Some(hook.source.id), ..good() }, "/source"),
        (NewItem { source: Some(stranger), ..good() }, "/source"),
        (NewItem { source: Some(hand.source.id), pipeline: Some(hand.source.pipeline), ..good() }, "/pipeline"),
        (NewItem { pipeline: Some(PipelineId(bench.desk.next_id())), ..good() }, "/pipeline"),
    ] {
        let refused = create(&bench.desk, &ACTOR, new.clone()).await;
        assert!(
            matches!(&refused, Err(Error::Invalid(faults)) if faults[0].pointer == pointer),
            "{new:?}: {refused:?}"
        );
    }
    let viewer = Actor { role: guard::role::Role::Viewer, ..Actor::system() };
    assert!(matches!(create(&bench.desk, &viewer, good()).await, Err(Error::Forbidden { .. })));
    assert_eq!((count(&bench).await, bench.site.heads().len()), (0, 0));
    let (item, _) = create(&bench.desk, &ACTOR, NewItem { source: Some(hand.source.id), ..good() }).await.unwrap();
    assert_eq!((item.source, item.source_name.as_str()), (hand.source.id, "Desk"));
    let author = Actor { role: guard::role::Role::Author, ..Actor::system() };
    assert!(create(&bench.desk, &author, written(None, None, "Another", "Text.")).await.unwrap().1);
}

#[tokio::test]
async fn the_article_behind_an_address_is_taken() {
    let bench = Bench::with(crate::Settings { news_age_max_h: 48, ..crate::Settings::default() }).await;
    bench.site.answer(
        "/fire?utm_source=mail",
        "200 OK",
        "Content-Type: text/html; charset=utf-8\r\n",
        page("Fire at the pier", TEXT),
    );
    let (item, is_new) = create(&bench.desk, &ACTOR, paste(bench.site.url("/fire?utm_source=mail"))).await.unwrap();
    assert_eq!(
        (is_new, item.standing, item.title.as_str(), item.text.as_str()),
        (true, Standing::News, "Fire at the pier", TEXT)
    );
    assert_eq!((item.url, item.authors), (Some(bench.site.url("/fire")), vec!["Ada Price".to_owned()]));
    assert_eq!(item.published_at.to_string(), "2026-11-01T08:00:00Z");
    // Pasted again after it was edited: a new version.
    bench.site.answer("/fire", "200 OK", "Content-Type: text/html\r\n", page("Fire at the pier is out", TEXT));
    let (again, is_new) = create(&bench.desk, &ACTOR, paste(bench.site.url("/fire#top"))).await.unwrap();
    assert_eq!((again.id, is_new, again.version), (item.id, false, 2));
    // In an old encoding, under a redirect.
    bench.site.answer("/old", "301 Moved", "Location: /latin\r\n", "");
    let latin: Vec<u8> = page("Feuer am Süßwasser", TEXT).chars().map(|c| c as u32 as u8).collect();
    bench.site.answer("/latin", "200 OK", "Content-Type: text/html; charset=iso-8859-1\r\n", latin);
    let (latin, _) = create(&bench.desk, &ACTOR, paste(bench.site.url("/old"))).await.unwrap();
    assert_eq!((latin.title.as_str(), latin.url), ("Feuer am Süßwasser", Some(bench.site.url("/latin"))));
}

#[tokio::test]
async fn an_address_without_an_article_is_refused_with_the_reason() {
    let bench = Bench::new().await;
    let html = "Content-Type: text/html\r\n";
    bench.site.answer("/empty", "200 OK", html, "<html><body><div id=root></div></body></html>");
    bench.site.answer("/short", "200 OK", html, "<p>Please agree to our cookies before you read on here.</p>");
    bench.site.answer("/picture", "200 OK", "Content-Type: image/png\r\n", b"\x89PNG");
    bench.site.answer(
        "/feed",
        "200 OK",
        "Content-Type: application/rss+xml\r\n",
        rss("N", &[("1", "One", "/1", TEXT)]),
    );
    bench.site.answer("/huge", "200 OK", html, vec![b'a'; 6 << 20]);
    bench.site.answer("/away", "302 Found", "Location: http://127.0.0.1:1/\r\n", "");
    for (path, expected) in [
        ("/empty", "no article was found: the page has no paragraph"),
        ("/short", "no article was found: the longest text"),
        ("/picture", "is no page but image/png"),
        ("/feed", "is no page but application/rss+xml"),
    ] {
        let Err(Error::Invalid(faults)) = create(&bench.desk, &ACTOR, paste(bench.site.url(path))).await else {
            panic!("{path}")
        };
        assert!(faults[0].pointer == "/url" && faults[0].detail.contains(expected), "{path}: {faults:?}");
    }
    let missing = create(&bench.desk, &ACTOR, paste(bench.site.url("/missing"))).await;
    assert!(matches!(missing, Err(Error::Status { status: 404, .. })), "{missing:?}");
    for url in [
        bench.site.url("/huge"),
        bench.site.url("/away"),
        "http://127.0.0.1:9/".to_owned(),
        "http://[::1]/".to_owned(),
        "http://169.254.169.254/latest".to_owned(),
    ] {
        let refused = create(&bench.desk, &ACTOR, paste(&*url)).await;
        assert!(matches!(refused, Err(Error::Fetch { .. })), "{url}: {refused:?}");
    }
    assert_eq!(count(&bench).await, 0);
}

#[tokio::test]
async fn what_a_feed_has_brought_is_a_copy_when_it_is_pasted() {
    let bench = Bench::new().await;
    let source =
        sources::create(&bench.desk, &ACTOR, NewSource { url: bench.site.url("/feed"), ..NewSource::default() })
            .await
            .unwrap();
    let feed = rss("N", &[("1", "Fire", "/1", TEXT)]).replace("https://news.example/1", &bench.site.url("/fire"));
    bench.site.answer("/feed", "200 OK", "", feed);
    let job = crate::jobs::FetchSources { sources: vec![source.id], age_max_s: 0 };
    crate::items::fetch(bench.desk.clone(), bench.context(), job).await.unwrap();
    let first = list(&bench.desk, &ACTOR, Filter::default(), None, 10).await.unwrap()[0].id;
    bench.site.answer("/fire", "200 OK", "Content-Type: text/html\r\n", page("Fire at the pier", TEXT));
    let (item, _) = create(&bench.desk, &ACTOR, paste(bench.site.url("/fire"))).await.unwrap();
    assert_eq!((item.standing, item.copy_of), (Standing::Copy, Some(first)));
}
