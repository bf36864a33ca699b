//! Secrets at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under one master key.
//!
//! The text form is `v1.<key id>.<base64url of nonce and ciphertext>`. A random nonce of 192 bits is
//! safe for any number of values; the key id tells which key is missing after a rotation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::Error;

const VERSION: &str = "v1";
const NONCE_BYTES: usize = 24;

/// Seals with one key, opens with it and with retired ones.
pub struct Sealer {
    /// The first one seals.
    keys: Vec<(String, XChaCha20Poly1305)>,
}

impl Sealer {
    pub fn new(key: [u8; 32]) -> Self {
        Sealer { keys: vec![(id_of(&key), XChaCha20Poly1305::new(&Key::from(key)))] }
    }

    /// Also opens what `key` sealed, while values move to the new one.
    #[must_use]
    pub fn with_retired(mut self, key: [u8; 32]) -> Self {
        self.keys.push((id_of(&key), XChaCha20Poly1305::new(&Key::from(key))));
        self
    }

    /// Names the sealing key without revealing it: eight hexadecimal digits.
    pub fn key_id(&self) -> &str {
        &self.keys[0].0
    }

    /// Seals `plain` for the place that `aad` names, such as table, row and column; it opens only there.
    pub fn seal(&self, plain: &[u8], aad: &str) -> String {
        let (id, cipher) = &self.keys[0];
        let nonce = stdx::rng::os_random::<NONCE_BYTES>();
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: aad.as_bytes() })
            .expect("a value in memory is shorter than the cipher's limit of 256 GiB");
        format!("{VERSION}.{id}.{}", URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what [`Sealer::seal`] made for the same place.
    pub fn open(&self, sealed: &str, aad: &str) -> Result<Vec<u8>, Error> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(id), Some(data), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Error::SealForm);
        };
        if id.len() != 8 || !id.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(Error::SealForm);
        }
        let data = URL_SAFE_NO_PAD.decode(data).map_err(|_| Error::SealForm)?;
        let (nonce, data) = data.split_first_chunk::<NONCE_BYTES>().ok_or(Error::SealForm)?;
        let (_, cipher) =
            self.keys.iter().find(|(known, _)| known == id).ok_or_else(|| Error::SealKey { key_id: id.to_owned() })?;
        cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: data, aad: aad.as_bytes() })
            .map_err(|_| Error::SealDamaged)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.key_id())
    }
}

fn id_of(key: &[u8; 32]) -> String {
    let digest = Sha256::new().chain_update("sealing key id").chain_update(key).finalize();
    digest[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_in_its_place() {
        let sealer = Sealer::new([7; 32]);
        for plain in ["", "a", "the password is 🔑", &"x".repeat(100_000)] {
            let sealed = sealer.seal(plain.as_bytes(), "account/7/password");
            assert_eq!(sealer.open(&sealed, "account/7/password").unwrap(), plain.as_bytes());
            assert_eq!(sealer.open(&sealed, "account/8/password"), Err(Error::SealDamaged));
            assert_ne!(sealed, sealer.seal(plain.as_bytes(), "account/7/password"), "the nonce is fresh");
        }
    }

    #[test]
    fn any_changed_character_is_noticed() {
        let sealer = Sealer::new([7; 32]);
        let sealed = sealer.seal(b"secret", "a");
        for place in 0..sealed.len() {
            let mut wrong = sealed.clone().into_bytes();
            wrong[place] = if wrong[place] == b'0' { b'1' } else { b'0' };
            assert!(sealer.open(std::str::from_utf8(&wrong).unwrap(), "a").is_err(), "{place}");
        }
        for cut in 0..sealed.len() {
            assert!(sealer.open(&sealed[..cut], "a").is_err(), "{cut}");
        }
    }

    #[test]
    fn a_retired_key_still_opens() {
        let old = Sealer::new([1; 32]);
        let sealed = old.seal(b"secret", "a");
        let new = Sealer::new([2; 32]);
        assert_eq!(new.open(&sealed, "a"), Err(Error::SealKey { key_id: old.key_id().to_owned() }));
        let both = new.with_retired([1; 32]);
        assert_eq!(both.open(&sealed, "a").unwrap(), b"secret");
        assert_ne!(both.key_id(), old.key_id());
        assert_eq!(format!("{old:?}"), format!("Sealer({})", old.key_id()));
    }
}
