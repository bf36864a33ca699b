//! `copydesk jobs`, without a desk and beside one.

use serde_json::{Value as Json, json};

use crate::home::Home;

fn json_of(home: &Home, words: &[&str]) -> Json {
    let said = home.ok(words);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn jobs_are_looked_after_without_a_desk() {
    let home = Home::new();
    home.ok(&["migrate"]);
    assert_eq!(home.ok(&["jobs", "list"]).trim(), "no such jobs");
    assert_eq!(home.ok(&["jobs", "stats"]).trim(), "no job has been seen yet");
    assert_eq!(home.ok(&["jobs", "nodes"]).trim(), "no desk has said lately that it lives");
    home.set("connect.allow", "[\"127.0.0.1:1\"]");
    for n in 0..3 {
        let added = json_of(&home, &["source", "add", &format!("http://127.0.0.1:1/feed{n}.xml"), "--json"]);
        home.ok(&["source", "fetch", added["id"].as_str().expect("a source has an id")]);
    }
    home.ok(&["source", "fetch"]);

    let all = json_of(&home, &["jobs", "list", "--json"]);
    assert_eq!(all.as_array().map(Vec::len), Some(4), "{all}");
    let two =
        json_of(&home, &["jobs", "list", "--kind", "fetch_sources", "--queue", "default", "--limit", "2", "--json"]);
    assert_eq!(two.as_array().map(Vec::len), Some(2), "{two}");
    assert_eq!(json_of(&home, &["jobs", "list", "--priority", "low", "--json"]), json!([]));
    let table = home.ok(&["jobs", "list", "--kind", "fetch_sources"]);
    assert!(table.starts_with("ID ") && table.contains("  fetch_sources  available  default  high "), "{table}");
    let id = two[0]["id"].as_str().expect("a job has an id").to_owned();
    let shown = home.ok(&["jobs", "show", &id]);
    assert!(shown.contains("fetch_sources  available") && shown.contains("\"sources\""), "{shown}");
    assert_eq!(home.ok(&["jobs", "retry", &id]).trim(), format!("job {id} is due now"));
    assert_eq!(home.ok(&["jobs", "cancel", &id]).trim(), format!("job {id} is cancelled"));
    assert_eq!(home.ok(&["jobs", "cancel", "--kind", "fetch_sources"]).trim(), "3 jobs are cancelled");
    home.ok(&["source", "fetch"]);
    assert_eq!(json_of(&home, &["jobs", "cancel", "--all", "--json"]), json!({ "count": 1 }));
    assert_eq!(json_of(&home, &["jobs", "list", "--state", "cancelled", "--json"]).as_array().map(Vec::len), Some(5));

    let stats = home.ok(&["jobs", "stats", "--kind", "fetch_sources"]);
    assert_eq!(stats.lines().count(), 2, "{stats}");
    let queues = home.ok(&["jobs", "queues"]);
    assert!(queues.starts_with("QUEUE ") && queues.contains("tracking"), "{queues}");
    let made = json_of(
        &home,
        &["jobs", "set", "newsletter", "--create", "--weight", "3", "--durability", "relaxed", "--json"],
    );
    assert_eq!((&made["weight"], &made["durability"], &made["rate"]), (&json!(3), &json!("relaxed"), &json!(0)));
    assert!(home.ok(&["jobs", "set", "newsletter", "--rate", "90"]).contains("weight 3"));
    home.ok(&["jobs", "pause", "newsletter"]);
    assert!(home.ok(&["jobs", "queues"]).contains("newsletter  paused"));
    assert_eq!(json_of(&home, &["jobs", "resume", "newsletter", "--json"])["paused"], json!(false));
    assert!(home.ok(&["jobs", "estimate", "draft_story"]).contains("would be done in about"));
    home.is_sound();
}

#[test]
fn what_cannot_be_is_said_plainly() {
    let home = Home::on_sqlite();
    home.ok(&["migrate"]);
    for (words, code, why) in [
        (&["jobs", "list", "--state", "asleep"][..], 2, "possible values"),
        (&["jobs", "list", "--limit", "0"], 2, "--limit"),
        (&["jobs", "show", "nonsense"], 1, "reading the id \"nonsense\""),
        (&["jobs", "show", "0000000000001"], 1, "does not exist"),
        (&["jobs", "retry"], 1, "--all means every dead letter"),
        (&["jobs", "retry", "--dead"], 1, "--all means every dead letter"),
        (&["jobs", "retry", "0000000000001", "--kind", "x"], 1, "either ids, or filters"),
        (&["jobs", "retry", "0000000000001"], 1, "does not exist"),
        (&["jobs", "purge", "0000000000001", "--dead"], 2, "cannot be used with"),
        (&["jobs", "cancel", "0000000000001"], 1, "does not exist"),
        (&["jobs", "pause", "defualt"], 1, "there are default, media, tracking"),
        (&["jobs", "set", "default"], 1, "say what to change"),
        (&["jobs", "set", "default", "--weight", "0"], 1, "1 to 1000"),
        (&["jobs", "set", "No Name", "--create"], 1, "a-z, 0-9"),
    ] {
        let refused = home.run(words);
        assert!(refused.code == code && refused.err.contains(why), "{words:?}: {refused:?}");
    }
    for command in ["list", "show", "retry", "cancel", "purge", "stats", "queues", "nodes", "estimate", "pause", "set"]
    {
        assert_eq!(home.run(&["jobs", command, "--help"]).code, 0, "{command}");
    }
}
