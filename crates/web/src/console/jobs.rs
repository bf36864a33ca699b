//! Jobs: what waits, runs, is done and has been given up.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::{IntoResponse, Redirect, Response};
use desk::people::Action;
use queue::{JobFilter, JobId, JobView, Priority, QueueStats, State};
use stdx::Timestamp;

use super::failed::Failed;
use super::form::{Fields, Posted, id};
use super::frame::{self, Frame};
use super::person::Person;
use super::show::{self, Html};
use crate::App;
use crate::problem::{self, Problem};

const PAGE: usize = 50;

const STATES: [State; 7] = [
    State::Running,
    State::Available,
    State::Scheduled,
    State::Retryable,
    State::Completed,
    State::Cancelled,
    State::Discarded,
];

struct Tab {
    name: &'static str,
    words: &'static str,
    count: u64,
    is_chosen: bool,
}

/// One priority of one queue, over its kinds.
struct Lane {
    queue: String,
    priority: Priority,
    running: u64,
    due: u64,
    later: u64,
    done: u64,
    dead: u64,
    oldest: String,
    kinds: Vec<(String, u64, String)>,
}

struct Row {
    id: JobId,
    kind: String,
    queue: String,
    priority: &'static str,
    state: Html,
    attempts: String,
    at: Html,
    error: String,
}

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct List {
    frame: Frame,
    lanes: Vec<Lane>,
    tabs: Vec<Tab>,
    all_open: bool,
    state: String,
    kind: String,
    kinds: Vec<String>,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
}

/// `GET /console/jobs?state=…&kind=…&after=…`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    person.actor.may(Action::Read)?;
    let queue = &app.desk.queue;
    let stats = queue.stats().await?;
    let state = STATES.into_iter().find(|state| state.name() == query.get("state"));
    let kind = query.get("kind").chars().take(100).collect::<String>();
    let after = cursor(query.get("after"));
    let filter = JobFilter { state, kind: (!kind.is_empty()).then(|| kind.clone()), after, limit: PAGE + 1 };
    let mut found = queue.list(&filter).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let chosen = state.map_or("", State::name);
    let next = found.last().filter(|_| has_more).map(|last| {
        let at = last.finished_at.map_or(0, Timestamp::micros);
        format!("/console/jobs?state={chosen}&kind={}&after={at}.{}", show::encode(&kind), last.id)
    });
    let count = |state: State| stats.iter().map(|s| s.counts.get(state)).sum();
    let tabs = STATES.into_iter().map(|state| Tab {
        name: state.name(),
        words: words(state).1,
        count: count(state),
        is_chosen: state.name() == chosen,
    });
    let mut kinds: Vec<String> = stats.iter().map(|s| s.kind.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let now = app.desk.now();
    let page = List {
        lanes: lanes(&stats),
        tabs: tabs.collect(),
        all_open: state.is_none(),
        state: chosen.to_owned(),
        rows: found.iter().map(|job| row(job, now)).collect(),
        kind,
        kinds,
        next,
        is_first: after.is_none(),
        frame: Frame::new(&app, &person, "jobs", "Jobs", &query).await?,
    };
    Ok(frame::page(&page))
}

/// `micros.id`, as [`list`] writes it into the address.
fn cursor(text: &str) -> Option<(Timestamp, JobId)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_micros(micros.parse().ok()?), id.parse().ok()?))
}

fn lanes(stats: &[QueueStats]) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut sorted: Vec<&QueueStats> = stats.iter().collect();
    sorted.sort_by(|a, b| (&a.queue, a.priority, &a.kind).cmp(&(&b.queue, b.priority, &b.kind)));
    let mut oldest = None;
    for s in sorted {
        if lanes.last().is_none_or(|lane| lane.queue != s.queue || lane.priority != s.priority) {
            oldest = None;
            let (queue, oldest) = (s.queue.clone(), "–".to_owned());
            lanes.push(Lane {
                queue,
                priority: s.priority,
                running: 0,
                due: 0,
                later: 0,
                done: 0,
                dead: 0,
                oldest,
                kinds: Vec::new(),
            });
        }
        let Some(lane) = lanes.last_mut() else { continue };
        lane.running += s.counts.get(State::Running);
        lane.due += s.counts.get(State::Available);
        lane.later += s.counts.get(State::Scheduled) + s.counts.get(State::Retryable);
        lane.done += s.counts.get(State::Completed);
        lane.dead += s.counts.get(State::Discarded);
        if let Some(age) = s.oldest_s {
            let most = oldest.map_or(age, |known: f64| known.max(age));
            oldest = Some(most);
            lane.oldest = show::lasting(most);
        }
        let average = s.average_s.map_or("–".to_owned(), show::lasting);
        lane.kinds.push((s.kind.clone(), s.counts.0.values().sum(), average));
    }
    lanes
}

fn words(state: State) -> (&'static str, &'static str, &'static str) {
    match state {
        State::Available => ("○", "due", "quiet"),
        State::Scheduled => ("◷", "scheduled", "quiet"),
        State::Running => ("▸", "running", "accent"),
        State::Retryable => ("↻", "to be tried again", "warn"),
        State::Completed => ("●", "done", "ok"),
        State::Cancelled => ("–", "cancelled", "quiet"),
        State::Discarded => ("✕", "dead letter", "bad"),
    }
}

fn badge(state: State) -> Html {
    let (mark, word, tone) = words(state);
    show::badge(mark, tone, word)
}

fn row(job: &JobView, now: Timestamp) -> Row {
    Row {
        id: job.id,
        kind: job.kind.clone(),
        queue: job.queue.clone(),
        priority: job.priority.name(),
        state: badge(job.state),
        attempts: format!("{}/{}", job.attempts, job.attempts_max),
        at: show::when(job.finished_at.or(job.started_at).or(job.run_at).unwrap_or(job.created_at), now),
        error: show::shorten(job.error.as_deref().unwrap_or_default(), 160),
    }
}

#[derive(Template)]
#[template(path = "console/job.html")]
struct Page {
    frame: Frame,
    job: Row,
    error: String,
    parameters: String,
    result: String,
    times: Vec<(&'static str, Html)>,
    is_dead: bool,
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
    let pretty = |json: &Option<serde_json::Value>| {
        let text = json.as_ref().and_then(|json| serde_json::to_string_pretty(json).ok());
        text.map_or(String::new(), |text| show::shorten(&text, 20_000))
    };
    let times =
        [("Made", Some(job.created_at)), ("Due", job.run_at), ("Started", job.started_at), ("Ended", job.finished_at)];
    let page = Page {
        error: job.error.clone().unwrap_or_default(),
        parameters: pretty(&job.parameters),
        result: pretty(&job.result),
        times: times.into_iter().filter_map(|(name, at)| at.map(|at| (name, show::when(at, now)))).collect(),
        is_dead: job.state == State::Discarded,
        can_retry: matches!(job.state, State::Discarded | State::Retryable | State::Scheduled),
        can_cancel: matches!(job.state, State::Available | State::Scheduled | State::Retryable | State::Running),
        frame: Frame::new(&app, &person, "jobs", &format!("{} {id}", job.kind), &query).await?,
        job: row(&job, now),
    };
    Ok(frame::page(&page))
}

/// `POST /console/jobs/{id}/retry`
pub async fn retry(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let id = id::<JobId>("job", &job)?;
    app.desk.queue.retry(id).await?;
    Ok(Redirect::to(&format!("/console/jobs/{id}?said=retried")).into_response())
}

/// `POST /console/jobs/{id}/cancellation`
pub async fn cancel(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    app.desk.queue.cancel(id::<JobId>("job", &job)?).await?;
    Ok(Redirect::to("/console/jobs?said=cancelled").into_response())
}

/// `POST /console/jobs/{id}/purge`: deletes a dead letter for good.
pub async fn purge(
    FromState(app): FromState<App>,
    Path(job): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    app.desk.queue.purge_dead(id::<JobId>("job", &job)?).await?;
    Ok(Redirect::to("/console/jobs?state=discarded&said=purged").into_response())
}
