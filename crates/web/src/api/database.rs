//! `/database`: how the database is doing.

use axum::extract::State;
use axum::response::Response;
use desk::people::Action;
use serde::Serialize;
use stdx::Timestamp;
use store::{Engine, Report};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{AlarmKindName, AlarmSeverity, EngineName, Time, view};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::respond::json;
use crate::{App, database};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// The database, its connections and what needs somebody.
#[derive(Serialize, ToSchema)]
struct Database {
    #[schema(value_type = EngineName)]
    engine: Engine,
    /// When it was looked at, at most 15 seconds ago. Pools, statements and slow statements are of now.
    #[schema(value_type = Time)]
    at: Timestamp,
    alarms: Vec<DatabaseAlarm>,
    bytes: u64,
    /// Bytes of the file that hold nothing (SQLite).
    free_bytes: Option<u64>,
    /// Writes that were committed since the start of the process that answers.
    writes: u64,
    /// Transactions that carried them.
    commits: u64,
    writes_per_commit: f64,
    pools: Vec<DatabasePool>,
    /// Of the process that answers, by name.
    statements: Vec<StatementNumbers>,
    /// The last ones of the process that answers, the newest first, at most 100.
    slow: Vec<SlowStatement>,
    /// Who keeps dead rows from being removed (PostgreSQL).
    oldest_snapshot: Option<OldestSnapshot>,
    /// How much of the room for notifications is in use, 0 to 1 (PostgreSQL).
    notify_used: Option<f64>,
    replicas: Vec<Replica>,
    /// The write-ahead log (SQLite).
    log: Option<WriteAheadLog>,
    /// Room on the disk of the data folder (SQLite).
    disk_free_bytes: Option<u64>,
    /// The largest first, at most 500.
    tables: Vec<DatabaseTable>,
    /// At most 1000.
    indexes: Vec<DatabaseIndex>,
    /// Since when rows and scans have been counted; `null` for always.
    #[schema(value_type = Option<Time>)]
    counted_since: Option<Timestamp>,
}

view! {
    /// Something that needs somebody.
    DatabaseAlarm of store::Alarm {
        kind: store::AlarmKind as AlarmKindName,
        severity: store::Severity as AlarmSeverity,
        /// What it is about.
        subject: String,
        /// What was seen.
        seen: String,
        /// What it should be.
        limit: String,
        /// What to do.
        remedy: String,
    }
}

view! {
    /// Connections to the database, or SQLite's threads; totals are since the start.
    DatabasePool of store::PoolStats {
        /// `write`, `read` or `replica`.
        name: &'static str as String,
        /// Host and port of a replica; empty for the others.
        server: String,
        /// The setting that limits it; empty on SQLite.
        setting: &'static str as String,
        max: usize,
        total: usize,
        active: usize,
        idle: usize,
        /// Callers that wait for a connection.
        waiting: usize,
        /// `active / max`, 0 to 1.
        utilisation: f64,
        /// Connections made.
        made: u64,
        /// Callers that waited for a millisecond or longer.
        waits: u64,
        /// All their time, in seconds.
        waited_s: f64,
        /// Callers that gave up.
        refused: u64,
        /// Statements that its connections ran.
        queries: u64,
        /// All their time, in seconds.
        query_s: f64,
    }
}

view! {
    /// A statement by its name, since the start; times in seconds.
    StatementNumbers of store::StatementStats {
        name: String,
        count: u64,
        seconds: f64,
        p50_s: f64,
        p99_s: f64,
    }
}

view! {
    /// A statement that took longer than `store.slow_ms`. Its values are not kept.
    SlowStatement of store::SlowStatement {
        name: &'static str as String,
        at: Timestamp as Time,
        /// Without the wait for a connection.
        seconds: f64,
        /// Rows that it answered or changed.
        rows: u64,
        failed: bool,
        /// How the engine runs it, one line per step; made once a minute at most, empty until then.
        plan: Vec<String>,
    }
}

view! {
    /// The oldest snapshot: rows that died after it was taken stay where they are.
    OldestSnapshot of store::Snapshot {
        /// `session`, `replica`, `replication slot` or `prepared transaction`.
        kind: String,
        holder: String,
        /// Process of the server.
        pid: Option<i64>,
        /// As the server says it.
        state: String,
        /// Transactions that have begun since.
        transactions: u64,
        seconds: f64,
    }
}

view! {
    /// A streaming replica that answers reads.
    Replica of store::ReplicaReport {
        /// Host and port.
        server: String,
        is_usable: bool,
        /// Why it is left out; empty if it is not.
        fault: String,
        /// For how long it has not had something that the primary has.
        lag_s: f64,
        behind_bytes: u64,
        /// Reads that it answered.
        reads: u64,
    }
}

view! {
    /// SQLite's write-ahead log.
    WriteAheadLog of store::LogReport {
        bytes: u64,
        pages: u64,
        /// Those of them that are in the database already.
        pages_moved: u64,
    }
}

view! {
    /// A table. What only PostgreSQL counts is `null` elsewhere.
    DatabaseTable of store::TableReport {
        name: String,
        /// An estimate, unless `rows_exact`.
        rows: u64,
        rows_exact: bool,
        /// Without indexes.
        bytes: Option<u64>,
        index_bytes: Option<u64>,
        /// Dead and not removed yet.
        dead_rows: Option<u64>,
        /// Beyond what the rows should need; `null` before they were analysed.
        bloat_bytes: Option<u64>,
        /// Updates that touched no index, 0 to 1.
        hot_ratio: Option<f64>,
        vacuumed_at: Option<Timestamp> as Option<Time>,
        analyzed_at: Option<Timestamp> as Option<Time>,
    }
}

view! {
    /// An index.
    DatabaseIndex of store::IndexReport {
        name: String,
        table: String,
        /// Columns or expressions.
        columns: Vec<String>,
        is_unique: bool,
        /// False if building it failed.
        is_valid: bool,
        bytes: Option<u64>,
        /// Since `counted_since` (PostgreSQL).
        scans: Option<u64>,
        /// Never scanned, and nothing is unique by it.
        is_unused: bool,
        /// An index that makes this one needless.
        covered_by: Option<String>,
    }
}

fn all<T, V: From<T>>(list: impl IntoIterator<Item = T>) -> Vec<V> {
    list.into_iter().map(V::from).collect()
}

impl Database {
    fn of(app: &App, report: Report) -> Database {
        let stats = app.desk.store.stats();
        let vitals = report.vitals;
        Database {
            engine: vitals.engine,
            at: vitals.at,
            alarms: all(report.alarms),
            bytes: report.bytes,
            free_bytes: report.free_bytes,
            writes: stats.writes,
            commits: stats.commits,
            writes_per_commit: stats.writes_per_commit,
            pools: all(stats.pools),
            statements: all(stats.statements),
            slow: all(app.desk.store.slow()),
            oldest_snapshot: vitals.oldest_snapshot.map(OldestSnapshot::from),
            notify_used: vitals.notify_used,
            replicas: all(vitals.replicas),
            log: vitals.log.map(WriteAheadLog::from),
            disk_free_bytes: vitals.disk_free_bytes,
            tables: all(report.tables),
            indexes: all(report.indexes),
            counted_since: report.counted_since,
        }
    }
}

/// Shows the database: connections, statements by name, slow statements with their plans, tables, indexes, what holds
/// old rows, replicas, and the alarms that stand.
#[utoipa::path(get, path = "/database", tag = "database", responses((status = 200, body = Database, example = json!({
    "engine": "postgres", "at": "2026-11-20T09:00:00Z", "alarms": [{
        "kind": "old_snapshot", "severity": "warning", "subject": "session psql, process 4711",
        "seen": "the session \"psql\", process 4711 (idle in transaction) has held a snapshot for 412 s and 9034 transactions; \
            dead rows pile up behind it",
        "limit": "xmin_alarm_s = 300",
        "remedy": "end the transaction, or the session by SELECT pg_terminate_backend(process)"}],
    "bytes": 48218112, "free_bytes": null, "writes": 18211, "commits": 18204, "writes_per_commit": 1.0004,
    "pools": [{"name": "write", "server": "", "setting": "write_pool", "max": 10, "total": 4, "active": 1, "idle": 3,
        "waiting": 0, "utilisation": 0.1, "made": 4, "waits": 2, "waited_s": 0.011, "refused": 0, "queries": 60211, "query_s": 41.7}],
    "statements": [{"name": "post.get", "count": 9120, "seconds": 2.9, "p50_s": 0.00026, "p99_s": 0.0019}],
    "slow": [{"name": "post.search", "at": "2026-11-20T08:58:12Z", "seconds": 0.31, "rows": 20, "failed": false,
        "plan": ["Limit  (cost=0.29..8.31 rows=20 width=64)"]}],
    "oldest_snapshot": {"kind": "session", "holder": "psql", "pid": 4711, "state": "idle in transaction",
        "transactions": 9034, "seconds": 412.0},
    "notify_used": 0.0, "replicas": [{"server": "10.0.0.7:5432", "is_usable": true, "fault": "", "lag_s": 0.004,
        "behind_bytes": 312, "reads": 88120}],
    "log": null, "disk_free_bytes": null,
    "tables": [{"name": "post", "rows": 5120, "rows_exact": false, "bytes": 9437184, "index_bytes": 1048576, "dead_rows": 210,
        "bloat_bytes": 81920, "hot_ratio": 0.84, "vacuumed_at": "2026-11-20T08:40:02Z", "analyzed_at": "2026-11-20T08:40:03Z"}],
    "indexes": [{"name": "post_state", "table": "post", "columns": ["state", "due_at"], "is_unique": false, "is_valid": true,
        "bytes": 262144, "scans": 71002, "is_unused": false, "covered_by": null}],
    "counted_since": "2026-11-01T00:00:00Z"}))))]
async fn show(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    caller.actor.may(Action::Read)?;
    let report = database::report(&app).await?;
    Ok(json(&Database::of(&app, Report::clone(&report))))
}
