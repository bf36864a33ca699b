//! Read-your-writes across processes, where replicas answer reads: an answer to a write says how far the database has
//! come, and a request that brings this along sees at least that much, whichever process it reaches.
//!
//! Callers of the API carry it in a header, browsers in a cookie. Without replicas there is neither.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use store::Token;

use crate::App;
use crate::console::cookie;
use crate::problem::{self, Problem};

pub const HEADER: HeaderName = HeaderName::from_static("copydesk-position");
const COOKIE: &str = "copydesk_position";
/// The largest `store.replica_lag_ms`, in seconds: a replica that lags for longer answers nobody.
const COOKIE_S: u32 = 86_400;

/// The layer around what writes.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.desk.store.position().is_none() {
        return next.run(request).await;
    }
    let carried = match carried(request.headers()) {
        Ok(carried) => carried,
        Err(problem) => return problem.into_response(),
    };
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let in_browser = request.uri().path().starts_with("/console");
    let mut response = match carried {
        Some(token) => token.seen_by(next.run(request)).await,
        None => next.run(request).await,
    };
    if writes && let Some(reached) = app.desk.store.position() {
        // This process may not know yet how far another one had come when it answered the same caller.
        let reached = carried.map_or(reached, |token| token.later(reached));
        tell(&app, response.headers_mut(), reached, in_browser);
    }
    response
}

/// What the caller was told before. A cookie that is no position is passed over: no caller wrote it.
fn carried(headers: &HeaderMap) -> Result<Option<Token>, Problem> {
    match headers.get(HEADER) {
        Some(value) => {
            let token = value.to_str().unwrap_or_default().trim().parse::<Token>();
            token.map(Some).map_err(|error| Problem::new(&problem::MALFORMED, format!("Copydesk-Position: {error}")))
        }
        None => Ok(cookie(headers, COOKIE).and_then(|value| value.parse().ok())),
    }
}

fn tell(app: &App, headers: &mut HeaderMap, reached: Token, in_browser: bool) {
    if !in_browser {
        if let Ok(value) = HeaderValue::from_str(&reached.to_string()) {
            headers.insert(HEADER, value);
        }
        return;
    }
    let is_https = app.settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let set = format!("{COOKIE}={reached}; Path=/; Max-Age={COOKIE_S}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&set) {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests;
