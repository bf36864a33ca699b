//! Schedules from outside: the command line beside a running desk.

use serde_json::{Value as Json, json};

use crate::home::{Home, bare, finish};

#[test]
fn a_schedule_added_beside_the_desk_fires() {
    let home = Home::new();
    let server = home.serve();
    let said = home.ok(&["cron", "add", "often", "* * * * * *", "assign_stories", "--missed", "skip"]);
    assert!(said.contains("often comes next at"), "{said}");
    let fired = server.wait("/api/v3/cron/often", home.admin(), |entry| entry["last_at"].is_string());
    assert_eq!((&fired["problem"], &fired["missed"]), (&Json::Null, &json!("skip")));
    let done = server.wait("/api/v3/jobs?state=completed&kind=assign_stories", home.admin(), |page| {
        page["data"].as_array().is_some_and(|jobs| !jobs.is_empty())
    });
    assert_eq!(done["data"][0]["kind"], "assign_stories");
    home.ok(&["cron", "pause", "often"]);
    let list: Json = serde_json::from_str(&home.ok(&["cron", "list", "--json"])).expect("JSON");
    assert_eq!((&list[0]["paused"], &list[0]["next"]), (&json!(true), &json!([])));
    assert!(home.ok(&["cron", "run", "often"]).starts_with("job "));
    home.ok(&["cron", "resume", "often"]);
    home.ok(&["cron", "remove", "often"]);
    assert_eq!(home.ok(&["cron", "list"]).trim(), "");
    for words in [
        &["cron", "remove", "often"][..],
        &["cron", "add", "x", "every day", "assign_stories"],
        &["cron", "add", "x", "@daily", "publish_post"],
        &["cron", "add", "x", "@daily", "assign_stories", "--parameters", "{"],
        &["cron", "add", "x", "@daily", "assign_stories", "--priority", "urgent"],
    ] {
        let refused = home.run(words);
        assert!(refused.code == 1 && refused.err.starts_with("copydesk: "), "{words:?}: {refused:?}");
    }
    assert_eq!(server.stop(), 0);
}

#[test]
fn the_times_of_a_schedule_are_printed_without_a_desk() {
    let next = |words: &[&str]| finish(bare(&[&["cron", "next"], words].concat()), b"");
    let twelve = next(&["0 9 L * *", "--zone", "Europe/Berlin", "--count", "12"]);
    assert_eq!((twelve.code, twelve.out.lines().count()), (0, 12), "{twelve:?}");
    assert!(
        twelve.out.lines().all(|line| line.contains("T09:00:00+0") && line.ends_with("[Europe/Berlin]")),
        "{twelve:?}"
    );
    let times: Vec<String> = serde_json::from_str(&next(&["@hourly", "--json"]).out).expect("a list of times");
    assert!(times.len() == 5 && times.iter().all(|at| at.ends_with(":00:00Z")), "{times:?}");
    for (words, part) in
        [(&["* *"][..], "* *"), (&["0 0 30 2 *"], "never comes"), (&["@daily", "--zone", "Mars"], "Mars")]
    {
        let refused = next(words);
        assert!(refused.code == 1 && refused.err.contains(part), "{refused:?}");
    }
}
