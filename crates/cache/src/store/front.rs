//! A few thousand popular values of a store, for one thread alone: found without a lock and without touching memory
//! that other threads write to.

use std::sync::atomic::Ordering;

use super::Store;

/// Places that a key may have; they are looked at together.
const WAYS: usize = 4;
/// Hits after which the store is asked again, so that it learns what is popular.
const HITS_MAX: u8 = 128;
/// Part of the budget that one value may take.
const SHARE_MAX: u64 = 16;

/// A table in which each key has four places. A newcomer must be asked for twice before its set is asked for anything
/// else that is missing, and more often than the least popular holder is hit.
///
/// What is held here (`H`, made of the store's value or that value itself) may have been evicted from its store, never
/// removed or replaced there: then it is not found. Its memory is freed when its place is needed or its key is asked
/// for, so that a budget of such values may linger.
pub struct Front<H> {
    sets: Box<[Set]>,
    slots: Box<[Option<Slot<H>>]>,
    slots_max: usize,
    /// Newcomers that met nobody less popular than themselves, since it last grew.
    crowded: usize,
    budget: u64,
    weight: u64,
}

/// A look at one line of memory tells most misses.
#[derive(Clone, Default)]
#[repr(align(16))]
struct Set {
    /// Parts of hashes, odd where a place is taken.
    tags: [u16; WAYS],
    /// What was missing last.
    newcomer: u16,
}

impl Set {
    // With a branch for each place: what is popular is foretold, and its slot fetched before the tags are there.
    #[inline]
    fn way(&self, tag: u16) -> Option<usize> {
        self.tags.iter().position(|known| *known == tag)
    }
}

// Two lines of memory that are fetched together, as long as what is held and the key are short.
#[repr(align(64))]
struct Slot<H> {
    key: Name,
    held: H,
    /// Its lower half: enough for the place and the group.
    hash: u32,
    weight: u32,
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

const SHORT: usize = 54;

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
    /// What `look` sees in the value under `key` of `store`; `None` when there is no value.
    #[inline]
    pub fn with<R>(&mut self, store: &Store<V>, space: u32, key: &str, look: impl Fn(&V) -> R) -> Option<R> {
        self.through(store, space, key, |held| Some(look(held)), |value, _| (look(&value), Some(value)))
    }
}

impl<H> Front<H> {
    /// `slots` places (rounded up to a power of two) for values of at most `budget` together, each of at most a
    /// sixteenth of it.
    pub fn new(slots: usize, budget: u64) -> Self {
        Front::growing(slots, slots, budget)
    }

    /// As [`Front::new`], with up to `slots_max` places once they are wanted, if they take no more than the budget.
    pub fn growing(slots: usize, slots_max: usize, budget: u64) -> Self {
        let sets = slots.div_ceil(WAYS).next_power_of_two();
        let slots = (0..sets * WAYS).map(|_| None).collect();
        Front { sets: vec![Set::default(); sets].into(), slots, slots_max, crowded: 0, budget, weight: 0 }
    }

    /// What `look` sees in what is held under `key`; where nothing is held, or `look` will not have it, what `ask` makes
    /// of the store's value. `ask` is told whether something will be held, and says what. `None` when there is no value.
    #[inline]
    pub fn through<V: Clone, R>(
        &mut self,
        store: &Store<V>,
        space: u32,
        key: &str,
        look: impl FnOnce(&H) -> Option<R>,
        ask: impl FnOnce(V, bool) -> (R, Option<H>),
    ) -> Option<R> {
        let hash = store.hash(space, key);
        // Before the look into the store: a change in between makes what is kept here old, not wrong.
        let changes = store.changes(hash).load(Ordering::Acquire);
        let question = Question { hash, changes, space, key };
        let set = self.set(hash);
        if let Some(way) = self.sets[set].way(tag(hash))
            && let Some(slot) = &mut self.slots[set * WAYS + way]
            && slot.changes == changes
            && slot.hits < HITS_MAX
            && slot.is(store.id, question)
            && let Some(seen) = look(&slot.held)
        {
            slot.hits += 1;
            return Some(seen);
        }
        self.ask(store, question, ask)
    }

    /// Gives back the memory of what is kept of this key.
    pub fn forget<V: Clone>(&mut self, store: &Store<V>, space: u32, key: &str) {
        let hash = store.hash(space, key);
        let question = Question { hash, changes: 0, space, key };
        let set = self.set(hash);
        for at in set * WAYS..(set + 1) * WAYS {
            if self.slots[at].as_ref().is_some_and(|slot| slot.is(store.id, question)) {
                self.empty(at);
            }
        }
    }

    /// Of the values that are held here, whether or not they are still good.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    #[inline(never)]
    fn ask<V: Clone, R>(
        &mut self,
        store: &Store<V>,
        question: Question<'_>,
        ask: impl FnOnce(V, bool) -> (R, Option<H>),
    ) -> Option<R> {
        let Question { hash, changes, space, key } = question;
        let place = self.place(store, question);
        let Some(value) = store.look(hash, space, key, V::clone) else {
            if let Some((at, true)) = place {
                self.empty(at);
            }
            return None;
        };
        let Some((at, is_own)) = place else { return Some(ask(value, false).0) };
        let weight = (store.weigh)(&value).max(1);
        let before = self.slots[at].as_ref().map_or(0, |slot| u64::from(slot.weight));
        let fits = weight <= self.budget / SHARE_MAX && self.weight - before + weight <= self.budget;
        let (result, held) = ask(value, fits);
        let weight = u32::try_from(weight).unwrap_or(u32::MAX);
        match held.filter(|_| fits) {
            Some(held) if is_own && let Some(slot) = &mut self.slots[at] => {
                self.weight = self.weight - before + u64::from(weight);
                (slot.held, slot.weight, slot.changes, slot.hits) = (held, weight, changes, slot.hits / 2);
            }
            Some(held) => {
                self.empty(at);
                self.weight += u64::from(weight);
                self.sets[at / WAYS].tags[at % WAYS] = tag(hash);
                let (key, store, hash) = (Name::new(key), store.id, hash as u32);
                self.slots[at] = Some(Slot { key, held, hash, weight, store, space, changes, hits: 1 });
            }
            None => self.empty(at),
        }
        Some(result)
    }

    /// Where the answer is to be kept, and whether the key has that place already: else it is one that is free or whose
    /// value has changed, or that of the least popular, which becomes less so each time it is wanted.
    fn place<V: Clone>(&mut self, store: &Store<V>, question: Question<'_>) -> Option<(usize, bool)> {
        let set = self.set(question.hash);
        let of = |at: &usize| self.slots[*at].as_ref();
        // By the tags first: each slot is further lines of memory, and most keys that come here are in none.
        let mut own =
            (0..WAYS).filter(|way| self.sets[set].tags[*way] == tag(question.hash)).map(|way| set * WAYS + way);
        if let Some(own) = own.find(|at| of(at).is_some_and(|slot| slot.is(store.id, question))) {
            return Some((own, true));
        }
        let newcomer = std::mem::replace(&mut self.sets[set].newcomer, tag(question.hash));
        if newcomer != tag(question.hash) {
            return None;
        }
        let is_old = |slot: &Slot<H>| {
            slot.store != store.id || store.changes(slot.hash.into()).load(Ordering::Relaxed) != slot.changes
        };
        let hits = |at: &usize| of(at).filter(|slot| !is_old(slot)).map_or(0, |slot| slot.hits);
        let at = (set * WAYS..(set + 1) * WAYS).min_by_key(hits)?;
        let Some(slot) = self.slots[at].as_mut().filter(|slot| !is_old(slot)) else { return Some((at, false)) };
        let is_popular = slot.hits > 1;
        slot.hits -= u8::from(is_popular);
        self.crowded += 1;
        (!self.grow() && !is_popular).then_some((at, false))
    }

    /// Doubles the places if they are too few.
    fn grow(&mut self) -> bool {
        let slots = self.slots.len() * 2;
        let bytes = (slots * size_of::<Slot<H>>()) as u64;
        if self.crowded < self.slots.len() || slots > self.slots_max || bytes > self.budget {
            return false;
        }
        self.crowded = 0;
        let sets = std::mem::replace(&mut self.sets, vec![Set::default(); slots / WAYS].into());
        let fewer = std::mem::replace(&mut self.slots, (0..slots).map(|_| None).collect());
        let tags = sets.iter().flat_map(|set| set.tags);
        for (n, (slot, tag)) in fewer.into_iter().zip(tags).enumerate() {
            // One set becomes two; who was on the third place of it is there on the third place of one of them.
            if let Some(slot) = slot {
                let (set, way) = (self.set(slot.hash.into()), n % WAYS);
                self.sets[set].tags[way] = tag;
                self.slots[set * WAYS + way] = Some(slot);
            }
        }
        true
    }

    fn empty(&mut self, at: usize) {
        if let Some(slot) = self.slots[at].take() {
            self.sets[at / WAYS].tags[at % WAYS] = 0;
            self.weight -= u64::from(slot.weight);
        }
    }

    #[inline]
    fn set(&self, hash: u64) -> usize {
        (hash >> 12) as usize & (self.sets.len() - 1)
    }
}

impl<H> Slot<H> {
    #[inline]
    fn is(&self, store: u32, question: Question<'_>) -> bool {
        self.store == store && self.space == question.space && self.key.is(question.key)
    }
}

fn tag(hash: u64) -> u16 {
    (hash >> 48) as u16 | 1
}
