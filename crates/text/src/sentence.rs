//! Sentences as a reader sees them, for display, summaries and grounding.
//!
//! (The readability formulas count sentences by the rule of their own sources.)

use std::ops::Range;

/// The sentences of `text` as byte ranges: in order, apart, trimmed, never empty. Between them stand
/// only white space and the marks of list items.
///
/// A line end always ends a sentence. A full stop does not after a title, an initial, a common
/// abbreviation (English, Turkish, German), a date's day or before a small letter.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        split_line(text, start..start + line.len(), &mut sentences);
        start += line.len();
    }
    sentences
}

/// The part of a sentence after the dateline an agency puts before it:
/// `ANKARA, Nov 3 (Reuters) - Prices rose.` → `Prices rose.`
pub fn without_dateline(sentence: &str) -> &str {
    let head_end = sentence.char_indices().nth(60).map_or(sentence.len(), |(at, _)| at);
    for dash in [" - ", " – ", " — ", " -- "] {
        let Some(at) = sentence[..head_end].find(dash) else { continue };
        let (head, body) = (&sentence[..at], sentence[at + dash.len()..].trim_start());
        let place = head.split([',', '(', '/']).next().unwrap_or(head).trim();
        let in_capitals = place.chars().count() > 2
            && place.chars().all(|c| c.is_uppercase() || c.is_whitespace() || matches!(c, '.' | '-' | '\''));
        let agency = head.trim_end().ends_with(')') && head.contains('(') && head.starts_with(char::is_uppercase);
        if (in_capitals || agency) && !body.is_empty() {
            return body;
        }
    }
    sentence
}

fn split_line(text: &str, line: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let mut start = line.start + list_mark(&text[line.clone()]);
    let mut at = start;
    while let Some(found) = text[at..line.end].find(is_stop) {
        let stop = at + found;
        let end = stop_end(text, stop, line.end);
        if ends_sentence(text, start, stop, end, line.end) {
            push(text, start..end, sentences);
            start = end;
        }
        at = end;
    }
    push(text, start..line.end, sentences);
}

fn push(text: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
    let part = &text[range.clone()];
    let trimmed = part.trim();
    if !trimmed.is_empty() {
        let start = range.start + (part.len() - part.trim_start().len());
        sentences.push(start..start + trimmed.len());
    }
}

/// The length of `- `, `* ` or `• ` with the blanks around it.
fn list_mark(line: &str) -> usize {
    let mark = line.trim_start();
    let after = ["- ", "* ", "• ", "•\t"].iter().find_map(|m| mark.strip_prefix(m));
    after.map_or(0, |after| line.len() - after.len())
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।')
}

fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '«' | '“' | '›' | ')' | ']' | '」' | '』')
}

/// The end of the run of stops, closing quotes and brackets that starts at `stop`.
fn stop_end(text: &str, stop: usize, line_end: usize) -> usize {
    let run = &text[stop..line_end];
    let stops = run.find(|c| !is_stop(c)).unwrap_or(run.len());
    let tail = &run[stops..];
    stop + stops + tail.find(|c| !is_closer(c) && !is_stop(c)).unwrap_or(tail.len())
}

fn ends_sentence(text: &str, start: usize, stop: usize, end: usize, line_end: usize) -> bool {
    let run = &text[stop..end];
    if run.starts_with(['。', '！', '？', '।']) {
        return true;
    }
    let rest = &text[end..line_end];
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return false;
    }
    let next = rest.trim_start();
    let opener =
        |c: char| matches!(c, '"' | '\'' | '“' | '‘' | '„' | '«' | '»' | '‹' | '(' | '[' | '¿' | '¡' | '-' | '–' | '—');
    let word = next.trim_start_matches(opener).split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    if word.starts_with(char::is_lowercase) {
        return false;
    }
    if next.is_empty() || run != "." {
        return true;
    }
    !holds(&text[start..stop], word)
}

/// Whether the single full stop after `before` belongs to its last word; `next` is the word after it.
fn holds(before: &str, next: &str) -> bool {
    let token = before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '“' | '„' | '‘')).next();
    let token = token.unwrap_or(before);
    let opens_sentence = || {
        let next = crate::word::fold(next);
        crate::word::is_stop(&next) && next.len() > 1
    };
    if token.is_empty() {
        return false;
    }
    if token.bytes().all(|b| b.is_ascii_digit()) {
        // A numbered heading ("1. Results"), or a day before its month ("am 3. Oktober", "20. yüzyıl").
        return token.len() <= 2 && (token.len() == before.trim().len() || DATES.contains(&&*crate::word::fold(next)));
    }
    let folded = crate::word::fold(token);
    if TITLES.binary_search(&&*folded).is_ok() {
        return true;
    }
    let letters = token.chars().filter(|c| c.is_alphabetic()).count();
    // Initials and dotted capitals: "J. Smith", "U.S. officials", but "in the U.S. The talks …".
    let initial = letters == 1 && token.chars().all(char::is_uppercase) && before.len() > token.len();
    let dotted = token.contains('.') && token.split('.').all(|part| part.chars().count() <= 2 && !part.is_empty());
    if initial || dotted || (letters == 1 && token.chars().all(char::is_uppercase)) {
        return !opens_sentence();
    }
    // "etc.", "Inc." and their like may end a sentence; a function word with a capital then starts one.
    ABBREVIATIONS.binary_search(&&*folded).is_ok() && !opens_sentence()
}

/// Always followed by more. Folded and sorted.
#[rustfmt::skip]
static TITLES: &[&str] = &[
    "abb", "adm", "alb", "art", "av", "bkz", "bzgl", "bzw", "capt", "cf", "cmdr", "col", "dipl", "doç", "dr", "e.g",
    "eg", "fig", "gen", "gov", "hr", "hrsg", "i.e", "ie", "ing", "lt", "maj", "messrs", "mme", "mr", "mrs", "ms",
    "mt", "nr", "op", "pp", "pres", "prof", "rep", "rev", "sen", "sgt", "sn", "sog", "st", "supt", "tel", "tuğg",
    "vgl", "viz", "vs", "yrd", "yzb", "z.b",
];

/// Usually followed by more. Folded and sorted.
#[rustfmt::skip]
static ABBREVIATIONS: &[&str] = &[
    "apr", "apt", "asst", "aug", "ave", "bd", "bldg", "blvd", "bros", "ca", "cad", "co", "corp", "dec", "dept", "dez",
    "est", "etc", "evtl", "feb", "ggf", "govt", "hz", "inc", "inkl", "jan", "jr", "jul", "jun", "km", "ltd", "mah",
    "max", "md", "min", "mio", "mrd", "no", "nov", "oct", "okt", "ph.d", "phd", "rd", "sep", "sept", "sok", "sr",
    "str", "thu", "thur", "tl", "tue", "univ", "usw", "vb", "vd", "vol", "yy", "örn", "şti",
];

/// What follows the number of a day, a century or an edition. Folded.
#[rustfmt::skip]
static DATES: &[&str] = &[
    "januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember",
    "jahrhundert", "jahrestag", "runde", "platz", "spieltag", "etage", "bundesliga", "liga",
    "ocak", "şubat", "mart", "nisan", "mayis", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasim", "aralik",
    "yüzyil", "madde", "lig", "ligde", "kez", "gün", "hafta", "dönem", "cumhurbaşkani",
];

#[cfg(test)]
mod tests;
