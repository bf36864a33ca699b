//! When each tag, key and pattern was last invalidated, in bounded memory.

mod table;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use stdx::Timestamp;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::pattern::Pattern;
use table::{Mark, Table};

/// A count of invalidations: this process's own time.
pub(crate) type Epoch = u64;

/// Patterns that are remembered one by one.
const BANS_MAX: usize = 512;
/// Marks are kept at least so long, whatever this process's spaces say: another one's may live longer.
const LIFE_MIN: Duration = Duration::from_secs(86_400);

/// What invalidations say about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Current,
    /// May be served while a newer one is made.
    Soft,
    Dead,
}

/// What an invalidation may be aimed at.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub space: &'a str,
    pub key: &'a str,
    pub tags: &'a [u64],
}

/// The epochs of tags. An entry remembers the epoch at which its loading *began*, so that an invalidation during
/// the load makes the result old before it is stored. The same for entries that other processes read, by
/// positions in the common log (see [`crate::bus`]).
pub(crate) struct Tags {
    now: AtomicU64,
    /// Up to where the log was applied.
    cursor: AtomicU64,
    /// Without a log the epochs are the positions.
    alone: bool,
    max: usize,
    /// The longest life of an entry, in microseconds.
    life_us: AtomicI64,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    hard: Table,
    soft: Table,
    /// The newest first.
    bans: VecDeque<Ban>,
    /// The log may hold what was not heard.
    behind: bool,
}

struct Ban {
    pattern: Pattern,
    soft: bool,
    mark: Mark,
}

/// A moment to remember before a load begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub epoch: Epoch,
    /// In the log.
    pub position: u64,
}

/// Whom an invalidation is aimed at.
#[derive(Clone, Debug)]
pub(crate) enum Aim {
    Hashes(Box<[u64]>),
    Pattern(Pattern),
    All,
}

impl Tags {
    /// `alone` when there is no log.
    pub fn new(max: usize, alone: bool) -> Self {
        let known = Known { behind: !alone, ..Known::default() };
        Tags {
            // 0 is never: see `first_check`.
            now: AtomicU64::new(1),
            cursor: AtomicU64::new(0),
            alone,
            max: max.max(2),
            life_us: AtomicI64::new(0),
            known: RwLock::new(known),
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.now.load(Ordering::Acquire)
    }

    pub fn since(&self) -> Since {
        let position = if self.alone { self.epoch() } else { self.cursor.load(Ordering::Acquire) };
        Since { epoch: self.epoch(), position }
    }

    /// What a new entry remembers as its last check: while it is not known what was purged, it has had none.
    pub fn first_check(&self, since: Since) -> Epoch {
        if self.is_behind() { 0 } else { since.epoch }
    }

    /// No entry may live longer than the longest `life` that was told before it was stored.
    pub fn will_live(&self, life: Duration) {
        let micros = i64::try_from(life.as_micros()).unwrap_or(i64::MAX);
        if self.life_us.load(Ordering::Relaxed) < micros {
            self.life_us.fetch_max(micros, Ordering::Relaxed);
        }
    }

    /// Everything at `aim` that began before this call is old (or stale, if `soft`) when it returns. The result is
    /// the purge's ticket. `position` is where the log has it; a purge of one's own has none yet.
    pub fn invalidate(&self, aim: &Aim, soft: bool, position: Option<u64>, at: Timestamp) -> Epoch {
        let mut known = self.write();
        // The clock moves under the lock, so that whoever sees the new time waits for the map.
        let epoch = self.now.fetch_add(1, Ordering::AcqRel) + 1;
        let (position, pending) = match position {
            Some(position) => (position, 0),
            None if self.alone => (epoch, 0),
            None => (0, epoch),
        };
        let mark = Mark { epoch, position, pending, at };
        let Known { hard, soft: softer, bans, .. } = &mut *known;
        let table = if soft { softer } else { hard };
        match aim {
            Aim::Hashes(hashes) => hashes.iter().for_each(|hash| table.mark(*hash, mark)),
            Aim::Pattern(pattern) => {
                // One that came again replaces itself.
                let same = bans.iter().position(|ban| ban.soft == soft && ban.pattern == *pattern);
                let mark = same.and_then(|i| bans.remove(i)).map_or(mark, |old| old.mark.joined(mark));
                bans.push_front(Ban { pattern: pattern.clone(), soft, mark });
            }
            Aim::All => {
                table.floor = table.at.values().fold(table.floor, |floor, mark| floor.joined(*mark)).joined(mark);
                table.at.clear();
            }
        }
        self.shrink(&mut known, at);
        epoch
    }

    /// One's own purge came back: it has its position. `oldest` is the ticket of the oldest that has not.
    pub fn settle(&self, aim: &Aim, soft: bool, ticket: Epoch, position: u64, oldest: Epoch) {
        let mut known = self.write();
        let Known { hard, soft: softer, bans, .. } = &mut *known;
        let table = if soft { softer } else { hard };
        // What was folded into the floor meanwhile settles there.
        let mut folded = false;
        match aim {
            Aim::Hashes(hashes) => {
                for hash in hashes {
                    match table.at.get_mut(hash) {
                        Some(mark) => mark.settle(ticket, position),
                        None => folded = true,
                    }
                }
            }
            Aim::Pattern(pattern) => match bans.iter_mut().find(|ban| ban.soft == soft && ban.pattern == *pattern) {
                Some(ban) => ban.mark.settle(ticket, position),
                None => folded = true,
            },
            Aim::All => {
                table.floor.settle(ticket, position);
                table.at.values_mut().for_each(|mark| mark.settle(ticket, position));
            }
        }
        if folded {
            table.floor.position = table.floor.position.max(position);
        }
        if table.floor.pending < oldest {
            table.floor.pending = 0;
        }
    }

    /// Up to `position` everything was applied.
    pub fn advance(&self, position: u64) {
        self.cursor.fetch_max(position, Ordering::AcqRel);
    }

    /// Whether the log may hold what was not heard. Until it is known everything is at most stale.
    pub fn set_behind(&self, behind: bool) {
        let mut known = self.write();
        known.behind = behind && !self.alone;
        self.now.fetch_add(1, Ordering::AcqRel);
    }

    pub fn is_behind(&self) -> bool {
        self.read().behind
    }

    /// What was purged up to `position` is not known: all that began before it is gone.
    pub fn forget(&self, position: u64, at: Timestamp) {
        let mut known = self.write();
        let epoch = self.now.fetch_add(1, Ordering::AcqRel) + 1;
        let floor = known.hard.at.values().fold(known.hard.floor, |floor, mark| floor.joined(*mark));
        known.hard.floor = floor.joined(Mark { epoch, position, pending: 0, at });
        known.hard.at.clear();
    }

    /// Whether nothing at all was invalidated since `checked`.
    #[inline]
    pub fn is_checked(&self, checked: Epoch) -> bool {
        checked >= self.epoch()
    }

    /// Whether a value in memory may be served. `checked` is the epoch of the last such question with the answer
    /// [`Verdict::Current`], which makes the next one cheap.
    pub fn judge(&self, named: Named<'_>, since: Epoch, checked: &AtomicU64) -> Verdict {
        let now = self.epoch();
        let checked_at = checked.load(Ordering::Relaxed);
        if checked_at >= now {
            return Verdict::Current;
        }
        let known = self.read();
        let verdict = known.judge(named, |mark| mark.epoch > since, |mark| mark.epoch > since.max(checked_at));
        if verdict == Verdict::Current {
            checked.fetch_max(now, Ordering::Relaxed);
        }
        verdict
    }

    /// Whether a value from a shared tier may be served, whose writer had applied the log up to `since`.
    pub fn judge_shared(&self, named: Named<'_>, since: u64) -> Verdict {
        let known = self.read();
        if known.behind {
            return Verdict::Dead;
        }
        let newer = |mark: &Mark| mark.position > since || mark.pending > 0;
        known.judge(named, newer, newer)
    }

    pub fn len(&self) -> usize {
        let known = self.read();
        known.hard.at.len() + known.soft.at.len()
    }

    pub fn bans(&self) -> usize {
        self.read().bans.len()
    }

    fn shrink(&self, known: &mut Known, now: Timestamp) {
        let life = Duration::from_micros(self.life_us.load(Ordering::Relaxed).unsigned_abs()).max(LIFE_MIN);
        let old = |mark: &Mark| mark.pending == 0 && now.since(mark.at) > life;
        if known.bans.len() > BANS_MAX {
            known.bans.retain(|ban| !old(&ban.mark));
            if known.bans.len() > BANS_MAX {
                let rest = known.bans.split_off(BANS_MAX / 2);
                let of = |soft| rest.iter().filter(move |b| b.soft == soft).map(|b| b.mark);
                let (hard, soft) = (of(false).reduce(Mark::joined), of(true).reduce(Mark::joined));
                // What they meant is not known any more, so they mean everything.
                hard.into_iter().for_each(|mark| known.hard.raise(mark));
                soft.into_iter().for_each(|mark| known.soft.raise(mark));
            }
        }
        for table in [&mut known.hard, &mut known.soft] {
            if table.at.len() > self.max {
                table.at.retain(|_, mark| !old(mark));
                table.fold(self.max);
            }
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// `newer`: whether a mark is newer than the value; `unseen`: also than its last check.
    fn judge(&self, named: Named<'_>, newer: impl Fn(&Mark) -> bool, unseen: impl Fn(&Mark) -> bool) -> Verdict {
        let key = key_hash(named.space, named.key);
        let hit = |table: &Table| {
            named.tags.iter().chain([&key]).any(|hash| newer(table.at.get(hash).unwrap_or(&table.floor)))
        };
        let banned = |soft| {
            let mut bans = self.bans.iter().filter(|ban| ban.soft == soft && unseen(&ban.mark));
            bans.any(|ban| ban.pattern.matches(named.space, named.key))
        };
        if hit(&self.hard) || banned(false) {
            Verdict::Dead
        } else if self.behind || hit(&self.soft) || banned(true) {
            Verdict::Soft
        } else {
            Verdict::Current
        }
    }
}

/// The same in every process and at every start: shared tiers carry hashes.
pub(crate) fn tag_hash(tag: &str) -> u64 {
    xxh3_64(tag.as_bytes())
}

pub(crate) fn tag_hashes(tags: &[&str]) -> Box<[u64]> {
    tags.iter().map(|tag| tag_hash(tag)).collect()
}

/// A key's own tag. The space's hash is the seed, so that "a" + "bc" is not "ab" + "c".
pub(crate) fn key_hash(space: &str, key: &str) -> u64 {
    xxh3_64_with_seed(key.as_bytes(), xxh3_64(space.as_bytes()) | 1)
}

#[cfg(test)]
mod tests;
