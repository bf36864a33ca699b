//! A caching reverse proxy in front of one site, on the rules of [`crate::shared`].
//!
//! ```ignore
//! let proxy = edge::proxy::Proxy::new(&settings, Clock::system(), &tasks);
//! edge::serve(listener, proxy.service(), &edge_settings, &tasks);
//! ```
//!
//! Invariants: an answer that was asked for before a purge of it is never kept after it; of many
//! requests for one address one goes to the origin; bodies are passed on as they came, byte for byte;
//! memory is bounded, per answer and in all.

mod ask;
mod dial;
mod exchange;
mod flight;
mod growing;
mod hits;
mod keep;
mod purge;
mod reply;
mod settings;
pub mod store;
mod upstream;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use stdx::metric::{Cell, Counter, Family, Metric};
use stdx::task::Tasks;
use stdx::{Clock, Timestamp};

pub use settings::{Settings, UPSTREAM_REMEDY, parse_upstream};

use crate::shared::freshness::Verdict;
use crate::shared::key::NoVarySearch;
use crate::shared::status::{Forward, Report};
use crate::shared::{Keys, invalidate, range, validate, vary};
use crate::{Body, BoxError, Service};
use ask::Ask;
use exchange::Landed;
use flight::{Flights, Part};
use store::{Memory, Store, Stored};
use upstream::Upstreams;

static REQUESTS: Family<Counter> = Family::new(&["result"], 16);
static STORED: Counter = Counter::new();
static PURGED: Counter = Counter::new();

pub static METRICS: &[Metric] = &[
    Metric {
        name: "copydesk_proxy_requests_total",
        help: "Requests by result: hit, stale, miss, validated, collapsed, pass, error.",
        cell: Cell::Counters(&REQUESTS),
    },
    Metric { name: "copydesk_proxy_stored_total", help: "Answers kept.", cell: Cell::Counter(&STORED) },
    Metric { name: "copydesk_proxy_purged_total", help: "Answers purged.", cell: Cell::Counter(&PURGED) },
];

/// Addresses whose answers were not to be kept are not waited for, for this long.
const UNSHARED_TIME: Duration = Duration::from_secs(30);
const UNSHARED_MAX: usize = 10_000;
/// Paths whose `No-Vary-Search` is remembered.
const SEARCHES_MAX: usize = 10_000;

/// The proxy. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    settings: Settings,
    keys: Keys,
    store: Arc<dyn Store>,
    upstreams: Arc<Upstreams>,
    flights: Flights<Landed>,
    /// Until when requests for an address do not wait for each other.
    unshared: Mutex<HashMap<String, Timestamp>>,
    /// What answers have said about their queries, by host and path.
    searches: Mutex<HashMap<String, NoVarySearch>>,
    /// How often that has changed.
    searches_changes: AtomicU32,
    clock: Clock,
    tasks: Tasks,
}

impl Proxy {
    /// A proxy with a store in memory; its settings are valid.
    pub fn new(settings: &Settings, clock: Clock, tasks: &Tasks) -> Proxy {
        let bytes = usize::try_from(settings.memory_size.bytes()).unwrap_or(usize::MAX);
        Proxy::with_store(settings, Arc::new(Memory::new(bytes)), clock, tasks)
    }

    pub fn with_store(settings: &Settings, store: Arc<dyn Store>, clock: Clock, tasks: &Tasks) -> Proxy {
        let upstreams = Upstreams::new(settings, &clock, tasks);
        upstreams.watch(tasks);
        Proxy(Arc::new(Inner {
            settings: settings.clone(),
            keys: Keys::new(&settings.rules, &settings.query_ignored),
            store,
            upstreams,
            flights: Flights::default(),
            unshared: Mutex::default(),
            searches: Mutex::default(),
            searches_changes: AtomicU32::new(0),
            clock,
            tasks: tasks.clone(),
        }))
    }

    /// The site.
    pub fn service(&self) -> Service {
        let this = self.clone();
        crate::service_fn(move |request| {
            let this = this.clone();
            async move { this.answer(request).await }
        })
    }

    /// Purges, health and, as `/.copydesk/metrics`, what `figures` prints: for a listener of its own.
    pub fn admin_service(&self, figures: impl Fn() -> String + Send + Sync + 'static) -> Service {
        let (this, figures) = (self.clone(), Arc::new(figures));
        crate::service_fn(move |request| {
            let (this, figures) = (this.clone(), Arc::clone(&figures));
            async move {
                if request.uri().path() == purge::METRICS {
                    return purge::figures(figures());
                }
                this.administer(request).await
            }
        })
    }

    /// Upstreams, and how many of them work.
    pub fn health(&self) -> (usize, usize) {
        self.0.upstreams.health()
    }

    /// Answers one request of the site.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let inner = &self.0;
        if request.uri().path() == purge::PATH && inner.settings.admin_listen.is_none() && self.can_purge() {
            return self.administer(request).await;
        }
        let (ask, body) = match Ask::read(inner, request) {
            Ok(read) => read,
            Err(status) => return reply::refused(status),
        };
        let is_read = matches!(ask.method, Method::GET | Method::HEAD);
        if !is_read {
            return self.pass(&ask, body, Forward::Method).await;
        }
        if body.is_some() || ask.bypass || validate::is_for_origin(&ask.headers) {
            let why = if ask.bypass { Forward::Bypass } else { Forward::Request };
            return self.pass(&ask, body, why).await;
        }
        self.read(&ask).await
    }

    /// Answers a GET or HEAD from the store, or from the origin.
    async fn read(&self, ask: &Ask) -> Response<Body> {
        let inner = &self.0;
        let mut is_collapsed = false;
        let mut other = None;
        // An answer that others brought may not be for this request: then it waits among its like, and
        // in the end goes on its own.
        for _ in 0..3 {
            let now = inner.clock.now();
            let (found, near) = self.find(ask);
            let why = match &found {
                None if near.is_some() => Forward::VaryMiss,
                None => Forward::UriMiss,
                Some(stored) if !reply::can_answer(stored, ask) => Forward::Partial,
                Some(stored) => match stored.freshness.judge(&stored.directives, &ask.wishes, now) {
                    Verdict::Fresh => return self.hit(ask, stored, is_collapsed),
                    Verdict::Tolerated => return self.stale(ask, stored, "max-stale"),
                    Verdict::WhileRevalidate => {
                        self.refresh(ask, stored);
                        return self.stale(ask, stored, "revalidating");
                    }
                    Verdict::Validate if stored.freshness.is_fresh(now) => Forward::Request,
                    Verdict::Validate => Forward::Stale,
                },
            };
            if ask.wishes.only_if_cached {
                let report = Report { detail: Some("only-if-cached"), ..Report::default() };
                return reply::error(inner, ask, StatusCode::GATEWAY_TIMEOUT, report);
            }
            if !ask.may_wait || self.is_unshared(ask, now) {
                return self.fetch(ask, why, found, None).await;
            }
            let flight = other.take().unwrap_or_else(|| ask.flight(near.as_ref().map(|near| &near.headers)));
            let follow = match inner.flights.join(&flight) {
                Part::Lead(lead) => return self.fetch(ask, why, found, Some(lead)).await,
                Part::Follow(follow) => follow,
            };
            is_collapsed = true;
            match follow.landed().await {
                // The leader's caller went away: another one leads.
                None => {}
                Some(Landed::Stored) => {}
                Some(Landed::Coming(coming)) => {
                    if let Some(answer) = self.join(ask, &coming) {
                        return answer;
                    }
                    other = Some(ask.flight(Some(&coming.headers)));
                }
                Some(Landed::Alone) => return self.fetch(ask, why, found, None).await,
                Some(Landed::Failed(failure)) => return self.failed(ask, found.as_ref(), failure),
            }
        }
        let (found, _) = self.find(ask);
        self.fetch(ask, Forward::Stale, found, None).await
    }

    /// The newest answer that the request may have, and any at its address: it shows what they vary by.
    fn find(&self, ask: &Ask) -> (Option<Arc<Stored>>, Option<Arc<Stored>>) {
        let all = self.0.store.variants(&ask.key.address);
        let any = all.last().cloned();
        (best(all, &ask.key.extra, &ask.headers, |stored| reply::can_answer(stored, ask)), any)
    }

    fn hit(&self, ask: &Ask, stored: &Stored, is_collapsed: bool) -> Response<Body> {
        REQUESTS.with(&[if is_collapsed { "collapsed" } else { "hit" }]).inc();
        let mut report = Report { is_hit: !is_collapsed, is_collapsed, ..Report::default() };
        report.forward = is_collapsed.then_some(Forward::UriMiss);
        reply::stored(&self.0, ask, stored, report)
    }

    fn stale(&self, ask: &Ask, stored: &Stored, detail: &'static str) -> Response<Body> {
        REQUESTS.with(&["stale"]).inc();
        reply::stored(&self.0, ask, stored, Report { is_hit: true, detail: Some(detail), ..Report::default() })
    }

    /// Asks the origin for a new answer behind the caller's back, unless somebody does already.
    fn refresh(&self, ask: &Ask, stored: &Arc<Stored>) {
        let Part::Lead(lead) = self.0.flights.join(&ask.flight(Some(&stored.headers))) else { return };
        let (this, ask, stored) = (self.clone(), ask.for_refresh(), Arc::clone(stored));
        self.0.tasks.spawn(async move {
            let answer = this.fetch(&ask, Forward::Stale, Some(stored), Some(lead)).await;
            // What is to be kept comes in without a reader; anything else is not wanted.
            drop(answer);
        });
    }

    fn is_unshared(&self, ask: &Ask, now: Timestamp) -> bool {
        let unshared = self.0.unshared.lock().unwrap_or_else(PoisonError::into_inner);
        unshared.get(&ask.flight(None)).is_some_and(|until| now < *until)
    }

    /// Remembers that answers at this address are for one caller each.
    fn unshare(&self, ask: &Ask) {
        let mut unshared = self.0.unshared.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        if unshared.len() >= UNSHARED_MAX {
            unshared.retain(|_, until| now < *until);
        }
        if unshared.len() < UNSHARED_MAX {
            unshared.insert(ask.flight(None), now + UNSHARED_TIME);
        }
    }

    /// Learns which parameters of the query the answers at a path do not depend on.
    fn learn_search(&self, ask: &Ask, answer: &HeaderMap) {
        let Some(search) = NoVarySearch::of(answer) else { return };
        let mut searches = self.0.searches.lock().unwrap_or_else(PoisonError::into_inner);
        if searches.len() < SEARCHES_MAX && searches.get(&ask.place()) != Some(&search) {
            searches.insert(ask.place(), search);
            self.0.searches_changes.fetch_add(1, Ordering::Release);
        }
    }
}

impl Inner {
    fn search(&self, host: &str, path: &str) -> Option<NoVarySearch> {
        let searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        if searches.is_empty() { None } else { searches.get(&format!("{host}{path}")).cloned() }
    }
}

/// The newest of the answers at one address that a request may have, those before others that answer it.
fn best(
    all: Vec<Arc<Stored>>,
    extra: &str,
    request: &HeaderMap,
    can_answer: impl Fn(&Stored) -> bool,
) -> Option<Arc<Stored>> {
    let fits =
        |stored: &Arc<Stored>| stored.key.extra == extra && vary::matches(&stored.selectors, &stored.headers, request);
    all.into_iter()
        .filter(fits)
        .max_by_key(|stored| (can_answer(stored), stored.freshness.outdated_at.is_none(), stored.freshness.received_at))
}

#[cfg(test)]
mod tests;
