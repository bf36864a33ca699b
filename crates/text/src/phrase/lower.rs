//! The words of a text in lower case, kept in one piece of memory, with what the lists say of each.

use crate::language::Language;
use crate::phrase::{Entry, Lexicon, Phrase};
use crate::token::Tokens;

/// The words of [`Tokens`] in lower case by the rules of the language, with straight apostrophes.
#[derive(Debug)]
pub struct Lowered {
    text: String,
    ends: Vec<usize>,
    entries: Vec<Entry>,
    lexicon: &'static Lexicon,
}

impl Lowered {
    pub fn of(tokens: &Tokens, language: Language) -> Self {
        let lexicon = Lexicon::of(language);
        let mut lowered = Self {
            text: String::with_capacity(tokens.text.len()),
            ends: Vec::with_capacity(tokens.words.len()),
            entries: Vec::with_capacity(tokens.words.len()),
            lexicon,
        };
        for word in &tokens.words {
            let start = lowered.text.len();
            lowered.push(word.text, language);
            lowered.ends.push(lowered.text.len());
            lowered.entries.push(lexicon.get(&lowered.text[start..]));
        }
        lowered
    }

    fn push(&mut self, word: &str, language: Language) {
        if word.is_ascii() {
            // Only in Turkish does an ASCII letter, the I, leave ASCII.
            if language != Language::Turkish || !word.contains('I') {
                let start = self.text.len();
                self.text.push_str(word);
                self.text[start..].make_ascii_lowercase();
                return;
            }
        }
        for c in word.chars() {
            match c {
                'I' if language == Language::Turkish => self.text.push('ı'),
                'İ' if language == Language::Turkish => self.text.push('i'),
                '’' => self.text.push('\''),
                // A soft hyphen is no letter.
                '\u{ad}' => {}
                c => self.text.extend(c.to_lowercase()),
            }
        }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The word at `at`.
    pub fn word(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    /// What the lists say of the word at `at`.
    pub fn entry(&self, at: usize) -> Entry {
        self.entries[at]
    }

    /// Whether two words are the same.
    pub fn same(&self, at: usize, other: usize) -> bool {
        self.entries[at].number == self.entries[other].number && self.word(at) == self.word(other)
    }

    /// The phrases that stand at `at`, longest first: same sentence, and no punctuation between their words.
    pub fn phrases(&self, tokens: &Tokens, at: usize) -> impl Iterator<Item = &Phrase> {
        let stands = move |phrase: &&Phrase| {
            let rest = self.lexicon.rest(phrase);
            let Some(next) = self.entries.get(at + 1..=at + rest.len()) else { return false };
            let sentence = tokens.words[at].sentence;
            rest.iter().zip(next).all(|(number, entry)| *number == entry.number)
                && tokens.words[at + 1..=at + rest.len()]
                    .iter()
                    .all(|word| !word.after_break && word.sentence == sentence)
        };
        self.lexicon.phrases(self.entries[at]).iter().filter(stands)
    }
}
