//! Sources: how each one fares, adding one by its address, stopping and starting.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::{IntoResponse, Redirect, Response};
use desk::sources::{self, Change, NewSource, Preview, Source, State};
use desk::{Error, SourceId, items};
use http::StatusCode;

use super::failed::Failed;
use super::form::{Fields, Posted, id};
use super::frame::{self, Frame, Notice};
use super::person::Person;
use super::show::{self, Html};
use crate::App;

const PAGE: u32 = 100;
const ITEMS: u32 = 30;

struct Row {
    id: SourceId,
    name: String,
    url: String,
    state: Html,
    outcome: String,
    error: Option<String>,
    polled: Html,
    next: Html,
    items: String,
}

fn row(source: &Source, now: stdx::Timestamp) -> Row {
    Row {
        id: source.id,
        name: source.name.clone(),
        url: source.url.clone(),
        state: state(source),
        outcome: source.outcome.clone().unwrap_or_else(|| "not read yet".to_owned()),
        error: source.error.clone(),
        polled: show::when_some(source.polled_at, now),
        next: show::when_some(source.next_poll_at.filter(|_| source.state == State::Active), now),
        items: show::thousands(source.items.max(0).unsigned_abs()),
    }
}

fn state(source: &Source) -> Html {
    match source.state {
        State::Paused => show::badge("‖", "quiet", "paused"),
        State::Muted => show::badge("✕", "bad", "gone"),
        State::Active if source.failures > 0 => {
            show::badge("!", "bad", &format!("failing, {} in a row", source.failures))
        }
        State::Active if source.polled_at.is_none() => show::badge("○", "quiet", "new"),
        State::Active => show::badge("●", "ok", "healthy"),
    }
}

#[derive(Template)]
#[template(path = "console/sources.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    notice: Option<Notice>,
    url: String,
    preview: Option<Seen>,
}

/// A preview as the page shows it.
struct Seen {
    preview: Preview,
    newest: Html,
    samples: Vec<(String, Option<String>, Html, String)>,
}

/// `GET /console/sources`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    draw(&app, &person, &query, None, None).await
}

async fn draw(
    app: &App,
    person: &Person,
    fields: &Fields,
    notice: Option<Notice>,
    preview: Option<Seen>,
) -> Result<Response, Failed> {
    let after = fields.parse::<SourceId>("after");
    let mut found = sources::list(&app.desk, &person.actor, after, PAGE + 1).await?;
    let has_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let now = app.desk.now();
    let status = notice.as_ref().map_or(StatusCode::OK, |notice| notice.status);
    let page = List {
        rows: found.iter().map(|source| row(source, now)).collect(),
        next: found.last().filter(|_| has_more).map(|last| format!("/console/sources?after={}", last.id)),
        is_first: after.is_none(),
        notice,
        url: fields.get("url").to_owned(),
        preview,
        frame: Frame::new(app, person, "sources", "Sources", fields).await?,
    };
    Ok(frame::page_with(status, &page))
}

/// `POST /console/sources/preview`: a look at an address before it is added.
pub async fn preview(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    match sources::preview(&app.desk, &person.actor, fields.get("url").trim(), None).await {
        Ok(preview) => {
            let now = app.desk.now();
            let samples = preview.items.iter().map(|item| {
                let title = item.title.clone().unwrap_or_else(|| "(without a title)".to_owned());
                let url = item.url.as_deref().and_then(show::link);
                (title, url, show::when_some(item.published_at, now), item.excerpt.clone())
            });
            let seen = Seen { newest: show::when_some(preview.newest_at, now), samples: samples.collect(), preview };
            draw(&app, &person, &fields, None, Some(seen)).await
        }
        Err(error) => draw(&app, &person, &fields, Some(Notice::new(&error.into())), None).await,
    }
}

/// `POST /console/sources`
pub async fn create(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    let name = fields.get("name").trim();
    let new = NewSource {
        url: fields.get("url").trim().to_owned(),
        name: (!name.is_empty()).then(|| name.to_owned()),
        ..NewSource::default()
    };
    match sources::create(&app.desk, &person.actor, new).await {
        Ok(source) => Ok(Redirect::to(&format!("/console/sources/{}?said=subscribed", source.id)).into_response()),
        // It is what the person wanted, so they are shown it.
        Err(Error::Exists { id, .. }) => Ok(Redirect::to(&format!("/console/sources/{id}")).into_response()),
        Err(error) => draw(&app, &person, &fields, Some(Notice::new(&error.into())), None).await,
    }
}

#[derive(Template)]
#[template(path = "console/source.html")]
struct Page {
    frame: Frame,
    row: Row,
    source: Source,
    failing_since: Html,
    every: String,
    items: Vec<ItemRow>,
}

struct ItemRow {
    title: String,
    url: Option<String>,
    published: Html,
    standing: Html,
    story: Option<String>,
}

/// `GET /console/sources/{id}`
pub async fn show(
    FromState(app): FromState<App>,
    Path(source): Path<String>,
    person: Person,
    query: Fields,
) -> Result<Response, Failed> {
    let id = id::<SourceId>("source", &source)?;
    let desk = &app.desk;
    let source = sources::get(&mut desk.store.read_fresh(), id).await?;
    let filter = items::Filter { source: Some(id), story: None };
    let found = items::list(desk, &person.actor, filter, None, ITEMS).await?;
    let now = desk.now();
    let item_row = |item: &items::Item| ItemRow {
        title: item.title.clone(),
        url: item.url.as_deref().and_then(show::link),
        published: show::when(item.published_at, now),
        standing: match item.standing {
            items::Standing::News => show::badge("●", "accent", "news"),
            items::Standing::Copy => show::badge("=", "quiet", "copy"),
            items::Standing::Seen => show::badge("○", "quiet", "archive"),
        },
        story: item.story.map(|story| story.to_string()),
    };
    let page = Page {
        row: row(&source, now),
        failing_since: show::when_some(source.failing_since, now),
        every: show::lasting(f64::from(source.interval_s)),
        items: found.iter().map(item_row).collect(),
        frame: Frame::new(&app, &person, "sources", &source.name, &query).await?,
        source,
    };
    Ok(frame::page(&page))
}

/// `POST /console/sources/{id}/state`: pause or resume.
pub async fn set_state(
    FromState(app): FromState<App>,
    Path(source): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let id = id::<SourceId>("source", &source)?;
    let (state, said) =
        if fields.get("state") == "paused" { (State::Paused, "paused") } else { (State::Active, "resumed") };
    sources::update(&app.desk, &person.actor, id, Change { state: Some(state), ..Change::default() }).await?;
    Ok(Redirect::to(&format!("/console/sources/{id}?said={said}")).into_response())
}

/// `POST /console/sources/{id}/fetch`
pub async fn fetch(
    FromState(app): FromState<App>,
    Path(source): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    let id = id::<SourceId>("source", &source)?;
    sources::fetch(&app.desk, &person.actor, Some(vec![id]), 0).await?;
    Ok(Redirect::to(&format!("/console/sources/{id}?said=fetching")).into_response())
}

/// `POST /console/sources/fetch`
pub async fn fetch_all(FromState(app): FromState<App>, Posted { person, .. }: Posted) -> Result<Response, Failed> {
    sources::fetch(&app.desk, &person.actor, None, app.desk.settings.fetch_ttl_s).await?;
    Ok(Redirect::to("/console/sources?said=fetching").into_response())
}
