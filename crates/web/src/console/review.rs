//! The moderation queue: what waits, oldest first, and the post that is being judged.

use askama::Template;
use axum::extract::State as FromState;
use axum::response::Response;
use desk::posts::{self, Cursor, Filter, Sort, State};
use desk::{PostId, Version};
use http::StatusCode;

use super::evidence::Evidence;
use super::failed::Failed;
use super::form::Fields;
use super::frame::{self, Frame, Notice};
use super::person::Person;
use super::show::{self, Html};
use crate::App;

/// Posts beside the one that is judged.
const PAGE: usize = 40;

/// What waits, as the list shows it.
pub struct Row {
    pub id: PostId,
    pub title: String,
    pub score: String,
    pub reason: String,
    pub waits: Html,
    pub is_chosen: bool,
    pub grounded: bool,
}

#[derive(Template)]
#[template(path = "console/review.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    chosen: Option<Evidence>,
    /// `3 of 12`
    position: String,
    previous: Option<String>,
    next: Option<String>,
    /// Where the list begins, for the forms to come back to.
    after: String,
    from: &'static str,
    desk: Bench,
}

/// What the person is doing to the chosen post.
#[derive(Clone, Debug, Default)]
pub struct Bench {
    pub notice: Option<Notice>,
    pub editing: Option<Editing>,
    pub rejecting: bool,
    pub reason: String,
}

/// The text in the form, as it is stored or as it was typed.
#[derive(Clone, Debug)]
pub struct Editing {
    /// The version that the text is written on.
    pub version: Version,
    pub title: String,
    pub excerpt: String,
    pub topic: String,
    pub body: String,
    /// How the typed text differs from the version that somebody else has saved meanwhile.
    pub against: Html,
}

impl Editing {
    pub fn stored(evidence: &Evidence) -> Editing {
        Editing {
            version: evidence.post.version,
            title: evidence.text.title.clone(),
            excerpt: evidence.text.excerpt.clone(),
            topic: evidence.post.topic.clone(),
            body: evidence.text.body.clone(),
            against: Html::default(),
        }
    }
}

/// Reasons that come up again and again.
pub const REASONS: [&str; 6] = [
    "Not supported by the sources",
    "Misleading headline",
    "Already covered",
    "Not relevant for our readers",
    "Reads badly, please rewrite",
    "Sources are not reliable enough",
];

/// `GET /console/review`
pub async fn show(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    draw(&app, &person, &query, None, Bench::default()).await
}

/// The queue with `chosen` (or what the address names, or the oldest) on the desk.
pub async fn draw(
    app: &App,
    person: &Person,
    query: &Fields,
    chosen: Option<PostId>,
    mut desk: Bench,
) -> Result<Response, Failed> {
    let after = query.parse::<PostId>("after");
    let mut waiting = posts::list(&app.desk, &person.actor, &waiting_from(after, PAGE + 1)).await?;
    let has_more = waiting.len() > PAGE;
    waiting.truncate(PAGE);
    let wanted = chosen.or_else(|| query.parse("post")).or_else(|| waiting.first().map(|post| post.id));
    let at = waiting.iter().position(|post| Some(post.id) == wanted);
    let chosen = match wanted {
        Some(id) => Some(Evidence::load(app, person, id, None).await?),
        None => None,
    };
    if let Some(evidence) = chosen.as_ref().filter(|_| desk.editing.is_none() && query.has("edit")) {
        desk.editing = (person.can().write && evidence.can_be_edited()).then(|| Editing::stored(evidence));
    }
    let now = app.desk.now();
    let start = after.map_or(String::new(), |after| after.to_string());
    let address = |id: PostId| format!("/console/review?post={id}{}", and_after(&start));
    let beyond = waiting.last().filter(|_| has_more).map(|last| format!("/console/review?after={}", last.id));
    let rows = waiting.iter().map(|post| Row {
        id: post.id,
        title: post.title.clone(),
        score: format!("{:.2}", post.score),
        reason: post.reason.clone(),
        waits: show::when(post.updated_at, now),
        is_chosen: Some(post.id) == wanted,
        grounded: post.grounded,
    });
    let status = desk.notice.as_ref().map_or(StatusCode::OK, |notice| notice.status);
    let title = chosen
        .as_ref()
        .map_or("Review".to_owned(), |evidence| format!("Review: {}", show::shorten(&evidence.text.title, 60)));
    let page = Page {
        rows: rows.collect(),
        position: at
            .map_or(String::new(), |at| format!("{} of {}{}", at + 1, waiting.len(), if has_more { "+" } else { "" })),
        previous: at.and_then(|at| at.checked_sub(1)).map(|at| address(waiting[at].id)),
        next: match at {
            Some(at) if at + 1 < waiting.len() => Some(address(waiting[at + 1].id)),
            Some(_) => beyond,
            None => waiting.first().filter(|_| chosen.is_some()).map(|post| address(post.id)),
        },
        after: start,
        from: "review",
        chosen,
        desk,
        frame: Frame::new(app, person, "review", &title, query).await?,
    };
    Ok(frame::page_with(status, &page))
}

/// Where to go on after a decision on `id`: the next one that waits, or the first.
pub async fn onward(app: &App, person: &Person, id: PostId, after: &str, said: &str) -> Result<String, Failed> {
    let next = posts::list(&app.desk, &person.actor, &waiting_from(Some(id), 1)).await?.first().map(|post| post.id);
    Ok(match next {
        Some(next) => format!("/console/review?post={next}{}&said={said}&of={id}", and_after(after)),
        None => format!("/console/review?said={said}&of={id}"),
    })
}

fn waiting_from(after: Option<PostId>, limit: usize) -> Filter {
    let after = after.map(Cursor::behind);
    Filter { states: vec![State::InReview], sort: Sort::Oldest, after, limit, ..Filter::default() }
}

fn and_after(after: &str) -> String {
    match after.parse::<PostId>() {
        Ok(after) => format!("&after={after}"),
        Err(_) => String::new(),
    }
}
