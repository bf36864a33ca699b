use super::super::fields::tests::map;
use super::*;

#[test]
fn patterns() {
    for (pattern, text, expected) in [
        ("/a/*", "/a/b/c", true),
        ("/a/*", "/a", false),
        ("*", "", true),
        ("*.css", "/x/y.css", true),
        ("*.css", "/x/y.css?", false),
        ("/a*b*c", "/axxbxxbc", true),
        ("/a*b*c", "/axxbxx", false),
        ("utm_*", "utm_source", true),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn keys_drop_what_means_nothing() {
    let rules = [
        Rule { path: "/list".into(), query: Some(vec!["page".into()]), ..Rule::default() },
        Rule {
            path: "/shop/*".into(),
            headers: vec!["x-country".into()],
            cookies: vec!["currency".into()],
            ..Rule::default()
        },
    ];
    let keys = Keys::new(&rules, &["utm_*".into(), "gclid".into()]);
    let address = |text: &str| keys.key("Example.COM", text, &map(&[]), None).address;
    for (text, expected) in [
        ("/", "example.com/"),
        ("/?", "example.com/"),
        ("/a?b=1&a=2", "example.com/a?b=1&a=2"),
        ("/a?utm_source=x&b=1&gclid=3&utm_medium", "example.com/a?b=1"),
        ("/a?utm_source=x", "example.com/a"),
        ("/list?page=2&sort=up", "example.com/list?page=2"),
        ("/list?sort=up", "example.com/list"),
    ] {
        assert_eq!(address(text), expected, "{text}");
    }
    let request = map(&[("x-country", "de"), ("cookie", "a=1; currency=eur"), ("cookie", "b=2")]);
    assert_eq!(keys.key("h", "/shop/x", &request, None).extra, "x-country=de\ncurrency=eur\n");
    assert_eq!(keys.key("h", "/", &request, None).extra, "");
}

#[test]
fn answers_say_which_parameters_matter() {
    let search = |text: &str| NoVarySearch::of(&map(&[("no-vary-search", text)]));
    let keys = Keys::default();
    let address = |said: &str, text: &str| keys.key("h", text, &map(&[]), search(said).as_ref()).address;
    assert_eq!(address("params=(\"a\")", "/x?a=1&b=2"), "h/x?b=2");
    assert_eq!(address("params", "/x?a=1&b=2"), "h/x");
    assert_eq!(address("params, except=(\"a\")", "/x?a=1&b=2"), "h/x?a=1");
    assert_eq!(address("key-order", "/x?b=2&a=1&b=1"), "h/x?a=1&b=2&b=1");
    for nothing in ["", "params=a", "params=(a)", "except=(\"a\")", "key-order=1", "params=?0", "x=\""] {
        assert_eq!(search(nothing), None, "{nothing}");
    }
}
