//! What the store counts: by process as metrics, by store as [`Stats`].

use stdx::metric::{Cell, Counter, Family, Gauge, Histogram, Metric};

use crate::Engine;

pub(crate) static STATEMENT_SECONDS: Family<Histogram> = Family::new(&["statement"], 1_024);
pub(crate) static STATEMENT_ERRORS: Family<Counter> = Family::new(&["statement"], 1_024);
pub(crate) static WRITES: Counter = Counter::new();
pub(crate) static COMMITS: Counter = Counter::new();
pub(crate) static COMMIT_SECONDS: Histogram = Histogram::new();
pub(crate) static RETRIES: Counter = Counter::new();
pub(crate) static WRITERS_WAITING: Gauge = Gauge::new();
pub(crate) static READERS_WAITING: Gauge = Gauge::new();

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

#[derive(Clone, Debug)]
pub struct PoolStats {
    /// `write` or `read`.
    pub name: &'static str,
    pub total: usize,
    pub active: usize,
    pub idle: usize,
    pub waiting: usize,
}

#[derive(Clone, Debug)]
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
    pub fn committed(&self, writes: u64, time: std::time::Duration) {
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
