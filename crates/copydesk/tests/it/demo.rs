//! `copydesk demo --once`: the whole line, once, by itself.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::home::Home;

fn once(home: &Home) -> Json {
    let started = Instant::now();
    let output = home.run(&["demo", "--once", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(output.out.lines().count(), 1, "nothing but the sums is printed: {}", output.out);
    serde_json::from_str(&output.out).unwrap_or_else(|error| panic!("{error}: {}", output.out))
}

fn names(json: &Json) -> Vec<&str> {
    json.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn once_brings_the_news_through_and_ends() {
    let home = Home::new();
    let sums = once(&home);
    assert_eq!(names(&sums), ["duplicates", "items", "jobs", "posts", "seconds", "sources", "stories"]);
    let (posts, jobs) = (&sums["posts"], &sums["jobs"]);
    assert_eq!(sums["sources"], 12, "{sums}");
    assert!(sums["items"].as_u64() >= Some(30), "{sums}");
    assert!(sums["duplicates"].as_u64() >= Some(1), "{sums}");
    assert!(sums["stories"].as_u64() < sums["items"].as_u64(), "{sums}");
    assert!(sums["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{sums}");
    for open in ["available", "running", "retryable"] {
        assert!(matches!(jobs[open].as_u64(), None | Some(0)), "a job is still {open}: {sums}");
    }
    for passing in ["draft", "approved", "scheduled", "publishing", "failed"] {
        assert!(matches!(posts[passing].as_u64(), None | Some(0)), "a post is still {passing}: {sums}");
    }
    home.is_sound();
    // A second run finds everything in its place and doubles nothing.
    let again = once(&home);
    assert_eq!(again["items"], sums["items"]);
    assert_eq!(again["posts"], sums["posts"]);
    assert_eq!(again["stories"], sums["stories"]);
    home.is_sound();
    assert!(posts["published"].as_u64() >= Some(1), "some posts pass the policy: {sums}");
    assert!(posts["in_review"].as_u64() >= Some(1), "some posts wait for a person: {sums}");
}
