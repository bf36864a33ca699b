//! `/posts/{id}/rating`: what people think of a version.

use axum::extract::State;
use axum::response::Response;
use desk::PostId;
use desk::moderation::rating;
use stdx::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::posts::Post;
use super::view::{Id, Page, Place, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rate)).routes(routes!(ratings))
}

view! {
    /// What somebody gave a version.
    Rating of rating::Rating {
        version: u32,
        /// The principal.
        by: String,
        name: String,
        /// 1 to 5.
        rating: u32,
        comment: String,
        at: Timestamp as Time,
    }
}

request! {
    /// What the caller gives a version.
    RatingRequest {
        version: u32,
        /// 1 to 5.
        rating: u32,
        #[serde(default)]
        comment: String,
    }
}

/// Rates a version; a second time replaces the first.
#[utoipa::path(post, path = "/posts/{id}/rating", tag = "moderation", params(("id" = Id, Path)), request_body = RatingRequest,
    responses((status = 200, body = Post)))]
async fn rate(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, given): Asked<RatingRequest>,
) -> Result<Response, Problem> {
    let RatingRequest { version, rating, comment } = given;
    let post = rating::rate(&app.desk, &caller.actor, id, version, rating, &comment).await?;
    Ok(json(&Post::from(post)))
}

/// Lists what people gave a post's versions, the newest version first, at most 500.
#[utoipa::path(get, path = "/posts/{id}/ratings", tag = "moderation", params(("id" = Id, Path)), responses((status = 200, body = Page<Rating>)))]
async fn ratings(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    Ok(json(&Page::<Rating>::whole(rating::list(&app.desk, &caller.actor, id).await?)))
}
