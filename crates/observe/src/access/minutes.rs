//! The answers of each route, minute by minute for the last hour.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{BUCKETS, DURATION, REQUESTS};

/// Minutes kept.
const KEPT: usize = 60;

/// What the routes have answered lately. Only routes that were asked take room: 100 bytes for each minute, so
/// that the whole is below 60 × 600 × 104 bytes, 3.8 MB, and some hundred kilobytes in a usual process.
#[derive(Debug, Default)]
pub struct Minutes(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Method and route, in the order they were met; a number stands for them elsewhere.
    names: Vec<(String, String)>,
    /// What each had answered at the last minute.
    last: HashMap<u16, Tally<u64>>,
    minutes: VecDeque<Vec<(u16, Tally<u32>)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tally<N> {
    /// By the first digit of the status, from 1 to 5.
    statuses: [N; 5],
    times: [N; BUCKETS],
}

/// One route over some minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub method: String,
    pub route: String,
    /// Answers by the first digit of their status, from 1 to 5.
    pub statuses: [u64; 5],
    times: [u64; BUCKETS],
}

impl Route {
    pub fn count(&self) -> u64 {
        self.statuses.iter().sum()
    }

    /// Answers with a status of 500 or more.
    pub fn errors(&self) -> u64 {
        self.statuses[4]
    }

    /// The `q`-quantile of the times in seconds; `None` without an answer.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        stdx::metric::quantile(&self.times, q)
    }
}

impl Minutes {
    /// Closes the minute that runs. Call it once a minute.
    pub fn turn(&self) {
        let mut kept = self.lock();
        let now = kept.now();
        let grown = kept.grown(&now);
        kept.minutes.push_back(grown);
        if kept.minutes.len() > KEPT {
            kept.minutes.pop_front();
        }
        kept.last = now;
    }

    /// What was answered in the last `minutes` whole ones, 60 at most, and in the one that runs; busiest first.
    pub fn routes(&self, minutes: usize) -> Vec<Route> {
        let mut kept = self.lock();
        let now = kept.now();
        let running = kept.grown(&now);
        let first = kept.minutes.len().saturating_sub(minutes);
        let mut sums: BTreeMap<u16, Tally<u64>> = BTreeMap::new();
        for (id, tally) in kept.minutes.range(first..).flatten().chain(&running) {
            let sum = sums.entry(*id).or_default();
            (0..5).for_each(|i| sum.statuses[i] += u64::from(tally.statuses[i]));
            (0..BUCKETS).for_each(|i| sum.times[i] += u64::from(tally.times[i]));
        }
        let name = |id: u16| kept.names[usize::from(id)].clone();
        let mut routes: Vec<Route> = sums
            .into_iter()
            .map(|(id, Tally { statuses, times })| {
                let (method, route) = name(id);
                Route { method, route, statuses, times }
            })
            .collect();
        routes.sort_by(|a, b| b.count().cmp(&a.count()).then_with(|| a.route.cmp(&b.route)));
        routes
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The counters as they are.
    fn now(&mut self) -> HashMap<u16, Tally<u64>> {
        let mut ids: HashMap<(String, String), u16> =
            self.names.iter().cloned().enumerate().map(|(i, name)| (name, i as u16)).collect();
        let mut id_of = |method: &str, route: &str| {
            let name = (method.to_owned(), route.to_owned());
            *ids.entry(name).or_insert_with_key(|name| {
                self.names.push(name.clone());
                (self.names.len() - 1) as u16
            })
        };
        let mut now: HashMap<u16, Tally<u64>> = HashMap::new();
        for (labels, counter) in REQUESTS.cells() {
            let [method, route, status] = &labels[..] else { continue };
            let class = status.bytes().next().filter(u8::is_ascii_digit).map_or(5, |digit| digit - b'0');
            let place = usize::from(class.clamp(1, 5)) - 1;
            now.entry(id_of(method, route)).or_default().statuses[place] += counter.get();
        }
        for (labels, histogram) in DURATION.cells() {
            let [method, route] = &labels[..] else { continue };
            now.entry(id_of(method, route)).or_default().times = histogram.counts();
        }
        now
    }

    /// What has come to them since the last minute.
    fn grown(&self, now: &HashMap<u16, Tally<u64>>) -> Vec<(u16, Tally<u32>)> {
        let none = Tally::default();
        let less = |now: u64, then: u64| u32::try_from(now.saturating_sub(then)).unwrap_or(u32::MAX);
        let grown = now.iter().filter_map(|(id, now)| {
            let then = self.last.get(id).unwrap_or(&none);
            (now != then).then(|| {
                let statuses = std::array::from_fn(|i| less(now.statuses[i], then.statuses[i]));
                (*id, Tally { statuses, times: std::array::from_fn(|i| less(now.times[i], then.times[i])) })
            })
        });
        grown.collect()
    }
}

impl Default for Tally<u64> {
    fn default() -> Self {
        Tally { statuses: [0; 5], times: [0; BUCKETS] }
    }
}
