//! Keywords in the manner of YAKE (Campos et al., "YAKE! Keyword extraction from single documents using multiple local
//! features", 2020), from the paper: no training and no other documents, only how terms stand in this one text.
//!
//! A term is good when it is frequent, appears early and in many sentences, is often capitalised, and keeps the same
//! neighbours. Phrases of up to three terms multiply the scores of their terms. Lower is better, as in the paper.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::language::Language;
use crate::token::Tokens;

/// A keyword as it first stands in the text; the lower the score (above 0), the more it says about the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Keyword {
    pub text: String,
    pub score: f64,
}

const TERMS: usize = 3;
/// Keywords more alike than this (1 - edits / length) say the same.
const ALIKE: f64 = 0.9;
/// A longer "word" is data, not language.
const TERM_CHARS: usize = 48;

/// The best `limit` keywords, best first.
pub fn extract(tokens: &Tokens, language: Language, limit: usize) -> Vec<Keyword> {
    let statistics = Statistics::of(tokens, language);
    let mut candidates = statistics.candidates();
    candidates.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2)));
    let mut keywords: Vec<Keyword> = Vec::new();
    for (text, score, _) in candidates {
        if keywords.len() == limit {
            break;
        }
        let lower = language.lower(&text);
        if keywords.iter().all(|known| similarity(&language.lower(&known.text), &lower) <= ALIKE) {
            keywords.push(Keyword { text, score });
        }
    }
    keywords
}

#[derive(Default)]
struct Term {
    count: usize,
    acronyms: usize,
    /// Capitalised elsewhere than at the beginning of a sentence.
    proper: usize,
    sentences: BTreeSet<usize>,
    left: HashMap<usize, usize>,
    right: HashMap<usize, usize>,
    stop: bool,
    score: f64,
}

struct Occurrence {
    term: usize,
    text: String,
    /// A new chunk starts here: punctuation, a sentence's beginning or a number stands before.
    fresh: bool,
}

struct Statistics {
    terms: Vec<Term>,
    occurrences: Vec<Occurrence>,
}

impl Statistics {
    fn of(tokens: &Tokens, language: Language) -> Self {
        let (mut terms, mut occurrences): (Vec<Term>, Vec<Occurrence>) = (Vec::new(), Vec::new());
        let mut known: HashMap<String, usize> = HashMap::new();
        let (mut sentence, mut fresh, mut first) = (usize::MAX, true, true);
        for word in &tokens.words {
            if word.sentence != sentence {
                (sentence, fresh, first) = (word.sentence, true, true);
            }
            // The part before an apostrophe: "company's" and "İzmir'de" count for the name alone.
            let stem = word.text.split(['\'', '’']).next().filter(|stem| stem.chars().count() > 1).unwrap_or(word.text);
            let numeric = stem.chars().any(|c| c.is_numeric());
            if numeric || stem.chars().take(TERM_CHARS + 1).count() > TERM_CHARS {
                (fresh, first) = (true, false);
                continue;
            }
            let lower = language.lower(stem);
            let short = stem.chars().count() < 3 && stem.is_ascii();
            let stop = short || language.is_stop(&lower);
            let index = *known.entry(lower).or_insert_with(|| {
                terms.push(Term { stop, ..Term::default() });
                terms.len() - 1
            });
            let (upper, capital) = (crate::token::is_upper(stem), stem.starts_with(char::is_uppercase));
            let term = &mut terms[index];
            term.count += 1;
            term.acronyms += usize::from(upper && stem.chars().count() > 1);
            term.proper += usize::from(capital && !first);
            term.sentences.insert(sentence);
            let fresh_here = fresh || word.after_break;
            if let Some(previous) = occurrences.last().filter(|_| !fresh_here).map(|occurrence| occurrence.term) {
                *terms[index].left.entry(previous).or_default() += 1;
                *terms[previous].right.entry(index).or_default() += 1;
            }
            occurrences.push(Occurrence { term: index, text: stem.to_owned(), fresh: fresh_here });
            (fresh, first) = (false, false);
        }
        let mut statistics = Self { terms, occurrences };
        statistics.score(tokens.sentences.len());
        statistics
    }

    fn score(&mut self, sentences: usize) {
        let counts: Vec<f64> = self.terms.iter().filter(|term| !term.stop).map(|term| term.count as f64).collect();
        let number = counts.len().max(1) as f64;
        let mean = counts.iter().sum::<f64>() / number;
        let deviation = (counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / number).sqrt();
        let most = self.terms.iter().map(|term| term.count).max().unwrap_or(1) as f64;
        let different = |neighbours: &HashMap<usize, usize>| {
            let all: usize = neighbours.values().sum();
            if all == 0 { 0.0 } else { neighbours.len() as f64 / all as f64 }
        };
        for term in &mut self.terms {
            let count = term.count as f64;
            let relatedness = 1.0 + (different(&term.left) + different(&term.right)) * count / most;
            let case = term.acronyms.max(term.proper) as f64 / (1.0 + count.ln());
            let position = (3.0 + median(&term.sentences)).ln().ln();
            let frequency = count / (mean + deviation).max(f64::MIN_POSITIVE);
            let spread = term.sentences.len() as f64 / sentences.max(1) as f64;
            term.score = relatedness * position / (case + frequency / relatedness + spread / relatedness);
        }
    }

    /// Every phrase with its score and the place where it first stands.
    fn candidates(&self) -> Vec<(String, f64, usize)> {
        let mut phrases: HashMap<Vec<usize>, (usize, usize)> = HashMap::new();
        for from in 0..self.occurrences.len() {
            for length in 1..=TERMS {
                let Some(window) = self.occurrences.get(from..from + length) else { break };
                if window[1..].iter().any(|occurrence| occurrence.fresh) {
                    break;
                }
                let ends = [window[0].term, window[length - 1].term];
                if ends.iter().all(|&term| !self.terms[term].stop) {
                    let key = window.iter().map(|occurrence| occurrence.term).collect();
                    phrases.entry(key).or_insert((0, from)).0 += 1;
                }
            }
        }
        phrases
            .into_iter()
            .map(|(key, (count, from))| {
                let words: Vec<&str> = self.occurrences[from..from + key.len()].iter().map(|o| &*o.text).collect();
                (words.join(" "), self.phrase(&key, count), from)
            })
            .collect()
    }

    fn phrase(&self, key: &[usize], count: usize) -> f64 {
        let (mut product, mut sum) = (1.0, 0.0);
        for (at, &index) in key.iter().enumerate() {
            let term = &self.terms[index];
            if term.stop {
                // A function word inside a phrase is judged by how firmly it binds its neighbours.
                let (before, after) = (key[at - 1], key[at + 1]);
                let share = |pairs: &HashMap<usize, usize>, other, of: usize| {
                    pairs.get(&other).copied().unwrap_or(0) as f64 / self.terms[of].count as f64
                };
                let loose = 1.0 - share(&term.left, before, before) * share(&term.right, after, after);
                product *= 1.0 + loose;
                sum -= loose;
            } else {
                product *= term.score;
                sum += term.score;
            }
        }
        product / (count as f64 * (1.0 + sum))
    }
}

fn median(values: &BTreeSet<usize>) -> f64 {
    let at = |index: usize| values.iter().nth(index).copied().unwrap_or(0) as f64;
    let half = values.len() / 2;
    if values.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

/// 1 minus Levenshtein's distance over the longer length.
fn similarity(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    1.0 - row[b.len()] as f64 / longest as f64
}
