//! Failures as callers of OpenAI's API know them.

use std::time::Duration;

use connect::llm::router::Broken;
use connect::llm::{Call, Failure, Fault, Unreadable, relayed};
use edge::{Body, body};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::ATTEMPTS;

/// Why a question goes nowhere.
#[derive(Debug)]
pub enum Refusal {
    Unreadable(Unreadable),
    /// No model of that name.
    Unknown(String),
    /// Who is asking?
    Key,
    /// The key may not do this.
    Forbidden,
    TooLarge {
        bytes_max: u64,
    },
    /// The body broke off.
    Cut,
    Address,
    Internal,
}

/// The answer to a question that was not asked.
pub fn refused(refusal: Refusal) -> Response<Body> {
    let invalid = "invalid_request_error";
    let (status, message, kind, field, code) = match refusal {
        Refusal::Unreadable(why) => (400, why.message, invalid, why.field, None),
        Refusal::Unknown(model) => {
            let model: String = model.chars().take(100).collect();
            (404, format!("there is no model {model:?} here"), invalid, Some("model"), Some("model_not_found"))
        }
        Refusal::Key => (401, "the key is missing or unknown".to_owned(), invalid, None, Some("invalid_api_key")),
        Refusal::Forbidden => (403, "the key may not ask models".to_owned(), invalid, None, Some("forbidden")),
        Refusal::TooLarge { bytes_max } => (413, format!("at most {bytes_max} bytes are read"), invalid, None, None),
        Refusal::Cut => (400, "the body broke off".to_owned(), invalid, None, None),
        Refusal::Address => (404, "there is nothing at this address".to_owned(), invalid, None, None),
        Refusal::Internal => (500, "the question could not be asked".to_owned(), "server_error", None, None),
    };
    response(status, &relayed::error(&message, kind, field, code))
}

/// The answer to a question that nobody answered. `rests`: how long until somebody may be asked again; `brings_key`: the
/// provider was asked with the caller's own key.
pub fn of(call: &Call, rests: Option<Duration>, now: i64, brings_key: bool) -> Response<Body> {
    let Err(failure) = &call.result else { return refused(Refusal::Internal) };
    let (status, document) = told(failure, brings_key);
    let mut response = response(status, &document);
    let seconds = |until: stdx::Timestamp| u64::try_from(until.seconds().saturating_sub(now)).unwrap_or_default();
    let wait = match failure {
        Failure::Resting { until } => Some(seconds(*until)),
        Failure::Fault { fault: Fault::Budget(overdrawn), .. } => overdrawn.resets_at.map(seconds),
        _ => rests.map(|rests| rests.as_secs_f64().ceil() as u64),
    };
    if let Some(wait) = wait.filter(|_| matches!(status, 429 | 502..=504)) {
        response.headers_mut().insert(RETRY_AFTER, wait.max(1).into());
    }
    response.headers_mut().insert(ATTEMPTS, call.attempts.len().into());
    response
}

/// The status and the document of a failure.
fn told(failure: &Failure, brings_key: bool) -> (u16, Value) {
    let server = |status, message: String, code| (status, relayed::error(&message, "server_error", None, Some(code)));
    match failure {
        Failure::NoProvider => server(503, "no language model is set up".to_owned(), "no_provider"),
        Failure::Resting { .. } => server(503, failure.to_string(), "resting"),
        Failure::Deadline { .. } => server(504, failure.to_string(), "deadline"),
        Failure::Fault { provider, fault } => match fault {
            Fault::Budget(overdrawn) => {
                let message = overdrawn.to_string();
                (429, relayed::error(&message, "insufficient_quota", None, Some("insufficient_quota")))
            }
            Fault::Unspeakable(what) => {
                let message = format!("{provider} cannot be asked for {what}");
                (400, relayed::error(&message, "invalid_request_error", Some(what), Some("unsupported")))
            }
            // What the caller did wrong it is told in the provider's own words.
            Fault::Status { status, message, raw } if is_caller_s(*status, brings_key) => {
                let own =
                    serde_json::from_str(raw).ok().filter(|own: &Value| own.get("error").is_some_and(Value::is_object));
                let document = own.unwrap_or_else(|| relayed::error(message, "invalid_request_error", None, None));
                (*status, document)
            }
            Fault::Status { status: 429, message, .. } => {
                (429, relayed::error(message, "rate_limit_error", None, Some("rate_limit_exceeded")))
            }
            // A key of ours that is refused is not the caller's affair, nor is what was said about it.
            Fault::Status { status: 401..=403, .. } => {
                server(502, format!("{provider} does not accept its key"), "rejected")
            }
            fault => server(502, format!("{provider}: {fault}"), fault.kind()),
        },
    }
}

fn is_caller_s(status: u16, brings_key: bool) -> bool {
    matches!(status, 400 | 404 | 413 | 415 | 422) || (brings_key && matches!(status, 401..=403))
}

/// The last frame of a stream that breaks off.
pub fn document(broken: &Broken) -> Value {
    let message = format!("{broken}: {}", broken.fault);
    relayed::error(&message, "server_error", None, Some(broken.fault.kind()))
}

pub fn broken(broken: &Broken) -> Response<Body> {
    response(502, &document(broken))
}

fn response(status: u16, document: &Value) -> Response<Body> {
    let mut response = Response::new(body::full(document.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
