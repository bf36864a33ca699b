//! How long the jobs of each kind run: for deadlines, averages and estimates, shared by all processes.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

/// Buckets of two to a doubling, from 100 µs; the last one is open.
const BUCKETS: usize = 52;
const FIRST_S: f64 = 100e-6;
/// Beyond this many runs the old ones count half, so that the picture follows the times.
const RUNS_MAX: u64 = 10_000;
/// Runs before the observed times say anything about a deadline.
const RUNS_MIN: u64 = 100;
/// No observed deadline is shorter: a quick kind may meet a slow moment.
const DEADLINE_MIN: Duration = Duration::from_secs(30);

/// By kind: what was observed everywhere, and what was observed here since it was last shared.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    known: HashMap<i64, Times>,
    fresh: HashMap<i64, Times>,
}

/// Runs by their time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times(Vec<u64>);

/// What is known of the runs of a kind, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DurationView {
    pub runs: u64,
    pub average_s: f64,
    pub p50_s: f64,
    pub p95_s: f64,
    pub p99_s: f64,
}

impl Durations {
    pub fn record(&mut self, kind: i64, time: Duration) {
        self.fresh.entry(kind).or_default().record(time);
    }

    /// What the database knows of `kind`; what was observed here since is on top of it.
    pub fn learn(&mut self, kind: i64, text: &str) {
        self.known.insert(kind, Times::read(text));
    }

    /// What is to be shared: taken out, and believed until the next reading.
    pub fn take_fresh(&mut self) -> HashMap<i64, Times> {
        let fresh = std::mem::take(&mut self.fresh);
        for (kind, times) in &fresh {
            self.known.entry(*kind).or_default().add(times);
        }
        fresh
    }

    pub fn view(&self, kind: i64) -> Option<DurationView> {
        let mut times = self.known.get(&kind).cloned().unwrap_or_default();
        if let Some(fresh) = self.fresh.get(&kind) {
            times.add(fresh);
        }
        let runs = times.runs();
        (runs > 0).then(|| DurationView {
            runs,
            average_s: times.average(),
            p50_s: times.quantile(0.5),
            p95_s: times.quantile(0.95),
            p99_s: times.quantile(0.99),
        })
    }

    /// Three times what 99 of 100 runs need, when enough are known.
    pub fn deadline(&self, kind: i64) -> Option<Duration> {
        let times = self.known.get(&kind).filter(|times| times.runs() >= RUNS_MIN)?;
        Some(Duration::from_secs_f64(times.quantile(0.99) * 3.0).max(DEADLINE_MIN))
    }
}

impl Times {
    pub fn record(&mut self, time: Duration) {
        self.0.resize(BUCKETS, 0);
        let doublings = (time.as_secs_f64() / FIRST_S).max(1.0).log2() * 2.0;
        self.0[(doublings as usize).min(BUCKETS - 1)] += 1;
    }

    pub fn add(&mut self, other: &Times) {
        self.0.resize(BUCKETS, 0);
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.saturating_add(*theirs);
        }
        if self.runs() > RUNS_MAX {
            self.0.iter_mut().for_each(|n| *n = n.div_ceil(2));
        }
    }

    /// A text that cannot be read counts as nothing known.
    pub fn read(text: &str) -> Times {
        let mut counts: Vec<u64> = serde_json::from_str(text).unwrap_or_default();
        counts.truncate(BUCKETS);
        Times(counts)
    }

    pub fn written(&self) -> String {
        serde_json::to_string(&self.0).expect("a list of numbers")
    }

    pub fn runs(&self) -> u64 {
        self.0.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    fn average(&self) -> f64 {
        let sum: f64 = self.0.iter().enumerate().map(|(i, n)| *n as f64 * middle(i)).sum();
        sum / self.runs().max(1) as f64
    }

    fn quantile(&self, q: f64) -> f64 {
        let rank = (self.runs() as f64 * q).ceil().max(1.0) as u64;
        let mut seen = 0;
        let place = self.0.iter().position(|n| {
            seen = n.saturating_add(seen);
            seen >= rank
        });
        place.map_or(0.0, upper)
    }
}

/// The upper end of a bucket, in seconds.
fn upper(bucket: usize) -> f64 {
    FIRST_S * 2f64.powf((bucket as f64 + 1.0) / 2.0)
}

fn middle(bucket: usize) -> f64 {
    upper(bucket) * 2f64.powf(-0.25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_within_a_bucket() {
        let mut times = Times::default();
        for ms in 1..=1_000u64 {
            times.record(Duration::from_millis(ms));
        }
        assert_eq!(times.runs(), 1_000);
        for (q, expected) in [(0.5, 0.5), (0.99, 0.99)] {
            let seen = times.quantile(q);
            assert!(seen >= expected * 0.99 && seen <= expected * 1.5, "{q}: {seen}");
        }
        assert!((0.4..0.62).contains(&times.average()), "{}", times.average());
        assert_eq!(Times::read(&times.written()), times);
        assert_eq!(Times::read("no list").runs(), 0);
    }

    #[test]
    fn a_deadline_follows_what_was_observed() {
        let mut durations = Durations::default();
        for _ in 0..99 {
            durations.record(1, Duration::from_secs(60));
        }
        durations.take_fresh();
        assert_eq!(durations.deadline(1), None, "too little is known");
        durations.record(1, Duration::from_secs(60));
        durations.take_fresh();
        let deadline = durations.deadline(1).unwrap();
        assert!((180.0..270.0).contains(&deadline.as_secs_f64()), "{deadline:?}");
        for _ in 0..200 {
            durations.record(2, Duration::from_millis(5));
        }
        durations.take_fresh();
        assert_eq!(durations.deadline(2), Some(DEADLINE_MIN));
    }

    #[test]
    fn old_runs_fade() {
        let mut times = Times::default();
        let mut slow = Times::default();
        (0..RUNS_MAX).for_each(|_| slow.record(Duration::from_secs(10)));
        times.add(&slow);
        let mut quick = Times::default();
        (0..1_000).for_each(|_| quick.record(Duration::from_millis(1)));
        (0..20).for_each(|_| times.add(&quick));
        assert!(times.quantile(0.5) < 0.01);
    }
}
