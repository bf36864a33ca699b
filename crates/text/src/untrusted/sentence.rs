//! The words of a text in windows of a few sentences, each word with what it means.

use std::ops::Range;

use super::fold::{self, Listener, Word};
use super::lexicon::{Classes, LEXICON, Lexicon, Units};

/// Sentences of a window.
const SENTENCES: usize = 2;
/// Words looked at together; a longer sentence is cut, with an overlap.
const WORDS_MAX: usize = 96;
const OVERLAP: usize = 24;
/// Letters of the longest word of a script without blanks.
const UNSPACED_CHARS: usize = 10;

/// Short words that stand in commands written without blanks.
const FILLERS: [&str; 26] = [
    "the", "all", "your", "my", "and", "of", "to", "you", "this", "that", "is", "are", "now", "with", "me", "in",
    "any", "for", "a", "an", "please", "must", "le", "la", "les", "que",
];

#[derive(Clone, Copy)]
pub(super) struct Token {
    pub classes: Classes,
    /// Words of the longest phrase that begins here.
    pub length: usize,
    pub start: usize,
    pub end: usize,
    /// A sign or a line end stands before it.
    pub opens: bool,
    /// It stands in a quotation or in code.
    pub quoted: bool,
    /// It stands where no reader sees it.
    pub hidden: bool,
    /// Its word was written apart by letters, or without blanks.
    pub disguised: bool,
}

#[derive(Clone, Copy)]
struct Raw {
    token: Token,
    units: Units,
    rotated: Option<Units>,
    turned: Option<Units>,
}

/// A few sentences in a row.
pub(super) struct Window<'w> {
    pub tokens: &'w [Token],
    /// It was read backwards, or each letter moved by thirteen.
    pub encoded: bool,
}

impl Window<'_> {
    /// The bytes from its first word to its last.
    pub fn place(&self) -> Option<Range<usize>> {
        let start = self.tokens.iter().map(|token| token.start).min()?;
        Some(start..self.tokens.iter().map(|token| token.end).max()?)
    }
}

/// Reads words and hands on each window, in order.
pub(super) struct Windows<'r, F> {
    lexicon: &'static Lexicon,
    found: F,
    /// The words of the sentence so far, and those of the ones before.
    raw: Vec<Raw>,
    before: Vec<Token>,
    lengths: Vec<usize>,
    quotes: Cursor<'r>,
    hidden: Cursor<'r>,
}

/// Ranges in order, asked for places in order.
struct Cursor<'r> {
    ranges: &'r [Range<usize>],
    at: usize,
}

impl Cursor<'_> {
    fn holds(&mut self, place: usize) -> bool {
        while self.ranges.get(self.at).is_some_and(|range| range.end <= place) {
            self.at += 1;
        }
        self.ranges.get(self.at).is_some_and(|range| range.start <= place)
    }
}

impl<'r, F: FnMut(&Window<'_>)> Windows<'r, F> {
    pub fn new(quotes: &'r [Range<usize>], hidden: &'r [Range<usize>], found: F) -> Self {
        Self {
            lexicon: &LEXICON,
            found,
            raw: Vec::new(),
            before: Vec::new(),
            lengths: Vec::new(),
            quotes: Cursor { ranges: quotes, at: 0 },
            hidden: Cursor { ranges: hidden, at: 0 },
        }
    }

    fn push(&mut self, text: &str, units: Units, word: &Word<'_>, opens: bool, disguised: bool) {
        let token = Token {
            classes: 0,
            length: 1,
            start: word.start,
            end: word.end,
            opens,
            quoted: self.quotes.holds(word.start),
            hidden: self.hidden.holds(word.start),
            disguised,
        };
        let (mut rotated, mut turned) = (None, None);
        if (4..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let letters: String = text.bytes().map(|byte| char::from(b'a' + (byte - b'a' + 13) % 26)).collect();
            rotated = self.lexicon.exact(&letters);
            let letters: String = text.chars().rev().collect();
            turned = self.lexicon.exact(&letters);
        }
        self.raw.push(Raw { token, units, rotated, turned });
        if self.raw.len() >= WORDS_MAX {
            self.judge();
            self.raw.drain(..WORDS_MAX - OVERLAP);
        }
    }

    fn judge(&mut self) {
        let lexicon = self.lexicon;
        let tokens = |units: Vec<Units>, raw: &[Raw]| {
            let mut tokens: Vec<Token> = Vec::with_capacity(raw.len());
            for (at, raw) in raw.iter().enumerate() {
                let (classes, length) = lexicon.classes(&units[at..(at + 6).min(units.len())]);
                tokens.push(Token { classes, length, ..raw.token });
            }
            tokens
        };
        let mut plain = tokens(self.raw.iter().map(|raw| raw.units).collect(), &self.raw);
        super::roles::mark(&mut plain);
        if self.raw.iter().filter(|raw| raw.rotated.is_some()).count() >= 2 {
            let units = self.raw.iter().map(|raw| raw.rotated.unwrap_or_default()).collect();
            (self.found)(&Window { tokens: &tokens(units, &self.raw), encoded: true });
        }
        if self.raw.iter().filter(|raw| raw.turned.is_some()).count() >= 2 {
            let units = self.raw.iter().rev().map(|raw| raw.turned.unwrap_or_default()).collect();
            let raw: Vec<Raw> = self.raw.iter().rev().copied().collect();
            (self.found)(&Window { tokens: &tokens(units, &raw), encoded: true });
        }
        while self.lengths.len() >= SENTENCES
            || (self.before.len() + plain.len() > WORDS_MAX && !self.lengths.is_empty())
        {
            let first = self.lengths.remove(0);
            self.before.drain(..first);
        }
        self.lengths.push(plain.len());
        self.before.extend(plain);
        (self.found)(&Window { tokens: &self.before, encoded: false });
    }

    /// The words that `text` is made of; nothing when other letters are left over, unless `some` will do.
    fn split(&self, text: &str, some: bool) -> Vec<(usize, usize)> {
        if !text.is_ascii() {
            return Vec::new();
        }
        // The most letters in known words up to each place, and where the last word began.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; text.len() + 1];
        best[0] = Some((0, 0));
        for from in 0..text.len() {
            let Some((known, _)) = best[from] else { continue };
            if some && best[from + 1].is_none_or(|(other, _)| other < known) {
                best[from + 1] = Some((known, from));
            }
            for to in from + 1..=(from + 20).min(text.len()) {
                let word = &text[from..to];
                if FILLERS.contains(&word) || (word.len() > 2 && self.lexicon.exact(word).is_some()) {
                    // Fewer words are likelier ones.
                    let gain = known + word.len() * word.len();
                    if best[to].is_none_or(|(other, _)| other < gain) {
                        best[to] = Some((gain, from));
                    }
                }
            }
        }
        let (mut at, mut words) = (text.len(), Vec::new());
        while at > 0 {
            let Some((_, from)) = best[at] else { return Vec::new() };
            words.push((from, at));
            at = from;
        }
        words.reverse();
        words
    }

    /// The known words of a run without blanks, the longest at each place; what stands between counts as one word.
    fn unspaced(&mut self, word: &Word<'_>) {
        let (mut at, mut opens, mut passed) = (0, word.opens, false);
        while at < word.text.len() {
            let rest = &word.text[at..];
            let ends = rest.char_indices().map(|(start, c)| start + c.len_utf8()).take(UNSPACED_CHARS);
            let known = ends.clone().filter_map(|end| Some((end, self.lexicon.exact(&rest[..end])?))).last();
            if let Some((end, units)) = known {
                if std::mem::take(&mut passed) {
                    self.push("", Units::default(), word, std::mem::take(&mut opens), false);
                }
                self.push("", units, word, std::mem::take(&mut opens), false);
                at += end;
            } else {
                passed = true;
                at += ends.into_iter().next().unwrap_or(rest.len());
            }
        }
        if passed {
            self.push("", Units::default(), word, opens, false);
        }
    }

    fn leet(&self, text: &str) -> Option<Units> {
        let is_leet = |byte: u8| matches!(byte, b'0' | b'1' | b'3' | b'4' | b'5' | b'7' | b'@' | b'$' | b'!' | b'|');
        if text.len() > 24 || !text.bytes().any(is_leet) || !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        ['i', 'l'].into_iter().find_map(|one| {
            let plain: String = text
                .chars()
                .map(|c| match c {
                    '0' => 'o',
                    '1' | '!' | '|' => one,
                    '3' => 'e',
                    '4' | '@' => 'a',
                    '5' | '$' => 's',
                    '7' => 't',
                    c => c,
                })
                .collect();
            Some(self.lexicon.units(&plain)).filter(Units::any)
        })
    }
}

impl<F: FnMut(&Window<'_>)> Listener for Windows<'_, F> {
    fn word(&mut self, word: Word<'_>) {
        let units = match word.spaced {
            true => self.lexicon.exact(word.text),
            false => Some(self.lexicon.units(word.text)).filter(Units::any),
        };
        let leet = if units.is_none() && !word.spaced { self.leet(word.text) } else { None };
        if units.is_none() && leet.is_none() && word.joined {
            return;
        }
        if units.is_none() && leet.is_none() && (word.spaced || word.text.len() >= 14) {
            let mut parts = self.split(word.text, word.spaced);
            if parts.is_empty() && word.text.len() >= 24 {
                parts = self.split(word.text, true);
            }
            parts.retain(|(from, to)| to - from > 1 || FILLERS.contains(&&word.text[*from..*to]));
            if parts.len() > 2 {
                for (from, to) in parts {
                    let part = &word.text[from..to];
                    self.push(part, self.lexicon.units(part), &word, false, true);
                }
                return;
            }
        }
        if units.is_none() && word.text.chars().any(fold::is_unspaced) {
            return self.unspaced(&word);
        }
        let disguised = word.spaced || leet.is_some();
        self.push(word.text, units.or(leet).unwrap_or_default(), &word, word.opens, disguised);
    }

    fn pause(&mut self, paragraph: bool) {
        // `Ignore. Previous. Instructions.` is one command.
        if (paragraph && !self.raw.is_empty()) || self.raw.len() > 2 {
            self.judge();
            self.raw.clear();
        }
    }
}
