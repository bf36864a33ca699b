use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::*;

pub fn map(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    headers
}

#[test]
fn splits_outside_of_quotes() {
    let parts: Vec<_> = split(" a , b=\"x, \\\" y\",, c ").collect();
    assert_eq!(parts, ["a", "b=\"x, \\\" y\"", "c"]);
}

#[test]
fn reads_members() {
    let headers = map(&[("cache-control", "Max-Age=1, x=\"a, b\""), ("cache-control", "y =2, z= 3, q=\"open")]);
    let read: Vec<_> = items(&headers, "cache-control")
        .into_iter()
        .map(|i| (i.name, i.value.unwrap_or_default(), i.is_malformed))
        .collect();
    let expected =
        [("max-age", "1", false), ("x", "a, b", false), ("y", "2", true), ("z", "3", true), ("q", "open", true)];
    assert_eq!(read, expected.map(|(n, v, m)| (n.to_owned(), v.to_owned(), m)));
}

#[test]
fn what_connection_names_stays_behind() {
    let mut headers = map(&[
        ("connection", "a, B, content-length, keep-alive"),
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("content-length", "5"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("proxy-authenticate", "Basic"),
    ]);
    remove_hop_by_hop(&mut headers);
    let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["c", "content-length", "proxy-authenticate"]);
    remove_unstorable(&mut headers);
    assert!(!headers.contains_key("proxy-authenticate"));
}
