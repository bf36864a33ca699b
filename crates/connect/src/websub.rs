//! The subscriber's side of WebSub (W3C), without its calls: what a document names, what a hub is asked, what it says back, and
//! whether what it brings is from it. Source: `w3c/websub`, the sections named below.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::LINK;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use stdx::Timestamp;
use url::{Url, form_urlencoded};

/// Names what it was signed with, and the signature in hexadecimal: `sha256=30288d…`.
pub const SIGNATURE: &str = "x-hub-signature";
/// A subscription is asked to hold for so long; hubs grant what they like.
pub const LEASE: Duration = Duration::from_secs(10 * 86_400);
/// Longer leases are not believed: a hub must not grant endless ones, and we ask again sooner.
const LEASE_MAX: Duration = Duration::from_secs(90 * 86_400);
/// The share of a lease after which it is renewed, and how far the dice move that.
const RENEWED_AT: f64 = 0.8;
const JITTER: f64 = 0.05;
/// Hubs that are tried, and addresses read from one header.
const HUBS_MAX: usize = 5;
const LINKS_MAX: usize = 50;
const CHALLENGE_BYTES_MAX: usize = 4_096;

/// Where to subscribe, and to what. (§4)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// To be tried in this order; at least one.
    pub hubs: Vec<String>,
    /// The document's own word for its address, which may be another one than it was fetched from.
    pub topic: String,
}

/// What the headers of an answer name, else what the document itself names (`hubs`, `own`). Relative addresses are those of `base`.
/// `None` without a hub or without a topic: nothing is guessed.
pub fn discover(headers: &HeaderMap, base: &Url, hubs: &[String], own: Option<&str>) -> Option<Discovered> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).flat_map(links).take(LINKS_MAX);
    let (mut said_hubs, mut said_own) = (Vec::new(), None);
    for (target, rel) in links {
        let says = |word: &str| rel.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case(word));
        if says("hub") {
            said_hubs.push(target.clone());
        }
        if says("self") && said_own.is_none() {
            said_own = Some(target);
        }
    }
    let resolved = |address: &str| {
        let url = base.join(address.trim()).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.username().is_empty()).then(|| String::from(url))
    };
    let named = if said_hubs.is_empty() { hubs } else { &said_hubs };
    let mut found: Vec<String> = Vec::new();
    for hub in named.iter().filter_map(|hub| resolved(hub)) {
        if found.len() < HUBS_MAX && !found.contains(&hub) {
            found.push(hub);
        }
    }
    let topic = resolved(said_own.as_deref().or(own)?)?;
    (!found.is_empty()).then_some(Discovered { hubs: found, topic })
}

/// What a delivery says that it is of, if it says so. (§7)
pub fn topic(headers: &HeaderMap, base: &Url) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).flat_map(links).take(LINKS_MAX);
    let own = |rel: &str| rel.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case("self"));
    let (target, _) = { links }.find(|(_, rel)| own(rel))?;
    base.join(target.trim()).ok().map(String::from)
}

/// The targets of a `Link` header with their relations (RFC 8288 §3).
fn links(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let (parameters, end) = parameters(after);
        let rel = parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("rel")).map(|(_, value)| value);
        found.push((target.to_owned(), rel.unwrap_or_default()));
        if found.len() >= LINKS_MAX {
            break;
        }
        rest = end;
    }
    found
}

/// The parameters of one link, and what follows its comma.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(after) = rest.strip_prefix(';') {
        let after = after.trim_start();
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let mut value = String::new();
        rest = after;
        if let Some(after) = after.strip_prefix('=') {
            let after = after.trim_start();
            if let Some(quoted) = after.strip_prefix('"') {
                let mut end = quoted.len();
                let mut is_escaped = false;
                for (at, c) in quoted.char_indices() {
                    match c {
                        _ if is_escaped => {
                            value.push(c);
                            is_escaped = false;
                        }
                        '\\' => is_escaped = true,
                        '"' => {
                            end = at + 1;
                            break;
                        }
                        c => value.push(c),
                    }
                }
                rest = &quoted[end..];
            } else {
                let (bare, after) = after.split_at(after.find([';', ',']).unwrap_or(after.len()));
                value.push_str(bare.trim());
                rest = after;
            }
        }
        found.push((name.trim().to_owned(), value));
        rest = rest.trim_start();
    }
    (found, rest.split_once(',').map_or("", |(_, after)| after))
}

/// What is asked of a hub. (§5.1)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Subscribe,
    Unsubscribe,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Subscribe => "subscribe",
            Mode::Unsubscribe => "unsubscribe",
        }
    }
}

/// The form that asks for it. The secret is told over TLS only: to another hub it would be told to everybody.
pub fn form(mode: Mode, hub: &str, topic: &str, callback: &str, secret: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.mode", mode.name()).append_pair("hub.topic", topic).append_pair("hub.callback", callback);
    if mode == Mode::Subscribe {
        form.append_pair("hub.lease_seconds", &LEASE.as_secs().to_string());
        if hub.starts_with("https://") {
            form.append_pair("hub.secret", secret);
        }
    }
    form.finish()
}

/// What a hub says to a callback with a GET. (§5.2, §5.3)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Was this asked for? Then the challenge is to be sent back as it is.
    Verify {
        mode: Mode,
        topic: String,
        challenge: String,
        /// Of a subscription: how long it is granted.
        lease: Option<Duration>,
    },
    /// The subscription is refused or over, which may come at any time.
    Denied { topic: String, reason: String },
}

impl Intent {
    /// Reads a query; `None` for one that says nothing of the kind, or says it twice.
    pub fn parse(query: &str) -> Option<Intent> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).take(LINKS_MAX).collect();
        let get = |name: &str| {
            let mut all = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone().into_owned());
            all.next().filter(|value| !value.is_empty() && all.next().is_none())
        };
        let (mode, topic) = (get("hub.mode")?, get("hub.topic")?);
        if mode == "denied" {
            let reason: String =
                get("hub.reason").unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect();
            return Some(Intent::Denied { topic, reason });
        }
        let mode = [Mode::Subscribe, Mode::Unsubscribe].into_iter().find(|known| known.name() == mode)?;
        let challenge = get("hub.challenge").filter(|challenge| challenge.len() <= CHALLENGE_BYTES_MAX)?;
        let lease = match mode {
            Mode::Subscribe => Some(granted(&get("hub.lease_seconds")?)?),
            Mode::Unsubscribe => None,
        };
        Some(Intent::Verify { mode, topic, challenge, lease })
    }
}

fn granted(seconds: &str) -> Option<Duration> {
    let seconds: u64 = seconds.parse().ok().filter(|seconds| *seconds > 0)?;
    Some(Duration::from_secs(seconds).min(LEASE_MAX))
}

/// When a lease that was granted at `now` is renewed: after four fifths of it, a little moved by `dice` (0 to 1), so that
/// subscriptions that were made together do not come together ever after.
pub fn renewal(now: Timestamp, lease: Duration, dice: f64) -> Timestamp {
    now + lease.mul_f64(RENEWED_AT - JITTER + 2.0 * JITTER * dice.clamp(0.0, 1.0))
}

/// What a body was signed with, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Good enough for HMAC, though for nothing else.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Whether `body` was signed under `secret` by one of the signatures in the headers, compared in constant time; gives the
/// strongest method that holds, `None` when none does. (§7.1)
pub fn signed(headers: &HeaderMap, secret: &str, body: &[u8]) -> Option<Method> {
    let given = headers.get_all(SIGNATURE).iter().take(8).filter_map(|value| value.to_str().ok());
    given.filter_map(|value| holds(value.trim(), secret.as_bytes(), body)).max()
}

fn holds(signature: &str, secret: &[u8], body: &[u8]) -> Option<Method> {
    let (name, hex) = signature.split_once('=')?;
    let mac = unhexed(hex)?;
    let (method, is_good) = match name.to_ascii_lowercase().as_str() {
        "sha1" => (Method::Sha1, verify::<Hmac<Sha1>>(secret, body, &mac)),
        "sha256" => (Method::Sha256, verify::<Hmac<Sha256>>(secret, body, &mac)),
        "sha384" => (Method::Sha384, verify::<Hmac<Sha384>>(secret, body, &mac)),
        "sha512" => (Method::Sha512, verify::<Hmac<Sha512>>(secret, body, &mac)),
        _ => return None,
    };
    is_good.then_some(method)
}

fn verify<M: Mac + KeyInit>(secret: &[u8], body: &[u8], mac: &[u8]) -> bool {
    let hmac = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    hmac.chain_update(body).verify_slice(mac).is_ok()
}

fn unhexed(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || hex.len() > 128 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests;
