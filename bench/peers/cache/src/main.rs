//! Our store beside other caches: what a hit costs, and how many there are on public traces.
//!
//! `peer-cache cost [--seconds-of-gets N]` and `peer-cache ratio --traces DIR` print one line of JSON for each figure;
//! `cargo xtask bench cache` runs both and makes a table of them.

mod cost;
mod engines;
mod ratio;
mod traces;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let number = |name: &str, default: u64| option(name).map_or(Ok(default), |text| text.parse());
    let done = match (words.first().map(String::as_str), number("--reps", 5), number("--seed", 1)) {
        (Some("cost"), Ok(reps), Ok(seed)) => {
            cost::run(reps.max(1), seed);
            Ok(())
        }
        (Some("ratio"), Ok(_), Ok(seed)) => {
            let folder = option("--traces").map(PathBuf::from);
            folder.ok_or_else(|| "--traces DIR is missing".to_owned()).and_then(|folder| ratio::run(&folder, seed))
        }
        _ => Err("say cost [--reps N] [--seed N], or ratio --traces DIR [--seed N]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("peer-cache: {message}");
            ExitCode::from(2)
        }
    }
}
