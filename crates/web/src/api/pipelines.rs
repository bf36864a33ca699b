//! `/pipelines`: the recipes that tie sources, drafting and policy together.

use axum::extract::State;
use axum::response::Response;
use desk::PipelineId;
use desk::people::Action;
use desk::pipelines::{self, Policy, Spec};
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{Id, Page, Place, Time, request};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update))
}

/// A pipeline with its recipe.
#[derive(Serialize, ToSchema)]
struct Pipeline {
    #[schema(value_type = Id)]
    id: PipelineId,
    name: String,
    /// Names of providers in the order they are tried; the embedded generator follows as the last.
    providers: Vec<String>,
    /// Sentences of a draft at most.
    sentences_max: u32,
    /// Words of a draft at most.
    words_max: u32,
    /// Name of the prompt; `null` writes a news post in the language of the sources.
    prompt: Option<String>,
    /// Name of the voice.
    voice: Option<String>,
    /// Drafts of a post from which a person chooses, 1 to 5.
    variants: u32,
    #[schema(value_type = PipelinePolicy)]
    policy: Policy,
    #[schema(value_type = Time)]
    created_at: Timestamp,
    #[schema(value_type = Time)]
    updated_at: Timestamp,
}

impl From<pipelines::Pipeline> for Pipeline {
    fn from(from: pipelines::Pipeline) -> Self {
        let pipelines::Pipeline { id, name, spec, created_at, updated_at } = from;
        let Spec { providers, sentences_max, words_max, prompt, voice, variants, policy } = spec;
        Pipeline {
            id,
            name,
            providers,
            sentences_max,
            words_max,
            prompt,
            voice,
            variants,
            policy,
            created_at,
            updated_at,
        }
    }
}

request! {
    /// A pipeline as it is to be; what is left out takes its default.
    PipelineRecipe {
        name: String,
        /// Names of providers in the order they are tried.
        #[serde(default)]
        providers: Vec<String>,
        sentences_max: Option<u32>,
        words_max: Option<u32>,
        /// Name of the prompt; `null` writes a news post in the language of the sources.
        prompt: Option<String>,
        /// Name of the voice.
        voice: Option<String>,
        /// Drafts of a post from which a person chooses, 1 to 5; 1 when nothing is said.
        variants: Option<u32>,
        policy: Option<PipelinePolicy>,
    }
}

request! {
    /// When a version is approved without a person.
    PipelinePolicy {
        /// Off: everything waits for a person.
        #[serde(default = "on")]
        automatic: bool,
        /// Score (0 to 1) from which a version passes.
        #[serde(default = "score_min")]
        score_min: f64,
        /// Every sentence, number and quotation must stand in the sources.
        #[serde(default = "on")]
        grounded: bool,
        /// Trust (0 to 1) that each source of the story must reach; 0 asks for none.
        #[serde(default)]
        trust_min: f64,
        /// Expected engagement (0 to 1) from which a version passes, where it is known; 0 asks for none.
        #[serde(default)]
        engagement_min: f64,
        /// Topics that always wait for a person.
        #[serde(default)]
        topics_held: Vec<String>,
        /// Two different people must approve, none of them the version's author; nothing is approved automatically.
        #[serde(default)]
        two_people: bool,
    }
}

fn on() -> bool {
    true
}

fn score_min() -> f64 {
    Policy::default().score_min
}

impl PipelineRecipe {
    fn split(self) -> (String, Spec) {
        let usual = Spec::default();
        let policy = self.policy.map(|policy| Policy {
            automatic: policy.automatic,
            score_min: policy.score_min,
            grounded: policy.grounded,
            trust_min: policy.trust_min,
            engagement_min: policy.engagement_min,
            topics_held: policy.topics_held,
            two_people: policy.two_people,
        });
        let spec = Spec {
            providers: self.providers,
            sentences_max: self.sentences_max.unwrap_or(usual.sentences_max),
            words_max: self.words_max.unwrap_or(usual.words_max),
            prompt: self.prompt,
            voice: self.voice,
            variants: self.variants.unwrap_or(usual.variants),
            policy: policy.unwrap_or(usual.policy),
        };
        (self.name, spec)
    }
}

/// Lists all pipelines, oldest first.
#[utoipa::path(get, path = "/pipelines", tag = "pipelines", responses((status = 200, body = Page<Pipeline>)))]
async fn list(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&Page::<Pipeline>::whole(pipelines::list(&app.desk, &caller.actor).await?)))
}

/// Adds a pipeline.
#[utoipa::path(post, path = "/pipelines", tag = "pipelines", request_body = PipelineRecipe, responses((status = 201, body = Pipeline)))]
async fn create(State(app): State<App>, Asked(caller, recipe): Asked<PipelineRecipe>) -> Result<Response, Problem> {
    let (name, spec) = recipe.split();
    let pipeline = pipelines::create(&app.desk, &caller.actor, &name, spec).await?;
    Ok(created(&format!("/api/v3/pipelines/{}", pipeline.id), &Pipeline::from(pipeline)))
}

/// Shows a pipeline.
#[utoipa::path(get, path = "/pipelines/{id}", tag = "pipelines", params(("id" = Id, Path)), responses((status = 200, body = Pipeline)))]
async fn get(caller: Caller, State(app): State<App>, Place(id): Place<PipelineId>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let pipeline = pipelines::get(&mut app.desk.store.read(), id).await?;
    Ok(json(&Pipeline::from(pipeline)))
}

/// Replaces a pipeline's name and recipe.
#[utoipa::path(put, path = "/pipelines/{id}", tag = "pipelines", params(("id" = Id, Path)), request_body = PipelineRecipe,
    responses((status = 200, body = Pipeline)))]
async fn update(
    State(app): State<App>,
    Place(id): Place<PipelineId>,
    Asked(caller, recipe): Asked<PipelineRecipe>,
) -> Result<Response, Problem> {
    let (name, spec) = recipe.split();
    let pipeline = pipelines::update(&app.desk, &caller.actor, id, &name, spec).await?;
    Ok(json(&Pipeline::from(pipeline)))
}
