use guard::role::Role;
use serde_json::{Value as Json, json};

use crate::api::tests::{Answer, Bench};

/// A provider for each step, called as it is.
async fn bench(steps: &[&str]) -> Bench {
    let bench = Bench::new().await;
    let base_url = bench.feed.replace("/feed.xml", "/v1");
    for step in steps {
        let settings = json!({ "base_url": base_url, "model": step, "price_in": 1_000_000, "price_out": 2_000_000 });
        let name = format!("p-{}", step.replace(':', "-"));
        let path = format!("/api/v3/providers/{name}");
        bench.call(Role::Admin, "PUT", &path).body(settings).send().await.expect(200);
    }
    bench
}

fn question(model: &str, is_streamed: bool) -> Json {
    let text = "The bridge opened on 4 May. It cost 12 euros in all.";
    json!({ "model": model, "messages": [{ "role": "user", "content": text }], "stream": is_streamed, "max_tokens": 100 })
}

async fn ask(bench: &Bench, role: Role, body: &Json) -> Answer {
    bench.call(role, "POST", "/v1/chat/completions").body(body).send().await
}

fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_question_goes_through_and_is_paid() {
    let bench = bench(&["ok", "500"]).await;
    let answer = ask(&bench, Role::Editor, &question("ok", false)).await.expect(200);
    assert_eq!(
        answer.json()["choices"][0]["message"]["content"],
        "The bridge opened on 4 May. It cost 12 euros in all."
    );
    let told = ["x-copydesk-provider", "x-copydesk-attempts", "x-copydesk-cost-micros", "cache-control"]
        .map(|name| answer.header(name));
    assert_eq!(told, ["p-ok", "1", "36", "no-store"]);
    let streamed = ask(&bench, Role::Editor, &question("p-ok", true)).await.expect(200);
    assert_eq!(
        (streamed.header("content-type"), streamed.header("x-copydesk-provider")),
        ("text/event-stream", "p-ok")
    );
    assert!(streamed.text.starts_with("data: {") && streamed.text.ends_with("data: [DONE]\n\n"), "{}", streamed.text);
    assert!(!streamed.text.contains("\"usage\":{"), "nobody asked for the count: {}", streamed.text);

    let entries = bench.get("/api/v3/ledger").await.expect(200).json();
    let costs: Vec<&Json> = entries["data"].as_array().unwrap().iter().map(|entry| &entry["micros"]).collect();
    assert_eq!(costs, [36, 36], "{entries}");
    assert!(entries.to_string().contains("\"scope\":\"key\""), "{entries}");

    let models = bench.call(Role::Editor, "GET", "/v1/models").send().await.expect(200).json();
    let names: Vec<&str> =
        models["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["auto", "p-500", "p-ok", "500", "ok"]);
    let health = bench.get("/api/v3/providers").await.expect(200).json()["data"][1]["health"].clone();
    assert_eq!(
        (&health["breaker"], &health["answered"], &health["in_flight"]),
        (&json!("closed"), &json!(2), &json!(0))
    );
}

#[tokio::test]
async fn a_fault_that_another_makes_good_is_not_seen() {
    let bench = bench(&["401", "ok"]).await;
    let answer = ask(&bench, Role::Editor, &question("auto", false)).await.expect(200);
    assert_eq!((answer.header("x-copydesk-provider"), answer.header("x-copydesk-attempts")), ("p-ok", "2"));
}

#[tokio::test]
async fn faults_are_told_as_openai_s_clients_know_them() {
    let bench = bench(&["ok", "401", "429:30", "garbage", "error-after:4", "cut-after:9"]).await;
    let none = bench.bare("POST", "/v1/chat/completions").body(question("ok", false)).send().await.expect(401);
    assert_eq!(code(&none), "invalid_api_key");
    assert_eq!(code(&bench.bare("GET", "/v1/models").send().await.expect(401)), "invalid_api_key");
    assert_eq!(code(&ask(&bench, Role::Viewer, &question("ok", false)).await.expect(403)), "forbidden");
    let unknown = ask(&bench, Role::Editor, &question("gpt-9", false)).await.expect(404);
    assert_eq!((code(&unknown).as_str(), &unknown.json()["error"]["param"]), ("model_not_found", &json!("model")));
    assert_eq!(
        ask(&bench, Role::Editor, &json!({ "model": "ok" })).await.expect(400).json()["error"]["param"],
        "messages"
    );
    bench.call(Role::Editor, "GET", "/v1/embeddings").send().await.expect(404);
    let long = question("ok", false).to_string() + &" ".repeat(2 << 20);
    ask_raw(&bench, &long).await.expect(413);

    let rejected = ask(&bench, Role::Editor, &question("401", false)).await.expect(502);
    assert_eq!(code(&rejected), "rejected");
    assert!(!rejected.text.contains("is not known here"), "what is said of our key stays here: {}", rejected.text);
    let limited = ask(&bench, Role::Editor, &question("429:30", true)).await.expect(429);
    assert_eq!((code(&limited).as_str(), limited.header("retry-after")), ("rate_limit_exceeded", "30"));
    assert_eq!(code(&ask(&bench, Role::Editor, &question("garbage", false)).await.expect(502)), "malformed");
    for step in ["error-after:4", "cut-after:9"] {
        let broken = ask(&bench, Role::Editor, &question(step, true)).await.expect(200);
        let last = broken.text.trim_end().rsplit("\n\n").next().unwrap().trim_start_matches("data: ");
        let last: Json = serde_json::from_str(last).unwrap();
        assert!(last["error"]["code"].is_string(), "{step}: {}", broken.text);
        assert!(!broken.text.contains("[DONE]"), "a text that broke off is not taken for whole");
    }
}

async fn ask_raw(bench: &Bench, body: &str) -> Answer {
    bench.call(Role::Editor, "POST", "/v1/chat/completions").body(body).send().await
}

#[tokio::test]
async fn a_hard_budget_holds_for_callers_too() {
    let bench = bench(&["ok"]).await;
    let budget = json!({ "scope": "all", "name": "", "period": "day", "hard_micros": 300 });
    bench.call(Role::Admin, "PUT", "/api/v3/budgets").body(budget).send().await.expect(200);
    // Each may cost some 290: only one at a time has room, and of its real 36 the next leave too little.
    ask(&bench, Role::Editor, &question("ok", false)).await.expect(200);
    let over = ask(&bench, Role::Editor, &question("ok", true)).await.expect(429);
    assert_eq!(code(&over), "insufficient_quota");
    assert!(over.header("retry-after").parse::<u64>().unwrap() > 3_600, "the day ends later");
    let spent = bench.get("/api/v3/budgets").await.expect(200).json()["data"][0].clone();
    assert_eq!((&spent["spent_micros"], &spent["held_micros"]), (&json!(36), &json!(0)));
}
