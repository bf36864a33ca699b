//! The phases, each with the clock around what it is named for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use queue::{Enqueue, Queue};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::place::Place;
use super::worker::{Other, Tally};
use super::{Line, Noop, cpu_seconds, now_us, quantile_ms, ready};
use crate::cli::{BenchQueue, Phase};
use crate::process::Process;

/// Enqueues under way of `e2e`.
const PRODUCERS: u32 = 16;
const LATENCY_GAP: Duration = Duration::from_millis(25);
/// Enqueues under way at a steady rate; when there are more, the producer waits and its jobs count as late.
const STEADY_UNDER_WAY: usize = 1_000;

/// What a phase measured.
struct Outcome {
    started_us: i64,
    ended_us: i64,
    cpu_s: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// How many jobs the phase is about.
pub fn jobs(args: &BenchQueue) -> u64 {
    if args.phase == Phase::Steady { u64::from(args.rate) * u64::from(args.seconds) } else { args.jobs }
}

/// `None` for a phase that measures nothing.
pub async fn run(place: &Place, args: &BenchQueue) -> Result<Option<Line>> {
    let process = place.open().await?;
    let run = Run { args, jobs: jobs(args), process: &process, on_postgres: place.is_postgres() };
    let outcome = match args.phase {
        Phase::Insert => Some(run.insert().await),
        Phase::Batch => Some(run.batch().await),
        Phase::Drain => Some(run.drain().await),
        Phase::E2e => Some(run.end_to_end().await),
        Phase::Latency => Some(run.latency().await),
        Phase::Steady => Some(run.steady().await),
        Phase::Setup | Phase::Queues => None,
    };
    process.close(Duration::from_secs(10)).await;
    let Some(outcome) = outcome.transpose()? else { return Ok(None) };
    let seconds = (outcome.ended_us - outcome.started_us) as f64 / 1e6;
    Ok(Some(Line {
        phase: args.phase,
        jobs: jobs(args),
        seconds,
        jobs_per_s: jobs(args) as f64 / seconds,
        p50_ms: outcome.p50_ms,
        p99_ms: outcome.p99_ms,
        cpu_client_s: outcome.cpu_s,
    }))
}

struct Run<'a> {
    args: &'a BenchQueue,
    jobs: u64,
    process: &'a Process,
    on_postgres: bool,
}

/// The worker of a phase, wherever it is.
enum Worker {
    Here(Arc<Tally>),
    There(Other),
}

impl Run<'_> {
    async fn insert(&self) -> Result<Outcome> {
        ready(self.args.wait).await?;
        let (cpu, started_us) = (cpu_seconds(), now_us());
        let mut times = self.produce(self.args.concurrency).await?;
        let (ended_us, cpu_s) = (now_us(), cpu_seconds() - cpu);
        let (p50_ms, p99_ms) = (quantile_ms(&mut times, 0.5), quantile_ms(&mut times, 0.99));
        Ok(Outcome { started_us, ended_us, cpu_s, p50_ms, p99_ms })
    }

    async fn batch(&self) -> Result<Outcome> {
        ready(self.args.wait).await?;
        let (cpu, started_us) = (cpu_seconds(), now_us());
        fill(self.process, self.jobs, self.args.batch_size).await?;
        Ok(Outcome { started_us, ended_us: now_us(), cpu_s: cpu_seconds() - cpu, p50_ms: None, p99_ms: None })
    }

    async fn drain(&self) -> Result<Outcome> {
        if !self.args.prepared {
            fill(self.process, self.jobs, self.args.batch_size).await?;
        }
        ready(self.args.wait).await?;
        let (cpu, started_us) = (cpu_seconds(), now_us());
        let tally = Tally::start(self.process, self.jobs);
        let ended_us = tally.settled(&self.process.desk.store).await?;
        Ok(Outcome { started_us, ended_us, cpu_s: cpu_seconds() - cpu, p50_ms: None, p99_ms: None })
    }

    async fn end_to_end(&self) -> Result<Outcome> {
        let worker = self.worker(self.on_postgres).await?;
        ready(self.args.wait).await?;
        let (cpu, started_us) = (cpu_seconds(), now_us());
        self.produce(PRODUCERS).await?;
        self.finish(worker, started_us, cpu).await
    }

    async fn latency(&self) -> Result<Outcome> {
        let worker = self.worker(self.args.other_node).await?;
        ready(self.args.wait).await?;
        let (cpu, started_us) = (cpu_seconds(), now_us());
        for i in 0..self.jobs {
            add(&self.process.desk.queue, i, now_us()).await?;
            tokio::time::sleep(LATENCY_GAP).await;
        }
        self.finish(worker, started_us, cpu).await
    }

    async fn steady(&self) -> Result<Outcome> {
        let worker = self.worker(self.args.other_node).await?;
        ready(self.args.wait).await?;
        let (cpu, started_us, begin) = (cpu_seconds(), now_us(), Instant::now());
        let gap = Duration::from_secs(1).div_f64(f64::from(self.args.rate));
        let places = Arc::new(Semaphore::new(STEADY_UNDER_WAY));
        let mut adding = JoinSet::new();
        for i in 0..self.jobs {
            let due = gap.mul_f64(i as f64);
            tokio::time::sleep_until((begin + due).into()).await;
            let (queue, place) = (self.process.desk.queue.clone(), Arc::clone(&places).acquire_owned().await?);
            adding.spawn(async move {
                let _place = place;
                add(&queue, i, started_us + due.as_micros() as i64).await
            });
            while let Some(added) = adding.try_join_next() {
                added??;
            }
        }
        while let Some(added) = adding.join_next().await {
            added??;
        }
        self.finish(worker, started_us, cpu).await
    }

    async fn worker(&self, elsewhere: bool) -> Result<Worker> {
        Ok(if elsewhere {
            Worker::There(Other::start(self.args).await?)
        } else {
            Worker::Here(Tally::start(self.process, self.jobs))
        })
    }

    /// Waits for the last acknowledgement.
    async fn finish(&self, worker: Worker, started_us: i64, cpu: f64) -> Result<Outcome> {
        match worker {
            Worker::Here(tally) => {
                let ended_us = tally.settled(&self.process.desk.store).await?;
                let cpu_s = cpu_seconds() - cpu;
                let (p50_ms, p99_ms) = tally.quantiles_ms();
                Ok(Outcome { started_us, ended_us, cpu_s, p50_ms, p99_ms })
            }
            Worker::There(other) => {
                let report = other.report().await?;
                let cpu_s = cpu_seconds() - cpu + report.cpu_s;
                Ok(Outcome {
                    started_us,
                    ended_us: report.ended_us,
                    cpu_s,
                    p50_ms: report.p50_ms,
                    p99_ms: report.p99_ms,
                })
            }
        }
    }

    /// Enqueues every job by itself, `most` under way; the times of the calls in microseconds.
    async fn produce(&self, most: u32) -> Result<Vec<u32>> {
        let (next, jobs) = (Arc::new(AtomicU64::new(0)), self.jobs);
        let mut producers = JoinSet::new();
        for _ in 0..most {
            let (queue, next) = (self.process.desk.queue.clone(), Arc::clone(&next));
            producers.spawn(async move {
                let mut times = Vec::new();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= jobs {
                        return Ok::<_, queue::Error>(times);
                    }
                    let begin = Instant::now();
                    add(&queue, i, now_us()).await?;
                    times.push(begin.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
                }
            });
        }
        let mut times = Vec::new();
        while let Some(producer) = producers.join_next().await {
            times.extend(producer??);
        }
        Ok(times)
    }
}

async fn add(queue: &Queue, i: u64, t: i64) -> Result<(), queue::Error> {
    queue.enqueue_now(&Noop { i, t }, Enqueue::default()).await.map(|_| ())
}

/// Enqueues `jobs` jobs, `size` in one call and transaction.
async fn fill(process: &Process, jobs: u64, size: u32) -> Result<()> {
    for first in (0..jobs).step_by(size as usize) {
        let last = jobs.min(first + u64::from(size));
        let batch = (first..last).map(|i| (Noop { i, t: now_us() }, Enqueue::default())).collect();
        process.desk.queue.enqueue_all(batch).await?;
    }
    Ok(())
}
