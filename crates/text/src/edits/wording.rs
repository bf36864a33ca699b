//! Words: doubled, wordy, or too many in one sentence.

use std::ops::Range;

use super::Draft;
use crate::phrase::{Lexicon, Phrase, Trait};
use crate::structure::sentence_words_limit;
use crate::token::Sentence;

impl Draft<'_> {
    pub(super) fn wording(&mut self) {
        let mut at = 0;
        while at < self.lowered.len() {
            at = self.doubled(at).or_else(|| self.wordy(at)).unwrap_or(at + 1);
        }
        if Lexicon::of(self.language).has_any(Trait::Finite) {
            for sentence in &self.tokens.sentences {
                self.split(sentence);
            }
        }
    }

    /// Function words that never stand twice in a row on purpose; the word after the run, when there was one.
    fn doubled(&mut self, at: usize) -> Option<usize> {
        if !self.lowered.entry(at).traits.has(Trait::Doubled) {
            return None;
        }
        let words = &self.tokens.words;
        let alike = |next: &usize| {
            let (word, first) = (&words[*next], &words[at]);
            // The second must be in small letters: "The The" is a band.
            let small = !word.text.chars().any(char::is_uppercase);
            let capital = first.text.chars().skip(1).any(char::is_uppercase);
            self.lowered.same(*next, at) && !word.after_break && word.sentence == first.sentence && small && !capital
        };
        let run = (at + 1..self.lowered.len()).take_while(alike).count();
        if run == 0 {
            return None;
        }
        // "made of of course"
        let end = at + 1 + run;
        if self.lowered.word(at) == "of" && end < self.lowered.len() && self.lowered.word(end) == "course" {
            return None;
        }
        let range = words[at].range().end..words[at + run].range().end;
        self.replace(range, String::new(), "word_repeated", "the word stood there twice").then_some(end)
    }

    /// Wordy phrases with a plain one that means the same anywhere; the word after the phrase.
    fn wordy(&mut self, at: usize) -> Option<usize> {
        let found = self.lowered.phrases(self.tokens, at).find(|phrase| phrase.kind == Trait::Plain)?;
        let Phrase { words, better: Some(better), text, .. } = *found else { return None };
        let all = &self.tokens.words[at..at + words];
        let (first, rest) = all.split_first()?;
        // Capitals inside make it a name.
        if rest.iter().any(|word| word.text.chars().any(char::is_uppercase)) {
            return None;
        }
        let range = first.start..rest.last()?.range().end;
        let capital = first.text.starts_with(char::is_uppercase);
        let opens = self.tokens.sentences[first.sentence].range.start == first.start;
        // "puts his affairs in order to please": the words belong to two phrases.
        let apart = text == "in order to" && at > 0 && BEFORE_ORDER.contains(&self.lowered.word(at - 1));
        if capital && !opens || apart || first.text.chars().skip(1).any(char::is_uppercase) {
            return None;
        }
        let replacement = if capital { capitalise(better, self.language) } else { better.to_owned() };
        self.replace(range, replacement, "wordy", "a shorter phrase says the same").then_some(at + words)
    }

    /// Cuts an over-long sentence at "; it was" or ", and it was": where a pronoun and a finite verb follow, and nothing
    /// before makes the clause depend on it.
    fn split(&mut self, sentence: &Sentence) {
        let limit = sentence_words_limit(self.language);
        if sentence.words.len() <= limit {
            return;
        }
        let mut start = sentence.words.start;
        // Nothing that may govern a later clause has been met since `start`.
        let mut free = true;
        for at in sentence.words.clone() {
            let left = sentence.words.end - start;
            if left <= limit || sentence.words.end - at < SIDE {
                return;
            }
            if let Some(joint) = (at >= start + SIDE && free).then(|| self.joint(at, sentence)).flatten() {
                let subject = &self.tokens.words[joint.subject];
                let cut = format!(". {}", capitalise(subject.text, self.language));
                if self.replace(joint.from..subject.range().end, cut, "sentence_split", "the sentence was too long") {
                    start = joint.subject;
                }
            }
            free &= !self.lowered.entry(at).traits.has(Trait::Subordinate);
        }
    }

    /// A joint whose first word is `at`: the pronoun itself after a semicolon, or "and" after a comma.
    fn joint(&self, at: usize, sentence: &Sentence) -> Option<Joint> {
        let gap = self.gap(at)?;
        let after = |word: usize| word + 1 < sentence.words.end && !self.tokens.words[word + 1].after_break;
        let clause = |subject: usize| {
            let traits = |word: usize| self.lowered.entry(word).traits;
            after(subject) && traits(subject).has(Trait::Subject) && traits(subject + 1).has(Trait::Finite)
        };
        let body = &self.tokens.text[gap.clone()];
        if body == "; " && clause(at) {
            return Some(Joint { from: gap.start, subject: at });
        }
        let and = body == ", " && self.lowered.word(at) == "and" && after(at) && clause(at + 1);
        and.then_some(Joint { from: gap.start, subject: at + 1 })
    }

    fn gap(&self, at: usize) -> Option<Range<usize>> {
        Some(self.tokens.words[at.checked_sub(1)?].range().end..self.tokens.words[at].start)
    }
}

/// Where a sentence can be cut.
struct Joint {
    /// The mark that becomes a full stop.
    from: usize,
    /// The word that then begins a sentence.
    subject: usize,
}

/// Fewer words on either side would make a stump.
const SIDE: usize = 6;

/// After these "in order" is a phrase by itself.
#[rustfmt::skip]
const BEFORE_ORDER: &[&str] = &[
    "affairs", "are", "be", "been", "books", "everything", "files", "house", "is", "it", "papers", "room", "them",
    "things", "was", "were",
];

fn capitalise(word: &str, language: crate::language::Language) -> String {
    let mut characters = word.chars();
    let Some(first) = characters.next() else { return String::new() };
    if language == crate::language::Language::Turkish && first == 'i' {
        return format!("İ{}", characters.as_str());
    }
    first.to_uppercase().chain(characters).collect()
}
