//! What the queue shows: single jobs, lists, counts, signals.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stdx::Timestamp;
use store::{Conn, Engine, Row, params};

use crate::durations::DurationView;
use crate::names::{Durability, QueueConf, code_of};
use crate::queue::{OLDEST, STANDING};
use crate::stat::What;
use crate::waiting::{Waiting, unpack};
use crate::{Error, JobId, Priority, Queue, State, sql};

/// Something that happened to a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signal {
    #[serde(rename = "type")]
    pub kind: SignalKind,
    pub id: JobId,
    /// The job's kind.
    pub job: Arc<str>,
    pub queue: Arc<str>,
    pub at: Timestamp,
    /// The result, the error or the progress ("3/10").
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// How far a job that runs in this process is: "3/10".
    pub progress: Option<String>,
    /// The job that waits for this one.
    pub parent: Option<JobId>,
    /// How many jobs it waits for.
    pub waits_for: Option<u32>,
}

/// A dead letter.
pub type Dead = JobView;

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// `None`: everything that waits or runs.
    pub state: Option<State>,
    pub kind: Option<String>,
    pub queue: Option<String>,
    pub priority: Option<Priority>,
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

/// One kind of job in one queue at one priority.
#[derive(Clone, Debug, Serialize)]
pub struct QueueStats {
    pub queue: String,
    pub priority: Priority,
    pub kind: String,
    pub counts: Counts,
    /// Runs that failed so far, those that were tried again included.
    pub failures: u64,
    /// Age of the oldest due job of the queue at this priority, in seconds.
    pub oldest_s: Option<f64>,
    /// Time of a run so far, in seconds.
    pub average_s: Option<f64>,
    /// Of the kind, by its last runs.
    pub durations: Option<DurationView>,
}

/// A queue with its settings.
#[derive(Clone, Debug, Serialize)]
pub struct QueueView {
    pub name: String,
    pub weight: u32,
    /// Jobs at once in one process; 0 is no limit of its own.
    pub concurrency: u32,
    /// Starts in a minute on all processes together; 0 is no limit.
    pub rate: u32,
    pub durability: Durability,
    pub paused: bool,
}

impl Queue {
    /// The job, wherever it stands; `None` when nobody has heard of it or its history is gone.
    pub async fn get(&self, id: JobId) -> Result<Option<JobView>, Error> {
        let queue = self.clone();
        // One state of the database: a job moves between tables while we look.
        self.0.store.snapshot(move |conn| Box::pin(async move { queue.get_in(conn, id).await })).await
    }

    async fn get_in(&self, conn: &mut Conn, id: JobId) -> Result<Option<JobView>, Error> {
        if let Some(row) = conn.opt(&sql::WAITING_GET, params![id.to_i64()]).await? {
            return Ok(Some(self.waiting(Waiting::read(&row)?)));
        }
        let rows = conn.all(&sql::LEASES_WITH, params![id.to_i64()]).await?;
        if let Some(job) = self.leased(conn, &rows).await?.into_iter().find(|job| job.id == id) {
            return Ok(Some(job));
        }
        if let Some(row) = conn.opt(&sql::DONE_GET, params![id.to_i64()]).await? {
            return Ok(Some(self.done(&row)?));
        }
        if let Some(row) = conn.opt(&sql::DEAD_GET, params![id.to_i64()]).await? {
            return Ok(Some(self.dead(&row)?));
        }
        if let Some(row) = conn.opt(&sql::PARKED_GET, params![id.to_i64()]).await? {
            return Ok(self.packed(&row.get::<String>(2)?).pop());
        }
        match conn.opt(&sql::BLOCKED_GET, params![id.to_i64()]).await? {
            Some(row) => self.blocked(&row),
            None => Ok(None),
        }
    }

    /// Newest first: waiting and running jobs by their ids, ended ones by their ends.
    pub async fn list(&self, filter: &JobFilter) -> Result<Vec<JobView>, Error> {
        let limit = filter.limit.clamp(1, 200);
        let mut jobs = match filter.state {
            Some(State::Completed | State::Cancelled) => self.list_done(filter, limit).await?,
            Some(State::Discarded) => self.list_dead(filter, limit).await?,
            Some(State::Running) => self.list_leased(filter).await?,
            Some(State::Pending) => self.list_blocked(filter, limit).await?,
            Some(_) => self.list_waiting(filter, limit).await?,
            None => {
                let mut jobs = self.list_leased(filter).await?;
                jobs.extend(self.list_waiting(filter, limit).await?);
                jobs.extend(self.list_blocked(filter, limit).await?);
                // Where a job moves on between two looks, the first look is shown.
                jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
                jobs.dedup_by_key(|job| job.id);
                jobs
            }
        };
        jobs.truncate(limit);
        Ok(jobs)
    }

    async fn list_waiting(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let before = filter.after.map_or(i64::MAX, |(_, id)| id.to_i64());
        let (kind, queue, priority) = codes(filter);
        let state = match filter.state {
            Some(State::Available) => 1,
            Some(State::Scheduled) => 2,
            Some(State::Retryable) => 3,
            _ => 0,
        };
        let values = params![before, limit as i64, kind, queue, priority, state, self.0.clock.now()];
        let rows = self.0.store.read_fresh().all(&sql::WAITING_LIST, values).await?;
        let mut jobs =
            rows.iter().map(|row| Ok(self.waiting(Waiting::read(row)?))).collect::<Result<Vec<JobView>, Error>>()?;
        for row in self.0.store.read_fresh().all(&sql::PARKED_LIST, params![before, limit as i64]).await? {
            jobs.extend(self.packed(&row.get::<String>(0)?).into_iter().filter(|job| filter.fits(job)));
        }
        jobs.sort_unstable_by_key(|job| std::cmp::Reverse(job.id));
        // One that was parked between the two looks stands in both.
        jobs.dedup_by_key(|job| job.id);
        Ok(jobs)
    }

    async fn list_blocked(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let before = filter.after.map_or(i64::MAX, |(_, id)| id.to_i64());
        let rows = self.0.store.read_fresh().all(&sql::BLOCKED_LIST, params![before, limit as i64]).await?;
        let mut jobs = Vec::new();
        for row in &rows {
            jobs.extend(self.blocked(row)?.filter(|job| filter.fits(job)));
        }
        Ok(jobs)
    }

    /// The history is found by spans of time that grow: its index knows blocks, not an order.
    async fn list_done(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let now = self.0.clock.now();
        let (kind, queue, priority) = codes(filter);
        let outcome = match filter.state {
            Some(State::Completed) => 1,
            Some(State::Cancelled) => 2,
            _ => 0,
        };
        let (mut until, mut id) =
            filter.after.map_or((now + Duration::from_secs(60), i64::MAX), |(at, id)| (at, id.to_i64()));
        let oldest = now - Duration::from_secs((u64::from(self.0.settings.history_days) + 2) * 86_400);
        let mut span = match self.0.store.engine() {
            Engine::Sqlite => Duration::from_secs(86_400 * 4_000),
            Engine::Postgres => Duration::from_secs(61),
        };
        let mut jobs = Vec::new();
        while jobs.len() < limit && until > oldest {
            let from = until - span;
            let left = (limit - jobs.len()) as i64;
            let values = params![from, until, id, left, kind, queue, priority, outcome];
            let rows = self.0.store.read_fresh().all(&sql::DONE_LIST, values).await?;
            for row in &rows {
                jobs.push(self.done(row)?);
            }
            // Rows of exactly `from` were in this span.
            (until, id, span) = (from, i64::MIN, span * 8);
        }
        Ok(jobs)
    }

    async fn list_dead(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobView>, Error> {
        let (at, id) = filter.after.map_or((i64::MAX, i64::MAX), |(at, id)| (at.micros(), id.to_i64()));
        let (kind, queue, priority) = codes(filter);
        let values = params![at, id, limit as i64, kind, queue, priority];
        let rows = self.0.store.read_fresh().all(&sql::DEAD_LIST, values).await?;
        rows.iter().map(|row| self.dead(row)).collect()
    }

    async fn list_leased(&self, filter: &JobFilter) -> Result<Vec<JobView>, Error> {
        let before = filter.after.map_or(i64::MAX, |(_, id)| id.to_i64());
        let queue = self.clone();
        let leased = self.0.store.snapshot(move |conn| {
            Box::pin(async move {
                let rows = conn.all(&sql::LEASES, params![before]).await?;
                queue.leased(conn, &rows).await
            })
        });
        let mut jobs = leased.await?;
        jobs.retain(|job| job.id.to_i64() < before && filter.fits(job));
        jobs.sort_unstable_by_key(|job| std::cmp::Reverse(job.id));
        Ok(jobs)
    }

    pub(crate) async fn is_leased(&self, id: JobId) -> Result<bool, Error> {
        Ok(self.get(id).await?.is_some_and(|job| job.state == State::Running))
    }

    /// The members of leases that have not ended.
    async fn leased(&self, conn: &mut Conn, rows: &[Row]) -> Result<Vec<JobView>, Error> {
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut ended: HashSet<(i64, i64)> = HashSet::new();
        for row in conn.all(&sql::ACKS, params![store::list(&ids)]).await? {
            let lease: i64 = row.get(0)?;
            let members: Vec<i64> = serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default();
            ended.extend(members.into_iter().map(|id| (lease, id)));
        }
        let mut jobs = Vec::new();
        for row in rows {
            let (lease, claimed_at): (i64, Timestamp) = (row.get(0)?, row.get(1)?);
            let members = unpack(&row.get::<String>(2)?).unwrap_or_default();
            jobs.extend(members.into_iter().filter(|job| !ended.contains(&(lease, job.id.to_i64()))).map(|job| {
                let attempts = job.attempt as u32 + 1;
                let progress = self.0.progress.lock().unwrap_or_else(PoisonError::into_inner);
                let progress = progress.get(&job.id).map(|(_, progress)| progress.clone());
                JobView { state: State::Running, attempts, started_at: Some(claimed_at), progress, ..self.waiting(job) }
            }));
        }
        Ok(jobs)
    }

    fn packed(&self, text: &str) -> Vec<JobView> {
        unpack(text).unwrap_or_default().into_iter().map(|job| self.waiting(job)).collect()
    }

    fn blocked(&self, row: &Row) -> Result<Option<JobView>, Error> {
        let pending: u32 = row.get(0)?;
        let job = self.packed(&row.get::<String>(1)?).pop();
        Ok(job.map(|job| JobView { state: State::Pending, waits_for: Some(pending), ..job }))
    }

    fn waiting(&self, job: Waiting) -> JobView {
        JobView {
            id: job.id,
            kind: self.0.kinds.name(job.kind).to_string(),
            queue: self.0.queue_names.name(job.queue).to_string(),
            priority: job.class(),
            state: State::of_waiting(job.attempt, job.run_at, self.0.clock.now()),
            attempts: job.attempt as u32,
            attempts_max: job.attempts_max as u32,
            created_at: job.id.0.made_at(),
            run_at: Some(job.run_at),
            started_at: None,
            finished_at: None,
            parameters: serde_json::from_str(&job.body).ok(),
            result: None,
            error: job.error,
            progress: None,
            parent: job.parent.and_then(stdx::Id::from_i64).map(JobId),
            waits_for: None,
        }
    }

    fn done(&self, row: &Row) -> Result<JobView, Error> {
        let result: Option<String> = row.get(8)?;
        let id = JobId(row.get(1)?);
        Ok(JobView {
            finished_at: Some(row.get(0)?),
            id,
            started_at: Some(row.get(2)?),
            queue: self.0.queue_names.name(row.get(3)?).to_string(),
            kind: self.0.kinds.name(row.get(4)?).to_string(),
            priority: Priority::from_code(row.get(5)?),
            attempts: row.get(6)?,
            attempts_max: row.get(6)?,
            state: if row.get::<i64>(7)? == 1 { State::Completed } else { State::Cancelled },
            created_at: id.0.made_at(),
            run_at: None,
            parameters: None,
            result: result.and_then(|text| serde_json::from_str(&text).ok()),
            error: None,
            progress: None,
            parent: None,
            waits_for: None,
        })
    }

    fn dead(&self, row: &Row) -> Result<JobView, Error> {
        let body: String = row.get(7)?;
        let id = JobId(row.get(0)?);
        Ok(JobView {
            id,
            queue: self.0.queue_names.name(row.get(1)?).to_string(),
            priority: Priority::from_code(row.get(2)?),
            kind: self.0.kinds.name(row.get(3)?).to_string(),
            state: State::Discarded,
            attempts: row.get(4)?,
            attempts_max: row.get(5)?,
            created_at: id.0.made_at(),
            run_at: None,
            started_at: None,
            finished_at: Some(row.get(6)?),
            parameters: serde_json::from_str(&body).ok(),
            result: None,
            error: Some(row.get(8)?),
            progress: None,
            parent: row.get::<Option<i64>>(11)?.and_then(stdx::Id::from_i64).map(JobId),
            waits_for: None,
        })
    }

    /// The queues with their settings, by name.
    pub fn queues(&self) -> Vec<QueueView> {
        let queues = self.0.queues.read().unwrap_or_else(PoisonError::into_inner);
        let mut views: Vec<QueueView> = queues.values().map(QueueView::of).collect();
        views.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        views
    }

    /// How many jobs stand in each state, over all queues.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let mut all = Counts::default();
        for stats in self.sums().await?.into_values() {
            for (state, n) in stats.counts.0 {
                *all.0.entry(state).or_default() += n;
            }
        }
        Ok(all)
    }

    /// Counts, ages and times by queue, priority and kind. No table of jobs is scanned: counts are kept
    /// with every change, and the oldest job is the first of its index.
    pub async fn stats(&self) -> Result<Vec<QueueStats>, Error> {
        let now = self.0.clock.now();
        let sums = self.sums().await?;
        let mut oldest: BTreeMap<(i64, i64), Option<f64>> = BTreeMap::new();
        for ((queue, priority, _), sum) in &sums {
            let waits = [State::Available, State::Scheduled, State::Retryable].iter().any(|s| sum.counts.get(*s) > 0);
            if !waits || oldest.contains_key(&(*queue, *priority)) {
                continue;
            }
            let row = self.0.store.read_fresh().opt(&sql::OLDEST, params![queue, priority, now]).await?;
            let head = row.map(|row| row.get::<Timestamp>(0)).transpose()?;
            oldest.insert((*queue, *priority), head.map(|at| now.since(at).as_secs_f64()));
        }
        self.show(&sums);
        let durations = self.durations();
        let mut stats = Vec::new();
        for ((queue, priority, kind), sum) in sums {
            let (queue_name, priority_name) = (self.0.queue_names.name(queue), Priority::from_code(priority));
            let oldest_s = oldest.get(&(queue, priority)).copied().flatten();
            OLDEST.with(&[&queue_name, priority_name.name()]).set(oldest_s.unwrap_or_default() as i64);
            stats.push(QueueStats {
                queue: queue_name.to_string(),
                priority: priority_name,
                kind: self.0.kinds.name(kind).to_string(),
                failures: sum.failures,
                oldest_s,
                average_s: (sum.runs > 0).then(|| sum.ran_us as f64 / 1e6 / sum.runs as f64),
                durations: durations.view(kind),
                counts: sum.counts,
            });
        }
        Ok(stats)
    }

    /// Sets the metrics of what stands where; what has become nothing is shown as nothing.
    fn show(&self, sums: &BTreeMap<(i64, i64, i64), Sum>) {
        let mut standing: BTreeMap<(i64, i64, State), u64> = BTreeMap::new();
        for ((queue, priority, _), sum) in sums {
            for state in State::ALL {
                *standing.entry((*queue, *priority, state)).or_default() += sum.counts.get(state);
            }
        }
        for ((queue, priority, state), n) in standing {
            let queue = self.0.queue_names.name(queue);
            STANDING.with(&[&queue, Priority::from_code(priority).name(), state.name()]).set(n as i64);
        }
    }

    async fn sums(&self) -> Result<BTreeMap<(i64, i64, i64), Sum>, Error> {
        let mut sums: BTreeMap<(i64, i64, i64), Sum> = BTreeMap::new();
        for row in self.0.store.read_fresh().all(&sql::STAT_SUM, params![]).await? {
            let sum = sums.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
            let n = u64::try_from(row.get::<i64>(4)?).unwrap_or_default();
            match What::from_code(row.get(3)?) {
                Some(What::State(state)) if n > 0 => *sum.counts.0.entry(state).or_default() += n,
                Some(What::Failures) => sum.failures += n,
                Some(What::Runs) => sum.runs += n,
                Some(What::RanUs) => sum.ran_us += n,
                _ => {}
            }
        }
        Ok(sums)
    }

    /// When a job of `kind` that is enqueued now is likely to be finished: what waits before it at its
    /// kinds' averages over all workers, and its own run; 120 s before anything is known.
    pub async fn estimate(&self, kind: &str) -> Result<Timestamp, Error> {
        let now = self.0.clock.now();
        let Some(own) = self.durations().view(code_of(kind)) else { return Ok(now + Duration::from_secs(120)) };
        let sums = self.sums().await?;
        let place =
            sums.iter().filter(|((_, _, code), _)| *code == code_of(kind)).map(|((_, priority, _), _)| *priority).min();
        let workers = self.nodes().await?.iter().map(|node| node.info.workers).sum::<u32>();
        let workers = if workers == 0 { self.0.settings.workers_max } else { workers };
        let durations = self.durations();
        let before: f64 = sums
            .iter()
            .filter(|((_, priority, _), _)| place.is_none_or(|place| *priority <= place))
            .map(|((_, _, kind), sum)| {
                let jobs = sum.counts.get(State::Available) + sum.counts.get(State::Running);
                jobs as f64 * durations.view(*kind).map_or(own.average_s, |view| view.average_s)
            })
            .sum();
        Ok(now + Duration::from_secs_f64(own.average_s + before / f64::from(workers)))
    }
}

#[derive(Clone, Debug, Default)]
struct Sum {
    counts: Counts,
    failures: u64,
    runs: u64,
    ran_us: u64,
}

impl JobFilter {
    fn fits(&self, job: &JobView) -> bool {
        self.state.is_none_or(|state| state == job.state)
            && self.kind.as_ref().is_none_or(|kind| *kind == job.kind)
            && self.queue.as_ref().is_none_or(|queue| *queue == job.queue)
            && self.priority.is_none_or(|priority| priority == job.priority)
    }
}

impl QueueView {
    fn of(conf: &QueueConf) -> QueueView {
        QueueView {
            name: conf.name.clone(),
            weight: conf.weight,
            concurrency: conf.concurrency,
            rate: conf.rate,
            durability: conf.durability,
            paused: conf.paused,
        }
    }
}

/// Kind, queue and priority as the statements want them: −1 and 0 stand for any.
fn codes(filter: &JobFilter) -> (i64, i64, i64) {
    let code = |name: &Option<String>| name.as_deref().map_or(-1, code_of);
    (code(&filter.kind), code(&filter.queue), filter.priority.map_or(0, |priority| priority as i64))
}
