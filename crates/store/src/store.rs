//! The store itself: opens the engine that the settings name and hands out connections.

use std::path::Path;
use std::sync::Arc;

use stdx::Clock;

use crate::conn::{Conn, Link, Reader, Tx};
use crate::stats::{self, Counters};
use crate::{BoxFuture, Error, MigrationSet, Settings, Statement, Stats, lite, postgres, statement};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

#[derive(Clone)]
enum Backend {
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
        let counters = Arc::<Counters>::default();
        let backend = match &settings.url {
            Some(_) => Backend::Postgres(Arc::new(postgres::Pools::open(settings, migrations, &clock).await?)),
            None => {
                let mode = lite::Mode::Own(migrations.to_vec());
                Backend::Lite(Arc::new(lite::Lite::open(folder, settings, mode, &clock, Arc::clone(&counters)).await?))
            }
        };
        Ok(Store { backend, counters, clock })
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
        let counters = Arc::<Counters>::default();
        let backend = match &settings.url {
            Some(_) => Backend::Postgres(Arc::new(postgres::Pools::connect(settings)?)),
            None => Backend::Lite(Arc::new(
                lite::Lite::open(folder, settings, lite::Mode::Beside, &clock, Arc::clone(&counters)).await?,
            )),
        };
        Ok(Store { backend, counters, clock })
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
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Lite(lite) => lite.write(f).await,
            Backend::Postgres(pools) => pools.write(f, &self.counters).await,
        }
    }

    /// Reads that may lag behind the last write by a moment.
    pub fn read(&self) -> Reader {
        Reader(Conn::new(match &self.backend {
            Backend::Lite(lite) => Link::LiteReaders(Arc::clone(lite.readers())),
            Backend::Postgres(pools) => Link::PostgresPool(Arc::clone(pools)),
        }))
    }

    /// Reads that see every write that was answered before.
    pub fn read_fresh(&self) -> Reader {
        // There are no replicas: the primary answers both.
        self.read()
    }

    /// Runs `f` on one consistent state of the whole database. Unlike a write it may await other
    /// things, but it holds a connection meanwhile.
    pub async fn snapshot<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.backend {
            Backend::Lite(lite) => lite.readers().snapshot(f).await,
            Backend::Postgres(pools) => pools.snapshot(f).await,
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

    /// The engine's own check of the data; each line tells of one damage, none means that all is well.
    /// Reads the whole file on SQLite.
    pub async fn check(&self) -> Result<Vec<String>, Error> {
        match &self.backend {
            Backend::Lite(lite) => lite.readers().run(lite::Session::check).await,
            Backend::Postgres(pools) => pools.check().await,
        }
    }

    pub async fn ping(&self) -> Result<(), Error> {
        self.read().text_rows("SELECT 1", Vec::new()).await.map(|_| ())
    }

    /// Finishes the writes that were accepted, moves the log into the database and gives up the data
    /// folder. Later calls get [`Error::Closed`].
    pub async fn close(&self) {
        match &self.backend {
            Backend::Lite(lite) => lite.close().await,
            Backend::Postgres(pools) => pools.close(),
        }
    }

    /// Prepares a statement and says how the engine would run it, one line per step.
    pub async fn prepare(&self, s: &'static Statement) -> Result<Vec<String>, Error> {
        let ready = statement::ready(s);
        match &self.backend {
            Backend::Lite(lite) => lite.readers().run(move |session| session.explain(&ready.sqlite)).await,
            Backend::Postgres(pools) => pools.explain(&ready.postgres).await,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.engine().name()).finish()
    }
}
