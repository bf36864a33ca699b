//! `/settings`: what is configured, and where each value came from.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::json as answer;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A value of the configuration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Setting {
    /// Its table in the file; empty for the root.
    #[schema(value_type = String)]
    pub section: &'static str,
    #[schema(value_type = String)]
    pub key: &'static str,
    /// What is in force; `***` for a secret, `null` when it is not set.
    pub value: Option<Json>,
    pub default: Option<Json>,
    /// `default`, `file`, `environment` or `flag`.
    #[schema(value_type = String)]
    pub source: &'static str,
    pub doc: String,
}

/// Lists all settings of the process that answers, as its start found them.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = Vec<Setting>, example = json!([{
    "section": "queue", "key": "workers_max", "value": 16, "default": 0, "source": "environment",
    "doc": "Jobs that may run at once; 0 lets Copydesk choose."}]))))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Admin)?;
    Ok(answer(&app.configuration()))
}
