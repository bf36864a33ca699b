//! `/prompts` and `/voices`: the templates that models are asked with, and how drafts are to sound.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::drafts::preview::{self, Trial};
use desk::drafts::used;
use desk::prompts::{self, Variant};
use desk::{ItemId, StoryId};
use http::StatusCode;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sources::Nothing;
use super::view::{Id, Page, Place, PromptKind, PromptOrigin, Time, request, shape, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(preview))
        .routes(routes!(get, put, delete))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(restore))
        .routes(routes!(list_voices))
        .routes(routes!(put_voice, delete_voice))
}

view! {
    /// What became of the drafts that a version made.
    PromptFigures of used::Figures {
        drafts: u64,
        /// Those whose text, edited or not, was approved or published, or else rejected.
        decided: u64,
        /// Those that were not rejected.
        accepted: u64,
        /// 0 to 1; `null` before the first decision.
        acceptance_rate: Option<f64>,
        /// Mean share of the words that people replaced between the draft and what was published, 0 to 1; `null` before the first
        /// publication.
        edit_distance: Option<f64>,
        /// Millionths of a dollar for these drafts, failed attempts before them included.
        cost_micros: u64,
    }
}

/// A prompt in its current version.
#[derive(Serialize, ToSchema)]
pub struct Prompt {
    name: String,
    #[schema(value_type = PromptKind)]
    kind: &'static str,
    /// ISO 639-1 code of what is written; empty for the language of the sources.
    language: String,
    description: String,
    #[schema(value_type = PromptOrigin)]
    origin: &'static str,
    /// First 16 hex digits of the SHA-256 of its source.
    version: String,
    /// How many versions of it are known.
    versions: u64,
    /// Of the current version; `null` when it made no draft.
    figures: Option<PromptFigures>,
    /// The template; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

impl From<(prompts::Prompt, Option<used::Figures>)> for Prompt {
    fn from((prompt, figures): (prompts::Prompt, Option<used::Figures>)) -> Self {
        let prompts::Prompt { template, origin, versions } = prompt;
        Prompt {
            version: template.version(),
            name: template.name,
            kind: template.kind.name(),
            language: template.language,
            description: template.description,
            origin: origin.name(),
            versions: versions as u64,
            figures: figures.map(PromptFigures::from),
            source: None,
        }
    }
}

impl Prompt {
    /// With its source.
    fn whole((prompt, figures): (prompts::Prompt, Option<used::Figures>)) -> Prompt {
        let source = Some(prompt.template.source.clone());
        Prompt { source, ..Prompt::from((prompt, figures)) }
    }
}

/// One version of a prompt.
#[derive(Serialize, ToSchema)]
pub struct PromptVersion {
    version: String,
    /// When it was first stored or used; `null` for one that came with the product and was never used.
    #[schema(value_type = Option<Time>)]
    created_at: Option<Timestamp>,
    /// The principal; `null` for one that came with the product.
    by: Option<String>,
    note: String,
    is_current: bool,
    figures: PromptFigures,
    /// The template; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

impl From<(prompts::PromptVersion, used::Figures)> for PromptVersion {
    fn from((of, figures): (prompts::PromptVersion, used::Figures)) -> Self {
        let prompts::PromptVersion { version, source: _, created_at, by, note, is_current } = of;
        PromptVersion { version, created_at, by, note, is_current, figures: figures.into(), source: None }
    }
}

request! {
    /// A template that becomes the current version.
    PromptSource {
        /// Front matter, a system part and a user part; at most 16,000 bytes. Its name is that of the address.
        source: String,
        /// What was changed, for the list of versions.
        #[serde(default)]
        note: String,
    }
}

request! {
    /// A template, and what it is tried with.
    PromptTrial {
        source: String,
        /// The name of a voice.
        voice: Option<String>,
        story: Option<StoryId> as Option<Id>,
        /// Instead of a story, at most 50; without either a text that was made up.
        #[serde(default)]
        items: Vec<ItemId> as Vec<Id>,
        /// The kind of a channel.
        channel: Option<String>,
    }
}

shape! {
    /// What a model would be told.
    PromptPreview {
        /// None when there are faults.
        messages: Vec<PromptMessage>,
        /// Four bytes count as one.
        tokens_estimated: u64,
        /// Of the template.
        version: String,
        faults: Vec<PromptFault>,
    }

    /// A message to a model.
    PromptMessage {
        /// `system` or `user`.
        role: String,
        text: String,
    }

    /// What is wrong with a template.
    PromptFault {
        /// From 1; `null` for the whole.
        line: Option<u64>,
        message: String,
    }
}

/// How drafts are to sound.
#[derive(Serialize, ToSchema)]
pub struct Voice {
    name: String,
    tone: String,
    /// Who reads it.
    audience: String,
    /// ISO 639-1 code of what is written; empty for the prompt's.
    language: String,
    /// Words of a draft at most, where that is less than the pipeline allows.
    words_max: Option<u32>,
    dos: Vec<String>,
    donts: Vec<String>,
    /// Texts that sound as they should.
    examples: Vec<String>,
    /// What differs, by the kind of the channel.
    #[schema(value_type = BTreeMap<String, VoiceVariant>)]
    channels: BTreeMap<String, Variant>,
}

impl From<prompts::Voice> for Voice {
    fn from(from: prompts::Voice) -> Self {
        let prompts::Voice { name, tone, audience, language, words_max, dos, donts, examples, channels } = from;
        Voice { name, tone, audience, language, words_max, dos, donts, examples, channels }
    }
}

shape! {
    /// What of a voice differs on a channel.
    VoiceVariant {
        #[schema(required = false)]
        tone: Option<String>,
        #[schema(required = false)]
        audience: Option<String>,
        #[schema(required = false)]
        language: Option<String>,
        #[schema(required = false)]
        words_max: Option<u32>,
        #[schema(required = false)]
        dos: Option<Vec<String>>,
        #[schema(required = false)]
        donts: Option<Vec<String>>,
        #[schema(required = false)]
        examples: Option<Vec<String>>,
    }
}

request! {
    /// A voice as it is to be; what is left out is empty.
    VoiceSettings {
        #[serde(default)]
        tone: String,
        #[serde(default)]
        audience: String,
        #[serde(default)]
        language: String,
        words_max: Option<u32>,
        #[serde(default)]
        dos: Vec<String>,
        #[serde(default)]
        donts: Vec<String>,
        #[serde(default)]
        examples: Vec<String>,
        #[serde(default)]
        channels: BTreeMap<String, Variant> as BTreeMap<String, VoiceVariant>,
    }
}

/// Lists all prompts: those that came with the product, then the others by name.
#[utoipa::path(get, path = "/prompts", tag = "prompts", responses((status = 200, body = Page<Prompt>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Prompt>::whole(used::list(&app.desk, &caller.actor).await?)))
}

/// Fills a template in, with real items where they are named. No model is asked; what is wrong with the template is part of
/// the answer.
#[utoipa::path(post, path = "/prompts/preview", tag = "prompts", request_body = PromptTrial, responses((status = 200, body = PromptPreview)))]
async fn preview(State(app): State<App>, Asked(caller, asked): Asked<PromptTrial>) -> Result<Response, Problem> {
    let PromptTrial { source, voice, story, items, channel } = asked;
    let trial = Trial { source, voice, story, items, channel };
    Ok(json(&preview::preview(&app.desk, &caller.actor, &trial).await?))
}

/// Shows a prompt with its template.
#[utoipa::path(get, path = "/prompts/{name}", tag = "prompts", params(("name" = String, Path)), responses((status = 200, body = Prompt)))]
async fn get(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    Ok(json(&Prompt::whole(used::get(&app.desk, &caller.actor, &name).await?)))
}

/// Makes a template the current version of the prompt, which comes into being where there is none. Earlier versions stay.
#[utoipa::path(put, path = "/prompts/{name}", tag = "prompts", params(("name" = String, Path)), request_body = PromptSource,
    responses((status = 200, body = Prompt)))]
async fn put(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, asked): Asked<PromptSource>,
) -> Result<Response, Problem> {
    prompts::put(&app.desk, &caller.actor, &name, &asked.source, &asked.note).await?;
    Ok(json(&Prompt::whole(used::get(&app.desk, &caller.actor, &name).await?)))
}

/// Deletes a prompt, unless a pipeline drafts with it (409); one that came with the product becomes again what it was.
#[utoipa::path(delete, path = "/prompts/{name}", tag = "prompts", params(("name" = String, Path)), responses((status = 204)))]
async fn delete(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    prompts::delete(&app.desk, &caller.actor, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Lists the versions of a prompt with what became of their drafts, newest first.
#[utoipa::path(get, path = "/prompts/{name}/versions", tag = "prompts", params(("name" = String, Path)),
    responses((status = 200, body = Page<PromptVersion>)))]
async fn versions(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    Ok(json(&Page::<PromptVersion>::whole(used::versions(&app.desk, &caller.actor, &name).await?)))
}

/// Shows one version with its template.
#[utoipa::path(get, path = "/prompts/{name}/versions/{version}", tag = "prompts",
    params(("name" = String, Path), ("version" = String, Path)), responses((status = 200, body = PromptVersion)))]
async fn version(
    caller: Caller,
    State(app): State<App>,
    Place((name, version)): Place<(String, String)>,
) -> Result<Response, Problem> {
    let (of, figures) = used::version(&app.desk, &caller.actor, &name, &version).await?;
    let source = Some(of.source.clone());
    Ok(json(&PromptVersion { source, ..PromptVersion::from((of, figures)) }))
}

/// Makes an earlier version the current one again.
#[utoipa::path(post, path = "/prompts/{name}/versions/{version}/restore", tag = "prompts",
    params(("name" = String, Path), ("version" = String, Path)), request_body = Nothing, responses((status = 200, body = Prompt)))]
async fn restore(
    State(app): State<App>,
    Place((name, version)): Place<(String, String)>,
    Asked(caller, _): Asked<Nothing>,
) -> Result<Response, Problem> {
    prompts::restore(&app.desk, &caller.actor, &name, &version).await?;
    Ok(json(&Prompt::whole(used::get(&app.desk, &caller.actor, &name).await?)))
}

/// Lists all voices.
#[utoipa::path(get, path = "/voices", tag = "prompts", responses((status = 200, body = Page<Voice>)))]
async fn list_voices(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Voice>::whole(prompts::voices(&app.desk, &caller.actor).await?)))
}

/// Adds a voice, or changes the one of that name.
#[utoipa::path(put, path = "/voices/{name}", tag = "prompts", params(("name" = String, Path)), request_body = VoiceSettings,
    responses((status = 200, body = Voice)))]
async fn put_voice(
    State(app): State<App>,
    Place(name): Place<String>,
    Asked(caller, asked): Asked<VoiceSettings>,
) -> Result<Response, Problem> {
    let VoiceSettings { tone, audience, language, words_max, dos, donts, examples, channels } = asked;
    let voice = prompts::Voice { name, tone, audience, language, words_max, dos, donts, examples, channels };
    Ok(json(&Voice::from(prompts::put_voice(&app.desk, &caller.actor, voice).await?)))
}

/// Deletes a voice, unless a pipeline speaks with it (409).
#[utoipa::path(delete, path = "/voices/{name}", tag = "prompts", params(("name" = String, Path)), responses((status = 204)))]
async fn delete_voice(caller: Caller, State(app): State<App>, Place(name): Place<String>) -> Result<Response, Problem> {
    prompts::delete_voice(&app.desk, &caller.actor, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
