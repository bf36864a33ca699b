//! An answer that is made once and served many times.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use stdx::Timestamp;

use crate::{Body, Encoding, body, conditional, encoding};

/// A whole answer: it knows its tag and keeps its body in each coding that was asked for. Clone
/// it behind an `Arc`.
#[derive(Debug)]
pub struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    last_modified: Option<Timestamp>,
    compressible: bool,
    etag: String,
    plain: Bytes,
    /// In the order of [`Encoding::CODED`]; the inner `None` says that it does not pay.
    coded: [OnceLock<Option<Bytes>>; 3],
}

impl Ready {
    pub fn new(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let plain = body.into();
        let compressible =
            plain.len() >= encoding::MIN_BYTES && content_type.to_str().is_ok_and(encoding::is_compressible);
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::CONTENT_TYPE, content_type);
        if compressible {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        let etag = conditional::etag(&plain);
        Ready { status, headers, last_modified: None, compressible, etag, plain, coded: Default::default() }
    }

    pub fn cache_control(self, value: HeaderValue) -> Self {
        self.header(header::CACHE_CONTROL, value)
    }

    /// A further header of every answer. `Content-Length`, `Content-Encoding` and `ETag` are ours.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if name == header::VARY {
            self.headers.append(name, value);
        } else {
            self.headers.insert(name, value);
        }
        self
    }

    pub fn last_modified(mut self, at: Timestamp) -> Self {
        if let Ok(value) = at.http_date().parse() {
            self.headers.insert(header::LAST_MODIFIED, value);
            self.last_modified = Some(at);
        }
        self
    }

    /// Takes a variant that was made elsewhere, at a build for instance; `None` says that the coding does
    /// not pay. A body that is not worth compressing has no use for variants and drops them.
    pub fn coded_as(self, encoding: Encoding, bytes: Option<Bytes>) -> Self {
        if let Some(place) = Encoding::CODED.iter().position(|e| *e == encoding) {
            let _ = self.coded[place].set(bytes);
        }
        self
    }

    /// Makes every variant now, so that no caller waits for a compressor.
    pub fn precompress(self) -> Self {
        Encoding::CODED.iter().for_each(|e| drop(self.coded(*e)));
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The tag of the plain body, with its quotes.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    pub fn body(&self) -> &Bytes {
        &self.plain
    }

    /// Bytes held by the body and the variants made so far, for a cache's weigher.
    pub fn size(&self) -> usize {
        let coded = self.coded.iter().filter_map(|c| c.get()?.as_ref()).map(Bytes::len).sum::<usize>();
        self.plain.len() + coded + 512
    }

    /// The answer for one request: 304 when the caller has it, no body for HEAD, else the variant
    /// that the caller likes best. A variant is made when it is first asked for, which takes about a
    /// millisecond per 50 KiB.
    pub fn answer(&self, method: &Method, request: &HeaderMap) -> Response<Body> {
        let asked = if self.compressible { encoding::negotiate(request) } else { Encoding::Identity };
        let (encoding, bytes) = match self.coded(asked) {
            Some(bytes) => (asked, bytes),
            None => (Encoding::Identity, self.plain.clone()),
        };
        let etag = self.tag_of(encoding);
        let mut answer = Response::new(body::empty());
        *answer.status_mut() = self.status;
        *answer.headers_mut() = self.headers.clone();
        let headers = answer.headers_mut();
        if self.status == StatusCode::OK {
            headers.insert(header::ETAG, HeaderValue::from_str(&etag).expect("a tag is hex digits in quotes"));
            let reads = *method == Method::GET || *method == Method::HEAD;
            if reads && conditional::is_not_modified(request, &etag, self.last_modified) {
                headers.remove(header::CONTENT_TYPE);
                *answer.status_mut() = StatusCode::NOT_MODIFIED;
                return answer;
            }
        }
        if let Some(name) = encoding.header() {
            headers.insert(header::CONTENT_ENCODING, name);
        }
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        if *method != Method::HEAD {
            *answer.body_mut() = body::full(bytes);
        }
        answer
    }

    /// The variant that a request would get and that must be made first. Making it takes the thread for a while.
    pub fn lacks(&self, request: &HeaderMap) -> Option<Encoding> {
        let asked = if self.compressible { encoding::negotiate(request) } else { Encoding::Identity };
        (!self.has(asked)).then_some(asked)
    }

    /// Whether the variant is made, or known not to pay.
    pub fn has(&self, encoding: Encoding) -> bool {
        let place = Encoding::CODED.iter().position(|e| *e == encoding).filter(|_| self.compressible);
        place.is_none_or(|place| self.coded[place].get().is_some())
    }

    /// Makes a variant.
    pub fn make(&self, encoding: Encoding) {
        self.coded(encoding);
    }

    /// The body for who takes `encoding`, made if it must be.
    pub fn variant(&self, encoding: Encoding) -> Bytes {
        self.coded(encoding).unwrap_or_else(|| self.plain.clone())
    }

    fn coded(&self, encoding: Encoding) -> Option<Bytes> {
        if !self.compressible {
            return None;
        }
        let place = Encoding::CODED.iter().position(|e| *e == encoding)?;
        self.coded[place].get_or_init(|| encoding::compress(&self.plain, encoding)).clone()
    }

    /// A strong tag names bytes, so each coding needs its own (RFC 9110 §8.8.3.3).
    fn tag_of(&self, encoding: Encoding) -> String {
        match encoding {
            Encoding::Identity => self.etag.clone(),
            coded => format!("{}-{}\"", &self.etag[..self.etag.len() - 1], coded.name()),
        }
    }
}

#[cfg(test)]
mod tests;
