//! `/posts/{id}/review-links`: addresses by which somebody without an account judges one version.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::moderation::link::{self, Link, NewLink};
use desk::{LinkId, PostId};
use http::StatusCode;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Page, Place, Time, request};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};
use crate::site::Visit;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create_link, links)).routes(routes!(revoke_link))
}

request! {
    /// Who is asked, and for how long.
    ReviewLinkRequest {
        /// The name the decision is written down under.
        reviewer: String,
        /// 1 to 720; 72 when nothing is said.
        expires_in_h: Option<u32>,
        /// A word to the reviewer.
        #[serde(default)]
        note: String,
    }
}

/// A signed link with what became of it.
#[derive(Serialize, ToSchema)]
struct ReviewLink {
    #[schema(value_type = Id)]
    id: LinkId,
    /// While it can be used.
    url: Option<String>,
    version: u32,
    reviewer: String,
    note: String,
    /// The principal that made it.
    by: String,
    #[schema(value_type = Time)]
    created_at: Timestamp,
    #[schema(value_type = Time)]
    expires_at: Timestamp,
    #[schema(value_type = Option<Time>)]
    revoked_at: Option<Timestamp>,
    #[schema(value_type = Option<Time>)]
    used_at: Option<Timestamp>,
    /// `approved`, `endorsed` (another person must approve as well) or `rejected`.
    outcome: Option<String>,
    comment: Option<String>,
}

impl ReviewLink {
    fn of(app: &App, visit: &Visit, link: Link) -> ReviewLink {
        let url = || format!("{}/review/{}", visit.origin(), link.token(&app.desk));
        ReviewLink {
            id: link.id,
            url: link.is_open(app.desk.now()).then(url),
            version: link.version,
            reviewer: link.reviewer,
            note: link.note,
            by: link.by,
            created_at: link.created_at,
            expires_at: link.expires_at,
            revoked_at: link.revoked_at,
            used_at: link.used_at,
            outcome: link.outcome,
            comment: link.comment,
        }
    }
}

/// Makes a link by which one person judges the newest version, once, without an account.
#[utoipa::path(post, path = "/posts/{id}/review-links", tag = "moderation", params(("id" = Id, Path)), request_body = ReviewLinkRequest,
    responses((status = 201, body = ReviewLink)))]
async fn create_link(
    State(app): State<App>,
    Place(id): Place<PostId>,
    visit: Visit,
    Asked(caller, asked): Asked<ReviewLinkRequest>,
) -> Result<Response, Problem> {
    let expires_in_h = asked.expires_in_h.unwrap_or(link::HOURS);
    let new = NewLink { reviewer: asked.reviewer, note: asked.note, expires_in_h };
    let link = link::create(&app.desk, &caller.actor, id, new).await?;
    Ok(created(&format!("/api/v3/review-links/{}", link.id), &ReviewLink::of(&app, &visit, link)))
}

/// Lists a post's links with what became of them, newest first, at most 100.
#[utoipa::path(get, path = "/posts/{id}/review-links", tag = "moderation", params(("id" = Id, Path)),
    responses((status = 200, body = Page<ReviewLink>)))]
async fn links(
    caller: Caller,
    State(app): State<App>,
    Place(id): Place<PostId>,
    visit: Visit,
) -> Result<Response, Problem> {
    let links = link::list(&app.desk, &caller.actor, id).await?;
    let shown: Vec<ReviewLink> = links.into_iter().map(|link| ReviewLink::of(&app, &visit, link)).collect();
    Ok(json(&Page::<ReviewLink>::whole(shown)))
}

/// Revokes a link that was not used yet.
#[utoipa::path(delete, path = "/review-links/{id}", tag = "moderation", params(("id" = Id, Path)), responses((status = 204)))]
async fn revoke_link(caller: Caller, State(app): State<App>, Place(id): Place<LinkId>) -> Result<Response, Problem> {
    link::revoke(&app.desk, &caller.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
