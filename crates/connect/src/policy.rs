//! Whom the outside client may call: pure rules over URLs and addresses.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use crate::error::{Error, Why, shown};
use crate::settings::parse_allowed;

const URL_BYTES_MAX: usize = 8_192;

/// The rules, with the exceptions of the settings.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    allowed: BTreeSet<SocketAddr>,
}

impl Policy {
    /// Entries that cannot be read permit nothing; `Settings::validate` has named them by then.
    pub fn new(allow: &[String]) -> Self {
        Policy { allowed: allow.iter().filter_map(|entry| parse_allowed(entry)).collect() }
    }

    /// Reads `text` and applies every rule that needs no look-up.
    pub fn parse(&self, text: &str) -> Result<Url, Error> {
        let bad = |why: String| {
            // What stands before an `@` or after a `?` may be a secret.
            let open = text.split('?').next().and_then(|text| text.rsplit('@').next()).unwrap_or_default();
            Error::BadUrl { url: open.chars().take(200).collect(), why }
        };
        if text.len() > URL_BYTES_MAX {
            return Err(bad(format!("it is longer than {URL_BYTES_MAX} bytes")));
        }
        let url = Url::parse(text.trim()).map_err(|e| bad(e.to_string()))?;
        self.check_url(url)
    }

    /// Applies every rule that needs no look-up and drops the fragment, which is not sent.
    pub fn check_url(&self, mut url: Url) -> Result<Url, Error> {
        let refused = |why| Err(Error::Refused { what: shown(&url), why });
        if !matches!(url.scheme(), "http" | "https") {
            return refused(Why::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused(Why::UserInfo);
        }
        if url.as_str().len() > URL_BYTES_MAX {
            let why = format!("it is longer than {URL_BYTES_MAX} bytes");
            return Err(Error::BadUrl { url: shown(&url), why });
        }
        let port = url.port_or_known_default().expect("http and https have a default port");
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check_address(SocketAddr::new(ip.into(), port))?,
            Some(Host::Ipv6(ip)) => self.check_address(SocketAddr::new(ip.into(), port))?,
            // Without a look-up only the port can be judged: some listed address must have it.
            Some(Host::Domain(_)) if public_port(port) || self.allowed.iter().any(|a| a.port() == port) => {}
            Some(Host::Domain(_)) => return refused(Why::Port),
            None => return Err(Error::BadUrl { url: shown(&url), why: "it has no host".into() }),
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// Whether a connection to exactly this address may be made.
    pub fn check_address(&self, address: SocketAddr) -> Result<(), Error> {
        let ip: IpAddr = address.ip().to_canonical();
        if self.allowed.contains(&SocketAddr::new(ip, address.port())) {
            return Ok(());
        }
        let why = match (stdx::address::is_global(ip), public_port(address.port())) {
            (true, true) => return Ok(()),
            (true, false) => Why::Port,
            (false, _) => Why::NotPublic,
        };
        Err(Error::Refused { what: address.to_string(), why })
    }
}

fn public_port(port: u16) -> bool {
    matches!(port, 80 | 443)
}
