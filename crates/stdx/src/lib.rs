//! The vocabulary below everything else: time, ids, dice, sizes, metric cells and the small state
//! machines of resilience. Nothing here does input or output, and nothing knows a product noun.
//!
//! ```ignore
//! let clock = stdx::Clock::system();
//! let ids = stdx::IdGen::new(1);
//! let id = ids.next(clock.now());
//! assert_eq!(id, id.to_string().parse().unwrap());
//! ```
//!
//! Invariants: time, randomness and ids are parameters, so that a test owns them; a value with a
//! unit has a type.

pub mod address;
pub mod backoff;
pub mod breaker;
pub mod bucket;
pub mod clock;
pub mod config;
pub mod damage;
pub mod flight;
pub mod id;
pub mod metric;
pub mod rng;
pub mod size;
pub mod task;
pub mod time;

pub use backoff::Backoff;
pub use breaker::Breaker;
pub use bucket::TokenBucket;
pub use clock::Clock;
pub use flight::SingleFlight;
pub use id::{Id, IdGen};
pub use rng::Rng;
pub use size::ByteSize;
pub use time::Timestamp;
