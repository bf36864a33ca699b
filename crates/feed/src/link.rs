//! Addresses: cleaned, resolved, and only those a reader may follow.

use std::borrow::Cow;

use url::Url;

/// Longer ones are not addresses but accidents.
const LENGTH_MAX: usize = 8192;

/// Schemes beside http and https that do nothing to whoever looks at the address.
const HARMLESS: [&str; 21] = [
    "ed2k",
    "feed",
    "ftp",
    "ftps",
    "gemini",
    "geo",
    "gopher",
    "irc",
    "ircs",
    "itms",
    "itms-apps",
    "itpc",
    "magnet",
    "mailto",
    "news",
    "nntp",
    "pcast",
    "rtsp",
    "sftp",
    "tel",
    "xmpp",
];

/// `raw` as an absolute http(s) address where `bases` (nearest first) allow, otherwise as written.
/// `None` when nothing is left, when it names a scheme that may do harm (`javascript:`, `data:`,
/// `file:`) and when its host cannot be one.
///
/// An absolute address is returned as written, blanks and other letters included: it is part of what
/// the document says, and its canonical form belongs to `text::link`.
pub fn resolve<'b>(raw: &str, bases: impl IntoIterator<Item = &'b str>) -> Option<String> {
    let raw = tidy(raw);
    if raw.is_empty() || raw.len() > LENGTH_MAX {
        return None;
    }
    if let Some(scheme) = scheme(&raw) {
        let sound = if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
            // `http:path` is relative by RFC 3986 §5.4.2, for those who write it so.
            let host = raw[scheme.len()..].strip_prefix("://");
            host.is_none_or(|host| has_plain_host(host) || Url::parse(&raw).is_ok())
        } else {
            HARMLESS.iter().any(|harmless| harmless.eq_ignore_ascii_case(scheme))
        };
        return sound.then(|| raw.into_owned());
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
    match raw.bytes().any(|b| matches!(b, b'\n' | b'\r' | b'\t')) {
        false => Cow::Borrowed(raw),
        true => Cow::Owned(raw.split(['\n', '\r', '\t']).map(str::trim).collect()),
    }
}

fn scheme(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))?;
    let first = text.bytes().next()?;
    (text.as_bytes()[end] == b':' && first.is_ascii_alphabetic()).then(|| &text[..end])
}

/// Whether what follows `://` starts with a host that needs no closer look: a name, no number, no port.
fn has_plain_host(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.ends_with(|c: char| c.is_ascii_alphabetic())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && !host.contains("xn--")
}
