//! Purges at a caching proxy of our own, over the address at which it takes them.

use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};
use stdx::Timestamp;

use super::{Call, Fault, JSON, Purge, Purged, Target, What, fault, secret, shown};

pub fn request(target: &Target, purge: &Purge) -> Call {
    let first = |keys: &[String]| keys.first().cloned().unwrap_or_default();
    let body = match &purge.what {
        What::Tags(tags) => json!({ "tag": first(tags), "soft": purge.soft }),
        What::Urls(urls) => json!({ "url": first(urls), "soft": purge.soft }),
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
