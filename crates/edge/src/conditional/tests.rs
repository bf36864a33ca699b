use super::*;

fn check(name: &'static str, value: &str, expected: bool) {
    let mut headers = HeaderMap::new();
    headers.insert(name, value.parse().unwrap());
    let modified = Timestamp::parse_http_date("Fri, 20 Nov 2026 10:00:00 GMT").unwrap();
    let modified = modified + std::time::Duration::from_millis(400);
    assert_eq!(is_not_modified(&headers, "\"abc\"", Some(modified)), expected, "{name}: {value}");
}

#[test]
fn tags() {
    check("if-none-match", "\"abc\"", true);
    check("if-none-match", "W/\"abc\"", true);
    check("if-none-match", "\"x\", \"abc\"", true);
    check("if-none-match", "\"x,y\" , W/\"z\",\"abc\"", true);
    check("if-none-match", "*", true);
    check("if-none-match", "\"abcd\"", false);
    check("if-none-match", "\"x,\"abc\"", false);
    check("if-none-match", "abc", false);
    check("if-none-match", "\"abc", false);
    check("if-none-match", "", false);
}

#[test]
fn dates() {
    check("if-modified-since", "Fri, 20 Nov 2026 10:00:00 GMT", true);
    check("if-modified-since", "Fri, 20 Nov 2026 09:59:59 GMT", false);
    check("if-modified-since", "yesterday", false);
}

#[test]
fn a_tag_outranks_a_date() {
    let mut headers = HeaderMap::new();
    headers.insert(header::IF_NONE_MATCH, "\"other\"".parse().unwrap());
    headers.insert(header::IF_MODIFIED_SINCE, "Fri, 20 Nov 2099 10:00:00 GMT".parse().unwrap());
    assert!(!is_not_modified(&headers, "\"abc\"", Some(Timestamp::EPOCH)));
}

#[test]
fn the_tag_follows_the_content() {
    assert_eq!(etag(b""), "\"e3b0c44298fc1c14\"");
    assert_ne!(etag(b"a"), etag(b"b"));
}
