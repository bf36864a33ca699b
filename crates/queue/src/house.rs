//! What is done now and then: rescue, names, counts, history.

use std::time::Duration;

use stdx::Backoff;
use stdx::task::Stop;
use store::{Days, Engine, params};

use crate::durations::Times;
use crate::{Error, Queue, sql};

/// Rows that are forgotten in one transaction, so that none is long.
const PRUNE_ROWS: i64 = 5_000;
/// Day partitions that stand ready ahead of time.
const DAYS_AHEAD: i64 = 3;
/// The history, by the day on which a job finished.
const DONE_DAYS: Days = Days { table: "job_done", column: "finished_at", rest: "job_done_rest" };

/// Rescue, names and pruning. The heartbeat is apart, so that nothing slow can silence it.
pub(crate) async fn keep(queue: Queue, mut stop: Stop) {
    let pause = Duration::from_secs(queue.0.settings.heartbeat_s);
    let mut rounds: u64 = 0;
    loop {
        if let Err(error) = round(&queue, rounds).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the queue's housekeeping failed; trying again");
        }
        rounds += 1;
        if !stop.sleep(pause).await {
            return;
        }
    }
}

async fn round(queue: &Queue, rounds: u64) -> Result<(), Error> {
    if queue.0.evicted.load(std::sync::atomic::Ordering::SeqCst) {
        return Ok(());
    }
    if queue.is_clock_trusted() {
        queue.rescue().await?;
    }
    let others = queue.nodes().await?.iter().any(|node| node.number != queue.0.ids.node());
    queue.keep_company(others);
    queue.share_durations().await?;
    queue.reload().await?;
    if queue.lead().await? {
        queue.0.store.write(|tx| Box::pin(async move { tx.exec(&sql::STAT_FOLD, params![]).await })).await?;
        if rounds.is_multiple_of(900) {
            queue.keep_history().await?;
        }
    }
    let every = Duration::from_secs(30).as_secs() / queue.0.settings.heartbeat_s.max(1);
    if queue.0.store.engine() == Engine::Postgres && rounds.is_multiple_of(every.max(1)) {
        // Once in ten minutes without any bound, whatever the remains.
        queue.sweep(rounds.is_multiple_of(every.max(1) * 20)).await?;
    }
    Ok(())
}

impl Queue {
    /// Adds what was observed here to what all processes know.
    async fn share_durations(&self) -> Result<(), Error> {
        let fresh = self.durations().take_fresh();
        if fresh.is_empty() {
            return Ok(());
        }
        self.0
            .store
            .write_relaxed(move |tx| {
                Box::pin(async move {
                    // In one order everywhere, so that two processes cannot wait for each other in a ring.
                    let mut fresh: Vec<(i64, Times)> = fresh.into_iter().collect();
                    fresh.sort_unstable_by_key(|(kind, _)| *kind);
                    for (kind, times) in fresh {
                        if let Some(row) = tx.opt(&sql::KIND_LOCK, params![kind]).await? {
                            let mut all = Times::read(&row.get::<String>(0)?);
                            all.add(&times);
                            tx.exec(&sql::KIND_LEARN, params![kind, all.written()]).await?;
                        }
                    }
                    Ok::<(), Error>(())
                })
            })
            .await
    }

    /// Makes the days of the history that come and drops those that are too old.
    pub(crate) async fn keep_days(&self) -> Result<(), Error> {
        let today = self.0.clock.now().day_number();
        let first_kept = today - i64::from(self.0.settings.history_days);
        Ok(self.0.store.keep_days(DONE_DAYS, today, today + DAYS_AHEAD, first_kept).await?)
    }

    /// The same for what stands outside of day partitions.
    async fn keep_history(&self) -> Result<(), Error> {
        self.keep_days().await?;
        let before = self.0.clock.now() - Duration::from_secs(u64::from(self.0.settings.history_days) * 86_400);
        for statement in [&sql::PRUNE_DONE, &sql::PRUNE_RESULT] {
            loop {
                let gone = self
                    .0
                    .store
                    .write(move |tx| Box::pin(async move { tx.exec(statement, params![before, PRUNE_ROWS]).await }))
                    .await?;
                if gone < PRUNE_ROWS as u64 {
                    break;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn backoff(&self) -> Backoff {
        let settings = &self.0.settings;
        Backoff::new(Duration::from_millis(settings.retry_delay_ms), Duration::from_secs(settings.retry_delay_max_s))
    }
}
