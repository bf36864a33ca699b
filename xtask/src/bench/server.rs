//! The servers, and what their own counters say of a phase.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::engine::Kind;
use crate::need;
use crate::postgres::Postgres;
use crate::run::{self, Owned};
use crate::scratch::Scratch;

/// Old segments stay until they are read; nothing else differs from the defaults.
const DEFAULTS: &[&str] = &["wal_keep_size=16GB"];
/// What people give PostgreSQL for load. Commits still wait for the disk.
const TUNED: &[&str] = &[
    "wal_keep_size=16GB",
    "shared_buffers=1GB",
    "wal_buffers=64MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "commit_delay=200",
    "commit_siblings=4",
    "autovacuum_naptime=10s",
];
/// Our own connections, which are waited for by nobody.
const OWN_NAME: &str = "copydesk-bench-measure";

pub enum Server {
    Postgres(Postgres),
    /// The folder goes away with it.
    Redis {
        server: Owned,
        port: u16,
        _folder: Scratch,
    },
    Sqlite(Scratch),
}

/// The server's counters at one moment.
pub struct Mark {
    cpu_s: f64,
    postgres: Option<Counters>,
}

struct Counters {
    position: String,
    commits: f64,
    /// Row versions that were left behind by updates and deletes.
    dead: f64,
}

/// What a phase cost the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub cpu_s: Option<f64>,
    /// Without full-page images.
    pub wal_bytes: Option<f64>,
    pub commits: Option<f64>,
    pub dead: Option<f64>,
}

impl Server {
    pub fn start(kind: Kind, tuned: bool) -> Result<Server> {
        match kind {
            Kind::Postgres => Ok(Server::Postgres(Postgres::start_with(if tuned { TUNED } else { DEFAULTS })?)),
            Kind::Redis => redis(),
            Kind::Sqlite => Ok(Server::Sqlite(Scratch::new("bench-sqlite")?)),
        }
    }

    pub fn url(&self) -> String {
        match self {
            Server::Postgres(postgres) => postgres.url(),
            Server::Redis { port, .. } => format!("redis://127.0.0.1:{port}"),
            Server::Sqlite(folder) => format!("sqlite:{}", folder.path().join("queue").display()),
        }
    }

    /// Before a phase: what was written so far is out of its way.
    pub fn settle(&self) -> Result<()> {
        match self {
            Server::Postgres(_) => self.ask("CHECKPOINT").map(|_| ()),
            Server::Redis { .. } | Server::Sqlite(_) => Ok(()),
        }
    }

    /// While the client is connected and waits.
    pub fn before(&self) -> Result<Mark> {
        let postgres = self.counters()?;
        Ok(Mark { cpu_s: self.cpu_seconds(), postgres })
    }

    /// What was spent since `mark`; the client must have gone.
    pub fn since(&self, mark: &Mark) -> Result<Cost> {
        self.wait_for_clients()?;
        let cpu_s = (!matches!(self, Server::Sqlite(_))).then(|| self.cpu_seconds() - mark.cpu_s);
        let (Some(before), Some(after)) = (&mark.postgres, self.counters()?) else {
            return Ok(Cost { cpu_s, ..Cost::default() });
        };
        Ok(Cost {
            cpu_s,
            wal_bytes: Some(self.wal_between(&before.position, &after.position)?),
            commits: Some(after.commits - before.commits),
            dead: Some((after.dead - before.dead).max(0.0)),
        })
    }

    /// A transaction that sees the state of now until it is dropped, and keeps every later row version alive.
    pub fn snapshot(&self) -> Result<Option<Owned>> {
        let Server::Postgres(postgres) = self else { return Ok(None) };
        let mut psql = psql(&postgres.url())?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = psql.stdin.as_mut().context("psql has no input")?;
        input.write_all(b"BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 'held';\n")?;
        let mut line = String::new();
        BufReader::new(psql.stdout.as_mut().context("psql has no output")?).read_line(&mut line)?;
        ensure!(line.trim() == "held", "the snapshot cannot be taken: {line:?}");
        Ok(Some(Owned(psql)))
    }

    fn counters(&self) -> Result<Option<Counters>> {
        if !matches!(self, Server::Postgres(_)) {
            return Ok(None);
        }
        let line = self.ask(
            "SELECT pg_current_wal_insert_lsn(), \
             (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()), \
             (SELECT coalesce(sum(n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables)",
        )?;
        let fields: Vec<&str> = line.trim().split('|').collect();
        let [position, commits, dead] = fields[..] else { bail!("psql answered {line:?}") };
        Ok(Some(Counters { position: position.to_owned(), commits: commits.parse()?, dead: dead.parse()? }))
    }

    /// A back end hands in its counters when it ends, at the latest.
    fn wait_for_clients(&self) -> Result<()> {
        if !matches!(self, Server::Postgres(_)) {
            return Ok(());
        }
        let others = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> '{OWN_NAME}'"
        );
        let start = Instant::now();
        while self.ask(&others)?.trim() != "0" {
            ensure!(start.elapsed() < Duration::from_secs(20), "the client has gone, but its connections have not");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Bytes of the records alone, as `pg_waldump` counts them: how many full-page images a run writes depends
    /// on when its checkpoints happen.
    fn wal_between(&self, from: &str, to: &str) -> Result<f64> {
        let Server::Postgres(postgres) = self else { bail!("only PostgreSQL has a log") };
        // Everything up to `to` must be on disk.
        self.ask("CHECKPOINT")?;
        let program = need::find("pg_waldump").context("pg_waldump is not on this machine")?;
        // Named, since it would look into any segment for the size of all, also into one that is only reserved.
        let names = self.ask(&format!("SELECT pg_walfile_name('{from}'::pg_lsn + 1), pg_walfile_name('{to}')"))?;
        let mut command = Command::new(program);
        command.args(["--stats", "--start", from, "--end", to]);
        command.args(names.trim().split('|').map(|name| postgres.log_folder().join(name)));
        let output = command.output().context("starting pg_waldump")?;
        let text = String::from_utf8_lossy(&output.stdout);
        record_bytes(&text).with_context(|| {
            format!("pg_waldump from {from} to {to} said {text:?} {}", String::from_utf8_lossy(&output.stderr))
        })
    }

    fn ask(&self, sql: &str) -> Result<String> {
        let Server::Postgres(postgres) = self else { bail!("only PostgreSQL can be asked") };
        let output = psql(&postgres.url())?.args(["-c", sql]).output().context("starting psql")?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Of the server's first process with those of its children that ended, and of its living children.
    fn cpu_seconds(&self) -> f64 {
        match self {
            Server::Postgres(postgres) => tree_cpu_seconds(postgres.pid()),
            Server::Redis { server, .. } => tree_cpu_seconds(server.0.id()),
            Server::Sqlite(_) => 0.0,
        }
    }
}

/// The sum of the record sizes: the first size of the line `Total`.
pub fn record_bytes(stats: &str) -> Option<f64> {
    let total = stats.lines().find(|line| line.trim_start().starts_with("Total"))?;
    total.split_whitespace().nth(2)?.parse().ok()
}

fn psql(url: &str) -> Result<Command> {
    let mut command = Command::new(need::find("psql").context("psql is not on this machine")?);
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]).env("PGAPPNAME", OWN_NAME);
    Ok(command)
}

fn redis() -> Result<Server> {
    let program = need::find("redis-server").context("redis-server is not on this machine")?;
    let (folder, port) = (Scratch::new("bench-redis")?, run::free_port()?);
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no", "--dir"]).arg(folder.path());
    println!("$ {}", run::shown(&command));
    let child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("starting redis-server")?;
    let server = Owned(child);
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        ensure!(start.elapsed() < Duration::from_secs(20), "redis-server does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(Server::Redis { server, port, _folder: folder })
}

/// Processor time of `root`, of its children that have ended, and of those that live, in seconds.
pub fn tree_cpu_seconds(root: u32) -> f64 {
    let Some(own) = stat(&PathBuf::from(format!("/proc/{root}/stat"))) else { return 0.0 };
    let mut ticks = own.ticks + own.ended_ticks;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some(child) = stat(&entry.path().join("stat"))
            && child.parent == root
        {
            ticks += child.ticks + child.ended_ticks;
        }
    }
    // Linux shows 100 ticks a second to programs, whatever its own clock.
    ticks as f64 / 100.0
}

struct Stat {
    parent: u32,
    ticks: u64,
    /// Of children that have ended and were waited for.
    ended_ticks: u64,
}

/// Fields 4 and 14 to 17 of proc(5); the name before them may hold blanks.
fn stat(file: &std::path::Path) -> Option<Stat> {
    let text = fs::read_to_string(file).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat {
        parent: number(4)?.try_into().ok()?,
        ticks: number(14)? + number(15)?,
        ended_ticks: number(16)? + number(17)?,
    })
}
