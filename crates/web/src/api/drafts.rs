//! `/generate-post`, `/generate-batch`, `/completions`: drafts on demand and the record of generator calls.

use axum::extract::State;
use axum::response::Response;
use desk::drafts::{self, GivenText};
use desk::{CompletionId, ItemId, PipelineId, StoryId};
use stdx::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::Accepted;
use super::posts::{Post, path};
use super::view::{Asking, Id, Page, Paging, Time, request, view};
use crate::App;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::{Asked, accepted, created, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(generate)).routes(routes!(generate_many)).routes(routes!(completions))
}

view! {
    /// One call of a generator.
    Completion of drafts::Completion {
        id: CompletionId as Id,
        provider: String,
        model: String,
        prompt_version: String,
        story: Option<StoryId> as Option<Id>,
        /// `ok`, or the kind of the failure.
        outcome: String,
        error: Option<String>,
        attempts: u32,
        prompt_tokens: u64,
        completion_tokens: u64,
        /// Millionths of a dollar.
        cost_micros: u64,
        /// Microseconds.
        latency_us: u64,
        at: Timestamp as Time,
    }
}

request! {
    /// What a draft is to be made from: exactly one of `story`, `items` and `documents`.
    Generation {
        story: Option<StoryId> as Option<Id>,
        #[serde(default)]
        items: Vec<ItemId> as Vec<Id>,
        /// Texts given with the request.
        #[serde(default)]
        documents: Vec<Document>,
        /// Without one: the default pipeline.
        pipeline: Option<PipelineId> as Option<Id>,
        /// Drafts of the post from which a person chooses, 1 to 5 (`/posts/{id}/variants`); otherwise as many as the pipeline says.
        variants: Option<u32>,
    }
}

request! {
    /// A source text given with a request.
    Document {
        title: String,
        text: String,
        #[serde(default)]
        url: String,
        /// Who published it.
        #[serde(default)]
        source: String,
    }
}

request! {
    /// Up to 1,000 drafts to be made in one job.
    Batch {
        /// For the entries that name none.
        pipeline: Option<PipelineId> as Option<Id>,
        entries: Vec<Generation>,
    }
}

impl From<Generation> for drafts::Request {
    fn from(asked: Generation) -> Self {
        let Generation { story, items, documents, pipeline, variants } = asked;
        let documents =
            documents.into_iter().map(|Document { title, text, url, source }| GivenText { title, text, url, source });
        drafts::Request { story, items, documents: documents.collect(), pipeline, variants }
    }
}

/// Drafts a post at once, from a story, from items or from given texts; the pipeline's policy judges it.
#[utoipa::path(post, path = "/generate-post", tag = "drafts", request_body = Generation, responses((status = 201, body = Post)))]
async fn generate(State(app): State<App>, Asked(caller, asked): Asked<Generation>) -> Result<Response, Problem> {
    let post = drafts::generate(&app.desk, &caller.actor, &asked.into()).await?;
    Ok(created(&path(post.id), &Post::from(post)))
}

/// Drafts several posts in one job, whose result says what became of each.
#[utoipa::path(post, path = "/generate-batch", tag = "drafts", request_body = Batch, responses((status = 202, body = Accepted)))]
async fn generate_many(State(app): State<App>, Asked(caller, batch): Asked<Batch>) -> Result<Response, Problem> {
    let entries = batch.entries.into_iter().map(drafts::Request::from).collect();
    let (job, due) = drafts::generate_many(&app.desk, &caller.actor, batch.pipeline, entries).await?;
    Ok(accepted(job, due, "the posts will be drafted"))
}

/// Lists the calls of generators, newest first.
#[utoipa::path(get, path = "/completions", tag = "drafts", params(Paging), responses((status = 200, body = Page<Completion>)))]
async fn completions(
    caller: Caller,
    State(app): State<App>,
    Asking(paging): Asking<Paging>,
) -> Result<Response, Problem> {
    let rows =
        drafts::completions(&app.desk, &caller.actor, paging.after()?.map(CompletionId), paging.rows()? as usize)
            .await?;
    Ok(json(&Page::<Completion>::of(rows, &paging, |call| call.id.to_string())?))
}
