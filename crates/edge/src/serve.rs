//! The connection loop: HTTP/1.1 and HTTP/2 without TLS on one port, told apart by their first bytes.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use stdx::metric::{Cell, Counter, Gauge, Metric};
use stdx::task::{Stop, Tasks};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::{Body, Settings, body, listen::Listener};

/// What answers requests. It cannot fail: an error is an answer too.
pub type Service = BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>;

/// A service from a plain function.
pub fn service_fn<F, Fut>(answer: F) -> Service
where
    F: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
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
static PANICS: Counter = Counter::new();

pub static METRICS: &[Metric] = &[
    Metric { name: "copydesk_edge_connections", help: "Connections open now.", cell: Cell::Gauge(&OPEN) },
    Metric { name: "copydesk_edge_connections_total", help: "Connections accepted.", cell: Cell::Counter(&ACCEPTED) },
    Metric {
        name: "copydesk_edge_panics_total",
        help: "Requests whose service panicked.",
        cell: Cell::Counter(&PANICS),
    },
];

/// Answers connections on `listener` until the tasks are asked to stop; then no new ones are
/// accepted and running requests get `drain_timeout_s` to finish.
pub fn serve(listener: Listener, service: Service, settings: &Settings, tasks: &Tasks) {
    let room = Arc::new(Semaphore::new(settings.connections_max.min(Semaphore::MAX_PERMITS)));
    let door = Door { builder: builder(settings, tasks), service, times: Times::from(settings) };
    let (connections, mut stop) = (tasks.clone(), tasks.stop());
    tasks.spawn(async move {
        loop {
            // A full house leaves newcomers in the kernel's queue instead of answering each with 503.
            let (permit, accepted) = tokio::select! {
                () = stop.wait() => return,
                next = async {
                    let permit = Arc::clone(&room).acquire_owned().await.expect("nobody closes the semaphore");
                    (permit, listener.socket.accept().await)
                } => next,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = door.clone().answer(stream, Peer(peer), connections.stop());
                    connections.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                // Mostly "too many open files": accepting again at once would spin.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a connection could not be accepted");
                    stop.sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
}

#[derive(Clone)]
struct Door {
    builder: Builder<Executor>,
    service: Service,
    times: Times,
}

#[derive(Clone, Copy)]
struct Times {
    header: Duration,
    drain: Duration,
}

impl From<&Settings> for Times {
    fn from(s: &Settings) -> Self {
        Times { header: Duration::from_secs(s.header_timeout_s), drain: Duration::from_secs(s.drain_timeout_s) }
    }
}

impl Door {
    async fn answer(self, stream: TcpStream, peer: Peer, mut stop: Stop) {
        ACCEPTED.inc();
        OPEN.add(1);
        let _open = OnDrop(|| OPEN.add(-1));
        // Answers are written whole; waiting for more bytes to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let spoke = Arc::new(AtomicBool::new(false));
        let service = {
            let (service, spoke) = (self.service.clone(), Arc::clone(&spoke));
            hyper::service::service_fn(move |mut request: Request<Incoming>| {
                spoke.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(peer);
                call(service.clone(), request)
            })
        };
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        // hyper's own timer starts only when the protocol is known, so that a silent caller, or half
        // an HTTP/2 preface, would hold its place for good.
        let silence = tokio::time::sleep(self.times.header);
        let mut silence = pin!(silence);
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stop.wait() => break,
                () = silence.as_mut(), if !spoke.load(Ordering::Relaxed) => {
                    if !spoke.load(Ordering::Relaxed) {
                        return;
                    }
                }
            }
        }
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(self.times.drain, connection).await;
    }
}

/// Calls the service and turns its panic into an answer.
async fn call(service: Service, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    match AssertUnwindSafe(service.oneshot(request)).catch_unwind().await {
        Ok(answer) => answer,
        Err(_) => {
            PANICS.inc();
            tracing::error!("a request's service panicked");
            let mut answer = Response::new(body::full("the request could not be answered\n"));
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            Ok(answer)
        }
    }
}

fn builder(settings: &Settings, tasks: &Tasks) -> Builder<Executor> {
    let header_bytes = usize::try_from(settings.header_size_max.bytes()).unwrap_or(usize::MAX).clamp(8 << 10, 1 << 20);
    let header_time = Duration::from_secs(settings.header_timeout_s);
    let mut builder = Builder::new(Executor(tasks.clone()));
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_buf_size(header_bytes)
        .max_headers(settings.header_count_max)
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.streams_max)
        .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
        // A caller that vanished without a word is found by a ping.
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

/// Runs the streams of HTTP/2 as tasks that the process knows.
#[derive(Clone)]
struct Executor(Tasks);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(async move {
            future.await;
        });
    }
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[cfg(test)]
mod tests;
