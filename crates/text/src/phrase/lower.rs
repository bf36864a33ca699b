//! The words of a text in lower case, with what the lists say of each.

use crate::hash::{Numbers, hash_of};
use crate::language::Language;
use crate::lexeme::Lexemes;
use crate::phrase::{Entry, Lexicon, Phrase};
use crate::token::Tokens;

/// The words of [`Tokens`] in lower case by the rules of the language, with straight apostrophes.
#[derive(Debug)]
pub struct Lowered<'a> {
    lexemes: &'a Lexemes,
    /// Each different word that is no lexeme, in one piece of memory, and where each ends.
    others: String,
    ends: Vec<usize>,
    by_hash: Numbers,
    /// For each word its number: that of its lexeme, or the others' after them. Equal words have equal numbers.
    words: Vec<u32>,
    /// What the lists say, by number.
    entries: Vec<Entry>,
    lexicon: &'static Lexicon,
}

impl<'a> Lowered<'a> {
    pub fn of(tokens: &'a Tokens, language: Language) -> Self {
        let lexicon = Lexicon::of(language);
        let lexemes = &tokens.lexemes;
        let mut lowered = Self {
            lexemes,
            others: String::new(),
            ends: Vec::new(),
            by_hash: Numbers::default(),
            words: Vec::with_capacity(tokens.words.len()),
            entries: lexemes.hashes().map(|hash| lexicon.of_hash(hash)).collect(),
            lexicon,
        };
        // Words of one lexeme differ only where a language has a lower case of its own.
        let turkish = language == Language::Turkish;
        let mut known: Vec<Option<u32>> = vec![None; lexemes.len()];
        for word in &tokens.words {
            let own = turkish && word.text.contains(['I', 'İ']);
            let number = match known[word.lexeme as usize].filter(|_| !own) {
                Some(number) => number,
                None => {
                    let plain = !own && word.text.is_ascii();
                    let number = if plain { word.lexeme } else { lowered.number(word.text, language) };
                    if !own {
                        known[word.lexeme as usize] = Some(number);
                    }
                    number
                }
            };
            lowered.words.push(number);
        }
        lowered
    }

    fn number(&mut self, word: &str, language: Language) -> u32 {
        let start = self.others.len();
        lower(word, language, &mut self.others);
        let hash = hash_of(&self.others[start..]);
        let next = u32::try_from(self.entries.len()).expect("a text has fewer than four billion words");
        let number = self.lexemes.find(hash).unwrap_or_else(|| self.by_hash.get_or_insert(hash, next));
        if number == next {
            self.ends.push(self.others.len());
            self.entries.push(self.lexicon.of_hash(hash));
        } else {
            self.others.truncate(start);
        }
        number
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The word at `at`.
    pub fn word(&self, at: usize) -> &str {
        let number = self.words[at];
        let Some(other) = (number as usize).checked_sub(self.lexemes.len()) else { return self.lexemes.lower(number) };
        let start = other.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.others[start..self.ends[other]]
    }

    /// What the lists say of the word at `at`.
    pub fn entry(&self, at: usize) -> Entry {
        self.entries[self.words[at] as usize]
    }

    /// Whether two words are the same.
    pub fn same(&self, at: usize, other: usize) -> bool {
        self.words[at] == self.words[other]
    }

    /// The phrases that stand at `at`, longest first: same sentence, and no punctuation between their words.
    pub fn phrases(&self, tokens: &Tokens, at: usize) -> impl Iterator<Item = &Phrase> {
        let sentence = tokens.words[at].sentence;
        let number = |at: usize| self.words.get(at).map_or(0, |number| self.entries[*number as usize].number);
        let next = number(at + 1);
        let follows =
            move |at: usize| tokens.words.get(at).is_some_and(|word| !word.after_break && word.sentence == sentence);
        let stands = move |phrase: &&Phrase| match self.lexicon.rest(phrase) {
            [] => true,
            [second, others @ ..] => {
                *second == next
                    && follows(at + 1)
                    && others.iter().zip(at + 2..).all(|(listed, at)| *listed == number(at) && follows(at))
            }
        };
        self.lexicon.phrases(self.entry(at)).iter().filter(stands)
    }
}

fn lower(word: &str, language: Language, lower: &mut String) {
    for c in word.chars() {
        match c {
            'I' if language == Language::Turkish => lower.push('ı'),
            'İ' if language == Language::Turkish => lower.push('i'),
            '’' => lower.push('\''),
            // A soft hyphen is no letter.
            '\u{ad}' => {}
            c => lower.extend(c.to_lowercase()),
        }
    }
}
