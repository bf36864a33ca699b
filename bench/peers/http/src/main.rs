//! Floors for the edge, and its load: see README.md.

mod load;
mod serve;
mod streams;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["raw", address, page, small, known] => serve::run(address, [page, small, known], serve::Kind::Raw),
        ["hyper", address, page, small, known] => serve::run(address, [page, small, known], serve::Kind::Hyper),
        ["load", address, rest @ ..] => load::run(address, rest),
        ["idle", address, count] => load::idle(address, count),
        ["streams", address, count, rounds, key] => streams::run(address, count, rounds, key),
        ["fan", address] => serve::fan(address),
        _ => Err("say raw|hyper ADDRESS PAGE SMALL KNOWN, load ADDRESS RATE CONNECTIONS SECONDS [FILE], idle ADDRESS COUNT, \
              streams ADDRESS COUNT ROUNDS KEY, or fan ADDRESS"
            .into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer-http: {error}");
            ExitCode::from(2)
        }
    }
}
