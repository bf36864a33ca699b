//! The process's workers: claim when there is room, run, acknowledge.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::Value as Json;
use stdx::task::{Stop, Tasks};
use stdx::{Backoff, Id, Timestamp};
use tokio::sync::{Notify, mpsc};

use crate::ack::Ack;
use crate::claim::{Lease, Waiting};
use crate::names::code_of;
use crate::queue::{DURATION, PICKUP, RUNNING};
use crate::view::SignalKind;
use crate::{Context, Error, Fault, Job, Queue};

type Run =
    Arc<dyn Fn(Context, &str) -> Pin<Box<dyn Future<Output = Result<Option<Json>, Fault>> + Send>> + Send + Sync>;

struct Handler {
    run: Run,
    deadline: Option<Duration>,
}

/// What to do for each kind of job.
#[derive(Default)]
pub struct Handlers(HashMap<&'static str, Handler>);

impl Handlers {
    /// Runs `handle` for jobs of kind `J`. A returned value is kept as the job's result.
    pub fn on<J, F, Fut>(mut self, handle: F) -> Self
    where
        J: Job,
        F: Fn(Context, J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Json>, Fault>> + Send + 'static,
    {
        let run: Run = Arc::new(move |context, body| match serde_json::from_str::<J>(body) {
            Ok(job) => Box::pin(handle(context, job)),
            Err(error) => {
                let reason = format!("the parameters cannot be read: {error}");
                Box::pin(async { Err(Fault::GiveUp(reason)) })
            }
        });
        self.0.insert(J::KIND, Handler { run, deadline: J::DEADLINE });
        self
    }
}

/// A process's share of the work.
pub struct Workers {
    queue: Queue,
    handlers: Handlers,
    tasks: Tasks,
    acks: mpsc::UnboundedSender<Ack>,
    running: AtomicUsize,
    /// By queue code, for queues with a limit of their own.
    by_queue: Mutex<HashMap<i64, usize>>,
    freed: Notify,
    /// Members of each lease without an acknowledgement.
    left: Arc<Mutex<HashMap<Id, usize>>>,
}

impl Workers {
    /// Starts claiming and running until the tasks are told to stop; running jobs then finish, as
    /// long as the shutdown waits for them.
    pub fn start(queue: &Queue, handlers: Handlers, tasks: &Tasks) -> Arc<Workers> {
        let (acks, inbox) = mpsc::unbounded_channel();
        let workers = Arc::new(Workers {
            queue: queue.clone(),
            handlers,
            tasks: tasks.clone(),
            acks,
            running: AtomicUsize::new(0),
            by_queue: Mutex::default(),
            freed: Notify::new(),
            left: Arc::default(),
        });
        tasks.spawn(Arc::clone(&workers).claim_loop(tasks.stop()));
        tasks.spawn(acknowledge(queue.clone(), inbox, Arc::clone(&workers.left)));
        let mut deadlines = queue.0.deadlines.write().unwrap_or_else(PoisonError::into_inner);
        for (kind, handler) in &workers.handlers.0 {
            deadlines.extend(handler.deadline.map(|limit| (code_of(kind), limit)));
        }
        drop(deadlines);
        tasks.spawn(Arc::clone(&workers).heartbeat(tasks.stop()));
        tasks.spawn(keep_house(queue.clone(), tasks.stop()));
        workers
    }

    /// Jobs running now in this process.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    async fn claim_loop(self: Arc<Self>, mut stop: Stop) {
        let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut failures = 0;
        while !stop.is_set() {
            let free = (self.queue.0.settings.workers_max as usize).saturating_sub(self.running());
            match self.queue.claim(free, |queue| self.room(queue)).await {
                Ok(Some(lease)) => {
                    failures = 0;
                    self.start_jobs(lease);
                    continue;
                }
                Ok(None) => failures = 0,
                Err(error) => {
                    failures += 1;
                    if failures == 1 {
                        tracing::error!(error = &error as &dyn std::error::Error, "claiming jobs failed; trying again");
                    }
                    stop.sleep(pause.delay(failures, &self.queue.0.rng)).await;
                    continue;
                }
            }
            tokio::select! {
                () = self.queue.0.wake.notified() => {}
                () = self.freed.notified(), if free == 0 => {}
                () = self.until_due() => {}
                () = stop.wait() => {}
            }
        }
    }

    /// Until something known may be due; at most a second, since other processes add work too.
    async fn until_due(&self) {
        let now = self.queue.0.clock.now();
        let next = {
            let due = self.queue.0.due.lock().unwrap_or_else(PoisonError::into_inner);
            due.values().map(|head| head.at).filter(|at| *at > now).min()
        };
        let wait = next
            .map_or(Duration::from_secs(1), |at| at.since(now))
            .clamp(Duration::from_millis(1), Duration::from_secs(1));
        tokio::time::sleep(wait).await;
        if wait == Duration::from_secs(1) && self.queue.0.store.engine() == store::Engine::Postgres {
            // Other processes' work announces itself to nobody here: look again.
            self.queue.poke();
        }
    }

    /// Says that this process lives, as long as a job of it runs: also while it is being stopped.
    async fn heartbeat(self: Arc<Self>, mut stop: Stop) {
        let pause = Duration::from_secs(self.queue.0.settings.heartbeat_s);
        while !stop.is_set() || self.running() > 0 {
            match self.queue.beat().await {
                Ok(true) => {}
                Ok(false) => tracing::error!(
                    "this process was silent for so long that another took its place; it takes no more work until it is restarted"
                ),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the heartbeat failed; trying again")
                }
            }
            if stop.is_set() {
                tokio::time::sleep(pause.min(Duration::from_millis(200))).await;
            } else {
                stop.sleep(pause).await;
            }
        }
    }

    fn room(&self, queue: i64) -> usize {
        let queues = self.queue.0.queues.read().unwrap_or_else(PoisonError::into_inner);
        match queues.iter().find(|conf| conf.code == queue) {
            Some(conf) if conf.paused => 0,
            Some(conf) if conf.concurrency > 0 => {
                let running = self
                    .by_queue
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(&queue)
                    .copied()
                    .unwrap_or_default();
                (conf.concurrency as usize).saturating_sub(running)
            }
            _ => usize::MAX,
        }
    }

    fn start_jobs(self: &Arc<Self>, lease: Lease) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(lease.id, lease.jobs.len());
        for job in lease.jobs {
            self.running.fetch_add(1, Ordering::SeqCst);
            RUNNING.add(1);
            *self.by_queue.lock().unwrap_or_else(PoisonError::into_inner).entry(job.queue).or_default() += 1;
            let workers = Arc::clone(self);
            self.tasks.spawn(async move { workers.run(lease.id, lease.claimed_at, job).await });
        }
    }

    async fn run(&self, lease: Id, started_at: Timestamp, job: Waiting) {
        let queue = &self.queue;
        let kind = match queue.0.kinds.known(job.kind) {
            Some(kind) => kind,
            None => {
                // Another process was the first to use this kind. A failure shows as an unknown kind below.
                let _ = queue.reload().await;
                queue.0.kinds.name(job.kind)
            }
        };
        PICKUP.record(started_at.since(job.run_at));
        let cancel = Arc::new(Notify::new());
        queue.0.running.lock().unwrap_or_else(PoisonError::into_inner).insert(job.id, Arc::clone(&cancel));
        queue.signal(&job, SignalKind::Started, None);
        let clock = Instant::now();
        let outcome = self.outcome(&kind, &job, &cancel).await;
        let time = clock.elapsed();
        DURATION.with(&[&kind]).record(time);
        queue.learn_duration(job.kind, time);
        queue.0.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.id);
        let code = job.queue;
        // An error means that the process ends; the lease is then rescued.
        let _ = self.acks.send(Ack { lease, job, started_at, outcome });
        if let Some(n) = self.by_queue.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&code) {
            *n = n.saturating_sub(1);
        }
        RUNNING.add(-1);
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.freed.notify_one();
    }

    async fn outcome(&self, kind: &str, job: &Waiting, cancel: &Notify) -> Result<Option<Json>, Fault> {
        let Some(handler) = self.handlers.0.get(kind) else {
            return Err(Fault::GiveUp(format!("this process has no handler for jobs of kind {kind}")));
        };
        let context = Context {
            id: job.id,
            attempt: job.attempt as u32 + 1,
            attempts_max: job.attempts_max as u32,
            queue: self.queue.clone(),
        };
        let deadline = handler.deadline.unwrap_or(Duration::from_secs(self.queue.0.settings.deadline_s));
        let work = AssertUnwindSafe((handler.run)(context, &job.body)).catch_unwind();
        tokio::select! {
            done = tokio::time::timeout(deadline, work) => match done {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Err(Fault::Retry { error: format!("the job panicked: {}", panic_text(&*panic)), after: None }),
                Err(_) => Err(Fault::Retry { error: format!("not finished within {} s", deadline.as_secs()), after: None }),
            },
            () = cancel.notified() => Err(Fault::Cancel),
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Writes acknowledgements: at once when idle, together while a write is in flight. Ends when no worker is left.
async fn acknowledge(queue: Queue, mut inbox: mpsc::UnboundedReceiver<Ack>, left: Arc<Mutex<HashMap<Id, usize>>>) {
    let pause = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
    let mut acks = Vec::new();
    while inbox.recv_many(&mut acks, 512).await > 0 {
        let mut remaining = std::mem::take(&mut *left.lock().unwrap_or_else(PoisonError::into_inner));
        let batch = std::mem::take(&mut acks);
        let mut result = queue.flush(batch, &mut remaining).await;
        {
            // Leases that were claimed meanwhile have been put in by the claimer.
            let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
            for (lease, n) in remaining {
                left.entry(lease).or_insert(n);
            }
        }
        let mut failures = 0;
        while let Err((error, flush)) = result {
            failures += 1;
            if failures == 1 {
                tracing::error!(error = &error as &dyn std::error::Error, "acknowledging jobs failed; trying again");
            }
            if !error.is_transient() {
                // One of them cannot be written, whatever the weather: the others must not wait for it.
                result = queue.write_apart(flush).await;
                continue;
            }
            // Without an end: giving up would only run the jobs again, and the store is away anyway.
            tokio::time::sleep(pause.delay(failures, &queue.0.rng)).await;
            result = queue.write(flush).await;
        }
    }
}

/// Rescue, names and pruning. The heartbeat is apart, so that nothing slow can silence it.
async fn keep_house(queue: Queue, mut stop: Stop) {
    let mut rounds: u64 = 0;
    loop {
        if let Err(error) = round(&queue, rounds).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the queue's housekeeping failed; trying again");
        }
        rounds += 1;
        if !stop.sleep(Duration::from_secs(queue.0.settings.heartbeat_s)).await {
            return;
        }
    }
}

async fn round(queue: &Queue, rounds: u64) -> Result<(), Error> {
    // Who judges others must have shown to be alive itself.
    if queue.beat().await? {
        queue.rescue().await?;
    }
    queue.reload().await?;
    if rounds.is_multiple_of(900) {
        queue.prune().await?;
    }
    Ok(())
}

impl Queue {
    pub(crate) fn backoff(&self) -> Backoff {
        let settings = &self.0.settings;
        Backoff::new(Duration::from_millis(settings.retry_delay_ms), Duration::from_secs(settings.retry_delay_max_s))
    }

    fn learn_duration(&self, kind: i64, time: Duration) {
        let mut averages = self.0.averages.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = time.as_secs_f64();
        averages.entry(kind).and_modify(|average| *average += 0.2 * (seconds - *average)).or_insert(seconds);
    }
}
