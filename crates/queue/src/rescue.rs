//! Who is alive, and what becomes of the jobs of those who are not.

use std::collections::HashSet;
use std::time::Duration;

use stdx::{Clock, Id, IdGen, Rng, Timestamp};
use store::{Store, Tx, params};

use crate::claim::Waiting;
use crate::queue::RESCUED;
use crate::{Error, Queue, Settings, sql};

/// A job that was taken back this often, and as often as it may be tried, is taken for the cause of the crashes.
const RESCUES_MAX: i64 = 20;

/// Takes the lowest free node number; its epoch is an id, so that older leases can be told by comparison.
pub(crate) async fn take_node(
    store: &Store,
    settings: &Settings,
    clock: &Clock,
    rng: &Rng,
    alone: bool,
) -> Result<(u16, Id), Error> {
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
                for number in (0..1024u16).filter(|n| !alive.contains(&i64::from(*n))) {
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
    /// Says that this process lives. `false`: another has taken its number, since it was silent for too long.
    pub(crate) async fn beat(&self) -> Result<bool, Error> {
        let (number, epoch, now) = (i64::from(self.0.ids.node()), self.0.epoch, self.0.clock.now());
        let rows = self
            .0
            .store
            .write(move |tx| Box::pin(async move { tx.exec(&sql::NODE_BEAT, params![number, epoch, now]).await }))
            .await?;
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
        let mut leases = tx.all(&sql::LEASES_LOST, params![silent]).await?;
        leases.extend(tx.all(&sql::LEASES_OVERDUE, params![now]).await?);
        let mut back = Vec::new();
        for row in &leases {
            let (lease, packed): (i64, String) = (row.get(0)?, row.get(2)?);
            // Whoever drops the row owns the rescue: two processes may look at the same time.
            if tx.exec(&sql::LEASE_DROP, params![lease]).await? == 0 {
                continue;
            }
            let acked: HashSet<i64> =
                tx.all(&sql::ACKS, params![lease]).await?.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
            tx.exec(&sql::ACK_DROP, params![lease]).await?;
            let jobs: Vec<Waiting> = serde_json::from_str(&packed).unwrap_or_default();
            for mut job in jobs.into_iter().filter(|job| !acked.contains(&job.id.to_i64())) {
                job.rescued += 1;
                if job.rescued > RESCUES_MAX.max(job.attempts_max) {
                    let reason = format!("its process went silent {} times while it ran", job.rescued);
                    tx.exec(&sql::DEAD_ADD, job.dead_values(&reason, now)).await?;
                    job.release(tx).await?;
                } else {
                    job.run_at = now;
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
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.exec(&sql::PRUNE_DONE, params![before]).await?;
                    tx.exec(&sql::PRUNE_RESULT, params![before]).await
                })
            })
            .await?;
        Ok(())
    }
}
