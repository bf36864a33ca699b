//! Improving, and what people made of texts.

use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;

const TEXT: &str =
    "The the harbour office opens a second quay in March. It will take 14 ships a day, twice as many as now.";

async fn write(bench: &Bench) -> String {
    let post = json!({ "title": "A second quay", "body": TEXT, "topic": "Harbour" });
    let post = bench.call(Role::Editor, "POST", "/api/v3/posts").body(post).send().await.expect(201).json();
    format!("/api/v3/posts/{}", post["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_post_is_mended_where_no_model_is_known() {
    let bench = Bench::new().await;
    let post = write(&bench).await;
    let path = format!("{post}/improve");
    let tried = bench.post(&path, json!({ "base_version": 1, "apply": false })).await.expect(200).json();
    assert_eq!((&tried["stopped"], &tried["version"]), (&json!("no_provider"), &Json::Null));
    let asked = json!({ "base_version": 1, "targets": { "words": 5, "words_per_sentence": 3.5 } });
    let call = || bench.call(Role::Editor, "POST", &path).header("idempotency-key", "once").body(&asked);
    let improved = call().send().await.expect(200).json();
    assert_eq!((&improved["version"], &improved["cost_micros"]), (&json!(2), &json!(0)), "{improved}");
    assert!(improved["text"]["body"].as_str().unwrap().starts_with("The harbour"), "{improved}");
    let targets = &improved["after"]["targets"];
    assert_eq!((&targets[0]["name"], &targets[0]["met"]), (&json!("words"), &json!(true)));
    assert_eq!((&targets[1]["direction"], &targets[1]["met"]), (&json!("at_most"), &json!(false)));
    let edit = &improved["steps"][0]["edits"][0];
    assert_eq!((&edit["field"], edit["code"].is_string()), (&json!("body"), true));
    assert_eq!(call().send().await.expect(200).json(), improved, "a repeated request changes nothing");
    let stale = bench.post(&path, json!({ "base_version": 1 })).await.expect(412);
    assert_eq!((stale.problem().as_str(), &stale.json()["newest_version"]), ("stale-version", &json!(2)));
    assert_eq!(bench.get(&post).await.json()["version"], 2);
    // A machine's change is nobody's opinion.
    assert_eq!(bench.get("/api/v3/feedback").await.expect(200).json()["data"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_improved_is_told_value_by_value() {
    let bench = Bench::new().await;
    let asked = json!({ "text": " ", "targets": { "beauty": 1 }, "rounds_max": 0 });
    let refused = bench.post("/api/v3/improve", asked).await.expect(422).json();
    let pointers: Vec<&Json> = refused["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/text", "/rounds_max", "/targets/beauty"]);
    assert!(refused["errors"][2]["detail"].as_str().unwrap().contains("flesch_reading_ease"), "{refused}");
    let refused = bench.post("/api/v3/improve", json!({ "text": "x", "language": "xx" })).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/language");
    bench.post("/api/v3/improve", json!({ "text": "x", "targets": { "score": "much" } })).await.expect(422);
    let improved = bench.post("/api/v3/improve", json!({ "text": TEXT })).await.expect(200).json();
    assert!(improved["text"]["body"].as_str().unwrap().starts_with("The harbour"), "{improved}");
}

#[tokio::test]
async fn feedback_is_listed_by_kind_post_and_page() {
    let bench = Bench::new().await;
    let (first, second) = (write(&bench).await, write(&bench).await);
    for (post, rating) in [(&first, 2), (&second, 5)] {
        let given = json!({ "version": 1, "rating": rating, "comment": "so" });
        bench.post(&format!("{post}/rating"), given).await.expect(200);
    }
    let rejection = json!({ "version": 1, "reason": "too thin" });
    bench.post(&format!("{first}/rejection"), rejection).await.expect(201);
    let list = async |query: &str| bench.get(&format!("/api/v3/feedback?{query}")).await.expect(200).json();
    let all = list("").await;
    let kinds: Vec<&Json> = all["data"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["rejection", "rating", "rating"]);
    let last = &all["data"][2];
    assert_eq!((&last["rating"], &last["changed"], &last["reason"]), (&json!(2), &Json::Null, &json!("so")));
    assert!(last["parts"]["length"].is_number() && last["score"].is_number(), "{last}");
    let page = list("kind=rating&limit=1").await;
    assert_eq!(page["data"][0]["rating"], 5);
    let next = list(&format!("kind=rating&limit=1&after={}", page["pagination"]["next"].as_str().unwrap())).await;
    assert_eq!((&next["data"][0]["rating"], &next["pagination"]["has_next"]), (&json!(2), &json!(false)));
    let id = first.rsplit('/').next().unwrap();
    assert_eq!(list(&format!("post={id}&kind=rejection")).await["data"][0]["reason"], "too thin");
    assert_eq!(list(&format!("post={id}")).await["data"].as_array().unwrap().len(), 2);
    for query in ["kind=anger", "post=nope", "after=nope", "limit=0"] {
        bench.get(&format!("/api/v3/feedback?{query}")).await.expect(400);
    }
    bench.get("/api/v3/feedback?post=0M7K2Q9XA4D0G").await.expect(404);
}
