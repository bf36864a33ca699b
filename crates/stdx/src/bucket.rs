//! A rate limit by GCRA (ITU-T I.371): one timestamp, no timer.

use std::time::Duration;

use crate::Timestamp;

/// Allows `burst` at once and one more each `period`. The caller keeps it (and its lock).
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    period: Duration,
    burst: u32,
    /// Theoretical arrival time of the next conforming call.
    next: Timestamp,
}

impl TokenBucket {
    /// `per_period` calls in `period` on average, the same number at once.
    pub fn new(calls: u32, period: Duration) -> Self {
        TokenBucket { period: period / calls.max(1), burst: calls.max(1), next: Timestamp::EPOCH }
    }

    /// Takes one, or tells how long to wait until one would be there.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        let next = self.next.max(now);
        let earliest = next + self.period - self.period * self.burst;
        if earliest > now {
            return Err(earliest.since(now));
        }
        self.next = next + self.period;
        Ok(())
    }

    /// How many could be taken at once now.
    pub fn remaining(&self, now: Timestamp) -> u32 {
        let used = self.next.since(now).as_micros().div_ceil(self.period.as_micros().max(1));
        self.burst.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut b = TokenBucket::new(10, Duration::from_secs(10));
        let now = Timestamp::from_seconds(1_000);
        for left in (0..10).rev() {
            assert!(b.take(now).is_ok());
            assert_eq!(b.remaining(now), left);
        }
        assert_eq!(b.take(now), Err(Duration::from_secs(1)));
        assert!(b.take(now + Duration::from_secs(1)).is_ok());
        assert!(b.take(now + Duration::from_secs(1)).is_err());
    }
}
