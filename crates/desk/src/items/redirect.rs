//! Addresses that only lead to another one which they name: the entry is what stands there.

use std::net::IpAddr;

use connect::Url;

/// A host, with all under it when it begins with a dot; the beginning of the path; the parameter that holds the address.
const REDIRECTORS: &[(&str, &str, &str)] = &[
    ("www.google.com", "/url", "url"),
    ("www.google.com", "/url", "q"),
    ("news.url.google.com", "/url", "url"),
    ("www.bing.com", "/news/apiclick.aspx", "url"),
    (".facebook.com", "/l.php", "u"),
    ("l.instagram.com", "/", "u"),
    ("www.youtube.com", "/redirect", "q"),
    ("www.linkedin.com", "/redir/redirect", "url"),
    ("www.linkedin.com", "/safety/go", "url"),
    ("duckduckgo.com", "/l/", "uddg"),
    ("t.umblr.com", "/redirect", "z"),
    ("out.reddit.com", "/", "url"),
    ("away.vk.com", "/away.php", "to"),
    ("vk.com", "/away.php", "to"),
    ("steamcommunity.com", "/linkfilter/", "url"),
    ("steamcommunity.com", "/linkfilter/", "u"),
    ("slack-redir.net", "/link", "url"),
    ("medium.com", "/r/", "url"),
    (".safelinks.protection.outlook.com", "/", "url"),
];
/// One may stand in another.
const DEPTH_MAX: usize = 3;

/// Where `url` leads, as far as the address itself says; `None` when it is no such address.
pub(crate) fn unwrapped(url: &str) -> Option<String> {
    let first = target(url)?;
    let rest = std::iter::successors(Some(first), |url| target(url)).take(DEPTH_MAX);
    rest.last()
}

fn target(url: &str) -> Option<String> {
    let url = Url::parse(url.trim()).ok()?;
    let host = url.host_str()?;
    let known = REDIRECTORS.iter().filter(|(name, path, _)| is_host(host, name) && url.path().starts_with(path));
    let mut names = known.map(|(_, _, name)| *name);
    names.find_map(|name| {
        let (_, value) = url.query_pairs().find(|(key, _)| key == name)?;
        let to = Url::parse(&value).ok()?;
        let is_public = matches!(to.scheme(), "http" | "https")
            && to.host_str()?.contains('.')
            && to.host_str()?.parse::<IpAddr>().is_err();
        is_public.then(|| to.into())
    })
}

fn is_host(host: &str, name: &str) -> bool {
    match name.strip_prefix('.') {
        Some(parent) => host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => host == name || name.strip_prefix("www.") == Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_within_is_the_one() {
        let cases = [
            (
                "https://www.google.com/url?rct=j&sa=t&url=https://news.example/a%3Fb%3D1&ct=ga&usg=x",
                Some("https://news.example/a?b=1"),
            ),
            ("https://google.com/url?q=http://news.example/a", Some("http://news.example/a")),
            ("https://lm.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa&h=AT0", Some("https://news.example/a")),
            (
                "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fnews.example%2F",
                Some("https://news.example/"),
            ),
            (
                "https://www.google.com/url?url=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Fnews.example%252Fa",
                Some("https://news.example/a"),
            ),
            ("https://www.google.com/url?url=javascript:alert(1)", None),
            ("https://www.google.com/url?url=http://127.0.0.1/admin", None),
            ("https://www.google.com/search?q=https://news.example/", None),
            ("https://evilfacebook.com/l.php?u=https://news.example/", None),
            ("https://news.example/go?url=https://other.example/", None),
            ("nonsense", None),
        ];
        for (given, expected) in cases {
            assert_eq!(unwrapped(given).as_deref(), expected, "{given}");
        }
    }
}
