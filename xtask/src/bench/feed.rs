//! `cargo xtask bench feed`: the reader of feeds beside others, on the corpus of feedparser and on large feeds made up here.
//!
//! The corpus is not ours to pass on: `--corpus` names feedparser's `tests` folder or a bare git of its repository, and without
//! it only speed is measured. Speed is that of one core, of files in memory, of whole passes: every reader once a round,
//! so that the machine's moods fall on each alike. A reader that sanitises is compared with ours when it does.

mod corpus;
mod made;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::install;
use crate::args::Args;
use crate::scratch::Scratch;
use crate::{need, run};

/// Share of the files in which feedparser finds entries that must be read as it reads them.
const BAR: f64 = 0.97;
/// Feeds of either format.
const FEEDS: u64 = 12;
/// Of one reader in one round: the first few warm what compiles as it runs.
const PASSES: u32 = 5;

struct Reader {
    name: &'static str,
    program: Program,
    sanitizes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    Ours,
    /// With the name the driver has for it.
    Python(&'static str),
    Node,
    Rust,
}

const READERS: [Reader; 7] = [
    Reader { name: "copydesk", program: Program::Ours, sanitizes: false },
    Reader { name: "feed-rs", program: Program::Rust, sanitizes: false },
    Reader { name: "fastfeedparser", program: Program::Python("fastfeedparser"), sanitizes: false },
    Reader { name: "feedsmith", program: Program::Node, sanitizes: false },
    Reader { name: "feedparser, plain", program: Program::Python("feedparser-plain"), sanitizes: false },
    Reader { name: "copydesk, sanitised", program: Program::Ours, sanitizes: true },
    Reader { name: "feedparser", program: Program::Python("feedparser"), sanitizes: true },
];

/// Where the readers are.
struct Programs {
    ours: PathBuf,
    python: PathBuf,
    node: Vec<PathBuf>,
    rust: PathBuf,
}

pub fn bench(mut args: Args) -> Result<ExitCode> {
    let corpus = args.options("--corpus")?.pop().map(PathBuf::from);
    let reps: u32 = args.option("--reps", 3)?;
    let json = args.options("--json")?.pop().map(PathBuf::from);
    let binary = args.options("--binary")?.pop().map(PathBuf::from);
    let install = args.flag("--install");
    args.finish()?;
    ensure!((1..=100).contains(&reps), "--reps must be 1 to 100");
    need::ensure(&["feed"], install)?;
    let programs = Programs {
        python: install::python("feed/python")?,
        node: install::node("feed/node")?,
        rust: install::rust("feed/feed-rs", "peer-feed-rs")?,
        ours: install::product(binary.as_deref())?,
    };
    let scratch = Scratch::new("bench-feed")?;
    let equality = match &corpus {
        Some(corpus) => Some(corpus::compare(&programs, corpus, scratch.path())?),
        None => None,
    };
    let speeds = speeds(&programs, reps, scratch.path())?;
    let report = judge(equality, &speeds);
    print(&report);
    if let Some(file) = json {
        fs::write(&file, format!("{report:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(if report["holds"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Programs {
    /// The command of a reader without the words of the mode.
    fn command(&self, program: Program) -> Command {
        match program {
            Program::Ours => {
                let mut command = Command::new(&self.ours);
                command.arg("feed");
                command
            }
            Program::Python(engine) => {
                let mut command = Command::new(&self.python);
                command.arg(driver("reference.py")).arg(engine);
                command
            }
            Program::Node => {
                let mut command = Command::new(&self.node[0]);
                command.args(&self.node[1..]);
                command
            }
            Program::Rust => Command::new(&self.rust),
        }
    }
}

fn driver(name: &str) -> PathBuf {
    run::root().join("bench/peers/feed/python").join(name)
}

/// Writes the names of `files` where the drivers look for them, and returns where.
fn list(files: &[PathBuf], folder: &Path, name: &str) -> Result<PathBuf> {
    let list = folder.join(name);
    let lines: Vec<String> = files.iter().map(|file| format!("{}\n", file.display())).collect();
    fs::write(&list, lines.concat()).with_context(|| format!("writing {}", list.display()))?;
    Ok(list)
}

/// Megabytes a second of each reader: the median of the rounds.
fn speeds(programs: &Programs, reps: u32, folder: &Path) -> Result<Vec<f64>> {
    let files = made::feeds(folder, FEEDS)?;
    let list = list(&files, folder, "made.txt")?;
    let mut rounds: Vec<Vec<f64>> = READERS.iter().map(|_| Vec::new()).collect();
    for _ in 0..reps {
        for (reader, speeds) in READERS.iter().zip(&mut rounds) {
            let mut command = programs.command(reader.program);
            command.arg("bench").arg(&list).arg(PASSES.to_string());
            if reader.program == Program::Ours && reader.sanitizes {
                command.arg("--sanitize");
            }
            let line: Value = serde_json::from_slice(&answer(on_one_core(command))?)
                .with_context(|| format!("what {} said of its speed", reader.name))?;
            let (bytes, seconds) = (line["bytes"].as_f64(), line["median_s"].as_f64());
            let files_read = line["files"].as_u64();
            ensure!(files_read == Some(files.len() as u64), "{} has not read what was made: {line}", reader.name);
            speeds.push(bytes.zip(seconds).map(|(bytes, s)| bytes / s / 1e6).context("bytes and seconds")?);
        }
    }
    let median = |mut speeds: Vec<f64>| {
        speeds.sort_by(f64::total_cmp);
        speeds[speeds.len() / 2]
    };
    Ok(rounds.into_iter().map(median).collect())
}

/// The same command, held to one core where that can be asked for: engines bring threads of their own.
fn on_one_core(command: Command) -> Command {
    let (Some(taskset), Some(core)) = (need::find("taskset"), first_core()) else { return command };
    let mut pinned = Command::new(taskset);
    pinned.args(["--cpu-list", &core]).arg(command.get_program()).args(command.get_args());
    pinned
}

/// The first core that this process may run on.
fn first_core() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(list.trim().split([',', '-']).next()?.to_owned())
}

/// What a command prints; its failure is ours.
fn answer(mut command: Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("starting {}", run::shown(&command)))?;
    ensure!(
        output.status.success(),
        "{} ended with {}: {}",
        run::shown(&command),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}

/// The figures by reader, and whether ours equals the reference and is behind nobody.
fn judge(equality: Option<Value>, speeds: &[f64]) -> Value {
    let ours = |sanitizes: bool| {
        let own = READERS.iter().zip(speeds).find(|(r, _)| r.program == Program::Ours && r.sanitizes == sanitizes);
        own.map_or(0.0, |(_, speed)| *speed)
    };
    let lines = READERS.iter().zip(speeds).map(|(reader, speed)| {
        let ahead = *speed > ours(reader.sanitizes);
        json!({ "reader": reader.name, "sanitizes": reader.sanitizes, "mb_per_s": speed, "ahead_of_ours": ahead })
    });
    let speed: Vec<Value> = lines.collect();
    let is_first = speed.iter().all(|line| line["ahead_of_ours"] == false);
    let is_equal = equality.as_ref().is_none_or(|found| {
        let (filled, own) = (found["filled"].as_f64(), &found["readers"][0]);
        let equal = own["equal"].as_f64();
        let share = equal.zip(filled).map_or(0.0, |(equal, filled)| equal / filled);
        share >= BAR && own["crashes"].as_array().is_some_and(Vec::is_empty)
    });
    json!({ "corpus": equality, "speed": speed, "holds": is_first && is_equal })
}

fn print(report: &Value) {
    let corpus = &report["corpus"];
    if corpus.is_null() {
        println!("corpus: not compared; --corpus DIR|BARE.git names feedparser's tests or its repository");
    } else {
        println!("corpus: {} files, in {} of them feedparser finds entries", corpus["files"], corpus["filled"]);
        println!("{:<22} {:>8} {:>9} {:>9}", "reader", "equal", "share", "crashes");
        for reader in corpus["readers"].as_array().into_iter().flatten() {
            let share = reader["equal"].as_f64().zip(corpus["filled"].as_f64()).map_or(0.0, |(a, b)| 100.0 * a / b);
            let crashes = reader["crashes"].as_array().map_or(0, Vec::len);
            let name = reader["name"].as_str().unwrap_or_default();
            println!("{name:<22} {:>8} {share:>7.1} % {crashes:>9}", reader["equal"]);
        }
        for line in corpus["readers"][0]["different"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            println!("    differs: {line}");
        }
    }
    println!("{:<22} {:>12}", "reader", "MB/s");
    for line in report["speed"].as_array().into_iter().flatten() {
        let note = if line["ahead_of_ours"] == true { "  AHEAD OF OURS" } else { "" };
        let (name, speed) =
            (line["reader"].as_str().unwrap_or_default(), line["mb_per_s"].as_f64().unwrap_or_default());
        println!("{name:<22} {speed:>12.1}{note}");
    }
    if report["holds"] != true {
        println!("DOES NOT HOLD");
    }
}

#[cfg(test)]
mod tests;
