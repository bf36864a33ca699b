//! The database: what needs somebody, how it answers, what it holds.

use askama::Template;
use axum::extract::State as FromState;
use axum::response::Response;
use desk::people::Action;
use stdx::Timestamp;
use store::{
    Alarm, Engine, IndexReport, PoolStats, ReplicaReport, Report, Severity, Snapshot, StatementStats, TableReport,
};

use super::failed::Failed;
use super::form::Fields;
use super::frame::{self, Frame};
use super::person::Person;
use super::show::{self, Html};
use crate::{App, database};

/// Statements that are shown, those with the most time first.
const STATEMENTS_MAX: usize = 50;
/// Slow statements that are shown.
const SLOW_MAX: usize = 20;

struct Pool {
    name: String,
    active: usize,
    idle: usize,
    waiting: usize,
    max: usize,
    share: String,
    waited: String,
    refused: String,
    queries: String,
    time: String,
}

struct Statement {
    name: String,
    count: String,
    time: String,
    p50: String,
    p99: String,
}

struct Slow {
    name: &'static str,
    at: Html,
    time: String,
    rows: String,
    failed: bool,
    plan: String,
}

struct Table {
    name: String,
    rows: String,
    bytes: String,
    index_bytes: String,
    dead: String,
    bloat: String,
    hot: String,
    vacuumed: Html,
}

struct Index {
    name: String,
    table: String,
    columns: String,
    bytes: String,
    scans: String,
    /// What is wrong with it; empty if nothing is.
    verdict: Html,
}

struct Replica {
    state: Html,
    lag: String,
    behind: String,
    reads: String,
    report: ReplicaReport,
}

struct Oldest {
    holder: String,
    state: String,
    age: String,
    transactions: String,
}

#[derive(Template)]
#[template(path = "console/database.html")]
struct Page {
    frame: Frame,
    alarms: Vec<(Html, Alarm)>,
    engine: &'static str,
    at: Html,
    /// Name and value.
    facts: Vec<(&'static str, String)>,
    pools: Vec<Pool>,
    oldest: Option<Oldest>,
    replicas: Vec<Replica>,
    slow: Vec<Slow>,
    statements: Vec<Statement>,
    statements_more: usize,
    tables: Vec<Table>,
    /// Only what PostgreSQL counts.
    is_counted: bool,
    /// Those of no use first.
    indexes: Vec<Index>,
    counted_since: Html,
}

/// `GET /console/database`
pub async fn show(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    person.actor.may(Action::Read)?;
    let report = database::report(&app).await?;
    let now = app.desk.now();
    let stats = app.desk.store.stats();
    let mut by_time = stats.statements;
    by_time.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let slow = app.desk.store.slow().into_iter().take(SLOW_MAX);
    let mut indexes: Vec<Index> = report.indexes.iter().map(index).collect();
    indexes.sort_by_key(|index| index.verdict.is_empty());
    frame_and_page(&app, &person, &query, |frame| Page {
        frame,
        alarms: report.alarms.iter().map(|alarm| (severity(alarm), alarm.clone())).collect(),
        engine: match report.vitals.engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        },
        at: show::when(report.vitals.at, now),
        facts: facts(&report, stats.writes_per_commit),
        pools: stats.pools.iter().map(pool).collect(),
        oldest: report.vitals.oldest_snapshot.as_ref().map(oldest),
        replicas: report.vitals.replicas.iter().map(replica).collect(),
        slow: slow.map(|one| slow_one(one, now)).collect(),
        statements_more: by_time.len().saturating_sub(STATEMENTS_MAX),
        statements: by_time.iter().take(STATEMENTS_MAX).map(statement).collect(),
        tables: report.tables.iter().map(|one| table(one, now)).collect(),
        is_counted: report.vitals.engine == Engine::Postgres,
        indexes,
        counted_since: report.counted_since.map(|at| show::when(at, now)).unwrap_or_default(),
    })
    .await
}

async fn frame_and_page(
    app: &App,
    person: &Person,
    query: &Fields,
    page: impl FnOnce(Frame) -> Page,
) -> Result<Response, Failed> {
    Ok(frame::page(&page(Frame::new(app, person, "database", "Database", query).await?)))
}

fn severity(alarm: &Alarm) -> Html {
    match alarm.severity {
        Severity::Warning => show::badge("!", "warn", "warning"),
        Severity::Error => show::badge("!", "bad", "error"),
    }
}

fn facts(report: &Report, writes_per_commit: f64) -> Vec<(&'static str, String)> {
    let vitals = &report.vitals;
    let mut facts = vec![("Size", show::bytes(report.bytes))];
    facts.extend(report.free_bytes.map(|free| ("Empty in the file", show::bytes(free))));
    facts.extend(vitals.disk_free_bytes.map(|free| ("Free on the disk", show::bytes(free))));
    facts.extend(vitals.log.as_ref().map(|log| ("Write-ahead log", show::bytes(log.bytes))));
    facts.extend(vitals.notify_used.map(|used| ("Room for notifications in use", percent(used))));
    facts.push(("Writes in a commit", format!("{writes_per_commit:.1}")));
    facts
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn some<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), show)
}

fn pool(pool: &PoolStats) -> Pool {
    Pool {
        name: format!("{} {}", pool.name, pool.server).trim_end().to_owned(),
        active: pool.active,
        idle: pool.idle,
        waiting: pool.waiting,
        max: pool.max,
        share: percent(pool.utilisation),
        waited: if pool.waits == 0 {
            "–".to_owned()
        } else {
            format!("{} in {}", show::thousands(pool.waits), show::lasting(pool.waited_s))
        },
        refused: show::thousands(pool.refused),
        queries: show::thousands(pool.queries),
        time: show::lasting(pool.query_s),
    }
}

fn statement(one: &StatementStats) -> Statement {
    Statement {
        name: one.name.clone(),
        count: show::thousands(one.count),
        time: show::lasting(one.seconds),
        p50: show::lasting(one.p50_s),
        p99: show::lasting(one.p99_s),
    }
}

fn slow_one(one: store::SlowStatement, now: Timestamp) -> Slow {
    Slow {
        name: one.name,
        at: show::when(one.at, now),
        time: show::lasting(one.seconds),
        rows: show::count(one.rows, "row", "rows"),
        failed: one.failed,
        plan: one.plan.join("\n"),
    }
}

fn oldest(one: &Snapshot) -> Oldest {
    let pid = one.pid.map_or(String::new(), |pid| format!(", process {pid}"));
    Oldest {
        holder: format!("{} {}{pid}", one.kind, one.holder),
        state: one.state.clone(),
        age: show::lasting(one.seconds),
        transactions: show::thousands(one.transactions),
    }
}

fn replica(one: &ReplicaReport) -> Replica {
    Replica {
        state: if one.is_usable {
            show::badge("●", "ok", "answers reads")
        } else {
            show::badge("!", "warn", "left out")
        },
        lag: show::lasting(one.lag_s),
        behind: show::bytes(one.behind_bytes),
        reads: show::thousands(one.reads),
        report: one.clone(),
    }
}

fn table(one: &TableReport, now: Timestamp) -> Table {
    let about = if one.rows_exact { "" } else { "≈ " };
    Table {
        name: one.name.clone(),
        rows: format!("{about}{}", show::thousands(one.rows)),
        bytes: some(one.bytes, show::bytes),
        index_bytes: some(one.index_bytes, show::bytes),
        dead: some(one.dead_rows, show::thousands),
        bloat: some(one.bloat_bytes, show::bytes),
        hot: some(one.hot_ratio, percent),
        vacuumed: show::when_some(one.vacuumed_at, now),
    }
}

fn index(one: &IndexReport) -> Index {
    let verdict = match &one.covered_by {
        _ if !one.is_valid => show::badge("!", "bad", "not valid: build it anew"),
        Some(other) => show::badge("○", "warn", &format!("needless beside {other}")),
        None if one.is_unused => show::badge("○", "warn", "never used"),
        None => Html::default(),
    };
    Index {
        name: one.name.clone(),
        table: one.table.clone(),
        columns: one.columns.join(", "),
        bytes: some(one.bytes, show::bytes),
        scans: some(one.scans, show::thousands),
        verdict,
    }
}
