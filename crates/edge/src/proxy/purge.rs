//! Purging over HTTP: `POST /.copydesk/purge` with `{"url"|"tag"|"pattern": … or […], "all": true, "soft": true}`.

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

/// Addresses, tags and patterns of one call.
const KEYS_MAX: usize = 1_000;

/// What to purge: everything that is named, or all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wish {
    /// Addresses such as `https://example.com/a?b=1`; the scheme does not matter.
    url: Keys,
    tag: Keys,
    /// Addresses in which `*` stands for anything, such as `example.com/blog/*`.
    pattern: Keys,
    all: bool,
    /// Keep the answers as stale ones instead.
    soft: bool,
}

/// One, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

impl Default for Keys {
    fn default() -> Self {
        Keys::Several(Vec::new())
    }
}

impl Keys {
    fn all(&self) -> &[String] {
        match self {
            Keys::One(key) => std::slice::from_ref(key),
            Keys::Several(keys) => keys,
        }
    }
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
        let mut all = Vec::new();
        for url in wish.url.all() {
            all.push(self.address(url)?);
        }
        all.extend(wish.tag.all().iter().cloned().map(Purge::Tag));
        all.extend(wish.pattern.all().iter().map(|pattern| Purge::Pattern(bare(pattern).to_owned())));
        let what = match (all.len(), wish.all) {
            (0, true) => Purge::All,
            (0, false) => return Err("say one of url, tag, pattern and all".to_owned()),
            (_, true) => return Err("all is all: say nothing beside it".to_owned()),
            (1..=KEYS_MAX, false) => Purge::Any(all),
            (many, false) => return Err(format!("{many} are too many for one call; at most {KEYS_MAX}")),
        };
        let purged = self.0.store.purge(&what, soft);
        PURGED.add(purged as u64);
        tracing::info!(purge.answers = purged, purge.soft = wish.soft, "answers were purged");
        Ok(purged)
    }

    /// One address under the name that answers are kept by.
    fn address(&self, url: &str) -> Result<Purge, String> {
        let url = bare(url);
        let (host, rest) = url.split_at(url.find(['/', '?']).unwrap_or(url.len()));
        if host.is_empty() {
            return Err("a url has a host".to_owned());
        }
        let host = self.0.settings.host.as_deref().unwrap_or(host).to_ascii_lowercase();
        let target = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        let target = target.split('#').next().unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        let search = self.0.search(&host, path);
        Ok(Purge::Address(self.0.keys.key(&host, target, &HeaderMap::new(), search.as_ref()).address))
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

fn bare(url: &str) -> &str {
    url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url)
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
