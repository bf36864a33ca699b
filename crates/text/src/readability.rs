//! Counts and readability formulas, equal to textstat 0.7.13 with its English rules whatever the language.
//!
//! textstat's word is what is left between white space once punctuation is gone; only the apostrophe of `'t 's 'd 've
//! 'll 're` stays. Its sentence runs from a word character to the next run of `. ! ?`, and sentences of one or two words
//! are not counted. Syllables are [`crate::syllable`]'s.

use serde::Serialize;

use crate::lexeme::{self, Facts, Lexemes};
use crate::syllable;
use crate::token::{Tokens, is_word_char};

/// The words that Dale and Chall call easy.
pub fn easy() -> impl Iterator<Item = &'static str> {
    include_str!("../data/dale_chall.txt").lines()
}

/// Textstat's counters. Characters are code points without white space; a long word has seven characters and more, a
/// difficult one is missing from the Dale-Chall list and has 0 (Dale-Chall), 2 (Spache) or 3 (Fog) syllables and more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub chars: usize,
    pub letters: usize,
    pub words: usize,
    pub sentences: usize,
    pub syllables: usize,
    pub polysyllables: usize,
    pub monosyllables: usize,
    pub difficult_dale_chall: usize,
    pub difficult_fog: usize,
    pub difficult_spache: usize,
    pub long_words: usize,
}

/// The formulas, unrounded. `coleman_liau_index` has textstat's 0.058, `coleman_liau_authors` the authors' 0.0588.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Readability {
    pub flesch_reading_ease: f64,
    pub flesch_kincaid_grade: f64,
    pub gunning_fog: f64,
    pub smog_index: f64,
    pub automated_readability_index: f64,
    pub coleman_liau_index: f64,
    pub coleman_liau_authors: f64,
    pub dale_chall_readability_score: f64,
    pub linsear_write_formula: f64,
    pub spache_readability: f64,
    pub lix: f64,
    pub rix: f64,
    pub mcalpine_eflaw: f64,
    pub reading_time_s: f64,
}

/// Readability made for one language; only those whose formulas fit the text's language are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TurkishReadability {
    /// Ateşman (1997): 198.825 - 40.175 × syllables per word - 2.610 × words per sentence; 90 and more is very easy.
    pub atesman: f64,
    /// Bezirci and Yılmaz (2010), as years of school: the square root of the words per sentence times the sum of the words
    /// per sentence of three, four, five and more syllables, weighted with 0.84, 1.5, 3.5 and 26.25.
    pub bezirci_yilmaz: f64,
    pub syllables: usize,
}

pub fn measure(tokens: &Tokens) -> (Counts, Readability) {
    let mut counter = Counter::new(tokens);
    for piece in &tokens.pieces {
        let text = &tokens.text[piece.range.clone()];
        match piece.plain.filter(|plain| !plain.is_joined()) {
            Some(plain) => {
                counter.sentences(text, plain.is_bare());
                counter.counts.chars += text.len();
                let facts = tokens.lexemes.facts(plain.lexeme);
                let syllables = counter.syllables.of(&tokens.lexemes, plain.lexeme, facts);
                let difficult = (!facts.easy).then_some(syllables);
                counter.word(piece.core(plain).len(), syllables, difficult);
            }
            None => counter.jumble(text),
        }
    }
    counter.finish(tokens)
}

/// What is counted on the way through the pieces.
struct Counter {
    counts: Counts,
    mini_words: usize,
    sentences: SentenceCounter,
    linsear: Linsear,
    /// The text has more pieces than Linsear Write looks at.
    capped: bool,
    syllables: Syllables,
    word: String,
}

impl Counter {
    fn new(tokens: &Tokens) -> Self {
        Self {
            counts: Counts::default(),
            mini_words: 0,
            sentences: SentenceCounter::default(),
            linsear: Linsear::default(),
            capped: tokens.pieces.len() > Linsear::WORDS,
            syllables: Syllables(vec![None; tokens.lexemes.len()]),
            word: String::new(),
        }
    }

    fn is_sampling(&self) -> bool {
        !(self.capped && self.linsear.words == Linsear::WORDS)
    }

    /// `bare` is a piece without punctuation.
    fn sentences(&mut self, piece: &str, bare: bool) {
        let feed = |counter: &mut SentenceCounter| if bare { counter.bare() } else { counter.piece(piece) };
        if self.is_sampling() {
            feed(&mut self.linsear.sentences);
        }
        feed(&mut self.sentences);
    }

    /// A piece with more than a word and punctuation around it.
    fn jumble(&mut self, piece: &str) {
        self.sentences(piece, false);
        self.counts.chars += piece.chars().count();
        let mut word = std::mem::take(&mut self.word);
        clean(piece, &mut word);
        if !word.is_empty() {
            let letters = word.chars().filter(|&c| c != '\'').count();
            let lower = word.to_lowercase();
            let facts = lexeme::facts(&lower);
            let syllables = syllable::count_known(&lower, facts);
            let difficult = (!facts.easy).then(|| syllables_of_lowered(&lower, syllables));
            self.word(letters, syllables, difficult);
        }
        self.word = word;
    }

    /// `difficult` has the syllables of a word that is not among the easy ones.
    fn word(&mut self, letters: usize, syllables: usize, difficult: Option<usize>) {
        let counts = &mut self.counts;
        counts.words += 1;
        counts.letters += letters;
        counts.syllables += syllables;
        counts.long_words += usize::from(letters > 6);
        self.mini_words += usize::from(letters <= 3);
        counts.monosyllables += usize::from(syllables == 1);
        counts.polysyllables += usize::from(syllables >= 3);
        if let Some(syllables) = difficult {
            counts.difficult_dale_chall += 1;
            counts.difficult_spache += usize::from(syllables >= 2);
            counts.difficult_fog += usize::from(syllables >= 3);
        }
        if self.is_sampling() {
            self.linsear.words += 1;
            self.linsear.points += match syllables {
                0 => 0,
                1 | 2 => 1,
                _ => 3,
            };
        }
    }

    fn finish(mut self, tokens: &Tokens) -> (Counts, Readability) {
        self.counts.sentences = if tokens.text.is_empty() { 0 } else { self.sentences.total() };
        let linsear = if tokens.pieces.is_empty() { 0.0 } else { self.linsear.formula() };
        let readability = formulas(&self.counts, tokens.pieces.len(), self.mini_words, linsear);
        (self.counts, readability)
    }
}

/// The syllables of each different word, counted when it first comes.
struct Syllables(Vec<Option<u32>>);

impl Syllables {
    fn of(&mut self, lexemes: &Lexemes, number: u32, facts: Facts) -> usize {
        let rules = || syllable::count_known(lexemes.lower(number), facts) as u32;
        let count = || facts.syllables.map_or_else(rules, u32::from);
        *self.0[number as usize].get_or_insert_with(count) as usize
    }
}

/// How hard a Turkish text is to read, or `None` for a text without words.
pub fn turkish(tokens: &Tokens) -> Option<TurkishReadability> {
    let (words, sentences) = (tokens.words.len(), tokens.sentences.len());
    if words == 0 || sentences == 0 {
        return None;
    }
    let (mut syllables, mut weights) = (0, 0.0);
    for word in &tokens.words {
        let n = syllable::count_turkish(word.text);
        syllables += n;
        weights += match n {
            0..=2 => 0.0,
            3 => 0.84,
            4 => 1.5,
            5 => 3.5,
            _ => 26.25,
        };
    }
    let per_sentence = ratio(words, sentences);
    Some(TurkishReadability {
        atesman: 198.825 - 40.175 * ratio(syllables, words) - 2.610 * per_sentence,
        bezirci_yilmaz: (per_sentence * weights / sentences as f64).sqrt(),
        syllables,
    })
}

fn formulas(counts: &Counts, pieces: usize, mini_words: usize, linsear_write_formula: f64) -> Readability {
    let reading_time_s = 14.69 * counts.chars as f64 / 1000.0;
    let mut readability = Readability { linsear_write_formula, reading_time_s, ..Readability::default() };
    if counts.sentences == 0 {
        return readability;
    }
    let Counts { words, sentences, .. } = *counts;
    readability.smog_index = 1.043 * (30.0 * ratio(counts.polysyllables, sentences)).sqrt() + 3.1291;
    readability.rix = ratio(counts.long_words, sentences);
    readability.mcalpine_eflaw = ratio(words + mini_words, sentences);
    if words == 0 {
        return readability;
    }
    let per_sentence = ratio(words, sentences);
    let syllables = ratio(counts.syllables, words);
    let percent = |count: usize| 100.0 * count as f64 / words as f64;
    let (letters_100, sentences_100) = (100.0 * ratio(counts.letters, words), 100.0 * ratio(sentences, words));
    if counts.syllables > 0 {
        readability.flesch_reading_ease = 206.835 - 1.015 * per_sentence - 84.6 * syllables;
        readability.flesch_kincaid_grade = 0.39 * per_sentence + 11.8 * syllables - 15.59;
    }
    readability.automated_readability_index = 4.71 * ratio(counts.chars, pieces) + 0.5 * per_sentence - 21.43;
    if counts.letters > 0 {
        readability.coleman_liau_index = 0.058 * letters_100 - 0.296 * sentences_100 - 15.8;
        readability.coleman_liau_authors = 0.0588 * letters_100 - 0.296 * sentences_100 - 15.8;
    }
    let difficult = percent(counts.difficult_dale_chall);
    readability.dale_chall_readability_score =
        0.1579 * difficult + 0.0496 * per_sentence + if difficult > 5.0 { 3.6365 } else { 0.0 };
    readability.spache_readability = 0.141 * per_sentence + 0.086 * percent(counts.difficult_spache) + 0.839;
    readability.gunning_fog = 0.4 * (per_sentence + percent(counts.difficult_fog));
    readability.lix = per_sentence + percent(counts.long_words);
    readability
}

/// Linsear Write looks at the first hundred words of a longer text.
#[derive(Default)]
struct Linsear {
    words: usize,
    points: usize,
    sentences: SentenceCounter,
}

impl Linsear {
    const WORDS: usize = 100;

    fn formula(self) -> f64 {
        let number = ratio(self.points, self.sentences.total());
        (if number <= 20.0 { number - 2.0 } else { number }) / 2.0
    }
}

/// textstat's sentences, fed piece by piece.
#[derive(Default)]
struct SentenceCounter {
    counted: usize,
    state: State,
    words: usize,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Outside,
    Inside,
    /// In the run of marks that ends the sentence.
    Ending,
}

impl SentenceCounter {
    /// A piece of letters and digits only.
    fn bare(&mut self) {
        if self.state == State::Ending {
            self.close();
        }
        self.state = State::Inside;
        self.words += 1;
    }

    fn piece(&mut self, piece: &str) {
        let mut in_word = false;
        // White space before the piece ends a run of marks.
        if self.state == State::Ending {
            self.close();
        }
        for c in piece.chars() {
            let mark = matches!(c, '.' | '!' | '?');
            if self.state == State::Ending && !mark {
                self.close();
                in_word = false;
            }
            if mark && self.state == State::Inside {
                self.state = State::Ending;
            } else if !mark && is_word_char(c) {
                self.state = State::Inside;
                self.words += usize::from(!in_word);
                in_word = true;
            }
        }
    }

    fn close(&mut self) {
        self.counted += usize::from(self.words > 2);
        self.words = 0;
        self.state = State::Outside;
    }

    fn total(mut self) -> usize {
        self.close();
        self.counted.max(1)
    }
}

/// Leaves word characters and the apostrophes of contractions.
fn clean(piece: &str, word: &mut String) {
    word.clear();
    if piece.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        word.push_str(piece);
        return;
    }
    for (at, c) in piece.char_indices() {
        if is_word_char(c) || c == '\'' && contracts(&piece[at + 1..]) {
            word.push(c);
        }
    }
}

fn contracts(rest: &str) -> bool {
    rest.starts_with(['t', 's', 'd']) || ["ve", "ll", "re"].iter().any(|ending| rest.starts_with(ending))
}

/// textstat lowers a word before it judges its difficulty and then removes what lowering brought to light
/// (İ becomes i and a combining dot), so such a word is counted again.
fn syllables_of_lowered(lower: &str, syllables: usize) -> usize {
    if lower.chars().all(|c| c == '\'' || is_word_char(c)) {
        return syllables;
    }
    let word: String = lower.chars().filter(|&c| c == '\'' || is_word_char(c)).collect();
    syllable::count(&word)
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests;
