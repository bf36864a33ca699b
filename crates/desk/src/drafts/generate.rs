//! Providers in the pipeline's order, and the embedded generator as the last, which always answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stdx::Timestamp;

use super::ask::{Asking, Failed, ask};
use super::embedded::{Wanted, embedded};
use super::models::{self, PROVIDER_TIME_MAX, describe};
use super::{Completion, prompt, used, variants};
use crate::desk::kept::Generated;
use crate::money;
use crate::people::Actor;
use crate::pipelines::Pipeline;
use crate::prompts::Template;
use crate::prompts::form::Answer;
use crate::providers::EMBEDDED;
use crate::stories::Member;
use crate::{CompletionId, Desk, Error, StoryId, tags};

/// For all providers of a draft.
const TIME_MAX: Duration = Duration::from_secs(420);

/// A text with the record of every call it took.
pub(super) struct Made {
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    /// In order; the last one gave the text.
    pub records: Vec<Completion>,
    /// What the model was told that gave the text; `None` for the embedded generator.
    pub prompt: Option<Template>,
}

pub(super) async fn run(
    desk: &Desk,
    actor: &Actor,
    pipeline: &Pipeline,
    story: Option<StoryId>,
    members: &[Member],
    variant: usize,
) -> Result<Made, Error> {
    let purpose = money::purpose_of_draft(desk, actor, pipeline.id).await?;
    let mut records = Vec::new();
    let started = Instant::now();
    let (version, wanted, prompt, told) = match used::of(desk, pipeline, members).await {
        Ok((ready, told)) => {
            let (version, wanted) = (variants::version(&ready.version(), variant), Wanted::of(&ready, variant));
            (version, wanted, Some(ready.template), Some(variants::turned(told, variant)))
        }
        // What stands in the database was checked; a desk must not stop for one that a later release refuses.
        Err(error @ (Error::Invalid(_) | Error::NotFound { .. })) => {
            tracing::error!(
                pipeline = pipeline.name,
                error = &error as &dyn std::error::Error,
                "the pipeline's prompt cannot be used; no model is asked"
            );
            (String::new(), used::plain(&mut desk.store.read_fresh(), pipeline, variant).await?, None, None)
        }
        Err(error) => return Err(error),
    };
    for target in models::of(desk, pipeline).await? {
        let Some(told) = &told else { break };
        let name = target.name.clone();
        // All providers together get less time than the job has, so that the embedded generator is reached.
        let left = TIME_MAX.saturating_sub(started.elapsed());
        if left.is_zero() {
            break;
        }
        // Who asks the same of the same model gets the same answer: while it is being made, and for a day.
        let key = format!("{name}/{}/{}", target.model, prompt::hash(told, members));
        let id = CompletionId(desk.next_id());
        let mut record = Completion::begun(id, &target, version.clone(), story, desk.now());
        let (noted, purpose, began) = (&mut record, &purpose, Instant::now());
        let load = || async move {
            let question = prompt::question(told, members, &desk.rng);
            let router = models::router(desk, &target);
            let asking = Asking { router: &router, purpose, time_max: left.min(PROVIDER_TIME_MAX) };
            let answer = ask(asking, &question, noted, |answer| prompt::read(told, answer, members)).await;
            money::settle(desk).await;
            made(answer)
        };
        let tag = tags::of_provider(&name);
        let given = queue::outside(desk.kept.generated.get_or_load_here(&key, &[&tag], load)).await;
        record.latency_us = began.elapsed().as_micros() as u64;
        record.at = desk.now();
        match given {
            Ok(made) => {
                record.model.clone_from(&made.model);
                records.push(record);
                let Generated { title, excerpt, body, .. } = made.as_ref().clone();
                return Ok(Made { title, excerpt, body, records, prompt });
            }
            Err(failed) => {
                let refused = failed.cause::<Refused>().cloned().unwrap_or_else(|| Refused::abandoned(&failed));
                let Refused { outcome, error } = refused;
                tracing::warn!(
                    provider = name,
                    outcome,
                    error,
                    "a provider gave no usable draft; the next one is asked"
                );
                record.failed(outcome, error);
                records.push(record);
            }
        }
    }
    let began = desk.now();
    let members = members.to_vec();
    let Answer { title, excerpt, body } = desk.queue.compute(move || embedded(wanted, &members)).await?;
    records.push(embedded_record(desk, story, began));
    Ok(Made { title, excerpt, body, records, prompt: None })
}

/// Why a provider's answer is of no use; whoever waited for the same answer learns the same.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{outcome}: {error}")]
struct Refused {
    outcome: &'static str,
    error: String,
}

impl Refused {
    fn abandoned(error: &dyn std::error::Error) -> Refused {
        Refused { outcome: "abandoned", error: describe(error) }
    }
}

fn made(answer: Result<(Answer, String), Failed>) -> Result<Arc<Generated>, Refused> {
    let (said, model) = answer.map_err(|(outcome, error)| Refused { outcome, error })?;
    let excerpt = if said.excerpt.trim().is_empty() { first_sentence(&said.body) } else { said.excerpt };
    Ok(Arc::new(Generated { model, title: said.title, excerpt, body: said.body }))
}

fn embedded_record(desk: &Desk, story: Option<StoryId>, started: Timestamp) -> Completion {
    let now = desk.now();
    Completion {
        id: CompletionId(desk.next_id()),
        provider: EMBEDDED.to_owned(),
        model: "extractive-1".to_owned(),
        prompt_version: String::new(),
        story,
        outcome: "ok".to_owned(),
        error: None,
        attempts: 1,
        prompt_tokens: 0,
        completion_tokens: 0,
        cost_micros: 0,
        latency_us: now.since(started).as_micros() as u64,
        at: now,
    }
}

fn first_sentence(body: &str) -> String {
    text::summary::excerpt(&text::markdown::to_text(body), 200)
}
