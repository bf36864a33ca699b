//! Pages as templates show them: words and addresses, no arithmetic.

use std::borrow::Cow;
use std::ops::Range;

use desk::pages::Page;
use stdx::Timestamp;

use super::frame::Frame;

/// A moment for people and for machines.
pub(super) struct When {
    pub iso: String,
    pub words: String,
}

/// One page in a list.
pub(super) struct Card {
    pub href: String,
    pub title: String,
    pub excerpt: String,
    pub topic: Option<Link>,
    pub published: When,
    pub reading: String,
    /// Set when the page's language is not the site's.
    pub lang: Option<String>,
}

pub(super) struct Link {
    pub href: String,
    pub name: String,
}

impl Card {
    pub fn new(frame: &Frame<'_>, page: &Page) -> Card {
        Card {
            href: href(page),
            title: page.title.clone(),
            excerpt: page.excerpt.clone(),
            topic: topic(page),
            published: date(frame, page.published_at),
            reading: frame.words.reading(page.words, &page.language),
            lang: foreign(frame, page),
        }
    }
}

pub(super) fn href(page: &Page) -> String {
    format!("/{}", page.slug)
}

/// The page's topic; none where the sources name none.
pub(super) fn topic(page: &Page) -> Option<Link> {
    let name = page.topic_name.trim();
    (!name.is_empty()).then(|| Link { href: format!("/topic/{}", page.topic), name: name.to_owned() })
}

pub(super) fn foreign(frame: &Frame<'_>, page: &Page) -> Option<String> {
    let is_foreign = page.language != frame.lang && !page.language.is_empty();
    is_foreign.then(|| page.language.clone())
}

pub(super) fn date(frame: &Frame<'_>, at: Timestamp) -> When {
    When { iso: at.to_string(), words: frame.words.date(at) }
}

pub(super) fn moment(frame: &Frame<'_>, at: Timestamp) -> When {
    When { iso: at.to_string(), words: frame.words.moment(at) }
}

/// Sanitised `html` without pictures and media from other hosts: a browser may not load them here
/// (see the site's policy), and a broken frame helps nobody.
pub(super) fn without_remote_pictures(html: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept = 0;
    for tag in media(html) {
        out.push_str(&html[kept..tag.start]);
        kept = tag.end;
    }
    if kept == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[kept..]);
    Cow::Owned(out)
}

/// Where the tags of remote media stand. The sanitiser has balanced and quoted everything.
fn media(html: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|i| at + i) {
        let end = tag_end(html, start);
        let tag = &html[start..end];
        let name = tag[1..].trim_start_matches('/').split([' ', '>', '/']).next().unwrap_or_default();
        let is_remote = tag.contains("src=\"//") || tag.contains("://");
        if matches!(name, "video" | "audio" | "source" | "track") || (name == "img" && is_remote) {
            found.push(start..end);
        }
        at = end;
    }
    found
}

/// The end of the tag that begins at `start`, past a `>` inside quotes.
fn tag_end(html: &str, start: usize) -> usize {
    let mut quoted = false;
    for (i, b) in html.as_bytes()[start..].iter().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return start + i + 1,
            _ => {}
        }
    }
    html.len()
}

/// Whether an address may be linked to: a source's feed can hold anything.
pub(super) fn is_web(address: &str) -> bool {
    let starts = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("https://") || starts("http://")
}
