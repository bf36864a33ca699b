//! How large the window should be, found out by trying.
//!
//! How much room the newest entries deserve differs from one kind of traffic to the next, by up to twenty points of the
//! hit ratio. So a few small caches of hashes, each with another window, are led past the same sample of keys; the store
//! takes over the window of the one that would have been hit most lately.
//!
//! Source: the scaled-down simulation is that of Waldspurger, Saemundsson, Ahmad, Park 2017. Hill climbing on the real
//! hit ratio, as in Einziger et al. 2018, needs a change of the real cache to learn anything, and many of them to arrive:
//! on the public traces it came out 0.8 points lower in the mean.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::policy::{MARKS_MAX, Marks, Policy};

/// The windows on trial, in thousandths of the capacity.
const WINDOWS: [u32; 4] = [10, 100, 300, 700];
/// Index of the one to begin with.
const FIRST: usize = 1;
/// Entries that a trial holds at most.
const ENTRIES_MAX: usize = 512;
/// Questions between two decisions, in times the entries of a trial.
const PERIOD: u64 = 2;
/// What the hits of earlier periods count for at each decision.
const MEMORY: f64 = 0.95;
/// How much better another window must be to be taken: changing back and forth costs more than it finds.
const MARGIN: f64 = 1.01;

#[derive(Debug)]
pub struct Trials {
    window: AtomicU32,
    /// One key in so many, less one.
    mask: AtomicU32,
    /// Entries of the whole cache that the sample is made for.
    entries: AtomicUsize,
    capacity: u64,
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    trials: Vec<Trial>,
    current: usize,
    asked: u64,
    period: u64,
}

impl Trials {
    pub fn new(capacity: u64, entries: usize, seed: u64) -> Self {
        let (state, mask) = State::new(capacity, entries, FIRST, seed);
        Trials {
            window: AtomicU32::new(WINDOWS[FIRST]),
            mask: AtomicU32::new(mask),
            entries: AtomicUsize::new(entries),
            capacity,
            seed,
            state: Mutex::new(state),
        }
    }

    /// What the window should be now, in thousandths of the capacity.
    pub fn window(&self) -> u32 {
        self.window.load(Ordering::Relaxed)
    }

    /// Whether this key is in the sample: only then are the others to be called.
    pub fn samples(&self, hash: u64) -> bool {
        (hash >> 40) as u32 & self.mask.load(Ordering::Relaxed) == 0
    }

    /// The key was asked for; `weight` is that of the value that was found.
    // A question that meets another is not counted: a sample may be a little smaller.
    pub fn asked(&self, hash: u64, weight: Option<u64>) {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        for trial in &mut state.trials {
            trial.ask(hash, weight);
        }
        state.asked += 1;
        if state.asked >= state.period {
            self.window.store(WINDOWS[state.decide()], Ordering::Relaxed);
        }
    }

    pub fn came(&self, hash: u64, weight: u64) {
        self.each(|trial| trial.put(hash, weight));
    }

    pub fn left(&self, hash: u64) {
        self.each(|trial| trial.remove(hash));
    }

    /// Told by a cache that is full how many entries that are: values may be much heavier than was expected.
    pub fn full_at(&self, entries: usize) {
        let expected = self.entries.load(Ordering::Relaxed);
        if entries.saturating_mul(4) >= expected && entries <= expected.saturating_mul(2) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (anew, mask) = State::new(self.capacity, entries, state.current, self.seed);
        *state = anew;
        self.mask.store(mask, Ordering::Relaxed);
        self.entries.store(entries.max(1), Ordering::Relaxed);
    }

    fn each(&self, f: impl FnMut(&mut Trial)) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).trials.iter_mut().for_each(f);
    }
}

impl State {
    fn new(capacity: u64, entries: usize, current: usize, seed: u64) -> (Self, u32) {
        let mut bits = 0;
        while entries >> bits > ENTRIES_MAX && bits < 20 {
            bits += 1;
        }
        let (capacity, entries) = ((capacity >> bits).max(1), (entries >> bits).max(1));
        let trials = WINDOWS.iter().map(|window| Trial::new(capacity, entries, *window, seed)).collect();
        let state = State { trials, current, asked: 0, period: PERIOD * entries as u64 };
        (state, (1 << bits) - 1)
    }

    /// The trial with the most hits; the current one unless another is clearly better.
    fn decide(&mut self) -> usize {
        self.asked = 0;
        let wanted = self.trials[self.current].hits * MARGIN;
        let best = (0..self.trials.len()).max_by(|a, b| self.trials[*a].hits.total_cmp(&self.trials[*b].hits));
        self.current = best.filter(|best| self.trials[*best].hits > wanted).unwrap_or(self.current);
        self.trials.iter_mut().for_each(|trial| trial.hits *= MEMORY);
        self.current
    }
}

/// A cache of hashes.
#[derive(Debug)]
struct Trial {
    table: HashTable<u32>,
    marks: Wear,
    policy: Policy,
    gone: Vec<u32>,
    hits: f64,
}

#[derive(Debug, Default)]
struct Wear(Vec<Cell<u8>>);

impl Marks for Wear {
    fn take(&self, entry: u32) -> u8 {
        self.0[entry as usize].take()
    }
}

impl Trial {
    fn new(capacity: u64, entries: usize, window: u32, seed: u64) -> Self {
        let policy = Policy::new(capacity, entries, window, seed);
        Trial { table: HashTable::new(), marks: Wear::default(), policy, gone: Vec::new(), hits: 0.0 }
    }

    fn ask(&mut self, hash: u64, weight: Option<u64>) {
        if let Some(entry) = self.table.find(hash, |i| self.policy.hash_of(*i) == hash) {
            self.hits += 1.0;
            let marks = &self.marks.0[*entry as usize];
            marks.set((marks.get() + 1).min(MARKS_MAX));
        } else if let Some(weight) = weight {
            self.put(hash, weight);
        }
    }

    fn put(&mut self, hash: u64, weight: u64) {
        if weight > self.policy.capacity() {
            return self.remove(hash);
        }
        let place = self.table.entry(hash, |i| self.policy.hash_of(*i) == hash, |i| self.policy.hash_of(*i));
        match place {
            Entry::Occupied(entry) => self.policy.reweigh(*entry.get(), weight),
            Entry::Vacant(_) => {
                let entry = self.policy.add(hash, weight);
                let policy = &self.policy;
                self.table.insert_unique(hash, entry, |i| policy.hash_of(*i));
                match self.marks.0.get(entry as usize) {
                    Some(marks) => marks.set(0),
                    None => self.marks.0.push(Cell::new(0)),
                }
            }
        }
        self.policy.settle(&self.marks, &mut self.gone);
        for entry in std::mem::take(&mut self.gone) {
            self.forget(entry);
        }
    }

    fn remove(&mut self, hash: u64) {
        if let Some(entry) = self.table.find(hash, |i| self.policy.hash_of(*i) == hash).copied() {
            self.forget(entry);
        }
    }

    fn forget(&mut self, entry: u32) {
        if let Ok(found) = self.table.find_entry(self.policy.hash_of(entry), |i| *i == entry) {
            found.remove();
        }
        self.policy.remove(entry);
    }
}
