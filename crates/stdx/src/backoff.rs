//! Exponential backoff with jitter.

use std::time::Duration;

use crate::Rng;

/// `base × factor^(attempt − 1)`, at most `max`, each wait drawn between half of it and all of it
/// ("equal jitter", so that a wait never collapses to nothing).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    pub base: Duration,
    pub factor: f64,
    pub max: Duration,
}

impl Backoff {
    pub const fn new(base: Duration, max: Duration) -> Self {
        Backoff { base, factor: 2.0, max }
    }

    /// The wait after `attempt` failures, 1 being the first.
    pub fn delay(&self, attempt: u32, rng: &Rng) -> Duration {
        let grown = self.base.as_secs_f64() * self.factor.powi(attempt.saturating_sub(1).min(64) as i32);
        let whole = grown.min(self.max.as_secs_f64());
        Duration::from_secs_f64(whole * (0.5 + rng.unit() / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_cap_and_stays_in_its_band() {
        let (b, rng) = (Backoff::new(Duration::from_secs(1), Duration::from_secs(60)), Rng::seeded(1));
        for attempt in 1..200 {
            let whole = 2f64.powi(attempt as i32 - 1).min(60.0);
            let d = b.delay(attempt, &rng).as_secs_f64();
            assert!(d >= whole / 2.0 - 1e-6 && d <= whole + 1e-6, "attempt {attempt}: {d}");
        }
    }
}
