//! Addresses: cleaned, resolved, and only those a reader may follow.

use std::borrow::Cow;

use url::Url;

/// Longer ones are not addresses but accidents.
const LENGTH_MAX: usize = 8192;

/// `raw` as an absolute http(s) address where `bases` (nearest first) allow, otherwise as written.
/// `None` when nothing is left or when it names another scheme (`javascript:`, `mailto:`, `file:`).
///
/// An address that is fine already is returned as written: it is part of what the document says.
pub fn resolve<'b>(raw: &str, bases: impl IntoIterator<Item = &'b str>) -> Option<String> {
    let raw = tidy(raw);
    if raw.is_empty() || raw.len() > LENGTH_MAX {
        return None;
    }
    if let Some(scheme) = scheme(&raw) {
        if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
            return None;
        }
        // `http:path` is relative by RFC 3986 §5.4.2, for those who write it so.
        if !raw[scheme.len()..].starts_with("://") {
            return Some(raw.into_owned());
        }
        return Some(escaped(raw));
    }
    match resolve_base(bases) {
        Some(base) => match base.join(&raw) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(url.into()),
            _ => Some(raw.into_owned()),
        },
        None => Some(raw.into_owned()),
    }
}

/// The effective base of nested ones, nearest first; relative bases build on the next.
pub fn resolve_base<'b>(bases: impl IntoIterator<Item = &'b str>) -> Option<Url> {
    let mut relative = Vec::new();
    for base in bases {
        if relative.len() > 8 {
            return None;
        }
        let base = base.trim();
        if base.is_empty() || base.len() > LENGTH_MAX {
            continue;
        }
        match Url::parse(base) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                return relative.into_iter().rev().try_fold(url, |url, part: &str| url.join(part).ok());
            }
            // Another scheme is no place to resolve against.
            Ok(_) => {}
            Err(_) => relative.push(base),
        }
    }
    None
}

/// Whether this is an absolute http(s) address.
pub fn is_absolute(text: &str) -> bool {
    let text = text.trim();
    let after = |prefix: &str| {
        text.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix)) && text.len() > prefix.len()
    };
    (after("http://") || after("https://")) && !text.contains(char::is_whitespace)
}

/// Without outer blanks and inner line breaks, which editors leave inside long addresses.
fn tidy(raw: &str) -> Cow<'_, str> {
    let raw = raw.trim();
    match raw.contains(['\n', '\r', '\t']) {
        false => Cow::Borrowed(raw),
        true => Cow::Owned(raw.split(['\n', '\r', '\t']).map(str::trim).collect()),
    }
}

fn scheme(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))?;
    let first = text.bytes().next()?;
    (text.as_bytes()[end] == b':' && first.is_ascii_alphabetic()).then(|| &text[..end])
}

/// Blanks and non-ASCII percent-encoded, the host in punycode.
fn escaped(raw: Cow<'_, str>) -> String {
    let plain = raw.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"'));
    match plain {
        true => raw.into_owned(),
        false => Url::parse(&raw).map(String::from).unwrap_or_else(|_| raw.replace(' ', "%20")),
    }
}
