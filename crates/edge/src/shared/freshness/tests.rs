use super::super::fields::tests::map;
use super::*;

const DATE: &str = "Fri, 20 Nov 2026 12:00:00 GMT";

fn noon(plus: i64) -> Timestamp {
    Timestamp::from_seconds("2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap().seconds() + plus)
}

fn fresh(status: u16, lines: &[(&str, &str)]) -> (Freshness, Directives) {
    let headers = map(lines);
    let directives = Directives::of(&headers);
    let status = StatusCode::from_u16(status).unwrap();
    (Freshness::new(status, &headers, &directives, noon(0), noon(0)), directives)
}

#[test]
fn lifetimes() {
    type Lines<'a> = &'a [(&'a str, &'a str)];
    let table: &[(u16, Lines, u64)] = &[
        (200, &[("cache-control", "max-age=5")], 5),
        (200, &[("cache-control", "max-age=5, s-maxage=9")], 9),
        (200, &[("cache-control", "s-maxage=1"), ("expires", "Fri, 20 Nov 2026 13:00:00 GMT")], 1),
        (200, &[("date", DATE), ("expires", "Fri, 20 Nov 2026 13:00:00 GMT")], 3600),
        (200, &[("date", "foo"), ("expires", "Fri, 20 Nov 2026 12:00:10 GMT")], 10),
        (200, &[("date", DATE), ("expires", "0")], 0),
        (200, &[("date", DATE), ("expires", DATE), ("expires", "Fri, 20 Nov 2026 13:00:00 GMT")], 0),
        (200, &[("cdn-cache-control", "public"), ("expires", "Fri, 20 Nov 2026 13:00:00 GMT")], 0),
        (200, &[("date", DATE), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")], 360),
        (404, &[("date", DATE), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")], 360),
        (200, &[("date", DATE), ("last-modified", "Fri, 20 Nov 1998 11:00:00 GMT")], HEURISTIC_MAX_S),
        (200, &[("set-cookie", "a=b"), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")], 0),
        (201, &[("date", DATE), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")], 0),
        (599, &[("date", DATE), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")], 0),
        (599, &[("cache-control", "public"), ("last-modified", "Fri, 20 Nov 2026 11:00:00 GMT")], 360),
        (200, &[], 0),
    ];
    for (status, lines, expected) in table {
        assert_eq!(fresh(*status, lines).0.lifetime_s, *expected, "{status} {lines:?}");
    }
}

#[test]
fn ages() {
    let table: &[(&[(&str, &str)], u64)] = &[
        (&[("age", "7200")], 7200),
        (&[("age", "abc")], 0),
        (&[("age", "-7200")], 0),
        (&[("age", "7200.0")], 0),
        (&[("age", "7200, 0")], 7200),
        (&[("age", "0, 7200")], 0),
        (&[("age", "0"), ("age", "7200")], 0),
        (&[("age", "99999999999999999999")], SECONDS_MAX),
        (&[("date", "Fri, 20 Nov 2026 11:59:50 GMT")], 10),
        (&[("date", "Fri, 20 Nov 2026 11:59:50 GMT"), ("age", "4")], 10),
        (&[("date", "Fri, 20 Nov 2026 12:30:00 GMT"), ("age", "4")], 4),
    ];
    for (lines, expected) in table {
        assert_eq!(fresh(200, lines).0.age, Duration::from_secs(*expected), "{lines:?}");
    }
    let directives = Directives::default();
    let slow = Freshness::new(StatusCode::OK, &map(&[("age", "2")]), &directives, noon(0), noon(5));
    assert_eq!(slow.age_at(noon(8)), Duration::from_secs(2 + 5 + 3), "the time on the way counts");
}

#[test]
fn verdicts() {
    use Verdict::*;
    let table: &[(&str, &str, i64, Verdict)] = &[
        ("max-age=10", "x", 9, Fresh),
        ("max-age=10", "x", 10, Validate),
        ("max-age=10, no-cache", "x", 0, Validate),
        ("max-age=10", "no-cache", 0, Validate),
        ("max-age=10", "no-store", 0, Validate),
        ("max-age=10", "max-age=0", 0, Validate),
        ("max-age=10", "max-age=3", 3, Fresh),
        ("max-age=10", "max-age=3", 4, Validate),
        ("max-age=10", "min-fresh=5", 5, Fresh),
        ("max-age=10", "min-fresh=5", 6, Validate),
        ("max-age=10", "max-stale=5", 15, Tolerated),
        ("max-age=10", "max-stale=5", 16, Validate),
        ("max-age=10", "max-stale", 9_000, Tolerated),
        ("max-age=10, must-revalidate", "max-stale", 11, Validate),
        ("max-age=10, proxy-revalidate", "max-stale", 11, Validate),
        ("s-maxage=10", "max-stale", 11, Validate),
        ("s-maxage=10, stale-while-revalidate=5", "x", 15, WhileRevalidate),
        ("max-age=10, stale-while-revalidate=5", "x", 15, WhileRevalidate),
        ("max-age=10, stale-while-revalidate=5", "x", 16, Validate),
        ("max-age=10, stale-while-revalidate=5, must-revalidate", "x", 12, Validate),
    ];
    for (said, wished, after, expected) in table {
        let (fresh, directives) = fresh(200, &[("cache-control", said)]);
        let wishes = Wishes::of(&map(&[("cache-control", wished)]));
        assert_eq!(fresh.judge(&directives, &wishes, noon(*after)), *expected, "{said} | {wished} | {after}");
    }
}

#[test]
fn errors_are_covered_within_limits() {
    let table = [
        ("max-age=10", 60, 70, true),
        ("max-age=10", 60, 71, false),
        ("max-age=10", 0, 11, false),
        ("max-age=10, stale-if-error=5", 60, 15, true),
        ("max-age=10, stale-if-error=5", 60, 16, false),
        ("max-age=10, stale-if-error=0", 60, 11, false),
        ("s-maxage=10", 60, 11, false),
        ("s-maxage=10, stale-if-error=60", 0, 11, true),
        ("max-age=10, must-revalidate", 60, 11, false),
        ("max-age=10, proxy-revalidate", 60, 11, false),
        ("max-age=10, no-cache", 60, 1, false),
    ];
    for (said, grace, after, expected) in table {
        let (fresh, directives) = fresh(200, &[("cache-control", said)]);
        assert_eq!(fresh.may_cover_error(&directives, grace, noon(after)), expected, "{said} | {grace} | {after}");
    }
}

#[test]
fn a_soft_purge_makes_stale() {
    let (mut fresh, directives) = fresh(200, &[("cache-control", "max-age=100, stale-while-revalidate=10")]);
    fresh.outdated_at = Some(noon(5));
    assert_eq!(fresh.judge(&directives, &Wishes::default(), noon(6)), Verdict::WhileRevalidate);
    assert_eq!(fresh.judge(&directives, &Wishes::default(), noon(16)), Verdict::Validate);
    assert!(fresh.ttl_at(noon(6)) < 0);
}
