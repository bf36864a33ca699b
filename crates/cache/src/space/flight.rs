//! One load for many callers: who loads, who waits, and who may store the result.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SetOnce};

use super::Shared;
use crate::LoadError;
use crate::tags::{Named, Since, Verdict};

pub(super) type Flights<V> = HashMap<Box<str>, Arc<Flight<V>>>;

/// One load under way and the moment at which it began.
pub(super) struct Flight<V> {
    pub since: Since,
    pub tags: Box<[u64]>,
    checked_at: AtomicU64,
    /// Callers and tasks that have not left; changes under the lock of the flights only.
    seats: AtomicU64,
    /// Who holds it loads. It is free again when he gave up.
    pub baton: Arc<Semaphore>,
    pub result: SetOnce<Result<V, LoadError>>,
}

/// A place in a flight; the last who leaves takes the flight away if it has not landed.
pub(super) struct Seat<V> {
    space: Arc<Shared<V>>,
    pub key: Box<str>,
    pub flight: Arc<Flight<V>>,
}

impl<V> Shared<V> {
    pub(super) fn flights(&self) -> MutexGuard<'_, Flights<V>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat in the flight for `key`: the one under way, unless something was invalidated since it began.
    pub(super) fn board(self: &Arc<Self>, key: &str, tags: &[u64]) -> Seat<V> {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(key) {
            let named = Named { space: self.counts.name, key, tags: &flight.tags };
            let joins = match self.cache.tags.judge(named, flight.since.epoch, &flight.checked_at) {
                Verdict::Current => true,
                Verdict::Soft => self.cache.tags.is_behind(),
                Verdict::Dead => false,
            };
            if joins {
                flight.seats.fetch_add(1, Ordering::Relaxed);
                return Seat { space: Arc::clone(self), key: key.into(), flight: Arc::clone(flight) };
            }
        }
        let since = self.cache.tags.since();
        let flight = Arc::new(Flight {
            since,
            tags: tags.into(),
            checked_at: AtomicU64::new(since.epoch),
            seats: AtomicU64::new(1),
            baton: Arc::new(Semaphore::new(1)),
            result: SetOnce::new(),
        });
        flights.insert(key.into(), Arc::clone(&flight));
        Seat { space: Arc::clone(self), key: key.into(), flight }
    }
}

impl<V> Clone for Seat<V> {
    fn clone(&self) -> Self {
        let _flights = self.space.flights();
        self.flight.seats.fetch_add(1, Ordering::Relaxed);
        Seat { space: Arc::clone(&self.space), key: self.key.clone(), flight: Arc::clone(&self.flight) }
    }
}

impl<V> Drop for Seat<V> {
    fn drop(&mut self) {
        let mut flights = self.space.flights();
        let last = self.flight.seats.fetch_sub(1, Ordering::Relaxed) == 1;
        let ours = flights.get(&*self.key).is_some_and(|current| Arc::ptr_eq(current, &self.flight));
        // An ended flight is forgotten at once, so that the next miss loads anew; one that was given
        // up when its last caller leaves.
        if ours && (last || self.flight.result.initialized()) {
            flights.remove(&*self.key);
        }
    }
}
