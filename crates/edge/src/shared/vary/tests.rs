use super::super::fields::tests::map;
use super::*;

type Lines<'a> = &'a [(&'a str, &'a str)];

#[test]
fn star_anywhere_is_everything() {
    for lines in [
        &[("vary", "*")][..],
        &[("vary", "*, *")],
        &[("vary", ", *")],
        &[("vary", ""), ("vary", "*")],
        &[("vary", "*, Foo")],
        &[("vary", "Foo, *")],
        &[("vary", "Foo Bar")],
    ] {
        assert_eq!(Vary::of(&map(lines)), Vary::Everything, "{lines:?}");
    }
    let names = Vary::of(&map(&[("vary", "Foo, bar"), ("vary", "foo")]));
    assert_eq!(names, Vary::Fields(vec!["bar".parse().unwrap(), "foo".parse().unwrap()]));
}

#[test]
fn requests_that_mean_the_same_match() {
    let table: &[(Lines, Lines, Lines, bool)] = &[
        (&[("vary", "foo")], &[("foo", "1")], &[("foo", "1"), ("other", "2")], true),
        (&[("vary", "foo")], &[("foo", "1")], &[("foo", "2")], false),
        (&[("vary", "foo")], &[("foo", "1")], &[], false),
        (&[("vary", "foo")], &[], &[("foo", "1")], false),
        (&[("vary", "foo")], &[], &[("foo", "")], false),
        (&[("vary", "foo, bar")], &[("foo", "1")], &[("foo", "1")], true),
        (&[("vary", "foo")], &[("foo", "1, 2")], &[("foo", "1"), ("foo", "2")], true),
        (&[("vary", "foo")], &[("foo", "1,2")], &[("foo", " 1, 2 ")], true),
        (&[("vary", "foo")], &[("foo", "\"1,2\"")], &[("foo", "\"1, 2\"")], false),
        (&[("vary", "cookie")], &[("cookie", "a=1,2")], &[("cookie", "a=1, 2")], false),
        (&[("vary", "accept-language")], &[("accept-language", "en, de")], &[("accept-language", "De ,  eN")], true),
        (
            &[("vary", "accept-language")],
            &[("accept-language", "en, de")],
            &[("accept-language", "en, de;q=0.5")],
            false,
        ),
        (
            &[("vary", "accept-language"), ("content-language", "de")],
            &[("accept-language", "en, de")],
            &[("accept-language", "fr;q=0.5, de;q=1.0")],
            true,
        ),
        (
            &[("vary", "accept-language"), ("content-language", "de")],
            &[("accept-language", "en, de")],
            &[("accept-language", "fr, de")],
            false,
        ),
        (
            &[("vary", "accept-encoding"), ("content-encoding", "br")],
            &[("accept-encoding", "gzip, deflate, br")],
            &[("accept-encoding", "br;q=1.0, gzip")],
            true,
        ),
        (
            &[("vary", "accept-encoding"), ("content-encoding", "br")],
            &[("accept-encoding", "gzip, br")],
            &[("accept-encoding", "gzip, br;q=0")],
            false,
        ),
        (
            &[("vary", "accept-encoding"), ("content-encoding", "deflate")],
            &[("accept-encoding", "gzip, deflate")],
            &[("accept-encoding", "gzip")],
            false,
        ),
    ];
    for (answer, first, second, expected) in table {
        let answer = map(answer);
        let chosen = selectors(&answer, &map(first)).unwrap();
        assert_eq!(matches(&chosen, &answer, &map(second)), *expected, "{answer:?} {first:?} {second:?}");
    }
}
