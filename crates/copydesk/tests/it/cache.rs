//! `copydesk cache`, beside a desk that runs, and two desks on one database.

use serde_json::{Value as Json, json};

use crate::home::Home;
use crate::wait_for;

#[test]
fn a_running_desks_cache_is_looked_at_and_emptied() {
    let home = Home::new();
    let server = home.serve();
    let url = format!("http://{}", server.address);
    let ask = |words: &[&str]| -> Json {
        let said = home.ok(&[&["cache"], words, &["--url", &url, "--json"]].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    assert_eq!(server.send("GET", "/robots.txt", "", b"").status, 200);
    let key = format!("/robots.txt {url}");
    assert_eq!(ask(&["get", "site", &key])["phase"], "fresh");
    let stats = ask(&["stats"]);
    assert_eq!((&stats["tiers"][0]["name"], &stats["behind"]), (&json!("memory"), &json!(false)));
    assert_eq!(ask(&["purge", "--pattern", "site:/robots*", "--dry-run"])["entries"], 1);
    assert_eq!(ask(&["purge", "--entry", "site", &key])["entries"], 1);
    assert_eq!(home.run(&["cache", "get", "site", &key, "--url", &url]).code, 1);
    assert!(ask(&["warm"])["pages"].is_u64());
    let table = home.ok(&["cache", "stats", "--url", &url]);
    assert!(table.starts_with("TIER ") && table.contains("post lists"), "{table}");
    // The keys that the commands made for themselves work no more.
    let keys: Json = serde_json::from_str(&home.ok(&["key", "list", "--json"])).expect("a list");
    let own: Vec<_> = keys.as_array().expect("keys").iter().filter(|key| key["name"] == "copydesk cache").collect();
    assert!(own.len() >= 6 && own.iter().all(|key| key["revoked_at"].is_string()), "{keys}");
    assert_eq!(server.stop(), 0);
    home.is_sound();
}

#[test]
fn what_one_desk_purges_another_does_not_show() {
    let home = Home::new();
    if !home.is_postgres() {
        return crate::skipped("an SQLite folder has one process; needs COPYDESK_TEST_POSTGRES");
    }
    let (one, other) = (home.serve(), home.serve_again());
    let key = home.admin();
    let list = "/api/v3/posts?state=in_review";
    for n in 1..=5 {
        // Kept in both before it changes.
        other.read(list, key);
        let text = json!({ "title": format!("Quay {n}"), "body": "The harbour office opens a second quay in March." });
        let made = one.send("POST", "/api/v3/posts", key, text.to_string().as_bytes());
        assert_eq!(made.status, 201);
        wait_for("the other desk's list", std::time::Duration::from_secs(2), || {
            (other.read(list, key)["data"].as_array()?.len() == n).then_some(())
        });
    }
    assert_eq!((one.stop(), other.stop()), (0, 0));
}
