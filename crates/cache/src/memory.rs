//! The store under all spaces: one budget, one eviction policy, quick_cache's Clock-PRO.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache as Store;
use quick_cache::{DefaultHashBuilder, Equivalent, Lifecycle, OptionsBuilder, Weighter};
use stdx::{Clock, Timestamp};

use crate::stats::{Counts, ratio};
use crate::tags::{Epoch, Tags};
use crate::{Settings, Space, Stats};

/// The memory of a process for values that can be made again. Cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

pub(crate) struct Inner {
    store: Store<Key, Slot, ByWeight, DefaultHashBuilder, Evictions>,
    pub tags: Tags,
    pub clock: Clock,
    settings: Settings,
    spaces: Mutex<Vec<Arc<Counts>>>,
}

impl Cache {
    pub fn new(settings: &Settings, clock: Clock) -> Self {
        let bytes = settings.memory_size.bytes().max(1 << 16);
        let entries = usize::try_from(settings.entries_max).unwrap_or(usize::MAX).max(16);
        // The policy has one measure; an entry weighs at least its share of the bytes, so that tiny
        // ones reach the limit of entries when they fill the memory.
        let least = (bytes / entries as u64).max(1);
        let options = OptionsBuilder::new()
            .estimated_items_capacity(entries)
            .weight_capacity(bytes)
            .build()
            .expect("both capacities are given");
        let store = Store::with_options(options, ByWeight { least }, DefaultHashBuilder::default(), Evictions);
        let tags = Tags::new(settings.tags_max);
        Cache(Arc::new(Inner { store, tags, clock, settings: settings.clone(), spaces: Mutex::default() }))
    }

    /// A part of the cache for values of one type. `ttl` is how long a value lives at most (`None`:
    /// as the settings say), `weigh` how many bytes it takes. Names are for people: two spaces of
    /// one name are two spaces.
    pub fn space<V: Clone + Send + Sync + 'static>(
        &self,
        name: &'static str,
        ttl: Option<Duration>,
        weigh: impl Fn(&V) -> usize + Send + Sync + 'static,
    ) -> Space<V> {
        let ttl = ttl.unwrap_or(Duration::from_secs(self.0.settings.ttl_s));
        let counts = Arc::new(Counts::new(name, ttl.as_secs()));
        let mut spaces = self.0.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        spaces.push(Arc::clone(&counts));
        let id = spaces.len() as u32;
        Space::new(Arc::clone(&self.0), id, ttl, Box::new(weigh), counts)
    }

    /// Values with this tag, in any space, are gone for every caller after this one; values that are
    /// being loaded will not be kept. Their memory is freed when they are next met or evicted.
    pub fn invalidate_tag(&self, tag: &str) {
        self.0.tags.invalidate(tag);
    }

    /// Everything that has a tag is gone for every caller after this one, what is being loaded included; the
    /// memory of the rest is freed too.
    pub fn invalidate_all(&self) {
        self.0.tags.invalidate_all();
        self.0.store.clear();
    }

    /// Empties every space. Loads that are under way are kept.
    pub fn clear(&self) {
        self.0.store.clear();
    }

    pub fn stats(&self) -> Stats {
        let spaces: Vec<_> =
            self.0.spaces.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|c| c.read()).collect();
        let (hits, misses) = spaces.iter().fold((0, 0), |(h, m), s| (h + s.hits, m + s.misses));
        Stats {
            entries: spaces.iter().map(|s| s.entries).sum(),
            entries_max: self.0.settings.entries_max,
            bytes: spaces.iter().map(|s| s.bytes).sum(),
            bytes_max: self.0.settings.memory_size.bytes(),
            hits,
            misses,
            hit_ratio: ratio(hits, misses),
            tags: self.0.tags.len() as u64,
            spaces,
        }
    }
}

impl Inner {
    pub fn get(&self, space: u32, key: &str) -> Option<Arc<Entry>> {
        self.store.get(&KeyRef(space, key)).map(|slot| slot.0)
    }

    pub fn insert(&self, space: u32, key: &str, entry: Entry) {
        self.store.insert(Key(space, key.into()), Slot(Arc::new(entry)));
    }

    pub fn remove(&self, space: u32, key: &str) {
        self.store.remove(&KeyRef(space, key));
    }

    /// Removes the very entry that was found bad, not a good one that came in its place.
    pub fn remove_exactly(&self, space: u32, key: &str, entry: &Arc<Entry>) {
        self.store.remove_if(&KeyRef(space, key), |slot| Arc::ptr_eq(&slot.0, entry));
    }
}

/// A value with what decides whether it may be served.
pub(crate) struct Entry {
    pub value: Box<dyn Any + Send + Sync>,
    pub expires_at: Timestamp,
    pub tags: Box<[u64]>,
    pub loaded_at: Epoch,
    pub checked_at: AtomicU64,
    weight: u64,
    counts: Arc<Counts>,
}

impl Entry {
    pub fn new(
        value: Box<dyn Any + Send + Sync>,
        weight: u64,
        expires_at: Timestamp,
        tags: Box<[u64]>,
        loaded_at: Epoch,
        counts: Arc<Counts>,
    ) -> Self {
        counts.entries.fetch_add(1, Ordering::Relaxed);
        counts.bytes.fetch_add(weight, Ordering::Relaxed);
        Entry { value, expires_at, tags, loaded_at, checked_at: AtomicU64::new(loaded_at), weight, counts }
    }
}

// Counted where the memory is given back, so that replaced, removed and evicted entries need no
// bookkeeping of their own.
impl Drop for Entry {
    fn drop(&mut self) {
        self.counts.entries.fetch_sub(1, Ordering::Relaxed);
        self.counts.bytes.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

#[derive(Clone)]
struct Slot(Arc<Entry>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key(u32, Box<str>);

struct KeyRef<'a>(u32, &'a str);

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
        self.1.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && *self.1 == *key.1
    }
}

#[derive(Clone)]
struct ByWeight {
    least: u64,
}

impl Weighter<Key, Slot> for ByWeight {
    fn weight(&self, _: &Key, slot: &Slot) -> u64 {
        slot.0.weight.max(self.least)
    }
}

#[derive(Clone)]
struct Evictions;

impl Lifecycle<Key, Slot> for Evictions {
    /// What left is dropped after the shard's lock is released.
    type RequestState = Vec<Slot>;

    fn on_evict(&self, gone: &mut Vec<Slot>, _: Key, slot: Slot) {
        slot.0.counts.evicted();
        gone.push(slot);
    }
}
