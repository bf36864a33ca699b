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
    assert_eq!(list("state=in_review&order=oldest").await, [&*ids[0], &*ids[2]]);
    assert_eq!(list(&format!("state=in_review&order=oldest&after={}", ids[0])).await, [&*ids[2]]);
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
