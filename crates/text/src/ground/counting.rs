//! Places in a row, how often something was done, and what an amount is of.

use std::collections::HashMap;
use std::ops::Range;

use super::Kind;
use super::known::Known;
use super::lexicon::{MEASURES, THINGS};
use super::number::{Number, Unit};
use super::reading::{Reading, shared, value_mark};

/// Places of one text that are looked at.
const PLACES_MAX: usize = 2_000;

/// The third novel: 3, the mark of "novel", its token.
struct Ordinal {
    place: u8,
    mark: u64,
    measure: bool,
    token: usize,
    range: Range<usize>,
}

/// Twice, three times.
struct Often {
    count: u64,
    token: usize,
    range: Range<usize>,
}

pub(super) fn misplaced(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<(Kind, Range<usize>)> {
    let skipped =
        |token: usize| draft.tokens.get(token).is_none_or(|t| skip.get(t.sentence as usize).copied().unwrap_or(false));
    let mut found = Vec::new();
    let ours: Vec<Ordinal> = ordinals(draft).into_iter().filter(|o| !skipped(o.token)).collect();
    let theirs: Vec<Ordinal> =
        if ours.is_empty() { Vec::new() } else { known.readings.iter().flat_map(ordinals).collect() };
    for ordinal in ours {
        let same = |other: &&Ordinal| other.mark == ordinal.mark;
        if theirs.iter().filter(same).any(|other| other.place == ordinal.place) {
            continue;
        }
        if theirs.iter().any(|other| other.mark == ordinal.mark) {
            found.push((Kind::Number, ordinal.range));
        } else if ordinal.measure && theirs.iter().any(|other| other.measure && other.place == ordinal.place) {
            found.push((Kind::Unit, ordinal.range));
        }
    }
    for often in oftens(draft).into_iter().filter(|o| !skipped(o.token)) {
        let clause = draft.marks(draft.clause_of(often.token));
        let near =
            |source: &&Reading<'_>, other: &Often| shared(&clause, &source.marks(source.sentence_of(other.token))) >= 2;
        let all = known.readings.iter().flat_map(|source| oftens(source).into_iter().map(move |other| (source, other)));
        let (mut same, mut other) = (false, false);
        for (source, one) in all {
            same |= one.count == often.count;
            other |= one.count != often.count && near(&source, &one);
        }
        if other && !same {
            found.push((Kind::Number, often.range));
        }
    }
    found.extend(mismeasured(draft, known, &skipped));
    found.extend(misrated(draft, known, &skipped));
    found
}

/// Amounts by the hour that every source has by the day.
fn misrated(draft: &Reading<'_>, known: &Known<'_>, skipped: &dyn Fn(usize) -> bool) -> Vec<(Kind, Range<usize>)> {
    let mut by_value: HashMap<u64, Vec<Option<u16>>> = HashMap::new();
    let mut found = Vec::new();
    let wanted: Vec<(u64, u16, &Number)> = draft
        .numbers
        .iter()
        .take(PLACES_MAX)
        .filter(|number| !skipped(draft.token_at(number.range.start)))
        .filter_map(|number| Some((value_mark(&number.readings.first()?.0), rate(draft, number)?, number)))
        .collect();
    if wanted.is_empty() {
        return found;
    }
    for source in &known.readings {
        for number in source.numbers.iter().take(PLACES_MAX) {
            let Some((value, _)) = number.readings.first() else { continue };
            by_value.entry(value_mark(value)).or_default().push(rate(source, number));
        }
    }
    for (value, ours, number) in wanted {
        let theirs = by_value.get(&value).map_or(&[][..], Vec::as_slice);
        if !theirs.is_empty() && theirs.iter().all(|rate| rate.is_some_and(|rate| rate != ours)) {
            found.push((Kind::Unit, number.range.clone()));
        }
    }
    found
}

/// By which time an amount is: "14 kilometres an hour", "günde 60 dönüm".
fn rate(reading: &Reading<'_>, number: &Number) -> Option<u16> {
    let at = reading.token_at(number.range.start);
    let clause = reading.clause_of(at);
    let after = reading.tokens.partition_point(|t| t.word.start < number.range.end);
    let time = |i: usize| {
        let group = reading.tokens.get(i)?.thing?;
        matches!(THINGS.name(group), "m second" | "m minute" | "m hour" | "m day" | "m week" | "m month" | "m year")
            .then_some(group)
    };
    if reading.turkish {
        let before = clause.start.max(at.saturating_sub(2))..at;
        return before.rev().find_map(|i| {
            let key = &reading.tokens[i].key;
            (key.ends_with("de") || key.ends_with("da") || key.ends_with("te")).then(|| time(i)).flatten()
        });
    }
    (after..clause.end.min(after + 6)).find_map(|i| {
        let article = matches!(&*reading.tokens[i].key, "a" | "an" | "per" | "each" | "every");
        article.then(|| time(i + 1)).flatten()
    })
}

fn ordinals(reading: &Reading<'_>) -> Vec<Ordinal> {
    let mut found = Vec::new();
    for (at, token) in reading.tokens.iter().enumerate() {
        let Some(place) = place(&token.key, token.word.text) else { continue };
        let next = reading.tokens.get(at + 1).filter(|next| next.sentence == token.sentence && next.is_content());
        let Some(next) = next.filter(|next| !next.word.is_number() && next.clause == token.clause && !next.name) else {
            continue;
        };
        if found.len() >= PLACES_MAX {
            break;
        }
        let measure = next.thing.is_some_and(|group| THINGS.name(group).starts_with("m "));
        let range = token.word.start..next.word.end();
        found.push(Ordinal { place, mark: next.mark, measure, token: at, range });
    }
    found
}

fn place(key: &str, text: &str) -> Option<u8> {
    const ENGLISH: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    const TURKISH: [&str; 10] = [
        "birinci",
        "ikinci",
        "üçüncü",
        "dördüncü",
        "beşinci",
        "altinci",
        "yedinci",
        "sekizinci",
        "dokuzuncu",
        "onuncu",
    ];
    let at = |list: &[&str]| list.iter().position(|word| *word == key).map(|at| at as u8 + 1);
    if key == "ilk" {
        return Some(1);
    }
    at(&ENGLISH).or_else(|| at(&TURKISH)).or_else(|| {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| text.strip_suffix(ending))?;
        digits.parse().ok()
    })
}

fn oftens(reading: &Reading<'_>) -> Vec<Often> {
    let mut found = Vec::new();
    for (at, token) in reading.tokens.iter().enumerate() {
        let word = |count| Some((count, token.word.start));
        let said = match &*token.key {
            "twice" => word(2),
            "thrice" => word(3),
            "times" | "kez" | "kere" | "defa" if !token.word.is_capitalised() => {
                let number = reading.numbers.partition_point(|n| n.range.end <= token.word.start);
                let number = number.checked_sub(1).map(|before| &reading.numbers[before]);
                number
                    .filter(|n| n.unit == Unit::Plain && token.word.start - n.range.end <= 2)
                    .and_then(|n| Some((n.readings.first()?.0.parse().ok()?, n.range.start)))
            }
            _ => None,
        };
        if let Some((count, start)) = said {
            found.push(Often { count, token: at, range: start..token.word.end() });
        }
        if found.len() >= PLACES_MAX {
            break;
        }
    }
    found
}

/// Amounts that the draft gives one measure and every source another: the revenue as profit.
fn mismeasured(draft: &Reading<'_>, known: &Known<'_>, skipped: &dyn Fn(usize) -> bool) -> Vec<(Kind, Range<usize>)> {
    let wanted: Vec<(u64, u16, &Number)> = draft
        .numbers
        .iter()
        .take(PLACES_MAX)
        .filter_map(|number| {
            let token = draft.token_at(number.range.start);
            let own = measures(draft, draft.clause_of(token));
            let measure = bound(draft, number).or(if let [one] = own[..] { Some(one) } else { None });
            let (Some(measure), Some((value, _)), false) = (measure, number.readings.first(), skipped(token)) else {
                return None;
            };
            (!number.weak).then(|| (value_mark(value), measure, number))
        })
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut by_value: HashMap<u64, Option<Vec<u16>>> =
        wanted.iter().map(|(mark, ..)| (*mark, Some(Vec::new()))).collect();
    for source in &known.readings {
        for number in &source.numbers {
            let Some((value, _)) = number.readings.first() else { continue };
            let Some(Some(list)) = by_value.get_mut(&value_mark(value)) else { continue };
            let token = source.token_at(number.range.start);
            let bound = bound(source, number).map(|measure| vec![measure]);
            let mut theirs = bound.unwrap_or_else(|| measures(source, source.clause_of(token)));
            if theirs.is_empty() {
                theirs = measures(source, source.sentence_of(token));
            }
            if theirs.is_empty() || list.len() > 64 {
                // Nothing says what it is of.
                by_value.insert(value_mark(value), None);
            } else {
                list.extend(theirs);
            }
        }
    }
    let wrong = |mark: &u64, measure: &u16| matches!(by_value.get(mark), Some(Some(list)) if !list.is_empty() && !list.contains(measure));
    wanted
        .iter()
        .filter(|(mark, measure, _)| wrong(mark, measure))
        .map(|(.., n)| (Kind::Unit, n.range.clone()))
        .collect()
}

/// The measure that stands at the number itself: "a £12m pre-tax loss", "a profit of £12 million".
fn bound(reading: &Reading<'_>, number: &Number) -> Option<u16> {
    let after = reading.tokens.partition_point(|t| t.word.start < number.range.end);
    let at = reading.token_at(number.range.start);
    let clause = reading.clause_of(at);
    let found = |i: usize| MEASURES.find(&reading.tokens[i].key).first().map(|(group, _)| *group);
    let ends =
        |i: &usize| reading.tokens[*i].word.is_number() || (reading.tokens[*i].stop && reading.tokens[*i].key != "in");
    let behind = (after..clause.end.min(after + 3)).take_while(|i| !ends(i)).find_map(found);
    let of = at.checked_sub(2).filter(|_| reading.tokens.get(at - 1).is_some_and(|t| t.key == "of"));
    of.filter(|i| clause.contains(i)).and_then(found).or(behind)
}

/// The measures that a range of words names, each once.
fn measures(reading: &Reading<'_>, range: Range<usize>) -> Vec<u16> {
    let tokens = reading.tokens.get(range.start..range.end.min(range.start + 60)).unwrap_or_default();
    let starts = |sentence: u32| reading.sentences.get(sentence as usize).map_or(0, |range| range.start);
    let named = |at: usize| reading.tokens[at].name && starts(reading.tokens[at].sentence) != at;
    let phrase = |at: usize| {
        let pair = tokens.get(at..at + 2).filter(|pair| MEASURES.leads(&pair[0].key))?;
        MEASURES.find_phrase(&format!("{} {}", pair[0].key, pair[1].key)).first()
    };
    // The costs of "borrowing costs" are no others.
    let second = |at: usize| at.checked_sub(1).and_then(phrase).is_some();
    let of = |at: usize| phrase(at).or_else(|| MEASURES.find(&tokens[at].key).first().filter(|_| !second(at)));
    let mut all: Vec<u16> = (0..tokens.len())
        .filter(|at| !named(range.start + at))
        .filter_map(|at| of(at).map(|(group, _)| *group))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
