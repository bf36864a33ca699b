//! Pieces: what stands between white space, with a number for each whose word needs no closer look.

use std::ops::Range;

use super::is_space;
use crate::lexeme::Lexemes;

/// What Python's `split()` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub range: Range<usize>,
    /// Present when the piece is one word of ASCII letters and digits, with or without ASCII punctuation around it.
    pub plain: Option<Plain>,
}

/// The word of a plain piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Bytes of punctuation before and after the word.
    pub lead: u16,
    pub trail: u16,
    /// The number of its lower-case form in [`Lexemes`].
    pub lexeme: u32,
    shape: u8,
}

const FIRST_CAPITAL: u8 = 1;
const MORE_CAPITALS: u8 = 2;
const SMALL: u8 = 4;
const DIGIT: u8 = 8;
const JOINING: u8 = 16;
/// These two are no shapes of words, but classes of bytes as some of the others are.
const PUNCTUATION: u8 = 32;
const SPACE: u8 = 64;
const WORD: u8 = MORE_CAPITALS | SMALL | DIGIT;

/// What each byte can be; nothing for those that are not of ASCII, and for control characters.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        classes[byte] = match c {
            b'a'..=b'z' => SMALL,
            b'A'..=b'Z' => MORE_CAPITALS,
            b'0'..=b'9' => DIGIT,
            b'\'' | b'_' => PUNCTUATION | JOINING,
            // The last four are the information separators, white space for Python.
            b'\t'..=b'\r' | b' ' | 0x1c..=0x1f => SPACE,
            _ if c.is_ascii_punctuation() => PUNCTUATION,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

impl Plain {
    pub fn has_capital(self) -> bool {
        self.shape & (FIRST_CAPITAL | MORE_CAPITALS) != 0
    }

    /// A capital and no small letter.
    pub fn is_upper(self) -> bool {
        self.has_capital() && self.shape & SMALL == 0
    }

    /// A capital at the beginning and no other.
    pub fn is_capitalised(self) -> bool {
        self.shape & (FIRST_CAPITAL | MORE_CAPITALS) == FIRST_CAPITAL
    }

    pub fn has_digit(self) -> bool {
        self.shape & DIGIT != 0
    }

    /// An apostrophe or underscore stands beside the word, which for some rules belong to it.
    pub fn is_joined(self) -> bool {
        self.shape & JOINING != 0
    }

    pub fn is_bare(self) -> bool {
        self.lead == 0 && self.trail == 0
    }
}

impl Piece {
    /// The bytes of a plain piece's word.
    pub fn core(&self, plain: Plain) -> Range<usize> {
        self.range.start + usize::from(plain.lead)..self.range.end - usize::from(plain.trail)
    }
}

/// A longer piece is looked at letter by letter.
const PLAIN_BYTES: usize = 1_024;

/// The pieces of `text`, and the different words among the plain ones.
pub fn pieces(text: &str) -> (Vec<Piece>, Lexemes) {
    let bytes = text.as_bytes();
    let (mut pieces, mut lexemes) = (Vec::with_capacity(bytes.len() / 6), Lexemes::for_text(bytes.len()));
    let mut at = 0;
    while at < bytes.len() {
        if let Some(length) = space(text, at) {
            at += length;
            continue;
        }
        let piece = read(text, at, &mut lexemes);
        at = piece.range.end;
        pieces.push(piece);
    }
    (pieces, lexemes)
}

/// The length of the white space at `at`.
fn space(text: &str, at: usize) -> Option<usize> {
    let byte = text.as_bytes()[at];
    if byte.is_ascii() {
        return (CLASSES[usize::from(byte)] == SPACE).then_some(1);
    }
    text[at..].chars().next().filter(|c| is_space(*c)).map(char::len_utf8)
}

fn read(text: &str, start: usize, lexemes: &mut Lexemes) -> Piece {
    let bytes = text.as_bytes();
    // The end of the bytes of some classes, and which of them there were.
    let run = |mut at: usize, wanted: u8| {
        let mut classes = 0;
        while let Some(class) =
            bytes.get(at).map(|byte| CLASSES[usize::from(*byte)]).filter(|class| class & wanted != 0)
        {
            classes |= class;
            at += 1;
        }
        (at, classes)
    };
    let (core, before) = run(start, PUNCTUATION);
    let capital = bytes.get(core).is_some_and(u8::is_ascii_uppercase);
    let (tail, inside) = run(core + usize::from(capital), WORD);
    let (end, after) = run(tail, PUNCTUATION);
    let ends = |at: usize| at == bytes.len() || space(text, at).is_some();
    if tail > core && end - start <= PLAIN_BYTES && ends(end) {
        let first = if capital { FIRST_CAPITAL } else { 0 };
        let shape = first | inside | ((before | after) & JOINING);
        let (lead, trail) = ((core - start) as u16, (end - tail) as u16);
        let plain = Plain { lead, trail, lexeme: lexemes.plain(&text[core..tail]), shape };
        return Piece { range: start..end, plain: Some(plain) };
    }
    let length = text[end..].find(is_space).unwrap_or(text.len() - end);
    Piece { range: start..end + length, plain: None }
}
