//! `/analyze` and `/render`: what is measured of a text, and how readers see it.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use serde::Serialize;
use text::Options;
use text::language::Language;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::measures::Analysis;
use super::view::{Format, request};
use crate::App;
use crate::problem::{self, Problem};
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(analyze)).routes(routes!(render))
}

/// Longest text that is measured, in bytes: some tens of milliseconds of work.
const TEXT_MAX: usize = 1_000_000;

/// Texts up to here are measured by the thread that took the request: it takes a millisecond or two, and a hand-over
/// to another thread would be felt by somebody who types.
const INLINE_MAX: usize = 20_000;

pub(super) const UNKNOWN_LANGUAGE: &str = "must be a known language, such as \"en\" or \"tr\"";

request! {
    /// A text to be measured.
    AnalysisRequest {
        /// At most 1,000,000 bytes.
        text: String,
        title: Option<String>,
        slug: Option<String>,
        description: Option<String>,
        /// What the text should be found by.
        keyphrase: Option<String>,
        /// ISO 639-1; detected when absent.
        language: Option<String>,
        #[serde(default)]
        format: text::document::Format as Option<Format>,
    }
}

/// Measures a text: sentiment, readability, keywords, structure, search fitness and one explained score.
#[utoipa::path(post, path = "/analyze", tag = "analysis", request_body = AnalysisRequest, responses((status = 200, body = Analysis)))]
async fn analyze(State(app): State<App>, Asked(caller, asked): Asked<AnalysisRequest>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let AnalysisRequest { text, title, slug, description, keyphrase, language, format } = asked;
    let mut faults = Vec::new();
    if text.len() > TEXT_MAX {
        faults.push(desk::Fault::new("/text", format!("must have at most {TEXT_MAX} bytes")));
    }
    let known = language.as_deref().map(Language::from_code);
    if known == Some(None) {
        faults.push(desk::Fault::new("/language", UNKNOWN_LANGUAGE));
    }
    if !faults.is_empty() {
        return Err(desk::Error::Invalid(faults).into());
    }
    let options = Options {
        language: known.flatten(),
        title,
        slug,
        description,
        keyphrase,
        format,
        weights: app.desk.weights.clone(),
    };
    if text.len() <= INLINE_MAX {
        return Ok(json(&text::analyze(&text, &options)));
    }
    let work = tokio::task::spawn_blocking(move || text::analyze(&text, &options));
    let analysis = work.await.map_err(|error| Problem::new(&problem::INTERNAL, error.to_string()))?;
    Ok(json(&analysis))
}

request! {
    /// A text to be shown.
    RenderRequest {
        /// Markdown, at most 1,000,000 bytes.
        text: String,
    }
}

/// A text as the site's pages have it.
#[derive(Serialize, ToSchema)]
struct Rendered {
    /// Without scripts, styles and foreign markup.
    html: String,
}

/// Shows a text as the site would, without keeping it.
#[utoipa::path(post, path = "/render", tag = "analysis", request_body = RenderRequest, responses((status = 200, body = Rendered)))]
async fn render(Asked(caller, asked): Asked<RenderRequest>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let source = asked.text;
    if source.len() > TEXT_MAX {
        return Err(desk::Error::invalid("/text", format!("must have at most {TEXT_MAX} bytes")).into());
    }
    let work = tokio::task::spawn_blocking(move || text::markdown::to_html(&source));
    let html = work.await.map_err(|error| Problem::new(&problem::INTERNAL, error.to_string()))?;
    Ok(json(&Rendered { html }))
}
