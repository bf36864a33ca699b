//! API keys: `ck_`, 32 characters of Crockford base32 (160 random bits), 6 characters of checksum.
//!
//! The fixed prefix lets scanners of leaked secrets find a key, the checksum tells a typing mistake
//! from a revoked key without a look-up. A key is random enough for a plain SHA-256 to be stored: no
//! list of guesses reaches 2^160, so a slow password hash would only cost time.

use sha2::{Digest, Sha256};
use stdx::config::Secret;

use crate::Error;
use crate::secret_hash::secret_hash;

const PREFIX: &str = "ck_";
const RANDOM_BYTES: usize = 20;
const BODY_CHARS: usize = 32;
const CHECK_CHARS: usize = 6;
/// How much of a key may be shown, so that its owner recognises it in a list.
const SHOWN_CHARS: usize = 8;
/// Crockford's alphabet in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

secret_hash! {
    /// SHA-256 of an API key, as it is stored.
    KeyHash
}

/// A key somebody presented, well-formed but not yet known to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    pub hash: KeyHash,
    /// The first eight characters, for lists and logs.
    pub prefix: String,
}

/// A new key: the text to show once and the hash to store.
pub fn generate() -> (Secret, KeyHash) {
    let body = base32(&stdx::rng::os_random::<RANDOM_BYTES>());
    let text = format!("{PREFIX}{body}{}", checksum(&body));
    let hash = KeyHash::of(&text);
    (Secret::new(text), hash)
}

/// Reads a presented key; blanks around it and upper case are forgiven.
pub fn parse(text: &str) -> Result<Presented, Error> {
    let text = text.trim();
    // Measured before it is copied: the text comes from a stranger and may be long.
    if text.len() != PREFIX.len() + BODY_CHARS + CHECK_CHARS || !text.is_ascii() {
        return Err(Error::KeyForm);
    }
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix(PREFIX).ok_or(Error::KeyForm)?;
    if !rest.bytes().all(|c| ALPHABET.contains(&c)) {
        return Err(Error::KeyForm);
    }
    let (body, check) = rest.split_at(BODY_CHARS);
    if checksum(body) != check {
        return Err(Error::KeyChecksum);
    }
    Ok(Presented { hash: KeyHash::of(&text), prefix: prefix(&text).to_owned() })
}

/// The part of a key that may be shown.
pub fn prefix(text: &str) -> &str {
    text.get(..SHOWN_CHARS).unwrap_or_default()
}

/// The first 30 bits of SHA-256 over prefix and body.
fn checksum(body: &str) -> String {
    let digest = Sha256::new().chain_update(PREFIX).chain_update(body).finalize();
    let mut check = base32(&digest[..5]);
    check.truncate(CHECK_CHARS);
    check
}

/// `bytes` in groups of five to eight characters; the length must be a multiple of five.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 5 * 8);
    for group in bytes.chunks_exact(5) {
        let bits = group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        text.extend((0..8).rev().map(|i| char::from(ALPHABET[(bits >> (5 * i) & 31) as usize])));
    }
    text
}

#[cfg(test)]
mod tests;
