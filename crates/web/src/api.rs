//! The API under `/api/v3`, one module per noun, and its documentation.
//!
//! Invariants
//! - Every address below the prefix needs a key or a session, but for signing in, using an invitation, and
//!   [`health`], which tells its status without one.
//! - What is answered is a view of this module, so that the desk's types may move on.
//! - A route is documented by the attribute it is declared with: [`document`] knows all of them.

#![expect(unused_qualifications, reason = "utoipa's macros write paths in full")]

mod analyze;
mod bulk;
mod cache;
mod calendar;
mod channels;
mod claims;
mod copies;
pub(crate) mod configuration;
mod cron;
pub(crate) mod dashboard;
mod database;
mod decisions;
mod docs;
mod drafts;
mod feedback;
pub(crate) mod health;
mod improve;
mod invitations;
mod items;
mod jobs;
mod keys;
mod links;
mod measures;
pub(crate) mod metrics;
mod money;
mod pipelines;
mod posts;
mod preferences;
mod prompts;
mod providers;
mod queues;
mod ratings;
mod reference;
pub(crate) mod session;
mod sources;
mod stories;
mod subscription;
pub(crate) mod traffic;
mod tuning;
mod users;
mod variants;
mod view;

#[cfg(test)]
pub(crate) mod tests;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// Where the API stands.
pub const PREFIX: &str = "/api/v3";

/// Everything that this module answers.
pub fn routes() -> Router<App> {
    let (api, _) = nouns().fallback(unknown).split_for_parts();
    let api = api.route("/openapi.json", get(docs::document_for_keys));
    Router::new()
        .nest(PREFIX, api)
        .route("/health", get(health::probe))
        .route("/metrics", get(metrics::prometheus))
        .merge(docs::routes())
}

/// The description of the API, as OpenAPI 3.1 has it.
pub fn document() -> OpenApi {
    let (_, document) = OpenApiRouter::new().nest(PREFIX, nouns().routes(crate::live::documented())).split_for_parts();
    docs::complete(document)
}

fn nouns() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(sources::routes())
        .merge(items::routes())
        .merge(stories::routes())
        .merge(posts::routes())
        .merge(decisions::routes())
        .merge(claims::routes())
        .merge(bulk::routes())
        .merge(links::routes())
        .merge(variants::routes())
        .merge(copies::routes())
        .merge(ratings::routes())
        .merge(feedback::routes())
        .merge(calendar::routes())
        .merge(drafts::routes())
        .merge(analyze::routes())
        .merge(improve::routes())
        .merge(pipelines::routes())
        .merge(prompts::routes())
        .merge(providers::routes())
        .merge(money::routes())
        .merge(channels::routes())
        .merge(session::routes())
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(preferences::routes())
        .merge(keys::routes())
        .merge(jobs::routes())
        .merge(cron::routes())
        .merge(queues::routes())
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(cache::routes())
        .merge(database::routes())
        .merge(dashboard::routes())
        .merge(traffic::routes())
        .merge(tuning::routes())
        .merge(configuration::routes())
}

/// Who is unknown does not learn which addresses there are.
async fn unknown(_: Caller) -> Response {
    Problem::new(&problem::NOT_FOUND, "there is nothing at this address").into_response()
}
