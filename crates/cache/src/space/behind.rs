//! The way of a value to and from the tiers behind the memory.

use std::sync::Arc;
use std::time::Duration;

use stdx::Timestamp;

use super::{Looked, Made, Seat, Shared};
use crate::entry::{Life, Phase};
use crate::tags::{Named, Since, Verdict};
use crate::tier::Name;
use crate::wire::{Codec, Frame};

/// A value that was found in a tier, and is in memory now.
pub(super) struct Found<V> {
    pub value: V,
    pub is_fresh: bool,
}

impl<V: Clone + Send + Sync + 'static> Shared<V> {
    /// The first fresh value, the disk before the server, since it is nearer; else the last that may be fallen back
    /// on. `beat` is the end of the value that there is already.
    pub(super) async fn read_tiers(&self, key: &str, beat: Option<Timestamp>) -> Option<Found<V>> {
        let mut old = None;
        if let (Some(disk), Some(_)) = (&self.cache.tiers.disk, &self.codec)
            && !self.cache.tags.is_behind()
        {
            let epoch = self.cache.tags.epoch();
            let bytes = disk.read(&Name::of(self.counts.name, key)).await;
            let found = bytes.and_then(|bytes| self.accept(key, &bytes, epoch, beat));
            disk.count(found.as_ref().is_some_and(|found| found.is_fresh));
            match found {
                Some(found) if found.is_fresh => return Some(found),
                found => old = found,
            }
        }
        self.read_remote(key, beat).await.or(old)
    }

    pub(super) async fn read_remote(&self, key: &str, beat: Option<Timestamp>) -> Option<Found<V>> {
        self.codec.as_ref()?;
        let remote = self.cache.tiers.remote.as_ref().filter(|_| !self.cache.tags.is_behind())?;
        let epoch = self.cache.tags.epoch();
        let bytes = remote.get(&[Name::of(self.counts.name, key)]).await.pop().flatten();
        let found = bytes.as_ref().and_then(|bytes| self.accept(key, bytes, epoch, beat));
        remote.count(found.as_ref().is_some_and(|found| found.is_fresh));
        // The near one shall have it too.
        if let (Some(found), Some(disk), Some(bytes)) = (&found, &self.cache.tiers.disk, bytes)
            && found.is_fresh
            && let Some(frame) = Frame::parse(&bytes)
        {
            let until = frame.life.grace_until;
            disk.write(&Name::of(self.counts.name, key), bytes.into(), until);
        }
        found
    }

    /// Takes a frame into memory if it may be served. `epoch` is a moment before it was read: a purge that came after
    /// it, unheard by the frame's judge below, makes the entry old.
    pub(super) fn accept(&self, key: &str, bytes: &[u8], epoch: u64, beat: Option<Timestamp>) -> Option<Found<V>> {
        let codec = self.codec.as_ref()?;
        let frame = Frame::parse(bytes)?;
        let now = self.cache.clock.now();
        let ours = frame.log == self.cache.log && frame.schema == codec.version;
        if !ours || frame.space != self.counts.name || frame.key != key {
            return None;
        }
        let named = Named { space: frame.space, key: frame.key, tags: &frame.tags };
        let phase = match self.cache.tags.judge_shared(named, frame.since) {
            Verdict::Current => frame.life.phase(now),
            Verdict::Soft => frame.life.phase_after(now),
            Verdict::Dead => Phase::Dead,
        };
        let newer = beat.is_none_or(|beat| frame.life.fresh_until > beat);
        if phase == Phase::Dead || !newer {
            return None;
        }
        let value = (codec.decode)(&frame.value)?;
        let since = Since { epoch, position: frame.since };
        let is_fresh = phase == Phase::Fresh;
        // What is soft-purged in the log is so in memory only if it says so itself.
        let life =
            if is_fresh { frame.life } else { Life { fresh_until: now.min(frame.life.fresh_until), ..frame.life } };
        let flights = self.flights();
        // Never over something newer that came meanwhile.
        let worse = match self.look(key) {
            Looked::Fresh(_) | Looked::Early(..) => {
                self.cache.memory.get(self.part.id, key).is_some_and(|entry| entry.life.fresh_until >= life.fresh_until)
            }
            Looked::Old(_, _, entry) => entry.life.fresh_until >= life.fresh_until,
            Looked::Failed(_) | Looked::Nothing => false,
        };
        if !worse {
            self.insert(key, &value, life, frame.tags.clone(), since, (frame.stored_at, Duration::ZERO));
        }
        drop(flights);
        Some(Found { value, is_fresh })
    }

    pub(super) fn write_through(&self, key: &str, made: &Made<V>, tags: &[u64], since: Since) {
        let Some(codec) = self.codec.as_ref().filter(|_| made.keep && self.cache.is_shared()) else { return };
        let life = self.life(made);
        if let Some(frame) = self.frame(codec, key, made, tags, life, since) {
            self.cache.tiers.write(&Name::of(self.counts.name, key), &frame, life.grace_until);
        }
    }

    /// `awaited`: others wait for it at the server.
    pub(super) async fn write_behind(&self, name: &Name, seat: &Seat<V>, made: &Made<V>, life: Life, awaited: bool) {
        let Some(codec) = &self.codec else { return };
        let (flight, tiers) = (&seat.flight, &self.cache.tiers);
        let Some(frame) = self.frame(codec, &seat.key, made, &flight.tags, life, flight.since) else { return };
        match (&tiers.remote, &tiers.disk) {
            (Some(remote), disk) if awaited => {
                if let Some(disk) = disk {
                    disk.write(name, Arc::clone(&frame), life.grace_until);
                }
                remote.write_now(name, &frame, life.grace_until).await;
            }
            _ => tiers.write(name, &frame, life.grace_until),
        }
    }

    fn frame(
        &self,
        codec: &Codec<V>,
        key: &str,
        made: &Made<V>,
        tags: &[u64],
        life: Life,
        since: Since,
    ) -> Option<Arc<[u8]>> {
        let value = (codec.encode)(&made.value)?;
        let frame = Frame {
            log: self.cache.log,
            since: since.position,
            schema: codec.version,
            life,
            stored_at: self.cache.clock.now(),
            space: self.counts.name,
            key,
            tags: self.hashes(made, tags),
            value: value.into(),
        };
        frame.encode().map(Arc::from)
    }
}
