//! The site as a feed: Atom 1.0 (RFC 4287) and JSON Feed 1.1.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use desk::pages::{self, Page};
use edge::Ready;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use stdx::Timestamp;

use super::failure::{self, Failure};
use super::frame::Frame;
use super::visit::Visit;
use super::{kept, view};
use crate::App;

const ENTRIES: usize = 40;

/// `GET /feed.xml`
pub(super) async fn atom(State(app): State<App>, visit: Visit) -> Response {
    kept(&app, &visit, "/feed.xml").await
}

pub(super) async fn make_atom(app: &App, visit: &Visit) -> Result<Ready, Failure> {
    let frame = Frame::load(app, visit).await;
    let pages = newest(app).await?;
    Ok(made(app, "application/atom+xml; charset=utf-8", write_atom(&frame, &pages)))
}

/// `GET /feed.json`
pub(super) async fn json(State(app): State<App>, visit: Visit) -> Response {
    kept(&app, &visit, "/feed.json").await
}

pub(super) async fn make_json(app: &App, visit: &Visit) -> Result<Ready, Failure> {
    let frame = Frame::load(app, visit).await;
    let pages = newest(app).await?;
    Ok(made(app, "application/feed+json", write_json(&frame, &pages)))
}

async fn newest(app: &App) -> Result<Vec<Page>, Failure> {
    Ok(pages::newest(&mut app.desk.store.read_fresh(), ENTRIES).await?)
}

pub(super) fn made(app: &App, content_type: &'static str, body: String) -> Ready {
    failure::public(app, Ready::new(StatusCode::OK, HeaderValue::from_static(content_type), body))
}

fn write_atom(frame: &Frame<'_>, pages: &[Page]) -> String {
    let mut out = String::with_capacity(4_096 + pages.iter().map(|page| page.html.len() * 2).sum::<usize>());
    let updated = pages.iter().map(|page| page.updated_at).max().unwrap_or(Timestamp::EPOCH);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    _ = writeln!(out, "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">", xml(frame.lang));
    element(&mut out, "title", frame.name);
    element(&mut out, "subtitle", frame.tagline);
    element(&mut out, "id", &format!("tag:{},2026:site", authority(frame)));
    element(&mut out, "updated", &updated.to_string());
    link(&mut out, "self", "application/atom+xml", &frame.url("/feed.xml"), "");
    link(&mut out, "alternate", "text/html", &frame.url("/"), "");
    element(&mut out, "icon", &frame.url("/favicon.svg"));
    if let Some(logo) = frame.logo {
        element(&mut out, "logo", &frame.url(logo));
    }
    _ = writeln!(out, "<author><name>{}</name></author>", xml(frame.name));
    for page in pages {
        entry(&mut out, frame, page);
    }
    out.push_str("</feed>\n");
    out
}

fn entry(out: &mut String, frame: &Frame<'_>, page: &Page) {
    _ = writeln!(out, "<entry xml:lang=\"{}\">", xml(&page.language));
    element(out, "title", &page.title);
    element(out, "id", &id(frame, page));
    element(out, "published", &page.published_at.to_string());
    element(out, "updated", &page.updated_at.to_string());
    link(out, "alternate", "text/html", &frame.url(&view::href(page)), "");
    for source in page.sources.iter().filter(|source| view::is_web(&source.url)) {
        link(out, "via", "text/html", &source.url, &source.name);
    }
    if let Some(topic) = view::topic(page) {
        _ = writeln!(out, "<category term=\"{}\" label=\"{}\"/>", xml(&page.topic), xml(&topic.name));
    }
    element(out, "summary", &page.excerpt);
    _ = writeln!(out, "<content type=\"html\">{}</content>", xml(&content(frame, page)));
    out.push_str("</entry>\n");
}

fn element(out: &mut String, name: &str, text: &str) {
    _ = writeln!(out, "<{name}>{}</{name}>", xml(text));
}

fn link(out: &mut String, rel: &str, kind: &str, href: &str, title: &str) {
    _ = write!(out, "<link rel=\"{rel}\" type=\"{kind}\" href=\"{}\"", xml(href));
    if !title.is_empty() {
        _ = write!(out, " title=\"{}\"", xml(title));
    }
    out.push_str("/>\n");
}

fn write_json(frame: &Frame<'_>, pages: &[Page]) -> String {
    let items = pages.iter().map(|page| {
        json!({
            "id": id(frame, page),
            "url": frame.url(&view::href(page)),
            "title": page.title,
            "summary": page.excerpt,
            "content_html": content(frame, page),
            "date_published": page.published_at,
            "date_modified": page.updated_at,
            "language": page.language,
            "tags": view::topic(page).map(|topic| topic.name).into_iter().collect::<Vec<_>>(),
        })
    });
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": frame.name,
        "description": frame.tagline,
        "home_page_url": frame.url("/"),
        "feed_url": frame.url("/feed.json"),
        "favicon": frame.url("/favicon.svg"),
        "language": frame.lang,
        "authors": [{ "name": frame.name, "url": frame.url("/") }],
        "items": items.collect::<Vec<_>>(),
    });
    if let Some(logo) = frame.logo {
        feed["icon"] = frame.url(logo).into();
    }
    feed.to_string()
}

/// The body for readers elsewhere: links are whole, the sources stand below.
fn content(frame: &Frame<'_>, page: &Page) -> String {
    let local = view::without_remote_pictures(&page.html);
    let mut html = text::html::sanitize(&local, Some(frame.origin));
    if !page.sources.is_empty() {
        _ = write!(html, "<p>{}:</p><ul>", frame.words.sources);
        for source in &page.sources {
            let name = text::html::escape(&source.name);
            match view::is_web(&source.url) {
                true => _ = write!(html, "<li><a href=\"{}\">{name}</a></li>", text::html::escape(&source.url)),
                false => _ = write!(html, "<li>{name}</li>"),
            }
        }
        html.push_str("</ul>");
    }
    html
}

/// A name for the entry that outlives its address (RFC 4151).
fn id(frame: &Frame<'_>, page: &Page) -> String {
    let c = page.published_at.civil();
    format!("tag:{},{:04}-{:02}-{:02}:post/{}", authority(frame), c.year, c.month, c.day, page.id)
}

/// The host without its port.
fn authority<'a>(frame: &Frame<'a>) -> &'a str {
    let host = frame.origin.split_once("://").map_or("", |(_, host)| host);
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    if name.is_empty() { "localhost" } else { name }
}

/// `text` escaped, without the characters that XML 1.0 cannot hold.
pub(super) fn xml(text: &str) -> Cow<'_, str> {
    let bad = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(bad) {
        Cow::Owned(text::html::escape(&text.replace(bad, "")).into_owned())
    } else {
        text::html::escape(text)
    }
}
