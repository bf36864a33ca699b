//! The one place that turns errors into HTTP: RFC 9457 `application/problem+json`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// An answer that says what went wrong and what to do next.
#[derive(Debug)]
pub struct Problem {
    code: &'static Code,
    detail: String,
    /// Further members, such as `errors` or `state`.
    extra: Map<String, Json>,
    retry_after_s: Option<u64>,
    /// What the log is told and the client is not.
    cause: Option<String>,
}

/// A kind of problem: its name in the address of its description, its title and its status.
#[derive(Debug, Serialize)]
pub struct Code {
    pub name: &'static str,
    pub status: u16,
    pub title: &'static str,
    /// What the caller can do about it.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($ident:ident = $status:literal $name:literal $title:literal $remedy:literal;)*) => {
        $(pub static $ident: Code = Code { name: $name, status: $status, title: $title, remedy: $remedy };)*
        /// Every code, for the documentation.
        pub static CODES: &[&Code] = &[$(&$ident),*];
    };
}

codes! {
    MALFORMED = 400 "malformed" "The request cannot be read" "Mend the syntax the detail names.";
    UNAUTHENTICATED = 401 "unauthenticated" "Who are you?" "Send a valid key as `Authorization: Bearer …`, or sign in.";
    SIGNATURE = 401 "signature" "The delivery is not signed as it should be" "Sign id, time and body with the hook's secret.";
    FORBIDDEN = 403 "forbidden" "This is not yours to do" "Ask somebody whose role covers it, or use a key that has the scope.";
    CSRF = 403 "csrf" "The request does not prove that your session sent it" "Send the session's `csrf` as `X-CSRF-Token`, and bodies as `application/json`.";
    NOT_FOUND = 404 "not-found" "There is no such thing" "Check the address and the id.";
    METHOD = 405 "method-not-allowed" "The address does not know this method" "See the `Allow` header.";
    ILLEGAL_MOVE = 409 "illegal-move" "The post's state does not allow this" "Read the post; its state has changed or never allowed this.";
    CLAIMED = 409 "claimed" "Somebody else looks at it just now" "Wait until the claim ends, or send `take_over`.";
    CONFLICT = 409 "conflict" "Somebody else was faster" "Read again and repeat.";
    EXISTS = 409 "already-exists" "It exists already" "Use the one that exists; its id is given.";
    IN_USE = 409 "in-use" "Something else still uses it" "Let what the detail names use another one first.";
    LAST_ADMIN = 409 "last-admin" "Nobody would be left to manage people" "Make somebody else an administrator first.";
    RUNNING = 409 "job-running" "The job is running" "Wait for its end, or cancel it.";
    STALE_VERSION = 412 "stale-version" "There is a newer version" "Read the newest version and judge that.";
    TOO_LARGE = 413 "too-large" "The request is too large" "Send less; the limit is given.";
    MEDIA_TYPE = 415 "unsupported-media-type" "The body has another type than is read here" "Send `application/json`.";
    INVALID = 422 "invalid" "The request is well-formed but cannot be used" "Mend what `errors` points at.";
    IDEMPOTENCY = 422 "idempotency-mismatch" "The idempotency key belongs to another request" "Use a fresh key for a new request.";
    BLACKOUT = 422 "blackout" "Nothing is published at that time" "Take `next_free`, or send `force`.";
    SOURCE_FAILED = 422 "source-failed" "The address could not be read as a source" "See the detail; try the address in a browser.";
    TOO_MANY = 429 "too-many-requests" "Too many requests" "Wait as long as `Retry-After` says.";
    INTERNAL = 500 "internal" "Something went wrong here" "Try again; if it stays, tell the operator the request id.";
    UNAVAILABLE = 503 "unavailable" "A part of the service is not available" "Try again as `Retry-After` says.";
}

/// Where the codes are described; the path below it is the code's name.
pub const TYPES: &str = "/docs/problems#";

impl Problem {
    pub fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        Problem { code, detail: detail.into(), extra: Map::new(), retry_after_s: None, cause: None }
    }

    pub fn with(mut self, member: &str, value: impl Into<Json>) -> Self {
        self.extra.insert(member.to_owned(), value.into());
        self
    }

    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// How long to wait before another try, in seconds.
    pub fn wait(&self) -> Option<u64> {
        self.retry_after_s
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Logs what is behind a fault of ours, under the id that is given back.
    pub fn log(&self) -> String {
        let request_id = format!("{:016x}", stdx::Rng::from_os().next_u64());
        if let Some(cause) = &self.cause {
            tracing::error!(request.id = request_id, cause, "a request failed");
        }
        request_id
    }

    /// A fault of ours: the caller learns that it happened, the log learns what.
    fn internal(code: &'static Code, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            cause.push_str(": ");
            cause.push_str(&error.to_string());
            next = error.source();
        }
        Problem { cause: Some(cause), ..Problem::new(code, code.remedy) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let request_id = self.log();
        let status = self.status();
        let mut body = json!({
            "type": format!("{TYPES}{}", self.code.name),
            "title": self.code.title,
            "status": self.code.status,
            "detail": self.detail,
            "request_id": request_id,
        });
        if let Json::Object(members) = &mut body {
            members.extend(self.extra);
        }
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code.status == 401 {
            let scheme = if self.code.name == SIGNATURE.name { "Webhook-Signature" } else { "Bearer" };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        response
    }
}

impl From<desk::Error> for Problem {
    fn from(error: desk::Error) -> Self {
        use desk::Error as E;
        let detail = error.to_string();
        match error {
            E::NotFound { .. } => Problem::new(&NOT_FOUND, detail),
            E::Forbidden { .. } => Problem::new(&FORBIDDEN, detail),
            E::IllegalMove { state, .. } => Problem::new(&ILLEGAL_MOVE, detail).with("state", state.name()),
            E::StaleVersion { newest, .. } => Problem::new(&STALE_VERSION, detail).with("newest_version", newest),
            E::Claimed { by, name, until, .. } => {
                Problem::new(&CLAIMED, detail).with("by", by).with("name", name).with("until", until.to_string())
            }
            E::Conflict(_) => Problem::new(&CONFLICT, detail),
            E::Blackout { next_free, .. } => Problem::new(&BLACKOUT, detail).with("next_free", next_free.to_string()),
            E::Invalid(faults) => {
                Problem::new(&INVALID, detail).with("errors", serde_json::to_value(faults).unwrap_or_default())
            }
            E::Exists { id, .. } => Problem::new(&EXISTS, detail).with("id", id),
            E::InUse { .. } => Problem::new(&IN_USE, detail),
            E::LastAdmin(_) => Problem::new(&LAST_ADMIN, detail),
            E::Busy(_) => Problem::new(&UNAVAILABLE, detail).retry_after(2),
            E::IdempotencyMismatch => Problem::new(&IDEMPOTENCY, detail),
            E::Fetch { source, .. } => Problem::new(&SOURCE_FAILED, format!("{detail}: {}", chain(&source))),
            E::Status { .. } => Problem::new(&SOURCE_FAILED, detail),
            E::Feed { source, .. } => Problem::new(&SOURCE_FAILED, format!("{detail}: {}", chain(&source))),
            E::Sealed(_) => Problem::internal(&INTERNAL, &error),
            E::Store(source) => source.into(),
            E::Queue(source) => source.into(),
        }
    }
}

impl From<queue::Error> for Problem {
    fn from(error: queue::Error) -> Self {
        match error {
            queue::Error::NotFound(_) => Problem::new(&NOT_FOUND, error.to_string()),
            queue::Error::Running(_) => Problem::new(&RUNNING, error.to_string()),
            queue::Error::Value { .. } => Problem::new(&INVALID, error.to_string()),
            queue::Error::Taken(_) | queue::Error::ScheduleExists(_) => Problem::new(&EXISTS, error.to_string()),
            queue::Error::Schedule { .. } => Problem::new(&INVALID, error.to_string()),
            queue::Error::NoSchedule(_) => Problem::new(&NOT_FOUND, error.to_string()),
            queue::Error::NoNode | queue::Error::Computing(_) | queue::Error::Encode { .. } => {
                Problem::internal(&INTERNAL, &error)
            }
            queue::Error::Store(source) => source.into(),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        match &error {
            E::ZeroByte { .. } => Problem::new(&INVALID, error.to_string()),
            E::Unavailable(_)
            | E::Busy
            | E::Exhausted { .. }
            | E::Timeout
            | E::DiskFull
            | E::ReadOnly(_)
            | E::Conflict
            | E::Closed => Problem::internal(&UNAVAILABLE, &error).retry_after(5),
            _ => Problem::internal(&INTERNAL, &error),
        }
    }
}

pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
