//! What people decide about posts: the queue they work off, approvals, rejections, publications.

use axum::extract::State;
use axum::response::Response;
use desk::calendar::When;
use desk::people::Action;
use desk::{PostId, moderation, posts};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::calendar::{Word, when};
use super::posts::{Post, PostFilter, PostVersion, Review, path, read_version};
use super::sources::Nothing;
use super::view::{Asking, Id, Page, Paging, Place, SlotWord, Time, request};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json, with_status};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(queue))
        .routes(routes!(approve, withdraw))
        .routes(routes!(reject))
        .routes(routes!(reopen))
        .routes(routes!(publish, retract))
}

/// A post that waits for a person, with what the decision needs.
#[derive(Serialize, ToSchema)]
struct Waiting {
    #[serde(flatten)]
    post: Post,
    newest: PostVersion,
    /// The last decision on it: mostly the policy's, with its reason.
    review: Option<Review>,
}

request! {
    /// The approval of a version, or of an edited text in its place.
    Approval {
        /// The version that was read; `If-Match` says the same.
        version: Option<u32>,
        /// Written as a new version, which is approved in the same step.
        edit: Option<PostEdit>,
        /// When it is to be published; soon when nothing is said.
        due_at: Option<Timestamp> as Option<Time>,
        /// The next free slot in place of a time.
        slot: Option<Word> as Option<SlotWord>,
        /// Whose slot; without one: any that has slots.
        channel: Option<String>,
        /// Also at a time in a blackout.
        #[serde(default)]
        force: bool,
    }
}

request! {
    /// What is to differ from the newest version.
    PostEdit {
        title: Option<String>,
        excerpt: Option<String>,
        /// Markdown.
        body: Option<String>,
        topic: Option<String>,
    }
}

request! {
    /// Why a version is sent back.
    Rejection {
        /// The version that was read; `If-Match` says the same.
        version: Option<u32>,
        reason: String,
    }
}

/// Lists the posts that wait for a person, the oldest first unless `sort` says otherwise, each with its newest version.
#[utoipa::path(get, path = "/moderation", tag = "moderation", params(Paging, PostFilter), responses((status = 200, body = Page<Waiting>)))]
async fn queue(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
    Asking(filter): Asking<PostFilter>,
) -> Result<Response, Problem> {
    let sort = filter.sort.unwrap_or(posts::Sort::Oldest);
    let filter = posts::Filter {
        states: vec![posts::State::InReview],
        sort,
        after: paging.after()?,
        limit: paging.rows()? as usize,
        ..filter.read()?
    };
    let rows = posts::list(&app.desk, &caller.actor, &filter).await?;
    let total = posts::total(&app.desk, &caller.actor, &filter).await?;
    let page = Page::<posts::Post>::of(rows, &paging, |post| posts::Cursor::of(post, sort).to_string())?;
    let mut conn = app.desk.store.read();
    let mut data = Vec::with_capacity(page.data.len());
    for post in page.data {
        let newest = posts::kept_version(&app.desk, post.id, post.version).await?;
        let review = moderation::last_review(&mut conn, post.id).await?;
        data.push(Waiting {
            post: post.into(),
            newest: newest.as_ref().clone().into(),
            review: review.map(Review::from),
        });
    }
    Ok(json(&Page { data, pagination: page.pagination }.with_total(total)))
}

/// Approves a version, or an edited text in its place. It is published after a few seconds, in which
/// the approval can be withdrawn.
#[utoipa::path(post, path = "/posts/{id}/approval", tag = "moderation", params(("id" = Id, Path)), request_body = Approval,
    responses((status = 201, body = Post)))]
async fn approve(
    State(app): State<App>,
    Place(id): Place<PostId>,
    headers: HeaderMap,
    Asked(caller, approval): Asked<Approval>,
) -> Result<Response, Problem> {
    // Whoever may not judge learns that before anything about their request.
    caller.actor.may(Action::Judge)?;
    let version = read_version(&headers, approval.version)?;
    let when = when(approval.due_at, approval.slot, approval.channel, approval.force)?.unwrap_or(When::Soon);
    let post = match approval.edit {
        None => moderation::approve(&app.desk, &caller.actor, id, version, when).await?,
        Some(PostEdit { title, excerpt, body, topic }) => {
            let edit = moderation::Edit { title, excerpt, body, topic };
            moderation::edit_and_approve(&app.desk, &caller.actor, id, version, edit, when).await?
        }
    };
    Ok(created(&format!("{}/approval", path(id)), &Post::from(post)))
}

/// Withdraws an approval whose publication has not begun.
#[utoipa::path(delete, path = "/posts/{id}/approval", tag = "moderation", params(("id" = Id, Path)), responses((status = 200, body = Post)))]
async fn withdraw(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    let post = moderation::withdraw_approval(&app.desk, &caller.actor, id).await?;
    Ok(json(&Post::from(post)))
}

/// Sends a version back, with the reason.
#[utoipa::path(post, path = "/posts/{id}/rejection", tag = "moderation", params(("id" = Id, Path)), request_body = Rejection,
    responses((status = 201, body = Post)))]
async fn reject(
    State(app): State<App>,
    Place(id): Place<PostId>,
    headers: HeaderMap,
    Asked(caller, rejection): Asked<Rejection>,
) -> Result<Response, Problem> {
    caller.actor.may(Action::Judge)?;
    let version = read_version(&headers, rejection.version)?;
    let post = moderation::reject(&app.desk, &caller.actor, id, version, &rejection.reason).await?;
    Ok(created(&path(id), &Post::from(post)))
}

/// Opens a rejected, failed or retracted post again: back to review while a rejection can be undone, else as a draft.
#[utoipa::path(post, path = "/posts/{id}/reopening", tag = "moderation", params(("id" = Id, Path)), request_body = Nothing,
    responses((status = 201, body = Post)))]
async fn reopen(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    let post = moderation::reopen(&app.desk, &caller.actor, id).await?;
    Ok(created(&path(id), &Post::from(post)))
}

/// Publishes what is approved once the undo window has passed, or tries at once what has failed.
#[utoipa::path(post, path = "/posts/{id}/publication", tag = "moderation", params(("id" = Id, Path)), request_body = Nothing,
    responses((status = 202, body = Post)))]
async fn publish(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    let post = moderation::publish_now(&app.desk, &caller.actor, id).await?;
    Ok(with_status(StatusCode::ACCEPTED, &Post::from(post)))
}

/// Takes a published post off its channels.
#[utoipa::path(delete, path = "/posts/{id}/publication", tag = "moderation", params(("id" = Id, Path)), responses((status = 200, body = Post)))]
async fn retract(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    let post = moderation::retract(&app.desk, &caller.actor, id).await?;
    Ok(json(&Post::from(post)))
}
