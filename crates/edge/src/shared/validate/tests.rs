use super::super::fields::tests::map;
use super::*;

type Lines<'a> = &'a [(&'a str, &'a str)];

const OLD: &str = "Fri, 20 Nov 2026 11:00:00 GMT";
const DATE: &str = "Fri, 20 Nov 2026 12:00:00 GMT";

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

#[test]
fn callers_conditions() {
    let table: &[(Lines, Lines, bool)] = &[
        (&[("if-none-match", "\"a\"")], &[("etag", "\"a\"")], true),
        (&[("if-none-match", "W/\"a\"")], &[("etag", "\"a\"")], true),
        (&[("if-none-match", "\"a\"")], &[("etag", "W/\"a\"")], true),
        (&[("if-none-match", "\"b\", \"a,c\" , \"a\"")], &[("etag", "\"a\"")], true),
        (&[("if-none-match", "\"a, c\"")], &[("etag", "\"a\"")], false),
        (&[("if-none-match", "\"b\\\", \"a\"")], &[("etag", "\"a\"")], true),
        (&[("if-none-match", "\"b\""), ("if-none-match", "\"a\"")], &[("etag", "\"a\"")], true),
        (&[("if-none-match", "*")], &[("etag", "\"a\"")], true),
        (&[("if-none-match", "*")], &[], true),
        (&[("if-none-match", "\"a\"")], &[], false),
        (&[("if-none-match", "a")], &[("etag", "a")], true),
        (&[("if-none-match", "a")], &[("etag", "\"a\"")], false),
        (&[("if-none-match", "\"\u{fc}\"")], &[("etag", "\"\u{fc}\"")], true),
        (
            &[("if-none-match", "\"b\""), ("if-modified-since", DATE)],
            &[("etag", "\"a\""), ("last-modified", OLD)],
            false,
        ),
        (
            &[("if-none-match", "\"a\""), ("if-modified-since", OLD)],
            &[("etag", "\"a\""), ("last-modified", DATE)],
            true,
        ),
        (&[("if-modified-since", OLD)], &[("last-modified", OLD)], true),
        (&[("if-modified-since", DATE)], &[("last-modified", OLD)], true),
        (&[("if-modified-since", OLD)], &[("last-modified", DATE)], false),
        (&[("if-modified-since", "Friday, 20-Nov-26 11:00:00 GMT")], &[("last-modified", OLD)], true),
        (&[("if-modified-since", "soon")], &[("last-modified", OLD)], false),
        (&[("if-modified-since", DATE)], &[("date", DATE)], true),
        (&[("if-modified-since", OLD)], &[("date", DATE)], false),
        (&[("if-modified-since", DATE)], &[], true),
        (&[], &[("etag", "\"a\"")], false),
    ];
    for (request, stored, expected) in table {
        assert_eq!(is_not_modified(&map(request), &map(stored), now()), *expected, "{request:?} {stored:?}");
    }
}

#[test]
fn our_conditions_replace_the_callers() {
    let mut request = map(&[("if-none-match", "\"x\""), ("if-range", "\"x\""), ("if-modified-since", DATE)]);
    assert!(ask(&map(&[("etag", "\"a\"")]), &mut request));
    assert_eq!(request.get("if-none-match").unwrap(), "\"a\"");
    assert_eq!(request.len(), 1);
    assert!(!ask(&map(&[("x", "y")]), &mut request));
    assert!(request.is_empty());
}

#[test]
fn a_304_updates_all_but_the_bytes() {
    let mut stored = map(&[("a", "1"), ("b", "1"), ("content-length", "3"), ("content-encoding", "br"), ("age", "9")]);
    merge(
        &mut stored,
        &map(&[("b", "2"), ("b", "3"), ("content-length", "0"), ("content-encoding", "gzip"), ("c", "4")]),
    );
    let mut lines: Vec<_> = stored.iter().map(|(n, v)| format!("{n}={}", v.to_str().unwrap())).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a=1", "b=2", "b=3", "c=4", "content-encoding=br", "content-length=3"]);
}

#[test]
fn a_head_speaks_of_the_same_bytes_or_not() {
    let stored = map(&[("etag", "\"a\""), ("last-modified", OLD)]);
    assert!(head_agrees(&stored, 3, &map(&[])));
    assert!(head_agrees(&stored, 3, &map(&[("etag", "\"a\""), ("content-length", "3")])));
    assert!(!head_agrees(&stored, 3, &map(&[("content-length", "4")])));
    assert!(!head_agrees(&stored, 3, &map(&[("etag", "\"b\"")])));
    assert!(!head_agrees(&stored, 3, &map(&[("last-modified", DATE)])));
    assert!(!head_agrees(&map(&[]), 3, &map(&[("etag", "\"b\"")])));
}

#[test]
fn if_range_is_strong() {
    let table: &[(Lines, Lines, bool)] = &[
        (&[], &[], true),
        (&[("if-range", "\"a\"")], &[("etag", "\"a\"")], true),
        (&[("if-range", "\"a\"")], &[("etag", "\"b\"")], false),
        (&[("if-range", "W/\"a\"")], &[("etag", "W/\"a\"")], false),
        (&[("if-range", OLD)], &[("last-modified", OLD), ("date", DATE)], true),
        (&[("if-range", OLD)], &[("last-modified", OLD), ("date", OLD)], false),
        (&[("if-range", OLD)], &[("last-modified", OLD)], false),
        (&[("if-range", DATE)], &[("last-modified", OLD), ("date", DATE)], false),
    ];
    for (request, stored, expected) in table {
        assert_eq!(range_applies(&map(request), &map(stored)), *expected, "{request:?} {stored:?}");
    }
    assert!(same_bytes(&map(&[("etag", "\"a\"")]), &map(&[("etag", "\"a\"")])));
    assert!(!same_bytes(&map(&[("etag", "W/\"a\"")]), &map(&[("etag", "W/\"a\"")])));
    assert!(!same_bytes(&map(&[("etag", "\"a\"")]), &map(&[])));
    assert!(!same_bytes(&map(&[]), &map(&[])));
}
