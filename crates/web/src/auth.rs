//! Who is asking: a key in the header, or the console's session in its cookie.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::Response;
use desk::people::{self, Actor, Idempotency, Identity, Opened};
use guard::token::Session;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use stdx::Timestamp;

use crate::App;
use crate::problem::{self, Problem};

/// The caller of an API route.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    /// Of a user.
    pub email: Option<String>,
    /// When the session or the key ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// Of whoever came with the cookie; a key in the header has none.
    pub session: Option<Session>,
}

/// What somebody gives to be let in.
#[derive(Clone, Debug)]
pub enum Credentials<'a> {
    Key(&'a str),
    Password { email: &'a str, password: &'a str },
}

/// Where a request comes from, as the limits count it.
pub struct Address(pub std::net::IpAddr);

impl FromRequestParts<App> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Address(client_address(app, parts)))
    }
}

/// Name of the console's cookie.
pub const COOKIE: &str = "copydesk_session";
/// Carries [`Session::csrf`] with every call that changes something.
pub const CSRF: &str = "x-csrf-token";

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        caller(parts, app)
            .await?
            .ok_or_else(|| Problem::new(&problem::UNAUTHENTICATED, "this address needs a key or a session"))
    }
}

impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        caller(parts, app).await
    }
}

impl Caller {
    fn new(identity: Identity, idempotency: Option<Idempotency>, session: Option<Session>) -> Caller {
        let Identity { actor, email, expires_at } = identity;
        Caller { actor: Actor { idempotency, ..actor }, email, expires_at, session }
    }

    /// Who has just come in.
    pub fn entered(opened: Opened) -> Caller {
        Caller::new(opened.identity, None, Some(opened.session))
    }
}

async fn caller(parts: &mut Parts, app: &App) -> Result<Option<Caller>, Problem> {
    // Several extractors of one request may ask.
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(Some(caller.clone()));
    }
    let caller = recognise(parts, app).await?;
    if let Some(caller) = &caller {
        parts.extensions.insert(caller.clone());
    }
    Ok(caller)
}

async fn recognise(parts: &Parts, app: &App) -> Result<Option<Caller>, Problem> {
    let idempotency = idempotency(&parts.headers, parts.method.as_str(), parts.uri.path())?;
    if let Some(presented) = bearer(&parts.headers) {
        let address = client_address(app, parts);
        return match people::authenticate(&app.desk, presented).await? {
            Some(identity) => Ok(Some(Caller::new(identity, idempotency, None))),
            None => {
                let verdict = app.sign_in_limit.check(address, app.desk.now());
                if !verdict.allowed {
                    return Err(too_many("wrong keys from this address", &verdict));
                }
                Err(Problem::new(&problem::UNAUTHENTICATED, "the key is unknown, expired or revoked"))
            }
        };
    }
    let Some(session) = cookie(&parts.headers).and_then(|token| Session::parse(token).ok()) else { return Ok(None) };
    let Some(identity) = people::resume(&app.desk, session.reveal()).await? else { return Ok(None) };
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        check_csrf(&parts.headers, &session)?;
    }
    Ok(Some(Caller::new(identity, idempotency, Some(session))))
}

/// Browsers send the cookie with whatever another site makes them send, but not this header, and forms of other
/// sites cannot carry JSON.
fn check_csrf(headers: &HeaderMap, session: &Session) -> Result<(), Problem> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().trim().to_owned();
    if !headers.get(CSRF).is_some_and(|value| session.csrf_matches(&text(value))) {
        return Err(Problem::new(&problem::CSRF, "X-CSRF-Token is missing, or is not this session's"));
    }
    let is_empty = !headers.contains_key(header::TRANSFER_ENCODING)
        && headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    match headers.get(header::CONTENT_TYPE) {
        Some(kind) if kind.as_bytes().starts_with(b"application/json") => Ok(()),
        None if is_empty => Ok(()),
        _ => Err(Problem::new(&problem::CSRF, "the body of a session's call must be application/json")),
    }
}

/// Opens a session, as often as an address and an account may try. `None` when the credentials are wrong; which
/// of them, nobody is told.
pub async fn sign_in(
    app: &App,
    address: std::net::IpAddr,
    credentials: Credentials<'_>,
) -> Result<Option<Opened>, Problem> {
    let verdict = app.sign_in_limit.check(address, app.desk.now());
    if !verdict.allowed {
        return Err(too_many("attempts from this address", &verdict));
    }
    match credentials {
        Credentials::Key(key) => Ok(people::sign_in(&app.desk, key).await?),
        Credentials::Password { email, password } => {
            check_account(app, email)?;
            Ok(people::sign_in_with_password(&app.desk, email, password).await?)
        }
    }
}

/// Counts one try of an account's password. Whether there is such an account makes no difference.
pub fn check_account(app: &App, email: &str) -> Result<(), Problem> {
    let verdict = app.account_limit.check(people::account_of(email), app.desk.now());
    if verdict.allowed { Ok(()) } else { Err(too_many("attempts with this account", &verdict)) }
}

/// Whether `address` may show another link or token that might be wrong.
pub fn check_address(app: &App, address: std::net::IpAddr) -> Result<(), Problem> {
    let verdict = app.sign_in_limit.check(address, app.desk.now());
    if verdict.allowed { Ok(()) } else { Err(too_many("attempts from this address", &verdict)) }
}

pub(crate) fn too_many(what: &str, verdict: &guard::Verdict) -> Problem {
    let wait = verdict.retry_after.as_secs().max(1);
    Problem::new(&problem::TOO_MANY, format!("too many {what}; try again in {wait} seconds")).retry_after(wait)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

/// The session token of the console's cookie.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

/// Gives the browser its session. The desk ends it; the cookie only has to live as long.
pub fn give_session(response: &mut Response, app: &App, session: &Session) {
    set_cookie(response, app, COOKIE, session.reveal(), "/", people::SESSION_MAX.as_secs());
}

/// Takes the session from the browser.
pub fn take_session(response: &mut Response, app: &App) {
    set_cookie(response, app, COOKIE, "", "/", 0);
}

/// Sets a cookie that no script reads and no other site sends.
pub fn set_cookie(response: &mut Response, app: &App, name: &str, value: &str, path: &str, seconds: u64) {
    let is_https = app.settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The address of whoever sent the request, seen through trusted proxies.
pub fn client_address(app: &App, parts: &Parts) -> std::net::IpAddr {
    let peer = parts.extensions.get::<edge::Peer>().map_or(std::net::IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    guard::limit::address_key(app.proxies.client(peer, &parts.headers))
}

/// Reads `Idempotency-Key`. The request it belongs to is completed with the body's hash by the JSON extractor.
fn idempotency(headers: &HeaderMap, method: &str, path: &str) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if key.is_empty() || key.len() > 200 {
        return Err(Problem::new(&problem::MALFORMED, "Idempotency-Key must have 1 to 200 visible ASCII characters"));
    }
    let version = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(Some(Idempotency { key: key.to_owned(), request: format!("{method} {path} {version} ") }))
}
