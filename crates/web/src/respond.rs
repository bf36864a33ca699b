//! Reading and answering JSON the same way everywhere.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::App;
use crate::auth::Caller;
use crate::problem::{self, Problem};

/// A caller with the JSON body they sent; the body's hash joins the idempotency key.
pub struct Asked<T>(pub Caller, pub T);

impl<T: DeserializeOwned> FromRequest<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut caller = <Caller as FromRequestParts<App>>::from_request_parts(&mut parts, app).await?;
        let is_json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_none_or(|value| value.as_bytes().starts_with(b"application/json"));
        if !is_json {
            return Err(Problem::new(&problem::MEDIA_TYPE, "the body must be application/json"));
        }
        let limit = app.settings.body_max;
        let body = axum::body::to_bytes(body, limit.bytes() as usize).await.map_err(|_| {
            Problem::new(&problem::TOO_LARGE, format!("the body could not be read whole; at most {limit} are read"))
        })?;
        if let Some(given) = &mut caller.actor.idempotency {
            let hash = Sha256::digest(&body);
            given.request.push_str(&hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        }
        // No body at all is an empty object: most actions need no parameters.
        let bytes: &[u8] = if body.is_empty() { b"{}" } else { &body };
        Ok(Asked(caller, read(bytes)?))
    }
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
