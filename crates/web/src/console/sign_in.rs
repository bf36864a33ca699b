//! The door: an address with a password, or a key, is exchanged for a session.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use desk::people;
use guard::token::Session;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::failed::Failed;
use super::form::{Fields, Posted};
use super::frame;
use super::look::{Look, cookie};
use crate::App;
use crate::assets::CONSOLE_CSS;
use crate::auth::{self, Credentials, set_cookie};
use crate::problem::Problem;

/// Before there is a session, a form's CSRF token is bound to a token of its own.
const GATE: &str = "copydesk_gate";
const GATE_S: u64 = 3_600;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct Page<'a> {
    css: &'a str,
    site: &'a str,
    look: Look,
    csrf: String,
    next: &'a str,
    error: &'a str,
    email: &'a str,
    /// The form for keys is in sight: nobody has a password, or a key was tried.
    by_key: bool,
    /// A password was tried.
    by_password: bool,
}

/// `GET /console/sign-in`
pub async fn show(State(app): State<App>, headers: HeaderMap, query: Fields) -> Result<Response, Failed> {
    draw(&app, &headers, StatusCode::OK, &query, "").await
}

/// `POST /console/sign-in`
pub async fn enter(State(app): State<App>, request: Request) -> Result<Response, Failed> {
    let (parts, body) = request.into_parts();
    let address = auth::client_address(&app, &parts);
    let headers = parts.headers.clone();
    let fields = Fields::read(&app, Request::from_parts(parts, body)).await?;
    if !Gate::of(&headers).is_passed_by(&fields) {
        let words = "This form had grown old. Please try once more.";
        return draw(&app, &headers, StatusCode::FORBIDDEN, &fields, words).await;
    }
    let (credentials, wrong) = match fields.get("key").trim() {
        "" => {
            let (email, password) = (fields.get("email"), fields.get("password"));
            (Credentials::Password { email, password }, "The e-mail address or the password is wrong.")
        }
        key => (Credentials::Key(key), "This key is unknown, expired or revoked. Check that it was copied whole."),
    };
    let opened = match auth::sign_in(&app, address, credentials).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return draw(&app, &headers, StatusCode::UNAUTHORIZED, &fields, wrong).await,
        Err(problem) => return told(&app, &headers, &fields, problem).await,
    };
    if let Some(old) = auth::cookie(&headers) {
        people::sign_out(&app.desk, old).await?;
    }
    Ok(entered(&app, &opened.session, back(fields.get("next"))))
}

/// What a person can do something about stands on the page; the rest is a failure.
async fn told(app: &App, headers: &HeaderMap, fields: &Fields, problem: Problem) -> Result<Response, Failed> {
    if problem.status() != StatusCode::TOO_MANY_REQUESTS {
        return Err(problem.into());
    }
    let (status, words) = (problem.status(), format!("There were {}.", problem.detail()));
    let wait = problem.wait();
    let mut response = draw(app, headers, status, fields, &words).await?;
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    Ok(response)
}

/// On to the desk, with a session.
pub fn entered(app: &App, session: &Session, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    auth::give_session(&mut response, app, session);
    set_cookie(&mut response, app, GATE, "", "/console", 0);
    response
}

/// `POST /console/sign-out`
pub async fn leave(State(app): State<App>, Posted { person, .. }: Posted) -> Result<Response, Failed> {
    people::sign_out(&app.desk, person.session.reveal()).await?;
    let mut response = Redirect::to("/console/sign-in").into_response();
    auth::take_session(&mut response, &app);
    Ok(response)
}

async fn draw(
    app: &App,
    headers: &HeaderMap,
    status: StatusCode,
    fields: &Fields,
    error: &str,
) -> Result<Response, Failed> {
    let gate = Gate::of(headers);
    let by_password = fields.has("email") || fields.has("password");
    let page = Page {
        css: CONSOLE_CSS.href(),
        site: &app.settings.name,
        look: Look::of(headers),
        csrf: gate.csrf(),
        next: back(fields.get("next")),
        error,
        email: fields.get("email"),
        by_key: fields.has("key") || !people::has_users(&app.desk).await?,
        by_password,
    };
    let mut response = frame::page_with(status, &page);
    gate.set(&mut response, app);
    Ok(response)
}

/// What makes a form of a stranger one of ours.
pub struct Gate {
    token: Session,
    /// The browser had it already.
    is_known: bool,
}

impl Gate {
    /// Two open pages share one token, or the first would go stale.
    pub fn of(headers: &HeaderMap) -> Gate {
        match cookie(headers, GATE).and_then(|token| Session::parse(token).ok()) {
            Some(token) => Gate { token, is_known: true },
            None => Gate { token: Session::generate(), is_known: false },
        }
    }

    pub fn csrf(&self) -> String {
        self.token.csrf()
    }

    pub fn is_passed_by(&self, fields: &Fields) -> bool {
        self.is_known && self.token.csrf_matches(fields.get("csrf"))
    }

    pub fn set(&self, response: &mut Response, app: &App) {
        set_cookie(response, app, GATE, self.token.reveal(), "/console", GATE_S);
    }
}

/// An address of the console to go back to; anything else is the overview.
pub fn back(next: &str) -> &str {
    let inside = next == "/console" || next.starts_with("/console/") || next.starts_with("/console?");
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if inside && plain && !next.starts_with("/console/sign-in") { next } else { "/console" }
}

#[derive(Template)]
#[template(path = "console/ended.html")]
struct Ended<'a> {
    css: &'a str,
    /// Not signed in any more; otherwise the form's token is not this session's.
    signed_out: bool,
    typed: Vec<(String, String)>,
}

/// The answer to a form that cannot be believed: nothing was done, and nothing typed is lost.
pub fn ended(fields: &Fields, status: StatusCode) -> Response {
    let signed_out = status == StatusCode::UNAUTHORIZED;
    frame::page_with(status, &Ended { css: CONSOLE_CSS.href(), signed_out, typed: fields.typed() })
}
