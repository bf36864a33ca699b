//! Whether a draft says only what its sources say.
//!
//! Everything here is deterministic and can be shown to an editor: each number, date, quotation and name of
//! the draft is looked up in the sources, with what it counts and what is said of it; each sentence gets the
//! source sentence that supports it best. Drafts and sources are plain text ([`crate::html::to_text`],
//! [`crate::markdown::to_text`]); titles a draft may use belong among the sources.
//!
//! Where a word of the draft stands in several places of the sources, the place counts whose clause and sentence have
//! most in common with the draft's; in doubt the draft is right.

mod counted;
mod counting;
mod crossed;
mod date;
mod denial;
mod derived;
mod hedge;
mod known;
mod lexicon;
mod name;
mod number;
mod placed;
mod polarity;
mod quotation;
mod reading;
mod role;
mod speaker;
mod spoken;
mod support;
mod thing;
mod verb;
mod who;

use std::ops::Range;

use known::Known;
use reading::Reading;

/// The share of a sentence's content that its best source sentence must hold.
pub const SUPPORT_MIN: f32 = 0.35;

/// Sentences looked at in a draft and in all sources together; a draft's sentences beyond it count as
/// unsupported. Bounds time for absurd input.
const DRAFT_SENTENCES_MAX: usize = 500;
const SOURCE_SENTENCES_MAX: usize = 5_000;

/// A longer sentence, or one of which less stands in a source sentence, is not searched for a source's within it.
const LIFTED_MIN: f32 = 0.45;
const LIFTED_BYTES_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Report {
    /// Every sentence is a trimmed source sentence, or nothing of a kind that [decides](Kind::decides) was found.
    /// A draft without a sentence is not supported.
    pub supported: bool,
    /// Every sentence is a trimmed source sentence.
    pub verbatim: bool,
    /// What was not found or stands otherwise in the sources, in the order of the draft. Weak sentences are
    /// reported for the editor; they do not decide `supported`.
    pub unsupported: Vec<Unsupported>,
    /// The best support of each sentence of the draft.
    pub sentences: Vec<Support>,
}

/// A piece of the draft, `start..end` in bytes, that the sources do not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unsupported {
    pub kind: Kind,
    pub text: String,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number that no source has, or that a source ties to something else.
    Number,
    /// A date, weekday or time of day that no source has, or that a source ties to something else.
    Date,
    /// A true number with another thing counted.
    Unit,
    Name,
    Quotation,
    /// A word whose opposite the sources have in its place: rose for fell.
    Direction,
    /// What the sources deny is said, or the other way round.
    Negation,
    /// Another doer, object, speaker or role than in the sources.
    Attribution,
    /// A sentence that no source sentence resembles.
    Sentence,
}

impl Kind {
    /// Whether a finding of this kind makes a draft unsupported.
    pub fn decides(self) -> bool {
        self != Kind::Sentence
    }
}

/// A sentence of the draft, `start..end` in bytes, and the source that supports it best.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Support {
    pub start: usize,
    pub end: usize,
    /// The position in the list of sources; `None` when no source shares a word with it.
    pub source: Option<usize>,
    /// The share of its content words and word pairs in that source's best sentence, 0–1.
    pub support: f32,
}

/// Compares `draft` with `sources`.
pub fn check(draft: &str, sources: &[&str]) -> Report {
    let known = Known::of(sources);
    let turkish = known.readings.iter().filter(|reading| reading.turkish).count() * 2 > known.readings.len();
    let reading = Reading::of(draft, DRAFT_SENTENCES_MAX, turkish);
    let ranges = crate::sentence::split(draft);
    let mut verbatim = !ranges.is_empty() && ranges.len() <= DRAFT_SENTENCES_MAX;
    let mut sentences = Vec::with_capacity(ranges.len().min(DRAFT_SENTENCES_MAX));
    let mut unsupported = Vec::new();
    let mut copied = Vec::new();
    let mut lifted: Vec<Range<usize>> = Vec::new();
    for (i, range) in ranges.into_iter().enumerate() {
        let (start, end) = (range.start, range.end);
        let text = &draft[range];
        let within_bound = i < DRAFT_SENTENCES_MAX;
        let is_copy = within_bound && known.is_verbatim(text);
        verbatim &= is_copy;
        let (source, support) = if within_bound { known.support.best(text) } else { (None, 0.0) };
        if within_bound && !is_copy && support >= LIFTED_MIN && text.len() <= LIFTED_BYTES_MAX {
            lifted.extend(known.lifted(text).map(|range| start + range.start..start + range.end));
        }
        let support = if is_copy { 1.0 } else { support };
        sentences.push(Support { start, end, source, support });
        if support < SUPPORT_MIN {
            unsupported.push(Unsupported { kind: Kind::Sentence, text: text.to_owned(), start, end });
        }
        copied.push(is_copy);
    }
    if verbatim {
        // Where the draft is the source's own words, a quotation mark opened in the sentence before says nothing.
        return Report { supported: true, verbatim, unsupported: Vec::new(), sentences };
    }
    let mut found: Vec<(Kind, Range<usize>)> = Vec::new();
    found.extend(dates_and_numbers(&reading, &known));
    found.extend(quotation::missing(draft, &known.running).into_iter().map(|range| (Kind::Quotation, range)));
    if !sources.is_empty() {
        found.extend(name::missing(&reading, &known, &copied).into_iter().map(|range| (Kind::Name, range)));
        found.extend(polarity::turned(&reading, &known, &copied));
        found.extend(counted::misplaced(&reading, &known, &copied));
        // Eleven days are a little under two weeks.
        found.retain(|(kind, range)| {
            let number = reading.numbers.iter().find(|number| number.range == *range);
            *kind != Kind::Unit || !number.is_some_and(|number| derived::explains(&reading, number, &known))
        });
        found.extend(counting::misplaced(&reading, &known, &copied));
        found.extend(who::exchanged(&reading, &known, &copied).into_iter().map(|range| (Kind::Attribution, range)));
        found.extend(crossed::exchanged(&reading, &known, &copied).into_iter().map(|range| (Kind::Attribution, range)));
        found.extend(placed::elsewhere(&reading, &known, &copied).into_iter().map(|range| (Kind::Attribution, range)));
        found.extend(speaker::exchanged(&reading, &known, &copied).into_iter().map(|range| (Kind::Attribution, range)));
        found.extend(role::miscast(&reading, &known, &copied).into_iter().map(|range| (Kind::Attribution, range)));
        found.extend(who::misattributed(&reading, &known, &copied).into_iter().map(|range| (Kind::Attribution, range)));
    }
    // What is the source's own words there is no fault of the draft, and an address says nothing.
    lifted.extend(addresses(draft));
    lifted.sort_by_key(|part| (part.end, part.start));
    found.retain(|(_, range)| {
        let at = lifted.partition_point(|part| part.end < range.end);
        lifted.get(at).is_none_or(|part| range.start < part.start || range.end > part.end)
    });
    unsupported.extend(found.into_iter().map(|(kind, range)| piece(kind, draft, range.start, range.end)));
    unsupported.sort_by_key(|u| (u.start, u.end, u.kind as u8));
    unsupported.dedup_by(|a, b| (a.start, a.end) == (b.start, b.end));
    let supported = !sentences.is_empty() && !unsupported.iter().any(|u| u.kind.decides());
    Report { supported, verbatim, unsupported, sentences }
}

/// Dates and numbers that no source has. A number that is part of a date is the date's affair, and `12.12` may be one.
fn dates_and_numbers(draft: &Reading<'_>, known: &Known<'_>) -> Vec<(Kind, Range<usize>)> {
    let mut found: Vec<(Kind, Range<usize>)> = Vec::new();
    for date in draft.dates.iter().filter(|date| !known.dates.holds(date.when)) {
        if matches!(date.when, date::When::Relative { steps: 0, .. }) && !known.at_another_time(draft, date) {
            continue;
        }
        found.push((Kind::Date, date.range.clone()));
    }
    let mut dates = draft.dates.iter().peekable();
    for number in &draft.numbers {
        while dates.next_if(|date| date.range.end <= number.range.start).is_some() {}
        let dated = dates.peek().is_some_and(|date| date.range.start <= number.range.start);
        if dated {
            continue;
        }
        if known.numbers.holds(draft.text, number) {
            if known.numbers.bounded_otherwise(draft.text, number) {
                found.push((Kind::Number, number.range.clone()));
            }
            continue;
        }
        let at = draft.ratios.partition_point(|ratio| ratio.range.end < number.range.end);
        let part = draft.ratios.get(at).filter(|ratio| ratio.range.start <= number.range.start);
        if part.is_some_and(|ratio| known.numbers.holds(draft.text, ratio) || derived::explains(draft, ratio, known))
            || derived::explains(draft, number, known)
        {
            continue;
        }
        let text = &draft.text[number.range.clone()];
        let short = date::day_and_month(text).is_some_and(|when| known.dates.holds(when));
        // The 31st.
        let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| draft.text[number.range.end..].starts_with(ending));
        let day = ordinal && text.parse().is_ok_and(|day| known.dates.has_day(day));
        let hour = short_of_hour(draft, number).is_some_and(|hour| known.dates.near_hour(hour));
        // 2-6 June.
        let tail = &draft.text[number.range.end..];
        let tail = tail.strip_prefix(['-', '–']).filter(|tail| tail.starts_with(|c: char| c.is_ascii_digit()));
        let from = tail.is_some() && text.parse().is_ok_and(|day| known.dates.has_day(day));
        if !short && !day && !hour && !from {
            found.push((Kind::Number, number.range.clone()));
        }
    }
    found
}

/// The hour of "shortly before 8".
fn short_of_hour(draft: &Reading<'_>, number: &number::Number) -> Option<u16> {
    const WAYS: [&str; 8] = ["before", "after", "around", "about", "by", "at", "past", "nearly"];
    let before = draft.token_at(number.range.start).checked_sub(1)?;
    let way = WAYS.contains(&&*draft.tokens[before].key);
    draft.text[number.range.clone()].parse().ok().filter(|hour| way && (1..=12).contains(hour))
}

/// The addresses of a text; whether they may be linked is not this comparison's affair.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = ["https://", "http://", "www."].iter().filter_map(|sign| text[at..].find(sign)).min() {
        let start = at + start;
        let len = text[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, ')' | ']' | '>' | '"' | '”'))
            .unwrap_or(text.len() - start);
        at = start + len;
        found.push(start..at);
    }
    found
}

fn piece(kind: Kind, draft: &str, start: usize, end: usize) -> Unsupported {
    Unsupported { kind, text: draft[start..end].to_owned(), start, end }
}

/// One form for what differs only in typography: quotation marks, dashes, blanks.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            match c {
                '“' | '”' | '„' | '«' | '»' | '‟' => out.push('"'),
                '‘' | '’' | '‚' | '‹' | '›' => out.push('\''),
                '–' | '—' | '‑' | '−' => out.push('-'),
                '…' => out.push_str("..."),
                '\u{AD}' | '\u{200B}' | '\u{FEFF}' => {}
                _ => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
