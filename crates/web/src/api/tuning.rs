//! `/fine-tuning`: approved posts as examples for training a model.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::tuning::{self, Asked, Export, Part};
use desk::{ChannelId, PipelineId};
use futures_util::stream;
use http::header;
use serde::Deserialize;
use stdx::Timestamp;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Asking, Id, Time, TuningPart};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export))
}

/// Which posts become examples.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    #[param(value_type = Option<Id>)]
    pipeline: Option<PipelineId>,
    /// A channel on which they are live.
    #[param(value_type = Option<Id>)]
    channel: Option<ChannelId>,
    /// Such as `en`.
    language: Option<String>,
    /// Made from then on.
    #[param(value_type = Option<Time>)]
    since: Option<Timestamp>,
    /// The share of a text's sentences, 0 to 1, in which nothing is that its sources do not hold; 1 when nothing is said.
    grounding_min: Option<f64>,
    /// So many stories of a hundred, by their hash, are for validation, 0 to 99; none when nothing is said.
    validation: Option<u32>,
    /// Only the examples of one part.
    #[param(value_type = Option<TuningPart>, inline)]
    part: Option<Part>,
}

/// Writes approved posts as examples for fine-tuning, one JSON object a line in OpenAI's chat form
/// (`{"messages": [system, user, assistant]}`): the prompt of the draft with its sources, and the text that was approved in the form
/// that the prompt asks for. In the order of the posts' ids; what breaks off has met a fault.
#[utoipa::path(get, path = "/fine-tuning", tag = "drafts", params(Wanted),
    responses((status = 200, body = String, content_type = "application/jsonl")))]
async fn export(caller: Caller, State(app): State<App>, Asking(wanted): Asking<Wanted>) -> Result<Response, Problem> {
    let Wanted { pipeline, channel, language, since, grounding_min, validation, part } = wanted;
    let (grounding_min, validation_percent) = (grounding_min.unwrap_or(1.0), validation.unwrap_or_default());
    let asked = Asked { pipeline, channel, language, since, grounding_min, validation_percent };
    let export = tuning::export(&app.desk, &caller.actor, asked).await?;
    let lines = stream::unfold(Some(export), move |export| async move { line(export?, part).await });
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"fine-tuning.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// The next line, and what is left of the set.
async fn line(mut export: Export, part: Option<Part>) -> Option<(Result<Bytes, desk::Error>, Option<Export>)> {
    loop {
        match export.next().await {
            Ok(Some(example)) if part.is_some_and(|part| part != example.part) => {}
            Ok(Some(example)) => return Some((Ok(Bytes::from(format!("{}\n", example.json))), Some(export))),
            Ok(None) => return None,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a set for fine-tuning breaks off");
                return Some((Err(error), None));
            }
        }
    }
}
