//! Scenarios: files of requests with the answers they must get. Adding a case is adding a file.
//!
//! ```text
//! # A comment. CONFIG comes first; its value is TOML.
//! CONFIG desk.undo_ms = 600
//!
//! FEED /news.xml from town.xml        (or the document itself, up to ---)
//! ---
//!
//! POST /api/v3/posts/@orchids/approval   as editor
//! If-Match: "1"
//! {"version": 1}
//! ---
//! 201 {"id": "@orchids", "state": "scheduled"}
//! header location: /api/v3/posts/@orchids/approval
//! jobs: publish_post
//! ```
//!
//! A head is a method with its path, `WAIT` with a path (asked until the answer is as expected), `SEEN` with a path
//! of the scripted outside, or `RUN` with a command (its exit code stands in the status's place, the body is its
//! input). `header name: [@kept]` keeps a header's value. `as ROLE` sends a key of that role. Blank lines end a step; see [`crate::expect`] for the placeholders.
//! `UPDATE_EXPECT=1` rewrites the answers (`200 ?` becomes the whole answer), `SCENARIO=name` runs one file.

mod parse;
mod run;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Scenarios at the same time: they mostly wait for jobs.
const AT_ONCE: usize = 4;

#[test]
fn every_scenario_goes_as_written() {
    let mut files = files();
    if let Ok(wanted) = std::env::var("SCENARIO") {
        files.retain(|file| file.file_stem().is_some_and(|stem| stem.to_string_lossy() == wanted));
    }
    assert!(!files.is_empty(), "there is no scenario to run");
    let (waiting, failed) = (Mutex::new(VecDeque::from(files)), Mutex::new(Vec::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(file) = next() {
                    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    let outcome = std::panic::catch_unwind(|| run::file(&file));
                    let faults = outcome.unwrap_or_else(|panic| vec![said(&*panic)]);
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} faults\n\n{}", failed.len(), failed.join("\n\n"));
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenarios")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the scenarios stand beside this file");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|ext| ext == "test")).collect();
    files.sort();
    files
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "panicked".to_owned())
}
