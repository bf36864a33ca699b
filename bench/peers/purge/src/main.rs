//! How soon a purge in one process is obeyed in another, over the product's own log and bus.
//!
//! `peer-purge --url postgres://… [--reps N]` starts itself a second time. That process keeps a value and asks for it
//! every 50 microseconds or so; this one purges the value's tag and waits for the word that it is gone. The time is from the call
//! of the purge to that word, the pipe between the two included. One line of JSON for each purge.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache::{Cache, Settings};
use desk::PurgeLog;
use serde_json::json;
use stdx::config::Secret;
use stdx::task::Tasks;
use stdx::{Clock, Rng};
use store::Store;
use store::bus::Bus;

type Failure = Box<dyn Error + Send + Sync>;

/// Until everything is connected, and until a purge is obeyed.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let reps = option("--reps").map_or(Ok(200), |reps| reps.parse());
    let done = match (option("--url"), reps) {
        (Some(url), Ok(_)) if words.iter().any(|word| word == "--peer") => obey(url).await,
        (Some(url), Ok(reps)) => purge(url, reps).await,
        _ => Err("say --url postgres://… [--reps N]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer-purge: {error}");
            ExitCode::from(2)
        }
    }
}

/// A cache on the log of `url`'s database, as a process of the product has one.
async fn join(url: &str, me: u64, tasks: &Tasks) -> Result<Cache, Failure> {
    let settings = store::Settings { url: Some(Secret::new(url)), ..store::Settings::default() };
    let sets = [queue::MIGRATIONS, desk::MIGRATIONS];
    let store = Store::open(&std::env::temp_dir(), &settings, &sets, Clock::system()).await?;
    let bus = Bus::join(&store, &settings, me, tasks)?;
    let log = PurgeLog::open(&store, &bus, Clock::system(), &Rng::from_os(), tasks).await?;
    let cache = Cache::open(&Settings::default(), Clock::system(), tasks, Some(Arc::new(log))).await;
    let began = Instant::now();
    while !bus.is_connected() || cache.stats().behind {
        if began.elapsed() > PATIENCE {
            return Err("the log is not read to its end".into());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(cache)
}

async fn purge(url: &str, reps: u32) -> Result<(), Failure> {
    let tasks = Tasks::default();
    let cache = join(url, 1, &tasks).await?;
    let mut peer = Command::new(std::env::current_exe()?)
        .args(["--url", url, "--peer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut tell = peer.stdin.take().ok_or("its input is piped")?;
    let mut words = BufReader::new(peer.stdout.take().ok_or("its output is piped")?).lines();
    let mut heard = |wanted: &str| match words.next() {
        Some(Ok(word)) if word == wanted => Ok(()),
        other => Err(Failure::from(format!("the peer said {other:?} instead of {wanted}"))),
    };
    for rep in 0..reps {
        writeln!(tell, "{rep}")?;
        heard("there")?;
        // Not in step with anything that happens every so often.
        tokio::time::sleep(Duration::from_millis(3 + u64::from(rep % 17))).await;
        let began = Instant::now();
        cache.invalidate_tag(&format!("tag:{rep}"));
        let call_us = began.elapsed().as_secs_f64() * 1e6;
        tokio::task::block_in_place(|| heard("gone"))?;
        let ms = began.elapsed().as_secs_f64() * 1e3;
        println!("{}", json!({ "phase": "peers", "rep": rep, "call_us": call_us, "ms": ms }));
    }
    drop(tell);
    peer.wait()?;
    tasks.shutdown(Duration::from_secs(2)).await;
    Ok(())
}

/// The other process: for each number on its input it keeps a value, says so, and says when it is gone.
async fn obey(url: &str) -> Result<(), Failure> {
    let tasks = Tasks::default();
    let cache = join(url, 2, &tasks).await?;
    let space = cache.define::<u64>("bench").open();
    for line in std::io::stdin().lines() {
        let line = line?;
        space.put("k", &["every", &format!("tag:{line}")], 1);
        println!("there");
        let began = Instant::now();
        tokio::task::block_in_place(|| {
            while space.get("k").is_some() {
                if began.elapsed() > PATIENCE {
                    return Err("the purge was not heard");
                }
                // Not a whole core of two: the database and the bus need them too.
                std::thread::sleep(Duration::from_micros(50));
            }
            Ok(())
        })?;
        println!("gone");
    }
    tasks.shutdown(Duration::from_secs(2)).await;
    Ok(())
}
