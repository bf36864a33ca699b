//! Who stays: a window for what is new, and a main part that is entered by being asked for more often than what would
//! have to leave.
//!
//! This is W-TinyLFU (Einziger, Eytan, Friedman, Manes 2018) with one change: a hit only leaves a mark on its entry. The
//! marks are read, counted and wiped when the entry comes to the head of its queue, which then goes once more to the
//! tail. So hits need no order among each other, hence no lock; and on the public traces the second chance does a
//! little better than the exact order (docs/benchmarks.md).

use super::frequency::Frequency;
use super::list::{List, Nodes, Place};

/// Marks that one entry can carry; more would only make it outstay its time.
pub const MARKS_MAX: u8 = 3;
/// Share of the main part for entries that were asked for again there, in percent.
const PROTECTED: u64 = 80;
/// Marked entries that one search for a victim passes by: it must end even if all are marked.
const LOOKS_MAX: u32 = 4_096;
/// A candidate that was seen this often is now and then let in whatever the counts say, so that keys which were made to
/// collide with a popular one cannot keep everything out. Source: Caffeine's defence of the same form.
const WARM: u64 = 6;
const LUCK: u64 = 128;

/// Order and admission of numbered entries. Knows weights and hashes, neither keys nor values.
#[derive(Debug)]
pub struct Policy {
    nodes: Nodes,
    window: List,
    probation: List,
    protected: List,
    frequency: Frequency,
    capacity: u64,
    window_max: u64,
    dice: u64,
}

/// Takes the marks of an entry: how often it was hit since the last call, at most [`MARKS_MAX`].
pub trait Marks {
    fn take(&self, entry: u32) -> u8;
}

impl Policy {
    /// At most `capacity` of weight, in about `entries` entries; `window` is in thousandths of the capacity.
    pub fn new(capacity: u64, entries: usize, window: u32, seed: u64) -> Self {
        Policy {
            nodes: Nodes::default(),
            window: List::new(Place::Window),
            probation: List::new(Place::Probation),
            protected: List::new(Place::Protected),
            frequency: Frequency::new(entries),
            capacity,
            window_max: share(capacity, window),
            dice: seed,
        }
    }

    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    pub fn weight(&self) -> u64 {
        self.window.weight + self.probation.weight + self.protected.weight
    }

    pub fn weight_of(&self, entry: u32) -> u64 {
        self.nodes.get(entry).weight
    }

    pub fn hash_of(&self, entry: u32) -> u64 {
        self.nodes.get(entry).hash
    }

    /// Takes in a new entry, heavier in sum than the capacity until [`Policy::settle`] has been called.
    pub fn add(&mut self, hash: u64, weight: u64) -> u32 {
        self.frequency.count(hash);
        let entry = self.nodes.add(hash, weight);
        self.window.push(&mut self.nodes, entry);
        entry
    }

    pub fn reweigh(&mut self, entry: u32, weight: u64) {
        let before = self.nodes.get(entry).weight;
        let list = self.list_of(entry);
        list.weight = list.weight - before + weight;
        self.nodes.get_mut(entry).weight = weight;
    }

    pub fn remove(&mut self, entry: u32) {
        self.unlink(entry);
        self.nodes.free(entry);
    }

    /// Forgets every entry; how often keys were asked for is remembered.
    pub fn clear(&mut self) {
        self.nodes = Nodes::default();
        self.window = List::new(Place::Window);
        self.probation = List::new(Place::Probation);
        self.protected = List::new(Place::Protected);
    }

    /// Makes the weight fit again. Who has to leave is put into `gone` and stays known until [`Policy::remove`]d.
    pub fn settle(&mut self, marks: &impl Marks, gone: &mut Vec<u32>) {
        while self.window.weight > self.window_max {
            let Some(candidate) = self.oldest_of_window(marks) else { break };
            self.window.unlink(&mut self.nodes, candidate);
            self.probation.push(&mut self.nodes, candidate);
            while self.weight() > self.capacity {
                let Some(victim) = self.oldest_of_main(marks) else { break };
                if victim == candidate || !self.admits(candidate, victim) {
                    self.put_out(candidate, gone);
                    break;
                }
                self.put_out(victim, gone);
            }
        }
        while self.weight() > self.capacity {
            let Some(victim) = self.oldest_of_main(marks).or_else(|| self.oldest_of_window(marks)) else { break };
            self.put_out(victim, gone);
        }
    }

    /// Gives the window another size, in thousandths of the capacity. Nobody has to leave for it.
    pub fn resize(&mut self, window: u32, marks: &impl Marks) {
        self.window_max = share(self.capacity, window);
        while self.window.weight < self.window_max {
            let Some(entry) = self.probation.first().or(self.protected.first()) else { break };
            if self.window.weight + self.nodes.get(entry).weight > self.window_max {
                break;
            }
            self.unlink(entry);
            self.window.push(&mut self.nodes, entry);
        }
        while self.window.weight > self.window_max {
            let Some(entry) = self.window.first() else { break };
            self.window.unlink(&mut self.nodes, entry);
            self.probation.push(&mut self.nodes, entry);
        }
        self.relegate(marks);
    }

    fn admits(&mut self, candidate: u32, victim: u32) -> bool {
        let of = |entry| self.frequency.of(self.nodes.get(entry).hash);
        let (candidate, victim) = (of(candidate), of(victim));
        if candidate > victim {
            return true;
        }
        candidate >= WARM && {
            self.dice = super::mix(self.dice);
            self.dice.is_multiple_of(LUCK)
        }
    }

    fn oldest_of_window(&mut self, marks: &impl Marks) -> Option<u32> {
        let mut looks = 0;
        loop {
            let entry = self.window.first()?;
            if looks >= LOOKS_MAX || !self.was_hit(entry, marks) {
                return Some(entry);
            }
            looks += 1;
            self.window.unlink(&mut self.nodes, entry);
            self.window.push(&mut self.nodes, entry);
        }
    }

    fn oldest_of_main(&mut self, marks: &impl Marks) -> Option<u32> {
        let mut looks = 0;
        loop {
            let entry = self.probation.first().or(self.protected.first())?;
            if looks >= LOOKS_MAX || !self.was_hit(entry, marks) {
                return Some(entry);
            }
            looks += 1;
            self.unlink(entry);
            self.protected.push(&mut self.nodes, entry);
            self.relegate(marks);
        }
    }

    /// Sends the oldest of the protected back on probation while they are too many.
    fn relegate(&mut self, marks: &impl Marks) {
        let most = (self.capacity - self.window_max) / 100 * PROTECTED
            + (self.capacity - self.window_max) % 100 * PROTECTED / 100;
        let mut looks = 0;
        while self.protected.weight > most {
            let Some(entry) = self.protected.first() else { break };
            self.protected.unlink(&mut self.nodes, entry);
            if looks < LOOKS_MAX && self.was_hit(entry, marks) {
                looks += 1;
                self.protected.push(&mut self.nodes, entry);
            } else {
                self.probation.push(&mut self.nodes, entry);
            }
        }
    }

    fn was_hit(&mut self, entry: u32, marks: &impl Marks) -> bool {
        let hits = marks.take(entry);
        let hash = self.nodes.get(entry).hash;
        (0..hits).for_each(|_| self.frequency.count(hash));
        hits > 0
    }

    fn put_out(&mut self, entry: u32, gone: &mut Vec<u32>) {
        self.unlink(entry);
        self.nodes.get_mut(entry).place = Place::Free;
        gone.push(entry);
    }

    fn unlink(&mut self, entry: u32) {
        match self.nodes.get(entry).place {
            Place::Window => self.window.unlink(&mut self.nodes, entry),
            Place::Probation => self.probation.unlink(&mut self.nodes, entry),
            Place::Protected => self.protected.unlink(&mut self.nodes, entry),
            Place::Free => {}
        }
    }

    fn list_of(&mut self, entry: u32) -> &mut List {
        match self.nodes.get(entry).place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            Place::Protected | Place::Free => &mut self.protected,
        }
    }
}

/// So many thousandths of `capacity`; at least 1, at most all but 1.
fn share(capacity: u64, thousandths: u32) -> u64 {
    let exact = u128::from(capacity) * u128::from(thousandths) + 500;
    let most = capacity.saturating_sub(1).max(1);
    u64::try_from(exact / 1000).unwrap_or(u64::MAX).clamp(1, most)
}
