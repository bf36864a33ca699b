//! `cargo xtask bench ingest`: a sweep over thousands of sources and a refresh of ten, and whether both goals hold.
//!
//! The sites are a process of their own on the same two cores. What counts beside the goals is what a run on another machine
//! has in common with this one: processor time and memory; and that nothing is lost, nothing doubled, and those who never
//! answer hold up nobody.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::install;
use crate::args::Args;
use crate::{need, run};

/// Cores of the goals.
const CORES: usize = 2;
/// A figure of the run, what it must not exceed, and how it is told.
const GOALS: [(&str, &str, f64, &str); 5] = [
    ("/seconds", "until each source was visited", 60.0, "s"),
    ("/pss_bytes", "memory (PSS) at most", 150e6, "bytes"),
    ("/refresh/median_ms", "ten sources refreshed", 150.0, "ms"),
    ("/lost", "items lost", 0.0, ""),
    ("/doubled", "items doubled", 0.0, ""),
];

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let sources: u32 = args.option("--sources", 5_000)?;
    let json = args.options("--json")?.pop().map(PathBuf::from);
    let binary = args.options("--binary")?.pop().map(PathBuf::from);
    args.finish()?;
    let product = install::product(binary.as_deref())?;
    let mut command = on_cores(&product);
    command.args(["bench", "ingest", "--json", "--sources", &sources.to_string()]);
    let output = command.output().with_context(|| format!("starting {}", run::shown(&command)))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} ended with {}: {}", run::shown(&command), output.status, complaint.trim());
    let figures: Value = serde_json::from_slice(&output.stdout).context("reading the figures")?;
    if let Some(file) = json {
        fs::write(&file, format!("{figures:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    let number = |pointer: &str| figures.pointer(pointer).and_then(Value::as_f64);
    let (cpu, visits) = (number("/cpu_s").unwrap_or_default(), number("/sources").unwrap_or_default());
    println!("{visits} sources: {}, {} new items", figures["outcomes"], figures["new_items"]);
    println!("{cpu:.1} s of processor, {:.1} ms a visit", 1_000.0 * cpu / visits.max(1.0));
    println!("those that answer at once were done after {:.1} s", number("/sound_s").unwrap_or_default());
    let mut holds = true;
    for (pointer, what, most, unit) in GOALS {
        let given = number(pointer).with_context(|| format!("{pointer} in {figures}"))?;
        holds &= given <= most;
        println!(
            "{:<32} {given:>14.1} {unit:<6} goal {most:>14.1}{}",
            what,
            if given <= most { "" } else { "  MISSED" }
        );
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The product on as many cores as the goals name, where that can be asked for.
fn on_cores(product: &std::path::Path) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    match need::find("taskset").filter(|_| cores > CORES) {
        Some(taskset) => {
            let mut command = Command::new(taskset);
            command.args(["--cpu-list", "0,1"]).arg(product);
            command
        }
        None => Command::new(product),
    }
}
