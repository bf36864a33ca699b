//! What can go wrong with a call to the outside, for branching.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use stdx::ByteSize;
use url::Url;

/// A failed call. Cheap to clone, so that several waiters can share one. URLs are shown without
/// query and user, which may hold secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Our own rules forbid the call; trying again cannot help.
    #[error("{what} is refused because {why}")]
    Refused { what: String, why: Why },
    #[error("{url:?} is no usable address: {why}")]
    BadUrl { url: String, why: String },
    #[error("the name {host} could not be looked up")]
    Dns {
        host: String,
        #[source]
        source: Arc<io::Error>,
    },
    #[error("no connection to {host} could be made")]
    Connect {
        host: String,
        #[source]
        source: Arc<io::Error>,
    },
    #[error("no secure connection to {host} could be agreed on")]
    Tls {
        host: String,
        #[source]
        source: Arc<io::Error>,
    },
    #[error("the call took longer than {} s while {phase}", after.as_secs_f64())]
    Timeout { phase: Phase, after: Duration },
    #[error("the body is larger than the limit of {limit}{}", Ratio(*ratio))]
    TooLarge {
        limit: ByteSize,
        /// Decompressed over received bytes when the limit was met; `None` for a plain body.
        ratio: Option<u64>,
    },
    #[error("the body cannot be decompressed as {coding}")]
    Decompress {
        coding: String,
        #[source]
        source: Arc<io::Error>,
    },
    #[error("the redirects from {from} {why}")]
    Redirects { from: String, why: RedirectFault },
    #[error("a redirect leads from https to the unprotected {to}")]
    Downgrade { to: String },
    /// The other side broke off or did not speak HTTP.
    #[error("the exchange with {host} broke off")]
    Protocol {
        host: String,
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// The rule that forbids a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The address is not on the public internet and not listed.
    NotPublic,
    Port,
    Scheme,
    UserInfo,
    Method,
}

/// What was going on when the time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looking up the name, connecting, agreeing on TLS.
    Connect,
    /// Sending the request and waiting for the head of the answer.
    FirstByte,
    /// Waiting for the next part of the body.
    Stall,
    /// Reading the body.
    Body,
}

/// What is wrong with a chain of redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectFault {
    Loop,
    /// More than the limit that stands here.
    TooMany(u32),
}

impl Error {
    /// A stable word for metrics and branching in other languages.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Refused { .. } => "refused",
            Error::BadUrl { .. } => "bad_url",
            Error::Dns { .. } => "dns",
            Error::Connect { .. } => "connect",
            Error::Tls { .. } => "tls",
            Error::Timeout { .. } => "timeout",
            Error::TooLarge { .. } => "too_large",
            Error::Decompress { .. } => "decompress",
            Error::Redirects { .. } => "redirects",
            Error::Downgrade { .. } => "downgrade",
            Error::Protocol { .. } => "protocol",
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Dns { .. } | Error::Connect { .. } | Error::Timeout { .. } | Error::Protocol { .. } => true,
            Error::Tls { .. } | Error::Decompress { .. } | Error::TooLarge { .. } => false,
            Error::Refused { .. } | Error::BadUrl { .. } | Error::Redirects { .. } | Error::Downgrade { .. } => false,
        }
    }
}

/// A URL as errors and logs may show it: no user, no query, no fragment, at most 200 characters.
pub fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let whole = format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
    whole.chars().take(200).collect()
}

struct Ratio(Option<u64>);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ratio) => write!(f, " once decompressed, {ratio} times what was received"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::NotPublic => "the address is not on the public internet and not listed in connect.allow",
            Why::Port => "only the ports 80 and 443 and those listed in connect.allow may be called",
            Why::Scheme => "only http and https may be called",
            Why::UserInfo => "an address must not hold a user or a password",
            Why::Method => "only requests for a resource are sent",
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Connect => "connecting",
            Phase::FirstByte => "waiting for the answer",
            Phase::Stall => "waiting for the rest of the body",
            Phase::Body => "reading the body",
        })
    }
}

impl fmt::Display for RedirectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedirectFault::Loop => f.write_str("go round in a circle"),
            RedirectFault::TooMany(max) => write!(f, "are more than {max}"),
        }
    }
}
