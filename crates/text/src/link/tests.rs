use proptest::prelude::*;

use super::*;

#[test]
fn the_list_is_sorted() {
    assert!(TRACKING.is_sorted());
}

#[test]
fn addresses_of_one_page_meet() {
    for (input, expected) in [
        ("HTTPS://News.Example:443/A/b?utm_source=x&id=7&fbclid=1&z=2#top", Some("https://news.example/A/b?id=7&z=2")),
        ("http://u:p@news.example:80", Some("http://news.example/")),
        ("http://news.example:8080/a/", Some("http://news.example:8080/a/")),
        ("https://news.example/a?UTM_Medium=rss&&", Some("https://news.example/a")),
        ("https://news.example/a?b=2&a=1", Some("https://news.example/a?b=2&a=1")),
        ("https://bücher.example/ç", Some("https://xn--bcher-kva.example/%C3%A7")),
        ("  https://news.example/x \n", Some("https://news.example/x")),
        ("mailto:a@b.example", None),
        ("/relative", None),
        ("", None),
    ] {
        assert_eq!(canonical_url(input).as_deref(), expected, "{input}");
    }
}

proptest! {
    #[test]
    fn the_canonical_form_is_its_own(path in "[a-zA-Z0-9/._~-]{0,20}", query in "[a-z0-9=&_%+]{0,30}") {
        let once = canonical_url(&format!("https://Host.example/{path}?{query}#f")).expect("http address");
        prop_assert_eq!(canonical_url(&once), Some(once.clone()));
    }
}
