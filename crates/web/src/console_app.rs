//! The built console: one page, its files, and what the server tells it on the way.
//!
//! The files are a value in [`crate::Parts`], embedded by the binary's build or read from a folder; without
//! them the server-rendered desk of [`crate::console`] answers under the same addresses.
//!
//! Invariants: only a file that the bundler has named after its content is kept by browsers unasked; the page
//! is asked for anew each time; what the page is told stands in it as data, never as script.

mod boot;
mod files;
mod page;
mod route;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use edge::Ready;
use http::{HeaderValue, StatusCode, header};

use crate::App;

pub use files::{Broken, Built, Console, Origin};

/// The addresses of the console, when it is there.
pub fn routes() -> Router<App> {
    Router::new().route("/console", get(show)).route("/console/{*rest}", get(show))
}

/// `GET /console` and everything below: a file by its name, else the page, whose script knows the address.
async fn show(State(app): State<App>, request: Request) -> Response {
    let Some(console) = &app.console else { return StatusCode::NOT_FOUND.into_response() };
    let (mut parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    match console.file(&path) {
        Some(Some(file)) => return file.answer(&parts.method, &parts.headers).map(Body::new),
        // Of another build. The page would be taken for a script that is broken.
        Some(None) => return (StatusCode::NOT_FOUND, "this build of the console has no such file\n").into_response(),
        None => {}
    }
    let route = console.route(&path);
    let status = if route.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let told = boot::told(&app, &mut parts).await;
    let html = console.page(route, told.as_ref());
    let ready = Ready::new(status, HeaderValue::from_static("text/html; charset=utf-8"), html)
        .cache_control(HeaderValue::from_static("private, no-cache"))
        .header(header::VARY, HeaderValue::from_static("cookie"));
    ready.answer(&parts.method, &parts.headers).map(Body::new)
}

#[cfg(test)]
mod tests;
