//! A request as the cache sees it.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};

use super::upstream::limited;
use super::{Inner, invalidate, range, validate, vary};
use crate::shared::{Key, Wishes, fields};
use crate::{Body, BoxError, Early, Peer};

/// Proxies on the way after which it is a circle.
const HOPS_MAX: usize = 16;

#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    /// In lower case.
    pub host: String,
    pub target: PathAndQuery,
    /// Without what belongs to the connection; with what is said to the origin.
    pub headers: HeaderMap,
    pub key: Key,
    pub wishes: Wishes,
    /// What the rule says of the lifetime.
    pub ttl_s: Option<u64>,
    pub bypass: bool,
    /// Whether it may wait for the answer to another request.
    pub may_wait: bool,
    pub early: Option<Early>,
}

impl Ask {
    /// Reads a request; its body only if it has one.
    ///
    /// # Errors
    /// The status that refuses it.
    pub fn read<B>(inner: &Inner, request: Request<B>) -> Result<(Ask, Option<Body>), StatusCode>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        let settings = &inner.settings;
        if matches!(parts.method, Method::CONNECT | Method::TRACE) {
            return Err(StatusCode::NOT_IMPLEMENTED);
        }
        let target = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        if target.as_str().len() > settings.target_bytes_max {
            return Err(StatusCode::URI_TOO_LONG);
        }
        let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        let body_max = settings.request_size_max.bytes();
        if length.is_some_and(|length| length > body_max) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let mut headers = std::mem::take(&mut parts.headers);
        let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let host = parts.uri.authority().map(|authority| authority.as_str().to_owned()).or(named);
        let host = host.filter(|host| host.parse::<http::uri::Authority>().is_ok() && !host.contains('@'));
        let host = host.ok_or(StatusCode::BAD_REQUEST)?.to_ascii_lowercase();
        let host = settings.host.as_ref().map_or(host, |host| host.to_ascii_lowercase());

        fields::remove_hop_by_hop(&mut headers);
        headers.remove(header::EXPECT);
        if headers.get_all(header::VIA).iter().count() > HOPS_MAX || hops(&headers) > HOPS_MAX {
            return Err(StatusCode::LOOP_DETECTED);
        }
        let wishes = if settings.obey_requests { Wishes::of(&headers) } else { Wishes::default() };
        let search = inner.search(&host, target.path());
        let key = inner.keys.key(&host, target.as_str(), &headers, search.as_ref());
        let rule = inner.keys.rule(target.path());
        let is_plain = Wishes { max_stale: None, min_fresh: None, ..wishes.clone() } == Wishes::default();
        let may_wait = parts.method == Method::GET
            && is_plain
            && range::of(&headers).is_none()
            && !validate::is_conditional(&headers)
            && !headers.contains_key(header::AUTHORIZATION);
        let ask = Ask {
            ttl_s: rule.and_then(|rule| rule.ttl_s),
            bypass: rule.is_some_and(|rule| rule.bypass),
            method: parts.method,
            target,
            key,
            wishes,
            may_wait,
            early: parts.extensions.get::<Early>().cloned(),
            headers: to_origin(headers, &host, &settings.name, parts.extensions.get::<Peer>()),
            host,
        };
        let has_body = !body.is_end_stream() && body.size_hint().exact() != Some(0);
        Ok((ask, has_body.then(|| limited(body, body_max))))
    }

    /// What requests that may share one answer have in common, as far as an answer at the same address
    /// tells what they vary by.
    pub fn flight(&self, known: Option<&HeaderMap>) -> String {
        let mut flight = format!("{}\n{}", self.key.address, self.key.extra);
        for selector in known.and_then(|known| vary::selectors(known, &self.headers)).into_iter().flatten() {
            flight.push_str(&format!("{}={:?}\n", selector.name, selector.value));
        }
        flight
    }

    /// Host and path.
    pub fn place(&self) -> String {
        format!("{}{}", self.host, self.target.path())
    }

    /// The same request for the cache itself: for the whole, as it is now.
    pub fn for_refresh(&self) -> Ask {
        let mut ask =
            Ask { method: Method::GET, wishes: Wishes::default(), may_wait: true, early: None, ..self.clone() };
        ask.headers.remove(header::RANGE);
        validate::CONDITIONS.iter().for_each(|name| drop(ask.headers.remove(name)));
        ask
    }

    /// The addresses that an answer to this request makes wrong.
    pub fn invalidates(&self, inner: &Inner, answer: &HeaderMap) -> Vec<String> {
        let uri = http::Uri::from(self.target.clone());
        let targets = invalidate::targets(&self.host, &uri, answer);
        let address = |target: &String| {
            let path = target.split('?').next().unwrap_or_default();
            inner.keys.key(&self.host, target, &self.headers, inner.search(&self.host, path).as_ref()).address
        };
        targets.iter().map(address).collect()
    }
}

fn hops(headers: &HeaderMap) -> usize {
    fields::joined(headers, header::VIA).map_or(0, |via| fields::split(&via).count())
}

/// Says for whom and through whom the request comes.
fn to_origin(mut headers: HeaderMap, host: &str, name: &str, peer: Option<&Peer>) -> HeaderMap {
    if let Ok(host) = HeaderValue::from_str(host) {
        headers.insert(header::HOST, host);
    }
    fields::append(&mut headers, header::VIA, &format!("1.1 {name}"));
    if let Some(peer) = peer {
        const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
        let address = peer.0.ip().to_canonical();
        let chain = match fields::joined(&headers, FORWARDED) {
            Some(before) => format!("{before}, {address}"),
            None => address.to_string(),
        };
        if let Ok(chain) = HeaderValue::from_str(&chain) {
            headers.insert(FORWARDED, chain);
        }
    }
    headers
}
