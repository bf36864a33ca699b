//! Phrases in the words of one sentence.

use super::fold::{Listener, Word};
use super::vocabulary::{Pattern, VOCABULARY, Vocabulary};
use super::{FOUND_MAX, Found, Kind};

/// Words looked at together; a longer sentence is cut, with an overlap.
const WORDS_MAX: usize = 96;
const OVERLAP: usize = 24;

/// Short words that stand in commands written without blanks.
const FILLERS: [&str; 26] = [
    "the", "all", "your", "my", "and", "of", "to", "you", "this", "that", "is", "are", "now", "with", "me", "in",
    "any", "for", "a", "an", "please", "must", "le", "la", "les", "que",
];

/// What follows shall not be done.
const NEGATIONS: [&str; 13] =
    ["not", "never", "dont", "nor", "cannot", "nicht", "nie", "niemals", "asla", "jamais", "nunca", "non", "mai"];

#[derive(Clone, Copy)]
struct Token {
    row: Option<u32>,
    start: usize,
    end: usize,
    /// `to`, `would` and such: what follows is told, not commanded.
    tells: bool,
    you: bool,
    not: bool,
}

pub(super) struct Sentences {
    vocabulary: &'static Vocabulary,
    plain: Vec<Token>,
    turned: Vec<Token>,
    rotated: Vec<Token>,
    /// Words that say something when each letter is moved by thirteen, or when they are read backwards.
    rotated_known: usize,
    turned_known: usize,
    pub found: Vec<Found>,
    /// Different words that a report about attacks would use.
    pub reports: Vec<u32>,
}

impl Sentences {
    pub fn new() -> Self {
        Self {
            vocabulary: &VOCABULARY,
            plain: Vec::new(),
            turned: Vec::new(),
            rotated: Vec::new(),
            rotated_known: 0,
            turned_known: 0,
            found: Vec::new(),
            reports: Vec::new(),
        }
    }

    fn push(&mut self, text: &str, row: Option<u32>, start: usize, end: usize) {
        let tells = matches!(
            text,
            "to" | "would"
                | "could"
                | "can"
                | "might"
                | "will"
                | "zu"
                | "de"
                | "que"
                | "das"
                | "dass"
                | "it"
                | "they"
                | "he"
                | "she"
                | "that"
        );
        let token = Token {
            row,
            start,
            end,
            tells,
            you: matches!(text, "you" | "please" | "must"),
            not: NEGATIONS.contains(&text),
        };
        if let Some(row) = row
            && self.vocabulary.is(row, self.vocabulary.report)
            && !self.reports.contains(&row)
        {
            self.reports.push(row);
        }
        self.plain.push(token);
        let (mut rotated, mut turned) = (None, None);
        if (4..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let letters: String = text.bytes().map(|byte| char::from(b'a' + (byte - b'a' + 13) % 26)).collect();
            rotated = self.vocabulary.exact(&letters);
            let letters: String = text.chars().rev().collect();
            turned = self.vocabulary.exact(&letters);
        }
        self.rotated_known += usize::from(rotated.is_some());
        self.turned_known += usize::from(turned.is_some());
        self.rotated.push(Token { row: rotated, ..token });
        self.turned.push(Token { row: turned, ..token });
        if self.plain.len() >= WORDS_MAX {
            self.judge();
            for list in [&mut self.plain, &mut self.rotated, &mut self.turned] {
                list.drain(..WORDS_MAX - OVERLAP);
            }
        }
    }

    fn judge(&mut self) {
        let mut lists = vec![std::mem::take(&mut self.plain)];
        if self.rotated_known >= 2 {
            lists.push(self.rotated.clone());
        }
        if self.turned_known >= 2 {
            lists.push(self.turned.iter().rev().copied().collect());
        }
        let vocabulary = self.vocabulary;
        for (index, tokens) in lists.iter().enumerate() {
            let mut union = vec![0u64; tokens.iter().find_map(|t| t.row).map_or(0, |row| vocabulary.bits(row).len())];
            for row in tokens.iter().filter_map(|token| token.row) {
                union.iter_mut().zip(vocabulary.bits(row)).for_each(|(all, bits)| *all |= bits);
            }
            if union.is_empty() {
                continue;
            }
            for (number, pattern) in vocabulary.patterns.iter().enumerate() {
                let possible = pattern.elements.iter().all(|(_, atom)| union[atom / 64] & (1 << (atom % 64)) != 0);
                if possible && let Some((first, last)) = search(vocabulary, pattern, tokens) {
                    self.note(pattern, number, tokens, first, last, index > 0);
                }
            }
        }
        self.plain = lists.swap_remove(0);
    }

    fn note(&mut self, pattern: &Pattern, number: usize, tokens: &[Token], first: usize, last: usize, hidden: bool) {
        let (start, end) = (tokens[first].start.min(tokens[last].start), tokens[first].end.max(tokens[last].end));
        if self.found.len() >= FOUND_MAX || self.found.iter().any(|f| f.pattern == number && f.start == start) {
            return;
        }
        let before = &tokens[first.saturating_sub(4)..first];
        let forbids =
            matches!(pattern.kind, Kind::Secret | Kind::Send | Kind::Reveal) && before.iter().any(|token| token.not);
        if forbids {
            return;
        }
        let told = before.last().is_some_and(|token| token.tells) && !before.iter().any(|token| token.you);
        self.found.push(Found {
            kind: pattern.kind,
            weight: pattern.weight,
            pattern: number,
            start,
            end,
            told,
            encoded: hidden,
        });
    }

    fn clear(&mut self) {
        self.plain.clear();
        self.rotated.clear();
        self.turned.clear();
        self.rotated_known = 0;
        self.turned_known = 0;
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
                if FILLERS.contains(&word) || (word.len() > 2 && self.vocabulary.exact(word).is_some()) {
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

    fn leet(&self, text: &str) -> Option<u32> {
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
            self.vocabulary.row(&plain)
        })
    }
}

impl Listener for Sentences {
    fn word(&mut self, word: Word<'_>) {
        let row = self.vocabulary.row(word.text).or_else(|| self.leet(word.text));
        if row.is_none() && word.joined {
            return;
        }
        if row.is_none() && (word.spaced || word.text.len() >= 14) {
            let mut parts = self.split(word.text, word.spaced);
            if parts.is_empty() && word.text.len() >= 24 {
                parts = self.split(word.text, true);
            }
            parts.retain(|(from, to)| to - from > 1 || FILLERS.contains(&&word.text[*from..*to]));
            if parts.len() > 2 {
                for (from, to) in parts {
                    let part = &word.text[from..to];
                    self.push(part, self.vocabulary.row(part), word.start, word.end);
                }
                return;
            }
        }
        self.push(word.text, row, word.start, word.end);
    }

    fn pause(&mut self, paragraph: bool) {
        // `Ignore. Previous. Instructions.` is one command.
        if paragraph || self.plain.len() > 2 {
            self.judge();
            self.clear();
        }
    }
}

/// The first and the last word of the pattern's first place.
fn search(vocabulary: &Vocabulary, pattern: &Pattern, tokens: &[Token]) -> Option<(usize, usize)> {
    let is =
        |at: usize, atom: usize| tokens.get(at).and_then(|token| token.row).is_some_and(|row| vocabulary.is(row, atom));
    let (_, first) = *pattern.elements.first()?;
    'starts: for start in (0..tokens.len()).filter(|at| is(*at, first)) {
        // All places at which the elements so far can end: a bit each, from `start` on.
        let mut ends = 1u128;
        let mut last = start;
        for (gap, atom) in &pattern.elements[1..] {
            let mut reach = 0u128;
            (1..=gap + 1).for_each(|step| reach |= ends << step);
            let mut fits = 0u128;
            for at in start + 1..tokens.len() {
                if reach & (1 << (at - start)) != 0 && is(at, *atom) {
                    fits |= 1 << (at - start);
                }
            }
            if fits == 0 {
                continue 'starts;
            }
            last = start + fits.trailing_zeros() as usize;
            ends = fits;
        }
        return Some((start, last));
    }
    None
}
