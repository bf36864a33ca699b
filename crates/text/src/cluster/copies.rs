//! Finding and telling copies: the smallest shingles of a document find candidates, shared shingles and terms decide.
//!
//! The smallest hashes of a set are as good as a MinHash of as many permutations, and cost one sort: of two documents
//! that share a part J of their shingles, some of the smallest twelve are common to both but for (1 − J)¹² of the pairs.

use std::collections::HashMap;

use super::keyed::Keyed;
use super::reading::SHINGLES_MAX;

/// Shingles by which a document is found.
const KEYS: usize = 10;
/// Documents of fewer shingles are copies only when they are the same: three words in common prove little.
const SHINGLES_MIN: usize = 6;
/// Documents of fewer shingles need more in common.
const SHORT: usize = 15;
/// Shingles that are looked at before all are: documents that have none of these in common have few of the others.
const FIRST: usize = 24;
/// The share of the shorter document's shingles that a copy has.
const CONTAINED: f32 = 0.36;
const CONTAINED_SHORT: f32 = 0.46;
/// The share of the weight of the lighter document's terms that a copy has.
const TERMS_SHARED: f32 = 0.55;
/// The share that only one of two documents has, of the names and numbers of the one that has fewer alone, from which
/// they tell different things.
const CLASH: f32 = 0.13;

/// Where the smallest shingles lead: each to the newest document that has it.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<u32, u32, Keyed>);

impl Keys {
    pub fn add(&mut self, shingles: &[u32], number: u32) {
        for key in &shingles[..shingles.len().min(KEYS)] {
            self.0.insert(*key, number);
        }
    }

    pub fn remove(&mut self, shingles: &[u32], number: u32) {
        for key in &shingles[..shingles.len().min(KEYS)] {
            if self.0.get(key) == Some(&number) {
                self.0.remove(key);
            }
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The documents that share a key, each once for every key.
    pub fn find<'a>(&'a self, shingles: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        shingles[..shingles.len().min(KEYS)].iter().filter_map(|key| self.0.get(key).copied())
    }
}

/// The share of the smaller set that stands in the larger. Of a cut set only the part below the cut is known, and
/// both are compared there.
pub(super) fn containment(a: &[u32], b: &[u32]) -> f32 {
    let contained = contained_of(a, b, FIRST);
    if contained == 0.0 || a.len().max(b.len()) <= FIRST { contained } else { contained_of(a, b, SHINGLES_MAX) }
}

/// [`containment`] as the smallest `most` of each show it.
fn contained_of(a: &[u32], b: &[u32], most: usize) -> f32 {
    let cut = |set: &[u32]| if set.len() < most { u32::MAX } else { set[most - 1] };
    let below = cut(a).min(cut(b));
    let (a, b) = (&a[..a.partition_point(|x| *x <= below)], &b[..b.partition_point(|x| *x <= below)]);
    let smaller = a.len().min(b.len());
    if smaller == 0 {
        return 0.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        i += usize::from(x <= y);
        j += usize::from(y <= x);
        common += usize::from(x == y);
    }
    common as f32 / smaller as f32
}

/// What two documents have in common beside their shingles.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Common {
    /// The weight of the terms that both have, and of all terms of each.
    pub shared: f32,
    pub mine: f32,
    pub theirs: f32,
    /// Names and numbers that both have, and that only one of them has.
    pub facts: u32,
    pub facts_mine: u32,
    pub facts_theirs: u32,
}

impl Common {
    /// The share of the weight of the lighter document's terms.
    fn share(&self) -> f32 {
        let lighter = self.mine.min(self.theirs);
        if lighter > 0.0 { self.shared / lighter } else { 0.0 }
    }

    /// Each names what the other does not: the same sentences about something else.
    fn clash(&self) -> bool {
        let only = self.facts_mine.min(self.facts_theirs);
        only >= 1 && only as f32 >= CLASH * (only + self.facts) as f32
    }
}

/// How far one of two documents is a copy of the other or of a part of it, 0 to 1; `None` when it is not.
pub(super) fn copied(a: &[u32], b: &[u32], contained: f32, common: impl FnOnce() -> Common) -> Option<f32> {
    let shorter = a.len().min(b.len());
    if shorter < SHINGLES_MIN {
        return (shorter > 0 && a == b).then_some(1.0);
    }
    let needed = if shorter < SHORT { CONTAINED_SHORT } else { CONTAINED };
    if contained < needed {
        return None;
    }
    let common = common();
    (common.share() >= TERMS_SHARED && !common.clash()).then_some(contained)
}
