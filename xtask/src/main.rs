//! Every chore of the repository, in Rust: what CI runs, the soaks and the house rules.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]

mod args;
mod bench;
mod console;
mod deny;
mod http;
mod memcached;
mod need;
mod postgres;
mod redis;
mod run;
mod scratch;
mod soak;
mod suite;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

use args::Args;

const USAGE: &str = "\
cargo xtask test [--install] [--only STEP]…   everything CI runs, step by step
cargo xtask soak kill [--seconds N] [--seed S] [--kills K]
                                              kill -9 the demo, sweeps and the queue at random moments, then prove that nothing broke
cargo xtask soak fuzz [--seconds N] [--seed S]
                                              replay known bad inputs, then damage good ones
cargo xtask soak year [--seconds N] [--seed S] [--sources N] [--days N] [--eventful N] [--killed N]
                                              a simulated year of 500 sources on a clock of its own; nothing may be lost or doubled;
                                              with --killed, one in N sweeps is a process that is killed in its middle
cargo xtask bench line [ARGS]…                posts per hour through the whole line (release build)
cargo xtask bench queue [--jobs N] [--reps R] [--engines A,B] [--phases A,B] [--tuned] [--snapshot] [--json FILE] [--binary FILE]
                                              the queue beside its peers, on servers of its own (docs/benchmarks.md)
cargo xtask bench cache [--traces DIR] [--phases A,B] [--reps N] [--seed S] [--json FILE]
                                              the cache beside its peers: cost of a hit, hits on public traces; purges, a warm start
cargo xtask bench http [--seconds N] [--reps R] [--only flat|half|tls|idle|live]… [--idle N] [--streams N] [--json FILE] [--binary FILE] [--install]
                                              cached answers beside nginx, Varnish and a bare loop
cargo xtask bench text [--texts FILE] [--reps N] [--json FILE] [--binary FILE] [--install]
                                              the analysis of texts beside the Python references, installed at run time
cargo xtask bench feed [--corpus DIR|BARE.git] [--reps N] [--json FILE] [--binary FILE] [--install]
                                              the reader of feeds beside others, installed at run time; feedparser's tests with --corpus
cargo xtask bench ingest [--sources N] [--json FILE] [--binary FILE]
                                              a sweep over thousands of sources, and a refresh of ten
cargo xtask bench console [--binary FILE] [--install] [ARGS]…
                                              load, lists, memory and frames of the console in Chromium
cargo xtask bench conformance [--suite DIR] [--binary FILE] [--json FILE]
                                              the public suite of HTTP caching against `copydesk edge`
cargo xtask tidy                              the house rules that no linter knows

Steps of `test`: ";

fn main() -> ExitCode {
    match chore(Args::new(std::env::args().skip(1))) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn chore(mut args: Args) -> Result<ExitCode> {
    match args.word().as_deref() {
        Some("test") => {
            let options = test::Options { install: args.flag("--install"), only: args.options("--only")? };
            args.finish()?;
            test::run(&options)
        }
        Some("soak") => soak::run(args),
        Some("bench") => bench::run(args),
        Some("tidy") => {
            args.finish()?;
            Ok(tidy::run(&run::root()))
        }
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}{}", test::names().join(", "));
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => bail!("no chore is named {other:?}; `cargo xtask help` lists them"),
        None => bail!("which chore?\n\n{USAGE}{}", test::names().join(", ")),
    }
}
