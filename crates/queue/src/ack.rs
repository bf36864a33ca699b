//! Writing down what became of runs, many in one transaction, and only while their lease stands.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Value as Json, json};
use stdx::{Id, Timestamp};
use store::{Engine, Tx, params};

use crate::enqueue::FEW;
use crate::names::Durability;
use crate::queue::{FINISHED, STALE_ACKS};
use crate::stat::{Deltas, What};
use crate::view::SignalKind;
use crate::waiting::{Outcome, Waiting};
use crate::{Fault, Queue, State, flow, group, sql};

/// The end of one run.
#[derive(Debug)]
pub(crate) struct Ack {
    pub lease: Id,
    pub job: Waiting,
    pub started_at: Timestamp,
    pub time: Duration,
    pub end: End,
}

#[derive(Debug)]
pub(crate) enum End {
    Ran(Result<Option<Json>, Fault>),
    /// The process ends: the job goes back as it was.
    NotStarted,
}

/// What an end means for the tables; decided once, so that a repeated transaction writes the same.
#[derive(Clone, Debug)]
struct Verdict {
    job: Waiting,
    started_at: Timestamp,
    time: Duration,
    what: Decision,
}

#[derive(Clone, Debug)]
enum Decision {
    Done { outcome: Outcome, result: Option<String> },
    Again { failed: bool },
    Back,
    Dead { reason: String },
}

/// Decided but not yet written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flush(Vec<Batch>);

#[derive(Clone, Debug)]
struct Batch {
    lease: Id,
    /// No other member of the lease is still running: the lease goes with it.
    is_last: bool,
    /// The lease is this process's no more afterwards, whether it goes or is to be taken back.
    is_end: bool,
    /// Others of its lease were written before.
    has_more: bool,
    verdicts: Vec<Verdict>,
}

impl Flush {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Members of leases that have not been acknowledged, and ends that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    leases: HashMap<Id, Account>,
}

#[derive(Debug, Default)]
struct Account {
    running: usize,
    has_written: bool,
    /// When the first of `ended` came.
    since: Option<std::time::Instant>,
    ended: Vec<Verdict>,
}

/// Ends of a lease that still runs wait this long for the rest of it: one row less to write and delete
/// when they come together.
const PARTIAL_WAIT: Duration = Duration::from_millis(20);

impl Ledger {
    pub fn open(&mut self, lease: Id, members: usize) {
        self.leases.entry(lease).or_default().running += members;
    }

    /// The batches to write now, and how long until others are due.
    fn due(&mut self, all: bool) -> (Flush, Option<Duration>) {
        let (mut flush, mut wait) = (Vec::new(), None);
        self.leases.retain(|lease, account| {
            let is_last = account.running == 0;
            let Some(since) = account.since else { return !is_last };
            let left = PARTIAL_WAIT.saturating_sub(since.elapsed());
            if !(is_last || all || left.is_zero()) {
                wait = Some(wait.map_or(left, |wait: Duration| wait.min(left)));
                return true;
            }
            let verdicts = std::mem::take(&mut account.ended);
            account.since = None;
            flush.push(Batch { lease: *lease, is_last, is_end: is_last, has_more: account.has_written, verdicts });
            account.has_written = true;
            !is_last
        });
        (Flush(flush), wait)
    }
}

impl Queue {
    /// Enters `acks` and says what is to be written now ([`Queue::write`]) and when to ask again.
    pub(crate) fn enter(&self, acks: Vec<Ack>, ledger: &mut Ledger, all: bool) -> (Flush, Option<Duration>) {
        let now = self.0.clock.now();
        for ack in acks {
            let lease = ack.lease;
            let verdict = self.decide(ack, now);
            let account = ledger.leases.entry(lease).or_default();
            account.running = account.running.saturating_sub(1);
            account.since.get_or_insert_with(std::time::Instant::now);
            account.ended.push(verdict);
        }
        ledger.due(all)
    }

    /// Writes decided batches; hands them back when the store is away, to be tried again.
    pub(crate) async fn write(&self, mut flush: Flush) -> Result<(), (store::Error, Flush)> {
        {
            let torn = self.0.torn.lock().unwrap_or_else(PoisonError::into_inner);
            // What could not be written of it is still in the lease, which must stay to be taken back.
            flush.0.iter_mut().filter(|batch| torn.contains(&batch.lease)).for_each(|batch| batch.is_last = false);
        }
        let (queue, batches, now) = (self.clone(), flush.0.clone(), self.0.clock.now());
        let written = match self.durability(&flush) {
            Durability::Durable => {
                self.0.store.write(move |tx| Box::pin(async move { queue.write_in(tx, batches, now).await })).await
            }
            Durability::Relaxed => {
                self.0
                    .store
                    .write_relaxed(move |tx| Box::pin(async move { queue.write_in(tx, batches, now).await }))
                    .await
            }
        };
        match written {
            Ok(()) => {
                self.let_go(&flush);
                Ok(())
            }
            Err(error) => Err((error, flush)),
        }
    }

    /// What is written, or never will be, is not this process's any more.
    fn let_go(&self, flush: &Flush) {
        let mut held = self.held();
        let mut torn = self.0.torn.lock().unwrap_or_else(PoisonError::into_inner);
        flush.0.iter().filter(|batch| batch.is_end).for_each(|batch| {
            held.remove(&batch.lease);
            torn.remove(&batch.lease);
        });
    }

    /// Writes each lease's batch by itself; one that cannot be written is given up, and its jobs are taken
    /// back when the lease has ended.
    pub(crate) async fn write_apart(&self, flush: Flush) -> Result<(), (store::Error, Flush)> {
        let mut later = Vec::new();
        let mut away = None;
        for batch in flush.0 {
            match self.write(Flush(vec![batch])).await {
                Ok(()) => {}
                Err((error, flush)) if error.is_transient() => {
                    later.extend(flush.0);
                    away = Some(error);
                }
                Err((error, flush)) => {
                    let leases = flush.0.iter().map(|batch| batch.lease);
                    self.0.torn.lock().unwrap_or_else(PoisonError::into_inner).extend(leases);
                    self.let_go(&flush);
                    let jobs = flush.0.iter().map(|batch| batch.verdicts.len()).sum::<usize>();
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        jobs,
                        "acknowledgements cannot be written"
                    );
                }
            }
        }
        away.map_or(Ok(()), |error| Err((error, Flush(later))))
    }

    /// The strictest of the queues in `flush`.
    fn durability(&self, flush: &Flush) -> Durability {
        let queues = self.0.queues.read().unwrap_or_else(PoisonError::into_inner);
        let mut jobs = flush.0.iter().flat_map(|batch| &batch.verdicts).map(|verdict| verdict.job.queue);
        let all_relaxed =
            jobs.all(|queue| queues.get(&queue).is_some_and(|conf| conf.durability == Durability::Relaxed));
        if all_relaxed { Durability::Relaxed } else { Durability::Durable }
    }

    async fn write_in(&self, tx: &mut Tx, batches: Vec<Batch>, now: Timestamp) -> Result<(), store::Error> {
        if tx.engine() == Engine::Postgres && is_plain(&batches) {
            let verdicts = end_plainly(tx, batches, now).await?;
            let queue = self.clone();
            tx.after_commit(move || queue.announce(verdicts));
            return Ok(());
        }
        let verdicts = standing(tx, batches).await?;
        let mut deltas = Deltas::default();
        let (mut done, mut results, mut again, mut dead) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut ended_with = Vec::new();
        for Verdict { job, started_at, time, what } in &verdicts {
            match what {
                Decision::Back => deltas.job(job, What::State(State::Running), -1),
                _ => deltas.ran(job, *time),
            }
            match what {
                Decision::Back => again.push(job.clone()),
                Decision::Done { outcome, result } => {
                    done.push(job.done_values(*outcome, *started_at, now));
                    if let Some(result) = result {
                        results.push(params![job.id.to_i64(), now, result]);
                    }
                    flow::release_key(tx, job).await?;
                    let is_completed = *outcome == Outcome::Completed;
                    let state = if is_completed { State::Completed } else { State::Cancelled };
                    deltas.job(job, What::State(state), 1);
                    if let Some(parent) = job.parent.filter(|_| is_completed) {
                        again.extend(flow::completed(tx, parent, &mut deltas).await?);
                    } else if job.parent.is_some() {
                        ended_with.extend(flow::cancelled(self, tx, job.parent, &mut deltas).await?);
                    }
                }
                Decision::Again { failed } => {
                    deltas.job(job, What::Failures, i64::from(*failed));
                    again.push(job.clone());
                }
                Decision::Dead { reason } => {
                    deltas.job(job, What::Failures, 1);
                    deltas.job(job, What::State(State::Discarded), 1);
                    dead.push(job.dead_values(reason, now));
                    flow::release_key(tx, job).await?;
                }
            }
        }
        let jobs: Vec<&Waiting> = verdicts.iter().map(|verdict| &verdict.job).collect();
        let freed = group::release(tx, &jobs).await?;
        for job in &freed {
            // They were never counted as anything but waiting.
            deltas.job(job, What::State(job.counted()), -1);
        }
        again.extend(freed);
        for (statement, rows) in [(&sql::DONE_ADD, done), (&sql::RESULT_ADD, results), (&sql::DEAD_ADD, dead)] {
            if !rows.is_empty() {
                tx.batch(statement, rows).await?;
            }
        }
        self.insert(tx, &again, &mut deltas).await?;
        let queue = self.clone();
        tx.after_commit(move || {
            queue.announce(verdicts);
            ended_with.iter().for_each(|job| queue.signal(job, SignalKind::Cancelled, None));
        });
        Ok(())
    }

    fn decide(&self, ack: Ack, now: Timestamp) -> Verdict {
        let Ack { mut job, started_at, time, end, .. } = ack;
        let End::Ran(mut outcome) = end else { return Verdict { job, started_at, time, what: Decision::Back } };
        // It has run to an end: the crashes before that were not its fault.
        job.rescued = 0;
        // A text from outside may hold what PostgreSQL cannot store.
        if let Err(Fault::Retry { error: text, .. } | Fault::GiveUp(text)) = &mut outcome {
            text.retain(|c| c != '\0');
        }
        let what = match outcome {
            Ok(result) => {
                Decision::Done { outcome: Outcome::Completed, result: result.map(|result| result.to_string()) }
            }
            Err(Fault::Cancel) => Decision::Done { outcome: Outcome::Cancelled, result: None },
            Err(Fault::Snooze(wait)) => {
                job.attempt = 0;
                job.error = None;
                job.run_at = now + wait;
                Decision::Again { failed: false }
            }
            Err(Fault::GiveUp(reason)) => {
                job.attempt += 1;
                Decision::Dead { reason }
            }
            Err(Fault::Retry { error, after }) => {
                job.attempt += 1;
                if job.attempt >= job.attempts_max {
                    Decision::Dead { reason: error }
                } else {
                    job.run_at = now + after.unwrap_or_else(|| self.backoff().delay(job.attempt as u32, &self.0.rng));
                    job.error = Some(error);
                    Decision::Again { failed: true }
                }
            }
        };
        Verdict { job, started_at, time, what }
    }

    fn announce(&self, verdicts: Vec<Verdict>) {
        let mut outcomes: HashMap<(i64, &str), u64> = HashMap::new();
        let is_watched = self.is_watched();
        for Verdict { job, what, .. } in verdicts {
            let (kind, detail, outcome) = match what {
                Decision::Done { outcome: Outcome::Cancelled, .. } => (SignalKind::Cancelled, None, "cancelled"),
                Decision::Done { result, .. } => (SignalKind::Completed, result, "completed"),
                Decision::Again { failed: true } => (SignalKind::Failed, job.error.clone(), "retried"),
                Decision::Again { failed: false } => (SignalKind::Snoozed, None, "snoozed"),
                Decision::Back => continue,
                Decision::Dead { reason } => {
                    tracing::warn!(job.id = %job.id, job.kind = &*self.0.kinds.name(job.kind), reason, "a job is dead");
                    (SignalKind::Dead, Some(reason), "dead")
                }
            };
            *outcomes.entry((job.kind, outcome)).or_default() += 1;
            if is_watched {
                self.signal(&job, kind, detail);
            }
        }
        for ((kind, outcome), count) in outcomes {
            FINISHED.with(&[&self.0.kinds.name(kind), outcome]).add(count);
        }
    }
}

/// Whether `batches` are few whole leases whose jobs are done and nobody else's business: the usual case,
/// which one statement writes.
fn is_plain(batches: &[Batch]) -> bool {
    let jobs: usize = batches.iter().map(|batch| batch.verdicts.len()).sum();
    jobs < FEW
        && batches.iter().all(|batch| {
            batch.is_last
                && !batch.has_more
                && batch.verdicts.iter().all(|verdict| {
                    let job = &verdict.job;
                    matches!(verdict.what, Decision::Done { result: None, .. })
                        && job.uniq.is_none()
                        && job.group_key.is_none()
                        && job.parent.is_none()
                })
        })
}

/// Writes what [`is_plain`] allows; returns the verdicts whose leases stood.
async fn end_plainly(tx: &mut Tx, batches: Vec<Batch>, now: Timestamp) -> Result<Vec<Verdict>, store::Error> {
    let (mut done, mut changes) = (Vec::new(), Vec::new());
    for Batch { lease, verdicts, .. } in &batches {
        let mut deltas = Deltas::default();
        for Verdict { job, started_at, time, what } in verdicts {
            let Decision::Done { outcome, .. } = what else { continue };
            let state = if *outcome == Outcome::Completed { State::Completed } else { State::Cancelled };
            deltas.ran(job, *time);
            deltas.job(job, What::State(state), 1);
            done.push(json!({
                "l": lease.to_i64(), "i": job.id.to_i64(), "s": started_at.micros(), "q": job.queue, "k": job.kind,
                "p": job.priority, "a": job.attempt + 1, "o": *outcome as i64,
            }));
        }
        changes.extend(deltas.list(Some(lease.to_i64())));
    }
    let leases: Vec<i64> = batches.iter().map(|batch| batch.lease.to_i64()).collect();
    let values = params![store::list(&leases), Json::from(done).to_string(), Json::from(changes).to_string(), now];
    let rows = tx.all(&sql::LEASES_END, values).await?;
    let stood: HashSet<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let mut standing = Vec::new();
    for batch in batches {
        if stood.contains(&batch.lease.to_i64()) {
            standing.extend(batch.verdicts);
        } else {
            STALE_ACKS.add(batch.verdicts.len() as u64);
        }
    }
    Ok(standing)
}

/// The verdicts whose leases stand; the others' jobs belong to somebody else by now. The lease of a last
/// batch is dropped with it.
async fn standing(tx: &mut Tx, batches: Vec<Batch>) -> Result<Vec<Verdict>, store::Error> {
    let whole: Vec<i64> = batches.iter().filter(|batch| batch.is_last).map(|batch| batch.lease.to_i64()).collect();
    let mut stands = HashSet::new();
    if !whole.is_empty() {
        for row in tx.all(&sql::LEASES_DROP, params![store::list(&whole)]).await? {
            stands.insert(row.get::<i64>(0)?);
        }
        let split: Vec<i64> =
            batches.iter().filter(|b| b.is_last && b.has_more).map(|batch| batch.lease.to_i64()).collect();
        if !split.is_empty() {
            tx.exec(&sql::ACKS_DROP, params![store::list(&split)]).await?;
        }
    }
    let mut verdicts = Vec::new();
    for batch in batches {
        let lease = batch.lease.to_i64();
        let is_standing = if batch.is_last {
            stands.contains(&lease)
        } else {
            let ids: Vec<i64> = batch.verdicts.iter().map(|verdict| verdict.job.id.to_i64()).collect();
            let text = serde_json::to_string(&ids).expect("a list of numbers");
            tx.exec(&sql::ACK_ADD, params![lease, ids.first().copied(), text]).await? == 1
        };
        if is_standing {
            verdicts.extend(batch.verdicts);
        } else {
            STALE_ACKS.add(batch.verdicts.len() as u64);
        }
    }
    Ok(verdicts)
}
