//! The runs: every engine once, then all of them again, so that the machine's moods fall on each alike.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Plan;
use super::engine::{Engine, Kind};
use super::install::Programs;
use super::phase::Phase;
use super::server::{Cost, Server};
use crate::run::Owned;
use crate::scratch::Scratch;

pub struct Results {
    pub samples: Vec<Sample>,
    /// What did not work, in words.
    pub failures: Vec<String>,
    pub load_before: String,
    pub load_after: String,
}

/// One phase of one engine, once.
pub struct Sample {
    pub engine: &'static str,
    pub phase: &'static str,
    /// The driver's own line.
    pub line: Value,
    pub server: Cost,
}

impl Sample {
    pub fn number(&self, key: &str) -> Option<f64> {
        self.line.get(key).and_then(Value::as_f64)
    }

    /// One of the figures of the report.
    pub fn figure(&self, figure: Figure) -> Option<f64> {
        let jobs = self.number("jobs")?;
        let per_job = |total: Option<f64>, unit: f64| total.map(|total| total * unit / jobs);
        match figure {
            Figure::JobsPerS => self.number("jobs_per_s"),
            Figure::P50 => self.number("p50_ms"),
            Figure::P99 => self.number("p99_ms"),
            Figure::ClientCpu => per_job(self.number("cpu_client_s"), 1e6),
            Figure::ServerCpu => per_job(self.server.cpu_s, 1e6),
            Figure::Wal => per_job(self.server.wal_bytes, 1.0),
            Figure::Commits => per_job(self.server.commits, 1.0),
            Figure::Dead => per_job(self.server.dead, 1.0),
        }
    }
}

/// Client and server processor time in µs, the log in bytes, commits and dead row versions: each for one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    JobsPerS,
    P50,
    P99,
    ClientCpu,
    ServerCpu,
    Wal,
    Commits,
    Dead,
}

pub fn run(plan: &Plan) -> Result<Results> {
    let programs = Programs::install(plan)?;
    let mut servers = HashMap::new();
    for kind in [Kind::Postgres, Kind::Redis, Kind::Sqlite] {
        if plan.engines.iter().any(|engine| engine.server == kind) {
            servers.insert(format!("{kind:?}"), Server::start(kind, plan.tuned)?);
        }
    }
    let logs = Scratch::new("bench-logs")?;
    let mut results =
        Results { samples: Vec::new(), failures: Vec::new(), load_before: load(), load_after: String::new() };
    for rep in 1..=plan.reps {
        for phase in &plan.phases {
            for engine in plan.engines.iter().filter(|engine| phase.suits(engine)) {
                let server = servers.get(&format!("{:?}", engine.server)).expect("a server was started for each");
                let trial = Trial { plan, programs: &programs, server, engine, phase, logs: &logs };
                match trial.run() {
                    Ok(sample) => {
                        let speed = sample.figure(Figure::JobsPerS).map_or(String::new(), |n| format!("{n:.0} jobs/s"));
                        println!("{rep}/{} {:<14} {:<16} {speed}", plan.reps, phase.name, engine.name);
                        results.samples.push(sample);
                    }
                    Err(error) => {
                        println!("{rep}/{} {:<14} {:<16} FAILED: {error:#}", plan.reps, phase.name, engine.name);
                        results.failures.push(format!("{} of {}: {error:#}", phase.name, engine.name));
                    }
                }
            }
        }
    }
    results.load_after = load();
    Ok(results)
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// One phase of one engine.
struct Trial<'a> {
    plan: &'a Plan,
    programs: &'a Programs,
    server: &'a Server,
    engine: &'static Engine,
    phase: &'static Phase,
    logs: &'a Scratch,
}

impl Trial<'_> {
    fn run(&self) -> Result<Sample> {
        let sample = |line, server| Sample { engine: self.engine.name, phase: self.phase.name, line, server };
        if !self.phase.is_plain() {
            let line = self.start(&self.words(&[]))?.last_line()?.context("it printed nothing")?;
            return Ok(sample(serde_json::from_str(&line)?, Cost::default()));
        }
        self.start(&["--phase", "setup", "--keep"])?.last_line().context("making the schema")?;
        let snapshot = if self.plan.snapshot { self.server.snapshot()? } else { None };
        if self.phase.filled {
            let jobs = self.phase.jobs(self.plan.jobs).to_string();
            let fill = ["--phase", "batch", "--jobs", &jobs, "--prepared", "--keep"];
            self.start(&fill)?.last_line().context("filling the queue")?;
        }
        self.server.settle()?;
        let mut driver = self.start(&self.words(&["--prepared", "--keep", "--wait"]))?;
        ensure!(driver.line()?.as_deref() == Some("ready"), "it did not say that it was ready{}", driver.complaint());
        let mark = self.server.before()?;
        driver.go()?;
        let line = driver.last_line()?.context("it printed no figures")?;
        let cost = self.server.since(&mark)?;
        drop(snapshot);
        // Leaves nothing that a later engine's figures would pay for.
        self.start(&["--phase", "setup"])?.last_line().context("cleaning up")?;
        Ok(sample(serde_json::from_str(&line).with_context(|| format!("it printed {line:?}"))?, cost))
    }

    /// The words of the phase itself.
    fn words(&self, more: &[&str]) -> Vec<String> {
        let (jobs, concurrency) = (self.phase.jobs(self.plan.jobs).to_string(), self.phase.concurrency.to_string());
        let own = ["--phase", self.phase.word, "--jobs", &jobs, "--concurrency", &concurrency].map(str::to_owned);
        let more = more.iter().map(|word| (*word).to_owned());
        own.into_iter().chain(more).chain(self.phase.words_for(self.engine).map(str::to_owned)).collect()
    }

    fn start<S: AsRef<OsStr>>(&self, words: &[S]) -> Result<Running> {
        let log = self.logs.path().join("errors");
        let mut command: Command = self.programs.command(self.engine);
        command.args(["--url", &self.server.url(), "--json"]).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let mut child = command.spawn().with_context(|| format!("starting the driver of {}", self.engine.name))?;
        let output = child.stdout.take().context("the driver has no output")?;
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Ok(Running {
            child: Owned(child),
            input,
            lines,
            log,
            end: Instant::now() + Duration::from_secs(self.plan.limit_s),
        })
    }
}

/// A driver at work; killed when it is dropped.
struct Running {
    child: Owned,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    log: std::path::PathBuf,
    end: Instant,
}

impl Running {
    /// The next line of its output; `None` at the end.
    fn line(&mut self) -> Result<Option<String>> {
        match self.lines.recv_timeout(self.end.saturating_duration_since(Instant::now())) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => bail!("not done within the time limit{}", self.complaint()),
        }
    }

    fn go(&mut self) -> Result<()> {
        let input = self.input.as_mut().context("the driver has no input")?;
        input.write_all(b"go\n").with_context(|| format!("the driver has gone{}", self.complaint()))
    }

    /// Waits for its good end.
    fn last_line(mut self) -> Result<Option<String>> {
        let mut last = None;
        while let Some(line) = self.line()? {
            last = Some(line);
        }
        let status = self.child.0.wait()?;
        ensure!(status.success(), "the driver ended with {status}{}", self.complaint());
        Ok(last)
    }

    /// The end of what it wrote on standard error.
    fn complaint(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(6)..].join("\n    ");
        if last.is_empty() { last } else { format!("; it said:\n    {last}") }
    }
}
