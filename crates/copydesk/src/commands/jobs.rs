//! `jobs`: background work, looked at and changed without a desk or beside one.

use anyhow::{Context as _, Result, bail, ensure};
use queue::{
    Counts, Durability, JobFilter, JobId, JobView, Priority, Queue, QueueChange, QueueStats, QueueView, State,
};
use serde::Serialize;
use serde_json::json;

use super::table::Table;
use super::{say, say_json};
use crate::cli::jobs::{self as cli, Bulk, Jobs, Set, Which};
use crate::config::Config;
use crate::process::{Mode, Process};

pub async fn run(config: &Config, command: &Jobs) -> Result<()> {
    let process = Process::open(config, Mode::Beside).await?;
    let outcome = act(config, &process.desk.queue, command).await;
    // What went wrong is told, whatever becomes of the farewell.
    let closed = process.close_beside().await;
    outcome.and(closed)
}

async fn act(config: &Config, queue: &Queue, command: &Jobs) -> Result<()> {
    match command {
        Jobs::List { state, which, limit, json } => list(queue, state.as_deref(), which, *limit, *json).await,
        Jobs::Show { id, json } => show(queue, parse(id)?, *json).await,
        Jobs::Retry(bulk) => retry(queue, bulk).await,
        Jobs::Cancel { ids, which, all, json } => cancel(config, queue, ids, which, *all, *json).await,
        Jobs::Purge(bulk) => purge(queue, bulk).await,
        Jobs::Stats { which, json } => stats(queue, which, *json).await,
        Jobs::Queues { json } => queues(queue, *json).await,
        Jobs::Nodes { json } => nodes(queue, *json).await,
        Jobs::Estimate { kind, json } => estimate(queue, kind, *json).await,
        Jobs::Pause { queue: name, json } => pause(config, queue, name, true, *json).await,
        Jobs::Resume { queue: name, json } => pause(config, queue, name, false, *json).await,
        Jobs::Set(set) => configure(config, queue, set).await,
    }
}

async fn list(queue: &Queue, state: Option<&str>, which: &Which, limit: u32, as_json: bool) -> Result<()> {
    let state = state.and_then(|name| State::ALL.into_iter().find(|state| state.name() == name));
    let mut filter = JobFilter { state, ..filter(which) };
    let mut jobs: Vec<JobView> = Vec::new();
    while jobs.len() < limit as usize {
        filter.limit = (limit as usize - jobs.len()).min(200);
        let page = queue.list(&filter).await?;
        let is_last = page.len() < filter.limit;
        filter.after = page.last().map(|job| (job.finished_at.unwrap_or(job.created_at), job.id));
        jobs.extend(page);
        if is_last {
            break;
        }
    }
    if as_json {
        return say_json(&jobs);
    }
    if jobs.is_empty() {
        return say("no such jobs");
    }
    let mut table = Table::new(&["ID", "KIND", "STATE", "QUEUE", "PRIORITY", "ATTEMPTS", "WHEN", "ERROR"]);
    for job in &jobs {
        let at = job.finished_at.or(job.started_at).or(job.run_at).unwrap_or(job.created_at);
        table.row([
            job.id.to_string(),
            job.kind.clone(),
            job.state.name().to_owned(),
            job.queue.clone(),
            job.priority.to_string(),
            format!("{}/{}", job.attempts, job.attempts_max),
            second(at),
            job.error.as_deref().map_or(String::new(), brief),
        ]);
    }
    say(table.to_string())
}

/// Without the parts of a second.
fn second(at: stdx::Timestamp) -> String {
    let text = at.to_string();
    text.split_once('.').map_or(text.clone(), |(whole, _)| format!("{whole}Z"))
}

/// The first line, not too long for a table.
fn brief(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

async fn show(queue: &Queue, id: JobId, as_json: bool) -> Result<()> {
    let Some(job) = queue.get(id).await? else { bail!("job {id} does not exist, or its history is gone") };
    if as_json {
        return say_json(&job);
    }
    say(format!("{}  {}  {}", job.id, job.kind, job.state.name()))?;
    let time = |at: Option<stdx::Timestamp>| at.map(|at| at.to_string());
    let pretty = |json: &Option<serde_json::Value>| json.as_ref().map(|json| format!("{json:#}"));
    let lines = [
        ("queue", Some(job.queue.clone())),
        ("priority", Some(job.priority.to_string())),
        ("attempts", Some(format!("{} of at most {}", job.attempts, job.attempts_max))),
        ("made", Some(job.created_at.to_string())),
        ("due", time(job.run_at)),
        ("started", time(job.started_at)),
        ("ended", time(job.finished_at)),
        ("progress", job.progress.clone()),
        ("wanted by", job.parent.map(|parent| parent.to_string())),
        ("waits for", job.waits_for.map(|n| format!("{n} jobs"))),
        ("error", job.error.clone()),
        ("parameters", pretty(&job.parameters)),
        ("result", pretty(&job.result)),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            say(format!("{name:<11} {}", value.replace('\n', "\n            ")))?;
        }
    }
    Ok(())
}

async fn retry(queue: &Queue, bulk: &Bulk) -> Result<()> {
    if bulk.ids.is_empty() {
        let which = named(&bulk.which, bulk.all, "dead letter")?;
        let count = queue.retry_all(&which).await?;
        return counted(bulk.json, count, "dead letter is due again", "dead letters are due again");
    }
    alone(&bulk.which, bulk.all)?;
    for id in &bulk.ids {
        let id = parse(id)?;
        queue.retry(id).await.with_context(|| format!("retrying {id}"))?;
        told(queue, id, bulk.json, "is due now").await?;
    }
    Ok(())
}

async fn purge(queue: &Queue, bulk: &Bulk) -> Result<()> {
    if bulk.ids.is_empty() {
        let which = named(&bulk.which, bulk.all, "dead letter")?;
        let count = queue.purge_all(&which).await?;
        return counted(bulk.json, count, "dead letter is deleted", "dead letters are deleted");
    }
    alone(&bulk.which, bulk.all)?;
    for id in &bulk.ids {
        let id = parse(id)?;
        queue.purge_dead(id).await.with_context(|| format!("deleting the dead letter {id}"))?;
    }
    counted(bulk.json, bulk.ids.len(), "dead letter is deleted", "dead letters are deleted")
}

async fn cancel(config: &Config, queue: &Queue, ids: &[String], which: &Which, all: bool, as_json: bool) -> Result<()> {
    if ids.is_empty() {
        let count = queue.cancel_all(&named(which, all, "waiting job")?).await?;
        return counted(as_json, count, "job is cancelled", "jobs are cancelled");
    }
    alone(which, all)?;
    for id in ids {
        let id = parse(id)?;
        match queue.cancel(id).await {
            Err(queue::Error::Running(_)) if config.store.url.is_none() => {}
            other => other.with_context(|| format!("cancelling {id}"))?,
        }
        let is_running = queue.get(id).await?.is_some_and(|job| job.state == State::Running);
        if is_running && config.store.url.is_none() {
            // It runs in the server of this folder, which is reached by no bus.
            let heard = store::socket::poke(&config.data, &format!("cancel {id}")).await?;
            ensure!(heard, "job {id} is running, but no desk answers in {}", config.data.display());
        }
        told(queue, id, as_json, if is_running { "is asked to end" } else { "is cancelled" }).await?;
    }
    Ok(())
}

/// One numbers row, over the priorities and kinds of a queue.
#[derive(Serialize)]
struct Summary {
    #[serde(flatten)]
    queue: QueueView,
    counts: Counts,
    failures: u64,
    oldest_s: Option<f64>,
}

async fn summaries(queue: &Queue) -> Result<Vec<Summary>> {
    let stats = queue.stats().await?;
    let all = queue.queues().into_iter().map(|view| {
        let rows = || stats.iter().filter(|row| row.queue == view.name);
        let mut counts = Counts::default();
        for (state, n) in rows().flat_map(|row| &row.counts.0) {
            *counts.0.entry(*state).or_default() += n;
        }
        let failures = rows().map(|row| row.failures).sum();
        let oldest_s = rows().filter_map(|row| row.oldest_s).reduce(f64::max);
        Summary { queue: view, counts, failures, oldest_s }
    });
    Ok(all.collect())
}

async fn queues(queue: &Queue, as_json: bool) -> Result<()> {
    let all = summaries(queue).await?;
    if as_json {
        return say_json(&all);
    }
    let mut table = Table::new(&[
        "QUEUE",
        "STATE",
        "WEIGHT",
        "AT ONCE",
        "PER MINUTE",
        "ENDS",
        "RUNNING",
        "DUE",
        "LATER",
        "DONE",
        "DEAD",
        "OLDEST",
    ]);
    let limit = |n: u32| if n == 0 { "–".to_owned() } else { n.to_string() };
    for Summary { queue, counts, oldest_s, .. } in &all {
        table.row([
            queue.name.clone(),
            if queue.paused { "paused".to_owned() } else { "open".to_owned() },
            queue.weight.to_string(),
            limit(queue.concurrency),
            limit(queue.rate),
            queue.durability.name().to_owned(),
            counts.get(State::Running).to_string(),
            counts.get(State::Available).to_string(),
            later(counts).to_string(),
            counts.get(State::Completed).to_string(),
            counts.get(State::Discarded).to_string(),
            lasting(*oldest_s),
        ]);
    }
    say(table.to_string())
}

fn later(counts: &Counts) -> u64 {
    counts.get(State::Scheduled) + counts.get(State::Retryable) + counts.get(State::Pending)
}

async fn stats(queue: &Queue, which: &Which, as_json: bool) -> Result<()> {
    let wanted = filter(which);
    let mut rows = queue.stats().await?;
    rows.retain(|row| {
        wanted.kind.as_ref().is_none_or(|kind| *kind == row.kind)
            && wanted.queue.as_ref().is_none_or(|queue| *queue == row.queue)
            && wanted.priority.is_none_or(|priority| priority == row.priority)
    });
    if as_json {
        return say_json(&rows);
    }
    if rows.is_empty() {
        return say("no job has been seen yet");
    }
    rows.sort_by(|a, b| (&a.queue, a.priority, &a.kind).cmp(&(&b.queue, b.priority, &b.kind)));
    let mut table = Table::new(&[
        "QUEUE",
        "PRIORITY",
        "KIND",
        "RUNNING",
        "DUE",
        "LATER",
        "DONE",
        "DEAD",
        "FAILED RUNS",
        "OLDEST",
        "P50",
        "P95",
        "P99",
    ]);
    for row in &rows {
        let QueueStats { queue, priority, kind, counts, failures, oldest_s, durations, .. } = row;
        let time = |of: fn(&queue::DurationView) -> f64| lasting(durations.as_ref().map(of));
        table.row([
            queue.clone(),
            priority.to_string(),
            kind.clone(),
            counts.get(State::Running).to_string(),
            counts.get(State::Available).to_string(),
            later(counts).to_string(),
            counts.get(State::Completed).to_string(),
            counts.get(State::Discarded).to_string(),
            failures.to_string(),
            lasting(*oldest_s),
            time(|d| d.p50_s),
            time(|d| d.p95_s),
            time(|d| d.p99_s),
        ]);
    }
    say(table.to_string())
}

async fn nodes(queue: &Queue, as_json: bool) -> Result<()> {
    let nodes = queue.nodes().await?;
    if as_json {
        return say_json(&nodes);
    }
    if nodes.is_empty() {
        return say("no desk has said lately that it lives");
    }
    let mut table = Table::new(&["NODE", "PROCESS", "STARTED", "HEARD", "RUNNING", "PLACES", "CLOCK"]);
    for node in &nodes {
        table.row([
            node.number.to_string(),
            node.name.clone(),
            second(node.started_at),
            second(node.heartbeat_at),
            node.info.running.to_string(),
            node.info.workers.to_string(),
            format!("{:+.3} s", node.info.skew_us as f64 / 1e6),
        ]);
    }
    say(table.to_string())
}

async fn estimate(queue: &Queue, kind: &str, as_json: bool) -> Result<()> {
    let at = queue.estimate(kind).await?;
    let seconds = at.since(queue.clock().now()).as_secs_f64();
    if as_json {
        return say_json(&json!({ "kind": kind, "estimated_completion": at, "seconds": seconds }));
    }
    say(format!("a {kind} enqueued now would be done in about {}, at {at}", lasting(Some(seconds))))
}

async fn configure(config: &Config, queue: &Queue, set: &Set) -> Result<()> {
    let wanted = QueueChange {
        weight: set.weight,
        concurrency: set.concurrency,
        rate: set.rate,
        durability: set.durability.map(|durability| match durability {
            cli::Durability::Durable => Durability::Durable,
            cli::Durability::Relaxed => Durability::Relaxed,
        }),
        paused: None,
    };
    ensure!(
        set.create || wanted != QueueChange::default(),
        "say what to change: --weight, --concurrency, --rate or --durability"
    );
    if set.create {
        queue.configure(&set.queue, &wanted).await?;
        reload(config).await?;
    } else {
        change(config, queue, &set.queue, &wanted).await?;
    }
    let view = known(queue, &set.queue)?;
    if set.json {
        return say_json(&view);
    }
    let limit = |n: u32| if n == 0 { "no limit".to_owned() } else { n.to_string() };
    say(format!(
        "queue {}: weight {}, at once in a process {}, starts in a minute {}, ends {}",
        view.name,
        view.weight,
        limit(view.concurrency),
        limit(view.rate),
        view.durability.name()
    ))
}

async fn pause(config: &Config, queue: &Queue, name: &str, paused: bool, as_json: bool) -> Result<()> {
    change(config, queue, name, &QueueChange { paused: Some(paused), ..QueueChange::default() }).await?;
    if as_json {
        return say_json(&known(queue, name)?);
    }
    say(if paused {
        format!("queue {name} is paused: nothing of it is started; what runs goes on")
    } else {
        format!("queue {name} goes on")
    })
}

/// The queue as it is now.
fn known(queue: &Queue, name: &str) -> Result<QueueView> {
    let found = queue.queues().into_iter().find(|known| known.name == name);
    found.with_context(|| format!("queue {name} is gone again"))
}

/// Changes a queue that there is.
async fn change(config: &Config, queue: &Queue, name: &str, change: &QueueChange) -> Result<()> {
    let known: Vec<String> = queue.queues().into_iter().map(|queue| queue.name).collect();
    ensure!(
        known.iter().any(|known| known == name),
        "there is no queue {name:?}; there are {} (`jobs set NAME --create` makes one)",
        known.join(", ")
    );
    queue.configure(name, change).await?;
    reload(config).await
}

/// Lets the server of the folder, if there is one, read the queues again; those of PostgreSQL hear the bus.
async fn reload(config: &Config) -> Result<()> {
    if config.store.url.is_none() {
        store::socket::poke(&config.data, "reload").await?;
    }
    Ok(())
}

fn parse(id: &str) -> Result<JobId> {
    id.parse().with_context(|| format!("reading the id {id:?}"))
}

fn filter(which: &Which) -> JobFilter {
    JobFilter {
        kind: which.kind.clone(),
        queue: which.queue.clone(),
        priority: which.priority.as_deref().and_then(|name| Priority::ALL.into_iter().find(|p| p.name() == name)),
        ..JobFilter::default()
    }
}

/// The filter, if it names anything or `--all` is said.
fn named(which: &Which, all: bool, what: &str) -> Result<JobFilter> {
    let is_open = which.kind.is_none() && which.queue.is_none() && which.priority.is_none();
    ensure!(!is_open || all, "give ids, or --kind, --queue or --priority; --all means every {what}");
    Ok(filter(which))
}

/// Ids need no filter, and a filter beside them would be taken for one.
fn alone(which: &Which, all: bool) -> Result<()> {
    let is_open = which.kind.is_none() && which.queue.is_none() && which.priority.is_none();
    ensure!(is_open && !all, "give either ids, or filters and --all");
    Ok(())
}

fn counted(as_json: bool, count: usize, one: &str, many: &str) -> Result<()> {
    if as_json {
        return say_json(&json!({ "count": count }));
    }
    say(format!("{count} {}", if count == 1 { one } else { many }))
}

async fn told(queue: &Queue, id: JobId, as_json: bool, words: &str) -> Result<()> {
    if as_json {
        return say_json(&queue.get(id).await?);
    }
    say(format!("job {id} {words}"))
}

/// `40 ms`, `3.2 s`, `5 min`; a dash for nothing.
fn lasting(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(s) if s < 1.0 => format!("{:.0} ms", s * 1_000.0),
        Some(s) if s < 100.0 => format!("{s:.1} s"),
        Some(s) if s < 6_000.0 => format!("{:.0} min", s / 60.0),
        Some(s) => format!("{:.0} h", s / 3_600.0),
    }
}
