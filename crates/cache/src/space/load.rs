//! How a flight is flown: look once more, ask the other tiers, ask the cluster, load, land.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stdx::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use super::{Gone, Looked, Made, Seat, Shared};
use crate::cache::claim;
use crate::entry::{Draft, Entry, Life};
use crate::tier::Name;
use crate::tier::remote::guard::Lock;
use crate::{LoadError, NoValue};

/// How long others take one's word that one loads, where the space has no hard time-out.
const LOCK: Duration = Duration::from_secs(10);
/// How long one waits for another process's value, where the space has no soft time-out.
const PATIENCE: Duration = Duration::from_secs(5);
/// First pause between two looks for it; the pauses grow.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOK_EVERY_MAX: Duration = Duration::from_millis(50);

impl<V: Clone + Send + Sync + 'static> Shared<V> {
    /// Lets the flight begin as a task, unless it has begun.
    pub(super) fn start<F, Fut>(self: &Arc<Self>, seat: Seat<V>, old: Option<&Arc<Entry>>, load: F)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Made<V>, Gone>> + Send + 'static,
    {
        match Arc::clone(&seat.flight.baton).try_acquire_owned() {
            Ok(baton) => self.fly(seat, old, load, baton),
            Err(_) => self.counts.joined.inc(),
        }
    }

    /// The flight's result. The first who comes lets it begin, as a task.
    pub(super) async fn arrive<F, Fut>(
        self: &Arc<Self>,
        seat: Seat<V>,
        old: Option<&Arc<Entry>>,
        load: F,
    ) -> Result<V, LoadError>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Made<V>, Gone>> + Send + 'static,
    {
        let mut load = Some(load);
        let mut joined = false;
        loop {
            let baton = match Arc::clone(&seat.flight.baton).try_acquire_owned() {
                Ok(baton) => baton,
                Err(_) => {
                    if load.is_some() && !std::mem::replace(&mut joined, true) {
                        self.counts.joined.inc();
                    }
                    tokio::select! {
                        biased;
                        result = seat.flight.result.wait() => return result.clone(),
                        baton = Arc::clone(&seat.flight.baton).acquire_owned() => match baton {
                            Ok(baton) => baton,
                            Err(_) => return Err(self.no_value(&seat.key, NoValue::Abandoned)),
                        },
                    }
                }
            };
            if let Some(result) = seat.flight.result.get() {
                return result.clone();
            }
            match load.take() {
                Some(load) => self.fly(seat.clone(), old, load, baton),
                // Our own task ended without a word.
                None => return Err(self.no_value(&seat.key, NoValue::Abandoned)),
            }
        }
    }

    fn fly<F, Fut>(self: &Arc<Self>, seat: Seat<V>, old: Option<&Arc<Entry>>, load: F, baton: OwnedSemaphorePermit)
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Made<V>, Gone>> + Send + 'static,
    {
        let (space, old) = (Arc::clone(self), old.cloned());
        self.cache.tasks.spawn(async move {
            space.run(&seat, old.as_ref(), load).await;
            drop(baton);
        });
    }

    /// As [`Shared::arrive`], with the load in this very task.
    pub(super) async fn load_here<F, Fut>(
        self: &Arc<Self>,
        seat: &Seat<V>,
        old: Option<&Arc<Entry>>,
        load: F,
    ) -> Result<V, LoadError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Made<V>, Gone>>,
    {
        let baton = match Arc::clone(&seat.flight.baton).try_acquire_owned() {
            Ok(baton) => Some(baton),
            Err(_) => {
                self.counts.joined.inc();
                tokio::select! {
                    biased;
                    _ = seat.flight.result.wait() => None,
                    baton = Arc::clone(&seat.flight.baton).acquire_owned() => baton.ok(),
                }
            }
        };
        if baton.is_some() && !seat.flight.result.initialized() {
            self.run(seat, old, load).await;
        }
        seat.flight.result.wait().await.clone()
    }

    /// Sets the flight's result. `old` is what there is, and not good enough.
    async fn run<F, Fut>(self: &Arc<Self>, seat: &Seat<V>, old: Option<&Arc<Entry>>, load: F)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Made<V>, Gone>>,
    {
        if seat.flight.result.initialized() {
            return;
        }
        let beat = old.map(|entry| entry.life.fresh_until);
        // Another flight may have landed between our miss and our boarding.
        if let Some(value) = self.newer_in_memory(&seat.key, beat) {
            return self.end(seat, Ok(value));
        }
        if self.codec.is_none() {
            let (made, _) = self.load(seat, old, load).await;
            return self.end(seat, made.map(|made| made.value));
        }
        if let Some(found) = self.read_tiers(&seat.key, beat).await.filter(|found| found.is_fresh) {
            return self.end(seat, Ok(found.value));
        }
        let lock = match self.turn(seat, beat).await {
            Turn::Found(value) => return self.end(seat, Ok(value)),
            Turn::Ours(lock) => lock,
        };
        let (made, life) = self.load(seat, old, load).await;
        self.end(seat, made.as_ref().map(|made| made.value.clone()).map_err(LoadError::clone));
        let name = Name::of(self.counts.name, &seat.key);
        if let (Ok(made), Some(life)) = (&made, life) {
            self.write_behind(&name, seat, made, life, lock.is_some()).await;
        }
        if let (Some(token), Some(remote)) = (lock, &self.cache.tiers.remote) {
            remote.unlock(&name, token).await;
        }
    }

    fn newer_in_memory(&self, key: &str, beat: Option<Timestamp>) -> Option<V> {
        let (Looked::Fresh(value) | Looked::Early(value, _)) = self.look(key) else { return None };
        let newer = |beat| self.cache.memory.get(self.part.id, key).is_some_and(|entry| entry.life.fresh_until > beat);
        beat.is_none_or(newer).then_some(value)
    }

    /// Waits until nobody else in the cluster loads this key, or has loaded it, or for as long as is bearable.
    async fn turn(&self, seat: &Seat<V>, beat: Option<Timestamp>) -> Turn<V> {
        let Some(remote) = self.cache.tiers.remote.as_ref().filter(|_| !self.cache.tags.is_behind()) else {
            return Turn::Ours(None);
        };
        let name = Name::of(self.counts.name, &seat.key);
        let ttl = self.options.hard.unwrap_or(LOCK) + Duration::from_secs(1);
        let patience = self.options.soft.filter(|soft| !soft.is_zero()).unwrap_or(PATIENCE);
        let (began, mut pause) = (Instant::now(), LOOK_EVERY);
        loop {
            match remote.lock(&name, ttl).await {
                Lock::Unknown => return Turn::Ours(None),
                Lock::Ours(token) => {
                    // Whoever held it before may have written just before we got it.
                    if let Some(found) = self.read_remote(&seat.key, beat).await.filter(|found| found.is_fresh) {
                        remote.unlock(&name, token).await;
                        return Turn::Found(found.value);
                    }
                    return Turn::Ours(Some(token));
                }
                Lock::Theirs => {}
            }
            if began.elapsed() > patience {
                return Turn::Ours(None);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_EVERY_MAX);
            if let Some(found) = self.read_remote(&seat.key, beat).await.filter(|found| found.is_fresh) {
                self.counts.joined.inc();
                return Turn::Found(found.value);
            }
        }
    }

    /// Runs the load and lands it in memory.
    async fn load<F, Fut>(
        &self,
        seat: &Seat<V>,
        old: Option<&Arc<Entry>>,
        load: F,
    ) -> (Result<Made<V>, LoadError>, Option<Life>)
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Made<V>, Gone>>,
    {
        self.counts.loads.inc();
        let began = Instant::now();
        match load().await {
            Ok(made) => {
                // What did not land has been overtaken, and must not go further either.
                let landed = self.land(seat, &made, began.elapsed());
                let life = (landed && made.keep).then(|| self.life(&made));
                (Ok(made), life)
            }
            Err(cause) => {
                self.counts.load_errors.inc();
                let error = self.failed(&seat.key, cause);
                self.crash(seat, old, &error);
                (Err(error), None)
            }
        }
    }

    /// Stores the result, unless the key was invalidated or put since the flight began: then it is no
    /// longer the key's flight. Tags need no look here: the entry carries the flight's first epoch.
    pub(super) fn land(&self, seat: &Seat<V>, made: &Made<V>, cost: Duration) -> bool {
        let flights = self.flights();
        let ours = flights.get(&*seat.key).is_some_and(|current| Arc::ptr_eq(current, &seat.flight));
        if ours {
            self.store(&seat.key, made, &seat.flight.tags, seat.flight.since, cost);
        }
        ours
    }

    /// What there is is not tried anew for a while; where there is nothing, the failure may be kept.
    pub(super) fn crash(&self, seat: &Seat<V>, old: Option<&Arc<Entry>>, error: &LoadError) {
        let now = self.cache.clock.now();
        let current = self.cache.memory.get(self.part.id, &seat.key);
        if let Some(entry) = current.as_ref().or(old).filter(|entry| now < entry.life.grace_until) {
            claim(&entry.retry_at, now, self.retry_pause());
            return;
        }
        let Some(ttl) = self.options.negative else { return };
        let flights = self.flights();
        if flights.get(&*seat.key).is_some_and(|current| Arc::ptr_eq(current, &seat.flight)) {
            let life = Life::from(now, ttl, Duration::ZERO, Duration::ZERO);
            let weight = (seat.key.len() + size_of::<Entry<LoadError>>() + 64) as u64;
            let (tags, since) = (seat.flight.tags.clone(), seat.flight.since);
            let checked_at = self.cache.tags.first_check(since);
            let draft = Draft { life, early_at: now + ttl, tags, since, checked_at, stored_at: now, weight };
            let entry = Entry::shared(error.clone(), draft, Arc::clone(&self.counts));
            self.cache.memory.insert(self.part.id, &seat.key, entry);
        }
    }

    /// Forgets the flight, so that the next miss loads anew, then tells those who wait.
    pub(super) fn end(&self, seat: &Seat<V>, result: Result<V, LoadError>) {
        let mut flights = self.flights();
        if flights.get(&*seat.key).is_some_and(|current| Arc::ptr_eq(current, &seat.flight)) {
            flights.remove(&*seat.key);
        }
        drop(flights);
        // Only who holds the baton comes here, so that it is set once.
        let _ = seat.flight.result.set(result);
    }
}

enum Turn<V> {
    /// Another process has loaded it.
    Found(V),
    /// It is ours to load, under a lock if the server could be asked.
    Ours(Option<u64>),
}
