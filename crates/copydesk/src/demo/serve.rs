//! The outlets on loopback sockets: one address each, so that politeness per host means the same as
//! out in the world.

use std::net::{Ipv4Addr, SocketAddr};

use edge::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use edge::{Body, RequestBody, body};
use stdx::task::Tasks;
use tokio::sync::watch;

use super::outlets::OUTLETS;
use super::respond::{self, Newsroom, Reply};

/// Ports tried after the wished one.
const PORTS_TRIED: u16 = 50;

/// One outlet as it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Place in [`OUTLETS`].
    pub outlet: usize,
    pub address: SocketAddr,
    pub feed_url: String,
}

/// Serves every outlet on 127.0.77.N, all on `port` or on the next one that is free everywhere, until
/// the tasks are asked to stop. What they tell follows `newsroom`.
///
/// # Errors
/// That of the last port tried; [`edge::Error::AddressNotAvailable`] on a system whose loopback is
/// 127.0.0.1 only.
pub fn serve_outlets(
    newsroom: &watch::Receiver<Newsroom>,
    port: u16,
    tasks: &Tasks,
) -> Result<Vec<Served>, edge::Error> {
    let settings = edge::Settings { connections_max: 64, threads: 1, ..edge::Settings::default() };
    let mut served = Vec::with_capacity(OUTLETS.len());
    for (outlet, listener) in bind_all(port)?.into_iter().enumerate() {
        let address = listener.address();
        let newsroom = newsroom.clone();
        let service = edge::service_fn(move |request| answer(newsroom.clone(), outlet, address, request));
        edge::serve(listener, service, &settings, tasks);
        served.push(Served { outlet, address, feed_url: format!("http://{address}{}", OUTLETS[outlet].feed_path) });
    }
    Ok(served)
}

fn bind_all(port: u16) -> Result<Vec<edge::listen::Listener>, edge::Error> {
    let mut port = port;
    let mut left = PORTS_TRIED;
    loop {
        let address = |outlet: usize| SocketAddr::from((Ipv4Addr::new(127, 0, 77, outlet as u8 + 1), port));
        let all: Result<Vec<_>, _> = (0..OUTLETS.len()).map(|outlet| edge::listen::bind(address(outlet))).collect();
        match all {
            Err(edge::Error::PortInUse { .. }) if left > 0 && port < u16::MAX => {
                port += 1;
                left -= 1;
            }
            other => return other,
        }
    }
}

async fn answer(
    newsroom: watch::Receiver<Newsroom>,
    outlet: usize,
    address: SocketAddr,
    request: Request<RequestBody>,
) -> Response<Body> {
    let is_head = *request.method() == Method::HEAD;
    if !is_head && *request.method() != Method::GET {
        let mut refused = Response::new(body::empty());
        *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return refused;
    }
    let now = *newsroom.borrow();
    let base = format!("http://{address}");
    let Reply { status, headers, body: bytes, delay } =
        respond::respond(&now, outlet, &base, request.uri().path(), request.headers());
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let mut answer = Response::new(if is_head { body::empty() } else { body::full(bytes) });
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

#[cfg(test)]
mod tests;
