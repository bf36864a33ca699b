//! What the site needs to know of a request.

use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::Response;
use edge::Ready;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use crate::App;

/// A reader's request, without what the site does not read.
#[derive(Debug)]
pub struct Visit {
    pub(super) path: String,
    /// The query as sent, without `?`.
    query: String,
    /// Scheme and host for whole addresses: the public address, else the host that was asked for;
    /// empty when that is no host, and then addresses stay relative.
    pub(super) origin: String,
    method: Method,
    headers: HeaderMap,
    /// Which readings belong together, as far as can be guessed; `None` where nobody reads.
    pub(super) session: Option<u64>,
    /// Whether a trusted proxy asks.
    pub(super) is_proxied: bool,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Visit {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            origin: app.settings.public_url.clone().or_else(|| origin(parts, app)).unwrap_or_default(),
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            session: (parts.method == Method::GET).then(|| session(parts, app)),
            is_proxied: is_proxied(parts, app),
        })
    }
}

impl Visit {
    /// A visit for what is kept under `key`, by nobody.
    pub(super) fn of_key(key: &str) -> Option<Visit> {
        let (address, origin) = key.rsplit_once(' ')?;
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Some(Visit { path: path.to_owned(), query: query.to_owned(), origin: origin.to_owned(), ..Visit::nobody() })
    }

    /// The same without what is this reader's own.
    pub(super) fn plain(&self) -> Visit {
        let (path, query) = (self.path.clone(), self.query.clone());
        Visit { path, query, origin: self.origin.clone(), ..Visit::nobody() }
    }

    fn nobody() -> Visit {
        let (path, query, origin) = Default::default();
        Visit { path, query, origin, method: Method::GET, headers: HeaderMap::new(), session: None, is_proxied: false }
    }

    /// The variant that must be made before [`Visit::answer`] can be quick.
    pub(super) fn lacks(&self, ready: &Ready) -> Option<edge::Encoding> {
        ready.lacks(&self.headers)
    }

    pub(crate) fn answer(&self, ready: &Ready) -> Response {
        ready.answer(&self.method, &self.headers).map(Body::new)
    }

    /// Scheme and host for whole addresses; empty when nothing is known of them.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The cache's key of `name`: answers hold whole addresses, so each host has its own.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{name} {}", self.origin)
    }

    /// The list's cursor: `after`, when it can be the slug of a page.
    pub(super) fn after(&self) -> Result<Option<&str>, NotASlug> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        match pairs.find(|(name, _)| *name == "after") {
            None => Ok(None),
            Some((_, slug)) if is_slug(slug) => Ok(Some(slug)),
            Some(_) => Err(NotASlug),
        }
    }

    /// The same address without slashes at its end; `None` when there are none, or nothing is left.
    pub(super) fn without_slash(&self) -> Option<String> {
        let name = self.path.strip_suffix('/')?.trim_matches('/');
        // Two slashes at the front, or one and a backslash, would lead to another host.
        let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        is_plain.then(|| format!("/{name}{query}"))
    }
}

#[derive(Debug)]
pub(super) struct NotASlug;

/// Whether `text` can be part of an address of the site: lower-case letters, digits, hyphens.
pub(super) fn is_slug(text: &str) -> bool {
    (1..=120).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// A number for the reader's address and browser, which cannot be turned back and ends with the process.
fn session(parts: &Parts, app: &App) -> u64 {
    let peer = parts.extensions.get::<edge::Peer>().map(|peer| peer.0.ip());
    let address = peer.map(|peer| app.proxies.client(peer, &parts.headers));
    session_of(address, parts.headers.get(header::USER_AGENT).map(|agent| agent.as_bytes()))
}

/// The same, of what is known of the reader.
pub(super) fn session_of(address: Option<IpAddr>, agent: Option<&[u8]>) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one((address, agent))
}

fn is_proxied(parts: &Parts, app: &App) -> bool {
    parts.extensions.get::<edge::Peer>().is_some_and(|peer| app.proxies.is_trusted(peer.0.ip()))
}

fn origin(parts: &Parts, app: &App) -> Option<String> {
    // HTTP/2 carries the host in the address.
    let sent = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(|authority| authority.as_str()).or(sent)?.to_ascii_lowercase();
    let is_host = (1..=255).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
        && host.parse::<http::uri::Authority>().is_ok();
    let proxy = is_proxied(parts, app);
    let outside = parts.headers.get("x-forwarded-proto").filter(|_| proxy);
    let scheme = if outside.is_some_and(|value| value.as_bytes() == b"https") { "https" } else { "http" };
    is_host.then(|| format!("{scheme}://{host}"))
}
