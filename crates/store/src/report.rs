//! How the database is doing: what it holds, what is of no use, and what is going wrong.

mod index;
mod lite;
mod postgres;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use stdx::metric::{Counter, Family, Gauge};
use stdx::{ByteSize, Timestamp};

use crate::store::Backend;
use crate::{Engine, Error, PoolStats, ReplicaReport, Settings, StatementStats, Store, stats};

pub(crate) static DATABASE_BYTES: Gauge = Gauge::new();
pub(crate) static DEAD_ROWS: Gauge = Gauge::new();
pub(crate) static SNAPSHOT_SECONDS: Gauge = Gauge::new();
pub(crate) static SNAPSHOT_TRANSACTIONS: Gauge = Gauge::new();
pub(crate) static NOTIFY_PERCENT: Gauge = Gauge::new();
pub(crate) static LOG_BYTES: Gauge = Gauge::new();
pub(crate) static CONNECTIONS: Family<Gauge> = Family::new(&["pool", "state"], 64);
pub(crate) static ALARMS: Counter = Counter::new();

/// SQLite empties its log at 256 MiB; at twice that somebody keeps it from doing so.
const LOG_BYTES_MAX: u64 = 512 << 20;
const DISK_FREE_BYTES_MIN: u64 = 512 << 20;
/// Of the room for notifications that not every listener has fetched.
const NOTIFY_USED_MAX: f64 = 0.5;
/// Closures that wait for SQLite's writer.
const WRITERS_WAITING_MAX: usize = 1_024;

/// Everything about the database, as [`Store::report`] finds it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    #[serde(flatten)]
    pub vitals: Vitals,
    /// Of the whole process, by name.
    pub statements: Vec<StatementStats>,
    pub bytes: u64,
    /// Bytes in the file that hold nothing (SQLite).
    pub free_bytes: Option<u64>,
    /// The largest first; at most 500.
    pub tables: Vec<TableReport>,
    /// At most 1,000.
    pub indexes: Vec<IndexReport>,
    /// Since when rows and scans have been counted (PostgreSQL); `None` for always.
    pub counted_since: Option<Timestamp>,
    pub alarms: Vec<Alarm>,
}

/// The signs that change by the minute.
#[derive(Clone, Debug, Serialize)]
pub struct Vitals {
    pub engine: Engine,
    pub at: Timestamp,
    pub pools: Vec<PoolStats>,
    /// Who keeps dead rows from being removed (PostgreSQL).
    pub oldest_snapshot: Option<Snapshot>,
    /// How much of the room for notifications is in use, 0 to 1 (PostgreSQL).
    pub notify_used: Option<f64>,
    pub replicas: Vec<ReplicaReport>,
    /// SQLite's write-ahead log.
    pub log: Option<LogReport>,
    /// Room on the disk of the data folder (SQLite).
    pub disk_free_bytes: Option<u64>,
}

/// The oldest snapshot of the database: rows that died after it was taken stay where they are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// `session`, `replica`, `replication slot` or `prepared transaction`.
    pub kind: String,
    /// Name of the application, the slot or the transaction.
    pub holder: String,
    /// Process of the server.
    pub pid: Option<i64>,
    /// As the server says it, such as `idle in transaction`.
    pub state: String,
    /// How old it is, in transactions that have begun since.
    pub transactions: u64,
    /// How old it is; of a slot or a replica, since when this process has seen it.
    pub seconds: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogReport {
    pub bytes: u64,
    /// Pages in the log, and those of them that are in the database already.
    pub pages: u64,
    pub pages_moved: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableReport {
    pub name: String,
    /// An estimate, unless `rows_exact`.
    pub rows: u64,
    pub rows_exact: bool,
    /// With what is stored outside of the rows, without indexes (PostgreSQL).
    pub bytes: Option<u64>,
    pub index_bytes: Option<u64>,
    /// Rows that are dead and not removed yet (PostgreSQL).
    pub dead_rows: Option<u64>,
    /// Bytes beyond what the rows should need, by the widths that ANALYZE found; `None` before it has (PostgreSQL).
    pub bloat_bytes: Option<u64>,
    /// Updates that touched no index, 0 to 1; `None` without updates (PostgreSQL).
    pub hot_ratio: Option<f64>,
    pub vacuumed_at: Option<Timestamp>,
    pub analyzed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexReport {
    pub name: String,
    pub table: String,
    /// Columns or expressions.
    pub columns: Vec<String>,
    pub is_unique: bool,
    /// False if building it failed.
    pub is_valid: bool,
    pub bytes: Option<u64>,
    /// Scans since [`Report::counted_since`] (PostgreSQL).
    pub scans: Option<u64>,
    /// Never scanned, and nothing is unique by it.
    pub is_unused: bool,
    /// An index of the same table that begins with the same columns and so makes this one needless.
    pub covered_by: Option<String>,
}

/// Something that needs somebody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarm {
    pub kind: AlarmKind,
    pub severity: Severity,
    /// What it is about; together with the kind the same as long as the alarm stands.
    pub subject: String,
    /// What was seen.
    pub seen: String,
    /// What it should be.
    pub limit: String,
    /// What to do.
    pub remedy: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    OldSnapshot,
    Pool,
    Replica,
    Log,
    NotifyQueue,
    Disk,
}

/// How much of a hurry there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It works, and will work worse.
    Warning,
    /// Something fails, or is about to.
    Error,
}

impl AlarmKind {
    pub const ALL: [AlarmKind; 6] = [
        AlarmKind::OldSnapshot,
        AlarmKind::Pool,
        AlarmKind::Replica,
        AlarmKind::Log,
        AlarmKind::NotifyQueue,
        AlarmKind::Disk,
    ];

    pub fn name(self) -> &'static str {
        match self {
            AlarmKind::OldSnapshot => "old_snapshot",
            AlarmKind::Pool => "pool",
            AlarmKind::Replica => "replica",
            AlarmKind::Log => "log",
            AlarmKind::NotifyQueue => "notify_queue",
            AlarmKind::Disk => "disk",
        }
    }
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What the report remembers from one time to the next.
pub(crate) struct Watch {
    snapshot_s_max: u64,
    lag_max: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Holders without a time of their own, and when they were first seen with that snapshot.
    holders: HashMap<String, Instant>,
    /// Callers refused by pool.
    refused: HashMap<(&'static str, String), u64>,
}

impl Watch {
    pub fn new(settings: &Settings) -> Self {
        Watch {
            snapshot_s_max: settings.xmin_alarm_s,
            lag_max: Duration::from_millis(settings.replica_lag_ms),
            seen: Mutex::default(),
        }
    }

    /// Since when each of `keys` has been there; those that are gone are forgotten.
    fn since(&self, keys: &[String]) -> Vec<Instant> {
        let holders = &mut self.seen.lock().unwrap_or_else(PoisonError::into_inner).holders;
        holders.retain(|key, _| keys.contains(key));
        keys.iter().map(|key| *holders.entry(key.clone()).or_insert_with(Instant::now)).collect()
    }

    /// How many callers a pool has refused since the last look.
    fn refused(&self, pool: &PoolStats) -> u64 {
        let refused = &mut self.seen.lock().unwrap_or_else(PoisonError::into_inner).refused;
        let before = refused.insert((pool.name, pool.server.clone()), pool.refused).unwrap_or(0);
        pool.refused.saturating_sub(before)
    }

    fn judge(&self, vitals: &Vitals) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        let mut raise = |kind, severity, subject: &str, seen: String, limit: String, remedy: &str| {
            ALARMS.inc();
            let (subject, remedy) = (subject.to_owned(), remedy.to_owned());
            alarms.push(Alarm { kind, severity, subject, seen, limit, remedy });
        };
        if let Some(Snapshot { kind, holder, pid, state, transactions, seconds }) = &vitals.oldest_snapshot
            && *seconds > self.snapshot_s_max as f64
        {
            let pid = pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
            let remedy = match kind.as_str() {
                "session" => "end the transaction, or the session by SELECT pg_terminate_backend(process)",
                "replica" => "end the long query there, or turn hot_standby_feedback off",
                "replication slot" => "bring its consumer back, or drop it by SELECT pg_drop_replication_slot(name)",
                _ => "finish it by COMMIT PREPARED or ROLLBACK PREPARED",
            };
            raise(
                AlarmKind::OldSnapshot,
                Severity::Warning,
                &format!("{kind} {holder}{pid}"),
                format!(
                    "the {kind} {holder:?}{pid} ({state}) has held a snapshot for {seconds:.0} s and {transactions} transactions; dead rows pile up behind it"
                ),
                format!("xmin_alarm_s = {}", self.snapshot_s_max),
                remedy,
            );
        }
        for pool in &vitals.pools {
            let refused = self.refused(pool);
            let (full, limit) = match vitals.engine {
                Engine::Postgres => (pool.waiting >= pool.max && pool.idle == 0, pool.max),
                Engine::Sqlite => (pool.waiting >= WRITERS_WAITING_MAX, WRITERS_WAITING_MAX),
            };
            if full || refused > 0 {
                let name = format!("{} {}", pool.name, pool.server);
                let name = name.trim_end();
                raise(
                    AlarmKind::Pool,
                    if refused > 0 { Severity::Error } else { Severity::Warning },
                    name,
                    format!("{} callers wait for the pool {name}, {refused} have given up lately", pool.waiting),
                    format!("fewer than {limit} waiting, none giving up"),
                    match pool.setting {
                        "" => "look for slow statements; the disk may be too slow for this load",
                        _ => "look for slow statements and long transactions, then raise write_pool or read_pool",
                    },
                );
            }
        }
        for replica in vitals.replicas.iter().filter(|replica| !replica.is_usable) {
            raise(
                AlarmKind::Replica,
                Severity::Warning,
                &replica.server,
                format!("the replica {} is left out: {}", replica.server, replica.fault),
                format!("replica_lag_ms = {}", self.lag_max.as_millis()),
                "look at the replica's log and at its replay; until then the primary answers",
            );
        }
        if let Some(log) = vitals.log.as_ref().filter(|log| log.bytes > LOG_BYTES_MAX) {
            raise(
                AlarmKind::Log,
                Severity::Warning,
                "write-ahead log",
                format!("the write-ahead log has {}", ByteSize::mib(log.bytes >> 20)),
                ByteSize::mib(LOG_BYTES_MAX >> 20).to_string(),
                "somebody reads in one long transaction, such as a backup: let it end; the log is emptied after it",
            );
        }
        if let Some(used) = vitals.notify_used.filter(|used| *used > NOTIFY_USED_MAX) {
            raise(
                AlarmKind::NotifyQueue,
                Severity::Error,
                "notifications",
                format!("the server's queue of notifications is {:.0} % full", used * 100.0),
                format!("{:.0} %", NOTIFY_USED_MAX * 100.0),
                "a session that listens has been in a transaction for long: end it; when the queue is full, every NOTIFY fails",
            );
        }
        if let Some(free) = vitals.disk_free_bytes.filter(|free| *free < DISK_FREE_BYTES_MIN) {
            raise(
                AlarmKind::Disk,
                Severity::Error,
                "disk of the data folder",
                format!("the disk of the data folder has {} left", ByteSize::mib(free >> 20)),
                ByteSize::mib(DISK_FREE_BYTES_MIN >> 20).to_string(),
                "make room: without it every write fails",
            );
        }
        alarms
    }
}

impl Store {
    /// Looks at everything, which takes a few dozen milliseconds: not more often than each 15 s. Sets the
    /// metrics about the database as it goes.
    ///
    /// On PostgreSQL a user without `pg_read_all_stats` does not see the snapshots of others.
    pub async fn report(&self) -> Result<Report, Error> {
        let vitals = self.vitals().await?;
        let mut report = Report {
            alarms: self.watch().judge(&vitals),
            vitals,
            statements: stats::statements(),
            bytes: 0,
            free_bytes: None,
            tables: Vec::new(),
            indexes: Vec::new(),
            counted_since: None,
        };
        match self.backend() {
            Backend::Lite(lite) => lite::fill(lite, &mut report).await?,
            Backend::Postgres(pools) => postgres::fill(pools, &mut report).await?,
        }
        set(&DATABASE_BYTES, report.bytes);
        set(&DEAD_ROWS, report.tables.iter().filter_map(|table| table.dead_rows).sum());
        Ok(report)
    }

    /// What needs somebody just now; much cheaper than the report.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, Error> {
        Ok(self.watch().judge(&self.vitals().await?))
    }

    async fn vitals(&self) -> Result<Vitals, Error> {
        let mut vitals = Vitals {
            engine: self.engine(),
            at: self.clock.now(),
            pools: self.stats().pools,
            oldest_snapshot: None,
            notify_used: None,
            replicas: Vec::new(),
            log: None,
            disk_free_bytes: None,
        };
        match self.backend() {
            Backend::Lite(lite) => lite::look(lite, &mut vitals).await?,
            Backend::Postgres(pools) => postgres::look(pools, self.watch(), &mut vitals).await?,
        }
        set(&SNAPSHOT_SECONDS, vitals.oldest_snapshot.as_ref().map_or(0, |s| s.seconds as u64));
        set(&SNAPSHOT_TRANSACTIONS, vitals.oldest_snapshot.as_ref().map_or(0, |s| s.transactions));
        set(&NOTIFY_PERCENT, (vitals.notify_used.unwrap_or(0.0) * 100.0) as u64);
        set(&LOG_BYTES, vitals.log.as_ref().map_or(0, |log| log.bytes));
        for pool in &vitals.pools {
            let name = format!("{} {}", pool.name, pool.server);
            for (state, n) in [("active", pool.active), ("idle", pool.idle), ("waiting", pool.waiting)] {
                set(&CONNECTIONS.with(&[name.trim_end(), state]), n as u64);
            }
        }
        Ok(vitals)
    }
}

fn set(gauge: &Gauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// A count that cannot be below zero.
fn natural(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests;
