//! What stands around every page: places to go, what was just done, who is here.

use askama::Template;
use axum::response::{IntoResponse, Response};
use desk::PostId;
use desk::posts::{self, State};
use http::{HeaderValue, StatusCode, header};

use super::failed::Failed;
use super::form::Fields;
use super::look::Look;
use super::person::{Can, Person};
use super::show;
use crate::App;
use crate::assets::{CONSOLE_CSS, CONSOLE_JS};
use crate::problem::{self, Problem};

pub struct Frame {
    pub title: String,
    /// Which place of the navigation is lit.
    pub section: &'static str,
    pub site: String,
    pub name: String,
    pub role: &'static str,
    pub csrf: String,
    pub can: Can,
    pub look: Look,
    /// Posts that wait for a person.
    pub waiting: u64,
    pub flash: Option<Flash>,
    /// Where to come back to after a change of the look.
    pub here: String,
    pub css: &'static str,
    pub js: &'static str,
}

/// What the person has just done.
pub struct Flash {
    pub words: String,
    /// The post it was done to, and its title.
    pub post: Option<(PostId, String)>,
    /// How long the approval can still be taken back, in milliseconds.
    pub undo_ms: Option<u64>,
}

/// Something that went wrong with what the person has just sent.
#[derive(Clone, Debug)]
pub struct Notice {
    pub status: StatusCode,
    pub title: &'static str,
    pub detail: String,
}

impl Notice {
    pub fn new(failed: &Failed) -> Notice {
        let title = match failed.status() {
            StatusCode::PRECONDITION_FAILED => "There is a newer version",
            StatusCode::CONFLICT => "Its state has changed",
            StatusCode::UNPROCESSABLE_ENTITY => "Something is missing or wrong",
            StatusCode::FORBIDDEN => "This is not yours to do",
            _ => "That did not work",
        };
        Notice { status: failed.status(), title, detail: failed.detail().to_owned() }
    }
}

impl Frame {
    pub async fn new(
        app: &App,
        person: &Person,
        section: &'static str,
        title: &str,
        query: &Fields,
    ) -> Result<Frame, Failed> {
        let counts = posts::counts(&app.desk).await?;
        Ok(Frame {
            title: title.to_owned(),
            section,
            site: app.settings.name.clone(),
            name: person.actor.name.clone(),
            role: person.actor.role.name(),
            csrf: person.session.csrf(),
            can: person.can(),
            look: person.look,
            waiting: counts.get(State::InReview.name()).copied().unwrap_or_default(),
            flash: flash(app, query).await?,
            here: here(section),
            css: CONSOLE_CSS.href(),
            js: CONSOLE_JS.href(),
        })
    }
}

fn here(section: &str) -> String {
    if section == "overview" { "/console".to_owned() } else { format!("/console/{section}") }
}

/// Addresses carry a code and an id only, so that no link can put words into our mouth.
async fn flash(app: &App, query: &Fields) -> Result<Option<Flash>, Failed> {
    let words = match query.get("said") {
        "approved" => "Approved",
        "rejected" => "Sent back",
        "saved" => "Saved as a new version of",
        "withdrawn" => "The approval was taken back; it waits again:",
        "publishing" => "On its way to its channels:",
        "retracted" => "Taken off its channels:",
        "subscribed" => "The source is added and is being read for the first time.",
        "paused" => "The source is paused.",
        "resumed" => "The source is read again.",
        "fetching" => "Being fetched now; new items appear as they come.",
        "retried" => "The job is due again.",
        "cancelled" => "The job is cancelled.",
        "ending" => "The job is asked to end.",
        "purged" => "The dead letter is deleted.",
        "queue" => "The queue is changed.",
        "queue-paused" => "The queue is paused: nothing of it is started.",
        "queue-resumed" => "The queue goes on.",
        "scheduled" => "The schedule is added.",
        "rests" => "The schedule is paused.",
        "goes-on" => "The schedule goes on with its next time.",
        "unscheduled" => "The schedule is removed.",
        "revoked" => "The key works no more.",
        "retried-all" => "Due again:",
        "purged-all" => "Deleted for good:",
        "cancelled-all" => "Cancelled:",
        _ => return Ok(None),
    };
    let mut flash = Flash { words: words.to_owned(), post: None, undo_ms: None };
    if let Some(count) = query.parse::<u64>("count").filter(|_| words.ends_with(':')) {
        flash.words = format!("{words} {}.", show::count(count, "job", "jobs"));
    }
    if let Some(id) = query.parse::<PostId>("of") {
        // A post that is gone by now is no reason to fail.
        if let Ok(post) = posts::get(&mut app.desk.store.read_fresh(), id).await {
            let left = post.due_at.map_or(0, |due| due.since(app.desk.now()).as_millis() as u64);
            flash.undo_ms =
                (query.get("said") == "approved" && post.state == State::Scheduled && left > 0).then_some(left);
            flash.post = Some((id, show::shorten(&post.title, 80)));
        }
    }
    Ok(Some(flash))
}

/// 200 with a page.
pub fn page<T: Template>(template: &T) -> Response {
    page_with(StatusCode::OK, template)
}

pub fn page_with<T: Template>(status: StatusCode, template: &T) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = (status, html).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response
        }
        Err(error) => Failed::from(Problem::new(&problem::INTERNAL, format!("the page could not be drawn: {error}")))
            .into_response(),
    }
}
