use serde_json::json;

use super::*;

#[test]
fn whatever_is_lost_doubled_or_left_is_a_failure() {
    let fine = json!({"added": 9, "completed": 9, "lost": [], "doubled": 0, "left": 0, "dead": 0, "leaked": 0});
    check(&fine).unwrap();
    let faults = [
        ("lost", json!(["0M7K2"])),
        ("doubled", json!(1)),
        ("left", json!(1)),
        ("leaked", json!(2)),
        ("dead", json!(null)),
        ("added", json!(0)),
    ];
    for (what, value) in faults {
        let mut verdict = fine.clone();
        verdict[what] = value;
        assert!(check(&verdict).is_err(), "{what}");
    }
}

#[test]
fn a_run_again_is_measured_from_the_death_of_its_process() {
    let scratch = Scratch::new("soak-diaries").unwrap();
    let [first, second] = ["1", "2"].map(|name| scratch.path().join(name));
    fs::write(&first, "a J1 5\ns J1 1 0 10\ne J1 1 11\ns J2 1 0 20\ns J4 1 0 21\ns J5 1 1 22\ns J3 1 0").unwrap();
    fs::write(&second, "s J1 1 1 3000030\ns J2 2 0 25\ns J4 2 0 5000030\ns J5 1 3 7000030\n").unwrap();
    let runs = read_diaries(scratch.path()).unwrap();
    assert_eq!(runs["J1"].len(), 2);
    assert!(!runs.contains_key("J3"), "its line was cut");
    let deaths = HashMap::from([(first, 30)]);
    // J2 was tried again elsewhere before the death, and J4 had failed by itself.
    let again = Again { once: vec![Duration::from_secs(3)], often: vec![Duration::from_secs(7)] };
    assert_eq!(runs_again(&runs, &deaths), again);
    assert_eq!(spread(&again.once), "1: 3.0 s (median), 3.0 s (99 of 100), 3.0 s at most");
    assert_eq!(spread(&[]), "0");
}
