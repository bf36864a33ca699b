//! Makes the connections: look up once, check every address, connect to a checked one, agree on TLS.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::error::Error;
use crate::policy::Policy;
use crate::resolve::Resolve;

/// A name with more addresses than this is checked whole, but only the first few are tried.
const ADDRESSES_TRIED_MAX: usize = 4;
/// How long one address may take while others wait, after which the next one is tried.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(3);

/// The connector of the client's pool.
#[derive(Clone)]
pub(crate) struct Dialer {
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolve>,
    misses: Arc<Misses>,
    tls: TlsConnector,
}

/// Names that could not be looked up a moment ago. A look-up that fails may take long and holds a thread, so that many
/// sources under one dead name would keep the living from being looked up.
#[derive(Debug, Default)]
struct Misses(Mutex<HashMap<String, (Instant, Arc<io::Error>)>>);

const MISS_TTL: Duration = Duration::from_secs(30);
const MISSES_MAX: usize = 1_000;

impl Misses {
    fn find(&self, host: &str) -> Option<Arc<io::Error>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(host).filter(|(at, _)| at.elapsed() < MISS_TTL).map(|(_, why)| Arc::clone(why))
    }

    fn note(&self, host: &str, why: &Arc<io::Error>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MISSES_MAX {
            known.retain(|_, (at, _)| at.elapsed() < MISS_TTL);
        }
        if known.len() < MISSES_MAX {
            known.insert(host.to_owned(), (Instant::now(), Arc::clone(why)));
        }
    }
}

impl Dialer {
    pub(crate) fn new(policy: Arc<Policy>, resolver: Arc<dyn Resolve>, roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Dialer { policy, resolver, misses: Arc::default(), tls: TlsConnector::from(Arc::new(config)) }
    }

    async fn dial(self, uri: Uri) -> Result<TokioIo<Stream>, Error> {
        let bad = |why: &str| Error::BadUrl { url: uri.host().unwrap_or_default().to_owned(), why: why.to_owned() };
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let host = uri.host().ok_or_else(|| bad("it has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();

        let addresses = self.addresses(&host, port).await?;
        let tcp = connect_any(&host, &addresses).await?;
        // Small requests must not wait for an acknowledgement; failing to say so only costs time.
        let _ = tcp.set_nodelay(true);
        if !secure {
            return Ok(TokioIo::new(Stream { io: Box::new(tcp), h2: false }));
        }
        // A final dot belongs to the name, but not to the certificate.
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned())
            .map_err(|_| bad("its host is no name a certificate can hold"))?;
        let tls = self.tls.connect(name, tcp).await;
        let tls = tls.map_err(|e| Error::Tls { host, source: Arc::new(e) })?;
        let h2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(TokioIo::new(Stream { io: Box::new(tls), h2 }))
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Arc<io::Error>> {
        if let Some(why) = self.misses.find(host) {
            return Err(why);
        }
        let none = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        let found =
            self.resolver.resolve(host).await.and_then(|all| if all.is_empty() { Err(none()) } else { Ok(all) });
        found.map_err(|error| {
            let why = Arc::new(error);
            self.misses.note(host, &why);
            why
        })
    }

    /// Every address of `host`, all of them checked: one bad address refuses the name, since a name
    /// that points both inside and outside is an attempt to get in.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let found = match host.parse::<IpAddr>() {
            Ok(ip) => vec![ip],
            Err(_) => self.resolve(host).await.map_err(|source| Error::Dns { host: host.to_owned(), source })?,
        };
        let addresses: Vec<_> = found.into_iter().map(|ip| SocketAddr::new(ip.to_canonical(), port)).collect();
        for address in &addresses {
            self.policy.check_address(*address).map_err(|e| match e {
                Error::Refused { what, why } if what != format!("{host}:{port}") => {
                    Error::Refused { what: format!("{host} ({what})"), why }
                }
                other => other,
            })?;
        }
        Ok(addresses)
    }
}

async fn connect_any(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no address");
    let tried = &addresses[..addresses.len().min(ADDRESSES_TRIED_MAX)];
    for (i, address) in tried.iter().enumerate() {
        let connecting = TcpStream::connect(address);
        // The last one may take whatever the caller's own limit leaves.
        let result = if i + 1 == tried.len() {
            connecting.await
        } else {
            let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("{address} did not answer in time")));
            tokio::time::timeout(ADDRESS_TIMEOUT, connecting).await.unwrap_or_else(late)
        };
        match result {
            Ok(tcp) => return Ok(tcp),
            Err(e) => last = e,
        }
    }
    Err(Error::Connect { host: host.to_owned(), source: Arc::new(last) })
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Stream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection, plain or secured. Boxed, so that hyper's machinery is compiled once.
pub(crate) struct Stream {
    io: Box<dyn Io>,
    h2: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        if self.h2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
