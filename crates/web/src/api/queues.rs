//! `/queues` and `/nodes`: the settings of queues, their numbers, and who works on them.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use queue::{Counts, DurationView, NodeView, PoolView, QueueChange, QueueStats, QueueView};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::ProblemAnswer;
use super::view::{Asking, Durability, Page, Pagination, Place, Priority, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(stats))
        .routes(routes!(estimate))
        .routes(routes!(get, put, change))
        .routes(routes!(nodes))
}

view! {
    /// One kind of job in one queue at one priority.
    QueueNumbers of QueueStats {
        queue: String,
        priority: queue::Priority as Priority,
        kind: String,
        /// Jobs by state.
        counts: Counts as std::collections::BTreeMap<String, u64>,
        /// Runs that failed so far, those that were tried again included.
        failures: u64,
        /// Age of the oldest due job of the queue at this priority, in seconds.
        oldest_s: Option<f64>,
        /// Time of a run so far, in seconds.
        average_s: Option<f64>,
        /// Of the kind, by its last runs in all queues.
        durations: Option<DurationView> as Option<Durations>,
    }
}

view! {
    /// What is known of the last runs of a kind, in seconds.
    Durations of DurationView {
        runs: u64,
        average_s: f64,
        p50_s: f64,
        p95_s: f64,
        p99_s: f64,
    }
}

/// A queue with its settings and its numbers.
#[derive(Serialize, ToSchema)]
struct Queue {
    name: String,
    /// Its share beside other queues of the same priority, 1 to 1000.
    weight: u32,
    /// Jobs at once in one process; 0 is no limit of its own.
    concurrency: u32,
    /// Starts in a minute, on all processes together; 0 is no limit.
    rate: u32,
    #[schema(value_type = Durability)]
    durability: queue::Durability,
    /// Nothing of it is started.
    paused: bool,
    /// Jobs by state.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    counts: Counts,
    failures: u64,
    /// Age of its oldest due job, in seconds.
    oldest_s: Option<f64>,
}

view! {
    /// Places for jobs of one priority in the process that answers.
    WorkerPool of PoolView {
        priority: queue::Priority as Priority,
        /// Jobs of the priority that may run at once; it grows and shrinks with the work.
        size: usize,
        running: usize,
    }
}

/// A process that has said lately that it lives.
#[derive(Serialize, ToSchema)]
struct Node {
    number: u16,
    name: String,
    #[schema(value_type = Time)]
    started_at: Timestamp,
    #[schema(value_type = Time)]
    heartbeat_at: Timestamp,
    /// Jobs that may run at once.
    workers: u32,
    running: u32,
    /// Microseconds that its clock is ahead of the database's.
    clock_skew_us: i64,
}

/// All queues, and who works on them.
#[derive(Serialize, ToSchema)]
struct Queues {
    /// The same as `/queues/stats`.
    data: Vec<QueueNumbers>,
    pagination: Pagination,
    queues: Vec<Queue>,
    /// Of the process that answers, the most urgent first.
    pools: Vec<WorkerPool>,
    nodes: Vec<Node>,
}

request! {
    /// What a queue may do.
    QueueSettings {
        /// Its share beside other queues of the same priority, 1 to 1000.
        weight: Option<u32>,
        /// Jobs at once in one process, at most 100000; 0 is no limit of its own.
        concurrency: Option<u32>,
        /// Starts in a minute, on all processes together, at most 10000000; 0 is no limit.
        rate: Option<u32>,
        durability: Option<queue::Durability> as Option<Durability>,
        /// Nothing of it is started.
        paused: Option<bool>,
    }
}

/// When a new job would be done.
#[derive(Serialize, ToSchema)]
struct Estimate {
    kind: String,
    #[schema(value_type = Time)]
    estimated_completion: Timestamp,
    /// From now, in seconds.
    seconds: f64,
}

/// Which numbers; every part that is given must fit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct NumbersAsked {
    queue: Option<String>,
    kind: Option<String>,
    #[param(value_type = Option<Priority>)]
    priority: Option<queue::Priority>,
}

/// Which kind of job.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct KindAsked {
    kind: String,
}

impl Queue {
    /// A queue with the sums of its rows of `stats`.
    fn of(view: QueueView, stats: &[QueueStats]) -> Queue {
        let mut counts = Counts::default();
        let (mut failures, mut oldest_s) = (0, None);
        for row in stats.iter().filter(|row| row.queue == view.name) {
            for (state, n) in &row.counts.0 {
                *counts.0.entry(*state).or_default() += n;
            }
            failures += row.failures;
            oldest_s = [oldest_s, row.oldest_s].into_iter().flatten().reduce(f64::max);
        }
        Queue {
            name: view.name,
            weight: view.weight,
            concurrency: view.concurrency,
            rate: view.rate,
            durability: view.durability,
            paused: view.paused,
            counts,
            failures,
            oldest_s,
        }
    }
}

impl From<NodeView> for Node {
    fn from(node: NodeView) -> Self {
        Node {
            number: node.number,
            name: node.name,
            started_at: node.started_at,
            heartbeat_at: node.heartbeat_at,
            workers: node.info.workers,
            running: node.info.running,
            clock_skew_us: node.info.skew_us,
        }
    }
}

/// Shows every queue with its settings and numbers, the workers of this process, and the processes alive.
#[utoipa::path(get, path = "/queues", tag = "queues", responses((status = 200, body = Queues)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let stats = app.desk.queue.stats().await?;
    let queues = app.desk.queue.queues().into_iter().map(|view| Queue::of(view, &stats)).collect();
    let nodes = app.desk.queue.nodes().await?.into_iter().map(Node::from).collect();
    let pools = app.pools().into_iter().map(WorkerPool::from).collect();
    let Page { data, pagination } = Page::<QueueNumbers>::whole(stats);
    Ok(json(&Queues { data, pagination, queues, pools, nodes }))
}

/// Counts jobs by queue, priority and kind, with how long they run. No table of jobs is read for it.
#[utoipa::path(get, path = "/queues/stats", tag = "queues", params(NumbersAsked), responses(
    (status = 200, body = Page<QueueNumbers>, example = json!({"data": [{
        "queue": "default", "priority": "high", "kind": "publish_post", "counts": {"completed": 118, "scheduled": 2},
        "failures": 1, "oldest_s": null, "average_s": 0.031,
        "durations": {"runs": 119, "average_s": 0.031, "p50_s": 0.026, "p95_s": 0.072, "p99_s": 0.145}}],
        "pagination": {"limit": 1, "has_next": false, "next": null}}))))]
async fn stats(
    caller: Caller,
    State(app): State<App>,
    Asking(asked): Asking<NumbersAsked>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let mut rows = app.desk.queue.stats().await?;
    rows.retain(|row| {
        asked.queue.as_ref().is_none_or(|queue| *queue == row.queue)
            && asked.kind.as_ref().is_none_or(|kind| *kind == row.kind)
            && asked.priority.is_none_or(|priority| priority == row.priority)
    });
    Ok(json(&Page::<QueueNumbers>::whole(rows)))
}

/// Estimates when a job of a kind that is enqueued now would be done: what waits before it, at the times those kinds
/// take, on all workers, and its own run. Two minutes before anything is known of the kind.
#[utoipa::path(get, path = "/queues/estimate", tag = "queues", params(KindAsked), responses(
    (status = 200, body = Estimate, example = json!({
        "kind": "draft_story", "estimated_completion": "2026-11-20T09:00:02.5Z", "seconds": 2.5}))))]
async fn estimate(
    caller: Caller,
    State(app): State<App>,
    Asking(asked): Asking<KindAsked>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let now = app.desk.now();
    let estimated_completion = app.desk.queue.estimate(&asked.kind).await?;
    let seconds = estimated_completion.since(now).as_secs_f64();
    Ok(json(&Estimate { kind: asked.kind, estimated_completion, seconds }))
}

/// Shows one queue.
#[utoipa::path(get, path = "/queues/{name}", tag = "queues", params(("name" = String, Path)), responses(
    (status = 200, body = Queue),
    (status = 404, description = "There is no queue of that name.", body = ProblemAnswer, content_type = "application/problem+json")))]
async fn get(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&find(&app, &name).await?))
}

async fn find(app: &App, name: &str) -> Result<Queue, Problem> {
    let view = known(app, name)?;
    Ok(Queue::of(view, &app.desk.queue.stats().await?))
}

fn known(app: &App, name: &str) -> Result<QueueView, Problem> {
    let found = app.desk.queue.queues().into_iter().find(|queue| queue.name == name);
    let shown: String = name.chars().take(64).collect();
    found.ok_or_else(|| Problem::new(&problem::NOT_FOUND, format!("there is no queue {shown}")))
}

/// Makes a queue, or sets all of its settings: those that are not given get their defaults (weight 1, no limits,
/// durable, not paused). No queue can be called `stats` or `estimate`.
#[utoipa::path(put, path = "/queues/{name}", tag = "queues", params(("name" = String, Path)),
    request_body(content = QueueSettings, example = json!({"weight": 4, "concurrency": 8, "rate": 600})), responses(
    (status = 200, body = Queue),
    (status = 201, description = "There was none of that name.", body = Queue),
    (status = 422, description = "`invalid`: a name or a number that cannot be.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn put(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, asked): Asked<QueueSettings>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    let is_new = known(&app, &name).is_err();
    let whole = QueueChange {
        weight: asked.weight.or(Some(1)),
        concurrency: asked.concurrency.or(Some(0)),
        rate: asked.rate.or(Some(0)),
        durability: asked.durability.or(Some(queue::Durability::Durable)),
        paused: asked.paused.or(Some(false)),
    };
    configure(&app, &name, &whole).await?;
    let queue = find(&app, &name).await?;
    Ok(if is_new { created(&format!("{}/queues/{name}", super::PREFIX), &queue) } else { json(&queue) })
}

/// Changes what is given and leaves the rest. All processes hear of it.
#[utoipa::path(patch, path = "/queues/{name}", tag = "queues", params(("name" = String, Path)),
    request_body(content = QueueSettings, example = json!({"paused": true})), responses(
    (status = 200, body = Queue),
    (status = 404, description = "There is no queue of that name.", body = ProblemAnswer, content_type = "application/problem+json"),
    (status = 422, description = "`invalid`: a number that cannot be.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn change(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, asked): Asked<QueueSettings>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    known(&app, &name)?;
    let QueueSettings { weight, concurrency, rate, durability, paused } = asked;
    configure(&app, &name, &QueueChange { weight, concurrency, rate, durability, paused }).await?;
    Ok(json(&find(&app, &name).await?))
}

/// A value that cannot be is pointed at.
async fn configure(app: &App, name: &str, change: &QueueChange) -> Result<(), Problem> {
    app.desk.queue.configure(name, change).await.map_err(|error| match &error {
        queue::Error::Value { what, .. } => {
            let pointer = if what.contains(' ') { String::new() } else { format!("/{what}") };
            let errors = json!([{ "pointer": pointer, "detail": error.to_string() }]);
            Problem::new(&problem::INVALID, error.to_string()).with("errors", errors)
        }
        _ => error.into(),
    })
}

/// Lists the processes that have said lately that they live, with their workers and the error of their clocks.
#[utoipa::path(get, path = "/nodes", tag = "queues", responses((status = 200, body = Page<Node>)))]
async fn nodes(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&Page::<Node>::whole(app.desk.queue.nodes().await?)))
}
