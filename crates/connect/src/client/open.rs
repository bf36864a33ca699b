//! Answers whose body is read while it comes.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use http::header::{self, HeaderMap};
use http::{Method, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use stdx::ByteSize;
use tokio::time::Instant;
use url::Url;

use super::{Client, RECEIVED, Request, Sending, exchange, host, outcome, uri};
use crate::error::{Error, Why};

/// The head of an answer, whatever its status, and its body to come.
pub struct Opened {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Ends with an error where the other side breaks off or sends more than the limit. How long it is waited for is the
    /// reader's choice.
    pub body: BoxStream<'static, Result<Bytes, Error>>,
}

impl Client {
    /// Makes the call up to the head of the answer. A redirect is handed back. `sent` is set as soon as there is a
    /// connection, that is when the request may be on its way; the limits of time end with the head.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::Decompress`] for a body that is coded, since frames of a coded one come late: ask for
    /// `identity`.
    pub fn open<'a>(&'a self, request: Request, sent: &'a AtomicBool) -> BoxFuture<'a, Result<Opened, Error>> {
        Box::pin(async move {
            let (name, started) = (request.name, Instant::now());
            let result = self.head(request, sent, started).await;
            self.note(name, started, outcome(result.as_ref().map(|opened| opened.status)));
            result
        })
    }

    async fn head(&self, request: Request, sent: &AtomicBool, started: Instant) -> Result<Opened, Error> {
        let Request { name, method, url, mut headers, body, limits, once } = request;
        let place = self.place(url)?;
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(Error::Refused { what: format!("the method {method}"), why: Why::Method });
        }
        self.complete(&mut headers);
        let pool = if once { &self.0.once } else { self.0.pool() };
        let sending = Sending { method: &method, headers: &headers, body: &body, sent };
        let answer =
            exchange(pool, &place.url, place.uri.clone(), &sending, &limits, started + limits.total_timeout).await?;
        let (parts, incoming) = answer.into_parts();
        let coding = parts.headers.get(header::CONTENT_ENCODING).map(|v| String::from_utf8_lossy(v.as_bytes()));
        if let Some(coding) = coding.filter(|coding| !coding.is_empty() && *coding != "identity") {
            let source = std::io::Error::new(std::io::ErrorKind::Unsupported, "a plain body was asked for");
            return Err(Error::Decompress { coding: coding.chars().take(40).collect(), source: Arc::new(source) });
        }
        let reading = Reading { name, incoming, place, left: limits.body_max.bytes(), limit: limits.body_max };
        let body = stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            match reading.next().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(Opened { status: parts.status, headers: parts.headers, body: Box::pin(body) })
    }

    /// The address as it was read the last time. The rules that need no look-up never change; where a name leads is checked
    /// for each connection.
    fn place(&self, url: String) -> Result<Arc<Place>, Error> {
        let known = || self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known().get(&url) {
            return Ok(Arc::clone(place));
        }
        let read = self.0.policy.parse(&url)?;
        let place = Arc::new(Place { uri: uri(&read)?, url: read });
        let mut known = known();
        if known.len() >= PLACES_MAX {
            known.clear();
        }
        known.insert(url, Arc::clone(&place));
        Ok(place)
    }
}

/// An address that was read and checked, in the two forms in which it is needed.
pub(super) struct Place {
    url: Url,
    uri: Uri,
}

/// The addresses that are asked again and again.
pub(super) type Places = Mutex<HashMap<String, Arc<Place>>>;

/// Beyond so many the client begins to collect anew.
const PLACES_MAX: usize = 64;

struct Reading {
    name: &'static str,
    incoming: Incoming,
    place: Arc<Place>,
    left: u64,
    limit: ByteSize,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.incoming.frame().await {
            let frame = frame.map_err(|e| Error::Protocol { host: host(&self.place.url), source: Arc::new(e) })?;
            let Ok(chunk) = frame.into_data() else { continue };
            RECEIVED.with(&[self.name]).add(chunk.len() as u64);
            let left = self.left.checked_sub(chunk.len() as u64);
            self.left = left.ok_or(Error::TooLarge { limit: self.limit, ratio: None })?;
            return Ok(Some(chunk));
        }
        Ok(None)
    }
}
