//! The one HTTP client of the product.

mod open;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use stdx::metric::{Counter, Family, Histogram};
use stdx::{ByteSize, Clock, Rng};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout_at};
use url::Url;

use crate::decode::Decoder;
use crate::dial::Dialer;
use crate::error::{Error, Phase, RedirectFault, Why, shown};
use crate::policy::Policy;
use crate::resolve::{Resolve, SystemResolver};
use crate::settings::Settings;

pub use open::Opened;
use open::Places;

pub static REQUESTS: Family<Counter> = Family::new(&["name", "outcome"], 256);
pub static SECONDS: Family<Histogram> = Family::new(&["name"], 32);
pub static RECEIVED: Family<Counter> = Family::new(&["name"], 32);

/// Look-ups under way at the same time; each holds a thread.
const LOOKUPS_MAX: usize = 64;
/// The head of an answer may be this long.
const HEAD_BYTES_MAX: usize = 64 << 10;
const ACCEPT_ENCODING: &str = "br, zstd, gzip";
/// Bodies beyond this size are large.
const SMALL: usize = 256 << 10;
/// So many large bodies are in memory at the same time, from their first large part until whoever asked lets go of them.
/// The others wait where they have become large.
const LARGE_MAX: usize = 4;

/// One call to make.
#[derive(Clone, Debug)]
pub struct Request {
    /// What kind of call it is, for the metrics.
    pub name: &'static str,
    pub method: Method,
    /// As written by a person or a stranger; it is read and checked when sent.
    pub url: String,
    /// Replace the client's own where they have the same name.
    pub headers: HeaderMap,
    pub body: Bytes,
    pub limits: Limits,
    /// The connection is closed after the answer: for a site that is asked for one thing now and then.
    pub once: bool,
}

/// The ends of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// To look up the name, connect and agree on TLS, for each hop.
    pub connect_timeout: Duration,
    /// From then to the head of the answer, for each hop.
    pub first_byte_timeout: Duration,
    /// Between two parts of the body.
    pub stall_timeout: Duration,
    /// For everything together.
    pub total_timeout: Duration,
    /// Of the decompressed body.
    pub body_max: ByteSize,
    /// 0 hands a redirect back as the answer.
    pub redirects_max: u32,
}

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: StatusCode,
    /// Without `Content-Encoding` and `Content-Length` when the body was decompressed.
    pub headers: HeaderMap,
    /// Decompressed.
    pub body: Bytes,
    /// Bytes of the body as they came.
    pub received: u64,
    /// Where the answer came from.
    pub url: Url,
    /// The redirects on the way there, first one first.
    pub hops: Vec<Hop>,
    pub elapsed: Duration,
}

/// One redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub status: StatusCode,
    pub from: Url,
    pub to: Url,
}

impl Request {
    pub fn get(name: &'static str, url: impl Into<String>, limits: Limits) -> Self {
        let (method, headers, body) = (Method::GET, HeaderMap::new(), Bytes::new());
        Request { name, method, url: url.into(), headers, body, limits, once: false }
    }
}

impl Response {
    /// How many times larger the body became by decompression, rounded down; 1 for a plain one.
    pub fn ratio(&self) -> u64 {
        (self.body.len() as u64 / self.received.max(1)).max(1)
    }
}

impl Hop {
    /// Whether the old address should be forgotten (301 and 308).
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT)
    }
}

/// Calls the outside. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

type Pool = legacy::Client<Dialer, Full<Bytes>>;

struct Inner {
    /// Threads share them in turns; at least one.
    pools: Vec<Pool>,
    /// Keeps no connection.
    once: Pool,
    dialer: Dialer,
    idle_time: Duration,
    large: Arc<Semaphore>,
    policy: Arc<Policy>,
    places: Places,
    agent: HeaderValue,
    clock: Clock,
    rng: Rng,
}

impl Client {
    pub fn new(settings: &Settings, clock: Clock, rng: Rng) -> Self {
        Client::with_resolver(settings, clock, rng, Arc::new(SystemResolver::new(LOOKUPS_MAX)))
    }

    /// With names that mean what `resolver` says, for tests.
    pub fn with_resolver(settings: &Settings, clock: Clock, rng: Rng, resolver: Arc<dyn Resolve>) -> Self {
        let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Client::build(settings, clock, rng, resolver, roots)
    }

    pub(crate) fn build(
        settings: &Settings,
        clock: Clock,
        rng: Rng,
        resolver: Arc<dyn Resolve>,
        roots: RootCertStore,
    ) -> Self {
        let policy = Arc::new(Policy::new(&settings.allow));
        let dialer = Dialer::new(Arc::clone(&policy), resolver, roots);
        let idle_time = Duration::from_secs(settings.idle_timeout_s);
        Client(Arc::new(Inner {
            pools: vec![pool(&dialer, settings.idle_per_host_max, idle_time)],
            once: pool(&dialer, 0, idle_time),
            dialer,
            idle_time,
            large: Arc::new(Semaphore::new(LARGE_MAX)),
            policy,
            places: Places::default(),
            agent: agent(&settings.contact),
            clock,
            rng,
        }))
    }

    /// The same with connections of its own, of which more are kept for each host: for the few hosts that are asked all the
    /// time. Threads share them in `lanes` turns, so that with as many lanes as threads no call wakes another thread.
    pub fn keeping(&self, idle_per_host_max: usize, lanes: usize) -> Client {
        let Inner { dialer, idle_time, .. } = &*self.0;
        Client(Arc::new(Inner {
            pools: (0..lanes.max(1)).map(|_| pool(dialer, idle_per_host_max, *idle_time)).collect(),
            once: self.0.once.clone(),
            dialer: dialer.clone(),
            idle_time: *idle_time,
            large: Arc::clone(&self.0.large),
            policy: Arc::clone(&self.0.policy),
            places: Places::default(),
            agent: self.0.agent.clone(),
            clock: self.0.clock.clone(),
            rng: self.0.rng.clone(),
        }))
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn rng(&self) -> &Rng {
        &self.0.rng
    }

    /// Applies every rule that needs no look-up, for a URL that is only stored now and called later.
    pub fn check(&self, url: &str) -> Result<Url, Error> {
        self.0.policy.parse(url)
    }

    /// Makes the call, follows redirects and reads the whole body.
    ///
    /// # Errors
    /// One variant for each thing a caller may branch on; an answer of any status is no error.
    pub fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            let (name, started) = (request.name, Instant::now());
            let result = self.follow(request, started).await;
            self.note(name, started, outcome(result.as_ref().map(|answer| answer.status)));
            result
        })
    }

    fn note(&self, name: &'static str, started: Instant, outcome: &'static str) {
        REQUESTS.with(&[name, outcome]).inc();
        SECONDS.with(&[name]).record(started.elapsed());
        tracing::debug!(
            call.name = name,
            call.outcome = outcome,
            duration_ms = started.elapsed().as_millis() as u64,
            "called the outside"
        );
    }

    async fn follow(&self, request: Request, started: Instant) -> Result<Response, Error> {
        let Request { name, mut method, url, mut headers, mut body, limits, once } = request;
        let deadline = started + limits.total_timeout;
        let mut url = self.0.policy.parse(&url)?;
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(Error::Refused { what: format!("the method {method}"), why: Why::Method });
        }
        self.complete(&mut headers);
        let mut hops: Vec<Hop> = Vec::new();
        loop {
            let pool = if once { &self.0.once } else { self.0.pool() };
            let sending = Sending { method: &method, headers: &headers, body: &body, sent: &AtomicBool::new(false) };
            let answer = exchange(pool, &url, uri(&url)?, &sending, &limits, deadline).await?;
            let status = answer.status();
            let target = if limits.redirects_max == 0 { None } else { location(status, answer.headers()) };
            let Some(target) = target else {
                let (parts, incoming) = answer.into_parts();
                let (headers, body, received) =
                    read(name, parts.headers, incoming, &url, &limits, deadline, &self.0.large).await?;
                return Ok(Response { status, headers, body, received, url, hops, elapsed: started.elapsed() });
            };
            drop(answer);

            let to = self.target(&url, &target)?;
            let first = hops.first().map_or(&url, |hop| &hop.from);
            let fault = |why| Err(Error::Redirects { from: shown(first), why });
            // With no cookies kept, the same address gives the same redirect again.
            if to == url || hops.iter().any(|hop| hop.from == to) {
                return fault(RedirectFault::Loop);
            }
            if hops.len() >= limits.redirects_max as usize {
                return fault(RedirectFault::TooMany(limits.redirects_max));
            }
            if becomes_get(status, &method) {
                method = Method::GET;
                body = Bytes::new();
                headers.remove(header::CONTENT_TYPE);
                headers.remove(header::CONTENT_ENCODING);
            }
            if to.origin() != url.origin() {
                forget_secrets(&mut headers);
            }
            hops.push(Hop { status, from: url, to: to.clone() });
            url = to;
        }
    }

    /// Where a redirect leads, checked like a first address.
    fn target(&self, from: &Url, location: &str) -> Result<Url, Error> {
        let to = from.join(location).map_err(|e| Error::BadUrl {
            url: location.split('?').next().unwrap_or_default().chars().take(200).collect(),
            why: e.to_string(),
        })?;
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(Error::Downgrade { to: shown(&to) });
        }
        self.0.policy.check_url(to)
    }

    /// Adds what every request carries and removes what only the connection may say.
    fn complete(&self, headers: &mut HeaderMap) {
        let hop_by_hop = [
            header::HOST,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONNECTION,
            header::UPGRADE,
            header::TE,
        ];
        for name in hop_by_hop {
            headers.remove(name);
        }
        headers.entry(header::USER_AGENT).or_insert_with(|| self.0.agent.clone());
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        headers.entry(header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static(ACCEPT_ENCODING));
    }
}

impl Inner {
    fn pool(&self) -> &Pool {
        &self.pools[lane() % self.pools.len()]
    }
}

/// A number of this thread, small and for as long as it lives.
fn lane() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static LANE: usize = NEXT.fetch_add(1, Ordering::Relaxed));
    LANE.with(|lane| *lane)
}

fn pool(dialer: &Dialer, idle_max: usize, idle_time: Duration) -> Pool {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(idle_max)
        .pool_idle_timeout(idle_time)
        .http1_max_buf_size(HEAD_BYTES_MAX)
        .http2_max_header_list_size(HEAD_BYTES_MAX as u32)
        .build(dialer.clone())
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

/// What is sent to each address.
struct Sending<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    body: &'a Bytes,
    /// Set when there is a connection.
    sent: &'a AtomicBool,
}

/// The class of the status, or the kind of the error.
fn outcome(result: Result<StatusCode, &Error>) -> &'static str {
    match result {
        Ok(status) => {
            ["1xx", "2xx", "3xx", "4xx", "5xx"].get(usize::from(status.as_u16() / 100) - 1).unwrap_or(&"other")
        }
        Err(e) => e.kind(),
    }
}

fn uri(url: &Url) -> Result<Uri, Error> {
    url.as_str().parse().map_err(|e: http::uri::InvalidUri| Error::BadUrl { url: shown(url), why: e.to_string() })
}

/// One request to one address, up to the head of the answer.
async fn exchange(
    pool: &legacy::Client<Dialer, Full<Bytes>>,
    url: &Url,
    uri: Uri,
    sending: &Sending<'_>,
    limits: &Limits,
    deadline: Instant,
) -> Result<http::Response<Incoming>, Error> {
    let mut request = http::Request::new(Full::new(sending.body.clone()));
    *request.method_mut() = sending.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = sending.headers.clone();

    let mut captured = capture_connection(&mut request);
    let mut answer = pin!(pool.request(request));
    let connected = async {
        captured.wait_for_connection_metadata().await;
    };
    let early = tokio::select! {
        biased;
        answer = &mut answer => Some(answer),
        () = connected => None,
        () = sleep_until(deadline.min(Instant::now() + limits.connect_timeout)) => return Err(late(Phase::Connect, limits, deadline)),
    };
    let answer = match early {
        Some(answer) => {
            let connected = captured.connection_metadata().is_some();
            sending.sent.fetch_or(connected || answer.is_ok(), Ordering::SeqCst);
            answer
        }
        None => {
            sending.sent.store(true, Ordering::SeqCst);
            let end = deadline.min(Instant::now() + limits.first_byte_timeout);
            timeout_at(end, answer).await.map_err(|_| late(Phase::FirstByte, limits, deadline))?
        }
    };
    answer.map_err(|e| ours(e, url))
}

/// Reads the body to its end, decompressed. Gives the headers, the body and its size as received.
async fn read(
    name: &'static str,
    mut headers: HeaderMap,
    mut incoming: Incoming,
    url: &Url,
    limits: &Limits,
    mut deadline: Instant,
    places: &Arc<Semaphore>,
) -> Result<(HeaderMap, Bytes, u64), Error> {
    let coding = headers.get(header::CONTENT_ENCODING).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let mut decoder = Decoder::new(coding.as_deref().unwrap_or_default(), limits.body_max)?;
    // A body that says it is too large need not be read at all.
    if hyper::body::Body::size_hint(&incoming).lower() > limits.body_max.bytes() {
        return Err(Error::TooLarge { limit: limits.body_max, ratio: None });
    }
    let mut large = None;
    loop {
        if large.is_none() && decoder.size() > SMALL {
            // Not the site's fault: the wait is not on its account.
            let asked = Instant::now();
            large = Some(Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed"));
            deadline += asked.elapsed();
        }
        let end = deadline.min(Instant::now() + limits.stall_timeout);
        let frame = timeout_at(end, incoming.frame()).await.map_err(|_| late(Phase::Stall, limits, deadline))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|e| Error::Protocol { host: host(url), source: Arc::new(e) })?;
        if let Some(chunk) = frame.data_ref() {
            RECEIVED.with(&[name]).add(chunk.len() as u64);
            decoder.push(chunk)?;
        }
    }
    let (received, plain) = (decoder.received(), decoder.is_plain());
    let body = decoder.finish()?;
    let body = if large.is_some() { Bytes::from_owner(Large { body, _place: large }) } else { body };
    if !plain {
        headers.remove(header::CONTENT_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
    }
    Ok((headers, body, received))
}

/// A large body and its place, which is free again when the last one who reads it has done so.
struct Large {
    body: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// The target of a redirect that is to be followed.
fn location(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let follows = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let value = headers.get(header::LOCATION).filter(|_| follows)?;
    // Servers do send raw UTF-8 here.
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// RFC 9110 §15.4: 303 asks for a GET; after 301 and 302 everybody turns a POST into one.
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

/// What was meant for one site is not told to another.
fn forget_secrets(headers: &mut HeaderMap) {
    let named =
        [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION, HeaderName::from_static("x-api-key")];
    let marked = headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone());
    for name in marked.chain(named).collect::<Vec<_>>() {
        headers.remove(name);
    }
}

fn late(phase: Phase, limits: &Limits, deadline: Instant) -> Error {
    let own = match phase {
        Phase::Connect => limits.connect_timeout,
        Phase::FirstByte => limits.first_byte_timeout,
        Phase::Stall | Phase::Body => limits.stall_timeout,
    };
    match (Instant::now() >= deadline, phase) {
        (true, Phase::Stall) => Error::Timeout { phase: Phase::Body, after: limits.total_timeout },
        (true, _) => Error::Timeout { phase, after: limits.total_timeout },
        (false, _) => Error::Timeout { phase, after: own },
    }
}

/// Our own error out of the pool's, where the connector made it; else a broken exchange.
fn ours(error: legacy::Error, url: &Url) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(e) = cause {
        if let Some(e) = e.downcast_ref::<Error>() {
            return e.clone();
        }
        cause = e.source();
    }
    Error::Protocol { host: host(url), source: Arc::new(error) }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// `Copydesk/0.1.0 (+contact)`.
fn agent(contact: &str) -> HeaderValue {
    let product = concat!("Copydesk/", env!("CARGO_PKG_VERSION"));
    let whole = if contact.is_empty() { product.to_owned() } else { format!("{product} (+{contact})") };
    HeaderValue::from_str(&whole).unwrap_or(HeaderValue::from_static(product))
}

#[cfg(test)]
mod tests;
