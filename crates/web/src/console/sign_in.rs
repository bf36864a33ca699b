//! The door: a key is exchanged for a session.

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
use crate::assets::CONSOLE_CSS;
use crate::{App, auth};

/// Before there is a session, the form's CSRF token is bound to a token of its own.
const GATE: &str = "copydesk_gate";
const GATE_S: u32 = 3_600;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct Page<'a> {
    css: &'a str,
    site: &'a str,
    look: Look,
    csrf: String,
    next: &'a str,
    error: &'a str,
}

/// `GET /console/sign-in`
pub async fn show(State(app): State<App>, headers: HeaderMap, query: Fields) -> Response {
    draw(&app, &headers, StatusCode::OK, back(query.get("next")), "")
}

/// `POST /console/sign-in`
pub async fn enter(State(app): State<App>, request: Request) -> Result<Response, Failed> {
    let (parts, body) = request.into_parts();
    let address = auth::client_address(&app, &parts);
    let headers = parts.headers.clone();
    let fields = Fields::read(&app, Request::from_parts(parts, body)).await?;
    let next = back(fields.get("next"));
    let gate = cookie(&headers, GATE).and_then(|token| Session::parse(token).ok());
    if !gate.is_some_and(|gate| gate.csrf_matches(fields.get("csrf"))) {
        return Ok(draw(
            &app,
            &headers,
            StatusCode::FORBIDDEN,
            next,
            "This form had grown old. Please enter the key once more.",
        ));
    }
    let verdict = app.sign_in_limit.check(address, app.desk.now());
    if !verdict.allowed {
        let wait = verdict.retry_after.as_secs().max(1);
        let words = format!("Too many attempts from your address. Try again in {wait} seconds.");
        let mut response = draw(&app, &headers, StatusCode::TOO_MANY_REQUESTS, next, &words);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        return Ok(response);
    }
    let Some(session) = people::sign_in(&app.desk, fields.get("key").trim()).await? else {
        let words = "This key is unknown, expired or revoked. Check that it was copied whole.";
        return Ok(draw(&app, &headers, StatusCode::UNAUTHORIZED, next, words));
    };
    let mut response = Redirect::to(next).into_response();
    let seconds = u64::from(app.desk.settings.session_h) * 3_600;
    set(&mut response, &app, auth::COOKIE, session.reveal(), "/", seconds);
    set(&mut response, &app, GATE, "", "/console", 0);
    Ok(response)
}

/// `POST /console/sign-out`
pub async fn leave(State(app): State<App>, Posted { person, .. }: Posted) -> Result<Response, Failed> {
    people::sign_out(&app.desk, person.session.reveal()).await?;
    let mut response = Redirect::to("/console/sign-in").into_response();
    set(&mut response, &app, auth::COOKIE, "", "/", 0);
    Ok(response)
}

fn draw(app: &App, headers: &HeaderMap, status: StatusCode, next: &str, error: &str) -> Response {
    // Two open sign-in pages share one token, or the first would go stale.
    let gate = cookie(headers, GATE).and_then(|token| Session::parse(token).ok()).unwrap_or_else(Session::generate);
    let page = Page {
        css: CONSOLE_CSS.href(),
        site: &app.settings.name,
        look: Look::of(headers),
        csrf: gate.csrf(),
        next,
        error,
    };
    let mut response = frame::page_with(status, &page);
    set(&mut response, app, GATE, gate.reveal(), "/console", GATE_S.into());
    response
}

fn set(response: &mut Response, app: &App, name: &str, value: &str, path: &str, seconds: u64) {
    let is_https = app.settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
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
