//! Words for comparing texts: where they are, one caseless form, stop words, hashes.
//!
//! These rules serve vectors, shingles and grounding. The readability and sentiment measures have
//! their own, given by their sources.

use std::ops::Range;
use std::sync::LazyLock;

/// One word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    pub text: &'a str,
    /// The byte at which it starts.
    pub start: usize,
}

impl<'a> Word<'a> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_numeric())
    }

    pub fn is_capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// The word before its apostrophe: `Ankara'da` → `Ankara`, `Turkey’s` → `Turkey`.
    pub fn stem(&self) -> &'a str {
        match self.text.find(['\'', '’']) {
            Some(at) if at > 1 => &self.text[..at],
            _ => self.text,
        }
    }

    /// The caseless form of the stem.
    pub fn key(&self) -> String {
        fold(self.stem())
    }
}

/// The words of `text`, left to right: runs of letters and digits. An apostrophe between letters and
/// a point, comma or colon between digits are part of the word; a sign of a script without blanks
/// (Han, kana) is a word by itself.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        while !bytes.get(from)?.is_ascii_alphanumeric() {
            let c = text[from..].chars().next()?;
            if is_word_char(c) {
                break;
            }
            from += c.len_utf8();
        }
        let start = from;
        let mut end = start;
        let mut last = None;
        loop {
            // Most letters are of ASCII and need no look at what they are.
            let run = bytes[end..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            if run > 0 {
                if last.is_some_and(is_ideographic) {
                    break;
                }
                end += run;
                last = Some(char::from(bytes[end - 1]));
            }
            let mut chars = text[end..].chars();
            let Some(c) = chars.next() else { break };
            if let Some(last) = last {
                if is_ideographic(last) || is_ideographic(c) {
                    break;
                }
                let joins = is_word_char(c)
                    || chars.next().is_some_and(|next| match c {
                        '\'' | '’' => last.is_alphanumeric() && next.is_alphabetic(),
                        '.' | ',' | ':' => last.is_ascii_digit() && next.is_ascii_digit(),
                        _ => false,
                    });
                if !joins {
                    break;
                }
            }
            end += c.len_utf8();
            last = Some(c);
        }
        from = end;
        Some(Word { text: &text[start..end], start })
    })
}

/// A caseless form. The four Turkish and Latin i's become one, so that `IŞIK`, `Işık` and `ışık` meet
/// whatever the language; everything else is plain lower case.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            'İ' | 'ı' => out.push('i'),
            '\u{307}' => {}
            '’' => out.push('\''),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Whether a [`fold`]ed word carries little meaning in English, Turkish or German.
pub fn is_stop(folded: &str) -> bool {
    folded.len() <= STOP_BYTES_MAX
        && folded.bytes().next().is_some_and(|first| STOP[STOP_FROM[usize::from(first)].clone()].contains(&folded))
}

/// Where the stop words stand that begin with each byte.
static STOP_FROM: LazyLock<Vec<Range<usize>>> = LazyLock::new(|| {
    let from = |byte: u16| STOP.partition_point(|word| u16::from(word.as_bytes()[0]) < byte);
    (0..=255).map(|byte| from(byte)..from(byte + 1)).collect()
});
const STOP_BYTES_MAX: usize = 7;

/// A 64-bit hash, the same on every machine and in every release: stored signatures depend on it.
/// Source: FNV-1a, finished with the mixer of splitmix64, for FNV alone leaves the high bits weak.
pub fn hash(folded: &str) -> u64 {
    hash_bytes(folded.bytes())
}

/// [`hash`] of what the bytes make together.
pub(crate) fn hash_bytes(bytes: impl Iterator<Item = u8>) -> u64 {
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    mix(fnv)
}

/// The finisher of splitmix64 (Steele, Lea and Flood 2014).
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36F}')
}

fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Function words of our three languages, folded and sorted. Short on purpose: what is missing here
/// is common in the collection and loses its weight there.
#[rustfmt::skip]
static STOP: &[&str] = &[
    "a", "aber", "about", "after", "als", "also", "am", "ama", "an", "ancak", "and", "are", "as", "at", "auch", "auf",
    "aus", "ayrica", "bazi", "be", "because", "been", "before", "bei", "beim", "bir", "biz", "bu", "but", "by", "can",
    "could", "da", "daha", "das", "dass", "de", "dem", "den", "der", "des", "di", "die", "diye", "do", "doch", "does",
    "durch", "ein", "eine", "einem", "einen", "einer", "eines", "en", "er", "es", "fakat", "for", "from", "für",
    "gegen", "gibi", "göre", "had", "has", "hat", "hatte", "hatten", "have", "he", "hem", "her", "hier", "his", "i",
    "ihr", "ile", "im", "in", "ins", "into", "is", "ise", "ist", "it", "its", "için", "ja", "kadar", "kein", "ki",
    "man", "may", "mehr", "mi", "mit", "more", "most", "mu", "mü", "nach", "ne", "nicht", "noch", "nor", "not", "nun",
    "nur", "o", "ob", "oder", "of", "olan", "olarak", "oldu", "on", "or", "our", "over", "sehr", "sein", "seine",
    "she", "should", "sich", "sie", "sind", "so", "some", "sonra", "such", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "to", "um", "und", "under", "up", "ve", "veya", "vom", "von",
    "vor", "war", "waren", "was", "we", "were", "what", "when", "which", "while", "who", "wie", "will", "wir", "wird",
    "with", "would", "wurde", "ya", "yani", "you", "your", "zu", "zum", "zur", "çok", "önce", "über", "şu",
];

#[cfg(test)]
mod tests;
