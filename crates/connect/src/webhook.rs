//! Standard Webhooks 1.0.0: how a webhook proves who sent it, and when.
//!
//! Signed is `id.timestamp.body`, by HMAC-SHA256 under a secret that both sides have; the header may list several signatures,
//! so that a secret can be replaced without a gap. Source: `standard-webhooks/standard-webhooks`, `spec/standard-webhooks.md`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;
use stdx::Timestamp;

/// The event, the same on every try: what a receiver tells repetitions by.
pub const ID: &str = "webhook-id";
/// Seconds since 1970 of this try.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// `v1,` and the Base64 of a signature, several with blanks between them.
pub const SIGNATURE: &str = "webhook-signature";

/// Longest distance between the sender's clock and ours, both ways.
pub const TOLERANCE: Duration = Duration::from_secs(300);

const PREFIX: &str = "whsec_";
/// A key has as many bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const ID_BYTES_MAX: usize = 256;
/// More are not looked at: one for each key that a sender may use, with room to spare.
const SIGNATURES_MAX: usize = 16;
const MAC_BYTES: usize = 32;

/// What both sides know.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

/// Why a call is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{header} {why}")]
    Malformed { header: &'static str, why: &'static str },
    #[error("no signature in {SIGNATURE} is that of this body, id and time under the secret")]
    NoMatch,
    /// Told only of a call that is signed well.
    #[error("{TIMESTAMP} is more than 5 minutes ago")]
    TooOld,
    /// Told only of a call that is signed well.
    #[error("{TIMESTAMP} is more than 5 minutes ahead")]
    TooNew,
}

/// What the headers of a call say; nothing of it is believed before [`Stamp::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    pub id: &'a str,
    /// As it was written, since that is what was signed.
    time: &'a str,
    seconds: i64,
    signatures: Vec<[u8; MAC_BYTES]>,
}

impl Key {
    /// Reads `whsec_` and standard Base64 with its padding; `None` for anything else, and for fewer than 24 or more than 64 bytes.
    pub fn parse(secret: &str) -> Option<Key> {
        let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
        KEY_BYTES.contains(&bytes.len()).then_some(Key(bytes))
    }

    /// A new key from the system's dice.
    pub fn new(bytes: [u8; 32]) -> Key {
        Key(bytes.to_vec())
    }

    /// The secret as it is handed over: to be shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// One entry of [`SIGNATURE`]. Neither the id nor the time may hold a dot, which parts them from the body.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        debug_assert!(!id.contains('.'), "an id with a dot could be read as another id and time");
        let mac = self.mac(id, &at.seconds().to_string(), body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(mac))
    }

    fn mac(&self, id: &str, time: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl<'a> Stamp<'a> {
    /// Reads the three headers. Signatures of versions that are not known here, and broken ones, are passed over.
    ///
    /// # Errors
    /// [`Refusal::Missing`], [`Refusal::Malformed`].
    pub fn read(headers: &'a HeaderMap) -> Result<Stamp<'a>, Refusal> {
        let (id, time, list) = (one(headers, ID)?, one(headers, TIMESTAMP)?, one(headers, SIGNATURE)?);
        let malformed = |header, why| Err(Refusal::Malformed { header, why });
        if id.is_empty() || id.len() > ID_BYTES_MAX || id.contains('.') || !id.bytes().all(|b| b.is_ascii_graphic()) {
            return malformed(ID, "must have 1 to 256 visible ASCII characters, none of them a dot");
        }
        let is_number = (1..=12).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit());
        let Some(seconds) = time.parse().ok().filter(|_| is_number) else {
            return malformed(TIMESTAMP, "must be a number of seconds since 1970");
        };
        if list.split(' ').count() > SIGNATURES_MAX {
            return malformed(SIGNATURE, "lists more than 16 signatures");
        }
        let signatures: Vec<[u8; MAC_BYTES]> = list.split(' ').filter_map(signature).collect();
        if signatures.is_empty() {
            return malformed(SIGNATURE, "holds no signature of version v1");
        }
        Ok(Stamp { id, time, seconds, signatures })
    }

    /// Whether one of the signatures was made for `body` with one of `keys`, at a time near `now`. Each is compared in
    /// constant time, with every key.
    ///
    /// # Errors
    /// [`Refusal::NoMatch`], and only when there is a match [`Refusal::TooOld`] or [`Refusal::TooNew`].
    pub fn check(&self, body: &[u8], keys: &[Key], now: Timestamp) -> Result<(), Refusal> {
        let mut is_good = false;
        for key in keys {
            let mac = key.mac(self.id, self.time, body);
            for signature in &self.signatures {
                is_good |= mac.clone().verify_slice(signature).is_ok();
            }
        }
        let (age, most) = (now.seconds() - self.seconds, TOLERANCE.as_secs().cast_signed());
        match is_good {
            false => Err(Refusal::NoMatch),
            true if age > most => Err(Refusal::TooOld),
            true if age < -most => Err(Refusal::TooNew),
            true => Ok(()),
        }
    }
}

/// The value of a header that must stand there once: of two, another reader might take the other one.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    let mut all = headers.get_all(name).iter();
    let value = all.next().ok_or(Refusal::Missing(name))?;
    if all.next().is_some() {
        return Err(Refusal::Malformed { header: name, why: "stands there more than once" });
    }
    value.to_str().map_err(|_| Refusal::Malformed { header: name, why: "must be plain ASCII" })
}

fn signature(entry: &str) -> Option<[u8; MAC_BYTES]> {
    STANDARD.decode(entry.strip_prefix("v1,")?).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
