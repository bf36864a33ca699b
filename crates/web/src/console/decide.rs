//! Decisions on a post. What cannot be done leaves the person where they were, with the reason and
//! with everything they typed.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use desk::calendar::When;
use desk::moderation::{self, Edit};
use desk::posts;
use desk::{PostId, Version};
use http::StatusCode;

use super::changes;
use super::failed::Failed;
use super::form::{Fields, Posted, id};
use super::frame::Notice;
use super::person::Person;
use super::review::{self, Bench, Editing};
use super::show::Html;
use crate::App;
use crate::problem::{self, Problem};

/// `POST /console/posts/{id}/approval`
pub async fn approve(
    State(app): State<App>,
    Path(post): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let post = id("post", &post)?;
    let done = match version(&fields) {
        Ok(version) => {
            moderation::approve(&app.desk, &person.actor, post, version, When::Soon).await.map_err(Failed::from)
        }
        Err(failed) => Err(failed),
    };
    match done {
        Ok(_) => onward(&app, &person, &fields, post, "approved").await,
        Err(failed) => stay(&app, &person, &fields, post, &failed, Bench::default()).await,
    }
}

/// `POST /console/posts/{id}/approval/withdrawal`: the undo.
pub async fn withdraw(
    State(app): State<App>,
    Path(post): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let post = id("post", &post)?;
    match moderation::withdraw_approval(&app.desk, &person.actor, post).await {
        Ok(_) if fields.get("from") == "review" => {
            Ok(Redirect::to(&format!("/console/review?post={post}&said=withdrawn&of={post}")).into_response())
        }
        Ok(_) => Ok(to_post(post, "withdrawn")),
        Err(error) => stay(&app, &person, &fields, post, &error.into(), Bench::default()).await,
    }
}

/// `POST /console/posts/{id}/rejection`
pub async fn reject(
    State(app): State<App>,
    Path(post): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let post = id("post", &post)?;
    let reason = match (fields.get("quick"), fields.get("reason").trim()) {
        ("", typed) => typed.to_owned(),
        (quick, "") => quick.to_owned(),
        (quick, typed) => format!("{quick}: {typed}"),
    };
    let done = match version(&fields) {
        Ok(_) if reason.is_empty() => {
            Err(Failed::from(Problem::new(&problem::INVALID, "Say why it goes back: choose a reason or write one.")))
        }
        Ok(version) => moderation::reject(&app.desk, &person.actor, post, version, &reason).await.map_err(Failed::from),
        Err(failed) => Err(failed),
    };
    match done {
        Ok(_) => onward(&app, &person, &fields, post, "rejected").await,
        Err(failed) => {
            let bench = Bench { rejecting: true, reason: fields.get("reason").to_owned(), ..Bench::default() };
            stay(&app, &person, &fields, post, &failed, bench).await
        }
    }
}

/// `POST /console/posts/{id}/versions`: a new version by a person, approved in the same step if so wished.
pub async fn edit(
    State(app): State<App>,
    Path(post): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let post = id("post", &post)?;
    let typed = |name: &str| Some(fields.get(name).to_owned());
    let edit = Edit { title: typed("title"), excerpt: typed("excerpt"), body: typed("body"), topic: typed("topic") };
    let approve = fields.get("then") == "approve";
    let done = match version(&fields) {
        Ok(version) if approve => {
            moderation::edit_and_approve(&app.desk, &person.actor, post, version, edit, When::Soon)
                .await
                .map_err(Failed::from)
        }
        Ok(version) => moderation::edit(&app.desk, &person.actor, post, version, edit).await.map_err(Failed::from),
        Err(failed) => Err(failed),
    };
    match done {
        Ok(_) if approve => onward(&app, &person, &fields, post, "approved").await,
        Ok(_) if fields.get("from") == "review" => {
            let address = format!(
                "/console/review?post={post}&after={}&said=saved&of={post}",
                super::show::encode(fields.get("after"))
            );
            Ok(Redirect::to(&address).into_response())
        }
        Ok(_) => Ok(to_post(post, "saved")),
        Err(failed) => {
            let editing = Some(retyped(&app, &fields, post, &failed).await?);
            stay(&app, &person, &fields, post, &failed, Bench { editing, ..Bench::default() }).await
        }
    }
}

/// `POST /console/posts/{id}/versions/{version}/restoration`: an old text as a new version.
pub async fn restore(
    State(app): State<App>,
    Path((post, old)): Path<(String, String)>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let (post, old) = (id("post", &post)?, id("version", &old)?);
    let done = match version(&fields) {
        Ok(newest) => moderation::restore(&app.desk, &person.actor, post, newest, old).await.map_err(Failed::from),
        Err(failed) => Err(failed),
    };
    match done {
        Ok(_) => Ok(to_post(post, "saved")),
        Err(failed) => stay(&app, &person, &fields, post, &failed, Bench::default()).await,
    }
}

/// `POST /console/posts/{id}/publication`
pub async fn publish(
    State(app): State<App>,
    Path(post): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let post = id("post", &post)?;
    match moderation::publish_now(&app.desk, &person.actor, post).await {
        Ok(_) => Ok(to_post(post, "publishing")),
        Err(error) => stay(&app, &person, &fields, post, &error.into(), Bench::default()).await,
    }
}

/// `POST /console/posts/{id}/retraction`
pub async fn retract(
    State(app): State<App>,
    Path(post): Path<String>,
    Posted { person, fields }: Posted,
) -> Result<Response, Failed> {
    let post = id("post", &post)?;
    match moderation::retract(&app.desk, &person.actor, post).await {
        Ok(_) => Ok(to_post(post, "retracted")),
        Err(error) => stay(&app, &person, &fields, post, &error.into(), Bench::default()).await,
    }
}

fn version(fields: &Fields) -> Result<Version, Failed> {
    let missing = || Failed::from(Problem::new(&problem::INVALID, "the form does not say which version it is about"));
    fields.parse("version").ok_or_else(missing)
}

/// What was typed, now on top of the newest version: saving again is then a decision, not an accident.
async fn retyped(app: &App, fields: &Fields, post: PostId, failed: &Failed) -> Result<Editing, Failed> {
    let mut conn = app.desk.store.read_fresh();
    let newest = posts::get(&mut conn, post).await?.version;
    let body = fields.get("body").to_owned();
    let against = if failed.status() == StatusCode::PRECONDITION_FAILED {
        changes::marked(&posts::version(&mut conn, post, newest).await?.body, &body)
    } else {
        Html::default()
    };
    Ok(Editing {
        version: newest,
        title: fields.get("title").to_owned(),
        excerpt: fields.get("excerpt").to_owned(),
        topic: fields.get("topic").to_owned(),
        body,
        against,
    })
}

async fn onward(app: &App, person: &Person, fields: &Fields, post: PostId, said: &str) -> Result<Response, Failed> {
    if fields.get("from") != "review" {
        return Ok(to_post(post, said));
    }
    let address = review::onward(app, person, post, fields.get("after"), said).await?;
    Ok(Redirect::to(&address).into_response())
}

/// The page the person came from, with what went wrong on top.
async fn stay(
    app: &App,
    person: &Person,
    fields: &Fields,
    post: PostId,
    failed: &Failed,
    mut bench: Bench,
) -> Result<Response, Failed> {
    bench.notice = Some(Notice::new(failed));
    if fields.get("from") == "review" {
        review::draw(app, person, fields, Some(post), bench).await
    } else {
        super::posts::draw(app, person, &Fields::default(), post, bench).await
    }
}

fn to_post(post: PostId, said: &str) -> Response {
    Redirect::to(&format!("/console/posts/{post}?said={said}&of={post}")).into_response()
}
