//! One job: where it stands, what it was given, what came of it, and what can be done about it.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::{IntoResponse, Redirect, Response};
use desk::people::Action;
use queue::{JobFilter, JobId, JobView, State};
use stdx::Timestamp;

use super::failed::Failed;
use super::form::{Fields, Posted, id};
use super::frame::{self, Frame};
use super::jobs::{Row, Shown, pretty, row};
use super::person::Person;
use super::show::{self, Html};
use crate::App;
use crate::problem::{self, Problem};

/// Jobs that are looked at for those that this one waits for.
const CHILDREN_MAX: usize = 200;

/// Something that has happened, or will.
struct Step {
    name: &'static str,
    at: Html,
    note: String,
}

#[derive(Template)]
#[template(path = "console/job.html")]
struct Page {
    frame: Frame,
    job: Row,
    kind_encoded: String,
    error: String,
    parameters: String,
    result: String,
    timeline: Vec<Step>,
    /// How far a running job is, when it has told.
    bar: Option<Html>,
    parent: Option<JobId>,
    waits_for: Option<u32>,
    children: Vec<Row>,
    is_dead: bool,
    is_running: bool,
    can_retry: bool,
    can_cancel: bool,
}

/// `GET /console/jobs/{id}`
pub async fn show(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    person: Person,
    query: Fields,
) -> Result<Response, Failed> {
    person.actor.may(Action::Read)?;
    let id = id::<JobId>("job", &job)?;
    let gone = || {
        Problem::new(&problem::NOT_FOUND, format!("there is no job {id}; finished ones are forgotten after a while"))
    };
    let job = app.desk.queue.get(id).await?.ok_or_else(gone)?;
    let now = app.desk.now();
    let page = Page {
        kind_encoded: show::encode(&job.kind),
        error: job.error.clone().unwrap_or_default(),
        parameters: pretty(job.parameters.as_ref(), 20_000),
        result: pretty(job.result.as_ref(), 20_000),
        timeline: timeline(&job, now),
        bar: job.progress.as_deref().and_then(share).map(show::bar),
        parent: job.parent,
        waits_for: job.waits_for,
        children: if job.state == State::Pending { children(&app, id, now).await? } else { Vec::new() },
        is_dead: job.state == State::Discarded,
        is_running: job.state == State::Running,
        can_retry: matches!(job.state, State::Discarded | State::Retryable | State::Scheduled),
        can_cancel: matches!(
            job.state,
            State::Available | State::Scheduled | State::Retryable | State::Pending | State::Running
        ),
        frame: Frame::new(&app, &person, "jobs", &format!("{} {id}", job.kind), &query).await?,
        job: row(&job, now),
    };
    Ok(frame::page(&page))
}

/// `3/10` as a share of the whole.
fn share(progress: &str) -> Option<f64> {
    let (done, total) = progress.split_once('/')?;
    let (done, total) = (done.parse::<f64>().ok()?, total.parse::<f64>().ok()?);
    (total > 0.0).then(|| (done / total).min(1.0))
}

fn timeline(job: &JobView, now: Timestamp) -> Vec<Step> {
    let step = |name, at: Option<Timestamp>, note: String| at.map(|at| Step { name, at: show::when(at, now), note });
    let lasting = |from: Option<Timestamp>, until: Option<Timestamp>| {
        let span = from.zip(until).filter(|(from, until)| until >= from);
        span.map(|(from, until)| show::lasting(until.since(from).as_secs_f64()))
    };
    let due = job.run_at.unwrap_or(job.created_at);
    let waited = lasting(Some(due), job.started_at).map_or(String::new(), |span| format!("after {span}"));
    let ran = lasting(job.started_at, job.finished_at).map_or(String::new(), |span| format!("the run took {span}"));
    let runs = match job.attempts {
        0 => String::new(),
        n => format!("run {n} of at most {}", job.attempts_max),
    };
    let end = match job.state {
        State::Completed => "Done",
        State::Cancelled => "Cancelled",
        State::Discarded => "Given up",
        _ => "Ended",
    };
    let started = [waited, runs].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
    let steps = [
        step("Made", Some(job.created_at), String::new()),
        step("Due", job.run_at, String::new()),
        step("Started", job.started_at, started),
        step(end, job.finished_at, ran),
    ];
    steps.into_iter().flatten().collect()
}

/// Those that stand and that the job waits for; of many, the newest.
async fn children(app: &App, id: JobId, now: Timestamp) -> Result<Vec<Row>, Failed> {
    let mut found = Vec::new();
    for state in [None, Some(State::Discarded)] {
        let filter = JobFilter { state, limit: CHILDREN_MAX, ..JobFilter::default() };
        found.extend(app.desk.queue.list(&filter).await?.into_iter().filter(|job| job.parent == Some(id)));
    }
    Ok(found.iter().map(|job| row(job, now)).collect())
}

/// `POST /console/jobs/{id}/retry`
pub async fn retry(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let id = id::<JobId>("job", &job)?;
    app.desk.queue.retry(id).await?;
    let back = match fields.get("from") {
        "list" => format!("{}&said=retried", Shown::of(&fields).href()),
        _ => format!("/console/jobs/{id}?said=retried"),
    };
    Ok(Redirect::to(&back).into_response())
}

/// `POST /console/jobs/{id}/cancellation`
pub async fn cancel(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let id = id::<JobId>("job", &job)?;
    app.desk.queue.cancel(id).await?;
    let job = app.desk.queue.get(id).await?;
    let said = if job.is_some_and(|job| job.state == State::Running) { "ending" } else { "cancelled" };
    Ok(Redirect::to(&format!("/console/jobs/{id}?said={said}")).into_response())
}

/// `POST /console/jobs/{id}/purge`: deletes a dead letter for good.
pub async fn purge(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    app.desk.queue.purge_dead(id::<JobId>("job", &job)?).await?;
    let shown = Shown { state: Some(State::Discarded), ..Shown::of(&fields) };
    Ok(Redirect::to(&format!("{}&said=purged", shown.href())).into_response())
}
