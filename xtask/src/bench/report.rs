//! One table for people, one JSON object for programs.

use std::process::Command;

use serde_json::{Value, json};

use super::Plan;
use super::bars;
use super::rounds::{Figure, Results, Sample};
use crate::need;

const FIGURES: &[(Figure, &str)] = &[
    (Figure::JobsPerS, "jobs_per_s"),
    (Figure::P50, "p50_ms"),
    (Figure::P99, "p99_ms"),
    (Figure::ClientCpu, "cpu_client_us"),
    (Figure::ServerCpu, "cpu_server_us"),
    (Figure::Wal, "wal_bytes"),
    (Figure::Commits, "commits"),
    (Figure::Dead, "dead_rows"),
];

impl Results {
    /// The median over the rounds; of an even number the mean of the middle two.
    pub fn median(&self, engine: &str, phase: &str, figure: Figure) -> Option<f64> {
        let of_it = self.samples.iter().filter(|sample| sample.engine == engine && sample.phase == phase);
        let mut values: Vec<f64> = of_it.filter_map(|sample| sample.figure(figure)).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => None,
            n if n % 2 == 1 => Some(values[middle]),
            _ => Some((values[middle - 1] + values[middle]) / 2.0),
        }
    }

    fn of(&self, engine: &str, phase: &str) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.engine == engine && sample.phase == phase)
    }
}

/// Prints the table, the bars and what failed. `true` when something did.
pub fn print(plan: &Plan, results: &Results) -> bool {
    println!("\n{}", about(plan, results));
    println!("µs, bytes, commits and dead row versions are of one job; the log without full-page images\n");
    println!(
        "| phase | engine | jobs | jobs/s | p50 ms | p99 ms | client µs | server µs | log B | commits | dead rows |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for phase in plan.phases.iter().filter(|phase| phase.is_plain()) {
        for engine in &plan.engines {
            let Some(sample) = results.of(engine.name, phase.name) else { continue };
            let cells: Vec<String> =
                FIGURES.iter().map(|(f, _)| shown(*f, results.median(engine.name, phase.name, *f))).collect();
            let jobs = sample.number("jobs").unwrap_or_default();
            println!("| {} | {} | {jobs} | {} |", phase.name, engine.name, cells.join(" | "));
        }
    }
    for sample in results.samples.iter().filter(|sample| sample.phase == "queues") {
        println!("\n{} with many queues: {:#}", sample.engine, sample.line);
    }
    println!("\n| bar | wanted | measured | |\n|---|---|--:|---|");
    let (measured, left_out): (Vec<_>, Vec<_>) =
        bars::judge(results).into_iter().partition(|bar| bar.measured.is_some());
    for bar in &measured {
        println!("| {} | {} | {:.2} | {} |", bar.what, bar.wanted(), bar.measured.unwrap_or_default(), bar.verdict());
    }
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(|bar| bar.what.as_str()).collect();
        println!("\nnot measured: {}", names.join("; "));
    }
    for failure in &results.failures {
        println!("\nFAILED {failure}");
    }
    !results.failures.is_empty()
}

pub fn json(plan: &Plan, results: &Results) -> Value {
    let figures = |value: &dyn Fn(Figure) -> Option<f64>| -> Value {
        FIGURES.iter().map(|(figure, name)| ((*name).to_owned(), json!(value(*figure)))).collect()
    };
    let samples: Vec<Value> = results
        .samples
        .iter()
        .map(|sample| {
            json!({
                "engine": sample.engine, "phase": sample.phase, "line": sample.line,
                "figures": figures(&|figure| sample.figure(figure)),
            })
        })
        .collect();
    let mut medians = Vec::new();
    for phase in plan.phases.iter().filter(|phase| phase.is_plain()) {
        for engine in plan.engines.iter().filter(|engine| results.of(engine.name, phase.name).is_some()) {
            let of_it = figures(&|figure| results.median(engine.name, phase.name, figure));
            medians.push(json!({ "engine": engine.name, "phase": phase.name, "figures": of_it }));
        }
    }
    let judged: Vec<Value> = bars::judge(results)
        .iter()
        .map(|bar| json!({ "bar": bar.what, "wanted": bar.wanted(), "measured": bar.measured, "holds": bar.holds() }))
        .collect();
    json!({
        "about": about(plan, results), "jobs": plan.jobs, "reps": plan.reps, "tuned": plan.tuned, "snapshot": plan.snapshot,
        "medians": medians, "bars": judged, "samples": samples, "failures": results.failures,
    })
}

fn about(plan: &Plan, results: &Results) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let server = need::find("postgres").and_then(|program| Command::new(program).arg("--version").output().ok());
    let version =
        server.map_or("no PostgreSQL".to_owned(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    format!(
        "{} jobs, {} rounds, {cores} cores, {version} with {} settings{}; load {} before and {} after",
        plan.jobs,
        plan.reps,
        if plan.tuned { "tuned" } else { "default" },
        if plan.snapshot { " under a held snapshot" } else { "" },
        results.load_before,
        results.load_after
    )
}

fn shown(figure: Figure, value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    match figure {
        Figure::JobsPerS | Figure::Wal => format!("{value:.0}"),
        Figure::P50 | Figure::P99 | Figure::Dead => format!("{value:.2}"),
        Figure::ClientCpu | Figure::ServerCpu => format!("{value:.1}"),
        Figure::Commits => format!("{value:.4}"),
    }
}
