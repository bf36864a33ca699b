//! What search engines read first: the site map and the rules for robots.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use desk::pages;
use edge::Ready;
use stdx::Timestamp;

use super::failure::Failure;
use super::feeds::{made, xml};
use super::frame;
use super::kept;
use super::visit::Visit;
use crate::App;

/// The limit of the protocol (sitemaps.org).
const ADDRESSES_MAX: usize = 50_000;
const CHUNK: usize = 500;

/// `GET /sitemap.xml`
pub(super) async fn sitemap(State(app): State<App>, visit: Visit) -> Response {
    kept(&app, &visit, "/sitemap.xml").await
}

pub(super) async fn make_sitemap(app: &App, visit: &Visit) -> Result<Ready, Failure> {
    let mut map = Map { out: String::with_capacity(16_384), origin: &visit.origin, left: ADDRESSES_MAX };
    map.out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    map.out.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    let (_, changed_at) = pages::summary(&app.desk).await?;
    map.add("/", changed_at);
    map.add("/archive", changed_at);
    for page in app.pages.own.pages(app).iter() {
        map.add(&format!("/{}", page.slug), None);
    }
    for topic in frame::topics(app).await.iter().flat_map(|all| all.iter()) {
        map.add(&format!("/topic/{}", topic.slug), None);
    }
    let mut after = None;
    while map.left > 0 {
        let chunk = pages::list(&app.desk, None, after, CHUNK).await?;
        for page in &chunk {
            map.add(&format!("/{}", page.slug), Some(page.updated_at));
        }
        after = chunk.last().map(|page| (page.published_at, page.id));
        if chunk.len() < CHUNK {
            break;
        }
    }
    map.out.push_str("</urlset>\n");
    Ok(made(app, "application/xml; charset=utf-8", map.out))
}

struct Map<'a> {
    out: String,
    origin: &'a str,
    left: usize,
}

impl Map<'_> {
    fn add(&mut self, path: &str, changed_at: Option<Timestamp>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        _ = write!(self.out, "<url><loc>{}{}</loc>", xml(self.origin), xml(path));
        if let Some(at) = changed_at {
            _ = write!(self.out, "<lastmod>{at}</lastmod>");
        }
        self.out.push_str("</url>\n");
    }
}

/// `GET /robots.txt`
pub(super) async fn robots(State(app): State<App>, visit: Visit) -> Response {
    kept(&app, &visit, "/robots.txt").await
}

pub(super) fn make_robots(app: &App, visit: &Visit) -> Ready {
    let rules = "User-agent: *\nDisallow: /api/\nDisallow: /console\nDisallow: /search\n";
    let body = format!("{rules}\nSitemap: {}/sitemap.xml\n", visit.origin);
    made(app, "text/plain; charset=utf-8", body)
}
