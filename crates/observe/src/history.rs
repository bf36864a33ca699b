//! The last hour in steps of ten seconds, in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use stdx::task::Tasks;
use stdx::{Clock, Timestamp};

use crate::{Registry, Sample, Value};

/// Time between two points.
pub const STEP: Duration = Duration::from_secs(10);
/// Points kept: an hour.
pub const POINTS: usize = 360;
/// Series kept; later ones are counted in [`Answer::left_out`] and not kept. With 4 bytes a point the
/// whole is below 2048 × (360 × 4 + 200) bytes, 3.4 MB, and a usual process fills a tenth of it.
pub const SERIES_MAX: usize = 2048;

/// Rates of counters, values of gauges and quantiles of histograms over time. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct History(Arc<Mutex<Kept>>);

/// What a figure of a series says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// A counter's growth per second.
    Rate,
    /// A gauge.
    Value,
    /// Seconds within one step; absent where nothing was recorded.
    P50,
    P95,
    P99,
}

/// The series within a span of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The time of each point, the same for all series.
    pub times: Vec<Timestamp>,
    pub series: Vec<Series>,
    /// Series that found no room at the last sample.
    pub left_out: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    pub name: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub figure: Figure,
    /// One for each time; `None` where the series had no value.
    pub points: Vec<Option<f32>>,
}

type Key = (&'static str, Vec<(&'static str, String)>);

#[derive(Debug, Default)]
struct Kept {
    times: VecDeque<Timestamp>,
    rings: BTreeMap<(Key, Figure), Ring>,
    /// The counters and histograms as they were at the last sample.
    last: BTreeMap<Key, Vec<u64>>,
    left_out: u64,
}

/// The latest points of one series; the last one belongs to the last time.
#[derive(Debug, Default)]
struct Ring(VecDeque<f32>);

impl History {
    /// Adds a point to every series. Call it each [`STEP`]; a time that does not move on is ignored.
    pub fn sample(&self, registry: &Registry, now: Timestamp) {
        let samples = registry.snapshot();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.times.back().is_some_and(|last| *last >= now) {
            return;
        }
        kept.add(samples, now);
    }

    /// The points from `from` to `to`, both included.
    pub fn query(&self, from: Timestamp, to: Timestamp) -> Answer {
        self.pick(from, to, |_| true)
    }

    /// The points of the series with these names alone.
    pub fn query_some(&self, names: &[&str], from: Timestamp, to: Timestamp) -> Answer {
        self.pick(from, to, |name| names.contains(&name))
    }

    fn pick(&self, from: Timestamp, to: Timestamp, is_wanted: impl Fn(&str) -> bool) -> Answer {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.times.partition_point(|t| *t < from);
        let end = kept.times.partition_point(|t| *t <= to).max(first);
        let wanted = kept.rings.iter().filter(|(((name, _), _), _)| is_wanted(name));
        let series = wanted.map(|(((name, labels), figure), ring)| {
            // A series that began later has fewer points than there are times.
            let missing = kept.times.len() - ring.0.len();
            let point = |i: usize| i.checked_sub(missing).map(|i| ring.0[i]).filter(|p| !p.is_nan());
            Series { name, labels: labels.clone(), figure: *figure, points: (first..end).map(point).collect() }
        });
        Answer {
            times: kept.times.range(first..end).copied().collect(),
            series: series.collect(),
            left_out: kept.left_out,
        }
    }

    /// Samples until the tasks are asked to stop.
    pub fn run(&self, registry: Registry, clock: Clock, tasks: &Tasks) {
        let (history, mut stop) = (self.clone(), tasks.stop());
        tasks.spawn(async move {
            history.sample(&registry, clock.now());
            while stop.sleep(STEP).await {
                history.sample(&registry, clock.now());
            }
        });
    }
}

impl Kept {
    fn add(&mut self, samples: Vec<Sample>, now: Timestamp) {
        let since = self.times.back().map(|last| now.since(*last).as_secs_f64());
        self.times.push_back(now);
        self.left_out = 0;
        for Sample { name, labels, value } in samples {
            let key: Key = (name, labels);
            match value {
                Value::Gauge { value } => self.push(&key, Figure::Value, value as f32),
                Value::Counter { value } => {
                    let grown = self.grown(&key, vec![value]);
                    // The first sample has nothing to compare with.
                    let rate = grown.zip(since).map_or(f32::NAN, |(g, s)| (g[0] as f64 / s) as f32);
                    self.push(&key, Figure::Rate, rate);
                }
                Value::Histogram { counts, .. } => {
                    let grown = self.grown(&key, counts).unwrap_or_default();
                    for (figure, q) in [(Figure::P50, 0.5), (Figure::P95, 0.95), (Figure::P99, 0.99)] {
                        let value = stdx::metric::quantile(&grown, q).map_or(f32::NAN, |v| v as f32);
                        self.push(&key, figure, value);
                    }
                }
            }
        }
        if self.times.len() > POINTS {
            self.times.pop_front();
        }
        // Cells never vanish, so every ring got a point and all end at the same time.
        let times = self.times.len();
        for ring in self.rings.values_mut() {
            ring.0.drain(..ring.0.len().saturating_sub(times));
        }
    }

    /// How much each count grew since the last sample; `None` at the first.
    fn grown(&mut self, key: &Key, counts: Vec<u64>) -> Option<Vec<u64>> {
        if let Some(last) = self.last.get_mut(key) {
            let grown = counts.iter().zip(last.iter()).map(|(now, then)| now.saturating_sub(*then)).collect();
            *last = counts;
            return Some(grown);
        }
        if self.last.len() < SERIES_MAX {
            // A labelled cell is born with its first event: between two samples it grew from zero.
            let born_here = self.times.len() > 1 && !key.1.is_empty();
            self.last.insert(key.clone(), counts.clone());
            return born_here.then_some(counts);
        }
        None
    }

    fn push(&mut self, key: &Key, figure: Figure, value: f32) {
        let full = self.rings.len() >= SERIES_MAX;
        let place = (key.clone(), figure);
        if full && !self.rings.contains_key(&place) {
            self.left_out += 1;
            return;
        }
        self.rings.entry(place).or_default().0.push_back(value);
    }
}

#[cfg(test)]
mod tests;
