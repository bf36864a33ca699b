//! Values kept in memory so that they need not be made again.
//!
//! One [`Cache`] is one budget of bytes and entries; a [`Space`] is a typed, named part of it.
//!
//! ```ignore
//! let pages: Space<Arc<Page>> = cache.space("pages", Duration::from_secs(300), |page| page.size());
//! let page = pages.get_or_load("/about", &["site"], || async { render("/about").await }).await?;
//! cache.invalidate_tag("site");
//! ```
//!
//! Invariants: a value whose loading began before an invalidation of its key or of one of its tags
//! is not served to a caller who asks after it; many callers of one missing key cost one load; an
//! error is never kept.

mod error;
mod memory;
mod settings;
mod space;
mod stats;
mod tags;

pub use error::LoadError;
pub use memory::Cache;
pub use settings::Settings;
pub use space::Space;
pub use stats::{METRICS, SpaceStats, Stats};
