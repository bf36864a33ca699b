//! A durable job queue over `store`: leased, fenced, transactional, with four priorities.
//!
//! ```ignore
//! desk.store.write(move |tx| Box::pin(async move {
//!     write_something(tx).await?;
//!     queue.enqueue(tx, &PollSource { source }, Enqueue::default()).await   // same transaction
//! })).await?;
//! ```
//!
//! Invariants
//! - `job` is only inserted into and deleted from; a job stands in exactly one of `job`, `job_lease`,
//!   `job_done`, `job_dead`, `job_blocked`.
//! - A job runs at least once. An acknowledgement counts only while its lease row exists: a worker
//!   that was given up for lost cannot finish somebody else's run.
//! - Nothing is woken before its transaction has committed.

mod ack;
mod claim;
mod error;
mod job;
mod names;
mod queue;
mod rescue;
mod settings;
mod sql;
mod view;
mod worker;

pub use error::Error;
pub use job::{Context, Enqueue, Enqueued, Fault, Job, JobId, Priority, State};
pub use queue::{METRICS, Queue};
pub use rescue::Place;
pub use settings::Settings;
pub use sql::STATEMENTS;
pub use view::{Counts, Dead, JobFilter, JobView, QueueStats, Signal, SignalKind};
pub use worker::{Handlers, Workers};

/// The queue's own tables.
pub const MIGRATIONS: store::MigrationSet = store::MigrationSet {
    name: "queue",
    list: &[store::Migration {
        version: 1,
        name: "queue",
        sqlite: include_str!("../migrations/0001_queue.sqlite.sql"),
        postgres: include_str!("../migrations/0001_queue.postgres.sql"),
    }],
};

/// The tables a backup carries. Leases and acknowledgements are among them: a restored queue rescues
/// what was running.
pub const TABLES: &[&str] = &[
    "queue_conf",
    "job_kind",
    "job",
    "job_lease",
    "job_ack",
    "job_done",
    "job_result",
    "job_dead",
    "job_unique",
    "job_group",
    "job_blocked",
    "cron",
];

#[cfg(test)]
mod tests;
