use axum::body::Body;
use guard::role::Role;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use super::files::{Broken, Built, Console, Origin};
use crate::Settings;
use crate::console::tests::bench::{Answer, Bench};

const PAGE: &str = "<!doctype html><html><head><title>Copydesk</title><!--head--><link rel=\"x\">\
    <script type=\"application/json\" id=\"boot\"></script></head><body><div id=\"app\"></div></body></html>";
const ROUTES: &str = r#"{"/console": ["overview-1.js"], "/console/posts": [], "/console/posts/:id": ["editor-1.js", "editor-2.css"],
    "/console/review/:id?": ["review-1.js"]}"#;
const MANIFEST: &str = r#"{"src/main.ts": {"file": "main-1.js", "css": ["main-2.css"], "isEntry": true}}"#;
const SCRIPT: &[u8] = &[b' '; 4_096];

const fn built(path: &'static str, plain: &'static [u8]) -> Built {
    Built { path, plain, br: None, zstd: None, gzip: None }
}

static FILES: [Built; 6] = [
    built("index.html", PAGE.as_bytes()),
    built("routes.json", ROUTES.as_bytes()),
    built("manifest.json", MANIFEST.as_bytes()),
    Built { br: Some(b"brotli"), zstd: Some(b"zstd"), ..built("main-1.js", SCRIPT) },
    built("main-2.css", b"body{}"),
    built("robots.txt", b"nothing for you"),
];

async fn bench() -> Bench {
    let settings = Settings { name: "</script>The Paper".to_owned(), ..Settings::default() };
    Bench::showing(settings, Some(Console::embedded(&FILES).unwrap())).await
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What the page is told.
    fn boot(&self) -> Value {
        let (_, rest) = self.text.split_once("id=\"boot\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }
}

async fn ask(bench: &Bench, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_screen_is_the_page_with_its_own_files_ahead() {
    let bench = bench().await;
    for (path, files) in [
        ("/console", &["overview-1.js"][..]),
        ("/console/posts", &[]),
        ("/console/posts/0M7K2", &["editor-1.js", "editor-2.css"]),
        ("/console/review", &["review-1.js"]),
        ("/console/review/0M7K2?x=1", &["review-1.js"]),
    ] {
        let answer = bench.get(path, "").await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), "private, no-cache", "{path}");
        assert!(answer.header("content-security-policy").contains("script-src 'self'"), "{path}");
        assert_eq!(answer.text.matches(" crossorigin href=").count(), files.len(), "{path}: {}", answer.text);
        for file in files {
            let relation = if file.ends_with(".css") { "stylesheet" } else { "modulepreload" };
            answer.has(&format!("<link rel=\"{relation}\" crossorigin href=\"/console/assets/{file}\">"));
        }
    }
    for path in ["/console/nothing", "/console/posts/1/2", "/console/review/1/2", "/console/index.html"] {
        let answer = bench.get(path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.has("<div id=\"app\">");
    }
}

#[tokio::test]
async fn the_page_is_told_who_is_signed_in_and_nothing_ends_the_element() {
    let bench = bench().await;
    let stranger = bench.get("/console", "").await;
    let told = stranger.boot();
    assert_eq!((&told["session"], &told["version"]), (&Value::Null, &Value::from("0.0.0")));
    assert_eq!(told["site_name"], "</script>The Paper");
    stranger.lacks("</script>The Paper");

    let browser = bench.browser(Role::Moderator).await;
    let known = browser.get("/console/posts").await;
    let session = &known.boot()["session"];
    assert_eq!((&session["role"], &session["csrf"]), (&"moderator".into(), &browser.csrf.as_str().into()));
    assert!(session["may"].as_array().unwrap().contains(&"judge".into()));

    // Unchanged for the same person, another answer for another one.
    let tag = known.header("etag");
    let headers = [("cookie", browser.cookie.as_str()), ("if-none-match", tag)];
    assert_eq!(ask(&bench, Method::GET, "/console/posts", &headers).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(ask(&bench, Method::GET, "/console/posts", &headers[1..]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_overview_comes_with_its_figures() {
    let bench = bench().await;
    const FIRST: &str = "/api/v3/dashboard?level=full";
    let nothing = serde_json::json!({});
    assert_eq!(bench.get("/console", "").await.boot()["first"], nothing, "a stranger is told no figures");

    let browser = bench.browser(Role::Viewer).await;
    let told = browser.get("/console").await.boot();
    let asked: Value = serde_json::from_str(&browser.get(FIRST).await.text).unwrap();
    for part in ["review", "sources", "checklist", "posts", "notifications"] {
        assert!(!asked[part].is_null(), "{part}");
        assert_eq!(told["first"][FIRST][part], asked[part], "{part}");
    }
    assert_eq!(
        browser.get("/console/posts").await.boot()["first"],
        serde_json::json!({}),
        "only the overview shows them"
    );
}

#[tokio::test]
async fn files_are_sent_as_the_build_made_them() {
    let bench = bench().await;
    let main = "/console/assets/main-1.js";
    for (accepts, coding, length) in [
        ("gzip;q=0.7, br;q=0.9, zstd;q=0.8", "br", 6),
        ("zstd, br;q=0.5", "zstd", 4),
        ("br;q=0, zstd;q=0, *;q=0.1", "", SCRIPT.len()),
        ("", "", SCRIPT.len()),
    ] {
        let answer = ask(&bench, Method::GET, main, &[("accept-encoding", accepts)]).await;
        assert_eq!((answer.header("content-encoding"), answer.text.len()), (coding, length), "{accepts}");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("vary"), "accept-encoding");
        let again = [("accept-encoding", accepts), ("if-none-match", answer.header("etag"))];
        assert_eq!(ask(&bench, Method::GET, main, &again).await.status, StatusCode::NOT_MODIFIED);
        let head = ask(&bench, Method::HEAD, main, &again[..1]).await;
        assert_eq!((head.header("content-length"), head.text.as_str()), (length.to_string().as_str(), ""));
    }
    let plain = bench.get("/console/assets/robots.txt", "").await;
    assert_eq!(plain.header("cache-control"), "public, no-cache", "its name does not change with its content");
    for missing in ["/console/assets/main-0.js", "/console/assets/", "/console/assets/routes.json"] {
        let answer = bench.get(missing, "").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::NOT_FOUND, "text/plain; charset=utf-8")
        );
    }
}

#[tokio::test]
async fn the_forms_of_the_rendered_desk_are_gone() {
    let bench = bench().await;
    let browser = bench.browser(Role::Admin).await;
    for path in ["/console/sign-in", "/console/queues", "/console/posts/0M7K2/approval"] {
        assert_eq!(browser.post(path, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[test]
fn a_folder_is_a_console_or_says_why_not() {
    let folder = std::env::temp_dir().join(format!("copydesk-console-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("fonts")).unwrap();
    assert!(matches!(Console::read(&folder), Err(Broken::Missing { file: "index.html", .. })));
    for (name, text) in
        [("index.html", PAGE), ("routes.json", ROUTES), ("manifest.json", MANIFEST), ("fonts/a.txt", "a")]
    {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let console = Console::read(&folder).unwrap();
    assert_eq!((console.origin(), console.count()), (Origin::Folder, 1));
    assert!(console.file("/console/assets/fonts/a.txt").flatten().is_some());
    assert!(console.file("/console/assets/../index.html").flatten().is_none());

    for (name, text, told) in [
        ("routes.json", r#"{"/console": ["a\"><script>"]}"#, "is no name"),
        ("routes.json", "[]", "invalid type"),
        ("index.html", "<html></html>", "<!--head-->"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
        let error = Console::read(&folder).unwrap_err().to_string();
        assert!(error.starts_with(name) && error.contains(told), "{error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(Console::read(&folder), Err(Broken::Read { .. })));
}
