//! `cargo xtask bench http`: what a cached answer costs `copydesk edge`, beside nginx, Varnish, hyper and a bare loop.
//!
//! Every server has processors of its own, apart from the load's, and answers the same bytes; all run at once and are
//! measured in turns, so that the machine's moods fall on each alike. Processor time per request is the figure that
//! counts: requests a second on a machine that also makes the load say as much about the load.

mod measure;
mod servers;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use super::install;
use crate::args::Args;
use crate::need;
use crate::scratch::Scratch;
use measure::Work;
use servers::Fleet;
use table::Results;

/// Parts of a run.
const PARTS: [&str; 5] = ["flat", "half", "tls", "idle", "live"];

pub struct Plan {
    pub seconds: u64,
    pub reps: u32,
    /// Connections at once.
    pub connections: Vec<u32>,
    /// Connections that only stay open; 0 leaves them out.
    pub idle: u32,
    /// Streams of events; 0 leaves them out.
    pub streams: u32,
}

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let plan = Plan {
        seconds: args.option("--seconds", 4)?,
        reps: args.option("--reps", 3)?,
        connections: vec![64, 512],
        idle: args.option("--idle", 10_000)?,
        streams: args.option("--streams", 10_000)?,
    };
    let only: Vec<String> = args.options("--only")?;
    let install = args.flag("--install");
    let json = args.options("--json")?.pop().map(PathBuf::from);
    let binary = args.options("--binary")?.pop().map(PathBuf::from);
    args.finish()?;
    ensure!((1..=60).contains(&plan.seconds), "--seconds must be 1 to 60");
    ensure!((1..=100).contains(&plan.reps), "--reps must be 1 to 100");
    for part in &only {
        ensure!(PARTS.contains(&part.as_str()), "--only {part}: the parts are {}", PARTS.join(", "));
    }
    let wants = |part: &str| only.is_empty() || only.iter().any(|wanted| wanted == part);
    need::ensure(&["http"], install)?;
    let (ours, peer) = (install::product(binary.as_deref())?, install::rust("http", "peer-http")?);

    let scratch = Scratch::new("bench-http")?;
    let fleet = Fleet::start(&ours, &peer, scratch.path()).context("starting the servers")?;
    let mut results = Results { load_before: load(), ..Results::default() };
    for server in &fleet.servers {
        measure::wrk(&fleet, server, Work::Page, 16, 2, scratch.path())?;
    }
    for rep in 1..=if wants("flat") { plan.reps } else { 0 } {
        for work in Work::ALL {
            for connections in &plan.connections {
                for server in &fleet.servers {
                    let sample = measure::wrk(&fleet, server, work, *connections, plan.seconds, scratch.path())?;
                    results.samples.push(sample);
                }
            }
        }
        println!("round {rep} of {} (load {})", plan.reps, load());
    }
    // The same for all, and no more than half of what the slowest can do.
    if wants("half") {
        ensure!(wants("flat"), "--only half takes --only flat, which tells how much half is");
        let slowest = fleet.servers.iter().filter_map(|server| results.rate(server.name)).fold(f64::MAX, f64::min);
        for rep in 1..=plan.reps {
            for server in &fleet.servers {
                results.halves.push(measure::half(&fleet, server, slowest / 2.0, plan.seconds)?);
            }
            println!("round {rep} of {} at {:.0} requests a second (load {})", plan.reps, slowest / 2.0, load());
        }
    }
    for rep in 1..=if wants("tls") { plan.reps } else { 0 } {
        for server in &fleet.secure {
            if rep == 1 {
                measure::secure(&fleet, server, 1, scratch.path())?;
            }
            results.secure.push(measure::secure(&fleet, server, plan.seconds, scratch.path())?);
        }
        println!("round {rep} of {} over TLS and HTTP/2 (load {})", plan.reps, load());
    }
    if wants("idle") && plan.idle > 0 {
        for server in fleet.servers.iter().filter(|server| server.is_ours() || server.name == servers::NGINX) {
            results.idle.push(measure::idle(&fleet, server, plan.idle)?);
        }
    }
    if wants("live") && plan.streams > 0 {
        let rounds = plan.reps * 5;
        let floor = fleet.peer("bare fan", &["fan"], scratch.path())?;
        results.live.push(measure::live(&fleet, &floor, "none", plan.streams, rounds)?);
        drop(floor);
        let (desk, key) = fleet.desk(&ours, scratch.path())?;
        results.live.push(measure::live(&fleet, &desk, &key, plan.streams, rounds)?);
    }
    results.load_after = load();
    let holds = table::print(&plan, &results);
    if let Some(file) = json {
        std::fs::write(&file, format!("{:#}\n", table::json(&plan, &results)))
            .with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Programs that ran or waited for a processor in the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

#[cfg(test)]
mod tests;
