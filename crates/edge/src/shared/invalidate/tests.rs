use super::super::fields::tests::map;
use super::*;

#[test]
fn unknown_methods_are_unsafe() {
    for (method, status, expected) in [
        ("POST", 200, true),
        ("POST", 303, true),
        ("POST", 500, false),
        ("POST", 404, false),
        ("M-SEARCH", 200, true),
        ("DELETE", 204, true),
        ("GET", 200, false),
        ("OPTIONS", 200, false),
    ] {
        let (method, status) = (method.parse().unwrap(), StatusCode::from_u16(status).unwrap());
        assert_eq!(applies(&method, status), expected, "{method} {status}");
    }
}

#[test]
fn only_the_same_host_is_touched() {
    let uri: Uri = "/a/b?x=1".parse().unwrap();
    let of = |lines: &[(&str, &str)]| targets("example.com", &uri, &map(lines));
    assert_eq!(of(&[]), ["/a/b?x=1"]);
    assert_eq!(of(&[("location", "c"), ("content-location", "/d?y=2")]), ["/a/b?x=1", "/a/c", "/d?y=2"]);
    assert_eq!(of(&[("location", "https://EXAMPLE.com/c#f")]), ["/a/b?x=1", "/c"]);
    assert_eq!(of(&[("location", "http://example.org/c")]), ["/a/b?x=1"]);
    assert_eq!(of(&[("location", "http://example.com:8080/c")]), ["/a/b?x=1"]);
    assert_eq!(of(&[("location", "//evil/c")]), ["/a/b?x=1"]);
    assert_eq!(of(&[("location", "mailto:a@example.com")]), ["/a/b?x=1"]);
}

#[test]
fn groups_are_a_list_of_strings() {
    let of = |text: &str| groups(&map(&[("cache-group-invalidation", text)]));
    assert_eq!(of("\"a\", \"b c\";x=1"), ["a", "b c"]);
    assert_eq!(of("\"a\", b"), ["a"]);
    assert!(of("\"a\", &").is_empty());
}
