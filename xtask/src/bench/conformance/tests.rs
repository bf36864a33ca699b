use super::*;

fn judged(text: &str) -> Vec<Test> {
    parse(text.as_bytes()).unwrap()
}

#[test]
fn only_what_is_excused_may_fail() {
    let tests = judged(
        r#"[{"id":"a","kind":"required","passed":true,"why":""},
            {"id":"b","kind":"check","passed":false,"why":"x"},
            {"id":"conditional-lm-fresh-no-lm","kind":"optimal","passed":false,"why":"x"},
            {"id":"age-parse-float","kind":"required","passed":false,"why":"x"}]"#,
    );
    assert!(faults(&tests, true).is_empty());
    assert_eq!(faults(&tests, false), ["age-parse-float"]);
    assert_eq!(faults(&judged(r#"[{"id":"c","kind":"optimal","passed":false,"why":"x"}]"#), true), ["c"]);
    assert!(!faults(&[], true).is_empty());
}

#[test]
fn results_that_cannot_be_read_are_an_error() {
    assert!(parse(b"{}").is_err());
    assert!(parse(br#"[{"id":"a"}]"#).is_err());
}
