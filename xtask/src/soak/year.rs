//! A simulated year of many sources against the real sweep: nothing lost, nothing doubled.
//!
//! The world and its oracle live in the binary (`copydesk soak year`), beside the code that they watch; here it is started on an
//! empty folder and its verdict is read.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::kill::tail;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

pub struct Plan {
    pub sources: u32,
    /// Simulated.
    pub days: u32,
    /// Real ones, at most.
    pub seconds: u64,
    pub seed: u64,
    /// Sites do so many times as often what they do now and then.
    pub eventful: u32,
    /// Whether it is a fault when the time is over before the last day.
    pub whole: bool,
    /// One in so many sweeps is a process of its own that is killed; otherwise one in sixty ends within the process.
    pub killed: Option<u64>,
}

/// `kill -9` of sweeps: a process visits many sites and is killed in their middle, again and again.
pub fn kill_sweeps(copydesk: &Path, seconds: u64, seed: u64) -> Result<String> {
    year(copydesk, &Plan { sources: 60, days: 365, seconds, seed, eventful: 1, whole: false, killed: Some(3) })
}

/// Beyond the time that is given: the start, the last sweep and the last comparison.
const GRACE: Duration = Duration::from_secs(180);

pub fn year(copydesk: &Path, plan: &Plan) -> Result<String> {
    let scratch = Scratch::new("soak-year")?;
    let [out, log] = ["out", "log"].map(|name| scratch.path().join(name));
    let mut command = Command::new(copydesk);
    command
        .args(["soak", "year", "--sources", &plan.sources.to_string(), "--days", &plan.days.to_string()])
        .args(["--seconds", &plan.seconds.to_string(), "--seed", &plan.seed.to_string()])
        .args(["--eventful", &plan.eventful.to_string()])
        .args(
            plan.killed.iter().flat_map(|one_in| ["--processes".to_owned(), "--killed".to_owned(), one_in.to_string()]),
        )
        .arg("--data")
        .arg(scratch.path().join("data"))
        .current_dir(scratch.path())
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(File::create(&log)?);
    let mut process = Owned(command.spawn().with_context(|| format!("starting {}", copydesk.display()))?);
    let ended = run::wait_at_most(&mut process.0, Duration::from_secs(plan.seconds) + GRACE)?;
    if !ended.is_some_and(|status| status.success()) {
        println!("{}", tail(&fs::read_to_string(&log)?, 30));
        let how = ended.map_or_else(|| "it does not end".to_owned(), |status| status.to_string());
        bail!("{how}; again with: {}", again(plan));
    }
    let said = fs::read_to_string(&out)?;
    let verdict: Value = serde_json::from_str(&said).with_context(|| format!("the year said {said:?}"))?;
    judge(&verdict, plan)
}

fn judge(verdict: &Value, plan: &Plan) -> Result<String> {
    let count = |name: &str| verdict[name].as_u64().with_context(|| format!("the verdict counts no {name}: {verdict}"));
    let faults = verdict["faults"].as_array().context("the verdict lists no faults, not even none")?;
    let days = verdict["days"].as_f64().unwrap_or_default();
    let note = format!(
        "{} sources, {days:.0} of {} days in {:.0} s: {} visits ({} failed), {} entries shown, {} items, {} versions, {} stops, \
         {} kills with {} visits under way; {} lost, {} doubled, {} wrong",
        plan.sources,
        plan.days,
        verdict["seconds"].as_f64().unwrap_or_default(),
        count("visits")?,
        count("failed")?,
        count("entries")?,
        count("items")?,
        count("versions")?,
        count("stops")?,
        count("kills")?,
        count("interrupted")?,
        count("lost")?,
        count("doubled")?,
        count("wrong")?
    );
    if !faults.is_empty() {
        for fault in faults {
            println!(
                "{} (source {}, seed {}):",
                fault["kind"].as_str().unwrap_or_default(),
                fault["source"],
                plan.seed
            );
            for line in fault["story"].as_array().into_iter().flatten() {
                println!("  {}", line.as_str().unwrap_or_default());
            }
        }
        bail!("{note}; again with: {}", again(plan));
    }
    ensure!(
        count("items")? > 0 && count("versions")? > count("items")?,
        "the world brought too little to prove anything: {note}"
    );
    ensure!(!plan.whole || days >= f64::from(plan.days), "the time was over before the last day: {note}");
    Ok(note)
}

fn again(plan: &Plan) -> String {
    let Plan { sources, days, seconds, seed, eventful, .. } = plan;
    let killed = plan.killed.map_or_else(String::new, |one_in| format!(" --killed {one_in}"));
    format!(
        "cargo xtask soak year --sources {sources} --days {days} --seconds {seconds} --seed {seed} --eventful {eventful}{killed}"
    )
}

#[cfg(test)]
mod tests;
