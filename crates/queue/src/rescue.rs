//! What becomes of the jobs of a process that went silent.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use stdx::{Id, Timestamp};
use store::{Tx, params};

use crate::queue::RESCUED;
use crate::stat::{Deltas, What};
use crate::waiting::{Waiting, unpack};
use crate::{Error, Queue, State, flow, group, sql};

/// A job that was taken back this often, and as often as it may be tried, is taken for the cause of the crashes.
const RESCUES_MAX: i64 = 20;

/// A claim that is answered at all is answered by then.
const ANSWER: Duration = Duration::from_secs(5);

impl Queue {
    /// Leases under this process's number that it knows nothing of.
    async fn strays(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<i64>, store::Error> {
        let values = params![i64::from(self.0.ids.node()), self.0.epoch, now - ANSWER];
        let own = tx.all(&sql::LEASES_OWN, values).await?;
        let held = self.held();
        let mut strays = Vec::new();
        for row in &own {
            let lease: Id = row.get(0)?;
            if !held.contains(&lease) {
                strays.push(lease.to_i64());
            }
        }
        Ok(strays)
    }

    /// Takes back the jobs of silent processes, and of leases past their deadline. Says how many.
    pub(crate) async fn rescue(&self) -> Result<usize, Error> {
        let mut count = 0;
        loop {
            let queue = self.clone();
            let some = self.0.store.write(move |tx| Box::pin(async move { queue.rescue_in(tx).await })).await?;
            count += some;
            // A look takes a hundred leases at most.
            if some == 0 {
                break;
            }
        }
        if count > 0 {
            RESCUED.add(count as u64);
            tracing::warn!(jobs = count, "took jobs back from a process that went silent");
            // What it had claimed when it died, and not committed, stands there again.
            self.sweep(true).await?;
        }
        Ok(count)
    }

    async fn rescue_in(&self, tx: &mut Tx) -> Result<usize, store::Error> {
        let now = self.0.clock.now();
        let silent = now - Duration::from_secs(self.0.settings.silence_s);
        // Its own present leases are never lost: it is here and looking, however late its heartbeat.
        let mut rows = tx.all(&sql::LEASES_LOST, params![silent, i64::from(self.0.ids.node())]).await?;
        rows.extend(tx.all(&sql::LEASES_OVERDUE, params![now]).await?);
        let strays = self.strays(tx, now).await?;
        if !strays.is_empty() {
            rows.extend(tx.all(&sql::LEASES_THESE, params![store::list(&strays)]).await?);
        }
        let mut leases: HashMap<i64, Vec<Waiting>> = HashMap::new();
        for row in &rows {
            let (lease, packed): (i64, String) = (row.get(0)?, row.get(1)?);
            let Ok(jobs) = unpack(&packed) else {
                // Written by a release that this one does not understand: left for one that does.
                tracing::error!(lease, "a lost lease cannot be read; its jobs stay where they are");
                continue;
            };
            leases.insert(lease, jobs);
        }
        if leases.is_empty() {
            return Ok(0);
        }
        // Whoever drops the row owns the rescue: two processes may look at the same time.
        let ids: Vec<i64> = leases.keys().copied().collect();
        let mine = tx.all(&sql::LEASES_DROP, params![store::list(&ids)]).await?;
        let mine: Vec<i64> = mine.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        // By lease: a job that was tried again may stand in two lost leases, ended in one of them.
        let mut acked: HashSet<(i64, i64)> = HashSet::new();
        for row in tx.all(&sql::ACKS, params![store::list(&mine)]).await? {
            let lease: i64 = row.get(0)?;
            let ids: Vec<i64> = serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default();
            acked.extend(ids.into_iter().map(|id| (lease, id)));
        }
        tx.exec(&sql::ACKS_DROP, params![store::list(&mine)]).await?;

        let lost = mine.iter().filter_map(|lease| Some((*lease, leases.remove(lease)?)));
        let lost = lost.flat_map(|(lease, jobs)| jobs.into_iter().map(move |job| (lease, job)));
        let lost: Vec<Waiting> =
            lost.filter(|(lease, job)| !acked.contains(&(*lease, job.id.to_i64()))).map(|(_, job)| job).collect();
        let mut deltas = Deltas::default();
        let places = group::release(tx, &lost.iter().collect::<Vec<_>>()).await?;
        places.iter().for_each(|job| deltas.job(job, What::State(job.counted()), -1));
        let mut back = places;
        let count = lost.len();
        for mut job in lost {
            deltas.job(&job, What::State(State::Running), -1);
            job.rescued += 1;
            if job.rescued > RESCUES_MAX.max(job.attempts_max) {
                let reason = format!("its process went silent {} times while it ran", job.rescued);
                tx.exec(&sql::DEAD_ADD, job.dead_values(&reason, now)).await?;
                deltas.job(&job, What::State(State::Discarded), 1);
                flow::release_key(tx, &job).await?;
                continue;
            }
            // Its key was free while it ran: somebody else may hold it by now.
            let holds = job.uniq.as_deref().is_some_and(|hash| hash.starts_with(crate::enqueue::UNTIL_STARTED));
            if holds && self.take_key(tx, &job).await?.is_some() {
                job.uniq = None;
            }
            // A job that keeps bringing its process down must not keep it down.
            let pause = u32::try_from(job.rescued.saturating_sub(10)).unwrap_or_default().min(60);
            job.run_at = now + Duration::from_secs(1) * pause;
            back.push(job);
        }
        self.insert(tx, &back, &mut deltas).await?;
        Ok(count)
    }
}
