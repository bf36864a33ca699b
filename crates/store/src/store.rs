//! The store itself: opens the engine that the settings name and hands out connections.

use std::path::Path;
use std::sync::{Arc, Weak};

use serde::Serialize;
use stdx::Clock;
use stdx::task::Tasks;
use tokio::sync::mpsc;

use crate::conn::{Conn, Link, Reader, Tx};
use crate::postgres::Freshness;
use crate::report::Watch;
use crate::slow::{SlowLog, SlowStatement};
use crate::statement::Ready;
use crate::stats::{self, Counters};
use crate::{BoxFuture, Error, MigrationSet, Settings, Statement, Stats, lite, postgres, statement};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    backend: Backend,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Clock,
    slow: Arc<SlowLog>,
    watch: Arc<Watch>,
    /// What the store does in the background; ends with it.
    tasks: Tasks,
}

#[derive(Clone)]
pub(crate) enum Backend {
    Lite(Arc<lite::Lite>),
    Postgres(Arc<postgres::Pools>),
}

impl Store {
    /// Opens the database and brings its schema up to date. Without `settings.url` that is SQLite in
    /// `folder`, which is created if need be and belongs to this process until [`Store::close`].
    ///
    /// # Errors
    /// [`Error::Locked`] if another process holds the folder, [`Error::Migration`],
    /// [`Error::Unavailable`], [`Error::ReadOnly`], [`Error::Settings`].
    pub async fn open(
        folder: &Path,
        settings: &Settings,
        migrations: &[MigrationSet],
        clock: Clock,
    ) -> Result<Store, Error> {
        let parts = Parts::new(settings, clock);
        let backend = match &settings.url {
            Some(_) => {
                let pools = postgres::Pools::open(settings, migrations, &parts.clock, Arc::clone(&parts.slow)).await?;
                Backend::Postgres(Arc::new(pools))
            }
            None => parts.lite(folder, settings, lite::Mode::Own(migrations.to_vec())).await?,
        };
        Ok(parts.store(backend))
    }

    /// Opens the database beside a server that may be running, for one transaction of a command. Poke
    /// the server afterwards ([`socket::poke`](crate::socket::poke)).
    ///
    /// # Errors
    /// [`Error::Migration`] if the schema is not current: this never migrates.
    pub async fn open_beside(
        folder: &Path,
        settings: &Settings,
        migrations: &[MigrationSet],
        clock: Clock,
    ) -> Result<Store, Error> {
        if let Some(next) = crate::pending(folder, settings, migrations).await?.first() {
            let reason = "not applied yet; start the server or run the migrations first".to_owned();
            return Err(Error::Migration { set: next.set.to_owned(), version: next.version, reason, cause: None });
        }
        let parts = Parts::new(settings, clock);
        let backend = match &settings.url {
            Some(_) => Backend::Postgres(Arc::new(postgres::Pools::connect(settings, Arc::clone(&parts.slow))?)),
            None => parts.lite(folder, settings, lite::Mode::Beside).await?,
        };
        Ok(parts.store(backend))
    }

    /// The same database for somebody who must not wait for the pools of others, such as a heartbeat on a thread
    /// of its own: on PostgreSQL one connection for writing and one for reading, made when they are first used,
    /// on the runtime that uses them, and never to a replica. Closing it closes those two alone. On SQLite this
    /// very store.
    ///
    /// What it writes is not awaited by [`Store::read_fresh`] of this store where a replica answers.
    pub fn apart(&self) -> Result<Store, Error> {
        let backend = match &self.backend {
            Backend::Lite(lite) => Backend::Lite(Arc::clone(lite)),
            Backend::Postgres(pools) => Backend::Postgres(Arc::new(pools.apart()?)),
        };
        // No background work of its own, hence callable outside of a runtime; slow statements are planned by the
        // store that this one comes from.
        Ok(Store { backend, tasks: Tasks::default(), ..self.clone() })
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    pub fn engine(&self) -> Engine {
        match self.backend {
            Backend::Lite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `f` in a transaction and answers after COMMIT. `f` may run more than once, so its only
    /// effect outside of `tx` is [`Tx::after_commit`]; it awaits nothing but `tx`. If a statement in it
    /// failed, it is rolled back even if it returns `Ok`.
    ///
    /// # Errors
    /// What `f` returns, or the reason why it could not be committed.
    pub fn write<'a, T, E, F>(&'a self, f: F) -> BoxFuture<'a, Result<T, E>>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Lite(lite) => Box::pin(lite.write(f)),
            Backend::Postgres(pools) => Box::pin(pools.write(postgres::BEGIN, f, &self.counters)),
        }
    }

    /// Like [`Store::write`], for work that is safe to lose and to run again: on PostgreSQL the caller is
    /// answered before the commit is on the server's disk (`synchronous_commit = off`), so that the last
    /// moments before a crash of the server may be lost, though never a part of one write. On SQLite the same
    /// as a write.
    pub fn write_relaxed<'a, T, E, F>(&'a self, f: F) -> BoxFuture<'a, Result<T, E>>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Lite(lite) => Box::pin(lite.write(f)),
            Backend::Postgres(pools) => Box::pin(pools.write(postgres::BEGIN_RELAXED, f, &self.counters)),
        }
    }

    /// Reads that may lag behind the last write by a moment: a replica may answer them.
    pub fn read(&self) -> Reader {
        self.reader(Freshness::Any)
    }

    /// Reads that see every write that was answered before by this process, and every write that was
    /// [`observe`](Store::observe)d.
    pub fn read_fresh(&self) -> Reader {
        self.reader(Freshness::Fresh)
    }

    /// Reads that see every write up to `token`, whichever process made it.
    pub fn read_after(&self, token: &Token) -> Reader {
        self.reader(Freshness::From(token.0))
    }

    /// How far the writes have come that this process knows of, for a session to carry to its next request,
    /// which may reach another process. `None` where every read sees every write: on SQLite and without
    /// replicas.
    pub fn position(&self) -> Option<Token> {
        match &self.backend {
            Backend::Lite(_) => None,
            Backend::Postgres(pools) => pools.replicas().map(|replicas| Token(replicas.position())),
        }
    }

    /// Has every later [`read_fresh`](Store::read_fresh) of this process see the writes up to `token`.
    pub fn observe(&self, token: &Token) {
        if let Backend::Postgres(pools) = &self.backend
            && let Some(replicas) = pools.replicas()
            && token.0 < u64::MAX
        {
            replicas.committed(Some(token.0));
        }
    }

    fn reader(&self, how: Freshness) -> Reader {
        let how = SEEN.try_with(|position| how.and_from(*position)).unwrap_or(how);
        let link = match &self.backend {
            Backend::Lite(lite) => Link::LiteReaders(Arc::clone(lite.readers())),
            Backend::Postgres(pools) => Link::PostgresPool(Arc::clone(pools), how),
        };
        Reader(Conn::new(link, Arc::clone(&self.slow)))
    }

    /// Runs `f` on one consistent state of the whole database. Unlike a write it may await other
    /// things, but it holds a connection meanwhile.
    pub fn snapshot<'a, T, E, F>(&'a self, f: F) -> BoxFuture<'a, Result<T, E>>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Lite(lite) => Box::pin(lite.readers().snapshot(f)),
            Backend::Postgres(pools) => Box::pin(pools.snapshot(f)),
        }
    }

    pub fn stats(&self) -> Stats {
        let pools = match &self.backend {
            Backend::Lite(lite) => lite.pools(),
            Backend::Postgres(pools) => pools.stats(),
        };
        let (writes, commits) = (self.counters.writes.get(), self.counters.commits.get());
        let writes_per_commit = if commits == 0 { 0.0 } else { writes as f64 / commits as f64 };
        Stats { engine: self.engine(), pools, statements: stats::statements(), writes, commits, writes_per_commit }
    }

    /// The last statements that took longer than `slow_ms`, the newest first; at most 100.
    pub fn slow(&self) -> Vec<SlowStatement> {
        self.slow.list()
    }

    /// The engine's own check of the data; each line tells of one damage, none means that all is well.
    /// Reads the whole file on SQLite.
    pub async fn check(&self) -> Result<Vec<String>, Error> {
        match &self.backend {
            Backend::Lite(lite) => lite.readers().run(lite::Session::check).await,
            Backend::Postgres(pools) => pools.check().await,
        }
    }

    pub async fn ping(&self) -> Result<(), Error> {
        match &self.backend {
            Backend::Lite(_) => self.read().text_rows("SELECT 1", Vec::new()).await.map(|_| ()),
            // The primary: a replica that answers is not enough to work.
            Backend::Postgres(pools) => pools.primary_rows("SELECT 1", &[]).await.map(|_| ()),
        }
    }

    /// Finishes the writes that were accepted, moves the log into the database and gives up the data
    /// folder. Later calls get [`Error::Closed`].
    pub async fn close(&self) {
        self.tasks.shutdown(std::time::Duration::ZERO).await;
        match &self.backend {
            Backend::Lite(lite) => lite.close().await,
            Backend::Postgres(pools) => pools.close().await,
        }
    }

    /// Prepares a statement and says how the engine would run it, one line per step.
    pub async fn prepare(&self, s: &'static Statement) -> Result<Vec<String>, Error> {
        explain(&self.backend, statement::ready(s)).await
    }
}

tokio::task_local! {
    /// What the reads of this task have to see at least.
    static SEEN: u64;
}

/// A place in the database's log of changes, opaque: 1 to 16 hexadecimal digits, for a header or a cookie.
/// One that a stranger made up costs a read a wait of 50 ms at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(u64);

impl Token {
    /// Does `work`, in which every read sees the writes up to this token, whatever else it asks for. It holds for
    /// this task, not for others that `work` starts.
    pub async fn seen_by<F: Future>(self, work: F) -> F::Output {
        SEEN.scope(self.0, work).await
    }

    /// The later of two. A position that could not be learnt (its reads all go to the primary) gives way to one
    /// that could.
    #[must_use]
    pub fn later(self, other: Token) -> Token {
        match (self.0, other.0) {
            (u64::MAX, position) | (position, u64::MAX) => Token(position),
            (one, two) => Token(one.max(two)),
        }
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl std::str::FromStr for Token {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let is_hex = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        let position = is_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        position.map(Token).ok_or(BadToken)
    }
}

/// A text that is no [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position of the database")]
pub struct BadToken;

/// What a store is made of before it has a database.
struct Parts {
    counters: Arc<Counters>,
    clock: Clock,
    slow: Arc<SlowLog>,
    watch: Watch,
    to_plan: mpsc::Receiver<Arc<Ready>>,
}

impl Parts {
    fn new(settings: &Settings, clock: Clock) -> Self {
        let engine = if settings.url.is_some() { Engine::Postgres } else { Engine::Sqlite };
        let (slow, to_plan) = SlowLog::new(settings.slow_ms, engine, clock.clone());
        Parts { counters: Arc::default(), clock, slow: Arc::new(slow), watch: Watch::new(settings), to_plan }
    }

    async fn lite(&self, folder: &Path, settings: &Settings, mode: lite::Mode) -> Result<Backend, Error> {
        let (counters, slow) = (Arc::clone(&self.counters), Arc::clone(&self.slow));
        Ok(Backend::Lite(Arc::new(lite::Lite::open(folder, settings, mode, &self.clock, counters, slow).await?)))
    }

    fn store(self, backend: Backend) -> Store {
        let Parts { counters, clock, slow, watch, to_plan } = self;
        let tasks = Tasks::default();
        tasks.spawn(plan(to_plan, Arc::clone(&slow), backend.downgrade()));
        Store { backend, counters, clock, slow, watch: Arc::new(watch), tasks }
    }
}

/// A backend that may be gone.
enum Gone {
    Lite(Weak<lite::Lite>),
    Postgres(Weak<postgres::Pools>),
}

impl Backend {
    fn downgrade(&self) -> Gone {
        match self {
            Backend::Lite(lite) => Gone::Lite(Arc::downgrade(lite)),
            Backend::Postgres(pools) => Gone::Postgres(Arc::downgrade(pools)),
        }
    }
}

impl Gone {
    fn upgrade(&self) -> Option<Backend> {
        match self {
            Gone::Lite(lite) => lite.upgrade().map(Backend::Lite),
            Gone::Postgres(pools) => pools.upgrade().map(Backend::Postgres),
        }
    }
}

/// Makes the plans of slow statements, each on a connection of its own.
async fn plan(mut wanted: mpsc::Receiver<Arc<Ready>>, slow: Arc<SlowLog>, backend: Gone) {
    while let Some(statement) = wanted.recv().await {
        let Some(backend) = backend.upgrade() else { return };
        let name = statement.name;
        match explain(&backend, statement).await {
            Ok(lines) => slow.planned(name, lines),
            Err(e) => tracing::debug!(statement = name, error = %e, "a slow statement was not planned"),
        }
    }
}

async fn explain(backend: &Backend, statement: Arc<Ready>) -> Result<Vec<String>, Error> {
    match backend {
        Backend::Lite(lite) => lite.readers().run(move |session| session.explain(&statement.sqlite)).await,
        Backend::Postgres(pools) => pools.explain(&statement.postgres).await,
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.engine().name()).finish()
    }
}
