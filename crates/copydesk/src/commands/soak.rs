//! `copydesk soak …`: what `cargo xtask soak` needs of the real binary. Not shown in the help.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use queue::{Context, Enqueue, Fault, Flow, Handlers, Job, JobId, State, Workers};
use serde::{Deserialize, Serialize};
use stdx::{Clock, Rng};
use store::params;

use super::{read_input, say_json};
use crate::cli::{Soak, SoakWork};
use crate::config::Config;
use crate::process::{Mode, Process};

pub mod fuzz;
pub mod year;

store::sql! {
    DONE = "soak.done", "SELECT id, outcome FROM job_done";
    HELD = "soak.held", "SELECT (SELECT count(*) FROM job_unique), (SELECT count(*) FROM job_group), (SELECT count(*) FROM job_ack), (SELECT count(*) FROM job_dead)";
    UNDONE = "soak.undone",
        "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM job_lease) + (SELECT count(*) FROM job_parked) + (SELECT count(*) FROM job_blocked)";
}

/// A job of the soak; what it does is told by its parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trial {
    /// Fails so often before it succeeds.
    failures: u32,
    work_ms: u64,
    /// Runs alone beside others with this key.
    group: Option<u64>,
    key: Option<String>,
}

impl Job for Trial {
    const KIND: &'static str = "soak_trial";
    const ATTEMPTS_MAX: u32 = 1_000;
    const DEADLINE: Option<Duration> = Some(Duration::from_secs(10));
    fn unique_key(&self) -> Option<String> {
        self.key.clone()
    }
    fn group_key(&self) -> Option<String> {
        self.group.map(|group| group.to_string())
    }
}

/// Lines that outlive the process: each is one write to a file that is only appended to.
struct Diary(Mutex<File>);

impl Diary {
    fn open(file: &Path) -> Result<Diary> {
        let file = OpenOptions::new().create(true).append(true).open(file).context("opening the diary")?;
        Ok(Diary(Mutex::new(file)))
    }

    fn write(&self, text: &str) -> Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes()).context("writing the diary")
    }
}

pub async fn run(config: &Config, command: &Soak) -> Result<()> {
    match command {
        Soak::Work(args) => work(config, args).await,
        Soak::Settle { diaries, seconds } => settle(config, diaries, Duration::from_secs(*seconds)).await,
        Soak::Decode { file } => decode(file),
        Soak::Fuzz { seeds, seconds, seed } => fuzz::run(seeds, *seconds, *seed),
        Soak::Year(args) => year::run(config, args).await,
        Soak::Sweep(args) => year::sweep(config, args).await,
    }
}

/// What some bytes were taken for, by all who read what others wrote.
#[derive(Debug, Serialize)]
struct Taken {
    queue: queue::Decoded,
    edge: edge::Decoded,
    /// Records of a cache segment, and how many of them are whole.
    segment: (usize, usize),
}

/// Hands a file to everybody who reads what others wrote.
pub fn decode(file: &Path) -> Result<()> {
    let bytes = read_input(file)?;
    let taken =
        Taken { queue: queue::decode(&bytes), edge: edge::decode(&bytes), segment: cache::read_segment(&bytes) };
    say_json(&taken)?;
    ensure!(taken.queue.is_faithful, "a lease is another one after being written and read again");
    ensure!(taken.edge.is_faithful, "a request or its fields are read in two ways");
    ensure!(taken.segment.1 <= taken.segment.0, "a segment has more whole records than records");
    Ok(())
}

/// Adds jobs and runs them until somebody kills this process, or it does so itself in the middle of a job.
async fn work(config: &Config, args: &SoakWork) -> Result<()> {
    let process = Process::open(config, Mode::Serve).await?;
    let diary = Arc::new(Diary::open(&args.diary)?);
    let dice = Rng::seeded(args.seed);
    start(&process, &diary, args.die_at_run.map(|run| (run, Duration::from_micros(args.die_after_us))));
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    loop {
        tick.tick().await;
        let added = match add(&process, &dice, (args.rate / 20).max(1)).await {
            Ok(added) => added,
            // The server is restarted now and then; that is what a caller would do.
            Err(error) => {
                tracing::warn!(error = %error, "adding jobs failed; trying again");
                continue;
            }
        };
        for id in added {
            diary.write(&format!("a {id} {}\n", now_us()))?;
        }
    }
}

/// Starts workers that write down each run. At the `n`-th of this process the machine dies, so long after the
/// work and perhaps before anybody has heard of it.
fn start(process: &Process, diary: &Arc<Diary>, death: Option<(u64, Duration)>) -> Arc<Workers> {
    let (diary, runs) = (Arc::clone(diary), Arc::new(AtomicU64::new(0)));
    let handlers = Handlers::default().on(move |context: Context, job: Trial| {
        let (diary, run) = (Arc::clone(&diary), runs.fetch_add(1, Ordering::SeqCst) + 1);
        async move {
            let wrong = |error: anyhow::Error| Fault::GiveUp(format!("{error:#}"));
            diary
                .write(&format!("s {} {} {} {}\n", context.id, context.attempt, context.rescues, now_us()))
                .map_err(wrong)?;
            tokio::time::sleep(Duration::from_millis(job.work_ms)).await;
            diary.write(&format!("e {} {} {}\n", context.id, context.attempt, now_us())).map_err(wrong)?;
            if let Some((_, after)) = death.filter(|(at, _)| *at == run) {
                std::thread::spawn(move || {
                    std::thread::sleep(after);
                    // Nothing is unwound, flushed or said.
                    std::process::abort();
                });
            }
            if context.attempt <= job.failures {
                return Err(Fault::Retry {
                    error: "as it was told".to_owned(),
                    after: Some(Duration::from_millis(20)),
                });
            }
            Ok(None)
        }
    });
    Workers::start(&process.desk.queue, handlers, &process.tasks)
}

/// Adds about `count` jobs of all sorts; those whose commit was answered.
async fn add(process: &Process, dice: &Rng, count: u32) -> Result<Vec<JobId>> {
    let queue = &process.desk.queue;
    let mut ids = Vec::new();
    let jobs = (0..count).map(|_| {
        let trial = Trial {
            failures: u32::from(dice.below(10) == 0),
            work_ms: if dice.below(10) == 0 { dice.below(100) } else { dice.below(3) },
            group: (dice.below(8) == 0).then(|| dice.below(5)),
            key: (dice.below(8) == 0).then(|| dice.below(50).to_string()),
        };
        let priority = queue::Priority::ALL[dice.below(4) as usize];
        (trial, Enqueue::default().with_priority(priority))
    });
    for added in queue.enqueue_all(jobs.collect()).await? {
        if let queue::Enqueued::New(id) = added {
            ids.push(id);
        }
    }
    if dice.below(10) == 0 {
        let plain = || Trial { failures: 0, work_ms: 1, group: None, key: None };
        let part = || Flow::of(&plain(), Enqueue::default());
        let flow = part()?.after(part()?).after(part()?.after(part()?));
        let queue = queue.clone();
        let added = process.desk.store.write(move |tx| {
            let (queue, flow) = (queue.clone(), flow.clone());
            Box::pin(async move { queue.enqueue_flow(tx, flow).await })
        });
        ids.push(added.await?);
    }
    Ok(ids)
}

/// What a soak has come to.
#[derive(Debug, Serialize)]
struct Verdict {
    /// Jobs whose commit was answered.
    added: usize,
    /// Rows of the history.
    completed: usize,
    /// Added, and not in the history as completed.
    lost: Vec<JobId>,
    /// In the history more than once.
    doubled: usize,
    /// Neither done nor dead when the time was over.
    left: i64,
    dead: i64,
    /// Unique keys, places of groups and partial acknowledgements that nobody holds any more.
    leaked: i64,
}

/// Runs what is left, then compares the history with the diaries.
async fn settle(config: &Config, diaries: &Path, limit: Duration) -> Result<()> {
    let process = Process::open(config, Mode::Serve).await?;
    let diary = Arc::new(Diary::open(&diaries.join("settle"))?);
    start(&process, &diary, None);
    let store = &process.desk.store;
    let begun = std::time::Instant::now();
    let left = loop {
        let left: i64 = store.read_fresh().one(&UNDONE, params![]).await?.get(0)?;
        if left == 0 || begun.elapsed() > limit {
            break left;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let added = added(diaries)?;
    ensure!(!added.is_empty(), "the diaries tell of no job");
    let mut done: HashMap<i64, (usize, i64)> = HashMap::new();
    let mut completed = 0;
    for row in store.read_fresh().all(&DONE, params![]).await? {
        let seen = done.entry(row.get(0)?).or_default();
        (seen.0, seen.1) = (seen.0 + 1, row.get(1)?);
        completed += 1;
    }
    let held = store.read_fresh().one(&HELD, params![]).await?;
    let leaked = held.get::<i64>(0)? + held.get::<i64>(1)? + held.get::<i64>(2)?;
    let mut lost = Vec::new();
    for id in &added {
        if done.get(&id.0.to_i64()).is_none_or(|(_, outcome)| *outcome != 1) {
            let shown = process.desk.queue.get(*id).await?;
            if shown.is_none_or(|job| job.state != State::Completed) {
                lost.push(*id);
            }
        }
    }
    say_json(&Verdict {
        added: added.len(),
        completed,
        lost,
        doubled: done.values().filter(|(times, _)| *times > 1).count(),
        left,
        dead: held.get(3)?,
        leaked,
    })?;
    process.close(Duration::from_secs(5)).await;
    Ok(())
}

/// The jobs that the diaries call added.
fn added(folder: &Path) -> Result<HashSet<JobId>> {
    let mut ids = HashSet::new();
    for entry in std::fs::read_dir(folder)? {
        let text = std::fs::read_to_string(entry?.path())?;
        ids.extend(text.lines().filter_map(|line| line.strip_prefix("a ")?.split(' ').next()?.parse::<JobId>().ok()));
    }
    Ok(ids)
}

fn now_us() -> i64 {
    Clock::system().now().micros()
}

#[cfg(test)]
mod tests;
