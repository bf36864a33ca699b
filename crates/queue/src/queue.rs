//! The handle: enqueue, look up, cancel, retry.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};
use stdx::{Clock, Id, IdGen, Rng, Timestamp};
use store::{Store, Tx, params};
use tokio::sync::{Notify, broadcast};

use crate::claim::Waiting;
use crate::names::{self, Names, QueueConf};
use crate::rescue::{self, Place};
use crate::view::{Signal, SignalKind};
use crate::{Enqueue, Enqueued, Error, Job, JobId, Settings, sql};

pub(crate) static ENQUEUED: Family<Counter> = Family::new(&["kind"], 100);
pub(crate) static FINISHED: Family<Counter> = Family::new(&["kind", "outcome"], 400);
pub(crate) static DURATION: Family<Histogram> = Family::new(&["kind"], 100);
pub(crate) static PICKUP: Histogram = Histogram::new();
pub(crate) static RUNNING: Gauge = Gauge::new();
pub(crate) static RESCUED: Counter = Counter::new();
pub(crate) static STALE_ACKS: Counter = Counter::new();

/// The queue's metric cells.
pub static METRICS: &[Metric] = &[
    Metric { name: "copydesk_jobs_enqueued_total", help: "Jobs enqueued", cell: Cell::Counters(&ENQUEUED) },
    Metric {
        name: "copydesk_jobs_finished_total",
        help: "Runs that ended, by outcome",
        cell: Cell::Counters(&FINISHED),
    },
    Metric { name: "copydesk_job_duration_seconds", help: "Time a run took", cell: Cell::Histograms(&DURATION) },
    Metric { name: "copydesk_job_pickup_seconds", help: "Time from due to started", cell: Cell::Histogram(&PICKUP) },
    Metric { name: "copydesk_jobs_running", help: "Jobs running in this process", cell: Cell::Gauge(&RUNNING) },
    Metric {
        name: "copydesk_jobs_rescued_total",
        help: "Jobs taken back from silent processes",
        cell: Cell::Counter(&RESCUED),
    },
    Metric {
        name: "copydesk_jobs_stale_acks_total",
        help: "Acknowledgements refused since the lease was gone",
        cell: Cell::Counter(&STALE_ACKS),
    },
];

/// The queue of one database, as one process sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub store: Store,
    pub settings: Settings,
    pub clock: Clock,
    pub rng: Rng,
    pub ids: Arc<IdGen>,
    /// This process's place in `node`; leases older than the epoch are not its own.
    pub epoch: Id,
    pub kinds: Names,
    pub queue_names: Names,
    pub queues: RwLock<Vec<QueueConf>>,
    /// For each (queue, priority): when its head may be due, as far as this process knows.
    pub due: Mutex<HashMap<(i64, i64), Head>>,
    /// Longest run of a kind by its handler; others have the queue's setting.
    pub deadlines: RwLock<HashMap<i64, Duration>>,
    /// Counts the places that were given away, so that classes take turns when there is only one.
    pub turn: AtomicUsize,
    /// Another process has taken this one's place: nothing may be claimed or taken back any more.
    pub evicted: AtomicBool,
    pub wake: Notify,
    pub signals: broadcast::Sender<Signal>,
    /// Running here: a way to cancel each.
    pub running: Mutex<HashMap<JobId, Arc<Notify>>>,
    /// Moving average of a kind's run time in seconds, for estimates.
    pub averages: Mutex<HashMap<i64, f64>>,
}

/// When the head of a queue's class may be due.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub at: Timestamp,
    /// Grows with each hint, so that a claim knows whether it has seen the newest.
    pub hints: u64,
}

impl Queue {
    /// Joins the queue of `store`: takes a node number and reads the names.
    ///
    /// Only [`Place::Alone`] (an SQLite folder under its lock) takes back at once what was running; others
    /// wait for the silence.
    pub async fn open(store: &Store, settings: Settings, clock: Clock, rng: Rng, place: Place) -> Result<Queue, Error> {
        let (number, epoch) = rescue::take_node(store, &settings, &clock, &rng, place).await?;
        let queue = Queue(Arc::new(Inner {
            store: store.clone(),
            settings,
            clock,
            rng,
            ids: Arc::new(IdGen::new(number)),
            epoch,
            kinds: Names::default(),
            queue_names: Names::default(),
            queues: RwLock::default(),
            due: Mutex::default(),
            deadlines: RwLock::default(),
            turn: AtomicUsize::new(0),
            evicted: AtomicBool::new(false),
            wake: Notify::new(),
            signals: broadcast::channel(4_096).0,
            running: Mutex::default(),
            averages: Mutex::default(),
        }));
        let names = ["default", "tracking", "media"].map(|name| params![names::code_of(name), name]).to_vec();
        store.write(move |tx| Box::pin(async move { tx.batch(&sql::QUEUE_ADD, names).await })).await?;
        queue.reload().await?;
        Ok(queue)
    }

    /// The ids of this process: unique beside every other process on the database.
    pub fn ids(&self) -> Arc<IdGen> {
        Arc::clone(&self.0.ids)
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Reads queue and kind names again and forgets what it believed to be idle.
    pub async fn reload(&self) -> Result<(), Error> {
        let mut conn = self.0.store.read_fresh();
        self.0.kinds.learn(names::load_kinds(&mut conn).await?);
        let queues = names::load_queues(&mut conn).await?;
        self.0.queue_names.learn(queues.iter().map(|q| (q.code, q.name.clone())));
        let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        for queue in &queues {
            for priority in 1..=4 {
                due.entry((queue.code, priority)).or_default().at = Timestamp::EPOCH;
            }
        }
        drop(due);
        *self.0.queues.write().unwrap_or_else(PoisonError::into_inner) = queues;
        self.0.wake.notify_one();
        Ok(())
    }

    /// Adds a job inside the caller's transaction. Workers hear of it after the commit.
    pub async fn enqueue<J: Job>(&self, tx: &mut Tx, job: &J, how: Enqueue) -> Result<Enqueued, Error> {
        let body = serde_json::to_string(job).map_err(|source| Error::Encode { kind: J::KIND, source })?;
        let now = self.0.clock.now();
        let waiting = Waiting {
            queue: names::queue_code(tx, &self.0.queue_names, J::QUEUE).await?,
            priority: how.priority.unwrap_or(J::PRIORITY) as i64,
            run_at: how.run_at.unwrap_or(now),
            id: JobId(self.0.ids.next(now)),
            kind: names::kind_code(tx, &self.0.kinds, J::KIND).await?,
            attempt: 0,
            attempts_max: i64::from(how.attempts_max.unwrap_or(J::ATTEMPTS_MAX)),
            rescued: 0,
            created_at: now,
            body,
            group_key: None,
            uniq: job.unique_key().map(|key| format!("{}:{key}", J::KIND)),
            parent: None,
            error: None,
        };
        if let Some(hash) = &waiting.uniq {
            // The holder may end between the two looks: then the key is free, and the next try takes it.
            let mut tries = 0;
            while tx.exec(&sql::UNIQUE_TAKE, params![hash, waiting.id.to_i64()]).await? == 0 {
                if let Some(holder) = tx.opt(&sql::UNIQUE_HOLDER, params![hash]).await? {
                    return Ok(Enqueued::Duplicate(JobId(holder.get(0)?)));
                }
                tries += 1;
                if tries == 10 {
                    return Err(store::Error::Conflict.into());
                }
            }
        }
        tx.exec(&sql::INSERT, waiting.values()).await?;
        let (queue, id) = (self.clone(), waiting.id);
        tx.after_commit(move || {
            ENQUEUED.with(&[J::KIND]).inc();
            queue.0.kinds.learn([(waiting.kind, J::KIND.to_owned())]);
            queue.0.queue_names.learn([(waiting.queue, J::QUEUE.to_owned())]);
            queue.signal(&waiting, SignalKind::Enqueued, None);
            queue.notice(&waiting);
        });
        Ok(Enqueued::New(id))
    }

    /// Adds a job in a transaction of its own.
    pub async fn enqueue_now<J: Job + Clone + Sync>(&self, job: &J, how: Enqueue) -> Result<Enqueued, Error> {
        let (queue, job) = (self.clone(), job.clone());
        self.0.store.write(move |tx| Box::pin(async move { queue.enqueue(tx, &job, how).await })).await
    }

    /// Another process has added work: look at once.
    pub fn poke(&self) {
        let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.values_mut().for_each(|head| head.at = Timestamp::EPOCH);
        drop(due);
        self.0.wake.notify_one();
    }

    /// Follows what happens to jobs in this process. A receiver that is too slow misses some and is told how many.
    pub fn watch(&self) -> broadcast::Receiver<Signal> {
        self.0.signals.subscribe()
    }

    /// Ends the process's membership, so that its number is free at once.
    pub async fn leave(&self) -> Result<(), Error> {
        rescue::leave_node(self).await
    }

    /// Remembers when the head of the job's queue and priority may be due, and wakes the workers.
    pub(crate) fn notice(&self, waiting: &Waiting) {
        let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        let head = due.entry((waiting.queue, waiting.priority)).or_insert(Head { at: waiting.run_at, hints: 0 });
        head.at = head.at.min(waiting.run_at);
        head.hints += 1;
        drop(due);
        self.0.wake.notify_one();
    }

    pub(crate) fn signal(&self, job: &Waiting, kind: SignalKind, detail: Option<String>) {
        // An error means that nobody listens.
        let _ = self.0.signals.send(Signal {
            kind,
            id: job.id,
            job: self.0.kinds.name(job.kind),
            queue: self.0.queue_names.name(job.queue),
            at: self.0.clock.now(),
            detail,
        });
    }

    pub(crate) fn signal_progress(&self, id: JobId, done: u64, total: u64) {
        let _ = self.0.signals.send(Signal {
            kind: SignalKind::Progress,
            id,
            job: String::new(),
            queue: String::new(),
            at: self.0.clock.now(),
            detail: Some(format!("{done}/{total}")),
        });
    }

    /// Removes a waiting job, or asks a running one (in this process) to end.
    pub async fn cancel(&self, id: JobId) -> Result<(), Error> {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(stop) = running {
            stop.notify_one();
            return Ok(());
        }
        let queue = self.clone();
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let row = tx.opt(&sql::WAITING_DROP, params![id.to_i64()]).await?.ok_or(Error::NotFound(id))?;
                    let job = Waiting::read(&row)?;
                    let now = queue.0.clock.now();
                    tx.exec(&sql::DONE_ADD, job.done_values("cancelled", now, now)).await?;
                    job.release(tx).await?;
                    tx.after_commit(move || queue.signal(&job, SignalKind::Cancelled, None));
                    Ok(())
                })
            })
            .await
    }

    /// Puts a dead letter back to work with all its attempts, or makes a waiting retry due now.
    pub async fn retry(&self, id: JobId) -> Result<(), Error> {
        let queue = self.clone();
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let now = queue.0.clock.now();
                    let mut job = if let Some(row) = tx.opt(&sql::DEAD_GET, params![id.to_i64()]).await? {
                        // Two people may ask at once: one of them brings it back.
                        if tx.exec(&sql::DEAD_DROP, params![id.to_i64()]).await? == 0 {
                            return Err(Error::NotFound(id));
                        }
                        let mut job = Waiting::read_dead(&row, now)?;
                        // Somebody may hold the key by now: the redriven job then runs beside it, without the key.
                        if let Some(hash) = &job.uniq
                            && tx.exec(&sql::UNIQUE_TAKE, params![hash, id.to_i64()]).await? == 0
                        {
                            job.uniq = None;
                        }
                        job
                    } else {
                        let row = tx.opt(&sql::WAITING_DROP, params![id.to_i64()]).await?;
                        Waiting::read(&row.ok_or(Error::NotFound(id))?)?
                    };
                    job.run_at = now;
                    tx.exec(&sql::INSERT, job.values()).await?;
                    tx.after_commit(move || queue.notice(&job));
                    Ok(())
                })
            })
            .await
    }

    /// Deletes a dead letter for good.
    pub async fn purge_dead(&self, id: JobId) -> Result<(), Error> {
        self.0
            .store
            .write(move |tx| {
                Box::pin(async move {
                    match tx.exec(&sql::DEAD_DROP, params![id.to_i64()]).await? {
                        0 => Err(Error::NotFound(id)),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }
}
