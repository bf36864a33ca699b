//! Requests that make no sense, at every address that takes a body.

use serde_json::Value as Json;

use crate::home::{Home, Server};
use crate::http::{self, Answer};

/// Every address with a body, as the API's own description lists them.
fn endpoints(server: &Server, key: &str) -> Vec<(String, String)> {
    let document = server.read("/api/v3/openapi.json", key);
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("the document lists paths") {
        for method in ["post", "put", "patch"] {
            if !item[method].is_null() {
                found.push((method.to_uppercase(), place(path)));
            }
        }
    }
    found
}

/// A path with something in the place of its parameters.
fn place(path: &str) -> String {
    path.replace("{id}", "0000000000001").replace("{name}", "local").replace("{version}", "1")
}

fn send(server: &Server, method: &str, path: &str, key: &str, content_type: &str, body: &[u8]) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", content_type)];
    http::send(server.address, method, path, &headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

/// What is wrong with a problem document; empty when it is a good one.
fn faults(answer: &Answer, expected: &[u16]) -> Option<String> {
    let is_problem = answer.header("content-type") == Some("application/problem+json");
    let problem: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_whole = ["type", "title", "detail", "request_id"]
        .iter()
        .all(|name| problem[*name].as_str().is_some_and(|text| !text.is_empty()));
    let is_right = expected.contains(&answer.status) && problem["status"] == answer.status && is_problem && is_whole;
    (!is_right).then(|| format!("expected a problem with {expected:?}, got {} {}", answer.status, answer.text()))
}

#[test]
fn every_body_is_judged_before_it_is_believed() {
    let home = Home::new();
    home.set("site.body_max", "\"64KiB\"");
    let server = home.serve();
    let endpoints = endpoints(&server, home.admin());
    assert!(endpoints.len() >= 15, "the API's description lists only {endpoints:?}");
    let deep = "[".repeat(50_000);
    let long = format!("{{\"title\": \"{}\"}}", "a".repeat(70_000));
    let json = "application/json";
    let cases: Vec<(&str, &str, &[u8], &[u16])> = vec![
        ("half an object", json, b"{", &[400]),
        ("no JSON", json, b"url=http://example.org", &[400]),
        ("two values", json, b"{} {}", &[400, 422]),
        ("a number", json, b"7", &[422]),
        ("a list", json, b"[1, 2]", &[400, 422]),
        ("not UTF-8", json, b"{\"\xff\xfe\": 1}", &[400]),
        ("too deep", json, deep.as_bytes(), &[400, 422]),
        ("an unknown key", json, b"{\"surprise\": 1}", &[422]),
        ("too large", json, long.as_bytes(), &[413]),
        ("a form", "application/x-www-form-urlencoded", b"a=b", &[415]),
    ];
    let mut wrong = Vec::new();
    for (method, path) in &endpoints {
        for (what, content_type, body, expected) in &cases {
            // Any JSON is a preference.
            if path.starts_with("/api/v3/preferences/") && expected.contains(&422) {
                continue;
            }
            let answer = send(&server, method, path, home.admin(), content_type, body);
            wrong.extend(faults(&answer, expected).map(|fault| format!("{method} {path} with {what}: {fault}")));
        }
        let answer =
            http::send(server.address, method, path, &[("Content-Type", json)], b"{").expect("the product answers");
        // Who has no key yet comes here for one.
        let is_open =
            ["/api/v3/session", "/api/v3/invitations/look", "/api/v3/invitations/accept"].contains(&path.as_str());
        let expected = if is_open && method == "POST" { 400 } else { 401 };
        wrong.extend(faults(&answer, &[expected]).map(|fault| format!("{method} {path} without a key: {fault}")));
    }
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(
        server.read("/api/v3/posts", home.admin())["data"],
        serde_json::json!([]),
        "nonsense left something behind"
    );
    let log = server.read_log();
    assert!(!log.contains(" ERROR ") && !log.contains("panicked"), "{log}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn addresses_may_be_nonsense_too() {
    let home = Home::new();
    let server = home.serve();
    let cases: [(&str, &str, &[u16]); 12] = [
        ("GET", "/api/v3/posts?limit=many", &[400]),
        ("GET", "/api/v3/posts?limit=201", &[400]),
        ("GET", "/api/v3/posts?after=%00%ff", &[400]),
        ("GET", "/api/v3/posts?state=asleep", &[400]),
        ("GET", "/api/v3/posts?sort=sideways", &[400]),
        ("GET", "/api/v3/jobs?after=1-2-3", &[400]),
        ("GET", "/api/v3/posts/no-id", &[404]),
        ("GET", "/api/v3/posts/%00", &[404]),
        ("GET", "/api/v3/posts/0000000000001/versions/99999999999", &[404]),
        ("DELETE", "/api/v3/posts", &[405]),
        ("GET", "/api/v3/../../etc/passwd", &[404]),
        ("POST", "/api/v3/health", &[405]),
    ];
    let mut wrong = Vec::new();
    for (method, path, expected) in cases {
        let answer = server.send(method, path, home.admin(), b"");
        wrong.extend(faults(&answer, expected).map(|fault| format!("{method} {path}: {fault}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Heads that are no HTTP, and one that never ends.
    for head in [&b"GET\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"]
    {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(server.address).expect("the product listens");
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).expect("a socket has a time-out");
        stream.write_all(head).expect("the product reads");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{head:?}: {}",
            String::from_utf8_lossy(&answer)
        );
    }
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n", "a".repeat(100_000));
    let answer = http::send(server.address, "GET", "/", &[("X-Long", &long[..60_000].replace(['\r', '\n'], ""))], b"");
    assert_eq!(answer.expect("the product answers").status, 431);
    assert_eq!(http::get(server.address, "/health").status, 200);
}
