//! Jobs: what waits, runs, is done and has been given up; and what is done to many of them.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::State as FromState;
use axum::response::{IntoResponse, Redirect, Response};
use desk::people::Action;
use queue::{JobFilter, JobId, JobView, Priority, QueueStats, State};
use stdx::Timestamp;

use super::failed::Failed;
use super::form::{Fields, Posted};
use super::frame::{self, Frame};
use super::person::Person;
use super::show::{self, Html};
use crate::App;

const PAGE: usize = 50;

const STATES: [State; 8] = [
    State::Running,
    State::Available,
    State::Scheduled,
    State::Retryable,
    State::Pending,
    State::Completed,
    State::Cancelled,
    State::Discarded,
];

/// States of jobs that wait and can be cancelled many at once.
const WAITING: [State; 4] = [State::Available, State::Scheduled, State::Retryable, State::Pending];

/// What a page of jobs is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub state: Option<State>,
    pub kind: String,
    pub queue: String,
    pub priority: Option<Priority>,
}

impl Shown {
    /// What cannot be read narrows nothing.
    pub fn of(fields: &Fields) -> Shown {
        let text = |name: &str| fields.get(name).chars().take(100).collect::<String>();
        Shown {
            state: STATES.into_iter().find(|state| state.name() == fields.get("state")),
            kind: text("kind"),
            queue: text("queue"),
            priority: Priority::ALL.into_iter().find(|priority| priority.name() == fields.get("priority")),
        }
    }

    pub fn state_name(&self) -> &'static str {
        self.state.map_or("", State::name)
    }

    pub fn priority_name(&self) -> &'static str {
        self.priority.map_or("", Priority::name)
    }

    /// Whether something beside the state is asked for.
    pub fn is_narrow(&self) -> bool {
        !self.kind.is_empty() || !self.queue.is_empty() || self.priority.is_some()
    }

    pub fn href(&self) -> String {
        self.href_of(self.state_name())
    }

    /// The same in another state.
    pub fn href_of(&self, state: &str) -> String {
        let mut href = format!("/console/jobs?state={state}");
        let values = [("kind", self.kind.as_str()), ("queue", &self.queue), ("priority", self.priority_name())];
        for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
            // Writing to a string cannot fail.
            let _ = write!(href, "&{name}={}", show::encode(value));
        }
        href
    }

    /// ` of kind …, in queue …`
    pub fn words(&self) -> String {
        let mut words = String::new();
        if !self.kind.is_empty() {
            let _ = write!(words, " of kind {}", self.kind);
        }
        if !self.queue.is_empty() {
            let _ = write!(words, " in queue {}", self.queue);
        }
        if let Some(priority) = self.priority {
            let _ = write!(words, " with priority {priority}");
        }
        words
    }

    pub fn filter(&self) -> JobFilter {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        JobFilter {
            state: self.state,
            kind: some(&self.kind),
            queue: some(&self.queue),
            priority: self.priority,
            ..JobFilter::default()
        }
    }

    fn fits(&self, row: &QueueStats) -> bool {
        (self.kind.is_empty() || self.kind == row.kind)
            && (self.queue.is_empty() || self.queue == row.queue)
            && self.priority.is_none_or(|priority| priority == row.priority)
    }
}

struct Tab {
    name: &'static str,
    words: &'static str,
    count: String,
    is_chosen: bool,
}

pub struct Row {
    pub id: JobId,
    pub kind: String,
    pub queue: String,
    pub priority: &'static str,
    pub state: Html,
    pub attempts: String,
    pub progress: String,
    pub at: Html,
    pub error: String,
    pub parameters: String,
}

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct List {
    frame: Frame,
    part: &'static str,
    tabs: Vec<Tab>,
    all_open: bool,
    is_dead: bool,
    filter: Shown,
    kinds: Vec<String>,
    queues: Vec<String>,
    rows: Vec<Row>,
    /// Jobs that can be changed together, by the counts that are kept with them.
    matching: u64,
    matching_words: String,
    next: Option<String>,
    is_first: bool,
}

/// `GET /console/jobs?state=…&kind=…&queue=…&priority=…&after=…`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    person.actor.may(Action::Read)?;
    let queue = &app.desk.queue;
    let stats = queue.stats().await?;
    let shown = Shown::of(&query);
    let after = cursor(query.get("after"));
    let mut found = queue.list(&JobFilter { after, limit: PAGE + 1, ..shown.filter() }).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| has_more).map(|last| {
        let at = last.finished_at.map_or(0, Timestamp::micros);
        format!("{}&after={at}.{}", shown.href(), last.id)
    });
    let count = |states: &[State]| -> u64 {
        let rows = stats.iter().filter(|row| shown.fits(row));
        rows.map(|row| states.iter().map(|state| row.counts.get(*state)).sum::<u64>()).sum()
    };
    let tabs = STATES.into_iter().map(|state| Tab {
        name: state.name(),
        words: words(state).1,
        count: show::thousands(count(&[state])),
        is_chosen: Some(state) == shown.state,
    });
    let is_dead = shown.state == Some(State::Discarded);
    let (matching, noun) = match shown.state {
        None => (count(&WAITING), ("waiting job", "waiting jobs")),
        Some(State::Discarded) => (count(&[State::Discarded]), ("dead letter", "dead letters")),
        Some(state) if WAITING.contains(&state) => (count(&[state]), ("waiting job", "waiting jobs")),
        Some(_) => (0, ("job", "jobs")),
    };
    let mut kinds: Vec<String> = stats.iter().map(|row| row.kind.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let now = app.desk.now();
    let title = if is_dead { "Dead letters" } else { "Jobs" };
    let page = List {
        part: if is_dead { "dead" } else { "jobs" },
        tabs: tabs.collect(),
        all_open: shown.state.is_none(),
        is_dead,
        rows: found.iter().map(|job| row(job, now)).collect(),
        kinds,
        queues: queue.queues().into_iter().map(|queue| queue.name).collect(),
        matching,
        matching_words: show::count(matching, noun.0, noun.1),
        next,
        is_first: after.is_none(),
        filter: shown,
        frame: Frame::new(&app, &person, "jobs", title, &query).await?,
    };
    Ok(frame::page(&page))
}

/// `micros.id`, as [`list`] writes it into the address.
fn cursor(text: &str) -> Option<(Timestamp, JobId)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp::from_micros(micros.parse().ok()?), id.parse().ok()?))
}

fn words(state: State) -> (&'static str, &'static str, &'static str) {
    match state {
        State::Available => ("○", "due", "quiet"),
        State::Scheduled => ("◷", "scheduled", "quiet"),
        State::Running => ("▸", "running", "accent"),
        State::Retryable => ("↻", "to be tried again", "warn"),
        State::Pending => ("⋯", "waits for other jobs", "quiet"),
        State::Completed => ("●", "done", "ok"),
        State::Cancelled => ("–", "cancelled", "quiet"),
        State::Discarded => ("✕", "dead letter", "bad"),
    }
}

pub fn row(job: &JobView, now: Timestamp) -> Row {
    let (mark, word, tone) = words(job.state);
    Row {
        id: job.id,
        kind: job.kind.clone(),
        queue: job.queue.clone(),
        priority: job.priority.name(),
        state: show::badge(mark, tone, word),
        attempts: format!("{}/{}", job.attempts, job.attempts_max),
        progress: job.progress.clone().unwrap_or_default(),
        at: show::when(job.finished_at.or(job.started_at).or(job.run_at).unwrap_or(job.created_at), now),
        error: show::shorten(job.error.as_deref().unwrap_or_default(), 160),
        parameters: pretty(job.parameters.as_ref(), 2_000),
    }
}

/// JSON to be read, at most `max` characters of it.
pub fn pretty(json: Option<&serde_json::Value>, max: usize) -> String {
    let text = json.and_then(|json| serde_json::to_string_pretty(json).ok());
    text.map_or(String::new(), |text| show::shorten(&text, max))
}

/// `POST /console/jobs/retry`: every dead letter that the form names.
pub async fn retry(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let shown = Shown::of(&fields);
    let count = app.desk.queue.retry_all(&shown.filter()).await?;
    Ok(done(&shown, "retried-all", count))
}

/// `POST /console/jobs/purge`: every dead letter that the form names.
pub async fn purge(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let shown = Shown::of(&fields);
    let count = app.desk.queue.purge_all(&shown.filter()).await?;
    Ok(done(&shown, "purged-all", count))
}

/// `POST /console/jobs/cancellation`: every waiting job that the form names.
pub async fn cancel(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    person.actor.may(Action::Operate)?;
    let shown = Shown::of(&fields);
    let count = app.desk.queue.cancel_all(&shown.filter()).await?;
    Ok(done(&shown, "cancelled-all", count))
}

fn done(shown: &Shown, said: &str, count: usize) -> Response {
    Redirect::to(&format!("{}&said={said}&count={count}", shown.href())).into_response()
}
