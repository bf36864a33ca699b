use guard::role::Role;
use serde_json::json;

use crate::api::tests::Bench;

#[tokio::test]
async fn what_nobody_has_is_not_found_whatever_is_asked() {
    let bench = Bench::new().await;
    let verify =
        "hub.mode=subscribe&hub.topic=https://news.example/&hub.challenge=quite-unlikely&hub.lease_seconds=100";
    for address in ["A".repeat(43), "x".into(), "%FF".into(), "..%2f".into()] {
        for query in [verify, "hub.mode=denied&hub.topic=x", "", "%FF"] {
            let path = format!("/hooks/websub/{address}?{query}");
            let answer = bench.bare("GET", &path).send().await.expect(404);
            assert_eq!((answer.problem().as_str(), answer.header("cache-control")), ("not-found", "no-store"));
            assert!(!answer.text.contains("unlikely"), "{}", answer.text);
        }
        let path = format!("/hooks/websub/{address}");
        let large = "a".repeat(6 << 20);
        for body in ["", "<rss/>", &large] {
            let call = bench.bare("POST", &path).header("content-type", "application/rss+xml");
            assert_eq!(call.body(body).send().await.expect(404).problem(), "not-found");
        }
        bench.bare("PUT", &path).send().await.expect(405);
    }
}

#[tokio::test]
async fn a_source_without_a_hub_says_so() {
    let bench = Bench::new().await;
    let made = bench.post("/api/v3/sources", json!({ "url": bench.feed })).await.expect(201).json();
    let path = format!("/api/v3/sources/{}/subscription", made["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.expect(404).problem(), "not-found");
    bench.bare("GET", &path).send().await.expect(401);
    bench.call(Role::Viewer, "GET", &path).send().await.expect(404);
}
