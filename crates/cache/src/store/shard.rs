//! One part of the store: a table, its values, and the policy over them.

use std::sync::atomic::{AtomicU8, Ordering};

use hashbrown::HashTable;

use super::policy::{MARKS_MAX, Marks, Policy};

#[derive(Debug)]
pub struct Shard<V> {
    table: HashTable<u32>,
    items: Items<V>,
    policy: Policy,
    /// The window that the policy has now, in thousandths.
    window: u32,
    gone: Vec<u32>,
}

/// By the numbers of the policy; `None` where a number is free.
#[derive(Debug)]
struct Items<V>(Vec<Option<Item<V>>>);

#[derive(Debug)]
pub struct Item<V> {
    space: u32,
    marks: AtomicU8,
    key: Box<str>,
    pub value: V,
}

impl<V> Item<V> {
    /// Leaves a mark of a hit.
    // A plain write: of two hits at once one may be lost, and a popular entry, being full of marks, is only read.
    #[inline]
    pub fn touch(&self) {
        let marks = self.marks.load(Ordering::Relaxed);
        if marks < MARKS_MAX {
            self.marks.store(marks + 1, Ordering::Relaxed);
        }
    }
}

impl<V> Marks for Items<V> {
    fn take(&self, entry: u32) -> u8 {
        self.0[entry as usize].as_ref().map_or(0, |item| {
            let marks = item.marks.load(Ordering::Relaxed);
            if marks > 0 {
                item.marks.store(0, Ordering::Relaxed);
            }
            marks
        })
    }
}

impl<V> Shard<V> {
    pub fn new(capacity: u64, entries: usize, window: u32, seed: u64) -> Self {
        let policy = Policy::new(capacity, entries, window, seed);
        Shard { table: HashTable::new(), items: Items(Vec::new()), policy, window, gone: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn weight(&self) -> u64 {
        self.policy.weight()
    }

    #[inline]
    pub fn find(&self, hash: u64, space: u32, key: &str) -> Option<(u32, &Item<V>)> {
        let entry = *self.table.find(hash, |i| self.items.is(*i, space, key))?;
        Some((entry, self.items.0[entry as usize].as_ref()?))
    }

    pub fn weight_of(&self, entry: u32) -> u64 {
        self.policy.weight_of(entry)
    }

    /// Puts `value` in; `left` takes what was there before, `evicted` who had to leave, perhaps `value` itself.
    /// What is heavier than the whole shard is evicted at once.
    pub fn insert(&mut self, hash: u64, place: (u32, &str), value: V, weight: u64, evicted: &mut Vec<V>) -> Option<V> {
        let (space, key) = place;
        if weight > self.policy.capacity() {
            let left = self.remove(hash, space, key, |_| true);
            evicted.push(value);
            return left;
        }
        let known = self.table.find(hash, |i| self.items.is(*i, space, key)).copied();
        let left = if let Some(entry) = known {
            let item = self.items.0[entry as usize].as_mut().expect("the table names taken numbers only");
            item.touch();
            let left = std::mem::replace(&mut item.value, value);
            self.policy.reweigh(entry, weight);
            Some(left)
        } else {
            let entry = self.policy.add(hash, weight);
            let item = Some(Item { space, marks: AtomicU8::new(0), key: key.into(), value });
            match self.items.0.get_mut(entry as usize) {
                Some(free) => *free = item,
                None => self.items.0.push(item),
            }
            let policy = &self.policy;
            self.table.insert_unique(hash, entry, |i| policy.hash_of(*i));
            None
        };
        self.policy.settle(&self.items, &mut self.gone);
        let mut gone = std::mem::take(&mut self.gone);
        evicted.extend(gone.drain(..).map(|entry| self.take(entry)));
        self.gone = gone;
        left
    }

    /// Follows a change of the window.
    pub fn resize(&mut self, window: u32) {
        if self.window != window {
            self.window = window;
            self.policy.resize(window, &self.items);
        }
    }

    pub fn remove(&mut self, hash: u64, space: u32, key: &str, wanted: impl FnOnce(&V) -> bool) -> Option<V> {
        let (entry, item) = self.find(hash, space, key)?;
        wanted(&item.value).then(|| self.take(entry))
    }

    pub fn all(&self) -> Vec<(u32, Box<str>, V)>
    where
        V: Clone,
    {
        self.items.0.iter().flatten().map(|item| (item.space, item.key.clone(), item.value.clone())).collect()
    }

    /// What `wanted` says yes to, with its hash.
    pub fn remove_where(&mut self, mut wanted: impl FnMut(u32, &str, &V) -> bool) -> Vec<(u64, V)> {
        let mut found = Vec::new();
        for (entry, item) in (0u32..).zip(&self.items.0) {
            if item.as_ref().is_some_and(|item| wanted(item.space, &item.key, &item.value)) {
                found.push(entry);
            }
        }
        found.into_iter().map(|entry| (self.policy.hash_of(entry), self.take(entry))).collect()
    }

    /// Everything, to be dropped when the lock is released.
    pub fn clear(&mut self) -> impl Sized + use<V> {
        self.policy.clear();
        (std::mem::take(&mut self.table), std::mem::replace(&mut self.items, Items(Vec::new())))
    }

    fn take(&mut self, entry: u32) -> V {
        if let Ok(found) = self.table.find_entry(self.policy.hash_of(entry), |i| *i == entry) {
            found.remove();
        }
        self.policy.remove(entry);
        self.items.0[entry as usize].take().expect("an entry is taken out once").value
    }
}

impl<V> Items<V> {
    #[inline]
    fn is(&self, entry: u32, space: u32, key: &str) -> bool {
        self.0[entry as usize].as_ref().is_some_and(|item| *item.key == *key && item.space == space)
    }
}
