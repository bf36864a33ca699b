use std::time::Duration;

use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;

fn berlin() -> Json {
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    json!({
        "zone": "Europe/Berlin",
        "channels": { "site": { "slots": [{ "days": days, "time": "12:00" }], "spacing_min": 15 } },
        "blackouts": [{ "name": "Night", "days": days, "from": "22:00", "to": "06:00" }],
    })
}

async fn ready() -> Bench {
    let bench = Bench::new().await;
    bench.call(Role::Editor, "PUT", "/api/v3/calendar/settings").body(berlin()).send().await.expect(200);
    bench
}

/// The path of a post in review.
async fn written(bench: &Bench) -> String {
    let new = json!({ "title": "A second quay", "body": "The harbour office opens a second quay in March." });
    let post = bench.post("/api/v3/posts", new).await.expect(201).json();
    format!("/api/v3/posts/{}", post["id"].as_str().unwrap())
}

#[tokio::test]
async fn calendar_settings_are_checked_and_kept() {
    let bench = Bench::new().await;
    let path = "/api/v3/calendar/settings";
    let empty = json!({ "zone": "UTC", "channels": {}, "blackouts": [] });
    assert_eq!(bench.get(path).await.expect(200).json(), empty);
    let change = |role: Role, body: Json| bench.call(role, "PUT", path).body(body).send();
    assert_eq!(change(Role::Moderator, berlin()).await.expect(403).problem(), "forbidden");
    let mut wrong = berlin();
    wrong["zone"] = json!("Mars/Olympus");
    wrong["blackouts"][0]["from"] = json!("25:00");
    let refused = change(Role::Editor, wrong).await.expect(422).json();
    let pointers: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/zone", "/blackouts/0/from"]);
    assert_eq!(change(Role::Editor, berlin()).await.expect(200).json(), berlin());
    assert_eq!(bench.get(path).await.json(), berlin());
}

#[tokio::test]
async fn the_calendar_takes_a_post_and_moves_it() {
    let bench = ready().await;
    let post = written(&bench).await;
    let approval = format!("{post}/approval");
    let both = json!({ "version": 1, "slot": "next", "due_at": "2026-11-20T12:00:00Z" });
    assert_eq!(bench.post(&approval, both).await.expect(422).json()["errors"][0]["pointer"], "/slot");
    let night = json!({ "version": 1, "due_at": "2026-11-20T23:00:00Z" });
    let refused = bench.post(&approval, night).await.expect(422);
    assert_eq!(refused.problem(), "blackout");
    assert_eq!(refused.json()["next_free"], "2026-11-21T05:00:00Z");
    let approved = bench.post(&approval, json!({ "version": 1, "slot": "next" })).await.expect(201).json();
    assert_eq!(approved["due_at"], "2026-11-20T11:00:00Z");
    let next = bench.get("/api/v3/calendar/next-slot?channel=site").await.expect(200).json();
    assert_eq!(next["at"], "2026-11-21T11:00:00Z");

    let schedule = format!("{post}/schedule");
    let move_to = |body: Json| bench.post(&schedule, body);
    assert_eq!(move_to(json!({})).await.expect(422).json()["errors"][0]["pointer"], "/due_at");
    assert_eq!(move_to(json!({ "slot": "last" })).await.expect(422).json()["errors"][0]["pointer"], "/slot");
    assert_eq!(move_to(json!({ "due_at": "2026-11-20T23:00:00Z" })).await.expect(422).problem(), "blackout");
    let forced = move_to(json!({ "due_at": "2026-11-20T23:00:00Z", "force": true })).await.expect(200).json();
    assert_eq!(
        (forced["state"].as_str(), forced["due_at"].as_str()),
        (Some("scheduled"), Some("2026-11-20T23:00:00Z"))
    );
    assert_eq!(move_to(json!({ "due_at": "2026-11-20T08:00:00Z" })).await.expect(422).problem(), "invalid");
    let author = bench.call(Role::Author, "POST", &schedule).body(json!({ "slot": "next" })).send().await;
    assert_eq!(author.expect(403).problem(), "forbidden");

    let shown =
        bench.get("/api/v3/calendar?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z").await.expect(200).json();
    assert_eq!((shown["zone"].as_str(), shown["is_whole"].as_bool()), (Some("Europe/Berlin"), Some(true)));
    let entry = &shown["entries"][0];
    assert_eq!((&entry["post"], entry["at"].as_str()), (&forced["id"], Some("2026-11-20T23:00:00Z")));
    assert_eq!((&entry["channels"], &entry["fixed"]), (&json!(["site"]), &json!(false)));
    assert_eq!(shown["slots"], json!([{ "channel": "site", "at": "2026-11-20T11:00:00Z", "post": null }]));
    assert_eq!(
        shown["blackouts"][1],
        json!({ "name": "Night", "from": "2026-11-20T21:00:00Z", "to": "2026-11-21T05:00:00Z" })
    );
    for query in ["", "?from=2026-11-20T00:00:00Z", "?from=yesterday&to=2026-11-21T00:00:00Z"] {
        assert_eq!(bench.get(&format!("/api/v3/calendar{query}")).await.expect(400).problem(), "malformed", "{query}");
    }
    for to in ["2026-11-20T00:00:00Z", "2027-11-20T00:00:00Z"] {
        let long = bench.get(&format!("/api/v3/calendar?from=2026-11-20T00:00:00Z&to={to}")).await.expect(422);
        assert_eq!(long.json()["errors"][0]["pointer"], "/to");
    }
}

#[tokio::test]
async fn publishing_now_can_be_undone_by_the_former_time() {
    let bench = ready().await;
    let post = written(&bench).await;
    bench.post(&format!("{post}/approval"), json!({ "version": 1, "slot": "next" })).await.expect(201);
    let now = bench.post(&format!("{post}/publication"), json!({})).await.expect(202).json();
    assert_eq!(now["due_at"], "2026-11-20T09:00:10Z");
    bench.clock.advance(Duration::from_secs(5));
    let back = bench.post(&format!("{post}/schedule"), json!({ "due_at": "2026-11-20T11:00:00Z" })).await.expect(200);
    assert_eq!(back.json()["due_at"], "2026-11-20T11:00:00Z");
    let kinds = bench.get(&format!("{post}/events")).await.json();
    let kinds: Vec<&str> =
        kinds["data"].as_array().unwrap().iter().map(|event| event["event"]["kind"].as_str().unwrap()).collect();
    assert!(kinds.ends_with(&["scheduled", "rescheduled", "rescheduled"]), "{kinds:?}");
}
