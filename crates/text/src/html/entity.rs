//! Character references.

use std::borrow::Cow;

/// The longest name in the HTML table, `CounterClockwiseContourIntegral`, has 31 letters.
const NAME_LEN_MAX: usize = 31;

/// The longest name that may stand without its semicolon (`Aacute`).
const LEGACY_LEN_MAX: usize = 6;

/// `text` with character references replaced: every HTML name (so also those XML does not know),
/// decimal and hexadecimal numbers. `&#128;`–`&#159;` mean windows-1252, numbers that are no
/// character become U+FFFD, and what is no reference stays as it is.
///
/// The old names may lack their semicolon (`&copy 2026`), but not before a letter, a digit or `=`:
/// `?a=1&copy=2` is an address, not a copyright sign.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(tail) = rest.strip_prefix('&') {
        let used = if let Some(number) = tail.strip_prefix('#') {
            numeric(number, &mut out).map(|n| n + 1)
        } else {
            named(tail, &mut out)
        };
        let after = match used {
            Some(n) => &tail[n..],
            None => {
                out.push('&');
                tail
            }
        };
        let next = after.find('&').unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    Cow::Owned(out)
}

/// Reads what follows `&#`; the bytes used.
fn numeric(text: &str, out: &mut String) -> Option<usize> {
    let (digits, radix, prefix) = match text.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 1),
        None => (text, 10, 0),
    };
    let len = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    if len == 0 {
        return None;
    }
    let significant = digits[..len].trim_start_matches('0');
    let code = match significant.len() {
        0 => 0,
        1..=8 => u32::from_str_radix(significant, radix).unwrap_or(u32::MAX),
        _ => u32::MAX,
    };
    out.push(match code {
        0x80..=0x9F => WINDOWS_1252[(code - 0x80) as usize],
        0 => char::REPLACEMENT_CHARACTER,
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    });
    Some(prefix + len + usize::from(digits[len..].starts_with(';')))
}

/// Reads what follows `&`; the bytes used.
fn named(text: &str, out: &mut String) -> Option<usize> {
    let len = text.bytes().take(NAME_LEN_MAX + 1).take_while(u8::is_ascii_alphanumeric).count();
    if text[len..].starts_with(';') && lookup(&text[..=len], out) {
        return Some(len + 1);
    }
    let stands_alone = len <= LEGACY_LEN_MAX && !text[len..].starts_with('=');
    (stands_alone && len > 1 && lookup(&text[..len], out)).then_some(len)
}

fn lookup(name: &str, out: &mut String) -> bool {
    // The table also holds every prefix of a name, with 0 in place of a character.
    let Some(&(first, second)) = web_atoms::NAMED_ENTITIES.get(name) else { return false };
    let Some(first) = char::from_u32(first).filter(|c| *c != '\0') else { return false };
    out.push(first);
    out.extend(char::from_u32(second).filter(|c| *c != '\0'));
    true
}

/// What browsers show for the C1 numbers (HTML standard, "numeric character reference end state").
#[rustfmt::skip]
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];
