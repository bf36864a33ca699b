use guard::role::Role;
use serde_json::json;
use store::{Alarm, AlarmKind, Severity};

use super::{Bench, MIGRATIONS};
use crate::database;

#[tokio::test]
async fn the_database_shows_what_it_holds_and_how_it_answers() {
    let bench = Bench::new().await;
    bench.post("/api/v3/sources", json!({ "url": "https://a.example/feed" })).await.expect(201);
    assert_eq!(bench.bare("GET", "/api/v3/database").send().await.expect(401).problem(), "unauthenticated");
    let shown = bench.call(Role::Viewer, "GET", "/api/v3/database").send().await.expect(200).json();
    assert_eq!(shown["engine"], bench.app.desk.store.engine().name());
    let pools = shown["pools"].as_array().unwrap();
    assert_eq!(pools.iter().map(|pool| pool["name"].as_str().unwrap()).collect::<Vec<_>>(), ["write", "read"]);
    assert!(pools.iter().all(|pool| pool["queries"].as_u64() > Some(0) && pool["query_s"].as_f64() > Some(0.0)));
    assert!(shown["statements"].as_array().unwrap().iter().any(|s| s["name"] == "sources.add"), "{shown}");
    let table = |name: &str| shown["tables"].as_array().unwrap().iter().find(|table| table["name"] == name).cloned();
    assert!(table("source").is_some() && table("job").is_some(), "{shown}");
    assert!(shown["indexes"].as_array().unwrap().iter().all(|index| index["covered_by"].is_null()), "{shown}");
    assert!(shown["bytes"].as_u64() > Some(100_000) && shown["writes"].as_u64() > Some(0));
    // Asked again at once it costs no second look.
    let first = database::report(&bench.app).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &database::report(&bench.app).await.unwrap()));
    // What it found is among the metrics.
    let metrics = bench.call(Role::Viewer, "GET", "/metrics").send().await.expect(200).text;
    assert!(metrics.contains("\ncopydesk_store_database_bytes ") && metrics.contains("copydesk_store_connections{"));
}

#[tokio::test]
async fn the_document_and_the_answer_name_the_same_fields() {
    let bench = Bench::new().await;
    let shown = bench.get("/api/v3/database").await.expect(200).json();
    let document = serde_json::to_value(crate::api::document()).unwrap();
    let described = &document["components"]["schemas"]["Database"]["properties"];
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&shown), names(described));
    let example =
        &document["paths"]["/api/v3/database"]["get"]["responses"]["200"]["content"]["application/json"]["example"];
    assert_eq!(names(&shown), names(example));
}

#[tokio::test]
async fn an_alarm_degrades_the_store_with_its_reason() {
    let bench = Bench::new().await;
    let store = |health: &serde_json::Value| health["components"][0].clone();
    let text = str::to_owned;
    bench.app.database.note(&[Alarm {
        kind: AlarmKind::OldSnapshot,
        severity: Severity::Warning,
        subject: text("session psql"),
        seen: text("psql holds a snapshot"),
        limit: text("xmin_alarm_s = 300"),
        remedy: text("end it"),
    }]);
    let health = bench.get("/api/v3/health").await.expect(200).json();
    assert_eq!((&health["status"], &store(&health)["state"]), (&json!("degraded"), &json!("degraded")));
    assert_eq!(store(&health)["reason"], "psql holds a snapshot (xmin_alarm_s = 300): end it");
    bench.app.database.note(&[]);
    bench.clock.advance(std::time::Duration::from_secs(10));
    let health = bench.get("/api/v3/health").await.expect(200).json();
    assert_eq!(store(&health)["state"], "ok");
}

#[tokio::test]
async fn an_exhausted_pool_is_told_as_503() {
    let place = store::testing::Place::new().await;
    if place.settings().url.is_none() {
        return;
    }
    let settings = store::Settings { write_pool: 2, read_pool: 1, connect_timeout_s: 1, ..place.settings().clone() };
    let clock = stdx::Clock::system();
    let store = store::Store::open(place.folder(), &settings, MIGRATIONS, clock).await.unwrap();
    let bench = Bench::on(store.clone(), place).await;
    // Whoever asks is known from now on, so that the refusal comes from the handler.
    let holder = store.snapshot(|_| {
        Box::pin(async move {
            let busy = bench.get("/api/v3/posts").await.expect(503);
            assert_eq!((busy.problem().as_str(), busy.header("retry-after")), ("unavailable", "5"));
            Ok::<(), store::Error>(())
        })
    });
    holder.await.unwrap();
}
