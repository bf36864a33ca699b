//! The short way: fresh answers as ready bytes, given out on the connection's own thread.
//!
//! Each thread has a shelf of its own, looked through by host, target and the fields that the answers at an address
//! vary by, byte for byte as the request says them. Whatever takes more thought than that goes the long way, by
//! [`Proxy::answer`]: both ways give the same answer.
//!
//! Invariants: what the store has changed at an address since a shelf was filled is not given out; nor is what is
//! stale. A shelf holds a share of the memory at most.

mod printed;
mod shelf;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use stdx::Rng;
use stdx::metric::Counter;

use super::{Inner, Proxy, REQUESTS};
use crate::h1::{Front, Head, Hit};
use shelf::Shelf;

thread_local! {
    static SHELF: RefCell<Option<Shelf>> = const { RefCell::new(None) };
}

/// A proxy's shelves.
struct Hits {
    inner: Arc<Inner>,
    /// Tells the proxies of one process apart.
    id: u64,
    /// Strangers choose the addresses.
    hasher: SeedableRandomState,
    /// Of what a shelf may hold, in bytes.
    budget: usize,
    count: Arc<Counter>,
}

impl Proxy {
    /// What of the site can be answered without being asked for: see [`crate::Server::front`].
    pub fn front(&self) -> Arc<dyn Front> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let memory = usize::try_from(self.0.settings.memory_size.bytes()).unwrap_or(usize::MAX);
        Arc::new(Hits {
            inner: Arc::clone(&self.0),
            id: IDS.fetch_add(1, Ordering::Relaxed),
            hasher: SeedableRandomState::with_seed(Rng::from_os().next_u64(), SharedSeed::global_fixed()),
            // What was evicted may linger in all shelves together as a quarter of what is kept.
            budget: memory / 4 / cores,
            count: REQUESTS.with(&["hit"]),
        })
    }
}

impl Front for Hits {
    fn look(&self, request: &Head<'_>) -> Option<Hit> {
        let wish = Wish::read(request, self.inner.settings.obey_requests)?;
        let hit = SHELF.with_borrow_mut(|shelf| {
            // Two proxies on one thread take turns; nobody runs them so.
            let shelf = match shelf {
                Some(shelf) if shelf.owner == self.id => shelf,
                other => other.insert(Shelf::new(self.id, self.budget)),
            };
            shelf.look(self, request, &wish)
        })?;
        self.count.inc_often();
        Some(hit)
    }
}

/// What a plain request says that matters here.
struct Wish<'a> {
    host: &'a str,
    target: &'a str,
    is_head: bool,
    if_none_match: Option<&'a [u8]>,
    if_modified_since: Option<&'a [u8]>,
    range: Option<&'a [u8]>,
}

impl<'a> Wish<'a> {
    /// `None` for a request that takes more thought.
    fn read(request: &Head<'a>, obeys: bool) -> Option<Wish<'a>> {
        let is_head = match request.method {
            "GET" => false,
            "HEAD" => true,
            _ => return None,
        };
        let (host, target) = (request.host?, request.target);
        if !target.starts_with('/') {
            return None;
        }
        let mut wish = Wish { host, target, is_head, if_none_match: None, if_modified_since: None, range: None };
        for (name, value) in request.fields() {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            // By length first: most fields are none of these.
            match name.len() {
                3 if is("via") => return None,
                5 if is("range") => once(&mut wish.range, value)?,
                6 if obeys && is("pragma") => return None,
                8 if is("if-match") || is("if-range") => return None,
                // It may name fields that are not for us.
                10 if is("connection")
                    && !value.eq_ignore_ascii_case(b"keep-alive")
                    && !value.eq_ignore_ascii_case(b"close") =>
                {
                    return None;
                }
                13 if is("if-none-match") => once(&mut wish.if_none_match, value)?,
                13 if is("authorization") || (obeys && is("cache-control")) => return None,
                17 if is("if-modified-since") => once(&mut wish.if_modified_since, value)?,
                19 if is("if-unmodified-since") => return None,
                _ => {}
            }
        }
        Some(wish)
    }
}

fn once<'a>(place: &mut Option<&'a [u8]>, value: &'a [u8]) -> Option<()> {
    if place.replace(value).is_some() { None } else { Some(()) }
}
