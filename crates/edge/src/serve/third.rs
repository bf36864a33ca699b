//! HTTP/3 by quinn and h3: datagrams on the listener's port, served on the service's runtime.
//!
//! The limits are those of the other protocols: connections count into the same room, heads and bodies have the same
//! sizes and times, a connection the same number of requests at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h3::server::Connection;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, IdleTimeout, Incoming, TransportConfig, VarInt};
use stdx::Clock;
use stdx::task::{Stop, Tasks};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::crew::House;
use super::{ACCEPTED, HANDSHAKES_FAILED, OPEN, Service, header_bytes};
use crate::h1::Front;
use crate::{Error, Settings, Tls};
use guard::Guarded;

mod guard;
mod stream;

/// A caller that vanished without a word is found by a ping.
const PING_EVERY: Duration = Duration::from_secs(30);
const SILENCE_MS: u32 = 40_000;
/// Bytes on their way in one direction of a stream, and of a connection.
const STREAM_WINDOW: u32 = 256 << 10;
const WINDOW: u32 = 1 << 20;
/// Streams of one direction that a caller may open: control, and two of QPACK; the rest is for what we do not know.
const ONE_WAY_MAX: u32 = 8;
/// Sessions that can be taken up again without a whole handshake.
const SESSIONS: usize = 4_096;
/// Bytes kept of callers whose handshake has not begun, each and in all.
const UNANSWERED_BYTES: u64 = 32 << 10;
const UNANSWERED_BYTES_MAX: u64 = 4 << 20;
/// What a connection that is closed on purpose is closed with (RFC 9114 §8.1).
const NO_ERROR: VarInt = VarInt::from_u32(0x100);
/// For the word that a connection is closed.
const FAREWELL: Duration = Duration::from_millis(500);

pub(super) struct Third {
    house: Arc<House>,
    pub front: Option<Arc<dyn Front>>,
    pub service: Service,
    pub clock: Clock,
    pub times: Times,
    header_bytes: u64,
    handshakes_max: usize,
    drain: Duration,
    tasks: Tasks,
}

#[derive(Clone, Copy)]
pub(super) struct Times {
    pub head: Duration,
    pub body: Duration,
    pub write: Duration,
    handshake: Duration,
}

/// Takes the port for datagrams. Must be called inside the runtime of the service.
pub(super) fn open(address: SocketAddr, tls: &Tls, settings: &Settings) -> Result<Endpoint, Error> {
    let config = config(&tls.watch_config().borrow(), settings).map_err(|source| Error::Quic { source })?;
    Endpoint::server(config, address).map_err(|source| Error::Listen { addr: address, source })
}

fn config(
    tls: &rustls::ServerConfig,
    settings: &Settings,
) -> Result<quinn::ServerConfig, quinn::crypto::rustls::NoInitialCipherSuite> {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    // A session of TCP is none of QUIC.
    tls.session_storage = rustls::server::ServerSessionMemoryCache::new(SESSIONS);
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(settings.streams_max.into())
        .max_concurrent_uni_streams(ONE_WAY_MAX.into())
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(SILENCE_MS))))
        .keep_alive_interval(Some(PING_EVERY))
        .stream_receive_window(STREAM_WINDOW.into())
        .receive_window(WINDOW.into())
        .send_window(WINDOW.into())
        .datagram_receive_buffer_size(None);
    config
        .transport_config(Arc::new(transport))
        .max_incoming(settings.handshakes_max)
        .incoming_buffer_size(UNANSWERED_BYTES)
        .incoming_buffer_size_total(UNANSWERED_BYTES_MAX);
    Ok(config)
}

impl Third {
    pub fn new(
        house: Arc<House>,
        front: Option<Arc<dyn Front>>,
        service: Service,
        settings: &Settings,
        tasks: &Tasks,
    ) -> Arc<Third> {
        let times = Times {
            head: Duration::from_secs(settings.header_timeout_s),
            body: Duration::from_secs(settings.body_timeout_s),
            write: Duration::from_secs(settings.write_timeout_s),
            handshake: Duration::from_secs(settings.handshake_timeout_s),
        };
        Arc::new(Third {
            house,
            front,
            service,
            clock: Clock::system(),
            times,
            header_bytes: header_bytes(settings) as u64,
            handshakes_max: settings.handshakes_max,
            drain: Duration::from_secs(settings.drain_timeout_s),
            tasks: tasks.clone(),
        })
    }

    /// Accepts connections until the process wants to end, then waits for those that are open.
    pub fn start(self: Arc<Self>, endpoint: Endpoint, tls: &Tls, settings: Settings) {
        let (certificates, stop) = (tls.watch_config(), self.tasks.stop());
        let tasks = self.tasks.clone();
        tasks.spawn(self.work(endpoint, certificates, settings, stop));
    }

    async fn work(
        self: Arc<Self>,
        endpoint: Endpoint,
        mut certificates: watch::Receiver<Arc<rustls::ServerConfig>>,
        settings: Settings,
        mut stop: Stop,
    ) {
        loop {
            tokio::select! {
                () = stop.wait() => break,
                Ok(()) = certificates.changed() => {
                    if let Ok(config) = config(&certificates.borrow_and_update(), &settings) {
                        endpoint.set_server_config(Some(config));
                    }
                }
                incoming = endpoint.accept() => match incoming {
                    Some(incoming) => self.admit(incoming, &stop),
                    None => return,
                },
            }
        }
        endpoint.set_server_config(None);
        let _ = tokio::time::timeout(self.drain, endpoint.wait_idle()).await;
        endpoint.close(NO_ERROR, b"");
        let _ = tokio::time::timeout(FAREWELL, endpoint.wait_idle()).await;
    }

    fn admit(self: &Arc<Self>, incoming: Incoming, stop: &Stop) {
        let Some(place) = self.house.place() else { return incoming.refuse() };
        // When many knock, each must first show that it gets our packets: the address of a datagram may be invented.
        let is_crowded = self.house.handshakes().available_permits() <= self.handshakes_max / 2;
        if is_crowded && incoming.may_retry() && !incoming.remote_address_validated() {
            let _ = incoming.retry();
            return;
        }
        let (this, stop) = (Arc::clone(self), stop.clone());
        self.tasks.spawn(async move {
            let _place = Place::new(place);
            this.connect(incoming, stop).await;
        });
    }

    async fn connect(self: Arc<Self>, incoming: Incoming, mut stop: Stop) {
        let handshake = async {
            let _permit = self.house.handshakes().acquire().await.expect("nobody closes the semaphore");
            incoming.await.ok()
        };
        let Ok(Some(connection)) = tokio::time::timeout(self.times.handshake, handshake).await else {
            return HANDSHAKES_FAILED.inc();
        };
        let peer = connection.remote_address();
        let quic = Guarded::new(connection, self.header_bytes);
        let mut builder = h3::server::builder();
        let builder = builder.max_field_section_size(self.header_bytes).send_grease(false);
        let connection: Connection<_, Bytes> = match tokio::time::timeout(self.times.head, builder.build(quic)).await {
            Ok(Ok(connection)) => connection,
            _ => return,
        };
        tokio::select! {
            () = self.clone().talk(connection, peer, stop.clone()) => {}
            () = async { stop.wait().await; tokio::time::sleep(self.drain).await } => {}
        }
    }

    /// Takes requests until the caller has no more, or says no first one in time.
    async fn talk(self: Arc<Self>, mut connection: Connection<Guarded, Bytes>, peer: SocketAddr, mut stop: Stop) {
        let silence = tokio::time::sleep(self.times.head);
        let mut silence = std::pin::pin!(silence);
        let (mut spoke, mut is_closing) = (false, false);
        loop {
            tokio::select! {
                accepted = connection.accept() => match accepted {
                    Ok(Some(resolver)) => {
                        spoke = true;
                        self.tasks.spawn(stream::answer(Arc::clone(&self), resolver, peer));
                    }
                    Ok(None) | Err(_) => return,
                },
                () = stop.wait(), if !is_closing => {
                    is_closing = true;
                    if connection.shutdown(0).await.is_err() {
                        return;
                    }
                }
                () = silence.as_mut(), if !spoke => return,
            }
        }
    }
}

/// A connection's place, given back when it is dropped.
struct Place(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Place {
    fn new(permit: OwnedSemaphorePermit) -> Place {
        ACCEPTED.inc();
        OPEN.add(1);
        Place(permit)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        OPEN.add(-1);
    }
}

#[cfg(test)]
mod tests;
