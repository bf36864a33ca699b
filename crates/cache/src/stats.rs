//! What the cache did, per space and in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use stdx::metric::{Cell, Counter, Family, Metric};

static HITS: Family<Counter> = Family::new(&["space"], 64);
static MISSES: Family<Counter> = Family::new(&["space"], 64);
static EVICTIONS: Counter = Counter::new();

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_cache_hits_total",
        help: "Values served from memory, by space.",
        cell: Cell::Counters(&HITS),
    },
    Metric {
        name: "copydesk_cache_misses_total",
        help: "Values that were not there, by space.",
        cell: Cell::Counters(&MISSES),
    },
    Metric {
        name: "copydesk_cache_evictions_total",
        help: "Entries that left to make room.",
        cell: Cell::Counter(&EVICTIONS),
    },
];

/// The whole cache at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stats {
    pub entries: u64,
    pub entries_max: u64,
    pub bytes: u64,
    pub bytes_max: u64,
    pub hits: u64,
    pub misses: u64,
    /// 0 to 1; `None` before the first question.
    pub hit_ratio: Option<f64>,
    /// Tags whose last invalidation is remembered one by one.
    pub tags: u64,
    pub spaces: Vec<SpaceStats>,
}

/// One space at one moment; counts are since the start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpaceStats {
    pub name: &'static str,
    pub ttl_seconds: u64,
    pub entries: u64,
    pub bytes: u64,
    pub hits: u64,
    pub misses: u64,
    /// Loaders that were run, successful or not.
    pub loads: u64,
    pub load_errors: u64,
    pub evictions: u64,
    /// 0 to 1; `None` before the first question.
    pub hit_ratio: Option<f64>,
}

/// Hits as a share of all questions.
pub(crate) fn ratio(hits: u64, misses: u64) -> Option<f64> {
    (hits + misses > 0).then(|| hits as f64 / (hits + misses) as f64)
}

/// The counters of one space.
#[derive(Debug)]
pub(crate) struct Counts {
    pub name: &'static str,
    pub ttl_seconds: u64,
    pub entries: AtomicU64,
    pub bytes: AtomicU64,
    pub loads: AtomicU64,
    pub load_errors: AtomicU64,
    evictions: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    hits_cell: Arc<Counter>,
    misses_cell: Arc<Counter>,
}

impl Counts {
    pub fn new(name: &'static str, ttl_seconds: u64) -> Self {
        let zero = AtomicU64::default;
        Counts {
            name,
            ttl_seconds,
            entries: zero(),
            bytes: zero(),
            loads: zero(),
            load_errors: zero(),
            evictions: zero(),
            hits: zero(),
            misses: zero(),
            hits_cell: HITS.with(&[name]),
            misses_cell: MISSES.with(&[name]),
        }
    }

    // A cache has its own counts, the process has one cell: tests run several caches at once.
    pub fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
        self.hits_cell.inc();
    }

    pub fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
        self.misses_cell.inc();
    }

    pub fn evicted(&self) {
        self.evictions.fetch_add(1, Ordering::Relaxed);
        EVICTIONS.inc();
    }

    pub fn read(&self) -> SpaceStats {
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let (hits, misses) = (get(&self.hits), get(&self.misses));
        SpaceStats {
            name: self.name,
            ttl_seconds: self.ttl_seconds,
            entries: get(&self.entries),
            bytes: get(&self.bytes),
            hits,
            misses,
            loads: get(&self.loads),
            load_errors: get(&self.load_errors),
            evictions: get(&self.evictions),
            hit_ratio: ratio(hits, misses),
        }
    }
}
