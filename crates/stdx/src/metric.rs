//! Metric cells: atomics that code counts into and that history, `/metrics` and rules read.
//!
//! A cell is a `static`; a crate lists its cells in one `pub static METRICS: &[Metric]`, and the
//! binary hands the lists to `observe`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

mod stripe;

use stripe::Stripes;

/// Only ever grows.
#[derive(Debug, Default)]
pub struct Counter {
    all: AtomicU64,
    stripes: OnceLock<Stripes>,
}

impl Counter {
    pub const fn new() -> Self {
        Counter { all: AtomicU64::new(0), stripes: OnceLock::new() }
    }
    pub fn add(&self, n: u64) {
        self.all.fetch_add(n, Ordering::Relaxed);
    }
    pub fn inc(&self) {
        self.add(1);
    }
    /// As [`Counter::inc`] for what happens millions of times a second: threads do not meet, for some memory more.
    #[inline]
    pub fn inc_often(&self) {
        match stripe::own() {
            Some(own) => self.stripes.get_or_init(Stripes::default).inc(own),
            None => self.inc(),
        }
    }
    pub fn get(&self) -> u64 {
        let stripes = self.stripes.get().map_or(0, Stripes::sum);
        self.all.load(Ordering::Relaxed).wrapping_add(stripes)
    }
}

/// Goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    pub const fn new() -> Self {
        Gauge(AtomicI64::new(0))
    }
    pub fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets in seconds; the last bucket is without bound.
pub const BOUNDS_S: [f64; 18] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];

/// Durations in fixed buckets.
#[derive(Debug)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS_S.len() + 1],
    sum_us: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

impl Histogram {
    pub const fn new() -> Self {
        Histogram { buckets: [const { AtomicU64::new(0) }; BOUNDS_S.len() + 1], sum_us: AtomicU64::new(0) }
    }

    pub fn record(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let place = BOUNDS_S.partition_point(|bound| *bound < seconds);
        self.buckets[place].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts by bucket, not cumulated; the last one is above every bound.
    pub fn counts(&self) -> [u64; BOUNDS_S.len() + 1] {
        std::array::from_fn(|i| self.buckets[i].load(Ordering::Relaxed))
    }

    pub fn count(&self) -> u64 {
        self.counts().iter().sum()
    }

    pub fn sum_seconds(&self) -> f64 {
        self.sum_us.load(Ordering::Relaxed) as f64 / 1e6
    }

    /// The `q`-quantile (0 to 1) in seconds, interpolated inside its bucket; `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        quantile(&self.counts(), q)
    }
}

/// The `q`-quantile of bucket counts as [`Histogram::counts`] gives them.
pub fn quantile(counts: &[u64], q: f64) -> Option<f64> {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return None;
    }
    let rank = (q.clamp(0.0, 1.0) * all as f64).max(1.0);
    let mut below = 0;
    for (i, n) in counts.iter().enumerate() {
        if *n > 0 && (below + n) as f64 >= rank {
            let low = if i == 0 { 0.0 } else { BOUNDS_S[i - 1] };
            let high = BOUNDS_S.get(i).copied().unwrap_or(low);
            return Some(low + (high - low) * (rank - below as f64) / *n as f64);
        }
        below += n;
    }
    BOUNDS_S.last().copied()
}

/// Cells that differ by their labels' values; bounded, so that a label fed by a stranger cannot
/// grow without end: beyond the bound everything is counted under `other`.
#[derive(Debug)]
pub struct Family<C> {
    labels: &'static [&'static str],
    max: usize,
    cells: RwLock<BTreeMap<Vec<String>, Arc<C>>>,
}

impl<C: Default> Family<C> {
    pub const fn new(labels: &'static [&'static str], max: usize) -> Self {
        Family { labels, max, cells: RwLock::new(BTreeMap::new()) }
    }

    pub fn labels(&self) -> &'static [&'static str] {
        self.labels
    }

    /// The cell for `values`, in the order of the labels.
    pub fn with(&self, values: &[&str]) -> Arc<C> {
        let key: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        if let Some(cell) = self.cells.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(cell);
        }
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        let key = if cells.len() < self.max || cells.contains_key(&key) {
            key
        } else {
            vec!["other".to_owned(); self.labels.len()]
        };
        Arc::clone(cells.entry(key).or_default())
    }

    pub fn cells(&self) -> Vec<(Vec<String>, Arc<C>)> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.iter().map(|(k, v)| (k.clone(), Arc::clone(v))).collect()
    }
}

/// A cell as a crate lists it: stable Prometheus name, help text and where the numbers are.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub name: &'static str,
    pub help: &'static str,
    pub cell: Cell,
}

#[derive(Clone, Copy, Debug)]
pub enum Cell {
    Counter(&'static Counter),
    Gauge(&'static Gauge),
    Histogram(&'static Histogram),
    Counters(&'static Family<Counter>),
    Gauges(&'static Family<Gauge>),
    Histograms(&'static Family<Histogram>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_fall_in_their_bucket() {
        let h = Histogram::new();
        for ms in 1..=100 {
            h.record(Duration::from_millis(ms));
        }
        let p50 = h.quantile(0.5).unwrap();
        assert!((0.045..=0.05).contains(&p50), "{p50}");
        assert_eq!(h.count(), 100);
        assert!((h.sum_seconds() - 5.05).abs() < 1e-6);
        assert_eq!(Histogram::new().quantile(0.5), None);
    }

    #[test]
    fn a_family_is_bounded() {
        static F: Family<Counter> = Family::new(&["route"], 2);
        for i in 0..10 {
            F.with(&[&i.to_string()]).inc();
        }
        let names: Vec<_> = F.cells().into_iter().map(|(k, c)| (k[0].clone(), c.get())).collect();
        assert_eq!(names, [("0".into(), 1), ("1".into(), 1), ("other".into(), 8)]);
    }
}
