//! What the queue shows: single jobs, lists, counts, signals.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value as Json;
use stdx::Timestamp;
use store::{Row, params};

use crate::claim::Waiting;
use crate::names::code_of;
use crate::{Error, JobId, Priority, Queue, State, sql};

/// Something that happened to a job in this process.
#[derive(Clone, Debug, Serialize)]
pub struct Signal {
    #[serde(rename = "type")]
    pub kind: SignalKind,
    pub id: JobId,
    /// The job's kind; empty for progress.
    pub job: String,
    pub queue: String,
    pub at: Timestamp,
    /// The result, the error or the progress ("3/10").
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalKind {
    Enqueued,
    Started,
    Progress,
    Completed,
    Failed,
    /// Put off by itself, without a failure.
    Snoozed,
    Dead,
    Cancelled,
}

/// A job wherever it stands.
#[derive(Clone, Debug, Serialize)]
pub struct JobView {
    pub id: JobId,
    pub kind: String,
    pub queue: String,
    pub priority: Priority,
    pub state: State,
    /// Runs so far, the present one included.
    pub attempts: u32,
    pub attempts_max: u32,
    pub created_at: Timestamp,
    pub run_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The parameters; not kept for finished jobs.
    pub parameters: Option<Json>,
    pub result: Option<Json>,
    pub error: Option<String>,
}

/// A dead letter.
pub type Dead = JobView;

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// `None`: everything that waits or runs.
    pub state: Option<State>,
    pub kind: Option<String>,
    /// Where the last page ended: (time, id) for finished and dead jobs, id for waiting ones.
    pub after: Option<(Timestamp, JobId)>,
    /// At most 200.
    pub limit: usize,
}

/// How many jobs stand where.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<State, u64>);

impl Counts {
    pub fn get(&self, state: State) -> u64 {
        self.0.get(&state).copied().unwrap_or_default()
    }
}

/// One queue at one priority.
#[derive(Clone, Debug, Serialize)]
pub struct QueueStats {
    pub queue: String,
    pub priority: Priority,
    pub kind: String,
    pub counts: Counts,
    /// Age of the oldest due job, in seconds.
    pub oldest_s: Option<f64>,
    /// Moving average of a run, in seconds.
    pub average_s: Option<f64>,
}

impl Queue {
    /// The job, wherever it stands; `None` when nobody has heard of it or its history is gone.
    pub async fn get(&self, id: JobId) -> Result<Option<JobView>, Error> {
        let mut conn = self.0.store.read_fresh();
        // A job moves between tables while we look; a second round finds one that jumped past us.
        for _ in 0..2 {
            if let Some(row) = conn.opt(&sql::WAITING_GET, params![id.to_i64()]).await? {
                return Ok(Some(self.waiting(Waiting::read(&row)?)));
            }
            if let Some(job) = self.leased().await?.into_iter().find(|job| job.id == id) {
                return Ok(Some(job));
            }
            if let Some(row) = conn.opt(&sql::DONE_GET, params![id.to_i64()]).await? {
                return Ok(Some(self.done(&row)?));
            }
            if let Some(row) = conn.opt(&sql::DEAD_GET, params![id.to_i64()]).await? {
                return Ok(Some(self.dead(&row)?));
            }
        }
        Ok(None)
    }

    /// Newest first.
    pub async fn list(&self, filter: &JobFilter) -> Result<Vec<JobView>, Error> {
        let limit = filter.limit.clamp(1, 200);
        let mut jobs = match filter.state {
            Some(State::Completed | State::Cancelled) => self.list_done(filter, limit).await?,
            Some(State::Discarded) => self.list_dead(filter, limit).await?,
            Some(State::Running) => self.leased().await?,
            Some(_) => self.list_waiting(filter, limit).await?,
            None => {
                let mut jobs = self.leased().await?;
                jobs.extend(self.list_waiting(filter, limit).await?);
                jobs
            }
        };
        jobs.retain(|job| {
            filter.state.is_none_or(|state| state == job.state)
                && filter.kind.as_ref().is_none_or(|kind| *kind == job.kind)
        });
        jobs.truncate(limit);
        Ok(jobs)
    }

    async fn list_waiting(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let before = filter.after.map_or(i64::MAX, |(_, id)| id.to_i64());
        let rows = self.0.store.read().all(&sql::WAITING_LIST, params![before, scan(filter, limit)]).await?;
        rows.iter().map(|row| Ok(self.waiting(Waiting::read(row)?))).collect()
    }

    async fn list_done(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let (at, id) = filter.after.map_or((i64::MAX, i64::MAX), |(at, id)| (at.micros(), id.to_i64()));
        let rows = self.0.store.read().all(&sql::DONE_LIST, params![at, id, scan(filter, limit)]).await?;
        rows.iter().map(|row| self.done(row)).collect()
    }

    async fn list_dead(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let (at, id) = filter.after.map_or((i64::MAX, i64::MAX), |(at, id)| (at.micros(), id.to_i64()));
        let rows = self.0.store.read().all(&sql::DEAD_LIST, params![at, id, scan(filter, limit)]).await?;
        rows.iter().map(|row| self.dead(row)).collect()
    }

    async fn leased(&self) -> Result<Vec<JobView>, Error> {
        let rows = self.0.store.read_fresh().all(&sql::LEASES, params![]).await?;
        let mut jobs = Vec::new();
        for row in &rows {
            let claimed_at: Timestamp = row.get(1)?;
            let packed: Vec<Waiting> = serde_json::from_str(&row.get::<String>(2)?).unwrap_or_default();
            let acked = self.0.store.read_fresh().all(&sql::ACKS, params![row.get::<i64>(0)?]).await?;
            let acked: Vec<i64> = acked.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
            jobs.extend(packed.into_iter().filter(|job| !acked.contains(&job.id.to_i64())).map(|job| {
                let attempts = job.attempt as u32 + 1;
                JobView { state: State::Running, attempts, started_at: Some(claimed_at), ..self.waiting(job) }
            }));
        }
        Ok(jobs)
    }

    fn waiting(&self, job: Waiting) -> JobView {
        JobView {
            id: job.id,
            kind: self.0.kinds.name(job.kind),
            queue: self.0.queue_names.name(job.queue),
            priority: Priority::from_code(job.priority),
            state: State::of_waiting(job.attempt, job.run_at, self.0.clock.now()),
            attempts: job.attempt as u32,
            attempts_max: job.attempts_max as u32,
            created_at: job.created_at,
            run_at: Some(job.run_at),
            started_at: None,
            finished_at: None,
            parameters: serde_json::from_str(&job.body).ok(),
            result: None,
            error: job.error,
        }
    }

    fn done(&self, row: &Row) -> Result<JobView, Error> {
        let result: Option<String> = row.get(9)?;
        Ok(JobView {
            finished_at: Some(row.get(0)?),
            id: JobId(row.get(1)?),
            queue: self.0.queue_names.name(row.get(2)?),
            priority: Priority::from_code(row.get(3)?),
            kind: self.0.kinds.name(row.get(4)?),
            state: if row.get::<String>(5)? == "completed" { State::Completed } else { State::Cancelled },
            attempts: row.get(6)?,
            attempts_max: row.get(6)?,
            created_at: row.get(7)?,
            started_at: Some(row.get(8)?),
            run_at: None,
            parameters: None,
            result: result.and_then(|text| serde_json::from_str(&text).ok()),
            error: None,
        })
    }

    fn dead(&self, row: &Row) -> Result<JobView, Error> {
        let body: String = row.get(8)?;
        Ok(JobView {
            id: JobId(row.get(0)?),
            queue: self.0.queue_names.name(row.get(1)?),
            priority: Priority::from_code(row.get(2)?),
            kind: self.0.kinds.name(row.get(3)?),
            state: State::Discarded,
            attempts: row.get(4)?,
            attempts_max: row.get(5)?,
            created_at: row.get(6)?,
            run_at: None,
            started_at: None,
            finished_at: Some(row.get(7)?),
            parameters: serde_json::from_str(&body).ok(),
            result: None,
            error: Some(row.get(9)?),
        })
    }

    /// How many jobs stand in each state, over all queues.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let mut all = Counts::default();
        for stats in self.stats().await? {
            for (state, n) in stats.counts.0 {
                *all.0.entry(state).or_default() += n;
            }
        }
        Ok(all)
    }

    /// Counts by queue, priority and kind.
    pub async fn stats(&self) -> Result<Vec<QueueStats>, Error> {
        let now = self.0.clock.now();
        let mut cells: BTreeMap<(i64, i64, i64), (Counts, Option<Timestamp>)> = BTreeMap::new();
        let mut conn = self.0.store.read_fresh();
        for row in conn.all(&sql::COUNT_WAITING, params![now]).await? {
            let cell = cells.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
            let state = match row.get::<i64>(3)? {
                0 => State::Available,
                1 => State::Scheduled,
                _ => State::Retryable,
            };
            *cell.0.0.entry(state).or_default() += row.get::<i64>(4)? as u64;
            let head: Timestamp = row.get(5)?;
            if head <= now {
                cell.1 = Some(cell.1.map_or(head, |known: Timestamp| known.min(head)));
            }
        }
        for row in conn.all(&sql::COUNT_DONE, params![]).await? {
            let cell = cells.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
            let state = if row.get::<String>(3)? == "completed" { State::Completed } else { State::Cancelled };
            *cell.0.0.entry(state).or_default() += row.get::<i64>(4)? as u64;
        }
        for row in conn.all(&sql::COUNT_DEAD, params![]).await? {
            let cell = cells.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
            *cell.0.0.entry(State::Discarded).or_default() += row.get::<i64>(3)? as u64;
        }
        let mut stats: Vec<QueueStats> = Vec::new();
        let averages = self.0.averages.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for ((queue, priority, kind), (counts, head)) in cells {
            stats.push(QueueStats {
                queue: self.0.queue_names.name(queue),
                priority: Priority::from_code(priority),
                kind: self.0.kinds.name(kind),
                counts,
                oldest_s: head.map(|at| now.since(at).as_secs_f64()),
                average_s: averages.get(&kind).copied(),
            });
        }
        for job in self.leased().await? {
            let place =
                stats.iter_mut().find(|s| s.queue == job.queue && s.priority == job.priority && s.kind == job.kind);
            let cell = match place {
                Some(cell) => cell,
                None => {
                    stats.push(QueueStats {
                        queue: job.queue,
                        priority: job.priority,
                        kind: job.kind,
                        counts: Counts::default(),
                        oldest_s: None,
                        average_s: None,
                    });
                    stats.last_mut().expect("just pushed")
                }
            };
            *cell.counts.0.entry(State::Running).or_default() += 1;
        }
        Ok(stats)
    }

    /// When a job of `kind` that is enqueued now is likely to be finished: what waits before it and
    /// its own run, at the kind's average, over all workers; 120 s before anything is known.
    pub async fn estimate(&self, kind: &str) -> Result<Timestamp, Error> {
        let now = self.0.clock.now();
        let average = self.0.averages.lock().unwrap_or_else(PoisonError::into_inner).get(&code_of(kind)).copied();
        let Some(average) = average else { return Ok(now + Duration::from_secs(120)) };
        let waiting = self.counts().await?.get(State::Available) as f64;
        let rounds = 1.0 + waiting / f64::from(self.0.settings.workers_max);
        Ok(now + Duration::from_secs_f64(average * rounds))
    }
}

/// How many rows to read for a page: more when a filter drops some, but never a whole table.
fn scan(filter: &JobFilter, limit: usize) -> i64 {
    let narrow = filter.kind.is_some() || filter.state.is_some();
    (if narrow { limit * 20 } else { limit }) as i64
}
