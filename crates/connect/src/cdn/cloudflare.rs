//! Cloudflare's cache purge, API version 4.
//!
//! Source: developers.cloudflare.com/cache/how-to/purge-cache, as of 2026-07-29. There is no soft purge.

use bytes::Bytes;
use http::header::{self, HeaderMap};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::json;
use stdx::Timestamp;

use super::{Call, Fault, JSON, Purge, Purged, Refusal, Target, What, fault, secret, shown};

pub const BASE_URL: &str = "https://api.cloudflare.com/client/v4";
/// Tags or addresses of one request, on every plan.
pub const KEYS_MAX: usize = 100;

/// The token is malformed, wrong, or lacks the permission.
const TOKEN_CODES: [i64; 4] = [6003, 6111, 9109, 10000];
/// No route to the zone: its identifier is wrong.
const ZONE_CODES: [i64; 2] = [7000, 7003];
/// Throttled, by the purge's bucket or by the API's own.
const LIMIT_CODES: [i64; 2] = [971, 10429];

pub fn request(target: &Target, purge: &Purge) -> Call {
    let body = match &purge.what {
        What::Tags(tags) => json!({ "tags": tags }),
        What::Urls(urls) => json!({ "files": urls }),
        What::Everything => json!({ "purge_everything": true }),
    };
    let headers = HeaderMap::from_iter([
        (header::AUTHORIZATION, secret(&format!("Bearer {}", target.secret().reveal()))),
        (header::CONTENT_TYPE, JSON),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
    ]);
    let url = format!("{}/zones/{}/purge_cache", target.base(BASE_URL), target.zone);
    Call { url, headers, body: Bytes::from(body.to_string()) }
}

#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    errors: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    code: i64,
    #[serde(default)]
    message: String,
}

/// Codes say more than the status does, and are what is branched on; messages are for people.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Purged, Fault> {
    let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
    let told = envelope.as_ref().map(|envelope| envelope.errors.as_slice()).unwrap_or_default();
    if status.is_success() && told.is_empty() {
        return match envelope {
            Some(Envelope { success: true, .. }) => Ok(Purged::default()),
            Some(_) => Err(Fault::Malformed("it says neither success nor an error".to_owned())),
            None => Err(Fault::Malformed(shown(&String::from_utf8_lossy(body)))),
        };
    }
    let message = told.iter().map(|error| format!("{} ({})", error.message, error.code)).collect::<Vec<_>>().join("; ");
    let has = |codes: &[i64]| told.iter().any(|error| codes.contains(&error.code));
    let refused = |refusal| Fault::Refused { status: status.as_u16(), refusal, message: shown(&message) };
    Err(match status.as_u16() {
        500.. => fault(status, headers, &message, now),
        _ if has(&LIMIT_CODES) => Fault::Limited { wait: crate::retry_after(headers, now) },
        429 => fault(status, headers, &message, now),
        _ if has(&TOKEN_CODES) => refused(Refusal::Token),
        _ if has(&ZONE_CODES) => refused(Refusal::Target),
        // An error under status 200.
        _ if status.is_success() => refused(Refusal::Request),
        _ => fault(status, headers, &message, now),
    })
}
