//! What an unsafe request makes wrong (RFC 9111 §4.4, RFC 9875 §2.2).

use http::header::{self, HeaderMap};
use http::{Method, StatusCode, Uri};
use url::Url;

use super::{fields, sfv};

/// Whether a method promises to change nothing. An unknown one promises nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PROPFIND" | "REPORT" | "SEARCH" | "QUERY" | "PRI")
}

/// Whether the answer to an unsafe request says that something may have changed.
pub fn applies(method: &Method, status: StatusCode) -> bool {
    !is_safe(method) && (status.is_success() || status.is_redirection())
}

/// The addresses on `host` that may have changed, as path and query: the one that was asked, and those
/// that `Location` and `Content-Location` name on the same host.
pub fn targets(host: &str, uri: &Uri, answer: &HeaderMap) -> Vec<String> {
    let asked = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut all = vec![asked.to_owned()];
    for name in [header::LOCATION, header::CONTENT_LOCATION] {
        all.extend(answer.get(name).and_then(|value| same_host(host, asked, value.to_str().ok()?)));
    }
    all.dedup();
    all
}

/// `reference` from `asked` as path and query, when it stays on `host`.
pub fn same_host(host: &str, asked: &str, reference: &str) -> Option<String> {
    let base = Url::parse(&format!("http://{host}{asked}")).ok()?;
    let target = base.join(reference.trim()).ok()?;
    // A proxy does not know which of the two schemes its callers use.
    let is_same = matches!(target.scheme(), "http" | "https")
        && target.host_str() == base.host_str()
        && (target.port() == base.port() || target.port_or_known_default() == base.port_or_known_default());
    is_same.then(|| match target.query() {
        Some(query) => format!("{}?{query}", target.path()),
        None => target.path().to_owned(),
    })
}

/// The groups that an answer invalidates, as `Cache-Group-Invalidation` says.
pub fn groups(answer: &HeaderMap) -> Vec<String> {
    strings(answer, "cache-group-invalidation")
}

/// A field that is a list of strings; nothing when it is malformed anywhere.
pub(super) fn strings(headers: &HeaderMap, name: &str) -> Vec<String> {
    let Some(members) = fields::joined(headers, name).and_then(|text| sfv::list(&text)) else { return Vec::new() };
    let strings = members.into_iter().filter_map(|member| match member {
        sfv::Member::Item(sfv::Bare::String(text)) => Some(text),
        _ => None,
    });
    strings.collect()
}

#[cfg(test)]
mod tests;
