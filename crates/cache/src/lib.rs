//! Values kept so that they need not be made again: in memory, on a disk, on a server that many share.
//!
//! One [`Cache`] is one budget of bytes and entries; a [`Space`] is a typed, named part of it.
//!
//! ```ignore
//! let pages: Space<Arc<Page>> = cache.define("pages").ttl(minutes(5)).grace(hours(1)).weigh(|page| page.size()).open();
//! let page = pages.get_or_load("/about", &["site"], move || async move { render("/about").await }).await?;
//! cache.invalidate_tag("site");
//! ```
//!
//! Invariants: a value whose loading began before an invalidation of its key, of one of its tags or of a pattern that it
//! matches is not served to a caller who asks after it, in this process from the moment the call returns, in others
//! from the moment they hear of it (see [`bus`]); tiers behind the memory are not read while it is not known that all
//! purges were heard; many callers of one missing key cost one load, and one per cluster where the space is shared; a
//! failure is never kept unless the space says so.

pub mod bus;
mod cache;
mod entry;
mod error;
mod memory;
mod pattern;
mod prefetch;
mod settings;
mod sketch;
mod space;
mod stats;
pub mod store;
mod tags;
mod tier;
mod wire;

pub use cache::{Cache, Inspected};
pub use entry::Phase;
pub use error::{LoadError, NoValue};
pub use prefetch::PrefetchStats;
pub use settings::Settings;
pub use sketch::Counted;
pub use space::{Define, Made, Space};
pub use stats::{METRICS, SpaceStats, Stats, TierStats};

/// What the reader of segments makes of any bytes: how many records it finds, and how many of them are whole. For
/// those who hand it damaged ones.
pub fn read_segment(bytes: &[u8]) -> (usize, usize) {
    tier::disk::segment::judge(bytes)
}
