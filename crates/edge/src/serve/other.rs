//! Connections that our loop hands over with the bytes it has read: HTTP/2, and requests for another protocol
//! (WebSockets). Both are served by hyper.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use stdx::task::{Stop, Tasks};
use tokio::io::{AsyncRead, AsyncWrite};

use super::crew::Ticket;
use super::{Peer, call, header_bytes, second};
use crate::h1::conn::Lane;
use crate::h1::write;
use crate::rewind::Rewind;
use crate::{Body, Settings};

pub(super) struct Other {
    http1: http1::Builder,
    http2: http2::Builder<Executor>,
    /// How long an HTTP/2 connection may be open without a request.
    silence: Duration,
    drain_time: Duration,
}

impl Other {
    pub fn new(settings: &Settings, tasks: &Tasks) -> Other {
        let header_bytes = header_bytes(settings);
        let silence = Duration::from_secs(settings.header_timeout_s);
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(silence)
            .max_buf_size(header_bytes.max(8 << 10))
            .max_headers(settings.header_count_max)
            .half_close(true)
            // What follows a refused upgrade would be read less strictly than our loop does.
            .keep_alive(false);
        let mut http2 = http2::Builder::new(Executor(tasks.clone()));
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(settings.streams_max)
            .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            // A caller that vanished without a word is found by a ping.
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10));
        Other { http1, http2, silence, drain_time: Duration::from_secs(settings.drain_timeout_s) }
    }

    /// Serves the connection until it ends. An upgraded stream outlives this; it keeps the ticket.
    pub async fn serve<S>(&self, io: S, bytes: Bytes, ticket: Ticket, peer: SocketAddr, lane: &Arc<Lane>, stop: Stop)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let is_http2 = bytes.starts_with(b"PRI");
        let io = TokioIo::new(Rewind::new(io, bytes, ticket));
        if is_http2 { self.http2(io, peer, lane, stop).await } else { self.upgrade(io, peer, lane, stop).await }
    }

    async fn upgrade<S>(&self, io: TokioIo<Rewind<S, Ticket>>, peer: SocketAddr, lane: &Arc<Lane>, mut stop: Stop)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = {
            let lane = Arc::clone(lane);
            hyper::service::service_fn(move |request: Request<Incoming>| {
                let lane = Arc::clone(&lane);
                async move {
                    // The service belongs on its own runtime, with whatever it starts.
                    let answer = lane.runtime().spawn(call(lane.service.clone(), with_peer(request, peer)));
                    answer.await
                }
            })
        };
        let connection = self.http1.serve_connection(io, service).with_upgrades();
        let mut connection = pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop.wait() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(self.drain_time, connection).await;
    }

    async fn http2<S>(&self, io: TokioIo<Rewind<S, Ticket>>, peer: SocketAddr, lane: &Arc<Lane>, mut stop: Stop)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let spoke = Arc::new(AtomicBool::new(false));
        let alt_svc = lane.h3_port.and_then(|port| HeaderValue::try_from(write::alt_svc(port)).ok());
        let service = {
            let (lane, spoke) = (Arc::clone(lane), Arc::clone(&spoke));
            hyper::service::service_fn(move |request: Request<Incoming>| {
                spoke.store(true, Ordering::Relaxed);
                let alt_svc = alt_svc.clone();
                // Looked for on the connection's own thread; the service is polled by the executor, on its runtime.
                let front = lane.front.as_ref().filter(|_| request.body().is_end_stream());
                let answer = match front.and_then(|front| second::look(front, lane.pulse.seconds(), &request)) {
                    Some(hit) => {
                        lane.counts.hits.inc();
                        IS_AT_HAND.set(true);
                        Ok(hit)
                    }
                    None => Err(call(lane.service.clone(), with_peer(request, peer))),
                };
                async move {
                    let mut answer: Response<Body> = match answer {
                        Ok(hit) => hit,
                        Err(coming) => coming.await,
                    };
                    if let Some(value) = alt_svc {
                        answer.headers_mut().append(header::ALT_SVC, value);
                    }
                    Ok::<_, Infallible>(answer)
                }
            })
        };
        let connection = self.http2.serve_connection(io, service);
        let mut connection = pin!(connection);
        let silence = tokio::time::sleep(self.silence);
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
        let _ = tokio::time::timeout(self.drain_time, connection).await;
    }
}

fn with_peer(request: Request<Incoming>, peer: SocketAddr) -> Request<crate::RequestBody> {
    let mut request = request.map(Into::into);
    request.extensions_mut().insert(Peer(peer));
    request
}

thread_local! {
    /// The stream that hyper is about to have run holds an answer that was found on this thread.
    static IS_AT_HAND: Cell<bool> = const { Cell::new(false) };
}

/// Runs the streams of HTTP/2 as tasks that the process knows; what is at hand is written here and now, without a
/// turn of another thread.
#[derive(Clone)]
pub(super) struct Executor(pub Tasks);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut stream = Box::pin(future);
        if IS_AT_HAND.take() {
            // Without room at the caller for all of it a task brings the rest, and is the one to be woken.
            if stream.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                return;
            }
        }
        self.0.spawn(async move {
            stream.await;
        });
    }
}
