//! Content: all posts by state, and one post with its versions, decisions, events and deliveries.

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::Response;
use desk::events::{self, Event};
use desk::posts::{self, Cursor, DeliveryState, Filter, Life, State};
use desk::{ChannelId, PostId, Version, channels, moderation};
use http::StatusCode;

use super::evidence::Evidence;
use super::failed::Failed;
use super::form::{Fields, id};
use super::frame::{self, Frame};
use super::person::Person;
use super::review::{Bench, Editing};
use super::show::{self, Html};
use crate::App;

const PAGE: usize = 50;
const EVENTS_MAX: usize = 100;

pub struct Row {
    pub id: PostId,
    pub title: String,
    pub state: Html,
    pub topic: String,
    pub score: String,
    pub version: Version,
    pub edited: bool,
    pub updated: Html,
}

/// A state to filter by, with how many posts are in it.
pub struct Tab {
    pub name: &'static str,
    pub words: String,
    pub count: u64,
    pub is_chosen: bool,
}

#[derive(Template)]
#[template(path = "console/posts.html")]
struct List {
    frame: Frame,
    tabs: Vec<Tab>,
    all: u64,
    state: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
}

/// `GET /console/posts?state=…&after=…`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    let state = query.parse::<State>("state");
    let after = query.parse::<PostId>("after");
    let states = state.into_iter().collect();
    let filter = Filter { states, after: after.map(Cursor::behind), limit: PAGE + 1, ..Filter::default() };
    let mut found = posts::list(&app.desk, &person.actor, &filter).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let chosen = state.map_or("", State::name);
    let next = found.last().filter(|_| has_more).map(|last| format!("/console/posts?state={chosen}&after={}", last.id));
    let counts = posts::counts(&app.desk).await?;
    let tabs = State::ALL.into_iter().map(|state| Tab {
        name: state.name(),
        words: state.name().replace('_', " "),
        count: counts.get(state.name()).copied().unwrap_or_default(),
        is_chosen: state.name() == chosen,
    });
    let page = List {
        tabs: tabs.collect(),
        all: counts.values().sum(),
        state: chosen,
        rows: rows(&found, app.desk.now()),
        next,
        is_first: after.is_none(),
        frame: Frame::new(&app, &person, "posts", "Content", &query).await?,
    };
    Ok(frame::page(&page))
}

pub fn rows(found: &[posts::Post], now: stdx::Timestamp) -> Vec<Row> {
    let row = |post: &posts::Post| Row {
        id: post.id,
        title: post.title.clone(),
        state: show::state(post.state),
        topic: post.topic.clone(),
        score: format!("{:.2}", post.score),
        version: post.version,
        edited: post.edited,
        updated: show::when(post.updated_at, now),
    };
    found.iter().map(row).collect()
}

struct VersionRow {
    version: Version,
    title: String,
    by: String,
    at: Html,
    score: String,
    marks: Vec<&'static str>,
    is_shown: bool,
}

struct Decision {
    version: Version,
    word: Html,
    by: String,
    reason: String,
    at: Html,
}

struct Moment {
    words: String,
    by: String,
    at: Html,
}

struct DeliveryRow {
    channel: String,
    state: Html,
    version: Version,
    /// Where it can be seen, as far as that is one of our own pages.
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "console/post.html")]
struct Page {
    frame: Frame,
    e: Evidence,
    desk: Bench,
    versions: Vec<VersionRow>,
    decisions: Vec<Decision>,
    moments: Vec<Moment>,
    deliveries: Vec<DeliveryRow>,
    show_changes: bool,
    due: Html,
    from: &'static str,
    after: &'static str,
}

/// `GET /console/posts/{id}?version=…&changes=1&edit=1`
pub async fn show(
    FromState(app): FromState<App>,
    Path(post): Path<String>,
    person: Person,
    query: Fields,
) -> Result<Response, Failed> {
    draw(&app, &person, &query, id("post", &post)?, Bench::default()).await
}

pub async fn draw(
    app: &App,
    person: &Person,
    query: &Fields,
    id: PostId,
    mut bench: Bench,
) -> Result<Response, Failed> {
    let desk = &app.desk;
    let chosen = Evidence::load(app, person, id, query.parse("version")).await?;
    if bench.editing.is_none()
        && query.has("edit")
        && person.can().write
        && chosen.can_be_edited()
        && chosen.is_newest()
    {
        bench.editing = Some(Editing::stored(&chosen));
    }
    let mut conn = desk.store.read_fresh();
    let versions = posts::versions(&mut conn, id).await?;
    let reviews = moderation::reviews(&mut conn, id).await?;
    let log = events::stream(&mut conn, id).await?;
    let channels = channels::list(&mut conn).await?;
    let actors = log.iter().map(|recorded| &recorded.actor);
    let by = actors.chain(versions.iter().map(|v| &v.by)).chain(reviews.iter().map(|r| &r.by)).cloned().collect();
    let names = posts::names(&mut conn, by).await?;
    drop(conn);
    let who = |by: &str| show::who(by, &person.actor, &names);
    let channel =
        |id: ChannelId| channels.iter().find(|c| c.id == id).map_or_else(|| id.to_string(), |c| c.name.clone());
    let now = desk.now();
    let life = Life::of(&log);
    let post = &chosen.post;
    let version_row = |v: &posts::VersionView| VersionRow {
        version: v.version,
        title: v.title.clone(),
        by: who(&v.by),
        at: show::when(v.created_at, now),
        score: format!("{:.2}", v.score),
        marks: [
            (post.published_version, "published"),
            (post.approved_version, "approved"),
            (Some(post.version), "newest"),
        ]
        .into_iter()
        .filter_map(|(version, word)| (version == Some(v.version)).then_some(word))
        .collect(),
        is_shown: v.version == chosen.text.version,
    };
    let delivery_row = |(id, delivery): (&ChannelId, &posts::Delivery)| {
        let of = channels.iter().find(|c| c.id == *id);
        let is_here = delivery.state == DeliveryState::Live && of.is_some_and(|c| c.kind == "site");
        DeliveryRow {
            channel: channel(*id),
            state: delivery_state(delivery.state),
            version: delivery.version,
            href: delivery.remote_id.as_ref().filter(|_| is_here).map(|slug| format!("/{}", show::encode(slug))),
        }
    };
    let page = Page {
        versions: versions.iter().map(version_row).collect(),
        decisions: reviews
            .iter()
            .map(|review| Decision {
                version: review.version,
                word: decision(&review.decision),
                by: who(&review.by),
                reason: review.reason.clone(),
                at: show::when(review.at, now),
            })
            .collect(),
        moments: log
            .iter()
            .rev()
            .take(EVENTS_MAX)
            .map(|recorded| Moment {
                words: words(&recorded.event, &channel),
                by: who(&recorded.actor),
                at: show::when(recorded.at, now),
            })
            .collect(),
        deliveries: life.deliveries.iter().map(delivery_row).collect(),
        show_changes: query.has("changes"),
        due: show::when_some(post.due_at, now),
        from: "post",
        after: "",
        frame: Frame::new(app, person, "posts", &show::shorten(&chosen.text.title, 60), query).await?,
        desk: bench,
        e: chosen,
    };
    let status = page.desk.notice.as_ref().map_or(StatusCode::OK, |notice| notice.status);
    Ok(frame::page_with(status, &page))
}

fn decision(word: &str) -> Html {
    match word {
        "approved" => show::badge("✓", "ok", "approved"),
        "endorsed" => show::badge("✓", "quiet", "approved by one of two"),
        "rejected" => show::badge("✕", "bad", "sent back"),
        "held" => show::badge("◐", "warn", "left to a person"),
        "withdrawn" => show::badge("↶", "quiet", "taken back"),
        "reopened" => show::badge("↶", "quiet", "opened again"),
        other => show::badge("·", "quiet", other),
    }
}

fn delivery_state(state: DeliveryState) -> Html {
    match state {
        DeliveryState::Live => show::badge("●", "ok", "live"),
        DeliveryState::Failed => show::badge("!", "bad", "failed"),
        DeliveryState::Unknown => show::badge("?", "warn", "unknown"),
        other => show::badge("▸", "quiet", other.name()),
    }
}

fn words(event: &Event, channel: &impl Fn(ChannelId) -> String) -> String {
    match event {
        Event::Created { story: Some(_), .. } => "Begun from a story".to_owned(),
        Event::Created { story: None, .. } => "Begun".to_owned(),
        Event::VersionAdded { version } => format!("Version {version} written"),
        Event::Submitted { version } => format!("Version {version} submitted for review"),
        Event::Endorsed { version, .. } => format!("Version {version} approved by the first of two people"),
        Event::Approved { version, automatic: true } => format!("Version {version} approved by the policy"),
        Event::Approved { version, automatic: false } => format!("Version {version} approved by a person"),
        Event::Rejected { version } => format!("Version {version} sent back"),
        Event::ApprovalWithdrawn { version } => format!("Approval of version {version} taken back"),
        Event::Scheduled { version, due_at } => format!("Version {version} scheduled for {}", show::utc(*due_at)),
        Event::Rescheduled { version, due_at } => format!("Version {version} moved to {}", show::utc(*due_at)),
        Event::Reopened {} => "Opened again as a draft".to_owned(),
        Event::PublishingStarted { version } => format!("Publishing of version {version} started"),
        Event::DeliveryStarted { channel: id, version, .. } => {
            format!("Delivery of version {version} to {} started", channel(*id))
        }
        Event::DeliveryLive { channel: id, version, .. } => format!("Version {version} is live on {}", channel(*id)),
        Event::DeliveryFailed { channel: id, version } => {
            format!("Delivery of version {version} to {} failed", channel(*id))
        }
        Event::DeliveryWithdrawn { channel: id } => format!("Taken off {}", channel(*id)),
        Event::Published { version } => format!("Version {version} published"),
        Event::PublishingFailed { version } => format!("Publishing of version {version} failed"),
        Event::Retracted {} => "Retracted".to_owned(),
    }
}
