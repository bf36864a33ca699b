//! The thread that writes. What waits when it becomes free goes into one transaction, each closure in
//! its own savepoint; the callers are answered after the COMMIT that they share.

use std::collections::VecDeque;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use stdx::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{Lock, Mode, Options, Session};
use crate::conn::{Hook, Link, run_hooks};
use crate::migration::{self, Applied};
use crate::slow::SlowLog;
use crate::stats::{Counters, Meter, PoolStats, RETRIES, WRITERS_WAITING};
use crate::{BoxFuture, Engine, Error, MigrationSet, Tx, statement};

/// Most closures in one transaction, and the time after which no further one is run in it.
const GROUP_MAX: usize = 256;
const GROUP_TIME: Duration = Duration::from_millis(20);
/// Most closures that wait; more callers wait without having handed theirs over.
const WAITING_MAX: usize = 4_096;
/// After so long without a write the log is moved into the database.
const IDLE: Duration = Duration::from_secs(5);
/// A log of this size is emptied even under load, looked at every so many commits.
const LOG_BYTES_MAX: u64 = 256 << 20;
const COMMITS_PER_LOOK: u32 = 256;

pub(crate) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Message>>>,
    room: Arc<Semaphore>,
    wait: Duration,
    meter: Arc<Meter>,
}

enum Message {
    Work(Box<dyn Work>),
    Close(oneshot::Sender<()>),
}

/// A closure with its caller, without their types.
trait Work: Send {
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
    /// Runs the closure; `true` if its changes are to be kept.
    fn attempt(&mut self, tx: &mut Tx) -> bool;
    /// Answers the caller.
    fn settle(self: Box<Self>, committed: Result<(), Error>);
}

impl Writer {
    /// Opens the database on the new thread and returns when it is ready.
    pub async fn start(
        file: PathBuf,
        options: Options,
        mode: Mode,
        lock: Option<Lock>,
        clock: Clock,
        counters: Arc<Counters>,
        slow: Arc<SlowLog>,
    ) -> Result<Self, Error> {
        let (jobs, inbox) = mpsc::channel();
        let (ready, opened) = oneshot::channel();
        let meter = Arc::<Meter>::default();
        let own = Arc::clone(&meter);
        let run = move || {
            let session = match open(&file, options, &mode, &clock) {
                Ok(session) => session.counted_by(own),
                Err(e) => {
                    // The lock first: the caller may try again at once.
                    drop(lock);
                    let _ = ready.send(Err(e));
                    return;
                }
            };
            let _ = ready.send(Ok(()));
            let mut thread = Thread {
                tx: Tx::new(Link::Lite(session), slow),
                log: log_of(&file),
                commits: 0,
                is_dirty: true,
                counters,
            };
            let closing = thread.run(&inbox);
            thread.end();
            drop(lock);
            if let Some(done) = closing {
                let _ = done.send(());
            }
        };
        std::thread::Builder::new().name("store-write".to_owned()).spawn(run)?;
        opened.await.unwrap_or(Err(Error::Cancelled))?;
        Ok(Writer {
            jobs: Mutex::new(Some(jobs)),
            room: Arc::new(Semaphore::new(WAITING_MAX)),
            wait: options.busy_timeout,
            meter,
        })
    }

    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let place = match Arc::clone(&self.room).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                let place = tokio::time::timeout(self.wait, Arc::clone(&self.room).acquire_owned()).await;
                place.map_err(|_| self.exhausted())?.map_err(|_| Error::Closed)?
            }
        };
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { start: Some(Instant::now()), meter: Arc::clone(&self.meter), _place: place };
        WRITERS_WAITING.add(1);
        let work = Closure { f, result: None, hooks: Vec::new(), reply, waiting };
        self.send(Message::Work(Box::new(work)))?;
        answer.await.unwrap_or_else(|_| Err(Error::Cancelled.into()))
    }

    pub fn stats(&self) -> PoolStats {
        let waiting = WAITING_MAX.saturating_sub(self.room.available_permits());
        self.meter.stats(PoolStats {
            name: "write",
            max: 1,
            total: 1,
            active: usize::from(waiting > 0),
            idle: usize::from(waiting == 0),
            waiting,
            ..PoolStats::default()
        })
    }

    fn exhausted(&self) -> Error {
        self.meter.refused.inc();
        Error::Exhausted { setting: "the writer's queue", size: WAITING_MAX, waited_s: self.wait.as_secs() }
    }

    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.send(Message::Close(done)).is_ok() {
            self.room.close();
            self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _ = closed.await;
        }
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().and_then(|jobs| jobs.send(message).ok()).ok_or(Error::Closed)
    }
}

struct Thread {
    tx: Tx,
    /// The write-ahead log's file.
    log: PathBuf,
    commits: u32,
    /// Whether the log may hold what the database does not.
    is_dirty: bool,
    counters: Arc<Counters>,
}

impl Thread {
    /// Works until the store is closed or forgotten; whom to tell about it.
    fn run(&mut self, inbox: &mpsc::Receiver<Message>) -> Option<oneshot::Sender<()>> {
        loop {
            let message = if self.is_dirty {
                match inbox.recv_timeout(IDLE) {
                    Err(RecvTimeoutError::Timeout) => {
                        self.checkpoint();
                        continue;
                    }
                    other => other.ok(),
                }
            } else {
                inbox.recv().ok()
            };
            let mut group = VecDeque::new();
            let mut closing = None;
            match message? {
                Message::Work(work) => group.push_back(work),
                Message::Close(done) => return Some(done),
            }
            // Whatever came in during the last COMMIT shares the next one.
            while group.len() < GROUP_MAX {
                match inbox.try_recv() {
                    Ok(Message::Work(work)) => group.push_back(work),
                    Ok(Message::Close(done)) => {
                        closing = Some(done);
                        break;
                    }
                    Err(_) => break,
                }
            }
            self.commit(group);
            if closing.is_some() {
                return closing;
            }
        }
    }

    /// Runs and commits `group`; every caller in it is answered.
    fn commit(&mut self, mut group: VecDeque<Box<dyn Work>>) {
        while !group.is_empty() {
            if let Err(e) = self.run_one("BEGIN IMMEDIATE") {
                return settle(group, &Err(e));
            }
            let mut kept = VecDeque::new();
            if self.attempt(&mut group, &mut kept).is_err() {
                // SQLite gave up the transaction with one closure; the others start again without it.
                RETRIES.add(kept.len() as u64);
                kept.append(&mut group);
                group = kept;
                continue;
            }
            let start = Instant::now();
            match self.run_one("COMMIT") {
                Ok(()) => {
                    self.is_dirty = true;
                    self.counters.committed(kept.len() as u64, start.elapsed());
                    settle(kept, &Ok(()));
                    self.look_at_the_log();
                }
                Err(e) => {
                    self.roll_back();
                    if matches!(e, Error::Constraint { .. }) && kept.len() > 1 {
                        // A deferred reference of one of them is open: let each answer for itself.
                        kept.into_iter().for_each(|one| self.commit(VecDeque::from([one])));
                    } else {
                        settle(kept, &Err(e));
                    }
                }
            }
        }
    }

    /// Runs closures of `group` one after the other: those that fail are answered, the others are
    /// `kept` for the COMMIT. `Err` if the transaction is lost; then nothing of `kept` has been applied.
    fn attempt(
        &mut self,
        group: &mut VecDeque<Box<dyn Work>>,
        kept: &mut VecDeque<Box<dyn Work>>,
    ) -> Result<(), Error> {
        let start = Instant::now();
        while start.elapsed() < GROUP_TIME
            && let Some(mut work) = group.pop_front()
        {
            if !work.is_wanted() {
                continue;
            }
            let keep = self.run_one("SAVEPOINT closure").is_ok() && work.attempt(&mut self.tx);
            let ended = match (keep, self.is_open()) {
                (_, false) => Err(Error::Cancelled),
                (true, true) => self.run_one("RELEASE closure"),
                (false, true) => self.run_one("ROLLBACK TO closure").and_then(|()| self.run_one("RELEASE closure")),
            };
            if keep && ended.is_ok() {
                kept.push_back(work);
                continue;
            }
            work.settle(ended.clone());
            if ended.is_err() {
                self.roll_back();
                return ended;
            }
        }
        Ok(())
    }

    fn is_open(&mut self) -> bool {
        self.tx.lite().is_some_and(|session| session.in_transaction())
    }

    fn roll_back(&mut self) {
        if self.is_open()
            && let Err(e) = self.run_one("ROLLBACK")
        {
            tracing::error!(error = %e, "a transaction could not be rolled back");
        }
    }

    fn run_one(&mut self, text: &str) -> Result<(), Error> {
        self.tx.lite().ok_or(Error::Closed)?.exec(text, &[]).map(|_| ())
    }

    fn look_at_the_log(&mut self) {
        self.commits += 1;
        if self.commits.is_multiple_of(COMMITS_PER_LOOK)
            && std::fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX)
        {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        let done = self.tx.lite().map_or(Ok(()), |session| session.checkpoint());
        // While somebody reads, the log stays: it is tried again.
        self.is_dirty = matches!(done, Err(Error::Busy));
        if let Err(e) = done {
            tracing::debug!(error = %e, "the log of the database was not emptied this time");
        }
    }

    fn end(mut self) {
        self.checkpoint();
        if let Link::Lite(session) = self.tx.into_link() {
            session.close();
        }
    }
}

struct Closure<F, T, E> {
    f: F,
    result: Option<Result<T, E>>,
    hooks: Vec<Hook>,
    reply: oneshot::Sender<Result<T, E>>,
    waiting: Waiting,
}

impl<F, T, E> Work for Closure<F, T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn attempt(&mut self, tx: &mut Tx) -> bool {
        self.waiting.is_over();
        let f = self.f.clone();
        // Statements on this thread are done when they return, so one poll is the whole closure.
        let poll = std::panic::catch_unwind(AssertUnwindSafe(|| {
            f(tx).as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()))
        }));
        self.hooks = tx.take_hooks();
        let failure = tx.take_failure();
        let result = match poll {
            Ok(Poll::Ready(Ok(value))) => failure.map_or(Ok(value), |e| Err(e.into())),
            Ok(Poll::Ready(Err(e))) => Err(e),
            Ok(Poll::Pending) => Err(Error::AwaitedOutside.into()),
            Err(_) => Err(Error::Panicked.into()),
        };
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn settle(self: Box<Self>, committed: Result<(), Error>) {
        let Closure { result, hooks, reply, waiting, .. } = *self;
        let result = match (result, committed) {
            (Some(Err(e)), _) => Err(e),
            (_, Err(e)) => Err(e.into()),
            (None, Ok(())) => Err(Error::Cancelled.into()),
            (Some(Ok(value)), Ok(())) => {
                run_hooks(hooks);
                Ok(value)
            }
        };
        drop(waiting);
        let _ = reply.send(result);
    }
}

fn settle(group: VecDeque<Box<dyn Work>>, committed: &Result<(), Error>) {
    for work in group {
        work.settle(committed.clone());
    }
}

/// A place in the writer's queue, counted while it is held.
struct Waiting {
    /// Until the closure runs.
    start: Option<Instant>,
    meter: Arc<Meter>,
    /// Given back when dropped.
    _place: OwnedSemaphorePermit,
}

impl Waiting {
    /// The closure's turn has come; later calls mean nothing.
    fn is_over(&mut self) {
        if let Some(start) = self.start.take() {
            self.meter.waited(start.elapsed());
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WRITERS_WAITING.add(-1);
    }
}

fn open(file: &Path, options: Options, mode: &Mode, clock: &Clock) -> Result<Session, Error> {
    // Created here, so that nobody else may ever read it; the log and its index take over the mode.
    std::fs::OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(file)?;
    let mut session = Session::writer(file, options)?;
    if let Mode::Own(sets) = mode {
        session.script("BEGIN IMMEDIATE")?;
        migrate(&mut session, sets, clock)?;
        session.script("COMMIT")?;
    }
    Ok(session)
}

fn migrate(session: &mut Session, sets: &[MigrationSet], clock: &Clock) -> Result<(), Error> {
    session.script(migration::CREATE_SQLITE)?;
    // A migration may rebuild a table that others refer to.
    session.script("PRAGMA defer_foreign_keys = on")?;
    let applied = session.rows(migration::APPLIED, &[], usize::MAX)?;
    let applied = applied.iter().map(Applied::from_row).collect::<Result<Vec<_>, _>>()?;
    for step in migration::plan(Engine::Sqlite, &applied, sets)? {
        session.script(step.text).map_err(|e| step.failed(e))?;
        session.exec(&statement::for_sqlite(migration::RECORD), &step.record(clock.now()))?;
        tracing::info!(
            set = step.set,
            version = step.migration.version,
            name = step.migration.name,
            "migration applied"
        );
    }
    Ok(())
}

pub(super) fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
