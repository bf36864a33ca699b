//! Processor time of one hit, by one thread's own clock.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cache::store::{Front, Options, Store};
use cache::{Cache, Settings, Space};
use foldhash::fast::FixedState;
use foyer_memory::{Cache as Foyer, CacheBuilder, LfuConfig, S3FifoConfig};
use serde_json::json;
use stdx::{Clock, Rng};

const KEYS: usize = 10_000;
const QUESTIONS: usize = 1 << 20;
const EXPONENT: f64 = 0.99;
const SLOTS: usize = 16_384;
/// Bytes.
const VALUE: usize = 256;

/// Asks once; the length of the value.
type Get<'a> = Box<dyn FnMut(&str) -> usize + 'a>;

/// `only`: one engine alone, for a profiler.
pub fn run(reps: u64, seed: u64, only: Option<&str>) {
    let keys: Vec<String> = (0..KEYS).map(|i| format!("/articles/2026/11/some-words-of-a-headline-{i:05}")).collect();
    let questions = zipf(seed);
    let mut engines = engines(&keys, seed);
    engines.retain(|(name, _)| only.is_none_or(|only| only == *name));
    // Rounds go over all engines, so that the machine's moods fall on each alike.
    for rep in 0..=reps {
        for (name, get) in &mut engines {
            let start = thread_time();
            let sum: usize = questions.iter().map(|key| get(black_box(&keys[*key as usize]))).sum();
            let ns = (thread_time() - start).as_nanos() as f64 / questions.len() as f64;
            assert_eq!(black_box(sum), questions.len() * VALUE, "{name} forgot something that fits");
            // The first round warms up.
            if rep > 0 {
                println!("{}", json!({ "engine": name, "rep": rep, "ns": ns }));
            }
        }
    }
}

fn engines(keys: &[String], seed: u64) -> Vec<(&'static str, Get<'_>)> {
    let hasher = FixedState::with_seed(seed);
    let room = KEYS * 2;
    let mut all: Vec<(&'static str, Get<'_>)> = Vec::new();

    let map: HashMap<&str, Bytes, FixedState> = {
        let mut map = HashMap::with_hasher(hasher.clone());
        map.extend(keys.iter().map(|key| (key.as_str(), value())));
        map
    };
    all.push(("hashmap", Box::new(move |key| map.get(key).map_or(0, |value: &Bytes| value.clone().len()))));

    let store = Arc::new(filled(keys, seed));
    let (behind, mut front) = (Arc::clone(&store), Front::new(SLOTS, 16 << 20));
    all.push((
        "ours-front",
        Box::new(move |key| front.with(&behind, 1, key, Bytes::clone).map_or(0, |value| value.len())),
    ));
    all.push(("ours-store", Box::new(move |key| store.get(1, key).map_or(0, |value| value.len()))));
    let space = space(keys);
    all.push(("ours-l1", Box::new(move |key| space.get(key).map_or(0, |value| value.len()))));

    let mut options = quick_cache::OptionsBuilder::new();
    options.estimated_items_capacity(room).weight_capacity(room as u64);
    let options = options.build().expect("both capacities are given");
    let unit = quick_cache::UnitWeighter;
    let lifecycle = quick_cache::sync::DefaultLifecycle::default();
    let quick = quick_cache::sync::Cache::with_options(options, unit, hasher.clone(), lifecycle);
    keys.iter().for_each(|key| quick.insert(key.clone(), value()));
    all.push(("quick_cache", Box::new(move |key| quick.get(key).map_or(0, |value: Bytes| value.len()))));

    let moka = moka::sync::Cache::builder().max_capacity(room as u64).build_with_hasher(hasher.clone());
    keys.iter().for_each(|key| moka.insert(key.clone(), value()));
    moka.run_pending_tasks();
    all.push(("moka", Box::new(move |key| moka.get(key).map_or(0, |value: Bytes| value.len()))));

    let build = || CacheBuilder::new(room);
    let lfu: Foyer<String, Bytes, FixedState> =
        build().with_eviction_config(LfuConfig::default()).with_hash_builder(hasher.clone()).build();
    let s3: Foyer<String, Bytes, FixedState> =
        build().with_eviction_config(S3FifoConfig::default()).with_hash_builder(hasher.clone()).build();
    for (name, foyer) in [("foyer-lfu", lfu), ("foyer-s3fifo", s3)] {
        for key in keys {
            foyer.insert(key.clone(), value());
        }
        all.push((name, Box::new(move |key| foyer.get(key).map_or(0, |entry| entry.value().clone().len()))));
    }

    // It looks up whole `String`s only: one is filled anew for each question, some nanoseconds of its figure.
    let ufo = tinyufo::TinyUfo::new(room, room);
    keys.iter().for_each(|key| drop(ufo.put(key.clone(), value(), 1)));
    let mut text = String::with_capacity(64);
    let ask = move |key: &str| {
        text.clear();
        text.push_str(key);
        ufo.get(&text).map_or(0, |value| value.len())
    };
    all.push(("tinyufo", Box::new(ask)));
    all
}

fn filled(keys: &[String], seed: u64) -> Store<Bytes> {
    let room = (KEYS * 2 * VALUE) as u64;
    let options = Options { capacity: room, entries: KEYS * 2, least: 1, shards: None, seed };
    let store = Store::new(&options, |value: &Bytes| value.len() as u64, |_| {});
    keys.iter().for_each(|key| store.insert(1, key, value()));
    store
}

/// All that a caller of the product pays: expiry, three tags, counts.
fn space(keys: &[String]) -> Space<Bytes> {
    let cache = Cache::new(&Settings::default(), Clock::system());
    let space = cache.space("bench", Some(Duration::from_secs(3_600)), Bytes::len);
    for key in keys {
        space.put(key, &["site", "articles", key], value());
    }
    // As in life: some other tag was invalidated since.
    cache.invalidate_tag("another");
    space
}

/// Every entry has memory of its own, and somebody had it in his hands before it was kept, as in life: a `Bytes` counts
/// its owners only from its first clone on, and where that count lies in memory is a good part of what a hit costs.
fn value() -> Bytes {
    let value = Bytes::from(vec![7; VALUE]);
    drop(value.clone());
    value
}

/// Numbers of keys, the n-th most popular one asked for as 1/n^0.99; which is how popular is left to chance.
fn zipf(seed: u64) -> Vec<u32> {
    let rng = Rng::seeded(seed);
    let mut sums: Vec<f64> = Vec::with_capacity(KEYS);
    for rank in 1..=KEYS {
        sums.push(sums.last().copied().unwrap_or_default() + 1.0 / (rank as f64).powf(EXPONENT));
    }
    let mut keys: Vec<u32> = (0..KEYS as u32).collect();
    for at in (1..KEYS).rev() {
        keys.swap(at, rng.below(at as u64 + 1) as usize);
    }
    let total = sums[KEYS - 1];
    let question = |_| {
        let wanted = rng.unit() * total;
        keys[sums.partition_point(|sum| *sum < wanted).min(KEYS - 1)]
    };
    (0..QUESTIONS).map(question).collect()
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
