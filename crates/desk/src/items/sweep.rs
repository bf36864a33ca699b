//! The sweep: whatever source is due is visited, many at a time and at an even pace.
//!
//! The database says what is due; there is no job for each source. Whoever takes a source moves its next visit a little
//! ahead, so that no other process takes it too; a process that dies there leaves it due again after [`LEASE`]. What a visit brings
//! is written with the source's row in one transaction, so nothing is lost and nothing doubled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use connect::Url;
use stdx::Timestamp;
use stdx::task::{Stop, Tasks};
use store::params;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::poll::visit;
use crate::sources::{self, Known};
use crate::{Desk, Error};

store::sql! {
    DUE = "sweep.due",
        "SELECT id, next_poll_at FROM source
         WHERE state = 'active' AND kind = 'feed' AND next_poll_at <= $1 AND failures = 0 ORDER BY next_poll_at LIMIT $2";
    DUE_FAILING = "sweep.due_failing",
        "SELECT id, next_poll_at FROM source
         WHERE state = 'active' AND kind = 'feed' AND next_poll_at <= $1 AND failures > 0 ORDER BY next_poll_at LIMIT $2";
    CLAIM = "sweep.claim",
        "UPDATE source SET next_poll_at = $3 WHERE id {in:$1} AND state = 'active' AND kind = 'feed' AND next_poll_at <= $2 RETURNING id";
    PUT_OFF = "sweep.put_off", "UPDATE source SET next_poll_at = $2 WHERE id = $1 AND next_poll_at = $3";
}

/// A visit that has not ended by then was that of a process that is no more. The time of a call comes on top.
const LEASE: Duration = Duration::from_secs(100);
/// Between two looks while there is more to do than may be begun.
const TICK: Duration = Duration::from_millis(50);
/// Between two looks while nothing is due: another process may have made something due.
const IDLE: Duration = Duration::from_secs(1);
/// When the process ends, visits that are just being written may end; the others are made again.
const FAREWELL: Duration = Duration::from_secs(2);

/// So many sources are visited at the same time, by the clock and on demand together.
pub(crate) struct Places {
    all: Arc<Semaphore>,
    /// A quarter of them is for sources that failed last time. These often hold a place until a time-out: however many they
    /// are, the others do not wait for them.
    failing: Arc<Semaphore>,
    due: Notify,
}

impl Places {
    pub fn new(count: u32) -> Places {
        let count = count.max(4) as usize;
        Places {
            all: Arc::new(Semaphore::new(count)),
            failing: Arc::new(Semaphore::new(count / 4)),
            due: Notify::new(),
        }
    }

    /// Tells the sweep that a source has become due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    pub(super) async fn take(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.all).acquire_owned().await.expect("the semaphore is never closed")
    }
}

/// Visits what is due until the process wants to end.
pub async fn sweep(desk: Desk, mut stop: Stop) {
    let (visits, mut rate) = (Tasks::default(), Rate::new(desk.settings.poll_rate_max));
    let mut lanes = HashMap::new();
    while !stop.is_set() {
        let more = match begin(&desk, &visits, &mut rate, &mut lanes).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "looking for sources that are due failed");
                false
            }
        };
        tokio::select! {
            () = stop.wait() => {}
            () = desk.places.due.notified() => {}
            () = tokio::time::sleep(if more { TICK } else { IDLE }) => {}
        }
    }
    visits.shutdown(FAREWELL).await;
}

/// One look of the sweep, for whoever moves the clock by hand: begins in `visits` what is due, as far as there are places; says
/// whether there may be more to do.
///
/// # Errors
/// Only when the database fails.
pub async fn look(desk: &Desk, visits: &Tasks) -> Result<bool, Error> {
    let mut rate = Rate { per_second: 1e9, saved: 1e6, at: Instant::now() };
    begin(desk, visits, &mut rate, &mut Lanes::new()).await
}

/// Begins as many visits as there are places and the pace allows; says whether there may be more to do.
async fn begin(desk: &Desk, visits: &Tasks, rate: &mut Rate, lanes: &mut Lanes) -> Result<bool, Error> {
    let room = desk.places.all.available_permits().min(rate.room(Instant::now()));
    if room == 0 {
        return Ok(true);
    }
    let (now, lease) = (desk.now(), desk.now() + desk.limits.total_timeout + LEASE);
    let due = due(desk, now, room).await?;
    sources::LATENESS.set(due.first().map_or(0, |(_, at)| now.since(*at).as_secs() as i64));
    if due.is_empty() {
        return Ok(false);
    }
    let more = due.len() == room;
    rate.spend(due.len());
    lanes.retain(|_, at| *at > now);
    let mut put_off = Vec::new();
    for known in claim(desk, due.iter().map(|(id, _)| *id).collect(), now, lease).await? {
        if let Some(at) = start(desk, visits, &known, lanes) {
            put_off.push(params![known.source.id.to_i64(), at, lease]);
        }
    }
    if !put_off.is_empty() {
        desk.store.write(move |tx| Box::pin(async move { tx.batch(&PUT_OFF, put_off).await })).await?;
    }
    Ok(more)
}

/// What is due, at most `room`: a quarter for those that failed, the rest for the others, each the longest due first.
async fn due(desk: &Desk, now: Timestamp, room: usize) -> Result<Vec<(i64, Timestamp)>, Error> {
    let mut conn = desk.store.read_fresh();
    let failing = desk.places.failing.available_permits().min(room.div_ceil(4));
    let mut rows = conn.all(&DUE_FAILING, params![now, failing as i64]).await?;
    rows.extend(conn.all(&DUE, params![now, (room - rows.len()) as i64]).await?);
    let mut due = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<Vec<_>, store::Error>>()?;
    due.sort_by_key(|(_, at)| *at);
    Ok(due)
}

/// Those of `ids` that are ours until `lease`, as they were before.
async fn claim(desk: &Desk, ids: Vec<i64>, now: Timestamp, lease: Timestamp) -> Result<Vec<Known>, Error> {
    let claimed = desk.store.write(move |tx| {
        Box::pin(async move {
            let mut all = sources::these(tx, &ids).await?;
            let rows = tx.all(&CLAIM, params![store::list(&ids), now, lease]).await?;
            let ours = rows.iter().map(|row| row.get::<i64>(0)).collect::<Result<Vec<_>, store::Error>>()?;
            all.retain(|known| ours.contains(&known.source.id.to_i64()));
            Ok::<_, store::Error>(all)
        })
    });
    Ok(claimed.await?)
}

/// The last time that was given at each host to one of those who wait for it, so that each comes at a time of its own and
/// thousands under one host are put off once and not again and again.
type Lanes = HashMap<String, Timestamp>;

/// Begins a visit, or tells when to try again: its host is busy, or the last place was taken meanwhile.
fn start(desk: &Desk, visits: &Tasks, known: &Known, lanes: &mut Lanes) -> Option<Timestamp> {
    let Ok(place) = Arc::clone(&desk.places.all).try_acquire_owned() else { return Some(desk.now()) };
    let failing = if known.source.failures == 0 {
        None
    } else {
        match Arc::clone(&desk.places.failing).try_acquire_owned() {
            Ok(place) => Some(place),
            Err(_) => return Some(desk.now()),
        }
    };
    let url = Url::parse(&known.source.url).ok();
    let turn = match url.as_ref().map(|url| desk.hosts.try_enter(url)).transpose() {
        Ok(turn) => turn,
        Err(wait) => {
            let host = url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            // The dice keep those of other processes apart.
            let free = desk.now() + wait + Duration::from_millis(desk.rng.below(500));
            let at = lanes.get(&host).map_or(free, |last| free.max(*last + desk.hosts.delay()));
            lanes.insert(host, at);
            return Some(at);
        }
    };
    let (desk, known) = (desk.clone(), known.clone());
    visits.spawn(async move {
        let _places = (place, failing);
        sources::VISITS.add(1);
        let id = known.source.id;
        if let Err(error) = visit(&desk, known, turn).await {
            tracing::warn!(source.id = %id, error = &error as &dyn std::error::Error, "a visit could not be stored; it is made again");
        }
        sources::VISITS.add(-1);
    });
    None
}

/// How many visits may begin: so many a second, however many are due after a stop.
struct Rate {
    per_second: f64,
    saved: f64,
    at: Instant,
}

impl Rate {
    fn new(per_second: u32) -> Rate {
        Rate { per_second: f64::from(per_second.max(1)), saved: 1.0, at: Instant::now() }
    }

    fn room(&mut self, now: Instant) -> usize {
        let most = (self.per_second * 2.0 * TICK.as_secs_f64()).max(1.0);
        self.saved = (self.saved + self.per_second * now.duration_since(self.at).as_secs_f64()).min(most);
        self.at = now;
        self.saved as usize
    }

    fn spend(&mut self, count: usize) {
        self.saved -= count as f64;
    }
}

#[cfg(test)]
mod tests;
