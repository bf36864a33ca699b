//! The words of a text in lower case, kept in one piece of memory, with what the lists say of each.

use crate::language::Language;
use crate::phrase::{Entry, Lexicon, Phrase};
use crate::token::Tokens;

/// The words of [`Tokens`] in lower case by the rules of the language, with straight apostrophes.
#[derive(Debug)]
pub struct Lowered {
    text: String,
    /// Each different word once: its end in `text`, and what the lists say of it.
    different: Vec<(usize, Entry)>,
    /// For each word its place among the different ones.
    words: Vec<u32>,
    lexicon: &'static Lexicon,
}

impl Lowered {
    pub fn of(tokens: &Tokens, language: Language) -> Self {
        let lexicon = Lexicon::of(language);
        let lexemes = &tokens.lexemes;
        let mut lowered = Self {
            text: String::with_capacity(6 * lexemes.len()),
            different: Vec::with_capacity(lexemes.len()),
            words: Vec::with_capacity(tokens.words.len()),
            lexicon,
        };
        // Words of one lexeme differ only where a language has a lower case of its own.
        let turkish = language == Language::Turkish;
        let mut known: Vec<Option<u32>> = vec![None; lexemes.len()];
        for word in &tokens.words {
            let own = turkish && word.text.contains(['I', 'İ']);
            let place = match known[word.lexeme as usize].filter(|_| !own) {
                Some(place) => place,
                None => {
                    let place = lowered.add(word.text, language);
                    if !own {
                        known[word.lexeme as usize] = Some(place);
                    }
                    place
                }
            };
            lowered.words.push(place);
        }
        lowered
    }

    fn add(&mut self, word: &str, language: Language) -> u32 {
        let start = self.text.len();
        self.push(word, language);
        let place = u32::try_from(self.different.len()).expect("a text has fewer than four billion words");
        self.different.push((self.text.len(), self.lexicon.get(&self.text[start..])));
        place
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
        self.words.len()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The word at `at`.
    pub fn word(&self, at: usize) -> &str {
        let place = self.words[at] as usize;
        let start = place.checked_sub(1).map_or(0, |before| self.different[before].0);
        &self.text[start..self.different[place].0]
    }

    /// What the lists say of the word at `at`.
    pub fn entry(&self, at: usize) -> Entry {
        self.different[self.words[at] as usize].1
    }

    /// Whether two words are the same.
    pub fn same(&self, at: usize, other: usize) -> bool {
        self.words[at] == self.words[other] || self.word(at) == self.word(other)
    }

    /// The phrases that stand at `at`, longest first: same sentence, and no punctuation between their words.
    pub fn phrases(&self, tokens: &Tokens, at: usize) -> impl Iterator<Item = &Phrase> {
        let stands = move |phrase: &&Phrase| {
            let rest = self.lexicon.rest(phrase);
            let Some(next) = self.words.get(at + 1..=at + rest.len()) else { return false };
            let sentence = tokens.words[at].sentence;
            rest.iter().zip(next).all(|(number, place)| *number == self.different[*place as usize].1.number)
                && tokens.words[at + 1..=at + rest.len()]
                    .iter()
                    .all(|word| !word.after_break && word.sentence == sentence)
        };
        self.lexicon.phrases(self.entry(at)).iter().filter(stands)
    }
}
