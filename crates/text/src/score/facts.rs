//! The numbers that the parts are made of, small enough to ask "what if".

use super::Evidence;
use crate::language::Language;
use crate::structure::sentence_words_limit;

#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub words: usize,
    pub sentences: usize,
    pub words_per_sentence: f64,
    pub sentence_words_limit: usize,
    pub long_sentences_share: f64,
    pub equal_openings_max: usize,
    pub longest_paragraph_words: usize,
    pub words_between_headings_max: usize,
    pub capitals_share: f64,
    pub exclamations: usize,
    pub repeated_words: usize,
    /// The reading ease, or LIX.
    pub reading: f64,
    pub scale: Scale,
    /// The stronger of the positive and negative shares; `None` where the lexicon does not fit the language.
    pub feeling: Option<f64>,
    pub focus: Focus,
    pub transition_share: Option<f64>,
    pub passive_share: f64,
    /// Checks of title and slug: passed, all.
    pub title: Option<(usize, usize)>,
}

/// What readability is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Flesch,
    Atesman,
    Lix,
}

impl Scale {
    /// By how much the number changes with one more word per sentence. Source: the formulas.
    pub fn per_sentence_word(self) -> f64 {
        match self {
            Self::Flesch => -1.015,
            Self::Atesman => -2.610,
            Self::Lix => 1.0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Focus {
    /// Checks of the keyphrase: passed, all.
    Keyphrase(usize, usize),
    /// Share of the keywords that stand at the beginning.
    Keywords(f64),
}

impl Facts {
    pub fn of(evidence: &Evidence) -> Self {
        let Evidence { language, readability, turkish, structure, sentiment, seo, .. } = *evidence;
        let (scale, reading) = match (language, turkish) {
            (Language::English, _) => (Scale::Flesch, readability.flesch_reading_ease),
            (Language::Turkish, Some(turkish)) => (Scale::Atesman, turkish.atesman),
            _ => (Scale::Lix, readability.lix),
        };
        let tally = |belongs: &dyn Fn(&str) -> bool| {
            let checks = seo.checks.iter().filter(|check| belongs(check.name));
            checks.fold((0, 0), |(passed, all), check| (passed + usize::from(check.passed), all + 1))
        };
        let (passed, all) = tally(&|name| name.starts_with("keyphrase"));
        Self {
            words: structure.words,
            sentences: structure.sentences,
            words_per_sentence: structure.words_per_sentence,
            sentence_words_limit: sentence_words_limit(language),
            long_sentences_share: structure.long_sentences_share,
            equal_openings_max: structure.equal_openings_max,
            longest_paragraph_words: structure.longest_paragraph_words,
            words_between_headings_max: structure.words_between_headings_max,
            capitals_share: structure.capitals_share,
            exclamations: structure.exclamations,
            repeated_words: structure.repeated_words,
            reading,
            scale,
            feeling: (language == Language::English).then_some(sentiment.neg.max(sentiment.pos)),
            focus: if all > 0 { Focus::Keyphrase(passed, all) } else { Focus::Keywords(evidence.focus) },
            transition_share: structure.transition_share.filter(|_| structure.sentences >= 5),
            passive_share: structure.passive_share.unwrap_or(0.0),
            title: evidence.has_title.then(|| tally(&|name| name.starts_with("title") || name == "slug")),
        }
    }
}
