//! How good versions of prompts are: each asked the same cases of the same model, without a desk.

use std::sync::Arc;
use std::time::Instant;

use connect::llm::{Provider, Purpose, Router};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use stdx::{Clock, IdGen, Rng};
use text::score::Weights;

use super::ask::{Asking, ask};
use super::models::PROVIDER_TIME_MAX;
use super::preview::check_voice;
use super::{Completion, GivenText, prompt, used};
use crate::analysis::{self, Text};
use crate::prompts::{Ready, Template, Voice};
use crate::stories::Member;
use crate::{CompletionId, Error, pipelines};

/// Questions under way.
const AT_ONCE: usize = 4;
/// A score that fell by less is the same.
const SCORE_SLACK: f64 = 0.02;

/// What an evaluation takes.
pub struct Bench {
    pub client: connect::Client,
    pub llm: connect::llm::Settings,
    /// One of the configuration's.
    pub provider: Provider,
    pub clock: Clock,
    pub rng: Rng,
    pub weights: Weights,
    pub voice: Option<Voice>,
    /// The kind of a channel; may be empty.
    pub channel: String,
}

/// Sources, under a name of their own.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: String,
    pub sources: Vec<GivenText>,
}

/// How one version did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub prompt: String,
    pub version: String,
    pub provider: String,
    pub cases: usize,
    /// Answers of the form that was asked for, after one repetition at most.
    pub right_form: usize,
    /// Of those; 0 to 1; `None` when there is none.
    pub score_mean: Option<f64>,
    /// Share of all cases whose answer says only what stands in the sources.
    pub grounded_share: f64,
    /// Numbers, names and quotations of all answers that no source has.
    pub unsupported: usize,
    pub cost_micros: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub latency_ms_mean: f64,
    pub results: Vec<CaseResult>,
    /// Cases that do worse than with the first version, with what is worse.
    pub worse: Vec<Worse>,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseResult {
    pub id: String,
    /// `ok`, or the kind of the failure.
    pub outcome: String,
    pub error: Option<String>,
    pub title: String,
    /// Markdown.
    pub body: String,
    pub score: Option<f64>,
    pub grounded: bool,
    /// What no source has.
    pub unsupported: Vec<String>,
    pub cost_micros: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub latency_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worse {
    pub id: String,
    pub why: String,
}

/// Asks every case with every template; the first one is what the others are compared with.
///
/// # Errors
/// [`Error::Invalid`] for a voice that could not be stored. What a model does wrong is part of the report.
pub async fn run(bench: &Bench, templates: &[Template], cases: &[Case]) -> Result<Vec<Report>, Error> {
    check_voice(bench.voice.as_ref())?;
    let settings = connect::llm::Settings { providers: vec![bench.provider.clone()], ..bench.llm.clone() };
    let (router, ids) = (Router::new(bench.client.clone(), settings), Arc::new(IdGen::new(0)));
    let spec = pipelines::Spec::default();
    let mut reports: Vec<Report> = Vec::new();
    for template in templates {
        let ready = Ready {
            template: template.clone(),
            voice: bench.voice.as_ref().map(|voice| voice.on(&bench.channel)),
            channel: bench.channel.clone(),
            words_max: spec.words_max,
            sentences_max: spec.sentences_max,
        };
        let each = cases.iter().map(|case| one(bench, &router, &ids, &ready, case));
        let results: Vec<CaseResult> =
            stream::iter(each).buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter().collect::<Result<_, _>>()?;
        let mut report = Report::of(&ready, bench, results);
        if let Some(first) = reports.first() {
            report.worse =
                first.results.iter().zip(&report.results).filter_map(|(then, now)| worse(then, now)).collect();
        }
        reports.push(report);
    }
    Ok(reports)
}

async fn one(bench: &Bench, router: &Router, ids: &IdGen, ready: &Ready, case: &Case) -> Result<CaseResult, Error> {
    let members: Vec<Member> = case.sources.iter().map(|given| given.member(bench.clock.now())).collect();
    let told = used::tell(ready, members.len())?;
    let question = prompt::question(&told, &members, &bench.rng);
    let now = bench.clock.now();
    let mut record = Completion::begun(CompletionId(ids.next(now)), &bench.provider, ready.version(), None, now);
    let (purpose, began) = (Purpose::default(), Instant::now());
    let asking = Asking { router, purpose: &purpose, time_max: PROVIDER_TIME_MAX };
    let said = ask(asking, &question, &mut record, |answer| prompt::read(&told, answer, &members)).await;
    let mut result = CaseResult {
        id: case.id.clone(),
        outcome: "ok".to_owned(),
        error: None,
        title: String::new(),
        body: String::new(),
        score: None,
        grounded: false,
        unsupported: Vec::new(),
        cost_micros: record.cost_micros,
        prompt_tokens: record.prompt_tokens,
        completion_tokens: record.completion_tokens,
        latency_ms: began.elapsed().as_secs_f64() * 1_000.0,
    };
    match said {
        Ok((answer, _)) => {
            let text =
                Text { title: &answer.title, excerpt: &answer.excerpt, body: &answer.body, topic: "", language: None };
            let draft = analysis::judge(&bench.weights, text, &members, Vec::new(), None, false);
            result.score = Some(draft.score);
            result.grounded = draft.grounded;
            let found = draft.grounding["unsupported"].as_array().into_iter().flatten();
            result.unsupported = found.filter_map(|one| Some(one["text"].as_str()?.to_owned())).collect();
            (result.title, result.body) = (draft.title, draft.body);
        }
        Err((outcome, error)) => (result.outcome, result.error) = (outcome.to_owned(), Some(error)),
    }
    Ok(result)
}

impl Report {
    fn of(ready: &Ready, bench: &Bench, results: Vec<CaseResult>) -> Report {
        let scores: Vec<f64> = results.iter().filter_map(|result| result.score).collect();
        let share = |part: f64, whole: usize| part / whole.max(1) as f64;
        Report {
            prompt: ready.template.name.clone(),
            version: ready.template.version(),
            provider: bench.provider.name.clone(),
            cases: results.len(),
            right_form: scores.len(),
            score_mean: (!scores.is_empty()).then(|| share(scores.iter().sum(), scores.len())),
            grounded_share: share(results.iter().filter(|result| result.grounded).count() as f64, results.len()),
            unsupported: results.iter().map(|result| result.unsupported.len()).sum(),
            cost_micros: results.iter().map(|result| result.cost_micros).sum(),
            prompt_tokens: results.iter().map(|result| result.prompt_tokens).sum(),
            completion_tokens: results.iter().map(|result| result.completion_tokens).sum(),
            latency_ms_mean: share(results.iter().map(|result| result.latency_ms).sum(), results.len()),
            worse: Vec::new(),
            results,
        }
    }
}

/// What is worse now than it was; the most serious thing alone.
fn worse(then: &CaseResult, now: &CaseResult) -> Option<Worse> {
    let told = |why: String| Some(Worse { id: now.id.clone(), why });
    match (then.score, now.score) {
        (Some(_), None) => told(format!("no answer of the right form ({})", now.outcome)),
        (Some(_), Some(_)) if then.grounded && !now.grounded => told(format!(
            "no longer grounded: {}",
            now.unsupported.iter().take(3).cloned().collect::<Vec<_>>().join("; ")
        )),
        (Some(_), Some(_)) if now.unsupported.len() > then.unsupported.len() => {
            told(format!("{} unsupported facts instead of {}", now.unsupported.len(), then.unsupported.len()))
        }
        (Some(before), Some(after)) if after < before - SCORE_SLACK => {
            told(format!("score {after:.3} instead of {before:.3}"))
        }
        _ => None,
    }
}
