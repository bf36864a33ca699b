//! A worker that counts what it runs, in this process or in another one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use queue::{Handlers, Workers};
use serde::{Deserialize, Serialize};
use store::{Store, params};
use tokio::sync::Notify;

use super::place::Place;
use super::{Noop, cpu_seconds, now_us, quantile_ms};
use crate::cli::BenchQueue;
use crate::commands::{say, say_json};
use crate::process::Process;

store::sql! {
    UNDONE = "bench.undone", "SELECT 1 WHERE EXISTS (SELECT 1 FROM job) OR EXISTS (SELECT 1 FROM job_lease)";
}

/// Nothing that is measured takes longer.
const LIMIT: Duration = Duration::from_secs(1_800);
/// Between two looks at the database, once every job has run.
const LOOK: Duration = Duration::from_millis(2);

/// Counts jobs that run here, and the time each took from its enqueue to its start.
pub struct Tally {
    wanted: u64,
    seen: AtomicU64,
    times_us: Mutex<Vec<u32>>,
    all: Notify,
}

impl Tally {
    /// Starts the process's workers.
    pub fn start(process: &Process, wanted: u64) -> Arc<Tally> {
        let tally = Arc::new(Tally {
            wanted,
            seen: AtomicU64::new(0),
            times_us: Mutex::new(Vec::with_capacity(wanted.min(1 << 20) as usize)),
            all: Notify::new(),
        });
        let counting = Arc::clone(&tally);
        let handlers = Handlers::default().on(move |_, job: Noop| {
            counting.count(&job);
            std::future::ready(Ok(None))
        });
        Workers::start(&process.desk.queue, handlers, &process.tasks);
        tally
    }

    fn count(&self, job: &Noop) {
        let time = u32::try_from((now_us() - job.t).max(0)).unwrap_or(u32::MAX);
        self.times_us.lock().unwrap_or_else(PoisonError::into_inner).push(time);
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.wanted {
            self.all.notify_one();
        }
    }

    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }

    /// Waits until every job has run and the database knows it; the time of the first look that found so.
    pub async fn settled(&self, store: &Store) -> Result<i64> {
        let waited = tokio::time::timeout(LIMIT, self.all.notified()).await;
        ensure!(waited.is_ok(), "only {} of {} jobs ran within {} s", self.seen(), self.wanted, LIMIT.as_secs());
        loop {
            let asked = now_us();
            if store.read_fresh().opt(&UNDONE, params![]).await?.is_none() {
                return Ok(asked);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Half and 99 of 100 of the jobs started within these times.
    pub fn quantiles_ms(&self) -> (Option<f64>, Option<f64>) {
        let mut times = std::mem::take(&mut *self.times_us.lock().unwrap_or_else(PoisonError::into_inner));
        (quantile_ms(&mut times, 0.5), quantile_ms(&mut times, 0.99))
    }
}

/// What the other process tells at its end.
#[derive(Serialize, Deserialize)]
pub struct Report {
    /// When the database knew every job as done.
    pub ended_us: i64,
    pub cpu_s: f64,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

/// The worker of another process's phase: says "ready", works, reports, and leaves when its input ends.
pub async fn serve(place: &Place, args: &BenchQueue) -> Result<()> {
    let process = place.open().await?;
    let tally = Tally::start(&process, super::phases::jobs(args));
    let cpu = cpu_seconds();
    say("ready")?;
    let mut orphaned = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let settled = tokio::select! {
        settled = tally.settled(&process.desk.store) => settled,
        _ = &mut orphaned => bail!("the process that asked for this worker is gone"),
    };
    let (p50_ms, p99_ms) = tally.quantiles_ms();
    say_json(&Report { ended_us: settled?, cpu_s: cpu_seconds() - cpu, p50_ms, p99_ms })?;
    orphaned.await.context("waiting for the end of the input")??;
    process.close(Duration::from_secs(5)).await;
    Ok(())
}

/// The worker in another process.
pub struct Other {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Other {
    /// The same program with the same words, as a worker.
    pub async fn start(args: &BenchQueue) -> Result<Other> {
        let mut child = Command::new(std::env::current_exe().context("looking for the own program")?)
            .args(std::env::args_os().skip(1))
            .arg("--as-worker")
            .args((!args.prepared).then_some("--prepared"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the worker process")?;
        let lines = BufReader::new(child.stdout.take().context("the worker process has no output")?);
        let (other, line) = Other { child, lines }.line().await?;
        ensure!(line.trim() == "ready", "the worker process said {line:?} instead of being ready");
        Ok(other)
    }

    async fn line(mut self) -> Result<(Other, String)> {
        tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).context("listening to the worker process")?;
            ensure!(read > 0, "the worker process ended early");
            Ok((self, line))
        })
        .await?
    }

    /// Waits for its report, then lets it go.
    pub async fn report(self) -> Result<Report> {
        let (mut other, line) = self.line().await?;
        let report = serde_json::from_str(&line).with_context(|| format!("the worker process said {line:?}"))?;
        if let Some(mut input) = other.child.stdin.take() {
            // It may have gone already.
            let _ = input.flush();
        }
        let status = tokio::task::spawn_blocking(move || other.child.wait()).await??;
        ensure!(status.success(), "the worker process ended with {status}");
        Ok(report)
    }
}
