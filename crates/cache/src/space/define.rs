//! How a space is described before it is opened.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Options, Shared, Space};
use crate::cache::Inner;
use crate::memory::Part;
use crate::stats::Counts;
use crate::wire::Codec;

/// A space to be. Without more words: the settings' time to live, no stale answers, no limits of time, in memory only.
pub struct Define<V> {
    cache: Arc<Inner>,
    name: &'static str,
    options: Options,
    weigh: Box<dyn Fn(&V) -> usize + Send + Sync>,
    codec: Option<Codec<V>>,
}

impl<V: Clone + Send + Sync + 'static> Define<V> {
    pub(crate) fn new(cache: Arc<Inner>, name: &'static str, ttl: Duration) -> Self {
        Define { cache, name, options: Options::new(ttl), weigh: Box::new(|_| size_of::<V>()), codec: None }
    }

    /// How long a value is fresh.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.options.ttl = ttl;
        self
    }

    /// How long after that a value is served at once while one caller's load goes on in the background
    /// (RFC 5861, stale-while-revalidate).
    pub fn stale(mut self, stale: Duration) -> Self {
        self.options.stale = stale;
        self
    }

    /// How long after its time a value is served if a newer one cannot be had (RFC 5861, stale-if-error), or not
    /// within the soft time-out.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// The longest wait for a newer value of a caller for whom there is an older one; the load goes on without him.
    /// In the stale time nobody waits, unless this is said.
    pub fn soft_timeout(mut self, time: Duration) -> Self {
        self.options.soft = Some(time);
        self
    }

    /// The longest wait of a caller for whom there is nothing; the load goes on without him. Also how long other
    /// processes take this one's word that it loads.
    pub fn hard_timeout(mut self, time: Duration) -> Self {
        self.options.hard = Some(time);
        self
    }

    /// From this share of its time on (0 to 1), at a random moment and earlier the longer a load takes, one caller's
    /// wish lets a value be loaded anew, so that nobody ever waits for it (Vattani, Chierichetti, Lowenstein 2015).
    pub fn early(mut self, share: f64) -> Self {
        self.options.early = Some(share.clamp(0.0, 1.0));
        self
    }

    /// Keeps failures too, so long. Without it the next caller tries again.
    pub fn negative(mut self, ttl: Duration) -> Self {
        self.options.negative = Some(ttl);
        self
    }

    /// How many bytes a value takes; without it the size of its type.
    pub fn weigh(mut self, weigh: impl Fn(&V) -> usize + Send + Sync + 'static) -> Self {
        self.weigh = Box::new(weigh);
        self
    }

    /// How many bytes of the memory the space may take; beyond it the values that came first go. Without it the space
    /// has as much of the common memory as its values earn.
    pub fn quota(mut self, bytes: u64) -> Self {
        self.options.quota = Some(bytes);
        self
    }

    /// Keeps values in the tiers behind the memory too, in postcard. Change `version` with the type.
    pub fn shared(self, version: u32) -> Self
    where
        V: Serialize + DeserializeOwned,
    {
        Define { codec: Some(Codec::postcard(version)), ..self }
    }

    /// As [`Define::shared`] in a form of one's own; `None` is what cannot be kept, or is not understood.
    pub fn shared_as(
        self,
        version: u32,
        encode: impl Fn(&V) -> Option<Vec<u8>> + Send + Sync + 'static,
        decode: impl Fn(&[u8]) -> Option<V> + Send + Sync + 'static,
    ) -> Self {
        Define { codec: Some(Codec { version, encode: Box::new(encode), decode: Box::new(decode) }), ..self }
    }

    pub fn open(self) -> Space<V> {
        let Define { cache, name, options, weigh, codec } = self;
        let counts = Arc::new(Counts::new(name, options.ttl.as_secs()));
        let part = Part::new(cache.register(&counts));
        cache.tags.will_live(options.ttl + options.stale.max(options.grace));
        Space(Arc::new(Shared {
            cache,
            part,
            options,
            weigh,
            codec,
            counts,
            flights: Default::default(),
            loader: Default::default(),
            came: Default::default(),
        }))
    }
}
