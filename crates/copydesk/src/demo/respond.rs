//! What an outlet answers to a request: a pure function of the newsroom's state, without a socket.

use std::time::Duration;

use edge::http::{HeaderMap, header};
use edge::{Encoding, conditional, encoding};
use stdx::Timestamp;

use super::news::{self, Event};
use super::outlets::{Habit, OUTLETS, Outlet};
use super::render::{self, Item};

/// Events that have happened when the demo starts for the first time.
pub const BACKLOG: u64 = 28;
/// Time between two events once the demo runs.
pub const PACE: Duration = Duration::from_secs(8);
/// Items in a feed.
const FEED_ITEMS: usize = 20;
/// Events looked at for a feed, at most.
const LOOK_BACK: u64 = 400;

/// Everything that the demo's world depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newsroom {
    pub seed: u64,
    /// Number of the newest event; to be stored and continued after a restart.
    pub published: u64,
    /// When the demo was started for the first time; the dates of all items follow from it.
    pub started: Timestamp,
}

/// An answer before it becomes HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// How long the caller is left waiting.
    pub delay: Duration,
}

impl Newsroom {
    /// The world at the first start.
    pub fn new(seed: u64, started: Timestamp) -> Self {
        Newsroom { seed, published: BACKLOG - 1, started }
    }

    /// When event `index` happened: every 19 minutes before the start, each [`PACE`] after it.
    pub fn happened_at(&self, index: u64) -> Timestamp {
        match index.checked_sub(BACKLOG) {
            Some(after) => self.started + PACE * u32::try_from(after + 1).unwrap_or(u32::MAX),
            None => self.started - Duration::from_secs(19 * 60) * (BACKLOG - 1 - index) as u32,
        }
    }

    /// The newest items of an outlet, newest first.
    pub fn items(&self, outlet: usize) -> Vec<Item> {
        let oldest = self.published.saturating_sub(LOOK_BACK);
        let events = (oldest..=self.published).rev().map(|index| news::event(self.seed, index));
        events.filter_map(|event| self.item(&event, outlet)).take(FEED_ITEMS).collect()
    }

    /// The outlet's article on an event, when it has one.
    pub fn item(&self, event: &Event, outlet: usize) -> Option<Item> {
        let place = event.tellings.iter().position(|t| t.outlet == outlet)?;
        let telling = &event.tellings[place];
        // The first to tell is a few minutes ahead of the last, and nobody is ahead of the event's
        // publication, so that no date lies in the future.
        let lead = Duration::from_secs((4 - place as u64) * 70 + event.index * 37 % 60);
        Some(Item {
            index: event.index,
            id: format!("tag:{},2026:{}", OUTLETS[outlet].domain, event.index),
            path: format!("/news/{}-{}.html", event.index, slug(&telling.title)),
            title: telling.title.clone(),
            author: telling.author.clone(),
            category: event.theme,
            paragraphs: telling.paragraphs(),
            published_at: self.happened_at(event.index) - lead,
        })
    }
}

/// The answer of outlet number `outlet` to a GET of `path`; `base` is where it is reached.
pub fn respond(newsroom: &Newsroom, outlet: usize, base: &str, path: &str, headers: &HeaderMap) -> Reply {
    let Some(who) = OUTLETS.get(outlet) else { return Reply::page(404, "<h1>no such outlet</h1>") };
    let path = path.split('?').next().unwrap_or_default();
    let mut reply = if path == who.feed_path {
        feed(newsroom, outlet, who, base, headers)
    } else if path == "/" {
        Reply::page(200, &render::front(who, &newsroom.items(outlet), base))
    } else if let Some(item) = article(newsroom, outlet, path) {
        Reply::page(200, &render::article(who, &item, base))
    } else {
        Reply::page(404, "<!doctype html>\n<title>Not found</title>\n<h1>Not found</h1>\n")
    };
    if who.habit == Habit::Slow {
        reply.delay = Duration::from_secs(2);
    }
    reply
}

fn feed(newsroom: &Newsroom, outlet: usize, who: &Outlet, base: &str, headers: &HeaderMap) -> Reply {
    if who.habit == Habit::Stuck
        && let Some(tag) = headers.get(header::IF_NONE_MATCH).and_then(|t| t.to_str().ok())
    {
        return Reply::new(304, vec![("etag", tag.to_owned())], Vec::new());
    }
    if who.habit == Habit::Broken && newsroom.published % 4 >= 2 {
        let page =
            "<!doctype html>\n<title>Internal error</title>\n<h1>Internal error</h1>\n<p>The database went away.</p>\n";
        return Reply::page(500, page);
    }
    let items = newsroom.items(outlet);
    let mut body = render::feed(who, &items, base);
    if who.habit == Habit::Broken {
        body.truncate(body.len() * 3 / 5);
    }
    let etag = conditional::etag(&body);
    let newest = items.first().map(|i| i.published_at);
    let mut sent = vec![("content-type", who.content_type.to_owned()), ("etag", etag.clone())];
    if let Some(newest) = newest {
        sent.push(("last-modified", newest.http_date()));
    }
    if conditional::is_not_modified(headers, &etag, newest) {
        return Reply::new(304, sent, Vec::new());
    }
    if who.habit == Habit::Gzip
        && let Some(coded) = encoding::compress(&body, Encoding::Gzip)
    {
        sent.push(("content-encoding", "gzip".to_owned()));
        body = coded.to_vec();
    }
    Reply::new(200, sent, body)
}

/// The item behind `/news/<index>-<slug>.html`, if it has been published.
fn article(newsroom: &Newsroom, outlet: usize, path: &str) -> Option<Item> {
    let index = path.strip_prefix("/news/")?.split_once('-')?.0.parse().ok()?;
    if index > newsroom.published {
        return None;
    }
    let item = newsroom.item(&news::event(newsroom.seed, index), outlet)?;
    (item.path == path).then_some(item)
}

impl Reply {
    fn new(status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Self {
        Reply { status, headers, body, delay: Duration::ZERO }
    }

    fn page(status: u16, html: &str) -> Self {
        Reply::new(status, vec![("content-type", "text/html; charset=utf-8".to_owned())], html.as_bytes().to_vec())
    }
}

/// The first words of a title in plain letters.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(7) {
        if !slug.is_empty() {
            slug.push('-');
        }
        for c in word.chars() {
            match c {
                'ı' | 'İ' => slug.push('i'),
                'ä' | 'Ä' => slug.push_str("ae"),
                'ö' | 'Ö' => slug.push('o'),
                'ü' | 'Ü' => slug.push('u'),
                'ç' | 'Ç' => slug.push('c'),
                'ğ' | 'Ğ' => slug.push('g'),
                'ş' | 'Ş' => slug.push('s'),
                'ß' => slug.push_str("ss"),
                'â' => slug.push('a'),
                c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
                _ => {}
            }
        }
    }
    slug
}

#[cfg(test)]
mod tests;
