//! One SQLite connection, used by one thread.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::ffi;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::Options;
use crate::stats::Meter;
use crate::{Error, Row, Synchronous, Value};

/// Statements kept prepared per connection: more than the product has hot ones.
const CACHED_STATEMENTS: usize = 128;
/// The deadline is looked at every so many steps of SQLite's machine, well below a millisecond.
const STEPS_PER_LOOK: i32 = 2_000;
/// How long a checkpoint waits for readers.
const CHECKPOINT_WAIT: Duration = Duration::from_millis(50);

pub(crate) struct Session {
    db: Connection,
    deadline: Arc<Deadline>,
    timeout: Duration,
    busy_timeout: Duration,
    meter: Arc<Meter>,
}

impl Session {
    /// The connection that writes. Creates the file if need be.
    pub fn writer(file: &Path, options: Options) -> Result<Session, Error> {
        let mut session =
            Session::open(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, options)?;
        session.pragma("journal_mode", "wal")?;
        let synchronous = match options.synchronous {
            Synchronous::Full => "full",
            Synchronous::Normal => "normal",
        };
        session.pragma("synchronous", synchronous)?;
        session.pragma("foreign_keys", "on")?;
        // 2 MiB of pages; the system caches the file as well.
        session.pragma("cache_size", "-2048")?;
        // 16 MiB of log between the checkpoints that a commit makes by the way.
        session.pragma("wal_autocheckpoint", "4096")?;
        session.pragma("journal_size_limit", "67108864")?;
        Ok(session)
    }

    /// A connection that only reads.
    pub fn reader(file: &Path, options: Options) -> Result<Session, Error> {
        // Opened for writing, since reading a log after a crash may have to rebuild its index.
        let mut session = Session::open(file, OpenFlags::SQLITE_OPEN_READ_WRITE, options)?;
        session.pragma("query_only", "on")?;
        session.pragma("cache_size", "-1024")?;
        Ok(session)
    }

    fn open(file: &Path, flags: OpenFlags, options: Options) -> Result<Session, Error> {
        let mut db = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        db.busy_timeout(options.busy_timeout)?;
        db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        let deadline = Arc::new(Deadline::new());
        let seen = Arc::clone(&deadline);
        db.progress_handler(STEPS_PER_LOOK, Some(move || seen.is_over()))?;
        let (timeout, busy_timeout) = (options.statement_timeout, options.busy_timeout);
        Ok(Session { db, deadline, timeout, busy_timeout, meter: Arc::default() })
    }

    /// Counts its statements for the pool that it belongs to.
    pub fn counted_by(self, meter: Arc<Meter>) -> Session {
        Session { meter, ..self }
    }

    /// Rows of `text`, at most `max` of them.
    pub fn rows(&mut self, text: &str, p: &[Value], max: usize) -> Result<Vec<Row>, Error> {
        let _running = self.meter.running();
        let _limit = self.deadline.start(self.timeout);
        let mut statement = self.db.prepare_cached(text)?;
        bind(&mut statement, p)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let values =
                (0..columns).map(|i| row.get_ref(i).map_err(Error::from).and_then(value)).collect::<Result<_, _>>()?;
            out.push(Row(values));
            if out.len() >= max {
                break;
            }
        }
        Ok(out)
    }

    /// Runs `text` to its end; the number of rows it changed.
    pub fn exec(&mut self, text: &str, p: &[Value]) -> Result<u64, Error> {
        let _running = self.meter.running();
        let _limit = self.deadline.start(self.timeout);
        let mut statement = self.db.prepare_cached(text)?;
        run(&self.db, &mut statement, p)
    }

    /// Runs `text` once for each row of parameters.
    pub fn batch(&mut self, text: &str, rows: &[Vec<Value>]) -> Result<u64, Error> {
        let _running = self.meter.running();
        let _limit = self.deadline.start(self.timeout);
        let mut statement = self.db.prepare_cached(text)?;
        rows.iter().try_fold(0, |sum, p| Ok(sum + run(&self.db, &mut statement, p)?))
    }

    /// Runs a script of several statements, without a limit of time.
    pub fn script(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.db.execute_batch(text)?)
    }

    /// Whether a transaction is open. SQLite itself ends one when the disk is full or it is interrupted.
    pub fn in_transaction(&self) -> bool {
        !self.db.is_autocommit()
    }

    /// What SQLite finds wrong with the file and its references.
    pub fn check(&mut self) -> Result<Vec<String>, Error> {
        // Whole tables are read here: the limit for a statement is not meant for that.
        let limit = std::mem::replace(&mut self.timeout, Duration::MAX);
        let found = self.damage();
        self.timeout = limit;
        found
    }

    /// How SQLite would run `text`.
    pub fn explain(&mut self, text: &str) -> Result<Vec<String>, Error> {
        let parameters = self.db.prepare_cached(text)?.parameter_count();
        let rows = self.rows(&format!("EXPLAIN QUERY PLAN {text}"), &vec![Value::Null; parameters], usize::MAX)?;
        rows.iter().map(|row| row.get(3)).collect()
    }

    /// Moves the whole log into the database and empties it, if nobody reads from it just now.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        // Writers wait meanwhile: readers get a moment to finish, not the whole patience of a write.
        self.db.busy_timeout(CHECKPOINT_WAIT)?;
        let rows = self.rows("PRAGMA wal_checkpoint(TRUNCATE)", &[], 1);
        self.db.busy_timeout(self.busy_timeout)?;
        match rows?.first().map(|row| row.get(0)).transpose()? {
            Some(0) | None => Ok(()),
            Some::<i64>(_) => Err(Error::Busy),
        }
    }

    /// Ends the connection, after which the file may be opened by others.
    pub fn close(self) {
        if let Err((_, e)) = self.db.close() {
            tracing::warn!(error = %e, "a connection to the database was not closed cleanly");
        }
    }

    fn pragma(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.rows(&format!("PRAGMA {name} = {value}"), &[], 1).map(|_| ())
    }

    fn damage(&mut self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for row in self.rows("PRAGMA integrity_check(100)", &[], usize::MAX)? {
            let line: String = row.get(0)?;
            if line != "ok" {
                found.push(line);
            }
        }
        for row in self.rows(
            "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
            &[],
            usize::MAX,
        )? {
            let (table, parent, n): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            found.push(format!("{n} rows of {table} refer to rows of {parent} that do not exist"));
        }
        Ok(found)
    }
}

/// When the running statement has to end; read by SQLite as it goes.
#[derive(Debug)]
struct Deadline {
    base: Instant,
    /// µs after `base`, or `u64::MAX` for none.
    end: AtomicU64,
}

/// Takes the deadline away when the statement is done.
struct Limit(Arc<Deadline>);

impl Deadline {
    fn new() -> Self {
        Deadline { base: Instant::now(), end: AtomicU64::new(u64::MAX) }
    }

    fn start(self: &Arc<Self>, limit: Duration) -> Limit {
        let end = self.base.elapsed().checked_add(limit).and_then(|end| u64::try_from(end.as_micros()).ok());
        self.end.store(end.unwrap_or(u64::MAX), Ordering::Relaxed);
        Limit(Arc::clone(self))
    }

    fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != u64::MAX && self.base.elapsed().as_micros() > u128::from(end)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        self.0.end.store(u64::MAX, Ordering::Relaxed);
    }
}

fn run(db: &Connection, statement: &mut rusqlite::CachedStatement<'_>, p: &[Value]) -> Result<u64, Error> {
    bind(statement, p)?;
    let reads_only = statement.readonly();
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(if reads_only { 0 } else { db.changes() })
}

fn bind(statement: &mut rusqlite::CachedStatement<'_>, p: &[Value]) -> Result<(), Error> {
    let wanted = statement.parameter_count();
    if wanted != p.len() {
        return Err(Error::sql(format!("the statement takes {wanted} parameters, not {}", p.len())));
    }
    for (i, value) in p.iter().enumerate() {
        statement.raw_bind_parameter(i + 1, value)?;
    }
    Ok(())
}

fn value(v: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match v {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Real(x) => Value::Real(x),
        ValueRef::Text(bytes) => {
            Value::Text(String::from_utf8(bytes.to_vec()).map_err(|e| Error::Corrupt(Arc::new(e)))?)
        }
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Real(x) => ValueRef::Real(*x),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        let Some(code) = e.sqlite_error() else { return Error::Sql(Arc::new(e)) };
        match code.code {
            ErrorCode::ConstraintViolation => Error::Constraint { name: constraint(&e) },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy,
            ErrorCode::DiskFull => Error::DiskFull,
            ErrorCode::OperationInterrupted => Error::Timeout,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Error::ReadOnly(Arc::new(e)),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Corrupt(Arc::new(e)),
            // The index of the log could not grow: seen first of all when a disk is full.
            ErrorCode::SystemIoFailure if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Error::DiskFull,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory => {
                Error::Unavailable(Arc::new(e))
            }
            _ => Error::Sql(Arc::new(e)),
        }
    }
}

/// What follows the colon in `UNIQUE constraint failed: page.slug`.
fn constraint(e: &rusqlite::Error) -> String {
    let text = match e {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    };
    text.split_once("constraint failed: ").map_or(text.clone(), |(_, name)| name.to_owned())
}
