//! A few thousand popular values of a store, for one thread alone: found without a lock and without touching memory
//! that other threads write to.

use std::sync::atomic::Ordering;

use super::Store;

/// Places that a key may have; they are looked at together.
const WAYS: usize = 4;
/// Hits after which the store is asked again, so that it learns what is popular.
const HITS_MAX: u8 = 64;
/// Part of the budget that one value may take.
const SHARE_MAX: u64 = 16;

/// A table in which each key has four places. A newcomer must be asked for twice before its set is asked for anything
/// else that is missing, and more often than the least popular holder is hit.
///
/// A value here may have been evicted from its store, never removed or replaced there: one that was is not found. Its
/// memory is freed when its place is needed or its key is asked for, so that a budget of such values may linger.
pub struct Front<V> {
    sets: Box<[Set]>,
    slots: Box<[Option<Slot<V>>]>,
    budget: u64,
    weight: u64,
}

/// A look at one line of memory tells most misses.
#[derive(Clone, Default)]
struct Set {
    /// Parts of hashes, odd where a place is taken.
    tags: [u32; WAYS],
    /// What was missing last.
    newcomer: u32,
}

// Two lines of memory that are fetched together, as long as the value is a pointer and the key is short.
#[repr(align(64))]
struct Slot<V> {
    key: Name,
    value: V,
    hash: u64,
    weight: u64,
    store: u32,
    space: u32,
    changes: u32,
    hits: u8,
}

/// A key: in place where it fits, since most of a look's time is waiting for memory.
enum Name {
    Short(u8, [u8; SHORT]),
    Long(Box<str>),
}

const SHORT: usize = 62;

impl Name {
    fn new(key: &str) -> Name {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..key.len()) {
            Some(room) => {
                room.copy_from_slice(key.as_bytes());
                Name::Short(key.len() as u8, bytes)
            }
            None => Name::Long(key.into()),
        }
    }

    #[inline]
    fn is(&self, key: &str) -> bool {
        match self {
            Name::Short(len, bytes) => bytes.get(..usize::from(*len)) == Some(key.as_bytes()),
            Name::Long(known) => **known == *key,
        }
    }
}

/// What is asked for, and how often its group had changed before that.
#[derive(Clone, Copy)]
struct Question<'a> {
    hash: u64,
    changes: u32,
    space: u32,
    key: &'a str,
}

impl<V: Clone> Front<V> {
    /// `slots` places (rounded up to a power of two) for values of at most `budget` together, each of at most a
    /// sixteenth of it.
    pub fn new(slots: usize, budget: u64) -> Self {
        let sets = slots.div_ceil(WAYS).next_power_of_two();
        let slots = (0..sets * WAYS).map(|_| None).collect();
        Front { sets: vec![Set::default(); sets].into(), slots, budget, weight: 0 }
    }

    /// What `look` sees in the value under `key` of `store`; `None` when there is no value.
    #[inline]
    pub fn with<R>(&mut self, store: &Store<V>, space: u32, key: &str, look: impl FnOnce(&V) -> R) -> Option<R> {
        let hash = store.hash(space, key);
        // Before the look into the store: a change in between makes what is kept here old, not wrong.
        let changes = store.changes(hash).load(Ordering::Acquire);
        let question = Question { hash, changes, space, key };
        let set = self.set(hash);
        let way = self.sets[set].tags.iter().position(|known| *known == tag(hash));
        if let Some(way) = way
            && let Some(slot) = &mut self.slots[set * WAYS + way]
            && slot.changes == changes
            && slot.hits < HITS_MAX
            && slot.is(store, question)
        {
            slot.hits += 1;
            return Some(look(&slot.value));
        }
        self.ask(store, question, look)
    }

    /// Gives back the memory of what is kept of this key.
    pub fn forget(&mut self, store: &Store<V>, space: u32, key: &str) {
        let hash = store.hash(space, key);
        let question = Question { hash, changes: 0, space, key };
        let set = self.set(hash);
        for at in set * WAYS..(set + 1) * WAYS {
            if self.slots[at].as_ref().is_some_and(|slot| slot.is(store, question)) {
                self.empty(at);
            }
        }
    }

    /// Of the values that are held here, whether or not they are still good.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    #[inline(never)]
    fn ask<R>(&mut self, store: &Store<V>, question: Question<'_>, look: impl FnOnce(&V) -> R) -> Option<R> {
        let Question { hash, changes, space, key } = question;
        let place = self.place(store, question);
        let Some((at, hits)) = place else {
            return store.look(hash, space, key, |value, _| value.clone()).map(|value| look(&value));
        };
        let found = store.look(hash, space, key, |value, weight| (value.clone(), weight.get()));
        self.empty(at);
        let (value, weight) = found?;
        let result = look(&value);
        if weight <= self.budget / SHARE_MAX && self.weight + weight <= self.budget {
            self.weight += weight;
            self.sets[at / WAYS].tags[at % WAYS] = tag(hash);
            let store = store.id;
            self.slots[at] = Some(Slot { key: Name::new(key), value, hash, weight, store, space, changes, hits });
        }
        Some(result)
    }

    /// Where the answer is to be kept, with how many hits to its credit: in the key's own place, in one that is free or
    /// whose value has changed, or in that of the least popular, which becomes less so each time it is wanted.
    fn place(&mut self, store: &Store<V>, question: Question<'_>) -> Option<(usize, u8)> {
        let set = self.set(question.hash);
        let of = |at: &usize| self.slots[*at].as_ref();
        // By the tags first: each slot is further lines of memory, and most keys that come here are in none.
        let mut own =
            (0..WAYS).filter(|way| self.sets[set].tags[*way] == tag(question.hash)).map(|way| set * WAYS + way);
        if let Some(own) = own.find(|at| of(at).is_some_and(|slot| slot.is(store, question))) {
            return Some((own, of(&own).map_or(0, |slot| slot.hits) / 2));
        }
        let newcomer = std::mem::replace(&mut self.sets[set].newcomer, tag(question.hash));
        if newcomer != tag(question.hash) {
            return None;
        }
        let is_old =
            |slot: &Slot<V>| slot.store != store.id || store.changes(slot.hash).load(Ordering::Relaxed) != slot.changes;
        let of = |at: &usize| self.slots[*at].as_ref();
        let hits = |at: &usize| of(at).filter(|slot| !is_old(slot)).map_or(0, |slot| slot.hits);
        let at = (set * WAYS..(set + 1) * WAYS).min_by_key(hits)?;
        match &mut self.slots[at] {
            Some(slot) if slot.hits > 1 && !is_old(slot) => {
                slot.hits /= 2;
                None
            }
            _ => Some((at, 1)),
        }
    }

    fn empty(&mut self, at: usize) {
        if let Some(slot) = self.slots[at].take() {
            self.sets[at / WAYS].tags[at % WAYS] = 0;
            self.weight -= slot.weight;
        }
    }

    #[inline]
    fn set(&self, hash: u64) -> usize {
        (hash >> 12) as usize & (self.sets.len() - 1)
    }
}

impl<V: Clone> Slot<V> {
    #[inline]
    fn is(&self, store: &Store<V>, question: Question<'_>) -> bool {
        self.store == store.id && self.space == question.space && self.key.is(question.key)
    }
}

fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}
