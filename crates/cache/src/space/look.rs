//! What the memory has under a key, and how a value comes there.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use stdx::Timestamp;

use super::{Gone, Made, Options, Shared};
use crate::cache::claim;
use crate::entry::{Draft, Entry, Life, Phase};
use crate::tags::{Epoch, Named, Since, Verdict};
use crate::{LoadError, NoValue};

/// What a thread keeps at hand of an entry.
struct Held<V> {
    value: V,
    early_at: Timestamp,
    /// The epoch up to which it is known that nothing of it was purged.
    checked_at: Epoch,
}

type Seen<V> = Result<V, Arc<Entry>>;

/// What the memory says of a key.
pub(super) enum Looked<V> {
    Fresh(V),
    /// Fresh, and this caller's to load anew.
    Early(V, Arc<Entry>),
    Failed(LoadError),
    Old(V, Phase, Arc<Entry>),
    Nothing,
}

impl<V: Clone + Send + Sync + 'static> Shared<V> {
    /// For those who will not load anew what is only early.
    pub(super) fn look(&self, key: &str) -> Looked<V> {
        self.look_as(key, false)
    }

    /// One caller among many is told that it is early.
    pub(super) fn look_to_load(&self, key: &str) -> Looked<V> {
        self.look_as(key, true)
    }

    #[inline]
    fn look_as(&self, key: &str, may_load: bool) -> Looked<V> {
        let (cache, now) = (&self.cache, self.cache.clock.about());
        // The common case costs one look into what the thread holds.
        let quick = |held: &Held<V>| {
            let fine = now < held.early_at && cache.tags.is_checked(held.checked_at);
            fine.then(|| Ok(held.value.clone()))
        };
        let seen = cache.memory.look(self.part, key, quick, |entry, hold| self.held(key, entry, now, hold));
        match seen {
            Some(Ok(value)) => Looked::Fresh(value),
            Some(Err(entry)) => self.look_closely(key, entry, now, may_load),
            None => Looked::Nothing,
        }
    }

    /// The value, if there is no question about it, and what may be held of it.
    fn held(&self, key: &str, entry: Arc<Entry>, now: Timestamp, hold: bool) -> (Seen<V>, Option<Held<V>>) {
        let named = Named { space: self.counts.name, key, tags: &entry.tags };
        let fine = now < entry.early_at
            && self.cache.tags.judge(named, entry.since.epoch, &entry.checked_at) == Verdict::Current;
        let value = if fine { entry.value::<V>().cloned() } else { None };
        match value {
            Some(value) => {
                let checked_at = entry.checked_at.load(Ordering::Relaxed);
                let held = hold.then(|| Held { value: value.clone(), early_at: entry.early_at, checked_at });
                (Ok(value), held)
            }
            None => (Err(entry), None),
        }
    }

    #[inline(never)]
    fn look_closely(&self, key: &str, entry: Arc<Entry>, now: Timestamp, may_load: bool) -> Looked<V> {
        let cache = &self.cache;
        let named = Named { space: self.counts.name, key, tags: &entry.tags };
        let verdict = cache.tags.judge(named, entry.since.epoch, &entry.checked_at);
        let phase = match verdict {
            Verdict::Current => entry.life.phase(now),
            Verdict::Soft => entry.life.phase_after(now),
            Verdict::Dead => Phase::Dead,
        };
        if phase == Phase::Dead {
            // Not what is only in doubt until the log has been read again.
            if verdict == Verdict::Dead || now >= entry.life.grace_until {
                cache.memory.remove_exactly(self.part.id, key, &entry);
            }
            return Looked::Nothing;
        }
        let Some(value) = entry.value::<V>() else {
            return match entry.value::<LoadError>() {
                Some(error) if phase == Phase::Fresh => Looked::Failed(error.clone()),
                _ => Looked::Nothing,
            };
        };
        let value = value.clone();
        match phase {
            Phase::Fresh if may_load && now >= entry.early_at && claim(&entry.retry_at, now, self.retry_pause()) => {
                Looked::Early(value, entry)
            }
            Phase::Fresh => Looked::Fresh(value),
            phase => Looked::Old(value, phase, entry),
        }
    }

    pub(super) fn count(&self, key: &str, hit: bool, sampled: Option<Instant>) {
        if hit {
            self.counts.hits.inc_often();
        } else {
            self.counts.misses.inc();
        }
        if let Some(began) = sampled {
            self.cache.memory_counts.took(began.elapsed());
            self.cache.asked.add(self.counts.name, key);
            if !hit {
                self.cache.missed.add(self.counts.name, key);
            }
        }
    }

    /// What may be served though it is not fresh.
    pub(super) fn fallback(&self, key: &str) -> Option<V> {
        match self.look(key) {
            Looked::Fresh(value) | Looked::Early(value, _) => Some(value),
            Looked::Old(value, ..) => {
                self.counts.stale.inc();
                Some(value)
            }
            Looked::Failed(_) | Looked::Nothing => None,
        }
    }

    /// How long a failed load is not tried again while there is something to serve.
    pub(super) fn retry_pause(&self) -> Duration {
        (self.options.ttl / 20).clamp(Duration::from_millis(500), Duration::from_secs(10))
    }

    pub(super) fn life(&self, made: &Made<V>) -> Life {
        let Options { ttl, stale, grace, .. } = self.options;
        let (stale, grace) = (made.stale.unwrap_or(stale), made.grace.unwrap_or(grace));
        Life::from(self.cache.clock.now(), made.ttl.unwrap_or(ttl), stale, grace)
    }

    pub(super) fn hashes(&self, made: &Made<V>, tags: &[u64]) -> Box<[u64]> {
        let more = made.tags.iter().map(|tag| crate::tags::tag_hash(tag));
        tags.iter().copied().chain(more).collect()
    }

    /// Into memory. `cost` is how long it took to load.
    pub(super) fn store(&self, key: &str, made: &Made<V>, tags: &[u64], since: Since, cost: Duration) {
        if made.keep {
            let now = self.cache.clock.now();
            self.insert(key, &made.value, self.life(made), self.hashes(made, tags), since, (now, cost));
        }
    }

    pub(super) fn insert(
        &self,
        key: &str,
        value: &V,
        life: Life,
        tags: Box<[u64]>,
        since: Since,
        (stored_at, cost): (Timestamp, Duration),
    ) {
        let weight = (self.weigh)(value) + key.len() + tags.len() * 8 + size_of::<Entry<V>>();
        let early_at = match self.options.early {
            Some(share) => {
                let ttl = life.fresh_until.since(stored_at);
                let rng = &self.cache.rng;
                let by_share = ttl.mul_f64((1.0 - share) * rng.unit());
                let by_cost = Duration::try_from_secs_f64(cost.as_secs_f64() * -(1.0 - rng.unit()).ln());
                (life.fresh_until - by_share.max(by_cost.unwrap_or_default())).max(stored_at)
            }
            None => life.fresh_until,
        };
        self.cache.tags.will_live(life.grace_until.since(stored_at));
        let (checked_at, weight) = (self.cache.tags.first_check(since), weight as u64);
        let draft = Draft { life, early_at, tags, since, checked_at, stored_at, weight };
        self.cache.memory.insert(self.part.id, key, Entry::shared(value.clone(), draft, Arc::clone(&self.counts)));
        self.keep_quota(key);
    }

    pub(super) fn no_value(&self, key: &str, why: NoValue) -> LoadError {
        LoadError { space: self.counts.name, key: key.to_owned(), cause: Arc::new(why) }
    }

    pub(super) fn failed(&self, key: &str, cause: Gone) -> LoadError {
        LoadError { space: self.counts.name, key: key.to_owned(), cause }
    }
}
