//! `cargo xtask bench text`: the analysis of texts beside the Python references it has to equal, on the same texts in one run.
//!
//! The references stand in a virtual environment in the folder for installs, outside of the repository, with the versions
//! of `bench/peers/text/requirements.txt`. Either side reads the texts once and says what each measure found and how long its
//! fastest call took; programs start and word lists load before the clock runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::install;
use crate::args::Args;
use crate::scratch::Scratch;
use crate::{need, run};

/// One measure: its name with the references and ours, and when two results are the same.
struct Measure {
    name: &'static str,
    theirs: &'static [&'static str],
    ours: &'static [&'static str],
    same: fn(&Value, &Value) -> bool,
    /// Share of texts that must agree.
    bar: f64,
}

const MEASURES: [Measure; 4] = [
    Measure { name: "VADER, exact", theirs: &["vader"], ours: &["vader"], same: same_sentiment, bar: 1.0 },
    Measure {
        name: "textstat, counts exact, formulas to 1e-6",
        theirs: &["textstat"],
        ours: &["tokens", "readability"],
        same: same_readability,
        bar: 1.0,
    },
    Measure { name: "YAKE, same ten in order", theirs: &["yake"], ours: &["keywords"], same: same_keywords, bar: 0.98 },
    // Ours finds more in the whole: language, structure, search, score.
    Measure {
        name: "whole",
        theirs: &["vader", "textstat", "yake"],
        ours: &["whole"],
        same: |theirs, ours| {
            same_sentiment(theirs, ours) && same_readability(theirs, ours) && same_keywords(theirs, ours)
        },
        bar: 0.98,
    },
];

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let texts = args.options("--texts")?.pop().map(PathBuf::from);
    let reps: u32 = args.option("--reps", 3)?;
    let json = args.options("--json")?.pop().map(PathBuf::from);
    let binary = args.options("--binary")?.pop().map(PathBuf::from);
    let install = args.flag("--install");
    args.finish()?;
    ensure!((1..=1_000).contains(&reps), "--reps must be 1 to 1000");
    need::ensure(&["text"], install)?;
    let (ours, python) = (install::product(binary.as_deref())?, install::python("text")?);
    let texts = texts.unwrap_or_else(|| run::root().join("crates/text/fixtures/reference.jsonl"));
    let scratch = Scratch::new("bench-text")?;
    let [ours_out, theirs_out] = ["ours.jsonl", "theirs.jsonl"].map(|name| scratch.path().join(name));
    let reps = reps.to_string();
    run::run(
        Command::new(ours)
            .args(["bench", "text", "--reps", &reps, "--texts"])
            .arg(&texts)
            .arg("--results")
            .arg(&ours_out),
    )?;
    let driver = run::root().join("bench/peers/text/reference.py");
    run::run(Command::new(python).arg(driver).arg(&texts).arg(&theirs_out).args(["--reps", &reps]))?;

    let report = compare(&rows(&theirs_out)?, &rows(&ours_out)?)?;
    println!("{:<44} {:>12} {:>12} {:>8}   agreement", "measure", "references", "ours", "ratio");
    for line in report.as_array().into_iter().flatten() {
        let number = |key: &str| line[key].as_f64().unwrap_or_default();
        println!(
            "{:<44} {:>9.1} µs {:>9.1} µs {:>7.0}x   {} of {}{}",
            line["measure"].as_str().unwrap_or_default(),
            number("references_us"),
            number("ours_us"),
            number("ratio"),
            line["agree"],
            line["texts"],
            if line["holds"] == true { "" } else { "  DOES NOT HOLD" }
        );
        for id in line["different"].as_array().into_iter().flatten().take(5) {
            println!("    differs: {id}");
        }
    }
    if let Some(file) = json {
        fs::write(&file, format!("{report:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    let holds = report.as_array().is_some_and(|lines| lines.iter().all(|line| line["holds"] == true));
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn rows(file: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    text.lines().map(|line| serde_json::from_str(line).context("a result is JSON")).collect()
}

fn compare(theirs: &[Value], ours: &[Value]) -> Result<Value> {
    if theirs.is_empty() || !theirs.iter().map(|row| &row["id"]).eq(ours.iter().map(|row| &row["id"])) {
        bail!("the two sides did not measure the same texts");
    }
    let mean_us = |rows: &[Value], names: &[&str]| {
        let seconds = |row: &Value| names.iter().filter_map(|name| row["seconds"][*name].as_f64()).sum::<f64>();
        rows.iter().map(seconds).sum::<f64>() / rows.len() as f64 * 1e6
    };
    let lines = MEASURES.iter().map(|measure| {
        let pairs = theirs.iter().zip(ours);
        let different: Vec<&Value> = pairs.filter(|(a, b)| !(measure.same)(a, b)).map(|(row, _)| &row["id"]).collect();
        let agree = theirs.len() - different.len();
        let (references, own) = (mean_us(theirs, measure.theirs), mean_us(ours, measure.ours));
        json!({
            "measure": measure.name, "references_us": references, "ours_us": own, "ratio": references / own, "texts": theirs.len(),
            "agree": agree, "holds": agree as f64 >= measure.bar * theirs.len() as f64, "different": different,
        })
    });
    Ok(lines.collect())
}

/// Whether all of the references' numbers under `key` are ours too.
fn same_numbers(theirs: &Value, ours: &Value, key: &str, tolerance: f64) -> bool {
    theirs[key].as_object().is_some_and(|wanted| {
        wanted.iter().all(|(name, wanted)| match (wanted.as_f64(), ours[key][name].as_f64()) {
            (Some(wanted), Some(got)) => (wanted - got).abs() <= tolerance,
            _ => false,
        })
    })
}

fn same_sentiment(theirs: &Value, ours: &Value) -> bool {
    same_numbers(theirs, ours, "sentiment", 0.0)
}

fn same_readability(theirs: &Value, ours: &Value) -> bool {
    same_numbers(theirs, ours, "counts", 0.0) && same_numbers(theirs, ours, "readability", 1e-6)
}

fn same_keywords(theirs: &Value, ours: &Value) -> bool {
    let words = |row: &Value| -> Option<Vec<Value>> {
        Some(row["keywords"].as_array()?.iter().map(|pair| pair[0].clone()).collect())
    };
    words(theirs).is_some_and(|wanted| Some(wanted) == words(ours))
}

#[cfg(test)]
mod tests;
