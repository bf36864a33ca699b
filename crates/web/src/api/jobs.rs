//! `/jobs`: background work, one by one or many at once.

use std::str::FromStr;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::{Action, Actor};
use http::StatusCode;
use queue::{JobFilter, JobId, JobView};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::Timestamp;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::ProblemAnswer;
use super::sources::Nothing;
use super::view::{Asking, Id, JobState, Page, Paging, Place, Priority, Time, request, view};
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
        .routes(routes!(retry_all))
        .routes(routes!(purge_all))
        .routes(routes!(cancel_all))
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
        /// How far a job that runs in this process is: `3/10`.
        progress: Option<String>,
        /// The job that waits for this one.
        parent: Option<JobId> as Option<Id>,
        /// How many jobs it waits for.
        waits_for: Option<u32>,
    }
}

request! {
    /// Which jobs. Every part that is given must fit; without any, `all` must be said.
    Which {
        kind: Option<String>,
        queue: Option<String>,
        priority: Option<queue::Priority> as Option<Priority>,
        /// Needed when nothing else is given, so that nobody empties a queue by mistake.
        #[serde(default)]
        all: bool,
    }
}

/// How many jobs it was done to.
#[derive(Serialize, ToSchema)]
struct Counted {
    count: usize,
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

/// Which jobs; every part that is given must fit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobsAsked {
    /// Without one: everything that waits or runs.
    #[param(value_type = Option<JobState>)]
    state: Option<queue::State>,
    kind: Option<String>,
    queue: Option<String>,
    #[param(value_type = Option<Priority>)]
    priority: Option<queue::Priority>,
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
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(Paging, JobsAsked),
    responses((status = 200, body = Page<Job>), (status = 400, description = "A state, a priority, a limit or a cursor that cannot be.",
        body = ProblemAnswer, content_type = "application/problem+json")))]
async fn list(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
    Asking(asked): Asking<JobsAsked>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let filter = JobFilter {
        state: asked.state,
        kind: asked.kind,
        queue: asked.queue,
        priority: asked.priority,
        after: paging.after::<Cursor>()?.map(|cursor| (cursor.at, cursor.id)),
        limit: paging.rows()? as usize,
    };
    let jobs = app.desk.queue.list(&filter).await?;
    Ok(json(&Page::<Job>::of(jobs, &paging, Cursor::of)?))
}

/// Shows a job, whether it waits, runs or has ended.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = Id, Path)), responses(
    (status = 200, body = Job, example = json!({
        "id": "0M7K2Q9XA4D0G", "kind": "draft_story", "queue": "default", "priority": "normal", "state": "running",
        "attempts": 1, "attempts_max": 5, "created_at": "2026-11-20T09:00:00Z", "run_at": "2026-11-20T09:00:00Z",
        "started_at": "2026-11-20T09:00:00.004Z", "finished_at": null, "parameters": {"story": "0M7K2Q9X94D0G"},
        "result": null, "error": null, "progress": "3/10", "parent": null, "waits_for": null})),
    (status = 404, description = "Nobody has heard of it, or its history is gone.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<JobId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    Ok(json(&find(&app, id).await?))
}

async fn find(app: &App, id: JobId) -> Result<Job, Problem> {
    let job = app.desk.queue.get(id).await?;
    job.map(Job::from)
        .ok_or_else(|| Problem::new(&problem::NOT_FOUND, format!("job {id} does not exist, or its history is gone")))
}

/// Cancels a job: a waiting one is removed, a running one is asked to end, wherever it runs.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", params(("id" = Id, Path)), responses(
    (status = 202, description = "The job as it stands now: `cancelled`, or still `running` when it was only asked to end.", body = Job),
    (status = 404, description = "It does not exist or has ended already.", body = ProblemAnswer,
        content_type = "application/problem+json"),
    (status = 409, description = "`job-running`: it runs in a process that cannot be reached from here.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn cancel(caller: Caller, State(app): State<App>, Place(id): Place<JobId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    app.desk.queue.cancel(id).await?;
    Ok(with_status(StatusCode::ACCEPTED, &find(&app, id).await?))
}

/// Puts a dead letter back to work, or makes a waiting job due now.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = Id, Path)), request_body = Nothing, responses(
    (status = 202, body = Job),
    (status = 404, description = "It does not exist, runs, or has ended well.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
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
#[utoipa::path(delete, path = "/jobs/{id}/dead-letter", tag = "jobs", params(("id" = Id, Path)), responses(
    (status = 204),
    (status = 404, description = "There is no such dead letter.", body = ProblemAnswer, content_type = "application/problem+json")))]
async fn purge(caller: Caller, State(app): State<App>, Place(id): Place<JobId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Operate)?;
    app.desk.queue.purge_dead(id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Which {
    /// What the caller may do something to.
    fn filter(self, actor: &Actor) -> Result<JobFilter, Problem> {
        actor.may(Action::Operate)?;
        if self.kind.is_none() && self.queue.is_none() && self.priority.is_none() && !self.all {
            let detail = "name a kind, a queue or a priority, or say \"all\": true";
            let errors = json!([{ "pointer": "/all", "detail": detail }]);
            return Err(Problem::new(&problem::INVALID, detail).with("errors", errors));
        }
        Ok(JobFilter { kind: self.kind, queue: self.queue, priority: self.priority, ..JobFilter::default() })
    }
}

/// Puts every dead letter that fits back to work, with all its attempts.
#[utoipa::path(post, path = "/jobs/retry", tag = "jobs",
    request_body(content = Which, example = json!({"kind": "publish_post"})), responses(
    (status = 200, body = Counted, example = json!({"count": 12})),
    (status = 422, description = "`invalid`: neither a filter nor `all` is given.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn retry_all(State(app): State<App>, Asked(caller, which): Asked<Which>) -> Result<Response, Problem> {
    let count = app.desk.queue.retry_all(&which.filter(&caller.actor)?).await?;
    Ok(json(&Counted { count }))
}

/// Deletes every dead letter that fits, for good.
#[utoipa::path(post, path = "/jobs/purge", tag = "jobs",
    request_body(content = Which, example = json!({"all": true})), responses(
    (status = 200, body = Counted, example = json!({"count": 12})),
    (status = 422, description = "`invalid`: neither a filter nor `all` is given.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn purge_all(State(app): State<App>, Asked(caller, which): Asked<Which>) -> Result<Response, Problem> {
    let count = app.desk.queue.purge_all(&which.filter(&caller.actor)?).await?;
    Ok(json(&Counted { count }))
}

/// Cancels every waiting job that fits; those that run go on.
#[utoipa::path(post, path = "/jobs/cancel", tag = "jobs",
    request_body(content = Which, example = json!({"queue": "media", "priority": "low"})), responses(
    (status = 200, body = Counted, example = json!({"count": 12})),
    (status = 422, description = "`invalid`: neither a filter nor `all` is given.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn cancel_all(State(app): State<App>, Asked(caller, which): Asked<Which>) -> Result<Response, Problem> {
    let count = app.desk.queue.cancel_all(&which.filter(&caller.actor)?).await?;
    Ok(json(&Counted { count }))
}
