//! Our store beside other caches: what a hit costs, and how many there are on public traces; and what our cache alone
//! takes for a purge and for a start.
//!
//! `peer-cache cost [--reps N] [--only ENGINE]`, `ratio --traces DIR`, `purge [--reps N]` and `warm --folder DIR` print
//! one line of JSON for each figure; `cargo xtask bench cache` runs them and makes a table of it.

mod cost;
mod engines;
mod purge;
mod ratio;
mod traces;
mod warm;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let number = |name: &str, default: u64| option(name).map_or(Ok(default), |text| text.parse());
    let done = match (words.first().map(String::as_str), number("--reps", 5), number("--seed", 1)) {
        (Some("cost"), Ok(reps), Ok(seed)) => {
            cost::run(reps.max(1), seed, option("--only").map(String::as_str));
            Ok(())
        }
        (Some("ratio"), Ok(_), Ok(seed)) => {
            let folder = option("--traces").map(PathBuf::from);
            folder.ok_or_else(|| "--traces DIR is missing".to_owned()).and_then(|folder| ratio::run(&folder, seed))
        }
        (Some("purge"), Ok(reps), Ok(_)) => purge::run(reps.max(1)),
        (Some("warm"), Ok(reps), Ok(_)) => {
            let folder = option("--folder").map(PathBuf::from);
            folder.ok_or_else(|| "--folder DIR is missing".to_owned()).and_then(|folder| warm::run(&folder, reps))
        }
        _ => Err("say cost [--reps N] [--seed N] [--only ENGINE], ratio --traces DIR [--seed N], purge [--reps N] or \
                  warm --folder DIR [--reps N]"
            .to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("peer-cache: {message}");
            ExitCode::from(2)
        }
    }
}
