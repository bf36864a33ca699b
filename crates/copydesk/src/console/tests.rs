//! The build's decision, situation by situation.

#[path = "../../build/plan.rs"]
mod plan;

use std::path::{Path, PathBuf};

use plan::{Plan, Surroundings, decide, judge_node};

/// A clone with the console's sources.
fn clone() -> Surroundings {
    Surroundings { sources: Some("console".into()), ..Surroundings::default() }
}

fn build(required: bool) -> Plan {
    Plan::Build { sources: "console".into(), required }
}

#[test]
fn npm_runs_in_release_builds_and_where_it_is_asked_for() {
    let wish = |wish: &str, release| Surroundings { wish: Some(wish.to_owned()), release, ..clone() };
    for (at, plan) in [
        (clone(), Plan::None),
        (Surroundings { release: true, ..clone() }, build(false)),
        (wish("require", false), build(true)),
        (wish("require", true), build(true)),
        (wish("skip", true), Plan::None),
        (wish("", true), build(false)),
        (wish("auto", false), Plan::None),
        (Surroundings { docs_rs: true, release: true, ..clone() }, Plan::None),
    ] {
        assert_eq!(decide(&at), Ok(plan), "{at:?}");
    }
}

#[test]
fn a_finished_build_is_taken_in_every_profile() {
    let given = |given: Option<&str>, packaged: Option<&str>, release| Surroundings {
        given: given.map(PathBuf::from),
        packaged: packaged.map(PathBuf::from),
        release,
        ..clone()
    };
    for release in [false, true] {
        assert_eq!(decide(&given(Some("given"), Some("packaged"), release)), Ok(Plan::Folder("given".into())));
        assert_eq!(decide(&given(None, Some("packaged"), release)), Ok(Plan::Folder("packaged".into())));
        let skipped = Surroundings { wish: Some("skip".to_owned()), ..given(Some("given"), None, release) };
        assert_eq!(decide(&skipped), Ok(Plan::None));
    }
}

#[test]
fn what_cannot_be_had_is_said() {
    let bare = |wish: Option<&str>, release| {
        decide(&Surroundings { wish: wish.map(str::to_owned), release, ..Surroundings::default() })
    };
    assert_eq!(bare(None, false), Ok(Plan::None));
    assert!(matches!(bare(None, true), Ok(Plan::Warn(reason)) if reason.contains("sources")));
    assert!(bare(Some("require"), true).unwrap_err().contains("sources are not here"));
    assert!(bare(Some("yes"), true).unwrap_err().contains("CONSOLE_BUILD=yes"));
}

#[test]
fn node_must_be_young_enough() {
    for good in ["v20.19.0\n", "v20.20.2", "v22.1.0", "24.0.0"] {
        assert_eq!(judge_node(good), Ok(()), "{good}");
    }
    assert!(judge_node("v20.18.3").unwrap_err().contains("older than 20.19"));
    assert!(judge_node("v18.20.4\n").unwrap_err().contains("v18.20.4"));
    assert!(judge_node("command not found").unwrap_err().contains("no version"));
}

#[test]
fn a_folder_that_was_named_must_be_a_console() {
    let error = super::load(Some(Path::new("/nowhere"))).unwrap_err();
    assert!(format!("{error:#}").starts_with("reading the console from /nowhere: reading /nowhere: "), "{error:#}");
}
