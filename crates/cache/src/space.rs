//! A typed part of the cache: what its values may do, and how callers ask for them.

mod behind;
mod define;
mod flight;
mod load;
mod look;
mod made;
mod many;
mod quota;
mod warm;

use std::collections::VecDeque;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use crate::cache::Inner;
use crate::entry::Phase;
use crate::memory::Part;
use crate::stats::{Counts, SpaceStats};
use crate::wire::Codec;
use crate::{LoadError, NoValue, sketch};
pub use define::Define;
use flight::{Flights, Seat};
use look::Looked;
pub use made::Made;
pub(crate) use warm::Warm;

/// Values of one type under one name. Cheap to clone.
pub struct Space<V>(Arc<Shared<V>>);

impl<V> Clone for Space<V> {
    fn clone(&self) -> Self {
        Space(Arc::clone(&self.0))
    }
}

struct Shared<V> {
    cache: Arc<Inner>,
    part: Part,
    options: Options,
    weigh: Box<dyn Fn(&V) -> usize + Send + Sync>,
    codec: Option<Codec<V>>,
    counts: Arc<Counts>,
    /// Loads under way. The lock also orders "store the result" against "invalidate the key".
    flights: Mutex<Flights<V>>,
    loader: OnceLock<Loader<V>>,
    /// Where there is a quota: keys in the order in which they came.
    came: Mutex<VecDeque<Box<str>>>,
}

/// What [`Define`] said.
#[derive(Clone, Debug)]
struct Options {
    ttl: Duration,
    stale: Duration,
    grace: Duration,
    soft: Option<Duration>,
    hard: Option<Duration>,
    early: Option<f64>,
    negative: Option<Duration>,
    /// Bytes.
    quota: Option<u64>,
}

impl Options {
    fn new(ttl: Duration) -> Self {
        let zero = Duration::ZERO;
        Options { ttl, stale: zero, grace: zero, soft: None, hard: None, early: None, negative: None, quota: None }
    }
}

/// Loads a key that nobody waits for.
type Loader<V> = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Made<V>, Gone>> + Send>> + Send + Sync>;
type Gone = Arc<dyn Error + Send + Sync>;

impl<V: Clone + Send + Sync + 'static> Space<V> {
    /// The value under `key`, when it is in memory, fresh, and nothing of it was invalidated.
    pub fn get(&self, key: &str) -> Option<V> {
        let sampled = sketch::is_sampled().then(Instant::now);
        let value = match self.0.look(key) {
            Looked::Fresh(value) | Looked::Early(value, _) => Some(value),
            Looked::Failed(_) | Looked::Old(..) | Looked::Nothing => None,
        };
        self.0.count(key, value.is_some(), sampled);
        value
    }

    /// As [`Space::get`] for who asks by another way after a miss, which is counted there.
    pub fn get_first(&self, key: &str) -> Option<V> {
        let sampled = sketch::is_sampled().then(Instant::now);
        match self.0.look(key) {
            Looked::Fresh(value) | Looked::Early(value, _) => {
                self.0.count(key, true, sampled);
                Some(value)
            }
            Looked::Failed(_) | Looked::Old(..) | Looked::Nothing => None,
        }
    }

    /// As [`Space::get`], and behind the memory too.
    pub async fn find(&self, key: &str) -> Option<V> {
        if let Some(value) = self.get(key) {
            return Some(value);
        }
        let found = self.0.read_tiers(key, None).await;
        found.filter(|found| found.is_fresh).map(|found| found.value)
    }

    /// The value under `key`, or what `load` makes of it; the result is kept under `tags`.
    ///
    /// Callers who miss the same key at the same time share one load and its error, also with other processes where
    /// the space is shared. The load runs as a task of its own and ends even if all callers leave. What there is
    /// beyond its time is served as the space says (see [`Define`]). An invalidation during the load keeps the result
    /// from being served to those who ask after it.
    ///
    /// # Errors
    /// [`LoadError`] with the loader's error as cause, or [`NoValue`]; it is not kept unless the space keeps failures.
    pub async fn get_or_load<F, Fut, E>(&self, key: &str, tags: &[&str], load: F) -> Result<V, LoadError>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        self.get_or_make(key, tags, async move || load().await.map(Made::new)).await
    }

    /// As [`Space::get_or_load`] where only the loader knows how long its value lives and under which tags.
    ///
    /// # Errors
    /// As [`Space::get_or_load`].
    pub async fn get_or_make<F, Fut, E>(&self, key: &str, tags: &[&str], load: F) -> Result<V, LoadError>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Made<V>, E>> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        let space = &self.0;
        let sampled = sketch::is_sampled().then(Instant::now);
        let looked = space.look_to_load(key);
        let hit = !matches!(looked, Looked::Nothing | Looked::Old(_, Phase::Grace, _));
        space.count(key, hit, sampled);
        let seat = || space.board(key, &crate::tags::tag_hashes(tags));
        let load = move || async move { load().await.map_err(|error| Arc::new(error) as Gone) };
        match looked {
            Looked::Fresh(value) => Ok(value),
            Looked::Failed(error) => Err(error),
            Looked::Early(value, entry) => {
                space.counts.early.inc();
                space.start(seat(), Some(&entry), load);
                Ok(value)
            }
            Looked::Old(value, phase, entry) => {
                let now = space.cache.clock.now();
                let wait = space.options.soft.or((phase == Phase::Stale).then_some(Duration::ZERO));
                let wait = wait.or(space.options.hard);
                if !entry.may_retry(now) || wait == Some(Duration::ZERO) {
                    if entry.may_retry(now) {
                        space.start(seat(), Some(&entry), load);
                    }
                    space.counts.stale.inc();
                    return Ok(value);
                }
                // The load is of use to others even if this caller does not wait for its end.
                let newer = within(wait, space.arrive(seat(), Some(&entry), load)).await;
                match newer {
                    Some(Ok(newer)) => return Ok(newer),
                    Some(Err(_)) => {}
                    None => space.counts.timeouts.inc(),
                }
                // It may have been purged meanwhile.
                space.fallback(key).ok_or_else(|| match newer {
                    Some(Err(error)) => error,
                    _ => space.no_value(key, NoValue::TimedOut(wait.unwrap_or_default())),
                })
            }
            Looked::Nothing => match within(space.options.hard, space.arrive(seat(), None, load)).await {
                Some(Ok(value)) => Ok(value),
                // A tier may have had something to fall back on.
                Some(Err(error)) => space.fallback(key).ok_or(error),
                None => {
                    space.counts.timeouts.inc();
                    let limit = space.options.hard.unwrap_or_default();
                    space.fallback(key).ok_or_else(|| space.no_value(key, NoValue::TimedOut(limit)))
                }
            },
        }
    }

    /// As [`Space::get_or_load`] for a `load` that borrows from its caller: it runs within this call, so that a caller
    /// who goes away leaves the work to another, and nothing is loaded in the background.
    ///
    /// # Errors
    /// As [`Space::get_or_load`].
    pub async fn get_or_load_here<F, Fut, E>(&self, key: &str, tags: &[&str], load: F) -> Result<V, LoadError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
        E: Error + Send + Sync + 'static,
    {
        let space = &self.0;
        let sampled = sketch::is_sampled().then(Instant::now);
        let looked = space.look(key);
        let hit = !matches!(looked, Looked::Nothing | Looked::Old(..));
        space.count(key, hit, sampled);
        let old = match looked {
            Looked::Fresh(value) | Looked::Early(value, _) => return Ok(value),
            Looked::Failed(error) => return Err(error),
            Looked::Old(value, _, entry) if !entry.may_retry(space.cache.clock.now()) => {
                space.counts.stale.inc();
                return Ok(value);
            }
            Looked::Old(_, _, entry) => Some(entry),
            Looked::Nothing => None,
        };
        let seat = space.board(key, &crate::tags::tag_hashes(tags));
        let load = async || load().await.map(Made::new).map_err(|error| Arc::new(error) as Gone);
        match space.load_here(&seat, old.as_ref(), load).await {
            Ok(value) => Ok(value),
            Err(error) => space.fallback(key).ok_or(error),
        }
    }

    /// Keeps `value` under `key` and `tags`. Whoever computed it from data that may have changed
    /// meanwhile should use [`Space::get_or_load`], which notices.
    pub fn put(&self, key: &str, tags: &[&str], value: V) {
        self.put_made(key, Made::new(value).tags(tags.iter().copied()));
    }

    /// As [`Space::put`], with what else is known of the value.
    pub fn put_made(&self, key: &str, made: Made<V>) {
        let space = &self.0;
        let since = space.cache.tags.since();
        let mut flights = space.flights();
        // A load that began earlier must not overwrite the newer value.
        flights.remove(key);
        space.store(key, &made, &[], since, Duration::ZERO);
        drop(flights);
        space.write_through(key, &made, &[], since);
    }

    /// The value under `key` is gone for every caller after this one, in every process as soon as it hears of it; a
    /// load of it that is under way will not be kept.
    pub fn invalidate(&self, key: &str) {
        let space = &self.0;
        if space.cache.is_shared() {
            space.cache.purge_key(space.counts.name, key, false);
        }
        let mut flights = space.flights();
        flights.remove(key);
        space.cache.memory.remove(space.part, key);
    }

    pub fn stats(&self) -> SpaceStats {
        self.0.counts.read()
    }
}

/// `None` when the time is over; without a limit there is no end to it.
async fn within<T>(limit: Option<Duration>, doing: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, doing).await.ok(),
        None => Some(doing.await),
    }
}

#[cfg(test)]
mod tests;
