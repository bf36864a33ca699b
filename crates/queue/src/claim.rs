//! Taking a batch of due jobs under one lease.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use stdx::{Id, Timestamp};
use store::{Engine, Tx, params};

use crate::due::{self, BOTTOM, Floor, Pair, Start};
use crate::share::{self, Candidate, Wish};
use crate::stat::{Deltas, What};
use crate::waiting::{Waiting, pack};
use crate::{Queue, State, group, sql};

/// Jobs of one lease at most.
pub(crate) const LEASE_MAX: usize = 1_000;
/// A job is ended at its deadline by its own process; only when that fails for so long is it taken back.
const DEADLINE_SLACK: Duration = Duration::from_secs(60);
/// Pairs of a first look: as few as give every class a turn, since each costs a descent of the index.
const PAIRS: usize = 4;
/// Pairs of further looks, when the first ones had nothing.
const PAIRS_MAX: usize = 64;
/// Further looks at most: pairs that were doubted may be empty, and due jobs may all have to park.
const LOOKS: usize = 64;

/// Jobs claimed together.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub id: Id,
    pub jobs: Vec<Waiting>,
}

/// What a claim may take.
pub(crate) struct Offer<'a> {
    /// Free places, in workers.
    pub workers: f64,
    /// The same by class, the most urgent first.
    pub by_class: [f64; 4],
    /// How many more jobs of a queue may be in hand here.
    pub room: &'a (dyn Fn(i64) -> usize + Sync),
}

/// What one transaction did.
#[derive(Clone, Debug, Default)]
struct Taken {
    jobs: Vec<Waiting>,
    lease: Option<Id>,
    /// For each wish: how many came, and the last one's place.
    seen: Vec<(Pair, usize, Option<Floor>)>,
}

impl Queue {
    /// Takes due jobs for the free places of `offer`, most urgent first; `None` when nothing is due. With
    /// the pairs whose end it reached: [`Queue::look_at`] them when the jobs have been started.
    pub(crate) async fn claim(&self, offer: Offer<'_>) -> Result<Option<(Lease, Vec<Start>)>, store::Error> {
        if self.0.evicted.load(Ordering::SeqCst) || offer.workers <= 0.0 {
            return Ok(None);
        }
        let now = self.0.clock.now();
        for most in std::iter::once(PAIRS).chain(std::iter::repeat_n(PAIRS_MAX, LOOKS)) {
            let starts = self.due().starts(most, now, |queue| (offer.room)(queue) > 0);
            let candidates = self.candidates(&starts, &offer, now);
            let turn = self.0.turn.load(Ordering::Relaxed);
            let mut wishes = share::divide(offer.workers, &candidates, turn, LEASE_MAX);
            // A queue's room is for all its priorities together.
            let mut rooms: HashMap<i64, usize> = HashMap::new();
            for wish in &mut wishes {
                let left = rooms.entry(wish.queue).or_insert_with(|| (offer.room)(wish.queue));
                wish.count = wish.count.min(*left);
                *left -= wish.count;
            }
            wishes.retain(|wish| wish.count > 0);
            self.keep_to_rates(&mut wishes, now).await?;
            if wishes.is_empty() {
                return Ok(None);
            }
            let taken = match self.take(&starts, wishes.clone(), now).await {
                Ok(taken) => taken,
                Err(error) => {
                    self.due().failed(&starts, now);
                    return Err(error);
                }
            };
            self.return_to_rates(&wishes, &taken.jobs);
            let ends = self.learn(&starts, &wishes, &taken, now);
            if let Some(id) = taken.lease {
                self.0.turn.fetch_add(1, Ordering::Relaxed);
                self.held().insert(id);
                return Ok(Some((Lease { id, jobs: taken.jobs }, ends)));
            }
            self.look_at(&ends).await?;
        }
        Ok(None)
    }

    fn candidates(&self, starts: &[Start], offer: &Offer<'_>, now: Timestamp) -> Vec<Candidate> {
        let weights: Vec<_> = {
            let queues = self.0.queues.read().unwrap_or_else(PoisonError::into_inner);
            starts.iter().map(|start| queues.get(&start.pair.0).map_or(1, |conf| conf.weight)).collect()
        };
        // Asked with nothing locked: who answers looks at the queues too, and a second look within the first waits for ever
        // behind a writer that waits for the first.
        let rooms: Vec<usize> = starts.iter().map(|start| (offer.room)(start.pair.0)).collect();
        let due = self.due();
        starts
            .iter()
            .zip(weights.into_iter().zip(rooms))
            .map(|(start, (weight, places))| {
                let (queue, priority) = start.pair;
                let cost = due.cost(start.pair);
                let free = offer.by_class[(priority - 1).clamp(0, 3) as usize];
                // A job that takes a whole worker may start when most of one is free.
                let room = if free < cost.min(0.5) { 0 } else { ((free / cost) as usize).max(1) };
                Candidate {
                    queue,
                    priority,
                    weight,
                    room: places.min(room),
                    cost,
                    is_late: start.at > Timestamp::EPOCH && now.since(start.at) > due::slack(priority),
                }
            })
            .collect()
    }

    async fn take(&self, starts: &[Start], wishes: Vec<Wish>, now: Timestamp) -> Result<Taken, store::Error> {
        let floors: HashMap<Pair, Floor> = starts.iter().map(|start| (start.pair, start.floor)).collect();
        let queue = self.clone();
        self.0
            .store
            .write_relaxed(move |tx| Box::pin(async move { queue.take_in(tx, &wishes, &floors, now).await }))
            .await
    }

    async fn take_in(
        &self,
        tx: &mut Tx,
        wishes: &[Wish],
        floors: &HashMap<Pair, Floor>,
        now: Timestamp,
    ) -> Result<Taken, store::Error> {
        let mut taken = Taken::default();
        let mut jobs = match tx.engine() {
            Engine::Sqlite => take_sqlite(tx, wishes, now).await?,
            Engine::Postgres => take_postgres(tx, wishes, floors, now).await?,
        };
        jobs.sort_unstable_by_key(|job| (job.priority, job.run_at, job.id));
        for wish in wishes {
            let here = jobs.iter().filter(|job| job.queue == wish.queue && job.priority == wish.priority);
            let last = here.clone().next_back().map(|job| due::above(job.run_at, job.id.0));
            taken.seen.push(((wish.queue, wish.priority), here.count(), last));
        }
        let mut deltas = Deltas::default();
        let jobs = group::admit(tx, jobs).await?;
        for job in &jobs {
            deltas.job(job, What::State(job.counted()), -1);
            deltas.job(job, What::State(State::Running), 1);
            if let Some(hash) = job.uniq.as_deref().filter(|hash| hash.starts_with(crate::enqueue::UNTIL_STARTED)) {
                tx.exec(&sql::UNIQUE_RELEASE, params![hash, job.id.to_i64()]).await?;
            }
        }
        if let (Some(id_min), Some(id_max)) = (jobs.iter().map(|j| j.id).min(), jobs.iter().map(|j| j.id).max()) {
            let lease = self.0.ids.next(now);
            let deadline = now + self.longest(&jobs) + DEADLINE_SLACK;
            let node = i64::from(self.0.ids.node());
            let mut values = params![lease, node, now, deadline, id_min.to_i64(), id_max.to_i64(), pack(&jobs)];
            if tx.engine() == Engine::Postgres {
                let changes = serde_json::Value::from(std::mem::take(&mut deltas).list(None));
                values.extend(params![changes.to_string()]);
                tx.exec(&sql::LEASE_ADD_COUNTED, values).await?;
            } else {
                tx.exec(&sql::LEASE_ADD, values).await?;
            }
            taken.lease = Some(lease);
        }
        deltas.write(tx).await?;
        taken.jobs = jobs;
        Ok(taken)
    }

    /// Believes what a claim saw of the heads. Returns the pairs that had less than was wished for.
    fn learn(&self, starts: &[Start], wishes: &[Wish], taken: &Taken, now: Timestamp) -> Vec<Start> {
        let mut due = self.due();
        let mut ends = Vec::new();
        for (pair, count, last) in &taken.seen {
            let Some(start) = starts.iter().find(|start| start.pair == *pair) else { continue };
            let wished = wishes.iter().find(|wish| (wish.queue, wish.priority) == *pair).map_or(0, |wish| wish.count);
            due.seen(start, *last, now);
            if *count < wished {
                ends.push(Start { floor: last.map_or(start.floor, |last| last.max(start.floor)), ..*start });
            }
        }
        ends
    }

    /// Looks when the first job behind the end of a claim is due.
    pub(crate) async fn look_at(&self, ends: &[Start]) -> Result<(), store::Error> {
        for start in ends {
            if self.due().has_news(start) {
                continue;
            }
            let (pair, floor) = (start.pair, start.floor);
            let row = self.0.store.read_fresh().opt(&sql::HEAD, params![pair.0, pair.1, floor.0, floor.1]).await?;
            let now = self.0.clock.now();
            let next = row.map(|row| row.get::<Timestamp>(0)).transpose()?;
            self.due().looked(start, next, now);
        }
        Ok(())
    }

    /// The longest that one of `jobs` may run.
    fn longest(&self, jobs: &[Waiting]) -> Duration {
        jobs.iter().map(|job| self.deadline(job.kind)).max().unwrap_or_default()
    }
}

async fn take_sqlite(tx: &mut Tx, wishes: &[Wish], now: Timestamp) -> Result<Vec<Waiting>, store::Error> {
    let mut jobs = Vec::new();
    for wish in wishes {
        let rows = tx.all(&sql::CLAIM, params![wish.queue, wish.priority, now, wish.count as i64]).await?;
        let from = jobs.len();
        for row in &rows {
            jobs.push(Waiting::read(row)?);
        }
        if let Some(last) = jobs[from..].last() {
            let values = params![wish.queue, wish.priority, last.run_at, last.id.to_i64()];
            tx.exec(&sql::CLAIM_DROP, values).await?;
        }
    }
    Ok(jobs)
}

async fn take_postgres(
    tx: &mut Tx,
    wishes: &[Wish],
    floors: &HashMap<Pair, Floor>,
    now: Timestamp,
) -> Result<Vec<Waiting>, store::Error> {
    let wanted: Vec<_> = wishes
        .iter()
        .map(|wish| {
            let (at, id) = floors.get(&(wish.queue, wish.priority)).copied().unwrap_or(BOTTOM);
            json!({ "q": wish.queue, "p": wish.priority, "k": wish.count, "t": at.micros(), "i": id })
        })
        .collect();
    let rows = tx.all(&sql::CLAIM, params![serde_json::Value::from(wanted).to_string(), now]).await?;
    rows.iter().map(Waiting::read).collect()
}
