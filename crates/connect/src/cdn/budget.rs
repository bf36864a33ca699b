//! How many purges a remote cache takes, with a part kept free for what is urgent.

use std::time::Duration;

use stdx::Timestamp;

/// How a purge ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Something must not be seen any longer.
    Urgent,
    Normal,
}

/// One part in so many is kept for the urgent lane.
const KEPT: u32 = 5;

/// A bucket by GCRA (ITU-T I.371) of which the normal lane never takes the last fifth. It believes what
/// the other side says of its own count, and stands still when that wants to be left alone.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Time for one unit to come back.
    period: Duration,
    burst: u32,
    /// When the bucket will be full.
    full_at: Timestamp,
    /// Nothing is taken before.
    closed_until: Timestamp,
    told: Option<Told>,
}

/// What the other side said last of its own count.
#[derive(Clone, Copy, Debug)]
struct Told {
    remaining: u64,
    resets_at: Timestamp,
    /// The most it has spoken of.
    most: u64,
}

impl Budget {
    /// `burst` units at once, and one more each `period`.
    ///
    /// It starts with what is kept only: whatever ran before on the same account, and died with its
    /// count, left that much.
    pub fn new(burst: u32, period: Duration, now: Timestamp) -> Budget {
        let burst = burst.max(1);
        let spent = period * (burst - kept(burst));
        Budget { period, burst, full_at: now + spent, closed_until: Timestamp::EPOCH, told: None }
    }

    /// Takes `units` at once, or tells how long to wait before asking again.
    ///
    /// More than a bucket holds are had as a full bucket and what follows it.
    pub fn take(&mut self, units: u32, lane: Lane, now: Timestamp) -> Result<(), Duration> {
        if self.closed_until > now {
            return Err(self.closed_until.since(now));
        }
        if let Some(told) = self.told.filter(|told| told.resets_at > now) {
            let floor = match lane {
                Lane::Urgent => 0,
                Lane::Normal => told.most / u64::from(KEPT),
            };
            if told.remaining <= floor {
                return Err(told.resets_at.since(now));
            }
        }
        let usable = match lane {
            Lane::Urgent => self.burst,
            Lane::Normal => self.burst - kept(self.burst),
        };
        let full_at = self.full_at.max(now) + self.period * units;
        let earliest = full_at - self.period * usable.max(units);
        if earliest > now {
            return Err(earliest.since(now));
        }
        self.full_at = full_at;
        Ok(())
    }

    /// Units that the urgent lane could take at once.
    pub fn remaining(&self, now: Timestamp) -> u32 {
        if self.closed_until > now {
            return 0;
        }
        let used = self.full_at.since(now).as_micros().div_ceil(self.period.as_micros().max(1));
        self.burst.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
    }

    /// The other side wants no more: for `wait`, or until one unit has come back. Its bucket is empty.
    pub fn refused(&mut self, wait: Option<Duration>, now: Timestamp) -> Duration {
        let wait = wait.unwrap_or(self.period).max(Duration::from_millis(100));
        self.closed_until = now + wait;
        self.full_at = self.full_at.max(self.closed_until + self.period * (self.burst - 1));
        wait
    }

    /// Whether the other side counts aloud.
    pub fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// The other side's own count.
    pub fn told(&mut self, remaining: u64, resets_at: Timestamp) {
        let most = self.told.map_or(remaining, |told| told.most.max(remaining));
        self.told = Some(Told { remaining, resets_at, most });
    }
}

fn kept(burst: u32) -> u32 {
    burst.div_ceil(KEPT).min(burst - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(s: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + s as i64)
    }

    fn full() -> Budget {
        Budget { full_at: Timestamp::EPOCH, ..Budget::new(25, SECOND * 12, at(0)) }
    }

    #[test]
    fn a_fifth_is_kept_for_what_is_urgent() {
        let mut b = full();
        assert_eq!(b.remaining(at(0)), 25);
        let taken = (0..100).take_while(|_| b.take(1, Lane::Normal, at(0)).is_ok()).count();
        assert_eq!((taken, b.remaining(at(0))), (20, 5));
        let taken = (0..100).take_while(|_| b.take(1, Lane::Urgent, at(0)).is_ok()).count();
        assert_eq!((taken, b.remaining(at(0))), (5, 0));
        assert_eq!(b.take(1, Lane::Urgent, at(0)), Err(SECOND * 12));
        assert_eq!(b.take(1, Lane::Normal, at(0)), Err(SECOND * 72));
        assert!(b.take(1, Lane::Urgent, at(12)).is_ok());
    }

    #[test]
    fn it_starts_with_what_is_kept() {
        let mut b = Budget::new(25, SECOND * 12, at(0));
        assert_eq!(b.remaining(at(0)), 5);
        assert_eq!(b.take(1, Lane::Normal, at(0)), Err(SECOND * 12));
        assert!(b.take(1, Lane::Normal, at(12)).is_ok());
        assert!(Budget::new(1, SECOND, at(0)).take(1, Lane::Normal, at(1)).is_ok(), "one cannot be divided");
    }

    #[test]
    fn no_window_sees_more_than_burst_and_rate() {
        let mut b = Budget::new(160, SECOND / 640, at(0));
        let (mut now, mut taken) = (at(0), Vec::new());
        while now < at(10) {
            while b.take(100, Lane::Normal, now).is_ok() {
                taken.push(now);
            }
            now = now + Duration::from_millis(5);
        }
        assert!(taken.len() >= 63, "{}", taken.len());
        for start in &taken {
            let window = taken.iter().filter(|at| **at >= *start && **at < *start + SECOND).count() * 100;
            assert!(window <= 800, "{window}");
        }
    }

    #[test]
    fn what_is_larger_than_the_bucket_waits_for_all_of_it() {
        let mut b = Budget { full_at: Timestamp::EPOCH, ..Budget::new(10, SECOND, at(0)) };
        assert!(b.take(30, Lane::Normal, at(0)).is_ok());
        assert_eq!(b.take(1, Lane::Urgent, at(0)), Err(SECOND * 21));
    }

    #[test]
    fn it_stands_still_when_the_other_side_says_so() {
        let mut b = full();
        assert_eq!(b.refused(Some(SECOND * 30), at(0)), SECOND * 30);
        assert_eq!(b.take(1, Lane::Urgent, at(0)), Err(SECOND * 30));
        assert_eq!(b.remaining(at(0)), 0);
        assert!(b.take(1, Lane::Urgent, at(30)).is_ok());
        assert!(b.take(1, Lane::Urgent, at(30)).is_err(), "its bucket was empty");
        let mut b = full();
        assert_eq!(b.refused(None, at(0)), SECOND * 12, "one refill");
    }

    #[test]
    fn the_other_sides_count_is_believed() {
        let mut b = full();
        b.told(100, at(60));
        assert!(b.take(1, Lane::Normal, at(0)).is_ok());
        b.told(20, at(60));
        assert_eq!(b.take(1, Lane::Normal, at(0)), Err(SECOND * 60));
        assert!(b.take(1, Lane::Urgent, at(0)).is_ok());
        b.told(0, at(60));
        assert_eq!(b.take(1, Lane::Urgent, at(0)), Err(SECOND * 60));
        assert!(b.take(1, Lane::Normal, at(60)).is_ok());
    }
}
