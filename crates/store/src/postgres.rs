//! PostgreSQL: a pool for writing and one for reading, no TLS of its own.

mod error;
mod session;
mod types;

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::FutureExt;
use stdx::Clock;
use stdx::config::Secret;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use crate::conn::{Conn, Link, run_hooks};
use crate::migration::{self, Applied};
use crate::stats::{Counters, PoolStats, RETRIES};
use crate::{BoxFuture, Engine, Error, MigrationSet, Row, Settings, Tx, Value};

pub(crate) use session::Session;

/// How often a closure runs when other transactions are in its way.
const ATTEMPTS: usize = 3;
/// The oldest server that is tested.
const VERSION_MIN: i64 = 150_000;

pub(crate) struct Pools {
    write: Pool,
    read: Pool,
    idle_timeout: Duration,
    swept: Mutex<Instant>,
}

impl Pools {
    /// Connects, looks at the server and migrates.
    pub async fn open(settings: &Settings, sets: &[MigrationSet], clock: &Clock) -> Result<Self, Error> {
        let pools = Pools::connect(settings)?;
        let mut session = pools.writer().await?;
        look_at_the_server(&mut session).await?;
        session.begin("BEGIN").await?;
        migrate(&mut session, sets, clock).await?;
        session.commit().await?;
        Ok(pools)
    }

    /// The pools alone; connections are made when they are needed.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        Ok(Pools {
            write: pool(settings, settings.write_pool)?,
            read: pool(settings, settings.read_pool)?,
            idle_timeout: Duration::from_secs(settings.idle_timeout_s),
            swept: Mutex::new(Instant::now()),
        })
    }

    pub async fn write<T, E, F>(&self, f: F, counters: &Counters) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone,
        E: From<Error>,
    {
        for attempt in 1..=ATTEMPTS {
            // A connection that is dropped here with its transaction open is closed, never used again.
            let mut tx = Tx::new(Link::Postgres(self.begin(&self.write, "BEGIN").await?));
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
            match session.commit().await {
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
        let mut conn = Conn::new(Link::Postgres(session));
        let result = AssertUnwindSafe(f(&mut conn)).catch_unwind().await;
        conn.postgres().ok_or(Error::Closed)?.roll_back().await;
        result.unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    /// Runs one statement by itself.
    pub async fn rows(&self, text: &str, p: &[Value]) -> Result<Vec<Row>, Error> {
        let mut session = self.session(&self.read).await?;
        match session.rows(text, p).await {
            // The server was restarted while the connection was idle: once more, on a new one. The
            // session is read-only, so that running it twice does no harm.
            Err(Error::Unavailable(_)) => self.session(&self.read).await?.rows(text, p).await,
            other => other,
        }
    }

    pub async fn explain(&self, text: &str) -> Result<Vec<String>, Error> {
        // A statement that writes can be planned in a transaction that is rolled back.
        let mut session = self.begin(&self.write, "BEGIN").await?;
        let plan = session.explain(text).await;
        session.roll_back().await;
        plan
    }

    pub async fn check(&self) -> Result<Vec<String>, Error> {
        let text = "SELECT 'index ' || indexrelid::regclass || ' is not valid' FROM pg_index WHERE NOT indisvalid \
            UNION ALL SELECT 'constraint ' || conname || ' of ' || conrelid::regclass || ' is not validated' \
            FROM pg_constraint WHERE NOT convalidated";
        self.rows(text, &[]).await?.iter().map(|row| row.get(0)).collect()
    }

    pub fn stats(&self) -> Vec<PoolStats> {
        let one = |name, pool: &Pool| {
            let status = pool.status();
            let idle = status.available;
            PoolStats {
                name,
                total: status.size,
                active: status.size.saturating_sub(idle),
                idle,
                waiting: status.waiting,
            }
        };
        vec![one("write", &self.write), one("read", &self.read)]
    }

    pub fn close(&self) {
        self.write.close();
        self.read.close();
    }

    async fn writer(&self) -> Result<Session, Error> {
        self.session(&self.write).await
    }

    async fn session(&self, pool: &Pool) -> Result<Session, Error> {
        self.sweep();
        Ok(Session::new(pool.get().await?))
    }

    /// A session in a transaction; a connection that turns out to be dead is replaced once.
    async fn begin(&self, pool: &Pool, how: &str) -> Result<Session, Error> {
        let mut session = self.session(pool).await?;
        match session.begin(how).await {
            Err(Error::Unavailable(_)) => {
                let mut session = self.session(pool).await?;
                session.begin(how).await.map(|()| session)
            }
            other => other.map(|()| session),
        }
    }

    /// Closes connections that nobody has used for long.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() * 2 > self.idle_timeout {
            *swept = Instant::now();
            for pool in [&self.write, &self.read] {
                pool.retain(|_, metrics| metrics.last_used() < self.idle_timeout);
            }
        }
    }
}

/// The address as the driver understands it, or why it cannot be used.
pub(crate) fn parse(url: &Secret) -> Result<Config, String> {
    let config: Config = url.reveal().parse().map_err(|e: tokio_postgres::Error| {
        let cause = std::error::Error::source(&e).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("must look like postgres://user:password@host:port/name{cause}")
    })?;
    if !matches!(config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer) {
        return Err("must not ask for TLS by sslmode, which is not supported; use a private network or a local proxy"
            .to_owned());
    }
    Ok(config)
}

/// The migrations that were applied; none if there is no table of them.
pub(crate) async fn applied(settings: &Settings) -> Result<Vec<Applied>, Error> {
    let pools = Pools::connect(settings)?;
    if pools.rows("SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL", &[]).await?.is_empty() {
        return Ok(Vec::new());
    }
    pools.rows(migration::APPLIED, &[]).await?.iter().map(Applied::from_row).collect()
}

fn pool(settings: &Settings, size: u32) -> Result<Pool, Error> {
    let url = settings.url.as_ref().ok_or_else(|| Error::Settings("no address of a PostgreSQL server".to_owned()))?;
    let mut config = parse(url).map_err(|reason| Error::Settings(format!("url {reason}")))?;
    let limit = Duration::from_secs(settings.connect_timeout_s);
    let statement_ms = settings.statement_timeout_s.saturating_mul(1_000);
    let given = config.get_options().unwrap_or_default();
    config.options(format!(
        "{given} -c statement_timeout={statement_ms} -c lock_timeout={statement_ms} \
         -c idle_in_transaction_session_timeout={statement_ms} -c client_min_messages=warning -c timezone=UTC"
    ));
    if config.get_application_name().is_none() {
        config.application_name("copydesk");
    }
    config.connect_timeout(limit);
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let idle = Duration::from_secs(settings.idle_timeout_s);
    let fresh = Hook::sync_fn(move |_, metrics| {
        if metrics.last_used() < idle {
            Ok(())
        } else {
            Err(HookError::message("the connection was idle for too long"))
        }
    });
    let pool = Pool::builder(manager)
        .max_size(size as usize)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(limit))
        .create_timeout(Some(limit))
        .recycle_timeout(Some(limit))
        .pre_recycle(fresh)
        .build();
    pool.map_err(|e| Error::Settings(e.to_string()))
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
