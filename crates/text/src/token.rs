//! One pass over a text: pieces between white space, words, sentences and paragraphs, all as byte ranges of it.
//!
//! Two notions of a word live side by side. A *piece* is what Python's `split()` gives, punctuation included; the
//! reference measures (sentiment, readability) are defined on pieces. A *word* is what a reader would call one:
//! letters, digits and marks with inner apostrophes, hyphens and decimal points; everything else is built on words.

use std::ops::Range;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// A text cut up once for every measure.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    pub text: &'a str,
    pub pieces: Vec<Range<usize>>,
    pub words: Vec<Word<'a>>,
    pub sentences: Vec<Sentence>,
    /// Ranges between empty lines, without surrounding white space.
    pub paragraphs: Vec<Range<usize>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Word<'a> {
    pub text: &'a str,
    pub start: usize,
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
        let mut words = words(text);
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
        Self { text, pieces: pieces(text), words, sentences, paragraphs: paragraphs(text) }
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
    // Latin letters with signs are the usual case and need no table.
    if !c.is_alphanumeric() || matches!(c, '\u{c0}'..='\u{24f}') {
        return c.is_alphanumeric();
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

/// The ranges between white space.
pub fn pieces(text: &str) -> Vec<Range<usize>> {
    let (mut pieces, mut start) = (Vec::new(), None);
    for (at, c) in text.char_indices() {
        match (is_space(c), start) {
            (true, Some(from)) => {
                pieces.push(from..at);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    pieces.extend(start.map(|from| from..text.len()));
    pieces
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut characters = text.char_indices().peekable();
    let (mut start, mut broken) = (None, true);
    let mut previous = ' ';
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map_or(' ', |&(_, next)| next);
        let joins = match c {
            '\'' | '’' | '-' | '‐' | '_' | '&' | '\u{ad}' => previous.is_alphanumeric() && next.is_alphanumeric(),
            '.' | ',' | ':' => previous.is_ascii_digit() && next.is_ascii_digit(),
            _ => is_word_char(c) || start.is_some() && is_mark(c),
        };
        match (joins, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(Word { text: &text[from..at], start: from, sentence: 0, after_break: broken });
                (start, broken) = (None, !is_space(c));
            }
            (false, None) => broken |= !is_space(c),
            (true, Some(_)) => {}
        }
        previous = c;
    }
    if let Some(from) = start {
        words.push(Word { text: &text[from..], start: from, sentence: 0, after_break: broken });
    }
    words
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
    let (mut start, mut characters) = (0, text.char_indices().peekable());
    while let Some((at, c)) = characters.next() {
        let wide = matches!(c, '。' | '！' | '？');
        let mut end = at + c.len_utf8();
        if c == '\n' {
            let rest = &text[end..];
            let blank = rest.trim_start_matches([' ', '\t', '\r']);
            if blank.starts_with('\n') {
                push(start, at);
                start = end;
            }
        } else if wide || matches!(c, '.' | '!' | '?' | '…') {
            while let Some(&(_, closer)) = characters.peek() {
                if !matches!(closer, '.' | '!' | '?' | '…' | '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」') {
                    break;
                }
                end += closer.len_utf8();
                characters.next();
            }
            let rest = &text[end..];
            let follows = rest.chars().next();
            let opens = rest.chars().take(8).find(|c| !is_space(*c) && !"\"'“‘«([".contains(*c));
            let ends = follows.is_none_or(is_space) && !opens.is_some_and(char::is_lowercase);
            if wide || ends && !(c == '.' && end == at + 1 && opens.is_some() && abbreviates(&text[start..at])) {
                push(start, end);
                start = end;
            }
        }
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
