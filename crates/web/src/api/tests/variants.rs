//! Several drafts of one post, and the one that a person chooses.

use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;

#[tokio::test]
async fn one_of_several_drafts_is_chosen() {
    let bench = Bench::new().await;
    let document = |title: &str, text: &str| json!({ "title": title, "text": text, "source": title });
    let documents = [
        document(
            "Ferry stops for eleven days",
            "The harbour ferry will stop for eleven days from Monday. The repair costs 2.4 million crowns.",
        ),
        document(
            "Two buses replace the ferry",
            "Shop owners at the pier fear for the market. Tickets stay valid on the buses. It rains in May.",
        ),
    ];
    let wanted = json!({ "documents": documents, "variants": 2 });
    let post = bench.post("/api/v3/generate-post", wanted.clone()).await.expect(201).json();
    assert_eq!(post["state"], "in_review", "a person chooses");
    let path = format!("/api/v3/posts/{}", post["id"].as_str().unwrap());
    let list = bench.call(Role::Viewer, "GET", &format!("{path}/variants")).send().await.expect(200).json();
    let all = list["data"].as_array().unwrap();
    let told: Vec<(&Json, &Json)> = all.iter().map(|one| (&one["label"], &one["version"])).collect();
    assert_eq!(told, [(&json!("A"), &json!(1)), (&json!("B"), &Json::Null)]);
    assert_ne!(all[0]["body"], all[1]["body"]);
    let choose = |role: Role, label: &'static str, version: u32| {
        let address = format!("{path}/variants/{label}/choice");
        let bench = &bench;
        async move { bench.call(role, "POST", &address).body(json!({ "version": version })).send().await }
    };
    choose(Role::Author, "B", 1).await.expect(403);
    let chosen = choose(Role::Moderator, "B", 1).await.expect(201).json();
    assert_eq!((&chosen["version"], &chosen["title"]), (&json!(2), &all[1]["title"]));
    assert_eq!(choose(Role::Moderator, "B", 2).await.expect(201).json()["version"], 2);
    choose(Role::Moderator, "A", 1).await.expect(412);
    choose(Role::Moderator, "C", 2).await.expect(404);
    let plain = bench.post("/api/v3/generate-post", json!({ "documents": documents })).await.expect(201).json();
    let none = bench.get(&format!("/api/v3/posts/{}/variants", plain["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(none["data"], json!([]));
    let many = bench.post("/api/v3/generate-post", json!({ "documents": documents, "variants": 6 })).await.expect(422);
    assert_eq!(many.json()["errors"][0]["pointer"], "/variants");

    let recipe = json!({ "name": "several", "variants": 2 });
    let pipeline = bench.call(Role::Editor, "POST", "/api/v3/pipelines").body(recipe).send().await.expect(201).json();
    assert_eq!(pipeline["variants"], 2);
    let wanted = json!({ "documents": documents, "pipeline": pipeline["id"] });
    let post = bench.post("/api/v3/generate-post", wanted).await.expect(201).json();
    let list = bench.get(&format!("/api/v3/posts/{}/variants", post["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
}
