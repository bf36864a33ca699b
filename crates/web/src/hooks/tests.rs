use connect::webhook::{ID, Key, SIGNATURE, TIMESTAMP};
use guard::role::Role;
use serde_json::{Value as Json, json};

use crate::api::tests::{Answer, Bench};

/// A hook as its sender knows it.
struct Sender {
    id: String,
    path: String,
    key: Key,
}

async fn hook(bench: &Bench) -> Sender {
    let made = bench.post("/api/v3/sources", json!({ "kind": "hook", "name": "Wire" })).await.expect(201).json();
    assert_eq!((&made["kind"], &made["next_poll_at"], &made["state"]), (&json!("hook"), &Json::Null, &json!("active")));
    let url = made["hook"]["url"].as_str().unwrap();
    let path = url[url.find("/hooks/in/").unwrap()..].to_owned();
    let key = Key::parse(made["hook"]["secret"].as_str().unwrap()).unwrap();
    Sender { id: made["id"].as_str().unwrap().to_owned(), path, key }
}

impl Sender {
    async fn push(&self, bench: &Bench, id: &str, body: &str) -> Answer {
        self.push_to(bench, &self.path, id, "application/json", body).await
    }

    async fn push_to(&self, bench: &Bench, path: &str, id: &str, kind: &str, body: &str) -> Answer {
        let now = bench.clock.now();
        let call = bench.bare("POST", path).header(ID, id).header(TIMESTAMP, &now.seconds().to_string());
        let call = call.header(SIGNATURE, &self.key.sign(id, now, body.as_bytes())).header("content-type", kind);
        call.body(body).send().await
    }
}

#[tokio::test]
async fn a_delivery_needs_its_signature_and_nothing_else() {
    let bench = Bench::new().await;
    let sender = hook(&bench).await;
    let body = r#"{"id":"1","title":"Fire at the pier","text":"It burns.","url":"https://wire.example/1"}"#;
    let taken = sender.push(&bench, "m1", body).await.expect(202).json();
    assert_eq!(taken, json!({ "outcome": "1 new", "new_items": 1 }));
    let again = sender.push(&bench, "m1", body).await.expect(200).json();
    assert_eq!(again, json!({ "outcome": "taken before", "new_items": 0 }));
    let items = bench.get(&format!("/api/v3/items?source={}", sender.id)).await.expect(200).json();
    assert_eq!(
        (&items["data"][0]["title"], &items["data"][0]["source_name"]),
        (&json!("Fire at the pier"), &json!("Wire"))
    );
    assert_eq!(items["data"].as_array().map(Vec::len), Some(1));
    // A cookie of a browser, and who else sends it, make no difference.
    let call = bench
        .bare("POST", &sender.path)
        .header("cookie", "copydesk_session=x")
        .header("origin", "https://evil.example");
    let refused =
        call.header("authorization", &format!("Bearer {}", bench.key(Role::Admin))).body(body).send().await.expect(401);
    assert_eq!((refused.problem().as_str(), refused.header("www-authenticate")), ("signature", "Webhook-Signature"));
    assert_eq!(refused.header("cache-control"), "no-store");
    let other = Sender { key: Key::new([1; 32]), path: sender.path.clone(), id: String::new() };
    assert_eq!(other.push(&bench, "m2", body).await.expect(401).problem(), "signature");
}

#[tokio::test]
async fn what_nobody_has_is_not_found_whatever_is_sent() {
    let bench = Bench::new().await;
    let sender = hook(&bench).await;
    let large = "a".repeat(2 << 20);
    let unknown = format!("/hooks/in/{}", "A".repeat(43));
    for path in [&*unknown, "/hooks/in/x", "/hooks/in/%FF", "/hooks/in/..%2f"] {
        for body in ["", "{}", &large] {
            let answer = sender.push_to(&bench, path, "m", "application/json", body).await.expect(404);
            assert_eq!(
                (answer.problem().as_str(), answer.json()["detail"].as_str()),
                ("not-found", Some("there is nothing at this address"))
            );
        }
    }
    // Methods tell nothing either: they are those of the route.
    for path in [&unknown, &sender.path] {
        assert_eq!(bench.bare("GET", path).send().await.expect(405).header("allow"), "POST");
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_by_its_fault() {
    let bench = Bench::new().await;
    let sender = hook(&bench).await;
    let malformed = sender.push(&bench, "m", r#"{"title":"Fi"#).await.expect(400);
    assert_eq!(malformed.problem(), "malformed");
    let wrong =
        sender.push(&bench, "m", r#"{"items":[{"title":"a"},{"title":"b","url":"nothing"}]}"#).await.expect(400);
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/items/1/url");
    assert!(wrong.json()["detail"].as_str().unwrap().starts_with("/items/1/url "), "{}", wrong.text);
    let kind = sender.push_to(&bench, &sender.path, "m", "text/plain", "a title").await.expect(415);
    assert_eq!(kind.problem(), "unsupported-media-type");
    let title = |length: usize| format!(r#"{{"title":"{}"}}"#, "a".repeat(length - 12));
    assert_eq!(title(1 << 20).len(), 1 << 20);
    assert_eq!(sender.push(&bench, "m", &title((1 << 20) + 1)).await.expect(413).problem(), "too-large");
    sender.push(&bench, "m", &title(1 << 20)).await.expect(202);
    let (now, body) = (bench.clock.now(), r#"{"title":"late"}"#);
    for (drift, status) in [(-301, 400), (301, 400), (-300, 202), (300, 202)] {
        let (at, id) = (stdx::Timestamp::from_seconds(now.seconds() + drift), format!("drift{drift}"));
        let call = bench.bare("POST", &sender.path).header(ID, &id).header(TIMESTAMP, &at.seconds().to_string());
        let call = call
            .header(SIGNATURE, &sender.key.sign(&id, at, body.as_bytes()))
            .header("content-type", "application/json");
        let answer = call.body(body).send().await.expect(status);
        assert!(status != 400 || answer.json()["detail"].as_str().unwrap().contains("5 minutes"), "{}", answer.text);
    }
    let path = format!("/api/v3/sources/{}", sender.id);
    bench.call(Role::Admin, "PATCH", &path).body(json!({ "state": "paused" })).send().await.expect(200);
    let paused = sender.push(&bench, "p", body).await.expect(503);
    assert_eq!((paused.problem().as_str(), paused.header("retry-after")), ("unavailable", "3600"));
}

#[tokio::test]
async fn nobody_pushes_without_end() {
    let bench = Bench::new().await;
    let unknown = format!("/hooks/in/{}", "A".repeat(43));
    for _ in 0..1_800 {
        bench.bare("POST", &unknown).send().await.expect(404);
    }
    let limited = bench.bare("POST", &unknown).send().await.expect(429);
    assert_eq!(limited.problem(), "too-many-requests");
    assert!(limited.header("retry-after").parse::<u32>().unwrap() >= 1);
    bench.clock.advance(std::time::Duration::from_secs(60));
    bench.bare("POST", &unknown).send().await.expect(404);
}

#[tokio::test]
async fn a_secret_is_told_once_and_replaced_with_an_overlap() {
    let bench = Bench::new().await;
    let create = || {
        let call = bench.call(Role::Editor, "POST", "/api/v3/sources").header("idempotency-key", "k");
        call.body(json!({ "kind": "hook", "name": "Wire" })).send()
    };
    let made = create().await.expect(201).json();
    let secret = made["hook"]["secret"].as_str().unwrap().to_owned();
    let again = create().await.expect(201).json();
    assert_eq!((&again["id"], again.get("hook")), (&made["id"], None));
    let path = format!("/api/v3/sources/{}", made["id"].as_str().unwrap());
    let shown = bench.get(&format!("{path}/hook")).await.expect(200);
    assert_eq!((&shown.json()["url"], &shown.json()["before_until"]), (&made["hook"]["url"], &Json::Null));
    let rotated = bench.post(&format!("{path}/hook/secret"), json!({})).await.expect(201).json();
    assert_eq!((&rotated["url"], &rotated["before_until"]), (&made["hook"]["url"], &json!("2026-11-21T09:00:00Z")));
    let new = rotated["secret"].as_str().unwrap();
    assert!(new.starts_with("whsec_") && new != secret);
    for seen in [
        &path,
        &format!("{path}/hook"),
        "/api/v3/sources",
        "/api/v3/sources/opml",
        "/api/v3/settings",
        &format!("{path}/visits"),
    ] {
        let text = bench.get(seen).await.expect(200).text;
        assert!(!text.contains(new) && !text.contains(&secret) && !text.contains("whsec_"), "{seen}: {text}");
    }
    for role in [Role::Viewer, Role::Author, Role::Moderator] {
        assert_eq!(bench.call(role, "GET", &format!("{path}/hook")).send().await.expect(403).problem(), "forbidden");
    }
    let feed = bench.post("/api/v3/sources", json!({ "url": bench.feed })).await.expect(201).json();
    assert_eq!((&feed["kind"], feed.get("hook")), (&json!("feed"), None));
    bench.get(&format!("/api/v3/sources/{}/hook", feed["id"].as_str().unwrap())).await.expect(404);
}

#[tokio::test]
async fn a_source_that_is_not_visited_has_no_address() {
    let bench = Bench::new().await;
    for (body, pointer) in [
        (json!({ "kind": "hook" }), "/name"),
        (json!({ "kind": "hook", "name": "W", "url": "https://a.example/" }), "/url"),
        (json!({ "kind": "hand", "name": "W", "interval_s": 600 }), "/interval_s"),
        (json!({ "kind": "hand", "name": "W", "backfill": 1 }), "/backfill"),
        (json!({ "kind": "hook", "name": "W", "login": { "kind": "bearer", "token": "x" } }), "/login"),
        (json!({ "kind": "magic", "name": "W" }), "/kind"),
        (json!({ "name": "W" }), "/url"),
    ] {
        let refused = bench.post("/api/v3/sources", body.clone()).await.expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}: {}", refused.text);
    }
    assert_eq!(bench.get("/api/v3/sources").await.json()["data"], json!([]));
}

#[tokio::test]
async fn an_item_is_added_by_hand() {
    let bench = Bench::new().await;
    let body =
        json!({ "title": "A note", "text": "It rains.", "author": "Ada Price", "url": "https://paper.example/1" });
    let send = async |role, body: &Json| bench.call(role, "POST", "/api/v3/items").body(body).send().await;
    let made = send(Role::Author, &body).await.expect(201);
    let item = made.json();
    assert_eq!(made.header("location"), format!("/api/v3/items/{}", item["id"].as_str().unwrap()));
    assert_eq!(
        (&item["standing"], &item["authors"], &item["source_name"]),
        (&json!("news"), &json!(["Ada Price"]), &json!("By hand"))
    );
    assert_eq!(bench.get(made.header("location")).await.expect(200).json(), item);
    assert_eq!(send(Role::Author, &body).await.expect(200).json(), item);
    assert_eq!(send(Role::Viewer, &body).await.expect(403).problem(), "forbidden");
    // What stands at this address is a feed, and no article.
    let refused = send(Role::Author, &json!({ "url": bench.feed })).await.expect(422);
    assert_eq!((refused.problem().as_str(), &refused.json()["errors"][0]["pointer"]), ("invalid", &json!("/url")));
    let inside = send(Role::Author, &json!({ "url": "http://127.0.0.1:9/" })).await.expect(422);
    assert_eq!(inside.problem(), "source-failed");
    assert_eq!(
        send(Role::Author, &json!({ "title": "x", "text": 7 })).await.expect(422).json()["errors"][0]["pointer"],
        "/text"
    );
}
