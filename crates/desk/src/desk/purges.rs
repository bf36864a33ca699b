//! The log of purges: how the caches of all processes of one database forget the same things.
//!
//! A purge that follows from a change is written to the table `purge` in the transaction of that change
//! ([`note`]), so that there is no change without it, whoever dies when. After the commit, and before its caller is
//! answered, the change's own process forgets ([`Desk::purge`](super::Desk::purge)); the same purge then goes to the
//! others over the bus, as a hint that takes effect in their memory at once, and a second time into the log, under the
//! number by which its sender knows it again. The log is what counts: every process reads it in the order of `pos`, when
//! the bus says so, each second, and from where it stood whenever the bus may have lost something.
//!
//! Why the argument in [`cache::bus`] holds with it. It asks for two things: that all read the same purges in the same
//! order without ever leaving one out, and that whoever has read a purge sees the change that it is about.
//!
//! *None is left out.* SQLite has one writer: numbers are given in the order of commits. PostgreSQL gives `pos` before
//! the commit, so that 8 may be seen while 7 is still under way. A reader who misses 7 stops before 8. The transaction
//! that holds 7 took its transaction id before that number (`APPEND` asks for the id first), hence before 8 was given,
//! hence before the snapshot in which 8 was seen, whose `xmax` is above that id. As soon as a later snapshot's `xmin` has
//! reached that `xmax`, the transaction has ended: either that snapshot shows 7, or there will never be one. A reader who
//! is held up for more than [`HELD_MAX`] says [`Heard::Gap`], so that nothing is taken as fresh meanwhile.
//!
//! *Who has read a purge sees its change.* It is in the change's own transaction, or was written after its commit. The
//! log is read on the primary with the position of the database's own log in the same row, and
//! [`Store::observe`](store::Store::observe) makes every later `read_fresh` of this process wait for a replica that has
//! come as far. Hence loaders of what is kept read with `read_fresh`.
//!
//! A restored archive brings no purges, hence another log: what shared tiers hold of the old one is not believed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache::bus::{Backplane, Heard, Purge, What};
use stdx::task::{Stop, Tasks};
use stdx::{Backoff, Clock, Rng, Timestamp};
use store::bus::{Bus, MESSAGE_BYTES_MAX, Message};
use store::{Engine, Row, Store, Tx, params};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};

use crate::Error;

const TOPIC: &str = "desk.purge";
/// The log is read so often even if nobody says a word: a process may have died between its commit and its word.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pauses of a reader who waits for the end of another's transaction.
const HOLE: Backoff = Backoff::new(Duration::from_millis(2), Duration::from_millis(50));
/// So long such a reader goes on as if it had read everything.
const HELD_MAX: Duration = Duration::from_secs(1);
const RETRY: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(2));
/// Rows of one reading.
const PAGE: i64 = 1_000;
/// Purges of one write.
const WRITE_MAX: usize = 256;
/// Longer than anything is kept anywhere.
const KEPT: Duration = Duration::from_secs(3 * 86_400);
const KEPT_ROWS: i64 = 100_000;
const PRUNE_EVERY: Duration = Duration::from_secs(600);

store::sql! {
    LOG_ONCE = "purges.log_once", "INSERT INTO purge_log (one, id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
    LOG = "purges.log", "SELECT id FROM purge_log WHERE one = 1";
    APPEND = "purges.append",
        sqlite "INSERT INTO purge (at, body) VALUES ($1, $2)",
        postgres "WITH me AS MATERIALIZED (SELECT pg_current_xact_id() AS xid)
                  INSERT INTO purge (xid, at, body) SELECT me.xid, CAST($1 AS BIGINT), CAST($2 AS TEXT) FROM me";
    AFTER = "purges.after",
        sqlite "SELECT pos, body, 0, 0, 0 FROM purge WHERE pos > $1 ORDER BY pos LIMIT $2",
        postgres "SELECT pos, body, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                  (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint FROM purge WHERE pos > $1 ORDER BY pos LIMIT $2";
    FIRST = "purges.first", "SELECT min(pos) FROM purge";
    PRUNE = "purges.prune", "DELETE FROM purge WHERE (at < $1 AND pos < (SELECT max(pos) FROM purge)) OR pos < (SELECT max(pos) FROM purge) - $2";
}

/// Writes into the change's own transaction what is to be forgotten because of it.
pub(super) async fn note(tx: &mut Tx, tags: &[&str], now: Timestamp) -> Result<(), Error> {
    let what = What::Tags(tags.iter().map(|tag| Box::from(*tag)).collect());
    append(tx, &Purge { origin: 0, ticket: 0, soft: false, what }, now).await
}

async fn append(tx: &mut Tx, purge: &Purge, now: Timestamp) -> Result<(), Error> {
    let body = serde_json::to_string(purge).expect("a purge is plain data");
    tx.exec(&APPEND, params![now, body]).await?;
    Ok(())
}

/// The log of one database. Cheap to clone.
#[derive(Clone)]
pub struct PurgeLog(Arc<Inner>);

struct Inner {
    log: u64,
    /// To the primary, and not behind others who wait for a connection.
    near: Store,
    /// Whose readers must see what the log tells of.
    store: Store,
    bus: Bus,
    tasks: Tasks,
    rng: Rng,
    out: mpsc::UnboundedSender<Purge>,
    /// Counts the reasons to read the log.
    look: watch::Sender<u64>,
}

impl PurgeLog {
    /// The log of `store`'s database. What is published is written, and old rows are deleted, until `tasks` end.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn open(store: &Store, bus: &Bus, clock: Clock, rng: &Rng, tasks: &Tasks) -> Result<PurgeLog, Error> {
        let near = store.apart()?;
        let log = match near.read_fresh().opt(&LOG, params![]).await? {
            Some(row) => row.get(0)?,
            None => {
                let id = (rng.next_u64() >> 1).cast_signed();
                let written = near.write(move |tx| {
                    Box::pin(async move {
                        tx.exec(&LOG_ONCE, params![id]).await?;
                        Ok::<i64, Error>(tx.one(&LOG, params![]).await?.get(0)?)
                    })
                });
                written.await?
            }
        };
        let (out, published) = mpsc::unbounded_channel();
        let log = PurgeLog(Arc::new(Inner {
            log: log.cast_unsigned(),
            near,
            store: store.clone(),
            bus: bus.clone(),
            tasks: tasks.clone(),
            rng: rng.clone(),
            out,
            look: watch::Sender::new(0),
        }));
        tasks.spawn(write(log.clone(), published, clock.clone(), tasks.stop()));
        tasks.spawn(prune(log.clone(), clock, tasks.stop()));
        Ok(log)
    }

    /// Has the log read soon: a command beside this process may have written to it.
    pub fn look(&self) {
        self.0.look.send_modify(|reasons| *reasons += 1);
    }

    fn send(&self, body: &str) {
        if let Err(error) = self.0.bus.send(TOPIC, body) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the others were not told to read the log of purges"
            );
        }
    }
}

impl Backplane for PurgeLog {
    fn log(&self) -> u64 {
        self.0.log
    }

    fn publish(&self, purge: Purge) {
        // A hint, ahead of the log. An empty one would mean that the log has grown.
        if let Ok(body) = serde_json::to_string(&purge)
            && TOPIC.len() + body.len() <= MESSAGE_BYTES_MAX
        {
            self.send(&body);
        }
        // It fails only when the process ends: then what it changed stands in the log already.
        let _ = self.0.out.send(purge);
    }

    fn subscribe(&self) -> mpsc::UnboundedReceiver<Heard> {
        let (tell, heard) = mpsc::unbounded_channel();
        self.0.tasks.spawn(read(self.clone(), tell, self.0.tasks.stop()));
        heard
    }
}

/// Puts what is published into the log, in its order; a database that does not answer is asked again.
async fn write(log: PurgeLog, mut published: mpsc::UnboundedReceiver<Purge>, clock: Clock, mut stop: Stop) {
    let mut batch = Vec::new();
    loop {
        let ended = tokio::select! {
            n = published.recv_many(&mut batch, WRITE_MAX) => n == 0,
            () = stop.wait() => {
                // The last words, if there are any; they are tried once.
                while let Ok(purge) = published.try_recv() {
                    batch.push(purge);
                }
                true
            }
        };
        let mut attempt = 0;
        while !batch.is_empty() {
            let (purges, now) = (batch.clone(), clock.now());
            let written = log.0.near.write(move |tx| {
                Box::pin(async move {
                    for purge in &purges {
                        append(tx, purge, now).await?;
                    }
                    Ok::<_, Error>(())
                })
            });
            match written.await {
                Ok(()) => batch.clear(),
                Err(error) if ended => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the last purges were not logged");
                    return;
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "purges wait to be logged");
                    attempt += 1;
                    if !stop.sleep(RETRY.delay(attempt, &log.0.rng)).await {
                        return;
                    }
                    continue;
                }
            }
            log.send("");
            log.look();
        }
        if ended {
            return;
        }
    }
}

async fn prune(log: PurgeLog, clock: Clock, mut stop: Stop) {
    while stop.sleep(PRUNE_EVERY).await {
        let before = clock.now() - KEPT;
        let pruned =
            log.0.near.write(move |tx| Box::pin(async move { tx.exec(&PRUNE, params![before, KEPT_ROWS]).await }));
        if let Err(error) = pruned.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "old purges were not deleted");
        }
    }
}

/// How far the log has been read.
#[derive(Debug, Default)]
struct Place {
    cursor: u64,
    /// The number that is missing behind the cursor, and the transaction id from which on nobody can hold it.
    hole: Option<(u64, i64)>,
}

/// A row with the snapshot in which it was seen.
struct Seen {
    position: u64,
    xmin: i64,
    xmax: i64,
}

impl Place {
    /// Whether what was seen is the next one: nothing before it can still come.
    fn may_step(&mut self, engine: Engine, seen: &Seen) -> bool {
        let missing = self.cursor + 1;
        if engine == Engine::Postgres && seen.position != missing {
            match self.hole {
                Some((at, end)) if at == missing && seen.xmin >= end => {}
                Some((at, _)) if at == missing => return false,
                _ => {
                    self.hole = Some((missing, seen.xmax));
                    return false;
                }
            }
        }
        (self.cursor, self.hole) = (seen.position, None);
        true
    }
}

/// Tells a cache what the log has, then what comes.
async fn read(log: PurgeLog, tell: mpsc::UnboundedSender<Heard>, mut stop: Stop) {
    let mut heard = log.0.bus.listen();
    let mut look = log.0.look.subscribe();
    let mut place = Place::default();
    // The start is a gap: nothing has been read.
    let mut behind = true;
    let (mut held_since, mut failures): (Option<Instant>, u32) = (None, 0);
    loop {
        let outcome = catch_up(&log, &mut place, behind, &tell).await;
        let pause = match outcome {
            Ok(true) => {
                (held_since, failures) = (None, 0);
                // Also after each reading, since it says how far the log goes.
                if behind && tell.send(Heard::Current { position: place.cursor }).is_err() {
                    return;
                }
                behind = false;
                LOOK_EVERY
            }
            Ok(false) => {
                let since = *held_since.get_or_insert_with(Instant::now);
                failures += 1;
                if since.elapsed() > HELD_MAX && !behind {
                    behind = true;
                    let _ = tell.send(Heard::Gap);
                }
                HOLE.delay(failures, &log.0.rng)
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "the log of purges was not read");
                failures += 1;
                if !behind {
                    behind = true;
                    let _ = tell.send(Heard::Gap);
                }
                RETRY.delay(failures, &log.0.rng)
            }
        };
        if tell.is_closed() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = look.changed() => if changed.is_err() { return },
            message = heard.recv() => match message {
                Ok(Message::Text { topic, body, .. }) if topic == TOPIC => {
                    if let Ok(purge) = serde_json::from_str(&body) {
                        let _ = tell.send(Heard::Ahead(purge));
                    }
                }
                Ok(Message::Text { .. }) => {}
                // Something may have been said unheard; the log has it.
                Ok(Message::Joined) | Err(RecvError::Lagged(_)) => {
                    behind = true;
                    let _ = tell.send(Heard::Gap);
                }
                // The bus has ended, so does the process.
                Err(RecvError::Closed) => if !stop.sleep(LOOK_EVERY).await { return },
            },
            () = stop.wait() => return,
        }
    }
}

/// Reads to the end of the log; `false` when somebody's transaction must be waited for. `behind`: rows may have been
/// deleted since the last reading.
async fn catch_up(
    log: &PurgeLog,
    place: &mut Place,
    behind: bool,
    tell: &mpsc::UnboundedSender<Heard>,
) -> Result<bool, Error> {
    let engine = log.0.near.engine();
    if behind {
        let first: Option<i64> = log.0.near.read_fresh().one(&FIRST, params![]).await?.get(0)?;
        let base = first.map_or(0, |first| first.unsigned_abs().saturating_sub(1));
        if base > place.cursor {
            *place = Place { cursor: base, hole: None };
            let _ = tell.send(Heard::Forgotten { position: base });
        }
    }
    loop {
        let rows = log.0.near.read_fresh().all(&AFTER, params![place.cursor.cast_signed(), PAGE]).await?;
        if let Some(row) = rows.last()
            && let Ok(token) = format!("{:x}", row.get::<i64>(4)?).parse()
            && engine == Engine::Postgres
        {
            log.0.store.observe(&token);
        }
        for row in &rows {
            let seen = Seen { position: row.get::<i64>(0)?.unsigned_abs(), xmin: row.get(2)?, xmax: row.get(3)? };
            if !place.may_step(engine, &seen) {
                return Ok(false);
            }
            let _ = tell.send(Heard::Purge { position: seen.position, purge: purge(row)? });
        }
        if rows.len() < PAGE as usize {
            return Ok(true);
        }
    }
}

/// What a newer release has written may mean anything, hence all.
fn purge(row: &Row) -> Result<Purge, Error> {
    let body: String = row.get(1)?;
    Ok(serde_json::from_str(&body).unwrap_or(Purge { origin: 0, ticket: 0, soft: false, what: What::All }))
}

#[cfg(test)]
mod tests;
