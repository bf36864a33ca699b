//! `db`: damage, alarms, what the database holds, and what was slow in a running server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use stdx::{Clock, Rng};
use store::{Engine, Report, Severity, Store};

use super::table::Table;
use super::{read_input, say, say_json};
use crate::cli::Db;
use crate::config::Config;
use crate::process::{MIGRATIONS, is_fresh};

/// Bloat beyond this, and beyond half of the table, is worth a quiet hour.
const BLOAT_BYTES_MIN: u64 = 64 << 20;

/// Something to be told, with what to do about it.
#[derive(Debug, Serialize)]
struct Finding {
    severity: Severity,
    what: String,
    remedy: String,
}

#[derive(Debug, Serialize)]
struct Findings {
    /// No finding is an error.
    sound: bool,
    findings: Vec<Finding>,
    /// `null` where the database cannot be looked at.
    report: Option<Report>,
}

/// Gives whether all is well.
pub async fn run(config: &Config, command: &Db) -> Result<bool> {
    match command {
        Db::Check { json } => check(config, *json).await,
        Db::Report { json } => report(config, *json).await.map(|()| true),
        Db::Slow { address, key_file, json } => slow(config, *address, key_file.as_deref(), *json).await.map(|()| true),
    }
}

async fn check(config: &Config, as_json: bool) -> Result<bool> {
    let mut findings = Vec::new();
    let report = look(config, &mut findings).await;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let sound = findings.iter().all(|finding| finding.severity != Severity::Error);
    if as_json {
        say_json(&Findings { sound, findings, report })?;
        return Ok(sound);
    }
    for Finding { severity, what, remedy } in &findings {
        say(format!("{:<8} {what}\n         {remedy}", severity.name()))?;
    }
    if let Some(report) = &report {
        let (tables, indexes) = (report.tables.len(), report.indexes.len());
        say(format!("{}: {} in {tables} tables and {indexes} indexes", name(report), bytes(report.bytes)))?;
    }
    say(match (sound, findings.is_empty()) {
        (true, true) => "the database is sound, and nothing needs you",
        (true, false) => "the database is sound",
        (false, _) => "the database needs you",
    })?;
    Ok(sound)
}

/// Everything that can be found out, damage and all.
async fn look(config: &Config, findings: &mut Vec<Finding>) -> Option<Report> {
    let mut tell = |severity, what: String, remedy: &str| {
        findings.push(Finding { severity, what, remedy: remedy.to_owned() });
    };
    match is_fresh(config).await {
        Ok(false) => {}
        Ok(true) => {
            tell(Severity::Warning, "the database is still empty".to_owned(), "the first start makes its tables");
            return None;
        }
        Err(error) => {
            let remedy = remedy_of(error.downcast_ref());
            tell(Severity::Error, format!("{error:#}"), remedy);
            return None;
        }
    }
    let store = match Store::open_beside(&config.data, &config.store, MIGRATIONS, Clock::system()).await {
        Ok(store) => store,
        Err(error) => {
            let remedy = remedy_of(Some(&error));
            tell(Severity::Error, format!("{:#}", anyhow::Error::from(error)), remedy);
            return None;
        }
    };
    match store.check().await {
        Ok(damage) => damage.into_iter().for_each(|line| {
            let remedy = match store.engine() {
                Engine::Sqlite => RESTORE,
                Engine::Postgres if line.starts_with("index ") => "build it anew: REINDEX INDEX CONCURRENTLY",
                Engine::Postgres => "mend the rows that break it, then ALTER TABLE … VALIDATE CONSTRAINT",
            };
            tell(Severity::Error, line, remedy);
        }),
        Err(error) => {
            let remedy = remedy_of(Some(&error));
            tell(Severity::Error, format!("the check failed: {:#}", anyhow::Error::from(error)), remedy);
        }
    }
    let report = match store.report().await {
        Ok(report) => {
            for alarm in &report.alarms {
                tell(alarm.severity, format!("{} ({})", alarm.seen, alarm.limit), &alarm.remedy);
            }
            for table in &report.tables {
                let (whole, bloat) = (table.bytes.unwrap_or(0), table.bloat_bytes.unwrap_or(0));
                if bloat > BLOAT_BYTES_MIN && bloat * 2 > whole {
                    let what = format!("table {} has {} of bloat in {}", table.name, bytes(bloat), bytes(whole));
                    tell(
                        Severity::Warning,
                        what,
                        "VACUUM FULL in a quiet hour gives the room back; it locks the table",
                    );
                }
            }
            Some(report)
        }
        Err(error) => {
            let remedy = remedy_of(Some(&error));
            tell(Severity::Error, format!("the report failed: {:#}", anyhow::Error::from(error)), remedy);
            None
        }
    };
    store.close().await;
    report
}

const RESTORE: &str =
    "stop the server, keep the file for a look, and `copydesk restore` the last backup into an empty data folder";

fn remedy_of(error: Option<&store::Error>) -> &'static str {
    use store::Error as E;
    match error {
        Some(E::Corrupt(_)) => RESTORE,
        Some(E::Unavailable(_)) => "look whether the server runs and whether store.url is right",
        Some(E::Migration { .. }) => "run `copydesk migrate`, with the same version as the server",
        Some(E::Timeout | E::Busy | E::Exhausted { .. }) => {
            "try again; if it stays, look for what keeps the database busy"
        }
        Some(E::DiskFull) => "make room",
        _ => "see the reason",
    }
}

async fn report(config: &Config, as_json: bool) -> Result<()> {
    if is_fresh(config).await? {
        bail!("the database is still empty; the first start makes its tables");
    }
    let store = Store::open_beside(&config.data, &config.store, MIGRATIONS, Clock::system()).await;
    let store = store.context("opening the database")?;
    let report = store.report().await;
    store.close().await;
    let report = report.context("looking at the database")?;
    if as_json { say_json(&report) } else { print(&report) }
}

fn print(report: &Report) -> Result<()> {
    let vitals = &report.vitals;
    say(format!("{}, {}", name(report), bytes(report.bytes)))?;
    let lines = [
        ("empty in the file", report.free_bytes.map(bytes)),
        ("free on the disk", vitals.disk_free_bytes.map(bytes)),
        ("write-ahead log", vitals.log.as_ref().map(|log| bytes(log.bytes))),
        ("notifications", vitals.notify_used.map(|used| format!("{:.0} % of the room in use", used * 100.0))),
        (
            "oldest snapshot",
            vitals.oldest_snapshot.as_ref().map(|held| {
                let pid = held.pid.map_or(String::new(), |pid| format!(", process {pid}"));
                format!("{:.0} s, {} transactions: {} {}{pid}", held.seconds, held.transactions, held.kind, held.holder)
            }),
        ),
        ("counted since", report.counted_since.map(|at| at.to_string())),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            say(format!("{name:<18} {value}"))?;
        }
    }
    for alarm in &report.alarms {
        say(format!("{:<18} {} ({}): {}", alarm.severity.name(), alarm.seen, alarm.limit, alarm.remedy))?;
    }
    let some = |n: Option<u64>| n.map_or("–".to_owned(), |n| n.to_string());
    let size = |n: Option<u64>| n.map_or("–".to_owned(), bytes);
    let mut tables = Table::new(&["TABLE", "ROWS", "SIZE", "INDEXES", "DEAD", "BLOAT", "HOT", "VACUUMED"]);
    for table in &report.tables {
        tables.row([
            table.name.clone(),
            table.rows.to_string(),
            size(table.bytes),
            size(table.index_bytes),
            some(table.dead_rows),
            size(table.bloat_bytes),
            table.hot_ratio.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
            table.vacuumed_at.map_or("–".to_owned(), |at| at.to_string()),
        ]);
    }
    say(format!("\n{tables}"))?;
    let mut indexes = Table::new(&["INDEX", "TABLE", "COLUMNS", "SIZE", "SCANS", ""]);
    for index in &report.indexes {
        let verdict = match &index.covered_by {
            _ if !index.is_valid => "not valid".to_owned(),
            Some(other) => format!("needless beside {other}"),
            None if index.is_unused => "never used".to_owned(),
            None => String::new(),
        };
        indexes.row([
            index.name.clone(),
            index.table.clone(),
            index.columns.join(", "),
            size(index.bytes),
            some(index.scans),
            verdict,
        ]);
    }
    say(format!("\n{indexes}"))
}

fn name(report: &Report) -> &'static str {
    match report.vitals.engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    }
}

fn bytes(n: u64) -> String {
    if n < 1 << 20 { format!("{} KiB", n.div_ceil(1_024)) } else { format!("{} MiB", n >> 20) }
}

/// One slow statement as the API tells it.
#[derive(Debug, Deserialize, Serialize)]
struct SlowStatement {
    name: String,
    at: String,
    seconds: f64,
    rows: u64,
    failed: bool,
    plan: Vec<String>,
}

/// What is used of the API's answer.
#[derive(Deserialize)]
struct Answer {
    slow: Vec<SlowStatement>,
}

/// The slow statements are kept in the memory of the server that ran them: only it can tell.
async fn slow(config: &Config, address: Option<SocketAddr>, key_file: Option<&Path>, as_json: bool) -> Result<()> {
    let address = address.unwrap_or_else(|| reachable(config.listen));
    let url = format!("http://{address}/api/v3/database");
    let Some(key_file) = key_file else {
        bail!(
            "slow statements are kept by the server that ran them, which tells them to holders of a key: give --key-file, \
             or ask {url} yourself; they stand in the server's log as well (\"slow statement\")"
        );
    };
    let key = String::from_utf8(read_input(key_file)?).context("the key is no text")?;
    let settings = connect::Settings { allow: vec![address.to_string()], ..config.connect.clone() };
    let client = connect::Client::new(&settings, Clock::system(), Rng::from_os());
    let mut request = connect::Request::get("copydesk.database", url.as_str(), settings.limits());
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {}", key.trim())).context("the key holds what no key holds")?;
    authorization.set_sensitive(true);
    request.headers.insert(header::AUTHORIZATION, authorization);
    let answer = client.send(request).await.with_context(|| format!("no server answers at {address}"))?;
    ensure!(answer.status.is_success(), "{url} answers {}", answer.status);
    let Answer { slow } =
        serde_json::from_slice(&answer.body).with_context(|| format!("reading the answer of {url}"))?;
    if as_json {
        return say_json(&slow);
    }
    if slow.is_empty() {
        return say(format!(
            "no statement has taken longer than {} ms since the server was started",
            config.store.slow_ms
        ));
    }
    for one in &slow {
        let failed = if one.failed { ", failed" } else { "" };
        say(format!("{}  {}  {:.3} s, {} rows{failed}", one.at, one.name, one.seconds, one.rows))?;
        for line in &one.plan {
            say(format!("    {line}"))?;
        }
    }
    Ok(())
}

/// Where a server that listens on `listen` can be reached from here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
