//! What caches tell each other: purges, in the order of one log.
//!
//! Every purge gets a position in a log that all processes read in the same order. The log is the
//! composition root's: a [`Backplane`] over an event log and a bus of hints. [`FileLog`] is one for a single
//! process that wants its disk to outlive it.
//!
//! Why an entry stored by another process before a purge is never served after this one heard of it: an entry in a
//! shared tier carries `since`, the position up to which its writer had *applied* the log when its load *began*, and
//! no wall clock. A reader that has applied the log up to `c` keeps for each tag the position of its last purge,
//! all those up to `c`. It refuses the entry if one of its tags (or its key, or a pattern) has a position above
//! `since`. Let `p ≤ c` be a purge of such a tag. If `p ≤ since`, the writer had applied it before its load began, so
//! the load saw what the purge was about, for a purge is published after its change. If `p > since`, the load may
//! have begun before the change, and the entry is refused. So nothing older than `c` is served. A purge of one's own
//! has no position until it comes back; until then its tags are refused in the shared tiers altogether.
//! While it is not known that the log was read to its end (at the start, after a gap), shared tiers are not read.

mod file;
#[cfg(test)]
pub(crate) mod hub;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use file::FileLog;

/// One invalidation on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The cache that said it; a random number per start.
    pub origin: u64,
    /// Counts the purges of its origin upwards.
    pub ticket: u64,
    /// Whether what is meant may be served while or until a newer value is loaded.
    pub soft: bool,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Tags(Box<[Box<str>]>),
    Key {
        space: Box<str>,
        key: Box<str>,
    },
    /// `space:glob`, where `*` is any run of characters.
    Pattern(Box<str>),
    All,
}

/// What a cache hears, in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// One's own purges come back too: that is how they get their position.
    Purge { position: u64, purge: Purge },
    /// A purge that is on its way into the log, ahead of it: it takes effect in memory, and comes again.
    Ahead(Purge),
    /// Everything up to `position` was told.
    Current { position: u64 },
    /// Something may have been missed. It is told again, from the last [`Heard::Current`] on, then `Current` follows.
    Gap,
    /// The log does not reach back: what was purged up to `position` is not known any more.
    Forgotten { position: u64 },
}

/// The way to the other processes.
pub trait Backplane: Send + Sync {
    /// Which log it is: positions of different logs are not compared.
    fn log(&self) -> u64;

    /// Adds `purge` to the log; returns at once and goes on trying while the way is closed. Keeps the order of the
    /// calls. It may be written twice.
    fn publish(&self, purge: Purge);

    /// Everything the log still has, then what comes. Hearing takes microseconds a word, so that nobody falls behind.
    fn subscribe(&self) -> mpsc::UnboundedReceiver<Heard>;
}
