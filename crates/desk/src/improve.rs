//! Improve: safe edits, then rewriting by a model, as long as it makes a text better and keeps it true.
//!
//! Invariants: what is kept has a higher score, or is nearer to its targets with no lower one, and says nothing that
//! neither the text before nor its sources said; without a provider, or with one that fails, the safe edits remain.

mod faithful;
mod models;
mod question;
mod rounds;
mod targets;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stdx::{Clock, IdGen, Rng};
use text::document::Format;
use text::language::Language;
use text::score::Weights;

use crate::drafts::{self, Completion, models as providers_of};
use crate::people::{self, Action, Actor, recall, remember};
use crate::posts::{self, Command};
use crate::{Desk, Error, Fault, PostId, Version, analysis, moderation, money, pipelines};

use models::Models;
use rounds::{Bench, Piece, Run};
pub use targets::{Direction, names as target_names};

/// Rounds of rewriting at most.
pub const ROUNDS_MAX: u32 = 5;
const ROUNDS: u32 = 3;
const TARGETS_MAX: usize = 20;
/// Longest text that is taken, in bytes.
pub const TEXT_MAX: usize = 1_000_000;

/// How far to go.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Measures by name, as [`target_names`] lists them, each with the value to reach.
    pub targets: BTreeMap<String, f64>,
    /// 1 to [`ROUNDS_MAX`]; 3 when nothing is said.
    pub rounds_max: Option<u32>,
}

/// A text that is no post.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub text: String,
    pub title: Option<String>,
    /// Detected when absent.
    pub language: Option<Language>,
    pub format: Format,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Improved {
    pub before: Standing,
    pub after: Standing,
    /// In the order they were tried.
    pub steps: Vec<Step>,
    pub text: Text,
    pub stopped: Stop,
    /// Why it ended there, as a sentence.
    pub note: String,
    /// Who wrote what was kept last; `None` when no model did.
    pub provider: Option<String>,
    /// Millionths of a dollar, for all calls.
    pub cost_micros: u64,
    /// The version that was written, if one was.
    pub version: Option<Version>,
}

/// How a text does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// 0 to 1.
    pub score: f64,
    pub targets: Vec<Reached>,
}

/// A target and how near the text is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    pub name: String,
    pub direction: Direction,
    pub wanted: f64,
    /// `None` where it cannot be measured of this text, such as a title's share of the score without a title.
    pub value: Option<f64>,
    pub met: bool,
}

/// One change that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub kind: StepKind,
    pub kept: bool,
    /// Of the changed text, whether it was kept or not; `None` when there was none.
    pub score: Option<f64>,
    /// Why it was kept or not.
    pub reason: String,
    /// What the safe edits were; at most [`EDITS_SHOWN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<SafeEdit>,
}

/// Edits of a step that are told one by one.
pub const EDITS_SHOWN: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// What a machine may mend by itself.
    Edits,
    /// A model's text.
    Rewrite,
}

/// One safe edit; `start..end` are code points of the field as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeEdit {
    /// `title`, `excerpt` or `body`.
    pub field: String,
    pub start: usize,
    pub end: usize,
    pub was: String,
    pub replacement: String,
    pub code: String,
    pub reason: String,
}

/// What the text is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Empty when none was given.
    pub title: String,
    /// Of posts alone; else empty.
    pub excerpt: String,
    pub body: String,
}

/// Why no further round was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    TargetsMet,
    /// Nothing would raise the score noticeably.
    NothingLeft,
    /// Two rounds in a row brought nothing.
    NothingBetter,
    RoundsMax,
    NoProvider,
    /// A model cannot give so long a text back.
    TooLong,
    TimeUp,
}

impl Stop {
    pub const ALL: [Stop; 7] = [
        Stop::TargetsMet,
        Stop::NothingLeft,
        Stop::NothingBetter,
        Stop::RoundsMax,
        Stop::NoProvider,
        Stop::TooLong,
        Stop::TimeUp,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Stop::TargetsMet => "targets_met",
            Stop::NothingLeft => "nothing_left",
            Stop::NothingBetter => "nothing_better",
            Stop::RoundsMax => "rounds_max",
            Stop::NoProvider => "no_provider",
            Stop::TooLong => "too_long",
            Stop::TimeUp => "time_up",
        }
    }

    fn note(self) -> &'static str {
        match self {
            Stop::TargetsMet => "All targets are met.",
            Stop::NothingLeft => "Nothing is known that would raise the score noticeably.",
            Stop::NothingBetter => "Two rounds in a row brought nothing better.",
            Stop::RoundsMax => "All rounds were made.",
            Stop::NoProvider => "No model provider is configured, so that only the safe edits were made.",
            Stop::TooLong => "The text is too long for a model to give back, so that only the safe edits were made.",
            Stop::TimeUp => "The time was up.",
        }
    }
}

/// Improves the newest version of a post, and with `apply` writes the result as a new one, if anything was kept.
///
/// # Errors
/// [`Error::StaleVersion`] when `base` is not the newest version, at the start or at the end: nothing is written then
/// but the record of the calls. [`Error::Invalid`] for unknown targets.
pub async fn post(
    desk: &Desk,
    actor: &Actor,
    id: PostId,
    base: Version,
    wanted: &Wanted,
    apply: bool,
) -> Result<Improved, Error> {
    actor.may(Action::Write)?;
    let mut conn = desk.store.read_fresh();
    let (post, life) = posts::load(&mut conn, id).await?;
    let (rounds, targets) = check(wanted)?;
    // A repeated request must not pay for the model again.
    if let Some(done) = people::recalled(&mut conn, actor).await? {
        return read(&done);
    }
    if apply {
        life.decide(id, &actor.principal.to_string(), &Command::AddVersion { on: base })?;
    } else if base != post.version {
        return Err(Error::StaleVersion { post: id, given: base, newest: post.version });
    }
    let text = posts::version(&mut conn, id, base).await?;
    let sources = analysis::sources(&mut conn, id).await?;
    let pipeline = pipelines::get(&mut conn, post.pipeline).await?;
    drop(conn);
    let bench = Bench {
        weights: desk.weights.clone(),
        format: Format::Markdown,
        language: Language::from_code(&post.language),
        has_title: true,
        facts: analysis::facts(&sources),
        targets,
    };
    let piece = Piece { title: text.title.clone(), excerpt: text.excerpt.clone(), body: text.body.clone() };
    let mut models = models_of(desk, actor, &pipeline).await?;
    models.story = post.story;
    let run = rounds::run(bench, piece, &mut models, rounds).await?;
    let records = models.records;
    record(desk, &records).await?;
    let draft = (apply && run.is_changed()).then(|| {
        let Piece { title, excerpt, body } = &run.after.piece;
        let text_now =
            analysis::Text { title, excerpt, body, topic: &post.topic, language: Some(post.language.as_str()) };
        let completion = run.completion.or(text.completion);
        // Whoever has it improved answers for the result: no newer draft may replace it unasked.
        analysis::judge(&desk.weights, text_now, &sources, text.sources.clone(), completion, true)
    });
    let improved = answer(run, &records);
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            let (d, actor, draft, mut improved) = (d.clone(), actor.clone(), draft.clone(), improved.clone());
            Box::pin(async move {
                if let Some(done) = recall(tx, &actor).await? {
                    return read(&done);
                }
                if let Some(draft) = &draft {
                    improved.version = Some(moderation::replace_in(&d, tx, &actor, id, base, draft).await?);
                }
                keep(&d, tx, &actor, &improved).await?;
                Ok(improved)
            })
        })
        .await
}

/// Improves a text that is no post; nothing but the record of the calls is kept.
///
/// # Errors
/// [`Error::Invalid`] for unknown targets and texts beyond [`TEXT_MAX`].
pub async fn text(desk: &Desk, actor: &Actor, given: Given, wanted: &Wanted) -> Result<Improved, Error> {
    actor.may(Action::Write)?;
    let (rounds, targets) = check_both(&given, wanted)?;
    if let Some(done) = people::recalled(&mut desk.store.read_fresh(), actor).await? {
        return read(&done);
    }
    let pipeline = pipelines::find(desk, pipelines::DEFAULT).await?;
    let mut models = models_of(desk, actor, &pipeline).await?;
    let (bench, piece) = bench_of(&desk.weights, given, targets);
    let run = rounds::run(bench, piece, &mut models, rounds).await?;
    record(desk, &models.records).await?;
    let improved = answer(run, &models.records);
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            let (d, actor, improved) = (d.clone(), actor.clone(), improved.clone());
            Box::pin(async move {
                if let Some(done) = recall(tx, &actor).await? {
                    return read(&done);
                }
                keep(&d, tx, &actor, &improved).await?;
                Ok(improved)
            })
        })
        .await
}

/// What improving takes where there is no desk.
pub struct Alone {
    pub client: connect::Client,
    /// The providers are asked in their order.
    pub llm: connect::llm::Settings,
    pub clock: Clock,
    pub rng: Rng,
    pub weights: Weights,
}

/// As [`text`], without a desk: nothing is recorded.
///
/// # Errors
/// As those of [`text`].
pub async fn alone(parts: Alone, given: Given, wanted: &Wanted) -> Result<Improved, Error> {
    let (rounds, targets) = check_both(&given, wanted)?;
    let Alone { client, llm, clock, rng, weights } = parts;
    let one = |provider: &connect::llm::Provider| {
        let settings = connect::llm::Settings { providers: vec![provider.clone()], ..llm.clone() };
        (provider.clone(), connect::llm::Router::new(client.clone(), settings).into())
    };
    let mut models = Models::new(llm.providers.iter().map(one).collect(), rng, clock, IdGen::new(0).into());
    let (bench, piece) = bench_of(&weights, given, targets);
    let run = rounds::run(bench, piece, &mut models, rounds).await?;
    Ok(answer(run, &models.records))
}

async fn models_of(desk: &Desk, actor: &Actor, pipeline: &pipelines::Pipeline) -> Result<Models, Error> {
    let targets = providers_of::of(desk, pipeline).await?;
    let known = targets.into_iter().map(|target| {
        let router = providers_of::router(desk, &target);
        (target, router)
    });
    let mut models = Models::new(known.collect(), desk.rng.clone(), desk.clock.clone(), desk.ids.clone());
    models.purpose = money::purpose_of_draft(desk, actor, pipeline.id).await?;
    Ok(models)
}

fn bench_of(weights: &Weights, given: Given, targets: Vec<targets::Target>) -> (Bench, Piece) {
    let Given { text, title, language, format } = given;
    let (weights, has_title) = (weights.clone(), title.is_some());
    let bench = Bench { weights, format, language, has_title, facts: Vec::new(), targets };
    (bench, Piece { title: title.unwrap_or_default(), excerpt: String::new(), body: text })
}

/// Every call that was made, also when nothing came of it: it was paid for.
async fn record(desk: &Desk, records: &[Completion]) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let records = records.to_vec();
    desk.store
        .write(move |tx| {
            let records = records.clone();
            Box::pin(async move { drafts::write_completions(tx, &records).await })
        })
        .await
}

/// Keeps the whole answer for a repeated request.
async fn keep(desk: &Desk, tx: &mut store::Tx, actor: &Actor, improved: &Improved) -> Result<(), Error> {
    if actor.idempotency.is_none() {
        return Ok(());
    }
    let text = serde_json::to_string(improved).expect("an answer is plain data");
    // What PostgreSQL cannot store.
    remember(tx, actor, &text.replace("\\u0000", ""), desk.now()).await
}

fn read(kept: &str) -> Result<Improved, Error> {
    serde_json::from_str(kept).map_err(|_| Error::IdempotencyMismatch)
}

fn answer(run: Run, records: &[Completion]) -> Improved {
    let Piece { title, excerpt, body } = run.after.piece;
    Improved {
        before: run.before.standing,
        after: run.after.standing,
        steps: run.steps,
        text: Text { title, excerpt, body },
        stopped: run.stopped,
        note: run.stopped.note().to_owned(),
        provider: run.provider,
        cost_micros: records.iter().map(|record| record.cost_micros).sum(),
        version: None,
    }
}

fn check(wanted: &Wanted) -> Result<(u32, Vec<targets::Target>), Error> {
    let (mut faults, mut targets) = (Vec::new(), Vec::new());
    let rounds = wanted.rounds_max.unwrap_or(ROUNDS);
    if !(1..=ROUNDS_MAX).contains(&rounds) {
        faults.push(Fault::new("/rounds_max", format!("must be 1 to {ROUNDS_MAX}")));
    }
    if wanted.targets.len() > TARGETS_MAX {
        faults.push(Fault::new("/targets", format!("must be at most {TARGETS_MAX}")));
    }
    for (name, value) in wanted.targets.iter().take(TARGETS_MAX) {
        match targets::Target::find(name, *value) {
            Ok(target) => targets.push(target),
            Err(detail) => {
                let pointer = name.replace('~', "~0").replace('/', "~1");
                faults.push(Fault::new(format!("/targets/{pointer}"), detail));
            }
        }
    }
    if faults.is_empty() { Ok((rounds, targets)) } else { Err(Error::Invalid(faults)) }
}

fn check_both(given: &Given, wanted: &Wanted) -> Result<(u32, Vec<targets::Target>), Error> {
    let mut faults = Vec::new();
    if given.text.trim().is_empty() || given.text.len() > TEXT_MAX {
        faults.push(Fault::new("/text", format!("must have 1 to {TEXT_MAX} bytes")));
    }
    if given.title.as_ref().is_some_and(|title| title.chars().count() > 300) {
        faults.push(Fault::new("/title", "must have at most 300 characters"));
    }
    match check(wanted) {
        Ok(checked) if faults.is_empty() => Ok(checked),
        Err(Error::Invalid(more)) => Err(Error::Invalid([faults, more].concat())),
        Err(other) => Err(other),
        Ok(_) => Err(Error::Invalid(faults)),
    }
}

#[cfg(test)]
mod tests;
