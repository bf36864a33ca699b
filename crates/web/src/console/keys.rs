//! Keys: who may come in, and as what.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State as FromState};
use axum::response::{IntoResponse, Redirect, Response};
use desk::KeyId;
use desk::people::{self, ApiKey, NewKey, Principal};
use guard::role::Role;
use http::StatusCode;

use super::failed::Failed;
use super::form::{Fields, Posted, id};
use super::frame::{self, Frame, Notice};
use super::person::Person;
use super::show::{self, Html};
use crate::App;
use crate::problem::{self, Problem};

struct Row {
    id: KeyId,
    name: String,
    prefix: String,
    role: String,
    state: Html,
    created: Html,
    used: Html,
    expires: Html,
    works: bool,
    is_own: bool,
}

#[derive(Template)]
#[template(path = "console/keys.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// The name of a new key, and the key itself: shown this once.
    made: Option<(String, String)>,
    notice: Option<Notice>,
    name: String,
    role: String,
    roles: [(&'static str, &'static str); 5],
}

const ROLES: [(&str, &str); 5] = [
    ("viewer", "reads everything on the desk"),
    ("author", "writes and edits"),
    ("moderator", "judges, edits and publishes"),
    ("editor", "all of that, and sources and jobs"),
    ("admin", "all of that, and keys"),
];

/// `GET /console/keys`
pub async fn list(FromState(app): FromState<App>, person: Person, query: Fields) -> Result<Response, Failed> {
    draw(&app, &person, &query, None, None).await
}

async fn draw(
    app: &App,
    person: &Person,
    fields: &Fields,
    made: Option<(String, String)>,
    notice: Option<Notice>,
) -> Result<Response, Failed> {
    let now = app.desk.now();
    let row = |key: &ApiKey| {
        let (state, works) = if key.revoked_at.is_some() {
            (show::badge("✕", "quiet", "revoked"), false)
        } else if key.expires_at.is_some_and(|at| at <= now) {
            (show::badge("–", "quiet", "expired"), false)
        } else {
            (show::badge("●", "ok", "works"), true)
        };
        Row {
            id: key.id,
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            role: role_of(key),
            state,
            created: show::when(key.created_at, now),
            used: show::when_some(key.last_used_at, now),
            expires: show::when_some(key.expires_at, now),
            works,
            is_own: person.actor.principal == Principal::Key(key.id),
        }
    };
    let rows = people::list_keys(&app.desk, &person.actor).await?.iter().map(row).collect();
    let status = notice.as_ref().map_or(StatusCode::OK, |notice| notice.status);
    let typed = made.is_none();
    let page = Page {
        rows,
        made,
        notice,
        name: if typed { fields.get("name").to_owned() } else { String::new() },
        role: if fields.has("role") { fields.get("role").to_owned() } else { "moderator".to_owned() },
        roles: ROLES,
        frame: Frame::new(app, person, "keys", "Keys", fields).await?,
    };
    Ok(frame::page_with(status, &page))
}

/// The role, and which part of it where it is not the whole.
fn role_of(key: &ApiKey) -> String {
    if key.scopes == key.role.scopes() { key.role.to_string() } else { format!("{}: {}", key.role, key.scopes) }
}

/// `POST /console/keys`: the answer shows the key, and nothing ever does again.
pub async fn create(FromState(app): FromState<App>, Posted { person, fields }: Posted) -> Result<Response, Failed> {
    let role = Role::ALL.into_iter().find(|role| role.name() == fields.get("role"));
    let lasts = match fields.get("days") {
        "" => Ok(None),
        days => days
            .parse::<u64>()
            .ok()
            .filter(|days| (1..=3_650).contains(days))
            .map(|days| Some(Duration::from_secs(days * 86_400)))
            .ok_or(()),
    };
    let wrong = |detail: &str| Failed::from(Problem::new(&problem::INVALID, detail));
    let made = match (role, lasts) {
        (None, _) => Err(wrong("choose a role")),
        (_, Err(())) => Err(wrong("the days must be 1 to 3650, or empty for a key that lasts")),
        (Some(role), Ok(lasts)) => {
            let new = NewKey { lasts, ..NewKey::new(fields.get("name"), role) };
            people::create_key(&app.desk, &person.actor, new).await.map_err(Failed::from)
        }
    };
    match made {
        Ok((key, secret)) => draw(&app, &person, &fields, Some((key.name, secret.reveal().to_owned())), None).await,
        Err(failed) => draw(&app, &person, &fields, None, Some(Notice::new(&failed))).await,
    }
}

/// `POST /console/keys/{id}/revocation`
pub async fn revoke(
    FromState(app): FromState<App>,
    Path(key): Path<String>,
    Posted { person, .. }: Posted,
) -> Result<Response, Failed> {
    people::revoke_key(&app.desk, &person.actor, id::<KeyId>("key", &key)?).await?;
    Ok(Redirect::to("/console/keys?said=revoked").into_response())
}
