//! How much goes on: at this moment, over the last minute, and as a history of an hour in memory.
//!
//! One task looks every ten seconds: it sets the cells that nobody else sets, adds a point to the history of all
//! metrics and keeps its look, so that whoever asks reads memory.

mod memo;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use desk::figures::Sources;
use observe::access::{Minutes, Totals};
use observe::history::STEP;
use serde::Serialize;
use stdx::metric::{Cell, Gauge, Metric};

use crate::api::{health, metrics};
use crate::{App, warm};
pub(crate) use memo::Memo;

static CLIENTS: Gauge = Gauge::new();
static DEPTH: Gauge = Gauge::new();

pub const CLIENTS_NAME: &str = "copydesk_live_clients";
pub const DEPTH_NAME: &str = "copydesk_queue_depth";

/// The web's metric cells.
pub static METRICS: &[Metric] = &[
    Metric { name: CLIENTS_NAME, help: "Live connections that are open.", cell: Cell::Gauge(&CLIENTS) },
    Metric {
        name: "copydesk_cache_warmed_total",
        help: "Pages made before anybody asked for them.",
        cell: Cell::Counter(&warm::WARMED),
    },
    Metric { name: DEPTH_NAME, help: "Jobs that are due and wait.", cell: Cell::Gauge(&DEPTH) },
];

/// What has been seen lately.
#[derive(Default)]
pub struct Figures {
    /// Of the last minute.
    looks: Mutex<VecDeque<Look>>,
    pub(crate) minutes: Minutes,
    /// Due jobs as they were counted last.
    depth: AtomicU64,
    pub(crate) posts: Memo<Vec<(String, u64)>>,
    pub(crate) sources: Memo<Sources>,
}

/// Looks in a minute.
const LOOKS: usize = 6;
/// Longest wait for the database.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counters and gauges at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    at: Instant,
    answers: Totals,
    hits: u64,
    misses: u64,
    cpu_s: f64,
    rss_bytes: u64,
    queue_depth: u64,
    live_clients: u64,
}

/// What went on between two looks, and what stood at the second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    pub requests_s: f64,
    pub errors_s: f64,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub hit_ratio: Option<f64>,
    pub queue_depth: u64,
    /// Processors in use.
    pub cpu: f64,
    pub rss_bytes: u64,
    pub live_clients: u64,
}

impl Look {
    /// Counts the due jobs; a database that does not answer leaves their number as it was.
    pub async fn take(app: &App) -> Look {
        if let Ok(Ok(counts)) = tokio::time::timeout(PATIENCE, app.desk.queue.counts()).await {
            app.figures.depth.store(counts.get(queue::State::Available), Ordering::Relaxed);
        }
        let cache = app.desk.cache.stats();
        let process = observe::process::measure(app.started_at, app.desk.now());
        Look {
            at: Instant::now(),
            answers: observe::access::totals(),
            hits: cache.hits,
            misses: cache.misses,
            cpu_s: process.cpu_seconds.unwrap_or_default(),
            rss_bytes: process.resident_bytes.unwrap_or_default(),
            queue_depth: app.figures.depth.load(Ordering::Relaxed),
            live_clients: app.live.clients() as u64,
        }
    }
}

impl Moment {
    pub fn between(first: &Look, second: &Look) -> Moment {
        let seconds = second.at.duration_since(first.at).as_secs_f64();
        let rate = |n: f64| if seconds > 0.0 { n / seconds } else { 0.0 };
        let answers = second.answers.since(&first.answers);
        let ms = |q| answers.quantile(q).map(|seconds| seconds * 1_000.0);
        let (hits, misses) = (second.hits.saturating_sub(first.hits), second.misses.saturating_sub(first.misses));
        Moment {
            requests_s: rate(answers.answers as f64),
            errors_s: rate(answers.failed as f64),
            p50_ms: ms(0.5),
            p95_ms: ms(0.95),
            p99_ms: ms(0.99),
            hit_ratio: (hits + misses > 0).then(|| hits as f64 / (hits + misses) as f64),
            queue_depth: second.queue_depth,
            cpu: rate(second.cpu_s - first.cpu_s).max(0.0),
            rss_bytes: second.rss_bytes,
            live_clients: second.live_clients,
        }
    }
}

impl Figures {
    fn looks(&self) -> MutexGuard<'_, VecDeque<Look>> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last minute, or what there is of it since the start.
pub async fn last_minute(app: &App) -> Moment {
    let now = Look::take(app).await;
    let first = app.figures.looks().front().copied().unwrap_or(now);
    Moment::between(&first, &now)
}

/// One step of the history.
pub(crate) async fn look(app: &App) {
    metrics::renew(app).await;
    let look = Look::take(app).await;
    CLIENTS.set(look.live_clients as i64);
    DEPTH.set(look.queue_depth as i64);
    app.history.sample(&app.registry, app.desk.now());
    let mut looks = app.figures.looks();
    looks.push_back(look);
    if looks.len() > LOOKS {
        looks.pop_front();
    }
}

/// Looks until the process ends.
pub fn start(app: &App) {
    let (app, mut stop) = (app.clone(), app.tasks.stop());
    app.tasks.clone().spawn(async move {
        let mut next = tokio::time::interval(STEP);
        next.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for round in 0_u64.. {
            tokio::select! {
                _ = next.tick() => {}
                () = stop.wait() => return,
            }
            look(&app).await;
            // So that nobody who opens the dashboard has to wait for it.
            health::components(&app).await;
            if round % LOOKS as u64 == LOOKS as u64 - 1 {
                app.figures.minutes.turn();
            }
        }
    });
}

#[cfg(test)]
mod tests;
