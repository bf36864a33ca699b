//! What the cache did: per space, per tier and in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};

use crate::prefetch::PrefetchStats;
use crate::sketch::Counted;

static HITS: Family<Counter> = Family::new(&["space"], 64);
static MISSES: Family<Counter> = Family::new(&["space"], 64);
static EVICTIONS: Counter = Counter::new();
static LOADS: Family<Counter> = Family::new(&["space"], 64);
static LOAD_ERRORS: Family<Counter> = Family::new(&["space"], 64);
static STALE: Family<Counter> = Family::new(&["space"], 64);
static EARLY: Family<Counter> = Family::new(&["space"], 64);
static JOINED: Family<Counter> = Family::new(&["space"], 64);
static TIMEOUTS: Family<Counter> = Family::new(&["space"], 64);
static TIER_HITS: Family<Counter> = Family::new(&["tier"], 4);
static TIER_MISSES: Family<Counter> = Family::new(&["tier"], 4);
static TIER_ERRORS: Family<Counter> = Family::new(&["tier"], 4);
static TIER_WRITES: Family<Counter> = Family::new(&["tier"], 4);
static TIER_DROPPED: Family<Counter> = Family::new(&["tier"], 4);
static TIER_BYTES: Family<Gauge> = Family::new(&["tier"], 4);
static TIER_SECONDS: Family<Histogram> = Family::new(&["tier"], 4);
pub(crate) static PREFETCHED: Counter = Counter::new();
pub(crate) static PREFETCHED_USED: Counter = Counter::new();

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_cache_hits_total",
        help: "Values served from memory, by space.",
        cell: Cell::Counters(&HITS),
    },
    Metric {
        name: "copydesk_cache_misses_total",
        help: "Values that were not in memory, by space.",
        cell: Cell::Counters(&MISSES),
    },
    Metric {
        name: "copydesk_cache_evictions_total",
        help: "Entries that left memory to make room.",
        cell: Cell::Counter(&EVICTIONS),
    },
    Metric {
        name: "copydesk_cache_loads_total",
        help: "Loaders that were run, by space.",
        cell: Cell::Counters(&LOADS),
    },
    Metric {
        name: "copydesk_cache_load_errors_total",
        help: "Loaders that failed, by space.",
        cell: Cell::Counters(&LOAD_ERRORS),
    },
    Metric {
        name: "copydesk_cache_stale_served_total",
        help: "Values served after their time, while or since no newer one could be had, by space.",
        cell: Cell::Counters(&STALE),
    },
    Metric {
        name: "copydesk_cache_early_refreshes_total",
        help: "Values loaded anew shortly before their time, by space.",
        cell: Cell::Counters(&EARLY),
    },
    Metric {
        name: "copydesk_cache_stampedes_avoided_total",
        help: "Callers who shared the load of another, by space.",
        cell: Cell::Counters(&JOINED),
    },
    Metric {
        name: "copydesk_cache_timeouts_total",
        help: "Callers who did not wait for the end of a load, by space.",
        cell: Cell::Counters(&TIMEOUTS),
    },
    Metric {
        name: "copydesk_cache_tier_hits_total",
        help: "Values found behind the memory, by tier.",
        cell: Cell::Counters(&TIER_HITS),
    },
    Metric {
        name: "copydesk_cache_tier_misses_total",
        help: "Values not found there, or too old to be used, by tier.",
        cell: Cell::Counters(&TIER_MISSES),
    },
    Metric {
        name: "copydesk_cache_tier_errors_total",
        help: "Questions and writes that failed, by tier.",
        cell: Cell::Counters(&TIER_ERRORS),
    },
    Metric {
        name: "copydesk_cache_tier_writes_total",
        help: "Values written, by tier.",
        cell: Cell::Counters(&TIER_WRITES),
    },
    Metric {
        name: "copydesk_cache_tier_dropped_total",
        help: "Values not written since too many waited, by tier.",
        cell: Cell::Counters(&TIER_DROPPED),
    },
    Metric { name: "copydesk_cache_tier_bytes", help: "Bytes that a tier holds.", cell: Cell::Gauges(&TIER_BYTES) },
    Metric {
        name: "copydesk_cache_tier_seconds",
        help: "Time until a tier answered; of the memory one question in 64.",
        cell: Cell::Histograms(&TIER_SECONDS),
    },
    Metric {
        name: "copydesk_cache_prefetched_total",
        help: "Values loaded ahead of a wish.",
        cell: Cell::Counter(&PREFETCHED),
    },
    Metric {
        name: "copydesk_cache_prefetched_used_total",
        help: "Values loaded ahead that somebody wished for then.",
        cell: Cell::Counter(&PREFETCHED_USED),
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
    /// Tags and keys whose last invalidation is remembered one by one.
    pub tags: u64,
    /// Patterns whose last invalidation is remembered one by one.
    pub patterns: u64,
    /// Whether purges of other processes may have been missed; nothing is fresh then.
    pub behind: bool,
    /// Purges of this process that are not in the log yet.
    pub purges_waiting: u64,
    /// The memory first; tiers that are not set up are left out.
    pub tiers: Vec<TierStats>,
    pub spaces: Vec<SpaceStats>,
    /// The most asked for, by sampling: counts are of all questions, about.
    pub top_keys: Vec<Counted>,
    /// The most asked for in vain.
    pub top_missed: Vec<Counted>,
    pub prefetch: PrefetchStats,
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
    /// Values served after their time.
    pub stale_served: u64,
    pub early_refreshes: u64,
    /// Callers who shared the load of another.
    pub stampedes_avoided: u64,
    /// Callers who did not wait for the end of a load.
    pub timeouts: u64,
    /// 0 to 1; `None` before the first question.
    pub hit_ratio: Option<f64>,
}

/// One tier at one moment; counts are since the start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TierStats {
    /// `memory`, `remote` or `disk`.
    pub name: &'static str,
    /// 0 where nobody counts them.
    pub entries: u64,
    pub bytes: u64,
    pub hits: u64,
    pub misses: u64,
    pub errors: u64,
    pub writes: u64,
    /// Writes that were given up since too many waited.
    pub dropped: u64,
    /// Seconds; `None` before the first answer.
    pub p50_s: Option<f64>,
    pub p99_s: Option<f64>,
    /// 0 to 1; `None` before the first question.
    pub hit_ratio: Option<f64>,
}

/// Hits as a share of all questions.
pub(crate) fn ratio(hits: u64, misses: u64) -> Option<f64> {
    (hits + misses > 0).then(|| hits as f64 / (hits + misses) as f64)
}

/// A count of one cache, and the process's cell for the same: tests run several caches at once.
#[derive(Debug)]
pub(crate) struct Count {
    own: Counter,
    cell: Arc<Counter>,
}

impl Count {
    fn new(family: &'static Family<Counter>, label: &str) -> Self {
        Count { own: Counter::new(), cell: family.with(&[label]) }
    }

    pub fn inc(&self) {
        self.own.inc();
        self.cell.inc();
    }

    /// For what may happen millions of times a second.
    #[inline]
    pub fn inc_often(&self) {
        self.own.inc_often();
        self.cell.inc_often();
    }

    pub fn get(&self) -> u64 {
        self.own.get()
    }
}

/// The counters of one space.
#[derive(Debug)]
pub(crate) struct Counts {
    pub name: &'static str,
    pub ttl_seconds: u64,
    entries: AtomicU64,
    bytes: AtomicU64,
    bytes_cell: Arc<Gauge>,
    evictions: AtomicU64,
    pub hits: Count,
    pub misses: Count,
    pub loads: Count,
    pub load_errors: Count,
    pub stale: Count,
    pub early: Count,
    pub joined: Count,
    pub timeouts: Count,
}

impl Counts {
    pub fn new(name: &'static str, ttl_seconds: u64) -> Self {
        Counts {
            name,
            ttl_seconds,
            entries: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            bytes_cell: TIER_BYTES.with(&["memory"]),
            evictions: AtomicU64::new(0),
            hits: Count::new(&HITS, name),
            misses: Count::new(&MISSES, name),
            loads: Count::new(&LOADS, name),
            load_errors: Count::new(&LOAD_ERRORS, name),
            stale: Count::new(&STALE, name),
            early: Count::new(&EARLY, name),
            joined: Count::new(&JOINED, name),
            timeouts: Count::new(&TIMEOUTS, name),
        }
    }

    /// An entry of so many bytes came into memory.
    pub fn came(&self, bytes: u64) {
        self.entries.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes_cell.add(bytes.cast_signed());
    }

    /// An entry of so many bytes was dropped.
    pub fn went(&self, bytes: u64) {
        self.entries.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes_cell.add(-bytes.cast_signed());
    }

    pub fn evicted(&self) {
        self.evictions.fetch_add(1, Ordering::Relaxed);
        EVICTIONS.inc();
    }

    pub fn read(&self) -> SpaceStats {
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let (hits, misses) = (self.hits.get(), self.misses.get());
        SpaceStats {
            name: self.name,
            ttl_seconds: self.ttl_seconds,
            entries: get(&self.entries),
            bytes: get(&self.bytes),
            hits,
            misses,
            loads: self.loads.get(),
            load_errors: self.load_errors.get(),
            evictions: get(&self.evictions),
            stale_served: self.stale.get(),
            early_refreshes: self.early.get(),
            stampedes_avoided: self.joined.get(),
            timeouts: self.timeouts.get(),
            hit_ratio: ratio(hits, misses),
        }
    }
}

/// The counters of one tier.
#[derive(Debug)]
pub(crate) struct TierCounts {
    name: &'static str,
    pub hits: Count,
    pub misses: Count,
    pub errors: Count,
    pub writes: Count,
    pub dropped: Count,
    times: Histogram,
    times_cell: Arc<Histogram>,
    bytes_cell: Arc<Gauge>,
}

impl TierCounts {
    pub fn new(name: &'static str) -> Self {
        TierCounts {
            name,
            hits: Count::new(&TIER_HITS, name),
            misses: Count::new(&TIER_MISSES, name),
            errors: Count::new(&TIER_ERRORS, name),
            writes: Count::new(&TIER_WRITES, name),
            dropped: Count::new(&TIER_DROPPED, name),
            times: Histogram::new(),
            times_cell: TIER_SECONDS.with(&[name]),
            bytes_cell: TIER_BYTES.with(&[name]),
        }
    }

    pub fn took(&self, time: Duration) {
        self.times.record(time);
        self.times_cell.record(time);
    }

    /// The tier has so many bytes now.
    pub fn holds(&self, bytes: u64) {
        self.bytes_cell.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub fn read(&self, entries: u64, bytes: u64) -> TierStats {
        let (hits, misses) = (self.hits.get(), self.misses.get());
        TierStats {
            name: self.name,
            entries,
            bytes,
            hits,
            misses,
            errors: self.errors.get(),
            writes: self.writes.get(),
            dropped: self.dropped.get(),
            p50_s: self.times.quantile(0.5),
            p99_s: self.times.quantile(0.99),
            hit_ratio: ratio(hits, misses),
        }
    }
}
