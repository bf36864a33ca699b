//! Taking a batch of due jobs under one lease.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stdx::{Id, Timestamp};
use store::{Row, Tx, Value, params};

use crate::{JobId, Priority, Queue, sql};

/// Which class is served first when places come one by one: 8, 4, 2 and 1 of 15 turns.
const TURNS: [i64; 15] = [1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1];
/// A job is ended at its deadline by its own process; only when that fails for so long is it taken back.
const DEADLINE_SLACK: Duration = Duration::from_secs(60);

/// A row of `job`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub queue: i64,
    pub priority: i64,
    #[serde(with = "micros")]
    pub run_at: Timestamp,
    pub id: JobId,
    pub kind: i64,
    /// Runs that have ended in a failure.
    pub attempt: i64,
    pub attempts_max: i64,
    /// How often it was taken back from a process that went silent.
    pub rescued: i64,
    #[serde(with = "micros")]
    pub created_at: Timestamp,
    pub body: String,
    pub group_key: Option<String>,
    pub uniq: Option<String>,
    pub parent: Option<i64>,
    pub error: Option<String>,
}

mod micros {
    use serde::{Deserialize, Deserializer, Serializer};
    use stdx::Timestamp;

    pub fn serialize<S: Serializer>(t: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(t.micros())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(d).map(Timestamp::from_micros)
    }
}

impl Waiting {
    pub fn read(row: &Row) -> Result<Waiting, store::Error> {
        Ok(Waiting {
            queue: row.get(0)?,
            priority: row.get(1)?,
            run_at: row.get(2)?,
            id: JobId(row.get(3)?),
            kind: row.get(4)?,
            attempt: row.get(5)?,
            attempts_max: row.get(6)?,
            rescued: row.get(7)?,
            created_at: row.get(8)?,
            body: row.get(9)?,
            group_key: row.get(10)?,
            uniq: row.get(11)?,
            parent: row.get(12)?,
            error: row.get(13)?,
        })
    }

    /// A dead letter as a job with all its attempts before it.
    pub fn read_dead(row: &Row, now: Timestamp) -> Result<Waiting, store::Error> {
        Ok(Waiting {
            id: JobId(row.get(0)?),
            queue: row.get(1)?,
            priority: row.get(2)?,
            kind: row.get(3)?,
            attempt: 0,
            attempts_max: row.get(5)?,
            rescued: 0,
            created_at: row.get(6)?,
            run_at: now,
            body: row.get(8)?,
            error: row.get(9)?,
            uniq: row.get(10)?,
            group_key: row.get(11)?,
            parent: row.get(12)?,
        })
    }

    /// For `sql::INSERT`.
    pub fn values(&self) -> Vec<Value> {
        params![
            self.queue,
            self.priority,
            self.run_at,
            self.id.to_i64(),
            self.kind,
            self.attempt,
            self.attempts_max,
            self.rescued,
            self.created_at,
            self.body,
            self.group_key,
            self.uniq,
            self.parent,
            self.error
        ]
    }

    /// For `sql::DONE_ADD`.
    pub fn done_values(&self, outcome: &str, started_at: Timestamp, now: Timestamp) -> Vec<Value> {
        params![
            now,
            self.id.to_i64(),
            self.queue,
            self.priority,
            self.kind,
            outcome,
            self.attempt + 1,
            self.created_at,
            started_at
        ]
    }

    /// For `sql::DEAD_ADD`.
    pub fn dead_values(&self, reason: &str, now: Timestamp) -> Vec<Value> {
        params![
            self.id.to_i64(),
            self.queue,
            self.priority,
            self.kind,
            self.attempt,
            self.attempts_max,
            self.created_at,
            now,
            self.body,
            self.group_key,
            self.uniq,
            self.parent,
            reason
        ]
    }

    /// Frees the job's unique key.
    pub async fn release(&self, tx: &mut Tx) -> Result<(), store::Error> {
        if let Some(hash) = &self.uniq {
            tx.exec(&sql::UNIQUE_RELEASE, params![hash, self.id.to_i64()]).await?;
        }
        Ok(())
    }
}

/// Jobs claimed together.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub id: Id,
    pub claimed_at: Timestamp,
    pub jobs: Vec<Waiting>,
}

impl Queue {
    /// Takes up to `free` due jobs. `room` says how many more of a queue may run here.
    ///
    /// Classes that wait share the free places 8:4:2:1; what one does not use flows to the others,
    /// the most urgent first.
    pub(crate) async fn claim(&self, free: usize, room: impl Fn(i64) -> usize) -> Result<Option<Lease>, store::Error> {
        let now = self.0.clock.now();
        if self.0.evicted.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let mut hints: HashMap<(i64, i64), u64> = HashMap::new();
        let mut pairs: Vec<(i64, i64)> = {
            let due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
            hints.extend(due.iter().map(|(pair, head)| (*pair, head.hints)));
            due.iter().filter(|(_, head)| head.at <= now).map(|(pair, _)| *pair).collect()
        };
        pairs.retain(|(queue, _)| room(*queue) > 0);
        pairs.sort_unstable_by_key(|(queue, priority)| (*priority, *queue));
        pairs.truncate(64);
        if pairs.is_empty() || free == 0 {
            return Ok(None);
        }
        let pairs: Vec<(i64, i64, usize)> =
            pairs.into_iter().map(|(queue, priority)| (queue, priority, room(queue))).collect();
        let queue = self.clone();
        self.0.store.write(move |tx| Box::pin(async move { queue.claim_in(tx, &pairs, free, now, hints).await })).await
    }

    async fn claim_in(
        &self,
        tx: &mut Tx,
        pairs: &[(i64, i64, usize)],
        free: usize,
        now: Timestamp,
        hints: HashMap<(i64, i64), u64>,
    ) -> Result<Option<Lease>, store::Error> {
        let mut jobs: Vec<Waiting> = Vec::new();
        let mut heads = Vec::new();
        let mut classes: Vec<i64> = pairs.iter().map(|(_, priority, _)| *priority).collect();
        classes.dedup();
        let total: usize = classes.iter().map(|p| Priority::from_code(*p).weight()).sum();
        // At full load one place is free at a time: then the classes take turns, as often as they weigh.
        let lead = TURNS[self.0.turn.load(Ordering::Relaxed) % TURNS.len()];
        classes.sort_by_key(|class| *class != lead);
        // Twice: first every class its share, then what was left over, the most urgent class first.
        for pass in 0..2 {
            for class in &classes {
                let share = (free * Priority::from_code(*class).weight() / total).max(1);
                let mut budget = (free - jobs.len()).min(if pass == 0 { share } else { free });
                for (queue, priority, room) in pairs.iter().filter(|(_, priority, _)| priority == class) {
                    let here = jobs.iter().filter(|job| job.queue == *queue).count();
                    let limit = budget.min(room.saturating_sub(here));
                    let drained = heads.iter().any(|(pair, _)| *pair == (*queue, *priority));
                    if limit == 0 || drained {
                        continue;
                    }
                    let rows = tx.all(&sql::CLAIM, params![queue, priority, now, limit as i64]).await?;
                    budget -= rows.len();
                    for row in &rows {
                        jobs.push(Waiting::read(row)?);
                    }
                    if rows.len() < limit {
                        let next = tx.opt(&sql::NEXT_DUE, params![queue, priority]).await?;
                        let next = next.map(|row| row.get::<Timestamp>(0)).transpose()?;
                        heads.push(((*queue, *priority), next));
                    }
                }
            }
        }
        jobs.sort_unstable_by_key(|job| (job.priority, job.run_at, job.id));
        let queue = self.clone();
        let lease = (!jobs.is_empty()).then(|| Lease { id: self.0.ids.next(now), claimed_at: now, jobs });
        if let Some(lease) = &lease {
            self.0.turn.fetch_add(1, Ordering::Relaxed);
            let deadline = now + self.longest(&lease.jobs) + DEADLINE_SLACK;
            let packed = serde_json::to_string(&lease.jobs).expect("a job row is plain data");
            tx.exec(&sql::LEASE_ADD, params![lease.id, i64::from(self.0.ids.node()), now, deadline, packed]).await?;
        }
        tx.after_commit(move || queue.heads_seen(&heads, &hints));
        Ok(lease)
    }

    /// The longest that one of `jobs` may run.
    fn longest(&self, jobs: &[Waiting]) -> Duration {
        let deadlines = self.0.deadlines.read().unwrap_or_else(PoisonError::into_inner);
        let usual = Duration::from_secs(self.0.settings.deadline_s);
        jobs.iter().map(|job| deadlines.get(&job.kind).copied().unwrap_or(usual)).max().unwrap_or(usual)
    }

    /// Believes what a claim saw of the heads, unless somebody enqueued meanwhile.
    fn heads_seen(&self, heads: &[((i64, i64), Option<Timestamp>)], hints: &HashMap<(i64, i64), u64>) {
        let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        for (pair, next) in heads {
            let next = next.unwrap_or(Timestamp::from_micros(i64::MAX));
            let head = due.entry(*pair).or_default();
            let unchanged = hints.get(pair) == Some(&head.hints);
            head.at = if unchanged { next } else { head.at.min(next) };
        }
    }
}
