//! What the process measures about itself: the registry of metric cells and its Prometheus form,
//! an hour of history in memory, the process as the system sees it, health by component.
//!
//! ```ignore
//! let registry = Registry::new(vec![queue::METRICS, store::METRICS, observe::access::METRICS]);
//! let text = registry.prometheus();
//! ```
//!
//! Invariants: this crate judges and never acts; whatever it keeps is bounded; a label comes from a
//! bounded set.

pub mod access;
pub mod health;
pub mod history;
pub mod process;
mod registry;

pub use health::{Component, State};
pub use history::History;
pub use registry::{Registry, Sample, Value};
