//! The origin: several addresses, those that work, and the connections to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioTimer;
use stdx::task::Tasks;
use stdx::{Breaker, Clock};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::dial::{Dialer, Executor, Used, was_used};
use super::settings::{Settings, parse_upstream};
use crate::{Body, BoxError, Early, body};

/// A head of the origin's answer may be this long.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No upstream could be reached.
    Unreachable,
    /// It took too long.
    Late,
    /// The connection ended, or what came is no HTTP.
    Broken,
    /// Too many requests are there already.
    Full,
    /// The caller's body is too large or was cut.
    Body,
}

impl Failure {
    pub fn status(self) -> StatusCode {
        match self {
            Failure::Unreachable | Failure::Broken => StatusCode::BAD_GATEWAY,
            Failure::Late => StatusCode::GATEWAY_TIMEOUT,
            Failure::Full => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Body => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Failure::Unreachable => "unreachable",
            Failure::Late => "timeout",
            Failure::Broken => "broken",
            Failure::Full => "full",
            Failure::Body => "body",
        }
    }
}

/// One address of the origin.
struct Upstream {
    scheme: Scheme,
    authority: Authority,
    breaker: Breaker,
    /// What the last question about its health gave.
    is_well: AtomicBool,
}

/// All of them.
pub struct Upstreams {
    all: Vec<Upstream>,
    next: AtomicUsize,
    client: Client<Dialer, Body>,
    room: Semaphore,
    times: Times,
    health_path: Option<PathAndQuery>,
    clock: Clock,
}

#[derive(Clone, Copy)]
struct Times {
    connect: Duration,
    answer: Duration,
    health: Duration,
}

impl Upstreams {
    pub fn new(settings: &Settings, clock: &Clock, tasks: &Tasks) -> Arc<Upstreams> {
        let ms = Duration::from_millis;
        let times = Times {
            connect: ms(settings.connect_timeout_ms),
            answer: ms(settings.answer_timeout_ms),
            health: ms(settings.health_interval_ms),
        };
        let uris = settings.upstreams.iter().filter_map(|text| parse_upstream(text));
        let all = uris.filter_map(|uri| {
            let parts = uri.into_parts();
            Some(Upstream {
                scheme: parts.scheme?,
                authority: parts.authority?,
                breaker: Breaker::new(settings.failures_max, ms(settings.failure_pause_ms)),
                is_well: AtomicBool::new(true),
            })
        });
        let client = Client::builder(Executor(tasks.clone()))
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(ms(settings.keep_alive_ms))
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .build(Dialer::new(times.connect));
        Arc::new(Upstreams {
            all: all.collect(),
            next: AtomicUsize::new(0),
            client,
            room: Semaphore::new(settings.requests_max.min(Semaphore::MAX_PERMITS)),
            times,
            health_path: settings.health_path.as_ref().and_then(|path| path.parse().ok()),
            clock: clock.clone(),
        })
    }

    /// Asks each upstream again and again whether it works, until the process ends.
    pub fn watch(self: &Arc<Self>, tasks: &Tasks) {
        let Some(path) = self.health_path.clone() else { return };
        for at in 0..self.all.len() {
            let (this, path, mut stop) = (Arc::clone(self), path.clone(), tasks.stop());
            tasks.spawn(async move {
                loop {
                    let is_well = this.is_answering(at, &path).await;
                    let upstream = &this.all[at];
                    if upstream.is_well.swap(is_well, Ordering::Relaxed) != is_well {
                        tracing::warn!(upstream = %upstream.authority, is_well, "the health of an upstream has changed");
                    }
                    if is_well {
                        upstream.breaker.succeeded();
                    }
                    if !stop.sleep(this.times.health).await {
                        return;
                    }
                }
            });
        }
    }

    async fn is_answering(&self, at: usize, path: &PathAndQuery) -> bool {
        let request = self.all[at].request(Method::GET, path.clone(), HeaderMap::new(), body::empty());
        let Ok(Ok(answer)) = timeout(self.times.connect, self.client.request(request)).await else { return false };
        let is_well = answer.status().as_u16() < 500;
        // Read to its end, so that the connection can be used again.
        let rest = limited(answer.into_body(), 1 << 20).collect();
        is_well && timeout(self.times.connect, rest).await.is_ok()
    }

    /// How many there are, and how many work.
    pub fn health(&self) -> (usize, usize) {
        let now = self.clock.now();
        let is_well =
            |u: &&Upstream| u.is_well.load(Ordering::Relaxed) && u.breaker.state(now) == stdx::breaker::State::Closed;
        (self.all.len(), self.all.iter().filter(is_well).count())
    }

    /// The order in which upstreams are tried: those that work, turn by turn, then the rest.
    fn order(&self) -> Vec<usize> {
        let now = self.clock.now();
        let (count, first) = (self.all.len(), self.next.fetch_add(1, Ordering::Relaxed));
        let all: Vec<usize> = (0..count).map(|n| (first.wrapping_add(n)) % count).collect();
        let is_up = |at: &usize| {
            let upstream = &self.all[*at];
            upstream.is_well.load(Ordering::Relaxed) && upstream.breaker.permits(now).is_ok()
        };
        let (mut up, down): (Vec<_>, Vec<_>) = all.into_iter().partition(is_up);
        // With none left, trying is better than refusing.
        if up.is_empty() {
            up = down;
        }
        up
    }

    /// Sends a request. One without a body goes to the next upstream when it could not be delivered.
    ///
    /// # Errors
    /// Why there is no answer; an answer of any status is none.
    pub async fn send(
        &self,
        method: &Method,
        path: &PathAndQuery,
        headers: &HeaderMap,
        mut body: Option<Body>,
        early: Option<&Early>,
    ) -> Result<Response<Incoming>, Failure> {
        let Ok(Ok(_room)) = timeout(self.times.connect, self.room.acquire()).await else { return Err(Failure::Full) };
        let has_body = body.is_some();
        let may_repeat = !has_body && matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let mut failure = Failure::Unreachable;
        for at in self.order() {
            let upstream = &self.all[at];
            // A kept connection may end at the very moment it is used: then the request goes out once more.
            for _ in 0..2 {
                let taken = body.take().unwrap_or_else(body::empty);
                let mut request = upstream.request(method.clone(), path.clone(), headers.clone(), taken);
                if let Some(early) = early.cloned() {
                    hyper::ext::on_informational(&mut request, move |answer| {
                        early.send(answer.status(), answer.headers().clone());
                    });
                }
                let error = match timeout(self.times.answer, self.client.request(request)).await {
                    Ok(Ok(answer)) => {
                        upstream.breaker.succeeded();
                        if let Some(used) = answer.extensions().get::<Used>() {
                            used.mark();
                        }
                        return Ok(answer);
                    }
                    Ok(Err(error)) => error,
                    Err(_) => {
                        upstream.breaker.failed(self.clock.now());
                        return Err(Failure::Late);
                    }
                };
                tracing::debug!(error = &error as &dyn std::error::Error, upstream = %upstream.authority, "no answer");
                if error.is_connect() {
                    upstream.breaker.failed(self.clock.now());
                    failure = Failure::Unreachable;
                    break;
                }
                if has_body && is_of_caller(&error) {
                    return Err(Failure::Body);
                }
                failure = Failure::Broken;
                if !(may_repeat && was_used(&error)) {
                    upstream.breaker.failed(self.clock.now());
                    return Err(failure);
                }
            }
            if has_body {
                break;
            }
        }
        Err(failure)
    }
}

impl Upstream {
    fn request(&self, method: Method, path: PathAndQuery, headers: HeaderMap, body: Body) -> Request<Body> {
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path);
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri.build().expect("a scheme, an authority and a path are a URI");
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = headers;
        request
    }
}

/// Whether the error came from the caller's body, not from the origin.
fn is_of_caller(error: &legacy::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_user) {
            return true;
        }
        source = inner.source();
    }
    false
}

/// A body that is an error once it has more than `max` bytes.
pub fn limited<B>(body: B, max: u64) -> Body
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Limited::new(body.map_err(Into::into), usize::try_from(max).unwrap_or(usize::MAX)).boxed_unsync()
}

/// The next piece of a body, within `idle`; `None` at its end.
pub async fn next_chunk(body: &mut Incoming, idle: Duration) -> Option<Result<Bytes, String>> {
    loop {
        if body.is_end_stream() {
            return None;
        }
        match timeout(idle, body.frame()).await {
            Err(_) => return Some(Err("the origin has fallen silent".to_owned())),
            Ok(None) => return None,
            Ok(Some(Err(error))) => return Some(Err(error.to_string())),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Some(Ok(data)),
                // Trailers are not kept, so nobody sees them.
                Err(_) => {}
            },
        }
    }
}
