//! The dashboard, the traffic and the settings.

use std::time::Duration;

use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;
use crate::{Setting, figures};

async fn dashboard(bench: &Bench, level: &str) -> Json {
    bench.call(Role::Viewer, "GET", &format!("/api/v3/dashboard?level={level}")).send().await.expect(200).json()
}

#[tokio::test]
async fn the_dashboard_has_three_depths() {
    let bench = Bench::new().await;
    bench.bare("GET", "/api/v3/dashboard").send().await.expect(401);
    bench.get("/api/v3/dashboard?level=deep").await.expect(400);
    let empty = bench.get("/api/v3/dashboard").await.expect(200).json();
    let none = json!({ "source": false, "draft": false, "approval": false, "publication": false });
    assert_eq!((&empty["checklist"], &empty["health"]["state"]), (&none, &json!("ok")));
    assert_eq!(empty["review"], json!({ "waiting": 0, "oldest_at": null }));
    assert!(empty["health"]["sentence"].as_str().unwrap().starts_with("No sources yet"), "{empty}");
    for deeper in ["charts", "notifications", "analytics", "recent_activities"] {
        assert!(empty.get(deeper).is_none(), "{deeper}");
    }

    bench.post("/api/v3/posts", json!({ "title": "A quay", "body": "It opens in March." })).await.expect(201);
    bench.post("/api/v3/sources", json!({ "url": "https://a.example/feed" })).await.expect(201);
    bench.post("/api/v3/sources/fetch", json!({})).await.expect(202);
    figures::look(&bench.app).await;
    bench.get("/api/v3/posts").await.expect(200);
    bench.clock.advance(Duration::from_secs(25 * 3_600));
    figures::look(&bench.app).await;
    // What is dear to count is kept for twenty times as long as it took.
    let mut extended = dashboard(&bench, "extended").await;
    while extended["sources"]["active"] != 1 || extended["posts"]["in_review"] != 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        extended = dashboard(&bench, "extended").await;
    }
    assert_eq!((&extended["review"]["waiting"], &extended["posts"]), (&json!(1), &json!({ "in_review": 1 })));
    assert_eq!(extended["review"]["oldest_at"], "2026-11-20T09:00:00Z");
    assert_eq!((&extended["checklist"]["source"], &extended["checklist"]["draft"]), (&json!(true), &json!(true)));
    assert_eq!(extended["sources"], json!({ "active": 1, "failing": 0 }));
    assert!(extended["queue_depth"].as_u64().unwrap() >= 1, "the fetch is due: {extended}");
    assert!(extended["requests_per_s"].as_f64().unwrap() > 0.0 && extended["p95_ms"].as_f64().is_some(), "{extended}");
    let notes = extended["notifications"].as_array().unwrap();
    let review = notes.iter().find(|note| note["kind"] == "review").expect("it waits for more than a day");
    assert_eq!((&review["count"], &review["at"]), (&json!(1), &json!("2026-11-20T09:00:00Z")));
    assert_eq!(extended["charts"]["times"].as_array().unwrap().len(), 1, "an hour: {}", extended["charts"]["times"]);
    assert!(extended.get("analytics").is_none());

    let full = dashboard(&bench, "full").await;
    let days = full["analytics"]["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[12]), (14, &json!({ "date": "2026-11-20", "drafted": 1, "published": 0 })));
    let last = &full["recent_activities"][0];
    assert_eq!((&last["what"], &last["title"]), (&json!("submitted"), &json!("A quay")));
}

#[tokio::test]
async fn the_traffic_is_told_in_steps_and_by_route() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        figures::look(&bench.app).await;
        bench.get("/api/v3/cron").await.expect(200);
        bench.clock.advance(Duration::from_secs(10));
    }
    figures::look(&bench.app).await;
    let traffic = bench.get("/api/v3/traffic?minutes=5").await.expect(200).json();
    let times = traffic["times"].as_array().unwrap().len();
    assert_eq!(times, 4);
    let series =
        ["requests_s", "errors_s", "p50_ms", "p95_ms", "p99_ms", "hit_ratio", "queue_depth", "cpu", "rss_bytes"];
    for name in series.into_iter().chain(["live_clients"]) {
        assert_eq!(traffic[name].as_array().map(Vec::len), Some(times), "{name}");
    }
    let last = |name: &str| traffic[name][times - 1].as_f64();
    assert!(last("requests_s").unwrap() >= 0.1 && last("p99_ms").is_some() && last("rss_bytes").unwrap() > 1e6);
    assert!(traffic["requests_s"][0].is_null(), "nothing to compare with");
    let routes = traffic["routes"].as_array().unwrap();
    let cron = routes.iter().find(|row| row["route"] == "/api/v3/cron" && row["method"] == "GET").unwrap();
    assert!(cron["count"].as_u64().unwrap() >= 3 && cron["p50_ms"].as_f64().is_some(), "{cron}");
    assert!(traffic["statuses"]["2xx"].as_u64().unwrap() >= 3, "{}", traffic["statuses"]);
    for minutes in ["0", "61", "x"] {
        bench.get(&format!("/api/v3/traffic?minutes={minutes}")).await.expect(400);
    }
}

#[tokio::test]
async fn settings_are_for_administrators() {
    let bench = Bench::new().await;
    let setting = Setting {
        section: "queue",
        key: "workers_max",
        value: Some(json!(16)),
        default: Some(json!(0)),
        source: "environment",
        doc: "Jobs at once.".to_owned(),
    };
    bench.app.show_settings(vec![setting]);
    bench.call(Role::Editor, "GET", "/api/v3/settings").send().await.expect(403);
    let told = bench.get("/api/v3/settings").await.expect(200).json();
    assert_eq!(
        told,
        json!([{ "section": "queue", "key": "workers_max", "value": 16, "default": 0, "source": "environment",
                 "doc": "Jobs at once." }])
    );
}
