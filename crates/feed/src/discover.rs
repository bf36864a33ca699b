//! From the address of a page to the feeds it may have.

use url::Url;

use crate::xml::{Attributes, Reader, Token};
use crate::{link, markup};

/// A feed a page speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub url: String,
    pub title: Option<String>,
    pub kind: FoundKind,
}

/// What the page says it is; only the document itself knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundKind {
    Rss,
    Atom,
    Json,
}

/// Pages with more are lists of feeds, not pages with a feed.
const FOUND_MAX: usize = 50;

/// The feeds an HTML page names in `<link rel="alternate">`, in its order, without repetitions;
/// `base` is the page's address, which its `<base href>` may change.
pub fn links(html: &str, base: &str) -> Vec<Found> {
    let mut reader = Reader::new(html);
    let mut own_base: Option<String> = None;
    let mut found: Vec<Found> = Vec::new();
    while let Some(token) = reader.next(None) {
        let Token::Start { name, attributes, .. } = token else { continue };
        match name.to_ascii_lowercase().as_str() {
            "script" | "style" | "textarea" | "title" => reader.skip_raw(name),
            "base" if own_base.is_none() => own_base = attributes.text("href"),
            "link" => {
                let bases = own_base.as_deref().into_iter().chain([base]);
                if let Some(one) = alternate(attributes, bases).filter(|f| found.iter().all(|o| o.url != f.url)) {
                    found.push(one);
                }
            }
            _ => {}
        }
        if found.len() >= FOUND_MAX {
            break;
        }
    }
    found
}

/// The addresses of an HTML page's `<a href>` that look like feeds', in its order, without repetitions.
pub fn anchors(html: &str, base: &str) -> Vec<String> {
    let mut reader = Reader::new(html);
    let mut found: Vec<String> = Vec::new();
    while let Some(token) = reader.next(None) {
        let Token::Start { name, attributes, .. } = token else { continue };
        match name.to_ascii_lowercase().as_str() {
            "script" | "style" | "textarea" | "title" => reader.skip_raw(name),
            "a" => {
                let url = attributes.text("href").and_then(|href| link::resolve(&href, [base]));
                found.extend(url.filter(|url| looks_like_feed(url) && !found.contains(url)));
            }
            _ => {}
        }
        if found.len() >= FOUND_MAX {
            break;
        }
    }
    found
}

fn looks_like_feed(url: &str) -> bool {
    let Some(url) = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else { return false };
    let path = url.path().to_ascii_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let ends = [".rss", ".atom", ".rdf", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json"];
    matches!(last, "feed" | "feeds" | "rss" | "atom" | "rss2")
        || ends.iter().any(|end| last.ends_with(end))
        || url.query_pairs().any(|(key, _)| matches!(&*key, "feed" | "rss"))
}

fn alternate<'b>(attributes: Attributes<'_>, bases: impl Iterator<Item = &'b str>) -> Option<Found> {
    let rel = attributes.text("rel")?.to_ascii_lowercase();
    let says = |word: &str| rel.split_ascii_whitespace().any(|r| r == word);
    let media_type = attributes.text("type").unwrap_or_default().to_ascii_lowercase();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !(says("alternate") || says("feed")) || says("stylesheet") {
        return None;
    }
    let href = attributes.text("href")?;
    let kind = match media_type {
        "application/rss+xml" | "application/rdf+xml" | "text/xml" | "application/xml" | "text/rss+xml" => {
            FoundKind::Rss
        }
        "application/atom+xml" => FoundKind::Atom,
        "application/feed+json" => FoundKind::Json,
        // Blogs also announce their programming interface so.
        "application/json" if href.ends_with("feed.json") || href.contains("feed/json") => FoundKind::Json,
        "" if says("feed") => FoundKind::Rss,
        _ => return None,
    };
    let url = link::resolve(&href, bases).filter(|u| link::is_absolute(u))?;
    let title = attributes.text("title").map(|t| markup::one_line(&t));
    Some(Found { url, title, kind })
}

/// Where feeds usually are when the page does not say: paths known of the great sites first, then
/// beside the page, then at the root. Empty when `base` is no http(s) address.
pub fn well_known(base: &str) -> Vec<String> {
    const PATHS: [&str; 9] = [
        "/feed",
        "/rss",
        "/rss.xml",
        "/atom.xml",
        "/feed.xml",
        "/index.xml",
        "/feed.json",
        "/feed/atom",
        "/?feed=rss2",
    ];
    let Some(base) = Url::parse(base.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
    else {
        return Vec::new();
    };
    let mut list = site_feeds(&base);
    let folder = base.path().trim_end_matches('/');
    for prefix in [folder, ""] {
        for path in PATHS {
            if let Ok(url) = base.join(&format!("{prefix}{path}"))
                && !list.iter().any(|l| l == url.as_str())
            {
                list.push(url.into());
            }
        }
    }
    list
}

/// Sites whose addresses tell where the feed is.
fn site_feeds(base: &Url) -> Vec<String> {
    let host = base.host_str().unwrap_or_default().trim_start_matches("www.");
    let parts: Vec<&str> = base.path().trim_matches('/').split('/').collect();
    match (host, parts.as_slice()) {
        ("youtube.com" | "m.youtube.com", ["channel", id, ..]) => {
            vec![format!("https://www.youtube.com/feeds/videos.xml?channel_id={id}")]
        }
        ("youtube.com" | "m.youtube.com", ["playlist"]) => {
            let list = base.query_pairs().find(|(key, _)| key == "list");
            list.map(|(_, id)| format!("https://www.youtube.com/feeds/videos.xml?playlist_id={id}"))
                .into_iter()
                .collect()
        }
        ("github.com", [owner, name, ..]) => {
            ["releases", "tags", "commits"].map(|what| format!("https://github.com/{owner}/{name}/{what}.atom")).into()
        }
        ("reddit.com" | "old.reddit.com", ["r" | "user", name, ..]) => {
            vec![format!("https://www.reddit.com/{}/{name}/.rss", parts[0])]
        }
        // Mastodon and its relatives.
        (_, [user]) if user.starts_with('@') && user.len() > 1 => vec![format!("https://{host}/{user}.rss")],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
