//! One file of the folder: a head, records, and a footer once it is full.
//!
//! Little-endian. Head: `CDCACHE1`, number u64, salt u64. Record: length of the frame u32, hash u128, end of life i64
//! (microseconds), XXH3-64 of these under the segment's salt, frame. Footer: for each record hash u128, offset u32,
//! length u32, end of life i64; then their number u32, offset of the first u64, XXH3-64 of all that under the salt,
//! `CDFOOTER`. The salt is secret: without it, text inside a value could pose as a record once the file is torn.

use std::fs::File;
use std::os::unix::fs::FileExt;

use stdx::Timestamp;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::wire::VALUE_MAX;

const MAGIC: &[u8; 8] = b"CDCACHE1";
const END: &[u8; 8] = b"CDFOOTER";
pub(super) const START: u64 = 24;
pub(super) const HEAD_BYTES: usize = 4 + 16 + 8 + 8;
const ENTRY_BYTES: usize = 16 + 4 + 4 + 8;
const TRAILER_BYTES: usize = 4 + 8 + 8 + 8;
/// Heads are read through a window of this size, since most frames are shorter.
const WINDOW: usize = 64 << 10;

/// A record as the index wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub hash: u128,
    pub offset: u32,
    pub len: u32,
    pub until: Timestamp,
}

/// What bytes at a place can be read from.
pub(crate) trait Source {
    fn len(&self) -> u64;
    /// Fills `into` or says no.
    fn fill(&self, into: &mut [u8], at: u64) -> bool;
}

impl Source for File {
    fn len(&self) -> u64 {
        self.metadata().map_or(0, |meta| meta.len())
    }

    fn fill(&self, into: &mut [u8], at: u64) -> bool {
        self.read_exact_at(into, at).is_ok()
    }
}

impl Source for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn fill(&self, into: &mut [u8], at: u64) -> bool {
        let from = usize::try_from(at).ok().and_then(|at| self.get(at..)).and_then(|rest| rest.get(..into.len()));
        from.map(|from| into.copy_from_slice(from)).is_some()
    }
}

pub(super) fn head(id: u64, salt: u64) -> [u8; START as usize] {
    let mut head = [0; START as usize];
    head[..8].copy_from_slice(MAGIC);
    head[8..16].copy_from_slice(&id.to_le_bytes());
    head[16..].copy_from_slice(&salt.to_le_bytes());
    head
}

pub(super) fn record_head(salt: u64, hash: u128, len: u32, until: Timestamp) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&len.to_le_bytes());
    head[4..20].copy_from_slice(&hash.to_le_bytes());
    head[20..28].copy_from_slice(&until.micros().to_le_bytes());
    let sum = xxh3_64_with_seed(&head[..28], salt);
    head[28..].copy_from_slice(&sum.to_le_bytes());
    head
}

/// What to append at `offset` when the segment is full.
pub(super) fn footer(salt: u64, offset: u64, records: &[Found]) -> Vec<u8> {
    let mut out = Vec::with_capacity(records.len() * ENTRY_BYTES + TRAILER_BYTES);
    for Found { hash, offset, len, until } in records {
        out.extend(hash.to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(len.to_le_bytes());
        out.extend(until.micros().to_le_bytes());
    }
    out.extend((records.len() as u32).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(xxh3_64_with_seed(&out, salt).to_le_bytes());
    out.extend(END);
    out
}

/// The records of segment `id` and how many bytes it has; `None` if it is none.
pub(super) fn read<S: Source>(source: S, id: u64) -> Option<(S, Vec<Found>, u64)> {
    let mut head = [0; START as usize];
    if !source.fill(&mut head, 0) || head[..8] != *MAGIC || head[8..16] != id.to_le_bytes() {
        return None;
    }
    let salt = u64::from_le_bytes(*head.last_chunk()?);
    let size = source.len();
    let records = from_footer(&source, salt, size).unwrap_or_else(|| from_heads(&source, salt, size));
    Some((source, records, size))
}

/// `None` if there is no whole footer.
fn from_footer(source: &impl Source, salt: u64, size: u64) -> Option<Vec<Found>> {
    let mut trailer = [0; TRAILER_BYTES];
    let trailer_at = size.checked_sub(TRAILER_BYTES as u64)?;
    if !source.fill(&mut trailer, trailer_at) || trailer[20..] != *END {
        return None;
    }
    let count = u64::from(u32::from_le_bytes(*trailer.first_chunk()?));
    let offset = u64::from_le_bytes(*trailer[4..].first_chunk()?);
    if offset < START || offset.checked_add(count * ENTRY_BYTES as u64)? != trailer_at {
        return None;
    }
    let mut table = vec![0; usize::try_from(size - offset).ok()? - 16];
    if !source.fill(&mut table, offset) || xxh3_64_with_seed(&table, salt).to_le_bytes() != trailer[12..20] {
        return None;
    }
    let (entries, _) = table.as_chunks::<ENTRY_BYTES>();
    entries[..usize::try_from(count).ok()?].iter().map(found_in_footer).collect()
}

fn found_in_footer(entry: &[u8; ENTRY_BYTES]) -> Option<Found> {
    Some(Found {
        hash: u128::from_le_bytes(*entry.first_chunk()?),
        offset: u32::from_le_bytes(*entry[16..].first_chunk()?),
        len: u32::from_le_bytes(*entry[20..].first_chunk()?).min(VALUE_MAX as u32 * 2),
        until: Timestamp::from_micros(i64::from_le_bytes(*entry[24..].first_chunk()?)),
    })
}

/// Until the first head that is not whole. Whether the frames are is found out when they are read.
fn from_heads(source: &impl Source, salt: u64, size: u64) -> Vec<Found> {
    let mut records = Vec::new();
    let (mut window, mut window_at) = (Vec::new(), 0u64);
    let mut at = START;
    loop {
        if at < window_at || at + HEAD_BYTES as u64 > window_at + window.len() as u64 {
            window.resize((size.saturating_sub(at)).min(WINDOW as u64) as usize, 0);
            window_at = at;
            if window.len() < HEAD_BYTES || !source.fill(&mut window, at) {
                return records;
            }
        }
        let from = (at - window_at) as usize;
        let Some(head) = window[from..].first_chunk::<HEAD_BYTES>() else { return records };
        let (Some(len), Some(hash), Some(until)) =
            (head.first_chunk(), head[4..].first_chunk(), head[20..].first_chunk())
        else {
            return records;
        };
        let (len, hash) = (u32::from_le_bytes(*len), u128::from_le_bytes(*hash));
        let until = Timestamp::from_micros(i64::from_le_bytes(*until));
        let next = at + HEAD_BYTES as u64 + u64::from(len);
        let Ok(offset) = u32::try_from(at) else { return records };
        if *head != record_head(salt, hash, len, until) || next > size {
            return records;
        }
        records.push(Found { hash, offset, len, until });
        at = next;
    }
}

/// What the reader makes of any bytes: how many records, and how many of them hold a whole frame.
pub(crate) fn judge(bytes: &[u8]) -> (usize, usize) {
    let id = bytes.get(8..16).and_then(|id| id.first_chunk()).map_or(0, |id| u64::from_le_bytes(*id));
    let Some((source, records, _)) = read(bytes, id) else { return (0, 0) };
    let whole = records.iter().filter(|found| {
        let from = found.offset as usize + HEAD_BYTES;
        let frame = source.get(from..).and_then(|rest| rest.get(..found.len as usize));
        frame.is_some_and(|frame| crate::wire::Frame::parse(frame).is_some())
    });
    (records.len(), whole.count())
}
