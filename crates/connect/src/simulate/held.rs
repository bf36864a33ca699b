//! What a simulated cache holds for its visitors.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use serde_json::Value;
use stdx::Timestamp;

use super::Reply;

/// Bytes of tags that a cache reads of one answer; the rest is dropped.
pub(super) const TAGS_BYTES_MAX: usize = 16 << 10;

/// What goes wrong with one purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// 503, and nothing was purged.
    FailsBefore,
    /// 502 after having purged.
    FailsAfter,
    /// 429 although there was room; with `Retry-After`, in seconds, if there is one.
    Limits(Option<u64>),
    /// 200 and a page of HTML.
    Garbage,
}

/// How a visitor is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Fresh(&'a [u8]),
    /// Softly purged: shown while the origin is asked.
    Stale(&'a [u8]),
    Missing,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// In the form in which they are compared.
    pub tags: Vec<String>,
    body: Vec<u8>,
    stale: bool,
}

/// Which entries a purge means.
#[derive(Debug)]
pub(super) enum Meant {
    Tags(HashSet<String>),
    Urls(Vec<String>),
    Prefixes(Vec<String>),
    Everything,
}

#[derive(Debug, Default)]
pub(super) struct Held {
    entries: BTreeMap<String, Entry>,
    /// Purges that have not taken effect yet.
    coming: VecDeque<(Timestamp, Meant, bool)>,
    pub mishaps: VecDeque<Mishap>,
}

impl Held {
    pub fn keep(&mut self, url: &str, tags: Vec<String>, body: &[u8], now: Timestamp) {
        self.settle(now);
        self.entries.insert(url.to_owned(), Entry { tags, body: body.to_vec(), stale: false });
    }

    pub fn get(&mut self, url: &str, now: Timestamp) -> Found<'_> {
        self.settle(now);
        match self.entries.get(url) {
            Some(entry) if entry.stale => Found::Stale(&entry.body),
            Some(entry) => Found::Fresh(&entry.body),
            None => Found::Missing,
        }
    }

    pub fn purge(&mut self, meant: Meant, soft: bool, at: Timestamp) {
        self.coming.push_back((at, meant, soft));
    }

    /// Does what has come due.
    fn settle(&mut self, now: Timestamp) {
        while self.coming.front().is_some_and(|(at, ..)| *at <= now) {
            let Some((_, meant, soft)) = self.coming.pop_front() else { return };
            let is_meant = |url: &str, entry: &Entry| match &meant {
                Meant::Tags(tags) => entry.tags.iter().any(|tag| tags.contains(tag)),
                Meant::Urls(urls) => urls.iter().any(|other| other == url),
                Meant::Prefixes(starts) => {
                    let bare = url.split_once("://").map_or(url, |(_, bare)| bare);
                    starts.iter().any(|start| bare.starts_with(start.as_str()))
                }
                Meant::Everything => true,
            };
            if soft {
                self.entries.iter_mut().filter(|(url, entry)| is_meant(url, entry)).for_each(|(_, e)| e.stale = true);
            } else if let Meant::Urls(urls) = &meant {
                urls.iter().for_each(|url| drop(self.entries.remove(url)));
            } else {
                self.entries.retain(|url, entry| !is_meant(url, entry));
            }
        }
    }
}

/// A bucket counted in fractions of a token; deliberately not the one that the caller counts with.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    size: f64,
    per_second: f64,
    counted_at: Timestamp,
}

impl Bucket {
    pub fn full(size: u32, per_second: f64, now: Timestamp) -> Bucket {
        Bucket { tokens: size.into(), size: size.into(), per_second, counted_at: now }
    }

    pub fn take(&mut self, n: usize, now: Timestamp) -> bool {
        let gained = now.since(self.counted_at).as_secs_f64() * self.per_second;
        // A rounding error is no token.
        self.tokens = (self.tokens + gained).min(self.size);
        self.counted_at = now;
        let is_there = self.tokens + 1e-6 >= n as f64;
        if is_there {
            self.tokens -= n as f64;
        }
        is_there
    }
}

pub(super) fn reply(status: u16, body: &Value) -> Reply {
    let headers = vec![("content-type", "application/json".to_owned())];
    Reply { status, headers, body: body.to_string().into_bytes(), delay: Duration::ZERO }
}

pub(super) fn garbage() -> Reply {
    let headers = vec![("content-type", "text/html".to_owned())];
    Reply { status: 200, headers, body: b"<html><h1>Welcome</h1></html>".to_vec(), delay: Duration::ZERO }
}
