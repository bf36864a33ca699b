//! The database: SQLite and PostgreSQL behind one API. A write is one closure over a transaction, a
//! statement is a named constant with one text for both engines.
//!
//! ```ignore
//! store::sql! {
//!     TITLE = "page.title", "SELECT title FROM page WHERE id = $1";
//!     RENAME = "page.rename", "UPDATE page SET title = $2 WHERE id = $1";
//! }
//!
//! let renamed = store.write(move |tx| Box::pin(async move { tx.exec(&RENAME, params![id, title]).await })).await?;
//! let title: Option<Row> = store.read().opt(&TITLE, params![id]).await?;
//! ```
//!
//! Invariants: a caller is answered after COMMIT, never before; a write either happened as a whole or
//! not at all; nothing but `tx` is awaited in a write; a closure in which a statement failed is not
//! committed, even if it returns `Ok`; no other crate names a database driver.

pub mod archive;
pub mod bus;
mod conn;
mod days;
mod error;
mod lite;
mod migration;
mod postgres;
pub mod relay;
mod report;
mod settings;
mod slow;
pub mod socket;
mod statement;
mod stats;
mod store;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod testing;
mod value;

pub use conn::{Conn, Reader, Tx};
pub use days::Days;
pub use error::Error;
pub use futures_util::future::BoxFuture;
pub use migration::{Migration, MigrationSet, Outstanding, pending};
pub use postgres::ReplicaReport;
pub use report::{Alarm, AlarmKind, IndexReport, LogReport, Report, Severity, Snapshot, TableReport, Vitals};
pub use settings::{Settings, Synchronous};
pub use slow::SlowStatement;
pub use statement::Statement;
pub use stats::{METRICS, PoolStats, StatementStats, Stats};
pub use store::{BadToken, Engine, Store, Token};
pub use value::{FromValue, Row, ToValue, Value, list, texts};

#[cfg(test)]
mod tests;
