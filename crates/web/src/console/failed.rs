//! A request that could not be served, as a page.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::assets::CONSOLE_CSS;
use crate::problem::{self, Problem};

/// A problem that a person is told of.
#[derive(Debug)]
pub struct Failed(Problem);

#[derive(Template)]
#[template(path = "console/failed.html")]
struct Page<'a> {
    css: &'a str,
    title: &'a str,
    detail: &'a str,
    request_id: &'a str,
}

impl Failed {
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub fn detail(&self) -> &str {
        self.0.detail()
    }
}

impl<E: Into<Problem>> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed(error.into())
    }
}

impl IntoResponse for Failed {
    /// The problem document says it all and is logged where it is made, so the page is made from it.
    fn into_response(self) -> Response {
        let (mut parts, body) = self.0.into_response().into_parts();
        let bytes = body.collect().now_or_never().and_then(Result::ok).map(|body| body.to_bytes()).unwrap_or_default();
        let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |member: &str| told[member].as_str().unwrap_or_default().to_owned();
        let (title, detail, request_id) = (text("title"), text("detail"), text("request_id"));
        let shown_id = if parts.status.is_server_error() { request_id.as_str() } else { "" };
        let page = Page { css: CONSOLE_CSS.href(), title: &title, detail: &detail, request_id: shown_id };
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        parts.headers.remove(header::CONTENT_LENGTH);
        // An answer that cannot be drawn is still an answer.
        let html = page.render().unwrap_or(detail);
        Response::from_parts(parts, Body::from(html))
    }
}

/// Any other address below `/console`.
pub async fn missing() -> Failed {
    Failed::from(Problem::new(&problem::NOT_FOUND, "the console has no such page"))
}
