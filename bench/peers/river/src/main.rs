//! `peer-river-layout --phase PHASE --url sqlite:FOLDER --jobs N --concurrency C --json`: one phase of the
//! benchmark against a job table laid out as River lays it out on SQLite: all states in one table, with its
//! columns and indexes. Not River itself, which is Go: the table at its best, without River's own overhead.
//! Prints the line that `copydesk bench queue` prints.
//!
//! The operations: insert one by one or many in one transaction; claim by one UPDATE … RETURNING of up to
//! `--claim` jobs; complete the batch by one UPDATE. WAL, synchronous=FULL, one connection for all, as
//! there is one writer anyway; every statement stays prepared.

mod measure;
mod table;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use measure::{cpu_seconds, now_us, quantile};
use table::Table;

const PRODUCERS: usize = 16;
const LATENCY_GAP: Duration = Duration::from_millis(25);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let options = Options::parse(std::env::args().skip(1))?;
    if !options.prepared {
        empty(&options.folder)?;
    }
    std::fs::create_dir_all(&options.folder)?;
    let bench = Bench {
        table: Arc::new(Shared { table: Mutex::new(Table::open(&options.folder)?), added: Condvar::new() }),
        options,
    };
    if let Some(line) = bench.run()? {
        println!("{line}");
    }
    if !bench.options.keep {
        empty(&bench.options.folder)?;
    }
    Ok(())
}

/// Removes the table's own files, and nothing else.
fn empty(folder: &Path) -> std::io::Result<()> {
    for name in table::FILES {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

struct Shared {
    table: Mutex<Table>,
    added: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("no thread panics with the table")
    }

    fn add(&self, i: usize, t: u64) -> Result<(), Failure> {
        self.lock().insert(i, t)?;
        self.added.notify_one();
        Ok(())
    }
}

struct Bench {
    options: Options,
    table: Arc<Shared>,
}

impl Bench {
    fn run(&self) -> Result<Option<Value>, Failure> {
        let jobs = self.options.jobs;
        if self.options.phase == "drain" && !self.options.prepared {
            self.fill()?;
        }
        self.ready()?;
        let (cpu, started) = (cpu_seconds(), now_us());
        let times = match self.options.phase.as_str() {
            "setup" => return Ok(None),
            "insert" => self.produce(self.options.concurrency)?,
            "batch" => self.fill().map(|()| Vec::new())?,
            "drain" => self.work().map(|_| Vec::new())?,
            "e2e" => {
                let worker = self.start_worker();
                self.produce(PRODUCERS)?;
                worker.join().expect("the worker does not panic")?
            }
            "latency" => {
                let worker = self.start_worker();
                for i in 0..jobs {
                    self.table.add(i, now_us())?;
                    thread::sleep(LATENCY_GAP);
                }
                worker.join().expect("the worker does not panic")?
            }
            "steady" => {
                let worker = self.start_worker();
                let (begin, gap) = (Instant::now(), Duration::from_secs(1).div_f64(self.options.rate as f64));
                for i in 0..jobs {
                    let due = gap.mul_f64(i as f64);
                    thread::sleep(due.saturating_sub(begin.elapsed()));
                    self.table.add(i, started + due.as_micros() as u64)?;
                }
                worker.join().expect("the worker does not panic")?
            }
            other => return Err(format!("there is no phase {other}").into()),
        };
        let seconds = (now_us() - started) as f64 / 1e6;
        Ok(Some(json!({
            "phase": self.options.phase, "jobs": jobs, "seconds": seconds, "jobs_per_s": jobs as f64 / seconds,
            "p50_ms": quantile(&times, 0.5), "p99_ms": quantile(&times, 0.99), "cpu_client_s": cpu_seconds() - cpu,
        })))
    }

    fn ready(&self) -> Result<(), Failure> {
        if self.options.wait {
            println!("ready");
            std::io::stdin().read_line(&mut String::new())?;
        }
        Ok(())
    }

    /// Adds every job by itself, `most` at a time; the times of the calls in microseconds.
    fn produce(&self, most: usize) -> Result<Vec<u64>, Failure> {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            let one = || {
                let mut times = Vec::new();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= self.options.jobs {
                        return Ok::<_, Failure>(times);
                    }
                    let t = now_us();
                    self.table.add(i, t)?;
                    times.push(now_us() - t);
                }
            };
            let producers: Vec<_> = (0..most).map(|_| scope.spawn(one)).collect();
            let mut times = Vec::new();
            for producer in producers {
                times.extend(producer.join().expect("no producer panics")?);
            }
            Ok(times)
        })
    }

    fn fill(&self) -> Result<(), Failure> {
        let all: Vec<usize> = (0..self.options.jobs).collect();
        for batch in all.chunks(self.options.batch_size) {
            self.table.lock().insert_many(batch, now_us())?;
        }
        Ok(())
    }

    fn start_worker(&self) -> thread::JoinHandle<Result<Vec<u64>, Failure>> {
        let other = Bench { options: self.options.clone(), table: Arc::clone(&self.table) };
        thread::spawn(move || other.work())
    }

    /// Claims, runs and completes until all jobs are done; from adding to starting, in microseconds.
    fn work(&self) -> Result<Vec<u64>, Failure> {
        let mut times = Vec::new();
        while times.len() < self.options.jobs {
            let claimed = {
                let mut table = self.table.lock();
                let claimed = table.claim(self.options.claim)?;
                if claimed.is_empty() {
                    // What was added between the claim and the wait is found at the latest then.
                    let _ = self.table.added.wait_timeout(table, Duration::from_millis(5));
                    continue;
                }
                claimed
            };
            let now = now_us();
            let ids: Vec<i64> = claimed.iter().map(|job| job.id).collect();
            for job in claimed {
                let payload: Value = serde_json::from_slice(&job.args)?;
                times.push(now.saturating_sub(payload["t"].as_u64().unwrap_or(now)));
            }
            self.table.lock().complete(&ids)?;
        }
        Ok(times)
    }
}

#[derive(Clone)]
struct Options {
    phase: String,
    folder: PathBuf,
    jobs: usize,
    concurrency: usize,
    batch_size: usize,
    /// Most jobs of one claim and one completion.
    claim: usize,
    rate: usize,
    prepared: bool,
    keep: bool,
    wait: bool,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let (mut phase, mut folder) = (None, None);
        let (mut jobs, mut concurrency, mut batch_size, mut claim, mut rate, mut seconds) =
            (1_000, 10, 1_000, 256, 1_000, 10);
        let (mut prepared, mut keep, mut wait) = (false, false, false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--phase" => phase = Some(value()?),
                "--url" => folder = value()?.strip_prefix("sqlite:").map(PathBuf::from),
                "--jobs" => jobs = whole(&word, &value()?)?,
                "--concurrency" => concurrency = whole(&word, &value()?)?,
                "--batch-size" => batch_size = whole(&word, &value()?)?,
                "--claim" => claim = whole(&word, &value()?)?,
                "--rate" => rate = whole(&word, &value()?)?,
                "--seconds" => seconds = whole(&word, &value()?)?,
                "--prepared" => prepared = true,
                "--keep" => keep = true,
                "--wait" => wait = true,
                "--json" | "--tuned" => {}
                _ => return Err(format!("what is {word}?")),
            }
        }
        let phase = phase.ok_or("--phase is needed")?;
        let folder = folder.ok_or("--url sqlite:FOLDER is needed")?;
        if phase == "steady" {
            jobs = rate * seconds;
        }
        Ok(Options { phase, folder, jobs, concurrency, batch_size, claim, rate, prepared, keep, wait })
    }
}

fn whole(word: &str, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{word} {text} must be a whole number, 1 or more")),
    }
}
