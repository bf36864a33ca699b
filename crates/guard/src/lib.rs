//! Judges who is asking and how often: keys, passwords, tokens, roles, limits, sealed values and the headers
//! that tell a browser what a page may do. It takes values and returns verdicts, and does no input
//! or output.
//!
//! ```ignore
//! let (text, hash) = guard::key::generate();            // show `text` once, store `hash`
//! let seen = guard::key::parse(text.reveal())?;         // a typing mistake is found before any look-up
//! assert_eq!(seen.hash, hash);
//! ```
//!
//! Invariants: secrets are compared in constant time and never shown by `Debug`; every map has a
//! bound; the time is a parameter.

pub mod error;
pub mod headers;
pub mod key;
pub mod limit;
pub mod password;
pub mod role;
pub mod seal;
pub mod token;

mod secret_hash;

pub use error::Error;
pub use limit::{Limiter, Verdict};
pub use role::{Role, Scope, Scopes};
pub use seal::Sealer;

use stdx::metric::{Cell, Metric};

/// The cells of this crate.
pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_guard_limited_total",
        help: "Calls refused by a rate limit.",
        cell: Cell::Counter(&limit::LIMITED),
    },
    Metric {
        name: "copydesk_guard_limit_evictions_total",
        help: "Keys a rate limiter forgot because its map was full.",
        cell: Cell::Counter(&limit::EVICTED),
    },
    Metric {
        name: "copydesk_guard_password_hashes_total",
        help: "Password hashes computed, each some 20 ms of a processor and 19 MiB.",
        cell: Cell::Counter(&password::HASHED),
    },
];
