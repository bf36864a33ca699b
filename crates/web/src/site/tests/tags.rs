use std::net::SocketAddr;

use axum::body::Body;
use connect::cdn::{Kind, Target};
use desk::remote::{Fan, addresses};
use edge::Peer;
use http::{HeaderMap, Request, StatusCode};
use stdx::config::Secret;
use tower::ServiceExt as _;

use super::bench::{Bench, draft, settings};
use crate::Settings;

fn target(kind: Kind) -> Target {
    Target {
        name: kind.name().to_owned(),
        kind: Some(kind),
        zone: "0123456789abcdef0123456789abcdef".to_owned(),
        service: "S".to_owned(),
        token: Secret::new("t"),
        base_url: "https://edge.example".to_owned(),
        ..Target::default()
    }
}

/// Behind a proxy at 10.1.2.3.
async fn bench(kinds: &[Kind]) -> Bench {
    let bench = Bench::with(Settings {
        public_url: Some("https://paper.example".to_owned()),
        trusted_proxies: vec!["10.0.0.0/8".to_owned()],
        ..settings()
    })
    .await;
    let settings = connect::cdn::Settings {
        targets: kinds.iter().map(|kind| target(*kind)).collect(),
        ..connect::cdn::Settings::default()
    };
    if let Some(fan) = Fan::new(&bench.app.desk, &settings, None) {
        bench.app.watch_remote(fan);
    }
    bench
}

async fn ask(bench: &Bench, path: &str, peer: &str, extra: &[(&str, &str)]) -> (StatusCode, HeaderMap) {
    let mut request = Request::builder().uri(path).header("host", "paper.example");
    for (name, value) in extra {
        request = request.header(*name, *value);
    }
    let peer: SocketAddr = peer.parse().unwrap();
    let request = request.extension(Peer(peer)).body(Body::empty()).unwrap();
    let (parts, _) = crate::router::router(&bench.app).oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers)
}

fn tags<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn only_a_trusted_proxy_learns_of_the_tags() {
    let bench = bench(&[Kind::Cloudflare, Kind::Fastly]).await;
    let first = bench.publish(draft("Ferry returns", "Harbour")).await;
    let second = bench.publish(draft("Harbour budget passes", "Harbour")).await;
    let expected = format!("site page:{first} page:{second}");
    // Made for the one and given to the other, both ways round.
    for path in ["/ferry-returns", "/"] {
        let (_, reader) = ask(&bench, path, "192.0.2.1:1", &[("x-forwarded-for", "10.0.0.1")]).await;
        assert_eq!((tags(&reader, "cache-tag"), tags(&reader, "surrogate-key")), ("", ""), "{path}");
    }
    let (_, proxy) = ask(&bench, "/ferry-returns", "10.1.2.3:1", &[]).await;
    assert_eq!(tags(&proxy, "surrogate-key"), expected);
    assert_eq!(tags(&proxy, "cache-tag"), expected.replace(' ', ","));
    let (status, again) = ask(&bench, "/ferry-returns", "10.1.2.3:1", &[("if-none-match", tags(&proxy, "etag"))]).await;
    assert_eq!((status, tags(&again, "surrogate-key")), (StatusCode::NOT_MODIFIED, expected.as_str()));
    let (_, proxy) = ask(&bench, "/", "10.1.2.3:1", &[]).await;
    assert_eq!(tags(&proxy, "surrogate-key"), "site pages");
    let (_, search) = ask(&bench, "/search?q=ferry", "10.1.2.3:1", &[]).await;
    assert_eq!(tags(&search, "surrogate-key"), "", "no cache keeps it");
}

#[tokio::test]
async fn tags_are_written_as_the_configured_caches_read_them() {
    for (kinds, by_comma, by_blank) in
        [(&[][..], "", ""), (&[Kind::Cloudflare], "site,pages", ""), (&[Kind::Edge], "", "site pages")]
    {
        let bench = bench(kinds).await;
        let (_, headers) = ask(&bench, "/", "10.1.2.3:1", &[]).await;
        assert_eq!((tags(&headers, "cache-tag"), tags(&headers, "surrogate-key")), (by_comma, by_blank), "{kinds:?}");
    }
}

/// What is purged by address is an address of the site, and stands there under tags that are purged too.
#[tokio::test]
async fn the_known_addresses_of_a_page_are_those_of_the_site() {
    let bench = bench(&[Kind::Fastly]).await;
    let id = bench.publish(draft("Ferry returns", "Harbour")).await;
    let all = addresses("ferry-returns", "harbour");
    assert_eq!(all.len(), 7);
    for path in all {
        let (status, headers) = ask(&bench, &path, "10.1.2.3:1", &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let keys: Vec<&str> = tags(&headers, "surrogate-key").split(' ').collect();
        let own = format!("page:{id}");
        assert!(keys.contains(&"pages") || keys.contains(&own.as_str()), "{path}: {keys:?}");
    }
}
