//! What a number counts: the thing behind it, and which things may stand for one another.

use std::ops::Range;

use super::lexicon::{ALIKE, THINGS};
use super::reading::Reading;
use crate::word::fold;

/// What stands behind a number.
#[derive(Default)]
pub(super) struct Counted {
    /// The line of the table of things.
    pub thing: Option<u16>,
    /// The mark of a noun that no table has: an English plural, a plain Turkish one.
    pub plural: Option<u64>,
    /// The token of either.
    pub noun: Option<usize>,
}

/// Whether a number is so many of something said before: "işçilerden üçü".
pub(super) fn is_share(reading: &Reading<'_>, range: &Range<usize>) -> bool {
    let own = &reading.text[range.clone()];
    reading.turkish
        && own.ends_with(['ü', 'i', 'ı', 'u'])
        && !["iki", "yedi", "altı"].iter().any(|bare| own.ends_with(bare))
        && own.chars().all(|c| c.is_alphabetic() || c == ' ')
}

/// The line of the thing that a number counts.
pub(super) fn thing(reading: &Reading<'_>, range: &Range<usize>) -> Option<u16> {
    counted(reading, range, reading.tokens.partition_point(|t| t.word.start < range.end)).thing
}

/// The thing that a plain number counts: a unit that touches it, or the first noun behind it that tells.
pub(super) fn counted(reading: &Reading<'_>, range: &Range<usize>, after: usize) -> Counted {
    let tail = reading.text[range.end..].trim_start_matches([' ', '-', '\u{a0}']);
    let skipped = reading.text.len() - range.end - tail.len();
    let len = tail.char_indices().take(24).find(|(_, c)| !c.is_alphabetic()).map_or(tail.len().min(24), |(at, _)| at);
    let touching = fold(tail.get(..len).unwrap_or(""));
    if skipped <= 3
        && !touching.is_empty()
        && let Some((group, _)) = THINGS.find(&touching).first()
        && THINGS.name(*group).starts_with("m ")
        && (touching.len() > 1 || tail.starts_with(['m', 'g', 'p', 'w']))
    {
        return Counted { thing: Some(*group), ..Counted::default() };
    }
    let own = reading.tokens.get(after.saturating_sub(1)).filter(|own| own.word.end() >= range.end);
    let Some(first) = own.or_else(|| reading.tokens.get(after)).or_else(|| reading.tokens.last()) else {
        return Counted::default();
    };
    let sentence = first.sentence;
    // Of the miners three: what is counted stands before. An age counts nothing.
    let aged = reading.turkish && reading.tokens.get(after).is_some_and(|t| t.key.starts_with("yaş"));
    if aged || is_share(reading, range) {
        return Counted::default();
    }
    // The 4 of a Pro 4 counts nothing.
    let model = !reading.turkish
        && reading.text[..range.start].ends_with(' ')
        && reading.token_at(range.start).checked_sub(1).is_some_and(|at| {
            let before = &reading.tokens[at];
            before.name && before.sentence == sentence && before.word.end() + 1 == range.start && before.role.is_none()
        });
    let verb = |at: usize| {
        reading.tokens.get(at + 1).is_some_and(|next| {
            matches!(&*next.key, "a" | "an" | "the" | "its" | "their" | "his" | "her" | "that" | "it" | "them")
        })
    };
    for (at, token) in reading.tokens.iter().enumerate().skip(after).take(4) {
        if token.sentence != sentence || token.word.is_number() || token.clause != first.clause {
            break;
        }
        let measure = token.thing.is_some_and(|group| THINGS.name(group).starts_with("m "));
        if let Some(group) = token.thing.filter(|_| !measure) {
            // Customer households are households.
            let next = reading.tokens.get(at + 1).filter(|next| next.clause == token.clause && !reading.turkish);
            let head = next.filter(|next| next.word.start == token.word.end() + 1).and_then(|next| next.thing);
            let thing = head.filter(|group| !THINGS.name(*group).starts_with("m ")).unwrap_or(group);
            return Counted { thing: Some(thing), plural: None, noun: Some(at) };
        }
        let (key, text) = (&*token.key, token.word.text);
        if token.name || QUALIFYING.contains(&key) {
            continue;
        }
        if token.stop || token.act || measure {
            break;
        }
        let plural = key.len() >= 4
            && key.ends_with('s')
            && !key.ends_with("ss")
            && !key.ends_with("us")
            && !key.ends_with("is")
            && !GENERAL.contains(&key)
            && !verb(at)
            && !model;
        if plural && !reading.turkish && !text.contains(['\'', '’']) && token.concepts.is_empty() {
            return Counted { thing: None, plural: Some(token.mark), noun: Some(at) };
        }
        let ends = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
        let someone = ends(&["ci", "cu", "cü", "çi", "çu", "çü", "man", "men"]);
        if reading.turkish && !text.contains(['\'', '’']) && !someone && ALIKE.is_bare(key) {
            return Counted { thing: None, plural: Some(token.mark), noun: Some(at) };
        }
        if token.concepts.iter().any(|_| true) {
            break;
        }
    }
    Counted::default()
}

/// Words between a number and what it counts that say nothing of it.
#[rustfmt::skip]
const QUALIFYING: [&str; 14] = [
    "new", "yeni", "more", "other", "old", "eski", "additional", "extra", "further", "different", "separate", "single", "whole", "adet",
];

/// Plurals that stand for whatever is counted.
#[rustfmt::skip]
const GENERAL: [&str; 37] = [
    "things", "objects", "units", "pieces", "parts", "kinds", "types", "varieties", "species", "examples", "samples", "places",
    "sites", "locations", "areas", "spots", "devices", "machines", "models", "works", "titles", "entries", "members", "figures",
    "times", "occasions", "individuals", "organisms", "creatures", "specimens", "groups", "sets", "lots", "others", "dates", "events", "shows",
];

/// Whether the first class of a kind is any of that kind.
pub(super) fn covers(general: &str, special: &str) -> bool {
    const WORKERS: [&str; 12] = [
        "p engineer",
        "p driver",
        "p doctor",
        "p nurse",
        "p teacher",
        "p miner",
        "p farmer",
        "p officer",
        "p firefighter",
        "p soldier",
        "p scientist",
        "p pilot",
    ];
    (general, special) == ("p child", "p pupil")
        || (general, special) == ("p pupil", "p child")
        || (general, special) == ("p passenger", "- seat")
        || (general, special) == ("- seat", "p passenger")
        || general == "p people" && matches!(special, "- case" | "- death" | "- injury")
        || general == "p worker" && WORKERS.contains(&special)
        || matches!(general, "p people" | "v vehicle" | "b building" | "a animal" | "a insect" | "- product")
            && general.get(..2) == special.get(..2)
            && (general != "a insect" || special == "a bee")
}
