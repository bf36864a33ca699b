//! Who is asking: a key in the header, or the console's session.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use desk::people::{self, Actor, ApiKey, Idempotency};
use http::request::Parts;
use http::{HeaderMap, header};

use crate::App;
use crate::problem::{self, Problem};

/// The caller of an API route, with the key they came with.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    pub key: ApiKey,
}

/// Name of the console's cookie.
pub const COOKIE: &str = "copydesk_session";

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        caller(parts, app).await?.ok_or_else(|| Problem::new(&problem::UNAUTHENTICATED, "this address needs a key"))
    }
}

impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        caller(parts, app).await
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
            Some((key, actor)) => Ok(Some(Caller { actor: Actor { idempotency, ..actor }, key })),
            None => {
                let verdict = app.sign_in_limit.check(address, app.desk.now());
                if !verdict.allowed {
                    let wait = verdict.retry_after.as_secs();
                    return Err(
                        Problem::new(&problem::TOO_MANY, "too many wrong keys from this address").retry_after(wait)
                    );
                }
                Err(Problem::new(&problem::UNAUTHENTICATED, "the key is unknown, expired or revoked"))
            }
        };
    }
    // The console's own scripts call the API with the session; only reads, since those carry no CSRF token.
    if matches!(parts.method, http::Method::GET | http::Method::HEAD)
        && let Some(token) = cookie(&parts.headers)
        && let Some((key, actor)) = people::resume(&app.desk, token).await?
    {
        return Ok(Some(Caller { actor, key }));
    }
    Ok(None)
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
