//! What is read soon after what, learned from sessions, and whether acting on it pays.
//!
//! For each key a few successors are kept with how often they followed within the same session (support); a successor
//! is believed when it followed often enough and in a large enough share of the key's readings (confidence). What is
//! loaded ahead is remembered, and used when somebody asks for it within a quarter of an hour. Below half of them used
//! nothing is loaded ahead but a few probes, so that it can prove itself again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use stdx::{Timestamp, TokenBucket};

use crate::space::Warm;
use crate::stats::{PREFETCHED, PREFETCHED_USED};

/// Successors of one key.
const NEXT_MAX: usize = 6;
/// How often one must have followed, and in which share of the readings.
const SUPPORT_MIN: u32 = 3;
const CONFIDENCE_MIN: f64 = 0.25;
/// Successors that are loaded ahead at a time.
const AHEAD_MAX: usize = 2;
/// Sessions whose last key is remembered, and how long it counts as the one before.
const SESSIONS_MAX: usize = 4_096;
const PAUSE_MAX: Duration = Duration::from_secs(1_800);
/// Loads that are waited for to be used, and how long.
const AHEAD_KEPT: usize = 2_048;
const USE_WITHIN: Duration = Duration::from_secs(900);
/// Judged by so many of the last ones; below this share used only one in so many is loaded.
const JUDGED: usize = 200;
const JUDGED_MIN: usize = 20;
const PRECISION_MIN: f64 = 0.5;
const PROBE: u64 = 20;

/// How prefetching does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PrefetchStats {
    /// Keys with successors.
    pub keys: u64,
    pub loaded: u64,
    pub used: u64,
    /// Share of the last loads ahead that were used, 0 to 1; `None` while too few are known.
    pub precision: Option<f64>,
    /// Whether the precision is too low, so that only probes are loaded.
    pub paused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub space: String,
    pub key: String,
}

pub(crate) struct Prefetch {
    keys_max: usize,
    state: Mutex<State>,
    /// `None` loads nothing ahead.
    budget: Option<Mutex<TokenBucket>>,
    warmers: Mutex<Vec<Arc<dyn Warm>>>,
}

#[derive(Default)]
struct State {
    keys: HashMap<Place, Key>,
    /// In the order in which keys came, for the one that goes.
    order: VecDeque<Place>,
    sessions: HashMap<u64, (Place, Timestamp)>,
    session_order: VecDeque<u64>,
    /// Loaded and not asked for yet, by the number of the load.
    ahead: HashMap<Place, u64>,
    ahead_order: VecDeque<(Place, u64, Timestamp)>,
    judged: VecDeque<bool>,
    loaded: u64,
    used: u64,
    /// Occasions that were let pass while it is paused.
    turn: u64,
}

#[derive(Default)]
struct Key {
    seen: u32,
    next: Vec<(Place, u32)>,
}

impl Prefetch {
    pub fn new(keys_max: usize, per_minute: u64) -> Self {
        let per_minute = u32::try_from(per_minute).unwrap_or(u32::MAX);
        let budget = (per_minute > 0).then(|| Mutex::new(TokenBucket::new(per_minute, Duration::from_secs(60))));
        Prefetch { keys_max, state: Mutex::default(), budget, warmers: Mutex::default() }
    }

    pub fn keep(&self, warm: Arc<dyn Warm>) {
        self.warmers.lock().unwrap_or_else(PoisonError::into_inner).push(warm);
    }

    /// Learns from a reading, and says what to load ahead.
    pub fn seen(&self, session: u64, space: &str, key: &str, now: Timestamp) -> Vec<Place> {
        if self.keys_max == 0 {
            return Vec::new();
        }
        let place = Place { space: space.to_owned(), key: key.to_owned() };
        let mut state = self.lock();
        state.settle(now);
        if state.ahead.remove(&place).is_some() {
            state.used += 1;
            PREFETCHED_USED.inc();
            state.judge(true);
        }
        let before = state.sessions.insert(session, (place.clone(), now));
        if before.is_none() {
            state.session_order.push_back(session);
            if state.session_order.len() > SESSIONS_MAX
                && let Some(oldest) = state.session_order.pop_front()
            {
                state.sessions.remove(&oldest);
            }
        }
        state.key(&place, self.keys_max).seen += 1;
        if let Some((before, at)) = before
            && before != place
            && now.since(at) < PAUSE_MAX
        {
            state.key(&before, self.keys_max).follow(place.clone());
        }
        let next = state.believed(&place);
        if !next.is_empty() && state.is_paused() {
            state.turn += 1;
            if !state.turn.is_multiple_of(PROBE) {
                return Vec::new();
            }
        }
        next.into_iter().filter(|next| !state.ahead.contains_key(next)).take(AHEAD_MAX).collect()
    }

    pub fn successors(&self, space: &str, key: &str) -> Vec<Place> {
        self.lock().believed(&Place { space: space.to_owned(), key: key.to_owned() })
    }

    /// Whether one more load is within the budget.
    pub fn may_load(&self, now: Timestamp) -> bool {
        let Some(budget) = &self.budget else { return false };
        budget.lock().unwrap_or_else(PoisonError::into_inner).take(now).is_ok()
    }

    pub fn loaded(&self, place: &Place, now: Timestamp) {
        let mut state = self.lock();
        state.loaded += 1;
        PREFETCHED.inc();
        let number = state.loaded;
        state.ahead.insert(place.clone(), number);
        state.ahead_order.push_back((place.clone(), number, now));
    }

    pub fn stats(&self) -> PrefetchStats {
        let state = self.lock();
        PrefetchStats {
            keys: state.keys.len() as u64,
            loaded: state.loaded,
            used: state.used,
            precision: state.precision(),
            paused: state.is_paused(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn key(&mut self, place: &Place, max: usize) -> &mut Key {
        if !self.keys.contains_key(place) {
            while self.keys.len() >= max
                && let Some(oldest) = self.order.pop_front()
            {
                // A second chance for what is still read.
                match self.keys.get_mut(&oldest) {
                    Some(key) if key.seen > 1 => {
                        key.seen /= 2;
                        key.next.iter_mut().for_each(|(_, count)| *count /= 2);
                        self.order.push_back(oldest);
                    }
                    _ => {
                        self.keys.remove(&oldest);
                    }
                }
            }
            self.order.push_back(place.clone());
        }
        self.keys.entry(place.clone()).or_default()
    }

    fn believed(&self, place: &Place) -> Vec<Place> {
        let Some(key) = self.keys.get(place) else { return Vec::new() };
        let enough =
            |count: u32| count >= SUPPORT_MIN && f64::from(count) >= CONFIDENCE_MIN * f64::from(key.seen.max(1));
        let mut next: Vec<_> = key.next.iter().filter(|(_, count)| enough(*count)).collect();
        next.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        next.into_iter().map(|(place, _)| place.clone()).collect()
    }

    /// Gives up waiting for what was loaded too long ago.
    fn settle(&mut self, now: Timestamp) {
        while let Some((place, number, at)) = self.ahead_order.front() {
            let is_waiting = self.ahead.get(place) == Some(number);
            if is_waiting && now.since(*at) <= USE_WITHIN && self.ahead_order.len() <= AHEAD_KEPT {
                return;
            }
            if let Some((place, ..)) = self.ahead_order.pop_front()
                && is_waiting
            {
                self.ahead.remove(&place);
                self.judge(false);
            }
        }
    }

    fn judge(&mut self, used: bool) {
        self.judged.push_back(used);
        if self.judged.len() > JUDGED {
            self.judged.pop_front();
        }
    }

    fn precision(&self) -> Option<f64> {
        let used = self.judged.iter().filter(|used| **used).count();
        (self.judged.len() >= JUDGED_MIN).then(|| used as f64 / self.judged.len() as f64)
    }

    fn is_paused(&self) -> bool {
        self.precision().is_some_and(|precision| precision < PRECISION_MIN)
    }
}

impl Key {
    fn follow(&mut self, place: Place) {
        if let Some((_, count)) = self.next.iter_mut().find(|(known, _)| *known == place) {
            *count += 1;
        } else if self.next.len() < NEXT_MAX {
            self.next.push((place, 1));
        } else if let Some(rarest) = self.next.iter_mut().min_by_key(|(_, count)| *count) {
            // Space-Saving without the inheritance: a newcomer must earn its support.
            if rarest.1 <= 1 {
                *rarest = (place, 1);
            } else {
                rarest.1 -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
