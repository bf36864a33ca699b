//! Reading a document once: its words as hashes with what they are, its terms, its shingles.

use std::ops::Range;

use super::words::{self, Known};
use crate::hash::{hash_of, hash_of_lowered};
use crate::lexeme;
use crate::word::mix;

/// What is read of a document at most; what comes later tells no two apart.
const BYTES_MAX: usize = 16 << 10;
const WORDS_MAX: usize = 800;
/// Words of the text that tell what happened, and those that tell some of it. What follows is background, which two
/// events in one town share word by word.
const LEAD_WORDS: usize = 80;
const BODY_WORDS: usize = 160;
const BODY: f32 = 0.5;
/// A text of fewer words is compared together with its title: short ones are often the same line ("Comments").
const SHORT_WORDS: usize = 12;
/// Letters by which a long word meets its inflected forms; Turkish words are cut as in Can et al. 2008.
const STEM_LETTERS: [usize; 2] = [6, 5];
/// The number of the list of [`lexeme::Facts::function`] that is Turkish, and those that are English and German.
const TURKISH: u8 = 1;
const ENGLISH: u8 = 0;
const GERMAN: u8 = 2;
/// Words among which the language is looked for.
const SAMPLE_WORDS: usize = 200;
/// Shingles kept of a document: of more the smallest, which are as good as drawn by lot.
pub(super) const SHINGLES_MAX: usize = 256;

/// Words of a name beside its first that are shown.
const NAME_WORDS: usize = 3;

const TITLE: u16 = 1;
const CAPITAL: u16 = 2;
/// A capital means nothing here: a sentence begins, or all its words have one.
const OPENS: u16 = 4;
const NUMBER: u16 = 8;
/// A number below ten.
const SMALL: u16 = 16;
const CALENDAR: u16 = 32;
const EASY: u16 = 64;
/// A sign of a script that sets no blanks.
const SIGN: u16 = 128;
/// A single letter.
const LETTER: u16 = 256;
const SMART_STOP: u16 = 512;
const WHENCE: u16 = 1_024;
/// An ending follows after an apostrophe, as after names: "Ankara'da", "Turkey's".
const ENDING: u16 = 2_048;
/// The whole sentence is in capitals or has one at nearly every word.
const LOUD: u16 = 4_096;

#[derive(Clone, Copy, Debug)]
struct Token {
    hash: u64,
    /// For each of [`STEM_LETTERS`]; 0 for a shorter word.
    stems: [u64; 2],
    start: u32,
    /// Where its stem ends: before an apostrophe.
    end: u32,
    flags: u16,
    function: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// The first letters of a word.
    Stem,
    Number,
}

/// A term of the document; each stands once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub hash: u32,
    pub kind: Kind,
    /// It stands somewhere with a capital that means something; without one.
    pub named: bool,
    pub common: bool,
    /// Capitals only where they mean nothing.
    pub capital: bool,
    /// The part of a name that it is: half of "Port Alder".
    pub part: f32,
    /// How often and where it stands, and what is known of it whatever the text.
    pub weight: f32,
    /// The first of its tokens.
    token: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Script {
    #[default]
    Latin,
    Cyrillic,
    Greek,
    Semitic,
    Indic,
    EastAsian,
    Other,
}

const SCRIPTS: [Script; 7] =
    [Script::Latin, Script::Cyrillic, Script::Greek, Script::Semitic, Script::Indic, Script::EastAsian, Script::Other];

/// One document as it was read; made once and used again, so that reading allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub terms: Vec<Found>,
    /// Hashes of the runs of three words, sorted, each once: the smallest [`SHINGLES_MAX`].
    pub shingles: Vec<u32>,
    /// Words of the document, as far as it was read.
    pub words: usize,
    pub script: Script,
    tokens: Vec<Token>,
    /// Tokens of the title.
    title: usize,
    lower: String,
}

impl Reading {
    pub fn read(&mut self, title: &str, text: &str) {
        self.tokens.clear();
        self.scan(title, TITLE);
        self.title = self.tokens.len();
        self.scan(text, 0);
        self.words = self.tokens.len();
        self.doubt_capitals();
        self.script = self.main_script(title, text);
        self.collect_terms();
        self.collect_shingles();
    }

    /// The tokens that say what a term means: a number with what it counts ("12 arrests"), the words of a name that stand
    /// beside it as far as they are among `shared`, sorted or not ("Port Alder"), and other words alone.
    pub fn phrase(&self, term: &Found, shared: &[u32]) -> Range<u32> {
        let at = term.token as usize;
        let (mut first, mut last) = (at, at);
        if term.kind == Kind::Number {
            let counted = self.tokens.get(at + 1).filter(|next| {
                let token = self.tokens[at];
                let is_word = next.flags & (TITLE | NUMBER | OPENS | SIGN) == token.flags & TITLE && next.function == 0;
                // A blank, or a sign such as % or € before it.
                is_word && (1..=2).contains(&next.start.saturating_sub(token.end))
            });
            last += usize::from(counted.is_some());
        } else if self.tokens[at].flags & (CAPITAL | LOUD) == CAPITAL {
            let is_shared = |at: usize| shared.contains(&((self.tokens[at].hash >> 32) as u32));
            while first > 0 && last - first < NAME_WORDS && self.is_one_name(first - 1) && is_shared(first - 1) {
                first -= 1;
            }
            while last - first < NAME_WORDS && self.is_one_name(last) && is_shared(last + 1) {
                last += 1;
            }
        }
        first as u32..last as u32 + 1
    }

    /// How tokens are written, all of one [`Reading::phrase`].
    pub fn shown<'a>(&self, tokens: &Range<u32>, title: &'a str, text: &'a str) -> &'a str {
        let (first, last) = (self.tokens[tokens.start as usize], self.tokens[tokens.end as usize - 1]);
        let source = if first.flags & TITLE != 0 { title } else { text };
        &source[first.start as usize..last.end as usize]
    }

    fn scan(&mut self, text: &str, flags: u16) {
        let text = &text[..text.floor_char_boundary(BYTES_MAX)];
        let bytes = text.as_bytes();
        let (mut at, mut opens) = (0, true);
        while let Some(&byte) = bytes.get(at) {
            if self.tokens.len() >= WORDS_MAX {
                return;
            }
            if byte.is_ascii_alphanumeric() {
                let tail = bytes[at..].iter().position(|byte| !byte.is_ascii_alphanumeric());
                let end = tail.map_or(bytes.len(), |length| at + length);
                let joins = bytes.get(end).is_some_and(|byte| matches!(byte, b'\'' | b'.' | b',' | b':' | 0x80..));
                if joins {
                    at = self.long_word(text, at, flags, opens);
                } else {
                    self.plain_word(text, at, end, flags, opens);
                    at = end;
                }
                opens = false;
            } else if byte.is_ascii() {
                opens |= matches!(byte, b'.' | b'!' | b'?' | b'\n' | b'"');
                at += 1;
            } else {
                let Some(c) = text[at..].chars().next() else { return };
                if c.is_alphanumeric() {
                    at = self.long_word(text, at, flags, opens);
                    opens = false;
                } else {
                    opens |= matches!(c, '…' | '。' | '！' | '？' | '“' | '„' | '«' | '»' | '”' | '‘');
                    at += c.len_utf8();
                }
            }
        }
    }

    /// A run of ASCII letters and digits with nothing joined to it.
    #[inline]
    fn plain_word(&mut self, text: &str, start: usize, end: usize, flags: u16, opens: bool) {
        let word = &text.as_bytes()[start..end];
        if word[0].is_ascii_digit() {
            return self.number(text, start, end, flags);
        }
        let whole = hash_of_lowered(word);
        let facts = lexeme::facts_of(whole);
        let single = &word[..singular(word)];
        let mut flags = flags;
        if word[0].is_ascii_uppercase() {
            flags |= CAPITAL;
        }
        if opens {
            flags |= OPENS;
        }
        if word.len() == 1 {
            flags |= LETTER;
        }
        let stems = STEM_LETTERS
            .map(|letters| if single.len() >= letters { hash_of_lowered(&single[..letters]) ^ STEM } else { 0 });
        let hash = if single.len() < word.len() { hash_of_lowered(single) } else { whole };
        self.push(whole, Token { hash, stems, start: start as u32, end: end as u32, flags, function: 0 }, facts);
    }

    /// A word with other letters than those of ASCII, or with a sign inside; gives where it ends.
    fn long_word(&mut self, text: &str, start: usize, flags: u16, opens: bool) -> usize {
        let mut lower = std::mem::take(&mut self.lower);
        lower.clear();
        let (mut end, mut stem_end, mut last) = (start, None, ' ');
        let mut dotless = false;
        for (offset, c) in text[start..].char_indices() {
            let next = || text[start + offset + c.len_utf8()..].chars().next();
            if is_sign(c) {
                if offset == 0 {
                    end = start + c.len_utf8();
                    lower.push(c);
                }
                break;
            }
            let joins = c.is_alphanumeric()
                || matches!(c, '\u{300}'..='\u{36F}')
                || match c {
                    '\'' | '’' => last.is_alphanumeric() && next().is_some_and(char::is_alphabetic),
                    '.' | ',' | ':' => last.is_ascii_digit() && next().is_some_and(|c| c.is_ascii_digit()),
                    _ => false,
                };
            if !joins {
                break;
            }
            if matches!(c, '\'' | '’') && offset > 1 && stem_end.is_none() {
                stem_end = Some(start + offset);
            }
            if stem_end.is_none() {
                match c {
                    'ı' | 'İ' => {
                        dotless = true;
                        lower.push('i');
                    }
                    '\u{307}' => {}
                    _ => lower.extend(c.to_lowercase()),
                }
            }
            end = start + offset + c.len_utf8();
            last = c;
        }
        let flags = if stem_end.is_some() { flags | ENDING } else { flags };
        let stem_end = stem_end.unwrap_or(end);
        self.folded_word(text, start..stem_end, &lower, dotless, (flags, opens));
        self.lower = lower;
        // A word that is one strange character still is a step.
        end.max(start + 1)
    }

    fn folded_word(
        &mut self,
        text: &str,
        range: Range<usize>,
        lower: &str,
        dotless: bool,
        (mut flags, opens): (u16, bool),
    ) {
        let Some(first) = text[range.clone()].chars().next() else { return };
        if first.is_ascii_digit() {
            return self.number(text, range.start, range.end, flags);
        }
        if first.is_uppercase() {
            flags |= CAPITAL;
        }
        if opens {
            flags |= OPENS;
        }
        if is_sign(first) {
            flags |= SIGN;
        } else if lower.chars().nth(1).is_none() {
            flags |= LETTER;
        }
        let whole = hash_of(lower);
        let facts = if dotless {
            let other: String =
                text[range.clone()].chars().flat_map(|c| if c == 'İ' { 'i' } else { c }.to_lowercase()).collect();
            lexeme::facts(&other)
        } else {
            lexeme::facts_of(whole)
        };
        let single = &lower[..singular(lower.as_bytes())];
        let mut starts = single.char_indices().map(|(at, _)| at).skip(STEM_LETTERS[1]);
        let (five, six) = (starts.next(), starts.next());
        let long = |cut: Option<usize>, letters: usize| {
            let cut = cut.or_else(|| (single.chars().count() == letters).then_some(single.len()));
            cut.map_or(0, |cut| hash_of(&single[..cut]) ^ STEM)
        };
        let stems = [long(six, STEM_LETTERS[0]), long(five, STEM_LETTERS[1])];
        let (start, end) = (range.start as u32, range.end as u32);
        self.push(whole, Token { hash: hash_of(single), stems, start, end, flags, function: 0 }, facts);
    }

    fn push(&mut self, whole: u64, mut token: Token, facts: lexeme::Facts) {
        match words::known(whole) {
            Some(Known::Calendar) => token.flags |= CALENDAR,
            Some(Known::Whence) => token.flags |= WHENCE,
            Some(Known::Number(value)) => {
                let mut digits = [0; 5];
                token.hash = words::hash_of_number(decimal(value, &mut digits));
                token.stems = [0; 2];
                token.flags = token.flags & !(CAPITAL | LETTER) | NUMBER | if value < 10 { SMALL } else { 0 };
            }
            None => {}
        }
        token.function = facts.function;
        if facts.easy {
            token.flags |= EASY;
        }
        if facts.stop {
            token.flags |= SMART_STOP;
        }
        self.tokens.push(token);
    }

    /// A word that begins with a digit: a number when nothing but separators and an ending follow ("3,800", "3rd").
    fn number(&mut self, text: &str, start: usize, end: usize, flags: u16) {
        let mut digits = [0u8; 18];
        let (mut count, mut letters) = (0, 0);
        for &byte in &text.as_bytes()[start..end] {
            if byte.is_ascii_digit() {
                if letters > 0 {
                    letters = usize::MAX / 2;
                }
                if let Some(place) = digits.get_mut(count) {
                    *place = byte;
                }
                count += 1;
            } else if !matches!(byte, b'.' | b',' | b':' | b'\'') {
                letters += 1;
            }
        }
        let (start_at, end_at) = (start as u32, end as u32);
        let token = Token { hash: 0, stems: [0; 2], start: start_at, end: end_at, flags, function: 0 };
        if letters > 2 || count > digits.len() {
            // A model, a code: as good as a name.
            let hash = hash_of(&text[start..end].to_lowercase());
            self.tokens.push(Token { hash, flags: flags | CAPITAL, ..token });
            return;
        }
        let digits = std::str::from_utf8(&digits[..count]).expect("digits are ASCII");
        let small = if count == 1 { SMALL } else { 0 };
        self.tokens.push(Token { hash: words::hash_of_number(digits), flags: flags | NUMBER | small, ..token });
    }

    /// In a Headline Written Like This, and in one THAT SHOUTS, capitals mean nothing.
    fn doubt_capitals(&mut self) {
        let mut start = 0;
        while start < self.tokens.len() {
            let next = self.tokens[start + 1..].iter().position(|token| token.flags & OPENS != 0);
            let end = next.map_or(self.tokens.len(), |length| start + 1 + length);
            let sentence = &mut self.tokens[start..end];
            let capitals = sentence.iter().filter(|token| token.flags & CAPITAL != 0).count();
            if sentence.len() > 3 && capitals * 10 > sentence.len() * 6 {
                sentence.iter_mut().for_each(|token| token.flags |= OPENS | LOUD);
            }
            start = end;
        }
    }

    fn main_script(&self, title: &str, text: &str) -> Script {
        let mut counts = [0u32; SCRIPTS.len()];
        for token in self.tokens.iter().take(SAMPLE_WORDS).filter(|token| token.flags & NUMBER == 0) {
            let source = if token.flags & TITLE != 0 { title } else { text };
            let byte = source.as_bytes()[token.start as usize];
            if byte.is_ascii() {
                counts[0] += 1;
            } else if let Some(c) = source[token.start as usize..].chars().next() {
                counts[script(c) as usize] += 1;
            }
        }
        let most = (0..SCRIPTS.len()).max_by_key(|&at| (counts[at], std::cmp::Reverse(at))).unwrap_or_default();
        SCRIPTS[most]
    }

    /// The function words of the language that most of them belong to.
    fn language(&self) -> Option<u8> {
        let mut counts = [0u32; 8];
        for token in self.tokens.iter().take(SAMPLE_WORDS) {
            let mut bits = token.function;
            while bits != 0 {
                counts[bits.trailing_zeros() as usize] += 1;
                bits &= bits - 1;
            }
        }
        let most = (0..8u8).max_by_key(|&bit| (counts[usize::from(bit)], std::cmp::Reverse(bit)))?;
        (counts[usize::from(most)] > 0).then_some(most)
    }

    fn collect_terms(&mut self) {
        self.terms.clear();
        let language = self.language();
        let stem = usize::from(language == Some(TURKISH));
        let mut sign: Option<(u64, u32)> = None;
        for (number, token) in self.tokens.iter().enumerate() {
            let place = number.saturating_sub(self.title);
            let part = match place {
                ..LEAD_WORDS => 1.0,
                LEAD_WORDS..BODY_WORDS => BODY,
                _ => break,
            };
            let flags = token.flags;
            let mut found = Found {
                hash: (token.hash >> 32) as u32,
                kind: Kind::Word,
                named: flags & (CAPITAL | OPENS) == CAPITAL || self.opens_with_name(number),
                common: flags & CAPITAL == 0,
                capital: flags & CAPITAL != 0,
                part: 1.0,
                weight: part,
                token: number as u32,
            };
            if flags & SIGN != 0 {
                // One sign says little, two next to each other are a word.
                if let Some((before, end)) = sign
                    && end == token.start
                {
                    found.hash = (mix(before.rotate_left(17) ^ token.hash) >> 32) as u32;
                    found.token -= 1;
                    self.terms.push(found);
                }
                sign = Some((token.hash, token.end));
                continue;
            }
            sign = None;
            if flags & NUMBER != 0 {
                found.kind = Kind::Number;
                found.weight *= if flags & SMALL != 0 { SMALL_NUMBER } else { 1.0 };
                self.terms.push(found);
                continue;
            }
            let stops = language.is_some_and(|bit| token.function >> bit & 1 == 1)
                || language == Some(ENGLISH) && flags & SMART_STOP != 0;
            if stops || flags & LETTER != 0 {
                continue;
            }
            if flags & CALENDAR != 0 {
                found.weight *= CALENDAR_NAME;
                (found.named, found.common) = (false, true);
                self.terms.push(found);
                continue;
            }
            if language == Some(GERMAN) && found.named && !self.is_german_name(number) {
                (found.named, found.common) = (false, true);
            }
            if language == Some(ENGLISH) && flags & EASY != 0 && !found.named {
                found.weight *= EASY_WORD;
                found.common = true;
            }
            if found.capital {
                found.part = 1.0 / self.name_words(number);
            }
            self.terms.push(found);
            // English hardly inflects, and what it does `singular` takes off.
            if language != Some(ENGLISH) && token.stems[stem] != 0 {
                let hash = (token.stems[stem] >> 32) as u32;
                self.terms.push(Found { hash, kind: Kind::Stem, ..found });
            }
        }
        self.terms.sort_unstable_by_key(|term| (term.hash, term.token));
        let mut kept: usize = 0;
        let mut count = 1.0f32;
        for at in 0..self.terms.len() {
            let term = self.terms[at];
            match kept.checked_sub(1).map(|last| &mut self.terms[last]) {
                Some(last) if last.hash == term.hash => {
                    last.named |= term.named;
                    last.common |= term.common;
                    last.part = last.part.min(term.part);
                    count += 1.0;
                    // 1 + ln n, a step at a time.
                    let before = 1.0 + (count - 1.0).ln();
                    last.weight *= (1.0 + count.ln()) / before;
                }
                _ => {
                    self.terms[kept] = term;
                    kept += 1;
                    count = 1.0;
                }
            }
        }
        self.terms.truncate(kept);
    }

    /// A sentence that begins with a name shows it: another capital follows, or an ending.
    fn opens_with_name(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let next = self.tokens.get(at + 1).filter(|next| token.end + 1 == next.start);
        token.flags & (CAPITAL | LOUD) == CAPITAL
            && token.function == 0
            && (token.flags & ENDING != 0 || next.is_some_and(|next| next.flags & (CAPITAL | OPENS) == CAPITAL))
    }

    /// The words of the name that a token with a capital belongs to: it and its neighbours with capitals, three at most.
    fn name_words(&self, at: usize) -> f32 {
        let before = at > 0 && self.is_one_name(at - 1);
        1.0 + f32::from(u8::from(before)) + f32::from(u8::from(self.is_one_name(at)))
    }

    /// A token and the next are words of one name.
    fn is_one_name(&self, at: usize) -> bool {
        let is_part = |token: &Token| token.flags & CAPITAL != 0 && token.function == 0;
        self.tokens.get(at..at + 2).is_some_and(|pair| {
            pair[0].end + 1 == pair[1].start
                && pair[0].flags & TITLE == pair[1].flags & TITLE
                && is_part(&pair[0])
                && is_part(&pair[1])
        })
    }

    /// In German every noun has a capital. Names stand beside other capitals, or where one comes from.
    fn is_german_name(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let before = at.checked_sub(1).map(|at| &self.tokens[at]).filter(|before| before.end + 1 == token.start);
        let after = self.tokens.get(at + 1).filter(|after| token.end + 1 == after.start);
        before.is_some_and(|before| before.flags & WHENCE != 0 || before.flags & CAPITAL != 0 && before.function == 0)
            || after.is_some_and(|after| after.flags & (CAPITAL | OPENS) == CAPITAL)
    }

    fn collect_shingles(&mut self) {
        self.shingles.clear();
        let body = &self.tokens[self.title..];
        let compared = if body.len() < SHORT_WORDS { self.tokens.as_slice() } else { body };
        let join =
            |run: &[Token]| (run.iter().fold(0, |h: u64, token| mix(h.rotate_left(21) ^ token.hash)) >> 32) as u32;
        match compared.len() {
            0 => {}
            1 | 2 => self.shingles.push(join(compared)),
            _ => self.shingles.extend(compared.windows(3).map(join)),
        }
        self.shingles.sort_unstable();
        self.shingles.dedup();
        self.shingles.truncate(SHINGLES_MAX);
    }
}

/// What a number below ten, a day or month and one of the three thousand words that every child knows weigh beside
/// their like.
const SMALL_NUMBER: f32 = 0.5;
const CALENDAR_NAME: f32 = 0.3;
const EASY_WORD: f32 = 0.7;

/// Keeps a stem apart from a word of the same letters.
const STEM: u64 = 0x9e6c_63d0_676a_9a99;

/// How much of a word is left without an English plural's s; other languages lose one letter on both sides.
fn singular(word: &[u8]) -> usize {
    match word {
        [head @ .., last, b's' | b'S']
            if head.len() > 1 && !matches!(last.to_ascii_lowercase(), b's' | b'u' | b'i') =>
        {
            word.len() - 1
        }
        _ => word.len(),
    }
}

fn decimal(value: u16, digits: &mut [u8; 5]) -> &str {
    let (mut rest, mut at) = (value, digits.len());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    std::str::from_utf8(&digits[at..]).expect("digits are ASCII")
}

/// A sign of a script whose words stand without blanks between them: Han, kana, Thai, Lao, Burmese, Khmer.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{20000}'..='\u{3FFFF}')
}

fn script(c: char) -> Script {
    match c {
        '\0'..='\u{36F}' | '\u{1E00}'..='\u{1EFF}' => Script::Latin,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        '\u{400}'..='\u{52F}' => Script::Cyrillic,
        '\u{590}'..='\u{8FF}' => Script::Semitic,
        '\u{900}'..='\u{DFF}' => Script::Indic,
        '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' => {
            Script::EastAsian
        }
        _ => Script::Other,
    }
}
