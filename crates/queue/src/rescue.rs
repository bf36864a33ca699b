//! Who is alive, and what becomes of the jobs of those who are not.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stdx::{Clock, Id, IdGen, Rng, Timestamp};
use store::{Store, Tx, params};

use crate::claim::Waiting;
use crate::queue::RESCUED;
use crate::{Error, Queue, Settings, sql};

/// A job that was taken back this often, and as often as it may be tried, is taken for the cause of the crashes.
const RESCUES_MAX: i64 = 20;
/// Rows that are forgotten in one transaction, so that none is long.
const PRUNE_ROWS: i64 = 5_000;

/// What this process is to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The only server: whatever was running is taken back at once.
    Alone,
    /// One of several servers.
    Server,
    /// A command that adds work and leaves.
    Command,
}

/// Takes the lowest free node number; its epoch is an id, so that older leases can be told by comparison.
pub(crate) async fn take_node(
    store: &Store,
    settings: &Settings,
    clock: &Clock,
    rng: &Rng,
    place: Place,
) -> Result<(u16, Id), Error> {
    let (alone, serves) = (place == Place::Alone, place != Place::Command);
    let name = format!("{}-{:08x}", std::process::id(), rng.next_u64() as u32);
    let silence = Duration::from_secs(settings.silence_s);
    let clock = clock.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let now = clock.now();
                let limit = if alone { Timestamp::from_micros(i64::MAX) } else { now - silence };
                let rows = tx.all(&sql::NODES, params![]).await?;
                let mut alive = HashSet::new();
                for row in &rows {
                    if row.get::<Timestamp>(3)? >= limit {
                        alive.insert(row.get::<i64>(0)?);
                    }
                }
                // Commands live in the upper half: they must never take the place of a server that is only slow.
                let numbers = if serves { 0..512u16 } else { 512..1024 };
                for number in numbers.filter(|n| !alive.contains(&i64::from(*n))) {
                    let epoch = IdGen::new(number).next(now);
                    if tx.exec(&sql::NODE_TAKE, params![i64::from(number), epoch, name, now, limit]).await? == 1 {
                        return Ok((number, epoch));
                    }
                }
                Err(Error::NoNode)
            })
        })
        .await
}

pub(crate) async fn leave_node(queue: &Queue) -> Result<(), Error> {
    let (number, epoch) = (i64::from(queue.0.ids.node()), queue.0.epoch);
    queue
        .0
        .store
        .write(move |tx| Box::pin(async move { tx.exec(&sql::NODE_LEAVE, params![number, epoch]).await }))
        .await?;
    Ok(())
}

impl Queue {
    /// Says that this process lives. `false`: another has taken its number, since it was silent for too
    /// long; nothing may be claimed or taken back from then on.
    pub(crate) async fn beat(&self) -> Result<bool, Error> {
        let (number, epoch, now) = (i64::from(self.0.ids.node()), self.0.epoch, self.0.clock.now());
        let rows = self
            .0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    match tx.exec(&sql::NODE_BEAT, params![number, epoch, now]).await? {
                        // The row may be gone because a process that had taken the number has left again.
                        0 => tx.exec(&sql::NODE_REJOIN, params![number, epoch, "rejoined", now]).await,
                        rows => Ok(rows),
                    }
                })
            })
            .await?;
        self.0.evicted.store(rows == 0, Ordering::SeqCst);
        Ok(rows == 1)
    }

    /// Takes back the jobs of silent processes, and of leases past their deadline. Says how many.
    pub(crate) async fn rescue(&self) -> Result<usize, Error> {
        let queue = self.clone();
        let count = self.0.store.write(move |tx| Box::pin(async move { queue.rescue_in(tx).await })).await?;
        if count > 0 {
            RESCUED.add(count as u64);
            tracing::warn!(jobs = count, "took jobs back from a process that went silent");
        }
        Ok(count)
    }

    async fn rescue_in(&self, tx: &mut Tx) -> Result<usize, store::Error> {
        let now = self.0.clock.now();
        let silent = now - Duration::from_secs(self.0.settings.silence_s);
        // Its own present leases are never lost: it is here and looking, however late its heartbeat.
        let mut leases = tx.all(&sql::LEASES_LOST, params![silent, i64::from(self.0.ids.node())]).await?;
        leases.extend(tx.all(&sql::LEASES_OVERDUE, params![now]).await?);
        let mut back = Vec::new();
        for row in &leases {
            let (lease, packed): (i64, String) = (row.get(0)?, row.get(2)?);
            let Ok(jobs) = serde_json::from_str::<Vec<Waiting>>(&packed) else {
                // Written by a release that this one does not understand: left for one that does.
                tracing::error!(lease, "a lost lease cannot be read; its jobs stay where they are");
                continue;
            };
            // Whoever drops the row owns the rescue: two processes may look at the same time.
            if tx.exec(&sql::LEASE_DROP, params![lease]).await? == 0 {
                continue;
            }
            let acked: HashSet<i64> =
                tx.all(&sql::ACKS, params![lease]).await?.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
            tx.exec(&sql::ACK_DROP, params![lease]).await?;
            for mut job in jobs.into_iter().filter(|job| !acked.contains(&job.id.to_i64())) {
                job.rescued += 1;
                if job.rescued > RESCUES_MAX.max(job.attempts_max) {
                    let reason = format!("its process went silent {} times while it ran", job.rescued);
                    tx.exec(&sql::DEAD_ADD, job.dead_values(&reason, now)).await?;
                    job.release(tx).await?;
                } else {
                    // A job that keeps bringing its process down must not keep it down.
                    let pause = u32::try_from(job.rescued.saturating_sub(10)).unwrap_or_default().min(60);
                    job.run_at = now + Duration::from_secs(1) * pause;
                    tx.exec(&sql::INSERT, job.values()).await?;
                    back.push(job);
                }
            }
        }
        let (queue, count) = (self.clone(), back.len());
        tx.after_commit(move || back.iter().for_each(|job| queue.notice(job)));
        Ok(count)
    }

    /// Forgets finished jobs that are older than the history is kept.
    pub(crate) async fn prune(&self) -> Result<(), Error> {
        let before = self.0.clock.now() - Duration::from_secs(u64::from(self.0.settings.history_days) * 86_400);
        for statement in [&sql::PRUNE_DONE, &sql::PRUNE_RESULT] {
            loop {
                let gone = self
                    .0
                    .store
                    .write(move |tx| Box::pin(async move { tx.exec(statement, params![before, PRUNE_ROWS]).await }))
                    .await?;
                if gone < PRUNE_ROWS as u64 {
                    break;
                }
            }
        }
        Ok(())
    }
}
