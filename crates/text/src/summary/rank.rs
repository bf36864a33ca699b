//! How telling each sentence is.

use super::Document;
use super::candidate::Candidate;
use crate::vector::{Vector, cosine};
use crate::word::{is_stop, words};
use std::collections::{HashMap, HashSet};

/// What each measure counts; each is scaled to 0–1 first.
const CENTROID: f32 = 0.30;
const LEXRANK: f32 = 0.20;
const LEAD: f32 = 0.25;
const TITLE: f32 = 0.15;
const DENSITY: f32 = 0.10;

/// A question is seldom news.
const QUESTION: f32 = 0.5;

/// The heaviest terms of the centre; the rest is noise.
const CENTROID_TERMS: usize = 60;

pub(super) fn scores(documents: &[Document<'_>], candidates: &[Candidate], holders: &Holders) -> Vec<f32> {
    let vectors: Vec<Vector> = candidates.iter().map(|c| c.vector.clone()).collect();
    let centre = Vector::centroid(&vectors).truncated(CENTROID_TERMS);
    let central = scaled(candidates.iter().map(|c| cosine(&c.vector, &centre)).collect());
    let ranked = scaled(lexrank(candidates, holders));
    let dense = scaled(candidates.iter().map(|c| c.density).collect());
    let title_words: HashSet<String> =
        documents.iter().flat_map(|d| words(d.title)).map(|w| w.key()).filter(|key| !is_stop(key)).collect();
    let titled = scaled(candidates.iter().map(|c| overlap(&c.keys, &title_words)).collect());
    candidates
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let lead = 1.0 / (1.0 + c.position as f32 / 2.0);
            let sum =
                CENTROID * central[i] + LEXRANK * ranked[i] + LEAD * lead + TITLE * titled[i] + DENSITY * dense[i];
            let question = documents[c.document].text[..c.end].ends_with('?');
            if question { sum * QUESTION } else { sum }
        })
        .collect()
}

/// Continuous LexRank: the stationary distribution of a walk from sentence to similar sentence.
/// Source: Erkan and Radev 2004, damping 0.85.
fn lexrank(candidates: &[Candidate], holders: &Holders) -> Vec<f32> {
    const DAMPING: f32 = 0.85;
    const SIMILARITY_MIN: f32 = 0.05;
    const ROUNDS: usize = 20;
    let n = candidates.len();
    let mut edges: Vec<Vec<(usize, f32)>> = vec![Vec::new(); n];
    let mut near = vec![0.0f32; n];
    for i in 0..n {
        // The terms are in order, so each sum is that of a merge.
        for (hash, weight) in candidates[i].vector.terms() {
            let others = holders.get(hash).map_or(&[][..], Vec::as_slice);
            let from = others.partition_point(|(j, _)| *j <= i);
            others[from..].iter().for_each(|(j, other)| near[*j] += weight * other);
        }
        for j in i + 1..n {
            let near = std::mem::take(&mut near[j]).min(1.0);
            if near > SIMILARITY_MIN {
                edges[i].push((j, near));
                edges[j].push((i, near));
            }
        }
    }
    let totals: Vec<f32> = edges.iter().map(|out| out.iter().map(|(_, near)| near).sum()).collect();
    let mut rank = vec![1.0 / n.max(1) as f32; n];
    for _ in 0..ROUNDS {
        let share: Vec<f32> = rank.iter().zip(&totals).map(|(rank, total)| rank / total.max(SIMILARITY_MIN)).collect();
        let flow = |i: usize| edges[i].iter().map(|(j, near)| share[*j] * near).sum::<f32>();
        rank = (0..n).map(|i| (1.0 - DAMPING) / n as f32 + DAMPING * flow(i)).collect();
    }
    rank
}

/// The candidates that hold each term, with its weight there, in their order.
pub(super) type Holders = HashMap<u32, Vec<(usize, f32)>>;

pub(super) fn holders(candidates: &[Candidate]) -> Holders {
    let mut holders = Holders::new();
    for (i, candidate) in candidates.iter().enumerate() {
        for (hash, weight) in candidate.vector.terms() {
            holders.entry(*hash).or_default().push((i, *weight));
        }
    }
    holders
}

fn overlap(keys: &[String], title_words: &HashSet<String>) -> f32 {
    let hits: HashSet<&String> = keys.iter().filter(|key| title_words.contains(*key)).collect();
    hits.len() as f32 / title_words.len().max(1) as f32
}

/// Divided by the largest, so that the best is 1.
fn scaled(mut values: Vec<f32>) -> Vec<f32> {
    let most = values.iter().copied().fold(0.0, f32::max);
    if most > 0.0 {
        values.iter_mut().for_each(|v| *v /= most);
    }
    values
}
