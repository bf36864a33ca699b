//! SQLite: one writer thread that commits in groups, a few reader threads, one process per folder.

mod lock;
mod readers;
mod session;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stdx::Clock;

use crate::migration::{self, Applied};
use crate::slow::SlowLog;
use crate::stats::{Counters, PoolStats};
use crate::{BoxFuture, Error, MigrationSet, Settings, Synchronous, Tx};

pub(crate) use lock::Lock;
pub(crate) use readers::Readers;
pub(crate) use session::Session;

const FILE: &str = "copydesk.db";

/// The database of one data folder.
pub(crate) struct Lite {
    writer: writer::Writer,
    readers: Arc<Readers>,
    folder: PathBuf,
}

/// Whose folder it is.
pub(crate) enum Mode {
    /// Ours: take the lock, migrate.
    Own(Vec<MigrationSet>),
    /// A server's, perhaps: no lock, no change of the schema.
    Beside,
}

/// What the connections of one store share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub synchronous: Synchronous,
    pub statement_timeout: Duration,
    pub busy_timeout: Duration,
}

impl Lite {
    pub async fn open(
        folder: &Path,
        settings: &Settings,
        mode: Mode,
        clock: &Clock,
        counters: Arc<Counters>,
        slow: Arc<SlowLog>,
    ) -> Result<Self, Error> {
        let lock = match &mode {
            Mode::Own(_) => Some(Lock::take(folder)?),
            Mode::Beside => None,
        };
        let options = Options {
            synchronous: settings.synchronous,
            statement_timeout: Duration::from_secs(settings.statement_timeout_s),
            busy_timeout: Duration::from_secs(settings.connect_timeout_s),
        };
        let file = folder.join(FILE);
        let writer =
            writer::Writer::start(file.clone(), options, mode, lock, clock.clone(), counters, Arc::clone(&slow))
                .await?;
        // The command beside a server reads once or twice; a server reads on every core.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let readers = Arc::new(Readers::start(file, options, cores.clamp(2, 8), slow)?);
        Ok(Lite { writer, readers, folder: folder.to_owned() })
    }

    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write(f).await
    }

    pub fn readers(&self) -> &Arc<Readers> {
        &self.readers
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of the write-ahead log.
    pub fn log(&self) -> PathBuf {
        writer::log_of(&self.folder.join(FILE))
    }

    pub fn pools(&self) -> Vec<PoolStats> {
        vec![self.writer.stats(), self.readers.stats()]
    }

    pub async fn close(&self) {
        // Readers first: the last checkpoint empties the log only when nobody reads from it.
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The migrations that were applied to the database in `folder`; none if there is no database.
pub(crate) fn applied(folder: &Path) -> Result<Vec<Applied>, Error> {
    let file = folder.join(FILE);
    if !file.try_exists()? {
        return Ok(Vec::new());
    }
    let options = Options {
        synchronous: Synchronous::Full,
        statement_timeout: Duration::from_secs(30),
        busy_timeout: Duration::from_secs(10),
    };
    let mut session = Session::reader(&file, options)?;
    let exists = session.rows("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'", &[], 1)?;
    if exists.is_empty() {
        return Ok(Vec::new());
    }
    session.rows(migration::APPLIED, &[], usize::MAX)?.iter().map(Applied::from_row).collect()
}
