//! Who sits at the desk.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use desk::people::{self, Action, Actor};
use guard::token::Session;
use http::request::Parts;

use super::failed::Failed;
use super::look::Look;
use super::show;
use crate::{App, auth};

/// Somebody who is signed in.
pub struct Person {
    pub actor: Actor,
    pub session: Session,
    pub look: Look,
}

/// What the person may do; decides what is shown, never what is done.
#[derive(Clone, Copy, Debug)]
pub struct Can {
    pub configure: bool,
    pub write: bool,
    pub judge: bool,
    pub publish: bool,
    pub operate: bool,
    pub admin: bool,
}

impl Person {
    pub fn can(&self) -> Can {
        let can = |action| self.actor.may(action).is_ok();
        Can {
            configure: can(Action::Configure),
            write: can(Action::Write),
            judge: can(Action::Judge),
            publish: can(Action::Publish),
            operate: can(Action::Operate),
            admin: can(Action::Admin),
        }
    }
}

/// The person whose session the request carries.
pub async fn find(parts: &mut Parts, app: &App) -> Result<Option<Person>, Failed> {
    let Some(token) = auth::cookie(&parts.headers) else { return Ok(None) };
    let Ok(session) = Session::parse(token) else { return Ok(None) };
    let found = people::resume(&app.desk, token).await?;
    Ok(found.map(|identity| Person { actor: identity.actor, session, look: Look::of(&parts.headers) }))
}

impl FromRequestParts<App> for Person {
    type Rejection = Response;

    /// Whoever is not signed in is sent to do so, and comes back to the page they wanted.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let wanted = parts.uri.path_and_query().map_or("/console", |path| path.as_str()).to_owned();
        match find(parts, app).await {
            Ok(Some(person)) => Ok(person),
            Ok(None) if wanted == "/console" => Err(Redirect::to("/console/sign-in").into_response()),
            Ok(None) => Err(Redirect::to(&format!("/console/sign-in?next={}", show::encode(&wanted))).into_response()),
            Err(failed) => Err(failed.into_response()),
        }
    }
}
