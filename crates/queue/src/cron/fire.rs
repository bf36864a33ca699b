//! The leader's clock: enqueues what is due, once, whoever else believes to lead.

use std::sync::atomic::Ordering;
use std::time::Duration;

use stdx::Timestamp;
use stdx::task::Stop;
use store::{Tx, params};

use super::{Entry, Missed, Schedule};
use crate::enqueue::{Prepared, names_of};
use crate::{Enqueued, Error, Queue, sql};

/// How often the table is looked at whatever is known: others may have changed it, or the wall clock was set.
const LOOK: Duration = Duration::from_secs(1);
/// With a clock that is turned by hand nobody knows how long to wait.
const LOOK_MANUAL: Duration = Duration::from_millis(20);
/// What is this late has not been missed: a change of hands takes up to half of it.
const LATE: Duration = Duration::from_secs(60);
/// Jobs for missed times of one entry at once.
const CATCH_UP_MAX: usize = 1_000;
/// Entries that are read together.
const PAGE: usize = 100;

/// Why an entry stopped whose schedule has come to its end.
pub(super) const ENDED: &str = "it has no further time";

/// Fires until `stop`: sleeps to the earliest next time.
pub(crate) async fn keep(queue: Queue, mut stop: Stop) {
    loop {
        let may_lead = queue.0.leads.load(Ordering::SeqCst) && !queue.0.evicted.load(Ordering::SeqCst);
        let next = match may_lead {
            false => None,
            true => queue.fire_due().await.unwrap_or_else(|error| {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "recurring jobs were not looked at; trying again"
                );
                None
            }),
        };
        let look = if queue.0.clock.is_manual() { LOOK_MANUAL } else { LOOK };
        let wait = next.map_or(look, |next| next.since(queue.0.clock.now()).min(look));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = queue.0.cron_changed.notified() => {}
            () = stop.wait() => return,
        }
    }
}

/// What is to be done about an entry that is due.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    /// A job for each.
    times: Vec<Timestamp>,
    next_at: Option<Timestamp>,
    /// More was missed than is made up for.
    is_cut: bool,
}

impl Plan {
    fn new(schedule: &Schedule, missed: Missed, due: Timestamp, now: Timestamp) -> Plan {
        let mut plan = Plan { times: Vec::new(), next_at: schedule.next(now), is_cut: false };
        match missed {
            Missed::Coalesce => plan.times.push(schedule.latest(due, now)),
            Missed::Skip => {
                let latest = schedule.latest(due, now);
                plan.times.extend((now.since(latest) <= LATE).then_some(latest));
            }
            Missed::CatchUp => {
                let all = std::iter::successors(Some(due), |last| schedule.next(*last));
                plan.times.extend(all.take_while(|at| *at <= now).take(CATCH_UP_MAX + 1));
                plan.is_cut = plan.times.len() > CATCH_UP_MAX;
                plan.times.truncate(CATCH_UP_MAX);
            }
        }
        plan
    }
}

impl Queue {
    /// Enqueues what is due and says when to look again. An entry that fails stands back for the next look.
    pub(crate) async fn fire_due(&self) -> Result<Option<Timestamp>, Error> {
        let now = self.0.clock.now();
        let mut earliest: Option<Timestamp> = None;
        let mut sooner = |next: Timestamp| earliest = Some(earliest.map_or(next, |known| known.min(next)));
        let mut after = (Timestamp::from_micros(i64::MIN), String::new());
        loop {
            let page = params![after.0, after.1, PAGE as i64];
            let rows = self.0.store.read_fresh().all(&sql::CRON_NEXT, page).await?;
            for row in &rows {
                let (next_at, name): (Timestamp, String) = (row.get(0)?, row.get(1)?);
                if next_at > now {
                    sooner(next_at);
                    return Ok(earliest);
                }
                after = (next_at, name.clone());
                match self.fire(name, next_at, now).await {
                    Ok(next) => next.into_iter().for_each(&mut sooner),
                    // Whatever else is due would meet the same.
                    Err(Error::Store(error)) if is_outage(&error) => return Err(error.into()),
                    Err(error) => {
                        let name = &after.1;
                        tracing::error!(
                            cron = name,
                            error = &error as &dyn std::error::Error,
                            "a recurring job was not enqueued; trying again"
                        );
                    }
                }
            }
            if rows.len() < PAGE {
                return Ok(earliest);
            }
        }
    }

    /// Moves one entry on and enqueues its jobs, in one transaction that counts only while the entry stands
    /// where it was seen. Says when it comes next.
    async fn fire(&self, name: String, next_at: Timestamp, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let queue = self.clone();
        self.0.store.write(move |tx| Box::pin(async move { queue.fire_in(tx, &name, next_at, now).await })).await
    }

    async fn fire_in(
        &self,
        tx: &mut Tx,
        name: &str,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let Some(row) = tx.opt(&sql::CRON_HOLD, params![name]).await? else { return Ok(None) };
        let entry = Entry::read(&row)?;
        if entry.paused || entry.next_at != due {
            return Ok(None);
        }
        let (schedule, work) = match entry.understood() {
            Ok(understood) => understood,
            Err(reason) => {
                self.stop(tx, &entry, reason).await?;
                return Ok(None);
            }
        };
        let plan = Plan::new(&schedule, entry.missed, due, now);
        let last_at = plan.times.last().copied().or(entry.last_at);
        let moved = params![name, due, plan.next_at.unwrap_or(due), last_at, plan.next_at.is_none()];
        if tx.exec(&sql::CRON_FIRE, moved).await? == 0 {
            return Ok(None);
        }
        let jobs: Vec<Prepared> = plan.times.iter().map(|at| work.prepared(name, *at)).collect();
        let names = names_of(&jobs);
        let added = self.add(tx, names, jobs.into_iter().map(|job| job.waiting(self.next_id(), now)).collect()).await?;
        let standing = added.iter().filter(|added| matches!(added, Enqueued::Duplicate(_))).count();
        let (name, next_at) = (name.to_owned(), plan.next_at);
        tx.after_commit(move || {
            if standing > 0 {
                tracing::info!(
                    cron = name,
                    times = standing,
                    "the job of an earlier time still stands, so that none was added"
                );
            }
            if plan.is_cut {
                let (from, until) = (plan.times.last().map(ToString::to_string), now.to_string());
                tracing::warn!(
                    cron = name,
                    from,
                    until,
                    "more times were missed than are made up for; the later ones are left out"
                );
            }
            if next_at.is_none() {
                tracing::warn!(cron = name, "a recurring job has no further time and is paused");
            }
        });
        Ok(next_at)
    }

    /// Pauses what nobody can read, so that it is not tried again each second.
    async fn stop(&self, tx: &mut Tx, entry: &Entry, reason: String) -> Result<(), Error> {
        tx.exec(&sql::CRON_PAUSE, params![entry.name]).await?;
        let name = entry.name.clone();
        tx.after_commit(move || tracing::error!(cron = name, reason, "a recurring job cannot be read and is paused"));
        Ok(())
    }
}

fn is_outage(error: &store::Error) -> bool {
    use store::Error as E;
    matches!(
        error,
        E::Unavailable(_) | E::Busy | E::Timeout | E::Exhausted { .. } | E::DiskFull | E::ReadOnly(_) | E::Closed
    )
}

#[cfg(test)]
mod tests;
