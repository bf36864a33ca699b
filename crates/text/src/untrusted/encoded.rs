//! Commands that are written in a code, or in characters that do not show.

use super::clean::{Unseen, tag_letter, unseen};
use super::{Kind, Reason, shortened};
use crate::html::decode_entities;

/// Runs that are decoded in one text, and the bytes of all together.
const RUNS_MAX: usize = 400;
const BYTES_MAX: usize = 1 << 18;
/// Shortest run of a code, in bytes, and shortest text that is looked at.
const RUN_MIN: usize = 16;
const TEXT_MIN: usize = 8;

/// What runs of a code say, with their places; also of a code within a code.
pub(super) fn decode(text: &str) -> Vec<(usize, usize, String)> {
    let mut left = Left { runs: RUNS_MAX, bytes: BYTES_MAX };
    let mut found = decoded(text, &mut left);
    for index in 0..found.len() {
        let (start, end) = (found[index].0, found[index].1);
        let inner = decoded(&found[index].2, &mut left);
        found.extend(inner.into_iter().map(|(_, _, text)| (start, end, text)));
    }
    found
}

struct Left {
    runs: usize,
    bytes: usize,
}

/// Runs of a code that decode to text: their bytes and the text.
fn decoded(text: &str, left: &mut Left) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    let mut keep = |start: usize, end: usize, decoded: Option<String>, left: &mut Left| {
        if let Some(decoded) = decoded.filter(|decoded| is_text(decoded)) {
            left.bytes = left.bytes.saturating_sub(decoded.len());
            found.push((start, end, decoded));
            return true;
        }
        false
    };
    for (start, end) in
        runs(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'='))
    {
        if left.runs == 0 {
            break;
        }
        if end - start > left.bytes {
            continue;
        }
        let run = &text[start..end];
        left.runs -= 1;
        if !keep(start, end, hex(run), left) {
            keep(start, end, base64(run), left);
        }
    }
    for (start, end) in
        runs(text, |byte| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b'\\' | b'x' | b',' | b'u' | b':'))
    {
        if left.runs == 0 {
            break;
        }
        if end - start > left.bytes {
            continue;
        }
        let run = &text[start..end];
        if run.contains([' ', '\\', ',', ':']) {
            left.runs -= 1;
            keep(start, end, escapes(run).or_else(|| binary(run)).or_else(|| decimal(run)), left);
        }
    }
    for (start, end) in runs(text, |byte| byte > b' ') {
        let run = &text[start..end];
        if left.runs == 0 {
            break;
        }
        if run.len() > left.bytes {
            continue;
        }
        if run.matches('%').take(4).count() == 4 {
            left.runs -= 1;
            keep(start, end, percent(run), left);
        }
        if run.matches("&#").take(4).count() == 4 {
            left.runs -= 1;
            keep(start, end, Some(decode_entities(run).into_owned()), left);
        }
    }
    found
}

/// The places of at least [`RUN_MIN`] fitting bytes in a row.
fn runs(text: &str, fits: impl Fn(u8) -> bool) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && fits(bytes[at]) {
                at += 1;
            }
            let end = at;
            at += 1;
            let whole = text.is_char_boundary(start) && text.is_char_boundary(end);
            if end - start >= RUN_MIN && whole {
                return Some((start, end));
            }
        }
        None
    })
}

fn is_text(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).count();
    text.len() >= TEXT_MIN
        && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
        && letters * 10 >= text.chars().count() * 7
}

fn base64(run: &str) -> Option<String> {
    let (mut bits, mut count, mut out) = (0u32, 0, Vec::with_capacity(run.len() * 3 / 4));
    for byte in run.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(out).ok()
}

fn hex(run: &str) -> Option<String> {
    let run = run.strip_prefix("0x").unwrap_or(run);
    let pairs = run.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    (run.len().is_multiple_of(2))
        .then(|| pairs.collect::<Option<Vec<u8>>>())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

/// `69 67 6e`, `\x69\x67\x6e`, `\u0069\u0067` and such.
fn escapes(run: &str) -> Option<String> {
    let parts = run.split([' ', '\\', ',', ':']).filter(|part| !part.is_empty());
    let codes = parts.map(|part| match part.strip_prefix("0x").unwrap_or(part.trim_start_matches(['x', 'u'])) {
        digits if matches!(digits.len(), 2 | 4) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
        _ => None,
    });
    codes.collect()
}

fn binary(run: &str) -> Option<String> {
    let codes =
        run.split_whitespace().map(|part| if part.len() == 8 { u8::from_str_radix(part, 2).ok() } else { None });
    codes.collect::<Option<Vec<u8>>>().and_then(|bytes| String::from_utf8(bytes).ok())
}

fn decimal(run: &str) -> Option<String> {
    let parts = run.split([' ', ',']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse::<u8>().ok().filter(|code| *code >= 10).map(char::from)).collect()
}

fn percent(run: &str) -> Option<String> {
    let (bytes, mut out, mut at) = (run.as_bytes(), Vec::with_capacity(run.len()), 0);
    while at < bytes.len() {
        let code = run
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(if bytes[at] == b'+' { b' ' } else { bytes[at] }));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).ok()
}

/// Tags, selectors and zero-width characters in such numbers that they say something; each with its weight, 100 is enough.
pub(super) fn unseen_runs(text: &str) -> Vec<(u32, Reason)> {
    let mut found = Vec::new();
    let (mut run, mut start) = (Vec::new(), 0);
    let (mut inside, mut bidi) = (0u32, 0u32);
    let mut previous = ' ';
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if let Some(kind) = unseen(c).filter(|_| at < text.len()) {
            if run.is_empty() {
                start = at;
            }
            if run.len() < 2_000 {
                run.push((c, kind));
            }
            continue;
        }
        if !run.is_empty() {
            let of = |wanted: Unseen| run.iter().filter(|(_, kind)| *kind == wanted).count();
            let (tags, selectors) = (of(Unseen::Tag), of(Unseen::Selector));
            let hidden: String = run.iter().filter_map(|(c, _)| tag_letter(*c).or_else(|| selected(*c))).collect();
            let weight = match () {
                () if tags > 6 || (tags > 0 && previous != '\u{1F3F4}') || selectors >= 8 => 100,
                () if of(Unseen::ZeroWidth) + of(Unseen::Joiner) >= 16 => 100,
                () => 0,
            };
            if weight > 0 && found.len() < 100 {
                found.push((weight, Reason { kind: Kind::Hidden, text: shortened(&hidden), start, end: at }));
            }
            bidi += u32::from(run.iter().any(|(c, _)| matches!(c, '\u{202D}' | '\u{202E}')));
            inside += u32::from(
                of(Unseen::ZeroWidth) + of(Unseen::Joiner) > 0
                    && previous.is_ascii_lowercase()
                    && c.is_ascii_lowercase(),
            );
            run.clear();
        }
        previous = c;
    }
    if inside >= 4 {
        found.push((
            40,
            Reason {
                kind: Kind::Hidden,
                text: "words split by characters without a width".to_owned(),
                start: 0,
                end: 0,
            },
        ));
    }
    if bidi > 0 {
        found.push((
            40,
            Reason { kind: Kind::Hidden, text: "the direction of the text is overridden".to_owned(), start: 0, end: 0 },
        ));
    }
    found
}

/// The byte that a variation selector stands for where text is smuggled in them.
fn selected(c: char) -> Option<char> {
    let byte = match c {
        '\u{E0100}'..='\u{E01EF}' => u32::from(c) - 0xE0100 + 16,
        _ => return None,
    };
    char::from_u32(byte).filter(|c| c.is_ascii() && !c.is_ascii_control())
}
