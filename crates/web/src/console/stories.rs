//! Stories: which items tell the same news, side by side.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::Response;
use desk::{PostId, StoryId, items, posts, stories};

use super::failed::Failed;
use super::form::{Fields, id};
use super::frame::{self, Frame};
use super::person::Person;
use super::show::{self, Html};
use crate::App;

const PAGE: u32 = 50;
/// Items that are shown beside each other.
const ITEMS: u32 = 50;
const TEXT_CHARS: usize = 1_500;

struct Row {
    id: StoryId,
    title: String,
    items: String,
    sources: String,
    because: String,
    last: Html,
    post: Option<PostId>,
}

fn row(story: &stories::Story, now: stdx::Timestamp) -> Row {
    Row {
        id: story.id,
        title: story.title.clone(),
        items: show::count(story.items.into(), "item", "items"),
        sources: show::count(story.sources.into(), "source", "sources"),
        because: story.because.clone(),
        last: show::when(story.last_at, now),
        post: story.post,
    }
}

#[derive(Template)]
#[template(path = "console/stories.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
}

/// `GET /console/stories`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    let after = query.parse::<StoryId>("after");
    let mut found = stories::list(&app.desk, &person.actor, after, PAGE + 1).await?;
    let has_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let now = app.desk.now();
    let page = List {
        rows: found.iter().map(|story| row(story, now)).collect(),
        next: found.last().filter(|_| has_more).map(|last| format!("/console/stories?after={}", last.id)),
        is_first: after.is_none(),
        frame: Frame::new(&app, &person, "stories", "Stories", &query).await?,
    };
    Ok(frame::page(&page))
}

struct ItemCard {
    title: String,
    source: String,
    source_id: String,
    url: Option<String>,
    published: Html,
    standing: Html,
    authors: String,
    text: String,
}

#[derive(Template)]
#[template(path = "console/story.html")]
struct Page {
    frame: Frame,
    row: Row,
    post: Option<(PostId, Html, String)>,
    items: Vec<ItemCard>,
}

/// `GET /console/stories/{id}`
pub async fn show(
    FromState(app): FromState<App>,
    Path(story): Path<String>,
    person: Person,
    query: Fields,
) -> Result<Response, Failed> {
    let id = id::<StoryId>("story", &story)?;
    let desk = &app.desk;
    let mut conn = desk.store.read_fresh();
    let story = stories::get(&mut conn, id).await?;
    let post = match story.post {
        Some(post) => {
            let post = posts::get(&mut conn, post).await?;
            Some((post.id, show::state(post.state), post.title))
        }
        None => None,
    };
    drop(conn);
    let filter = items::Filter { source: None, story: Some(id) };
    let mut found = items::list(desk, &person.actor, filter, None, ITEMS).await?;
    found.sort_by_key(|item| (item.published_at, item.id));
    let now = desk.now();
    let card = |item: &items::Item| ItemCard {
        title: item.title.clone(),
        source: item.source_name.clone(),
        source_id: item.source.to_string(),
        url: item.url.as_deref().and_then(show::link),
        published: show::when(item.published_at, now),
        standing: match item.standing {
            items::Standing::Copy => show::badge("=", "quiet", "copy"),
            _ => Html::default(),
        },
        authors: item.authors.join(", "),
        text: show::shorten(&item.text, TEXT_CHARS),
    };
    let page = Page {
        row: row(&story, now),
        post,
        items: found.iter().map(card).collect(),
        frame: Frame::new(&app, &person, "stories", &show::shorten(&story.title, 60), &query).await?,
    };
    Ok(frame::page(&page))
}
