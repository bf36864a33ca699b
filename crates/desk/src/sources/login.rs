//! What a source asks of us before it gives its feed. It is kept sealed, bound to the source and to the origin for which it
//! was given: under another address it does not open, and a redirect elsewhere does not get it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connect::Url;
use connect::http::header::{self, HeaderName, HeaderValue};
use guard::seal::Sealer;
use serde::Deserialize;
use stdx::config::Secret;

use crate::{Fault, SourceId};

/// How we say who we are.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Login {
    /// RFC 7617.
    Basic { user: String, password: Secret },
    /// RFC 6750.
    Bearer { token: Secret },
    /// A header of the site's own, such as `X-Api-Key` or `Cookie`.
    Header { name: String, value: Secret },
}

const BYTES_MAX: usize = 4_096;

/// What the client or the request says itself.
const TAKEN: [&str; 11] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "accept",
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "range",
];

impl Login {
    /// The header it becomes, or what is wrong with it. The client drops it as soon as a redirect leads to another origin.
    pub(super) fn header(&self) -> Result<(HeaderName, HeaderValue), Fault> {
        let fault = |pointer: &str, detail: &str| Fault::new(pointer, detail);
        let (name, value) = match self {
            Login::Basic { user, password } => {
                if user.contains(':') || user.chars().chain(password.reveal().chars()).any(char::is_control) {
                    return Err(fault(
                        "/login/user",
                        "must hold no colon, and neither user nor password control characters",
                    ));
                }
                let pair = STANDARD.encode(format!("{user}:{}", password.reveal()));
                (header::AUTHORIZATION, format!("Basic {pair}"))
            }
            Login::Bearer { token } => {
                let is_token = |b: u8| b.is_ascii_graphic();
                if token.reveal().is_empty() || !token.reveal().bytes().all(is_token) {
                    return Err(fault("/login/token", "must be plain ASCII without blanks"));
                }
                (header::AUTHORIZATION, format!("Bearer {}", token.reveal()))
            }
            Login::Header { name, value } => {
                let known = name.trim().to_ascii_lowercase();
                let parsed = known.parse().ok().filter(|_| !TAKEN.contains(&known.as_str()));
                let parsed =
                    parsed.ok_or_else(|| fault("/login/name", "must name a header that we do not set ourselves"))?;
                if value.reveal().is_empty() {
                    return Err(fault("/login/value", "must not be empty"));
                }
                (parsed, value.reveal().to_owned())
            }
        };
        if value.len() > BYTES_MAX {
            return Err(fault("/login", "must have at most 4096 bytes"));
        }
        let mut value =
            HeaderValue::from_str(&value).map_err(|_| fault("/login/value", "must be the value of a header"))?;
        value.set_sensitive(true);
        Ok((name, value))
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.header().err()
    }

    /// As it is stored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn seal(&self, sealer: &Sealer, source: SourceId, url: &str) -> Result<String, Fault> {
        let (name, value) = self.header()?;
        let line = [name.as_str().as_bytes(), b":", value.as_bytes()].concat();
        Ok(sealer.seal(&line, &place(source, url)))
    }
}

/// The header that was sealed for this source at this origin; `None` when it does not open.
pub(super) fn open(sealer: &Sealer, sealed: &str, source: SourceId, url: &str) -> Option<(HeaderName, HeaderValue)> {
    let line = sealer.open(sealed, &place(source, url)).ok()?;
    let colon = line.iter().position(|b| *b == b':')?;
    let mut value = HeaderValue::from_bytes(&line[colon + 1..]).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_bytes(&line[..colon]).ok()?, value))
}

fn place(source: SourceId, url: &str) -> String {
    format!("source/{source}/login {}", origin(url))
}

/// Scheme, host and port of an address.
pub(crate) fn origin(url: &str) -> String {
    Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
