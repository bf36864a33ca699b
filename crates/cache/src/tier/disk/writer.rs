//! The one thread that writes: appends, begins segments, and lets the oldest go.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use stdx::Timestamp;
use stdx::rng::os_random;
use stdx::task::Stop;

use super::segment::{self, Found, HEAD_BYTES, START};
use super::{Place, Segment, Shared, Write};

/// After an error nothing is written for so long.
const REST: Duration = Duration::from_secs(1);
/// How often it looks whether the process ends.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(super) struct Writer {
    shared: Arc<Shared>,
    stop: Stop,
    active: Option<Active>,
    rest_until: Timestamp,
}

struct Active {
    id: u64,
    salt: u64,
    file: Arc<File>,
    offset: u64,
    records: Vec<Found>,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, stop: Stop) -> Self {
        Writer { shared, stop, active: None, rest_until: Timestamp::EPOCH }
    }

    /// Until the disk is dropped or the process ends.
    pub fn run(mut self, writes: &Receiver<Write>) {
        loop {
            match writes.recv_timeout(LOOK_EVERY) {
                Ok(write) => {
                    let len = write.frame.len() as u64;
                    self.take(&write);
                    self.shared.waiting_bytes.fetch_sub(len, Ordering::SeqCst);
                }
                Err(RecvTimeoutError::Timeout) if !self.stop.is_set() => {}
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, write: &Write) {
        let now = self.shared.clock.now();
        if now < self.rest_until {
            return self.shared.counts.dropped.inc();
        }
        if write.until <= now {
            return;
        }
        match self.append(write.hash, &write.frame, write.until) {
            Ok(()) => self.shared.counts.writes.inc(),
            Err(error) => {
                self.shared.counts.errors.inc();
                tracing::warn!(error = &error as &dyn std::error::Error, "the cache folder could not be written");
                self.rest_until = now + REST;
                // Room for others, and the next one begins anew.
                self.active = None;
                let _ = self.reclaim();
            }
        }
    }

    fn append(&mut self, hash: u128, frame: &[u8], until: Timestamp) -> io::Result<()> {
        self.make_room((HEAD_BYTES + frame.len()) as u64)?;
        self.append_here(hash, frame, until)
    }

    /// Without a look at the limits.
    fn append_here(&mut self, hash: u128, frame: &[u8], until: Timestamp) -> io::Result<()> {
        let needed = (HEAD_BYTES + frame.len()) as u64;
        let active = self.active(needed)?;
        let len = u32::try_from(frame.len()).map_err(io::Error::other)?;
        let offset = u32::try_from(active.offset).map_err(io::Error::other)?;
        let mut record = Vec::with_capacity(HEAD_BYTES + frame.len());
        record.extend(segment::record_head(active.salt, hash, len, until));
        record.extend(frame);
        active.file.write_all_at(&record, active.offset)?;
        active.offset += needed;
        active.records.push(Found { hash, offset, len, until });
        let (id, bytes) = (active.id, active.offset);
        let mut index = self.shared.write();
        index.places.insert(hash, Place { segment: id, offset, len, until, hit: AtomicBool::new(false) });
        if let Some(segment) = index.segments.get_mut(&id) {
            segment.bytes = bytes;
        }
        Ok(())
    }

    /// A segment with room for `needed` bytes.
    fn active(&mut self, needed: u64) -> io::Result<&mut Active> {
        if self.active.as_ref().is_some_and(|active| active.offset + needed > self.shared.segment_size)
            && let Some(full) = self.active.take()
        {
            let footer = segment::footer(full.salt, full.offset, &full.records);
            full.file.write_all_at(&footer, full.offset)?;
            if let Some(segment) = self.shared.write().segments.get_mut(&full.id) {
                segment.bytes += footer.len() as u64;
            }
        }
        if self.active.is_none() {
            let id = self.shared.read().segments.last_key_value().map_or(1, |(id, _)| id + 1);
            let (salt, path) = (u64::from_le_bytes(os_random()), self.shared.path(id));
            let file = File::options().read(true).write(true).create_new(true).open(&path)?;
            if let Err(error) = file.write_all_at(&segment::head(id, salt), 0) {
                // Or its name would be taken when there is room again.
                fs::remove_file(&path)?;
                return Err(error);
            }
            let file = Arc::new(file);
            self.shared.write().segments.insert(id, Segment { file: Arc::clone(&file), bytes: START });
            self.active = Some(Active { id, salt, file, offset: START, records: Vec::new() });
        }
        self.active.as_mut().ok_or_else(|| io::Error::other("there is a segment now"))
    }

    /// Lets the oldest segments go until `needed` bytes and another place fit. What was asked for in the oldest one
    /// since it was written moves on, at most half of it, so that each round makes room.
    fn make_room(&mut self, needed: u64) -> io::Result<()> {
        loop {
            let (bytes, places, count) = {
                let index = self.shared.read();
                let bytes: u64 = index.segments.values().map(|segment| segment.bytes).sum();
                (bytes, index.places.len(), index.segments.len())
            };
            self.shared.counts.holds(bytes);
            let full = bytes + needed > self.shared.size_max || places >= self.shared.places_max;
            if !full || count < 2 {
                return Ok(());
            }
            let kept = self.reclaim()?;
            for (hash, frame, until) in kept {
                // Unless it was written anew meanwhile.
                if !self.shared.read().places.contains_key(&hash) {
                    self.append_here(hash, &frame, until)?;
                }
            }
        }
    }

    /// Deletes the oldest segment, and hands out what is worth keeping of it.
    fn reclaim(&mut self) -> io::Result<Vec<(u128, Vec<u8>, Timestamp)>> {
        let now = self.shared.clock.now();
        let mut kept = Vec::new();
        let (id, file) = {
            let mut index = self.shared.write();
            let active = self.active.as_ref().map(|active| active.id);
            let Some((&id, _)) = index.segments.first_key_value().filter(|(id, _)| Some(**id) != active) else {
                return Ok(Vec::new());
            };
            let Some(oldest) = index.segments.remove(&id) else { return Ok(Vec::new()) };
            let mut room = self.shared.segment_size / 2;
            index.places.retain(|hash, place| {
                if place.segment != id {
                    return true;
                }
                let cost = u64::from(place.len) + HEAD_BYTES as u64;
                if place.hit.load(Ordering::Relaxed) && place.until > now && cost <= room {
                    room -= cost;
                    kept.push((*hash, place.offset, place.len, place.until));
                }
                false
            });
            (id, oldest.file)
        };
        let read = |(hash, offset, len, until): (u128, u32, u32, Timestamp)| {
            let mut frame = vec![0; len as usize];
            file.read_exact_at(&mut frame, u64::from(offset) + HEAD_BYTES as u64).ok()?;
            crate::wire::Frame::parse(&frame).is_some().then_some((hash, frame, until))
        };
        let kept = kept.into_iter().filter_map(read).collect();
        fs::remove_file(self.shared.path(id))?;
        Ok(kept)
    }
}
