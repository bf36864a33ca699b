//! Reading and answering JSON the same way everywhere.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::App;
use crate::auth::{self, Caller};
use crate::problem::{self, Problem};

/// A caller with the JSON body they sent; the body's hash joins the idempotency key.
/// `OBJECT`: nothing but an object is taken.
pub struct Asked<T, const OBJECT: bool = true>(pub Caller, pub T);

impl<T: DeserializeOwned, const OBJECT: bool> FromRequest<App> for Asked<T, OBJECT> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut caller = <Caller as FromRequestParts<App>>::from_request_parts(&mut parts, app).await?;
        let is_json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_none_or(|value| value.as_bytes().starts_with(b"application/json"));
        let body = body_of(app, is_json, body).await?;
        if let Some(given) = &mut caller.actor.idempotency {
            let hash = Sha256::digest(&body);
            given.request.push_str(&hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        }
        // No body at all is an empty object: most actions need no parameters.
        let bytes: &[u8] = if body.is_empty() { b"{}" } else { &body };
        // A list would be taken for the fields in their order.
        if OBJECT && bytes.trim_ascii_start().starts_with(b"[") {
            return Err(unreadable_shape());
        }
        Ok(Asked(caller, read(bytes)?))
    }
}

/// Somebody who need not be known, with the JSON body they sent. The type must be said: a form of another
/// site could send the same bytes without it.
pub struct Stranger<T> {
    pub address: IpAddr,
    /// The session they bring along, if any; it may be over.
    pub session: Option<String>,
    pub said: T,
}

impl<T: DeserializeOwned> FromRequest<App> for Stranger<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let is_json = kind.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
        let body = body_of(app, is_json, body).await?;
        let session = auth::cookie(&parts.headers).map(str::to_owned);
        Ok(Stranger { address: auth::client_address(app, &parts), session, said: read(&body)? })
    }
}

async fn body_of(app: &App, is_json: bool, body: axum::body::Body) -> Result<Bytes, Problem> {
    if !is_json {
        return Err(Problem::new(&problem::MEDIA_TYPE, "the body must be application/json"));
    }
    let limit = app.settings.body_max;
    axum::body::to_bytes(body, limit.bytes() as usize).await.map_err(|_| {
        Problem::new(&problem::TOO_LARGE, format!("the body could not be read whole; at most {limit} are read"))
    })
}

fn unreadable_shape() -> Problem {
    let detail = "invalid type: sequence, expected an object";
    let errors = serde_json::json!([{ "pointer": "", "detail": detail }]);
    Problem::new(&problem::INVALID, detail).with("errors", errors)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| unreadable(&pointer(error.path()), error.inner()))?;
    reader.end().map_err(|error| unreadable("", &error))?;
    Ok(value)
}

fn unreadable(pointer: &str, error: &serde_json::Error) -> Problem {
    let detail = error.to_string();
    match error.classify() {
        serde_json::error::Category::Data => Problem::new(&problem::INVALID, detail.clone())
            .with("errors", serde_json::json!([{ "pointer": pointer, "detail": detail }])),
        _ => Problem::new(&problem::MALFORMED, detail),
    }
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

/// 200 with JSON that only the caller may keep.
pub fn json<T: Serialize>(value: &T) -> Response {
    with_status(StatusCode::OK, value)
}

/// `status` with JSON that only the caller may keep.
pub fn with_status<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let body = match serde_json::to_vec(value) {
        Ok(body) => Bytes::from(body),
        Err(error) => return Problem::new(&problem::INTERNAL, error.to_string()).into_response(),
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// 201 with the address of what was made.
pub fn created<T: Serialize>(location: &str, value: &T) -> Response {
    let mut response = with_status(StatusCode::CREATED, value);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// 202 with the job that will do it.
pub fn accepted(job: queue::JobId, estimated_completion: stdx::Timestamp, message: &str) -> Response {
    let body = serde_json::json!({
        "job_id": job, "status": "accepted", "message": message, "estimated_completion": estimated_completion,
    });
    let mut response = with_status(StatusCode::ACCEPTED, &body);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v3/jobs/{job}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
