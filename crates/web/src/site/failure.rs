//! Pages that say why there is no page.

use std::error::Error;

use askama::Template;
use axum::response::{IntoResponse, Response};
use edge::Ready;
use http::{HeaderValue, StatusCode, header};

use super::frame::{self, Frame, Head};
use super::visit::Visit;
use crate::App;
use crate::problem::{self, Problem};

/// Why an answer could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("there is no such page")]
    Missing,
    #[error("reading what the page shows")]
    Desk(#[from] desk::Error),
    #[error("writing the page")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "site/failure.html")]
struct Page<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    title: &'a str,
    text: &'a str,
    /// What to tell the operator; empty for a wrong address.
    request_id: String,
    search: bool,
}

pub(super) async fn answer(app: &App, visit: &Visit, failure: &Failure) -> Response {
    let status = match failure {
        Failure::Missing => StatusCode::NOT_FOUND,
        Failure::Desk(desk::Error::Store(error)) if is_passing(error) => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Desk(_) | Failure::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let request_id = match failure {
        Failure::Missing => String::new(),
        _ => {
            let id = format!("{:016x}", stdx::Rng::from_os().next_u64());
            let cause = failure.source().map(problem::chain).unwrap_or_default();
            tracing::error!(request.id = id, cause, "a page of the site could not be made");
            id
        }
    };
    let frame = Frame::load(app, visit).await;
    let words = frame.words;
    let (title, text) = match status {
        StatusCode::NOT_FOUND => (words.missing_title, words.missing_text),
        _ => (words.broken_title, words.broken_text),
    };
    let page = Page {
        frame: &frame,
        head: Head::hidden(title),
        title,
        text,
        request_id,
        search: status == StatusCode::NOT_FOUND,
    };
    let Ok(html) = page.render() else {
        return Problem::new(&problem::INTERNAL, problem::INTERNAL.remedy).into_response();
    };
    let mut ready = frame::html(status, html).cache_control(HeaderValue::from_static("no-cache"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        ready = ready.header(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    visit.answer(&ready)
}

fn is_passing(error: &store::Error) -> bool {
    use store::Error as E;
    matches!(error, E::Unavailable(_) | E::Busy | E::Timeout | E::DiskFull | E::ReadOnly(_) | E::Conflict | E::Closed)
}

/// An answer of the site that readers and caches may keep.
pub(super) fn public(app: &App, ready: Ready) -> Ready {
    let ttl = app.settings.page_ttl_s;
    let value = format!("public, max-age={ttl}, stale-while-revalidate={ttl}, stale-if-error=86400");
    ready.cache_control(HeaderValue::from_str(&value).expect("digits and letters are a header value"))
}
