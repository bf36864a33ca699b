use serde_json::json;

use super::*;

const PLAN: Plan = Plan { sources: 3, days: 30, seconds: 5, seed: 9, eventful: 1, whole: true, killed: None };

fn verdict(days: f64, items: u64, faults: Value) -> Value {
    json!({
        "days": days, "seconds": 1.0, "visits": 9, "failed": 1, "entries": 8, "items": items, "versions": 7, "stops": 0, "kills": 0, "interrupted": 0,
        "lost": 0, "doubled": 0, "wrong": 0, "faults": faults,
    })
}

#[test]
fn a_year_passes_only_whole_and_without_a_fault() {
    assert!(judge(&verdict(30.0, 5, json!([])), &PLAN).is_ok());
    assert!(judge(&verdict(29.0, 5, json!([])), &PLAN).is_err());
    assert!(judge(&verdict(29.0, 5, json!([])), &Plan { whole: false, ..PLAN }).is_ok());
    assert!(judge(&verdict(30.0, 0, json!([])), &PLAN).is_err(), "nothing was proved");
    let lost = judge(&verdict(30.0, 5, json!([{ "kind": "lost", "source": 2, "story": ["a line"] }])), &PLAN);
    assert!(format!("{:#}", lost.unwrap_err()).contains("--sources 3 --days 30 --seconds 5 --seed 9"));
    assert!(judge(&json!({}), &PLAN).is_err());
}
