use edge::h1::{Front as _, Hit, Limits, parse};
use http::Method;

use super::bench::{Bench, draft, settings};
use crate::Settings;
use crate::site::front::Short;

/// What the short way says to a request of these lines.
fn look(bench: &Bench, method: &str, path: &str, peer: Option<&str>, fields: &[(&str, &str)]) -> Option<Hit> {
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let bytes = format!("{method} {path} HTTP/1.1\r\nHost: paper.example\r\n{fields}\r\n");
    let mut slots = parse::Slots::default();
    let mut head = parse::head(bytes.as_bytes(), &mut slots, &Limits::default()).unwrap().unwrap();
    head.peer = peer.map(|peer| peer.parse().unwrap());
    Short::new(&bench.app).look(&head)
}

/// The lines of a head but those of time, in order.
fn lines(hit: &Hit) -> Vec<String> {
    let mut lines: Vec<String> = std::str::from_utf8(&hit.head).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn both_ways_give_the_same_answer() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    let tag = |name: &str| ("if-none-match", name.to_owned());
    for path in ["/", "/ferry-returns", "/feed.xml", "/feed.json", "/sitemap.xml", "/robots.txt", "/topic/harbour"] {
        for coding in ["", "gzip", "br", "zstd", "identity", "br;q=0.1, gzip"] {
            let mut fields = vec![("accept-encoding", coding.to_owned())];
            let ask = async |method: Method, fields: &[(&str, String)]| {
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let long = bench.ask(method.clone(), path, &fields).await;
                let hit =
                    look(&bench, method.as_str(), path, None, &fields).unwrap_or_else(|| panic!("{path} {fields:?}"));
                let status = format!("HTTP/1.1 {} {}", long.status.as_str(), long.status.canonical_reason().unwrap());
                let mut said = vec![status];
                for (name, value) in &long.headers {
                    // Of an answer without a body the loop tells no length.
                    let is_length = name == "content-length" && long.status == 304;
                    if !is_length && !["x-response-time", "server-timing"].contains(&name.as_str()) {
                        said.push(format!("{name}: {}", value.to_str().unwrap()));
                    }
                }
                said.sort();
                assert_eq!(lines(&hit), said, "{method} {path} {fields:?}");
                assert_eq!(hit.body, long.body, "{method} {path} {fields:?}");
                long.header("etag").to_owned()
            };
            let etag = ask(Method::GET, &fields).await;
            ask(Method::HEAD, &fields).await;
            fields.push(tag(&format!("\"other\", W/{etag}")));
            ask(Method::GET, &fields).await;
            ask(Method::HEAD, &fields).await;
            fields.pop();
            fields.push(tag("\"other\""));
            ask(Method::GET, &fields).await;
        }
    }
}

#[tokio::test]
async fn what_takes_more_thought_goes_the_long_way() {
    let bench = Bench::new().await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    let path = "/ferry-returns";
    let short = |method: &str, path: &str, fields: &[(&str, &str)]| look(&bench, method, path, None, fields);
    assert!(short("GET", path, &[]).is_none(), "nothing is kept yet");
    bench.get(path).await;
    assert!(short("GET", path, &[]).is_some());
    assert!(short("GET", path, &[("accept-encoding", "br")]).is_none(), "it would have to be compressed");
    let date = "Fri, 20 Nov 2026 09:00:00 GMT";
    assert!(short("GET", path, &[("if-modified-since", date)]).is_none());
    assert!(short("GET", path, &[("if-modified-since", date), ("if-none-match", "\"x\"")]).is_some());
    assert!(short("GET", path, &[("if-none-match", "\"x\""), ("if-none-match", "\"y\"")]).is_none());
    for (method, path) in [
        ("POST", path),
        ("GET", "/ferry-returns/"),
        ("GET", "/ferry-returns?a=1"),
        ("GET", "/none"),
        ("GET", "/search"),
    ] {
        bench.get(path).await;
        assert!(short(method, path, &[]).is_none(), "{method} {path}");
    }
    // A publication takes it away at once; and what is too old is made anew.
    bench.get("/").await;
    assert!(short("GET", "/", &[]).is_some());
    bench.publish(draft("Quay opens", "Harbour")).await;
    assert!(short("GET", "/", &[]).is_none());
    bench.clock.advance(std::time::Duration::from_secs(4_000));
    assert!(short("GET", path, &[]).is_none());
}

#[tokio::test]
async fn those_who_trust_proxies_answer_them_the_long_way() {
    let trusting = Settings {
        public_url: Some("https://paper.example".to_owned()),
        trusted_proxies: vec!["10.0.0.0/8".to_owned()],
        ..settings()
    };
    let bench = Bench::with(trusting).await;
    bench.publish(draft("Ferry returns", "Harbour")).await;
    bench.get("/ferry-returns").await;
    let short = |peer| look(&bench, "GET", "/ferry-returns", peer, &[]).is_some();
    assert!(short(Some("203.0.113.9:4000")) && !short(Some("10.1.2.3:4000")) && !short(None));
}
