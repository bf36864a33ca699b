//! `/health`: each part of the process with its state and reason.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::Actor;
use desk::remote::Fan;
use desk::sources::{self, State as SourceState};
use desk::{SourceId, drafts, providers};
use http::StatusCode;
use observe::health::{self, Component};
use serde::Serialize;
use stdx::Timestamp;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{HealthState, LIMIT_MAX, Time};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::with_status;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// One part of the process.
#[derive(Serialize, ToSchema)]
struct HealthComponent {
    #[schema(value_type = String)]
    name: &'static str,
    #[schema(value_type = HealthState)]
    state: health::State,
    /// A sentence for people; `null` when there is nothing to say.
    reason: Option<String>,
    #[schema(value_type = Time)]
    checked_at: Timestamp,
    /// Since when this process has found it in this state.
    #[schema(value_type = Time)]
    since: Timestamp,
}

/// The health of the whole. Without a key only `status` is told.
#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(value_type = HealthState)]
    status: health::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    /// The console that is served: `embedded`, `folder`, or `none` where the server renders the desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<HealthComponent>>,
}

/// What was found last, so that many probes cost one look.
#[derive(Default)]
pub struct Checks {
    last: Mutex<Option<(Timestamp, Vec<Component>)>>,
    /// By name of the part: its state, and when it was found first.
    since: std::sync::Mutex<BTreeMap<&'static str, (health::State, Timestamp)>>,
    folder: OnceLock<PathBuf>,
}

impl Checks {
    /// Names the folder whose disk is watched; only the first one counts.
    pub fn watch(&self, folder: PathBuf) {
        let _ = self.folder.set(folder);
    }

    /// Since when `component` has been in its state.
    fn since(&self, component: &Component) -> Timestamp {
        let Component { state, checked_at, .. } = *component;
        let mut known = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.entry(component.name).or_insert((state, checked_at));
        if found.0 != state {
            *found = (state, checked_at);
        }
        found.1
    }
}

/// How long a look is good for.
const FRESH: Duration = Duration::from_secs(5);
/// How long it is good for where many look at once.
const RECENT: Duration = Duration::from_secs(15);
/// Longest wait for one part to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// A due job that has waited this long means that the workers do not keep up.
const WAIT_MAX_S: f64 = 120.0;
/// How far behind a remote cache may be told of changes.
const PURGE_LAG_MAX: Duration = Duration::from_secs(1_800);
/// Sources that are looked at.
const SOURCES_MAX: usize = 1_000;
/// Free space below which writing is at risk.
const DISK_LOW: u64 = 1 << 30;
const DISK_DOWN: u64 = 64 << 20;

/// Shows the health of each component. 503 when a vital one is down.
#[utoipa::path(get, path = "/health", tag = "health", security((), ("key" = [])),
    responses((status = 200, body = Health), (status = 503, body = Health)))]
async fn show(caller: Option<Caller>, State(app): State<App>) -> Result<Response, Problem> {
    let components = components(&app).await;
    let status = health::overall(&components);
    let full = caller.is_some();
    let shown = Health {
        status,
        version: full.then_some(app.version),
        console: full.then(|| app.console.as_ref().map_or("none", |console| console.origin().name())),
        components: full
            .then(|| components.into_iter().map(|component| HealthComponent::of(&app, component)).collect()),
    };
    Ok(answer(&shown))
}

impl HealthComponent {
    fn of(app: &App, component: Component) -> HealthComponent {
        let since = app.checks.since(&component);
        let Component { name, state, reason, checked_at, .. } = component;
        HealthComponent { name, state, reason, checked_at, since }
    }
}

/// `/health` outside of the API, for probes: the status only.
pub async fn probe(State(app): State<App>) -> Response {
    let status = health::overall(&components(&app).await);
    answer(&Health { status, version: None, console: None, components: None }).into_response()
}

fn answer(health: &Health) -> Response {
    with_status(StatusCode::from_u16(health.status.status_code()).unwrap_or(StatusCode::OK), health)
}

/// The state of every part, not older than [`FRESH`].
pub async fn components(app: &App) -> Vec<Component> {
    let mut last = app.checks.last.lock().await;
    let now = app.desk.now();
    if let Some((at, found)) = &*last
        && now.since(*at) < FRESH
        && *at <= now
    {
        return found.clone();
    }
    let mut found = vec![
        store(app, now).await,
        queue(app, now).await,
        disk(app, now),
        cache(app, now),
        within(sources(app, now), "sources", now).await,
        within(providers(app, now), "providers", now).await,
    ];
    if let Some(fan) = app.remote() {
        found.push(within(remote(fan, now), "remote caches", now).await);
    }
    for component in &found {
        app.checks.since(component);
    }
    *last = Some((now, found.clone()));
    found
}

/// As [`components`], but a look is good for as long as it takes to the next one of the figures.
pub async fn recent(app: &App) -> Vec<Component> {
    let known = {
        let last = app.checks.last.lock().await;
        let now = app.desk.now();
        last.as_ref().filter(|(at, _)| now.since(*at) < RECENT && *at <= now).map(|(_, found)| found.clone())
    };
    match known {
        Some(found) => found,
        None => components(app).await,
    }
}

async fn within(
    check: impl Future<Output = Result<Component, desk::Error>>,
    name: &'static str,
    now: Timestamp,
) -> Component {
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(Ok(component)) => component.optional(),
        Ok(Err(_)) => Component::degraded(name, now, "could not be read from the database").optional(),
        Err(_) => Component::degraded(name, now, "the database did not answer in time").optional(),
    }
}

async fn store(app: &App, now: Timestamp) -> Component {
    match tokio::time::timeout(PATIENCE, app.desk.store.ping()).await {
        Ok(Ok(())) => alarmed(app, now),
        // The reason is shown to key holders only, and names the kind of failure, never an address.
        Ok(Err(error)) => Component::down("store", now, error.to_string()),
        Err(_) => Component::down("store", now, format!("did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// The store answers; what its last look found wrong makes it slower or poorer than it should be.
fn alarmed(app: &App, now: Timestamp) -> Component {
    let alarms = app.database.standing();
    let say = |alarm: &store::Alarm| format!("{} ({}): {}", alarm.seen, alarm.limit, alarm.remedy);
    match alarms.iter().map(say).reduce(|all, next| format!("{all}; {next}")) {
        Some(reasons) => Component::degraded("store", now, reasons),
        None => Component::ok("store", now),
    }
}

async fn queue(app: &App, now: Timestamp) -> Component {
    let stats = match tokio::time::timeout(PATIENCE, app.desk.queue.stats()).await {
        Ok(Ok(stats)) => stats,
        Ok(Err(error)) => return Component::down("queue", now, error.to_string()),
        Err(_) => {
            return Component::degraded("queue", now, format!("its numbers took longer than {} s", PATIENCE.as_secs()));
        }
    };
    // What is paused waits since somebody wants it to.
    let paused: Vec<String> =
        app.desk.queue.queues().into_iter().filter(|queue| queue.paused).map(|queue| queue.name).collect();
    let going = stats.iter().filter(|row| !paused.contains(&row.queue));
    let oldest = going.filter_map(|row| row.oldest_s).fold(0.0, f64::max);
    let dead: u64 = stats.iter().map(|s| s.counts.get(queue::State::Discarded)).sum();
    if oldest > WAIT_MAX_S {
        return Component::degraded("queue", now, format!("a job that is due has waited for {oldest:.0} s"));
    }
    let dead = (dead > 0).then(|| format!("{dead} dead letters wait for a decision"));
    let paused = (!paused.is_empty()).then(|| format!("paused: {}", paused.join(", ")));
    let reason = [dead, paused].into_iter().flatten().reduce(|all, next| format!("{all}; {next}"));
    Component { reason, ..Component::ok("queue", now) }
}

fn disk(app: &App, now: Timestamp) -> Component {
    let Some(folder) = app.checks.folder.get() else {
        return Component {
            reason: Some("the data is not kept on this machine".to_owned()),
            ..Component::ok("disk", now)
        };
    };
    match rustix::fs::statvfs(folder) {
        Err(error) => Component::down("disk", now, format!("the data folder cannot be read: {error}")),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let said = format!("{} GiB are free", tenths(free, 30));
            match free {
                free if free < DISK_DOWN => Component::down("disk", now, said),
                free if free < DISK_LOW => Component::degraded("disk", now, said),
                _ => Component { reason: Some(said), ..Component::ok("disk", now) },
            }
        }
    }
}

/// So many bytes in units of two to the `power`, with one digit: `19.4`.
fn tenths(bytes: u64, power: u32) -> String {
    let tenths = bytes.saturating_mul(10) >> power;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn cache(app: &App, now: Timestamp) -> Component {
    let stats = app.desk.cache.stats();
    let (is, most) = (tenths(stats.bytes, 20), stats.bytes_max >> 20);
    let reason = format!("{} entries in {is} MiB of {most} MiB", stats.entries);
    Component { reason: Some(reason), ..Component::ok("cache", now) }.optional()
}

/// Whether remote caches are told of changes in good time. Those that take few a minute may lag at a large one.
async fn remote(fan: &Fan, now: Timestamp) -> Result<Component, desk::Error> {
    let mut told = Vec::new();
    for target in fan.health().await? {
        if let Some(since) = target.failing_since {
            told.push(format!("{} has failed for {} s: {}", target.target, now.since(since).as_secs(), target.error));
        } else if let Some(oldest) = target.oldest.filter(|oldest| now.since(*oldest) > PURGE_LAG_MAX) {
            told.push(format!("{} is {} s behind", target.target, now.since(oldest).as_secs()));
        }
    }
    Ok(match told.is_empty() {
        true => Component::ok("remote caches", now),
        false => Component::degraded("remote caches", now, told.join("; ")),
    })
}

async fn sources(app: &App, now: Timestamp) -> Result<Component, desk::Error> {
    let (system, mut after, mut active, mut failing, mut seen): (_, Option<SourceId>, _, _, _) =
        (Actor::system(), None, 0, 0, 0);
    while seen < SOURCES_MAX {
        let page = sources::list(&app.desk, &system, after, LIMIT_MAX).await?;
        seen += page.len();
        active += page.iter().filter(|source| source.state == SourceState::Active).count();
        failing += page.iter().filter(|source| source.state == SourceState::Active && source.failures > 0).count();
        after = page.last().map(|source| source.id);
        if page.len() < LIMIT_MAX as usize {
            break;
        }
    }
    if failing == 0 {
        return Ok(Component::ok("sources", now));
    }
    let reason = format!("{failing} of {active} active sources failed at their last poll");
    // One broken feed is the feed's trouble; half of them is ours.
    let is_ours = failing * 2 > active;
    Ok(if is_ours {
        Component::degraded("sources", now, reason)
    } else {
        Component { reason: Some(reason), ..Component::ok("sources", now) }
    })
}

async fn providers(app: &App, now: Timestamp) -> Result<Component, desk::Error> {
    let system = Actor::system();
    let configured = providers::list(&app.desk, &system).await?;
    let calls = drafts::completions(&app.desk, &system, None, LIMIT_MAX as usize).await?;
    let mut failing = Vec::new();
    for provider in &configured {
        // Newest first: what the last calls of the past quarter of an hour came to.
        let recent =
            calls.iter().filter(|call| call.provider == provider.name && now.since(call.at) < Duration::from_secs(900));
        let last: Vec<_> = recent.take(3).collect();
        if !last.is_empty() && last.iter().all(|call| call.outcome != "ok") {
            failing.push(provider.name.as_str());
        }
    }
    if failing.is_empty() {
        return Ok(Component::ok("providers", now));
    }
    let reason = format!(
        "the last calls of {} failed; the next provider or the embedded generator stands in",
        failing.join(", ")
    );
    Ok(Component::degraded("providers", now, reason))
}
