//! What one thread has at hand.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use stdx::Timestamp;

use super::super::store::{Content, Stored};
use super::super::{Inner, best};
use super::printed::Printed;
use super::{Hits, Wish};
use crate::h1::{Head, Hit};

const SETS: usize = 2_048;
/// Places of a set: an address may need several, one for each way in which callers say what they accept.
const WAYS: usize = 4;
/// Hits after which the store is asked again, so that it learns what is popular.
const HITS_MAX: u32 = 64;
/// Part of the budget that one answer may take.
const SHARE_MAX: usize = 16;

/// Fields that the long way changes before it looks at them.
const CHANGED: [HeaderName; 9] = [
    header::HOST,
    header::VIA,
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
    header::CONTENT_LENGTH,
];

pub struct Shelf {
    pub owner: u64,
    sets: Box<[Set]>,
    budget: usize,
    weight: usize,
}

type Set = [Option<Box<Slot>>; WAYS];

struct Slot {
    hash: u64,
    host: Box<str>,
    target: Box<str>,
    /// What the request says in the fields by which the answers at this address vary, as it stands.
    selectors: Box<[Selector]>,
    seen: Seen,
    printed: Printed,
    hits: u32,
    weight: usize,
    /// The name at the store.
    address: Box<str>,
}

struct Selector {
    name: HeaderName,
    value: Option<Box<[u8]>>,
}

/// How the store was when it was asked.
#[derive(Clone, Copy)]
struct Seen {
    group: usize,
    changes: u32,
    searches: u32,
}

impl Shelf {
    pub fn new(owner: u64, budget: usize) -> Self {
        Shelf { owner, sets: (0..SETS).map(|_| Set::default()).collect(), budget, weight: 0 }
    }

    pub fn look(&mut self, hits: &Hits, request: &Head<'_>, wish: &Wish<'_>) -> Option<Hit> {
        let inner = &*hits.inner;
        let now = inner.clock.about();
        let mut hasher = hits.hasher.build_hasher();
        hasher.write(wish.host.as_bytes());
        hasher.write(wish.target.as_bytes());
        let hash = hasher.finish();
        let set = hash as usize & (SETS - 1);
        let way = self.sets[set].iter().position(|slot| slot.as_ref().is_some_and(|s| s.is_for(hash, request, wish)));
        if let Some(slot) = way.and_then(|way| self.sets[set][way].as_mut())
            && slot.seen.is_current(inner)
            && slot.printed.is_fresh(now)
        {
            slot.hits += 1;
            if slot.hits == HITS_MAX {
                slot.hits /= 2;
                let _ = inner.store.variants(&slot.address);
            }
            return slot.printed.hit(wish, now);
        }
        if let Some(way) = way {
            self.empty(set, way);
        }
        let slot = Slot::find(inner, hash, request, wish, now)?;
        let hit = slot.printed.hit(wish, now);
        self.put(inner, set, slot);
        hit
    }

    /// In a place that is free, or of what is old, or of what is least asked for.
    fn put(&mut self, inner: &Inner, set: usize, slot: Slot) {
        if slot.weight > self.budget / SHARE_MAX {
            return;
        }
        if self.weight + slot.weight > self.budget {
            self.sweep(|slot| !slot.seen.is_current(inner));
        }
        if self.weight + slot.weight > self.budget {
            self.sweep(|_| true);
        }
        let rank = |way: &usize| match &self.sets[set][*way] {
            Some(known) if known.seen.is_current(inner) => known.hits,
            _ => 0,
        };
        let way = (0..WAYS).min_by_key(rank).unwrap_or_default();
        // So that what was popular once does not stay for ever.
        self.sets[set].iter_mut().flatten().for_each(|known| known.hits /= 2);
        self.empty(set, way);
        self.weight += slot.weight;
        self.sets[set][way] = Some(Box::new(slot));
    }

    fn sweep(&mut self, which: impl Fn(&Slot) -> bool) {
        for set in 0..SETS {
            for way in 0..WAYS {
                if self.sets[set][way].as_ref().is_some_and(|slot| which(slot)) {
                    self.empty(set, way);
                }
            }
        }
    }

    fn empty(&mut self, set: usize, way: usize) {
        if let Some(slot) = self.sets[set][way].take() {
            self.weight -= slot.weight;
        }
    }
}

impl Slot {
    fn is_for(&self, hash: u64, request: &Head<'_>, wish: &Wish<'_>) -> bool {
        self.hash == hash
            && *self.target == *wish.target
            && *self.host == *wish.host
            && self.selectors.iter().all(|selector| selector.is_said(request))
    }

    /// What the long way would choose, if there is no question about it.
    fn find(inner: &Inner, hash: u64, request: &Head<'_>, wish: &Wish<'_>, now: Timestamp) -> Option<Slot> {
        let (settings, changes) = (&inner.settings, inner.store.changes()?);
        let target: PathAndQuery = wish.target.parse().ok()?;
        let rule = inner.keys.rule(target.path());
        let is_plain = rule.is_none_or(|rule| !rule.bypass && rule.headers.is_empty() && rule.cookies.is_empty());
        if !is_plain || settings.show_key || target != *wish.target || wish.target.len() > settings.target_bytes_max {
            return None;
        }
        let host = settings.host.as_deref().unwrap_or(wish.host).to_ascii_lowercase();
        // All counts before what they count: a change in between makes what is found old, not wrong.
        let searches = inner.searches_changes.load(Ordering::Acquire);
        let search = inner.search(&host, target.path());
        let key = inner.keys.key(&host, wish.target, &HeaderMap::new(), search.as_ref());
        let group = changes.group(&key.address);
        let seen = Seen { group, changes: changes.of(group), searches };
        let all = inner.store.variants(&key.address);
        if all.is_empty() || !all.iter().all(|stored| matches!(stored.content, Content::Whole(_))) {
            return None;
        }
        let selectors = selectors(&all, request)?;
        let mut said = HeaderMap::new();
        for Selector { name, value } in &selectors {
            if let Some(value) = value {
                said.insert(name.clone(), HeaderValue::from_bytes(value).ok()?);
            }
        }
        let stored = best(all, &key.extra, &said, |_| true)?;
        if stored.directives.forbids_reuse() || !stored.freshness.is_fresh(now) {
            return None;
        }
        let printed = Printed::new(inner, &stored)?;
        let weight = printed.weight() + wish.target.len() + key.address.len();
        let (host, target, selectors) = (wish.host.into(), wish.target.into(), selectors.into());
        Some(Slot { hash, host, target, selectors, seen, printed, hits: 1, weight, address: key.address.into() })
    }
}

impl Selector {
    fn is_said(&self, request: &Head<'_>) -> bool {
        let mut lines = request.fields_named(self.name.as_str());
        lines.next() == self.value.as_deref() && lines.next().is_none()
    }
}

impl Seen {
    fn is_current(self, inner: &Inner) -> bool {
        inner.store.changes().is_some_and(|changes| changes.of(self.group) == self.changes)
            && inner.searches_changes.load(Ordering::Acquire) == self.searches
    }
}

/// What `request` says in the fields by which any of the answers varies; `None` when it says one of them twice, or
/// when one is not what it was when the long way sees it.
fn selectors(all: &[Arc<Stored>], request: &Head<'_>) -> Option<Vec<Selector>> {
    let mut names: Vec<&HeaderName> = all.iter().flat_map(|stored| stored.selectors.iter().map(|s| &s.name)).collect();
    names.sort_unstable_by_key(|name| name.as_str());
    names.dedup();
    let is_changed = |name: &&HeaderName| {
        CHANGED.contains(*name)
            || ["keep-alive", "proxy-connection", "http2-settings", "x-forwarded-for"].contains(&name.as_str())
    };
    if names.iter().any(is_changed) {
        return None;
    }
    let selector = |name: &HeaderName| {
        let mut lines = request.fields_named(name.as_str());
        let value = lines.next().map(Box::from);
        lines.next().is_none().then(|| Selector { name: name.clone(), value })
    };
    names.into_iter().map(selector).collect()
}
