//! Schedules: what comes again, and when; adding, stopping, running.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::{IntoResponse, Redirect, Response};
use desk::jobs;
use desk::people::Action;
use http::StatusCode;
use queue::{Cron, CronView, Missed};

use super::failed::Failed;
use super::form::{Fields, Posted};
use super::frame::{self, Frame, Notice};
use super::person::Person;
use super::show::{self, Html};
use crate::App;
use crate::problem::{self, Problem};

struct Row {
    name: String,
    schedule: String,
    zone: String,
    missed: &'static str,
    kind: String,
    parameters: String,
    state: Html,
    problem: Option<String>,
    next: Vec<Html>,
    last: Html,
    paused: bool,
}

#[derive(Template)]
#[template(path = "console/cron.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    notice: Option<Notice>,
    /// What was typed and could not be taken.
    name: String,
    schedule: String,
    zone: String,
    missed: String,
    kind: String,
    parameters: String,
    kinds: &'static [&'static str],
    policies: [(&'static str, &'static str); 3],
}

const POLICIES: [(&str, &str); 3] =
    [("coalesce", "once, for the latest"), ("catch_up", "each of them, 1,000 at most"), ("skip", "not at all")];

/// `GET /console/cron`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    person.actor.may(Action::Read)?;
    draw(&app, &person, &Fields::default(), &query, None).await
}

async fn draw(
    app: &App,
    person: &Person,
    typed: &Fields,
    query: &Fields,
    notice: Option<Notice>,
) -> Result<Response, Failed> {
    let now = app.desk.now();
    let row = |view: CronView| Row {
        state: match (&view.problem, view.paused) {
            (Some(_), _) => show::badge("✕", "bad", "stopped"),
            (None, true) => show::badge("‖", "quiet", "paused"),
            (None, false) => show::badge("●", "ok", "goes on"),
        },
        missed: view.missed.name(),
        parameters: show::shorten(&view.parameters.to_string(), 200),
        next: view.next.iter().take(3).map(|at| show::when(*at, now)).collect(),
        last: show::when_some(view.last_at, now),
        name: view.name,
        schedule: view.schedule,
        zone: view.zone,
        kind: view.kind,
        problem: view.problem,
        paused: view.paused,
    };
    let rows = app.desk.queue.schedules().await?.into_iter().map(row).collect();
    let status = notice.as_ref().map_or(StatusCode::OK, |notice| notice.status);
    let or = |name: &str, otherwise: &str| {
        if typed.has(name) { typed.get(name).to_owned() } else { otherwise.to_owned() }
    };
    let page = Page {
        rows,
        notice,
        name: or("name", ""),
        schedule: or("schedule", ""),
        zone: or("zone", "UTC"),
        missed: or("missed", "coalesce"),
        kind: or("kind", jobs::SCHEDULED[0]),
        parameters: or("parameters", "{}"),
        kinds: jobs::SCHEDULED,
        policies: POLICIES,
        frame: Frame::new(app, person, "cron", "Schedules", query).await?,
    };
    Ok(frame::page_with(status, &page))
}

/// `POST /console/cron`
pub async fn create(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    person.actor.may(Action::Admin)?;
    let added = match read(&fields) {
        Ok(cron) => app.desk.queue.schedule(&cron).await.map_err(Failed::from),
        Err(failed) => Err(failed),
    };
    match added {
        Ok(()) => Ok(Redirect::to("/console/cron?said=scheduled").into_response()),
        Err(failed) => draw(&app, &person, &fields, &Fields::default(), Some(Notice::new(&failed))).await,
    }
}

fn read(fields: &Fields) -> Result<Cron, Failed> {
    let parameters = match fields.get("parameters").trim() {
        "" => serde_json::json!({}),
        text => serde_json::from_str(text)
            .map_err(|error| Problem::new(&problem::INVALID, format!("the parameters are no JSON: {error}")))?,
    };
    let work = jobs::scheduled(fields.get("kind"), parameters)?;
    let mut cron = Cron::new(fields.get("name").trim(), fields.get("schedule").trim(), work);
    fields.get("zone").trim().clone_into(&mut cron.zone);
    cron.missed = fields.get("missed").parse::<Missed>()?;
    Ok(cron)
}

/// `POST /console/cron/{name}/state`: pause or resume.
pub async fn set_state(
    FromState(app): FromState<App>,
    Path(name): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Admin)?;
    let said = if fields.get("state") == "paused" {
        app.desk.queue.pause(&name).await?;
        "rests"
    } else {
        app.desk.queue.resume(&name).await?;
        "goes-on"
    };
    Ok(Redirect::to(&format!("/console/cron?said={said}")).into_response())
}

/// `POST /console/cron/{name}/run`
pub async fn run(
    FromState(app): FromState<App>,
    Path(name): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Admin)?;
    let job = app.desk.queue.run_now(&name).await?.id();
    Ok(Redirect::to(&format!("/console/jobs/{job}")).into_response())
}

/// `POST /console/cron/{name}/removal`
pub async fn remove(
    FromState(app): FromState<App>,
    Path(name): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Admin)?;
    app.desk.queue.unschedule(&name).await?;
    Ok(Redirect::to("/console/cron?said=unscheduled").into_response())
}
