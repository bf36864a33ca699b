//! Purging over HTTP: `POST /.copydesk/purge` with `{"url"|"tag"|"pattern"|"all": …, "soft": true}`.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::store::Purge;
use super::upstream::limited;
use super::{PURGED, Proxy};
use crate::{Body, BoxError, body};

pub const PATH: &str = "/.copydesk/purge";
const HEALTH: &str = "/.copydesk/health";
pub const METRICS: &str = "/.copydesk/metrics";

const BODY_BYTES_MAX: u64 = 64 << 10;

/// What to purge: exactly one of the first four.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wish {
    /// An address, such as `https://example.com/a?b=1`; the scheme does not matter.
    url: Option<String>,
    tag: Option<String>,
    /// Addresses in which `*` stands for anything, such as `example.com/blog/*`.
    pattern: Option<String>,
    all: bool,
    /// Keep the answers as stale ones instead.
    soft: bool,
}

impl Proxy {
    pub(super) fn can_purge(&self) -> bool {
        !self.0.settings.purge_token.reveal().is_empty()
    }

    pub(super) async fn administer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = request.into_parts();
        match (&parts.method, parts.uri.path()) {
            (&Method::GET | &Method::HEAD, HEALTH) => {
                let (all, well) = self.health();
                let status = if well > 0 { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                let (answers, bytes) = self.0.store.size();
                say(status, &json!({ "upstreams": all, "working": well, "answers": answers, "bytes": bytes }))
            }
            (&Method::POST, PATH) if !self.is_trusted(&parts.headers) => {
                let mut answer = say(StatusCode::UNAUTHORIZED, &json!({ "error": "the bearer token is not right" }));
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                answer
            }
            (&Method::POST, PATH) => {
                let Ok(body) = limited(body, BODY_BYTES_MAX).collect().await else {
                    return say(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": "at most 64 KiB" }));
                };
                match self.purge(&body.to_bytes()) {
                    Ok(purged) => say(StatusCode::OK, &json!({ "purged": purged })),
                    Err(why) => say(StatusCode::BAD_REQUEST, &json!({ "error": why })),
                }
            }
            (_, PATH) => {
                let mut answer = say(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "purges are posted" }));
                answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                answer
            }
            _ => say(StatusCode::NOT_FOUND, &json!({ "error": "nothing is here" })),
        }
    }

    /// How many answers were touched.
    fn purge(&self, wish: &[u8]) -> Result<usize, String> {
        let wish: Wish = serde_json::from_slice(wish).map_err(|error| error.to_string())?;
        let soft = wish.soft.then(|| self.0.clock.now());
        let bare = |text: &str| {
            let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
            text.to_owned()
        };
        let what = match (&wish.url, &wish.tag, &wish.pattern, wish.all) {
            (Some(url), None, None, false) => {
                let url = bare(url);
                let (host, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
                if host.is_empty() {
                    return Err("a url has a host".to_owned());
                }
                // Under the name that answers are kept by.
                let host = self.0.settings.host.as_deref().unwrap_or(host).to_ascii_lowercase();
                let target = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
                let target = target.split('#').next().unwrap_or_default();
                let path = target.split('?').next().unwrap_or_default();
                let search = self.0.search(&host, path);
                let key = self.0.keys.key(&host, target, &HeaderMap::new(), search.as_ref());
                Purge::Address(key.address)
            }
            (None, Some(tag), None, false) => Purge::Tag(tag.clone()),
            (None, None, Some(pattern), false) => Purge::Pattern(bare(pattern)),
            (None, None, None, true) => Purge::All,
            _ => return Err("say exactly one of url, tag, pattern and all".to_owned()),
        };
        let purged = self.0.store.purge(&what, soft);
        PURGED.add(purged as u64);
        tracing::info!(purge.answers = purged, purge.soft = wish.soft, "answers were purged");
        Ok(purged)
    }

    /// Compares digests, so that the time tells nothing of the token, not even its length.
    fn is_trusted(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
        let Some((scheme, token)) = token else { return false };
        let (given, right) = (Sha256::digest(token.trim()), Sha256::digest(self.0.settings.purge_token.reveal()));
        self.can_purge()
            && scheme.eq_ignore_ascii_case("bearer")
            && bool::from(given.as_slice().ct_eq(right.as_slice()))
    }
}

/// Figures in the text format of Prometheus.
pub fn figures(text: String) -> Response<Body> {
    let mut answer = Response::new(body::full(text));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn say(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut answer = Response::new(body::full(format!("{value}\n")));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
