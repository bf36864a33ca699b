//! `/providers`: model providers beside the embedded generator.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::{ProviderId, providers};
use http::StatusCode;
use stdx::Timestamp;
use stdx::config::Secret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Page, Place, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, delete))
}

view! {
    /// A model provider; its key is never shown.
    Provider of providers::Provider {
        id: ProviderId as Id,
        name: String,
        /// The wire dialect: `openai`, `anthropic`, `gemini` or `ollama`.
        kind: String,
        base_url: String,
        model: String,
        has_key: bool,
        timeout_s: u32,
        /// Millionths of a dollar for a million prompt tokens.
        price_in: u64,
        /// Millionths of a dollar for a million completion tokens.
        price_out: u64,
        created_at: Timestamp as Time,
    }
}

request! {
    /// A provider as it is to be.
    ProviderSettings {
        /// The wire dialect: `openai` (which most servers speak), `anthropic`, `gemini` or `ollama`.
        #[serde(default = "providers::default_kind")]
        kind: String,
        /// Such as `https://api.example.com/v1`.
        base_url: String,
        model: String,
        /// Without one the stored key stays.
        api_key: Option<Secret> as Option<String>,
        #[serde(default = "timeout_s")]
        timeout_s: u32,
        #[serde(default)]
        price_in: u64,
        #[serde(default)]
        price_out: u64,
    }
}

fn timeout_s() -> u32 {
    60
}

/// Lists all providers.
#[utoipa::path(get, path = "/providers", tag = "providers", responses((status = 200, body = Page<Provider>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Provider>::whole(providers::list(&app.desk, &caller.actor).await?)))
}

/// Adds a provider, or changes the one of that name.
#[utoipa::path(put, path = "/providers/{name}", tag = "providers", params(("name" = String, Path)), request_body = ProviderSettings,
    responses((status = 200, body = Provider)))]
async fn put(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, settings): Asked<ProviderSettings>,
) -> Result<Response, Problem> {
    let ProviderSettings { kind, base_url, model, api_key, timeout_s, price_in, price_out } = settings;
    let new = providers::NewProvider { name, kind, base_url, model, api_key, timeout_s, price_in, price_out };
    let provider = providers::put(&app.desk, &caller.actor, new).await?;
    Ok(json(&Provider::from(provider)))
}

/// Deletes a provider. Pipelines that name it go on with their next one.
#[utoipa::path(delete, path = "/providers/{name}", tag = "providers", params(("name" = String, Path)), responses((status = 204)))]
async fn delete(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    providers::delete(&app.desk, &caller.actor, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
