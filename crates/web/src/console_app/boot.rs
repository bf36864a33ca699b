//! What the page is told before its script runs, so that it need not ask.

use axum::extract::OptionalFromRequestParts as _;
use desk::people;
use http::request::Parts;
use serde_json::{Value, json};

use crate::App;
use crate::api::session::session;
use crate::auth::Caller;
use crate::problem::Problem;

/// Who is signed in, as `GET /api/v3/session` has it, and what a stranger may know of the desk. `None` when that
/// could not be found out: the script then asks the API, and shows what the API says.
pub async fn told(app: &App, parts: &mut Parts) -> Option<Value> {
    gather(app, parts).await.ok()
}

async fn gather(app: &App, parts: &mut Parts) -> Result<Value, Problem> {
    let session = match Caller::from_request_parts(parts, app).await? {
        Some(caller) => Some(session(app, &caller).await?),
        None => None,
    };
    Ok(json!({
        "session": session,
        "setup_needed": !people::has_users(&app.desk).await?,
        "site_name": app.settings.name,
        "language": app.settings.language,
        "version": app.version,
    }))
}
