//! `/jobs` and `/queues`: background work, one by one and in numbers.

use std::str::FromStr;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::Action;
use http::StatusCode;
use queue::{Counts, JobFilter, JobId, JobView, QueueStats};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sources::Nothing;
use super::view::{Asking, Id, JobState, LIMIT_MAX, Page, Paging, Place, Priority, Time, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::{Asked, json, with_status};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, cancel))
        .routes(routes!(retry))
        .routes(routes!(purge))
        .routes(routes!(queues))
}

view! {
    /// A job wherever it stands.
    Job of JobView {
        id: JobId as Id,
        kind: String,
        queue: String,
        priority: queue::Priority as Priority,
        state: queue::State as JobState,
        /// Runs so far, the present one included.
        attempts: u32,
        attempts_max: u32,
        created_at: Timestamp as Time,
        run_at: Option<Timestamp> as Option<Time>,
        started_at: Option<Timestamp> as Option<Time>,
        finished_at: Option<Timestamp> as Option<Time>,
        /// Not kept for finished jobs.
        parameters: Option<Json> as Option<Object>,
        result: Option<Json> as Option<Object>,
        error: Option<String>,
    }
}

view! {
    /// One kind of job in one queue at one priority.
    QueueNumbers of QueueStats {
        queue: String,
        priority: queue::Priority as Priority,
        kind: String,
        /// Jobs by state.
        counts: Counts as std::collections::BTreeMap<String, u64>,
        /// Age of the oldest due job, in seconds.
        oldest_s: Option<f64>,
        /// Moving average of a run, in seconds.
        average_s: Option<f64>,
    }
}

/// Work that was accepted and will be done by a job.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    #[schema(value_type = Id)]
    job_id: JobId,
    /// `accepted`.
    status: String,
    message: String,
    #[schema(value_type = Time)]
    estimated_completion: Timestamp,
}

/// Which jobs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobsAsked {
    /// Without one: everything that waits or runs.
    #[param(value_type = Option<JobState>)]
    state: Option<queue::State>,
    kind: Option<String>,
}

/// Where a page of jobs ended: finished ones are ordered by time, the others by id.
struct Cursor {
    at: Timestamp,
    id: JobId,
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('-').ok_or(())?;
        Ok(Cursor { at: Timestamp::from_micros(at.parse().map_err(|_| ())?), id: id.parse().map_err(|_| ())? })
    }
}

impl Cursor {
    fn of(job: &JobView) -> String {
        format!("{}-{}", job.finished_at.unwrap_or(job.created_at).micros(), job.id)
    }
}

/// Lists jobs, newest first: those that wait or run, or those in one state.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(Paging, JobsAsked), responses((status = 200, body = Page<Job>)))]
async fn list(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
    Asking(asked): Asking<JobsAsked>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let after = paging.after::<Cursor>()?.map(|cursor| (cursor.at, cursor.id));
    let is_open = matches!(asked.state, None | Some(queue::State::Running));
    let limit = if is_open { LIMIT_MAX } else { paging.rows()? };
    let filter = JobFilter { state: asked.state, kind: asked.kind, after, limit: limit as usize };
    let mut jobs = app.desk.queue.list(&filter).await?;
    if is_open {
        in_order(&mut jobs, after.map(|(_, id)| id));
    }
    Ok(json(&Page::<Job>::of(jobs, &paging, Cursor::of)?))
}

/// The queue gives what runs in front of what waits and does not page it. Put in one order here, and
/// cut where the waiting ones may have been cut, so that no page leaves any out.
fn in_order(jobs: &mut Vec<JobView>, after: Option<JobId>) {
    let is_cut = jobs.len() == LIMIT_MAX as usize;
    let last_waiting = jobs.iter().filter(|job| job.state != queue::State::Running).map(|job| job.id).min();
    jobs.retain(|job| after.is_none_or(|id| job.id < id));
    if is_cut && let Some(last) = last_waiting {
        jobs.retain(|job| job.id >= last);
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
}

/// Shows a job, whether it waits, runs or has ended.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = Id, Path)), responses((status = 200, body = Job)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<JobId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&find(&app, id).await?))
}

async fn find(app: &App, id: JobId) -> Result<Job, Problem> {
    let job = app.desk.queue.get(id).await?;
    job.map(Job::from)
        .ok_or_else(|| Problem::new(&problem::NOT_FOUND, format!("job {id} does not exist, or its history is gone")))
}

/// Cancels a job: a waiting one is removed, a running one is asked to end.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", params(("id" = Id, Path)), responses((status = 202, body = Job)))]
async fn cancel(caller: Caller, State(app): State<App>, Place(id): Place<JobId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    app.desk.queue.cancel(id).await?;
    Ok(with_status(StatusCode::ACCEPTED, &find(&app, id).await?))
}

/// Puts a dead letter back to work, or makes a waiting job due now.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = Id, Path)), request_body = Nothing,
    responses((status = 202, body = Job)))]
async fn retry(
    State(app): State<App>,
    Place(id): Place<JobId>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    app.desk.queue.retry(id).await?;
    Ok(with_status(StatusCode::ACCEPTED, &find(&app, id).await?))
}

/// Deletes a dead letter for good.
#[utoipa::path(delete, path = "/jobs/{id}/dead-letter", tag = "jobs", params(("id" = Id, Path)), responses((status = 204)))]
async fn purge(caller: Caller, State(app): State<App>, Place(id): Place<JobId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    app.desk.queue.purge_dead(id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Counts jobs by queue, priority and kind.
#[utoipa::path(get, path = "/queues", tag = "jobs", responses((status = 200, body = Page<QueueNumbers>)))]
async fn queues(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&Page::<QueueNumbers>::whole(app.desk.queue.stats().await?)))
}
