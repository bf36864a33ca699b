//! Addresses that lead to another one which only their host knows: it is asked, once for each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use connect::http::header::LOCATION;
use connect::{Limits, Request, Url};
use futures_util::StreamExt as _;
use stdx::ByteSize;

use super::redirect::unwrapped;
use crate::Desk;

/// Hosts whose addresses are nothing but another one; with a path, only what begins with it.
const HOSTS: &[(&str, &str)] = &[
    ("feedproxy.google.com", "/~r/"),
    ("feeds.feedburner.com", "/~r/"),
    ("t.co", "/"),
    ("bit.ly", "/"),
    ("j.mp", "/"),
    ("buff.ly", "/"),
    ("dlvr.it", "/"),
    ("ift.tt", "/"),
    ("is.gd", "/"),
    ("v.gd", "/"),
    ("lnkd.in", "/"),
    ("ow.ly", "/"),
    ("rebrand.ly", "/"),
    ("shorturl.at", "/"),
    ("spr.ly", "/"),
    ("t.ly", "/"),
    ("tiny.cc", "/"),
    ("tinyurl.com", "/"),
    ("trib.al", "/"),
    ("zpr.io", "/"),
];

/// Asked for one document, and of these at once; the rest is asked on the next visit.
const ASKED_MAX: usize = 40;
const AT_ONCE: usize = 4;
/// One may lead to another.
const HOPS_MAX: usize = 4;
/// For one question, and for all of a document: a host that is slow costs a visit no more.
const TIME: Duration = Duration::from_secs(5);
const TIME_ALL: Duration = Duration::from_secs(15);

/// Gives entries whose link only leads elsewhere the address that it leads to. What cannot be learnt stays as it is.
pub(super) async fn resolve(desk: &Desk, feed: &mut feed::Feed) {
    let of = |item: &feed::Item| {
        let link = item.original_link.as_deref().or(item.link.as_deref())?;
        is_short(desk, link).map(|url| (link.to_owned(), url))
    };
    let links: HashMap<String, Url> = feed.items.iter().filter_map(of).collect();
    if links.is_empty() {
        return;
    }
    let mut ends: HashMap<String, Arc<str>> = HashMap::new();
    let mut unknown = Vec::new();
    for (link, url) in links {
        match desk.kept.links.find(&link).await {
            Some(end) => drop(ends.insert(link, end)),
            None => unknown.push((link, url)),
        }
    }
    // The same ones each time, so that those who are never answered for do not keep the others from it.
    unknown.sort_by(|(a, _), (b, _)| a.cmp(b));
    let asked = unknown.into_iter().take(ASKED_MAX).map(|(link, url)| async move { (link, end(desk, url).await) });
    let mut answers = futures_util::stream::iter(asked).buffer_unordered(AT_ONCE);
    let all = async {
        while let Some((link, end)) = answers.next().await {
            if let Some(end) = end {
                desk.kept.links.put(&link, &[], Arc::clone(&end));
                ends.insert(link, end);
            }
        }
    };
    // What has been learnt until then is kept.
    let _ = tokio::time::timeout(TIME_ALL, all).await;
    drop(answers);
    for item in &mut feed.items {
        let link = item.original_link.as_ref().or(item.link.as_ref());
        if let Some(end) = link.and_then(|link| ends.get(link)) {
            item.original_link = Some(end.to_string());
        }
    }
}

/// The address, if its host only leads elsewhere.
fn is_short(desk: &Desk, link: &str) -> Option<Url> {
    let url = Url::parse(link.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let port = url.port().map(|port| format!("{host}:{port}"));
    let is_named = |name: &String| name == host || Some(name) == port.as_ref();
    let known = HOSTS.iter().any(|(name, path)| *name == host && url.path().starts_with(path) && url.path() != "/");
    (known || desk.settings.link_hosts.iter().any(is_named)).then_some(url)
}

/// Where an address leads at last, which itself is not asked for; `None` when that cannot be learnt now.
async fn end(desk: &Desk, mut url: Url) -> Option<Arc<str>> {
    for _ in 0..HOPS_MAX {
        let limits = Limits { total_timeout: TIME, redirects_max: 0, body_max: ByteSize::kib(256), ..desk.limits };
        let turn = tokio::time::timeout(TIME, desk.hosts.enter(&url)).await.ok()?;
        let answer = desk.client.send(Request::get("link", url.as_str(), limits)).await.ok()?;
        drop(turn);
        if !answer.status.is_redirection() {
            return None;
        }
        let to = url.join(answer.headers.get(LOCATION)?.to_str().ok()?).ok()?;
        // Nobody is led inside, not even on paper.
        let to = unwrapped(to.as_str()).and_then(|to| Url::parse(&to).ok()).unwrap_or(to);
        desk.client.check(to.as_str()).ok()?;
        if is_short(desk, to.as_str()).is_none() {
            return Some(String::from(to).into());
        }
        url = to;
    }
    None
}

#[cfg(test)]
mod tests;
