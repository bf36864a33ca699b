//! The rules of a shared HTTP cache as pure functions: no clock, no store, no network.
//!
//! RFC 9111 (caching), RFC 5861 (stale-while-revalidate, stale-if-error), RFC 9211 (`Cache-Status`),
//! RFC 9213 (targeted cache control), RFC 9875 (cache groups), the parts of RFC 9110 that a cache
//! evaluates itself (conditional requests, ranges), RFC 9651 (structured fields) as far as these need it.
//! The caching proxy ([`crate::proxy`]) is built on them.
//!
//! Invariants: nothing panics on any bytes; what cannot be understood makes an answer less cacheable,
//! never more.

pub mod date;
pub mod directives;
pub mod fields;
pub mod freshness;
pub mod invalidate;
pub mod key;
pub mod range;
pub mod sfv;
pub mod status;
pub mod storable;
pub mod tags;
pub mod validate;
pub mod vary;

pub use directives::{Directives, Wishes};
pub use freshness::Freshness;
pub use key::{Key, Keys, Rule};

#[cfg(test)]
mod tests;
