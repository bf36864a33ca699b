use guard::role::Role;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn without_a_key_health_tells_its_status_and_nothing_else() {
    let bench = Bench::new().await;
    bench.app.watch_disk(std::env::temp_dir());
    for path in ["/health", "/api/v3/health"] {
        let answer = bench.bare("GET", path).send().await;
        let status = answer.json()["status"].as_str().unwrap().to_owned();
        assert_eq!(answer.json(), json!({ "status": status }), "{path}");
    }
    let full = bench.call(Role::Viewer, "GET", "/api/v3/health").send().await.json();
    assert_eq!(full["version"], "0.0.0-test");
    let names: Vec<&str> = full["components"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["store", "queue", "disk", "cache", "sources", "providers"]);
    for component in full["components"].as_array().unwrap().iter().filter(|component| component["name"] != "disk") {
        assert_eq!(component["state"], "ok", "{component}");
    }
    bench.clock.advance(std::time::Duration::from_secs(60));
    let later = bench.call(Role::Viewer, "GET", "/api/v3/health").send().await.json();
    let cache = later["components"].as_array().unwrap().iter().find(|c| c["name"] == "cache").unwrap();
    assert_eq!(
        (&cache["since"], &cache["checked_at"]),
        (&json!("2026-11-20T09:00:00Z"), &json!("2026-11-20T09:01:00Z"))
    );
    let wrong = bench.bare("GET", "/api/v3/health").header("authorization", "Bearer nonsense").send().await;
    assert_eq!(wrong.expect(401).problem(), "unauthenticated");
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_with_503() {
    let bench = Bench::new().await;
    bench.app.desk.store.close().await;
    let answer = bench.bare("GET", "/health").send().await.expect(503);
    assert_eq!(answer.json(), json!({ "status": "down" }));
    let answer = bench.get("/api/v3/posts").await.expect(503);
    assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("unavailable", "5"));
    assert_eq!(answer.json()["detail"], "Try again as `Retry-After` says.");
}

#[tokio::test]
async fn metrics_come_in_both_forms() {
    let bench = Bench::new().await;
    bench.post("/api/v3/sources", json!({ "url": "https://a.example/feed" })).await.expect(201);
    bench.post("/api/v3/sources/fetch", json!({})).await.expect(202);
    bench.app.history.sample(&bench.app.registry, bench.clock.now());
    let metrics = bench.get("/api/v3/metrics").await.expect(200).json();
    let names: Vec<&str> = metrics["metrics"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"copydesk_jobs_enqueued_total"), "{names:?}");
    assert_eq!(metrics["history"]["times"], json!(["2026-11-20T09:00:00Z"]));
    assert!(metrics["pools"].as_array().is_some_and(|pools| !pools.is_empty()));
    assert_eq!(bench.get("/api/v3/metrics?minutes=61").await.expect(400).problem(), "malformed");
    let text = bench.call(Role::Viewer, "GET", "/metrics").send().await.expect(200);
    assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.text.contains("# TYPE copydesk_jobs_enqueued_total counter\n"), "{}", text.text);
    let cache = bench.get("/api/v3/cache/stats").await.expect(200).json();
    assert!(cache["bytes_max"].as_u64().is_some_and(|bytes| bytes > 0) && cache["spaces"].is_array(), "{cache}");
}
