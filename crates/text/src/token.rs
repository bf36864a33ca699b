//! One pass over a text: pieces between white space, words, sentences and paragraphs, all as byte ranges of it, and the
//! different words with what the word lists say of them.
//!
//! Two notions of a word live side by side. A *piece* is what Python's `split()` gives, punctuation included; the
//! reference measures (sentiment, readability) are defined on pieces. A *word* is what a reader would call one:
//! letters, digits and marks with inner apostrophes, hyphens and decimal points; everything else is built on words.

use std::ops::Range;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use crate::lexeme::Lexemes;
use crate::scan;

mod piece;

pub use piece::{Piece, Plain, pieces};

/// A text cut up once for every measure.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    pub text: &'a str,
    pub pieces: Vec<Piece>,
    pub lexemes: Lexemes,
    pub words: Vec<Word<'a>>,
    pub sentences: Vec<Sentence>,
    /// Ranges between empty lines, without surrounding white space.
    pub paragraphs: Vec<Range<usize>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Word<'a> {
    pub text: &'a str,
    pub start: usize,
    /// The number of its lower-case form.
    pub lexeme: u32,
    /// Index of the sentence it stands in.
    pub sentence: usize,
    /// Punctuation stands between the previous word and this one.
    pub after_break: bool,
}

impl Word<'_> {
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    pub range: Range<usize>,
    /// Indexes of its words.
    pub words: Range<usize>,
}

impl<'a> Tokens<'a> {
    pub fn of(text: &'a str) -> Self {
        let (pieces, mut lexemes) = pieces(text);
        let mut words = words(text, &pieces, &mut lexemes);
        let mut sentences: Vec<Sentence> =
            sentences(text).into_iter().map(|range| Sentence { range, words: 0..0 }).collect();
        let mut next = 0;
        for (index, sentence) in sentences.iter_mut().enumerate() {
            let first = next;
            while let Some(word) = words.get_mut(next).filter(|word| word.start < sentence.range.end) {
                word.sentence = index;
                next += 1;
            }
            sentence.words = first..next;
        }
        Self { text, pieces, lexemes, words, sentences, paragraphs: paragraphs(text) }
    }

    /// The words of one sentence.
    pub fn words_of(&self, sentence: &Sentence) -> &[Word<'a>] {
        &self.words[sentence.words.clone()]
    }
}

/// White space as Python sees it: Unicode's, and the four information separators U+001C to U+001F.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `\w` of Python's regular expressions: letters, numbers and the underscore, no marks and no symbols.
pub fn is_word_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    // Latin letters with signs are the usual case and need no table: two signs stand among them.
    if matches!(c, '\u{c0}'..='\u{24f}') {
        return !matches!(c, '×' | '÷');
    }
    if !c.is_alphanumeric() {
        return false;
    }
    matches!(
        get_general_category(c),
        Category::UppercaseLetter
            | Category::LowercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter
            | Category::DecimalNumber
            | Category::LetterNumber
            | Category::OtherNumber
    )
}

/// `str.isupper` of Python: a cased character, and none in lower or title case.
pub fn is_upper(word: &str) -> bool {
    let mut upper = false;
    for c in word.chars() {
        if c.is_lowercase() || (!c.is_ascii() && get_general_category(c) == Category::TitlecaseLetter) {
            return false;
        }
        upper |= c.is_uppercase();
    }
    upper
}

fn words<'a>(text: &'a str, pieces: &[Piece], lexemes: &mut Lexemes) -> Vec<Word<'a>> {
    let mut words = Vec::with_capacity(pieces.len());
    let mut broken = true;
    for piece in pieces {
        match piece.plain {
            Some(plain) => {
                let core = piece.core(plain);
                broken |= plain.lead > 0;
                let (start, lexeme) = (core.start, plain.lexeme);
                words.push(Word { text: &text[core], start, lexeme, sentence: 0, after_break: broken });
                broken = plain.trail > 0;
            }
            None => words_of_piece(text, &piece.range, &mut broken, lexemes, &mut words),
        }
    }
    words
}

/// The words of a piece that has more in it than one; `broken` tells whether punctuation stood before.
fn words_of_piece<'a>(
    text: &'a str,
    range: &Range<usize>,
    broken: &mut bool,
    lexemes: &mut Lexemes,
    words: &mut Vec<Word<'a>>,
) {
    let mut push = |from: usize, to: usize, after_break: bool| {
        let text = &text[from..to];
        let lexeme = lexemes.of(&text.to_lowercase());
        words.push(Word { text, start: from, lexeme, sentence: 0, after_break });
    };
    let mut characters = text[range.clone()].char_indices().peekable();
    let (mut start, mut previous) = (None, ' ');
    while let Some((at, c)) = characters.next() {
        let at = range.start + at;
        let next = characters.peek().map_or(' ', |&(_, next)| next);
        let joins = match c {
            '\'' | '’' | '-' | '‐' | '_' | '&' | '\u{ad}' => previous.is_alphanumeric() && next.is_alphanumeric(),
            '.' | ',' | ':' => previous.is_ascii_digit() && next.is_ascii_digit(),
            _ => is_word_char(c) || start.is_some() && is_mark(c),
        };
        match (joins, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                push(from, at, *broken);
                (start, *broken) = (None, true);
            }
            (false, None) => *broken = true,
            (true, Some(_)) => {}
        }
        previous = c;
    }
    if let Some(from) = start {
        push(from, range.end, *broken);
        *broken = false;
    }
}

fn is_mark(c: char) -> bool {
    !c.is_ascii()
        && matches!(get_general_category(c), Category::NonspacingMark | Category::SpacingMark | Category::EnclosingMark)
}

/// Full stops after these end no sentence when a word follows.
const ABBREVIATIONS: &[&str] = &[
    "al", "approx", "av", "bkz", "bzw", "ca", "cf", "co", "corp", "dept", "doç", "dr", "e.g", "ed", "etc", "fig",
    "gen", "gov", "i.e", "inc", "jr", "lt", "ltd", "m", "mme", "mr", "mrs", "ms", "mt", "no", "p", "pp", "prof", "rep",
    "rev", "sen", "sr", "sra", "st", "u.k", "u.s", "usw", "vb", "vol", "vs", "z.b", "örn",
];

/// Sentences as a reader sees them: they end at `. ! ? …` and their wide forms when white space and no lower-case
/// letter follows, at an empty line, and never inside a number or after an abbreviation or an initial.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut push = |from: usize, to: usize| {
        let part = &text[from..to];
        let start = from + part.len() - part.trim_start().len();
        if part.chars().any(char::is_alphanumeric) {
            sentences.push(start..start + part.trim().len());
        }
    };
    let bytes = text.as_bytes();
    let (mut start, mut at) = (0, 0);
    // The wide marks and the ellipsis begin with one of these three bytes.
    let may_end = scan::of(*b"\n.!?\xe2\xe3\xef");
    while let Some(found) = scan::find(&bytes[at..], &may_end) {
        at += found;
        let Some(c) = text[at..].chars().next() else { break };
        let mut end = at + c.len_utf8();
        let wide = matches!(c, '。' | '！' | '？');
        if c == '\n' {
            let rest = &text[end..];
            let blank = rest.trim_start_matches([' ', '\t', '\r']);
            if blank.starts_with('\n') {
                push(start, at);
                start = end;
            }
        } else if wide || matches!(c, '.' | '!' | '?' | '…') {
            let closers = |c| matches!(c, '.' | '!' | '?' | '…' | '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」');
            end = text.len() - text[end..].trim_start_matches(closers).len();
            let rest = &text[end..];
            let follows = rest.chars().next();
            let opens = rest.chars().take(8).find(|c| !is_space(*c) && !"\"'“‘«([".contains(*c));
            let ends = follows.is_none_or(is_space) && !opens.is_some_and(char::is_lowercase);
            if wide || ends && !(c == '.' && end == at + 1 && opens.is_some() && abbreviates(&text[start..at])) {
                push(start, end);
                start = end;
            }
        }
        at = end;
    }
    push(start, text.len());
    sentences
}

/// Whether the last word of `before` is one that takes a full stop of its own.
fn abbreviates(before: &str) -> bool {
    // Abbreviations are short, so the look back is short too.
    let word = before.rsplit(|c: char| is_space(c) || matches!(c, '(' | '"' | '“')).next().unwrap_or_default();
    let mut letters = word.chars();
    let initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none() && word != "I";
    initial || word.len() <= 8 && ABBREVIATIONS.binary_search(&word.to_lowercase().as_str()).is_ok()
}

/// The ranges between empty lines, without the white space around them.
pub fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let (mut paragraphs, mut open, mut at): (Vec<Range<usize>>, bool, usize) = (Vec::new(), false, 0);
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if body.is_empty() {
            open = false;
        } else {
            let start = at + line.len() - line.trim_start().len();
            let end = start + body.len();
            match paragraphs.last_mut().filter(|_| open) {
                Some(last) => last.end = end,
                None => paragraphs.push(start..end),
            }
            open = true;
        }
        at += line.len();
    }
    paragraphs
}

#[cfg(test)]
mod tests;
