//! The loop: measure, change, measure again, keep what is better and true.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use text::document::Format;
use text::language::Language;
use text::score::Weights;

use super::faithful::Witness;
use super::models::Models;
use super::targets::{Target, distance};
use super::{EDITS_SHOWN, SafeEdit, Standing, Step, StepKind, Stop, question};
use crate::{CompletionId, Error};

/// For all rounds together.
const TIME_MAX: Duration = Duration::from_secs(300);
/// A score that differs by less is the same.
const CLOSE: f64 = 1e-9;
/// Rounds in a row that may bring nothing.
const FRUITLESS_MAX: u32 = 2;

/// A text on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub title: String,
    pub excerpt: String,
    pub body: String,
}

/// How texts are measured and what they are held against.
pub(super) struct Bench {
    pub weights: Weights,
    pub format: Format,
    /// Detected when absent.
    pub language: Option<Language>,
    pub has_title: bool,
    /// What the sources say; may be empty.
    pub facts: Vec<String>,
    pub targets: Vec<Target>,
}

/// A text with what was measured of it.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub piece: Piece,
    pub standing: Standing,
    analysis: Json,
    distance: f64,
}

/// What became of a text.
pub(super) struct Run {
    pub before: Measured,
    pub after: Measured,
    pub steps: Vec<Step>,
    pub stopped: Stop,
    /// Who wrote what was kept last, and by which call.
    pub provider: Option<String>,
    pub completion: Option<CompletionId>,
}

impl Run {
    pub fn is_changed(&self) -> bool {
        self.after.piece != self.before.piece
    }
}

impl Measured {
    /// What cannot be measured of the text is nothing to wait for.
    fn is_done(&self) -> bool {
        let targets = &self.standing.targets;
        targets.iter().any(|target| target.met) && targets.iter().all(|target| target.met || target.value.is_none())
    }

    /// Without targets: whether nothing is known that would raise the score noticeably.
    fn is_spotless(&self) -> bool {
        self.standing.targets.is_empty() && self.analysis["fix_first"].as_array().is_none_or(Vec::is_empty)
    }
}

pub(super) async fn run(bench: Bench, piece: Piece, models: &mut Models, rounds_max: u32) -> Result<Run, Error> {
    let (bench, started) = (Arc::new(bench), Instant::now());
    let b = Arc::clone(&bench);
    let (before, mended) = compute(move || {
        let before = b.measure(piece);
        let mended = if before.is_done() { None } else { b.mend(&before) };
        (before, mended)
    })
    .await?;
    let (mut now, mut steps) = (before.clone(), Vec::new());
    if let Some((step, after)) = mended {
        steps.push(step);
        now = after.unwrap_or(now);
    }
    let (mut provider, mut completion, mut fruitless, mut refused) = (None, None, 0, None::<String>);
    let mut rounds = 0;
    let stopped = loop {
        let left = TIME_MAX.saturating_sub(started.elapsed());
        if now.is_done() {
            break Stop::TargetsMet;
        } else if now.is_spotless() {
            break Stop::NothingLeft;
        } else if models.is_empty() {
            break Stop::NoProvider;
        } else if now.piece.body.chars().count() > question::CHARS_MAX {
            break Stop::TooLong;
        } else if fruitless >= FRUITLESS_MAX {
            break Stop::NothingBetter;
        } else if rounds >= rounds_max {
            break Stop::RoundsMax;
        } else if left.is_zero() {
            break Stop::TimeUp;
        }
        rounds += 1;
        let reached = &now.standing.targets;
        let asked = question::ask(&now.piece, bench.format, &now.analysis, reached, refused.as_deref(), &models.rng);
        let said = models.ask(&asked, left, |answer| question::read(answer, &now.piece)).await;
        let (step, after) = match said {
            Err(reason) => {
                let reason = format!("no provider gave a usable text: {reason}");
                (Step { kind: StepKind::Rewrite, kept: false, score: None, reason, edits: Vec::new() }, None)
            }
            Ok(piece) => {
                let (b, old) = (Arc::clone(&bench), now.clone());
                compute(move || b.weigh(StepKind::Rewrite, &old, piece, Vec::new())).await?
            }
        };
        refused = (!step.kept).then(|| step.reason.clone());
        steps.push(step);
        match after {
            None => fruitless += 1,
            Some(after) => {
                (now, fruitless) = (after, 0);
                let record = models.records.last();
                provider = record.map(|record| record.provider.clone());
                completion = record.map(|record| record.id);
            }
        }
    };
    Ok(Run { before, after: now, steps, stopped, provider, completion })
}

/// Some milliseconds for a usual text: not for the threads that serve.
async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(queue::Error::from)?)
}

impl Bench {
    fn measure(&self, piece: Piece) -> Measured {
        let options = text::Options {
            format: self.format,
            title: self.has_title.then(|| piece.title.clone()),
            language: self.language,
            weights: self.weights.clone(),
            ..Default::default()
        };
        let analysis = text::analyze(&piece.body, &options);
        let score = analysis.score;
        let analysis = serde_json::to_value(&analysis).unwrap_or_default();
        let targets: Vec<_> = self.targets.iter().map(|target| target.measure(&analysis)).collect();
        Measured { piece, distance: distance(&targets), standing: Standing { score, targets }, analysis }
    }

    /// The safe edits; `None` when there are none.
    fn mend(&self, old: &Measured) -> Option<(Step, Option<Measured>)> {
        let code = old.analysis["language"].as_str().unwrap_or_default();
        let language = self.language.or_else(|| Language::from_code(code)).unwrap_or(Language::Undetermined);
        let (mut edits, Piece { title, excerpt, body }) = (Vec::new(), &old.piece);
        let mut mended = |field: &str, text: &str, format: Format| {
            let safe = text::edits::safe(text, format, language);
            let (mut byte, mut start) = (0, 0);
            for edit in &safe {
                start += text[byte..edit.start].chars().count();
                byte = edit.start;
                let was = text[edit.start..edit.end].to_owned();
                let (field, replacement) = (field.to_owned(), edit.replacement.clone());
                let (code, reason) = (edit.code.to_owned(), edit.reason.to_string());
                edits.push(SafeEdit { field, start, end: start + was.chars().count(), was, replacement, code, reason });
            }
            text::edits::apply(text, &safe)
        };
        let new = Piece {
            title: mended("title", title, Format::Plain),
            excerpt: mended("excerpt", excerpt, Format::Plain),
            body: mended("body", body, self.format),
        };
        (!edits.is_empty() && new != old.piece).then(|| self.weigh(StepKind::Edits, old, new, edits))
    }

    /// Whether `piece` takes the place of `old`.
    fn weigh(
        &self,
        kind: StepKind,
        old: &Measured,
        piece: Piece,
        mut edits: Vec<SafeEdit>,
    ) -> (Step, Option<Measured>) {
        let count = edits.len();
        edits.truncate(EDITS_SHOWN);
        if piece == old.piece {
            let (score, reason) = (Some(old.standing.score), "it is the text as it was".to_owned());
            return (Step { kind, kept: false, score, reason, edits }, None);
        }
        let new = self.measure(piece);
        let verdict = self.compare(kind, old, &new, count).and_then(|reason| {
            // Safe edits leave the meaning alone, whatever the text.
            if kind == StepKind::Edits {
                return Ok(reason);
            }
            let shorter = ["words_max", "sentences_max", "reading_time_s"];
            let may_shrink = old.standing.targets.iter().any(|one| !one.met && shorter.contains(&one.name.as_str()));
            let witness = Witness { format: self.format, facts: &self.facts, may_shrink };
            witness.hold(&old.piece, &new.piece)?;
            Ok(reason)
        });
        let (kept, score) = (verdict.is_ok(), Some(new.standing.score));
        let (Ok(reason) | Err(reason)) = verdict;
        (Step { kind, kept, score, reason, edits }, kept.then_some(new))
    }

    /// Why `new` is better, or why it is not.
    fn compare(&self, kind: StepKind, old: &Measured, new: &Measured, edits: usize) -> Result<String, String> {
        let (was, is) = (old.standing.score, new.standing.score);
        let (rises, falls) = (is > was + CLOSE, is < was - CLOSE);
        let (nearer, further) = (new.distance < old.distance - CLOSE, new.distance > old.distance + CLOSE);
        let named = |met: bool| {
            let both = old.standing.targets.iter().zip(&new.standing.targets);
            let moved = both.filter(|(old, new)| if met { !old.met && new.met } else { old.met && !new.met });
            moved.map(|(_, new)| new.name.clone()).collect::<Vec<_>>().join(", ")
        };
        if falls {
            return Err(format!("the score would fall from {was:.3} to {is:.3}"));
        }
        if further {
            let lost = named(false);
            let what = if lost.is_empty() { "the targets".to_owned() } else { lost };
            return Err(format!("it would be further from {what}"));
        }
        match (rises, nearer, kind) {
            (_, true, _) if !named(true).is_empty() => Ok(format!("it meets {}", named(true))),
            (_, true, _) => Ok("it comes nearer to the targets".to_owned()),
            (true, ..) => Ok(format!("the score rises from {was:.3} to {is:.3}")),
            (.., StepKind::Edits) => Ok(format!("{edits} slips are mended, the score stays {is:.3}")),
            _ => Err(format!("the score stays {was:.3}")),
        }
    }
}
