//! Remote caches: how each of them is told to forget, and how often it may be told.
//!
//! ```ignore
//! let cdn = Cdn::new(&settings.targets[0], client);
//! cdn.purge(&Purge::tags(["front".to_owned()])).await?;
//! ```
//!
//! A dialect is a pure function from a [`Purge`] to a request and one from the answer to an outcome;
//! [`Cdn`] makes the call. Purges are idempotent everywhere: one whose outcome is not known may simply
//! be repeated.

pub mod budget;
pub mod cloudflare;
pub mod edge;
pub mod fastly;
pub mod settings;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use stdx::{ByteSize, Timestamp};

use crate::client::{Client, Limits, Request};
use crate::error::Error;

pub use budget::{Budget, Lane};
pub use settings::{Kind, Plan, Settings, Target};

/// One request's worth of what is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    pub what: What,
    /// Keep what is meant as stale answers, where the cache can; else it is removed.
    pub soft: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Whatever was answered with one of these.
    Tags(Vec<String>),
    /// Whole addresses with scheme and host.
    Urls(Vec<String>),
    /// All that the zone, the service or the edge holds.
    Everything,
}

/// What a cache says to a purge that it has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many more it takes until `resets_at`, if it says so.
    pub remaining: Option<u64>,
    pub resets_at: Option<Timestamp>,
}

/// Why a purge is not known to be done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error("calling the cache")]
    Call(#[from] Error),
    /// Too many; `wait` is how long it wants to be left alone, if it says so.
    #[error("the cache takes no more purges for now{}", wait.map(|wait| format!(", for {} s", wait.as_secs_f64())).unwrap_or_default())]
    Limited { wait: Option<Duration> },
    /// Trying again is senseless until somebody changes the settings.
    #[error("the cache refused with status {status}, {refusal}: {message}")]
    Refused { status: u16, refusal: Refusal, message: String },
    /// An error of its own; it may have purged nonetheless.
    #[error("the cache answered with status {status}: {message}")]
    Failed { status: u16, message: String },
    /// Status 200, and no word that it has purged.
    #[error("the cache's answer is none: {0}")]
    Malformed(String),
}

/// What is wrong with a refused purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The token is wrong, or may not do this.
    Token,
    /// There is no such zone, service or address.
    Target,
    Request,
}

impl Fault {
    /// Whether the same purge may succeed soon.
    pub fn is_transient(&self) -> bool {
        match self {
            Fault::Call(error) => error.is_transient(),
            Fault::Limited { .. } | Fault::Failed { .. } | Fault::Malformed(_) => true,
            Fault::Refused { .. } => false,
        }
    }

    /// A stable word for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Call(error) => error.kind(),
            Fault::Limited { .. } => "rate_limited",
            Fault::Refused { .. } => "refused",
            Fault::Failed { .. } => "server_error",
            Fault::Malformed(_) => "malformed",
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Refusal::Token => "the token is wrong or may not purge",
            Refusal::Target => "there is no such zone or service",
            Refusal::Request => "the request is not understood",
        })
    }
}

impl Purge {
    pub fn tags(tags: impl IntoIterator<Item = String>) -> Purge {
        Purge { what: What::Tags(tags.into_iter().collect()), soft: false }
    }

    pub fn urls(urls: impl IntoIterator<Item = String>) -> Purge {
        Purge { what: What::Urls(urls.into_iter().collect()), soft: false }
    }

    pub fn everything() -> Purge {
        Purge { what: What::Everything, soft: false }
    }

    pub fn soft(self, soft: bool) -> Purge {
        Purge { soft, ..self }
    }

    /// How many tags or addresses it names; 1 for everything.
    pub fn keys(&self) -> usize {
        match &self.what {
            What::Tags(keys) | What::Urls(keys) => keys.len(),
            What::Everything => 1,
        }
    }
}

/// A request as a dialect writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// One configured remote cache.
#[derive(Clone, Debug)]
pub struct Cdn {
    target: Target,
    kind: Kind,
    client: Client,
}

impl Cdn {
    /// `target` must have been validated.
    pub fn new(target: &Target, client: Client) -> Cdn {
        Cdn { kind: target.kind.unwrap_or(Kind::Edge), target: target.clone(), client }
    }

    pub fn name(&self) -> &str {
        &self.target.name
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Tells the cache to forget.
    ///
    /// # Errors
    /// Every [`Fault`]; after all but a refusal the cache may or may not have done it.
    ///
    /// # Panics
    /// In debug builds, if `purge` names nothing or more than [`Kind::tags_max`] or [`Kind::urls_max`].
    pub async fn purge(&self, purge: &Purge) -> Result<Purged, Fault> {
        debug_assert!(self.fits(purge), "{} keys", purge.keys());
        let call = match self.kind {
            Kind::Cloudflare => cloudflare::request(&self.target, purge),
            Kind::Fastly => fastly::request(&self.target, purge),
            Kind::Edge => edge::request(&self.target, purge),
        };
        let request = Request {
            name: self.kind.name(),
            method: Method::POST,
            url: call.url,
            headers: call.headers,
            body: call.body,
            limits: LIMITS,
            once: false,
        };
        let answer = self.client.send(request).await?;
        let now = self.client.clock().now();
        let read = match self.kind {
            Kind::Cloudflare => cloudflare::read,
            Kind::Fastly => fastly::read,
            Kind::Edge => edge::read,
        };
        read(answer.status, &answer.headers, &answer.body, now)
    }

    fn fits(&self, purge: &Purge) -> bool {
        let max = match &purge.what {
            What::Tags(_) => self.kind.tags_max(),
            What::Urls(_) => self.kind.urls_max(),
            What::Everything => 1,
        };
        (1..=max).contains(&purge.keys())
    }
}

/// A purge is a small question to a service that is up; one that does not answer is asked again.
const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(5),
    first_byte_timeout: Duration::from_secs(10),
    stall_timeout: Duration::from_secs(5),
    total_timeout: Duration::from_secs(15),
    body_max: ByteSize::kib(64),
    redirects_max: 0,
};

/// A header that is never shown.
fn secret(text: &str) -> HeaderValue {
    // Settings with other characters do not start.
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The fault that a status other than 2xx stands for.
fn fault(status: StatusCode, headers: &HeaderMap, message: &str, now: Timestamp) -> Fault {
    let (message, number) = (shown(message), status.as_u16());
    let refused = |refusal| Fault::Refused { status: number, refusal, message: message.clone() };
    match number {
        429 => Fault::Limited { wait: crate::retry_after(headers, now) },
        401 | 403 => refused(Refusal::Token),
        404 => refused(Refusal::Target),
        408 | 425 | 500.. => Fault::Failed { status: number, message },
        _ => refused(Refusal::Request),
    }
}

/// What a stranger wrote, fit for a log line.
fn shown(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

#[cfg(test)]
mod tests;
