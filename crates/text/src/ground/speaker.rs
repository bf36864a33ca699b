//! Who said what stands between quotation marks.

use std::ops::Range;

use super::known::Known;
use super::quotation;
use super::reading::Reading;
use super::who::run;
use crate::word::{fold, words};

/// Quotations of a draft whose speakers are looked up, their first words that are, and places of one in a source.
const QUOTATIONS_MAX: usize = 60;
const WORDS_MAX: usize = 8;
const PLACES_MAX: usize = 8;

/// Words between a name and its verb of saying.
const NEAR: usize = 5;

#[rustfmt::skip]
const SAYING: [&str; 25] = [
    "said", "says", "told", "tells", "added", "adds", "warned", "argued", "called", "calls", "wrote", "explained", "insisted", "replied", "asked",
    "dedi", "söyledi", "belirtti", "açikladi", "ifade", "vurguladi", "ekledi", "konuştu", "kaydetti", "diyor",
];

/// Speakers of quotations that every source gives to somebody else.
pub(super) fn exchanged(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for quotation in quotation::quotations(draft.text).into_iter().take(QUOTATIONS_MAX) {
        let at = draft.token_at(quotation.start);
        let Some(sentence) = draft.tokens.get(at).map(|t| t.sentence as usize) else { continue };
        if skip.get(sentence).copied().unwrap_or(false) {
            continue;
        }
        let Some(speaker) = speaker(draft, draft.sentence_of(at), &quotation) else { continue };
        let own: Vec<u64> = draft.tokens[speaker.clone()].iter().map(|t| t.mark).collect();
        let wanted: Vec<String> = words(&draft.text[quotation]).map(|w| fold(w.text)).take(WORDS_MAX).collect();
        if wanted.len() < 2 || !own.iter().all(|mark| known.stands(*mark)) {
            continue;
        }
        let mut others = 0;
        let mut fits = false;
        for source in &known.readings {
            for place in places(source, &wanted) {
                let names = names_around(source, place, wanted.len());
                fits |= names.is_empty() || names.iter().any(|mark| own.contains(mark));
                others += 1;
            }
        }
        if others > 0 && !fits {
            found.push(draft.tokens[speaker.start].word.start..draft.tokens[speaker.end - 1].word.end());
        }
    }
    found
}

/// The run of names beside a verb of saying, outside the quotation.
fn speaker(reading: &Reading<'_>, sentence: Range<usize>, quotation: &Range<usize>) -> Option<Range<usize>> {
    let outside = |at: usize| !quotation.contains(&reading.tokens[at].word.start);
    let says = |at: &usize| outside(*at) && SAYING.contains(&&*reading.tokens[*at].key);
    let verb = sentence.clone().take(160).find(says)?;
    let mut at = verb.saturating_sub(NEAR).max(sentence.start);
    while at < sentence.end.min(verb + NEAR) {
        let names = run(reading, at);
        if names.is_empty() || !outside(at) {
            at += 1;
            continue;
        }
        return Some(names);
    }
    None
}

/// Tokens of a source at which the words stand.
fn places(source: &Reading<'_>, wanted: &[String]) -> Vec<usize> {
    let fits = |at: usize| {
        wanted.iter().enumerate().all(|(i, word)| source.tokens.get(at + i).is_some_and(|t| fold(t.word.text) == *word))
    };
    let first = wanted.first().map_or("", String::as_str);
    let starts = |t: &super::reading::Token<'_>| first.starts_with(&*t.key);
    let all = source.tokens.iter().enumerate().filter(|(_, t)| starts(t)).map(|(at, _)| at);
    all.filter(|at| fits(*at)).take(PLACES_MAX).collect()
}

/// Marks of the names of the sentence at `place` outside its words, or of the sentences around it where it has none.
fn names_around(source: &Reading<'_>, place: usize, len: usize) -> Vec<u64> {
    let of = |sentence: usize| -> Vec<u64> {
        let range = source.sentences.get(sentence).cloned().unwrap_or(0..0);
        let outside = range.take(160).filter(|at| *at < place || *at >= place + len);
        outside.filter(|at| !run(source, *at).is_empty()).map(|at| source.tokens[at].mark).collect()
    };
    let sentence = source.tokens[place].sentence as usize;
    let own = of(sentence);
    if !own.is_empty() {
        return own;
    }
    [sentence.checked_sub(1), Some(sentence + 1)].into_iter().flatten().flat_map(of).collect()
}
