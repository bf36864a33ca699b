//! Approved posts as examples for fine-tuning, and what a draft takes over word for word.

use desk::jobs::AssignStories;
use desk::stories;
use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;

/// A post about an item that was added by hand, approved.
async fn approved(bench: &Bench, town: &str) -> Json {
    let text = format!(
        "The council of {town} approved a new bridge over the river on Monday. The bridge of {town} costs 2.4 million crowns. \
         Works begin in {town} in May, the mayor said."
    );
    let given = json!({ "title": format!("{town} approves a new bridge"), "text": text });
    let item = bench.post("/api/v3/items", given).await.expect(201).json();
    let context = queue::Context {
        id: queue::JobId(stdx::Id::from_i64(1).unwrap()),
        attempt: 1,
        attempts_max: 1,
        rescues: 0,
        queue: bench.app.desk.queue.clone(),
    };
    stories::assign(bench.app.desk.clone(), context, AssignStories {}).await.unwrap();
    let item = bench.get(&format!("/api/v3/items/{}", item["id"].as_str().unwrap())).await.expect(200).json();
    let post = bench.post("/api/v3/generate-post", json!({ "story": item["story"] })).await.expect(201).json();
    let path = format!("/api/v3/posts/{}", post["id"].as_str().unwrap());
    if post["state"] == "in_review" {
        bench.post(&format!("{path}/approval"), json!({ "version": 1 })).await.expect(201);
    }
    bench.get(&path).await.expect(200).json()
}

#[tokio::test]
async fn approved_posts_are_streamed_as_lines() {
    let bench = Bench::new().await;
    let posts = [approved(&bench, "Adaville").await, approved(&bench, "Brunsk").await];
    let get = |query: &'static str| bench.get(query);
    let answer = get("/api/v3/fine-tuning").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/jsonl");
    assert!(answer.header("content-disposition").contains("fine-tuning.jsonl"));
    assert!(answer.text.ends_with('\n'));
    let lines: Vec<Json> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    for (line, post) in lines.iter().zip(&posts) {
        let said = line["messages"][2]["content"].as_str().unwrap();
        let written: Json = serde_json::from_str(said).unwrap();
        assert_eq!((&written["title"], &written["body"]), (&post["title"], &post["newest"]["body"]));
        assert!(line["messages"][1]["content"].as_str().unwrap().contains("<DATA-"));
    }
    assert_eq!(get("/api/v3/fine-tuning").await.text, answer.text, "the same bytes");
    let train = get("/api/v3/fine-tuning?validation=50&part=train").await.expect(200).text;
    let validation = get("/api/v3/fine-tuning?validation=50&part=validation").await.expect(200).text;
    assert_eq!(train.len() + validation.len(), answer.text.len());
    assert_eq!(get("/api/v3/fine-tuning?language=tr").await.expect(200).text, "");
    assert_eq!(get("/api/v3/fine-tuning?since=2027-01-01T00:00:00Z").await.expect(200).text, "");

    get("/api/v3/fine-tuning?part=some").await.expect(400);
    get("/api/v3/fine-tuning?since=yesterday").await.expect(400);
    let wrong = get("/api/v3/fine-tuning?validation=100&grounding_min=2&pipeline=0M7K2Q9XA4D0G").await.expect(422);
    let pointers: Vec<Json> =
        wrong.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/grounding_min", "/validation", "/pipeline"]);
    bench.call(Role::Moderator, "GET", "/api/v3/fine-tuning").send().await.expect(403);
}

#[tokio::test]
async fn a_version_says_what_it_takes_over_word_for_word() {
    let bench = Bench::new().await;
    let post = approved(&bench, "Adaville").await;
    let lifts = &post["newest"]["lifts"];
    assert_eq!(lifts["passages"][0]["title"], "Adaville approves a new bridge");
    assert!(lifts["passages"][0]["words"].as_u64() >= Some(12), "{lifts}");
    assert!(lifts["note"].as_str().unwrap().contains(" words in a row from "), "{lifts}");
    assert!(post["newest"]["analysis"]["lifts"].is_null());
    let told = post["reviews"].as_array().unwrap().iter().flat_map(|review| review["reasons"].as_array().unwrap());
    let told: Vec<&Json> = told.filter(|check| check["check"] == "sources").collect();
    assert!(told.len() == 1 && told[0]["passed"] == true && told[0]["detail"] == lifts["note"], "{told:?}");
    let own =
        bench.post("/api/v3/posts", json!({ "title": "Own", "body": "A text of somebody's own." })).await.expect(201);
    let own = bench.get(&format!("/api/v3/posts/{}", own.json()["id"].as_str().unwrap())).await.json();
    assert!(own["newest"]["lifts"].is_null(), "without sources there is nothing to say");
}
