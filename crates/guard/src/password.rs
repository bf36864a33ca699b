//! Passwords: which are good enough, and how they are kept.
//!
//! Kept as Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet, 2025), in the
//! text form that the reference implementation prints. A hash takes some 20 ms of a processor on purpose:
//! compute it on a thread that may wait, and not many at once.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use stdx::config::Secret;
use stdx::metric::Counter;
use subtle::ConstantTimeEq as _;

use crate::Error;

pub static HASHED: Counter = Counter::new();

const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// More than this is never asked for by what we have stored ourselves.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;

/// Fewest characters of a password.
pub const CHARS_MIN: usize = 12;
/// Most characters of a password: a bound for the work, not for anybody's imagination.
pub const CHARS_MAX: usize = 200;

/// Words and runs that guessers try first. A password that is nothing but these, digits and signs is refused.
const COMMONEST: &[&str] = &[
    "123456789012",
    "1234567890",
    "123456789",
    "0123456789",
    "987654321",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "qwerty",
    "qwertz",
    "azerty",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "q1w2e3r4t5y6",
    "zaq12wsx",
    "abcdefghijkl",
    "abcdef",
    "passwords",
    "password",
    "passwort",
    "passw0rd",
    "p@ssw0rd",
    "parola",
    "sifre",
    "motdepasse",
    "contrasena",
    "letmein",
    "iloveyou",
    "welcome",
    "willkommen",
    "administrator",
    "admin",
    "changeme",
    "default",
    "secret",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "trustno1",
    "superman",
    "starwars",
    "galatasaray",
    "fenerbahce",
    "besiktas",
    "istanbul",
    "hallo",
    "hello",
    "login",
    "master",
    "test",
    "user",
    "root",
    "correct horse battery staple",
    "correcthorsebatterystaple",
];

/// A password that may be kept.
#[derive(Clone, Debug)]
pub struct Password(Secret);

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("must have {CHARS_MIN} to {CHARS_MAX} characters")]
    Length,
    #[error("must not be your name, your e-mail address or the name of this place")]
    Personal,
    #[error("is one of those that are guessed first")]
    Common,
}

/// A password as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Password {
    /// Takes `text` if it is long enough, not among the commonest and none of `known`: what a guesser knows of
    /// the person. Case, blanks and signs between do not make a known word a secret.
    pub fn new(text: &str, known: &[&str]) -> Result<Password, Weak> {
        // Bytes first: counting the characters of a megabyte is work for nothing.
        if text.len() > CHARS_MAX * 4 || !(CHARS_MIN..=CHARS_MAX).contains(&text.chars().count()) {
            return Err(Weak::Length);
        }
        let plain = plain(text);
        let is_known = |word: &&str| {
            let (whole, name) = (self::plain(word), self::plain(word.split('@').next().unwrap_or_default()));
            !plain.is_empty() && (plain == whole || plain == name)
        };
        if known.iter().any(is_known) {
            return Err(Weak::Personal);
        }
        if is_common(text) {
            return Err(Weak::Common);
        }
        Ok(Password(Secret::new(text)))
    }

    /// A fresh hash, with a salt of its own.
    pub fn hash(&self) -> PasswordHash {
        let mut fresh = PasswordHash::of_nobody();
        fresh.salt = stdx::rng::os_random::<SALT_BYTES>().to_vec();
        // The parameters are those that were tested.
        fresh.hash = fresh.compute(self.0.reveal()).unwrap_or_default();
        fresh
    }
}

impl PasswordHash {
    /// What nobody's password has: to spend the same work on somebody who does not exist.
    pub fn of_nobody() -> PasswordHash {
        PasswordHash {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: vec![0; SALT_BYTES],
            hash: vec![0; HASH_BYTES],
        }
    }

    /// Reads `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
    pub fn parse(text: &str) -> Result<PasswordHash, Error> {
        let read = || {
            let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
            let mut numbers = parts.next()?.split(',');
            let mut number = |name: &str| numbers.next()?.strip_prefix(name)?.parse::<u32>().ok();
            let (memory_kib, passes, lanes) = (number("m=")?, number("t=")?, number("p=")?);
            let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
            let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
            let is_ours = memory_kib <= MEMORY_KIB_MAX
                && passes <= PASSES_MAX
                && (8..=64).contains(&salt.len())
                && (16..=64).contains(&hash.len())
                && parts.next().is_none()
                && numbers.next().is_none();
            is_ours.then_some(PasswordHash { memory_kib, passes, lanes, salt, hash })
        };
        read().ok_or(Error::PasswordForm)
    }

    /// The text to store.
    pub fn to_text(&self) -> String {
        format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            self.memory_kib,
            self.passes,
            self.lanes,
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.hash)
        )
    }

    /// Whether `text` is the password. The work is the same whatever the answer.
    pub fn matches(&self, text: &str) -> bool {
        // What is longer was never accepted; a part of it costs the same.
        let given = text.get(..CHARS_MAX * 4).unwrap_or(text);
        let computed = self.compute(given);
        given.len() == text.len() && computed.is_some_and(|hash| hash.ct_eq(&self.hash).into())
    }

    /// `None` when the parameters cannot be.
    fn compute(&self, text: &str) -> Option<Vec<u8>> {
        HASHED.inc();
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(self.hash.len())).ok()?;
        let mut hash = vec![0; self.hash.len()];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(text.as_bytes(), &self.salt, &mut hash).ok()?;
        Some(hash)
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// Lower case, letters and digits only.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether nothing is left without the commonest words, digits and signs, or almost nothing was there.
fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut kinds: Vec<char> = lower.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() < 5 {
        return true;
    }
    let mut rest = lower;
    for word in COMMONEST {
        rest = rest.replace(word, " ");
    }
    // Digits alone can be a good secret, if they are not a run or a date.
    let had_word = rest.contains(' ');
    let letters = rest.chars().filter(|c| c.is_alphabetic()).count();
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    had_word && letters < 4 && digits < 9
}

#[cfg(test)]
mod tests;
