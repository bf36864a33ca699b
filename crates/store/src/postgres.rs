//! PostgreSQL: a pool for writing and one for reading, no TLS of its own.

mod copy;
mod error;
mod pool;
mod replica;
mod session;
mod types;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use stdx::Clock;

use crate::conn::{Conn, Link, run_hooks};
use crate::migration::{self, Applied};
use crate::slow::SlowLog;
use crate::stats::{Counters, PoolStats, RETRIES};
use crate::{BoxFuture, Engine, Error, MigrationSet, Row, Settings, Tx, Value};

use pool::Source;
pub(crate) use pool::{config, parse};
pub use replica::ReplicaReport;
use replica::{COMMITTED, COMMITTED_RELAXED, Replicas};
pub(crate) use replica::{Freshness, parse as parse_replicas};
pub(crate) use session::Session;

/// How often a closure runs when other transactions are in its way.
const ATTEMPTS: usize = 3;
/// The oldest server that is tested.
const VERSION_MIN: i64 = 150_000;

/// How a transaction that writes begins.
pub(crate) const BEGIN: &str = "BEGIN";
/// Its COMMIT does not wait for the disk: what it wrote may be lost with the server, but never in part.
pub(crate) const BEGIN_RELAXED: &str = "BEGIN; SET LOCAL synchronous_commit = off";

pub(crate) struct Pools {
    write: Arc<Source>,
    read: Arc<Source>,
    replicas: Option<Replicas>,
    slow: Arc<SlowLog>,
    settings: Settings,
}

impl Pools {
    /// Connects, looks at the server and migrates.
    pub async fn open(
        settings: &Settings,
        sets: &[MigrationSet],
        clock: &Clock,
        slow: Arc<SlowLog>,
    ) -> Result<Self, Error> {
        let mut pools = Pools::connect(settings, slow)?;
        let mut session = Session::take(&pools.write).await?;
        look_at_the_server(&mut session).await?;
        session.begin(BEGIN);
        migrate(&mut session, sets, clock).await?;
        session.commit().await?;
        pools.replicas = Replicas::start(settings)?;
        Ok(pools)
    }

    /// The pools alone; connections are made when they are needed.
    pub fn connect(settings: &Settings, slow: Arc<SlowLog>) -> Result<Self, Error> {
        let wait = Duration::from_secs(settings.connect_timeout_s);
        let source = |name, setting, size| {
            let mut config = config(settings)?;
            pool::keep_to_indexes(&mut config);
            Source::new(name, String::new(), setting, config, size, wait, settings).map(Arc::new)
        };
        Ok(Pools {
            write: source("write", "write_pool", settings.write_pool)?,
            read: source("read", "read_pool", settings.read_pool)?,
            replicas: None,
            slow,
            settings: settings.clone(),
        })
    }

    /// One connection for writing and one for reading, shared with nobody.
    pub fn apart(&self) -> Result<Self, Error> {
        let settings = Settings { write_pool: 1, read_pool: 1, replicas: None, ..self.settings.clone() };
        Pools::connect(&settings, Arc::clone(&self.slow))
    }

    pub async fn write<T, E, F>(&self, how: &'static str, f: F, counters: &Counters) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone,
        E: From<Error>,
    {
        for attempt in 1..=ATTEMPTS {
            // A connection that is dropped here with its transaction open is closed, never used again.
            let mut tx = Tx::new(Link::Postgres(self.begin(&self.write, how).await?), Arc::clone(&self.slow));
            let result = AssertUnwindSafe(f.clone()(&mut tx)).catch_unwind().await;
            let (hooks, failure) = (tx.take_hooks(), tx.take_failure());
            let session = tx.postgres().ok_or(Error::Closed)?;
            let conflict = matches!(failure, Some(Error::Conflict));
            let result = match (result, failure) {
                (Err(_), _) => Err(Error::Panicked.into()),
                (Ok(Err(e)), _) => Err(e),
                // PostgreSQL would answer COMMIT with a silent ROLLBACK.
                (Ok(Ok(_)), Some(e)) => Err(e.into()),
                (Ok(Ok(value)), None) => Ok(value),
            };
            let value = match result {
                Ok(value) => value,
                Err(e) => {
                    session.roll_back().await;
                    if conflict && attempt < ATTEMPTS {
                        RETRIES.inc();
                        continue;
                    }
                    return Err(e);
                }
            };
            let start = Instant::now();
            match self.commit(session, how).await {
                Ok(()) => {
                    counters.committed(1, start.elapsed());
                    drop(tx);
                    run_hooks(hooks);
                    return Ok(value);
                }
                Err(Error::Conflict) if attempt < ATTEMPTS => RETRIES.inc(),
                Err(e) => return Err(e.into()),
            }
        }
        Err(Error::Conflict.into())
    }

    pub async fn snapshot<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> BoxFuture<'t, Result<T, E>>,
        E: From<Error>,
    {
        let session = self.begin(&self.read, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let mut conn = Conn::new(Link::Postgres(session), Arc::clone(&self.slow));
        let result = AssertUnwindSafe(f(&mut conn)).catch_unwind().await;
        conn.postgres().ok_or(Error::Closed)?.roll_back().await;
        result.unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    /// Commits, and notes for the fresh reads where that was.
    fn commit<'a>(&'a self, session: &'a mut Session, how: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let Some(replicas) = &self.replicas else { return session.commit().await };
            let text = if how == BEGIN_RELAXED { COMMITTED_RELAXED } else { COMMITTED };
            if let Some(position) = session.commit_and_ask(text).await? {
                replicas.committed(position.ok());
            }
            Ok(())
        })
    }

    /// Runs one statement by itself; also how long it took, without the wait for a connection.
    pub async fn rows(&self, how: Freshness, text: &str, p: &[Value]) -> Result<(Duration, Vec<Row>), Error> {
        if let Some(replicas) = &self.replicas
            && let Some(answer) = replicas.rows(how, text, p).await?
        {
            return Ok(answer);
        }
        self.primary_rows(text, p).await
    }

    /// The same, never by a replica.
    pub async fn primary_rows(&self, text: &str, p: &[Value]) -> Result<(Duration, Vec<Row>), Error> {
        let mut session = Session::take(&self.read).await?;
        let start = Instant::now();
        let rows = match session.rows(text, p).await {
            // The server was restarted while the connection was idle: once more, on a new one. A reader's
            // statements do not write, so that running one twice does no harm.
            Err(Error::Unavailable(_)) => Session::take(&self.read).await?.rows(text, p).await,
            other => other,
        };
        Ok((start.elapsed(), rows?))
    }

    pub fn replicas(&self) -> Option<&Replicas> {
        self.replicas.as_ref()
    }

    pub async fn explain(&self, text: &str) -> Result<Vec<String>, Error> {
        // A statement that writes can be planned in a transaction that is rolled back.
        let mut session = self.begin(&self.read, BEGIN).await?;
        let plan = session.explain(text).await;
        session.roll_back().await;
        plan
    }

    pub async fn check(&self) -> Result<Vec<String>, Error> {
        let text = "SELECT 'index ' || indexrelid::regclass || ' is not valid' FROM pg_index WHERE NOT indisvalid \
            UNION ALL SELECT 'constraint ' || conname || ' of ' || conrelid::regclass || ' is not validated' \
            FROM pg_constraint WHERE NOT convalidated";
        self.primary_rows(text, &[]).await?.1.iter().map(|row| row.get(0)).collect()
    }

    pub fn stats(&self) -> Vec<PoolStats> {
        let replicas = self.replicas.iter().flat_map(Replicas::stats);
        [self.write.stats(), self.read.stats()].into_iter().chain(replicas).collect()
    }

    pub async fn close(&self) {
        self.write.close();
        self.read.close();
        if let Some(replicas) = &self.replicas {
            replicas.close().await;
        }
    }

    /// A session in a transaction, which begins with its first statement.
    fn begin<'a>(&'a self, source: &'a Arc<Source>, how: &'static str) -> BoxFuture<'a, Result<Session, Error>> {
        Box::pin(async move {
            let mut session = Session::take(source).await?;
            session.begin(how);
            Ok(session)
        })
    }
}

/// The migrations that were applied; none if there is no table of them.
pub(crate) async fn applied(settings: &Settings) -> Result<Vec<Applied>, Error> {
    let pools = Pools::connect(settings, Arc::new(SlowLog::off()))?;
    if pools.primary_rows("SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL", &[]).await?.1.is_empty() {
        return Ok(Vec::new());
    }
    pools.primary_rows(migration::APPLIED, &[]).await?.1.iter().map(Applied::from_row).collect()
}

async fn look_at_the_server(session: &mut Session) -> Result<(), Error> {
    let text = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')";
    let rows = session.rows(text, &[]).await?;
    let row = rows.first().ok_or(Error::NoRow { statement: "server" })?;
    let (version, encoding): (i64, String) = (row.get(0)?, row.get(1)?);
    if version < VERSION_MIN {
        return Err(Error::Settings(format!("PostgreSQL 15 or newer is needed, the server is {}", version / 10_000)));
    }
    if encoding != "UTF8" {
        return Err(Error::Settings(format!("the database has to be in the encoding UTF8, not {encoding}")));
    }
    Ok(())
}

async fn migrate(session: &mut Session, sets: &[MigrationSet], clock: &Clock) -> Result<(), Error> {
    session.script("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
    // One process migrates, the others wait and find it done. A lock of the transaction, not of the
    // session: it cannot outlive a future that is dropped.
    session.script("SELECT pg_advisory_xact_lock(hashtextextended('schema_migration', 0))").await?;
    session.script(migration::CREATE_POSTGRES).await?;
    let applied = session.rows(migration::APPLIED, &[]).await?;
    let applied = applied.iter().map(Applied::from_row).collect::<Result<Vec<_>, _>>()?;
    for step in migration::plan(Engine::Postgres, &applied, sets)? {
        session.script(step.text).await.map_err(|e| step.failed(e))?;
        session.exec(migration::RECORD, &step.record(clock.now())).await?;
        tracing::info!(
            set = step.set,
            version = step.migration.version,
            name = step.migration.name,
            "migration applied"
        );
    }
    Ok(())
}
