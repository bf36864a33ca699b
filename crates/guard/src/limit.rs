//! Rate limits by key: GCRA cells (`stdx::TokenBucket`) in a map that never outgrows its bound.
//!
//! An attacker with many keys must not be able to fill the memory, nor to flush the keys that are
//! being limited. A full shard therefore forgets, of a few of its oldest keys, one whose bucket is
//! full again (forgetting it loses nothing), else the one with the most calls left.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stdx::metric::Counter;
use stdx::{Timestamp, TokenBucket};

pub static LIMITED: Counter = Counter::new();
pub static EVICTED: Counter = Counter::new();

const SHARDS: usize = 16;
/// How many of the oldest keys are looked at to find one to forget.
const LOOK: usize = 8;

/// The answer to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    /// How many more calls would be allowed at once.
    pub remaining: u32,
    /// How long to wait until a call would be allowed; zero when this one was.
    pub retry_after: Duration,
}

/// Allows each key `calls` in `period` on average, and as many at once.
#[derive(Debug)]
pub struct Limiter {
    fresh: TokenBucket,
    burst: u32,
    shard_keys_max: usize,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    /// By the hash of the key, which is seeded at random: nobody can aim at another's bucket.
    buckets: HashMap<u64, TokenBucket>,
    /// The keys of `buckets`, oldest first.
    order: VecDeque<u64>,
}

impl Limiter {
    /// `keys_max` is rounded up to a multiple of 16; a key takes about 60 bytes.
    pub fn new(calls: u32, period: Duration, keys_max: usize) -> Self {
        Limiter {
            fresh: TokenBucket::new(calls, period),
            burst: calls.max(1),
            shard_keys_max: keys_max.div_ceil(SHARDS).max(1),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Counts one call of `key` at `now`.
    pub fn check(&self, key: impl Hash, now: Timestamp) -> Verdict {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.shard(hash);
        if !shard.buckets.contains_key(&hash) {
            if shard.buckets.len() >= self.shard_keys_max {
                shard.forget_one(self.burst, now);
                EVICTED.inc();
            }
            shard.order.push_back(hash);
        }
        let bucket = shard.buckets.entry(hash).or_insert(self.fresh);
        match bucket.take(now) {
            Ok(()) => Verdict { allowed: true, remaining: bucket.remaining(now), retry_after: Duration::ZERO },
            Err(retry_after) => {
                LIMITED.inc();
                Verdict { allowed: false, remaining: 0, retry_after }
            }
        }
    }

    /// How many keys are remembered now.
    pub fn keys(&self) -> usize {
        (0..SHARDS as u64).map(|i| self.shard(i).buckets.len()).sum()
    }

    fn shard(&self, hash: u64) -> std::sync::MutexGuard<'_, Shard> {
        self.shards[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn forget_one(&mut self, burst: u32, now: Timestamp) {
        let look = LOOK.min(self.order.len());
        let left = |hash: &u64| self.buckets.get(hash).map_or(burst, |bucket| bucket.remaining(now));
        // The first of the best: `max_by_key` would take the last.
        let place = (0..look).rev().max_by_key(|i| left(&self.order[*i]));
        let Some(hash) = place.and_then(|place| self.order.remove(place)) else { return };
        self.buckets.remove(&hash);
        // What was looked at and kept gets another round, so that the same few are not judged each time.
        self.order.rotate_left(look - 1);
    }
}

/// The address a limit counts by: an IPv4 address as it is, an IPv6 address by its /64, because
/// whoever has one address there has all of them.
pub fn address_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests;
