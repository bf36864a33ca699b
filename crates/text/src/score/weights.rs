//! How much each part of the score counts.

use stdx::config::Problem;

stdx::settings! {
    /// How much each part counts in the quality score. Only the proportions matter; 0 leaves a part out of the score.
    pub struct Weights {
        /// Enough words, and not too many.
        length: f64 = 0.2,
        /// As hard to read as most adults like: Flesch in English, Ateşman in Turkish, LIX elsewhere.
        readability: f64 = 0.15,
        /// Sentences, paragraphs and headings in sensible portions.
        structure: f64 = 0.14,
        /// Sentences of moderate length that begin differently.
        sentences: f64 = 0.13,
        /// Few capitals and exclamation marks, no word written twice.
        typography: f64 = 0.16,
        /// The beginning says what the text is about; with a keyphrase, the share of its checks that pass.
        focus: f64 = 0.07,
        /// Neither a rant nor an advertisement. English only.
        tone: f64 = 0.07,
        /// Sentences tied by transitions and in the active voice, where the language has lists.
        flow: f64 = 0.07,
        /// The checks of title and slug.
        title: f64 = 0.08,
    }
}

impl Weights {
    /// In the order of [`super::PARTS`].
    pub(super) fn list(&self) -> [f64; super::PARTS.len()] {
        let Self { length, readability, structure, sentences, typography, focus, tone, flow, title } = *self;
        [length, readability, structure, sentences, typography, focus, tone, flow, title]
    }

    /// Weights are 0 or more, and not all of them 0.
    pub fn validate(&self, section: &str) -> Vec<Problem> {
        let named = || super::PARTS.iter().zip(self.list());
        let mut problems: Vec<Problem> = named()
            .filter(|(_, weight)| !weight.is_finite() || *weight < 0.0)
            .map(|(name, weight)| Problem::new(format!("{section}.{name}"), weight, "must be 0 or more"))
            .collect();
        if problems.is_empty() && named().all(|(_, weight)| weight == 0.0) {
            problems.push(Problem::new(section, 0, "at least one weight must be above 0"));
        }
        problems
    }
}
