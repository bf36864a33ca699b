use std::collections::BTreeMap;
use std::sync::Arc;

use http::header;
use serde_json::{Value, json};
use stdx::config::Secret;
use stdx::{Clock, Rng};

use super::*;
use crate::simulate::{self, Asked, Mishap};
use crate::testing::{Act, Seen, Server};

const ZONE: &str = "0123456789abcdef0123456789abcdef";

fn target(kind: Kind) -> Target {
    let mut target = Target { name: "t".into(), kind: Some(kind), token: Secret::new("tok"), ..Target::default() };
    match kind {
        Kind::Cloudflare => target.zone = ZONE.into(),
        Kind::Fastly => target.service = "SU1Z".into(),
        Kind::Edge => target.base_url = "https://edge.example/".into(),
    }
    target
}

fn tags(tags: &[&str]) -> Purge {
    Purge::tags(tags.iter().map(|tag| (*tag).to_owned()))
}

fn urls(urls: &[&str]) -> Purge {
    Purge::urls(urls.iter().map(|url| (*url).to_owned()))
}

#[test]
fn requests() {
    let check = |kind, purge: Purge, url: &str, headers: &[&str], body: &str| {
        let call = match kind {
            Kind::Cloudflare => cloudflare::request(&target(kind), &purge),
            Kind::Fastly => fastly::request(&target(kind), &purge),
            Kind::Edge => edge::request(&target(kind), &purge),
        };
        let told: BTreeMap<String, String> = call
            .headers
            .iter()
            .filter(|(name, _)| **name != header::ACCEPT && **name != header::CONTENT_TYPE)
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let told: Vec<String> = told.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!((call.url.as_str(), std::str::from_utf8(&call.body).unwrap()), (url, body), "{purge:?}");
        assert_eq!(told, headers, "{purge:?}");
        assert!(call.headers.values().any(HeaderValue::is_sensitive) && !format!("{call:?}").contains("tok"));
    };
    let (cf, bearer) =
        (format!("https://api.cloudflare.com/client/v4/zones/{ZONE}/purge_cache"), &["authorization: Bearer tok"]);
    check(Kind::Cloudflare, tags(&["a:1", "b"]), &cf, bearer, r#"{"tags":["a:1","b"]}"#);
    check(Kind::Cloudflare, tags(&["a"]).soft(true), &cf, bearer, r#"{"tags":["a"]}"#);
    check(Kind::Cloudflare, urls(&["https://h/p?q=1"]), &cf, bearer, r#"{"files":["https://h/p?q=1"]}"#);
    check(Kind::Cloudflare, Purge::everything(), &cf, bearer, r#"{"purge_everything":true}"#);
    let (key, soft) = ("fastly-key: tok", "fastly-soft-purge: 1");
    let many = "https://api.fastly.com/service/SU1Z/purge";
    check(Kind::Fastly, tags(&["a", "b"]), many, &[key], r#"{"surrogate_keys":["a","b"]}"#);
    check(Kind::Fastly, tags(&["a"]).soft(true), many, &[key, soft], r#"{"surrogate_keys":["a"]}"#);
    check(Kind::Fastly, urls(&["https://h/p?q=1"]), "https://api.fastly.com/purge/h/p?q=1", &[key], "");
    check(Kind::Fastly, Purge::everything().soft(true), "https://api.fastly.com/service/SU1Z/purge_all", &[key], "");
    let edge = "https://edge.example/.copydesk/purge";
    check(Kind::Edge, tags(&["a"]).soft(true), edge, bearer, r#"{"soft":true,"tag":"a"}"#);
    check(Kind::Edge, tags(&["a", "b"]), edge, bearer, r#"{"soft":false,"tag":["a","b"]}"#);
    check(
        Kind::Edge,
        urls(&["https://h/p", "https://h/q"]),
        edge,
        bearer,
        r#"{"soft":false,"url":["https://h/p","https://h/q"]}"#,
    );
    check(Kind::Edge, urls(&["https://h/p"]), edge, bearer, r#"{"soft":false,"url":"https://h/p"}"#);
    check(Kind::Edge, Purge::everything(), edge, bearer, r#"{"all":true,"soft":false}"#);
}

fn outcome(result: Result<Purged, Fault>) -> String {
    match result {
        Ok(Purged { remaining, resets_at }) => {
            format!("done {remaining:?} {:?}", resets_at.map(|at| at.micros() / 1_000_000))
        }
        Err(Fault::Refused { refusal, .. }) => format!("refused {refusal:?}"),
        Err(Fault::Limited { wait }) => format!("limited {:?}", wait.map(|wait| wait.as_secs())),
        Err(fault) => fault.kind().to_owned(),
    }
}

#[test]
fn answers() {
    let now = Timestamp::from_seconds(1_000);
    let check = |read: fn(StatusCode, &HeaderMap, &[u8], Timestamp) -> Result<Purged, Fault>,
                 status: u16,
                 headers: &[(&'static str, &str)],
                 body: Value,
                 expected: &str| {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect();
        let body = match &body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let told = outcome(read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), now));
        assert_eq!(told, expected, "{status} {body}");
    };
    let cf = cloudflare::read;
    let error = |code: i64| json!({ "success": false, "errors": [{ "code": code, "message": "m" }], "result": null });
    check(
        cf,
        200,
        &[],
        json!({ "success": true, "errors": [], "messages": [], "result": { "id": "z" } }),
        "done None None",
    );
    check(cf, 200, &[], json!({ "success": false, "errors": [] }), "malformed");
    check(cf, 200, &[], error(10000), "refused Token");
    check(cf, 200, &[], error(1), "refused Request");
    check(cf, 200, &[], "<html>".into(), "malformed");
    check(cf, 400, &[], error(6003), "refused Token");
    check(cf, 400, &[], error(1012), "refused Request");
    check(cf, 400, &[], error(7003), "refused Target");
    check(cf, 400, &[], error(971), "limited None");
    check(cf, 401, &[], "".into(), "refused Token");
    check(cf, 403, &[], error(9109), "refused Token");
    check(cf, 404, &[], error(7003), "refused Target");
    check(cf, 429, &[("retry-after", "7")], error(971), "limited Some(7)");
    check(cf, 429, &[], "".into(), "limited None");
    check(cf, 502, &[], error(10000), "server_error");
    check(cf, 302, &[("location", "/")], "".into(), "refused Request");

    let (f, remaining, reset) =
        (fastly::read, ("fastly-ratelimit-remaining", "9995"), ("fastly-ratelimit-reset", "1060"));
    check(f, 200, &[remaining, reset], json!({ "status": "ok", "id": "1" }), "done Some(9995) Some(1060)");
    check(f, 200, &[], json!({ "a": "1-2", "b": "1-3" }), "done None None");
    check(f, 200, &[], json!({ "status": "queued" }), "malformed");
    check(f, 200, &[], json!({}), "malformed");
    check(f, 200, &[], "ok".into(), "malformed");
    check(f, 429, &[reset], json!({ "msg": "slow down" }), "limited Some(60)");
    check(f, 429, &[reset, ("retry-after", "5")], json!({}), "limited Some(5)");
    check(f, 403, &[], json!({ "msg": "no", "detail": "scope" }), "refused Token");
    check(f, 404, &[], json!({ "msg": "Record not found" }), "refused Target");
    check(f, 400, &[], json!({ "msg": "bad" }), "refused Request");
    check(f, 503, &[], "".into(), "server_error");

    check(edge::read, 200, &[], json!({ "purged": 3 }), "done None None");
    check(edge::read, 200, &[], json!({ "hello": 3 }), "malformed");
    check(edge::read, 401, &[], json!({ "error": "the bearer token is not right" }), "refused Token");
    check(edge::read, 500, &[], "".into(), "server_error");
}

#[test]
fn a_fault_tells_its_story_without_the_sites_line_breaks() {
    let told = json!({ "success": false, "errors": [{ "code": 1012, "message": "bad\r\nbody" }] }).to_string();
    let fault = cloudflare::read(StatusCode::BAD_REQUEST, &HeaderMap::new(), told.as_bytes(), Timestamp::EPOCH);
    let text = fault.unwrap_err().to_string();
    assert_eq!(text, "the cache refused with status 400, the request is not understood: bad  body (1012)");
}

type Simulated = Arc<dyn Fn(&Asked<'_>) -> simulate::Reply + Send + Sync>;

/// A simulator behind a real socket, and the client for it.
async fn behind_a_socket(mut target: Target, simulated: Simulated) -> (Cdn, Server) {
    let server = Server::start(move |_, seen: &Seen| {
        let mut headers = HeaderMap::new();
        for (name, value) in seen.head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            headers.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let method = seen.head.split(' ').next().unwrap_or_default();
        let reply = simulated(&Asked { method, path: seen.path(), headers: &headers, body: &seen.body });
        let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        crate::testing::answer(&format!("{} Told", reply.status), &headers, reply.body)
    })
    .await;
    target.base_url = server.url("");
    let settings = crate::Settings { allow: vec![server.address.to_string()], ..crate::Settings::default() };
    let client = Client::new(&settings, Clock::manual(Timestamp::from_seconds(1_000)), Rng::seeded(1));
    (Cdn::new(&target, client), server)
}

#[tokio::test]
async fn a_zone_is_purged_over_a_socket() {
    let now = Timestamp::from_seconds(1_000);
    let zone = Arc::new(simulate::cloudflare::Zone::new(ZONE, "tok", Plan::Pro, now));
    zone.keep("https://h/a", "a,all", b"1", now);
    zone.keep("https://h/b", "b,all", b"2", now);
    let behind = Arc::clone(&zone);
    let (cdn, _server) =
        behind_a_socket(target(Kind::Cloudflare), Arc::new(move |asked| behind.answer(asked, now))).await;
    assert_eq!(cdn.purge(&tags(&["a"])).await.unwrap(), Purged::default());
    assert_eq!((zone.visit("https://h/a", now), zone.visit("https://h/b", now)), (None, Some(b"2".to_vec())));
    zone.next(&[Mishap::FailsAfter]);
    assert!(cdn.purge(&urls(&["https://h/b"])).await.unwrap_err().is_transient());
    assert_eq!(zone.visit("https://h/b", now), None, "purged although it failed");
    let mut wrong = target(Kind::Cloudflare);
    wrong.token = Secret::new("other");
    let behind = Arc::clone(&zone);
    let (cdn, _server) = behind_a_socket(wrong, Arc::new(move |asked| behind.answer(asked, now))).await;
    assert_eq!(outcome(cdn.purge(&Purge::everything()).await), "refused Token");
}

#[tokio::test]
async fn a_service_is_purged_over_a_socket() {
    let now = Timestamp::from_seconds(1_000);
    let service = Arc::new(simulate::fastly::Service::new("SU1Z", "tok", 3, now));
    service.keep("https://h/a?b=1", "a", b"1", now);
    let behind = Arc::clone(&service);
    let (cdn, _server) = behind_a_socket(target(Kind::Fastly), Arc::new(move |asked| behind.answer(asked, now))).await;
    use simulate::fastly::Shown;
    assert_eq!(outcome(cdn.purge(&tags(&["a", "b"]).soft(true)).await), "done Some(2) Some(4600)");
    assert_eq!(service.visit("https://h/a?b=1", now), Shown::Stale(b"1".to_vec()));
    cdn.purge(&urls(&["https://h/a?b=1"])).await.unwrap();
    assert_eq!(service.visit("https://h/a?b=1", now), Shown::Nothing);
    assert_eq!(outcome(cdn.purge(&Purge::everything()).await), "refused Token", "the wrong scope");
    cdn.purge(&tags(&["a"])).await.unwrap();
    assert_eq!(outcome(cdn.purge(&tags(&["a"])).await), "limited Some(3600)");
}

#[tokio::test]
async fn an_edge_that_hangs_up_may_be_asked_again() {
    let server = Server::start(|_, _| vec![Act::Send("HTTP/1.1 200 OK\r\n".into())]).await;
    let target = Target { base_url: server.url(""), ..target(Kind::Edge) };
    let settings = crate::Settings { allow: vec![server.address.to_string()], ..crate::Settings::default() };
    let cdn = Cdn::new(&target, Client::new(&settings, Clock::system(), Rng::seeded(1)));
    let fault = cdn.purge(&tags(&["a"])).await.unwrap_err();
    assert!(fault.is_transient() && matches!(fault, Fault::Call(_)), "{fault:?}");
    assert_eq!(server.seen()[0].path(), "/.copydesk/purge");
}

#[test]
fn mistakes_are_told() {
    assert_eq!(Settings::default().validate("purge"), []);
    let keys = |targets: Vec<Target>| {
        let settings = Settings { targets, ..Settings::default() };
        settings.validate("purge").into_iter().map(|p| p.key).collect::<Vec<_>>().join(" ").replace("purge.targets", "")
    };
    let with = |kind, change: fn(&mut Target)| {
        let mut target = target(kind);
        change(&mut target);
        keys(vec![target])
    };
    for kind in [Kind::Cloudflare, Kind::Fastly, Kind::Edge] {
        assert_eq!(with(kind, |_| {}), "");
        assert_eq!(with(kind, |t| t.name = "a b".into()), "[0].name");
        assert_eq!(with(kind, |t| t.kind = None), "[0].kind");
        assert_eq!(with(kind, |t| t.token = Secret::default()), "[0].token");
        assert_eq!(with(kind, |t| t.token = Secret::new("a b")), "[0].token");
        assert_eq!(with(kind, |t| t.token_env = "PATH".into()), "[0].token_env");
        assert_eq!(
            with(kind, |t| (t.token, t.token_env) = (Secret::default(), "NOBODY_HAS_SET_THIS".into())),
            "[0].token_env"
        );
        assert_eq!(with(kind, |t| t.base_url = "http://cdn.example".into()), "[0].base_url");
        assert_eq!(with(kind, |t| t.base_url = "http://127.0.0.1:81".into()), "");
        assert_eq!(with(kind, |t| t.base_url = "https://me:pass@cdn.example".into()), "[0].base_url");
        assert_eq!(with(kind, |t| t.base_url = "https://cdn.example/?a".into()), "[0].base_url");
    }
    assert_eq!(with(Kind::Cloudflare, |t| t.zone = "example.com".into()), "[0].zone");
    assert_eq!(with(Kind::Fastly, |t| t.service.clear()), "[0].service");
    assert_eq!(with(Kind::Fastly, |t| t.zone = ZONE.into()), "[0].zone");
    assert_eq!(with(Kind::Cloudflare, |t| t.service = "S".into()), "[0].service");
    assert_eq!(with(Kind::Edge, |t| t.base_url.clear()), "[0].base_url");
    assert_eq!(keys(vec![target(Kind::Fastly), target(Kind::Edge)]), "[1].name");
    let slow = Settings { coalesce_ms: 0, ..Settings::default() };
    assert_eq!(slow.validate("purge")[0].key, "purge.coalesce_ms");
}

#[test]
fn the_token_may_stand_in_the_environment() {
    let target = Target { token: Secret::default(), token_env: "PATH".into(), ..target(Kind::Edge) };
    assert_eq!(target.secret().reveal(), std::env::var("PATH").unwrap().trim());
}

#[test]
fn the_first_tags_of_each_plan() {
    let now = Timestamp::from_seconds(1_000_000);
    for (plan, size, per_minute) in
        [(Plan::Free, 25, 5), (Plan::Pro, 25, 300), (Plan::Business, 50, 600), (Plan::Enterprise, 500, 3_000)]
    {
        let target = Target { plan, ..target(Kind::Cloudflare) };
        let mut budget = target.tag_budget(now);
        let later = now + Duration::from_secs(3_600);
        assert_eq!(budget.remaining(later), size, "{plan:?}");
        while budget.take(1, Lane::Urgent, later).is_ok() {}
        let minute = later + Duration::from_secs(60);
        assert_eq!(budget.remaining(minute), per_minute.min(size), "{plan:?}");
    }
}
