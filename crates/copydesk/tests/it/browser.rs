//! The site and the console as people meet them: Chromium against `copydesk demo`.

mod driver;

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::home::{Home, Server};
use crate::wait_for;
use driver::Browser;

const PATIENCE: Duration = Duration::from_secs(30);

/// A demo with a few published posts and enough that waits for a person.
struct Newspaper {
    server: Server,
    key: String,
    _home: Home,
}

impl Newspaper {
    fn open() -> Newspaper {
        let home = Home::on_sqlite();
        let server = Server::start(home.command(&["demo", "--listen", "127.0.0.1:0"]), home.folder().join("demo.log"));
        let said = server.line("  key       ");
        let key = said.split_whitespace().next().expect("the key is the first word").to_owned();
        let counted = |page: &Json| page["data"].as_array().map_or(0, Vec::len);
        server.wait("/api/v3/posts?state=published", &key, |page| counted(page) >= 12);
        for n in 1..=4 {
            let note = json!({ "title": format!("Note {n} from the reading room"), "topic": "Town",
                "excerpt": "The reading room changes its hours.",
                "body": "The reading room opens at nine from Monday.\n\nIt closes at six, except on Friday." });
            let answer = server.send("POST", "/api/v3/posts", &key, note.to_string().as_bytes());
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
        Newspaper { server, key, _home: home }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    fn post(&self, id: &str) -> Json {
        self.server.read(&format!("/api/v3/posts/{id}"), &self.key)
    }
}

#[test]
fn readers_find_a_cared_for_site() {
    let Some(mut browser) = Browser::start() else { return };
    let paper = Newspaper::open();

    browser.go(&paper.url("/"));
    assert!(browser.js("return document.querySelectorAll('main article, main .card').length").as_u64() >= Some(5));
    assert_eq!(
        browser.js("return [...document.scripts].filter(s => s.type !== 'application/ld+json').length"),
        0,
        "no script is needed"
    );
    assert_eq!(browser.js("return document.querySelectorAll('h1').length"), 1);
    browser.picture("site-home");
    browser.is_clean("the home page");

    let link = browser.js("return document.querySelector('main h2 a').href");
    browser.go(link.as_str().expect("an article is linked"));
    assert!(
        browser.js("return document.querySelectorAll('.sources li').length").as_u64() >= Some(1),
        "an article names its sources"
    );
    let data = browser.js("return document.querySelector('script[type=\"application/ld+json\"]').textContent");
    let data: Json = serde_json::from_str(data.as_str().unwrap_or_default()).expect("structured data is JSON");
    assert_eq!(data["@type"], "NewsArticle", "{data}");
    let canonical = browser.js("return document.querySelector('link[rel=canonical]').href");
    assert_eq!(canonical, browser.js("return location.href"));
    browser.picture("site-article");
    browser.is_clean("an article");

    let light = browser.js("return getComputedStyle(document.body).backgroundColor");
    browser.dark(true);
    let dark = browser.js("return getComputedStyle(document.body).backgroundColor");
    assert_ne!(light, dark, "dark mode changes nothing");
    browser.picture("site-article-dark");
    browser.go(&paper.url("/"));
    browser.picture("site-home-dark");
    browser.dark(false);

    browser.phone(true);
    for (path, name) in
        [("/", "home"), ("/archive", "archive"), ("/search?q=harbour", "search"), ("/nothing-here", "missing")]
    {
        browser.go(&paper.url(path));
        browser.does_not_scroll_sideways(path);
        browser.picture(&format!("site-{name}-390"));
    }
    // The page that is missing answers 404, which the browser remarks.
    browser.forget_messages();
    browser.go(link.as_str().expect("an article is linked"));
    browser.does_not_scroll_sideways("an article");
    browser.picture("site-article-390");
    browser.phone(false);

    // Search by keyboard, from the page itself.
    browser.go(&paper.url("/"));
    browser.type_into("input[type=search]", "the\u{E007}");
    browser.until(
        "the results",
        "return location.pathname === '/search' && document.querySelectorAll('main a').length > 0",
    );
    browser.picture("site-search");
    for (path, name) in [("/archive", "archive"), ("/docs/", "api-docs"), ("/redoc", "api-reference")] {
        browser.go(&paper.url(path));
        if name == "api-docs" {
            browser.until("the API's description", "return document.querySelectorAll('.opblock').length > 20");
        }
        browser.picture(&format!("site-{name}"));
        browser.is_clean(path);
    }
    assert_eq!(paper.server.stop(), 0);
}

#[test]
fn moderators_work_with_the_keyboard() {
    let Some(mut browser) = Browser::start() else { return };
    let paper = Newspaper::open();

    browser.go(&paper.url("/console/review"));
    browser.until("the sign-in", "return location.pathname === '/console/sign-in'");
    browser.picture("console-sign-in");
    // Where people have accounts the way by a key is folded up.
    browser.js("const way = document.querySelector('details'); if (!way.open) way.querySelector('summary').click()");
    browser.type_into("#key", "cd_this_is_no_key_at_all\u{E007}");
    browser.until("the refusal", "return document.querySelector('[role=alert]')?.textContent.includes('unknown')");
    // The refusal's own 401 is on the console's record.
    browser.forget_messages();
    browser.type_into("#key", &format!("{}\u{E007}", paper.key));
    browser.until("the review", "return location.pathname === '/console/review' && !!document.body.dataset.post");
    browser.picture("console-review");

    let chosen = |browser: &mut Browser| {
        browser.js("return document.body.dataset.post || ''").as_str().unwrap_or_default().to_owned()
    };
    let first = chosen(&mut browser);
    browser.press("j");
    browser.until(
        "the next post",
        &format!("return !!document.body.dataset.post && document.body.dataset.post !== '{first}'"),
    );
    let second = chosen(&mut browser);
    browser.press("k");
    browser.until("the post before", &format!("return document.body.dataset.post === '{first}'"));

    browser.press("a");
    browser.until(
        "the approval",
        &format!("return location.search.includes('said=approved&of={first}') && !!document.body.dataset.post"),
    );
    assert_eq!(paper.post(&first)["state"], "scheduled");
    assert_ne!(chosen(&mut browser), first, "the next one is on the desk");
    browser.picture("console-approved");
    browser.press("z");
    browser.until("the undo", "return location.search.includes('said=withdrawn')");
    assert_eq!(paper.post(&first)["state"], "in_review");

    browser.go(&paper.url(&format!("/console/review?post={second}")));
    browser.press("r");
    browser.until("the panel", "return document.activeElement?.id === 'reason'");
    browser.press("Nobody confirms it");
    browser.picture("console-reject");
    // Tab to the button, Enter.
    browser.press("\u{E004}\u{E007}");
    browser.until("the rejection", &format!("return location.search.includes('said=rejected&of={second}')"));
    let rejected = paper.post(&second);
    assert_eq!((&rejected["state"], &rejected["reason"]), (&json!("rejected"), &json!("Nobody confirms it")));

    browser.go(&paper.url("/console/review"));
    browser.until("a post", "return !!document.body.dataset.post");
    let third = chosen(&mut browser);
    browser.press("e");
    browser.until("the editor", "return !!document.querySelector('#edit-title')");
    browser.picture("console-edit");
    browser.type_into("#edit-title", ", looked through");
    browser.chord("\u{E009}", "\u{E007}");
    browser.until("the approval", &format!("return location.search.includes('said=approved&of={third}')"));
    let edited = paper.post(&third);
    assert_eq!((&edited["version"], &edited["edited"]), (&json!(2), &json!(true)));
    assert!(edited["title"].as_str().is_some_and(|title| title.ends_with(", looked through")), "{}", edited["title"]);
    wait_for("the publication after the undo", PATIENCE, || (paper.post(&third)["state"] == "published").then_some(()));
    browser.is_clean("the console");

    for (path, name) in [
        ("/console", "overview"),
        ("/console/posts", "posts"),
        ("/console/sources", "sources"),
        ("/console/jobs", "jobs"),
        ("/console/stories", "stories"),
        ("/console/keys", "keys"),
        ("/console/help", "help"),
    ] {
        browser.go(&paper.url(path));
        assert_eq!(browser.js("return document.querySelectorAll('h1').length"), 1, "{path} has one heading");
        browser.picture(&format!("console-{name}"));
        browser.is_clean(path);
    }
    browser.go(&paper.url(&format!("/console/posts/{third}")));
    browser.picture("console-post");
    browser.until("the live stream", "return document.querySelector('#live')?.dataset.state === 'live'");
    browser.is_clean("a post");

    browser.dark(true);
    for (path, name) in [("/console/review", "review"), ("/console", "overview")] {
        browser.go(&paper.url(path));
        browser.picture(&format!("console-{name}-dark"));
    }
    browser.dark(false);
    browser.phone(true);
    for (path, name) in [
        ("/console/review", "review"),
        ("/console", "overview"),
        ("/console/posts", "posts"),
        ("/console/sources", "sources"),
        ("/console/jobs", "jobs"),
    ] {
        browser.go(&paper.url(path));
        browser.does_not_scroll_sideways(path);
        browser.picture(&format!("console-{name}-390"));
    }
    assert_eq!(paper.server.stop(), 0);
}
