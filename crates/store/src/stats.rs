//! What the store counts: by process as metrics, by store as [`Stats`].

use std::time::{Duration, Instant};

use serde::Serialize;
use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};

use crate::{Engine, bus, report, slow};

pub(crate) static STATEMENT_SECONDS: Family<Histogram> = Family::new(&["statement"], 1_024);
pub(crate) static STATEMENT_ERRORS: Family<Counter> = Family::new(&["statement"], 1_024);
pub(crate) static WRITES: Counter = Counter::new();
pub(crate) static COMMITS: Counter = Counter::new();
pub(crate) static COMMIT_SECONDS: Histogram = Histogram::new();
pub(crate) static RETRIES: Counter = Counter::new();
pub(crate) static WRITERS_WAITING: Gauge = Gauge::new();
pub(crate) static READERS_WAITING: Gauge = Gauge::new();

pub(crate) static REPLICA_READS: Counter = Counter::new();
pub(crate) static REPLICA_LAG: Family<Gauge> = Family::new(&["server"], 64);

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_store_statement_seconds",
        help: "time of a statement, by its name",
        cell: Cell::Histograms(&STATEMENT_SECONDS),
    },
    Metric {
        name: "copydesk_store_statement_errors_total",
        help: "statements that failed, by name",
        cell: Cell::Counters(&STATEMENT_ERRORS),
    },
    Metric {
        name: "copydesk_store_writes_total",
        help: "write closures that were committed",
        cell: Cell::Counter(&WRITES),
    },
    Metric {
        name: "copydesk_store_commits_total",
        help: "transactions that were committed",
        cell: Cell::Counter(&COMMITS),
    },
    Metric { name: "copydesk_store_commit_seconds", help: "time of a COMMIT", cell: Cell::Histogram(&COMMIT_SECONDS) },
    Metric {
        name: "copydesk_store_retries_total",
        help: "write closures that were run again because of others",
        cell: Cell::Counter(&RETRIES),
    },
    Metric {
        name: "copydesk_store_writers_waiting",
        help: "write closures that wait for the writer or a connection",
        cell: Cell::Gauge(&WRITERS_WAITING),
    },
    Metric {
        name: "copydesk_store_readers_waiting",
        help: "reads that wait for a reader or a connection",
        cell: Cell::Gauge(&READERS_WAITING),
    },
    Metric {
        name: "copydesk_store_slow_statements_total",
        help: "statements that took longer than slow_ms",
        cell: Cell::Counter(&slow::SLOW),
    },
    Metric {
        name: "copydesk_store_replica_reads_total",
        help: "reads that replicas answered",
        cell: Cell::Counter(&REPLICA_READS),
    },
    Metric {
        name: "copydesk_store_replica_lag_milliseconds",
        help: "how long a replica has not had something that the primary has",
        cell: Cell::Gauges(&REPLICA_LAG),
    },
    Metric {
        name: "copydesk_store_connections",
        help: "connections by pool and state, and callers that wait for one",
        cell: Cell::Gauges(&report::CONNECTIONS),
    },
    Metric {
        name: "copydesk_store_database_bytes",
        help: "size of the database",
        cell: Cell::Gauge(&report::DATABASE_BYTES),
    },
    Metric {
        name: "copydesk_store_log_bytes",
        help: "size of SQLite's write-ahead log",
        cell: Cell::Gauge(&report::LOG_BYTES),
    },
    Metric {
        name: "copydesk_store_dead_rows",
        help: "rows that are dead and not removed yet",
        cell: Cell::Gauge(&report::DEAD_ROWS),
    },
    Metric {
        name: "copydesk_store_oldest_snapshot_seconds",
        help: "age of the oldest snapshot, behind which dead rows pile up",
        cell: Cell::Gauge(&report::SNAPSHOT_SECONDS),
    },
    Metric {
        name: "copydesk_store_oldest_snapshot_transactions",
        help: "transactions begun since the oldest snapshot",
        cell: Cell::Gauge(&report::SNAPSHOT_TRANSACTIONS),
    },
    Metric {
        name: "copydesk_store_notify_queue_percent",
        help: "share of the server's queue of notifications that is in use",
        cell: Cell::Gauge(&report::NOTIFY_PERCENT),
    },
    Metric {
        name: "copydesk_store_alarms_total",
        help: "alarms that a look at the database has raised",
        cell: Cell::Counter(&report::ALARMS),
    },
    Metric {
        name: "copydesk_store_bus_sent_total",
        help: "messages sent to the other processes",
        cell: Cell::Counter(&bus::SENT),
    },
    Metric {
        name: "copydesk_store_bus_received_total",
        help: "messages heard from other processes",
        cell: Cell::Counter(&bus::RECEIVED),
    },
    Metric {
        name: "copydesk_store_bus_lost_total",
        help: "messages dropped because the bus was down for too long",
        cell: Cell::Counter(&bus::LOST),
    },
    Metric {
        name: "copydesk_store_bus_reconnects_total",
        help: "connections of the bus that broke or could not be made",
        cell: Cell::Counter(&bus::RECONNECTS),
    },
    Metric {
        name: "copydesk_store_bus_connections",
        help: "connections of the bus that stand, 2 for a process that hears and speaks",
        cell: Cell::Gauge(&bus::CONNECTED),
    },
];

/// The state of one store.
#[derive(Clone, Debug)]
pub struct Stats {
    pub engine: Engine,
    pub pools: Vec<PoolStats>,
    /// Of the whole process, by name.
    pub statements: Vec<StatementStats>,
    /// Write closures that were committed.
    pub writes: u64,
    /// Transactions that were committed.
    pub commits: u64,
    /// 0 before the first commit.
    pub writes_per_commit: f64,
}

/// A pool of connections or, on SQLite, of threads that have one each. Totals are since the start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PoolStats {
    /// `write`, `read` or `replica`.
    pub name: &'static str,
    /// Host and port of a replica; empty for the others.
    pub server: String,
    /// The setting that limits it; empty on SQLite.
    pub setting: &'static str,
    pub max: usize,
    pub total: usize,
    pub active: usize,
    pub idle: usize,
    /// Callers that wait for a connection.
    pub waiting: usize,
    /// `active / max`, 0 to 1.
    pub utilisation: f64,
    /// Connections made.
    pub made: u64,
    /// Callers that waited for a millisecond or longer, and all their time.
    pub waits: u64,
    pub waited_s: f64,
    /// Callers that gave up.
    pub refused: u64,
    /// Statements that its connections ran, and all their time.
    pub queries: u64,
    pub query_s: f64,
}

/// What a pool counts.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub made: Counter,
    pub refused: Counter,
    waits: Counter,
    waited_us: Counter,
    queries: Counter,
    query_us: Counter,
}

/// A statement that is running; counted when this is dropped.
pub(crate) struct Running<'a> {
    meter: &'a Meter,
    start: Instant,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.meter.queries.inc();
        self.meter.query_us.add(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
}

impl Meter {
    /// A caller was given a connection or an error after `time`.
    pub fn waited(&self, time: Duration) {
        if time >= Duration::from_millis(1) {
            self.waits.inc();
            self.waited_us.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        }
    }

    pub fn running(&self) -> Running<'_> {
        Running { meter: self, start: Instant::now() }
    }

    /// `now` with the totals.
    pub fn stats(&self, now: PoolStats) -> PoolStats {
        PoolStats {
            utilisation: now.active as f64 / now.max.max(1) as f64,
            made: self.made.get(),
            waits: self.waits.get(),
            waited_s: self.waited_us.get() as f64 / 1e6,
            refused: self.refused.get(),
            queries: self.queries.get(),
            query_s: self.query_us.get() as f64 / 1e6,
            ..now
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct StatementStats {
    pub name: String,
    pub count: u64,
    pub seconds: f64,
    pub p50_s: f64,
    pub p99_s: f64,
}

/// The counters of one store, beside those of the process.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub writes: Counter,
    pub commits: Counter,
}

impl Counters {
    pub fn committed(&self, writes: u64, time: Duration) {
        self.writes.add(writes);
        self.commits.inc();
        WRITES.add(writes);
        COMMITS.inc();
        COMMIT_SECONDS.record(time);
    }
}

pub(crate) fn statements() -> Vec<StatementStats> {
    let one = |(labels, cell): (Vec<String>, std::sync::Arc<Histogram>)| StatementStats {
        name: labels.into_iter().next().unwrap_or_default(),
        count: cell.count(),
        seconds: cell.sum_seconds(),
        p50_s: cell.quantile(0.5).unwrap_or(0.0),
        p99_s: cell.quantile(0.99).unwrap_or(0.0),
    };
    STATEMENT_SECONDS.cells().into_iter().map(one).collect()
}
