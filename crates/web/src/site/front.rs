//! The short way to what the site keeps: ready bytes, given out on the connection's own thread without the router.
//!
//! It gives the answer that [`super::kept`] and [`crate::router`] would give. Whatever takes more thought goes that way:
//! what is not kept, what is due to be made anew, and what depends on who asks.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use edge::h1::{Front, Head, Hit};
use edge::{Encoding, Ready, conditional, encoding};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use observe::access::Alike;

use super::SPACE;
use super::visit::session_of;
use crate::{App, router};

/// Of so many readers one is learned from, so that the others pass without a lock.
const LEARNED: u64 = 8;
/// The patterns of [`super::routes`] whose answers are kept; all other addresses are articles.
const ROUTES: [&str; 10] = [
    "/",
    "/page",
    "/archive",
    "/feed.xml",
    "/feed.json",
    "/sitemap.xml",
    "/robots.txt",
    "/favicon.svg",
    "/topic/{slug}",
    "/{slug}",
];

thread_local! {
    static KEY: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What of the site can be answered without the router.
pub(crate) struct Short {
    app: App,
    /// By route; GET and HEAD, each with 200 and 304.
    counts: [[OnceLock<Alike>; 4]; ROUTES.len()],
}

/// One coding of an answer.
pub(super) struct Printed {
    head: Bytes,
    not_modified: Bytes,
    body: Bytes,
    etag: String,
}

impl Printed {
    /// What [`Ready::answer`] says to a caller who takes `encoding`, as bytes.
    pub fn new(app: &App, ready: &Ready, encoding: Encoding) -> Printed {
        let mut asked = HeaderMap::new();
        asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding.name()));
        let print = |asked: &HeaderMap| {
            let (mut parts, _) = ready.answer(&Method::HEAD, asked).into_parts();
            router::dress(app, &mut parts.headers, false);
            parts
        };
        let whole = print(&asked);
        let etag = whole.headers.get(header::ETAG).cloned();
        if let Some(etag) = &etag {
            asked.insert(header::IF_NONE_MATCH, etag.clone());
        }
        let unchanged = print(&asked);
        let body = ready.variant(encoding);
        Printed {
            head: Hit::print(whole.status, &whole.headers, Some(body.len())),
            not_modified: Hit::print(unchanged.status, &unchanged.headers, None),
            body,
            etag: etag.and_then(|tag| Some(tag.to_str().ok()?.to_owned())).unwrap_or_default(),
        }
    }
}

impl Short {
    pub fn new(app: &App) -> Arc<Short> {
        Arc::new(Short { app: app.clone(), counts: Default::default() })
    }
}

impl Front for Short {
    fn look(&self, request: &Head<'_>) -> Option<Hit> {
        let began = Instant::now();
        let app = &self.app;
        let wish = Wish::read(request)?;
        // Trusted proxies may be told the tags, and may speak for readers elsewhere.
        if !app.proxies.is_empty() && request.peer.is_none_or(|peer| app.proxies.is_trusted(peer.ip())) {
            return None;
        }
        // First, so that a change in the folder is known before an answer is taken as good.
        app.pages.own.refresh(app);
        let kept = KEY.with_borrow_mut(|key| {
            key.clear();
            key.push_str(request.target);
            key.push(' ');
            match &app.settings.public_url {
                Some(origin) => key.push_str(origin),
                None => {
                    key.push_str("http://");
                    key.extend(request.host?.chars().map(|c| c.to_ascii_lowercase()));
                }
            }
            let kept = app.pages.answers.get_first(key)?;
            if !wish.is_head {
                let session = session_of(request.peer.map(|peer| peer.ip().to_canonical()), wish.agent);
                if session.is_multiple_of(LEARNED) {
                    app.desk.cache.seen(session, SPACE, key);
                }
            }
            Some(kept)
        })?;
        let printed = kept.printed(app, encoding::choose(wish.accepts))?;
        let is_known =
            !printed.etag.is_empty() && wish.known.is_some_and(|list| conditional::names(list, &printed.etag));
        let (head, body) = match (is_known, wish.is_head) {
            (true, _) => (&printed.not_modified, Bytes::new()),
            (false, true) => (&printed.head, Bytes::new()),
            (false, false) => (&printed.head, printed.body.clone()),
        };
        let hit =
            Hit { head: head.clone(), body, cache_status: Bytes::from_static(b"copydesk; hit"), ..Hit::default() };
        let took = began.elapsed();
        self.count(request.target, wish.is_head, is_known).record(took);
        Some(Hit { took_us: Some(u32::try_from(took.as_micros()).unwrap_or(u32::MAX)), ..hit })
    }
}

impl Short {
    fn count(&self, target: &str, is_head: bool, is_known: bool) -> &Alike {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let last = ROUTES.len() - 1;
        let route = if path.starts_with("/topic/") {
            last - 1
        } else {
            ROUTES.iter().position(|route| *route == path).unwrap_or(last)
        };
        let place = &self.counts[route][usize::from(is_head) * 2 + usize::from(is_known)];
        let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let method = if is_head { "HEAD" } else { "GET" };
        place.get_or_init(|| Alike::new(method, ROUTES[route], status.as_u16()))
    }
}

/// What a plain request says that matters here.
#[derive(Default)]
struct Wish<'a> {
    is_head: bool,
    accepts: Option<&'a str>,
    /// What the caller has.
    known: Option<&'a str>,
    agent: Option<&'a [u8]>,
}

impl<'a> Wish<'a> {
    /// `None` for a request that takes more thought.
    fn read(request: &Head<'a>) -> Option<Wish<'a>> {
        let is_head = match request.method {
            "GET" => false,
            "HEAD" => true,
            _ => return None,
        };
        let mut wish = Wish { is_head, ..Wish::default() };
        let mut is_dated = false;
        for (name, value) in request.fields() {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            // By length first: most fields are none of these.
            match name.len() {
                10 if is("user-agent") => wish.agent = Some(value),
                13 if is("if-none-match") => once(&mut wish.known, value)?,
                15 if is("accept-encoding") => once(&mut wish.accepts, value)?,
                17 if is("if-modified-since") => is_dated = true,
                _ => {}
            }
        }
        // A date counts only where there is no tag.
        (!is_dated || wish.known.is_some()).then_some(wish)
    }
}

fn once<'a>(place: &mut Option<&'a str>, value: &'a [u8]) -> Option<()> {
    if place.replace(std::str::from_utf8(value).ok()?).is_some() { None } else { Some(()) }
}
