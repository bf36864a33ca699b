//! The handle: what a process knows of the queue, and how it hears of changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};
use stdx::task::Tasks;
use stdx::{Clock, Id, IdGen, Rng, Timestamp};
use store::{Store, Tx, params};
use tokio::sync::{Notify, Semaphore, broadcast};

use crate::due::{Due, Pair};
use crate::durations::Durations;
use crate::enqueue::Guest;
use crate::names::{self, Names, QueueConf};
use crate::node::{self, Place};
use crate::rate::Allowance;
use crate::view::{Signal, SignalKind};
use crate::waiting::Waiting;
use crate::wire::Wire;
use crate::{Error, JobId, Settings, sql};

pub(crate) static ENQUEUED: Family<Counter> = Family::new(&["kind"], 100);
pub(crate) static FINISHED: Family<Counter> = Family::new(&["kind", "outcome"], 400);
pub(crate) static DURATION: Family<Histogram> = Family::new(&["kind"], 100);
pub(crate) static PICKUP: Histogram = Histogram::new();
pub(crate) static RUNNING: Gauge = Gauge::new();
pub(crate) static AWAY: Gauge = Gauge::new();
pub(crate) static RESCUED: Counter = Counter::new();
pub(crate) static STALE_ACKS: Counter = Counter::new();
pub(crate) static WORKERS: Gauge = Gauge::new();
pub(crate) static CLOCK_SKEW: Gauge = Gauge::new();
/// How many jobs stand where; set by [`Queue::stats`].
pub(crate) static STANDING: Family<Gauge> = Family::new(&["queue", "priority", "state"], 1_000);
/// Age of the oldest due job, in seconds; set by [`Queue::stats`].
pub(crate) static OLDEST: Family<Gauge> = Family::new(&["queue", "priority"], 1_000);

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
    Metric {
        name: "copydesk_queue_workers",
        help: "Jobs that may run at once in this process",
        cell: Cell::Gauge(&WORKERS),
    },
    Metric {
        name: "copydesk_clock_skew_microseconds",
        help: "This process's clock less that of the database",
        cell: Cell::Gauge(&CLOCK_SKEW),
    },
    Metric { name: "copydesk_queue_jobs", help: "Jobs by where they stand", cell: Cell::Gauges(&STANDING) },
    Metric { name: "copydesk_queue_oldest_seconds", help: "Age of the oldest due job", cell: Cell::Gauges(&OLDEST) },
    Metric { name: "copydesk_jobs_running", help: "Jobs running in this process", cell: Cell::Gauge(&RUNNING) },
    Metric {
        name: "copydesk_jobs_waiting_outside",
        help: "Of the running jobs, those that wait for somebody outside and cost no worker",
        cell: Cell::Gauge(&AWAY),
    },
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
    pub place: Place,
    pub kinds: Names,
    pub queue_names: Names,
    pub queues: RwLock<HashMap<i64, QueueConf>>,
    pub due: Mutex<Due>,
    /// Leases that this process knows to be its own; others under its number are those of claims whose
    /// commit was never answered.
    pub held: Mutex<HashSet<Id>>,
    /// Leases of which a part could not be written.
    pub torn: Mutex<HashSet<Id>>,
    /// Jobs that are to end before they start: claimed here, as far as anybody knows.
    pub unwanted: Mutex<HashSet<JobId>>,
    pub allowances: Mutex<HashMap<i64, Allowance>>,
    /// Longest run of a kind by its handler; others have the queue's setting.
    pub deadlines: RwLock<HashMap<i64, Duration>>,
    pub durations: Mutex<Durations>,
    /// Counts the claims, so that classes take turns when there is only one place.
    pub turn: AtomicUsize,
    /// Another process has taken this one's place, or the clock cannot be trusted: nothing may be claimed
    /// or taken back any more.
    pub evicted: AtomicBool,
    /// This process does what only one may do.
    pub leads: AtomicBool,
    pub wake: Notify,
    pub signals: broadcast::Sender<Signal>,
    pub running: Mutex<HashMap<JobId, Arc<Run>>>,
    /// Newest progress of jobs that run here, and when it was told.
    pub progress: Mutex<HashMap<JobId, (Instant, String)>>,
    pub lobby: Mutex<Lobby>,
    /// The way to the other processes.
    pub wire: OnceLock<Wire>,
    pub computing: Arc<Semaphore>,
    /// An entry of `cron` has changed in this process.
    pub cron_changed: Notify,
    pub tasks: Tasks,
}

/// A job that runs here.
#[derive(Debug)]
pub(crate) struct Run {
    /// Somebody wants it to end.
    pub cancel: Notify,
    pub kind: i64,
    pub queue: i64,
    /// The time of its entry of `cron`.
    pub planned_at: Option<Timestamp>,
}

/// Those who wait for a common transaction.
#[derive(Debug, Default)]
pub(crate) struct Lobby {
    pub guests: Vec<Guest>,
    pub is_served: bool,
}

impl Queue {
    /// Joins the queue of `store`: takes a node number and reads the names.
    ///
    /// Only [`Place::Alone`] (an SQLite folder under its lock) takes back at once what was running; others
    /// wait for the silence.
    pub async fn open(store: &Store, settings: Settings, clock: Clock, rng: Rng, place: Place) -> Result<Queue, Error> {
        let (number, epoch) = node::take(store, &settings, &clock, &rng, place).await?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let queue = Queue(Arc::new(Inner {
            store: store.clone(),
            settings,
            clock,
            rng,
            ids: Arc::new(IdGen::new(number)),
            epoch,
            place,
            kinds: Names::default(),
            queue_names: Names::default(),
            queues: RwLock::default(),
            due: Mutex::default(),
            held: Mutex::default(),
            torn: Mutex::default(),
            unwanted: Mutex::default(),
            allowances: Mutex::default(),
            deadlines: RwLock::default(),
            durations: Mutex::default(),
            turn: AtomicUsize::new(0),
            evicted: AtomicBool::new(false),
            leads: AtomicBool::new(false),
            wake: Notify::new(),
            signals: broadcast::channel(4_096).0,
            running: Mutex::default(),
            progress: Mutex::default(),
            lobby: Mutex::default(),
            wire: OnceLock::new(),
            computing: Arc::new(Semaphore::new(cores)),
            cron_changed: Notify::new(),
            tasks: Tasks::default(),
        }));
        let names = ["default", "tracking", "media"].map(|name| params![names::code_of(name), name]).to_vec();
        store.write(move |tx| Box::pin(async move { tx.batch(&sql::QUEUE_ADD, names).await })).await?;
        queue.reload().await?;
        if place != Place::Command {
            // Before the first row of a day, since a day that has begun in the default partition stays there.
            queue.keep_days().await?;
        }
        queue.sweep(true).await?;
        Ok(queue)
    }

    /// The ids of this process: unique beside every other process on the database.
    pub fn ids(&self) -> Arc<IdGen> {
        Arc::clone(&self.0.ids)
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Reads queues, names and durations again.
    pub async fn reload(&self) -> Result<(), Error> {
        let mut conn = self.0.store.read_fresh();
        for row in conn.all(&sql::KINDS, params![]).await? {
            let code = row.get(0)?;
            self.0.kinds.learn(code, &row.get::<String>(1)?);
            self.durations().learn(code, &row.get::<String>(2)?);
        }
        let queues = names::load_queues(&mut conn).await?;
        for conf in &queues {
            self.0.queue_names.learn(conf.code, &conf.name);
        }
        let queues = queues.into_iter().map(|conf| (conf.code, conf)).collect();
        *self.0.queues.write().unwrap_or_else(PoisonError::into_inner) = queues;
        self.0.wake.notify_one();
        Ok(())
    }

    /// Another process has added work without a word: look at once.
    pub fn poke(&self) {
        let queue = self.clone();
        self.0.tasks.spawn(async move {
            if let Err(error) = queue.sweep(true).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "looking for new work failed");
            }
        });
    }

    /// Looks which queues hold jobs, and doubts what is known of them: everything (`whole`), or the last
    /// seconds, in which a transaction may have committed late without a word.
    pub(crate) async fn sweep(&self, whole: bool) -> Result<(), Error> {
        const LATE: Duration = Duration::from_secs(40);
        const END: Pair = (i64::MAX, 0);
        let known = self.due().known();
        let mut found = Vec::new();
        let mut from: Pair = (-1, 0);
        let mut conn = self.0.store.read_fresh();
        for until in known.iter().copied().chain([END]) {
            // Queue codes and priorities are narrower in the table than here.
            let end = if until == END { (i64::from(i32::MAX), 9) } else { until };
            while let Some(row) = conn.opt(&sql::NEXT_PAIR, params![from.0, from.1, end.0, end.1]).await? {
                from = (row.get(0)?, row.get(1)?);
                found.push(from);
            }
            from = until;
        }
        let now = self.0.clock.now();
        let mut due = self.due();
        due.doubt(found, None, now);
        due.doubt(known, (!whole).then_some(LATE), now);
        drop(due);
        self.0.wake.notify_one();
        Ok(())
    }

    /// Hears what happens to jobs: in this process all of it, in others what [`Queue::follow`] names. A
    /// receiver that is too slow misses some and is told how many.
    pub fn watch(&self) -> broadcast::Receiver<Signal> {
        self.0.signals.subscribe()
    }

    /// Ends the process's membership, so that its number is free at once.
    pub async fn leave(&self) -> Result<(), Error> {
        node::leave(self).await
    }

    /// Runs `work` away from the async threads, as many at once as there are cores.
    ///
    /// # Errors
    /// [`Error::Computing`] if it panics.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _place = self.0.computing.acquire().await;
        Ok(tokio::task::spawn_blocking(work).await?)
    }

    /// Has the job end, running or about to.
    pub(crate) fn stop_here(&self, id: JobId) -> bool {
        const UNWANTED_MAX: usize = 10_000;
        if let Some(run) = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            run.cancel.notify_one();
            return true;
        }
        let mut unwanted = self.0.unwanted.lock().unwrap_or_else(PoisonError::into_inner);
        if unwanted.len() >= UNWANTED_MAX {
            unwanted.clear();
        }
        unwanted.insert(id);
        false
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, HashSet<Id>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn due(&self) -> MutexGuard<'_, Due> {
        self.0.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn durations(&self) -> MutexGuard<'_, Durations> {
        self.0.durations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After the commit: remembers when the heads of the jobs' pairs may be due and wakes workers, here
    /// and elsewhere.
    pub(crate) fn notice_after(&self, tx: &mut Tx, jobs: &[Waiting]) {
        let mut heads: BTreeMap<Pair, Timestamp> = BTreeMap::new();
        for job in jobs {
            let head = heads.entry((job.queue, job.priority)).or_insert(job.run_at);
            *head = (*head).min(job.run_at);
        }
        if heads.is_empty() {
            return;
        }
        let queue = self.clone();
        tx.after_commit(move || {
            queue.hint(&heads);
            if let Some(wire) = queue.0.wire.get() {
                wire.tell_heads(&heads);
            }
        });
    }

    /// Jobs stand at these times.
    pub(crate) fn hint(&self, heads: &BTreeMap<Pair, Timestamp>) {
        let now = self.0.clock.now();
        let mut due = self.due();
        for (pair, run_at) in heads {
            due.hint(*pair, *run_at, now);
        }
        drop(due);
        self.0.wake.notify_one();
    }

    /// Somebody may want to hear of single jobs.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.signals.receiver_count() > 0 || self.0.wire.get().is_some_and(Wire::has_company)
    }

    pub(crate) fn signal(&self, job: &Waiting, kind: SignalKind, detail: Option<String>) {
        self.send(Signal {
            kind,
            id: job.id,
            job: self.0.kinds.name(job.kind),
            queue: self.0.queue_names.name(job.queue),
            at: self.0.clock.now(),
            detail,
        });
    }

    /// Tells those who watch, here and elsewhere.
    fn send(&self, signal: Signal) {
        if let Some(wire) = self.0.wire.get() {
            wire.tell_signal(&signal);
        }
        if self.0.signals.receiver_count() > 0 {
            // An error means that nobody listens any more.
            let _ = self.0.signals.send(signal);
        }
    }

    pub(crate) fn planned_at(&self, id: JobId) -> Option<Timestamp> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id)?.planned_at
    }

    pub(crate) fn signal_progress(&self, id: JobId, done: u64, total: u64) {
        const PAUSE: Duration = Duration::from_millis(100);
        let detail = format!("{done}/{total}");
        let now = Instant::now();
        {
            let mut progress = self.0.progress.lock().unwrap_or_else(PoisonError::into_inner);
            let told = progress.get(&id).map(|(told, _)| *told);
            let is_quiet = done < total && told.is_some_and(|told| now.duration_since(told) < PAUSE);
            let told = if is_quiet { told.unwrap_or(now) } else { now };
            progress.insert(id, (told, detail.clone()));
            if is_quiet {
                return;
            }
        }
        let run = self.0.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let Some(run) = run else { return };
        self.send(Signal {
            kind: SignalKind::Progress,
            id,
            job: self.0.kinds.name(run.kind),
            queue: self.0.queue_names.name(run.queue),
            at: self.0.clock.now(),
            detail: Some(detail),
        });
    }
}
