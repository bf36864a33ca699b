//! `/jobs`: background work, one by one or many at once.

use std::collections::HashSet;
use std::str::FromStr;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::{self, Action, Actor};
use http::StatusCode;
use queue::{JobFilter, JobId, JobView};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::{Id as Id64, Timestamp};
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

/// Which jobs; every part that is given must fit, by any of its values. At most 64 ways to fit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobsAsked {
    /// States with commas between. Without one: everything that waits or runs.
    #[param(value_type = Option<Vec<JobState>>, style = Form, explode = false)]
    state: Option<String>,
    /// Kinds with commas between.
    kind: Option<String>,
    /// Queues with commas between.
    queue: Option<String>,
    /// Priorities with commas between.
    #[param(value_type = Option<Vec<Priority>>, style = Form, explode = false)]
    priority: Option<String>,
}

/// Lists that are read for one page at most.
const WAYS_MAX: usize = 64;

impl JobsAsked {
    /// One filter for each way to fit.
    fn filters(&self) -> Result<Vec<JobFilter>, Problem> {
        let states = named("state", self.state.as_deref(), |word| {
            queue::State::ALL.into_iter().find(|state| state.name() == word)
        })?;
        let priorities = named("priority", self.priority.as_deref(), |word| {
            queue::Priority::ALL.into_iter().find(|priority| priority.name() == word)
        })?;
        let kinds = named("kind", self.kind.as_deref(), |word| Some(word.to_owned()))?;
        let queues = named("queue", self.queue.as_deref(), |word| Some(word.to_owned()))?;
        let ways = states.len() * priorities.len() * kinds.len() * queues.len();
        if ways > WAYS_MAX {
            let detail = format!("{ways} ways to fit are too many; {WAYS_MAX} are looked for");
            return Err(Problem::new(&problem::MALFORMED, detail));
        }
        let mut filters = vec![JobFilter::default()];
        filters = each(filters, &states, |filter, state| JobFilter { state: *state, ..filter });
        filters = each(filters, &priorities, |filter, priority| JobFilter { priority: *priority, ..filter });
        filters = each(filters, &kinds, |filter, kind| JobFilter { kind: kind.clone(), ..filter });
        Ok(each(filters, &queues, |filter, queue| JobFilter { queue: queue.clone(), ..filter }))
    }
}

/// The values of a list with commas between, each once; one `None` when there are none.
fn named<T: PartialEq>(
    name: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<Option<T>>, Problem> {
    let mut values: Vec<Option<T>> = Vec::new();
    for word in text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let value = read(word);
        if value.is_none() {
            let shown: String = word.chars().take(64).collect();
            return Err(Problem::new(&problem::MALFORMED, format!("{name}: there is no {shown}")));
        }
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.is_empty() {
        values.push(None);
    }
    Ok(values)
}

fn each<T>(filters: Vec<JobFilter>, values: &[T], with: impl Fn(JobFilter, &T) -> JobFilter) -> Vec<JobFilter> {
    let all = |filter: JobFilter| values.iter().map(|value| with(filter.clone(), value)).collect::<Vec<_>>();
    filters.into_iter().flat_map(all).collect()
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
        let (at, id) = place(job);
        format!("{}-{id}", at.micros())
    }

    /// Where a list of jobs in `state` goes on. Those that stand are ordered by id alone: the first id that comes
    /// after this place in time.
    fn within(&self, state: Option<queue::State>) -> (Timestamp, JobId) {
        use queue::State::{Cancelled, Completed, Discarded};
        if matches!(state, Some(Completed | Cancelled | Discarded)) {
            return (self.at, self.id);
        }
        let (first, last) = (Id64::lower_bound(self.at), Id64::lower_bound(self.at + Duration::from_millis(1)));
        let is_whole = self.at.micros() % 1_000 == 0;
        (self.at, JobId(if is_whole { self.id.0.clamp(first, last) } else { last }))
    }
}

/// Where a job stands in a list, newest first.
fn place(job: &JobView) -> (Timestamp, JobId) {
    (job.finished_at.unwrap_or(job.created_at), job.id)
}

/// Lists jobs, newest first: those that wait or run, or those in some states.
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
    let (after, limit) = (paging.after::<Cursor>()?, paging.rows()? as usize);
    let mut jobs = Vec::new();
    for filter in asked.filters()? {
        let after = after.as_ref().map(|cursor| cursor.within(filter.state));
        jobs.extend(app.desk.queue.list(&JobFilter { after, limit, ..filter }).await?);
    }
    jobs.sort_unstable_by_key(|job| std::cmp::Reverse(place(job)));
    // One that moved while the lists were read stands in two of them.
    let mut seen = HashSet::new();
    jobs.retain(|job: &JobView| seen.insert(job.id));
    jobs.truncate(limit);
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
    let which = which.filter(&caller.actor)?;
    once(&app, &caller.actor, app.desk.queue.retry_all(&which)).await
}

/// Deletes every dead letter that fits, for good.
#[utoipa::path(post, path = "/jobs/purge", tag = "jobs",
    request_body(content = Which, example = json!({"all": true})), responses(
    (status = 200, body = Counted, example = json!({"count": 12})),
    (status = 422, description = "`invalid`: neither a filter nor `all` is given.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn purge_all(State(app): State<App>, Asked(caller, which): Asked<Which>) -> Result<Response, Problem> {
    let which = which.filter(&caller.actor)?;
    once(&app, &caller.actor, app.desk.queue.purge_all(&which)).await
}

/// Cancels every waiting job that fits; those that run go on.
#[utoipa::path(post, path = "/jobs/cancel", tag = "jobs",
    request_body(content = Which, example = json!({"queue": "media", "priority": "low"})), responses(
    (status = 200, body = Counted, example = json!({"count": 12})),
    (status = 422, description = "`invalid`: neither a filter nor `all` is given.", body = ProblemAnswer,
        content_type = "application/problem+json")))]
async fn cancel_all(State(app): State<App>, Asked(caller, which): Asked<Which>) -> Result<Response, Problem> {
    let which = which.filter(&caller.actor)?;
    once(&app, &caller.actor, app.desk.queue.cancel_all(&which)).await
}

/// Does `work` unless the same request was made before: then it is answered as it was then. The work is many
/// transactions, and the memory of it the last: who repeats a request that broke off has the rest done.
async fn once(
    app: &App,
    actor: &Actor,
    work: impl Future<Output = Result<usize, queue::Error>>,
) -> Result<Response, Problem> {
    if let Some(known) = people::recalled(&mut app.desk.store.read_fresh(), actor).await? {
        return Ok(json(&Counted { count: known.parse().unwrap_or_default() }));
    }
    let count = work.await?;
    let (actor, now) = (actor.clone(), app.desk.now());
    let kept = app.desk.store.write(move |tx| {
        let actor = actor.clone();
        Box::pin(async move {
            match people::recall(tx, &actor).await? {
                // The same request at the same time was faster.
                Some(_) => Ok(()),
                None => people::remember(tx, &actor, &count.to_string(), now).await,
            }
        })
    });
    kept.await?;
    Ok(json(&Counted { count }))
}
