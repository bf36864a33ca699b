//! `/stories`: items that tell the same news.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::{ItemId, PipelineId, PostId, StoryId, items, stories};
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::items::Item;
use super::view::{Asking, Id, LIMIT_MAX, Page, Paging, Place, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(merge)).routes(routes!(split))
}

view! {
    /// A group of items about one event.
    Story of stories::Story {
        id: StoryId as Id,
        /// That of its earliest item.
        title: String,
        pipeline: PipelineId as Id,
        /// ISO 639-1, or `und`.
        language: String,
        items: u32,
        /// How many sources they come from.
        sources: u32,
        /// Why the items are one story, for people.
        because: String,
        /// When its earliest item was published.
        first_at: Timestamp as Time,
        /// When its latest item was published.
        last_at: Timestamp as Time,
        /// The post that was drafted from it.
        post: Option<PostId> as Option<Id>,
        /// The story that its items went to when people found that both are one.
        merged_into: Option<StoryId> as Option<Id>,
    }
}

request! {
    /// Another story about the same event.
    Merger {
        story: StoryId as Id,
    }
}

request! {
    /// Items that tell of another event.
    Division {
        /// 1 to 200.
        items: Vec<ItemId> as Vec<Id>,
    }
}

/// A story with its items.
#[derive(Serialize, ToSchema)]
struct StoryWithItems {
    story: Story,
    /// Newest first, at most 200; the rest by `/items?story=`.
    items: Vec<Item>,
}

/// Lists stories, newest first.
#[utoipa::path(get, path = "/stories", tag = "stories", params(Paging), responses((status = 200, body = Page<Story>)))]
async fn list(caller: Caller, State(app): State<App>, Asking(paging): Asking<Paging>) -> Result<Response, Problem> {
    let rows = stories::list(&app.desk, &caller.actor, paging.after()?.map(StoryId), paging.rows()?).await?;
    Ok(json(&Page::<Story>::of(rows, &paging, |story| story.id.to_string())?))
}

/// Shows a story with its items.
#[utoipa::path(get, path = "/stories/{id}", tag = "stories", params(("id" = Id, Path)), responses((status = 200, body = StoryWithItems)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<StoryId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let story = stories::get(&mut app.desk.store.read(), id).await?;
    let filter = items::Filter { source: None, story: Some(id) };
    let items = items::list(&app.desk, &caller.actor, filter, None, LIMIT_MAX).await?;
    Ok(json(&StoryWithItems { story: story.into(), items: items.into_iter().map(Item::from).collect() }))
}

/// Makes two stories one. The one that has a post stays, otherwise the one in the address; the other says in `merged_into`
/// where its items are. Later items are placed accordingly.
#[utoipa::path(post, path = "/stories/{id}/merge", tag = "stories", params(("id" = Id, Path)), request_body = Merger,
    responses((status = 201, body = Story)))]
async fn merge(
    State(app): State<App>,
    Place(id): Place<StoryId>,
    Asked(caller, merger): Asked<Merger>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Write)?;
    let story = stories::merge(&app.desk, &caller.actor, id, merger.story).await?;
    Ok(created(&format!("/api/v3/stories/{}", story.id), &Story::from(story)))
}

/// Takes items out of a story into a new one, their copies with them. The post stays with the others.
#[utoipa::path(post, path = "/stories/{id}/split", tag = "stories", params(("id" = Id, Path)), request_body = Division,
    responses((status = 201, body = Story)))]
async fn split(
    State(app): State<App>,
    Place(id): Place<StoryId>,
    Asked(caller, division): Asked<Division>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Write)?;
    let story = stories::split(&app.desk, &caller.actor, id, &division.items).await?;
    Ok(created(&format!("/api/v3/stories/{}", story.id), &Story::from(story)))
}
