//! Who is really calling, when a proxy stands in between.

use std::net::IpAddr;
use std::str::FromStr;

use http::{HeaderMap, HeaderName, header};

use crate::Error;

/// An address range in CIDR notation; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether `address` lies inside; an IPv4 address inside IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(base).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(base).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::NotANetwork { text: text.to_owned() };
        let (base, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |b| b.parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Network { base, bits }) }
    }
}

/// The proxies that are believed. One header is read, the one that the proxies write: a proxy hands
/// the other one on as the stranger sent it.
#[derive(Clone, Debug)]
pub struct Proxies {
    networks: Vec<Network>,
    header: HeaderName,
}

impl Proxies {
    /// Proxies that write `X-Forwarded-For`, as most do.
    pub fn new(networks: Vec<Network>) -> Self {
        Proxies { networks, header: HeaderName::from_static("x-forwarded-for") }
    }

    /// Proxies that write `Forwarded` (RFC 7239).
    pub fn with_forwarded(networks: Vec<Network>) -> Self {
        Proxies { networks, header: header::FORWARDED }
    }

    /// # Errors
    /// [`Error::NotANetwork`] for the first text that is none.
    pub fn parse<T: AsRef<str>>(networks: &[T]) -> Result<Self, Error> {
        Ok(Proxies::new(networks.iter().map(|n| n.as_ref().parse()).collect::<Result<_, _>>()?))
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    pub fn is_trusted(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|n| n.contains(address))
    }

    /// The right-most address that is no trusted proxy, beginning with `peer`. What stands further
    /// left was written by a stranger. An entry that is no address ends the walk at the proxy that
    /// wrote it.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.networks.is_empty() || !self.is_trusted(client) {
            return client;
        }
        let lines: Vec<&str> = headers.get_all(&self.header).iter().map(|v| v.to_str().unwrap_or("?")).collect();
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let text = if self.header == header::FORWARDED { forwarded_for(entry) } else { Some(entry.trim()) };
            let Some(address) = text.and_then(parse_node) else { break };
            client = address;
            if !self.is_trusted(client) {
                break;
            }
        }
        client
    }
}

/// The `for` parameter of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address with or without port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_node(text: &str) -> Option<IpAddr> {
    let address: IpAddr = if let Some(rest) = text.strip_prefix('[') {
        rest.split_once(']')?.0.parse().ok()?
    } else if let Ok(address) = text.parse() {
        address
    } else {
        text.rsplit_once(':')?.0.parse::<std::net::Ipv4Addr>().ok()?.into()
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests;
