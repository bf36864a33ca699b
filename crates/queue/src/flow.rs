//! Jobs that wait for others: a parent runs when all its children have completed.

use store::{Tx, params};

use crate::enqueue::{Prepared, names_of};
use crate::stat::{Deltas, What};
use crate::waiting::{Outcome, Waiting, pack, unpack};
use crate::{Enqueue, Error, Job, JobId, Queue, State, sql};

/// A job with those that must complete before it, to any depth.
#[derive(Clone, Debug)]
pub struct Flow {
    pub(crate) job: Prepared,
    pub(crate) needs: Vec<Flow>,
}

impl Flow {
    /// # Errors
    /// [`Error::Encode`] if the parameters cannot be written.
    pub fn of<J: Job>(job: &J, how: Enqueue) -> Result<Flow, Error> {
        Ok(Flow { job: Prepared::new(job, how)?, needs: Vec::new() })
    }

    /// The job waits for `needs` too.
    #[must_use]
    pub fn after(mut self, needs: Flow) -> Flow {
        self.needs.push(needs);
        self
    }
}

impl Queue {
    /// Adds the whole flow inside the caller's transaction and returns the id of its last job. When a job
    /// of it dies the ones above wait until it is retried; when one is cancelled they are cancelled too.
    ///
    /// # Errors
    /// [`Error::Taken`] if the unique key of one of them is held: nothing is added.
    pub async fn enqueue_flow(&self, tx: &mut Tx, flow: Flow) -> Result<JobId, Error> {
        let now = self.0.clock.now();
        let mut jobs = Vec::new();
        let mut stack = vec![(flow, None)];
        let mut root = None;
        while let Some((flow, parent)) = stack.pop() {
            let mut waiting = flow.job.clone().waiting(JobId(self.0.ids.next(now)), now);
            waiting.parent = parent;
            root.get_or_insert(waiting.id);
            let pending = flow.needs.len();
            stack.extend(flow.needs.into_iter().map(|child| (child, Some(waiting.id.to_i64()))));
            jobs.push((flow.job, waiting, pending));
        }
        let (blocked, free): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, _, pending)| *pending > 0);
        let mut deltas = Deltas::default();
        let names = names_of(blocked.iter().map(|(prepared, _, _)| prepared));
        self.know_names(tx, &names).await?;
        let queue = self.clone();
        tx.after_commit(move || queue.learn_names(&names));
        for (_, job, pending) in &blocked {
            if let Some(holder) = self.take_key(tx, job).await? {
                return Err(Error::Taken(holder));
            }
            deltas.job(job, What::State(State::Pending), 1);
            tx.exec(&sql::BLOCK, params![job.id.to_i64(), *pending as i64, pack(std::slice::from_ref(job))]).await?;
        }
        deltas.write(tx).await?;
        let names = names_of(free.iter().map(|(prepared, _, _)| prepared));
        for added in self.add(tx, names, free.into_iter().map(|(_, job, _)| job).collect()).await? {
            if let crate::Enqueued::Duplicate(holder) = added {
                return Err(Error::Taken(holder));
            }
        }
        Ok(root.expect("a flow has a job"))
    }
}

/// A child has completed: returns its parent if that was the last one it waited for; the caller inserts it.
pub(crate) async fn completed(tx: &mut Tx, parent: i64, deltas: &mut Deltas) -> Result<Option<Waiting>, store::Error> {
    let Some(row) = tx.opt(&sql::UNBLOCK, params![parent]).await? else { return Ok(None) };
    if row.get::<i64>(0)? > 0 {
        return Ok(None);
    }
    tx.opt(&sql::BLOCKED_DROP, params![parent]).await?;
    let job = unpack(&row.get::<String>(1)?).ok().and_then(|mut jobs| jobs.pop());
    if let Some(job) = &job {
        deltas.job(job, What::State(State::Pending), -1);
    }
    Ok(job)
}

/// A child was cancelled or thrown away: whoever waited for it ends too, and whoever waited for that one.
/// Returns the jobs that were cancelled so.
pub(crate) async fn cancelled(
    queue: &Queue,
    tx: &mut Tx,
    parent: Option<i64>,
    deltas: &mut Deltas,
) -> Result<Vec<Waiting>, store::Error> {
    let mut gone: Vec<Waiting> = Vec::new();
    let mut next = parent;
    while let Some(parent) = next {
        let Some(row) = tx.opt(&sql::BLOCKED_DROP, params![parent]).await? else { break };
        let Some(job) = unpack(&row.get::<String>(0)?).ok().and_then(|mut jobs| jobs.pop()) else { break };
        let now = queue.0.clock.now();
        tx.exec(&sql::DONE_ADD, job.done_values(Outcome::Cancelled, now, now)).await?;
        deltas.job(&job, What::State(State::Pending), -1);
        deltas.job(&job, What::State(State::Cancelled), 1);
        release_key(tx, &job).await?;
        next = job.parent;
        gone.push(job);
    }
    Ok(gone)
}

/// Frees the job's unique key.
pub(crate) async fn release_key(tx: &mut Tx, job: &Waiting) -> Result<(), store::Error> {
    if let Some(hash) = &job.uniq {
        tx.exec(&sql::UNIQUE_RELEASE, params![hash, job.id.to_i64()]).await?;
    }
    Ok(())
}
