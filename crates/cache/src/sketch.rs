//! Which keys are asked for most, in bounded memory and at hardly any cost.
//!
//! One question in 64 is looked at, and of those the most frequent keys are counted by Space-Saving (Metwally,
//! Agrawal, El Abbadi 2005): a key that is not counted takes the place of the rarest one and inherits its count, so
//! a key's count is at most too high by `over`.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// One question in so many is looked at.
pub(crate) const SAMPLE: u64 = 64;
/// Keys that are counted at a time.
const KEYS_MAX: usize = 256;
/// Bytes of a key that are remembered; longer ones are not counted.
const KEY_BYTES_MAX: usize = 1024;

thread_local! {
    static TURN: Cell<u64> = const { Cell::new(0) };
}

/// Whether it is this question's turn to be looked at.
pub(crate) fn is_sampled() -> bool {
    TURN.with(|turn| {
        // A stride that is prime to the sample, so that a loop over a few keys does not always hit the same.
        let now = turn.get().wrapping_add(1);
        turn.set(now);
        now.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58 == 0
    })
}

/// A key and about how often it was asked for since the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    pub space: &'static str,
    pub key: String,
    pub count: u64,
    /// `count` is at most so much too high, apart from the sampling.
    pub over: u64,
}

/// The keys with the highest counts.
#[derive(Default)]
pub(crate) struct Sketch {
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    /// Places in `all` by hash; of two keys with one hash only the first is counted.
    places: HashMap<u64, usize>,
    /// No count is below it, and none before `cursor` equals it.
    least: u64,
    cursor: usize,
}

/// Counts in samples.
struct Slot {
    hash: u64,
    space: &'static str,
    key: String,
    count: u64,
    over: u64,
}

impl Sketch {
    pub fn add(&self, space: &'static str, key: &str) {
        if key.len() > KEY_BYTES_MAX {
            return;
        }
        let hash = crate::tags::key_hash(space, key);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = &mut *slots;
        if let Some(place) = slots.places.get(&hash) {
            slots.all[*place].count += 1;
        } else if slots.all.len() < KEYS_MAX {
            slots.places.insert(hash, slots.all.len());
            slots.all.push(Slot { hash, space, key: key.to_owned(), count: 1, over: 0 });
        } else {
            let place = slots.rarest();
            let slot = &mut slots.all[place];
            slots.places.remove(&slot.hash);
            slots.places.insert(hash, place);
            (slot.hash, slot.space, slot.over) = (hash, space, slot.count);
            slot.count += 1;
            slot.key.clear();
            slot.key.push_str(key);
        }
    }

    /// The `max` most frequent, the first first.
    pub fn top(&self, max: usize) -> Vec<Counted> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = |Slot { space, key, count, over, .. }: &Slot| Counted {
            space,
            key: key.clone(),
            count: count * SAMPLE,
            over: over * SAMPLE,
        };
        let mut all: Vec<Counted> = slots.all.iter().map(counted).collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
        all.truncate(max);
        all
    }
}

impl Slots {
    /// Counts only grow: one walk finds all that have the least, one after the other.
    fn rarest(&mut self) -> usize {
        loop {
            let rest = self.all.iter().skip(self.cursor);
            if let Some(found) = rest.map(|slot| slot.count).position(|count| count == self.least) {
                self.cursor += found;
                return self.cursor;
            }
            self.least = self.all.iter().map(|slot| slot.count).min().unwrap_or_default();
            self.cursor = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use stdx::Rng;

    use super::*;

    #[test]
    fn the_frequent_are_found_among_many() {
        let (sketch, rng) = (Sketch::default(), Rng::seeded(3));
        for _ in 0..100_000 {
            match rng.below(10) {
                0..3 => sketch.add("s", "first"),
                3 | 4 => sketch.add("s", "second"),
                5 => sketch.add("t", "first"),
                _ => sketch.add("s", &rng.below(1_000_000).to_string()),
            }
        }
        let top = sketch.top(3);
        let names: Vec<_> = top.iter().map(|c| (c.space, c.key.as_str())).collect();
        assert_eq!(names, [("s", "first"), ("s", "second"), ("t", "first")]);
        let slots = sketch.slots.lock().unwrap();
        assert_eq!((slots.all.len(), slots.places.len()), (KEYS_MAX, KEYS_MAX));
        assert!(slots.all.iter().all(|slot| slot.count >= slots.least));
        for (found, share) in top.iter().zip([0.3, 0.2, 0.1]) {
            let truth = 100_000.0 * share * SAMPLE as f64;
            assert!(
                (found.count - found.over) as f64 <= truth * 1.05 && found.count as f64 >= truth * 0.95,
                "{found:?}"
            );
        }
    }

    #[test]
    fn one_in_64_is_sampled() {
        let hits = (0..64_000).filter(|_| is_sampled()).count();
        assert!((900..1100).contains(&hits), "{hits}");
    }
}
