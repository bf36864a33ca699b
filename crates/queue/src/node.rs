//! The processes of one database: who is there, who leads.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::{Clock, Id, IdGen, Rng, Timestamp};
use store::{Engine, Store, params};

use crate::queue::CLOCK_SKEW;
use crate::{Error, Queue, Settings, sql};

/// A process whose clock is this far from the database's judges nobody.
const SKEW_MAX: Duration = Duration::from_secs(2);
/// How long a leader leads without saying so again.
const TERM: Duration = Duration::from_secs(10);

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

/// What a process tells of itself with its heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Jobs that may run at once.
    #[serde(default)]
    pub workers: u32,
    #[serde(default)]
    pub running: u32,
    /// Microseconds that its clock is ahead of the database's.
    #[serde(default)]
    pub skew_us: i64,
}

/// A process that has said lately that it lives.
#[derive(Clone, Debug, Serialize)]
pub struct NodeView {
    pub number: u16,
    pub name: String,
    pub started_at: Timestamp,
    pub heartbeat_at: Timestamp,
    pub info: NodeInfo,
}

/// Takes the lowest free node number; its epoch is an id, so that older leases can be told by comparison.
pub(crate) async fn take(
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
                    if row.get::<Timestamp>(4)? >= limit {
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

pub(crate) async fn leave(queue: &Queue) -> Result<(), Error> {
    let (number, epoch) = (i64::from(queue.0.ids.node()), queue.0.epoch);
    queue
        .0
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&sql::RESIGN, params![epoch]).await?;
                tx.exec(&sql::NODE_LEAVE, params![number, epoch]).await
            })
        })
        .await?;
    Ok(())
}

impl Queue {
    /// Says that this process lives. `false`: another has taken its number, since it was silent for too
    /// long; nothing may be claimed or taken back from then on. `store`: the way to say so.
    pub(crate) async fn beat(&self, store: &Store, info: NodeInfo) -> Result<bool, Error> {
        let skew = self.skew(store).await?;
        let info = NodeInfo { skew_us: skew, ..info };
        let (number, epoch, now) = (i64::from(self.0.ids.node()), self.0.epoch, self.0.clock.now());
        let info = serde_json::to_string(&info).expect("plain data");
        let rows = store
            .write(move |tx| {
                Box::pin(async move {
                    match tx.exec(&sql::NODE_BEAT, params![number, epoch, now, info]).await? {
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

    /// Whether this process leads now: it alone folds counts, fires cron and keeps the history. Whoever's
    /// clock is wrong leads nobody.
    pub(crate) async fn lead(&self) -> Result<bool, Error> {
        let trusted = CLOCK_SKEW.get().unsigned_abs() <= SKEW_MAX.as_micros() as u64;
        let leads = if self.0.place == Place::Alone {
            true
        } else if trusted {
            let (holder, now) = (self.0.epoch, self.0.clock.now());
            let values = params!["queue", holder, now, now + TERM];
            self.0.store.write(move |tx| Box::pin(async move { tx.exec(&sql::LEAD, values).await })).await? == 1
        } else {
            false
        };
        if leads != self.0.leads.swap(leads, Ordering::SeqCst) {
            tracing::info!(node = self.0.ids.node(), leads, "the leadership of the queue has changed");
        }
        Ok(leads)
    }

    /// Processes that have said lately that they live.
    pub async fn nodes(&self) -> Result<Vec<NodeView>, Error> {
        let since = self.0.clock.now() - Duration::from_secs(self.0.settings.silence_s);
        let rows = self.0.store.read_fresh().all(&sql::NODES, params![]).await?;
        let mut nodes = Vec::new();
        for row in &rows {
            let heartbeat_at: Timestamp = row.get(4)?;
            let number: i64 = row.get(0)?;
            if heartbeat_at >= since && number < 512 {
                nodes.push(NodeView {
                    number: number as u16,
                    name: row.get(2)?,
                    started_at: row.get(3)?,
                    heartbeat_at,
                    info: serde_json::from_str(&row.get::<String>(5)?).unwrap_or_default(),
                });
            }
        }
        Ok(nodes)
    }

    /// Microseconds that this process's clock is ahead of the server's; half the way there and back is
    /// taken for the way there.
    async fn skew(&self, store: &Store) -> Result<i64, Error> {
        if self.0.store.engine() == Engine::Sqlite || self.0.clock.is_manual() {
            return Ok(0);
        }
        let before = self.0.clock.now().micros();
        let server: i64 = store.read_fresh().one(&sql::SERVER_TIME, params![]).await?.get(0)?;
        let after = self.0.clock.now().micros();
        let skew = before + (after - before) / 2 - server;
        CLOCK_SKEW.set(skew);
        if skew.unsigned_abs() > SKEW_MAX.as_micros() as u64 {
            tracing::error!(
                skew_us = skew,
                "this machine's clock is not that of the database server; set it: until then this process neither leads nor takes jobs back"
            );
        }
        Ok(skew)
    }

    pub(crate) fn is_clock_trusted(&self) -> bool {
        CLOCK_SKEW.get().unsigned_abs() <= SKEW_MAX.as_micros() as u64
    }
}
