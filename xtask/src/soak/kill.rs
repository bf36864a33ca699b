//! `kill -9` at random moments, restart on the same data; then nothing may be lost, doubled or stuck.
//!
//! Three witnesses: `doctor` compares items, slugs, deliveries and the event log with the read models;
//! the public site, where a page once seen by a reader must stay, once; and a second quiet run over the
//! same feeds, which must find nothing new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use stdx::Rng;

use super::product::Product;
use crate::scratch::Scratch;

pub struct Plan {
    /// How long the killing goes on; settling and checking come after.
    pub seconds: u64,
    pub seed: u64,
    /// Ends the killing early.
    pub kills: u32,
}

/// Generous for a dev build on a busy machine: a start that takes longer is a fault of its own.
const START_LIMIT: Duration = Duration::from_secs(30);
const SETTLE_LIMIT: Duration = Duration::from_secs(240);

pub fn kill(copydesk: &Path, plan: &Plan) -> Result<String> {
    let scratch = Scratch::new("soak-kill")?;
    let product = Product { copydesk, folder: scratch.path() };
    match trial(&product, plan) {
        Ok(note) => Ok(note),
        Err(error) => {
            println!("{}", tail(&std::fs::read_to_string(product.log()).unwrap_or_default(), 60));
            let again = format!("cargo xtask soak kill --seconds {} --seed {}", plan.seconds, plan.seed);
            Err(error.context(format!("data and log are kept in {}; again with: {again}", scratch.keep().display())))
        }
    }
}

fn trial(product: &Product, plan: &Plan) -> Result<String> {
    let dice = Rng::seeded(plan.seed);
    let mut seen = BTreeSet::new();
    let mut starts = Vec::new();
    let mut kills = 0;
    let begun = Instant::now();
    while kills < plan.kills && begun.elapsed() < Duration::from_secs(plan.seconds) {
        let mut life = product.start()?;
        // One life in four ends while it is still getting up: migrations, recovery, the first polls.
        if dice.below(4) == 0 {
            life.live_on(Duration::from_millis(dice.below(300)))?;
        } else {
            starts.push(life.wait_until_healthy(START_LIMIT)?);
            life.live_on(lifetime(&dice))?;
            seen.extend(life.pages()?);
        }
        life.kill()?;
        kills += 1;
    }
    starts.sort();
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    println!(
        "{kills} kills in {:.0} s; healthy after {} ms (median)",
        begun.elapsed().as_secs_f64(),
        median.as_millis()
    );
    if starts.is_empty() {
        bail!("no life became healthy before its end; give the soak more --seconds");
    }

    let first = product.settle(SETTLE_LIMIT).context("settling after the last kill")?;
    println!("settled: {first}");
    check_settled(&first)?;
    check_doctor(&product.doctor()?)?;
    let second = product.settle(SETTLE_LIMIT).context("settling again")?;
    check_settled(&second)?;
    check_nothing_new(&first, &second)?;
    let pages = check_site(product, &seen)?;
    check_doctor(&product.doctor()?)?;
    Ok(format!("{kills} kills, {} items, {pages} pages, nothing lost or doubled", first["items"]))
}

/// 0.05 to 3 s, short ones as likely per doubling as long ones: most of what can break is in the beginning.
fn lifetime(dice: &Rng) -> Duration {
    Duration::from_secs_f64(0.05 * 60f64.powf(dice.unit()))
}

/// Every job has ended, and no post stands half way out.
fn check_settled(summary: &Value) -> Result<()> {
    if summary["items"].as_u64().unwrap_or(0) == 0 {
        bail!("the line took in no item: {summary}");
    }
    let stuck = |group: &str, states: &[&str]| -> Vec<String> {
        let left =
            |state: &&str| summary[group][*state].as_u64().filter(|n| *n > 0).map(|n| format!("{n} {group} {state}"));
        states.iter().filter_map(left).collect()
    };
    let mut left = stuck("jobs", &["available", "running", "retryable"]);
    left.extend(stuck("posts", &["publishing", "approved"]));
    if left.is_empty() { Ok(()) } else { bail!("not settled: {}", left.join(", ")) }
}

fn check_doctor(findings: &Value) -> Result<()> {
    let problems = findings["problems"].as_array().context("doctor --json lists no problems, not even none")?;
    if problems.is_empty() { Ok(()) } else { bail!("doctor found damage: {findings}") }
}

/// The feeds did not move between the two runs: reading them again must not add anything.
fn check_nothing_new(first: &Value, second: &Value) -> Result<()> {
    let changed: Vec<String> = ["sources", "items", "stories"]
        .iter()
        .filter(|name| first[**name] != second[**name])
        .map(|name| format!("{name} went from {} to {}", first[*name], second[*name]))
        .collect();
    if changed.is_empty() {
        Ok(())
    } else {
        bail!("reading the same feeds again changed the desk: {}", changed.join(", "))
    }
}

/// What a reader saw before a kill must still be there, once; returns the number of pages.
fn check_site(product: &Product, seen: &BTreeSet<String>) -> Result<usize> {
    let mut life = product.start()?;
    life.wait_until_healthy(START_LIMIT)?;
    let pages = life.pages()?;
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for page in &pages {
        *counts.entry(page).or_default() += 1;
    }
    let twice: Vec<&&str> = counts.iter().filter(|(_, n)| **n > 1).map(|(page, _)| page).collect();
    if !twice.is_empty() {
        bail!("pages listed twice: {twice:?}");
    }
    let lost: Vec<&String> = seen.iter().filter(|page| !counts.contains_key(page.as_str())).collect();
    if !lost.is_empty() {
        bail!("pages that were public before a kill are gone: {lost:?}");
    }
    if counts.is_empty() {
        bail!("the site lists no page, so nothing was proved");
    }
    for page in counts.keys() {
        let status = life.get(page)?.status;
        if status != 200 {
            bail!("{page} is listed and answers {status}");
        }
    }
    life.kill()?;
    Ok(counts.len())
}

pub(super) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests;
