//! Purges at a caching proxy of our own, over the address at which it takes them.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};
use stdx::Timestamp;

use super::{Call, Fault, JSON, Purge, Purged, Target, What, fault, secret, shown};

/// Most tags or addresses of one purge; the proxy takes more.
pub const KEYS_MAX: usize = 100;

pub fn request(target: &Target, purge: &Purge) -> Call {
    // One by itself is understood by proxies from before there were lists.
    let keys = |keys: &[String]| match keys {
        [one] => json!(one),
        many => json!(many),
    };
    let body = match &purge.what {
        What::Tags(tags) => json!({ "tag": keys(tags), "soft": purge.soft }),
        What::Urls(urls) => json!({ "url": keys(urls), "soft": purge.soft }),
        What::Everything => json!({ "all": true, "soft": purge.soft }),
    };
    let headers = HeaderMap::from_iter([
        (header::AUTHORIZATION, secret(&format!("Bearer {}", target.secret().reveal()))),
        (header::CONTENT_TYPE, JSON),
    ]);
    Call { url: format!("{}/.copydesk/purge", target.base("")), headers, body: Bytes::from(body.to_string()) }
}

#[derive(Deserialize)]
struct Done {
    #[serde(rename = "purged")]
    _purged: u64,
}

pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Purged, Fault> {
    if status.is_success() {
        return match serde_json::from_slice::<Done>(body) {
            Ok(_) => Ok(Purged::default()),
            Err(_) => Err(Fault::Malformed(shown(&String::from_utf8_lossy(body)))),
        };
    }
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    Err(fault(status, headers, told["error"].as_str().unwrap_or_default(), now))
}
