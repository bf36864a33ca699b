//! Quotations, compared word by word.

use std::ops::Range;

use crate::word::{fold, words};

/// A quotation mark farther than this from its partner is a stray one.
const QUOTATION_BYTES_MAX: usize = 2_000;

/// Quotations looked up per draft; those beyond it count as missing.
const QUOTATIONS_MAX: usize = 500;

/// Appends the caseless words of `text`, one blank around each, so that punctuation plays no part.
pub(super) fn run(text: &str, out: &mut String) {
    // A mark that no word contains keeps quotations from reaching over two sources.
    out.push_str("| ");
    for word in words(text) {
        out.push_str(&fold(word.text));
        out.push(' ');
    }
}

/// The quotations of `draft` (inside the marks) that are not in the `running` words of the sources.
pub(super) fn missing(draft: &str, running: &str) -> Vec<Range<usize>> {
    let mut missing = Vec::new();
    for (i, quotation) in quotations(draft).into_iter().enumerate() {
        if i >= QUOTATIONS_MAX {
            missing.push(quotation);
            continue;
        }
        let mut wanted = String::new();
        for part in draft[quotation.clone()].split(['…', '[', ']']).flat_map(|part| part.split("...")) {
            // An ellipsis or a bracket is the editor's: the parts around it are the speaker's.
            wanted.clear();
            run(part, &mut wanted);
            let wanted = wanted.trim_start_matches('|');
            if wanted.trim().is_empty() || running.contains(wanted) {
                continue;
            }
            missing.push(quotation.clone());
            break;
        }
    }
    missing
}

/// What stands between quotation marks, in order.
pub(super) fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((open, mark)) = text[at..].char_indices().find(|(i, c)| opens(text, at + i, *c)) {
        let start = at + open + mark.len_utf8();
        at = start;
        let mut inside = text[start..].char_indices().take_while(|(i, c)| *i < QUOTATION_BYTES_MAX && *c != '\n');
        let close = inside.find(|(i, c)| closes(text, start + i, mark, *c));
        if let Some((len, closing)) = close {
            if len > 0 {
                found.push(start..start + len);
            }
            at = start + len + closing.len_utf8();
        }
    }
    found
}

fn opens(text: &str, at: usize, c: char) -> bool {
    match c {
        '"' | '“' | '„' | '«' => true,
        // German puts »…« and ‚…‘; an apostrophe is no quotation.
        '»' | '‘' | '‚' => {
            text[..at].chars().next_back().is_none_or(|before| before.is_whitespace() || before == '(')
        }
        _ => false,
    }
}

fn closes(text: &str, at: usize, mark: char, c: char) -> bool {
    let ends_word = || text[at + c.len_utf8()..].chars().next().is_none_or(|after| !after.is_alphanumeric());
    match mark {
        '"' => c == '"',
        '“' => matches!(c, '”' | '"'),
        '„' => matches!(c, '“' | '”' | '"'),
        '«' => c == '»',
        '»' => c == '«',
        '‘' | '‚' => matches!(c, '’' | '‘') && ends_word(),
        _ => false,
    }
}
