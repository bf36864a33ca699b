//! `peer-apalis --phase PHASE --url URL --jobs N --concurrency C --json`: one phase of the benchmark
//! against apalis-postgres; prints the line that `copydesk bench queue` prints. Its default here is
//! LISTEN/NOTIFY with batches of 10, `--tuned` is the same with batches of 500.

mod measure;
mod options;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_postgres::{Config, PgPool, PostgresStorage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use tokio::sync::{Notify, Semaphore};

use measure::{cpu_seconds, now_us, quantile};
use options::Options;

const QUEUE: &str = "noop";
const CONNECTIONS: u32 = 20;
const PRODUCERS: usize = 16;
const LATENCY_GAP: Duration = Duration::from_millis(25);
const POLL: Duration = Duration::from_millis(100);
const STEADY_IN_FLIGHT: usize = 1_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Storage = PostgresStorage<Noop>;

#[derive(Clone, Serialize, Deserialize)]
struct Noop {
    i: usize,
    t: u64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse(std::env::args().skip(1))?;
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(&options.url).await?;
    if !options.prepared {
        reset(&pool).await?;
    }
    PostgresStorage::<()>::setup(&pool).await?;
    let bench = Bench { options, pool };
    if let Some(line) = bench.run().await? {
        println!("{line}");
    }
    if !bench.options.keep {
        reset(&bench.pool).await?;
    }
    // A worker has no way to be stopped that is quicker than the end of its process.
    std::process::exit(0);
}

async fn reset(pool: &PgPool) -> Result<(), Failure> {
    sqlx::query("DROP SCHEMA IF EXISTS apalis CASCADE").execute(pool).await?;
    sqlx::query("DROP TABLE IF EXISTS _sqlx_migrations").execute(pool).await?;
    Ok(())
}

/// What a phase measured, times in microseconds of the system clock.
struct Outcome {
    started: u64,
    ended: u64,
    cpu_s: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

struct Bench {
    options: Options,
    pool: PgPool,
}

impl Bench {
    async fn run(&self) -> Result<Option<Value>, Failure> {
        let outcome = match self.options.phase.as_str() {
            "setup" => return Ok(None),
            "worker" => return self.worker_for_another().await.map(|()| None),
            "insert" => self.insert().await?,
            "batch" => self.batch().await?,
            "drain" => self.drain().await?,
            "e2e" => self.end_to_end().await?,
            "steady" => self.steady().await?,
            "latency" => self.latency().await?,
            other => return Err(format!("there is no phase {other}").into()),
        };
        let seconds = (outcome.ended - outcome.started) as f64 / 1e6;
        let jobs = self.options.jobs;
        Ok(Some(json!({
            "phase": self.options.phase, "jobs": jobs, "seconds": seconds, "jobs_per_s": jobs as f64 / seconds,
            "p50_ms": outcome.p50_ms, "p99_ms": outcome.p99_ms, "cpu_client_s": outcome.cpu_s,
        })))
    }

    fn storage(&self) -> Storage {
        let batch = if self.options.tuned { 500 } else { 10 };
        PostgresStorage::new(&self.pool).with_config(Config::default().queue(QUEUE).batch_size(batch))
    }

    async fn insert(&self) -> Result<Outcome, Failure> {
        self.ready()?;
        let (cpu, started) = (cpu_seconds(), now_us());
        let times = self.produce(self.options.concurrency).await?;
        Ok(outcome(started, now_us(), cpu_seconds() - cpu, &times))
    }

    async fn batch(&self) -> Result<Outcome, Failure> {
        self.ready()?;
        let (cpu, started) = (cpu_seconds(), now_us());
        self.fill().await?;
        Ok(outcome(started, now_us(), cpu_seconds() - cpu, &[]))
    }

    async fn drain(&self) -> Result<Outcome, Failure> {
        if !self.options.prepared {
            self.fill().await?;
        }
        self.ready()?;
        let (cpu, started) = (cpu_seconds(), now_us());
        let ended = self.start_worker().settled(&self.pool).await?;
        Ok(outcome(started, ended, cpu_seconds() - cpu, &[]))
    }

    async fn end_to_end(&self) -> Result<Outcome, Failure> {
        let other = Other::start(&self.options)?;
        self.ready()?;
        let (cpu, started) = (cpu_seconds(), now_us());
        self.produce(PRODUCERS).await?;
        other.outcome(started, cpu)
    }

    /// Lateness counts from the moment at which a job was due to be added: a producer that falls behind shows.
    async fn steady(&self) -> Result<Outcome, Failure> {
        let other = Other::start(&self.options)?;
        self.ready()?;
        let (cpu, started, begin) = (cpu_seconds(), now_us(), Instant::now());
        let gap = Duration::from_secs(1).div_f64(self.options.rate as f64);
        let places = Arc::new(Semaphore::new(STEADY_IN_FLIGHT));
        for i in 0..self.options.jobs {
            let due = gap.mul_f64(i as f64);
            tokio::time::sleep_until((begin + due).into()).await;
            let (place, mut storage) = (Arc::clone(&places).acquire_owned().await?, self.storage());
            tokio::spawn(async move {
                let _place = place;
                let added = storage.push(Noop { i, t: started + due.as_micros() as u64 }).await;
                added.expect("a job that was not added would never be waited for");
            });
        }
        other.outcome(started, cpu)
    }

    async fn latency(&self) -> Result<Outcome, Failure> {
        let worker = if self.options.other_node { None } else { Some(self.start_worker()) };
        let other = if self.options.other_node { Some(Other::start(&self.options)?) } else { None };
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.ready()?;
        let (cpu, started) = (cpu_seconds(), now_us());
        let mut storage = self.storage();
        for i in 0..self.options.jobs {
            storage.push(Noop { i, t: now_us() }).await?;
            tokio::time::sleep(LATENCY_GAP).await;
        }
        match (worker, other) {
            (Some(worker), _) => {
                let ended = worker.settled(&self.pool).await?;
                Ok(outcome(started, ended, cpu_seconds() - cpu, &worker.times()))
            }
            (None, Some(other)) => other.outcome(started, cpu),
            (None, None) => Err("no worker".into()),
        }
    }

    /// The other process of end to end.
    async fn worker_for_another(&self) -> Result<(), Failure> {
        let worker = self.start_worker();
        // Time to say LISTEN: a job that is announced before would wait for the next poll.
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.ready()?;
        // A worker whose master has gone would wait for ever.
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        let cpu = cpu_seconds();
        let ended = worker.settled(&self.pool).await?;
        let times = worker.times();
        println!(
            "{}",
            json!({ "ended": ended, "cpu": cpu_seconds() - cpu, "p50_ms": quantile(&times, 0.5), "p99_ms": quantile(&times, 0.99) })
        );
        Ok(())
    }

    fn ready(&self) -> Result<(), Failure> {
        if self.options.wait {
            println!("ready");
            std::io::stdout().flush()?;
            std::io::stdin().lock().read_line(&mut String::new())?;
        }
        Ok(())
    }

    /// Adds every job by itself, `most` at a time; the times of the calls in microseconds.
    async fn produce(&self, most: usize) -> Result<Vec<u64>, Failure> {
        let (next, jobs) = (Arc::new(AtomicUsize::new(0)), self.options.jobs);
        let producers = (0..most).map(|_| {
            let (mut storage, next) = (self.storage(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= jobs {
                        return Ok::<_, Failure>(times);
                    }
                    let t = now_us();
                    storage.push(Noop { i, t }).await?;
                    times.push(now_us() - t);
                }
            })
        });
        let mut times = Vec::new();
        for producer in producers.collect::<Vec<_>>() {
            times.extend(producer.await??);
        }
        Ok(times)
    }

    async fn fill(&self) -> Result<(), Failure> {
        let mut storage = self.storage();
        let all: Vec<usize> = (0..self.options.jobs).collect();
        for batch in all.chunks(self.options.batch_size) {
            storage.push_bulk(batch.iter().map(|&i| Noop { i, t: now_us() }).collect()).await?;
        }
        Ok(())
    }

    fn start_worker(&self) -> Worker {
        let state = State { jobs: self.options.jobs, seen: Arc::default(), times: Arc::default(), all: Arc::default() };
        let (storage, concurrency, data) = (self.storage(), self.options.concurrency, state.clone());
        tokio::spawn(async move {
            // Announcements get lost under load; without a short poll beside them a job waits for the next one.
            let backend = storage.with_pubsub().poll_with_interval(POLL);
            let worker = WorkerBuilder::new("bench").backend(backend).concurrency(concurrency).data(data).build(noop);
            worker.run().await.expect("the worker works until the end");
        });
        Worker(state)
    }
}

fn outcome(started: u64, ended: u64, cpu_s: f64, times: &[u64]) -> Outcome {
    Outcome { started, ended, cpu_s, p50_ms: quantile(times, 0.5), p99_ms: quantile(times, 0.99) }
}

#[derive(Clone)]
struct State {
    jobs: usize,
    seen: Arc<AtomicUsize>,
    times: Arc<Mutex<Vec<u64>>>,
    all: Arc<Notify>,
}

async fn noop(job: Noop, state: Data<State>) -> Result<(), BoxDynError> {
    state.times.lock().expect("no handler panics").push(now_us().saturating_sub(job.t));
    if state.seen.fetch_add(1, Ordering::SeqCst) + 1 == state.jobs {
        state.all.notify_one();
    }
    Ok(())
}

struct Worker(State);

impl Worker {
    /// When the database was first asked that knew every job as done.
    async fn settled(&self, pool: &PgPool) -> Result<u64, Failure> {
        self.0.all.notified().await;
        loop {
            let asked = now_us();
            let some: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT FROM apalis.jobs WHERE status NOT IN ('Done', 'Failed', 'Killed'))",
            )
            .fetch_one(pool)
            .await?;
            if !some {
                return Ok(asked);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn times(&self) -> Vec<u64> {
        self.0.times.lock().expect("no handler panics").clone()
    }
}

/// A worker in a process of its own.
struct Other {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Other {
    fn start(options: &Options) -> Result<Other, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(options.for_worker())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output of the worker process")?);
        let mut other = Other { child, lines };
        other.line()?;
        let input = other.child.stdin.as_mut().ok_or("no input of the worker process")?;
        input.write_all(b"go\n")?;
        Ok(other)
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.lines.read_line(&mut line)? {
            0 => Err("the worker process ended early".into()),
            _ => Ok(line),
        }
    }

    fn outcome(mut self, started: u64, cpu: f64) -> Result<Outcome, Failure> {
        let report: Value = serde_json::from_str(&self.line()?)?;
        let own = cpu_seconds() - cpu;
        self.child.wait()?;
        Ok(Outcome {
            started,
            ended: report["ended"].as_u64().ok_or("the worker process told no end")?,
            cpu_s: own + report["cpu"].as_f64().unwrap_or_default(),
            p50_ms: report["p50_ms"].as_f64(),
            p99_ms: report["p99_ms"].as_f64(),
        })
    }
}
