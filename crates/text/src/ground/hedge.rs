//! Words that say how far a number may be from another.

use std::ops::Range;

use crate::word::fold;

/// Words that say how far a number may be from the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hedge {
    About,
    Above,
    Below,
}

/// The hedge before a number, or in Turkish behind it.
pub(super) fn hedge(text: &str, range: &Range<usize>) -> Option<Hedge> {
    let near = text[..range.start].char_indices().rev().take(24).last().map_or(0, |(at, _)| at);
    let before = fold(text[near..range.start].trim_end_matches([' ', '\u{a0}', '$', '€', '£', '₺', '¥', '%']));
    let before = before.strip_suffix(" yüzde").unwrap_or(&before);
    let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    if ends(&["about", "around", "some", "roughly", "approximately", "circa", "close to", "nearly", "almost"])
        || ends(&["yaklaşik", "neredeyse", "hemen hemen", "etwa", "rund", "fast"])
    {
        return Some(Hedge::About);
    }
    if ends(&[
        "more than",
        "over",
        "above",
        "upwards of",
        "at least",
        "en az",
        "mehr als",
        "exceeding",
        "past",
        "exceeded",
        "topped",
    ]) {
        return Some(Hedge::Above);
    }
    if ends(&["less than", "under", "below", "fewer than", "at most", "up to", "weniger als"]) {
        return Some(Hedge::Below);
    }
    let tail = &text[range.end..];
    let far = tail.char_indices().nth(28).map_or(tail.len(), |(at, _)| at);
    let after = fold(&tail[..far]);
    let soon =
        |word: &str| after.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(3).any(|w| w == word);
    match () {
        () if soon("civarinda") || soon("yakin") || soon("kadar") => Some(Hedge::About),
        () if soon("aşkin") || soon("fazla") || soon("aşan") || soon("üzerinde") => Some(Hedge::Above),
        () if soon("altinda") => Some(Hedge::Below),
        () => None,
    }
}
