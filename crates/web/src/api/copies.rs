//! `/posts/{id}/working-copy`: what somebody is typing, kept so that nothing is lost.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::PostId;
use desk::moderation::copy::{self, Desktop, Other, Text};
use http::StatusCode;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Place, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(working_copy, keep_working_copy, drop_working_copy))
}

request! {
    /// The text as it is typed.
    WorkingCopyRequest {
        /// The version it was begun on.
        base_version: u32,
        title: String,
        excerpt: String,
        /// Markdown.
        body: String,
        topic: String,
    }
}

view! {
    /// Somebody else who types.
    OtherCopy of Other {
        name: String,
        saved_at: Timestamp as Time,
    }
}

/// What was kept, and what it may run into.
#[derive(Serialize, ToSchema)]
struct WorkingCopySaved {
    #[schema(value_type = Time)]
    saved_at: Timestamp,
    newest_version: u32,
    others: Vec<OtherCopy>,
}

/// One's own working copy.
#[derive(Serialize, ToSchema)]
struct WorkingCopy {
    base_version: u32,
    title: String,
    excerpt: String,
    /// Markdown.
    body: String,
    topic: String,
    #[serde(flatten)]
    saved: WorkingCopySaved,
}

/// Keeps what is typed; at most 300 KiB. It never makes a version.
#[utoipa::path(put, path = "/posts/{id}/working-copy", tag = "posts", params(("id" = Id, Path)), request_body = WorkingCopyRequest,
    responses((status = 200, body = WorkingCopySaved)))]
async fn keep_working_copy(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, typed): Asked<WorkingCopyRequest>,
) -> Result<Response, Problem> {
    let WorkingCopyRequest { base_version, title, excerpt, body, topic } = typed;
    let text = Text { base_version, title, excerpt, body, topic };
    let desktop = copy::put(&app.desk, &caller.actor, id, text).await?;
    let saved_at = desktop.own.as_ref().map_or(app.desk.now(), |own| own.saved_at);
    Ok(json(&saved(desktop, saved_at)))
}

/// Shows one's own working copy; 404 without one, with `others` who have one.
#[utoipa::path(get, path = "/posts/{id}/working-copy", tag = "posts", params(("id" = Id, Path)), responses((status = 200, body = WorkingCopy)))]
async fn working_copy(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    let mut desktop = copy::get(&app.desk, &caller.actor, id).await?;
    let Some(own) = desktop.own.take() else {
        let others = serde_json::to_value(&desktop.others).unwrap_or_default();
        let problem = Problem::new(&problem::NOT_FOUND, format!("there is no working copy of post {id}"));
        return Err(problem.with("newest_version", desktop.newest_version).with("others", others));
    };
    let Text { base_version, title, excerpt, body, topic } = own.text;
    let saved = saved(desktop, own.saved_at);
    Ok(json(&WorkingCopy { base_version, title, excerpt, body, topic, saved }))
}

/// Forgets one's own working copy.
#[utoipa::path(delete, path = "/posts/{id}/working-copy", tag = "posts", params(("id" = Id, Path)), responses((status = 204)))]
async fn drop_working_copy(
    caller: Caller,
    State(app): State<App>,
    Place(id): Place<PostId>,
) -> Result<Response, Problem> {
    copy::discard(&app.desk, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn saved(desktop: Desktop, saved_at: Timestamp) -> WorkingCopySaved {
    let others = desktop.others.into_iter().map(OtherCopy::from).collect();
    WorkingCopySaved { saved_at, newest_version: desktop.newest_version, others }
}
