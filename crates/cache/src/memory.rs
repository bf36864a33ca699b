//! The store under all spaces: one budget, and fronts for each busy thread.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stdx::Rng;

use crate::Settings;
use crate::entry::Entry;
use crate::store::{Front, Options, Store};

/// Places of a front in the beginning and at most, some 130 bytes each where values are handles.
const FRONT_SLOTS: usize = 512;
const FRONT_SLOTS_MAX: usize = 16_384;
/// What the values in a thread's first front may weigh, as a part of the budget of all; each further one has half of
/// what the one before has, so that they are never more than twice the first together.
const FRONT_SHARE: u64 = 16;
const FRONTS_MAX: u32 = 6;
/// Questions of a thread to one space before it gets a front there: many threads ask once in a while, and memory is for
/// those who live on it.
const FRONT_AFTER: u32 = 1_000;

thread_local! {
    static FRONTS: RefCell<Fronts> = const { RefCell::new(Fronts { of: Vec::new(), count: 0 }) };
}

/// The fronts of one thread.
struct Fronts {
    /// By the numbers of spaces.
    of: Vec<Place>,
    count: u32,
}

enum Place {
    Asked(u32),
    Front(Box<dyn Forgets>),
}

/// A front of some space.
trait Forgets: Any {
    fn forget(&mut self, store: &Store<Arc<Entry>>, space: u32, key: &str);
}

impl<H: 'static> Forgets for Front<H> {
    fn forget(&mut self, store: &Store<Arc<Entry>>, space: u32, key: &str) {
        Front::forget(self, store, space, key);
    }
}

/// A space as the memory knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Among the spaces of its cache, from 1.
    pub id: u32,
    /// Among those of the process.
    number: usize,
}

impl Part {
    pub fn new(id: u32) -> Part {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        Part { id, number: NUMBERS.fetch_add(1, Ordering::Relaxed) }
    }

    /// Whether this thread has a front for it.
    #[cfg(test)]
    pub fn is_at_hand(&self) -> bool {
        FRONTS.with(|fronts| matches!(fronts.borrow().of.get(self.number), Some(Place::Front(_))))
    }
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
        // The policy has one measure; an entry counts for at least its share of the bytes, so that tiny
        // ones reach the limit of entries when they fill the memory.
        let least = (capacity / entries as u64).max(1);
        let options = Options { capacity, entries, least, shards: None, seed: Rng::from_os().next_u64() };
        let store = Store::new(&options, |entry: &Arc<Entry>| entry.weight(), |entry| entry.evicted());
        Memory { store, front_budget: capacity / FRONT_SHARE }
    }

    pub fn get(&self, space: u32, key: &str) -> Option<Arc<Entry>> {
        self.store.get(space, key)
    }

    /// What `look` sees in what this thread holds of the entry (`H`), or else what `ask` makes of the entry itself:
    /// the result and, if it is told that something will be held, what. No lock is held meanwhile.
    #[inline]
    pub fn look<H: 'static, R>(
        &self,
        part: Part,
        key: &str,
        look: impl FnOnce(&H) -> Option<R>,
        ask: impl FnOnce(Arc<Entry>, bool) -> (R, Option<H>),
    ) -> Option<R> {
        FRONTS.with(|fronts| {
            // Taken already when one of the two comes back here.
            if let Ok(mut fronts) = fronts.try_borrow_mut()
                && let Some(Place::Front(front)) = fronts.of.get_mut(part.number)
                && let Some(front) = (&mut **front as &mut dyn Any).downcast_mut::<Front<H>>()
            {
                return front.through(&self.store, part.id, key, look, ask);
            }
            self.asked::<H>(part);
            self.store.get(part.id, key).map(|entry| ask(entry, false).0)
        })
    }

    /// Sees to it that this thread gets a front if it asks often.
    #[cold]
    fn asked<H: 'static>(&self, part: Part) {
        FRONTS.with(|fronts| {
            let Ok(mut fronts) = fronts.try_borrow_mut() else { return };
            let fronts = &mut *fronts;
            if fronts.of.len() <= part.number {
                fronts.of.resize_with(part.number + 1, || Place::Asked(0));
            }
            let place = &mut fronts.of[part.number];
            if let Place::Asked(asked) = place {
                *asked = asked.saturating_add(1);
                if *asked >= FRONT_AFTER && fronts.count < FRONTS_MAX {
                    let budget = self.front_budget >> fronts.count;
                    fronts.count += 1;
                    *place = Place::Front(Box::new(Front::<H>::growing(FRONT_SLOTS, FRONT_SLOTS_MAX, budget)));
                }
            }
        });
    }

    pub fn insert(&self, space: u32, key: &str, entry: Arc<Entry>) {
        self.store.insert(space, key, entry);
    }

    pub fn remove(&self, part: Part, key: &str) {
        self.store.remove(part.id, key);
        self.forget(part, key);
    }

    /// Removes the very entry that was found bad, not a good one that came in its place.
    pub fn remove_exactly(&self, space: u32, key: &str, entry: &Arc<Entry>) {
        self.store.remove_if(space, key, |kept| Arc::ptr_eq(kept, entry));
    }

    pub fn clear(&self) {
        self.store.clear();
        FRONTS.with(|fronts| {
            if let Ok(mut fronts) = fronts.try_borrow_mut() {
                (fronts.of, fronts.count) = (Vec::new(), 0);
            }
        });
    }

    /// Shows every entry, in no order, while others read and write; ends when `show` says so.
    pub fn visit(&self, show: impl FnMut(u32, &str, &Arc<Entry>) -> bool) {
        self.store.visit(show);
    }

    /// Gives back the memory of what this thread holds; others do when they next meet the key.
    fn forget(&self, part: Part, key: &str) {
        FRONTS.with(|fronts| {
            if let Ok(mut fronts) = fronts.try_borrow_mut()
                && let Some(Place::Front(front)) = fronts.of.get_mut(part.number)
            {
                front.forget(&self.store, part.id, key);
            }
        });
    }
}
