//! Ids of 63 bits: 41 of milliseconds since 2020, 10 of node, 12 of sequence.
//!
//! Made in the process, ordered by time, unique while no two nodes share a number. Shown everywhere
//! as 13 characters of Crockford's Base32, in JSON as a string.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Timestamp;

/// 2020-01-01T00:00:00Z in milliseconds; 41 bits from here last until 2089.
const EPOCH_MS: i64 = 1_577_836_800_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An id: positive, ordered by the time it was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(i64);

impl Id {
    /// `None` for a negative number.
    pub const fn from_i64(value: i64) -> Option<Id> {
        if value < 0 { None } else { Some(Id(value)) }
    }

    pub const fn to_i64(self) -> i64 {
        self.0
    }

    /// The millisecond it was made in.
    pub const fn made_at(self) -> Timestamp {
        Timestamp::from_millis((self.0 >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS)
    }

    /// The smallest id that could have been made at `time`: a lower bound for range queries.
    pub const fn lower_bound(time: Timestamp) -> Id {
        let ms = time.millis() - EPOCH_MS;
        Id(if ms < 0 { 0 } else { ms << (NODE_BITS + SEQUENCE_BITS) })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 13];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.pad(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no id.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: 13 characters of 0-9 and A-Z without I, L, O, U")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for Id {
    type Err = NotAnId;

    /// Reads any letter case, and I, L as 1 and O as 0, as Crockford asks.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != 13 {
            return Err(NotAnId);
        }
        let mut value: i64 = 0;
        for c in text.bytes() {
            let c = match c.to_ascii_uppercase() {
                b'I' | b'L' => b'1',
                b'O' => b'0',
                c => c,
            };
            let digit = ALPHABET.iter().position(|a| *a == c).ok_or(NotAnId)? as i64;
            value = value.checked_mul(32).and_then(|v| v.checked_add(digit)).ok_or(NotAnId)?;
        }
        Ok(Id(value))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Makes ids for one node. Never repeats, also when the clock steps back or more than 4,096 are
/// asked for in a millisecond: it then runs ahead of the clock.
#[derive(Debug)]
pub struct IdGen {
    node: i64,
    /// Milliseconds and sequence of the last id, without the node.
    last: AtomicI64,
}

impl IdGen {
    /// `node` is taken modulo 1,024.
    pub fn new(node: u16) -> Self {
        IdGen { node: i64::from(node % 1024), last: AtomicI64::new(0) }
    }

    pub fn node(&self) -> u16 {
        self.node as u16
    }

    pub fn next(&self, now: Timestamp) -> Id {
        let floor = (now.millis() - EPOCH_MS).max(0) << SEQUENCE_BITS;
        let step = |last: i64| Some((last + 1).max(floor));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).expect("step never declines");
        let tick = (last + 1).max(floor);
        let (ms, sequence) = (tick >> SEQUENCE_BITS, tick & ((1 << SEQUENCE_BITS) - 1));
        Id((ms << (NODE_BITS + SEQUENCE_BITS)) | (self.node << SEQUENCE_BITS) | sequence)
    }
}

/// Declares a newtype over [`Id`] so that two kinds of id cannot be swapped.
#[macro_export]
macro_rules! id_type {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $crate::Id);

        impl $name {
            pub const fn to_i64(self) -> i64 { self.0.to_i64() }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { std::fmt::Display::fmt(&self.0, f) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::id::NotAnId;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map($name) }
        }

        impl From<$crate::Id> for $name {
            fn from(id: $crate::Id) -> Self { $name(id) }
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_ordered_and_round_trip() {
        let gen_ = IdGen::new(7);
        let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        let mut last = gen_.next(now);
        for _ in 0..10_000 {
            let id = gen_.next(now);
            assert!(id > last);
            assert_eq!(id.to_string().parse(), Ok(id));
            last = id;
        }
        assert!(gen_.next(Timestamp::EPOCH) > last, "a clock that steps back does not repeat ids");
        assert_eq!(Id::lower_bound(now).made_at(), now);
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in ["", "0", "ZZZZZZZZZZZZZ", "000000000000U", "00000000000000", "-000000000001"] {
            assert_eq!(text.parse::<Id>(), Err(NotAnId), "{text}");
        }
        assert_eq!("oil0000000000".parse::<Id>(), "0110000000000".parse());
    }
}
