//! What is generated is fresh, and what is served needs no other host.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Bench;
use crate::api;
use crate::problem::CODES;

/// Compares with the file; `UPDATE_EXPECT=1` writes it.
#[track_caller]
fn check(name: &str, fresh: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, fresh).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == fresh, "docs/{name} is old; run the tests with UPDATE_EXPECT=1");
}

#[test]
fn the_document_is_fresh() {
    check("openapi.json", &api::docs::text());
}

#[test]
fn the_list_of_problems_is_fresh() {
    let mut text = "# Problems\n\nGenerated from `crates/web/src/problem.rs`. Every error of the API is `application/problem+json` \
                    (RFC 9457); the part of its `type` behind `#` is one of these.\n\n| code | status | meaning | what to do |\n|---|---|---|---|\n"
        .to_owned();
    for code in CODES {
        writeln!(text, "| `{}` | {} | {} | {} |", code.name, code.status, code.title, code.remedy).unwrap();
    }
    check("problems.md", &text);
}

#[test]
fn every_operation_is_described() {
    let document = serde_json::to_value(api::document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{method} {path} has no summary");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "two operations share a name");
}

#[test]
fn every_reference_leads_somewhere() {
    let text = api::docs::text();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is not described");
    }
}

#[tokio::test]
async fn the_pages_need_no_other_host() {
    let bench = Bench::new().await;
    for path in [
        "/docs/",
        "/docs/swagger-initializer.js",
        "/docs/problems",
        "/docs/openapi.json",
        "/docs/reference.css",
        "/redoc",
    ] {
        let answer = bench.bare("GET", path).send().await.expect(200);
        let policy = answer.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(!answer.text.contains("src=\"http") && !answer.text.contains("url(http"), "{path}");
    }
    assert_eq!(bench.bare("GET", "/docs").send().await.expect(308).header("location"), "/docs/");
    bench.bare("GET", "/docs/no-such-file.js").send().await.expect(404);
    let reference = bench.bare("GET", "/redoc").send().await.text;
    assert!(
        !reference.contains("<script")
            && reference.contains("/api/v3/posts/{id}/approval")
            && reference.contains("id=\"Post\"")
    );
    let tag = bench.bare("GET", "/redoc").send().await.header("etag").to_owned();
    bench.bare("GET", "/redoc").header("if-none-match", &tag).send().await.expect(304);
    let problems = bench.bare("GET", "/docs/problems").send().await.text;
    for code in CODES {
        assert!(problems.contains(&format!("id=\"{}\"", code.name)), "{} is not explained", code.name);
    }
    let document = bench.get("/api/v3/openapi.json").await.expect(200);
    assert_eq!(document.json()["info"]["title"], "Copydesk");
}
