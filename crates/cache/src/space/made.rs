//! A value as its loader hands it over.

use std::time::Duration;

/// A value with what its loader learned of it: what is not said is as the space says.
#[derive(Clone, Debug)]
pub struct Made<V> {
    pub value: V,
    pub ttl: Option<Duration>,
    pub stale: Option<Duration>,
    pub grace: Option<Duration>,
    /// Besides those that the caller named.
    pub tags: Vec<String>,
    /// Whether it is kept at all.
    pub keep: bool,
}

impl<V> Made<V> {
    pub fn new(value: V) -> Self {
        Made { value, ttl: None, stale: None, grace: None, tags: Vec::new(), keep: true }
    }

    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    pub fn stale(mut self, stale: Duration) -> Self {
        self.stale = Some(stale);
        self
    }

    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// It is for those who wait, and for nobody else.
    pub fn not_kept(mut self) -> Self {
        self.keep = false;
        self
    }
}
