//! All spaces together: what they share, and how purges come in and go out.

mod insight;
mod purge;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use stdx::task::Tasks;
use stdx::{Clock, Rng, Timestamp};

use crate::bus::{Backplane, Purge};
use crate::memory::Memory;
use crate::prefetch::Prefetch;
use crate::sketch::Sketch;
use crate::space::{Define, Warm};
use crate::stats::{Counts, TierCounts};
use crate::tags::Tags;
use crate::tier::Tiers;
use crate::tier::disk::Disk;
use crate::tier::remote::Address;
use crate::tier::remote::guard::Distant;
use crate::{Settings, Space};
pub use insight::Inspected;

/// The memory of a process for values that can be made again, with what lies behind it. Cheap to clone.
#[derive(Clone)]
pub struct Cache(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub memory: Memory,
    pub memory_counts: TierCounts,
    pub tags: Tags,
    pub clock: Clock,
    pub rng: Rng,
    pub tasks: Tasks,
    pub tiers: Tiers,
    pub asked: Sketch,
    pub missed: Sketch,
    pub prefetch: Prefetch,
    /// Which log positions belong to; a random number where there is none.
    pub log: u64,
    settings: Settings,
    spaces: RwLock<Vec<Registered>>,
    backplane: Option<Arc<dyn Backplane>>,
    origin: u64,
    /// Purges of one's own that have not come back.
    pending: Mutex<BTreeMap<u64, Purge>>,
}

struct Registered {
    counts: Arc<Counts>,
    /// Loads a key on its own account, if the space knows how.
    warm: Option<std::sync::Weak<dyn Warm>>,
}

impl Cache {
    /// Memory only.
    pub fn new(settings: &Settings, clock: Clock) -> Self {
        Cache::assemble(settings, clock, &Tasks::default(), None, Tiers::default())
    }

    /// With the tiers that the settings name. `backplane` is how purges reach other processes and outlive this one;
    /// without it a shared server or a folder serves this process and this start only. A tier that cannot be opened
    /// is done without, and logged.
    pub async fn open(settings: &Settings, clock: Clock, tasks: &Tasks, backplane: Option<Arc<dyn Backplane>>) -> Self {
        let mut tiers = Tiers::default();
        match settings.remote_url.as_ref().map(|url| Address::parse(url.reveal())) {
            Some(Ok(address)) => {
                let timeout = Duration::from_millis(settings.remote_timeout_ms);
                let queue = settings.remote_queue_size.bytes();
                let (prefix, clock) = (&settings.remote_prefix, clock.clone());
                tiers.remote = Some(Distant::start(address.open(), prefix, timeout, queue, clock, tasks));
            }
            Some(Err(reason)) => tracing::error!(reason, "the cache server is not used: its address is wrong"),
            None => {}
        }
        if let Some(folder) = &settings.disk_folder {
            let (size, segment) = (settings.disk_size.bytes(), settings.disk_segment_size.bytes());
            match Disk::open(folder, size, segment, clock.clone(), tasks).await {
                Ok(disk) => tiers.disk = Some(disk),
                Err(error) => {
                    let folder = folder.display();
                    tracing::error!(error = &error as &dyn std::error::Error, %folder, "the cache folder is not used");
                }
            }
        }
        Cache::assemble(settings, clock, tasks, backplane, tiers)
    }

    pub(crate) fn assemble(
        settings: &Settings,
        clock: Clock,
        tasks: &Tasks,
        backplane: Option<Arc<dyn Backplane>>,
        tiers: Tiers,
    ) -> Self {
        let rng = Rng::from_os();
        let heard = backplane.as_ref().map(|backplane| backplane.subscribe());
        let cache = Cache(Arc::new(Inner {
            memory: Memory::new(settings),
            memory_counts: TierCounts::new("memory"),
            tags: Tags::new(settings.tags_max, backplane.is_none()),
            clock,
            tasks: tasks.clone(),
            tiers,
            asked: Sketch::default(),
            missed: Sketch::default(),
            prefetch: Prefetch::new(settings.prefetch_keys_max, settings.prefetch_per_minute),
            log: backplane.as_ref().map_or_else(|| rng.next_u64(), |backplane| backplane.log()),
            settings: settings.clone(),
            spaces: RwLock::default(),
            backplane,
            origin: rng.next_u64(),
            pending: Mutex::default(),
            rng,
        }));
        if let Some(heard) = heard {
            tasks.spawn(purge::listen(Arc::downgrade(&cache.0), heard, tasks.stop()));
        }
        cache
    }

    /// A part of the cache for values of one type. `ttl` is how long a value lives at most (`None`:
    /// as the settings say), `weigh` how many bytes it takes. Names are for people, for patterns and for other
    /// processes: two spaces of one name are two spaces in memory and one behind it.
    pub fn space<V: Clone + Send + Sync + 'static>(
        &self,
        name: &'static str,
        ttl: Option<Duration>,
        weigh: impl Fn(&V) -> usize + Send + Sync + 'static,
    ) -> Space<V> {
        let define = self.define(name).weigh(weigh);
        match ttl {
            Some(ttl) => define.ttl(ttl).open(),
            None => define.open(),
        }
    }

    /// As [`Cache::space`], for those who want more than a time to live.
    pub fn define<V: Clone + Send + Sync + 'static>(&self, name: &'static str) -> Define<V> {
        Define::new(Arc::clone(&self.0), name, Duration::from_secs(self.0.settings.ttl_s))
    }

    /// Values with this tag, in any space and any tier, are gone for every caller after this one; values that are
    /// being loaded will not be kept. Other processes follow as soon as they hear of it. Memory is freed when an
    /// entry is next met or evicted.
    pub fn invalidate_tag(&self, tag: &str) {
        self.0.purge_tags(&[tag], false);
    }

    /// As [`Cache::invalidate_tag`] for all of them at once.
    pub fn invalidate_tags(&self, tags: &[&str]) {
        self.0.purge_tags(tags, false);
    }

    /// Values with this tag are not fresh any more: they are served while a newer one is loaded, or if none can be
    /// had, as their space says; where it says nothing, they are gone.
    pub fn soft_invalidate_tag(&self, tag: &str) {
        self.0.purge_tags(&[tag], true);
    }

    /// Values whose key matches `pattern` are gone for every caller after this one. `space:glob`, where `*` is any
    /// run of characters; every space where the pattern has no `:` or names the space `*`.
    pub fn invalidate_pattern(&self, pattern: &str) {
        self.0.purge_pattern(pattern, false);
    }

    /// As [`Cache::soft_invalidate_tag`], by pattern.
    pub fn soft_invalidate_pattern(&self, pattern: &str) {
        self.0.purge_pattern(pattern, true);
    }

    /// The value under `key` of the space `space` is gone for every caller after this one.
    pub fn invalidate_key(&self, space: &str, key: &str) {
        self.0.purge_key(space, key, false);
    }

    /// As [`Cache::soft_invalidate_tag`], for one key.
    pub fn soft_invalidate_key(&self, space: &str, key: &str) {
        self.0.purge_key(space, key, true);
    }

    /// Everything is gone for every caller after this one, here and elsewhere, what is being loaded included.
    pub fn invalidate_all(&self) {
        self.0.purge_all();
    }

    /// As it was set up.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Empties the memory. Loads that are under way are kept, and other tiers are left as they are.
    pub fn clear(&self) {
        self.0.memory.clear();
    }

    /// Somebody, the same as before under the same `session`, read `key` of `space`. What is learned of it is loaded
    /// ahead, where the space has a loader of its own ([`Space::loader`]).
    pub fn seen(&self, session: u64, space: &'static str, key: &str) {
        self.0.seen(session, space, key);
    }

    /// Keys that are often read soon after `key`, the likeliest first.
    pub fn successors(&self, space: &str, key: &str) -> Vec<(String, String)> {
        self.0.prefetch.successors(space, key).into_iter().map(|next| (next.space, next.key)).collect()
    }
}

impl Inner {
    /// Gives the space its number.
    pub fn register(&self, counts: &Arc<Counts>) -> u32 {
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        spaces.push(Registered { counts: Arc::clone(counts), warm: None });
        spaces.len() as u32
    }

    pub fn register_warm(&self, id: u32, warm: std::sync::Weak<dyn Warm>) {
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(space) = spaces.get_mut(id as usize - 1) {
            space.warm = Some(warm);
        }
    }

    /// How the first space of this name that can do it loads a key by itself.
    pub fn warm_of(&self, name: &str) -> Option<Arc<dyn Warm>> {
        self.spaces().iter().filter(|space| space.counts.name == name).find_map(|space| space.warm.as_ref()?.upgrade())
    }

    /// Whether a purge of a key must be remembered: it is somewhere else too, or will be.
    pub fn is_shared(&self) -> bool {
        self.backplane.is_some() || self.tiers.disk.is_some() || self.tiers.remote.is_some()
    }

    /// By number of the space, less one.
    pub fn names(&self) -> Vec<&'static str> {
        self.spaces().iter().map(|space| space.counts.name).collect()
    }

    fn seen(&self, session: u64, space: &'static str, key: &str) {
        let now = self.clock.now();
        for next in self.prefetch.seen(session, space, key, now) {
            let Some(warm) = self.warm_of(&next.space) else { continue };
            if tokio::runtime::Handle::try_current().is_err()
                || warm.is_fresh(&next.key)
                || !self.prefetch.may_load(now)
            {
                continue;
            }
            self.prefetch.loaded(&next, now);
            self.tasks.spawn(async move {
                warm.warm(next.key).await;
            });
        }
    }

    fn spaces(&self) -> std::sync::RwLockReadGuard<'_, Vec<Registered>> {
        self.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, BTreeMap<u64, Purge>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves the next try of an entry, unless somebody else did: then `false`.
pub(crate) fn claim(retry_at: &std::sync::atomic::AtomicI64, now: Timestamp, pause: Duration) -> bool {
    let seen = retry_at.load(Ordering::Relaxed);
    seen <= now.micros()
        && retry_at.compare_exchange(seen, (now + pause).micros(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
}
