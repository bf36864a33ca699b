use std::time::Duration;

use desk::jobs::PublishPost;
use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;

const TEXT: &str = "The harbour office opens a second quay in March. It will take 14 ships a day, twice as many as now.\n\nThe work cost 3 million.";

async fn write(bench: &Bench) -> String {
    let post = bench
        .post("/api/v3/posts", json!({ "title": "A second quay", "body": TEXT, "topic": "Harbour" }))
        .await
        .expect(201);
    let id = post.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(post.header("location"), format!("/api/v3/posts/{id}"));
    id
}

async fn publish(bench: &Bench, id: &str, version: u32) {
    bench.clock.advance(Duration::from_secs(30));
    let job = PublishPost { post: id.parse().unwrap(), version, due_at: None };
    desk::channels::publish(bench.app.desk.clone(), bench.context(), job).await.unwrap();
}

fn kinds(events: &Json) -> Vec<&str> {
    events.as_array().unwrap().iter().map(|event| event["event"]["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_post_is_written_judged_published_and_retracted() {
    let bench = Bench::new().await;
    let id = write(&bench).await;
    let path = format!("/api/v3/posts/{id}");
    let shown = bench.get(&path).await.expect(200);
    assert_eq!(shown.header("etag"), "\"1\"");
    let post = shown.json();
    assert_eq!(
        (post["state"].as_str(), post["version"].as_u64(), post["grounded"].as_bool()),
        (Some("in_review"), Some(1), Some(false))
    );
    assert!(post["score"].as_f64().is_some_and(|score| score > 0.0 && score <= 1.0), "{post}");
    assert_eq!(
        (post["newest"]["body"].as_str(), post["newest"]["sources"].as_array().map(Vec::len)),
        (Some(TEXT), Some(0))
    );
    assert_eq!(post["newest"]["analysis"]["score"], post["score"]);
    assert_eq!(kinds(&post["events"]), ["created", "version_added", "submitted"]);

    let waiting = bench.get("/api/v3/moderation").await.expect(200).json();
    assert_eq!((&waiting["data"][0]["id"], &waiting["data"][0]["newest"]), (&post["id"], &post["newest"]));

    let approval = format!("{path}/approval");
    assert_eq!(bench.post(&approval, json!({})).await.expect(422).json()["errors"][0]["pointer"], "/version");
    let stale = bench.post(&approval, json!({ "version": 7 })).await.expect(412);
    assert_eq!((stale.problem().as_str(), stale.json()["newest_version"].as_u64()), ("stale-version", Some(1)));
    let approved = bench.post(&approval, json!({ "version": 1 })).await.expect(201).json();
    assert_eq!(
        (approved["state"].as_str(), approved["due_at"].as_str()),
        (Some("scheduled"), Some("2026-11-20T09:00:10Z"))
    );
    let twice = bench.post(&approval, json!({ "version": 1 })).await.expect(409);
    assert_eq!((twice.problem().as_str(), twice.json()["state"].as_str()), ("illegal-move", Some("scheduled")));

    assert_eq!(bench.delete(&approval).await.expect(200).json()["state"], "in_review");
    bench.call(Role::Moderator, "POST", &approval).header("if-match", "\"1\"").send().await.expect(201);
    assert_eq!(bench.post(&format!("{path}/publication"), json!({})).await.expect(202).json()["state"], "scheduled");
    publish(&bench, &id, 1).await;
    let post = bench.get(&path).await.json();
    assert_eq!((post["state"].as_str(), post["published_version"].as_u64()), (Some("published"), Some(1)));
    assert_eq!(
        (post["deliveries"][0]["state"].as_str(), post["deliveries"][0]["remote_id"].as_str()),
        (Some("live"), Some("a-second-quay"))
    );
    let decisions: Vec<&str> =
        post["reviews"].as_array().unwrap().iter().map(|review| review["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["approved", "withdrawn", "approved"]);
    assert_eq!(
        bench.get("/api/v3/topics").await.expect(200).json()["data"],
        json!([{ "slug": "harbour", "name": "Harbour", "pages": 1 }])
    );

    let retracted = bench.delete(&format!("{path}/publication")).await.expect(200).json();
    assert_eq!(retracted["state"], "retracted");
    let log = bench.get(&format!("{path}/events")).await.expect(200).json();
    assert!(kinds(&log["data"]).ends_with(&["published", "retracted", "delivery_withdrawn"]), "{log}");
    assert_eq!(bench.get("/api/v3/topics").await.json()["data"], json!([]));
}

#[tokio::test]
async fn versions_are_added_on_what_was_read() {
    let bench = Bench::new().await;
    let id = write(&bench).await;
    let path = format!("/api/v3/posts/{id}");
    let patch = |body: Json| bench.call(Role::Author, "PATCH", &path).body(body);
    let second = patch(json!({ "version": 1, "title": "A second quay in March" })).send().await.expect(200);
    assert_eq!((second.header("etag"), second.json()["version"].as_u64()), ("\"2\"", Some(2)));
    assert_eq!(patch(json!({ "version": 1, "title": "x" })).send().await.expect(412).problem(), "stale-version");
    assert_eq!(
        patch(json!({ "title": "x" })).header("if-match", "\"1\"").send().await.expect(412).problem(),
        "stale-version"
    );
    assert_eq!(
        patch(json!({ "title": "x" })).header("if-match", "W/\"a\"").send().await.expect(400).problem(),
        "malformed"
    );
    assert_eq!(
        patch(json!({ "version": 1 })).header("if-match", "\"2\"").send().await.expect(422).problem(),
        "invalid"
    );
    patch(json!({ "excerpt": "Twice the ships." })).header("if-match", "\"2\"").send().await.expect(200);

    let versions = bench.get(&format!("{path}/versions")).await.expect(200).json();
    let numbers: Vec<u64> =
        versions["data"].as_array().unwrap().iter().map(|v| v["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    let first = bench.get(&format!("{path}/versions/1")).await.expect(200).json();
    assert_eq!((first["title"].as_str(), &first), (Some("A second quay"), &versions["data"][2]));
    bench.get(&format!("{path}/versions/4")).await.expect(404);
    bench.get(&format!("{path}/versions/x")).await.expect(404);

    // Whoever did something has a name, beside their principal.
    let full = bench.get(&path).await.expect(200).json();
    for event in full["events"].as_array().unwrap() {
        let name = full["names"][event["actor"].as_str().unwrap()].as_str();
        assert!(name.is_some_and(|name| !name.is_empty() && !name.contains(':')), "{event}: {name:?}");
    }
}

#[tokio::test]
async fn people_reject_with_a_reason_and_approve_what_they_edited() {
    let bench = Bench::new().await;
    let id = write(&bench).await;
    let path = format!("/api/v3/posts/{id}");
    let empty = bench.post(&format!("{path}/rejection"), json!({ "version": 1, "reason": " " })).await.expect(422);
    assert_eq!(empty.json()["errors"][0]["pointer"], "/reason");
    let rejected = bench
        .post(&format!("{path}/rejection"), json!({ "version": 1, "reason": "Who says so?" }))
        .await
        .expect(201)
        .json();
    assert_eq!((rejected["state"].as_str(), rejected["reason"].as_str()), (Some("rejected"), Some("Who says so?")));

    let id = write(&bench).await;
    let path = format!("/api/v3/posts/{id}");
    let send = |key: &str| {
        let call = bench.call(Role::Editor, "POST", &format!("{path}/approval")).header("idempotency-key", key);
        call.body(json!({ "version": 1, "edit": { "title": "The second quay" } }))
    };
    let approved = send("e1").send().await.expect(201).json();
    assert_eq!((approved["state"].as_str(), approved["approved_version"].as_u64()), (Some("scheduled"), Some(2)));
    assert_eq!((approved["title"].as_str(), approved["edited"].as_bool()), (Some("The second quay"), Some(true)));
    assert_eq!(send("e1").send().await.expect(201).json()["version"], 2, "a repeat adds no version");
    assert_eq!(send("e2").send().await.expect(412).problem(), "stale-version");
    // An author writes and does not judge.
    let author =
        bench.call(Role::Author, "POST", &format!("{path}/approval")).body(json!({ "version": 2 })).send().await;
    assert_eq!(author.expect(403).problem(), "forbidden");
}

#[tokio::test]
async fn posts_are_listed_by_state_and_order() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(write(&bench).await);
    }
    bench
        .post(&format!("/api/v3/posts/{}/rejection", ids[1]), json!({ "version": 1, "reason": "no" }))
        .await
        .expect(201);
    let list = async |query: &str| {
        let page = bench.get(&format!("/api/v3/posts?{query}")).await.expect(200).json();
        page["data"].as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, [&*ids[2], &*ids[1], &*ids[0]]);
    assert_eq!(list("state=in_review").await, [&*ids[2], &*ids[0]]);
    assert_eq!(list("state=in_review&sort=oldest").await, [&*ids[0], &*ids[2]]);
    assert_eq!(list(&format!("state=in_review&sort=oldest&after={}", ids[0])).await, [&*ids[2]]);
    assert_eq!(list("state=published").await, [""; 0]);
}

#[tokio::test]
async fn drafts_are_made_on_demand_and_only_once() {
    let bench = Bench::new().await;
    let text = "The ferry to the island will sail again on Monday after 12 days of repairs. The harbour office said 340 passengers had been \
                booked on other ships. Tickets that were bought before the repairs stay valid until the end of the year.";
    let body = json!({ "documents": [{ "title": "Ferry sails again on Monday", "text": text, "source": "Harbour Courier", "url": "https://courier.example/ferry" }] });
    let send = |key: &str, body: &Json| {
        bench.call(Role::Author, "POST", "/api/v3/generate-post").header("idempotency-key", key).body(body)
    };
    let first = send("g1", &body).send().await.expect(201).json();
    assert_eq!(send("g1", &body).send().await.expect(201).json()["id"], first["id"]);
    assert_eq!(send("g1", &json!({ "items": [] })).send().await.expect(422).json()["errors"][0]["pointer"], "");
    assert_eq!(bench.get("/api/v3/posts").await.json()["data"].as_array().unwrap().len(), 1);
    let shown = bench.get(&format!("/api/v3/posts/{}", first["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(shown["newest"]["sources"][0]["name"], "Harbour Courier");
    assert!(shown["reviews"][0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "the policy says why");
    let calls = bench.get("/api/v3/completions").await.expect(200).json();
    assert_eq!(
        (calls["data"][0]["provider"].as_str(), calls["data"][0]["outcome"].as_str()),
        (Some("embedded"), Some("ok"))
    );

    let batch = bench.post("/api/v3/generate-batch", json!({ "entries": [body, {}] })).await.expect(422);
    assert_eq!(batch.json()["errors"][0]["pointer"], "/entries/1");
    let batch = bench.post("/api/v3/generate-batch", json!({ "entries": [body] })).await.expect(202).json();
    let job = bench.get(&format!("/api/v3/jobs/{}", batch["job_id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(job["kind"], "generate_batch");
}

#[tokio::test]
async fn moderation_as_a_client_sees_it() {
    let bench = Bench::new().await;
    let id = write(&bench).await;
    let path = format!("/api/v3/posts/{id}");
    let claimed = bench.post(&format!("{path}/claim"), json!({})).await.expect(200).json();
    assert_eq!(claimed["claim"]["until"], "2026-11-20T09:10:00Z", "{claimed}");
    let refused = bench.call(Role::Editor, "POST", &format!("{path}/claim")).send().await.expect(409);
    assert_eq!((refused.problem().as_str(), &refused.json()["name"]), ("claimed", &claimed["claim"]["name"]));
    bench.delete(&format!("{path}/claim")).await.expect(200);

    bench.post(&format!("{path}/rating"), json!({ "version": 1, "rating": 4 })).await.expect(200);
    bench.post(&format!("{path}/rating"), json!({ "version": 1, "rating": 6 })).await.expect(422);
    bench
        .call(Role::Author, "PATCH", &path)
        .body(json!({ "version": 1, "title": "A third quay" }))
        .send()
        .await
        .expect(200);
    let changes = bench.get(&format!("{path}/versions/2/changes")).await.expect(200).json();
    assert_eq!((&changes["from"], &changes["title"][1]), (&json!(1), &json!({ "op": "del", "text": "second" })));
    let old = format!("{path}/versions/1/restoration");
    bench.post(&old, json!({ "version": 1 })).await.expect(412);
    assert_eq!(bench.post(&old, json!({ "version": 2 })).await.expect(201).json()["title"], "A second quay");

    let page = bench.get("/api/v3/posts?q=second&state=in_review,draft&sort=-score").await.expect(200).json();
    assert_eq!(
        (&page["pagination"]["total"], &page["data"][0]["rating"]),
        (&json!(1), &json!({ "mean": 4.0, "count": 1 }))
    );

    let typed = json!({ "base_version": 1, "title": "t", "excerpt": "", "body": "b", "topic": "News" });
    let copy = format!("{path}/working-copy");
    assert!(bench.get(&copy).await.expect(404).json()["others"].is_array());
    let saved = bench.call(Role::Admin, "PUT", &copy).body(typed).send().await.expect(200).json();
    assert_eq!(saved["newest_version"], 3, "{saved}");
    assert_eq!(bench.get(&copy).await.expect(200).json()["body"], "b");
    bench.delete(&copy).await.expect(204);

    let bulk = |body: Json| bench.call(Role::Editor, "POST", "/api/v3/posts/bulk").body(body);
    let count =
        bulk(json!({ "action": "approve", "filter": { "q": "quay" }, "dry_run": true })).send().await.expect(200);
    assert_eq!(count.json()["count"], 1);
    bulk(json!({ "action": "reject", "ids": [id] })).send().await.expect(422);
    bulk(json!({ "action": "approve", "filter": { "staet": "draft" } })).send().await.expect(422);
    let job = bulk(json!({ "action": "approve", "ids": [id] })).send().await.expect(202).json();
    assert_eq!(job["status"], "accepted");

    let rejected = json!({ "version": 3, "reason": "no" });
    bench.post(&format!("{path}/rejection"), rejected).await.expect(201);
    assert_eq!(bench.post(&format!("{path}/reopening"), json!({})).await.expect(201).json()["state"], "in_review");
}

#[tokio::test]
async fn a_guest_decides_by_a_link_without_script_or_account() {
    let bench = Bench::new().await;
    let id = write(&bench).await;
    let links = format!("/api/v3/posts/{id}/review-links");
    let asked = json!({ "reviewer": "Ada <b>", "note": "Please", "expires_in_h": 2 });
    let made = bench
        .call(Role::Admin, "POST", &links)
        .header("host", "desk.example")
        .body(asked)
        .send()
        .await
        .expect(201)
        .json();
    let address = made["url"].as_str().unwrap().strip_prefix("http://desk.example").unwrap().to_owned();
    let page = bench.bare("GET", &address).header("accept-language", "de, tr;q=0.8").send().await.expect(200);
    assert!(
        page.text.contains("lang=\"tr\"") && page.text.contains("Onayla") && page.text.contains("Ada &#60;b&#62;"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("<script"));
    assert!(page.header("cache-control").contains("no-store") && page.header("x-robots-tag").contains("noindex"));
    assert!(!page.header("content-security-policy").contains("script-src"));
    let send = |form: &str| {
        let call = bench.bare("POST", &address).header("content-type", "application/x-www-form-urlencoded");
        call.body(form)
    };
    let kept = send("decision=return&comment=").send().await.expect(422);
    assert!(kept.text.contains("Say why it goes back"), "{}", kept.text);
    send("decision=perhaps&comment=fine").send().await.expect(400);
    for _ in 0..2 {
        assert!(send("decision=approve&comment=fine").send().await.expect(200).text.contains("Thank you"));
    }
    let post = bench.get(&format!("/api/v3/posts/{id}")).await.json();
    assert_eq!((&post["state"], &post["approvals"][0]["name"]), (&json!("scheduled"), &json!("Ada <b>")));
    let listed = bench.get(&links).await.json();
    assert_eq!((&listed["data"][0]["outcome"], &listed["data"][0]["url"]), (&json!("approved"), &Json::Null));
    let wrong = address.replace("/review/A", "/review/B").replace("/review/0", "/review/1") + "x";
    bench.bare("GET", &wrong).send().await.expect(404);
    let style = page.text.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap();
    bench.bare("GET", &format!("/assets/{style}")).send().await.expect(200);
    bench.call(Role::Viewer, "GET", &links).send().await.expect(403);
}

#[tokio::test]
async fn a_text_is_shown_as_the_site_would() {
    let bench = Bench::new().await;
    let text = "A *second* quay.\n\n<script>alert(1)</script>\n\n[harbour](javascript:alert(1))";
    let html = bench.post("/api/v3/render", json!({ "text": text })).await.expect(200).json()["html"].to_string();
    assert!(html.contains("<em>second</em>") && html.contains("harbour"), "{html}");
    assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
}
