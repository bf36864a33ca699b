//! Secrets at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under one master key.
//!
//! The text form is `v1.<key id>.<base64url of nonce and ciphertext>`. A random nonce of 192 bits is
//! safe for any number of values; the key id tells which key is missing after a rotation.
//!
//! The same keys sign: HMAC-SHA256 (RFC 2104) under a key derived from each, for links that prove what they say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::{Digest, Sha256};
use stdx::Timestamp;

use crate::Error;

const VERSION: &str = "v1";
const NONCE_BYTES: usize = 24;
const ID_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// Seals with one key, opens with it and with retired ones.
pub struct Sealer {
    /// The first one seals and signs.
    keys: Vec<(String, XChaCha20Poly1305)>,
    /// For each of the keys the one that signs.
    signing: Vec<[u8; 32]>,
}

/// What a signed link says, before it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub id: i64,
    pub expires_at: Timestamp,
    mac: [u8; MAC_BYTES],
}

impl Ticket {
    /// Reads what [`Sealer::ticket`] wrote; `None` when it is none.
    pub fn parse(text: &str) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
        let (expires, mac) = rest.split_first_chunk::<8>()?;
        Some(Ticket {
            id: i64::from_be_bytes(*id),
            expires_at: Timestamp::from_micros(i64::from_be_bytes(*expires)),
            mac: mac.try_into().ok()?,
        })
    }
}

impl Sealer {
    pub fn new(key: [u8; 32]) -> Self {
        Sealer { keys: vec![(id_of(&key), XChaCha20Poly1305::new(&Key::from(key)))], signing: vec![signing(&key)] }
    }

    /// Also opens what `key` sealed, while values move to the new one.
    #[must_use]
    pub fn with_retired(mut self, key: [u8; 32]) -> Self {
        self.keys.push((id_of(&key), XChaCha20Poly1305::new(&Key::from(key))));
        self.signing.push(signing(&key));
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

impl Sealer {
    /// A link's token of 64 characters: `id`, its end and a signature over both, over what it is for and over the
    /// things it is bound to.
    pub fn ticket(&self, purpose: &str, id: i64, expires_at: Timestamp, bound: &[i64]) -> String {
        let mac = mac(&self.signing[0], purpose, id, expires_at, bound).finalize().into_bytes();
        let (id, expires) = (id.to_be_bytes(), expires_at.micros().to_be_bytes());
        URL_SAFE_NO_PAD.encode([id.as_slice(), &expires, &mac].concat())
    }

    /// Whether `ticket` was signed here for all of this. In constant time; whether it has ended is the caller's to say.
    pub fn signed(&self, ticket: &Ticket, purpose: &str, bound: &[i64]) -> bool {
        let by =
            |key: &[u8; 32]| mac(key, purpose, ticket.id, ticket.expires_at, bound).verify_slice(&ticket.mac).is_ok();
        self.signing.iter().any(by)
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

fn signing(key: &[u8; 32]) -> [u8; 32] {
    let mut mac = keyed(key);
    mac.update(b"signing key");
    mac.finalize().into_bytes().into()
}

fn mac(key: &[u8; 32], purpose: &str, id: i64, expires_at: Timestamp, bound: &[i64]) -> Hmac<Sha256> {
    let mut mac = keyed(key);
    // Lengths stand before what varies, so that no two things are written alike.
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(&id.to_be_bytes());
    mac.update(&expires_at.micros().to_be_bytes());
    bound.iter().for_each(|number| mac.update(&number.to_be_bytes()));
    mac
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_for_what_it_was_signed_for() {
        let (sealer, end) = (Sealer::new([7; 32]), Timestamp::from_seconds(1_000));
        let text = sealer.ticket("review", 5, end, &[1, 2]);
        assert_eq!(text.len(), 64);
        let ticket = Ticket::parse(&text).unwrap();
        assert_eq!((ticket.id, ticket.expires_at), (5, end));
        assert!(sealer.signed(&ticket, "review", &[1, 2]));
        assert!(!sealer.signed(&ticket, "other", &[1, 2]) && !sealer.signed(&ticket, "review", &[1, 3]));
        assert!(!Sealer::new([8; 32]).signed(&ticket, "review", &[1, 2]));
        assert!(Sealer::new([8; 32]).with_retired([7; 32]).signed(&ticket, "review", &[1, 2]));
        let later = Ticket { expires_at: Timestamp::from_seconds(2_000), ..ticket.clone() };
        assert!(!sealer.signed(&later, "review", &[1, 2]));
        for place in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = if wrong[place] == b'A' { b'B' } else { b'A' };
            let wrong = Ticket::parse(std::str::from_utf8(&wrong).unwrap()).unwrap();
            assert!(!sealer.signed(&wrong, "review", &[1, 2]), "{place}");
        }
        for bad in ["", "A", "ü", &text[..63], &format!("{text}A"), &format!("{text}AAAA")] {
            assert_eq!(Ticket::parse(bad), None, "{bad}");
        }
    }

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
