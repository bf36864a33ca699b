//! Values by space and key, in bounded memory: who is asked for stays.
//!
//! The store is cut into shards, each under a lock of its own that a hit takes for reading only: a hit leaves a mark on
//! its entry, and the policy reads the marks when it needs room. [`Front`] is a still cheaper place in front of it, one
//! for each thread.
//!
//! Invariants: the weight is never above the capacity; a value that was removed or replaced is not given to anybody
//! who asks after that call returned, by a front neither; values are dropped outside of the locks.

mod frequency;
mod front;
mod list;
mod policy;
mod shard;
mod trials;

use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

pub use front::Front;
use shard::Shard;
use trials::Trials;

/// Entries of a shard at least: a policy with fewer has little to choose from.
const SHARD_ENTRIES: usize = 1_024;
/// Weight of a shard at least, so that a value of some mebibytes still has a place.
const SHARD_WEIGHT: u64 = 8 << 20;
/// Groups of keys whose changes a front can tell apart.
const GROUPS: usize = 4_096;

/// How much a store holds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Weight of all values together, in bytes when the values are so weighed.
    pub capacity: u64,
    /// Entries to expect when it is full; a guess from above.
    pub entries: usize,
    /// What a lighter value counts for, so that many small ones come to a limit too.
    pub least: u64,
    /// Cut into so many parts (a power of two); `None`: by cores, entries and capacity.
    pub shards: Option<usize>,
    /// Of hashing and of the policy's dice. Where strangers choose the keys it must be one they cannot know.
    pub seed: u64,
}

/// A bounded map from space and key to `V`, to be shared between threads.
pub struct Store<V> {
    shards: Box<[Padded<V>]>,
    hasher: SeedableRandomState,
    trials: Trials,
    /// By groups of keys: how often one of them was put in or taken out.
    changes: Box<[AtomicU32]>,
    /// Tells the stores of one process apart.
    id: u32,
    weigh: Box<dyn Fn(&V) -> u64 + Send + Sync>,
    least: u64,
    on_evict: Box<dyn Fn(&V) + Send + Sync>,
}

// The locks of two shards never share a cache line, nor the pair of lines that is fetched at once.
#[repr(align(128))]
struct Padded<V>(RwLock<Shard<V>>);

impl<V: Clone> Store<V> {
    /// `weigh` must say the same whenever it is asked about one value; `on_evict` is told who left to
    /// make room, without a lock held. Neither hears of removals.
    pub fn new(
        options: &Options,
        weigh: impl Fn(&V) -> u64 + Send + Sync + 'static,
        on_evict: impl Fn(&V) + Send + Sync + 'static,
    ) -> Self {
        static IDS: AtomicU32 = AtomicU32::new(1);
        let capacity = options.capacity.max(1);
        let shards = options.shards.unwrap_or_else(|| fitting(capacity, options.entries)).next_power_of_two();
        // No part is empty.
        let shards = shards.min(1 << capacity.ilog2().min(16));
        let trials = Trials::new(capacity, options.entries, options.seed);
        let part = |i: usize| {
            // The remainder goes to the first ones, so that the parts make up the whole.
            let capacity = capacity / shards as u64 + u64::from((i as u64) < capacity % shards as u64);
            let entries = options.entries.div_ceil(shards);
            Padded(RwLock::new(Shard::new(capacity, entries, trials.window(), mix(options.seed ^ i as u64))))
        };
        Store {
            shards: (0..shards).map(part).collect(),
            hasher: SeedableRandomState::with_seed(options.seed, SharedSeed::global_fixed()),
            changes: (0..GROUPS).map(|_| AtomicU32::new(0)).collect(),
            id: IDS.fetch_add(1, Ordering::Relaxed),
            trials,
            weigh: Box::new(weigh),
            least: options.least.max(1),
            on_evict: Box::new(on_evict),
        }
    }

    #[inline]
    pub fn get(&self, space: u32, key: &str) -> Option<V> {
        self.look(self.hash(space, key), space, key, V::clone)
    }

    /// Puts `value` under `key` for everybody who asks afterwards. It may leave at once when the store is full and
    /// those who are in are asked for more often.
    pub fn insert(&self, space: u32, key: &str, value: V) {
        let hash = self.hash(space, key);
        let weight = (self.weigh)(&value).max(self.least);
        let mut evicted = Vec::new();
        let (left, entries) = {
            let mut shard = self.write(hash);
            shard.resize(self.trials.window());
            let left = shard.insert(hash, (space, key), value, weight, &mut evicted);
            self.changed(hash);
            (left, shard.len())
        };
        drop(left);
        if self.trials.samples(hash) {
            self.trials.came(hash, weight);
        }
        if !evicted.is_empty() {
            self.trials.full_at(entries.max(1) * self.shards.len());
            evicted.iter().for_each(&self.on_evict);
        }
    }

    pub fn remove(&self, space: u32, key: &str) -> Option<V> {
        self.remove_if(space, key, |_| true)
    }

    /// Removes the value under `key` if it is the one that `wanted` means.
    pub fn remove_if(&self, space: u32, key: &str, wanted: impl FnOnce(&V) -> bool) -> Option<V> {
        let hash = self.hash(space, key);
        let removed = {
            let mut shard = self.write(hash);
            let removed = shard.remove(hash, space, key, wanted);
            // Also when nothing was found: a front may hold what was evicted here.
            self.changed(hash);
            removed
        };
        if removed.is_some() && self.trials.samples(hash) {
            self.trials.left(hash);
        }
        removed
    }

    /// Removes every value that `wanted` says yes to, shard by shard; how many. A value that comes into a shard which
    /// was already looked through stays.
    pub fn remove_where(&self, mut wanted: impl FnMut(u32, &str, &V) -> bool) -> usize {
        let mut count = 0;
        for shard in &self.shards {
            let removed = {
                let mut shard = shard.0.write().unwrap_or_else(PoisonError::into_inner);
                // A front may hold what is no longer here to be asked about.
                self.all_changed();
                shard.remove_where(&mut wanted)
            };
            count += removed.len();
            for (hash, _) in removed.iter().filter(|(hash, _)| self.trials.samples(*hash)) {
                self.trials.left(*hash);
            }
        }
        count
    }

    pub fn clear(&self) {
        for shard in &self.shards {
            let mut shard = shard.0.write().unwrap_or_else(PoisonError::into_inner);
            let everything = shard.clear();
            self.all_changed();
            drop(shard);
            drop(everything);
        }
    }

    /// Shows every value until `look` says no, in no order, while others read and write. A value that comes or goes
    /// meanwhile may be shown or not.
    pub fn visit(&self, mut look: impl FnMut(u32, &str, &V) -> bool) {
        for shard in &self.shards {
            // Shown without the lock, so that `look` may take its time and come back to the store.
            let all = read(shard).all();
            if !all.iter().all(|(space, key, value)| look(*space, key, value)) {
                return;
            }
        }
    }

    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Of all values together, never above the capacity.
    pub fn weight(&self) -> u64 {
        self.shards.iter().map(|shard| read(shard).weight()).sum()
    }

    /// Share of the capacity that new entries have at the moment, in thousandths.
    pub fn window(&self) -> u32 {
        self.trials.window()
    }

    #[inline]
    fn look<R>(&self, hash: u64, space: u32, key: &str, found: impl FnOnce(&V) -> R) -> Option<R> {
        let is_sampled = self.trials.samples(hash);
        let shard = read(self.shard(hash));
        let mut weight = None;
        let result = shard.find(hash, space, key).map(|(entry, item)| {
            item.touch();
            if is_sampled {
                weight = Some(shard.weight_of(entry));
            }
            found(&item.value)
        });
        drop(shard);
        if is_sampled {
            self.trials.asked(hash, weight);
        }
        result
    }

    #[inline]
    fn hash(&self, space: u32, key: &str) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key.as_bytes());
        hasher.write_u32(space);
        hasher.finish()
    }

    #[inline]
    fn shard(&self, hash: u64) -> &Padded<V> {
        &self.shards[(hash >> 24) as usize & (self.shards.len() - 1)]
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Shard<V>> {
        self.shard(hash).0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often something has changed among the keys of this one's group; the lowest bit of the hash does not count.
    #[inline]
    fn changes(&self, hash: u64) -> &AtomicU32 {
        &self.changes[(hash >> 1) as usize & (GROUPS - 1)]
    }

    // Called with the shard's lock held: who saw the change in the shard also sees it here.
    fn changed(&self, hash: u64) {
        self.changes(hash).fetch_add(1, Ordering::Release);
    }

    fn all_changed(&self) {
        for group in &self.changes {
            group.fetch_add(1, Ordering::Release);
        }
    }
}

#[inline]
fn read<V>(shard: &Padded<V>) -> RwLockReadGuard<'_, Shard<V>> {
    shard.0.read().unwrap_or_else(PoisonError::into_inner)
}

/// As many shards as make waiting unlikely and still leave each something to choose from.
fn fitting(capacity: u64, entries: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let by_weight = usize::try_from(capacity / SHARD_WEIGHT).unwrap_or(usize::MAX);
    let most = (entries / SHARD_ENTRIES).min(by_weight).min(cores.saturating_mul(4)).clamp(1, 256);
    // Downwards to a power of two.
    1 << most.ilog2()
}

/// SplitMix64's last step: every bit of the answer depends on every bit of `x`.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
