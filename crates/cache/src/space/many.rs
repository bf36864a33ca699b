//! Many keys at once, and one load for all that are missing.

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use super::{Gone, Looked, Made, Seat, Shared, Space};
use crate::entry::Phase;
use crate::tier::Name;
use crate::{LoadError, NoValue};

impl<V: Clone + Send + Sync + 'static> Space<V> {
    /// The values under `keys`, in their order. What is missing is loaded by one call of `load`, which is told the keys
    /// and answers with those that there are, in any order; each value brings its own tags. What others are loading is
    /// waited for; other processes are not, who may load the same at the same time. `None` is a key that `load` did
    /// not answer for; that is not kept.
    ///
    /// # Errors
    /// [`LoadError`] of the first key for which a load failed and nothing can be fallen back on.
    pub async fn get_many_or_load<F, Fut, E>(&self, keys: &[&str], load: F) -> Result<Vec<Option<V>>, LoadError>
    where
        F: FnOnce(Vec<String>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Vec<(String, Made<V>)>, E>> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        let space = &self.0;
        let mut found: Vec<Option<V>> = Vec::with_capacity(keys.len());
        // The first place of each key that is not there.
        let mut missing: HashMap<&str, usize> = HashMap::new();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (place, key) in keys.iter().enumerate() {
            let (value, wanted) = match space.look_to_load(key) {
                Looked::Fresh(value) => (Some(value), false),
                Looked::Early(value, _) => (Some(value), true),
                Looked::Old(value, Phase::Stale, entry) => {
                    space.counts.stale.inc();
                    (Some(value), entry.may_retry(space.cache.clock.now()))
                }
                Looked::Old(value, _, entry) if !entry.may_retry(space.cache.clock.now()) => (Some(value), false),
                Looked::Old(..) | Looked::Failed(_) | Looked::Nothing => (None, true),
            };
            space.count(key, value.is_some(), None);
            let is_missing = value.is_none();
            found.push(value);
            if !wanted || missing.contains_key(key) {
                continue;
            }
            let seat = space.board(key, &[]);
            match Arc::clone(&seat.flight.baton).try_acquire_owned() {
                Ok(baton) => ours.push((seat.clone(), baton)),
                Err(_) => space.counts.joined.inc(),
            }
            if is_missing {
                missing.insert(key, place);
                theirs.push(seat);
            }
        }
        if !ours.is_empty() {
            let space = Arc::clone(space);
            let load = async move |keys| load(keys).await.map_err(|error| Arc::new(error) as Gone);
            self.0.cache.tasks.spawn(async move { space.run_many(ours, load).await });
        }
        let mut failed = None;
        for seat in theirs {
            let place = missing[&*seat.key];
            match super::within(space.options.hard, space.wait(&seat)).await {
                Some(Ok(value)) => found[place] = Some(value),
                Some(Err(error)) if error.cause::<NoValue>() == Some(&NoValue::Abandoned) => {}
                Some(Err(error)) => {
                    found[place] = space.fallback(&seat.key);
                    failed = failed.or(found[place].is_none().then_some(error));
                }
                None => {
                    space.counts.timeouts.inc();
                    found[place] = space.fallback(&seat.key);
                    let limit = NoValue::TimedOut(space.options.hard.unwrap_or_default());
                    failed = failed.or(found[place].is_none().then(|| space.no_value(&seat.key, limit)));
                }
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        // A key that was asked for twice.
        for (place, key) in keys.iter().enumerate() {
            if found[place].is_none()
                && let Some(first) = missing.get(key).filter(|first| **first != place)
            {
                found[place] = found[*first].clone();
            }
        }
        Ok(found)
    }
}

impl<V: Clone + Send + Sync + 'static> Shared<V> {
    /// The flight's result, without a load of one's own.
    async fn wait(&self, seat: &Seat<V>) -> Result<V, LoadError> {
        tokio::select! {
            biased;
            result = seat.flight.result.wait() => result.clone(),
            // Who loaded has ended, and had nothing for this key.
            _ = Arc::clone(&seat.flight.baton).acquire_owned() => {
                let ended = seat.flight.result.get().cloned();
                ended.unwrap_or_else(|| Err(self.no_value(&seat.key, NoValue::Abandoned)))
            }
        }
    }

    async fn run_many<F>(self: Arc<Self>, mut seats: Vec<(Seat<V>, OwnedSemaphorePermit)>, load: F)
    where
        F: AsyncFnOnce(Vec<String>) -> Result<Vec<(String, Made<V>)>, Gone>,
    {
        self.take_read_tiers(&mut seats).await;
        if seats.is_empty() {
            return;
        }
        self.counts.loads.inc();
        let began = Instant::now();
        let made = match load(seats.iter().map(|(seat, _)| seat.key.to_string()).collect()).await {
            Ok(made) => made,
            Err(cause) => {
                self.counts.load_errors.inc();
                for (seat, _) in &seats {
                    let error = self.failed(&seat.key, Arc::clone(&cause));
                    self.crash(seat, None, &error);
                    self.end(seat, Err(error));
                }
                return;
            }
        };
        let cost = began.elapsed();
        let mut made: HashMap<String, Made<V>> = made.into_iter().collect();
        for (seat, _) in &seats {
            // Without an answer the flight is left, and who waits for it with a load of his own may try.
            let Some(made) = made.remove(&*seat.key) else { continue };
            let landed = self.land(seat, &made, cost);
            self.end(seat, Ok(made.value.clone()));
            if landed {
                self.write_through(&seat.key, &made, &[], seat.flight.since);
            }
        }
    }

    /// Ends the flights of what is in the tiers; the server is asked once for all.
    async fn take_read_tiers(&self, seats: &mut Vec<(Seat<V>, OwnedSemaphorePermit)>) {
        if self.codec.is_none() || self.cache.tags.is_behind() {
            return;
        }
        let beat = |key: &str| Some(self.cache.memory.get(self.part.id, key)?.life.fresh_until);
        if let Some(disk) = &self.cache.tiers.disk {
            for i in (0..seats.len()).rev() {
                let key = &seats[i].0.key;
                let epoch = self.cache.tags.epoch();
                let bytes = disk.read(&Name::of(self.counts.name, key)).await;
                let found = bytes.and_then(|bytes| self.accept(key, &bytes, epoch, beat(key)));
                disk.count(found.as_ref().is_some_and(|found| found.is_fresh));
                if let Some(found) = found.filter(|found| found.is_fresh) {
                    let (seat, _baton) = seats.swap_remove(i);
                    self.end(&seat, Ok(found.value));
                }
            }
        }
        let Some(remote) = self.cache.tiers.remote.as_ref().filter(|_| !seats.is_empty()) else { return };
        let names: Vec<Name> = seats.iter().map(|(seat, _)| Name::of(self.counts.name, &seat.key)).collect();
        let epoch = self.cache.tags.epoch();
        let all = remote.get(&names).await;
        for (i, bytes) in all.into_iter().enumerate().rev() {
            let key = &seats[i].0.key;
            let found = bytes.and_then(|bytes| self.accept(key, &bytes, epoch, beat(key)));
            remote.count(found.as_ref().is_some_and(|found| found.is_fresh));
            if let Some(found) = found.filter(|found| found.is_fresh) {
                let (seat, _baton) = seats.swap_remove(i);
                self.end(&seat, Ok(found.value));
            }
        }
    }
}
