//! What a text takes over word for word: runs of words that stand in a source, and how much of the text stands in each.

use std::collections::HashMap;
use std::ops::Range;

use crate::similar;
use crate::word::{self, fold, mix, words};

/// Words in a row from which on they count as lifted; shorter runs are names and set phrases.
pub const WORDS_MIN: usize = 12;

/// Words read of the text and of each source, and lifts told.
const WORDS_READ_MAX: usize = 30_000;
const LIFTS_MAX: usize = 200;
/// Places of the same run that are followed; the longest wins.
const PLACES_MAX: usize = 4;

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Report {
    /// In the order of the text; none overlaps another.
    pub lifts: Vec<Lift>,
    /// The share of the text's words that lies in lifts, 0–1.
    pub share: f32,
    /// The share of the text's runs of three words that stand in each source, 0–1.
    pub containment: Vec<f32>,
}

/// A run of words of the text, `start..end` in bytes, that stands in a source at `source_start..source_end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Lift {
    pub start: usize,
    pub end: usize,
    pub words: usize,
    /// The position in the list of sources.
    pub source: usize,
    pub source_start: usize,
    pub source_end: usize,
}

/// The longest runs of at least `words_min` words (1 or more) that `text` shares with `sources`; case, accents of capitals and
/// punctuation make no difference. Linear in the texts.
pub fn find(text: &str, sources: &[&str], words_min: usize) -> Report {
    let words_min = words_min.max(1);
    let draft = Read::of(text);
    let read: Vec<Read> = sources.iter().map(|source| Read::of(source)).collect();
    let wanted: HashMap<u64, ()> = draft.runs(words_min).map(|(_, hash)| (hash, ())).collect();
    let mut places: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
    for (source, words) in read.iter().enumerate() {
        for (at, hash) in words.runs(words_min).filter(|(_, hash)| wanted.contains_key(hash)) {
            let known = places.entry(hash).or_default();
            if known.len() < PLACES_MAX {
                known.push((source, at));
            }
        }
    }
    let (mut lifts, mut lifted, mut next) = (Vec::new(), 0, 0);
    for (at, hash) in draft.runs(words_min) {
        if at < next {
            continue;
        }
        let along = |(source, place): &(usize, usize)| {
            let theirs = &read[*source].hashes[*place..];
            draft.hashes[at..].iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count()
        };
        // The first of equals.
        let Some(best) = places.get(&hash).and_then(|known| known.iter().rev().max_by_key(|place| along(place))) else {
            continue;
        };
        let count = along(best);
        if count < words_min {
            continue;
        }
        next = at + count;
        lifted += count;
        if lifts.len() < LIFTS_MAX {
            let (ours, theirs) = (draft.range(at, count), read[best.0].range(best.1, count));
            let (source_start, source_end) = (theirs.start, theirs.end);
            lifts.push(Lift {
                start: ours.start,
                end: ours.end,
                words: count,
                source: best.0,
                source_start,
                source_end,
            });
        }
    }
    let own = similar::shingles(text);
    let share_in = |source: &&str| similar::common(&own, &similar::shingles(source)) as f32 / own.len().max(1) as f32;
    Report {
        lifts,
        share: lifted as f32 / draft.hashes.len().max(1) as f32,
        containment: sources.iter().map(share_in).collect(),
    }
}

/// The words of a text: hashes and places.
struct Read {
    hashes: Vec<u64>,
    places: Vec<Range<usize>>,
}

impl Read {
    fn of(text: &str) -> Self {
        let (hashes, places) =
            words(text).take(WORDS_READ_MAX).map(|w| (word::hash(&fold(w.text)), w.start..w.end())).unzip();
        Read { hashes, places }
    }

    /// The hash of every run of `count` words, by its first word.
    fn runs(&self, count: usize) -> impl Iterator<Item = (usize, u64)> {
        // Rolling: a run differs from the one before by a word that goes and one that comes.
        const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
        let highest = (1..count).fold(1u64, |power, _| power.wrapping_mul(BASE));
        let mut rolling = 0u64;
        self.hashes.iter().enumerate().filter_map(move |(at, hash)| {
            if at >= count {
                rolling = rolling.wrapping_sub(mix(self.hashes[at - count]).wrapping_mul(highest));
            }
            rolling = rolling.wrapping_mul(BASE).wrapping_add(mix(*hash));
            (at + 1 >= count).then(|| (at + 1 - count, rolling))
        })
    }

    fn range(&self, at: usize, count: usize) -> Range<usize> {
        self.places[at].start..self.places[at + count - 1].end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "The harbour master said on Monday that forty ships had been waiting outside the bay since Friday, and two cranes failed.";

    #[test]
    fn runs_are_found_with_their_places() {
        let text =
            "News: FORTY ships had been waiting “outside” the bay since Friday and two cranes failed! More later.";
        let report = find(text, &["Nothing alike stands here.", SOURCE], 12);
        let [lift] = report.lifts[..] else { panic!("{report:?}") };
        assert_eq!(
            &text[lift.start..lift.end],
            "FORTY ships had been waiting “outside” the bay since Friday and two cranes failed"
        );
        assert_eq!(
            &SOURCE[lift.source_start..lift.source_end],
            "forty ships had been waiting outside the bay since Friday, and two cranes failed"
        );
        assert_eq!((lift.source, lift.words), (1, 14));
        assert!(
            (report.share - 14.0 / 17.0).abs() < 1e-6 && report.containment[0] == 0.0 && report.containment[1] > 0.7
        );
        assert!(find(text, &[SOURCE], 15).lifts.is_empty());
    }

    #[test]
    fn the_longest_place_wins_and_lifts_do_not_overlap() {
        let short = "a b c d e f";
        let long = "x a b c d e f g h y";
        let report = find("a b c d e f g h. Then a b c d q.", &[short, long], 4);
        let told: Vec<_> = report.lifts.iter().map(|lift| (lift.source, lift.words)).collect();
        assert_eq!(told, [(1, 8), (0, 4)]);
        assert!(report.lifts.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert_eq!(find("", &[], 0), Report::default());
    }

    #[test]
    fn much_of_one_thing_is_bounded() {
        let text = "a ".repeat(40_000);
        assert_eq!(find(&text, &[&text, &text], 12).lifts.len(), 1);
    }
}
