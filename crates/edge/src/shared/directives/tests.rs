use super::super::fields::tests::map;
use super::*;

fn of(lines: &[(&str, &str)]) -> Directives {
    Directives::of(&map(lines))
}

#[test]
fn times_are_read_strictly() {
    let table = [
        ("max-age=3600", Some(3600)),
        ("MaX-aGe=3600", Some(3600)),
        ("max-age=003600", Some(3600)),
        ("max-age=\"3600\"", Some(3600)),
        ("foobar, max-age=3600", Some(3600)),
        ("max-age=99999999999", Some(SECONDS_MAX)),
        ("max-age=99999999999999999999999", Some(SECONDS_MAX)),
        ("max-age=1, extension=\"max-age=3600\"", Some(1)),
        ("extension=\"max-age=3600\", max-age=1", Some(1)),
        ("max-age=1800, max-age=1", Some(1800)),
        ("max-age='3600'", Some(0)),
        ("max-age=-3600", Some(0)),
        ("max-age=3600.0", Some(0)),
        ("max-age=3600a", Some(0)),
        ("max-age =3600", Some(0)),
        ("max-age= 3600", Some(0)),
        ("max-age", Some(0)),
        ("no-store", None),
    ];
    for (text, expected) in table {
        assert_eq!(of(&[("cache-control", text)]).max_age, expected, "{text}");
    }
}

#[test]
fn qualified_directives_cover_their_fields() {
    let all = of(&[("cache-control", "no-cache=\"a, b\""), ("cache-control", "private=\"c\"")]);
    assert!(!all.forbids_reuse());
    assert_eq!(all.withheld().map(HeaderName::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(of(&[("cache-control", "no-cache=\"a\", No-CaChE")]).forbids_reuse());
    assert!(of(&[("cache-control", "no-cache=\"\"")]).forbids_reuse());
}

#[test]
fn a_targeted_field_replaces_the_rest_when_it_can_be_read() {
    let both = |target: &str| of(&[("cache-control", "no-store"), ("cdn-cache-control", target)]);
    assert_eq!(both("max-age=10").max_age, Some(10));
    assert!(!both("max-age=10").no_store);
    assert!(both("max-age=10").is_targeted);
    for unreadable in ["max-age=10, &&&", "MaX-aGe=10", "", "max-age = 10"] {
        assert!(both(unreadable).no_store, "{unreadable}");
    }
    assert_eq!(both("max-age=\"10000\"").max_age, Some(0));
    assert_eq!(both("private").private, Scope::Everything);
    assert_eq!(
        both("no-cache, no-store=?0"),
        Directives { no_cache: Scope::Everything, is_targeted: true, ..Directives::default() }
    );
    let own = of(&[("cdn-cache-control", "max-age=1"), ("copydesk-cache-control", "max-age=2")]);
    assert_eq!(own.max_age, Some(2));
}

#[test]
fn wishes_of_requests() {
    let wishes = |lines: &[(&str, &str)]| Wishes::of(&map(lines));
    assert!(wishes(&[("pragma", "no-cache")]).no_cache);
    assert!(!wishes(&[("pragma", "no-cache"), ("cache-control", "x")]).no_cache);
    assert_eq!(wishes(&[("cache-control", "max-stale")]).max_stale, Some(SECONDS_MAX));
    assert_eq!(
        wishes(&[("cache-control", "max-stale=5, min-fresh=6, max-age=7")]),
        Wishes { max_stale: Some(5), min_fresh: Some(6), max_age: Some(7), ..Wishes::default() }
    );
    assert!(wishes(&[("cache-control", "only-if-cached")]).only_if_cached);
}
