//! Keys, pipelines, providers, analysis.

use guard::role::Role;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let bench = Bench::new().await;
    let made = bench
        .post("/api/v3/keys", json!({ "name": "reader", "role": "viewer", "lasts_days": 2 }))
        .await
        .expect(201)
        .json();
    assert_eq!((made["role"].as_str(), made["expires_at"].as_str()), (Some("viewer"), Some("2026-11-22T09:00:00Z")));
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let read = || bench.bare("GET", "/api/v3/posts").header("authorization", &bearer);
    read().send().await.expect(200);
    let listed = bench.get("/api/v3/keys").await.expect(200);
    assert!(!listed.text.contains(made["secret"].as_str().unwrap()), "the list holds no secret");
    bench.call(Role::Editor, "GET", "/api/v3/keys").send().await.expect(403);
    let path = format!("/api/v3/keys/{}", made["id"].as_str().unwrap());
    bench.delete(&path).await.expect(204);
    assert_eq!(read().send().await.expect(401).problem(), "unauthenticated");
    bench.delete(&path).await.expect(404);
}

#[tokio::test]
async fn pipelines_and_providers_are_configured() {
    let bench = Bench::new().await;
    let recipe = json!({ "name": "careful", "words_max": 300, "policy": { "automatic": false } });
    let send = || bench.call(Role::Editor, "POST", "/api/v3/pipelines").header("idempotency-key", "p").body(&recipe);
    let made = send().send().await.expect(201).json();
    assert_eq!(send().send().await.expect(201).json(), made);
    assert_eq!(
        made["policy"],
        json!({ "automatic": false, "score_min": 0.8, "grounded": true, "trust_min": 0.0, "engagement_min": 0.0, "topics_held": [], "two_people": false })
    );
    assert_eq!(bench.post("/api/v3/pipelines", recipe.clone()).await.expect(409).json()["id"], made["id"]);
    let path = format!("/api/v3/pipelines/{}", made["id"].as_str().unwrap());
    let put = |body| bench.call(Role::Editor, "PUT", &path).body(body);
    assert_eq!(put(json!({ "name": "careful", "words_max": 100 })).send().await.expect(200).json()["words_max"], 100);
    let wrong = put(json!({ "name": "careful", "policy": { "score_min": 7 } })).send().await.expect(422);
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/policy/score_min");
    assert_eq!(bench.get(&path).await.expect(200).json()["words_max"], 100);
    assert_eq!(bench.get("/api/v3/pipelines").await.expect(200).json()["data"].as_array().unwrap().len(), 2);

    let settings = json!({ "base_url": "https://llm.example/v1", "model": "small", "api_key": "sk-very-secret" });
    let provider = bench.call(Role::Admin, "PUT", "/api/v3/providers/example").body(settings).send().await.expect(200);
    assert_eq!((provider.json()["name"].as_str(), provider.json()["has_key"].as_bool()), (Some("example"), Some(true)));
    assert_eq!(provider.json()["kind"], "openai");
    let put = |kind: &str| json!({ "base_url": "https://llm.example", "model": "small", "kind": kind });
    let path = "/api/v3/providers/example";
    let other = bench.call(Role::Admin, "PUT", path).body(put("anthropic")).send().await.expect(200).json();
    assert_eq!((&other["kind"], &other["has_key"]), (&json!("anthropic"), &json!(true)));
    let unknown = bench.call(Role::Admin, "PUT", path).body(put("claude")).send().await.expect(422).json();
    assert_eq!(unknown["errors"][0]["pointer"], "/kind");
    assert!(unknown.to_string().contains("must be one of openai, anthropic, gemini, ollama"), "{unknown}");
    let listed = bench.get("/api/v3/providers").await.expect(200);
    assert!(!listed.text.contains("sk-very-secret") && !provider.text.contains("sk-very-secret"));
    bench.delete("/api/v3/providers/example").await.expect(204);
    bench.delete("/api/v3/providers/example").await.expect(404);
    assert_eq!(bench.get("/api/v3/channels").await.expect(200).json()["data"][0]["kind"], "site");
}

#[tokio::test]
async fn texts_are_measured() {
    let bench = Bench::new().await;
    let asked = json!({ "text": "# Ships\n\nThe **quay** is wonderful. It takes 14 ships.", "title": "Ships", "language": "en", "format": "markdown" });
    let answer = bench.call(Role::Viewer, "POST", "/api/v3/analyze").body(asked).send().await.expect(200).json();
    assert_eq!(answer["language"], "en");
    assert!(answer["sentiment"]["compound"].as_f64().is_some_and(|compound| compound > 0.3), "{answer}");
    assert!(answer["score"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)), "{answer}");
    assert_eq!(
        bench.post("/api/v3/analyze", json!({ "text": "a", "format": "pdf" })).await.expect(422).problem(),
        "invalid"
    );
}

#[tokio::test]
async fn budgets_are_set_and_shown() {
    let bench = Bench::new().await;
    let admin = |method, path| bench.call(Role::Admin, method, path);
    let budget = json!({ "scope": "provider", "name": "mock", "period": "month", "hard_micros": 5_000_000, "soft_micros": 4_000_000 });
    let set = admin("PUT", "/api/v3/budgets").body(budget).send().await.expect(200).json();
    assert_eq!(set["place"], json!({ "scope": "provider", "name": "mock" }));
    assert_eq!((&set["spent_micros"], &set["held_micros"]), (&json!(0), &json!(0)));
    assert_eq!(set["resets_at"], "2026-12-01T00:00:00Z");
    let listed = bench.get("/api/v3/budgets").await.expect(200).json();
    assert_eq!(listed["data"], json!([set]));
    let wrong = json!({ "scope": "key", "period": "day", "soft_micros": 2, "hard_micros": 1 });
    let told = admin("PUT", "/api/v3/budgets").body(wrong).send().await.expect(422).json();
    let pointers: Vec<&str> =
        told["errors"].as_array().unwrap().iter().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/name", "/soft_micros"]);
    let scope = json!({ "scope": "galaxy", "period": "day", "hard_micros": 1 });
    assert!(admin("PUT", "/api/v3/budgets").body(scope).send().await.status >= 400);
    let spending = bench.get("/api/v3/spending?by=provider&days=7").await.expect(200).json();
    assert_eq!(spending["month"], json!({ "spent_micros": 0, "forecast_micros": 0, "days": 0 }));
    for bad in ["days=0", "days=367", "by=galaxy"] {
        assert!(bench.get(&format!("/api/v3/spending?{bad}")).await.status >= 400, "{bad}");
    }
    assert_eq!(bench.get("/api/v3/ledger?limit=5").await.expect(200).json()["data"], json!([]));
    // Nothing is said of a budget before it has reached a limit.
    let needs = async || -> Vec<serde_json::Value> {
        let board = bench.get("/api/v3/dashboard?level=extended").await.expect(200).json();
        let all = board["notifications"].as_array().unwrap();
        all.iter().filter(|one| one["kind"] == "budgets").cloned().collect()
    };
    assert_eq!(needs().await, Vec::<serde_json::Value>::new());
    let month = json!({ "scope": "all", "period": "month", "hard_micros": 9_000_000, "soft_micros": 0 });
    let other = admin("PUT", "/api/v3/budgets").body(month).send().await.expect(200).json();
    let told = needs().await;
    let text = "The month's budget of the whole desk has reached its soft limit: $0.00 of $9.00 are spent";
    assert_eq!(
        (&told[0]["severity"], &told[0]["text"], &told[0]["count"]),
        (&json!("warning"), &json!(text), &json!(1))
    );
    let path = format!("/api/v3/budgets/{}", other["id"].as_str().unwrap());
    bench.call(Role::Admin, "DELETE", &path).send().await.expect(204);
    let path = format!("/api/v3/budgets/{}", set["id"].as_str().unwrap());
    admin("DELETE", &path).send().await.expect(204);
    admin("DELETE", &path).send().await.expect(404);
}
