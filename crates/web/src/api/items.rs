//! `/items`: what sources bring.

use axum::extract::State;
use axum::response::Response;
use desk::items::{Given, NewItem};
use desk::people::Action;
use desk::{ItemId, PipelineId, SourceId, StoryId, items};
use serde::Deserialize;
use stdx::Timestamp;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, Id, Page, Paging, Place, Standing, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get)).routes(routes!(versions))
}

view! {
    /// One entry of a feed.
    Item of items::Item {
        id: ItemId as Id,
        source: SourceId as Id,
        source_name: String,
        url: Option<String>,
        title: String,
        authors: Vec<String>,
        categories: Vec<String>,
        /// ISO 639-1, or `und`.
        language: String,
        /// Sanitised.
        content_html: String,
        /// The content as plain text.
        text: String,
        /// As the feed says; the time of first sight when it says nothing credible.
        published_at: Timestamp as Time,
        first_seen_at: Timestamp as Time,
        /// Grows by one each time the source changes the entry.
        version: u32,
        standing: items::Standing as Standing,
        /// Why it is not news: `archive` (of a first visit), `flood` (too many at once) or `stale` (too old at first sight).
        why: Option<String>,
        copy_of: Option<ItemId> as Option<Id>,
        story: Option<StoryId> as Option<Id>,
        /// What it shared with its story when it joined: names, numbers with what they count, words; the weightiest first.
        because: Vec<String>,
        /// What in it speaks to a model instead of a reader, each as `kind: words`; looked for when it is drafted. A draft
        /// from it waits for a person.
        suspicious: Vec<String>,
    }
}

view! {
    /// What an item said before its source changed it.
    ItemVersion of items::Former {
        version: u32,
        title: String,
        /// Sanitised.
        content_html: String,
        text: String,
        /// When we found another text in its place.
        replaced_at: Timestamp as Time,
    }
}

request! {
    /// An item to add. With nothing but `url`, the page is fetched and its article taken.
    ItemToAdd {
        /// What you call it; the same again is a new version of it. Without one, its address tells which it is.
        id: Option<String>,
        url: Option<String>,
        title: Option<String>,
        /// Plain text, paragraphs parted by empty lines.
        text: Option<String>,
        /// In its place; it is sanitised.
        html: Option<String>,
        author: Option<String>,
        categories: Option<Vec<String>>,
        published_at: Option<Timestamp> as Option<Time>,
        /// ISO 639-1; without one, it is found out.
        language: Option<String>,
        /// A source of kind `hand`.
        source: Option<SourceId> as Option<Id>,
        /// Without a source: the pipeline whose own hand takes it; the default one when nothing is said.
        pipeline: Option<PipelineId> as Option<Id>,
    }
}

/// Which items.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ItemFilter {
    /// Of this source.
    #[param(value_type = Option<Id>)]
    source: Option<SourceId>,
    /// Of this story.
    #[param(value_type = Option<Id>)]
    story: Option<StoryId>,
}

/// Lists items, newest first, of all sources or of one source or story.
#[utoipa::path(get, path = "/items", tag = "items", params(Paging, ItemFilter), responses((status = 200, body = Page<Item>)))]
async fn list(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
    Asking(filter): Asking<ItemFilter>,
) -> Result<Response, Problem> {
    let filter = items::Filter { source: filter.source, story: filter.story };
    let rows = items::list(&app.desk, &caller.actor, filter, paging.after()?.map(ItemId), paging.rows()?).await?;
    Ok(json(&Page::<Item>::of(rows, &paging, |item| item.id.to_string())?))
}

/// Adds an item by hand: written, or with nothing but its address, which is fetched for the article behind it. One of the same
/// `id`, else the same address, is changed instead (200).
#[utoipa::path(post, path = "/items", tag = "items", request_body = ItemToAdd,
    responses((status = 201, body = Item), (status = 200, description = "It was there before.", body = Item)))]
async fn create(State(app): State<App>, Asked(caller, asked): Asked<ItemToAdd>) -> Result<Response, Problem> {
    let ItemToAdd { id, url, title, text, html, author, categories, published_at, language, source, pipeline } = asked;
    let (authors, categories) = (author.into_iter().collect(), categories.unwrap_or_default());
    let item = Given { id, url, title, text, html, authors, categories, published_at, language };
    let (item, is_new) = items::create(&app.desk, &caller.actor, NewItem { item, source, pipeline }).await?;
    let location = format!("/api/v3/items/{}", item.id);
    let shown = Item::from(item);
    Ok(if is_new { created(&location, &shown) } else { json(&shown) })
}

/// Shows an item.
#[utoipa::path(get, path = "/items/{id}", tag = "items", params(("id" = Id, Path)), responses((status = 200, body = Item)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<ItemId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let item = items::get(&mut app.desk.store.read(), id).await?;
    Ok(json(&Item::from(item)))
}

/// Shows what an item said before its source changed it, latest first; the last 20 texts are kept.
#[utoipa::path(get, path = "/items/{id}/versions", tag = "items", params(("id" = Id, Path)),
    responses((status = 200, body = Page<ItemVersion>)))]
async fn versions(caller: Caller, State(app): State<App>, Place(id): Place<ItemId>) -> Result<Response, Problem> {
    let versions = items::versions(&app.desk, &caller.actor, id).await?;
    Ok(json(&Page::<ItemVersion>::whole(versions)))
}
