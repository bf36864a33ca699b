//! `/improve` and `/posts/{id}/improve`: safe edits and a model's rewriting, as long as they help.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use desk::PostId;
use desk::improve::{self, Given, Wanted};
use text::language::Language;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Format, Id, ImproveStop, Place, StepKind, TargetDirection, request, shape};
use crate::App;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(improve_post)).routes(routes!(improve_text))
}

request! {
    /// How far a post is to be improved.
    PostImprovement {
        /// The newest version, which is improved.
        base_version: u32,
        /// Measures by name, each with the value to reach, such as `{"flesch_reading_ease": 60, "words_per_sentence": 18}`.
        #[serde(default)]
        targets: BTreeMap<String, f64>,
        /// Rounds of rewriting, 1 to 5; 3 when nothing is said.
        rounds_max: Option<u32>,
        /// Whether the result becomes a new version, if anything was kept; yes when nothing is said.
        #[serde(default = "yes")]
        apply: bool,
    }
}

fn yes() -> bool {
    true
}

request! {
    /// A text to be improved.
    TextImprovement {
        /// At most 1,000,000 bytes; what is beyond 30,000 characters no model is asked to rewrite.
        text: String,
        title: Option<String>,
        /// ISO 639-1; detected when absent.
        language: Option<String>,
        #[serde(default)]
        format: text::document::Format as Option<Format>,
        /// Measures by name, each with the value to reach.
        #[serde(default)]
        targets: BTreeMap<String, f64>,
        /// Rounds of rewriting, 1 to 5; 3 when nothing is said.
        rounds_max: Option<u32>,
    }
}

shape! {
    /// What became of a text.
    Improved {
        before: TextStanding,
        after: TextStanding,
        /// In the order they were tried.
        steps: Vec<ImproveStep>,
        text: ImprovedText,
        stopped: String as ImproveStop,
        /// Why it ended there, as a sentence.
        note: String,
        /// Who wrote what was kept last; `null` when no model did.
        provider: Option<String>,
        /// Millionths of a dollar, for all calls.
        cost_micros: u64,
        /// The version that was written, if one was.
        version: Option<u32>,
    }

    /// How a text does.
    TextStanding {
        /// 0 to 1.
        score: f64,
        targets: Vec<ReachedTarget>,
    }

    /// A target and how near the text is.
    ReachedTarget {
        name: String,
        direction: String as TargetDirection,
        wanted: f64,
        /// `null` where it cannot be measured of this text.
        value: Option<f64>,
        met: bool,
    }

    /// One change that was tried.
    ImproveStep {
        kind: String as StepKind,
        kept: bool,
        /// Of the changed text, whether it was kept or not; `null` when there was none.
        score: Option<f64>,
        /// Why it was kept or not.
        reason: String,
        /// What the safe edits were, at most 500.
        #[schema(required = false)]
        edits: Vec<SafeEdit>,
    }

    /// One safe edit; `start` and `end` are Unicode code points of the field as it was.
    SafeEdit {
        /// `title`, `excerpt` or `body`.
        field: String,
        start: usize,
        end: usize,
        was: String,
        replacement: String,
        code: String,
        reason: String,
    }

    /// What the text is now.
    ImprovedText {
        /// Empty when none was given.
        title: String,
        /// Of posts alone.
        excerpt: String,
        body: String,
    }
}

/// Improves the newest version of a post: safe edits, then rewriting by the pipeline's providers. A change is kept only
/// if the score rises or the targets come nearer, and nothing is said that neither the text nor its sources said. 412
/// when there is a newer version.
#[utoipa::path(post, path = "/posts/{id}/improve", tag = "posts", params(("id" = Id, Path)), request_body = PostImprovement,
    responses((status = 200, body = Improved)))]
async fn improve_post(
    State(app): State<App>,
    Place(id): Place<PostId>,
    Asked(caller, asked): Asked<PostImprovement>,
) -> Result<Response, Problem> {
    let PostImprovement { base_version, targets, rounds_max, apply } = asked;
    let wanted = Wanted { targets, rounds_max };
    Ok(json(&improve::post(&app.desk, &caller.actor, id, base_version, &wanted, apply).await?))
}

/// Improves a text without keeping it: safe edits, then rewriting by the default pipeline's providers.
#[utoipa::path(post, path = "/improve", tag = "analysis", request_body = TextImprovement, responses((status = 200, body = Improved)))]
async fn improve_text(
    State(app): State<App>,
    Asked(caller, asked): Asked<TextImprovement>,
) -> Result<Response, Problem> {
    let TextImprovement { text, title, language, format, targets, rounds_max } = asked;
    let known = language.as_deref().map(Language::from_code);
    if known == Some(None) {
        return Err(desk::Error::invalid("/language", super::analyze::UNKNOWN_LANGUAGE).into());
    }
    let given = Given { text, title, language: known.flatten(), format };
    Ok(json(&improve::text(&app.desk, &caller.actor, given, &Wanted { targets, rounds_max }).await?))
}
