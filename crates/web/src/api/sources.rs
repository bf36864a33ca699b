//! `/sources`: where items come from.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::sources::{self, FeedLink, Sample};
use desk::{PipelineId, SourceId};
use serde::{Deserialize as _, Deserializer};
use stdx::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::Accepted;
use super::view::{Asking, Id, Page, Paging, Place, SourceState, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, accepted, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(preview))
        .routes(routes!(fetch_all))
        .routes(routes!(get, update))
        .routes(routes!(fetch))
}

view! {
    /// A feed that is read again and again.
    Source of sources::Source {
        id: SourceId as Id,
        url: String,
        name: String,
        state: sources::State as SourceState,
        pipeline: PipelineId as Id,
        /// The site that the feed names as its own.
        site_url: Option<String>,
        /// As the feed declares it.
        language: Option<String>,
        /// Wished time between two polls, in seconds.
        interval_s: u32,
        /// Entries of the first fetch that count as news.
        backfill: u32,
        /// How far it is believed, 0 to 1; `trust_min` of a pipeline's policy may ask for more.
        trust: f64,
        polled_at: Option<Timestamp> as Option<Time>,
        next_poll_at: Option<Timestamp> as Option<Time>,
        /// What the last poll brought, in a few words.
        outcome: Option<String>,
        /// Why the last poll failed, in one sentence.
        error: Option<String>,
        /// Polls that failed in a row.
        failures: u32,
        failing_since: Option<Timestamp> as Option<Time>,
        /// Items it has brought so far.
        items: i64,
        created_at: Timestamp as Time,
    }
}

view! {
    /// What stands at an address: a feed, or a page that names feeds.
    SourcePreview of sources::Preview {
        url: String,
        /// Where redirects led.
        final_url: String,
        /// `rss`, `atom`, `json` or `cdf`; `null` for a page.
        kind: Option<&'static str> as Option<String>,
        title: Option<String>,
        site_url: Option<String>,
        language: Option<String>,
        /// How many entries the feed has.
        entries: usize,
        newest_at: Option<Timestamp> as Option<Time>,
        /// The first five entries.
        items: Vec<Sample> as Vec<SourceSample>,
        /// What the reader forgave.
        warnings: Vec<feed::Warning> as Vec<Object>,
        /// The feeds that a page names.
        found: Vec<FeedLink> as Vec<SourceFound>,
    }
}

view! {
    /// An entry of a feed that is only looked at.
    SourceSample of Sample {
        title: Option<String>,
        url: Option<String>,
        published_at: Option<Timestamp> as Option<Time>,
        /// The first 200 characters of its text.
        excerpt: String,
    }
}

view! {
    /// A feed that a page names.
    SourceFound of FeedLink {
        url: String,
        title: Option<String>,
    }
}

request! {
    /// A new source.
    NewSource {
        /// Address of a feed.
        url: String,
        /// Without one: the feed's title, once it has been read.
        name: Option<String>,
        /// Without one: the default pipeline.
        pipeline: Option<PipelineId> as Option<Id>,
        interval_s: Option<u32>,
        /// Entries of the first fetch that count as news.
        backfill: Option<u32>,
        /// How far it is believed, 0 to 1; 0.5 when nothing is said.
        trust: Option<f64>,
    }
}

request! {
    /// What is to be changed; the rest stays.
    SourceChange {
        name: Option<String>,
        state: Option<sources::State> as Option<SourceState>,
        pipeline: Option<PipelineId> as Option<Id>,
        interval_s: Option<u32>,
        /// How far it is believed, 0 to 1; `null` puts it back to 0.5.
        #[serde(default, deserialize_with = "nullable")]
        trust: Option<Option<f64>> as Option<f64>,
    }
}

request! {
    /// An address to look at.
    Look {
        url: String,
    }
}

request! {
    /// Which sources to fetch.
    FetchRequest {
        /// All active ones when absent.
        sources: Option<Vec<SourceId>> as Option<Vec<Id>>,
        /// A reading that is no older, in seconds, does as well; 0 asks every source. Half an hour when nothing is said
        /// and no sources are named, else 0.
        age_max_s: Option<u32>,
    }
}

request! {
    /// A request that says nothing.
    Nothing {}
}

/// Reads a value that `null` clears: what is absent stays as it is.
fn nullable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Lists sources, oldest first.
#[utoipa::path(get, path = "/sources", tag = "sources", params(Paging), responses((status = 200, body = Page<Source>)))]
async fn list(caller: Caller, State(app): State<App>, Asking(paging): Asking<Paging>) -> Result<Response, Problem> {
    let after = paging.after()?.map(SourceId);
    let rows = sources::list(&app.desk, &caller.actor, after, paging.rows()?).await?;
    Ok(json(&Page::<Source>::of(rows, &paging, |source| source.id.to_string())?))
}

/// Adds a source and polls it at once.
#[utoipa::path(post, path = "/sources", tag = "sources", request_body = NewSource, responses((status = 201, body = Source)))]
async fn create(State(app): State<App>, Asked(caller, new): Asked<NewSource>) -> Result<Response, Problem> {
    let NewSource { url, name, pipeline, interval_s, backfill, trust } = new;
    let new = sources::NewSource { url, name, pipeline, interval_s, backfill, trust };
    let source = sources::create(&app.desk, &caller.actor, new).await?;
    Ok(created(&format!("/api/v3/sources/{}", source.id), &Source::from(source)))
}

/// Looks at an address without storing anything: a feed with its first entries, or the feeds a page names.
#[utoipa::path(post, path = "/sources/preview", tag = "sources", request_body = Look, responses((status = 200, body = SourcePreview)))]
async fn preview(State(app): State<App>, Asked(caller, look): Asked<Look>) -> Result<Response, Problem> {
    let preview = sources::preview(&app.desk, &caller.actor, &look.url).await?;
    Ok(json(&SourcePreview::from(preview)))
}

/// Fetches the named sources, or all active ones, in one job.
#[utoipa::path(post, path = "/sources/fetch", tag = "sources", request_body = FetchRequest, responses((status = 202, body = Accepted)))]
async fn fetch_all(State(app): State<App>, Asked(caller, wanted): Asked<FetchRequest>) -> Result<Response, Problem> {
    let default = if wanted.sources.is_none() { app.desk.settings.fetch_ttl_s } else { 0 };
    let age_max_s = wanted.age_max_s.unwrap_or(default);
    let (job, due) = sources::fetch(&app.desk, &caller.actor, wanted.sources, age_max_s).await?;
    Ok(accepted(job, due, "the sources will be fetched"))
}

/// Shows a source.
#[utoipa::path(get, path = "/sources/{id}", tag = "sources", params(("id" = Id, Path)), responses((status = 200, body = Source)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<SourceId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let source = sources::get(&mut app.desk.store.read(), id).await?;
    Ok(json(&Source::from(source)))
}

/// Changes a source. One that becomes active again is polled at once.
#[utoipa::path(patch, path = "/sources/{id}", tag = "sources", params(("id" = Id, Path)), request_body = SourceChange,
    responses((status = 200, body = Source)))]
async fn update(
    State(app): State<App>,
    Place(id): Place<SourceId>,
    Asked(caller, change): Asked<SourceChange>,
) -> Result<Response, Problem> {
    let SourceChange { name, state, pipeline, interval_s, trust } = change;
    let trust = trust.map(|trust| trust.unwrap_or(sources::TRUST));
    let change = sources::Change { name, state, pipeline, interval_s, trust };
    let source = sources::update(&app.desk, &caller.actor, id, change).await?;
    Ok(json(&Source::from(source)))
}

/// Fetches one source.
#[utoipa::path(post, path = "/sources/{id}/fetch", tag = "sources", params(("id" = Id, Path)), responses((status = 202, body = Accepted)))]
async fn fetch(
    State(app): State<App>,
    Place(id): Place<SourceId>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    let (job, due) = sources::fetch(&app.desk, &caller.actor, Some(vec![id]), 0).await?;
    Ok(accepted(job, due, "the source will be fetched"))
}
