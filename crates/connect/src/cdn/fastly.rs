//! Fastly's purges by surrogate key and by address.
//!
//! Source: the API reference on purging, and the recorded exchanges of Fastly's own Go client.

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use stdx::Timestamp;

use super::{Call, Fault, JSON, Purge, Purged, Target, What, fault, secret, shown};

pub const BASE_URL: &str = "https://api.fastly.com";
/// Surrogate keys of one request.
pub const KEYS_MAX: usize = 256;

const KEY: HeaderName = HeaderName::from_static("fastly-key");
const SOFT: HeaderName = HeaderName::from_static("fastly-soft-purge");
const REMAINING: &str = "fastly-ratelimit-remaining";
const RESET: &str = "fastly-ratelimit-reset";

pub fn request(target: &Target, purge: &Purge) -> Call {
    let mut headers = HeaderMap::from_iter([
        (KEY, secret(target.secret().reveal())),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
    ]);
    let (base, service) = (target.base(BASE_URL), &target.service);
    let (url, body) = match &purge.what {
        What::Tags(keys) => {
            headers.insert(header::CONTENT_TYPE, JSON);
            (format!("{base}/service/{service}/purge"), json!({ "surrogate_keys": keys }).to_string())
        }
        What::Urls(urls) => {
            let url = urls.first().map(String::as_str).unwrap_or_default();
            let bare = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
            (format!("{base}/purge/{bare}"), String::new())
        }
        What::Everything => (format!("{base}/service/{service}/purge_all"), String::new()),
    };
    // There is no soft way to purge all.
    if purge.soft && purge.what != What::Everything {
        headers.insert(SOFT, HeaderValue::from_static("1"));
    }
    Call { url, headers, body: Bytes::from(body) }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    msg: String,
    detail: Option<String>,
}

pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Purged, Fault> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
    let resets_at = number(RESET).map(|seconds| Timestamp::from_seconds(seconds.into()));
    if status.is_success() {
        // `{"status":"ok", …}` of one key or address, or an id for each of many keys.
        let is_done = match serde_json::from_slice(body) {
            Ok(Value::Object(told)) => !told.is_empty() && told.get("status").is_none_or(|word| word == "ok"),
            _ => false,
        };
        let remaining = number(REMAINING).map(u64::from);
        return match is_done {
            true => Ok(Purged { remaining, resets_at }),
            false => Err(Fault::Malformed(shown(&String::from_utf8_lossy(body)))),
        };
    }
    let told: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let message = told.detail.map_or(told.msg.clone(), |detail| format!("{}: {detail}", told.msg));
    Err(match fault(status, headers, &message, now) {
        Fault::Limited { wait: None } => Fault::Limited { wait: resets_at.map(|at| at.since(now)) },
        other => other,
    })
}
