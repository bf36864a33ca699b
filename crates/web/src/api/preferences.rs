//! `/preferences`: how somebody likes the console, kept for them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people;
use http::StatusCode;
use serde_json::Value as Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::Place;
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, delete))
}

/// Shows all of one's own, by name.
#[utoipa::path(get, path = "/preferences", tag = "preferences", responses((status = 200, body = BTreeMap<String, Json>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&people::preferences(&app.desk, &caller.actor).await?))
}

/// Keeps a value: any JSON of at most 16 KiB, 100 names in all.
#[utoipa::path(put, path = "/preferences/{name}", tag = "preferences", params(("name" = String, Path)), request_body = Json,
    responses((status = 204)))]
async fn put(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, value): Asked<Json, false>,
) -> Result<Response, Problem> {
    people::set_preference(&app.desk, &caller.actor, &name, &value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Forgets a value.
#[utoipa::path(delete, path = "/preferences/{name}", tag = "preferences", params(("name" = String, Path)), responses((status = 204)))]
async fn delete(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    people::drop_preference(&app.desk, &caller.actor, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
