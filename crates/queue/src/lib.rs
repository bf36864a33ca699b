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
mod change;
mod claim;
mod cron;
mod decode;
mod due;
mod durations;
mod enqueue;
mod error;
mod flow;
mod group;
mod heartbeat;
mod house;
mod job;
mod names;
mod node;
mod outside;
mod pool;
mod queue;
mod rate;
mod rescue;
mod settings;
mod share;
mod sql;
mod stat;
mod view;
mod waiting;
mod wire;
mod worker;

pub use change::QueueChange;
pub use cron::{Cron, CronView, Missed, Schedule, Work};
pub use decode::{Decoded, decode};
pub use durations::DurationView;
pub use error::Error;
pub use flow::Flow;
pub use job::{Context, Enqueue, Enqueued, Fault, Job, JobId, Priority, State, Unique};
pub use names::Durability;
pub use node::{NodeInfo, NodeView, Place};
pub use outside::outside;
pub use pool::PoolView;
pub use queue::{METRICS, Queue};
pub use settings::Settings;
pub use sql::STATEMENTS;
pub use view::{Counts, Dead, JobFilter, JobView, QueueStats, QueueView, Signal, SignalKind};
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
    "job_parked",
    "job_blocked",
    "job_stat",
    "job_delta",
    "cron",
];

#[cfg(test)]
mod tests;
