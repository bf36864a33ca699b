//! `copydesk demo`: the whole line at work on a newsroom of invented outlets.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use desk::people::{self, Actor};
use desk::sources::{self, NewSource};
use desk::{Desk, check, posts};
use queue::{JobFilter, State};
use serde_json::json;
use stdx::Timestamp;
use tokio::sync::watch;

use super::respond::{Newsroom, PACE};
use super::serve::serve_outlets;
use super::staff;
use crate::cli;
use crate::commands::say;
use crate::config::Config;
use crate::console;
use crate::process::{Mode, Process};
use crate::server;

/// Where the outlets listen unless the port is taken.
const OUTLETS_PORT: u16 = 8077;

pub async fn run(mut config: Config, args: &cli::Demo, data: Option<PathBuf>) -> Result<()> {
    let started = Instant::now();
    let scratch = data.is_none().then(scratch_folder).transpose()?;
    config.data = data.or_else(|| scratch.as_ref().map(|s| s.0.clone())).context("choosing a data folder")?;
    match args.listen {
        Some(listen) => config.listen = listen,
        // Nobody is told where a run that ends by itself listens: any port does.
        None if args.once => config.listen.set_port(0),
        None => {}
    }
    let console = console::load(config.console_dir.as_deref())?;
    let listener = edge::listen::bind(config.listen)?;
    shorten(&mut config, args.once);

    // The outlets' addresses belong to the data: a restart must find the same sources.
    let tasks = stdx::task::Tasks::default();
    let (news, newsroom) = watch::channel(Newsroom::new(args.seed, Timestamp::EPOCH));
    let wish = remembered_port(&config)?;
    let outlets = serve_outlets(&newsroom, wish.unwrap_or(OUTLETS_PORT), &tasks)
        .context("serving the outlets on 127.0.77.1 and up")?;
    let port = outlets.first().map_or(0, |outlet| outlet.address.port());
    if let Some(wish) = wish
        && wish != port
    {
        bail!(
            "port {wish} on 127.0.77.1 is taken, but the sources in {} live there; end what uses it",
            config.data.display()
        );
    }
    config.connect.allow.extend(outlets.iter().map(|outlet| outlet.address.to_string()));

    let process = Process::open(&config, Mode::Serve).await?;
    remember_port(&config, port)?;
    news.send_replace(continued(&process.desk, args.seed).await?);
    process.start_work().await?;
    let address = server::start(&process, listener, console)?;
    // Nobody reads what a run that ends by itself could print of it.
    let key = if args.once { None } else { people::ensure_admin(&process.desk).await? };
    let known: Vec<String> = all_sources(&process.desk).await?.into_iter().map(|source| source.url).collect();
    for outlet in &outlets {
        if !known.contains(&outlet.feed_url) {
            let new = NewSource {
                url: outlet.feed_url.clone(),
                interval_s: Some(POLL_S),
                backfill: Some(100),
                ..NewSource::default()
            };
            sources::create(&process.desk, &Actor::system(), new)
                .await
                .with_context(|| format!("adding {}", outlet.feed_url))?;
        }
    }
    if args.once {
        if !known.is_empty() {
            sources::fetch(&process.desk, &Actor::system(), None, 0).await?;
        }
        let sums = loop {
            settle(&process.desk).await?;
            let sums = sums(&process.desk, started.elapsed()).await?;
            // What a clock has begun in between is waited for too.
            let open = ["available", "running", "retryable"].map(|state| sums["jobs"][state].as_u64().unwrap_or(0));
            if open == [0; 3] {
                break sums;
            }
        };
        process.close(Duration::from_secs(5)).await;
        tasks.shutdown(Duration::from_secs(1)).await;
        return say(sums.to_string());
    }
    let stopped = server::stopped()?;
    greet(address, key.as_ref().map(stdx::config::Secret::reveal), &config, scratch.is_some(), outlets.len())?;
    let (desk, stop) = (process.desk.clone(), process.tasks.stop());
    let sources = all_sources(&desk).await?.into_iter().map(|source| source.id).collect();
    process.tasks.spawn(async move {
        if let Err(error) = staff::move_in(&desk, sources, stop).await {
            tracing::warn!(error = %format!("{error:#}"), "the newsroom's staff has not come in whole");
        }
    });
    let (desk, mut stop) = (process.desk.clone(), process.tasks.stop());
    process.tasks.spawn(async move {
        while stop.sleep(PACE).await {
            let mut next = *news.borrow();
            next.published += 1;
            // Stored first: after a restart the newsroom must not take back what it has told.
            if let Err(error) = people::set_setting(&desk, INDEX, &next.published.to_string()).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the newsroom could not store its place; no news this time"
                );
                continue;
            }
            news.send_replace(next);
        }
    });
    stopped.await;
    say("stopping; running work is finished first")?;
    process.close(Duration::from_secs(10)).await;
    tasks.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// Publications that are due within this time are waited for by a run that ends by itself.
const SOON: Duration = Duration::from_secs(60);
/// Seconds between two polls of an outlet.
const POLL_S: u32 = 6;
const SEED: &str = "demo.seed";
const INDEX: &str = "demo.index";
const STARTED: &str = "demo.started";

/// A desk with the patience of somebody who watches.
fn shorten(config: &mut Config, once: bool) {
    config.desk.poll_interval_s = POLL_S;
    config.desk.poll_interval_min_s = POLL_S;
    config.desk.draft_delay_ms = 1_500;
    config.queue.retry_delay_ms = if once { 50 } else { 500 };
    config.queue.retry_delay_max_s = if once { 1 } else { 30 };
    if config.site.name == web::Settings::default().name {
        config.site.name = "The Harbour Desk".to_owned();
        config.site.tagline = "A demonstration newspaper: every outlet, town and person in it is invented".to_owned();
    }
}

/// The newsroom as the data left it, or a new one.
async fn continued(desk: &Desk, seed: u64) -> Result<Newsroom> {
    let number = |text: Option<String>| text.and_then(|text| text.parse::<i64>().ok());
    let stored = (
        number(people::setting(desk, SEED).await?),
        number(people::setting(desk, INDEX).await?),
        number(people::setting(desk, STARTED).await?),
    );
    if let (Some(seed), Some(index), Some(started)) = stored {
        return Ok(Newsroom { seed: seed as u64, published: index as u64, started: Timestamp::from_micros(started) });
    }
    let newsroom = Newsroom::new(seed, desk.now());
    people::set_setting(desk, SEED, &(newsroom.seed as i64).to_string()).await?;
    people::set_setting(desk, INDEX, &newsroom.published.to_string()).await?;
    people::set_setting(desk, STARTED, &newsroom.started.micros().to_string()).await?;
    Ok(newsroom)
}

async fn all_sources(desk: &Desk) -> Result<Vec<sources::Source>> {
    Ok(sources::list(desk, &Actor::system(), None, 200).await?)
}

/// Returns when every source has been visited, nothing is due and nothing runs.
async fn settle(desk: &Desk) -> Result<()> {
    let mut signals = desk.queue.watch();
    loop {
        let stats = desk.queue.stats().await?;
        let filter = JobFilter {
            state: Some(State::Scheduled),
            kind: Some("publish_post".to_owned()),
            limit: 200,
            ..JobFilter::default()
        };
        let (publications, soon) = (desk.queue.list(&filter).await?, desk.now() + SOON);
        let planned = publications.iter().filter(|job| job.run_at.is_some_and(|at| at > soon)).count() as u64;
        let busy = stats.iter().any(|s| {
            let pending = s.counts.get(State::Available) + s.counts.get(State::Running);
            // What the calendar has for later is not waited for.
            let later = if s.kind == "publish_post" { planned } else { 0 };
            let soon = (s.counts.get(State::Scheduled) + s.counts.get(State::Retryable)).saturating_sub(later);
            pending > 0 || soon > 0
        });
        let polled = all_sources(desk)
            .await?
            .iter()
            .all(|source| source.polled_at.is_some() || source.state != sources::State::Active);
        if !busy && polled {
            return Ok(());
        }
        // Something happens, or time has made something due.
        let _ = tokio::time::timeout(Duration::from_millis(100), signals.recv()).await;
    }
}

async fn sums(desk: &Desk, time: Duration) -> Result<serde_json::Value> {
    let totals = check::totals(desk).await?;
    let posts = posts::counts(desk).await?;
    let jobs = desk.queue.counts().await?;
    Ok(json!({
        "sources": totals.sources, "items": totals.items, "duplicates": totals.duplicates, "stories": totals.stories,
        "posts": posts, "jobs": jobs, "seconds": (time.as_secs_f64() * 1_000.0).round() / 1_000.0,
    }))
}

fn greet(address: SocketAddr, key: Option<&str>, config: &Config, passing: bool, outlets: usize) -> Result<()> {
    say(format!(
        "Copydesk {} — {outlets} invented outlets are read, drafted, judged and published as you watch.",
        env!("CARGO_PKG_VERSION")
    ))?;
    say(format!("\n  site      http://{address}/"))?;
    say(format!("  console   http://{address}/console"))?;
    say(format!("  API       http://{address}/docs"))?;
    match key {
        Some(key) => say(format!("  key       {key}   (administrator, by \"Sign in with a key\"; shown this once)"))?,
        None => {
            say("  key       the one printed at the first start, or: copydesk key create NAME --role admin --data …")?
        }
    }
    let fate = if passing { "removed at the end; keep it with --data DIR" } else { "kept" };
    say(format!("\n  data in {} ({fate}); end with Ctrl-C", config.data.display()))
}

/// A folder that goes with the process.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn scratch_folder() -> Result<Scratch> {
    let folder = std::env::temp_dir().join(format!(
        "copydesk-demo-{}-{:08x}",
        std::process::id(),
        stdx::Rng::from_os().next_u64() as u32
    ));
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(Scratch(folder))
}

/// The outlets' port, kept beside the database since it is needed before that is opened.
fn remembered_port(config: &Config) -> Result<Option<u16>> {
    match std::fs::read_to_string(config.data.join("demo.port")) {
        Ok(text) => Ok(Some(text.trim().parse().context("reading demo.port in the data folder")?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("reading demo.port in the data folder"),
    }
}

fn remember_port(config: &Config, port: u16) -> Result<()> {
    let path = config.data.join("demo.port");
    if path.exists() {
        return Ok(());
    }
    let draft = config.data.join("demo.port.new");
    std::fs::write(&draft, port.to_string())
        .and_then(|()| std::fs::rename(&draft, &path))
        .with_context(|| format!("writing {}", path.display()))
}
