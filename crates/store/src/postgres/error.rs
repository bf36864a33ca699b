//! PostgreSQL's errors as ours.

use std::sync::Arc;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::Error;

impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        let Some(db) = e.as_db_error() else {
            let broken =
                e.is_closed() || std::error::Error::source(&e).is_some_and(|cause| cause.is::<std::io::Error>());
            return if broken || is_connecting(&e) { Error::Unavailable(Arc::new(e)) } else { Error::Sql(Arc::new(e)) };
        };
        let code = db.code().clone();
        if code == SqlState::T_R_SERIALIZATION_FAILURE || code == SqlState::T_R_DEADLOCK_DETECTED {
            return Error::Conflict;
        }
        if code == SqlState::QUERY_CANCELED || code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT {
            return Error::Timeout;
        }
        if code == SqlState::DISK_FULL {
            return Error::DiskFull;
        }
        if code == SqlState::READ_ONLY_SQL_TRANSACTION || code == SqlState::INSUFFICIENT_PRIVILEGE {
            return Error::ReadOnly(Arc::new(e));
        }
        if code == SqlState::LOCK_NOT_AVAILABLE {
            return Error::Busy;
        }
        match code.code().get(..2) {
            Some("23") => {
                Error::Constraint { name: db.constraint().or(db.column()).unwrap_or(db.message()).to_owned() }
            }
            Some("XX") if code == SqlState::DATA_CORRUPTED || code == SqlState::INDEX_CORRUPTED => {
                Error::Corrupt(Arc::new(e))
            }
            // Connection, authorisation, no such database, resources, shut-down, system.
            Some("08" | "28" | "3D" | "53" | "57" | "58") => Error::Unavailable(Arc::new(e)),
            _ => Error::Sql(Arc::new(e)),
        }
    }
}

impl From<PoolError> for Error {
    fn from(e: PoolError) -> Self {
        match e {
            PoolError::Timeout(_) => Error::Timeout,
            PoolError::Closed => Error::Closed,
            PoolError::Backend(e) => match Error::from(e) {
                // Whatever keeps a connection from being made, the database is not there.
                Error::Sql(cause) => Error::Unavailable(cause),
                other => other,
            },
            other => Error::Unavailable(Arc::new(other)),
        }
    }
}

fn is_connecting(e: &tokio_postgres::Error) -> bool {
    // The driver keeps its kinds to itself, but says them at the start of its text.
    e.to_string().starts_with("error connecting")
}
