//! What can go wrong between a statement and its rows.

use std::sync::Arc;

/// The driver's or the system's own error, as the cause of one of ours.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Cloneable, because one failed COMMIT answers many callers.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be reached or its file cannot be opened; trying later may help.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// Other transactions were in the way three times.
    #[error("the transaction conflicted with others three times")]
    Conflict,
    /// `name` is the constraint (PostgreSQL) or the columns it covers (SQLite).
    #[error("constraint {name} refused the row")]
    Constraint { name: String },
    /// Another process kept the database locked for longer than the time-out.
    #[error("the database is busy")]
    Busy,
    /// Another server process works on this data folder.
    #[error("the data folder is in use by process {owner_pid}")]
    Locked { owner_pid: u32 },
    #[error("the database cannot be written")]
    ReadOnly(#[source] Cause),
    #[error("the disk is full")]
    DiskFull,
    #[error("the database file is damaged")]
    Corrupt(#[source] Cause),
    /// Every connection stayed in use for longer than `connect_timeout_s`: raise `setting`, or look for what
    /// holds them.
    #[error("all {size} places of {setting} were taken for {waited_s} s, the limit of connect_timeout_s")]
    Exhausted { setting: &'static str, size: usize, waited_s: u64 },
    /// The statement, or making a connection, took longer than its limit.
    #[error("the database took longer than its limit")]
    Timeout,
    /// The store dropped the work without an answer, as it does when a thread of it has ended.
    #[error("the work was dropped without an answer")]
    Cancelled,
    /// A closure panicked; it was rolled back.
    #[error("the closure of the transaction panicked")]
    Panicked,
    /// On SQLite a closure waited for something else than its transaction; it was rolled back.
    #[error("a transaction waited for something else than its statements")]
    AwaitedOutside,
    #[error("statement {statement} found more than one row")]
    TooManyRows { statement: &'static str },
    #[error("statement {statement} found no row")]
    NoRow { statement: &'static str },
    #[error("column {column} holds {found}, not {wanted}")]
    Decode { column: usize, wanted: &'static str, found: &'static str },
    /// PostgreSQL cannot hold a zero byte in a text; refused on both engines.
    #[error("parameter {parameter} is a text with a zero byte")]
    ZeroByte { parameter: usize },
    /// A message of the bus beyond [`MESSAGE_BYTES_MAX`](crate::bus::MESSAGE_BYTES_MAX).
    #[error("a message of {bytes} bytes is too long for the bus")]
    TooLong { bytes: usize },
    #[error("migration {set}/{version}: {reason}")]
    Migration {
        set: String,
        version: u32,
        reason: String,
        #[source]
        cause: Option<Cause>,
    },
    /// The settings ask for what cannot be.
    #[error("the database settings are not usable: {0}")]
    Settings(String),
    #[error("the archive cannot be used: {0}")]
    Archive(String),
    #[error("the store is closed")]
    Closed,
    /// Everything else, mostly a mistake in a statement.
    #[error("the statement failed")]
    Sql(#[source] Cause),
}

impl Error {
    /// Whether the same call may succeed later without a change to it.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Error::Unavailable(_)
                | Error::Conflict
                | Error::Busy
                | Error::Exhausted { .. }
                | Error::Timeout
                | Error::DiskFull
                | Error::Cancelled
        )
    }

    pub(crate) fn sql(message: impl Into<String>) -> Error {
        Error::Sql(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(message.into())))
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match e.kind() {
            StorageFull | QuotaExceeded => Error::DiskFull,
            PermissionDenied | ReadOnlyFilesystem => Error::ReadOnly(Arc::new(e)),
            _ => Error::Unavailable(Arc::new(e)),
        }
    }
}
