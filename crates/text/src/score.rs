//! One quality score from 0 to 1, made of named parts that each say why.
//!
//! The score is the weighted geometric mean of the parts that apply:
//! `score = exp(Σ weight · ln(max(value, 0.02)) / Σ weight)`.
//! The geometric mean is used because a text that fails in one respect, such as one in capitals or of two sentences, is
//! not saved by being fine in all the others. Each value rises and falls in straight lines between the bounds
//! given at its function. A part that cannot be judged (no title given) is absent and its weight is shared by the rest.

use serde::Serialize;

use crate::language::Language;
use crate::readability::{Readability, TurkishReadability};
use crate::seo::Seo;
use crate::structure::Structure;
use crate::vader::Sentiment;

mod facts;
mod parts;
mod raise;
mod weights;

pub use facts::Facts;
pub use raise::{FIX_FIRST, Fix, Flaw, fix_first};
pub use weights::Weights;

/// One part: its value from 0 to 1, its weight among the parts of this text (all together 1), and the reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    pub name: &'static str,
    pub value: f64,
    pub weight: f64,
    pub reason: String,
}

/// What the parts are judged from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    pub language: Language,
    pub readability: &'a Readability,
    pub turkish: Option<&'a TurkishReadability>,
    pub structure: &'a Structure,
    pub sentiment: &'a Sentiment,
    pub seo: &'a Seo,
    /// Share of the keywords that stand in the title or the first two sentences.
    pub focus: f64,
    pub has_title: bool,
}

/// A part that is worse than this is worst.
const FLOOR: f64 = 0.02;

/// The names of the parts, in their order.
pub const PARTS: [&str; 9] =
    ["length", "readability", "structure", "sentences", "typography", "focus", "tone", "flow", "title"];

/// The values of the parts in the order of [`PARTS`]; `None` where one does not apply.
pub type Values = [Option<f64>; PARTS.len()];

/// The score and its parts. An empty text scores 0.
pub fn score(evidence: &Evidence, weights: &Weights) -> (f64, Vec<Part>) {
    let facts = Facts::of(evidence);
    let values = parts::values(&facts);
    let shares = shares(&values, weights);
    let parts = PARTS
        .iter()
        .zip(values)
        .zip(shares)
        .filter_map(|((&name, value), weight)| {
            Some(Part { name, value: value?, weight, reason: parts::reason(name, value?, &facts, evidence) })
        })
        .collect();
    (total(&facts, weights), parts)
}

/// The score alone: quick enough to be asked what each change would bring.
pub fn total(facts: &Facts, weights: &Weights) -> f64 {
    mean(&parts::values(facts), weights, facts.words)
}

fn mean(values: &Values, weights: &Weights, words: usize) -> f64 {
    if words == 0 {
        return 0.0;
    }
    let shares = shares(values, weights);
    let logarithm: f64 = values
        .iter()
        .zip(shares)
        .map(|(value, weight)| value.map_or(0.0, |value| weight * value.max(FLOOR).ln()))
        .sum();
    logarithm.exp().clamp(0.0, 1.0)
}

/// The weights of the parts that apply, brought to a sum of 1. Where none of them has any, they share evenly.
fn shares(values: &Values, weights: &Weights) -> [f64; PARTS.len()] {
    let mut shares = weights.list();
    for (share, value) in shares.iter_mut().zip(values) {
        *share = if value.is_some() && share.is_finite() { share.max(0.0) } else { 0.0 };
    }
    let all: f64 = shares.iter().sum();
    if all > 0.0 && all.is_finite() {
        return shares.map(|share| share / all);
    }
    let judged = values.iter().flatten().count().max(1) as f64;
    values.map(|value| if value.is_some() { 1.0 / judged } else { 0.0 })
}

#[cfg(test)]
mod tests;
