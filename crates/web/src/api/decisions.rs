//! What people decide about posts: the queue they work off, approvals, rejections, publications.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use desk::{PostId, moderation, posts};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::posts::{Post, PostVersion, Review, path, read_version};
use super::sources::Nothing;
use super::view::{Asking, Id, Page, Paging, Place, request};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json, with_status};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(queue))
        .routes(routes!(approve, withdraw))
        .routes(routes!(reject))
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

/// Lists the posts that wait for a person, longest waiting first, each with its newest version.
#[utoipa::path(get, path = "/moderation", tag = "moderation", params(Paging), responses((status = 200, body = Page<Waiting>)))]
async fn queue(caller: Caller, State(app): State<App>, Asking(paging): Asking<Paging>) -> Result<Response, Problem> {
    let limit = paging.rows()? as usize;
    let filter = posts::Filter {
        state: Some(posts::State::InReview),
        oldest_first: true,
        after: paging.after()?.map(PostId),
        limit,
    };
    let rows = posts::list(&app.desk, &caller.actor, filter).await?;
    let page = Page::<posts::Post>::of(rows, &paging, |post| post.id.to_string())?;
    let mut conn = app.desk.store.read();
    let mut data = Vec::with_capacity(page.data.len());
    for post in page.data {
        let newest = posts::version(&mut conn, post.id, post.version).await?;
        let review = moderation::reviews(&mut conn, post.id).await?.into_iter().next();
        data.push(Waiting { post: post.into(), newest: newest.into(), review: review.map(Review::from) });
    }
    Ok(json(&Page { data, pagination: page.pagination }))
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
    let post = match approval.edit {
        None => moderation::approve(&app.desk, &caller.actor, id, version).await?,
        Some(PostEdit { title, excerpt, body, topic }) => {
            let edit = moderation::Edit { title, excerpt, body, topic };
            moderation::edit_and_approve(&app.desk, &caller.actor, id, version, edit).await?
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

/// Publishes at once what is approved, or tries again what has failed.
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
