//! Text from strangers on its way to a model: what no reader sees is taken out ([`clean`]), what commands a model is found
//! ([`inspect`]).
//!
//! Neither makes a text harmless: a detector marks what a person should look at, and the call that drafts has no tools and no
//! secrets. Both are linear in the text, keep a bounded number of findings and never panic.

mod clean;
mod encoded;
mod fold;
mod fuzz;
mod marks;
mod sentence;
mod vocabulary;

use std::ops::Range;

pub use clean::{clean_html, clean_text};
pub use fuzz::fuzz;

use crate::html;

/// The sum of weights from which on a text is suspicious.
const SUSPICIOUS: u32 = 100;

/// Findings kept of one text.
const FOUND_MAX: usize = 200;
/// Reasons told of one text, and the characters of each.
const REASONS_MAX: usize = 20;
const REASON_CHARS: usize = 160;

/// Different words of a report on attacks from which on a text counts as one; for what is quoted one is enough.
const REPORT_MIN: usize = 2;
/// What is quoted or told in a report weighs this share, and all of it together at most this.
const REPORTED_PERCENT: u32 = 25;
const REPORTED_MAX: u32 = 60;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    pub text: String,
    pub removed: Removed,
}

/// How many of each kind were taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Removed {
    /// Comments, declarations and processing instructions.
    pub comments: usize,
    /// Hidden elements, scripts, style sheets and templates.
    pub elements: usize,
    pub zero_width: usize,
    pub bidi: usize,
    pub tags: usize,
    pub selectors: usize,
    pub formats: usize,
    pub controls: usize,
}

/// [`clean_html`]: plain text that holds no markup is cleaned as by [`clean_text`].
pub fn clean(text: &str) -> Cleaned {
    clean_html(text)
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Inspection {
    /// The reasons together are enough for a person to look at the text.
    pub suspicious: bool,
    /// What was found, in the order of the text, at most 20; also when it is not enough.
    pub reasons: Vec<Reason>,
}

/// A piece of the text, `start..end` in bytes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    pub kind: Kind,
    /// What was found, on one line, at most 160 characters; decoded where it was encoded.
    pub text: String,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Earlier instructions shall not count.
    Override,
    /// A new role, task or mode.
    Role,
    /// The text speaks to a model.
    Address,
    /// The instructions shall be told.
    Reveal,
    /// Passwords or keys shall be told.
    Secret,
    /// Something shall be called, visited or sent.
    Send,
    /// What the answer shall say.
    Task,
    /// Something shall be kept from people.
    Conceal,
    /// Safety shall be turned off.
    Safety,
    /// It claims to come from the system or its makers.
    Authority,
    /// A sign of a chat template, or the end of a block of data.
    Marker,
    /// A faked turn, tool call or message of the system.
    Turn,
    /// Characters or elements that no reader sees.
    Hidden,
    /// A command in Base64, hexadecimal, percent signs or another code.
    Encoded,
    /// An address that would carry the conversation away.
    Exfiltration,
}

/// Something found, before it is judged.
#[derive(Clone, Debug)]
struct Found {
    kind: Kind,
    weight: u32,
    /// Of the same pattern only the heaviest counts.
    pattern: usize,
    start: usize,
    end: usize,
    /// It follows `to`, `would` or the like: it is told, not commanded.
    told: bool,
    /// It was turned, rotated or encoded.
    encoded: bool,
}

/// Looks for what commands a model.
pub fn inspect(text: &str) -> Inspection {
    let mut sentences = sentence::Sentences::new();
    fold::read(text, &mut sentences);
    let mut found = std::mem::take(&mut sentences.found);
    let reports = sentences.reports.len();
    let is_report = reports >= REPORT_MIN;
    marks::find(text, &mut found);
    let mut reasons = Vec::new();
    let hidden = html::hidden(text);
    let fences = fences(text);
    let mut weights: Vec<(usize, u32)> = Vec::new();
    let mut reported = 0;
    for part in &mut found {
        let is_hidden = in_any(hidden.iter().map(|hidden| &hidden.range), part.start);
        let is_shown = is_quoted(text, part.start, part.end)
            || in_any(fences.iter(), part.start)
            || (part.kind == Kind::Marker && is_report);
        let mut weight = part.weight;
        if !is_hidden && !part.encoded && (is_shown && reports > 0 || part.told && is_report) {
            reported += weight * REPORTED_PERCENT / 100;
            weight = 0;
        } else if is_hidden || part.encoded {
            weight += 50;
        }
        match weights.iter_mut().find(|(pattern, _)| *pattern == part.pattern) {
            Some((_, known)) => *known = weight.max(*known),
            None => weights.push((part.pattern, weight)),
        }
        reasons.push((
            part.weight,
            Reason { kind: part.kind, text: shortened(&text[part.start..part.end]), start: part.start, end: part.end },
        ));
        if is_hidden && part.weight >= 60 {
            reasons.push((
                part.weight,
                Reason {
                    kind: Kind::Hidden,
                    text: shortened(&text[part.start..part.end]),
                    start: part.start,
                    end: part.end,
                },
            ));
        }
    }
    let mut sum = weights.iter().map(|(_, weight)| weight).sum::<u32>() + reported.min(REPORTED_MAX);
    for (weight, reason) in encoded::find(text) {
        sum += if is_report && reason.kind == Kind::Encoded { weight / 2 } else { weight };
        reasons.push((weight, reason));
    }
    reasons.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    reasons.truncate(REASONS_MAX);
    let mut reasons: Vec<Reason> = reasons.into_iter().map(|(_, reason)| reason).collect();
    reasons.sort_by_key(|reason| (reason.start, reason.end, reason.kind));
    reasons.dedup();
    Inspection { suspicious: sum >= SUSPICIOUS, reasons }
}

/// Whether one of the ranges, which are in order, holds `place`.
fn in_any<'r>(ranges: impl Iterator<Item = &'r Range<usize>>, place: usize) -> bool {
    ranges.take_while(|range| range.start <= place).any(|range| range.contains(&place))
}

/// Blocks of code between lines of three backquotes, and `pre` and `code` elements; at most 1,000.
fn fences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (open, close) in [("```", "```"), ("<pre", "</pre>"), ("<code", "</code>")] {
        let mut at = 0;
        while let Some(start) = text[at..].find(open).map(|offset| at + offset) {
            let from = start + open.len();
            let Some(end) = text[from..].find(close).map(|offset| from + offset + close.len()) else { break };
            found.push(start..end);
            at = end;
            if found.len() >= 1_000 {
                break;
            }
        }
    }
    found.sort_by_key(|range| range.start);
    found
}

/// Whether a quotation, or code within a line, begins before and ends after it in its line.
fn is_quoted(text: &str, start: usize, end: usize) -> bool {
    const NEAR: usize = 240;
    let before = &text[text.ceil_char_boundary(start.saturating_sub(NEAR))..start];
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = &text[end..text.floor_char_boundary((end + NEAR).min(text.len()))];
    let after = after.split('\n').next().unwrap_or_default();
    let pairs = [
        ("“", "”"),
        ("„", "“"),
        ("«", "»"),
        ("‘", "’"),
        ("»", "«"),
        ("\"", "\""),
        ("`", "`"),
        (" '", "'"),
        ("('", "'"),
    ];
    let opened = |open: &str, close: &str| match before.rfind(open) {
        // alt="…" quotes nobody.
        Some(at) if open == close => before.matches(open).count() % 2 == 1 && !before[..at].ends_with('='),
        Some(at) => !before[at + open.len()..].contains(close),
        None => false,
    };
    pairs.iter().any(|(open, close)| opened(open, close) && after.contains(close))
        || before.trim_start().starts_with("> ")
        || before.starts_with("    ")
}

fn shortened(text: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if count > 0 {
            out.push(' ');
        }
        for c in word.chars() {
            count += 1;
            if count > REASON_CHARS {
                out.push('…');
                return out;
            }
            out.push(c);
        }
        count += 1;
    }
    out
}

#[cfg(test)]
mod tests;
