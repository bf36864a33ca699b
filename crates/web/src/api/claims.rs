//! `/posts/{id}/claim`: who looks at a post just now.

use axum::extract::State;
use axum::response::Response;
use desk::PostId;
use desk::moderation::claim;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::posts::Post;
use super::view::{Id, Place, request};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(claim_post, release_claim))
}

request! {
    /// A wish to look at a post.
    ClaimRequest {
        /// Also while somebody else looks at it.
        #[serde(default)]
        take_over: bool,
    }
}

/// Claims a post for ten minutes, or renews the claim. 409 `claimed` with `by`, `name` and `until` while another
/// holds it. It keeps nobody from deciding.
#[utoipa::path(post, path = "/posts/{id}/claim", tag = "moderation", params(("id" = Id, Path)), request_body = ClaimRequest,
    responses((status = 200, body = Post)))]
async fn claim_post(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, wish): Asked<ClaimRequest>,
) -> Result<Response, Problem> {
    let post = claim::take(&app.desk, &caller.actor, id, wish.take_over).await?;
    Ok(json(&Post::from(post)))
}

/// Gives one's own claim up.
#[utoipa::path(delete, path = "/posts/{id}/claim", tag = "moderation", params(("id" = Id, Path)), responses((status = 200, body = Post)))]
async fn release_claim(caller: Caller, State(app): State<App>, Place(id): Place<PostId>) -> Result<Response, Problem> {
    let post = claim::release(&app.desk, &caller.actor, id).await?;
    Ok(json(&Post::from(post)))
}
