mod bench;
mod front;
mod tags;
mod warm;

use std::time::Duration;

use bench::{Bench, draft, settings};
use desk::moderation::{self, Edit};
use desk::people::Actor;
use desk::posts::SourceRef;
use http::{Method, StatusCode};
use store::testing::Place;

use crate::Settings;

/// The first value of an attribute that follows `before` in `html`.
fn after<'a>(html: &'a str, before: &str) -> &'a str {
    let rest = html.split_once(before).unwrap_or_else(|| panic!("{before} is not in\n{html}")).1;
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn an_empty_site_is_a_site() {
    let bench = Bench::new().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/archive", "text/html; charset=utf-8"),
        ("/search", "text/html; charset=utf-8"),
        ("/feed.xml", "application/atom+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ] {
        let answer = bench.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, kind), "{path}");
    }
    assert!(bench.get("/").await.text().contains("Nothing here yet"));
}

#[tokio::test]
async fn an_article_shows_its_text_its_sources_and_what_it_is() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    bench.publish(draft("Harbour budget passes", "Harbour")).await;
    let answer = bench.get("/harbour-budget-passes").await;
    let html = answer.text();
    assert_eq!(answer.status, StatusCode::OK);
    for part in [
        "<html lang=\"en\">",
        "<title>Harbour budget passes – The Paper</title>",
        "<link rel=\"canonical\" href=\"https://paper.example/harbour-budget-passes\">",
        "<meta property=\"og:type\" content=\"article\">",
        "<h1>Harbour budget passes</h1>",
        "<p class=\"standfirst\">In short: Harbour budget passes.</p>",
        "<time datetime=\"2026-11-20T09:01:00Z\">20 November 2026, 09:01 UTC</time>",
        "1 min read",
        "href=\"https://wire.example/council\" rel=\"nofollow noopener external\">Council meets</a>",
        "<cite>Harbour Wire</cite>",
        "href=\"/topic/harbour\" rel=\"tag\">Harbour</a>",
        "More in Harbour",
        "<a href=\"/ferry-returns\">Ferry returns</a>",
    ] {
        assert!(html.contains(part), "{part} is not in\n{html}");
    }
    let data = html.split_once("<script type=\"application/ld+json\">").unwrap().1.split_once("</script>").unwrap().0;
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["@type"], "NewsArticle");
    assert_eq!(data["headline"], "Harbour budget passes");
    assert_eq!(data["datePublished"], "2026-11-20T09:01:00Z");
    assert_eq!(data["isBasedOn"][0]["url"], "https://wire.example/council");
    assert_eq!(html.matches("<script").count(), 1, "structured data is the only script element");
}

#[tokio::test]
async fn an_excerpt_that_opens_the_text_is_not_said_twice() {
    let bench = Bench::new().await;
    let mut draft = draft("Ferry returns", "Harbour");
    draft.excerpt = "The council met on…".to_owned();
    bench.publish(draft).await;
    let html = bench.get("/ferry-returns").await;
    assert!(!html.text().contains("standfirst"));
    assert!(html.text().contains("<meta name=\"description\" content=\"The council met on…\">"));
}

#[tokio::test]
async fn what_strangers_write_stays_text() {
    let bench = Bench::new().await;
    let mut hostile = draft("</title><script>alert(1)</script> \"quoted\" & 'more'", "<b>Sea</b>");
    hostile.excerpt = "\"><img src=x onerror=alert(2)> ]]> \u{b}".to_owned();
    hostile.body =
        "<script>alert(3)</script><img src=\"https://spy.example/p.png\">Text <a href=\"javascript:alert(4)\">here</a>"
            .to_owned();
    hostile.language = "en\" onload=\"alert(5)".to_owned();
    hostile.sources.push(SourceRef {
        name: "<i>x</i>".into(),
        title: String::new(),
        url: "javascript:alert(6)".into(),
    });
    bench.publish(hostile).await;
    let slug = desk::pages::newest(&mut bench.app.desk.store.read(), 1).await.unwrap().remove(0).slug;
    let search = "/search?q=%22%3E%3Cscript%3Ealert(7)%3C/script%3E";
    for path in
        ["/", &format!("/{slug}"), "/topic/b-sea-b", "/archive", search, "/search?q=quoted", "/<script>alert(8)"]
    {
        let path = path.replace('<', "%3C").replace('>', "%3E");
        let answer = bench.get(&path).await;
        let html = answer.text();
        let (before, rest) = html.split_once("<script type=\"application/ld+json\">").unwrap_or((html, ""));
        let (data, rest) = rest.split_once("</script>").unwrap_or(("", rest));
        assert!(!data.contains('<'), "{path}: {data}");
        for bad in [
            "<script",
            "onerror=alert(2)>",
            "<img src=x",
            "javascript:",
            "spy.example",
            "\" onload=\"",
            "<b>Sea",
            "<i>x",
        ] {
            assert!(!before.contains(bad) && !rest.contains(bad), "{path} holds {bad}:\n{html}");
        }
    }
    let atom = bench.get("/feed.xml").await;
    let feed = feed::parse(&atom.body, &feed::Hints::default()).unwrap();
    assert!(feed.warnings.is_empty(), "{:?}", feed.warnings);
    assert_eq!(feed.items[0].title.as_deref(), Some("</title><script>alert(1)</script> \"quoted\" & 'more'"));
    let json: serde_json::Value = serde_json::from_slice(&bench.get("/feed.json").await.body).unwrap();
    let content = json["items"][0]["content_html"].as_str().unwrap();
    assert!(!content.contains("<script") && !content.contains("javascript:") && !content.contains("<i>"), "{content}");
}

#[tokio::test]
async fn a_reader_who_has_the_page_is_told_so() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    for path in
        ["/", "/ferry-returns", "/topic/harbour", "/archive", "/feed.xml", "/feed.json", "/sitemap.xml", "/robots.txt"]
    {
        let first = bench.get(path).await;
        assert_eq!(
            first.header("cache-control"),
            "public, max-age=300, stale-while-revalidate=300, stale-if-error=86400",
            "{path}"
        );
        let etag = first.header("etag").to_owned();
        let again = bench.ask(Method::GET, path, &[("if-none-match", &etag)]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        assert_eq!(again.header("etag"), etag);
        let head = bench.ask(Method::HEAD, path, &[]).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{path}");
        assert_eq!(head.header("content-length"), first.body.len().to_string(), "{path}");
    }
    let plain = bench.get("/").await;
    for coding in ["br", "gzip", "zstd"] {
        let coded = bench.ask(Method::GET, "/", &[("accept-encoding", coding)]).await;
        assert_eq!((coded.header("content-encoding"), coded.header("vary")), (coding, "accept-encoding"));
        assert!(coded.body.len() * 2 < plain.body.len(), "{coding}: {} of {}", coded.body.len(), plain.body.len());
        assert_ne!(coded.header("etag"), plain.header("etag"));
    }
}

#[tokio::test]
async fn nothing_but_the_site_itself_may_load() {
    let bench = Bench::new().await;
    let answer = bench.get("/").await;
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.headers.get("set-cookie").is_none());
    let css = after(answer.text(), "<link rel=\"stylesheet\" href=\"").to_owned();
    assert_eq!(answer.header("link"), format!("<{css}>; rel=preload; as=style"));
    let style = bench.get(&css).await;
    assert_eq!((style.status, style.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(!style.text().contains("@import") && !style.text().contains("url("));
    let old = bench.get("/assets/site.0000000000000000.css").await;
    assert_eq!((old.status, old.header("cache-control")), (StatusCode::OK, "public, max-age=60"));
    assert_eq!(bench.get("/assets/other.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_addresses_lead_to_a_page_that_helps() {
    let bench = Bench::new().await;
    for path in [
        "/nothing-here",
        "/topic/none",
        "/page?after=none",
        "/archive?after=%3Cb%3E",
        "/Upper",
        "/a/b/c",
        "/topic/none?after=x",
    ] {
        let answer = bench.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        assert!(answer.text().contains("This page does not exist") && answer.text().contains("noindex"), "{path}");
    }
    let api = bench.get("/api/v9/none").await;
    assert_eq!((api.status, api.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"));
    for (path, location) in [
        ("/archive/", "/archive"),
        ("/topic/sea//?after=x", "/topic/sea?after=x"),
        ("//evil.example/", "/evil.example"),
        ("/page", "/"),
    ] {
        let answer = bench.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (308, location), "{path}");
    }
    assert_eq!(bench.get("/%5Cevil.example/").await.header("location"), "/%5Cevil.example");
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let bench = Bench::new().await;
    let pages = 45;
    for i in 0..pages {
        bench.publish(draft(&format!("Report {i}"), "Harbour")).await;
    }
    for first in ["/", "/topic/harbour"] {
        let (mut seen, mut next) = (Vec::new(), Some(first.to_owned()));
        while let Some(path) = next {
            let answer = bench.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let html = answer.text();
            assert!(html.contains(&format!("<link rel=\"canonical\" href=\"https://paper.example{path}\">")), "{path}");
            seen.extend(html.match_indices("<a href=\"/report-").map(|(at, _)| after(&html[at..], "\"/").to_owned()));
            next = html.contains("rel=\"next\"").then(|| {
                let link = html[..html.find("rel=\"next\"").unwrap()].rsplit_once("href=\"").unwrap().1;
                link.split('"').next().unwrap().to_owned()
            });
        }
        let wanted: Vec<String> = (0..pages).rev().map(|i| format!("report-{i}")).collect();
        assert_eq!(seen, wanted, "{first}");
    }
    let archive = bench.get("/archive").await;
    assert_eq!(archive.text().matches("<a href=\"/report-").count(), pages);
    assert_eq!(archive.text().matches("<h2 class=\"label\">November 2026</h2>").count(), 1);
    let map = bench.get("/sitemap.xml").await;
    assert_eq!(map.text().matches("<loc>https://paper.example/report-").count(), pages);
    assert_eq!(map.text().matches("<url>").count(), pages + 3);
}

#[tokio::test]
async fn a_publication_changes_what_shows_it_at_once_and_nothing_else() {
    let bench = Bench::new().await;
    let (desk, actor) = (&bench.app.desk, Actor::system());
    let ferry = bench.publish(draft("Ferry returns", "Harbour")).await;
    bench.publish(draft("Theatre opens", "Arts")).await;
    for path in ["/", "/ferry-returns", "/theatre-opens", "/topic/harbour", "/feed.xml", "/sitemap.xml", "/archive"] {
        assert_eq!(bench.get(path).await.status, StatusCode::OK, "{path}");
    }
    let loads = || desk.cache.stats().spaces.iter().find(|space| space.name == "site").unwrap().loads;
    let before = loads();
    bench.get("/theatre-opens").await;
    bench.get("/?utm_source=x&cache=bust").await;
    assert_eq!(loads(), before, "both are kept, whatever parameters come along");

    bench.publish(draft("Bridge closes", "Harbour")).await;
    for path in ["/", "/topic/harbour", "/feed.xml", "/sitemap.xml", "/archive"] {
        assert!(bench.get(path).await.text().contains("bridge-closes"), "{path}");
    }
    let before = loads();
    bench.get("/theatre-opens").await;
    assert_eq!(loads(), before, "an article does not change when another appears");

    let edit = Edit { title: Some("Ferry returns on Monday".to_owned()), ..Edit::default() };
    bench.clock.advance(Duration::from_secs(3_600));
    moderation::edit_and_approve(desk, &actor, ferry, 1, edit, desk::calendar::When::Soon).await.unwrap();
    bench.deliver(ferry, 2).await;
    let html = bench.get("/ferry-returns").await;
    assert!(html.text().contains("<h1>Ferry returns on Monday</h1>") && html.text().contains("Updated <time"));

    moderation::retract(desk, &actor, ferry).await.unwrap();
    assert_eq!(bench.get("/ferry-returns").await.status, StatusCode::NOT_FOUND);
    for path in ["/", "/topic/harbour", "/feed.xml", "/feed.json", "/sitemap.xml", "/archive", "/search?q=ferry"] {
        assert!(!bench.get(path).await.text().contains("ferry-returns"), "{path}");
    }
    assert!(!bench.get("/bridge-closes").await.text().contains("ferry-returns"), "nor below another article");
}

#[tokio::test]
async fn feeds_are_feeds() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    bench.publish(draft("Theatre & opera open", "Arts")).await;
    for (path, family) in [("/feed.xml", "atom"), ("/feed.json", "json")] {
        let answer = bench.get(path).await;
        let feed = feed::parse(&answer.body, &feed::Hints::default()).unwrap();
        assert!(feed.warnings.is_empty(), "{path}: {:?}", feed.warnings);
        assert_eq!(feed.kind.family(), family);
        assert_eq!(feed.title.as_deref(), Some("The Paper"));
        assert_eq!(feed.link.as_deref(), Some("https://paper.example/"));
        let item = &feed.items[0];
        assert_eq!(item.title.as_deref(), Some("Theatre & opera open"));
        assert_eq!(item.link.as_deref(), Some("https://paper.example/theatre-opera-open"));
        assert!(item.id.as_deref().unwrap().starts_with("tag:paper.example,2026-11-20:post/"));
        assert_eq!(item.published_at, Some("2026-11-20T09:01:00Z".parse().unwrap()));
        let content = item.content_html.as_deref().unwrap();
        assert!(content.contains("https://paper.example/archive"), "links are whole: {content}");
        assert!(content.contains("https://wire.example/council"), "sources are named: {content}");
        assert_eq!(feed.items[1].categories, ["Harbour"]);
    }
}

#[tokio::test]
async fn search_finds_and_forgets() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    let found = bench.get("/search?x=1&q=ferr").await;
    assert!(found.text().contains("1 page found") && found.text().contains("href=\"/ferry-returns\""));
    assert_eq!(found.header("cache-control"), "private, no-store");
    let none = bench.get("/search?q=submarine+%26").await;
    assert!(
        none.text().contains("Nothing found") && none.text().contains("value=\"submarine &#38;\""),
        "{}",
        none.text()
    );
    assert_eq!(bench.get(&format!("/search?q={}", "%00%FF%22".repeat(900))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_public_address_links_follow_the_host_that_was_asked() {
    let bench = Bench::with(settings()).await;
    let canonical = async |host: &str| {
        let answer = bench.ask(Method::GET, "/", &[("host", host)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
        after(answer.text(), "rel=\"canonical\" href=\"").to_owned()
    };
    assert_eq!(canonical("LocalHost:8080").await, "http://localhost:8080/");
    assert_eq!(canonical("[::1]:8080").await, "http://[::1]:8080/");
    for strange in ["a\"><script>", "user@host", "a b", "host/path", ""] {
        assert_eq!(canonical(strange).await, "/", "{strange}");
    }
}

#[tokio::test]
async fn own_pages_are_read_from_their_folder_and_read_again() {
    let place = Place::new().await;
    let folder = place.folder().join("pages");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("imprint.md"), "# Imprint & contact\n\nWritten by *us*. <script>alert(1)</script>")
        .unwrap();
    std::fs::write(folder.join("archive.md"), "# Not shown: the site needs the address").unwrap();
    std::fs::write(folder.join("Notes.md"), "# Not an address").unwrap();
    let logo = place.folder().join("logo.svg");
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let path = |path: &std::path::Path| Some(path.to_str().unwrap().to_owned());
    let bench = Bench::with(Settings {
        pages_folder: path(&folder),
        logo: path(&logo),
        footer: "Printed in **Istanbul** <script>".to_owned(),
        language: "tr".to_owned(),
        ..settings()
    })
    .await;
    let html = bench.get("/imprint").await;
    assert!(
        html.text().contains("<h1>Imprint &#38; contact</h1>") && html.text().contains("<em>us</em>"),
        "{}",
        html.text()
    );
    assert!(html.text().contains("<html lang=\"tr\">") && html.text().contains("Site hakkında"));
    let home = bench.get("/").await;
    assert!(home.text().contains("<a href=\"/imprint\">") && home.text().contains("<strong>Istanbul</strong>"));
    assert!(!home.text().contains("/Notes") && home.text().matches("<script").count() == 1);
    let logo = after(home.text(), "class=\"logo\" src=\"");
    assert_eq!(bench.get(logo).await.header("content-type"), "image/svg+xml");

    std::fs::write(folder.join("imprint.md"), "# Imprint\n\nWritten by all of us.").unwrap();
    std::fs::write(folder.join("privacy.md"), "We keep nothing.").unwrap();
    bench.clock.advance(Duration::from_secs(6));
    assert!(bench.get("/imprint").await.text().contains("all of us"));
    assert!(bench.get("/privacy").await.text().contains("<h1>privacy</h1>"));
    assert!(bench.get("/").await.text().contains("<a href=\"/privacy\">"));
}

#[test]
fn remote_media_leaves_no_hole() {
    let check = |html: &str, wanted: &str| assert_eq!(super::view::without_remote_pictures(html), wanted);
    check("<p>plain</p>", "<p>plain</p>");
    check("<p>a<img src=\"https://x.example/a.png\" alt=\"1 > 0\">b</p>", "<p>ab</p>");
    check("<img src=\"/own.png\">", "<img src=\"/own.png\">");
    check("a<video src=\"https://x.example/v\"><source src=\"/v\"></video>b", "ab");
}
