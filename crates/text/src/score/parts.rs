//! The value of each part, and why it has it.

use super::facts::{Focus, Scale};
use super::{Evidence, Facts, Values};
use crate::structure::CAPITALS_SHARE;
use crate::vader::Sentiment;

pub(super) fn values(facts: &Facts) -> Values {
    [
        Some(length(facts)),
        Some(readability(facts)),
        Some(structure(facts)),
        Some(sentences(facts)),
        Some(typography(facts)),
        Some(focus(facts)),
        // The lexicon is English: "die" and "war" would count as gloom in German.
        facts.feeling.map(|feeling| curve(feeling, &[(0.2, 1.0), (0.5, 0.2)])),
        flow(facts),
        facts.title.map(|(passed, all)| share(passed, all)),
    ]
}

/// 0 up to 15 words, 0.65 at 110, 0.85 at 250, 1 from 500 to 1,500, then slowly down to 0.6 at 5,000.
fn length(facts: &Facts) -> f64 {
    curve(
        facts.words as f64,
        &[(15.0, 0.0), (60.0, 0.5), (110.0, 0.65), (250.0, 0.85), (500.0, 1.0), (1500.0, 1.0), (5000.0, 0.6)],
    )
}

/// Reading ease 45 to 75 is best. English by Flesch, Turkish by Ateşman, other languages by LIX, which needs no syllables.
fn readability(facts: &Facts) -> f64 {
    match facts.scale {
        Scale::Flesch | Scale::Atesman => {
            curve(facts.reading, &[(-20.0, 0.2), (20.0, 0.75), (45.0, 1.0), (75.0, 1.0), (100.0, 0.8), (121.0, 0.5)])
        }
        Scale::Lix => curve(facts.reading, &[(10.0, 0.6), (25.0, 1.0), (50.0, 1.0), (65.0, 0.75), (90.0, 0.3)]),
    }
}

/// Mean of: enough sentences (0.1 for one, 1 from six), paragraphs of at most 150 words, and headings where over 300
/// words would run on.
fn structure(facts: &Facts) -> f64 {
    let sentences = curve(facts.sentences as f64, &[(1.0, 0.1), (2.0, 0.2), (6.0, 1.0)]);
    let paragraph = curve(facts.longest_paragraph_words as f64, &[(150.0, 1.0), (400.0, 0.3)]);
    let headings = curve(facts.words_between_headings_max as f64, &[(300.0, 1.0), (1200.0, 0.3)]);
    // One bad aspect decides more than two good ones.
    (sentences * paragraph * headings).cbrt().min(sentences.sqrt())
}

/// Mean sentence length of 9 words up to the language's limit, few long sentences and varied openings.
fn sentences(facts: &Facts) -> f64 {
    let limit = facts.sentence_words_limit as f64;
    let mean = curve(
        facts.words_per_sentence,
        &[(2.0, 0.2), (9.0, 1.0), (limit, 1.0), (2.0 * limit, 0.3), (4.0 * limit, 0.05)],
    );
    let long = curve(facts.long_sentences_share, &[(0.25, 1.0), (1.0, 0.4)]);
    let openings = curve(facts.equal_openings_max as f64, &[(2.0, 1.0), (6.0, 0.6)]);
    mean * long * openings
}

/// Capitals (names are free up to a tenth of the words), exclamation marks per sentence and words written twice.
fn typography(facts: &Facts) -> f64 {
    let sentences = facts.sentences.max(1) as f64;
    let capitals = curve(facts.capitals_share, &[(0.1, 1.0), (CAPITALS_SHARE, 0.6), (0.6, 0.0)]);
    let exclamations = curve(facts.exclamations as f64 / sentences, &[(0.15, 1.0), (1.0, 0.35), (3.0, 0.0)]);
    let repeated = curve(facts.repeated_words as f64 / sentences, &[(0.0, 1.0), (1.0, 0.5)]);
    capitals * exclamations * repeated
}

/// Whether the beginning says what the text is about: with a keyphrase the share of its checks that pass, otherwise the
/// share of keywords that stand in the title or the first two sentences (a third is enough).
fn focus(facts: &Facts) -> f64 {
    match facts.focus {
        Focus::Keyphrase(passed, all) => share(passed, all),
        Focus::Keywords(found) => curve(found, &[(0.0, 0.4), (0.34, 1.0)]),
    }
}

/// Transition words in a quarter of the sentences or more and passive voice in at most 15 %; absent where the language
/// has no word lists, and for fewer than five sentences, where shares say nothing.
fn flow(facts: &Facts) -> Option<f64> {
    let tied = curve(facts.transition_share?, &[(0.0, 0.5), (0.25, 1.0)]);
    Some(tied * curve(facts.passive_share, &[(0.15, 1.0), (0.6, 0.5)]))
}

pub(super) fn reason(name: &str, value: f64, facts: &Facts, evidence: &Evidence) -> String {
    let structure = evidence.structure;
    match name {
        "length" => {
            let words = facts.words;
            let advice = match words {
                0..110 => "an article needs at least 110 to say something",
                110..=1500 => "a good length for an article",
                _ => "consider several articles",
            };
            format!("{words} words: {advice}")
        }
        "readability" => {
            let name = match facts.scale {
                Scale::Flesch => "Flesch reading ease",
                Scale::Atesman => "Ateşman reading ease",
                Scale::Lix => "LIX",
            };
            let advice = if value >= 0.95 {
                "easy enough for most adults"
            } else if value >= 0.7 {
                "harder or simpler than most readers like"
            } else {
                "far from what most readers like"
            };
            format!("{name} {:.0}: {advice}", facts.reading)
        }
        "structure" => format!(
            "{} in {}, the longest of {} words; at most {} words without a heading",
            counted(facts.sentences, "sentence"),
            counted(structure.paragraphs, "paragraph"),
            facts.longest_paragraph_words,
            facts.words_between_headings_max
        ),
        "sentences" => format!(
            "{:.1} words per sentence, {:.0} % of the sentences over {}, at most {} in a row with the same beginning",
            facts.words_per_sentence,
            100.0 * facts.long_sentences_share,
            facts.sentence_words_limit,
            facts.equal_openings_max
        ),
        "typography" => format!(
            "{:.0} % of the words in capitals, {} exclamation marks, {} words written twice",
            100.0 * facts.capitals_share,
            facts.exclamations,
            facts.repeated_words
        ),
        "focus" => match facts.focus {
            Focus::Keyphrase(passed, all) => format!("{passed} of {all} keyphrase checks pass"),
            Focus::Keywords(found) => {
                format!("{:.0} % of the keywords stand in the title or the first two sentences", 100.0 * found)
            }
        },
        "tone" => {
            let Sentiment { neg, pos, compound, .. } = *evidence.sentiment;
            let advice = if value >= 0.8 {
                "measured"
            } else if pos > neg {
                "sounds like an advertisement"
            } else {
                "sounds like a rant"
            };
            format!("{:.0} % positive and {:.0} % negative, overall {compound:+.2}: {advice}", 100.0 * pos, 100.0 * neg)
        }
        "flow" => format!(
            "{:.0} % of the sentences have a transition word, {:.0} % are in the passive voice",
            100.0 * facts.transition_share.unwrap_or(0.0),
            100.0 * facts.passive_share
        ),
        _ => {
            let mut checks =
                evidence.seo.checks.iter().filter(|check| check.name.starts_with("title") || check.name == "slug");
            match checks.find(|check| !check.passed) {
                Some(failed) => failed.reason.clone(),
                None => "its length, case and slug are fine".to_owned(),
            }
        }
    }
}

fn share(passed: usize, all: usize) -> f64 {
    passed as f64 / all.max(1) as f64
}

/// Straight lines through `points` (x rising), level outside them.
pub(super) fn curve(x: f64, points: &[(f64, f64)]) -> f64 {
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
