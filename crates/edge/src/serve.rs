//! Serving a listener: what answers, what is counted, and how many threads there are.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use stdx::Clock;
use stdx::metric::{Cell, Counter, Gauge, Metric};
use stdx::task::Tasks;
use tokio::runtime::Handle;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::h1::conn::{Counts, Lane, Times};
use crate::h1::pool;
use crate::h1::pulse::Pulse;
use crate::h1::{Front, Limits};
use crate::listen::Listener;
use crate::{Body, RequestBody, Settings, Tls, body};

mod crew;
mod other;
mod second;
mod third;

use crew::{Crew, House};

/// What answers requests. It cannot fail: an error is an answer too.
pub type Service = BoxCloneSyncService<Request<RequestBody>, Response<Body>, Infallible>;

/// A service from a plain function.
pub fn service_fn<F, Fut>(answer: F) -> Service
where
    F: Fn(Request<RequestBody>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response<Body>> + Send + 'static,
{
    Service::new(tower::service_fn(move |request| answer(request).map(Ok)))
}

/// The address at the other end of the connection, in the request's extensions. It may be a proxy:
/// see [`crate::client_ip`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

static OPEN: Gauge = Gauge::new();
static ACCEPTED: Counter = Counter::new();
static REQUESTS: Counter = Counter::new();
static HITS: Counter = Counter::new();
static REFUSED: Counter = Counter::new();
static HANDSHAKES_FAILED: Counter = Counter::new();
pub(crate) static PANICS: Counter = Counter::new();

pub static METRICS: &[Metric] = &[
    Metric { name: "copydesk_edge_connections", help: "Connections open now.", cell: Cell::Gauge(&OPEN) },
    Metric { name: "copydesk_edge_connections_total", help: "Connections accepted.", cell: Cell::Counter(&ACCEPTED) },
    Metric { name: "copydesk_edge_requests_total", help: "Requests read.", cell: Cell::Counter(&REQUESTS) },
    Metric {
        name: "copydesk_edge_hits_total",
        help: "Requests answered on the connection's own thread, without the service.",
        cell: Cell::Counter(&HITS),
    },
    Metric {
        name: "copydesk_edge_refused_total",
        help: "Requests refused as unreadable, ambiguous, too large or too slow.",
        cell: Cell::Counter(&REFUSED),
    },
    Metric {
        name: "copydesk_edge_handshakes_failed_total",
        help: "TLS handshakes that failed or took too long.",
        cell: Cell::Counter(&HANDSHAKES_FAILED),
    },
    Metric {
        name: "copydesk_edge_buffer_bytes",
        help: "Read buffers, lent to connections or kept for the next.",
        cell: Cell::Gauge(&pool::BYTES),
    },
    Metric {
        name: "copydesk_edge_panics_total",
        help: "Requests whose service panicked.",
        cell: Cell::Counter(&PANICS),
    },
];

/// Answers connections on `listener` until the tasks are asked to stop; then no new ones are
/// accepted and running requests get `drain_timeout_s` to finish. Must be called inside the runtime on which the
/// service is to run.
pub fn serve(listener: Listener, service: Service, settings: &Settings, tasks: &Tasks) {
    Server::new(service, settings).start(listener, tasks);
}

/// A listener to be, with more than [`serve`] gives it.
pub struct Server {
    service: Service,
    settings: Settings,
    front: Option<Arc<dyn Front>>,
    tls: Option<Tls>,
    is_beside: bool,
}

impl Server {
    pub fn new(service: Service, settings: &Settings) -> Self {
        Server { service, settings: settings.clone(), front: None, tls: None, is_beside: false }
    }

    /// Answers what is at hand before the service is asked.
    pub fn front(mut self, front: Arc<dyn Front>) -> Self {
        self.front = Some(front);
        self
    }

    /// Speaks TLS and nothing else, when there is a certificate.
    pub fn tls(mut self, tls: Option<Tls>) -> Self {
        self.tls = tls;
        self
    }

    /// Runs the service on the threads of the connections, without a change of threads for each request: for a service that
    /// waits for others and never computes for long.
    pub fn beside(mut self) -> Self {
        self.is_beside = true;
        self
    }

    /// See [`serve`].
    pub fn start(self, listener: Listener, tasks: &Tasks) {
        let threads = match self.settings.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            wish => wish,
        };
        let house = Arc::new(House::new(&self.settings, self.tls.clone(), tasks));
        let h3_port = self.third(listener.address(), &house, tasks);
        for socket in listener.spread(threads) {
            let lane = Lane {
                front: self.front.clone(),
                service: self.service.clone(),
                main: (!self.is_beside).then(Handle::current),
                limits: limits(&self.settings),
                times: times(&self.settings),
                pulse: Pulse::new(Clock::system()),
                counts: Counts::default(),
                h3_port,
            };
            Crew::new(Arc::clone(&house), lane).start(socket, tasks);
        }
    }

    /// Starts HTTP/3 where it is wished for; the port on which it is spoken. Without it the site is still there.
    fn third(&self, address: SocketAddr, house: &Arc<House>, tasks: &Tasks) -> Option<u16> {
        let tls = self.tls.as_ref().filter(|_| self.settings.http3)?;
        match third::open(address, tls, &self.settings) {
            Ok(endpoint) => {
                let (front, service) = (self.front.clone(), self.service.clone());
                let third = third::Third::new(Arc::clone(house), front, service, &self.settings, tasks);
                third.start(endpoint, tls, self.settings.clone());
                Some(address.port())
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "HTTP/3 is not served");
                None
            }
        }
    }
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        bytes: header_bytes(settings),
        fields: settings.header_count_max,
        // A quarter of the head at least is left for the fields.
        target: header_bytes(settings) / 4 * 3,
    }
}

fn times(settings: &Settings) -> Times {
    let seconds = |s: u64| u32::try_from(s).unwrap_or(u32::MAX);
    Times {
        head_s: seconds(settings.header_timeout_s),
        body_s: seconds(settings.body_timeout_s),
        write_s: seconds(settings.write_timeout_s),
    }
}

fn header_bytes(settings: &Settings) -> usize {
    usize::try_from(settings.header_size_max.bytes()).unwrap_or(usize::MAX).clamp(8 << 10, 1 << 20)
}

/// Calls the service and turns its panic into an answer.
async fn call(service: Service, request: Request<RequestBody>) -> Response<Body> {
    match AssertUnwindSafe(service.oneshot(request)).catch_unwind().await {
        Ok(Ok(answer)) => answer,
        Err(_) => {
            PANICS.inc();
            tracing::error!("a request's service panicked");
            let mut answer = Response::new(body::full("the request could not be answered\n"));
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            answer
        }
    }
}

#[cfg(test)]
mod tests;
