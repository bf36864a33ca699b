//! The process's workers: claim when there is room, run, acknowledge.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::Value as Json;
use stdx::task::{Stop, Tasks};
use stdx::{Backoff, Id};
use tokio::sync::{Notify, mpsc};

use crate::ack::{Ack, End, Ledger};
use crate::claim::{Lease, Offer};
use crate::names::code_of;
use crate::node::NodeInfo;
use crate::pool::{Cpu, Load, PoolView, Pools};
use crate::queue::{AWAY, DURATION, PICKUP, RUNNING, Run};
use crate::view::SignalKind;
use crate::waiting::Waiting;
use crate::{Context, Fault, Job, JobId, Priority, Queue, cron, heartbeat, house, outside};

type Handle =
    Arc<dyn Fn(Context, &str) -> Pin<Box<dyn Future<Output = Result<Option<Json>, Fault>> + Send>> + Send + Sync>;

struct Handler {
    run: Handle,
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
        let run: Handle = Arc::new(move |context, body| match serde_json::from_str::<J>(body) {
            Ok(job) => Box::pin(handle(context, job)),
            Err(error) => {
                let reason = format!("the parameters cannot be read: {error}");
                Box::pin(async { Err(Fault::GiveUp(reason)) })
            }
        });
        self.0.insert(J::KIND, Handler { run, deadline: J::DEADLINE });
        self
    }

    /// Like [`Handlers::on`] for work that computes: it runs away from the async threads, as many at once
    /// as there are cores. A deadline or a cancellation does not stop it, only its answer.
    pub fn on_computing<J, F>(self, handle: F) -> Self
    where
        J: Job,
        F: Fn(Context, J) -> Result<Option<Json>, Fault> + Send + Sync + 'static,
    {
        let handle = Arc::new(handle);
        self.on(move |context: Context, job: J| {
            let handle = Arc::clone(&handle);
            async move {
                let queue = context.queue.clone();
                queue.compute(move || handle(context, job)).await?
            }
        })
    }
}

/// A process's share of the work.
pub struct Workers {
    queue: Queue,
    handlers: Handlers,
    tasks: Tasks,
    pools: Pools,
    shelf: Mutex<Shelf>,
    /// Kinds that this process has met, by code.
    kinds: Mutex<HashMap<i64, Option<&'static str>>>,
    acks: mpsc::UnboundedSender<Ack>,
    ledger: Mutex<Ledger>,
    /// A job has ended or a pool has grown.
    changed: Notify,
}

/// What is in hand: claimed and not ended.
#[derive(Debug, Default)]
struct Shelf {
    /// By class, in the order of their claims.
    ready: [VecDeque<Item>; 4],
    /// Workers at it.
    staff: usize,
    running: [usize; 4],
    /// Of those that run, the ones that wait for somebody outside: they have no worker and cost nothing.
    away: usize,
    /// In workers, by class: a quick job takes a small part of one.
    cost: [f64; 4],
    by_queue: HashMap<i64, usize>,
    turn: usize,
    is_closed: bool,
}

#[derive(Debug)]
struct Item {
    lease: Id,
    cost: f64,
    job: Waiting,
}

/// Which class a worker takes from next, if it has any: 8, 4, 2 and 1 of 15 turns.
const TURNS: [usize; 15] = [0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0];
/// Jobs that a worker runs before it lets others have the thread.
const STRETCH: usize = 32;
/// The longest pause of the claimer.
const LONGEST: Duration = Duration::from_secs(1);
/// How often the pools are sized.
const LOOK: Duration = Duration::from_millis(250);

impl Shelf {
    fn ready(&self) -> usize {
        self.ready.iter().map(VecDeque::len).sum()
    }

    fn running(&self) -> usize {
        self.running.iter().sum()
    }

    fn pop(&mut self) -> Option<Item> {
        let lead = TURNS[self.turn % TURNS.len()];
        let class = std::iter::once(lead).chain(0..4).find(|class| !self.ready[*class].is_empty())?;
        self.turn += 1;
        let item = self.ready[class].pop_front()?;
        self.running[class] += 1;
        Some(item)
    }

    /// The job is not in hand any more.
    fn forget(&mut self, class: usize, queue: i64, cost: f64) {
        self.cost[class] = (self.cost[class] - cost).max(0.0);
        if let Some(n) = self.by_queue.get_mut(&queue) {
            *n = n.saturating_sub(1);
        }
    }

    fn is_empty(&self) -> bool {
        self.running() == 0 && self.ready() == 0
    }
}

impl Workers {
    /// Starts claiming and running until the tasks are told to stop; running jobs then finish, as
    /// long as the shutdown waits for them, and jobs that were claimed but not started go back.
    pub fn start(queue: &Queue, handlers: Handlers, tasks: &Tasks) -> Arc<Workers> {
        let (acks, inbox) = mpsc::unbounded_channel();
        let settings = &queue.0.settings;
        let workers = Arc::new(Workers {
            queue: queue.clone(),
            handlers,
            tasks: tasks.clone(),
            pools: Pools::new(settings.workers_min as usize, settings.workers_max as usize),
            shelf: Mutex::default(),
            kinds: Mutex::default(),
            acks,
            ledger: Mutex::default(),
            changed: Notify::new(),
        });
        let mut deadlines = queue.0.deadlines.write().unwrap_or_else(PoisonError::into_inner);
        for (kind, handler) in &workers.handlers.0 {
            deadlines.extend(handler.deadline.map(|limit| (code_of(kind), limit)));
        }
        drop(deadlines);
        tasks.spawn(Arc::clone(&workers).claim_loop(tasks.stop()));
        tasks.spawn(Arc::clone(&workers).acknowledge(inbox, tasks.stop()));
        heartbeat::start(&workers, tasks);
        tasks.spawn(Arc::clone(&workers).size_pools(tasks.stop()));
        tasks.spawn(house::keep(queue.clone(), tasks.stop()));
        tasks.spawn(cron::keep(queue.clone(), tasks.stop()));
        workers
    }

    /// Jobs running now in this process.
    pub fn running(&self) -> usize {
        self.shelf().running()
    }

    /// The pools of this process, the most urgent first.
    pub fn pools(&self) -> [PoolView; 4] {
        let running = self.shelf().running;
        Priority::ALL.map(|priority| PoolView {
            priority,
            size: self.pools.size(priority),
            running: running[priority as usize - 1],
        })
    }

    /// What this process tells of itself; `None` once nothing is in hand.
    pub(crate) fn info(&self) -> Option<NodeInfo> {
        let shelf = self.shelf();
        let info = NodeInfo { workers: self.pools.ceiling() as u32, running: shelf.running() as u32, skew_us: 0 };
        (!shelf.is_empty() || !shelf.is_closed).then_some(info)
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn claim_loop(self: Arc<Self>, mut stop: Stop) {
        let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut failures = 0;
        let mut swept = Instant::now();
        while !stop.is_set() {
            // Where nobody tells of other processes' work it is looked for.
            if swept.elapsed() >= LONGEST && !self.queue.hears() {
                swept = Instant::now();
                // An error shows at the next claim.
                let _ = self.queue.sweep(false).await;
            }
            let Some(free) = self.free() else {
                tokio::select! {
                    () = self.changed.notified() => {}
                    () = stop.wait() => {}
                }
                continue;
            };
            let room = |queue| self.room(queue);
            let offer = Offer { workers: free.0, by_class: free.1, room: &room };
            match self.claim_and_start(offer).await {
                Ok(true) => {
                    failures = 0;
                    continue;
                }
                Ok(false) => failures = 0,
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
                () = self.changed.notified() => {}
                () = self.until_due() => {}
                () = stop.wait() => {}
            }
        }
        self.give_back();
    }

    async fn claim_and_start(self: &Arc<Self>, offer: Offer<'_>) -> Result<bool, store::Error> {
        let Some((lease, ends)) = self.queue.claim(offer).await? else { return Ok(false) };
        self.put(lease);
        self.queue.look_at(&ends).await?;
        Ok(true)
    }

    /// Free places, in all and by class; `None` while it is not worth asking for more. One place is
    /// kept for critical work.
    fn free(&self) -> Option<(f64, [f64; 4])> {
        let shelf = self.shelf();
        let ceiling = self.pools.ceiling() as f64;
        let used: f64 = shelf.cost.iter().sum();
        let kept = if ceiling >= 4.0 && shelf.cost[0] < 1.0 { 1.0 } else { 0.0 };
        let (mut by_class, mut is_worth) = ([0.0; 4], false);
        for (class, priority) in Priority::ALL.into_iter().enumerate() {
            let total = ceiling - used - if class == 0 { 0.0 } else { kept };
            let size = self.pools.size(priority) as f64;
            by_class[class] = (size - shelf.cost[class]).min(total).max(0.0);
            // While there is something to run, a claim is put off until it is a good one.
            let least = if shelf.ready[class].is_empty() { f64::MIN_POSITIVE } else { size / 2.0 };
            is_worth |= by_class[class] >= least;
        }
        is_worth.then_some((ceiling - used, by_class))
    }

    /// Until something known may be due; at most a second.
    async fn until_due(&self) {
        let now = self.queue.0.clock.now();
        let next = self.queue.due().next();
        tokio::time::sleep(next.map_or(LONGEST, |at| at.since(now)).clamp(Duration::from_millis(1), LONGEST)).await;
    }

    async fn size_pools(self: Arc<Self>, mut stop: Stop) {
        let mut cpu = Cpu::default();
        while stop.sleep(LOOK).await {
            let used = self.shelf().cost;
            let mut loads = [Load::default(); 4];
            for (class, load) in loads.iter_mut().enumerate() {
                let (wait, slowdown) = self.queue.due().pressure(class as i64 + 1, self.queue.0.clock.now());
                *load = Load { used: used[class], wait, slowdown };
            }
            self.pools.look(&loads, cpu.read().unwrap_or_default());
            self.changed.notify_one();
        }
    }

    /// How many more jobs of `queue` may be in hand.
    fn room(&self, queue: i64) -> usize {
        let queues = self.queue.0.queues.read().unwrap_or_else(PoisonError::into_inner);
        match queues.get(&queue) {
            Some(conf) if conf.paused => 0,
            Some(conf) if conf.concurrency > 0 => {
                let here = self.shelf().by_queue.get(&queue).copied().unwrap_or_default();
                (conf.concurrency as usize).saturating_sub(here)
            }
            _ => usize::MAX,
        }
    }

    fn put(self: &Arc<Self>, lease: Lease) {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).open(lease.id, lease.jobs.len());
        let mut due = self.queue.due();
        let costs: Vec<f64> = lease.jobs.iter().map(|job| due.cost((job.queue, job.priority))).collect();
        due.claimed(&lease.jobs);
        drop(due);
        let mut shelf = self.shelf();
        for (job, cost) in lease.jobs.into_iter().zip(costs) {
            let class = job.class() as usize - 1;
            shelf.cost[class] += cost;
            *shelf.by_queue.entry(job.queue).or_default() += 1;
            shelf.ready[class].push_back(Item { lease: lease.id, cost, job });
        }
        self.hire(&mut shelf);
    }

    /// As many workers as there is work, up to the ceiling.
    fn hire(self: &Arc<Self>, shelf: &mut Shelf) {
        while shelf.staff < self.pools.ceiling() && shelf.staff < shelf.running() - shelf.away + shelf.ready() {
            shelf.staff += 1;
            let worker = Arc::clone(self);
            self.tasks.spawn(async move { worker.work().await });
        }
    }

    /// Gives the place of a job that waits to others; `false` when too many wait.
    pub(crate) fn lend(self: &Arc<Self>, class: usize, cost: f64) -> bool {
        let mut shelf = self.shelf();
        if shelf.away >= self.queue.0.settings.waiting_max as usize {
            return false;
        }
        shelf.away += 1;
        shelf.staff -= 1;
        shelf.cost[class] = (shelf.cost[class] - cost).max(0.0);
        AWAY.add(1);
        self.hire(&mut shelf);
        drop(shelf);
        self.changed.notify_one();
        true
    }

    /// The job goes on. For a moment more may run than there are places.
    pub(crate) fn take_back(&self, class: usize, cost: f64) {
        let mut shelf = self.shelf();
        shelf.away -= 1;
        shelf.staff += 1;
        shelf.cost[class] += cost;
        AWAY.add(-1);
    }

    /// Runs what is ready until nothing is.
    async fn work(self: Arc<Self>) {
        let mut stretch = 0;
        loop {
            let item = {
                let mut shelf = self.shelf();
                // Those that come back from a wait may be too many.
                let item = if shelf.staff > self.pools.ceiling() { None } else { shelf.pop() };
                if item.is_none() {
                    shelf.staff -= 1;
                }
                item
            };
            let Some(item) = item else { break };
            self.run(item).await;
            stretch += 1;
            if stretch % STRETCH == 0 {
                tokio::task::yield_now().await;
            }
        }
        self.changed.notify_one();
    }

    async fn run(self: &Arc<Self>, item: Item) {
        let Item { lease, cost, job } = item;
        let (queue, class) = (&self.queue, job.class() as usize - 1);
        let kind = self.kind(job.kind).await;
        let started_at = queue.0.clock.now();
        PICKUP.record(started_at.since(job.run_at));
        let run = Arc::new(Run {
            cancel: Notify::new(),
            kind: job.kind,
            queue: job.queue,
            planned_at: cron::planned_at(job.uniq.as_deref()),
        });
        queue.0.running.lock().unwrap_or_else(PoisonError::into_inner).insert(job.id, Arc::clone(&run));
        queue.signal(&job, SignalKind::Started, None);
        RUNNING.add(1);
        let clock = Instant::now();
        if queue.is_unwanted(job.id) {
            run.cancel.notify_one();
        }
        let outcome = outside::seated(self, class, cost, self.outcome(kind, &job, &run.cancel)).await;
        let time = clock.elapsed();
        RUNNING.add(-1);
        queue.0.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.id);
        self.learn(kind, &job, time);
        let code = job.queue;
        // Before it leaves the hand: whoever waits for the last ones to end must not miss this. An error means
        // that the process ends; the lease is then rescued.
        let _ = self.acks.send(Ack { lease, job, started_at, time, end: End::Ran(outcome) });
        {
            let mut shelf = self.shelf();
            shelf.running[class] -= 1;
            shelf.forget(class, code, cost);
            let ready = shelf.ready();
            // Not for every quick job: the claimer has better things to do.
            if ready < 8 || ready.is_multiple_of(64) {
                self.changed.notify_one();
            }
        }
    }

    fn learn(&self, kind: Option<&'static str>, job: &Waiting, time: Duration) {
        if let Some(kind) = kind {
            DURATION.with(&[kind]).record(time);
        }
        self.queue.durations().record(job.kind, time);
        self.queue.due().ran((job.queue, job.priority), time.as_secs_f64());
        let mut progress = self.queue.0.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if !progress.is_empty() {
            progress.remove(&job.id);
        }
    }

    /// The kind's name, if this process can run it.
    async fn kind(&self, code: i64) -> Option<&'static str> {
        let known = self.kinds.lock().unwrap_or_else(PoisonError::into_inner).get(&code).copied();
        if let Some(kind) = known {
            return kind;
        }
        if self.queue.0.kinds.known(code).is_none() {
            // Another process was the first to use this kind. A failure shows as an unknown kind below.
            let _ = self.queue.reload().await;
        }
        let kind = self.handlers.0.keys().copied().find(|kind| code_of(kind) == code);
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(code, kind);
        kind
    }

    async fn outcome(&self, kind: Option<&'static str>, job: &Waiting, cancel: &Notify) -> Result<Option<Json>, Fault> {
        let Some(handler) = kind.and_then(|kind| self.handlers.0.get(kind)) else {
            let kind = self.queue.0.kinds.name(job.kind);
            return Err(Fault::GiveUp(format!("this process has no handler for jobs of kind {kind}")));
        };
        let context = Context {
            id: job.id,
            attempt: job.attempt as u32 + 1,
            attempts_max: job.attempts_max as u32,
            rescues: job.rescued as u32,
            queue: self.queue.clone(),
        };
        let deadline = self.queue.deadline(job.kind);
        // The parameters are read and the handler is called inside, too: any of it may panic.
        let work = AssertUnwindSafe(async { (handler.run)(context, &job.body).await }).catch_unwind();
        tokio::select! {
            biased;
            () = cancel.notified() => Err(Fault::Cancel),
            done = tokio::time::timeout(deadline, work) => match done {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panic)) => Err(Fault::Retry { error: format!("the job panicked: {}", panic_text(&*panic)), after: None }),
                Err(_) => Err(Fault::Retry { error: format!("not finished within {} s", deadline.as_secs()), after: None }),
            },
        }
    }

    /// What was claimed and not started goes back to where it was.
    fn give_back(&self) {
        let mut shelf = self.shelf();
        shelf.is_closed = true;
        let now = self.queue.0.clock.now();
        for class in 0..4 {
            while let Some(Item { lease, cost, job, .. }) = shelf.ready[class].pop_front() {
                shelf.forget(class, job.queue, cost);
                let ack = Ack { lease, job, started_at: now, time: Duration::ZERO, end: End::NotStarted };
                let _ = self.acks.send(ack);
            }
        }
    }

    /// Writes acknowledgements: at once when idle, together while a write is in flight. Ends when nothing is
    /// in hand and the process wants to end.
    async fn acknowledge(self: Arc<Self>, mut inbox: mpsc::UnboundedReceiver<Ack>, mut stop: Stop) {
        const MOST: usize = 4_096;
        let pause = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        let mut wait: Option<Duration> = None;
        loop {
            let mut acks = Vec::new();
            let is_over = stop.is_set() && {
                let shelf = self.shelf();
                shelf.is_closed && shelf.is_empty()
            };
            if is_over && inbox.is_empty() {
                self.flush(acks, true, &pause).await;
                return;
            }
            tokio::select! {
                biased;
                _ = inbox.recv_many(&mut acks, MOST) => {}
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
                () = stop.wait(), if !stop.is_set() => {}
                () = tokio::time::sleep(Duration::from_millis(20)), if stop.is_set() => {}
            }
            // Those that a thread is about to send belong to the same write.
            if !acks.is_empty() && acks.len() < MOST {
                tokio::task::yield_now().await;
                while acks.len() < MOST
                    && let Ok(ack) = inbox.try_recv()
                {
                    acks.push(ack);
                }
            }
            wait = self.flush(acks, stop.is_set(), &pause).await;
        }
    }

    async fn flush(&self, acks: Vec<Ack>, all: bool, pause: &Backoff) -> Option<Duration> {
        let (flush, wait) = {
            let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            self.queue.enter(acks, &mut ledger, all)
        };
        if flush.is_empty() {
            return wait;
        }
        let mut result = self.queue.write(flush).await;
        let mut failures = 0;
        while let Err((error, flush)) = result {
            failures += 1;
            if failures == 1 {
                tracing::error!(error = &error as &dyn std::error::Error, "acknowledging jobs failed; trying again");
            }
            if !error.is_transient() {
                // One of them cannot be written, whatever the weather: the others must not wait for it.
                result = self.queue.write_apart(flush).await;
                continue;
            }
            // Without an end: giving up would only run the jobs again, and the store is away anyway.
            tokio::time::sleep(pause.delay(failures, &self.queue.0.rng)).await;
            result = self.queue.write(flush).await;
        }
        wait
    }
}

impl Queue {
    /// Somebody has cancelled the job between its claim and its start.
    fn is_unwanted(&self, id: JobId) -> bool {
        let mut unwanted = self.0.unwanted.lock().unwrap_or_else(PoisonError::into_inner);
        !unwanted.is_empty() && unwanted.remove(&id)
    }

    /// The longest that a job of the kind may run.
    pub(crate) fn deadline(&self, kind: i64) -> Duration {
        let by_handler = self.0.deadlines.read().unwrap_or_else(PoisonError::into_inner).get(&kind).copied();
        by_handler
            .or_else(|| self.durations().deadline(kind))
            .unwrap_or(Duration::from_secs(self.0.settings.deadline_s))
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
