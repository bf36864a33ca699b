use desk::jobs::{AssignStories, FetchSources};
use guard::role::Role;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn a_source_is_added_once_and_looked_after() {
    let bench = Bench::new().await;
    let made = bench.post("/api/v3/sources", json!({ "url": bench.feed, "name": "Courier" })).await.expect(201);
    let source = made.json();
    let path = format!("/api/v3/sources/{}", source["id"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    assert_eq!((source["state"].as_str(), source["name"].as_str()), (Some("active"), Some("Courier")));

    let again = bench.post("/api/v3/sources", json!({ "url": bench.feed })).await.expect(409);
    assert_eq!((again.problem().as_str(), &again.json()["id"]), ("already-exists", &source["id"]));

    let changed = bench
        .call(Role::Editor, "PATCH", &path)
        .body(json!({ "state": "paused", "interval_s": 600 }))
        .send()
        .await
        .expect(200);
    assert_eq!((changed.json()["state"].as_str(), changed.json()["interval_s"].as_u64()), (Some("paused"), Some(600)));
    assert_eq!(bench.get(&path).await.expect(200).json(), changed.json());
    let wrong = bench.call(Role::Admin, "PATCH", &path).body(json!({ "interval_s": 1 })).send().await.expect(422);
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/interval_s");
}

#[tokio::test]
async fn trust_is_set_and_cleared() {
    let bench = Bench::new().await;
    let made = bench.post("/api/v3/sources", json!({ "url": bench.feed, "trust": 0.8 })).await.expect(201).json();
    assert_eq!(made["trust"], 0.8);
    let path = format!("/api/v3/sources/{}", made["id"].as_str().unwrap());
    let patch = async |role, body: serde_json::Value| bench.call(role, "PATCH", &path).body(body).send().await;
    for (change, trust) in [
        (json!({ "trust": 1 }), 1.0),
        (json!({ "name": "Courier" }), 1.0),
        (json!({ "trust": null }), 0.5),
        (json!({ "trust": 0 }), 0.0),
    ] {
        assert_eq!(patch(Role::Editor, change.clone()).await.expect(200).json()["trust"], trust, "{change}");
        assert_eq!(bench.get(&path).await.expect(200).json()["trust"], trust, "{change}");
    }
    for wrong in [json!(1.01), json!(-0.5)] {
        let refused = patch(Role::Editor, json!({ "trust": wrong })).await.expect(422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/trust");
        bench.post("/api/v3/sources", json!({ "url": "https://b.example/feed", "trust": wrong })).await.expect(422);
    }
    patch(Role::Editor, json!({ "trust": "high" })).await.expect(422);
    assert_eq!(patch(Role::Moderator, json!({ "trust": 1 })).await.expect(403).problem(), "forbidden");
    assert_eq!(bench.get("/api/v3/sources").await.expect(200).json()["data"][0]["trust"], 0.0);
}

#[tokio::test]
async fn a_repeated_request_leads_to_the_same_source() {
    let bench = Bench::new().await;
    let send = async |url: &str, key: &str| {
        let call = bench.call(Role::Admin, "POST", "/api/v3/sources").header("idempotency-key", key);
        call.body(json!({ "url": url })).send().await
    };
    let first = send("https://a.example/feed", "once").await.expect(201).json();
    assert_eq!(send("https://a.example/feed", "once").await.expect(201).json(), first);
    assert_eq!(send("https://b.example/feed", "once").await.expect(422).problem(), "idempotency-mismatch");
    assert_eq!(send("https://a.example/feed", "twice").await.expect(409).problem(), "already-exists");
    assert_eq!(send("https://a.example/feed", "").await.expect(400).problem(), "malformed");
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let bench = Bench::new().await;
    for i in 0..5 {
        bench.post("/api/v3/sources", json!({ "url": format!("https://site{i}.example/feed") })).await.expect(201);
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = bench.get(&format!("/api/v3/sources?limit=2{after}")).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|source| source["url"].as_str().unwrap().to_owned()));
        assert_eq!(page["pagination"]["has_next"], page["pagination"]["next"].is_string());
        match page["pagination"]["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..5).map(|i| format!("https://site{i}.example/feed")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_address_can_be_looked_at_before() {
    let bench = Bench::new().await;
    let seen = bench.post("/api/v3/sources/preview", json!({ "url": bench.feed })).await.expect(200).json();
    assert_eq!(
        (seen["kind"].as_str(), seen["entries"].as_u64(), seen["title"].as_str()),
        (Some("rss"), Some(2), Some("Harbour Courier"))
    );
    assert_eq!(bench.get("/api/v3/sources").await.json()["data"], json!([]));
    // The guard against addresses of our own network holds here as well.
    let refused = bench.post("/api/v3/sources/preview", json!({ "url": "http://127.0.0.1:9/feed" })).await.expect(422);
    assert_eq!(refused.problem(), "source-failed");
}

#[tokio::test]
async fn a_fetch_is_accepted_as_a_job() {
    let bench = Bench::new().await;
    let source = bench.post("/api/v3/sources", json!({ "url": bench.feed })).await.expect(201).json();
    let send = || bench.call(Role::Admin, "POST", "/api/v3/sources/fetch").header("idempotency-key", "f1").body("");
    let accepted = send().send().await.expect(202);
    let job = accepted.json();
    assert_eq!((job["status"].as_str(), job["message"].is_string()), (Some("accepted"), true));
    // Before anything is known, 120 s are said.
    assert_eq!(job["estimated_completion"], "2026-11-20T09:02:00Z");
    assert_eq!(accepted.header("location"), format!("/api/v3/jobs/{}", job["job_id"].as_str().unwrap()));
    assert_eq!(send().send().await.expect(202).json()["job_id"], job["job_id"]);
    let shown = bench.get(accepted.header("location")).await.expect(200).json();
    assert_eq!((shown["kind"].as_str(), &shown["parameters"]["sources"][0]), (Some("fetch_sources"), &source["id"]));

    let path = format!("/api/v3/sources/{}/fetch", source["id"].as_str().unwrap());
    bench.post(&path, json!({})).await.expect(202);
    let unknown = bench.post("/api/v3/sources/fetch", json!({ "sources": ["0M7K2Q9XA4D0G"] })).await;
    assert_eq!(unknown.expect(404).problem(), "not-found");
}

#[tokio::test]
async fn items_become_stories_that_can_be_read() {
    let bench = Bench::new().await;
    let source = bench.post("/api/v3/sources", json!({ "url": bench.feed })).await.expect(201).json();
    let id = source["id"].as_str().unwrap();
    let desk = &bench.app.desk;
    let fetch = FetchSources { sources: vec![id.parse().unwrap()], age_max_s: 0 };
    desk::items::fetch(desk.clone(), bench.context(), fetch).await.unwrap();
    let visits = bench.get(&format!("/api/v3/sources/{id}/visits")).await.expect(200).json();
    assert_eq!((&visits["data"][0]["outcome"], &visits["data"][0]["new_items"]), (&json!("read"), &json!(2)));
    assert_eq!(visits["data"].as_array().map(Vec::len), Some(1));
    desk::stories::assign(desk.clone(), bench.context(), AssignStories {}).await.unwrap();

    let items = bench.get(&format!("/api/v3/items?source={id}")).await.expect(200).json();
    assert_eq!(items["data"].as_array().unwrap().len(), 2);
    let item = &items["data"][0];
    assert_eq!(item["source_name"], "Harbour Courier");
    let path = format!("/api/v3/items/{}", item["id"].as_str().unwrap());
    assert_eq!(&bench.get(&path).await.expect(200).json(), item);
    assert_eq!(bench.get(&format!("{path}/versions")).await.expect(200).json()["data"], json!([]));

    let stories = bench.get("/api/v3/stories").await.expect(200).json();
    assert_eq!(stories["data"].as_array().unwrap().len(), 2);
    let story = stories["data"][0]["id"].as_str().unwrap();
    let shown = bench.get(&format!("/api/v3/stories/{story}")).await.expect(200).json();
    assert_eq!(shown["story"], stories["data"][0]);
    let of_story = bench.get(&format!("/api/v3/items?story={story}")).await.expect(200).json();
    assert_eq!(shown["items"], of_story["data"]);

    let post = bench.post("/api/v3/generate-post", json!({ "story": story })).await.expect(201).json();
    assert_eq!(post["story"], story);
    assert_eq!(bench.get("/api/v3/items?source=nope").await.expect(400).problem(), "malformed");
}

#[tokio::test]
async fn a_sign_in_is_taken_and_never_shown() {
    let bench = Bench::new().await;
    let login = json!({ "kind": "basic", "user": "harriet", "password": "s3cr3t" });
    let made = bench.post("/api/v3/sources", json!({ "url": bench.feed, "login": login })).await.expect(201);
    assert!(!made.text.contains("s3cr3t") && !made.text.contains("harriet"), "{}", made.text);
    assert_eq!((&made.json()["has_login"], &made.json()["adaptive"]), (&json!(true), &json!(true)));
    let path = format!("/api/v3/sources/{}", made.json()["id"].as_str().unwrap());
    let patch = async |body: serde_json::Value| bench.call(Role::Editor, "PATCH", &path).body(body).send().await;
    let named = patch(json!({ "name": "Courier" })).await.expect(200);
    assert_eq!(named.json()["has_login"], true, "it stays");
    assert_eq!(patch(json!({ "login": null })).await.expect(200).json()["has_login"], false);
    let bearer = patch(json!({ "login": { "kind": "bearer", "token": "t0k3n" }, "interval_s": 600 })).await.expect(200);
    assert_eq!((&bearer.json()["has_login"], &bearer.json()["adaptive"]), (&json!(true), &json!(false)));
    assert!(!bearer.text.contains("t0k3n"));
    assert!(!bench.get("/api/v3/sources").await.text.contains("t0k3n"));
    for wrong in [
        json!({ "kind": "magic" }),
        json!({ "kind": "bearer" }),
        json!({ "kind": "basic", "user": "a:b", "password": "" }),
    ] {
        let refused = patch(json!({ "login": wrong })).await.expect(422);
        assert!(refused.json()["errors"][0]["pointer"].as_str().unwrap().starts_with("/login"), "{}", refused.text);
    }
    let back = bench.call(Role::Admin, "DELETE", &format!("{path}/move")).send().await.expect(404);
    assert_eq!(back.problem(), "not-found", "it has not moved");
}
