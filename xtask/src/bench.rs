//! Figures: of the whole line, of the queue and the cache beside their peers, of the analysis of texts, the reader of feeds and the
//! sweep over sources, and of the console; and the public suite of HTTP caching.

mod bars;
mod cache;
mod conformance;
mod engine;
mod feed;
mod gateway;
mod http;
mod ingest;
mod install;
mod phase;
mod report;
mod rounds;
mod server;
mod text;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::args::Args;
use crate::{console, run};
use engine::Engine;
use phase::Phase;

/// What to measure.
pub struct Plan {
    /// Jobs of the batched phases; the others do a share of them.
    pub jobs: u64,
    pub reps: u32,
    pub engines: Vec<&'static Engine>,
    pub phases: Vec<&'static Phase>,
    /// PostgreSQL with the settings people give it for load.
    pub tuned: bool,
    /// Hold a snapshot while the work is done.
    pub snapshot: bool,
    pub json: Option<PathBuf>,
    pub binary: Option<PathBuf>,
    /// Longest time for one phase of one engine.
    pub limit_s: u64,
}

pub fn run(mut args: Args) -> Result<ExitCode> {
    match args.word().as_deref() {
        Some("line") => line(args),
        Some("queue") => queue(args),
        Some("console") => console::bench(args),
        Some("cache") => cache::bench(args),
        Some("http") => http::bench(args),
        Some("text") => text::bench(args),
        Some("feed") => feed::bench(args),
        Some("gateway") => gateway::bench(args),
        Some("ingest") => ingest::bench(args),
        Some("conformance") => conformance::run(args),
        _ => bail!("the benchmarks are line, queue, cache, http, text, feed, ingest, gateway, console and conformance"),
    }
}

/// The public suite as its npm package has it, against this build.
pub fn conformance(copydesk: &Path) -> Result<String> {
    conformance::check(copydesk)
}

/// Release figures only: a dev build would measure the checks that it carries.
fn line(args: Args) -> Result<ExitCode> {
    let mut command = Command::new(run::cargo());
    command
        .current_dir(run::root())
        .args(["run", "--release", "--package", "copydesk", "--", "bench", "line"])
        .args(args.rest());
    let status = command.status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn queue(mut args: Args) -> Result<ExitCode> {
    let plan = Plan {
        jobs: args.option("--jobs", 20_000)?,
        reps: args.option("--reps", 3)?,
        engines: chosen(&mut args, "--engines", engine::ALL, |engine| engine.name, |_| true)?,
        phases: chosen(&mut args, "--phases", phase::ALL, |phase| phase.name, |phase| phase.by_default)?,
        tuned: args.flag("--tuned"),
        snapshot: args.flag("--snapshot"),
        json: args.options("--json")?.pop().map(PathBuf::from),
        binary: args.options("--binary")?.pop().map(PathBuf::from),
        limit_s: args.option("--limit", 600)?,
    };
    args.finish()?;
    ensure!(plan.jobs >= 100, "--jobs {} is too few to tell anything: 100 or more", plan.jobs);
    ensure!((1..=100).contains(&plan.reps), "--reps must be 1 to 100");
    match rounds::run(&plan) {
        Ok(results) => {
            let broken = report::print(&plan, &results);
            if let Some(file) = &plan.json {
                std::fs::write(file, format!("{:#}\n", report::json(&plan, &results)))
                    .with_context(|| format!("writing {}", file.display()))?;
            }
            Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Err(error) => {
            println!("the benchmark broke: {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The entries of a table that were asked for by name; without a wish those that `default` takes.
fn chosen<T>(
    args: &mut Args,
    option: &str,
    all: &'static [T],
    name: fn(&T) -> &'static str,
    default: fn(&T) -> bool,
) -> Result<Vec<&'static T>> {
    let wishes = args.options(option)?;
    if wishes.is_empty() {
        return Ok(all.iter().filter(|entry| default(entry)).collect());
    }
    let find = |wish: &str| {
        all.iter().find(|entry| name(entry) == wish).with_context(|| {
            format!("{option} {wish} is unknown; known are {}", all.iter().map(name).collect::<Vec<_>>().join(", "))
        })
    };
    wishes.iter().flat_map(|list| list.split(',')).map(find).collect()
}

#[cfg(test)]
mod tests;
