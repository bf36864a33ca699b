//! The first page: is all well, and what needs a person?

use askama::Template;
use axum::extract::State as FromState;
use axum::response::Response;
use desk::posts::{self, Filter, State};
use desk::{check, sources};
use queue::State as JobState;

use super::failed::Failed;
use super::form::Fields;
use super::frame::{self, Frame};
use super::person::Person;
use super::posts::Row;
use super::show;
use crate::App;

/// Something that waits for a person.
struct Need {
    count: u64,
    words: &'static str,
    href: &'static str,
    /// Under which name live updates bring the count.
    live: &'static str,
}

/// A count with the page that shows what it counts.
struct Tile {
    count: String,
    words: &'static str,
    href: String,
    live: &'static str,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    frame: Frame,
    health: String,
    is_well: bool,
    needs: Vec<Need>,
    states: Vec<Tile>,
    jobs: Vec<Tile>,
    totals: check::Totals,
    newest: Vec<Row>,
}

/// Sources looked at for the health sentence.
const SOURCES_MAX: usize = 1_000;
const NEWEST: usize = 12;

/// `GET /console`
pub async fn show(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    let desk = &app.desk;
    let counts = posts::counts(desk).await?;
    let jobs = desk.queue.counts().await?;
    let totals = check::totals(desk).await?;
    let failing = failing(&app, &person).await?;
    let of = |state: State| counts.get(state.name()).copied().unwrap_or_default();
    let dead = jobs.get(JobState::Discarded);
    let newest = posts::list(desk, &person.actor, &Filter { limit: NEWEST, ..Filter::default() }).await?;
    let needs = [
        Need { count: of(State::InReview), words: "waiting for review", href: "/console/review", live: "in_review" },
        Need {
            count: of(State::Failed),
            words: "could not be published",
            href: "/console/posts?state=failed",
            live: "failed",
        },
        Need { count: failing, words: "sources failing", href: "/console/sources", live: "" },
        Need { count: dead, words: "dead letters", href: "/console/jobs?state=discarded", live: "discarded" },
    ];
    let states = State::ALL.into_iter().map(|state| Tile {
        count: show::thousands(of(state)),
        words: match state {
            State::InReview => "in review",
            other => other.name(),
        },
        href: format!("/console/posts?state={}", state.name()),
        live: state.name(),
    });
    let job_states = [
        (JobState::Running, "running"),
        (JobState::Available, "due"),
        (JobState::Scheduled, "scheduled"),
        (JobState::Retryable, "to be tried again"),
        (JobState::Completed, "done"),
        (JobState::Discarded, "dead letters"),
    ];
    let job_tiles = job_states.map(|(state, words)| Tile {
        count: show::thousands(jobs.get(state)),
        words,
        href: format!("/console/jobs?state={}", state.name()),
        live: state.name(),
    });
    let is_well = failing == 0 && dead == 0 && of(State::Failed) == 0;
    let page = Page {
        health: health(totals.sources, failing, dead, of(State::Failed)),
        is_well,
        needs: needs.into_iter().filter(|need| need.count > 0).collect(),
        states: states.collect(),
        jobs: job_tiles.into_iter().collect(),
        totals,
        newest: super::posts::rows(&newest, desk.now()),
        frame: Frame::new(&app, &person, "overview", "Overview", &query).await?,
    };
    Ok(frame::page(&page))
}

async fn failing(app: &App, person: &Person) -> Result<u64, Failed> {
    let (mut after, mut seen, mut failing) = (None, 0, 0);
    while seen < SOURCES_MAX {
        let page = sources::list(&app.desk, &person.actor, after, 200).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen += page.len();
        failing +=
            page.iter().filter(|source| source.failures > 0 && source.state == sources::State::Active).count() as u64;
    }
    Ok(failing)
}

/// One sentence on the whole.
pub(crate) fn health(sources: u64, failing: u64, dead: u64, failed: u64) -> String {
    if sources == 0 {
        return "No sources yet. Add the first one, and its news appears here within seconds.".to_owned();
    }
    let mut faults = Vec::new();
    if failing > 0 {
        faults.push(format!("{failing} of {} cannot be read", show::count(sources, "source", "sources")));
    }
    if failed > 0 {
        faults.push(format!("{} could not be published", show::count(failed, "post", "posts")));
    }
    if dead > 0 {
        let verb = if dead == 1 { "has" } else { "have" };
        faults.push(format!("{} {verb} given up", show::count(dead, "job", "jobs")));
    }
    match faults.as_slice() {
        [] => format!(
            "All is well: {}, every job either done or under way.",
            show::count(sources, "source is read", "sources are read")
        ),
        faults => format!("The line runs, but {}.", faults.join(", ")),
    }
}
