//! `/session`: signing in and out, and who one is.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desk::people::{self, Principal};
use http::StatusCode;
use serde::Serialize;
use stdx::Timestamp;
use stdx::config::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::{self, Role, Scope, Time, request};
use crate::App;
use crate::auth::{self, Caller, Credentials};
use crate::problem::{self, Problem};
use crate::respond::{Asked, Stranger, json};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, create, delete)).routes(routes!(change_password))
}

/// Who is asking, and what they may do.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// As events name them: `user:` or `key:` and the id.
    principal: String,
    #[schema(value_type = view::Principal)]
    kind: &'static str,
    id: String,
    name: String,
    /// Of a user.
    email: Option<String>,
    #[schema(value_type = Role)]
    role: guard::role::Role,
    #[schema(value_type = Vec<Scope>)]
    may: Vec<guard::role::Scope>,
    /// To be sent as `X-CSRF-Token` with every call that changes something; `null` for a key in the header, which
    /// needs none.
    csrf: Option<String>,
    /// When the session ends if nobody uses it, or the key at last; `null` for a key that lasts.
    #[schema(value_type = Option<Time>)]
    expires_at: Option<Timestamp>,
    /// As the preference `look` has it.
    language: Option<String>,
    /// As the preference `look` has it.
    theme: Option<String>,
    /// The calendar's zone, a name of the IANA time zone database.
    time_zone: String,
    /// How long a decision can be taken back before it takes effect, in milliseconds.
    undo_ms: u64,
    site_name: String,
    version: &'static str,
}

request! {
    /// An address and a password, or a key.
    SignIn {
        email: Option<String>,
        password: Option<Secret> as Option<String>,
        key: Option<Secret> as Option<String>,
    }
}

request! {
    /// The password one has, and the one to have.
    NewPassword {
        current: Secret as String,
        /// 12 to 200 characters.
        new: Secret as String,
    }
}

/// Tells who is asking.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session)))]
async fn show(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    Ok(json(&session(&app, &caller).await?))
}

/// Signs in: opens a session and sets its cookie. A session brought along ends.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, security(()), responses((status = 200, body = Session)))]
async fn create(State(app): State<App>, stranger: Stranger<SignIn>) -> Result<Response, Problem> {
    let Stranger { address, session: old, said } = stranger;
    let credentials = match (&said.email, &said.password, &said.key) {
        (Some(email), Some(password), None) => Credentials::Password { email, password: password.reveal() },
        (None, None, Some(key)) => Credentials::Key(key.reveal().trim()),
        _ => return Err(desk::Error::invalid("", "give email and password, or key").into()),
    };
    let opened = auth::sign_in(&app, address, credentials).await?.ok_or_else(|| {
        Problem::new(&problem::UNAUTHENTICATED, "the address, the password or the key is wrong, or works no more")
    })?;
    if let Some(old) = old {
        people::sign_out(&app.desk, &old).await?;
    }
    entered(&app, opened).await
}

/// Signs out: the session ends.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
async fn delete(caller: Caller, State(app): State<App>) -> Result<Response, Problem> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(session) = &caller.session {
        people::sign_out(&app.desk, session.reveal()).await?;
        auth::take_session(&mut response, &app);
    }
    Ok(response)
}

/// Changes one's own password. All sessions of the user end; a new one opens.
#[utoipa::path(post, path = "/session/password", tag = "session", request_body = NewPassword, responses((status = 200, body = Session)))]
async fn change_password(
    State(app): State<App>,
    Asked(caller, given): Asked<NewPassword>,
) -> Result<Response, Problem> {
    if let Some(email) = &caller.email {
        auth::check_account(&app, email)?;
    }
    let (current, new) = (given.current.reveal(), given.new.reveal());
    let opened = people::change_password(&app.desk, &caller.actor, current, new, &app.settings.name).await?;
    entered(&app, opened).await
}

/// 200 with the session, and its cookie.
pub(super) async fn entered(app: &App, opened: people::Opened) -> Result<Response, Problem> {
    let token = opened.session.clone();
    let mut response = json(&session(app, &Caller::entered(opened)).await?);
    auth::give_session(&mut response, app, &token);
    Ok(response)
}

/// What a caller is told of themselves.
pub(crate) async fn session(app: &App, caller: &Caller) -> Result<Session, Problem> {
    let actor = &caller.actor;
    let (kind, id) = match actor.principal {
        Principal::User(id) => ("user", id.to_string()),
        Principal::Key(id) => ("key", id.to_string()),
        // Neither comes this way.
        Principal::Link(id) => ("link", id.to_string()),
        Principal::System => ("system", String::new()),
    };
    let look = people::preferences(&app.desk, actor).await?.remove("look").unwrap_or_default();
    let word = |name: &str| look[name].as_str().map(str::to_owned);
    Ok(Session {
        principal: actor.principal.to_string(),
        kind,
        id,
        name: actor.name.clone(),
        email: caller.email.clone(),
        role: actor.role,
        may: actor.can().iter().collect(),
        csrf: caller.session.as_ref().map(guard::token::Session::csrf),
        expires_at: caller.expires_at,
        language: word("language"),
        theme: word("theme"),
        time_zone: desk::calendar::settings(&mut app.desk.store.read_fresh()).await?.zone,
        undo_ms: app.desk.settings.undo_ms,
        site_name: app.settings.name.clone(),
        version: app.version,
    })
}
