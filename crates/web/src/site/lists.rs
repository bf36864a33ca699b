//! Pages that list pages: the front page, older ones, topics, the archive, search results.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use desk::PostId;
use desk::pages::{self, Page, Topic};
use edge::Ready;
use http::{HeaderValue, StatusCode};
use stdx::Timestamp;

use super::failure::{self, Failure};
use super::frame::{self, Frame, Head};
use super::view::{self, Card, When};
use super::visit::{Visit, is_slug};
use super::{kept, missing, structured};
use crate::App;

/// The lead, two stories under it, the rail of headlines beside them, and rows of three below.
const HOME_PAGES: usize = 1 + SECONDS + RAIL + 12;
const SECONDS: usize = 2;
const RAIL: usize = 6;
const LIST_PAGES: usize = 20;
const ARCHIVE_PAGES: usize = 100;
const FOUND_MAX: usize = 40;
const QUERY_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "site/home.html")]
struct Home<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    lead: Option<Card>,
    seconds: Vec<Card>,
    rail: Vec<Card>,
    cards: Vec<Card>,
    topics: Vec<Topic>,
    /// When the newest page changed.
    updated: Option<When>,
    older: Option<String>,
}

/// `GET /`
pub(super) async fn home(State(app): State<App>, visit: Visit) -> Response {
    kept(&app, &visit, "/").await
}

pub(super) async fn make_home(app: &App, visit: &Visit) -> Result<Ready, Failure> {
    let frame = Frame::load(app, visit).await;
    let (pages, older) = load(app, None, None, HOME_PAGES, "/page").await?;
    let updated = pages.iter().map(|page| page.updated_at).max().map(|at| view::moment(&frame, at));
    let mut cards = pages.iter().map(|page| Card::new(&frame, page));
    let head = Head {
        title: frame.name.to_owned(),
        description: frame.tagline.to_owned(),
        path: "/".to_owned(),
        article: None,
        json_ld: structured::website(&frame),
    };
    let (lead, seconds) = (cards.next(), cards.by_ref().take(SECONDS).collect());
    let (rail, cards) = (cards.by_ref().take(RAIL).collect(), cards.collect());
    let topics = frame::topics(app).await.map(|all| all.to_vec()).unwrap_or_default();
    finish(app, &Home { frame: &frame, head, lead, seconds, rail, cards, topics, updated, older })
}

#[derive(Template)]
#[template(path = "site/list.html")]
struct List<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    title: String,
    cards: Vec<Card>,
    /// Where the first page of this list stands, on its later pages.
    newest: Option<String>,
    older: Option<String>,
}

/// `GET /page?after={slug}`: what follows that page, newest first.
pub(super) async fn page(State(app): State<App>, visit: Visit) -> Response {
    let after = match visit.after() {
        Ok(Some(after)) => after,
        Ok(None) => return Redirect::permanent("/").into_response(),
        Err(_) => return missing(&app, &visit).await,
    };
    kept(&app, &visit, &format!("/page?after={after}")).await
}

pub(super) async fn make_page(app: &App, visit: &Visit) -> Result<Ready, Failure> {
    let after = visit.after().ok().flatten().ok_or(Failure::Missing)?;
    let frame = Frame::load(app, visit).await;
    let cursor = Some(cursor(app, after).await?);
    let (pages, older) = load(app, None, cursor, LIST_PAGES, "/page").await?;
    let (title, path) = (frame.words.latest.to_owned(), format!("/page?after={after}"));
    let head = Head { title: title.clone(), path, description: frame.tagline.to_owned(), ..Head::hidden("") };
    let cards = pages.iter().map(|page| Card::new(&frame, page)).collect();
    finish(app, &List { frame: &frame, head, title, cards, newest: Some("/".to_owned()), older })
}

/// `GET /topic/{slug}`
pub(super) async fn topic(State(app): State<App>, Path(slug): Path<String>, visit: Visit) -> Response {
    let (true, Ok(after)) = (is_slug(&slug), visit.after()) else { return missing(&app, &visit).await };
    kept(&app, &visit, &with_cursor(&format!("/topic/{slug}"), after)).await
}

pub(super) async fn make_topic(app: &App, visit: &Visit, slug: &str) -> Result<Ready, Failure> {
    let (first, after) = (format!("/topic/{slug}"), visit.after().map_err(|_| Failure::Missing)?);
    let frame = Frame::load(app, visit).await;
    let cursor = match after {
        Some(after) => Some(cursor(app, after).await?),
        None => None,
    };
    let (pages, older) = load(app, Some(slug), cursor, LIST_PAGES, &first).await?;
    let title = pages.first().map(|page| page.topic_name.trim().to_owned()).filter(|name| !name.is_empty());
    let title = title.ok_or(Failure::Missing)?;
    let description = format!("{title} – {}", frame.tagline);
    let head = Head { title: title.clone(), path: with_cursor(&first, after), description, ..Head::hidden("") };
    // The heading names the topic already.
    let cards = pages.iter().map(|page| Card { topic: None, ..Card::new(&frame, page) }).collect();
    finish(app, &List { frame: &frame, head, title, cards, newest: after.map(|_| first.clone()), older })
}

#[derive(Template)]
#[template(path = "site/archive.html")]
struct Archive<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    months: Vec<Month>,
    newest: Option<String>,
    older: Option<String>,
}

struct Month {
    name: String,
    cards: Vec<Card>,
}

/// `GET /archive`: titles by month.
pub(super) async fn archive(State(app): State<App>, visit: Visit) -> Response {
    let Ok(after) = visit.after() else { return missing(&app, &visit).await };
    kept(&app, &visit, &with_cursor("/archive", after)).await
}

pub(super) async fn make_archive(app: &App, visit: &Visit) -> Result<Ready, Failure> {
    let after = visit.after().map_err(|_| Failure::Missing)?;
    let frame = Frame::load(app, visit).await;
    let cursor = match after {
        Some(after) => Some(cursor(app, after).await?),
        None => None,
    };
    let (pages, older) = load(app, None, cursor, ARCHIVE_PAGES, "/archive").await?;
    let mut months: Vec<Month> = Vec::new();
    for page in &pages {
        let name = frame.words.month(page.published_at);
        if months.last().is_none_or(|month| month.name != name) {
            months.push(Month { name, cards: Vec::new() });
        }
        months.last_mut().expect("a month was just pushed").cards.push(Card::new(&frame, page));
    }
    let (words, path) = (frame.words, with_cursor("/archive", after));
    let description = words.archive_text.to_owned();
    let head = Head { title: words.archive.to_owned(), path, description, ..Head::hidden("") };
    finish(app, &Archive { frame: &frame, head, months, newest: after.map(|_| "/archive".to_owned()), older })
}

fn with_cursor(path: &str, after: Option<&str>) -> String {
    after.map_or_else(|| path.to_owned(), |after| format!("{path}?after={after}"))
}

#[derive(Template)]
#[template(path = "site/search.html")]
struct Search<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    query: &'a str,
    cards: Vec<Card>,
    found: String,
}

/// `GET /search?q=…`: what a reader looks for is nobody else's business, so no cache keeps it.
pub(super) async fn search(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
    visit: Visit,
) -> Response {
    let query = pairs.into_iter().find(|(name, _)| name == "q").map(|(_, query)| query).unwrap_or_default();
    let query: String = query.trim().chars().filter(|c| !c.is_control()).take(QUERY_CHARS_MAX).collect();
    let pages = match pages::search(&app.desk, &query, FOUND_MAX).await {
        Ok(pages) => pages,
        Err(error) => return failure::answer(&app, &visit, &error.into()).await,
    };
    let frame = Frame::load(&app, &visit).await;
    let cards: Vec<Card> = pages.iter().map(|page| Card::new(&frame, page)).collect();
    let title =
        if query.is_empty() { frame.words.search.to_owned() } else { format!("{}: {query}", frame.words.search) };
    let found = frame.words.found(cards.len(), cards.len() == FOUND_MAX);
    let page = Search { frame: &frame, head: Head::hidden(&title), query: &query, cards, found };
    match page.render() {
        Ok(html) => {
            let ready = frame::html(StatusCode::OK, html);
            visit.answer(&ready.cache_control(HeaderValue::from_static("private, no-store")))
        }
        Err(error) => failure::answer(&app, &visit, &error.into()).await,
    }
}

fn finish(app: &App, page: &impl Template) -> Result<Ready, Failure> {
    Ok(failure::public(app, frame::html(StatusCode::OK, page.render()?)))
}

/// Where the list goes on after the page at `slug`. Only what stands on the site is a cursor, so
/// that there are no more lists to keep than pages.
async fn cursor(app: &App, slug: &str) -> Result<(Timestamp, PostId), Failure> {
    let page = pages::by_slug(&app.desk, slug).await?.ok_or(Failure::Missing)?;
    Ok((page.published_at, page.id))
}

/// Pages of a list, and the address of the next ones.
async fn load(
    app: &App,
    topic: Option<&str>,
    after: Option<(Timestamp, PostId)>,
    limit: usize,
    path: &str,
) -> Result<(Vec<Page>, Option<String>), Failure> {
    let mut pages = pages::list(&app.desk, topic, after, limit + 1).await?;
    let is_more = pages.len() > limit;
    pages.truncate(limit);
    let older = pages.last().filter(|_| is_more).map(|last| format!("{path}?after={}", last.slug));
    Ok((pages, older))
}
