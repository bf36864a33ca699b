use super::*;

fn row(id: &str, compound: f64, flesch: f64, keywords: &[&str]) -> Value {
    let keywords: Vec<Value> = keywords.iter().map(|word| json!([word, 0.1])).collect();
    json!({
        "id": id, "sentiment": { "compound": compound }, "counts": { "words": 3 }, "readability": { "flesch_reading_ease": flesch },
        "keywords": keywords, "seconds": { "vader": 0.002, "textstat": 0.002, "yake": 0.004, "tokens": 1e-6, "whole": 1e-4 },
    })
}

#[test]
fn each_measure_is_judged_by_its_own_rule() {
    let theirs = [row("a", 0.5, 60.0, &["x", "y"]), row("b", 0.5, 60.0, &["x", "y"])];
    let ours = [row("a", 0.5, 60.000_000_1, &["x", "y"]), row("b", 0.5001, 60.001, &["y", "x"])];
    let report = compare(&theirs, &ours).expect("the same texts");
    for line in report.as_array().expect("lines") {
        assert_eq!(
            (&line["agree"], &line["holds"], &line["different"]),
            (&json!(1), &json!(false), &json!(["b"])),
            "{line}"
        );
    }
    assert_eq!(report[3]["ratio"].as_f64().map(f64::round), Some(80.0));
    assert!(compare(&theirs, &ours[..1]).is_err());
    assert!(compare(&[], &[]).is_err());
}

#[test]
fn what_only_one_side_has_is_a_difference() {
    let (mut theirs, ours) = (row("a", 0.5, 60.0, &["x"]), row("a", 0.5, 60.0, &["x"]));
    theirs["counts"]["syllables"] = json!(4);
    assert!(!same_readability(&theirs, &ours));
    assert!(!same_keywords(&theirs, &json!({})));
}
