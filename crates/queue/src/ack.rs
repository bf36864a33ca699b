//! Writing down what became of runs, many in one transaction, and only while their lease stands.

use std::collections::HashMap;

use serde_json::Value as Json;
use stdx::{Id, Timestamp};
use store::{Tx, params};

use crate::claim::Waiting;
use crate::queue::{FINISHED, STALE_ACKS};
use crate::view::SignalKind;
use crate::{Fault, Queue, sql};

/// The end of one run.
#[derive(Debug)]
pub(crate) struct Ack {
    pub lease: Id,
    pub job: Waiting,
    pub started_at: Timestamp,
    pub outcome: Result<Option<Json>, Fault>,
}

/// What an end means for the tables; decided once, so that a repeated transaction writes the same.
#[derive(Clone, Debug)]
enum Verdict {
    Done { job: Waiting, started_at: Timestamp, outcome: &'static str, result: Option<String> },
    Again { job: Waiting, failed: bool },
    Dead { job: Waiting, reason: String },
}

impl Verdict {
    fn job(&self) -> &Waiting {
        match self {
            Verdict::Done { job, .. } | Verdict::Again { job, .. } | Verdict::Dead { job, .. } => job,
        }
    }
}

impl Queue {
    /// Writes `acks`. `left` holds, for each lease, how many of its members have not been acknowledged before.
    pub(crate) async fn flush(
        &self,
        acks: Vec<Ack>,
        left: &mut HashMap<Id, usize>,
    ) -> Result<(), (store::Error, Flush)> {
        let now = self.0.clock.now();
        let mut by_lease: HashMap<Id, Vec<Verdict>> = HashMap::new();
        for ack in acks {
            by_lease.entry(ack.lease).or_default().push(self.decide(ack, now));
        }
        let mut batches = Vec::new();
        for (lease, verdicts) in by_lease {
            let remaining = left.get(&lease).copied().unwrap_or_default().saturating_sub(verdicts.len());
            if remaining == 0 {
                left.remove(&lease);
            } else {
                left.insert(lease, remaining);
            }
            batches.push(Batch { lease, last: remaining == 0, verdicts });
        }
        self.write(Flush(batches)).await
    }

    /// Writes decided batches; hands them back when the store is away, to be tried again.
    pub(crate) async fn write(&self, flush: Flush) -> Result<(), (store::Error, Flush)> {
        let (queue, batches, now) = (self.clone(), flush.0.clone(), self.0.clock.now());
        let written = self
            .0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for batch in batches {
                        queue.write_batch(tx, batch, now).await?;
                    }
                    Ok::<(), store::Error>(())
                })
            })
            .await;
        written.map_err(|error| (error, flush))
    }

    /// Writes each lease's batch by itself; one that cannot be written is given up, and its jobs run again
    /// when the lease is overdue.
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

    async fn write_batch(&self, tx: &mut Tx, batch: Batch, now: Timestamp) -> Result<(), store::Error> {
        let Batch { lease, last, mut verdicts } = batch;
        if last {
            if tx.exec(&sql::LEASE_DROP, params![lease]).await? == 0 {
                STALE_ACKS.add(verdicts.len() as u64);
                return Ok(());
            }
            tx.exec(&sql::ACK_DROP, params![lease]).await?;
        } else {
            let mut standing = Vec::with_capacity(verdicts.len());
            for verdict in verdicts {
                if tx.exec(&sql::ACK_ADD, params![lease, verdict.job().id.to_i64()]).await? == 1 {
                    standing.push(verdict);
                } else {
                    STALE_ACKS.inc();
                }
            }
            verdicts = standing;
        }
        let (mut done, mut results, mut again, mut dead) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for verdict in &verdicts {
            match verdict {
                Verdict::Done { job, started_at, outcome, result } => {
                    done.push(job.done_values(outcome, *started_at, now));
                    if let Some(result) = result {
                        results.push(params![job.id.to_i64(), now, result]);
                    }
                    job.release(tx).await?;
                }
                Verdict::Again { job, .. } => again.push(job.values()),
                Verdict::Dead { job, reason } => {
                    dead.push(job.dead_values(reason, now));
                    job.release(tx).await?;
                }
            }
        }
        for (statement, rows) in
            [(&sql::DONE_ADD, done), (&sql::RESULT_ADD, results), (&sql::INSERT, again), (&sql::DEAD_ADD, dead)]
        {
            if !rows.is_empty() {
                tx.batch(statement, rows).await?;
            }
        }
        let queue = self.clone();
        tx.after_commit(move || verdicts.into_iter().for_each(|verdict| queue.announce(verdict)));
        Ok(())
    }

    fn decide(&self, ack: Ack, now: Timestamp) -> Verdict {
        let Ack { mut job, started_at, mut outcome, .. } = ack;
        // A text from outside may hold what PostgreSQL cannot store.
        if let Err(Fault::Retry { error: text, .. } | Fault::GiveUp(text)) = &mut outcome {
            text.retain(|c| c != '\0');
        }
        match outcome {
            Ok(result) => Verdict::Done {
                job,
                started_at,
                outcome: "completed",
                result: result.map(|r| r.to_string().replace("\\u0000", "")),
            },
            Err(Fault::Cancel) => Verdict::Done { job, started_at, outcome: "cancelled", result: None },
            Err(Fault::Snooze(wait)) => {
                job.attempt = 0;
                job.error = None;
                job.run_at = now + wait;
                Verdict::Again { job, failed: false }
            }
            Err(Fault::GiveUp(reason)) => {
                job.attempt += 1;
                Verdict::Dead { job, reason }
            }
            Err(Fault::Retry { error, after }) => {
                job.attempt += 1;
                if job.attempt >= job.attempts_max {
                    return Verdict::Dead { job, reason: error };
                }
                job.run_at = now + after.unwrap_or_else(|| self.backoff().delay(job.attempt as u32, &self.0.rng));
                job.error = Some(error);
                Verdict::Again { job, failed: true }
            }
        }
    }

    fn announce(&self, verdict: Verdict) {
        let (job, kind, detail, outcome) = match verdict {
            Verdict::Done { job, outcome: "cancelled", .. } => (job, SignalKind::Cancelled, None, "cancelled"),
            Verdict::Done { job, result, .. } => (job, SignalKind::Completed, result, "completed"),
            Verdict::Again { job, failed: true } => {
                self.notice(&job);
                let error = job.error.clone();
                (job, SignalKind::Failed, error, "retried")
            }
            Verdict::Again { job, failed: false } => {
                self.notice(&job);
                (job, SignalKind::Snoozed, None, "snoozed")
            }
            Verdict::Dead { job, reason } => {
                tracing::warn!(job.id = %job.id, job.kind = self.0.kinds.name(job.kind), reason, "a job is dead");
                (job, SignalKind::Dead, Some(reason), "dead")
            }
        };
        FINISHED.with(&[&self.0.kinds.name(job.kind), outcome]).inc();
        self.signal(&job, kind, detail);
    }
}

/// Decided but not yet written.
#[derive(Clone, Debug)]
pub(crate) struct Flush(Vec<Batch>);

#[derive(Clone, Debug)]
struct Batch {
    lease: Id,
    /// No other member of the lease is still running.
    last: bool,
    verdicts: Vec<Verdict>,
}
