//! Schedules.

use std::time::Duration;

use guard::role::Role;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn a_schedule_is_kept_and_its_times_are_told() {
    let bench = Bench::new().await;
    let new = json!({ "name": "stories", "schedule": "30 6 * * MON-FRI", "zone": "Europe/Istanbul", "kind": "assign_stories" });
    let made = bench.post("/api/v3/cron", new.clone()).await.expect(201);
    assert_eq!(made.header("location"), "/api/v3/cron/stories");
    let made = made.json();
    assert_eq!(made["next"][0], "2026-11-23T03:30:00Z");
    assert_eq!(
        (&made["missed"], &made["priority"], &made["queue"], &made["parameters"], &made["paused"]),
        (&json!("coalesce"), &json!("high"), &json!("default"), &json!({}), &json!(false))
    );
    assert_eq!(bench.post("/api/v3/cron", new).await.expect(409).problem(), "already-exists");
    assert_eq!(bench.get("/api/v3/cron").await.expect(200).json()["data"], json!([made]));

    let put = |body| bench.call(Role::Admin, "PUT", "/api/v3/cron/stories").body(body);
    let text = json!({ "schedule": "@every 15m", "kind": "assign_stories", "missed": "skip", "priority": "low" });
    let changed = put(text.clone()).send().await.expect(200).json();
    assert_eq!((&changed["next"][0], &changed["priority"]), (&json!("2026-11-20T09:15:00Z"), &json!("low")));
    let patch = |paused: bool| {
        bench.call(Role::Admin, "PATCH", "/api/v3/cron/stories").body(json!({ "paused": paused })).send()
    };
    let paused = patch(true).await.expect(200).json();
    assert_eq!((&paused["paused"], &paused["next"]), (&json!(true), &json!([])));

    let run = bench.post("/api/v3/cron/stories/run", json!({})).await.expect(202).json();
    let job = bench.get(&format!("/api/v3/jobs/{}", run["job_id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&job["kind"], &job["priority"]), (&json!("assign_stories"), &json!("low")));

    bench.clock.advance(Duration::from_secs(3_600));
    assert_eq!(patch(false).await.expect(200).json()["next"][0], "2026-11-20T10:15:00Z");
    bench.delete("/api/v3/cron/stories").await.expect(204);
    for gone in [
        bench.get("/api/v3/cron/stories").await,
        bench.delete("/api/v3/cron/stories").await,
        bench.post("/api/v3/cron/stories/run", json!({})).await,
        put(text).send().await,
        patch(true).await,
    ] {
        assert_eq!(gone.expect(404).problem(), "not-found");
    }
}

#[tokio::test]
async fn the_times_of_a_schedule_are_told_before_it_is_kept() {
    let bench = Bench::new().await;
    let next = bench.get("/api/v3/cron-times?schedule=30+6+*+*+MON-FRI&zone=Europe/Istanbul").await.expect(200).json();
    let days = [23, 24, 25, 26, 27].map(|day| format!("2026-11-{day}T03:30:00Z"));
    assert_eq!(next, json!({ "next": days }));
    let never = bench.get("/api/v3/cron-times?schedule=0+0+30+2+*").await.expect(200).json();
    assert_eq!(never, json!({ "next": [] }));
    for (query, part) in [("schedule=soon", "soon"), ("schedule=@daily&zone=Mars", "Mars")] {
        let refused = bench.get(&format!("/api/v3/cron-times?{query}")).await.expect(422);
        assert_eq!(refused.problem(), "invalid");
        assert!(refused.text.contains(part), "{}", refused.text);
    }
    assert_eq!(bench.get("/api/v3/cron-times").await.expect(400).problem(), "malformed");
    assert_eq!(bench.get("/api/v3/cron").await.expect(200).json()["data"], json!([]));
}

#[tokio::test]
async fn only_what_is_sound_and_safe_can_be_scheduled() {
    let bench = Bench::new().await;
    let new = |name: &str, schedule: &str, kind: &str, parameters: serde_json::Value| json!({ "name": name, "schedule": schedule, "kind": kind, "parameters": parameters });
    let id = "0M7K2Q9XA4D0G";
    for (body, part) in [
        (new("a", "@daily", "publish_post", json!({ "post": id, "version": 1 })), "fetch_sources, assign_stories"),
        (new("a", "@daily", "fetch_sources", json!({})), "sources"),
        (new("a", "@daily", "fetch_sources", json!({ "sources": [] })), "1 to 1000"),
        (new("a", "@daily", "fetch_sources", json!({ "sources": [7] })), "/parameters"),
        (new("a", "@daily", "fetch_sources", json!({ "sources": [id], "all": true })), "nothing else"),
        (new("a", "@daily", "fetch_sources", json!({ "sources": [id], "age_max_s": -1 })), "/parameters"),
        (new("a", "@daily", "assign_stories", json!({ "now": true })), "nothing else"),
        (new("a", "every day", "assign_stories", json!({})), "every day"),
        (new("a", "0 0 30 2 *", "assign_stories", json!({})), "never comes"),
        (new("A b", "@daily", "assign_stories", json!({})), "A b"),
        (json!({ "name": "a", "schedule": "@daily", "kind": "assign_stories", "zone": "Mars" }), "Mars"),
        (json!({ "name": "a", "schedule": "@daily", "kind": "assign_stories", "missed": "often" }), "often"),
        (json!({ "name": "a", "schedule": "@daily", "kind": "assign_stories", "queue": "no such!" }), "no such!"),
    ] {
        let refused = bench.post("/api/v3/cron", body.clone()).await.expect(422);
        assert_eq!(refused.problem(), "invalid");
        assert!(refused.text.contains(part), "{body}: {}", refused.text);
    }
    assert_eq!(bench.get("/api/v3/cron").await.expect(200).json()["data"], json!([]));
    let sound = new("fetch", "0 7 * * *", "fetch_sources", json!({ "sources": [id] }));
    bench.post("/api/v3/cron", sound).await.expect(201);
}

#[tokio::test]
async fn viewers_read_and_administrators_write() {
    let bench = Bench::new().await;
    let body = json!({ "name": "stories", "schedule": "@daily", "kind": "assign_stories" });
    bench.call(Role::Editor, "POST", "/api/v3/cron").body(&body).send().await.expect(403);
    bench.post("/api/v3/cron", body).await.expect(201);
    bench.call(Role::Viewer, "GET", "/api/v3/cron/stories").send().await.expect(200);
    for (method, path, body) in [
        ("PUT", "/api/v3/cron/stories", json!({ "schedule": "@hourly", "kind": "assign_stories" })),
        ("PATCH", "/api/v3/cron/stories", json!({ "paused": true })),
        ("DELETE", "/api/v3/cron/stories", json!({})),
        ("POST", "/api/v3/cron/stories/run", json!({})),
    ] {
        bench.call(Role::Editor, method, path).body(&body).send().await.expect(403);
    }
    bench.bare("GET", "/api/v3/cron").send().await.expect(401);
}
