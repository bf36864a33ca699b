//! Which changes would raise the score most, found by scoring the text as if each had been made.

use serde::Serialize;

use super::facts::Focus;
use super::{Facts, PARTS, Part, Weights, mean, parts, total};
use crate::structure::{HEADING_WORDS, PARAGRAPH_WORDS};

/// How many changes are named.
pub const FIX_FIRST: usize = 3;

/// A change worth making before others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fix {
    /// A code of the suggestions, or the name of a part of the score where no single place is at fault.
    pub code: &'static str,
    pub message: String,
    /// By how much the score would rise if every place were mended, or the part were full.
    pub gain: f64,
    /// How many places there are; 0 for things outside the text.
    pub count: usize,
    /// The first place, in code points of the original; 0..0 when it is not in the text.
    pub start: usize,
    pub end: usize,
}

/// A code with something to mend.
#[derive(Clone, Copy, Debug)]
pub struct Flaw {
    pub code: &'static str,
    pub count: usize,
}

/// Changes too small to notice are not worth naming.
const LEAST: f64 = 0.001;

/// The three changes with the largest gains as (code, gain, places), largest first.
///
/// Each is judged alone: two of them together may bring less than their sum. A part is named as a whole only where no
/// code speaks for it.
pub fn fix_first(facts: &Facts, weights: &Weights, flaws: &[Flaw], judged: &[Part]) -> Vec<(&'static str, f64, usize)> {
    let now = total(facts, weights);
    let values = parts::values(facts);
    let mut fixes = Vec::new();
    let mut spoken_for = [false; PARTS.len()];
    for flaw in flaws {
        let mut mended = *facts;
        if !mend(&mut mended, flaw) {
            continue;
        }
        let gain = total(&mended, weights) - now;
        if gain > LEAST {
            for ((spoken, before), after) in spoken_for.iter_mut().zip(values).zip(parts::values(&mended)) {
                *spoken |= after > before;
            }
            fixes.push((flaw.code, gain, flaw.count));
        }
    }
    for (index, part) in PARTS.iter().enumerate() {
        if spoken_for[index] || !judged.iter().any(|judged| judged.name == *part) {
            continue;
        }
        let mut full = values;
        full[index] = Some(1.0);
        let gain = mean(&full, weights, facts.words) - now;
        if gain > LEAST {
            fixes.push((part, gain, 0));
        }
    }
    fixes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    fixes.truncate(FIX_FIRST);
    fixes
}

/// Changes the facts to what they would be without the flaw; `false` for one that the score does not look at.
fn mend(facts: &mut Facts, flaw: &Flaw) -> bool {
    let title = |facts: &mut Facts| {
        facts.title = facts.title.map(|(passed, all)| ((passed + 1).min(all), all));
    };
    match flaw.code {
        "sentence_long" => {
            // Each is cut in two; the words stay.
            let before = facts.words_per_sentence;
            let judged = facts.sentences as f64;
            facts.sentences += flaw.count;
            facts.words_per_sentence = facts.words as f64 / facts.sentences.max(1) as f64;
            let long = (facts.long_sentences_share * judged - flaw.count as f64).max(0.0);
            facts.long_sentences_share = long / facts.sentences.max(1) as f64;
            facts.reading += facts.scale.per_sentence_word() * (facts.words_per_sentence - before);
        }
        "paragraph_long" => facts.longest_paragraph_words = facts.longest_paragraph_words.min(PARAGRAPH_WORDS),
        "heading_missing" => facts.words_between_headings_max = facts.words_between_headings_max.min(HEADING_WORDS),
        "passive_voice" => facts.passive_share = 0.0,
        "transitions_few" => {
            facts.transition_share = facts.transition_share.map(|share| share.max(crate::structure::TRANSITION_SHARE));
        }
        "openings_equal" => facts.equal_openings_max = facts.equal_openings_max.min(crate::structure::OPENINGS - 1),
        "word_repeated" => facts.repeated_words = 0,
        "capitals" => facts.capitals_share = 0.0,
        // Of each run one mark is left.
        "exclamation_run" => facts.exclamations = facts.exclamations.min(flaw.count),
        "slug" => title(facts),
        code if code.starts_with("title") => title(facts),
        code if code.starts_with("keyphrase") => match &mut facts.focus {
            Focus::Keyphrase(passed, all) => *passed = (*passed + 1).min(*all),
            Focus::Keywords(_) => return false,
        },
        _ => return false,
    }
    true
}
