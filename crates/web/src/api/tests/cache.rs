use guard::role::Role;
use serde_json::{Value as Json, json};

use super::Bench;

const TEXT: &str =
    "The harbour office opens a second quay in March. It will take 14 ships a day, twice as many as now.";

async fn write(bench: &Bench, title: &str) -> String {
    let new = json!({ "title": title, "body": TEXT, "topic": "Harbour" });
    bench.post("/api/v3/posts", new).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

async fn get(bench: &Bench, path: &str) -> Json {
    bench.get(&format!("/api/v3{path}")).await.expect(200).json()
}

/// Hits and loads of a space.
async fn counted(bench: &Bench, space: &str) -> (u64, u64) {
    let stats = get(bench, "/cache/stats").await;
    let spaces = stats["spaces"].as_array().unwrap();
    let found = spaces.iter().find(|one| one["name"] == space).unwrap_or_else(|| panic!("{space} is not in {stats}"));
    (found["hits"].as_u64().unwrap(), found["loads"].as_u64().unwrap())
}

#[tokio::test]
async fn what_waits_is_kept_and_every_event_shows_at_once() {
    let bench = Bench::new().await;
    let (first, second) = (write(&bench, "A second quay").await, write(&bench, "A third quay").await);
    let path = "/moderation?limit=10";
    let before = get(&bench, path).await;
    assert_eq!(before["data"].as_array().unwrap().len(), 2);
    let (_, loads) = counted(&bench, "post lists").await;
    assert_eq!(get(&bench, path).await, before);
    let (hits, again) = counted(&bench, "post lists").await;
    assert!(hits >= 1 && again == loads, "{hits} hits, {loads} loads and then {again}");

    // Each of these is an event of the post: the next reading is new.
    bench.post(&format!("/api/v3/posts/{first}/claim"), json!({})).await.expect(200);
    let claimed = get(&bench, path).await;
    let of = |all: &Json, id: &str| all["data"].as_array().unwrap().iter().find(|post| post["id"] == id).cloned();
    assert!(of(&claimed, &first).unwrap()["claim"]["by"].is_string(), "{claimed}");
    bench.post(&format!("/api/v3/posts/{second}/rating"), json!({ "version": 1, "rating": 4 })).await.expect(200);
    assert_eq!(of(&get(&bench, path).await, &second).unwrap()["rating"]["mean"], 4.0);
    bench.post(&format!("/api/v3/posts/{first}/rejection"), json!({ "version": 1, "reason": "no" })).await.expect(201);
    let left = get(&bench, path).await;
    assert_eq!((of(&left, &first), left["data"].as_array().unwrap().len()), (None, 1));
    assert_eq!(get(&bench, "/posts?state=rejected").await["data"][0]["id"], first.as_str());
    write(&bench, "A fourth quay").await;
    assert_eq!(get(&bench, path).await["data"].as_array().unwrap().len(), 2);
    assert_eq!(get(&bench, "/dashboard").await["review"]["waiting"], 2);

    // A claim lapses without an event.
    bench.post(&format!("/api/v3/posts/{second}/claim"), json!({})).await.expect(200);
    assert!(of(&get(&bench, path).await, &second).unwrap()["claim"].is_object());
    bench.clock.advance(std::time::Duration::from_secs(601));
    assert!(of(&get(&bench, path).await, &second).unwrap()["claim"].is_null());
}

#[tokio::test]
async fn versions_are_read_once_and_new_ones_are_there_at_once() {
    let bench = Bench::new().await;
    let id = write(&bench, "A second quay").await;
    let (all, first) = (format!("/posts/{id}/versions"), format!("/posts/{id}/versions/1"));
    let (list, one) = (get(&bench, &all).await, get(&bench, &first).await);
    let loads = (counted(&bench, "post version lists").await.1, counted(&bench, "post versions").await.1);
    for _ in 0..3 {
        assert_eq!((get(&bench, &all).await, get(&bench, &first).await), (list.clone(), one.clone()));
    }
    let (lists, versions) = (counted(&bench, "post version lists").await, counted(&bench, "post versions").await);
    assert_eq!((lists.1, versions.1), loads, "nothing was read again");
    assert!(lists.0 >= 3 && versions.0 >= 3, "{lists:?} {versions:?}");

    bench.get(&format!("/api/v3/posts/{id}/versions/2")).await.expect(404);
    let edit = json!({ "version": 1, "title": "Another quay" });
    bench.call(Role::Admin, "PATCH", &format!("/api/v3/posts/{id}")).body(edit).send().await.expect(200);
    assert_eq!(get(&bench, &all).await["data"].as_array().unwrap().len(), 2);
    assert_eq!(get(&bench, &format!("/posts/{id}/versions/2")).await["title"], "Another quay");
    assert_eq!(get(&bench, &first).await, one);
}

#[tokio::test]
async fn reports_are_made_once_until_what_they_count_changes() {
    let bench = Bench::new().await;
    write(&bench, "A second quay").await;
    let drafted = |report: &Json| report["analytics"]["days"].as_array().unwrap().last().unwrap()["drafted"].clone();
    assert_eq!(drafted(&get(&bench, "/dashboard?level=full").await), 1);
    let (_, loads) = counted(&bench, "reports").await;
    assert_eq!(drafted(&get(&bench, "/dashboard?level=full").await), 1);
    let (hits, again) = counted(&bench, "reports").await;
    assert!(hits >= 2 && again == loads, "{hits} hits, {loads} loads and then {again}");
    write(&bench, "A third quay").await;
    assert_eq!(drafted(&get(&bench, "/dashboard?level=full").await), 2);
}

#[tokio::test]
async fn entries_are_inspected_and_purged_with_a_word_before() {
    let bench = Bench::new().await;
    bench.bare("GET", "/").header("host", "paper.example").send().await.expect(200);
    bench.bare("GET", "/archive").header("host", "paper.example").send().await.expect(200);
    let entry = "/api/v3/cache/entries?space=site&key=%2F%20http%3A%2F%2Fpaper.example";
    let kept = bench.get(entry).await.expect(200).json();
    assert_eq!((&kept["phase"], &kept["failed"], &kept["space"]), (&"fresh".into(), &false.into(), &"site".into()));
    assert!(kept["bytes"].as_u64().unwrap() > 500 && kept["tags"].as_u64().unwrap() >= 1, "{kept}");
    assert_eq!(bench.get("/api/v3/cache/entries?space=site&key=none").await.expect(404).problem(), "not-found");

    let purge = async |body: Json| bench.post("/api/v3/cache/purge", body).await;
    let would = purge(json!({ "pattern": "site:/*", "dry_run": true })).await.expect(200).json();
    assert_eq!((&would["dry_run"], &would["entries"]), (&true.into(), &2.into()), "{would}");
    assert_eq!(would["sample"].as_array().unwrap().len(), 2);
    bench.get(entry).await.expect(200);
    let did = purge(json!({ "space": "site", "key": "/ http://paper.example" })).await.expect(200).json();
    assert_eq!((&did["dry_run"], &did["entries"]), (&false.into(), &1.into()));
    bench.get(entry).await.expect(404);

    bench.bare("GET", "/").header("host", "paper.example").send().await.expect(200);
    // What is soft stays to be served while a newer one is made.
    assert_eq!(purge(json!({ "tag": "pages", "soft": true })).await.expect(200).json()["entries"], 2 + topics(&bench));
    assert_eq!(bench.get(entry).await.expect(200).json()["phase"], "stale");
    purge(json!({ "all": true })).await.expect(200);
    bench.get(entry).await.expect(404);

    for body in [
        json!({}),
        json!({ "tag": "a", "all": true }),
        json!({ "key": "a" }),
        json!({ "space": "site", "tag": "a" }),
        json!({ "tag": "" }),
        json!({ "pattern": "site:/*", "remote": true }),
        json!({ "pattern": "a".repeat(3_000) }),
    ] {
        assert_eq!(purge(body.clone()).await.expect(422).problem(), "invalid", "{body}");
    }
}

#[tokio::test]
async fn what_a_remote_cache_says_of_a_purge_is_told() {
    let bench = Bench::new().await;
    let purge = json!({ "tag": "lists", "remote": true });
    assert_eq!(bench.post("/api/v3/cache/purge", purge.clone()).await.expect(200).json()["remote"], json!([]));
    let target = connect::cdn::Target {
        name: "front".to_owned(),
        kind: Some(connect::cdn::Kind::Edge),
        token: stdx::config::Secret::new("a-secret"),
        base_url: "http://127.0.0.1:1".to_owned(),
        ..Default::default()
    };
    let settings = connect::cdn::Settings { targets: vec![target], ..Default::default() };
    bench.app.watch_remote(desk::remote::Fan::new(&bench.app.desk, &settings, None).unwrap());
    for asked in [purge, json!({ "all": true, "remote": true })] {
        let answer = bench.post("/api/v3/cache/purge", asked).await.expect(200);
        let said = answer.json();
        assert!(said["remote"][0]["name"] == "front" && said["remote"][0]["error"].is_string(), "{said}");
        assert!(!answer.text.contains("a-secret"));
    }
    let trial = json!({ "tag": "lists", "remote": true, "dry_run": true });
    assert_eq!(bench.post("/api/v3/cache/purge", trial).await.expect(200).json()["remote"], json!([]));
}

/// Lists of topics that are kept.
fn topics(bench: &Bench) -> u64 {
    let spaces = bench.app.desk.cache.stats().spaces;
    spaces.iter().find(|space| space.name == "site topics").unwrap().entries
}

#[tokio::test]
async fn the_figures_of_the_cache_are_whole() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        bench.bare("GET", "/robots.txt").header("host", "paper.example").send().await.expect(200);
    }
    let stats = get(&bench, "/cache/stats").await;
    assert_eq!(stats["tiers"][0]["name"], "memory");
    for name in ["behind", "purges_waiting", "patterns", "top_keys", "top_missed", "prefetch"] {
        assert!(!stats[name].is_null(), "{name} is not in {stats}");
    }
    let site = stats["spaces"].as_array().unwrap().iter().find(|space| space["name"] == "site").unwrap();
    assert_eq!((&site["hits"], &site["loads"], &site["evictions"]), (&2.into(), &1.into(), &0.into()), "{site}");
    assert!(site["stampedes_avoided"].is_u64() && site["stale_served"].is_u64() && site["hit_ratio"].is_f64());
    let text = bench.get("/metrics").await.expect(200).text;
    let line = text.lines().find(|line| line.starts_with("copydesk_cache_hit_ratio{tier=\"memory\"}"));
    let ratio: f64 = line.unwrap_or_else(|| panic!("{text}")).rsplit(' ').next().unwrap().parse().unwrap();
    assert!((0.0..=1.0).contains(&ratio) && ratio > 0.0, "{ratio}");
}

#[tokio::test]
async fn warming_by_hand_makes_what_was_seen() {
    let bench = Bench::new().await;
    // Nobody knows under which host it is read.
    assert_eq!(bench.post("/api/v3/cache/warm", json!({})).await.expect(200).json(), json!({ "pages": 0, "fresh": 0 }));
}
