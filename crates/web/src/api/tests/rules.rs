//! What holds for every route, with the routes read from the document.

use guard::role::Role;
use serde_json::{Value as Json, json};

use super::{BODY_MAX, Bench, is_clear};
use crate::api;

const NOBODY: &str = "0M7K2Q9XA4D0G";

/// One operation of the document.
pub(super) struct Route {
    pub method: String,
    pub path: String,
    has_body: bool,
    is_paged: bool,
}

impl Route {
    /// With ids that lead nowhere.
    pub fn address(&self) -> String {
        self.path.replace("{id}", NOBODY).replace("{version}", "1").replace("{name}", "nobody").replace("{label}", "A")
    }

    fn writes(&self) -> bool {
        self.method != "GET"
    }
}

pub(super) fn routes() -> Vec<Route> {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                has_body: !operation["requestBody"].is_null(),
                is_paged: parameters.iter().any(|parameter| parameter["name"] == "limit"),
            });
        }
    }
    assert!(routes.len() > 45, "only {} routes are documented", routes.len());
    routes
}

/// A body that would be accepted, if the ids in the path led anywhere.
pub(super) fn body(route: &Route) -> Json {
    let pipeline = json!({ "name": "second", "policy": { "automatic": false } });
    match (route.method.as_str(), route.path.trim_start_matches("/api/v3")) {
        ("POST", "/sources") => json!({ "url": "https://news.example/feed.xml" }),
        ("POST", "/sources/preview") => json!({ "url": "https://news.example/feed.xml" }),
        ("POST", "/sources/rules/trial") => json!({ "rules": [], "source": NOBODY }),
        ("POST", "/items") => json!({ "title": "A title", "text": "A text of some words." }),
        ("POST", "/sources/opml") => json!({ "opml": "<opml><body/></opml>" }),
        ("POST", "/posts") => json!({ "title": "A title", "body": "A body." }),
        ("PATCH", "/posts/{id}") => json!({ "version": 1, "title": "Another title" }),
        ("POST", "/posts/{id}/approval") => json!({ "version": 1 }),
        ("POST", "/posts/{id}/schedule") => json!({ "due_at": "2026-11-20T12:00:00Z" }),
        ("PUT", "/calendar/settings") => json!({ "zone": "Europe/Berlin" }),
        ("POST", "/posts/{id}/rejection") => json!({ "version": 1, "reason": "not yet" }),
        ("POST", "/posts/bulk") => json!({ "action": "approve", "ids": [NOBODY] }),
        ("POST", "/posts/{id}/versions/{version}/restoration") => json!({ "version": 1 }),
        ("POST", "/posts/{id}/variants/{label}/choice") => json!({ "version": 1 }),
        ("POST", "/posts/{id}/rating") => json!({ "version": 1, "rating": 4 }),
        ("POST", "/posts/{id}/review-links") => json!({ "reviewer": "Ada" }),
        ("PUT", "/posts/{id}/working-copy") => {
            json!({ "base_version": 1, "title": "t", "excerpt": "", "body": "b", "topic": "News" })
        }
        ("POST", "/stories/{id}/merge") => json!({ "story": NOBODY }),
        ("POST", "/stories/{id}/split") => json!({ "items": [NOBODY] }),
        ("POST", "/generate-post") => json!({ "documents": [{ "title": "A title", "text": "A text of some words." }] }),
        ("POST", "/generate-batch") => {
            json!({ "entries": [{ "documents": [{ "title": "A title", "text": "A text." }] }] })
        }
        ("POST", "/posts/{id}/improve") => json!({ "base_version": 1 }),
        ("POST", "/analyze" | "/improve" | "/render") => json!({ "text": "Some words." }),
        ("POST", "/pipelines") | ("PUT", "/pipelines/{id}") => pipeline,
        ("PUT", "/budgets") => json!({ "scope": "all", "period": "day", "hard_micros": 1_000_000 }),
        ("PUT", "/prompts/{name}") | ("POST", "/prompts/preview") => json!({ "source": "---" }),
        ("PUT", "/providers/{name}") => json!({ "base_url": "https://llm.example/v1", "model": "m" }),
        ("POST", "/cache/purge") => json!({ "tag": "nobody" }),
        ("POST", "/cron") => json!({ "name": "n", "schedule": "0 6 * * *", "kind": "assign_stories" }),
        ("PUT", "/cron/{name}") => json!({ "schedule": "0 6 * * *", "kind": "assign_stories" }),
        ("PATCH", "/cron/{name}") => json!({ "paused": true }),
        ("POST", "/keys") => json!({ "name": "reader", "role": "viewer" }),
        ("POST", "/session") => json!({ "key": "ck_none" }),
        ("POST", "/session/password") => json!({ "current": "not the one", "new": "another one entirely" }),
        ("POST", "/invitations") => json!({ "email": "somebody@paper.example", "role": "viewer" }),
        ("POST", "/invitations/look") => json!({ "token": "nothing" }),
        ("POST", "/invitations/accept") => json!({ "token": "nothing", "password": "another one entirely" }),
        _ => json!({}),
    }
}

/// Routes for those who are not known yet.
pub(super) fn is_open(route: &Route) -> bool {
    let place = (route.method.as_str(), route.path.trim_start_matches("/api/v3"));
    matches!(place, ("GET", "/health") | ("POST", "/session" | "/invitations/look" | "/invitations/accept"))
}

#[tokio::test]
async fn nobody_gets_in_without_a_key() {
    let bench = Bench::new().await;
    for route in routes().iter().filter(|route| !is_open(route)) {
        for address in [
            route.address(),
            route
                .path
                .replace("{id}", "no-id")
                .replace("{version}", "x")
                .replace("{name}", "n")
                .replace("{label}", "?"),
        ] {
            let answer = bench.bare(&route.method, &address).body("{").send().await;
            assert_eq!(answer.status, 401, "{} {address}: {}", route.method, answer.text);
            assert_eq!(answer.problem(), "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    for path in ["/api/v3/openapi.json", "/api/v3/nothing", "/api/v3/live", "/metrics"] {
        let answer = bench.bare("GET", path).send().await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
    }
    let wrong = bench.bare("GET", "/api/v3/posts").header("authorization", "Bearer cd_wrong").send().await;
    assert_eq!(wrong.expect(401).problem(), "unauthenticated");
    assert_eq!(bench.get("/api/v3/nothing").await.expect(404).problem(), "not-found");
}

#[tokio::test]
async fn ids_that_lead_nowhere_are_not_found() {
    let bench = Bench::new().await;
    for route in routes().iter().filter(|route| route.path.contains("{id}")) {
        for id in [NOBODY, "nope", "%00", "0M7K2Q9XA4D0GG"] {
            let address = route.path.replace("{id}", id).replace("{version}", "1");
            let answer = bench.call(Role::Admin, &route.method, &address).body(body(route)).send().await;
            assert_eq!(answer.status, 404, "{} {address}: {}", route.method, answer.text);
            assert_eq!(answer.problem(), "not-found");
        }
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_one_way() {
    let bench = Bench::new().await;
    let deep = "[".repeat(10_000);
    let long = format!("{{\"text\":\"{}\"}}", "a".repeat(BODY_MAX as usize));
    let cases: [(&str, &str, u16, &str); 8] = [
        ("{", "application/json", 400, "malformed"),
        ("BODY trailing", "application/json", 400, "malformed"),
        ("\u{0}", "application/json", 400, "malformed"),
        (&deep, "application/json", 400, "malformed"),
        ("7", "application/json", 422, "invalid"),
        (r#"{"no_such_field":1}"#, "application/json; charset=utf-8", 422, "invalid"),
        (&long, "application/json", 413, "too-large"),
        ("{}", "text/plain", 415, "unsupported-media-type"),
    ];
    // Somebody's own values may be any JSON.
    for route in routes().iter().filter(|route| route.has_body && route.path != "/api/v3/preferences/{name}") {
        for (sent, kind, status, problem) in cases {
            let sent = sent.replace("BODY", &body(route).to_string());
            let call =
                bench.call(Role::Admin, &route.method, &route.address()).header("content-type", kind).body(&sent);
            let answer = call.send().await;
            // A list in a list is of the wrong type before it is too deep.
            let is_fine = answer.status == status || (sent == deep && answer.status == 422);
            assert!(is_fine, "{} {} with {:.30}: {} {}", route.method, route.path, sent, answer.status, answer.text);
            if answer.status == status {
                assert_eq!(answer.problem(), problem);
            }
            if status == 422 {
                assert!(answer.json()["errors"][0]["detail"].is_string(), "{}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_type_is_pointed_at() {
    let bench = Bench::new().await;
    let cases = [
        ("/api/v3/sources", json!({ "url": 7 }), "/url"),
        ("/api/v3/sources", json!({ "url": "https://a.example/f", "pipeline": "x" }), "/pipeline"),
        ("/api/v3/generate-post", json!({ "documents": [{ "title": "a", "text": 1 }] }), "/documents/0/text"),
        ("/api/v3/keys", json!({ "name": "a", "role": "king" }), "/role"),
        ("/api/v3/posts", json!({ "title": " ", "body": "b" }), "/title"),
        ("/api/v3/posts", json!({ "title": "t", "body": "b", "pipeline": NOBODY }), "/pipeline"),
        ("/api/v3/keys", json!({ "name": "a", "role": "viewer", "lasts_days": 0 }), "/lasts_days"),
        ("/api/v3/analyze", json!({ "text": "a", "language": "klingon" }), "/language"),
    ];
    for (path, body, pointer) in cases {
        let answer = bench.post(path, body.clone()).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{path} {body}: {}", answer.text);
    }
}

#[tokio::test]
async fn queries_are_read_strictly_and_unknown_ones_ignored() {
    let bench = Bench::new().await;
    for route in routes().iter().filter(|route| route.is_paged) {
        let address = route.address();
        for (query, name) in [
            ("limit=x", "limit"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=-1", "limit"),
            ("after=%F0", "after"),
            ("after=zz", "after"),
        ] {
            let answer = bench.get(&format!("{address}?{query}")).await;
            assert_eq!(answer.status, 400, "{address}?{query}: {}", answer.text);
            assert_eq!(answer.problem(), "malformed");
            assert!(answer.json()["detail"].as_str().unwrap().starts_with(name), "{address}?{query}: {}", answer.text);
        }
        let answer = bench.get(&format!("{address}?limit=3&utm_source=x&limit%5B%5D=7")).await.expect(200).json();
        assert_eq!(answer["pagination"]["limit"], 3, "{address}");
        assert_eq!(bench.get(&address).await.expect(200).json()["pagination"]["limit"], 50, "{address}");
    }
    for (query, name) in
        [("state=asleep", "state"), ("state=draft,asleep", "state"), ("sort=up", "sort"), ("score_min=x", "score_min")]
    {
        let answer = bench.get(&format!("/api/v3/posts?{query}")).await.expect(400);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(name), "{}", answer.text);
    }
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let bench = Bench::new().await;
    let answer = bench.call(Role::Admin, "DELETE", "/api/v3/sources").send().await.expect(405);
    assert_eq!(answer.problem(), "method-not-allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    let answer = bench.bare("OPTIONS", "/api/v3/sources").send().await.expect(204);
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    let answer = bench.call(Role::Admin, "HEAD", "/api/v3/sources").send().await.expect(200);
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn private_answers_are_kept_by_nobody() {
    let bench = Bench::new().await;
    for route in routes().iter().filter(|route| !route.writes() && route.path != "/api/v3/events") {
        let answer = bench.get(&route.address()).await;
        assert!(is_clear(answer.status), "{}: {}", route.path, answer.text);
        assert!(
            answer.header("cache-control").contains("no-store"),
            "{}: {}",
            route.path,
            answer.header("cache-control")
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let words = answer.text.to_lowercase();
        assert!(!words.contains("select ") && !words.contains(".rs:"), "{}: {}", route.path, answer.text);
    }
}
