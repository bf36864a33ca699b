//! The normal form in which phrases are looked for: the letters that a model would read, whatever they are written with.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::clean::unseen;

/// Longest word that is kept, in bytes; the rest of a longer one is passed over.
pub(super) const WORD_MAX: usize = 160;

/// Where a run of a script without blanks is cut, in bytes.
const UNSPACED_MAX: usize = 120;

/// Single letters in a row that make up a word.
const SPACED_MIN: usize = 6;

/// A word in its normal form, and the bytes of the input that it stands in.
pub(super) struct Word<'w> {
    pub text: &'w str,
    pub start: usize,
    pub end: usize,
    /// Single letters that stood apart: where words begin is not known.
    pub spaced: bool,
    /// Parts that signs tie together, which follow by themselves.
    pub joined: bool,
    /// More than a blank stands before it: a clause, an item or a line begins.
    pub opens: bool,
}

pub(super) trait Listener {
    fn word(&mut self, word: Word<'_>);
    /// A sentence or a paragraph ends.
    fn pause(&mut self, paragraph: bool);
}

/// Reads `text` word by word.
pub(super) fn read(text: &str, listener: &mut impl Listener) {
    let mut reader = Reader {
        listener,
        word: String::new(),
        start: 0,
        end: 0,
        parts: Vec::new(),
        spaced: String::new(),
        spaced_at: (0, 0),
        letters: Vec::new(),
        opens: true,
        spaced_opens: false,
    };
    let chars = text.char_indices();
    let mut lines = 0;
    for (at, c) in chars {
        let end = at + c.len_utf8();
        if unseen(c).is_some() {
            continue;
        }
        let next = || text[end..].chars().find(|c| unseen(*c).is_none());
        let in_word = match c {
            _ if c.is_ascii() => {
                c.is_ascii_alphanumeric()
                    || (matches!(c, '@' | '$' | '!' | '|') && next().is_some_and(char::is_alphanumeric))
            }
            _ => fold(c, |_| ()),
        };
        if in_word {
            lines = 0;
            if is_unspaced(c) && reader.word.len() >= UNSPACED_MAX {
                reader.end_of_word(false);
            }
            reader.letter(c, at, end);
            continue;
        }
        if !c.is_ascii() && is_combining_mark(c) {
            continue;
        }
        let glued = matches!(c, '-' | '*' | '_' | '~' | '·' | '.' | '/' | '\'' | '‐' | '‑')
            && next().is_some_and(char::is_alphanumeric);
        reader.end_of_word(glued);
        reader.opens |= !glued && (c == '\n' || !c.is_whitespace());
        lines = if c == '\n' {
            lines + 1
        } else if c.is_whitespace() {
            lines
        } else {
            0
        };
        let ends = matches!(c, '.' | '!' | '?' | '。' | '؟' | '।') && next().is_none_or(|c| !c.is_alphanumeric());
        if lines == 2 || ends {
            reader.pause(lines == 2);
        }
    }
    reader.end_of_word(false);
    reader.pause(true);
}

struct Reader<'l, L> {
    listener: &'l mut L,
    word: String,
    start: usize,
    end: usize,
    /// Parts that one sign ties together, such as `pre-vious`: where each ends in `word`, and its bytes.
    parts: Vec<(usize, usize, usize)>,
    /// Letters that stand alone, and their bytes.
    spaced: String,
    spaced_at: (usize, usize),
    letters: Vec<(usize, usize)>,
    /// More than a blank stood before the word that comes next, and before the first of `spaced`.
    opens: bool,
    spaced_opens: bool,
}

impl<L: Listener> Reader<'_, L> {
    fn letter(&mut self, c: char, at: usize, end: usize) {
        if self.word.len() == self.parts.last().map_or(0, |part| part.0) {
            self.start = at;
        }
        self.end = end;
        if self.word.len() < WORD_MAX {
            let word = &mut self.word;
            fold(c, |c| word.push(c));
        }
    }

    fn end_of_word(&mut self, glued: bool) {
        let from = self.parts.last().map_or(0, |part| part.0);
        if self.word.len() > from {
            self.parts.push((self.word.len(), self.start, self.end));
        }
        if glued && self.parts.len() < 40 && self.word.len() < WORD_MAX {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let parts = std::mem::take(&mut self.parts);
        let singles =
            parts.iter().scan(0, |from, part| Some(part.0 - std::mem::replace(from, part.0))).all(|len| len == 1);
        if parts.len() > 1 && !singles {
            let (start, end) = (parts[0].1, parts[parts.len() - 1].2);
            self.flush();
            let opens = self.opens;
            // As one word, and then each part: only words that are known count.
            self.listener.word(Word { text: &word, start, end, spaced: false, joined: true, opens });
        }
        let mut from = 0;
        for (to, start, end) in &parts {
            self.emit(&word[from..*to], *start, *end);
            from = *to;
        }
        self.word = word;
        self.word.clear();
        self.parts = parts;
        self.parts.clear();
    }

    fn emit(&mut self, text: &str, start: usize, end: usize) {
        if text.chars().count() == 1 && self.spaced.len() < WORD_MAX && text.starts_with(char::is_alphabetic) {
            if self.spaced.is_empty() {
                self.spaced_at.0 = start;
                self.spaced_opens = std::mem::take(&mut self.opens);
            } else if start - self.spaced_at.1 > 6 {
                self.flush();
                self.spaced_at.0 = start;
                self.spaced_opens = std::mem::take(&mut self.opens);
            }
            self.spaced_at.1 = end;
            self.spaced.push_str(text);
            self.letters.push((start, end));
            return;
        }
        self.flush();
        let opens = std::mem::take(&mut self.opens);
        self.listener.word(Word { text, start, end, spaced: false, joined: false, opens });
    }

    fn flush(&mut self) {
        let spaced = std::mem::take(&mut self.spaced);
        let mut opens = std::mem::take(&mut self.spaced_opens);
        if self.letters.len() >= SPACED_MIN {
            let (start, end) = self.spaced_at;
            self.listener.word(Word { text: &spaced, start, end, spaced: true, joined: false, opens });
        } else {
            for (letter, (start, end)) in spaced.chars().zip(&self.letters) {
                self.listener.word(Word {
                    text: letter.encode_utf8(&mut [0; 4]),
                    start: *start,
                    end: *end,
                    spaced: false,
                    joined: false,
                    opens: std::mem::take(&mut opens),
                });
            }
        }
        self.letters.clear();
        self.spaced = spaced;
        self.spaced.clear();
    }

    fn pause(&mut self, paragraph: bool) {
        // `i. g. n. o. r. e.` is no row of sentences.
        if paragraph || self.letters.len() < 3 {
            self.flush();
            self.listener.pause(paragraph);
        }
    }
}

/// Whether `c` belongs to a script that sets no blanks between words: Han, kana, Thai and their neighbours.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{EDF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}

/// Hands on what `c` looks like, in lower case and without accents; whether there is anything.
pub(super) fn fold(c: char, mut put: impl FnMut(char)) -> bool {
    if c.is_ascii() {
        put(c.to_ascii_lowercase());
        return true;
    }
    let mut any = false;
    let mut each = |c: char| {
        if is_combining_mark(c) || !(c.is_alphanumeric()) {
            return;
        }
        for c in c.to_lowercase().filter(|c| !is_combining_mark(*c)) {
            any = true;
            match c {
                'ß' => ['s', 's'].into_iter().for_each(&mut put),
                'æ' => ['a', 'e'].into_iter().for_each(&mut put),
                'œ' => ['o', 'e'].into_iter().for_each(&mut put),
                _ => put(look_alike(c)),
            }
        }
    };
    match c {
        // Negative and regional letters have no decomposition.
        '\u{1F150}'..='\u{1F169}' => each(char::from(b'a' + (u32::from(c) - 0x1F150) as u8)),
        '\u{1F170}'..='\u{1F189}' => each(char::from(b'a' + (u32::from(c) - 0x1F170) as u8)),
        '\u{1F1E6}'..='\u{1F1FF}' => each(char::from(b'a' + (u32::from(c) - 0x1F1E6) as u8)),
        _ => std::iter::once(c).nfkd().take(8).for_each(&mut each),
    }
    any
}

/// The Latin letter that a small letter looks like. Source: confusables.txt of UTS 39, the letters of Cyrillic, Greek, Armenian,
/// Cherokee and extended Latin that pass for Latin in running text.
#[rustfmt::skip]
fn look_alike(c: char) -> char {
    match c {
        'ı' | 'і' | 'ι' | 'ɩ' | 'ӏ' | 'ɪ' | 'Ꭵ' | 'ꙇ' | 'ן' => 'i',
        'а' | 'α' | 'ɑ' | 'ᴀ' | 'ꭺ' => 'a', 'в' | 'β' | 'ʙ' | 'ь' => 'b', 'с' | 'ϲ' | 'ᴄ' | 'ⅽ' => 'c', 'ԁ' | 'đ' | 'ᴅ' | 'ժ' => 'd',
        'е' | 'ε' | 'є' | 'ҽ' | 'ᴇ' | 'ə' => 'e', 'ғ' | 'ꜰ' | 'ẝ' => 'f', 'ɡ' | 'ɢ' | 'ց' | 'ġ' => 'g', 'һ' | 'н' | 'η' | 'հ' | 'ʜ' => 'h',
        'ј' | 'ϳ' | 'ᴊ' => 'j', 'к' | 'κ' | 'ᴋ' => 'k', 'ł' | 'ʟ' | 'ⅼ' => 'l', 'м' | 'μ' | 'ᴍ' | 'ⅿ' => 'm', 'п' | 'ո' | 'ռ' | 'ɴ' => 'n',
        'о' | 'ο' | 'σ' | 'օ' | 'ø' | 'ᴏ' | 'ס' => 'o', 'р' | 'ρ' | 'ᴘ' => 'p', 'ԛ' | 'զ' => 'q', 'г' | 'ʀ' | 'ᴦ' => 'r', 'ѕ' | 'ꜱ' | 'ʂ' => 's',
        'т' | 'τ' | 'ᴛ' => 't', 'υ' | 'ս' | 'ᴜ' | 'ʋ' => 'u', 'ν' | 'ѵ' | 'ᴠ' => 'v', 'ԝ' | 'ω' | 'ш' | 'ᴡ' => 'w', 'х' | 'χ' => 'x',
        'у' | 'γ' | 'ү' | 'ʏ' | 'ყ' => 'y', 'ᴢ' | 'ʐ' => 'z',
        _ => c,
    }
}
