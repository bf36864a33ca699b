//! The store under all spaces: one budget, and a front for each busy thread.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use stdx::Rng;

use crate::Settings;
use crate::entry::Entry;
use crate::store::{Front, Options, Store};

/// Places of a front, some 130 bytes each.
const FRONT_SLOTS: usize = 4_096;
/// What the values in a front may weigh, as a part of the budget of all.
const FRONT_SHARE: u64 = 64;
/// Questions of a thread before it gets a front: many threads ask once in a while, and memory is for those who live on it.
const FRONT_AFTER: u32 = 1_000;

thread_local! {
    static FRONT: RefCell<Option<Front<Arc<Entry>>>> = const { RefCell::new(None) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Entries by space and key.
pub(crate) struct Memory {
    store: Store<Arc<Entry>>,
    front_budget: u64,
}

impl Memory {
    pub fn new(settings: &Settings) -> Self {
        let capacity = settings.memory_size.bytes().max(1 << 16);
        let entries = usize::try_from(settings.entries_max).unwrap_or(usize::MAX).max(16);
        // The policy has one measure; an entry weighs at least its share of the bytes, so that tiny
        // ones reach the limit of entries when they fill the memory.
        let least = (capacity / entries as u64).max(1);
        let options = Options { capacity, entries, shards: None, seed: Rng::from_os().next_u64() };
        let weigh = move |entry: &Arc<Entry>| entry.weight().max(least);
        let store = Store::new(&options, weigh, |entry| entry.evicted());
        Memory { store, front_budget: capacity / FRONT_SHARE }
    }

    pub fn get(&self, space: u32, key: &str) -> Option<Arc<Entry>> {
        self.look(space, key, Arc::clone)
    }

    /// What `look` sees in the entry, without a count of who holds it being moved. No lock is held meanwhile.
    pub fn look<R>(&self, space: u32, key: &str, look: impl FnOnce(&Arc<Entry>) -> R) -> Option<R> {
        FRONT.with(|front| {
            // Taken already when `look` comes back here.
            let Ok(mut front) = front.try_borrow_mut() else {
                return self.store.get(space, key).map(|entry| look(&entry));
            };
            match &mut *front {
                Some(front) => front.with(&self.store, space, key, look),
                None => {
                    let asked = ASKED.get() + 1;
                    ASKED.set(asked);
                    if asked >= FRONT_AFTER {
                        *front = Some(Front::new(FRONT_SLOTS, self.front_budget));
                    }
                    drop(front);
                    self.store.get(space, key).map(|entry| look(&entry))
                }
            }
        })
    }

    pub fn insert(&self, space: u32, key: &str, entry: Arc<Entry>) {
        self.store.insert(space, key, entry);
    }

    pub fn remove(&self, space: u32, key: &str) {
        self.store.remove(space, key);
        self.forget(space, key);
    }

    /// Removes the very entry that was found bad, not a good one that came in its place.
    pub fn remove_exactly(&self, space: u32, key: &str, entry: &Arc<Entry>) {
        self.store.remove_if(space, key, |kept| Arc::ptr_eq(kept, entry));
        self.forget(space, key);
    }

    pub fn clear(&self) {
        self.store.clear();
        FRONT.with(|front| drop(front.try_borrow_mut().map(|mut front| front.take())));
        ASKED.set(0);
    }

    /// Shows every entry, in no order, while others read and write; ends when `show` says so.
    pub fn visit(&self, show: impl FnMut(u32, &str, &Arc<Entry>) -> bool) {
        self.store.visit(show);
    }

    /// Gives back the memory of what this thread's front holds; those of others do when they next meet the key.
    fn forget(&self, space: u32, key: &str) {
        FRONT.with(|front| {
            if let Ok(mut front) = front.try_borrow_mut()
                && let Some(front) = &mut *front
            {
                front.forget(&self.store, space, key);
            }
        });
    }
}
