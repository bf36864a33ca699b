use serde_json::json;

use super::*;

#[test]
fn a_half_done_desk_is_not_settled() {
    let done = json!({"items": 30, "jobs": {"completed": 90, "discarded": 1, "scheduled": 12}, "posts": {"published": 8, "in_review": 4}});
    check_settled(&done).unwrap();
    let stuck = json!({"items": 30, "jobs": {"running": 1, "retryable": 2}, "posts": {"publishing": 1}});
    assert_eq!(
        check_settled(&stuck).unwrap_err().to_string(),
        "not settled: 1 jobs running, 2 jobs retryable, 1 posts publishing"
    );
    assert!(check_settled(&json!({"items": 0})).is_err());
}

#[test]
fn a_new_item_from_old_feeds_is_a_double() {
    let first = json!({"sources": 12, "items": 30, "stories": 9});
    check_nothing_new(&first, &first).unwrap();
    let error = check_nothing_new(&first, &json!({"sources": 12, "items": 31, "stories": 9})).unwrap_err();
    assert!(error.to_string().ends_with("items went from 30 to 31"));
}

#[test]
fn silence_of_the_doctor_is_not_health() {
    check_doctor(&json!({"problems": [], "warnings": ["remote"]})).unwrap();
    assert!(check_doctor(&json!({"problems": ["event log differs"], "warnings": []})).is_err());
    assert!(check_doctor(&json!({})).is_err());
}

#[test]
fn lives_are_short_and_long_and_repeatable() {
    let lives: Vec<Duration> = {
        let dice = Rng::seeded(1);
        (0..200).map(|_| lifetime(&dice)).collect()
    };
    let dice = Rng::seeded(1);
    assert!(lives.iter().all(|life| *life == lifetime(&dice)));
    assert!(lives.iter().all(|life| (0.05..=3.0).contains(&life.as_secs_f64())));
    assert!(lives.iter().any(|life| life.as_secs_f64() < 0.1) && lives.iter().any(|life| life.as_secs_f64() > 2.0));
}
