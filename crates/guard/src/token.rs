//! Session tokens and the CSRF tokens that belong to them; tickets that open one door once.
//!
//! A session token is opaque: 256 random bits, only its hash is stored. The CSRF token is an HMAC
//! under the session token, so it needs no storage, is bound to the session, and does not reveal it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use stdx::config::Secret;

use crate::Error;
use crate::secret_hash::secret_hash;

const TOKEN_BYTES: usize = 32;
const TOKEN_CHARS: usize = 43;
const CSRF_PURPOSE: &[u8] = b"csrf token, version 1";

secret_hash! {
    /// SHA-256 of a session token, as it is stored.
    SessionHash
}

secret_hash! {
    /// SHA-256 of a ticket, as it is stored.
    TicketHash
}

/// What lets somebody in once: the secret of an invitation, made like a session's token.
#[derive(Clone, Debug)]
pub struct Ticket(Secret);

impl Ticket {
    pub fn generate() -> Self {
        Ticket(random())
    }

    /// Reads a presented ticket; whether it is good only the store knows.
    pub fn parse(text: &str) -> Result<Self, Error> {
        well_formed(text).map(Ticket)
    }

    /// The text for the link.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What to store and to look up by.
    pub fn hash(&self) -> TicketHash {
        TicketHash::of(self.0.reveal())
    }
}

fn random() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(stdx::rng::os_random::<TOKEN_BYTES>()))
}

fn well_formed(text: &str) -> Result<Secret, Error> {
    let fits = text.len() == TOKEN_CHARS && URL_SAFE_NO_PAD.decode(text).is_ok_and(|b| b.len() == TOKEN_BYTES);
    if fits { Ok(Secret::new(text)) } else { Err(Error::TokenForm) }
}

/// A session token in the hands of its owner.
#[derive(Clone, Debug)]
pub struct Session(Secret);

impl Session {
    /// A new session; make one at each sign-in, so that a token planted before is worth nothing.
    pub fn generate() -> Self {
        Session(random())
    }

    /// Reads a presented token; whether it is alive only the store knows.
    pub fn parse(text: &str) -> Result<Self, Error> {
        well_formed(text).map(Session)
    }

    /// The text for the cookie.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What to store and to look up by.
    pub fn hash(&self) -> SessionHash {
        SessionHash::of(self.0.reveal())
    }

    /// The token that a form of this session carries.
    pub fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.csrf_mac().finalize().into_bytes())
    }

    /// Whether `presented` is this session's CSRF token, in constant time.
    pub fn csrf_matches(&self, presented: &str) -> bool {
        presented.len() == TOKEN_CHARS
            && URL_SAFE_NO_PAD.decode(presented).is_ok_and(|tag| self.csrf_mac().verify_slice(&tag).is_ok())
    }

    fn csrf_mac(&self) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(self.0.reveal().as_bytes())
            .expect("HMAC takes a key of any length")
            .chain_update(CSRF_PURPOSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_and_its_csrf_token() {
        let (ours, other) = (Session::generate(), Session::generate());
        assert_eq!(Session::parse(ours.reveal()).unwrap().hash(), ours.hash());
        assert_ne!(ours.hash(), other.hash());
        assert_eq!(ours.csrf(), ours.csrf());
        assert!(ours.csrf_matches(&ours.csrf()));
        assert!(!ours.csrf_matches(&other.csrf()));
        assert_ne!(ours.csrf(), ours.reveal());
        for wrong in ["", "x", ours.reveal(), &ours.csrf()[1..], &format!("{}A", ours.csrf())] {
            assert!(!ours.csrf_matches(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_csrf_token_does_not_drift() {
        let session = Session::parse(&"A".repeat(43)).unwrap();
        assert_eq!(session.csrf(), "Ktp5Sa2soB7LzeWpuPJMY5a_MuYvnMIzWgwSc8e2TMI");
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let long = "A".repeat(1_000_000);
        for text in ["", "abc", &"A".repeat(42), &"A".repeat(44), &"*".repeat(43), &"é".repeat(43), &long] {
            assert_eq!(Session::parse(text).err(), Some(Error::TokenForm));
            assert_eq!(Ticket::parse(text).err(), Some(Error::TokenForm));
        }
        assert!(!format!("{:?}", Session::generate()).contains(|c: char| c.is_ascii_digit()));
    }
}
