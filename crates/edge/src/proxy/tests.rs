//! The proxy before an origin that says what the test wants, over real sockets.

mod origin;
mod ways;

use http_body_util::BodyExt as _;

use super::*;
use crate::{Early, body};
use origin::Origin;

const START: i64 = 1_795_176_000;

struct Site {
    proxy: Proxy,
    clock: Clock,
    origin: Origin,
}

/// What came back: status, body, and the whole head to look into.
#[derive(Debug)]
struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Result<String, String>,
}

impl Seen {
    fn text(&self) -> &str {
        self.body.as_deref().unwrap()
    }

    fn get(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn is_hit(&self) -> bool {
        self.get("cache-status").contains("; hit")
    }
}

impl Site {
    async fn new(answer: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> Site {
        Site::with(answer, |_| {}).await
    }

    async fn with(
        answer: impl Fn(usize, &str) -> String + Send + Sync + 'static,
        set: impl FnOnce(&mut Settings),
    ) -> Site {
        let origin = Origin::start(answer).await;
        let mut settings = Settings { upstreams: vec![origin.url()], ..Settings::default() };
        settings.purge_token = stdx::config::Secret::new("open sesame");
        set(&mut settings);
        assert_eq!(settings.validate("proxy").len(), 0);
        let clock = Clock::manual(Timestamp::from_seconds(START));
        Site { proxy: Proxy::new(&settings, clock.clone(), &Tasks::default()), clock, origin }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Seen {
        self.call("GET", path, headers, "").await
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
        seen(self.proxy.answer(request(method, path, headers, body)).await).await
    }

    fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn purge(&self, wish: &str) -> Seen {
        self.call("POST", "/.copydesk/purge", &[("authorization", "Bearer open sesame")], wish).await
    }

    /// Waits until the store holds `count` answers: they are put after their last byte.
    async fn holds(&self, count: usize) {
        for _ in 0..1_000 {
            if self.proxy.0.store.size().0 == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the store holds {:?}, not {count} answers", self.proxy.0.store.size());
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], text: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "site.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(if text.is_empty() { body::empty() } else { body::full(text.to_owned()) }).unwrap()
}

async fn seen(answer: Response<Body>) -> Seen {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string());
    let body = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
    Seen { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// An answer with a body that tells which one it was.
fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn an_answer_is_kept_as_long_as_it_says() {
    let site = Site::new(|n, _| {
        ok(
            "cache-control: max-age=10\r\nconnection: x-hop\r\nx-hop: 1\r\nkeep-alive: 5\r\nsurrogate-key: a\r\n",
            &n.to_string(),
        )
    })
    .await;
    let first = site.get("/a", &[("connection", "x-mine"), ("x-mine", "1"), ("te", "trailers")]).await;
    assert_eq!((first.status, first.text()), (200, "1"));
    assert_eq!(first.get("cache-status"), "copydesk; fwd=uri-miss; stored");
    assert_eq!(first.get("via"), "1.1 copydesk");
    for hidden in ["connection", "x-hop", "keep-alive", "surrogate-key"] {
        assert_eq!(first.get(hidden), "", "{hidden}");
    }
    let asked = site.origin.heads()[0].clone();
    assert!(asked.contains("via: 1.1 copydesk") && asked.contains("host: site.test"), "{asked}");
    assert!(!asked.contains("x-mine") && !asked.contains("te:"), "{asked}");
    site.holds(1).await;
    site.later(9);
    let hit = site.get("/a", &[]).await;
    assert_eq!((hit.text(), hit.get("age"), hit.get("cache-status")), ("1", "9", "copydesk; hit; ttl=1"));
    let head = site.call("HEAD", "/a", &[], "").await;
    assert_eq!((head.text(), head.get("content-length")), ("", "1"));
    site.later(1);
    assert_eq!(site.get("/a", &[]).await.text(), "2");
    assert_eq!(site.get("/a", &[("cache-control", "no-cache")]).await.text(), "3");
    assert_eq!(site.get("/b", &[("cache-control", "only-if-cached")]).await.status, 504);
    assert_eq!(site.origin.count(), 3);
}

#[tokio::test]
async fn a_304_freshens_and_answers_callers() {
    let site = Site::new(|n, head| {
        if head.contains("if-none-match: \"v\"") {
            return format!("HTTP/1.1 304 Not Modified\r\ncache-control: max-age=10\r\nx-n: {n}\r\n\r\n");
        }
        ok("cache-control: max-age=10\r\netag: \"v\"\r\n", "body")
    })
    .await;
    site.get("/", &[]).await;
    site.holds(1).await;
    site.later(11);
    let checked = site.get("/", &[]).await;
    assert_eq!((checked.text(), checked.get("x-n")), ("body", "2"));
    assert_eq!(checked.get("cache-status"), "copydesk; fwd=stale; fwd-status=304; ttl=10; stored");
    let same = site.get("/", &[("if-none-match", "W/\"v\"")]).await;
    assert_eq!((same.status, same.get("etag"), same.get("x-n")), (304, "\"v\"", "2"));
    assert_eq!(same.text(), "");
    assert_eq!(site.origin.count(), 2);
}

#[tokio::test]
async fn waiting_requests_share_what_they_may() {
    let site = Site::new(|n, _| ok("cache-control: max-age=10\r\nvary: lang\r\n", &n.to_string())).await;
    site.origin.hold();
    let langs: Vec<_> = (0..50).map(|n| [("lang", if n >= 40 { "other" } else { "same" })]).collect();
    let calls = langs.iter().map(|lang| site.get("/a", lang));
    let (all, ()) = tokio::join!(futures_util::future::join_all(calls), async {
        site.origin.wait_for(1).await;
        site.origin.release();
    });
    assert!(all[..40].iter().all(|seen| seen.text() == "1"), "{all:?}");
    assert!(all[40..].iter().all(|seen| seen.text() == "2"), "another variant has a flight of its own: {all:?}");
    assert_eq!(site.origin.count(), 2);
    assert!(all[1].get("cache-status").contains("collapsed"));
}

#[tokio::test]
async fn what_is_for_one_is_not_waited_for() {
    let site = Site::new(|n, _| ok("cache-control: private\r\n", &n.to_string())).await;
    let first = futures_util::future::join_all((0..5).map(|_| site.get("/a", &[]))).await;
    let mut all: Vec<_> = first.iter().map(Seen::text).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 5, "everybody has an answer of their own");
    site.origin.hold();
    let calls = futures_util::future::join_all((0..5).map(|_| site.get("/a", &[])));
    let (_, ()) = tokio::join!(calls, async {
        site.origin.wait_for(10).await;
        site.origin.release();
    });
    assert_eq!(site.proxy.0.store.size().0, 0);
}

#[tokio::test]
async fn a_dead_origin_is_covered_within_grace() {
    let site = Site::new(|_, head| match head {
        head if head.contains("GET /strict") => ok("cache-control: max-age=10, must-revalidate\r\n", "strict"),
        head if head.contains("GET /own") => ok("cache-control: max-age=10, stale-if-error=5\r\n", "own"),
        _ => ok("cache-control: max-age=10\r\n", "kept"),
    })
    .await;
    for path in ["/", "/strict", "/own"] {
        site.get(path, &[]).await;
    }
    site.holds(3).await;
    site.origin.die();
    site.later(12);
    let all = futures_util::future::join_all((0..20).map(|_| site.get("/", &[]))).await;
    assert!(all.iter().all(|seen| seen.status == 200 && seen.text() == "kept"), "{all:?}");
    assert!(all[0].get("cache-status").starts_with("copydesk; hit; ttl=-2; detail="), "{:?}", all[0]);
    assert_eq!(site.get("/strict", &[]).await.status, 502);
    assert_eq!(site.get("/own", &[]).await.status, 200);
    assert_eq!(site.get("/new", &[]).await.status, 502);
    site.later(10);
    assert_eq!(site.get("/own", &[]).await.status, 502);
    site.later(4_000);
    assert_eq!(site.get("/", &[]).await.status, 502);
}

#[tokio::test]
async fn a_failing_origin_and_a_cut_body_are_covered_too() {
    let site = Site::new(|n, head| match n {
        1 => ok("cache-control: max-age=10\r\n", "kept"),
        2 => "HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno".to_owned(),
        3 => "HTTP/1.1 200 OK\r\ncache-control: max-age=10\r\ncontent-length: 99\r\n\r\nhalf".to_owned(),
        _ if head.contains("/cut") => {
            "HTTP/1.1 200 OK\r\ncache-control: max-age=10\r\ncontent-length: 99\r\n\r\nhalf".to_owned()
        }
        _ => ok("cache-control: max-age=10\r\n", "new"),
    })
    .await;
    site.get("/", &[]).await;
    site.holds(1).await;
    site.later(11);
    for detail in ["origin-error", "origin-cut"] {
        let seen = site.get("/", &[]).await;
        assert_eq!((seen.status, seen.text()), (200, "kept"));
        assert!(seen.get("cache-status").ends_with(detail), "{seen:?}");
    }
    assert_eq!(site.get("/", &[]).await.text(), "new");
    site.holds(1).await;
    assert!(site.get("/cut", &[]).await.body.is_err(), "half an answer is not passed off as a whole one");
    site.holds(1).await;
}

#[tokio::test]
async fn stale_while_revalidate_asks_once_behind_the_back() {
    let site = Site::new(|n, _| ok("cache-control: max-age=10, stale-while-revalidate=60\r\n", &n.to_string())).await;
    site.get("/", &[]).await;
    site.holds(1).await;
    site.later(20);
    site.origin.hold();
    for _ in 0..5 {
        let seen = site.get("/", &[]).await;
        assert_eq!((seen.text(), seen.get("cache-status")), ("1", "copydesk; hit; ttl=-10; detail=revalidating"));
    }
    site.origin.wait_for(2).await;
    site.origin.release();
    for _ in 0..1_000 {
        if site.get("/", &[]).await.text() == "2" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(site.get("/", &[]).await.get("cache-status"), "copydesk; hit; ttl=10");
    assert_eq!(site.origin.count(), 2);
}

#[tokio::test]
async fn ranges_of_the_whole() {
    let site =
        Site::new(|_, _| ok("cache-control: max-age=10\r\netag: \"e\"\r\ncontent-type: text/plain\r\n", "0123456789"))
            .await;
    site.get("/", &[]).await;
    site.holds(1).await;
    for (range, status, content_range, text) in [
        ("bytes=0-1", 206, "bytes 0-1/10", "01"),
        ("bytes=-3", 206, "bytes 7-9/10", "789"),
        ("bytes=20-", 416, "bytes */10", ""),
        ("bytes=5-1", 200, "", "0123456789"),
        ("bytes=0-9,0-9", 200, "", "0123456789"),
    ] {
        let seen = site.get("/", &[("range", range)]).await;
        assert_eq!((seen.status, seen.get("content-range"), seen.text()), (status, content_range, text), "{range}");
        assert_eq!(seen.get("content-length"), text.len().to_string(), "{range}");
    }
    let several = site.get("/", &[("range", "bytes=0-0,8-")]).await;
    assert_eq!(several.status, 206);
    assert!(several.get("content-type").starts_with("multipart/byteranges; boundary="));
    assert!(
        several.text().contains("content-range: bytes 8-9/10\r\n\r\n89")
            || several.text().contains("Content-Range: bytes 8-9/10\r\n\r\n89")
    );
    assert_eq!(site.get("/", &[("range", "bytes=0-1"), ("if-range", "\"e\"")]).await.status, 206);
    assert_eq!(site.get("/", &[("range", "bytes=0-1"), ("if-range", "\"x\"")]).await.status, 200);
    assert_eq!(site.get("/", &[("range", "bytes=0-1"), ("if-none-match", "\"e\"")]).await.status, 304);
    assert_eq!(site.call("HEAD", "/", &[("range", "bytes=0-1")], "").await.status, 200);
    assert_eq!(site.origin.count(), 1);
}

#[tokio::test]
async fn parts_are_kept_joined_and_completed() {
    let site = Site::new(|_, head| {
        let whole = "0123456789";
        let range = head.lines().find_map(|line| line.strip_prefix("range: bytes=")).map(|set| set.split_once('-').unwrap());
        let Some((first, last)) = range else { return ok("cache-control: max-age=10\r\netag: \"e\"\r\n", whole) };
        let first: usize = first.parse().unwrap();
        let last: usize = last.parse().unwrap_or(9);
        let part = &whole[first..=last];
        format!(
            "HTTP/1.1 206 Partial\r\ncache-control: max-age=10\r\netag: \"e\"\r\ncontent-range: bytes {first}-{last}/10\r\n\
             content-length: {}\r\n\r\n{part}",
            part.len()
        )
    })
    .await;
    assert_eq!(site.get("/", &[("range", "bytes=0-3")]).await.text(), "0123");
    site.holds(1).await;
    let hit = site.get("/", &[("range", "bytes=1-2")]).await;
    assert_eq!((hit.status, hit.text(), hit.is_hit()), (206, "12", true));
    assert_eq!(site.get("/", &[("range", "bytes=3-5")]).await.text(), "345");
    site.holds(1).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(site.get("/", &[("range", "bytes=0-5")]).await.get("content-range"), "bytes 0-5/10");
    assert_eq!(site.origin.count(), 2);
    let whole = site.get("/", &[]).await;
    assert_eq!((whole.status, whole.text()), (200, "0123456789"));
    let asked = site.origin.heads()[2].clone();
    assert!(asked.contains("range: bytes=6-\n") && asked.contains("if-range: \"e\""), "{asked}");
    assert!(site.get("/", &[("range", "bytes=-4")]).await.is_hit());
    assert_eq!(site.origin.count(), 3);
}

#[tokio::test]
async fn unsafe_requests_forget_what_they_change() {
    let site = Site::new(|n, head| match head {
        head if head.starts_with("POST /fails") => "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned(),
        head if head.starts_with("POST /moves") => {
            "HTTP/1.1 303 See\r\nlocation: /a\r\ncontent-location: http://site.test/b\r\ncontent-length: 0\r\n\r\n"
                .to_owned()
        }
        head if head.starts_with("POST /group") => {
            "HTTP/1.1 200 OK\r\ncache-group-invalidation: \"g\"\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
        head if head.starts_with("POST /itself") => {
            ok("cache-control: max-age=10\r\ncontent-location: /itself\r\n", "posted")
        }
        _ => ok("cache-control: max-age=10\r\ncache-groups: \"g\"\r\n", &n.to_string()),
    })
    .await;
    let fill = async || {
        for path in ["/a", "/b", "/c", "/fails"] {
            site.get(path, &[]).await;
        }
        site.holds(4).await;
    };
    fill().await;
    site.call("POST", "/fails", &[], "x").await;
    site.holds(4).await;
    site.call("POST", "/moves", &[], "x").await;
    site.holds(2).await;
    fill().await;
    site.call("M-SEARCH", "/c", &[], "").await;
    site.holds(3).await;
    site.call("POST", "/group", &[], "x").await;
    site.holds(0).await;
    assert_eq!(site.call("POST", "/itself", &[], "x").await.text(), "posted");
    site.holds(1).await;
    let hit = site.get("/itself", &[]).await;
    assert!(hit.is_hit() && hit.text() == "posted");
}

#[tokio::test]
async fn purges_need_the_token_and_find_their_answers() {
    let site =
        Site::new(|_, _| ok("cache-control: max-age=10, stale-while-revalidate=60\r\nsurrogate-key: all\r\n", "x"))
            .await;
    for (token, status) in [("Bearer wrong", 401), ("Basic open sesame", 401), ("", 401), ("bearer open sesame", 200)] {
        let seen = site.call("POST", "/.copydesk/purge", &[("authorization", token)], r#"{"all":true}"#).await;
        assert_eq!(seen.status, status, "{token}");
    }
    assert_eq!(site.call("GET", "/.copydesk/purge", &[], "").await.status, 405);
    for wrong in ["", "{}", r#"{"all":true,"tag":"x"}"#, r#"{"tag":[]}"#, r#"{"tags":"x"}"#, r#"{"url":"/a"}"#] {
        assert_eq!(site.purge(wrong).await.status, 400, "{wrong}");
    }
    for (wish, purged) in [
        (r#"{"url":"https://SITE.test/a?utm_source=x"}"#, 1),
        (r#"{"url":"site.test"}"#, 1),
        (r#"{"pattern":"https://site.test/b*"}"#, 2),
        (r#"{"tag":"all"}"#, 4),
        (r#"{"url":["site.test/b","https://site.test/b"],"pattern":["site.test/b/*"],"tag":["none","some"]}"#, 2),
        (r#"{"tag":["all","none"],"url":"site.test/a"}"#, 4),
        (r#"{"all":true}"#, 4),
    ] {
        for path in ["/", "/a?utm_campaign=y", "/b", "/b/c"] {
            site.get(path, &[]).await;
        }
        site.holds(4).await;
        let seen = site.purge(wish).await;
        assert_eq!(seen.text(), format!("{{\"purged\":{purged}}}\n"), "{wish}");
        site.holds(4 - purged).await;
    }
    let many = format!(r#"{{"tag":{:?}}}"#, vec!["t"; 1_001]);
    assert_eq!(site.purge(&many).await.status, 400);
    site.get("/", &[]).await;
    site.holds(1).await;
    assert_eq!(site.purge(r#"{"tag":["all"],"url":"site.test/","soft":true}"#).await.text(), "{\"purged\":1}\n");
    assert!(site.get("/", &[]).await.get("cache-status").contains("detail=revalidating"));
}

#[tokio::test]
async fn what_was_purged_on_its_way_is_not_kept() {
    let site = Site::new(|n, _| ok("cache-control: max-age=10\r\ncache-tag: t\r\n", &n.to_string())).await;
    site.origin.hold();
    let (seen, ()) = tokio::join!(site.get("/", &[]), async {
        site.origin.wait_for(1).await;
        site.purge(r#"{"tag":"t"}"#).await;
        site.origin.release();
    });
    assert_eq!(seen.text(), "1");
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(site.get("/", &[]).await.text(), "2");
}

#[tokio::test]
async fn rules_by_path() {
    let rule = |path: &str| crate::shared::Rule { path: path.into(), ..Default::default() };
    let site = Site::with(
        |n, head| match head {
            head if head.starts_with("GET /kept/cookie") => ok("set-cookie: a=b\r\n", &n.to_string()),
            head if head.starts_with("GET /kept/private") => ok("cache-control: private\r\n", &n.to_string()),
            head if head.starts_with("GET /kept/") => ok("", &n.to_string()),
            _ => ok("cache-control: max-age=100\r\n", &n.to_string()),
        },
        |settings| {
            settings.rules = vec![
                crate::shared::Rule { ttl_s: Some(50), ..rule("/kept/*") },
                crate::shared::Rule { bypass: true, ..rule("/never") },
                crate::shared::Rule { query: Some(vec!["p".into()]), cookies: vec!["who".into()], ..rule("/list") },
            ];
            settings.show_key = true;
        },
    )
    .await;
    let twice = async |path: &str, then: &str, headers: &[(&str, &str)]| {
        site.get(path, &[]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        site.get(then, headers).await.is_hit()
    };
    assert!(twice("/kept/a", "/kept/a", &[]).await);
    assert!(!twice("/kept/cookie", "/kept/cookie", &[]).await);
    assert!(!twice("/kept/private", "/kept/private", &[]).await);
    assert!(!twice("/never", "/never", &[]).await);
    assert!(twice("/list?p=1&x=2", "/list?x=3&p=1", &[]).await);
    assert!(!twice("/list?p=1&x=2", "/list?p=2", &[]).await);
    assert!(!twice("/list?p=1&x=2", "/list?p=1", &[("cookie", "who=me")]).await);
    assert!(site.get("/list?p=1", &[]).await.get("cache-status").ends_with("key=\"site.test/list?p=1\""));
    site.later(51);
    assert!(!site.get("/kept/a", &[]).await.is_hit());
}

#[tokio::test]
async fn limits_of_requests() {
    let site = Site::with(
        |_, _| ok("", "x"),
        |settings| {
            settings.target_bytes_max = 100;
            settings.request_size_max = stdx::ByteSize::kib(1);
        },
    )
    .await;
    let long = format!("/{}", "x".repeat(200));
    assert_eq!(site.get(&long, &[]).await.status, 414);
    assert_eq!(site.call("POST", "/", &[], &"x".repeat(2_000)).await.status, 413);
    assert_eq!(site.call("POST", "/", &[("content-length", "2000")], "x").await.status, 413);
    assert_eq!(site.call("TRACE", "/", &[], "").await.status, 501);
    let via = ["1.1 a"; 17].join(", ");
    assert_eq!(site.get("/", &[("via", &via)]).await.status, 508);
    assert_eq!(site.get("/", &[("host", "a@b")]).await.status, 200, "the first host counts here");
    let nameless = Request::builder().uri("/").body(body::empty()).unwrap();
    assert_eq!(site.proxy.answer(nameless).await.status(), 400);
}

#[tokio::test]
async fn a_large_answer_flows_through() {
    let large = "x".repeat(3 << 20);
    let answer = format!("HTTP/1.1 200 OK\r\ncache-control: max-age=10\r\nconnection: close\r\n\r\n{large}");
    let site =
        Site::with(move |_, _| answer.clone(), |settings| settings.object_size_max = stdx::ByteSize::mib(1)).await;
    let first = site.get("/", &[]).await;
    assert_eq!(first.text().len(), 3 << 20);
    assert!(!site.get("/", &[]).await.is_hit());
    assert_eq!(site.proxy.0.store.size().0, 0);
}

#[tokio::test]
async fn early_hints_reach_the_caller() {
    let site = Site::new(|_, _| {
        let early = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
        format!("{early}{}", ok("cache-control: max-age=10\r\n", "x"))
    })
    .await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&heard);
    for _ in 0..2 {
        let mut asked = request("GET", "/", &[], "");
        let note = Arc::clone(&note);
        asked.extensions_mut().insert(Early::new(move |status, headers: HeaderMap| {
            note.lock().unwrap().push((status.as_u16(), headers["link"].clone()));
        }));
        let answer = seen(site.proxy.answer(asked).await).await;
        assert_eq!((answer.status, answer.get("link")), (200, ""));
        site.holds(1).await;
    }
    assert_eq!(*heard.lock().unwrap(), [(103, "</a.css>; rel=preload".parse().unwrap())], "a hit has none");
}

#[tokio::test]
async fn the_next_upstream_steps_in() {
    let other = Origin::start(|_, _| ok("", "other")).await;
    let url = other.url();
    let site = Site::with(
        |_, _| ok("", "first"),
        |settings| {
            settings.upstreams.push(url);
            settings.failures_max = 1;
        },
    )
    .await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(site.get("/", &[]).await.text().to_owned());
    }
    all.sort_unstable();
    assert_eq!(all, ["first", "first", "other", "other"]);
    other.die();
    for _ in 0..6 {
        assert_eq!(site.get("/", &[]).await.text(), "first");
    }
    assert_eq!(site.proxy.health(), (2, 1));
    site.origin.die();
    assert_eq!(site.get("/", &[]).await.status, 502);
    let health = seen(site.proxy.administer(request("GET", "/.copydesk/health", &[], "")).await).await;
    assert_eq!(health.status, 503);
}

#[tokio::test]
async fn a_connection_that_ended_while_kept_is_replaced() {
    let site = Site::new(|_, _| ok("", "x")).await;
    assert_eq!(site.get("/", &[]).await.status, 200);
    site.origin.forget_after_next_request();
    assert_eq!(site.get("/", &[]).await.status, 200, "asked once more on a new connection");
    assert_eq!(site.origin.count(), 3);
    site.origin.forget_after_next_request();
    assert_eq!(site.call("POST", "/", &[], "x").await.status, 502, "what may have been done is not done twice");
}
