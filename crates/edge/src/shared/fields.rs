//! Header fields as lists, and those that end with a connection.

use http::header::{self, AsHeaderName, HeaderMap, HeaderName, HeaderValue};

/// One member of a comma-separated list such as `Cache-Control`: `name` or `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// In lower case.
    pub name: String,
    /// Without the quotes; `None` when there is no `=`.
    pub value: Option<String>,
    /// Whether spaces stand at the `=`, or quotes are not closed: what it means is a guess.
    pub is_malformed: bool,
}

/// The members of every line of a field. A comma within quotes separates nothing.
pub fn items(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<Item> {
    let lines = headers.get_all(name).iter();
    lines.flat_map(|line| split(&String::from_utf8_lossy(line.as_bytes())).map(item).collect::<Vec<_>>()).collect()
}

/// The lines of a field joined by commas; `None` when it is absent.
pub fn joined(headers: &HeaderMap, name: impl AsHeaderName) -> Option<String> {
    let mut lines = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let mut all = lines.next()?.into_owned();
    for line in lines {
        all.push_str(", ");
        all.push_str(&line);
    }
    Some(all)
}

/// The members of a list, trimmed, without empty ones.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b',' if !quoted => {
                    rest = Some(&text[at + 1..]);
                    return Some(&text[..at]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(text)
    })
    .map(|part| part.trim_matches([' ', '\t']))
    .filter(|part| !part.is_empty())
}

fn item(text: &str) -> Item {
    let Some((name, value)) = text.split_once('=') else {
        return Item { name: text.to_ascii_lowercase(), value: None, is_malformed: text.contains(['"', ' ', '\t']) };
    };
    let (trimmed, raw) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
    let mut is_malformed = trimmed.len() != name.len() || raw.len() != value.len();
    let value = match raw.strip_prefix('"') {
        None => raw.to_owned(),
        Some(inner) => match inner.strip_suffix('"') {
            Some(inner) => unescaped(inner),
            None => {
                is_malformed = true;
                inner.to_owned()
            }
        },
    };
    Item { name: trimmed.to_ascii_lowercase(), value: Some(value), is_malformed }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Fields that belong to one connection (RFC 9110 §7.6.1) and are never passed on.
const HOP: [&str; 8] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

/// Fields about a proxy, which no cache stores (RFC 9111 §3.1).
const PROXY: [&str; 3] = ["proxy-authenticate", "proxy-authentication-info", "proxy-authorization"];

/// Removes what belongs to the connection: the known fields and those that `Connection` names.
pub fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if let Some(named) = joined(headers, header::CONNECTION) {
        for name in split(&named) {
            // A message cannot be robbed of the fields that say where it ends or whose it is.
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes())
                && name != header::CONTENT_LENGTH
                && name != header::HOST
                && name != header::CACHE_CONTROL
            {
                headers.remove(name);
            }
        }
    }
    HOP.iter().for_each(|name| drop(headers.remove(*name)));
}

/// Removes, besides those, what a cache must not store.
pub fn remove_unstorable(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    PROXY.iter().for_each(|name| drop(headers.remove(*name)));
}

/// Appends `member` to a list field as a line of its own.
pub fn append(headers: &mut HeaderMap, name: HeaderName, member: &str) {
    if let Ok(value) = HeaderValue::from_str(member) {
        headers.append(name, value);
    }
}

#[cfg(test)]
pub(super) mod tests;
