//! One quality score from 0 to 1, made of named parts that each say why.
//!
//! The score is the weighted geometric mean of the parts that apply:
//! `score = exp(Σ weight · ln(max(value, 0.02)) / Σ weight)`.
//! The geometric mean is used because a text that fails in one respect, such as one in capitals or of two sentences, is
//! not saved by being fine in all the others. Each value rises and falls in straight lines between the bounds
//! given at its function. A part that cannot be judged (no title given) is absent and its weight is shared by the rest.

use serde::Serialize;

use crate::language::Language;
use crate::readability::{Counts, Readability, TurkishReadability};
use crate::seo::Seo;
use crate::structure::{CAPITALS_SHARE, Structure, sentence_words_limit};
use crate::vader::Sentiment;

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
    pub counts: &'a Counts,
    pub readability: &'a Readability,
    pub turkish: Option<&'a TurkishReadability>,
    pub structure: &'a Structure,
    pub sentiment: &'a Sentiment,
    pub seo: &'a Seo,
    /// Share of the keywords that stand in the title or the first two sentences.
    pub focus: f64,
    pub has_title: bool,
    pub has_keyphrase: bool,
}

/// A part that is worse than this is worst.
const FLOOR: f64 = 0.02;

/// The score and its parts, in a fixed order. An empty text scores 0.
pub fn score(evidence: &Evidence) -> (f64, Vec<Part>) {
    let mut parts = vec![
        length(evidence),
        readability(evidence),
        structure(evidence),
        sentences(evidence),
        typography(evidence),
        focus(evidence),
    ];
    // The lexicon is English: "die" and "war" would count as gloom in German.
    if evidence.language == Language::English {
        parts.push(tone(evidence));
    }
    parts.extend(flow(evidence));
    if evidence.has_title {
        parts.push(title(evidence));
    }
    let all: f64 = parts.iter().map(|part| part.weight).sum();
    for part in &mut parts {
        part.weight /= all;
    }
    if evidence.structure.words == 0 {
        return (0.0, parts);
    }
    let logarithm: f64 = parts.iter().map(|part| part.weight * part.value.max(FLOOR).ln()).sum();
    (logarithm.exp().clamp(0.0, 1.0), parts)
}

/// 0 up to 15 words, 0.65 at 110, 0.85 at 250, 1 from 500 to 1,500, then slowly down to 0.6 at 5,000.
fn length(evidence: &Evidence) -> Part {
    let words = evidence.structure.words;
    let value = curve(
        words as f64,
        &[(15.0, 0.0), (60.0, 0.5), (110.0, 0.65), (250.0, 0.85), (500.0, 1.0), (1500.0, 1.0), (5000.0, 0.6)],
    );
    let advice = match words {
        0..110 => "an article needs at least 110 to say something",
        110..=1500 => "a good length for an article",
        _ => "consider several articles",
    };
    Part { name: "length", value, weight: 0.2, reason: format!("{words} words: {advice}") }
}

/// Reading ease 45 to 75 is best. English by Flesch, Turkish by Ateşman, other languages by LIX, which needs no syllables.
fn readability(evidence: &Evidence) -> Part {
    let ease = [(-20.0, 0.2), (20.0, 0.75), (45.0, 1.0), (75.0, 1.0), (100.0, 0.8), (121.0, 0.5)];
    let (value, name, number) = match (evidence.language, evidence.turkish) {
        (Language::English, _) => {
            let number = evidence.readability.flesch_reading_ease;
            (curve(number, &ease), "Flesch reading ease", number)
        }
        (Language::Turkish, Some(turkish)) => (curve(turkish.atesman, &ease), "Ateşman reading ease", turkish.atesman),
        _ => {
            let number = evidence.readability.lix;
            (curve(number, &[(10.0, 0.6), (25.0, 1.0), (50.0, 1.0), (65.0, 0.75), (90.0, 0.3)]), "LIX", number)
        }
    };
    let advice = if value >= 0.95 {
        "easy enough for most adults"
    } else if value >= 0.7 {
        "harder or simpler than most readers like"
    } else {
        "far from what most readers like"
    };
    Part { name: "readability", value, weight: 0.15, reason: format!("{name} {number:.0}: {advice}") }
}

/// Mean of: enough sentences (0.1 for one, 1 from six), paragraphs of at most 150 words, and headings where over 300
/// words would run on.
fn structure(evidence: &Evidence) -> Part {
    let structure = evidence.structure;
    let sentences = curve(structure.sentences as f64, &[(1.0, 0.1), (2.0, 0.2), (6.0, 1.0)]);
    let paragraph = curve(structure.longest_paragraph_words as f64, &[(150.0, 1.0), (400.0, 0.3)]);
    let headings = curve(structure.words_between_headings_max as f64, &[(300.0, 1.0), (1200.0, 0.3)]);
    // One bad aspect decides more than two good ones.
    let value = (sentences * paragraph * headings).cbrt().min(sentences.sqrt());
    let reason = format!(
        "{} in {}, the longest of {} words; at most {} words without a heading",
        counted(structure.sentences, "sentence"),
        counted(structure.paragraphs, "paragraph"),
        structure.longest_paragraph_words,
        structure.words_between_headings_max
    );
    Part { name: "structure", value, weight: 0.14, reason }
}

/// Mean sentence length of 9 words up to the language's limit, few long sentences and varied openings.
fn sentences(evidence: &Evidence) -> Part {
    let structure = evidence.structure;
    let limit = sentence_words_limit(evidence.language) as f64;
    let mean = curve(
        structure.words_per_sentence,
        &[(2.0, 0.2), (9.0, 1.0), (limit, 1.0), (2.0 * limit, 0.3), (4.0 * limit, 0.05)],
    );
    let long = curve(structure.long_sentences_share, &[(0.25, 1.0), (1.0, 0.4)]);
    let openings = curve(structure.equal_openings_max as f64, &[(2.0, 1.0), (6.0, 0.6)]);
    let reason = format!(
        "{:.1} words per sentence, {:.0} % of the sentences over {limit:.0}, at most {} in a row with the same beginning",
        structure.words_per_sentence,
        100.0 * structure.long_sentences_share,
        structure.equal_openings_max
    );
    Part { name: "sentences", value: mean * long * openings, weight: 0.13, reason }
}

/// Capitals (names are free up to a tenth of the words), exclamation marks per sentence and words written twice.
fn typography(evidence: &Evidence) -> Part {
    let structure = evidence.structure;
    let sentences = structure.sentences.max(1) as f64;
    let capitals = curve(structure.capitals_share, &[(0.1, 1.0), (CAPITALS_SHARE, 0.6), (0.6, 0.0)]);
    let exclamations = curve(structure.exclamations as f64 / sentences, &[(0.15, 1.0), (1.0, 0.35), (3.0, 0.0)]);
    let repeated = curve(structure.repeated_words as f64 / sentences, &[(0.0, 1.0), (1.0, 0.5)]);
    let reason = format!(
        "{:.0} % of the words in capitals, {} exclamation marks, {} words written twice",
        100.0 * structure.capitals_share,
        structure.exclamations,
        structure.repeated_words
    );
    Part { name: "typography", value: capitals * exclamations * repeated, weight: 0.16, reason }
}

/// Sentiment: the stronger of the positive and negative shares; a fifth of the words is normal, half is a rant or an advertisement.
fn tone(evidence: &Evidence) -> Part {
    let Sentiment { neg, pos, compound, .. } = *evidence.sentiment;
    let value = curve(neg.max(pos), &[(0.2, 1.0), (0.5, 0.2)]);
    let advice = if value >= 0.8 {
        "measured"
    } else if pos > neg {
        "sounds like an advertisement"
    } else {
        "sounds like a rant"
    };
    let reason =
        format!("{:.0} % positive and {:.0} % negative, overall {compound:+.2}: {advice}", 100.0 * pos, 100.0 * neg);
    Part { name: "tone", value, weight: 0.07, reason }
}

/// Whether the beginning says what the text is about: with a keyphrase the share of its checks that pass, otherwise the
/// share of keywords that stand in the title or the first two sentences (a third is enough).
fn focus(evidence: &Evidence) -> Part {
    let keyphrase: Vec<bool> = evidence
        .seo
        .checks
        .iter()
        .filter(|check| check.name.starts_with("keyphrase"))
        .map(|check| check.passed)
        .collect();
    let passed = keyphrase.iter().filter(|passed| **passed).count();
    let (value, reason) = if evidence.has_keyphrase && !keyphrase.is_empty() {
        (passed as f64 / keyphrase.len() as f64, format!("{passed} of {} keyphrase checks pass", keyphrase.len()))
    } else {
        let value = curve(evidence.focus, &[(0.0, 0.4), (0.34, 1.0)]);
        (
            value,
            format!("{:.0} % of the keywords stand in the title or the first two sentences", 100.0 * evidence.focus),
        )
    };
    Part { name: "focus", value, weight: 0.07, reason }
}

/// Transition words in a quarter of the sentences or more and passive voice in at most 15 %; absent where the language
/// has no word lists, and for fewer than five sentences, where shares say nothing.
fn flow(evidence: &Evidence) -> Option<Part> {
    let structure = evidence.structure;
    let transitions = structure.transition_share.filter(|_| structure.sentences >= 5)?;
    let passive = structure.passive_share.unwrap_or(0.0);
    let value = curve(transitions, &[(0.0, 0.5), (0.25, 1.0)]) * curve(passive, &[(0.15, 1.0), (0.6, 0.5)]);
    let (tied, passive) = (100.0 * transitions, 100.0 * passive);
    let reason =
        format!("{tied:.0} % of the sentences have a transition word, {passive:.0} % are in the passive voice");
    Some(Part { name: "flow", value, weight: 0.07, reason })
}

/// The share of the title's checks that pass.
fn title(evidence: &Evidence) -> Part {
    let checks: Vec<_> =
        evidence.seo.checks.iter().filter(|check| check.name.starts_with("title") || check.name == "slug").collect();
    let passed = checks.iter().filter(|check| check.passed).count();
    let reason = match checks.iter().find(|check| !check.passed) {
        Some(failed) => failed.reason.clone(),
        None => "its length, case and slug are fine".to_owned(),
    };
    Part { name: "title", value: passed as f64 / checks.len().max(1) as f64, weight: 0.08, reason }
}

/// Straight lines through `points` (x rising), level outside them.
fn curve(x: f64, points: &[(f64, f64)]) -> f64 {
    let after = points.partition_point(|point| point.0 <= x);
    match (after.checked_sub(1).and_then(|at| points.get(at)), points.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some((_, y))) => *y,
        (None, None) => 0.0,
    }
}

/// `1 sentence`, `2 sentences`.
fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::curve;

    #[test]
    fn a_curve_is_straight_between_its_points_and_level_outside() {
        let points = [(1.0, 0.0), (3.0, 1.0), (4.0, 0.5)];
        for (x, y) in [(0.0, 0.0), (1.0, 0.0), (2.0, 0.5), (3.0, 1.0), (3.5, 0.75), (9.0, 0.5)] {
            assert_eq!(curve(x, &points), y);
        }
    }
}
