//! Our store beside other caches, by `bench/peers/cache`: what a hit costs, and how many there are on public traces.
//! Beside that what a purge costs, when other processes obey it (`bench/peers/purge`), and how long a warm start takes.

mod judge;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{chosen, install};
use crate::args::Args;
use crate::postgres::Postgres;
use crate::run;
use crate::scratch::Scratch;
use judge::Figures;

/// Purges of which each is timed at the other process.
const HEARD: &str = "300";

struct Phase {
    name: &'static str,
    run: fn(&Plan, &mut Figures) -> Result<()>,
}

const PHASES: &[Phase] = &[
    Phase { name: "cost", run: cost },
    Phase { name: "purge", run: purge },
    Phase { name: "peers", run: peers },
    Phase { name: "warm", run: warm },
    Phase { name: "ratio", run: ratio },
];

struct Plan {
    reps: String,
    seed: String,
    traces: Option<PathBuf>,
}

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let reps: u32 = args.option("--reps", 7)?;
    let seed: u64 = args.option("--seed", 1)?;
    let traces = args.options("--traces")?.pop().map(PathBuf::from);
    let json = args.options("--json")?.pop().map(PathBuf::from);
    let phases = chosen(&mut args, "--phases", PHASES, |phase| phase.name, |_| true)?;
    args.finish()?;
    ensure!((1..=100).contains(&reps), "--reps must be 1 to 100");
    let plan = Plan { reps: reps.to_string(), seed: seed.to_string(), traces };
    let before = load();
    let mut figures = Figures::default();
    for phase in phases {
        (phase.run)(&plan, &mut figures).with_context(|| format!("phase {}", phase.name))?;
    }
    let about = format!("{reps} rounds, seed {seed}; load {before} before and {} after", load());
    print(&about, &figures);
    if let Some(file) = json {
        let object = json!({ "about": about, "figures": figures.json(), "bars": judge::json(&figures) });
        std::fs::write(&file, format!("{object:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn cost(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let program = build("cache", "peer-cache")?;
    let lines = lines(&program, &["cost", "--reps", &plan.reps, "--seed", &plan.seed])?;
    lines.iter().try_for_each(|line| figures.add_cost(line))
}

fn purge(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let lines = lines(&build("cache", "peer-cache")?, &["purge", "--reps", &plan.reps])?;
    // The first line tells of the very first purge.
    lines.iter().filter(|line| line["rep"].is_u64()).try_for_each(|line| figures.add("purge_ns", &line["ns"]))?;
    figures.add("first_purge_ns", &lines.first().context("no line")?["first_ns"])
}

fn peers(_: &Plan, figures: &mut Figures) -> Result<()> {
    let program = build("purge", "peer-purge")?;
    let server = Postgres::start()?;
    for line in lines(&program, &["--url", &server.url(), "--reps", HEARD])? {
        figures.add("heard_ms", &line["ms"])?;
        figures.add("purge_call_us", &line["call_us"])?;
    }
    Ok(())
}

fn warm(_: &Plan, figures: &mut Figures) -> Result<()> {
    let folder = Scratch::new("warm")?;
    let path = folder.path().to_str().context("the folder for temporary files is not text")?;
    for line in lines(&build("cache", "peer-cache")?, &["warm", "--folder", path, "--reps", "5"])? {
        figures.add("warm_ms", &line["first_answer_ms"])?;
        figures.add("warm_bytes", &line["bytes"])?;
    }
    Ok(())
}

fn ratio(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let Some(folder) = &plan.traces else {
        println!("hits on traces are left out: --traces DIR does not say where they are");
        return Ok(());
    };
    let folder = folder.to_str().context("--traces is not text")?;
    let lines = lines(&build("cache", "peer-cache")?, &["ratio", "--traces", folder, "--seed", &plan.seed])?;
    lines.iter().try_for_each(|line| figures.add_ratio(line))
}

fn print(about: &str, figures: &Figures) {
    println!("\n{about}");
    if !figures.costs().is_empty() {
        println!("\n| | ns of processor time a hit | times quick_cache |\n|---|--:|--:|");
    }
    for (engine, ns) in figures.costs() {
        let ratio = figures.cost("quick_cache").map_or("-".to_owned(), |quick| format!("{:.2}", ns / quick));
        println!("| {engine} | {ns:.0} | {ratio} |");
    }
    let cells = figures.cells();
    if !cells.is_empty() {
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
    let singles = figures.singles();
    if !singles.is_empty() {
        println!("\n| | least | median | 99 of 100 below | most |\n|---|--:|--:|--:|--:|");
    }
    for (name, [least, median, most_of_all, most]) in singles {
        println!("| {name} | {least:.3} | {median:.3} | {most_of_all:.3} | {most:.3} |");
    }
    println!("\n| bar | wanted | measured | |\n|---|---|--:|---|");
    for bar in judge::bars(figures) {
        let measured = bar.measured.map_or("-".to_owned(), |value| format!("{value:.2}"));
        println!("| {} | {} | {measured} | {} |", bar.what, bar.wanted(), bar.verdict());
    }
}

/// By its lock file as far as it goes: what the repository's own crates need follows their manifests.
fn build(folder: &str, program: &str) -> Result<PathBuf> {
    let target = install::cache()?.join(format!("target-{folder}"));
    let manifest = run::root().join("bench/peers").join(folder).join("Cargo.toml");
    let mut build = Command::new(run::cargo());
    build.args(["build", "--release", "--quiet", "--manifest-path"]).arg(manifest);
    run::run(build.env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release").join(program))
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
