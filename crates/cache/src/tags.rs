//! When each tag was last invalidated, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// A count of invalidations: the cache's own time.
pub type Epoch = u64;

/// The epochs of tags. An entry remembers the epoch at which its loading *began*, so that an
/// invalidation during the load makes the result old before it is stored.
#[derive(Debug)]
pub struct Tags {
    now: AtomicU64,
    max: usize,
    hasher: RandomState,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// By the tag's hash: two tags that share one are invalidated together, which is safe.
    at: HashMap<u64, Epoch>,
    /// Tags that are not in the map were last invalidated at this epoch or before.
    floor: Epoch,
}

impl Tags {
    pub fn new(max: usize) -> Self {
        Tags { now: AtomicU64::new(0), max: max.max(2), hasher: RandomState::new(), known: RwLock::default() }
    }

    /// The epoch to remember before a load begins.
    pub fn now(&self) -> Epoch {
        self.now.load(Ordering::Acquire)
    }

    pub fn hash(&self, tags: &[&str]) -> Box<[u64]> {
        tags.iter().map(|t| self.hasher.hash_one(t)).collect()
    }

    /// Everything loaded under `tag` that began before this call is old when it returns.
    pub fn invalidate(&self, tag: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // The clock moves under the lock, so that whoever sees the new time waits for the map.
        let epoch = self.now.fetch_add(1, Ordering::AcqRel) + 1;
        known.at.insert(self.hasher.hash_one(tag), epoch);
        if known.at.len() > self.max {
            let mut epochs: Vec<Epoch> = known.at.values().copied().collect();
            let middle = epochs.len() / 2;
            let (_, floor, _) = epochs.select_nth_unstable(middle);
            known.floor = *floor;
            let floor = known.floor;
            known.at.retain(|_, at| *at > floor);
        }
    }

    /// As [`Tags::invalidate`] for every tag there is.
    pub fn invalidate_all(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.floor = self.now.fetch_add(1, Ordering::AcqRel) + 1;
        known.at.clear();
    }

    /// Whether none of `tags` was invalidated after `since`. `checked` is the epoch of the last such
    /// question with the answer yes, which makes the next one cheap.
    pub fn is_current(&self, tags: &[u64], since: Epoch, checked: &AtomicU64) -> bool {
        let now = self.now();
        if tags.is_empty() || checked.load(Ordering::Relaxed) >= now {
            return true;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let current = tags.iter().all(|tag| known.at.get(tag).copied().unwrap_or(known.floor) <= since);
        if current {
            checked.fetch_max(now, Ordering::Relaxed);
        }
        current
    }

    pub fn len(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).at.len()
    }
}

#[cfg(test)]
mod tests;
