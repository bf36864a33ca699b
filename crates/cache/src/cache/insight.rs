//! What is in the cache, and how it does.

use serde::Serialize;
use stdx::Timestamp;

use super::{Cache, Inner};
use crate::entry::Phase;
use crate::pattern::Pattern;
use crate::stats::ratio;
use crate::tags::{Named, Verdict, tag_hash};
use crate::{LoadError, Stats};

/// What is kept under a key in memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspected {
    pub space: &'static str,
    pub key: String,
    pub phase: Phase,
    pub bytes: u64,
    pub stored_at: Timestamp,
    pub fresh_until: Timestamp,
    pub stale_until: Timestamp,
    pub grace_until: Timestamp,
    /// How many tags it has.
    pub tags: usize,
    /// A failure is kept, not a value.
    pub failed: bool,
}

impl Cache {
    /// What is kept in memory under `key`; `None` if nothing is, or nothing that would be served.
    pub fn inspect(&self, space: &str, key: &str) -> Option<Inspected> {
        let names = self.0.names();
        let found = names.iter().enumerate().filter(|(_, name)| **name == space).find_map(|(i, name)| {
            let entry = self.0.memory.get(i as u32 + 1, key)?;
            Some((*name, entry))
        });
        let (space, entry) = found?;
        let now = self.0.clock.now();
        let phase =
            match self.0.tags.judge(Named { space, key, tags: &entry.tags }, entry.since.epoch, &entry.checked_at) {
                Verdict::Current => entry.life.phase(now),
                Verdict::Soft => entry.life.phase_after(now),
                Verdict::Dead => return None,
            };
        Some(Inspected {
            space,
            key: key.to_owned(),
            phase,
            bytes: entry.weight(),
            stored_at: entry.stored_at,
            fresh_until: entry.life.fresh_until,
            stale_until: entry.life.stale_until,
            grace_until: entry.life.grace_until,
            tags: entry.tags.len(),
            failed: entry.value::<LoadError>().is_some(),
        })
    }

    /// What a purge of `tag` would touch in memory: how many entries, and at most `max` of them by space and key.
    pub fn touched(&self, tag: &str, max: usize) -> (u64, Vec<(&'static str, String)>) {
        let hash = tag_hash(tag);
        self.0.find(max, |_, _, tags| tags.contains(&hash))
    }

    /// As [`Cache::touched`], by pattern.
    pub fn touched_by_pattern(&self, pattern: &str, max: usize) -> (u64, Vec<(&'static str, String)>) {
        let pattern = Pattern::parse(pattern);
        self.0.find(max, |space, key, _| pattern.matches(space, key))
    }

    pub fn stats(&self) -> Stats {
        let spaces: Vec<_> = self.0.spaces().iter().map(|space| space.counts.read()).collect();
        let (hits, misses) = spaces.iter().fold((0, 0), |(h, m), s| (h + s.hits, m + s.misses));
        let (entries, bytes) = spaces.iter().fold((0, 0), |(e, b), s| (e + s.entries, b + s.bytes));
        let mut memory = self.0.memory_counts.read(entries, bytes);
        (memory.hits, memory.misses, memory.hit_ratio) = (hits, misses, ratio(hits, misses));
        Stats {
            entries,
            entries_max: self.0.settings.entries_max,
            bytes,
            bytes_max: self.0.settings.memory_size.bytes(),
            hits,
            misses,
            hit_ratio: ratio(hits, misses),
            tags: self.0.tags.len() as u64,
            patterns: self.0.tags.bans() as u64,
            behind: self.0.tags.is_behind(),
            purges_waiting: self.0.pending().len() as u64,
            tiers: std::iter::once(memory).chain(self.0.tiers.stats()).collect(),
            spaces,
            top_keys: self.0.asked.top(20),
            top_missed: self.0.missed.top(20),
            prefetch: self.0.prefetch.stats(),
        }
    }
}

impl Inner {
    fn find(&self, max: usize, wanted: impl Fn(&str, &str, &[u64]) -> bool) -> (u64, Vec<(&'static str, String)>) {
        let names = self.names();
        let (mut count, mut found) = (0, Vec::new());
        self.memory.visit(|id, key, entry| {
            let Some(space) = names.get(id as usize - 1) else { return true };
            let named = Named { space, key, tags: &entry.tags };
            if wanted(space, key, &entry.tags)
                && self.tags.judge(named, entry.since.epoch, &entry.checked_at) != Verdict::Dead
            {
                count += 1;
                if found.len() < max {
                    found.push((*space, key.to_owned()));
                }
            }
            true
        });
        (count, found)
    }
}
