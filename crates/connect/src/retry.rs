//! What an answer says about when to come back.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use stdx::Timestamp;

/// The longest wait that is believed; beyond it the answer is a mistake or a hoax.
const WAIT_MAX: Duration = Duration::from_secs(366 * 86_400);

/// The wait that `Retry-After` asks for (RFC 9110 §10.2.3): seconds, or an HTTP date.
///
/// A date that has passed is a wait of zero; a fraction of seconds, which some providers send, is
/// read too. `None` when the header is absent or says nothing readable.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if text.starts_with(|c: char| c.is_ascii_digit()) {
        if !text.bytes().all(|c| c.is_ascii_digit() || c == b'.') {
            return None;
        }
        Duration::try_from_secs_f64(text.parse().ok()?).unwrap_or(WAIT_MAX)
    } else {
        Timestamp::parse_http_date(text)?.since(now)
    };
    Some(wait.min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let now: Timestamp = "2026-11-20T23:17:30Z".parse().unwrap();
        let check = |text: &str, expected: Option<f64>| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now).map(|d| d.as_secs_f64()), expected, "{text:?}");
        };
        check("120", Some(120.0));
        check(" 0 ", Some(0.0));
        check("1.5", Some(1.5));
        check("Fri, 20 Nov 2026 23:18:00 GMT", Some(30.0));
        check("Fri, 20 Nov 2026 23:00:00 GMT", Some(0.0));
        check("99999999999999999999999999", Some(WAIT_MAX.as_secs_f64()));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(WAIT_MAX.as_secs_f64()));
        for bad in [
            "",
            "-1",
            "soon",
            "1e9",
            "12 s",
            "1.2.3",
            "NaN",
            "inf",
            "2026-11-20T23:18:00Z",
            "Fri, 32 Nov 2026 23:18:00 GMT",
        ] {
            check(bad, None);
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
