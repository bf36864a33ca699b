use queue::Counts as Standing;

use super::*;

fn row(queue: &str, kind: &str, available: u64) -> QueueStats {
    QueueStats {
        queue: queue.to_owned(),
        priority: Priority::Normal,
        kind: kind.to_owned(),
        counts: Standing([(State::Available, available)].into()),
        failures: 0,
        oldest_s: None,
        average_s: None,
        durations: None,
    }
}

fn bodies(told: Vec<Told>) -> Vec<Json> {
    told.into_iter().map(|Told(body)| Json::Object(body)).collect()
}

#[test]
fn only_what_has_changed_is_told() {
    let posts: BTreeMap<String, u64> = [("draft".to_owned(), 2)].into();
    let before = Counts::new(&[row("a", "x", 1), row("a", "y", 2), row("b", "x", 5)], posts.clone());
    assert_eq!(
        bodies(before.whole()),
        [json!({ "type": "counts", "whole": true, "posts": { "draft": 2 }, "jobs": { "available": 8 }, "queues": [
            { "queue": "a", "priority": "normal", "counts": { "available": 3 } },
            { "queue": "b", "priority": "normal", "counts": { "available": 5 } },
        ] })]
    );
    assert!(before.changes(Some(&before.clone()), "now").is_empty());
    let after = Counts::new(&[row("b", "x", 6)], posts);
    assert_eq!(
        bodies(after.changes(Some(&before), "now")),
        [
            json!({ "type": "counts", "whole": false, "at": "now", "posts": { "draft": 2 }, "jobs": { "available": 6 }, "queues": [
            { "queue": "b", "priority": "normal", "counts": { "available": 6 } },
            { "queue": "a", "priority": "normal", "counts": {} },
        ] })
        ]
    );
    assert_eq!(bodies(Counts::default().whole())[0]["queues"], json!([]), "nothing is something to tell at first");
}

#[test]
fn many_queues_come_in_parts() {
    let rows: Vec<QueueStats> = (0..10_000).map(|n| row(&format!("queue {n}"), "x", 1)).collect();
    let told = bodies(Counts::new(&rows, BTreeMap::new()).whole());
    assert_eq!(told.len(), 50);
    assert!(told.iter().all(|body| body.to_string().len() < 32 << 10));
    assert!(told[0]["whole"] == true && told[1..].iter().all(|body| body["whole"] == false));
}
