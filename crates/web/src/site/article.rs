//! One page: an article with its sources, or one of the operator's own.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use desk::pages::{self, Page, tag};
use desk::posts::SourceRef;
use edge::Ready;
use http::StatusCode;
use std::time::Duration;

use super::failure::{self, Failure};
use super::frame::{self, ArticleHead, Frame, Head};
use super::view::{self, Card, Link, When};
use super::visit::{Visit, is_slug};
use super::{kept, missing, structured};
use crate::{App, SitePage};

const RELATED: usize = 4;
/// A page that is published on several channels changes a moment after its first appearance; readers
/// are told of a later change only.
const SAME_MOMENT: Duration = Duration::from_secs(60);

#[derive(Template)]
#[template(path = "site/article.html")]
struct Article<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    title: &'a str,
    /// Empty when the text itself begins with it.
    excerpt: &'a str,
    html: &'a str,
    topic: Option<Link>,
    published: When,
    updated: Option<When>,
    reading: String,
    lang: Option<String>,
    sources: Vec<Source<'a>>,
    related_title: String,
    related: Vec<Card>,
}

struct Source<'a> {
    name: &'a str,
    title: &'a str,
    /// Empty when there is none that can be linked to.
    url: &'a str,
}

#[derive(Template)]
#[template(path = "site/own.html")]
struct Own<'a> {
    frame: &'a Frame<'a>,
    head: Head,
    title: &'a str,
    html: &'a str,
}

/// `GET /{slug}`
pub(super) async fn get(State(app): State<App>, Path(slug): Path<String>, visit: Visit) -> Response {
    if !is_slug(&slug) {
        return missing(&app, &visit).await;
    }
    kept(&app, &visit, &format!("/{slug}")).await
}

/// The page with the tags of what it shows: known only now, they count from before the load began.
pub(super) async fn make(app: &App, visit: &Visit, slug: &str) -> Result<(Ready, Vec<String>), Failure> {
    let own = app.pages.own.pages(app);
    if let Some(page) = own.iter().find(|page| page.slug == slug) {
        return Ok((make_own(app, visit, page).await?, Vec::new()));
    }
    let shown = Shown::load(app, slug).await?;
    let frame = Frame::load(app, visit).await;
    let article = Article::new(&frame, &shown).render()?;
    Ok((failure::public(app, frame::html(StatusCode::OK, article)), shown.ids().map(tag).collect()))
}

/// An article and what is shown below it.
struct Shown {
    page: Page,
    html: String,
    related: Vec<Page>,
    /// Whether the related pages are of the article's topic.
    same_topic: bool,
}

impl Shown {
    async fn load(app: &App, slug: &str) -> Result<Shown, Failure> {
        let page = pages::by_slug(&app.desk, slug).await?.ok_or(Failure::Missing)?;
        let mut related = others(app, Some(&page.topic), &page).await?;
        let same_topic = !related.is_empty() && view::topic(&page).is_some();
        if !same_topic {
            related = others(app, None, &page).await?;
        }
        let html = view::without_remote_pictures(&page.html).into_owned();
        Ok(Shown { page, html, related, same_topic })
    }

    fn ids(&self) -> impl Iterator<Item = desk::PostId> {
        std::iter::once(self.page.id).chain(self.related.iter().map(|page| page.id))
    }
}

async fn others(app: &App, topic: Option<&str>, page: &Page) -> Result<Vec<Page>, Failure> {
    let mut others = pages::list(&app.desk, topic, None, RELATED + 1).await?;
    others.retain(|other| other.id != page.id);
    others.truncate(RELATED);
    Ok(others)
}

impl<'a> Article<'a> {
    fn new(frame: &'a Frame<'a>, shown: &'a Shown) -> Article<'a> {
        let page = &shown.page;
        let article = ArticleHead {
            published: page.published_at.to_string(),
            updated: page.updated_at.to_string(),
            topic: page.topic_name.clone(),
        };
        let is_updated = page.updated_at.since(page.published_at) >= SAME_MOMENT;
        let topic = view::topic(page);
        Article {
            frame,
            head: Head {
                title: page.title.clone(),
                description: page.excerpt.clone(),
                path: view::href(page),
                article: Some(article),
                json_ld: structured::article(frame, page),
            },
            title: &page.title,
            excerpt: if begins_with(&shown.html, &page.excerpt) { "" } else { &page.excerpt },
            html: &shown.html,
            published: view::moment(frame, page.published_at),
            updated: is_updated.then(|| view::moment(frame, page.updated_at)),
            reading: frame.words.reading(page.words, &page.language),
            lang: view::foreign(frame, page),
            sources: page.sources.iter().map(Source::new).collect(),
            related_title: match &topic {
                Some(topic) if shown.same_topic => frame.words.more_in(&topic.name),
                _ => frame.words.more_news.to_owned(),
            },
            related: shown.related.iter().map(|page| Card::new(frame, page)).collect(),
            topic,
        }
    }
}

impl<'a> Source<'a> {
    fn new(source: &'a SourceRef) -> Source<'a> {
        let url = if view::is_web(&source.url) { source.url.as_str() } else { "" };
        // A source without a title is linked by its name, one without a name by its title.
        let title = if source.title.trim().is_empty() { &source.name } else { &source.title };
        Source { name: &source.name, title, url }
    }
}

/// Whether a reader of the text has read the excerpt with its first words.
fn begins_with(html: &str, excerpt: &str) -> bool {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let excerpt = words(excerpt.trim().trim_end_matches(['…', '.']));
    let text = words(&text::html::to_text(html));
    let Some((last, rest)) = excerpt.split_last() else { return true };
    text.starts_with(rest) && text.get(rest.len()).is_some_and(|word| word.starts_with(last.as_str()))
}

async fn make_own(app: &App, visit: &Visit, page: &SitePage) -> Result<Ready, Failure> {
    let frame = Frame::load(app, visit).await;
    let head = Head { title: page.title.clone(), path: format!("/{}", page.slug), ..Head::hidden("") };
    let html = Own { frame: &frame, head, title: &page.title, html: &page.html }.render()?;
    Ok(failure::public(app, frame::html(StatusCode::OK, html)))
}
