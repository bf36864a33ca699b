//! Whatever bytes come: every rule gives an answer.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};
use stdx::{Rng, Timestamp};

use super::*;

/// Pieces of what the fields are made of, so that noise comes near to what means something.
const WORDS: &[&str] = &[
    "max-age=",
    "s-maxage",
    "no-cache=\"a, b\"",
    "private",
    "\"",
    "\\",
    ",",
    ", ",
    ";",
    "=",
    "*",
    "W/",
    "\"a\"",
    "bytes=",
    "-",
    "0",
    "1",
    "18446744073709551615",
    "99999999999999999999",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "GMT",
    "(",
    ")",
    "?1",
    ":",
    "@1",
    "%\"",
    "params",
    "except=(\"a\")",
    "q=0.5",
    "en",
    "br",
    " ",
    "\t",
    "bytes 0-4/10",
    "/",
    "?a=1&b",
    "utm_x=1&",
    "http://h/x",
    "//",
    "#",
];
const NAMES: &[&str] = &[
    "cache-control",
    "cdn-cache-control",
    "copydesk-cache-control",
    "age",
    "date",
    "expires",
    "last-modified",
    "etag",
    "vary",
    "range",
    "if-range",
    "content-range",
    "if-none-match",
    "if-modified-since",
    "connection",
    "via",
    "no-vary-search",
    "cache-groups",
    "cache-group-invalidation",
    "surrogate-key",
    "cache-tag",
    "accept-language",
    "accept-encoding",
    "location",
    "content-location",
    "content-length",
    "pragma",
    "cookie",
    "content-language",
    "content-encoding",
];

fn noise(rng: &Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..rng.below(8) {
        if rng.below(8) == 0 {
            bytes.push(b' ' + rng.below(95) as u8);
            bytes.push(0x80 | rng.below(127) as u8);
        } else {
            bytes.extend_from_slice(rng.pick(WORDS).unwrap().as_bytes());
        }
    }
    bytes
}

fn headers(rng: &Rng) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for _ in 0..rng.below(10) {
        let name = HeaderName::from_static(rng.pick(NAMES).unwrap());
        if let Ok(value) = HeaderValue::from_bytes(&noise(rng)) {
            headers.append(name, value);
        }
    }
    headers
}

#[test]
fn nothing_panics_and_nothing_unreadable_is_fresh_for_ever() {
    let rng = Rng::seeded(11);
    let now = Timestamp::from_seconds(1_795_176_000);
    for _ in 0..8_000 {
        let (request, mut answer) = (headers(&rng), headers(&rng));
        let (directives, wishes) = (Directives::of(&answer), Wishes::of(&request));
        let status = StatusCode::from_u16(*rng.pick(&[200, 206, 304, 404, 500, 599]).unwrap()).unwrap();
        let freshness = Freshness::new(status, &answer, &directives, now, now);
        assert!(freshness.lifetime_s <= directives::SECONDS_MAX);
        let _ = freshness.judge(&directives, &wishes, now);
        let _ = freshness.may_cover_error(&directives, 10, now);
        let exchange = storable::Exchange {
            method: &Method::GET,
            request: &request,
            status,
            answer: &answer,
            directives: &directives,
            wishes: &wishes,
            freshness: &freshness,
        };
        let is_kept = storable::check(&exchange).is_ok();
        assert!(!is_kept || directives.must_understand || !directives.no_store);
        if let Some(selectors) = vary::selectors(&answer, &request) {
            assert!(vary::matches(&selectors, &answer, &request), "a request may have its own answer");
        } else {
            assert!(!is_kept);
        }
        let _ = validate::is_not_modified(&request, &answer, now);
        let _ = validate::range_applies(&request, &answer);
        let length = rng.below(20);
        let wanted = range::of(&request).unwrap_or_default();
        for span in range::resolve(&wanted, length) {
            assert!(span.start < span.end && span.end <= length);
        }
        if let Some((span, length)) = range::parse_content_range(&answer) {
            assert!(span.start < span.end && length.is_none_or(|length| span.end <= length));
        }
        let _ = tags::of("h", &answer);
        let _ = invalidate::groups(&answer);
        let _ = invalidate::targets("h", &Uri::from_static("/a?b"), &answer);
        let search = key::NoVarySearch::of(&answer);
        let target = format!("/{}", String::from_utf8_lossy(&noise(&rng)));
        let key = Keys::new(&[], &["utm_*".into()]).key("h", &target, &request, search.as_ref());
        assert!(key.address.starts_with("h/"));
        let mut merged = answer.clone();
        validate::merge(&mut merged, &request);
        validate::ask(&answer, &mut merged);
        fields::remove_unstorable(&mut answer);
        assert!(!answer.contains_key("connection"));
        let text = String::from_utf8_lossy(&noise(&rng)).into_owned();
        assert!(sfv::list(&sfv::quoted(&text)).is_some(), "{text}");
    }
}
