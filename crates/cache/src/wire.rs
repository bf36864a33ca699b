//! How a value stands in a shared tier: a header of its own, the key, and the value in postcard, by zstd if long.
//!
//! Little-endian: magic `C5 ED`, format 1, flags (1: zstd), log u64, since u64, schema u32, fresh, stale, grace and
//! stored instants i64 each (microseconds), lengths of the plain value u32, the key u16 (space, a zero byte, key) and
//! tags u16, then key, tags (u64 hashes), value, and the XXH3-64 of all before it. What does not fit is a miss:
//! another format, schema or log, another key under the same hash, a wrong sum.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stdx::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::entry::Life;

/// Longer values are compressed.
const PLAIN_MAX: usize = 1024;
const LEVEL: i32 = 3;
/// A longer value is not believed.
pub(crate) const VALUE_MAX: usize = 64 << 20;
const MAGIC: [u8; 3] = [0xC5, 0xED, 1];
const HEAD: usize = 4 + 8 + 8 + 4 + 4 * 8 + 4 + 2 + 2;
const SUM: usize = 8;

/// A value on its way to or from a shared tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub log: u64,
    pub since: u64,
    pub schema: u32,
    pub life: Life,
    pub stored_at: Timestamp,
    pub space: &'a str,
    pub key: &'a str,
    pub tags: Box<[u64]>,
    /// Not compressed.
    pub value: std::borrow::Cow<'a, [u8]>,
}

/// Values as bytes and back. Another version's bytes are a miss.
pub(crate) struct Codec<V> {
    pub version: u32,
    pub encode: Encode<V>,
    pub decode: Decode<V>,
}

type Encode<V> = Box<dyn Fn(&V) -> Option<Vec<u8>> + Send + Sync>;
type Decode<V> = Box<dyn Fn(&[u8]) -> Option<V> + Send + Sync>;

impl<V: Serialize + DeserializeOwned> Codec<V> {
    pub fn postcard(version: u32) -> Self {
        Codec {
            version,
            encode: Box::new(|value| postcard::to_stdvec(value).ok()),
            decode: Box::new(|bytes| postcard::from_bytes(bytes).ok()),
        }
    }
}

impl<'a> Frame<'a> {
    /// `None` if something is too long to be kept.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let (key, tags) = (self.space.len() + 1 + self.key.len(), self.tags.len());
        let packed = self.packed();
        let (flags, value) = packed.as_deref().map_or((0, &*self.value), |packed| (1, packed));
        let mut out = Vec::with_capacity(HEAD + key + tags * 8 + value.len() + SUM);
        out.extend(MAGIC);
        out.push(flags);
        out.extend(self.log.to_le_bytes());
        out.extend(self.since.to_le_bytes());
        out.extend(self.schema.to_le_bytes());
        let Life { fresh_until, stale_until, grace_until } = self.life;
        for at in [fresh_until, stale_until, grace_until, self.stored_at] {
            out.extend(at.micros().to_le_bytes());
        }
        let plain = u32::try_from(self.value.len()).ok().filter(|len| *len as usize <= VALUE_MAX)?;
        out.extend(plain.to_le_bytes());
        out.extend(u16::try_from(key).ok()?.to_le_bytes());
        out.extend(u16::try_from(tags).ok()?.to_le_bytes());
        out.extend(self.space.as_bytes());
        out.push(0);
        out.extend(self.key.as_bytes());
        self.tags.iter().for_each(|tag| out.extend(tag.to_le_bytes()));
        out.extend(value);
        out.extend(xxh3_64(&out).to_le_bytes());
        Some(out)
    }

    /// `None` if this is no whole frame of this format.
    pub fn parse(bytes: &'a [u8]) -> Option<Frame<'a>> {
        let body = bytes.len().checked_sub(SUM).filter(|len| *len >= HEAD)?;
        let (body, sum) = bytes.split_at(body);
        if xxh3_64(body).to_le_bytes() != *sum {
            return None;
        }
        let mut rest = body.strip_prefix(&MAGIC)?;
        let flags = take::<1>(&mut rest)?[0];
        let (log, since) = (u64::from_le_bytes(take(&mut rest)?), u64::from_le_bytes(take(&mut rest)?));
        let schema = u32::from_le_bytes(take(&mut rest)?);
        let mut instant = || Some(Timestamp::from_micros(i64::from_le_bytes(take(&mut rest)?)));
        let life = Life { fresh_until: instant()?, stale_until: instant()?, grace_until: instant()? };
        let stored_at = instant()?;
        let plain = u32::from_le_bytes(take(&mut rest)?) as usize;
        let key = u16::from_le_bytes(take(&mut rest)?) as usize;
        let tags = u16::from_le_bytes(take(&mut rest)?) as usize;
        let (key, mut rest) = rest.split_at_checked(key)?;
        let (space, key) = std::str::from_utf8(key).ok()?.split_once('\0')?;
        let tags = (0..tags).map(|_| take(&mut rest).map(u64::from_le_bytes)).collect::<Option<_>>()?;
        let value: std::borrow::Cow<[u8]> = match flags {
            0 => rest.into(),
            1 if plain <= VALUE_MAX => unpacked(rest, plain).ok()?.into(),
            _ => return None,
        };
        (value.len() == plain).then_some(Frame { log, since, schema, life, stored_at, space, key, tags, value })
    }

    /// `None` if that makes it no shorter.
    fn packed(&self) -> Option<Vec<u8>> {
        let packed = (self.value.len() > PLAIN_MAX).then(|| zstd::bulk::compress(&self.value, LEVEL).ok()).flatten();
        packed.filter(|packed| packed.len() < self.value.len())
    }
}

fn unpacked(bytes: &[u8], len: usize) -> io::Result<Vec<u8>> {
    zstd::bulk::decompress(bytes, len)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

#[cfg(test)]
mod tests;
