//! What is kept under a key, and what decides whether it may be served.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use stdx::Timestamp;

use crate::stats::Counts;
use crate::tags::{Epoch, Since};

/// How long a value may be served, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// Until then as it is.
    pub fresh_until: Timestamp,
    /// Until then while a newer one is being loaded.
    pub stale_until: Timestamp,
    /// Until then when a newer one cannot be loaded.
    pub grace_until: Timestamp,
}

/// Where a value stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Fresh,
    /// Served while one caller's load of a newer one goes on.
    Stale,
    /// Served if a newer one cannot be had (in time).
    Grace,
    Dead,
}

impl Life {
    pub fn from(now: Timestamp, ttl: Duration, stale: Duration, grace: Duration) -> Life {
        let fresh_until = now + ttl;
        Life { fresh_until, stale_until: fresh_until + stale, grace_until: fresh_until + grace.max(stale) }
    }

    pub fn phase(&self, now: Timestamp) -> Phase {
        if now < self.fresh_until { Phase::Fresh } else { self.phase_after(now) }
    }

    /// As if it were not fresh any more.
    pub fn phase_after(&self, now: Timestamp) -> Phase {
        if now < self.stale_until && self.stale_until > self.fresh_until {
            Phase::Stale
        } else if now < self.grace_until && self.grace_until > self.fresh_until {
            Phase::Grace
        } else {
            Phase::Dead
        }
    }
}

/// A value in memory, in one piece with what is known of it. Counted where its memory is given back, so that replaced,
/// removed and evicted entries need no bookkeeping of their own.
pub(crate) struct Entry<T: ?Sized = dyn Any + Send + Sync> {
    pub life: Life,
    /// No newer one is tried before; moved when a load failed. Microseconds as in [`Timestamp`].
    pub retry_at: AtomicI64,
    pub tags: Box<[u64]>,
    pub since: Since,
    pub stored_at: Timestamp,
    weight: u64,
    counts: Arc<Counts>,
    /// From then on, before it is stale, one caller loads a newer one; moved by jitter.
    pub early_at: Timestamp,
    pub checked_at: AtomicU64,
    /// The space's type, or a [`crate::LoadError`] that is kept for a while.
    pub value: T,
}

/// Everything of an entry but its value and what is counted.
pub(crate) struct Draft {
    pub life: Life,
    pub early_at: Timestamp,
    pub tags: Box<[u64]>,
    pub since: Since,
    /// The epoch up to which it is known that nothing of it was purged.
    pub checked_at: Epoch,
    pub stored_at: Timestamp,
    /// Bytes.
    pub weight: u64,
}

impl<T: Send + Sync + 'static> Entry<T> {
    pub fn shared(value: T, draft: Draft, counts: Arc<Counts>) -> Arc<Entry> {
        let Draft { life, early_at, tags, since, checked_at, stored_at, weight } = draft;
        counts.came(weight);
        let checked_at = AtomicU64::new(checked_at);
        let retry_at = AtomicI64::new(i64::MIN);
        Arc::new(Entry { life, early_at, retry_at, tags, since, checked_at, stored_at, weight, counts, value })
    }
}

impl Entry {
    /// The value, if it is of this type.
    #[inline]
    pub fn value<T: 'static>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }

    /// Bytes.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// It left to make room.
    pub fn evicted(&self) {
        self.counts.evicted();
    }

    pub fn may_retry(&self, now: Timestamp) -> bool {
        self.retry_at.load(Ordering::Relaxed) <= now.micros()
    }
}

impl<T: ?Sized> Drop for Entry<T> {
    fn drop(&mut self) {
        self.counts.went(self.weight);
    }
}
