//! Drafts: from a story's items to a judged version of a post.

pub(crate) mod ask;
mod embedded;
pub mod eval;
mod generate;
pub mod lab;
pub(crate) mod models;
mod output;
pub mod preview;
pub(crate) mod prompt;
pub(crate) mod suspect;
pub mod used;
pub(crate) mod variants;

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use queue::{Context, Enqueue, JobId};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use stdx::Timestamp;
use stdx::metric::{Cell, Counter, Family, Histogram, Metric};
use store::{Tx, params};

use crate::jobs::{DraftStory, GenerateBatch};
use crate::moderation::Check;
use crate::people::{self, Action, Actor, recall, remember};
use crate::pipelines::{self, Pipeline};
use crate::posts::{self, Post, SourceRef, State};
use crate::stories::{self, Member};
use crate::{Desk, Error, Fault, ItemId, PipelineId, PostId, StoryId, analysis, items};
use variants::Drafted;

static COMPLETIONS: Family<Counter> = Family::new(&["provider", "outcome"], 100);
static SECONDS: Histogram = Histogram::new();

/// The module's metric cells.
pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_completions_total",
        help: "Generator calls by provider and outcome",
        cell: Cell::Counters(&COMPLETIONS),
    },
    Metric {
        name: "copydesk_ai_processing_seconds",
        help: "Time to generate a draft, all attempts included",
        cell: Cell::Histogram(&SECONDS),
    },
];

store::sql! {
    COMPLETION_ADD = "drafts.completion_add",
        "INSERT INTO completion (id, provider, model, prompt_version, story, outcome, error, attempts, prompt_tokens, completion_tokens, cost_micros, latency_us, at, draft)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    COMPLETIONS_OF = "drafts.completions",
        "SELECT id, provider, model, prompt_version, story, outcome, error, attempts, prompt_tokens, completion_tokens, cost_micros, latency_us, at FROM completion WHERE id < $1 ORDER BY id DESC LIMIT $2";
}

/// Beyond it nothing is counted: sums of many stay numbers.
const COUNT_MAX: i64 = 1_000_000_000_000_000;

/// What a draft is to be made from; exactly one of the three.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    pub story: Option<StoryId>,
    pub items: Vec<ItemId>,
    /// Texts given with the request.
    pub documents: Vec<GivenText>,
    pub pipeline: Option<PipelineId>,
    /// Drafts of the post from which a person chooses, 1 to 5; otherwise as many as the pipeline says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variants: Option<u32>,
}

/// A source text given with a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenText {
    pub title: String,
    pub text: String,
    #[serde(default)]
    pub url: String,
    /// Who published it.
    #[serde(default)]
    pub source: String,
}

/// One call of a generator, recorded.
#[derive(Clone, Debug, Serialize)]
pub struct Completion {
    pub id: crate::CompletionId,
    pub provider: String,
    pub model: String,
    pub prompt_version: String,
    pub story: Option<StoryId>,
    /// `ok`, or the kind of the failure.
    pub outcome: String,
    pub error: Option<String>,
    pub attempts: u32,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub cost_micros: u64,
    pub latency_us: u64,
    pub at: Timestamp,
}

/// Drafts a story that has settled. A story whose post is still undecided and untouched by people
/// gets a new version with what has joined since; any other post is left alone.
pub async fn draft_story(desk: Desk, _: Context, job: DraftStory) -> Result<Option<Json>, queue::Fault> {
    let story = job.story;
    let mut conn = desk.store.read_fresh();
    let (members, pipeline) = {
        let about = stories::get(&mut conn, story).await.map_err(queue::Fault::from)?;
        (stories::members(&mut conn, story).await?, pipelines::get(&mut conn, about.pipeline).await?)
    };
    let existing = posts::of_story(&mut conn, story).await?;
    if let Some(id) = existing {
        let post = posts::get(&mut conn, id).await?;
        if post.edited || !matches!(post.state, State::Draft | State::InReview) {
            return Ok(Some(json!({ "post": id, "outcome": "left as it is" })));
        }
    }
    if members.is_empty() {
        return Ok(Some(json!({ "outcome": "no items" })));
    }
    let since = items::news_since(&desk, desk.now());
    if since.is_some_and(|since| members.iter().all(|member| member.published_at < since)) {
        let hours = desk.settings.news_age_max_h;
        return Ok(Some(json!({ "outcome": format!("not drafted: its newest item is older than {hours} hours") })));
    }
    let id = make(&desk, &Actor::system(), &pipeline, Some(story), members, existing, true).await?;
    Ok(Some(json!({ "post": id })))
}

/// Drafts what the request names, at once.
pub async fn generate(desk: &Desk, actor: &Actor, request: &Request) -> Result<Post, Error> {
    actor.may(Action::Write)?;
    check(request)?;
    let mut conn = desk.store.read_fresh();
    let mut pipeline = match request.pipeline {
        Some(id) => pipelines::get(&mut conn, id).await?,
        None => pipelines::find(desk, pipelines::DEFAULT).await?,
    };
    pipeline.spec.variants = request.variants.unwrap_or(pipeline.spec.variants);
    let members = match request.story {
        Some(story) => {
            stories::get(&mut conn, story).await?;
            stories::members(&mut conn, story).await?
        }
        None if !request.items.is_empty() => items::members(&mut conn, &request.items).await?,
        None => request.documents.iter().map(|given| given.member(desk.now())).collect(),
    };
    if members.is_empty() {
        return Err(Error::invalid("/story", "holds no items"));
    }
    // Texts given with the request are their own sources: who may not judge may not approve by them either.
    let trusted = request.documents.is_empty() || actor.may(Action::Judge).is_ok();
    let id = make(desk, actor, &pipeline, request.story, members, None, trusted).await?;
    posts::get(&mut desk.store.read_fresh(), id).await
}

fn check(request: &Request) -> Result<(), Error> {
    let given = usize::from(request.story.is_some())
        + usize::from(!request.items.is_empty())
        + usize::from(!request.documents.is_empty());
    let mut faults = Vec::new();
    if given != 1 {
        faults.push(Fault::new("", "must name exactly one of story, items and documents"));
    }
    if request.variants.is_some_and(|count| !(1..=pipelines::VARIANTS).contains(&count)) {
        faults.push(Fault::new("/variants", format!("must be 1 to {}", pipelines::VARIANTS)));
    }
    if request.items.len() > 50 {
        faults.push(Fault::new("/items", "must name at most 50 items"));
    }
    if request.documents.len() > 50 {
        faults.push(Fault::new("/documents", "must hold at most 50 texts"));
    }
    for (i, document) in request.documents.iter().enumerate() {
        if document.title.trim().is_empty() || document.title.len() > 1_000 {
            faults.push(Fault::new(format!("/documents/{i}/title"), "must have 1 to 1000 bytes"));
        }
        if document.text.trim().is_empty() || document.text.len() > 1_000_000 {
            faults.push(Fault::new(format!("/documents/{i}/text"), "must have 1 to 1000000 bytes"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Accepts up to 1,000 requests and answers at once; the job's result says what became of each.
pub async fn generate_many(
    desk: &Desk,
    actor: &Actor,
    pipeline: Option<PipelineId>,
    entries: Vec<Request>,
) -> Result<(JobId, Timestamp), Error> {
    actor.may(Action::Write)?;
    if entries.is_empty() || entries.len() > 1_000 {
        return Err(Error::invalid("/entries", "must hold 1 to 1000 requests"));
    }
    let mut faults = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        if let Err(Error::Invalid(wrong)) = check(entry) {
            faults.extend(wrong.into_iter().map(|f| Fault { pointer: format!("/entries/{i}{}", f.pointer), ..f }));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (d, job) =
        (desk.clone(), GenerateBatch { pipeline, entries, actor: Actor { idempotency: None, ..actor.clone() } });
    let actor = actor.clone();
    let id = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    return id.parse::<JobId>().map_err(|_| Error::IdempotencyMismatch);
                }
                let id = d.queue.enqueue(tx, &job, Enqueue::default()).await?.id();
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                Ok(id)
            })
        })
        .await?;
    Ok((id, desk.queue.estimate("generate_batch").await?))
}

/// Drafts every entry, many at the same time; one that fails does not fail the others. An entry that was drafted before the
/// process died is found by its idempotency key and not drafted again.
pub async fn generate_batch(desk: Desk, ctx: Context, job: GenerateBatch) -> Result<Option<Json>, queue::Fault> {
    let total = job.entries.len() as u64;
    let one = |(i, entry): (usize, &Request)| {
        let request = Request { pipeline: entry.pipeline.or(job.pipeline), ..entry.clone() };
        let key = people::Idempotency { key: format!("job:{}:{i}", ctx.id), request: String::new() };
        let (desk, actor) = (&desk, Actor { idempotency: Some(key), ..job.actor.clone() });
        async move { (i, generate(desk, &actor, &request).await) }
    };
    // Boxed: an entry's future is large, and there are many.
    let entries: Vec<_> = job.entries.iter().enumerate().map(|entry| one(entry).boxed()).collect();
    let mut running = stream::iter(entries).buffer_unordered(desk.settings.batch_parallel_max as usize);
    let (mut results, mut broken) = (Vec::with_capacity(job.entries.len()), None);
    while let Some((i, outcome)) = running.next().await {
        let result = match outcome {
            Ok(post) => json!({ "index": i, "post": post.id, "state": post.state }),
            Err(Error::Store(error)) => {
                // Those under way are paid for: they are waited for, and the next run finds them done.
                broken.get_or_insert(error);
                continue;
            }
            Err(error) => json!({ "index": i, "error": error.to_string() }),
        };
        results.push((i, result));
        ctx.progress(results.len() as u64, total);
    }
    if let Some(error) = broken {
        return Err(error.into());
    }
    results.sort_by_key(|(i, _)| *i);
    let results: Vec<Json> = results.into_iter().map(|(_, result)| result).collect();
    let succeeded = results.iter().filter(|result| result.get("post").is_some()).count();
    Ok(Some(json!({ "succeeded": succeeded, "failed": results.len() - succeeded, "entries": results })))
}

impl GivenText {
    fn member(&self, now: Timestamp) -> Member {
        Member {
            id: None,
            title: self.title.clone(),
            text: self.text.clone(),
            url: self.url.clone(),
            source: if self.source.is_empty() { "given text".to_owned() } else { self.source.clone() },
            categories: Vec::new(),
            language: String::new(),
            published_at: now,
            is_copy: false,
            suspicious: Vec::new(),
        }
    }
}

/// Generates, judges, writes and submits; the policy decides in the same transaction.
async fn make(
    desk: &Desk,
    actor: &Actor,
    pipeline: &Pipeline,
    story: Option<StoryId>,
    members: Vec<Member>,
    existing: Option<PostId>,
    trusted: bool,
) -> Result<PostId, Error> {
    // A repeated request must not pay for the model again.
    if let Some(id) = people::recalled(&mut desk.store.read_fresh(), actor).await? {
        return id.parse::<PostId>().map_err(|_| Error::IdempotencyMismatch);
    }
    let mut originals: Vec<Member> = members.iter().filter(|member| !member.is_copy).cloned().collect();
    if originals.is_empty() {
        originals = members;
    }
    let looked_at = originals.clone();
    let suspects = desk.queue.compute(move || suspect::inspect(&looked_at)).await?;
    let made = variants::run(desk, actor, pipeline, story, &originals).await?;
    let used: Vec<SourceRef> = originals
        .iter()
        .map(|member| SourceRef { name: member.source.clone(), title: member.title.clone(), url: member.url.clone() })
        .collect();
    let (topic, weights) = (topic_of(&originals), desk.weights.clone());
    let judged = desk.queue.compute(move || {
        let language = originals.first().map(|member| member.language.as_str()).filter(|language| !language.is_empty());
        let judge = |made: &generate::Made| {
            let generate::Made { title, excerpt, body, records, .. } = made;
            let text = analysis::Text { title, excerpt, body, topic: &topic, language };
            let completion = records.last().map(|record| record.id);
            analysis::judge(&weights, text, &originals, used.clone(), completion, false)
        };
        variants::judged(made, judge)
    });
    let Drafted { draft, calls, all } = judged.await?;
    let others: Vec<Check> = [suspects.check(), variants::check(&all), lifted(&draft)].into_iter().flatten().collect();
    let (d, actor, policy, pipeline) = (desk.clone(), actor.clone(), pipeline.spec.policy.clone(), pipeline.id);
    let system = actor.principal == people::Principal::System;
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    return id.parse::<PostId>().map_err(|_| Error::IdempotencyMismatch);
                }
                for call in &calls {
                    write_completions(tx, &call.records).await?;
                }
                suspects.write(tx).await?;
                let (id, version) = match existing {
                    Some(id) => {
                        // People may have decided while the draft was being made.
                        let post = posts::get(tx, id).await?;
                        if post.edited || !matches!(post.state, State::Draft | State::InReview) {
                            return Ok(id);
                        }
                        let version = posts::add_version(&d, tx, &actor, id, post.version, &draft).await?;
                        posts::variants::forget(tx, id).await?;
                        (id, version)
                    }
                    None => {
                        // A second run of the same job finds the first one's post.
                        if let Some(story) = story
                            && system
                            && let Some(id) = posts::of_story(tx, story).await?
                        {
                            return Ok(id);
                        }
                        let id = posts::create(&d, tx, &actor, pipeline, story, &draft).await?;
                        if let Some(story) = story
                            && !stories::set_post(tx, story, id).await?
                            && system
                        {
                            // Another run was faster: this one leaves nothing behind, and its repetition finds that post.
                            return Err(Error::Conflict(id));
                        }
                        (id, 1)
                    }
                };
                for call in &calls {
                    used::note(&d, tx, call.prompt.as_ref(), &call.records, id, version).await?;
                }
                if all.len() > 1 {
                    posts::variants::write(tx, id, version, &all, d.now()).await?;
                }
                if trusted {
                    crate::moderation::submit_to_policy(&d, tx, id, &policy, others.clone()).await?;
                } else {
                    crate::moderation::submit_to_people(&d, tx, id).await?;
                }
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                Ok(id)
            })
        })
        .await
}

/// What a reviewer is told of passages that stand in a source word for word; it holds nothing up.
fn lifted(draft: &posts::Draft) -> Option<Check> {
    let note = draft.analysis["lifts"]["note"].as_str().filter(|note| !note.is_empty())?;
    Some(Check { check: "sources".to_owned(), passed: true, detail: note.to_owned() })
}

/// The most common category of the items, or "News".
fn topic_of(members: &[Member]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for category in members.iter().flat_map(|member| &member.categories) {
        let name: String = category.trim().chars().take(40).collect();
        if name.is_empty() {
            continue;
        }
        match counts.iter_mut().find(|(known, _)| text::slug::fold(known) == text::slug::fold(&name)) {
            Some((_, n)) => *n += 1,
            None => counts.push((name, 1)),
        }
    }
    // The first of the most common ones: sources list the most fitting category first.
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or_default();
    let name = counts.into_iter().find(|(_, n)| *n == most).map_or_else(|| "News".to_owned(), |(name, _)| name);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or(name)
}

/// The calls of one draft, in their order; the last one gave its text.
pub(crate) async fn write_completions(tx: &mut Tx, records: &[Completion]) -> Result<(), Error> {
    for record in records {
        write_completion(tx, record, records.last().map(|last| last.id)).await?;
    }
    Ok(())
}

async fn write_completion(tx: &mut Tx, c: &Completion, draft: Option<crate::CompletionId>) -> Result<(), Error> {
    // A provider may count what it likes.
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX).min(COUNT_MAX);
    let values = params![
        c.id.to_i64(),
        c.provider,
        c.model,
        c.prompt_version,
        c.story.map(StoryId::to_i64),
        c.outcome,
        c.error,
        c.attempts,
        number(c.prompt_tokens),
        number(c.completion_tokens),
        number(c.cost_micros),
        number(c.latency_us),
        c.at,
        draft.map(crate::CompletionId::to_i64)
    ];
    tx.exec(&COMPLETION_ADD, values).await?;
    let (provider, outcome, time) = (c.provider.clone(), c.outcome.clone(), Duration::from_micros(c.latency_us));
    tx.after_commit(move || {
        COMPLETIONS.with(&[&provider, &outcome]).inc();
        SECONDS.record(time);
    });
    Ok(())
}

/// Recorded calls, newest first, at most 200.
pub async fn completions(
    desk: &Desk,
    actor: &Actor,
    before: Option<crate::CompletionId>,
    limit: usize,
) -> Result<Vec<Completion>, Error> {
    actor.may(Action::Read)?;
    let before = before.map_or(i64::MAX, crate::CompletionId::to_i64);
    let rows = desk.store.read().all(&COMPLETIONS_OF, params![before, limit.clamp(1, 200) as i64]).await?;
    let read = |row: &store::Row| -> Result<Completion, store::Error> {
        Ok(Completion {
            id: crate::CompletionId(row.get(0)?),
            provider: row.get(1)?,
            model: row.get(2)?,
            prompt_version: row.get(3)?,
            story: row.get::<Option<stdx::Id>>(4)?.map(StoryId),
            outcome: row.get(5)?,
            error: row.get(6)?,
            attempts: row.get(7)?,
            prompt_tokens: row.get::<i64>(8)? as u64,
            completion_tokens: row.get::<i64>(9)? as u64,
            cost_micros: row.get::<i64>(10)? as u64,
            latency_us: row.get::<i64>(11)? as u64,
            at: row.get(12)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
