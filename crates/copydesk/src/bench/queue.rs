//! `copydesk bench queue`: jobs a second through the product's own queue, one phase a run.

mod many;
mod phases;
pub mod place;
mod worker;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};
use queue::Job;
use serde::{Deserialize, Serialize};
use stdx::Clock;

use crate::cli::{BenchQueue, Phase};
use crate::commands::{say, say_json};
use crate::config::Config;
use place::Place;

#[cfg_attr(not(test), expect(dead_code, reason = "for the test that prepares them"))]
const STATEMENTS: [&[&store::Statement]; 3] = [place::STATEMENTS, worker::STATEMENTS, many::STATEMENTS];

/// Nothing but its time: what is measured is the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Noop {
    i: u64,
    /// When it was added, or should have been: microseconds of the system clock, which the processes of one
    /// machine share.
    t: i64,
}

impl Job for Noop {
    const KIND: &'static str = "bench_noop";
}

/// One phase's figures; also the line that the drivers of other queues print.
#[derive(Debug, Serialize)]
struct Line {
    phase: Phase,
    jobs: u64,
    seconds: f64,
    jobs_per_s: f64,
    /// Of what the phase times; `null` where single jobs are not timed.
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    /// User and system time of all processes of the client during the phase.
    cpu_client_s: f64,
}

/// Runs one phase on a place made for it, and prints its line.
///
/// # Errors
/// Those of the database, and arguments that do not go together.
pub async fn run(config: &Config, args: &BenchQueue) -> Result<()> {
    check(args)?;
    let place = Place::choose(config, args.url.as_deref(), args.concurrency)?;
    if args.as_worker {
        return worker::serve(&place, args).await;
    }
    if !args.prepared {
        place.prepare().await?;
    }
    let outcome = match args.phase {
        Phase::Queues => many::run(&place, args).await.and_then(|line| say_json(&line)),
        _ => phases::run(&place, args).await.and_then(|line| line.map_or(Ok(()), |line| print(args, &line))),
    };
    if !args.keep {
        let cleared = place.clear().await;
        return outcome.and(cleared);
    }
    outcome
}

/// What the parser cannot see.
fn check(args: &BenchQueue) -> Result<()> {
    if let Some(url) = &args.url {
        let known = ["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme));
        ensure!(known, "--url must be postgres://… or sqlite:FOLDER");
    }
    let on_postgres = args.url.as_ref().is_some_and(|url| url.starts_with("postgres"));
    ensure!(!args.other_node || on_postgres, "--other-node needs PostgreSQL: an SQLite folder belongs to one process");
    let kept = args.url.is_some() || !(args.keep || args.prepared);
    ensure!(kept, "--keep and --prepared need --url: without it the database is a temporary folder");
    Ok(())
}

fn print(args: &BenchQueue, line: &Line) -> Result<()> {
    if args.json {
        return say_json(line);
    }
    let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.2} ms"));
    say(format!(
        "{} jobs in {:.2} s: {:.0} a second; half within {}, 99 of 100 within {}; {:.1} µs of the client's processor a job",
        line.jobs,
        line.seconds,
        line.jobs_per_s,
        ms(line.p50_ms),
        ms(line.p99_ms),
        line.cpu_client_s * 1e6 / line.jobs as f64
    ))
}

/// Microseconds of the system clock.
fn now_us() -> i64 {
    Clock::system().now().micros()
}

/// The time below which the share `q` of all lies, in milliseconds; `None` without any.
fn quantile_ms(times_us: &mut [u32], q: f64) -> Option<f64> {
    times_us.sort_unstable();
    let at = ((times_us.len() as f64 * q) as usize).min(times_us.len().checked_sub(1)?);
    Some(f64::from(times_us[at]) / 1_000.0)
}

/// With `--wait`: says that the clock may start, and waits for a line on standard input.
async fn ready(wait: bool) -> Result<()> {
    if wait {
        say("ready")?;
        std::io::stdout().flush()?;
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    }
    Ok(())
}

/// The processor time of all of this process, in seconds.
fn cpu_seconds() -> f64 {
    super::cpu_seconds()
}

/// A folder that is the benchmark's own: empty, or with its mark.
fn is_ours(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none() || folder.join(place::MARK).exists())
}

#[cfg(test)]
mod tests;
