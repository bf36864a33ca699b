//! What the page is told before its script runs, so that it need not ask.

use axum::extract::OptionalFromRequestParts as _;
use desk::people;
use http::request::Parts;
use serde_json::{Value, json};

use crate::App;
use crate::api::dashboard;
use crate::api::session::session;
use crate::auth::Caller;
use crate::problem::Problem;

/// Who is signed in, as `GET /api/v3/session` has it, and what a stranger may know of the desk. `None` when that
/// could not be found out: the script then asks the API, and shows what the API says.
pub async fn told(app: &App, parts: &mut Parts) -> Option<Value> {
    gather(app, parts).await.ok()
}

async fn gather(app: &App, parts: &mut Parts) -> Result<Value, Problem> {
    let caller = Caller::from_request_parts(parts, app).await?;
    let session = match &caller {
        Some(caller) => Some(session(app, caller).await?),
        None => None,
    };
    // The overview is painted once, with its figures. Where they cannot be had the script asks, and shows why.
    let overview = match &caller {
        Some(caller) if parts.uri.path() == "/console" => dashboard::full(app, caller).await.ok(),
        _ => None,
    };
    Ok(json!({
        "session": session,
        "first": overview.map_or_else(|| json!({}), |overview| json!({ "/api/v3/dashboard?level=full": overview })),
        "setup_needed": !people::has_users(&app.desk).await?,
        "site_name": app.settings.name,
        "language": app.settings.language,
        "version": app.version,
    }))
}
