//! Titles as parts of an address.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a title without a single Latin letter or digit becomes.
const FALLBACK: &str = "item";

/// `title` in lower-case ASCII letters, digits and single hyphens, at most `max_len` bytes (a longer
/// one ends at a word where it can), never empty. Letters lose their marks (`ğ` → `g`, `ä` → `a`),
/// ligatures are spelled out (`ß` → `ss`), an apostrophe joins (`Ankara'da` → `ankarada`), and what
/// has no Latin form is left out.
pub fn slugify(title: &str, max_len: usize) -> String {
    let mut slug = String::with_capacity(title.len().min(max_len + 8));
    let mut gap = false;
    let mut cut = false;
    for c in title.nfkd() {
        if is_combining_mark(c) || matches!(c, '\'' | '’' | 'ʼ' | '\u{AD}' | '\u{200B}' | '\u{200D}') {
            continue;
        }
        let mut one = [0; 4];
        let Some(letters) = ascii(c, &mut one) else {
            gap = true;
            continue;
        };
        let joint = usize::from(gap && !slug.is_empty());
        if slug.len() + joint + letters.len() > max_len {
            cut = !gap;
            break;
        }
        if joint == 1 {
            slug.push('-');
        }
        slug.push_str(letters);
        gap = false;
    }
    // A word cut in the middle goes, unless it is the only one or most of the slug.
    if cut && let Some(at) = slug.rfind('-').filter(|at| *at >= max_len / 2) {
        slug.truncate(at);
    }
    if slug.is_empty() { FALLBACK.to_owned() } else { slug }
}

/// `text` in lower case without marks, for matching: `İstanbul`, `istanbul` and `ISTANBUL` become one.
/// Dotless `ı` counts as `i`; letters of other scripts stay as they are, in lower case.
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ı' { 'i' } else { c })
        .collect()
}

fn ascii(c: char, one: &mut [u8; 4]) -> Option<&str> {
    Some(match c {
        'a'..='z' | '0'..='9' => c.encode_utf8(one),
        'A'..='Z' => c.to_ascii_lowercase().encode_utf8(one),
        'ı' => "i",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ł' | 'Ł' => "l",
        'þ' | 'Þ' => "th",
        'ħ' | 'Ħ' => "h",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
