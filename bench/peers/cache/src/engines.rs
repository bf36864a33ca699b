//! The caches that traces are led through, each holding so many entries of one weight.

use std::num::NonZeroUsize;

use cache::store::{Options, Store};
use foldhash::fast::FixedState;
use foyer_memory::{Cache as Foyer, CacheBuilder, EvictionConfig, LfuConfig, S3FifoConfig, SieveConfig};

/// Asks for the key and, when it is not there, puts it in; whether it was there.
pub type Ask<'a> = Box<dyn FnMut(u32) -> bool + 'a>;

pub struct Engine {
    pub name: &'static str,
    /// `keys` are the names of the numbers, for those who want text.
    pub open: for<'a> fn(entries: usize, keys: &'a [String], seed: u64) -> Ask<'a>,
}

pub const ALL: &[Engine] = &[
    Engine { name: "ours", open: ours },
    Engine { name: "lru", open: lru },
    Engine { name: "moka", open: moka },
    Engine { name: "quick_cache", open: quick_cache },
    Engine { name: "foyer-lfu", open: |entries, _, seed| foyer(entries, LfuConfig::default(), seed) },
    Engine { name: "foyer-s3fifo", open: |entries, _, seed| foyer(entries, S3FifoConfig::default(), seed) },
    Engine { name: "foyer-sieve", open: |entries, _, seed| foyer(entries, SieveConfig, seed) },
    Engine { name: "tinyufo", open: tiny_ufo },
];

/// Cut into shards by the number of entries as in the product; the peers get a single one, which suits them best.
fn ours(entries: usize, keys: &[String], seed: u64) -> Ask<'_> {
    let shards = 1 << (entries / 1_024).clamp(1, 8).ilog2();
    let options = Options { capacity: entries as u64, entries, least: 1, shards: Some(shards), seed };
    let store = Store::new(&options, |(): &()| 1, |()| {});
    Box::new(move |key| {
        let key = &keys[key as usize];
        let hit = store.get(0, key).is_some();
        if !hit {
            store.insert(0, key, ());
        }
        hit
    })
}

fn lru(entries: usize, _: &[String], seed: u64) -> Ask<'static> {
    let entries = NonZeroUsize::new(entries).expect("at least one entry");
    let mut cache = lru::LruCache::with_hasher(entries, FixedState::with_seed(seed));
    Box::new(move |key| {
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.put(key, ());
        }
        hit
    })
}

/// With its queues of reads and writes worked off as it pleases, which serves it better than after each question.
fn moka(entries: usize, _: &[String], seed: u64) -> Ask<'static> {
    let builder = moka::sync::Cache::builder().max_capacity(entries as u64);
    let cache = builder.build_with_hasher(FixedState::with_seed(seed));
    Box::new(move |key: u32| {
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.insert(key, ());
        }
        hit
    })
}

fn quick_cache(entries: usize, _: &[String], seed: u64) -> Ask<'static> {
    let mut options = quick_cache::OptionsBuilder::new();
    options.shards(1).estimated_items_capacity(entries).weight_capacity(entries as u64);
    let options = options.build().expect("both capacities are given");
    let unit = quick_cache::UnitWeighter;
    let lifecycle = quick_cache::sync::DefaultLifecycle::default();
    let cache = quick_cache::sync::Cache::with_options(options, unit, FixedState::with_seed(seed), lifecycle);
    Box::new(move |key: u32| {
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.insert(key, ());
        }
        hit
    })
}

fn foyer(entries: usize, policy: impl Into<EvictionConfig>, seed: u64) -> Ask<'static> {
    let builder = CacheBuilder::new(entries).with_shards(1).with_eviction_config(policy);
    let cache: Foyer<u32, (), FixedState> = builder.with_hash_builder(FixedState::with_seed(seed)).build();
    Box::new(move |key| {
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.insert(key, ());
        }
        hit
    })
}

fn tiny_ufo(entries: usize, _: &[String], _: u64) -> Ask<'static> {
    let cache = tinyufo::TinyUfo::new(entries, entries);
    Box::new(move |key: u32| {
        let hit = cache.get(&key).is_some();
        if !hit {
            cache.put(key, (), 1);
        }
        hit
    })
}
