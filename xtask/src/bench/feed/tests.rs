use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::*;

/// Speeds in the order of `READERS`.
const FIRST: [f64; 7] = [200.0, 170.0, 130.0, 60.0, 8.0, 20.0, 4.0];

fn equality(equal: u64, crashes: &[&str]) -> Option<Value> {
    Some(
        json!({ "files": 120, "filled": 100, "readers": [{ "name": "copydesk", "equal": equal, "crashes": crashes }] }),
    )
}

#[test]
fn ours_has_to_equal_the_reference_and_to_be_behind_nobody() {
    let holds = |equality, speeds: &[f64]| judge(equality, speeds)["holds"] == true;
    assert!(holds(None, &FIRST));
    assert!(holds(equality(97, &[]), &FIRST));
    assert!(!holds(equality(96, &[]), &FIRST));
    assert!(!holds(equality(99, &["a.xml"]), &FIRST));
    let mut behind = FIRST;
    behind[1] = 201.0;
    assert!(!holds(equality(99, &[]), &behind));
    // The one that sanitises is compared with ours that does.
    let mut behind = FIRST;
    behind[6] = 21.0;
    let report = judge(None, &behind);
    assert_eq!((&report["holds"], &report["speed"][6]["ahead_of_ours"]), (&json!(false), &json!(true)));
    assert_eq!(report["speed"][0]["ahead_of_ours"], false);
}

#[test]
fn how_a_program_ends_is_told_from_what_it_reads() {
    let said = |status: Option<i32>, printed: &str| {
        corpus::said(Path::new("f.xml"), status.map(ExitStatus::from_raw), printed.as_bytes())
    };
    let feed = r#"{"items":[{"title":"T","link":null,"published_at":null,"updated_at":"2026-11-20T08:00:00Z"}]}"#;
    assert_eq!(said(Some(0), feed)["entries"], json!([{ "title": "T", "link": null, "date": "2026-11-20T08:00:00Z" }]));
    assert_eq!(said(Some(2 << 8), "")["error"], "not a feed");
    for crashed in [said(Some(101 << 8), ""), said(Some(11), ""), said(None, ""), said(Some(0), "no")] {
        assert!(crashed["error"].as_str().is_some_and(|error| error.starts_with("crash")), "{crashed}");
    }
}

#[test]
fn what_is_made_is_large_enough_and_the_same_every_time() {
    let make = || {
        let scratch = Scratch::new("made-feeds").expect("a folder for temporary files");
        let files = made::feeds(scratch.path(), 2).expect("feeds");
        files.iter().map(|file| fs::read_to_string(file).expect("a feed")).collect::<Vec<_>>()
    };
    let texts = make();
    assert_eq!(texts, make());
    for text in texts {
        assert!((120_000..165_000).contains(&text.len()), "{} bytes", text.len());
        assert_eq!(text.matches("<item>").count() + text.matches("<entry>").count(), 50);
    }
}
