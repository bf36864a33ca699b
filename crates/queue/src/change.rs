//! What people do to jobs: cancel, retry, throw away, one or many; and to queues.

use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use store::{Engine, Tx, params};

use crate::names::{self, Durability};
use crate::stat::{Deltas, What};
use crate::view::{JobFilter, SignalKind};
use crate::waiting::{Outcome, Waiting, unpack};
use crate::{Error, JobId, Place, Queue, State, flow, group, sql};

/// Jobs of one transaction when many are changed.
const TOGETHER: usize = 200;

/// What a queue may do; its name is part of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueChange {
    /// Its share beside other queues of the same priority, 1 to 1000.
    #[serde(default)]
    pub weight: Option<u32>,
    /// Jobs at once in one process; 0 is no limit of its own.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// Starts in a minute, on all processes together; 0 is no limit.
    #[serde(default)]
    pub rate: Option<u32>,
    #[serde(default)]
    pub durability: Option<Durability>,
    /// Nothing of it is started.
    #[serde(default)]
    pub paused: Option<bool>,
}

impl Queue {
    /// Removes a waiting job, or asks a running one to end, wherever it runs.
    pub async fn cancel(&self, id: JobId) -> Result<(), Error> {
        let queue = self.clone();
        let is_gone = self.0.store.write(move |tx| Box::pin(async move { queue.cancel_in(tx, id).await })).await?;
        if is_gone {
            return Ok(());
        }
        if !self.is_leased(id).await? {
            return Err(Error::NotFound(id));
        }
        // It is running here, about to be, or elsewhere.
        if self.stop_here(id) || self.0.place == Place::Alone {
            return Ok(());
        }
        match self.0.wire.get() {
            // SQLite has one server: a command beside it reaches it through its socket, not from here.
            Some(wire) if self.0.store.engine() == Engine::Postgres => {
                wire.tell_cancel(id);
                Ok(())
            }
            _ => Err(Error::Running(id)),
        }
    }

    /// Whether the job was waiting and is cancelled now.
    async fn cancel_in(&self, tx: &mut Tx, id: JobId) -> Result<bool, Error> {
        let mut deltas = Deltas::default();
        let job = if let Some(row) = tx.opt(&sql::WAITING_DROP, params![id.to_i64()]).await? {
            Some((Waiting::read(&row)?, None))
        } else if let Some(row) = tx.opt(&sql::PARKED_GET, params![id.to_i64()]).await? {
            tx.exec(&sql::PARKED_DROP, params![id.to_i64()]).await?;
            one(&row.get::<String>(2)?).map(|job| (job, None))
        } else if let Some(row) = tx.opt(&sql::BLOCKED_DROP, params![id.to_i64()]).await? {
            one(&row.get::<String>(0)?).map(|job| (job, Some(State::Pending)))
        } else {
            None
        };
        let Some((job, state)) = job else { return Ok(false) };
        let now = self.0.clock.now();
        tx.exec(&sql::DONE_ADD, job.done_values(Outcome::Cancelled, now, now)).await?;
        deltas.job(&job, What::State(state.unwrap_or(job.counted())), -1);
        deltas.job(&job, What::State(State::Cancelled), 1);
        flow::release_key(tx, &job).await?;
        let mut gone = flow::cancelled(self, tx, job.parent, &mut deltas).await?;
        let freed = group::pass(tx, &job).await?;
        freed.iter().for_each(|job| deltas.job(job, What::State(job.counted()), -1));
        self.insert(tx, &freed, &mut deltas).await?;
        gone.push(job);
        let queue = self.clone();
        tx.after_commit(move || gone.iter().for_each(|job| queue.signal(job, SignalKind::Cancelled, None)));
        Ok(true)
    }

    /// Puts a dead letter back to work with all its attempts, or makes a waiting job due now.
    pub async fn retry(&self, id: JobId) -> Result<(), Error> {
        let queue = self.clone();
        let done = self.0.store.write(move |tx| Box::pin(async move { queue.retry_in(tx, id).await })).await?;
        if done { Ok(()) } else { Err(Error::NotFound(id)) }
    }

    async fn retry_in(&self, tx: &mut Tx, id: JobId) -> Result<bool, Error> {
        let now = self.0.clock.now();
        let mut deltas = Deltas::default();
        let mut job = if let Some(row) = tx.opt(&sql::DEAD_GET, params![id.to_i64()]).await? {
            // Two people may ask at once: one of them brings it back.
            if tx.exec(&sql::DEAD_DROP, params![id.to_i64()]).await? == 0 {
                return Ok(false);
            }
            let mut job = Waiting::read_dead(&row, now)?;
            deltas.job(&job, What::State(State::Discarded), -1);
            // Somebody may hold the key by now: the redriven job then runs beside it, without the key.
            if self.take_key(tx, &job).await?.is_some() {
                job.uniq = None;
            }
            job
        } else {
            let Some(row) = tx.opt(&sql::WAITING_DROP, params![id.to_i64()]).await? else {
                // One that is parked is due already, and comes when its key has a place.
                return Ok(tx.opt(&sql::PARKED_GET, params![id.to_i64()]).await?.is_some());
            };
            let job = Waiting::read(&row)?;
            deltas.job(&job, What::State(job.counted()), -1);
            job
        };
        job.run_at = now;
        job.rescued = job.rescued.max(1);
        self.insert(tx, &[job], &mut deltas).await?;
        Ok(true)
    }

    /// Deletes a dead letter for good. Whoever waited for it is cancelled.
    pub async fn purge_dead(&self, id: JobId) -> Result<(), Error> {
        let queue = self.clone();
        let done = self.0.store.write(move |tx| Box::pin(async move { queue.purge_in(tx, id).await })).await?;
        if done { Ok(()) } else { Err(Error::NotFound(id)) }
    }

    async fn purge_in(&self, tx: &mut Tx, id: JobId) -> Result<bool, Error> {
        let Some(row) = tx.opt(&sql::DEAD_GET, params![id.to_i64()]).await? else { return Ok(false) };
        if tx.exec(&sql::DEAD_DROP, params![id.to_i64()]).await? == 0 {
            return Ok(false);
        }
        let job = Waiting::read_dead(&row, self.0.clock.now())?;
        let mut deltas = Deltas::default();
        deltas.job(&job, What::State(State::Discarded), -1);
        flow::cancelled(self, tx, job.parent, &mut deltas).await?;
        deltas.write(tx).await?;
        Ok(true)
    }

    /// Retries every dead letter that `filter` names (its state is not looked at); says how many.
    pub async fn retry_all(&self, filter: &JobFilter) -> Result<usize, Error> {
        self.for_dead(filter, Deed::Retry).await
    }

    /// Deletes every dead letter that `filter` names; says how many.
    pub async fn purge_all(&self, filter: &JobFilter) -> Result<usize, Error> {
        self.for_dead(filter, Deed::Purge).await
    }

    /// Cancels every waiting job that `filter` names; says how many. Running ones go on.
    pub async fn cancel_all(&self, filter: &JobFilter) -> Result<usize, Error> {
        let mut filter = JobFilter { limit: TOGETHER, after: None, ..filter.clone() };
        let mut count = 0;
        loop {
            let page = self.list(&filter).await?;
            let Some(last) = page.last() else { return Ok(count) };
            filter.after = Some((last.created_at, last.id));
            let ids: Vec<JobId> = page.iter().filter(|job| job.state != State::Running).map(|job| job.id).collect();
            count += self.together(ids, Deed::Cancel).await?;
        }
    }

    async fn for_dead(&self, filter: &JobFilter, deed: Deed) -> Result<usize, Error> {
        let mut filter = JobFilter { state: Some(State::Discarded), limit: TOGETHER, after: None, ..filter.clone() };
        let mut count = 0;
        loop {
            let page = self.list(&filter).await?;
            let Some(last) = page.last() else { return Ok(count) };
            filter.after = Some((last.finished_at.unwrap_or(last.created_at), last.id));
            count += self.together(page.iter().map(|job| job.id).collect(), deed).await?;
        }
    }

    async fn together(&self, ids: Vec<JobId>, deed: Deed) -> Result<usize, Error> {
        let queue = self.clone();
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut count = 0;
                    for id in ids {
                        let done = match deed {
                            Deed::Retry => queue.retry_in(tx, id).await?,
                            Deed::Purge => queue.purge_in(tx, id).await?,
                            Deed::Cancel => queue.cancel_in(tx, id).await?,
                        };
                        count += usize::from(done);
                    }
                    Ok::<usize, Error>(count)
                })
            })
            .await
    }

    /// Changes a queue, or makes it. All processes hear of it.
    ///
    /// # Errors
    /// [`Error::Value`] for a name or number that cannot be; [`RESERVED`] names nothing else.
    pub async fn configure(&self, name: &str, change: &QueueChange) -> Result<(), Error> {
        let fits = !name.is_empty()
            && name.len() <= 64
            && !RESERVED.contains(&name)
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
        let check = |ok: bool, what: &'static str, value: String, known: &'static str| {
            if ok { Ok(()) } else { Err(Error::Value { what, value, known }) }
        };
        check(fits, "a queue's name", name.to_owned(), "1 to 64 of a-z, 0-9, _, - and .; not stats or estimate")?;
        let code = names::code_of(name);
        let known = self.0.queues.read().unwrap_or_else(PoisonError::into_inner).get(&code).cloned();
        let weight = change.weight.or(known.as_ref().map(|q| q.weight)).unwrap_or(1);
        let concurrency = change.concurrency.or(known.as_ref().map(|q| q.concurrency)).unwrap_or(0);
        let rate = change.rate.or(known.as_ref().map(|q| q.rate)).unwrap_or(0);
        let durability = change.durability.or(known.as_ref().map(|q| q.durability)).unwrap_or(Durability::Durable);
        let paused = change.paused.or(known.as_ref().map(|q| q.paused)).unwrap_or(false);
        check((1..=1_000).contains(&weight), "weight", weight.to_string(), "1 to 1000")?;
        check(concurrency <= 100_000, "concurrency", concurrency.to_string(), "0 to 100000")?;
        check(rate <= 10_000_000, "rate", rate.to_string(), "0 to 10000000 starts in a minute")?;
        let entry = params![code, name];
        let values = params![code, weight, concurrency, rate, durability.name(), paused];
        let set = self.0.store.write(move |tx| {
            let (entry, values) = (entry.clone(), values.clone());
            Box::pin(async move {
                tx.exec(&sql::QUEUE_ADD, entry).await?;
                tx.exec(&sql::QUEUE_SET, values).await
            })
        });
        set.await?;
        self.reload().await?;
        // What was put off by the old settings may be due by the new ones.
        self.sweep(true).await?;
        if let Some(wire) = self.0.wire.get() {
            wire.tell_reload();
        }
        Ok(())
    }
}

/// Names that no queue can have: an address made of queues' names has another meaning for them.
const RESERVED: [&str; 2] = ["stats", "estimate"];

#[derive(Clone, Copy, Debug)]
enum Deed {
    Retry,
    Purge,
    Cancel,
}

fn one(text: &str) -> Option<Waiting> {
    unpack(text).ok().and_then(|mut jobs| jobs.pop())
}
