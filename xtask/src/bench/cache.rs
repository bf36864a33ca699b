//! Our store beside other caches, by `bench/peers/cache`: what a hit costs, and how many there are on public traces.

mod judge;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::install;
use crate::args::Args;
use crate::run;
use judge::Figures;

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let reps: u32 = args.option("--reps", 7)?;
    let seed: u64 = args.option("--seed", 1)?;
    let traces = args.options("--traces")?.pop().map(PathBuf::from);
    let json = args.options("--json")?.pop().map(PathBuf::from);
    args.finish()?;
    ensure!((1..=100).contains(&reps), "--reps must be 1 to 100");
    let program = build()?;
    let seed = seed.to_string();
    let before = load();
    let mut figures = Figures::default();
    for line in lines(&program, &["cost", "--reps", &reps.to_string(), "--seed", &seed])? {
        figures.add_cost(&line)?;
    }
    if let Some(folder) = &traces {
        let folder = folder.to_str().context("--traces is not text")?;
        for line in lines(&program, &["ratio", "--traces", folder, "--seed", &seed])? {
            figures.add_ratio(&line)?;
        }
    }
    let about = format!("{reps} rounds, seed {seed}; load {before} before and {} after", load());
    print(&about, &figures, traces.is_some());
    if let Some(file) = json {
        let object = json!({ "about": about, "figures": figures.json(), "bars": judge::json(&figures) });
        std::fs::write(&file, format!("{object:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(about: &str, figures: &Figures, with_traces: bool) {
    println!("\n{about}\n\n| | ns of processor time a hit | times quick_cache |\n|---|--:|--:|");
    for (engine, ns) in figures.costs() {
        let ratio = figures.cost("quick_cache").map_or("-".to_owned(), |quick| format!("{:.2}", ns / quick));
        println!("| {engine} | {ns:.0} | {ratio} |");
    }
    if with_traces {
        let cells = figures.cells();
        let head: Vec<String> = cells.iter().map(|(trace, percent)| format!("{trace} {percent}")).collect();
        println!("\nhits in percent of all questions, at 1, 5 and 20 % of the different keys\n");
        println!("| | {} | mean | below the best |\n|---|{}--:|--:|", head.join(" | "), "--:|".repeat(cells.len()));
        for engine in figures.engines() {
            let row: Vec<String> = figures.row(engine).into_iter().map(|ratio| format!("{ratio:.1}")).collect();
            let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
            let (mean, gap) = (number(figures.mean(engine)), number(figures.gap(engine)));
            println!("| {engine} | {} | {mean} | {gap} |", row.join(" | "));
        }
    }
    println!("\n| bar | wanted | measured | |\n|---|---|--:|---|");
    for bar in judge::bars(figures) {
        let measured = bar.measured.map_or("-".to_owned(), |value| format!("{value:.2}"));
        println!("| {} | {} | {measured} | {} |", bar.what, bar.wanted(), bar.verdict());
    }
}

/// By its lock file as far as it goes: what the store itself needs follows the repository's manifests.
fn build() -> Result<PathBuf> {
    let target = install::cache()?.join("target-cache");
    let manifest = run::root().join("bench/peers/cache/Cargo.toml");
    let mut build = Command::new(run::cargo());
    build.args(["build", "--release", "--quiet", "--manifest-path"]).arg(manifest);
    run::run(build.env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release/peer-cache"))
}

fn lines(program: &Path, words: &[&str]) -> Result<Vec<Value>> {
    let mut command = Command::new(program);
    command.args(words).stderr(Stdio::inherit());
    println!("$ {}", run::shown(&command));
    let output = command.output().with_context(|| format!("starting {}", program.display()))?;
    if !output.status.success() {
        bail!("{} ended with {}", run::shown(&command), output.status);
    }
    let text = String::from_utf8(output.stdout).context("the program wrote something that is no text")?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("reading {line:?}"))).collect()
}

/// Programs that ran or waited for a processor in the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

#[cfg(test)]
mod tests;
