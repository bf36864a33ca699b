//! Phrases in the words of one sentence.

use super::fold::{self, Listener, Word};
use super::vocabulary::{Element, Pattern, VOCABULARY, Vocabulary};
use super::{FOUND_MAX, Found, Kind};

/// Words looked at together; a longer sentence is cut, with an overlap.
const WORDS_MAX: usize = 96;
const OVERLAP: usize = 24;
/// Words at the end of a sentence that may belong to a command of the next one.
const CARRIED: usize = 6;
/// Letters of the longest word of a script without blanks.
const UNSPACED_CHARS: usize = 10;

/// Short words that stand in commands written without blanks.
const FILLERS: [&str; 26] = [
    "the", "all", "your", "my", "and", "of", "to", "you", "this", "that", "is", "are", "now", "with", "me", "in",
    "any", "for", "a", "an", "please", "must", "le", "la", "les", "que",
];

/// What follows shall not be done.
const NEGATIONS: [&str; 13] =
    ["not", "never", "dont", "nor", "cannot", "nicht", "nie", "niemals", "asla", "jamais", "nunca", "non", "mai"];

/// Words before a command within a clause.
const LEADS: [&str; 23] = [
    "please", "kindly", "and", "then", "now", "so", "just", "simply", "instead", "must", "should", "shall", "also",
    "always", "you", "or", "bitte", "und", "et", "y", "e", "lutfen", "ve",
];

#[derive(Clone, Copy)]
struct Token {
    row: Option<u32>,
    start: usize,
    end: usize,
    /// `to`, `would` and such: what follows is told, not commanded.
    tells: bool,
    you: bool,
    not: bool,
    /// It begins a clause: a sign or a line end stands before it, or a word that leads to a command.
    opens: bool,
}

pub(super) struct Sentences {
    vocabulary: &'static Vocabulary,
    plain: Vec<Token>,
    turned: Vec<Token>,
    rotated: Vec<Token>,
    /// Words that say something when each letter is moved by thirteen, or when they are read backwards.
    rotated_known: usize,
    turned_known: usize,
    /// Words of the sentence before that stand at the front.
    carried: usize,
    /// The word before leads to a command.
    leads: bool,
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
            carried: 0,
            leads: false,
            found: Vec::new(),
            reports: Vec::new(),
        }
    }

    fn push(&mut self, text: &str, row: Option<u32>, start: usize, end: usize, opens: bool) {
        let opens = opens || self.leads;
        self.leads = LEADS.contains(&text);
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
            opens,
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
                list.drain(..list.len().saturating_sub(OVERLAP));
            }
            self.carried = 0;
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
            let carried = if index == 0 { self.carried } else { 0 };
            for (number, pattern) in vocabulary.patterns.iter().enumerate() {
                let from = if pattern.kind == Kind::Override { 0 } else { carried };
                let possible = pattern.elements.iter().all(|one| union[one.atom / 64] & (1 << (one.atom % 64)) != 0);
                if possible && let Some((first, last)) = search(vocabulary, pattern, tokens, from) {
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
            // Words of one word: written apart by letters, or without blanks.
            encoded: hidden || (first != last && tokens[first].start == tokens[last].start),
        });
    }

    /// Forgets all but the last words, which stay when `carry`.
    fn clear(&mut self, carry: bool) {
        let kept = if carry { CARRIED.min(self.plain.len()) } else { 0 };
        self.plain.drain(..self.plain.len() - kept);
        self.carried = kept;
        self.leads = false;
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

    /// The known words of a run without blanks, the longest at each place; what stands between counts as one word.
    fn unspaced(&mut self, word: &Word<'_>) {
        let (mut at, mut opens, mut passed) = (0, word.opens, false);
        while at < word.text.len() {
            let rest = &word.text[at..];
            let ends = rest.char_indices().map(|(start, c)| start + c.len_utf8()).take(UNSPACED_CHARS);
            let known = ends.clone().filter_map(|end| Some((end, self.vocabulary.exact(&rest[..end])?))).last();
            if let Some((end, row)) = known {
                if std::mem::take(&mut passed) {
                    self.push("", None, word.start, word.end, std::mem::take(&mut opens));
                }
                self.push(&rest[..end], Some(row), word.start, word.end, std::mem::take(&mut opens));
                at += end;
            } else {
                passed = true;
                at += ends.into_iter().next().unwrap_or(rest.len());
            }
        }
        if passed {
            self.push("", None, word.start, word.end, opens);
        }
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
        let row = match word.spaced {
            true => self.vocabulary.exact(word.text),
            false => self.vocabulary.row(word.text).or_else(|| self.leet(word.text)),
        };
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
                    self.push(part, self.vocabulary.row(part), word.start, word.end, false);
                }
                return;
            }
        }
        if row.is_none() && word.text.chars().any(fold::is_unspaced) {
            return self.unspaced(&word);
        }
        self.push(word.text, row, word.start, word.end, word.opens);
    }

    fn pause(&mut self, paragraph: bool) {
        // `Ignore. Previous. Instructions.` is one command.
        if paragraph || self.plain.len() - self.carried > 2 {
            self.judge();
            self.clear(!paragraph);
        }
    }
}

/// The first and the last word of the pattern's first place.
///
/// The first `from` tokens are another sentence's.
fn search(vocabulary: &Vocabulary, pattern: &Pattern, tokens: &[Token], from: usize) -> Option<(usize, usize)> {
    if pattern.within > 0 {
        return gather(vocabulary, pattern, tokens, from);
    }
    let fits = |at: usize, element: &Element| is(vocabulary, element, &tokens[at]);
    let (first, others) = pattern.elements.split_first()?;
    'starts: for start in (from..tokens.len()).filter(|at| fits(*at, first)) {
        // All places at which the elements so far can end: a bit each, from `start` on.
        let mut ends = 1u128;
        let mut last = start;
        for element in others {
            let mut reach = 0u128;
            (1..=element.gap + 1).for_each(|step| reach |= ends << step);
            let mut found = 0u128;
            for at in start + 1..tokens.len() {
                if reach & (1 << (at - start)) != 0 && fits(at, element) {
                    found |= 1 << (at - start);
                }
            }
            if found == 0 {
                continue 'starts;
            }
            last = start + found.trailing_zeros() as usize;
            ends = found;
        }
        return Some((start, last));
    }
    None
}

fn is(vocabulary: &Vocabulary, element: &Element, token: &Token) -> bool {
    token.row.is_some_and(|row| vocabulary.is(row, element.atom)) && (token.opens || !element.opens)
}

/// All elements in any order, within so many words.
fn gather(vocabulary: &Vocabulary, pattern: &Pattern, tokens: &[Token], from: usize) -> Option<(usize, usize)> {
    let mut places = vec![None; pattern.elements.len()];
    for (at, token) in tokens.iter().enumerate().skip(from) {
        let mut any = false;
        for (index, element) in pattern.elements.iter().enumerate() {
            if is(vocabulary, element, token) {
                places[index] = Some(at);
                any = true;
            }
        }
        // A missing one is less than any place.
        if any
            && let Some(first) = places.iter().min().copied().flatten()
            && at - first < pattern.within
        {
            return Some((first, at));
        }
    }
    None
}
