//! Where answers are kept: the border to a store, and one in memory.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use stdx::Timestamp;

use crate::shared::key::glob;
use crate::shared::range::Pieces;
use crate::shared::vary::Selector;
use crate::shared::{Directives, Freshness, Key};

/// One answer as it is kept.
#[derive(Clone, Debug)]
pub struct Stored {
    pub key: Key,
    pub status: StatusCode,
    /// Without what belongs to a connection, and without `Age`.
    pub headers: HeaderMap,
    pub content: Content,
    /// What the request said where the answer varies.
    pub selectors: Vec<Selector>,
    pub directives: Directives,
    pub freshness: Freshness,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum Content {
    Whole(Bytes),
    /// Parts of it, from answers to requests for ranges.
    Parts(Parts),
}

#[derive(Clone, Debug)]
pub struct Parts {
    pub pieces: Pieces,
    /// Bytes of the whole, when that was said.
    pub length: Option<u64>,
    /// The last request for a range and its answer, for the same request again.
    pub range: HeaderValue,
    pub content_range: HeaderValue,
    pub body: Bytes,
}

impl Stored {
    /// Bytes in memory, roughly.
    pub fn weight(&self) -> usize {
        let content = match &self.content {
            Content::Whole(bytes) => bytes.len(),
            Content::Parts(parts) => parts.pieces.bytes() as usize + parts.body.len(),
        };
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        content + headers + self.key.address.len() + self.key.extra.len() + 512
    }

    /// Whether both are the answer to the same requests.
    fn is_variant_of(&self, other: &Stored) -> bool {
        self.key == other.key && self.selectors == other.selectors
    }
}

/// What is no longer true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    /// One address, `host/path?query`, with all its variants.
    Address(String),
    Tag(String),
    /// Addresses of this form; `*` stands for anything.
    Pattern(String),
    /// Whatever one of these touches.
    Any(Vec<Purge>),
    All,
}

impl Purge {
    fn covers(&self, stored: &Stored) -> bool {
        match self {
            Purge::Address(address) => stored.key.address == *address,
            Purge::Tag(tag) => stored.tags.binary_search(tag).is_ok(),
            Purge::Pattern(pattern) => glob(pattern, &stored.key.address),
            Purge::Any(all) => all.iter().any(|one| one.covers(stored)),
            Purge::All => true,
        }
    }
}

/// A moment in the history of purges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// Keeps answers. An answer that was asked for before a purge of it is never put after it.
pub trait Store: Send + Sync {
    /// Every answer at an address.
    fn variants(&self, address: &str) -> Vec<Arc<Stored>>;
    /// To be taken before the origin is asked.
    fn moment(&self) -> Moment;
    /// Keeps an answer in place of the one for the same requests; `false` when it was purged since.
    fn put(&self, stored: Arc<Stored>, since: Moment) -> bool;
    /// Forgets exactly this answer.
    fn remove(&self, stored: &Arc<Stored>);
    /// How many answers were touched. With `soft` they stay and count as stale since then.
    fn purge(&self, what: &Purge, soft: Option<Timestamp>) -> usize;
    /// Answers and bytes held.
    fn size(&self) -> (usize, usize);
    /// What has changed, for those who hold on to answers; without it nobody may.
    fn changes(&self) -> Option<&Changes> {
        None
    }
}

/// How often the answers at an address have changed, by groups of addresses: the count of a group has moved before
/// whatever changed one of its addresses has returned.
#[derive(Debug)]
pub struct Changes {
    groups: Box<[AtomicU32]>,
    hasher: RandomState,
}

const GROUPS: usize = 4_096;

impl Default for Changes {
    fn default() -> Self {
        Changes { groups: (0..GROUPS).map(|_| AtomicU32::new(0)).collect(), hasher: RandomState::new() }
    }
}

impl Changes {
    pub fn group(&self, address: &str) -> usize {
        self.hasher.hash_one(address) as usize % GROUPS
    }

    /// To be read before the answers are.
    pub fn of(&self, group: usize) -> u32 {
        self.groups[group].load(Ordering::Acquire)
    }

    pub fn changed(&self, address: &str) {
        self.groups[self.group(address)].fetch_add(1, Ordering::Release);
    }
}

/// Most answers at one address; the oldest gives way.
const VARIANTS_MAX: usize = 32;
/// Purges that are remembered for answers under way.
const PURGES_MAX: usize = 1_024;

/// Keeps answers in memory up to a number of bytes; what was not used for longest gives way.
#[derive(Debug)]
pub struct Memory {
    bytes_max: usize,
    inner: Mutex<Inner>,
    changes: Arc<Changes>,
}

#[derive(Debug, Default)]
struct Inner {
    places: HashMap<Arc<str>, Place>,
    /// Addresses by the time of their last use.
    order: BTreeMap<u64, Arc<str>>,
    tags: HashMap<String, HashSet<Arc<str>>>,
    bytes: usize,
    count: usize,
    uses: u64,
    purges: VecDeque<(u64, Purge)>,
    purged: u64,
    /// Moved with the lock held.
    changes: Arc<Changes>,
}

#[derive(Debug)]
struct Place {
    variants: Vec<Arc<Stored>>,
    used: u64,
}

impl Memory {
    pub fn new(bytes_max: usize) -> Self {
        let inner = Inner::default();
        Memory { bytes_max, changes: Arc::clone(&inner.changes), inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn variants(&self, address: &str) -> Vec<Arc<Stored>> {
        let mut inner = self.lock();
        inner.touch(address);
        inner.places.get(address).map(|place| place.variants.clone()).unwrap_or_default()
    }

    fn moment(&self) -> Moment {
        Moment(self.lock().purged)
    }

    fn put(&self, stored: Arc<Stored>, since: Moment) -> bool {
        let weight = stored.weight();
        let mut inner = self.lock();
        let oldest = inner.purges.front().map_or(inner.purged, |(at, _)| at - 1);
        let is_purged = inner.purges.iter().any(|(at, purge)| *at > since.0 && purge.covers(&stored));
        if weight > self.bytes_max || since.0 < oldest || is_purged {
            return false;
        }
        let address = stored.key.address.clone();
        inner.take(&address, |known| known.is_variant_of(&stored));
        inner.insert(stored);
        while inner.bytes > self.bytes_max {
            let Some(address) = inner.order.first_key_value().map(|(_, address)| Arc::clone(address)) else { break };
            inner.take(&address, |_| true);
        }
        true
    }

    fn remove(&self, stored: &Arc<Stored>) {
        self.lock().take(&stored.key.address, |known| Arc::ptr_eq(known, stored));
    }

    fn purge(&self, what: &Purge, soft: Option<Timestamp>) -> usize {
        let mut inner = self.lock();
        inner.purged += 1;
        let now = inner.purged;
        inner.purges.push_back((now, what.clone()));
        if inner.purges.len() > PURGES_MAX {
            inner.purges.pop_front();
        }
        let mut addresses = HashSet::new();
        inner.collect(what, &mut addresses);
        let mut touched = 0;
        for address in addresses {
            for stored in inner.take(&address, |known| what.covers(known)) {
                touched += 1;
                if let Some(at) = soft {
                    let mut outdated = Stored::clone(&stored);
                    outdated.freshness.outdated_at.get_or_insert(at);
                    inner.insert(Arc::new(outdated));
                }
            }
        }
        touched
    }

    fn size(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.count, inner.bytes)
    }

    fn changes(&self) -> Option<&Changes> {
        Some(&self.changes)
    }
}

impl Inner {
    fn touch(&mut self, address: &str) {
        self.uses += 1;
        if let Some(place) = self.places.get_mut(address)
            && let Some(name) = self.order.remove(&place.used)
        {
            place.used = self.uses;
            self.order.insert(self.uses, name);
        }
    }

    /// Addresses at which a purge may find something.
    fn collect(&self, what: &Purge, addresses: &mut HashSet<Arc<str>>) {
        match what {
            Purge::Address(address) => {
                addresses.extend(self.places.get_key_value(address.as_str()).map(|(k, _)| k.clone()))
            }
            Purge::Tag(tag) => addresses.extend(self.tags.get(tag).into_iter().flatten().cloned()),
            Purge::Any(all) => all.iter().for_each(|one| self.collect(one, addresses)),
            Purge::Pattern(_) | Purge::All => addresses.extend(self.places.keys().cloned()),
        }
    }

    fn insert(&mut self, stored: Arc<Stored>) {
        self.changes.changed(&stored.key.address);
        self.uses += 1;
        let uses = self.uses;
        self.bytes += stored.weight();
        self.count += 1;
        let name: Arc<str> = match self.places.get_key_value(stored.key.address.as_str()) {
            Some((name, _)) => Arc::clone(name),
            None => stored.key.address.as_str().into(),
        };
        for tag in &stored.tags {
            self.tags.entry(tag.clone()).or_default().insert(Arc::clone(&name));
        }
        let address = stored.key.address.clone();
        let place = self.places.entry(Arc::clone(&name)).or_insert(Place { variants: Vec::new(), used: uses });
        self.order.remove(&place.used);
        place.used = uses;
        place.variants.push(stored);
        let oldest = (place.variants.len() > VARIANTS_MAX).then(|| Arc::clone(&place.variants[0]));
        self.order.insert(uses, name);
        if let Some(oldest) = oldest {
            self.take(&address, |known| Arc::ptr_eq(known, &oldest));
        }
    }

    /// Takes out the answers at an address that `which` picks.
    fn take(&mut self, address: &str, which: impl Fn(&Arc<Stored>) -> bool) -> Vec<Arc<Stored>> {
        let Some(place) = self.places.get_mut(address) else { return Vec::new() };
        let (taken, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut place.variants).into_iter().partition(which);
        place.variants = kept;
        if !taken.is_empty() {
            self.changes.changed(address);
        }
        for stored in &taken {
            self.bytes -= stored.weight();
            self.count -= 1;
            for tag in &stored.tags {
                let is_still = place.variants.iter().any(|other| other.tags.binary_search(tag).is_ok());
                if !is_still && let Some(addresses) = self.tags.get_mut(tag) {
                    addresses.remove(address);
                    if addresses.is_empty() {
                        self.tags.remove(tag);
                    }
                }
            }
        }
        if place.variants.is_empty() {
            let used = place.used;
            self.places.remove(address);
            self.order.remove(&used);
        }
        taken
    }
}

#[cfg(test)]
mod tests;
