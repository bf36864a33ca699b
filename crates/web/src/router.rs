//! All routes, and what every answer gets: security headers, timing, counters.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use guard::headers::{Csp, EVERYWHERE, PRIVATE, PUBLIC, STRICT_TRANSPORT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::problem::{self, Problem};
use crate::{App, api, console, console_app, gateway, hooks, live, position, review_link, site};

/// The whole web as one service for a listener.
pub fn service(app: &App) -> edge::Service {
    let router = router(app);
    edge::service_fn(move |request| {
        let router = router.clone();
        async move {
            // A router has an answer for everything.
            let Ok(response) = router.oneshot(request).await;
            response.map(|body| body.map_err(Into::into).boxed_unsync())
        }
    })
}

/// The short way to what the site keeps, for the same listener.
pub fn front(app: &App) -> Arc<dyn edge::h1::Front> {
    site::front::Short::new(app)
}

/// All routes with what every answer gets.
pub(crate) fn router(app: &App) -> Router {
    let console = if app.console.is_some() { console_app::routes() } else { console::routes() };
    Router::new()
        .merge(api::routes())
        .merge(live::routes())
        .merge(console)
        .layer(middleware::from_fn_with_state(app.clone(), position::layer))
        .merge(review_link::routes())
        .merge(hooks::routes())
        .merge(gateway::routes())
        .merge(site::routes())
        .fallback(site::not_found)
        .method_not_allowed_fallback(other_method)
        .layer(middleware::from_fn_with_state(app.clone(), every_answer))
        .with_state(app.clone())
}

/// `Allow` is added by the router.
async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Problem::new(&problem::METHOD, "the address knows other methods").into_response()
}

async fn every_answer(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let private = route.starts_with("/api") || route.starts_with("/v1") || route.starts_with("/console");
    let mut response = next.run(request).await;
    let time = started.elapsed();
    observe::access::record(method.as_str(), &route, response.status().as_u16(), time);
    let headers = response.headers_mut();
    dress(&app, headers, private);
    let ms = time.as_secs_f64() * 1_000.0;
    if let Ok(value) = HeaderValue::from_str(&format!("{ms:.3}ms")) {
        headers.insert(HeaderName::from_static("x-response-time"), value);
    }
    if let Ok(value) = HeaderValue::from_str(&format!("app;dur={ms:.3}")) {
        headers.insert(HeaderName::from_static("server-timing"), value);
    }
    response
}

/// What protects the reader, on every answer.
pub(crate) fn dress(app: &App, headers: &mut HeaderMap, private: bool) {
    let group = if private { PRIVATE } else { PUBLIC };
    for (name, value) in EVERYWHERE.iter().chain(group) {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    let is_https = app.settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    if is_https {
        let (name, value) = STRICT_TRANSPORT;
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = if private { Csp::console() } else { Csp::site() };
        if let Ok(value) = HeaderValue::from_str(&policy.to_string()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, value);
        }
    }
}
