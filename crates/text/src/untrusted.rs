//! Text from strangers on its way to a model: what no reader sees is taken out ([`clean`]), what commands a model is found
//! ([`inspect`]).
//!
//! Neither makes a text harmless: a detector marks what a person should look at, and the call that drafts has no tools and no
//! secrets. Both are linear in the text, keep a bounded number of findings and never panic.

mod clean;
mod commands;
mod encoded;
mod features;
mod fold;
mod fuzz;
mod lexicon;
mod marks;
mod model;
mod roles;
mod sentence;

use std::ops::Range;

pub use clean::{clean_html, clean_text};
pub use fuzz::fuzz;

use crate::html;
use commands::Orders;
use model::MODEL;
use sentence::{Window, Windows};

/// The weight of a sign that says by itself that a text is suspicious.
const ENOUGH: u32 = 100;

/// What signs outside of quotations weigh together that say it in a text that reports nothing.
const MARKED: u32 = 95;

/// Signs kept of one text.
const FOUND_MAX: usize = 200;
/// Reasons told of one text, and the characters of each.
const REASONS_MAX: usize = 20;
const REASON_CHARS: usize = 160;
/// Windows whose reasons are told, and the score from which on they are; 0 makes a text suspicious.
const TOLD_MAX: usize = 3;
const TOLD_MIN: f32 = -1.5;

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

impl Kind {
    const ALL: [Self; 15] = [
        Self::Override,
        Self::Role,
        Self::Address,
        Self::Reveal,
        Self::Secret,
        Self::Send,
        Self::Task,
        Self::Conceal,
        Self::Safety,
        Self::Authority,
        Self::Marker,
        Self::Turn,
        Self::Hidden,
        Self::Encoded,
        Self::Exfiltration,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Role => "role",
            Self::Address => "address",
            Self::Reveal => "reveal",
            Self::Secret => "secret",
            Self::Send => "send",
            Self::Task => "task",
            Self::Conceal => "conceal",
            Self::Safety => "safety",
            Self::Authority => "authority",
            Self::Marker => "marker",
            Self::Turn => "turn",
            Self::Hidden => "hidden",
            Self::Encoded => "encoded",
            Self::Exfiltration => "exfiltration",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A sign of the machinery around a model.
#[derive(Clone, Debug)]
struct Found {
    kind: Kind,
    /// 100 is a sign that says it by itself.
    weight: u32,
    pattern: usize,
    start: usize,
    end: usize,
}

/// Looks for what commands a model.
pub fn inspect(text: &str) -> Inspection {
    let (model, quotes) = (&*MODEL, quotes(text));
    let mut seen = model::Seen::new();
    let mut told: Vec<(f32, Vec<Reason>)> = Vec::new();
    let (mut best, mut place, mut orders) = (f32::MIN, None, Orders::default());
    windows(text, &quotes, |window, part, run| {
        let model::Said { score, commands } = model.score(part, window, &mut seen, &mut orders);
        if score > best {
            best = score;
            place = run.clone().or_else(|| window.place());
        }
        let is_told = commands || score + model.bias >= TOLD_MIN;
        if !is_told || (told.len() == TOLD_MAX && told.iter().all(|known| known.0 >= score)) {
            return;
        }
        let reasons = match &run {
            Some(run) => {
                vec![Reason { kind: Kind::Encoded, text: shortened(part), start: run.start, end: run.end }]
            }
            None => model.reasons(part, window, &mut seen),
        };
        told.push((score, reasons));
        told.sort_by(|one, other| other.0.total_cmp(&one.0));
        told.truncate(TOLD_MAX);
    });
    let signs = signs(text, &quotes);
    orders.mark(signs.marked >= MARKED);
    let score = model.bias
        + if best == f32::MIN { 0.0 } else { best }
        + signs.values.iter().map(|(kind, quoted, value)| value * model.mark(*kind, *quoted)).sum::<f32>();
    let mut reasons = signs.reasons;
    reasons.extend(told.into_iter().flat_map(|(_, reasons)| reasons));
    reasons.truncate(REASONS_MAX);
    reasons.sort_by_key(|reason| (reason.start, reason.end, reason.kind));
    reasons.dedup();
    let suspicious = signs.is_enough || orders.are_enough() || score >= 0.0;
    if let Some(place) = place.filter(|_| suspicious && reasons.is_empty()) {
        // Many words said a little each.
        let (start, end) = (place.start, place.end);
        reasons.push(Reason { kind: Kind::Task, text: shortened(&text[place]), start, end });
    }
    Inspection { suspicious, reasons }
}

/// Hands on the windows of a text and of what is encoded in it, these with the place of their run.
fn windows(text: &str, quotes: &[Range<usize>], mut found: impl FnMut(&Window<'_>, &str, Option<Range<usize>>)) {
    let hidden: Vec<Range<usize>> = html::hidden(text).into_iter().map(|hidden| hidden.range).collect();
    fold::read(text, &mut Windows::new(quotes, &hidden, |window: &Window<'_>| found(window, text, None)));
    for (start, end, decoded) in encoded::decode(text) {
        let mut decoded_windows = Windows::new(&[], &[], |window: &Window<'_>| {
            found(&Window { tokens: window.tokens, encoded: true }, &decoded, Some(start..end));
        });
        fold::read(&decoded, &mut decoded_windows);
    }
}

/// What stands in a text beside its words.
struct Signs {
    /// The heaviest of each kind, quoted or not; 1 says it by itself.
    values: Vec<(Kind, bool, f32)>,
    /// Characters that do not show say something.
    is_enough: bool,
    /// The weights of the signs that stand outside of quotations, each counted once.
    marked: u32,
    reasons: Vec<Reason>,
}

fn signs(text: &str, quotes: &[Range<usize>]) -> Signs {
    let mut signs = Signs { values: Vec::new(), is_enough: false, marked: 0, reasons: Vec::new() };
    let mut note = |weight: u32, quoted: bool, reason: Reason| {
        let value = weight as f32 / ENOUGH as f32;
        match signs.values.iter_mut().find(|known| (known.0, known.1) == (reason.kind, quoted)) {
            Some(known) => known.2 = known.2.max(value),
            None => signs.values.push((reason.kind, quoted, value)),
        }
        signs.reasons.push(reason);
    };
    let mut enough = false;
    for (weight, reason) in encoded::unseen_runs(text) {
        enough |= weight >= ENOUGH;
        note(weight, false, reason);
    }
    let mut found = Vec::new();
    marks::find(text, &mut found);
    let (mut marked, mut patterns) = (0, Vec::new());
    for part in found {
        if !patterns.contains(&part.pattern) && !in_any(quotes, part.start) {
            patterns.push(part.pattern);
            marked += part.weight;
        }
        let place = part.start..part.end;
        let text = shortened(&text[place.clone()]);
        let reason = Reason { kind: part.kind, text, start: place.start, end: place.end };
        note(part.weight, in_any(quotes, place.start), reason);
    }
    (signs.is_enough, signs.marked) = (enough, marked);
    signs
}

/// Whether one of the ranges, which are in order and apart, holds `place`.
fn in_any(ranges: &[Range<usize>], place: usize) -> bool {
    let next = ranges.partition_point(|range| range.end <= place);
    ranges.get(next).is_some_and(|range| range.start <= place)
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

/// Quotations and code within a line, fenced blocks, quoted and indented lines; in order, none within another.
fn quotes(text: &str) -> Vec<Range<usize>> {
    const QUOTE_MAX: usize = 400;
    const PAIRS: [(char, &[char]); 9] = [
        ('“', &['”', '“']),
        ('„', &['“', '”']),
        ('«', &['»']),
        ('»', &['«']),
        ('‘', &['’']),
        ('"', &['"']),
        ('`', &['`']),
        ('「', &['」']),
        ('『', &['』']),
    ];
    let mut found = fences(text);
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let at = line_start;
        line_start += line.len();
        if line.trim_start().starts_with("> ") {
            found.push(at..line_start);
            continue;
        }
        let mut open: Option<(usize, &[char])> = None;
        let mut before = ' ';
        for (offset, c) in line.char_indices() {
            let place = at + offset;
            match open {
                // An apostrophe ends nothing.
                Some((_, ['\''])) if c == '\'' && line[offset + 1..].starts_with(char::is_alphanumeric) => (),
                Some((start, close)) if close.contains(&c) => {
                    found.push(start..place + c.len_utf8());
                    open = None;
                }
                Some((start, _)) if place - start > QUOTE_MAX => open = None,
                Some(_) => (),
                // alt="…" quotes nobody.
                None if c == '\'' => {
                    let opens = !before.is_alphanumeric()
                        && before != '='
                        && line[offset + 1..].starts_with(char::is_alphanumeric);
                    open = opens.then_some((place, &['\''][..]));
                }
                None if before != '=' && !(before.is_alphanumeric() && c == '"') => {
                    open = PAIRS.iter().find(|(sign, _)| *sign == c).map(|(_, close)| (place, *close));
                }
                None => (),
            }
            before = c;
        }
    }
    found.sort_by_key(|range| range.start);
    let mut end = 0;
    found.retain(|range| {
        let keep = range.start >= end;
        end = end.max(range.end);
        keep
    });
    found
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
#[cfg(test)]
mod train;
