//! `/providers`: model providers beside the embedded generator.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::{ProviderId, providers};
use http::StatusCode;
use stdx::Timestamp;
use stdx::config::Secret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Page, Place, ProviderBreaker, Time, request, shape, view};
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
        /// `null` for one of the configuration.
        id: Option<ProviderId> as Option<Id>,
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
        /// Millionths of a dollar for a million prompt tokens that the provider had in its cache; `null`: as the others.
        price_cached: Option<u64>,
        /// Longest time to connect, in milliseconds; `null`: the usual one.
        connect_timeout_ms: Option<u32>,
        /// Longest wait for the first words, in milliseconds; `null`: the usual one.
        first_token_ms: Option<u32>,
        /// Longest silence in the middle of an answer, in milliseconds; `null`: the usual one.
        stall_ms: Option<u32>,
        /// `null` for one of the configuration.
        created_at: Option<Timestamp> as Option<Time>,
        /// It stands in `[llm]` of the configuration and can be changed only there; one put under its name takes its place.
        is_configured: bool,
        /// How it did since this process began; `null` before its first call.
        health: Option<providers::Health> as Option<ProviderHealth>,
    }
}

shape! {
    /// How a provider did since this process began.
    ProviderHealth {
        /// `closed`: it is asked. `open`: it is left alone. `half_open`: one call tries it.
        breaker: &'static str as ProviderBreaker,
        /// Until when it is not asked, for its breaker's sake or by its own wish.
        open_until: Option<Timestamp> as Option<Time>,
        /// Calls under way.
        in_flight: u32,
        /// Milliseconds to the first words of an answer, lately.
        first_content_ms: Option<u64>,
        answered: u64,
        failed: u64,
        last_fault: Option<ProviderFault>,
    }

    /// What went wrong last, and when.
    ProviderFault {
        kind: String,
        at: Timestamp as Time,
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
        price_cached: Option<u64>,
        connect_timeout_ms: Option<u32>,
        first_token_ms: Option<u32>,
        stall_ms: Option<u32>,
    }
}

fn timeout_s() -> u32 {
    60
}

/// Lists all providers, those of the configuration too.
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
    let ProviderSettings {
        kind,
        base_url,
        model,
        api_key,
        timeout_s,
        price_in,
        price_out,
        price_cached,
        connect_timeout_ms,
        first_token_ms,
        stall_ms,
    } = settings;
    let new = providers::NewProvider {
        name,
        kind,
        base_url,
        model,
        api_key,
        timeout_s,
        price_in,
        price_out,
        price_cached,
        connect_timeout_ms,
        first_token_ms,
        stall_ms,
    };
    let provider = providers::put(&app.desk, &caller.actor, new).await?;
    Ok(json(&Provider::from(provider)))
}

/// Deletes a provider. Pipelines that name it go on with their next one, or with one of the configuration of that name, which cannot be
/// deleted here.
#[utoipa::path(delete, path = "/providers/{name}", tag = "providers", params(("name" = String, Path)), responses((status = 204)))]
async fn delete(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    providers::delete(&app.desk, &caller.actor, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
