//! Replicas: which of them may answer a read.
//!
//! A watcher asks each replica for the position in the log (LSN) that it has replayed, and one asks the
//! primary for its own, so that a lag in time is known without comparing clocks. A commit of this process
//! raises the position that its fresh reads ask for; a [`Token`](crate::Token) carries such a position to another process.
//! What a replica cannot answer, the primary does.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stdx::config::Secret;
use stdx::metric::Counter;
use stdx::task::Tasks;
use stdx::{Backoff, Rng};
use tokio::sync::{Notify, watch};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use super::pool::{Source, config, config_of};
use super::session::Session;
use crate::stats::{PoolStats, REPLICA_LAG, REPLICA_READS};
use crate::{Error, Row, Settings, Value};

/// Pause between two samples while somebody reads, while somebody waits, and otherwise.
const EVERY: Duration = Duration::from_millis(50);
const EVERY_WAITING: Duration = Duration::from_millis(2);
const EVERY_IDLE: Duration = Duration::from_secs(1);
/// Reads keep the samples frequent for so long.
const IN_USE: Duration = Duration::from_secs(2);
/// Longest wait of a read for a replica to catch up, and for one of its connections.
const WAIT_MAX: Duration = Duration::from_millis(50);
/// A sample without an answer for so long means that the server is down.
const SAMPLE_MAX: Duration = Duration::from_secs(2);
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
/// Positions of the primary that are remembered.
const MARKS_MAX: usize = 4_096;

/// On the primary: what is on its disk, and what is written at all.
const PRIMARY: &str = "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint, (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";
/// On a replica: whether it is one, and what it has replayed.
const REPLICA: &str = "SELECT pg_is_in_recovery()::int::bigint, (COALESCE(pg_last_wal_replay_lsn(), '0/0'::pg_lsn) - '0/0'::pg_lsn)::bigint";
/// After a COMMIT that waited for the disk: what is flushed holds it, and is on its way to the replicas.
pub(super) const COMMITTED: &str = "SELECT ((CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() \
    ELSE pg_current_wal_flush_lsn() END) - '0/0'::pg_lsn)::bigint";
/// After one that did not.
pub(super) const COMMITTED_RELAXED: &str = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";

/// How new an answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Whatever a replica has.
    Any,
    /// With everything up to this position.
    From(u64),
    /// With everything that this process knows to be committed.
    Fresh,
    /// With both.
    FreshFrom(u64),
}

impl Freshness {
    /// The same, and with everything up to `position`.
    pub fn and_from(self, position: u64) -> Self {
        match self {
            Freshness::Any => Freshness::From(position),
            Freshness::From(other) => Freshness::From(other.max(position)),
            Freshness::Fresh => Freshness::FreshFrom(position),
            Freshness::FreshFrom(other) => Freshness::FreshFrom(other.max(position)),
        }
    }
}

/// The replicas of one store. Dropped, they are no longer watched.
pub(crate) struct Replicas {
    list: Vec<Arc<Replica>>,
    primary: Arc<Primary>,
    turn: AtomicUsize,
    /// The watchers.
    tasks: Tasks,
}

/// What is known about the primary's log.
struct Primary {
    rhythm: Rhythm,
    /// Newest position that a commit of this process, or a token it was shown, has reached.
    known: AtomicU64,
    /// Commits whose position could not be learnt, and how many of those a later sample has covered.
    unknown: AtomicU64,
    covered: AtomicU64,
    /// What was flushed when, rising.
    marks: Mutex<VecDeque<(Instant, u64)>>,
}

struct Replica {
    server: String,
    source: Arc<Source>,
    rhythm: Rhythm,
    /// Everything up to here has been replayed.
    replayed: watch::Sender<u64>,
    is_usable: AtomicBool,
    standing: Mutex<Standing>,
    reads: Counter,
}

/// For the report.
#[derive(Clone, Debug, Default)]
struct Standing {
    lag: Duration,
    /// Why it is left out; empty if it is not.
    fault: String,
}

/// One replica as the report shows it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ReplicaReport {
    /// Host and port.
    pub server: String,
    /// Whether reads go to it.
    pub is_usable: bool,
    /// Why it is left out; empty if it is not.
    pub fault: String,
    /// For how long it has not had something that the primary has.
    pub lag_s: f64,
    pub behind_bytes: u64,
    /// Reads that it answered.
    pub reads: u64,
}

impl Replicas {
    /// Starts to watch the replicas that the settings name; `None` if they name none.
    pub fn start(settings: &Settings) -> Result<Option<Self>, Error> {
        let Some(urls) = &settings.replicas else { return Ok(None) };
        let configs: Vec<Config> =
            parse(urls, settings).map_err(|reason| Error::Settings(format!("replicas {reason}")))?;
        let tasks = Tasks::default();
        let primary = Arc::new(Primary {
            rhythm: Rhythm::default(),
            known: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            covered: AtomicU64::new(0),
            marks: Mutex::default(),
        });
        let limit = Duration::from_millis(settings.replica_lag_ms);
        let mut list = Vec::new();
        for config in configs {
            let server = server(&config);
            let source = Source::new(
                "replica",
                server.clone(),
                "read_pool",
                config.clone(),
                settings.read_pool,
                WAIT_MAX,
                settings,
            )?;
            let replica = Arc::new(Replica {
                server,
                source: Arc::new(source),
                rhythm: Rhythm::default(),
                replayed: watch::Sender::new(0),
                is_usable: AtomicBool::new(false),
                standing: Mutex::new(Standing { lag: Duration::ZERO, fault: "it has not answered yet".to_owned() }),
                reads: Counter::new(),
            });
            list.push(Arc::clone(&replica));
            tasks.spawn(watch_replica(replica, config, Arc::clone(&primary), limit));
        }
        tasks.spawn(watch_primary(Arc::clone(&primary), config(settings)?));
        Ok(Some(Replicas { list, primary, turn: AtomicUsize::new(0), tasks }))
    }

    /// The answer of a replica and the time it took; `None` if the primary has to be asked.
    pub async fn rows(&self, how: Freshness, text: &str, p: &[Value]) -> Result<Option<(Duration, Vec<Row>)>, Error> {
        let Some(replica) = self.choose(how).await else { return Ok(None) };
        let mut session = match Session::take(&replica.source).await {
            Ok(session) => session,
            Err(e) => {
                replica.failed(&e);
                return Ok(None);
            }
        };
        let start = Instant::now();
        match session.rows(text, p).await {
            Ok(rows) => {
                replica.reads.inc();
                REPLICA_READS.inc();
                Ok(Some((start.elapsed(), rows)))
            }
            Err(Error::Timeout) => Err(Error::Timeout),
            // Also a conflict with the replay, or a migration that is not replayed yet: the primary knows better.
            Err(e) => {
                replica.failed(&e);
                Ok(None)
            }
        }
    }

    /// Notes where a commit ended, before its caller is answered; `None` if that could not be learnt.
    pub fn committed(&self, position: Option<u64>) {
        match position {
            Some(position) => drop(self.primary.known.fetch_max(position, Relaxed)),
            None => drop(self.primary.unknown.fetch_add(1, Relaxed)),
        }
    }

    /// Newest position known; the largest possible while there is a commit whose position is not.
    pub fn position(&self) -> u64 {
        if self.primary.is_blind() { u64::MAX } else { self.primary.known.load(Relaxed) }
    }

    pub fn stats(&self) -> impl Iterator<Item = PoolStats> {
        self.list.iter().map(|replica| replica.source.stats())
    }

    pub fn report(&self) -> Vec<ReplicaReport> {
        let newest = self.primary.marks().back().map_or(0, |(_, lsn)| *lsn);
        let one = |replica: &Arc<Replica>| {
            let Standing { lag, fault } = replica.standing().clone();
            REPLICA_LAG.with(&[&replica.server]).set(i64::try_from(lag.as_millis()).unwrap_or(i64::MAX));
            ReplicaReport {
                server: replica.server.clone(),
                is_usable: replica.is_usable.load(Relaxed),
                fault,
                lag_s: lag.as_secs_f64(),
                behind_bytes: newest.saturating_sub(*replica.replayed.borrow()),
                reads: replica.reads.get(),
            }
        };
        self.list.iter().map(one).collect()
    }

    pub async fn close(&self) {
        self.tasks.shutdown(Duration::ZERO).await;
        for replica in &self.list {
            replica.source.close();
        }
    }

    async fn choose(&self, how: Freshness) -> Option<Arc<Replica>> {
        self.primary.rhythm.used();
        let wanted = match how {
            Freshness::Any => 0,
            Freshness::From(position) => position,
            Freshness::Fresh => self.position(),
            Freshness::FreshFrom(position) => self.position().max(position),
        };
        if wanted == u64::MAX {
            return None;
        }
        let first = self.turn.fetch_add(1, Relaxed);
        let in_turn = || (0..self.list.len()).map(|i| &self.list[(first + i) % self.list.len()]);
        in_turn().for_each(|replica| replica.rhythm.used());
        let usable = || in_turn().filter(|replica| replica.is_usable.load(Relaxed));
        if let Some(replica) = usable().find(|replica| *replica.replayed.borrow() >= wanted) {
            return Some(Arc::clone(replica));
        }
        let newest = Arc::clone(usable().max_by_key(|replica| *replica.replayed.borrow())?);
        let _waiting = newest.rhythm.waiting();
        let mut replayed = newest.replayed.subscribe();
        let caught_up = tokio::time::timeout(WAIT_MAX, replayed.wait_for(|lsn| *lsn >= wanted)).await;
        matches!(caught_up, Ok(Ok(_))).then(|| Arc::clone(&newest))
    }
}

impl Primary {
    fn is_blind(&self) -> bool {
        self.unknown.load(Relaxed) > self.covered.load(Relaxed)
    }

    fn marks(&self) -> MutexGuard<'_, VecDeque<(Instant, u64)>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long somebody who has replayed up to `replayed` has been missing something.
    fn lag(&self, replayed: u64) -> Duration {
        let marks = self.marks();
        let missing = marks.partition_point(|(_, lsn)| *lsn <= replayed);
        marks.get(missing).map_or(Duration::ZERO, |(at, _)| at.elapsed())
    }

    /// Takes up a sample that was asked for when the counters stood at `known` and `unknown`.
    fn sampled(&self, flushed: u64, inserted: u64, known: u64, unknown: u64) {
        if inserted < known {
            // Another server has become the primary without all that the old one had, or a token was made up.
            let _ = self.known.compare_exchange(known, inserted, Relaxed, Relaxed);
        }
        if self.is_blind() {
            self.known.fetch_max(inserted, Relaxed);
            self.covered.fetch_max(unknown, Relaxed);
        }
        let mut marks = self.marks();
        if marks.back().is_some_and(|(_, last)| flushed < *last) {
            marks.clear();
        }
        if marks.back().is_none_or(|(_, last)| flushed > *last) {
            if marks.len() >= MARKS_MAX {
                marks.pop_front();
            }
            marks.push_back((Instant::now(), flushed));
        }
    }
}

impl Replica {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A read did not get an answer.
    fn failed(&self, e: &Error) {
        if matches!(e, Error::Unavailable(_)) {
            self.leave_out(format!("it cannot be reached: {e}"), Duration::ZERO);
            self.rhythm.wake.notify_one();
        }
    }

    fn leave_out(&self, fault: String, lag: Duration) {
        if self.is_usable.swap(false, Relaxed) {
            tracing::warn!(server = self.server, fault, "a replica is left out");
        }
        *self.standing() = Standing { lag, fault };
    }

    fn sampled(&self, is_replica: bool, replayed: u64, lag: Duration, limit: Duration) {
        self.replayed.send_replace(replayed);
        if !is_replica {
            return self.leave_out("it is no replica but takes writes itself".to_owned(), lag);
        }
        if lag > limit {
            return self.leave_out(format!("it lags {:.1} s behind", lag.as_secs_f64()), lag);
        }
        *self.standing() = Standing { lag, fault: String::new() };
        if !self.is_usable.swap(true, Relaxed) {
            tracing::info!(server = self.server, "a replica answers reads");
        }
    }
}

/// How often a server is asked.
#[derive(Default)]
struct Rhythm {
    last_used: Mutex<Option<Instant>>,
    waiting: AtomicUsize,
    wake: Notify,
}

impl Rhythm {
    fn used(&self) {
        let before = self.last_used.lock().unwrap_or_else(PoisonError::into_inner).replace(Instant::now());
        if before.is_none_or(|before| before.elapsed() > IN_USE) {
            self.wake.notify_one();
        }
    }

    fn waiting(&self) -> impl Drop {
        struct Waiting<'a>(&'a Rhythm);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.waiting.fetch_sub(1, Relaxed);
            }
        }
        self.waiting.fetch_add(1, Relaxed);
        self.wake.notify_one();
        Waiting(self)
    }

    async fn pause(&self) {
        let last_used = *self.last_used.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = if self.waiting.load(Relaxed) > 0 {
            EVERY_WAITING
        } else if last_used.is_some_and(|used| used.elapsed() < IN_USE) {
            EVERY
        } else {
            EVERY_IDLE
        };
        let _ = tokio::time::timeout(pause, self.wake.notified()).await;
    }
}

async fn watch_replica(replica: Arc<Replica>, config: Config, primary: Arc<Primary>, limit: Duration) {
    let sampled = |is_replica: i64, replayed: u64| {
        replica.sampled(is_replica == 1, replayed, primary.lag(replayed), limit);
    };
    let failed = |e: &Error| {
        // It may come back as another server, which has replayed less.
        replica.replayed.send_replace(0);
        replica.leave_out(format!("it cannot be reached: {e}"), Duration::ZERO);
    };
    watch(config, REPLICA, &replica.rhythm, || (), |(), a, b| sampled(a, b), failed).await;
}

async fn watch_primary(primary: Arc<Primary>, config: Config) {
    let before = || (primary.known.load(Relaxed), primary.unknown.load(Relaxed));
    let sampled = |(known, unknown), flushed: i64, inserted| {
        primary.sampled(u64::try_from(flushed).unwrap_or(0), inserted, known, unknown);
    };
    watch(config, PRIMARY, &primary.rhythm, before, sampled, |_| ()).await;
}

/// Asks `text` for two numbers again and again, over a connection of its own.
async fn watch<B>(
    mut config: Config,
    text: &str,
    rhythm: &Rhythm,
    before: impl Fn() -> B,
    sampled: impl Fn(B, i64, u64),
    failed: impl Fn(&Error),
) {
    config.application_name("copydesk watch");
    let rng = Rng::from_os();
    let mut failures = 0;
    loop {
        let asked = async {
            let (client, connection) = config.connect(NoTls).await?;
            let samples = async {
                let statement = limited(async { Ok(client.prepare(text).await?) }).await?;
                loop {
                    let state = before();
                    let (a, b) = limited(ask(&client, &statement)).await?;
                    sampled(state, a, b);
                    rhythm.pause().await;
                }
            };
            tokio::select! {
                ended = samples => ended,
                ended = connection => Err(ended.err().map_or(Error::Closed, Error::from)),
            }
        };
        let start = Instant::now();
        let ended: Result<(), Error> = asked.await;
        if let Err(e) = &ended {
            failed(e);
        }
        failures = if start.elapsed() > Duration::from_secs(10) { 1 } else { failures + 1 };
        tokio::time::sleep(BACKOFF.delay(failures, &rng)).await;
    }
}

async fn ask(client: &Client, statement: &tokio_postgres::Statement) -> Result<(i64, u64), Error> {
    let row = client.query_one(statement, &[]).await?;
    let (a, b): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((a, u64::try_from(b).unwrap_or(0)))
}

async fn limited<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(SAMPLE_MAX, work).await.map_err(|_| Error::Timeout)?
}

/// The servers that `urls` names, or why one of them cannot be used.
pub(crate) fn parse(urls: &Secret, settings: &Settings) -> Result<Vec<Config>, String> {
    let configs = urls.reveal().split_whitespace().map(|url| {
        let config = config_of(&Secret::new(url), settings)?;
        if config.get_hosts().len() > 1 {
            // What one server has replayed says nothing about the other.
            return Err("must name one server in each address".to_owned());
        }
        Ok(config)
    });
    configs.collect()
}

fn server(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    format!("{host}:{}", config.get_ports().first().copied().unwrap_or(5432))
}
