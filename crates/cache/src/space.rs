//! A typed part of the cache, and how a missing value is loaded once for many.

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::LoadError;
use crate::memory::{Entry, Inner};
use crate::stats::{Counts, SpaceStats};
use crate::tags::Epoch;

/// Values of one type under one name. Cheap to clone.
pub struct Space<V>(Arc<Shared<V>>);

impl<V> Clone for Space<V> {
    fn clone(&self) -> Self {
        Space(Arc::clone(&self.0))
    }
}

struct Shared<V> {
    cache: Arc<Inner>,
    id: u32,
    ttl: Duration,
    weigh: Box<dyn Fn(&V) -> usize + Send + Sync>,
    counts: Arc<Counts>,
    /// Loads under way. The lock also orders "store the result" against "invalidate the key".
    flights: Mutex<HashMap<String, Arc<Flight<V>>>>,
}

/// One load under way and the moment at which it began.
struct Flight<V> {
    began_at: Epoch,
    tags: Box<[u64]>,
    checked_at: AtomicU64,
    /// Callers who have not left; changes under the lock of the flights only.
    seats: AtomicU64,
    result: OnceCell<Result<V, LoadError>>,
}

impl<V: Clone + Send + Sync + 'static> Space<V> {
    pub(crate) fn new(
        cache: Arc<Inner>,
        id: u32,
        ttl: Duration,
        weigh: Box<dyn Fn(&V) -> usize + Send + Sync>,
        counts: Arc<Counts>,
    ) -> Self {
        Space(Arc::new(Shared { cache, id, ttl, weigh, counts, flights: Mutex::default() }))
    }

    /// The value under `key`, when it is there, young enough, and none of its tags was invalidated.
    pub fn get(&self, key: &str) -> Option<V> {
        let value = self.look(key);
        if value.is_some() {
            self.0.counts.hit()
        } else {
            self.0.counts.miss()
        }
        value
    }

    /// The value under `key`, or what `load` makes of it; the result is kept under `tags`. Callers
    /// who miss the same key at the same time share one load and its error. A caller who goes away
    /// while loading leaves the work to another. An invalidation during the load keeps the result
    /// from being stored, and who asks after it does not get it.
    ///
    /// # Errors
    /// [`LoadError`] with the loader's error as cause; it is not kept.
    pub async fn get_or_load<F, Fut, E>(&self, key: &str, tags: &[&str], load: F) -> Result<V, LoadError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
        E: Error + Send + Sync + 'static,
    {
        if let Some(value) = self.get(key) {
            return Ok(value);
        }
        let flight = self.0.board(key, tags);
        // Forgets the flight when the last caller has gone, even if all gave up before its end.
        let _seat = Seat { space: &self.0, key, flight: &flight };
        let result = flight.result.get_or_init(|| async {
            // Another flight may have landed between our miss and our boarding.
            if let Some(value) = self.look(key) {
                return Ok(value);
            }
            self.0.counts.loads.fetch_add(1, Ordering::Relaxed);
            match load().await {
                Ok(value) => {
                    self.0.land(key, &flight, &value);
                    Ok(value)
                }
                Err(error) => {
                    self.0.counts.load_errors.fetch_add(1, Ordering::Relaxed);
                    Err(LoadError { space: self.0.counts.name, key: key.to_owned(), cause: Arc::new(error) })
                }
            }
        });
        result.await.clone()
    }

    /// Keeps `value` under `key` and `tags`. Whoever computed it from data that may have changed
    /// meanwhile should use [`Space::get_or_load`], which notices.
    pub fn put(&self, key: &str, tags: &[&str], value: V) {
        let mut flights = self.0.flights();
        // A load that began earlier must not overwrite the newer value.
        flights.remove(key);
        self.0.store(key, &value, self.0.cache.tags.hash(tags), self.0.cache.tags.now());
    }

    /// The value under `key` is gone for every caller after this one; a load of it that is under way
    /// will not be kept.
    pub fn invalidate(&self, key: &str) {
        let mut flights = self.0.flights();
        flights.remove(key);
        self.0.cache.remove(self.0.id, key);
    }

    pub fn stats(&self) -> SpaceStats {
        self.0.counts.read()
    }

    fn look(&self, key: &str) -> Option<V> {
        let cache = &self.0.cache;
        let entry = cache.get(self.0.id, key)?;
        let fresh = entry.expires_at > cache.clock.now();
        if fresh && cache.tags.is_current(&entry.tags, entry.loaded_at, &entry.checked_at) {
            return entry.value.downcast_ref::<V>().cloned();
        }
        cache.remove_exactly(self.0.id, key, &entry);
        None
    }
}

impl<V: Clone + Send + Sync + 'static> Shared<V> {
    /// The flight for `key`: the one under way, unless something was invalidated since it began.
    fn board(&self, key: &str, tags: &[&str]) -> Arc<Flight<V>> {
        let mut flights = self.flights();
        let tag_epochs = &self.cache.tags;
        if let Some(flight) = flights.get(key)
            && tag_epochs.is_current(&flight.tags, flight.began_at, &flight.checked_at)
        {
            flight.seats.fetch_add(1, Ordering::Relaxed);
            return Arc::clone(flight);
        }
        let began_at = tag_epochs.now();
        let flight = Arc::new(Flight {
            began_at,
            tags: tag_epochs.hash(tags),
            checked_at: AtomicU64::new(began_at),
            seats: AtomicU64::new(1),
            result: OnceCell::new(),
        });
        flights.insert(key.to_owned(), Arc::clone(&flight));
        flight
    }

    /// Stores the result, unless the key was invalidated or put since the flight began: then it is no
    /// longer the key's flight. Tags need no look here: the entry carries the flight's first epoch.
    fn land(&self, key: &str, flight: &Arc<Flight<V>>, value: &V) {
        let flights = self.flights();
        if flights.get(key).is_some_and(|current| Arc::ptr_eq(current, flight)) {
            self.store(key, value, flight.tags.clone(), flight.began_at);
        }
    }

    fn store(&self, key: &str, value: &V, tags: Box<[u64]>, loaded_at: Epoch) {
        let weight = (self.weigh)(value) + key.len() + tags.len() * 8 + size_of::<Entry>();
        let expires_at = self.cache.clock.now() + self.ttl;
        let counts = Arc::clone(&self.counts);
        let entry = Entry::new(Box::new(value.clone()), weight as u64, expires_at, tags, loaded_at, counts);
        self.cache.insert(self.id, key, entry);
    }
}

impl<V> Shared<V> {
    fn flights(&self) -> MutexGuard<'_, HashMap<String, Arc<Flight<V>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Seat<'a, V> {
    space: &'a Shared<V>,
    key: &'a str,
    flight: &'a Arc<Flight<V>>,
}

impl<V> Drop for Seat<'_, V> {
    fn drop(&mut self) {
        let mut flights = self.space.flights();
        let last = self.flight.seats.fetch_sub(1, Ordering::Relaxed) == 1;
        let ours = flights.get(self.key).is_some_and(|current| Arc::ptr_eq(current, self.flight));
        // An ended flight is forgotten at once, so that the next miss loads anew; one that was given
        // up when its last caller leaves.
        if ours && (last || self.flight.result.initialized()) {
            flights.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests;
