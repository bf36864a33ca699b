//! `copydesk bench ingest`: how long a sweep over thousands of sources takes, and a refresh of ten.

pub mod site;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ::queue::{SignalKind, Workers};
use anyhow::{Context as _, Result, bail, ensure};
use desk::people::Actor;
use desk::sources::{self, Change, NewSource, State};
use desk::{Desk, Signal, SourceId, check, items, jobs};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value as Json, json};
use stdx::task::Tasks;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::cpu_seconds;
use crate::cli::ingest::BenchIngest;
use crate::commands::{say, say_json};
use crate::config::Config;
use crate::process::{Mode, Process};
use site::{Habit, Sites};

/// Sources of one refresh.
const FEW: u32 = 10;
const REFRESHES: usize = 7;
/// Between two calls of one host a second has to pass.
const HOST_PAUSE: Duration = Duration::from_millis(1_050);
/// Changes of sources under way at the same time.
const PARALLEL: usize = 64;
/// Longest time for one pass.
const LIMIT: Duration = Duration::from_secs(600);

pub async fn run(config: &Config, args: &BenchIngest) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("copydesk-bench-{}", std::process::id()));
    let sites = Sites::start()?;
    let mut config = config.clone();
    if config.store.url.is_none() {
        config.data = scratch.clone();
    }
    config.connect.allow.extend((0..args.sources + FEW).map(|n| sites.address(n).to_string()));
    let process = Process::open(&config, Mode::Serve).await?;
    let measured = measure(&process.desk, &sites, args.sources).await;
    process.close(Duration::from_secs(10)).await;
    let _ = std::fs::remove_dir_all(&scratch);
    let figures = measured?;
    if args.json {
        return say_json(&figures);
    }
    let number = |name: &str| figures[name].as_f64().unwrap_or_default();
    say(format!(
        "{} sources swept in {:.1} s, those that answer at once in {:.1} s; {:.1} s of processor, {:.0} MiB (PSS) at most",
        args.sources,
        number("seconds"),
        number("sound_s"),
        number("cpu_s"),
        number("pss_bytes") / f64::from(1 << 20)
    ))?;
    say(format!("{}; {} new items", figures["outcomes"], figures["new_items"]))?;
    say(format!("{FEW} sources refreshed in {} ms (median of {REFRESHES})", figures["refresh"]["median_ms"]))
}

async fn measure(desk: &Desk, sites: &Sites, count: u32) -> Result<Json> {
    desk::pipelines::ensure_default(desk).await?;
    let refresh = refresh(desk, sites, count).await?;
    let started = Instant::now();
    let numbers = add(desk, (0..count).map(|n| (n, sites.feed(n))).collect()).await?;
    let added_s = started.elapsed().as_secs_f64();

    // The first pass fills the desk: every site has something to tell that nobody has heard.
    let first = sweep(desk, &numbers).await?;
    ensure!(first.failed == 0, "{} of {count} sources failed on the first visit", first.failed);
    for state in [State::Paused, State::Active] {
        let change = |id: &SourceId| {
            let id = *id;
            async move {
                sources::update(desk, &Actor::system(), id, Change { state: Some(state), ..Change::default() }).await
            }
        };
        futures_util::stream::iter(numbers.keys().map(change))
            .buffer_unordered(PARALLEL)
            .try_collect::<Vec<_>>()
            .await?;
    }
    let (before, cpu) = (check::totals(desk).await?, cpu_seconds());
    let swept = sweep(desk, &numbers).await?;
    let cpu = cpu_seconds() - cpu;
    let after = check::totals(desk).await?;

    let of = |habits: &[Habit]| (0..count).filter(|n| habits.contains(&Habit::of(*n))).count() as u64;
    let expected = site::FRESH * of(&[Habit::Changes]);
    let stored = after.items - before.items;
    let outcomes = json!({ "read": swept.read, "unchanged": swept.unchanged, "failed": swept.failed });
    let failing = of(&[Habit::Errs, Habit::Silent, Habit::Breaks]);
    ensure!(swept.failed == failing, "{failing} sources should have failed, not {}", swept.failed);
    Ok(json!({
        "sources": count, "seconds": swept.seconds, "sound_s": swept.sound_s, "cpu_s": cpu, "pss_bytes": swept.pss_bytes,
        "outcomes": outcomes, "new_items": stored, "lost": expected.saturating_sub(stored), "doubled": stored.saturating_sub(expected),
        "first_s": first.seconds, "added_s": added_s, "refresh": refresh,
    }))
}

/// Adds sources; what they bring first is archive.
async fn add(desk: &Desk, feeds: Vec<(u32, String)>) -> Result<HashMap<SourceId, u32>> {
    let adding = feeds.into_iter().map(|(number, url)| async move {
        let new = NewSource { url: url.clone(), backfill: Some(0), interval_s: Some(86_400), ..NewSource::default() };
        let source = sources::create(desk, &Actor::system(), new).await.with_context(|| format!("adding {url}"))?;
        anyhow::Ok((source.id, number))
    });
    futures_util::stream::iter(adding).buffer_unordered(PARALLEL).try_collect().await
}

/// Fetches ten sources with something new again and again, as the button does: from the request to the end of the job.
async fn refresh(desk: &Desk, sites: &Sites, from: u32) -> Result<Json> {
    let tasks = Tasks::default();
    let ids: Vec<SourceId> =
        add(desk, (from..from + FEW).map(|n| (n, sites.busy(n))).collect()).await?.into_keys().collect();
    Workers::start(&desk.queue, jobs::handlers(desk), &tasks);
    let mut times = Vec::new();
    for round in 0..=REFRESHES {
        let (mut ended, began) = (desk.queue.watch(), Instant::now());
        let (job, _) = sources::fetch(desk, &Actor::system(), Some(ids.clone()), 0).await?;
        let end = async {
            loop {
                match ended.recv().await {
                    Ok(signal) if signal.id == job && signal.kind == SignalKind::Completed => return Ok(()),
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => bail!("the queue has closed"),
                }
            }
        };
        tokio::time::timeout(LIMIT, end).await.context("a refresh did not end")??;
        // The first one finds everything new.
        if round > 0 {
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        let view = desk.queue.get(job).await?.and_then(|job| job.result).unwrap_or_default();
        ensure!(view["succeeded"] == FEW, "a refresh came to {view}");
        tokio::time::sleep(HOST_PAUSE).await;
    }
    tasks.shutdown(Duration::from_secs(30)).await;
    times.sort_by(f64::total_cmp);
    let round = |ms: f64| (ms * 10.0).round() / 10.0;
    Ok(json!({ "sources": FEW, "median_ms": round(times[times.len() / 2]), "max_ms": round(times[times.len() - 1]) }))
}

#[derive(Default)]
struct Swept {
    read: u64,
    unchanged: u64,
    failed: u64,
    seconds: f64,
    /// Until the last one that answers at once was done.
    sound_s: f64,
    pss_bytes: u64,
}

/// Lets the sweep run until each of the sources was visited.
async fn sweep(desk: &Desk, numbers: &HashMap<SourceId, u32>) -> Result<Swept> {
    let (tasks, mut signals) = (Tasks::default(), desk.watch());
    let (started, mut swept) = (Instant::now(), Swept::default());
    tasks.spawn(items::sweep(desk.clone(), tasks.stop()));
    let mut look = tokio::time::interval(Duration::from_millis(200));
    let mut done = 0;
    while done < numbers.len() {
        ensure!(started.elapsed() < LIMIT, "only {done} of {} sources were visited in {LIMIT:?}", numbers.len());
        tokio::select! {
            id = visited(&mut signals, &mut swept) => {
                let Some(number) = numbers.get(&id?) else { continue };
                done += 1;
                swept.seconds = started.elapsed().as_secs_f64();
                if !matches!(Habit::of(*number), Habit::Slow | Habit::Silent) {
                    swept.sound_s = swept.seconds;
                }
            }
            _ = look.tick() => {
                swept.pss_bytes = swept.pss_bytes.max(observe::process::proportional_bytes().unwrap_or_default());
            }
        }
    }
    tasks.shutdown(Duration::from_secs(10)).await;
    Ok(swept)
}

async fn visited(signals: &mut Receiver<Signal>, swept: &mut Swept) -> Result<SourceId> {
    loop {
        match signals.recv().await {
            Ok(Signal::Source { id, outcome, .. }) => {
                match outcome.as_str() {
                    "failed" => swept.failed += 1,
                    "unchanged" => swept.unchanged += 1,
                    _ => swept.read += 1,
                }
                return Ok(id);
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => bail!("{missed} visits passed unseen"),
            Err(RecvError::Closed) => bail!("the desk has closed"),
        }
    }
}
