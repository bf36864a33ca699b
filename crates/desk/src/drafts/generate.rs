//! Providers in the pipeline's order, and the embedded generator as the last, which always answers.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use connect::llm::Router;
use stdx::Timestamp;

use super::{Completion, prompt};
use crate::desk::kept::Generated;
use crate::pipelines::Pipeline;
use crate::providers::{self, EMBEDDED};
use crate::stories::Member;
use crate::{CompletionId, Desk, Error, StoryId, tags};

/// For all providers of a draft, and for each of them.
const TIME_MAX: Duration = Duration::from_secs(420);
const PROVIDER_TIME_MAX: Duration = Duration::from_secs(120);

/// A text with the record of every call it took.
pub(super) struct Made {
    pub title: String,
    pub excerpt: String,
    /// Markdown.
    pub body: String,
    /// In order; the last one gave the text.
    pub records: Vec<Completion>,
}

pub(super) async fn run(
    desk: &Desk,
    pipeline: &Pipeline,
    story: Option<StoryId>,
    members: &[Member],
) -> Result<Made, Error> {
    let mut records = Vec::new();
    let started = Instant::now();
    // A pipeline that names nobody takes those of the configuration, in their order.
    let mut names: Vec<&String> = pipeline.spec.providers.iter().collect();
    if names.is_empty() {
        names.extend(desk.llm.providers.iter().map(|provider| &provider.name));
    }
    for name in names.into_iter().filter(|name| *name != EMBEDDED) {
        let target = match providers::target(desk, name).await {
            Err(error @ Error::Sealed(_)) => {
                // The embedded generator stands behind it; a desk must not stop for a key that was lost.
                tracing::error!(error = &error as &dyn std::error::Error, "a provider's key cannot be opened");
                continue;
            }
            other => other?,
        };
        let Some(target) = target else {
            tracing::warn!(
                provider = name,
                pipeline = pipeline.name,
                "the pipeline names a provider that does not exist"
            );
            continue;
        };
        // All providers together get less time than the job has, so that the embedded generator is reached.
        let left = TIME_MAX.saturating_sub(started.elapsed());
        if left.is_zero() {
            break;
        }
        // Who asks the same of the same model gets the same answer: while it is being made, and for a day.
        let key = format!("{name}/{}/{}", target.model, prompt::hash(&pipeline.spec, members));
        let mut record = Completion {
            id: CompletionId(desk.next_id()),
            provider: name.clone(),
            model: target.model.clone(),
            prompt_version: prompt::version(),
            story,
            outcome: "ok".to_owned(),
            error: None,
            attempts: 0,
            prompt_tokens: 0,
            completion_tokens: 0,
            cost_micros: 0,
            latency_us: 0,
            at: desk.now(),
        };
        let (noted, began) = (&mut record, Instant::now());
        let ask = || async move {
            let question = prompt::question(&pipeline.spec, members, &desk.rng);
            let call = router(desk, target).complete_within(&question, left.min(PROVIDER_TIME_MAX)).await;
            noted.attempts = call.attempts.len() as u32;
            noted.prompt_tokens = call.attempts.iter().map(|a| a.usage.prompt_tokens).sum();
            noted.completion_tokens = call.attempts.iter().map(|a| a.usage.completion_tokens).sum();
            noted.cost_micros = call.cost_microdollars();
            read(call)
        };
        let tag = tags::of_provider(name);
        let made = desk.kept.generated.get_or_load_here(&key, &[&tag], ask).await;
        record.latency_us = began.elapsed().as_micros() as u64;
        record.at = desk.now();
        match made {
            Ok(made) => {
                record.model.clone_from(&made.model);
                records.push(record);
                let Generated { title, excerpt, body, .. } = made.as_ref().clone();
                return Ok(Made { title, excerpt, body, records });
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
                record.outcome = outcome.to_owned();
                record.error = Some(error);
                records.push(record);
            }
        }
    }
    let began = desk.now();
    let (sentences, words) = (pipeline.spec.sentences_max as usize, pipeline.spec.words_max as usize);
    let members = members.to_vec();
    let (title, excerpt, body) = desk.queue.compute(move || embedded(sentences, words, &members)).await?;
    records.push(embedded_record(desk, story, began));
    Ok(Made { title, excerpt, body, records })
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

fn read(call: connect::llm::Call) -> Result<Arc<Generated>, Refused> {
    let answer = call.result.map_err(|failure| Refused {
        outcome: call.attempts.last().map_or("resting", |a| a.outcome),
        error: describe(&failure),
    })?;
    let said = prompt::read(&answer.text).map_err(|error| Refused { outcome: "unusable", error })?;
    let excerpt = if said.excerpt.trim().is_empty() { first_sentence(&said.body) } else { said.excerpt };
    Ok(Arc::new(Generated { model: answer.model, title: said.title, excerpt, body: said.body }))
}

/// The extractive generator: whole sentences of the sources, chosen and ordered, nothing added.
fn embedded(sentences_max: usize, words_max: usize, members: &[Member]) -> (String, String, String) {
    let documents: Vec<text::summary::Document<'_>> = members
        .iter()
        .map(|member| text::summary::Document {
            title: &member.title,
            text: &member.text,
            source: &member.source,
            url: &member.url,
            published_at: Some(member.published_at),
        })
        .collect();
    let settings = text::summary::Settings { sentences: sentences_max, words_max, ..Default::default() };
    let summary = text::summary::summarise(&documents, &settings);
    let mut paragraphs: Vec<String> = Vec::new();
    // Three sentences make a paragraph: short enough to read on a phone.
    for group in summary.sentences.chunks(3) {
        let sentences: Vec<String> = group.iter().map(|pick| text::markdown::escape(&pick.text)).collect();
        paragraphs.push(sentences.join(" "));
    }
    let mut body = paragraphs.join("\n\n");
    if body.is_empty() {
        body = text::markdown::escape(&text::summary::excerpt(&members[0].text, 600));
    }
    if body.trim().is_empty() {
        body = text::markdown::escape(&members[0].title);
    }
    let excerpt = summary.sentences.first().map(|pick| text::summary::excerpt(&pick.text, 200)).unwrap_or_default();
    (summary.headline, excerpt, body)
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

/// The router that remembers how the provider did, as long as its settings stay the same.
fn router(desk: &Desk, provider: connect::llm::Provider) -> Arc<Router> {
    let mut routers = desk.routers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, router)) = routers.get(&provider.name)
        && *known == provider
    {
        return Arc::clone(router);
    }
    let settings = connect::llm::Settings { providers: vec![provider.clone()], ..desk.llm.clone() };
    let router = Arc::new(Router::new(desk.client.clone(), settings));
    routers.insert(provider.name.clone(), (provider, Arc::clone(&router)));
    router
}

fn describe(error: &dyn std::error::Error) -> String {
    // A provider may say anything, also what PostgreSQL cannot store.
    let said = error.to_string().replace('\0', "");
    match error.source() {
        Some(cause) => format!("{said}: {}", describe(cause)),
        None => said,
    }
}

fn first_sentence(body: &str) -> String {
    text::summary::excerpt(&text::markdown::to_text(body), 200)
}
