//! When to come back: the source's interval, the site's own wishes, and patience with failures.
//! (`contracts/feeds.md` §3)

use std::time::Duration;

use stdx::{Rng, Timestamp};

use crate::Settings;

/// What a site says about its next visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// `ttl`, `Cache-Control: max-age` or `Expires`, whichever is longest.
    pub fresh_for: Option<Duration>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// Hours of the day in UTC, 0 to 23, without polls.
    pub skip_hours: Vec<u8>,
    /// Days without polls, 0 (Monday) to 6 (Sunday).
    pub skip_days: Vec<u8>,
}

/// The time of the next poll after one that met `failures` failures in a row, the last included.
pub(crate) fn next(
    now: Timestamp,
    interval_s: u32,
    failures: u32,
    wishes: &Wishes,
    settings: &Settings,
    rng: &Rng,
) -> Timestamp {
    let (min, max) = bounds(settings);
    let interval = Duration::from_secs(interval_s.into());
    let wait = if failures == 0 {
        interval.max(wishes.fresh_for.unwrap_or_default())
    } else {
        interval.saturating_mul(1u32.checked_shl(failures).unwrap_or(u32::MAX))
    };
    let wait = wait.clamp(min, max).mul_f64(0.9 + 0.2 * rng.unit());
    // The dice must not bring us back before the time that was asked for.
    let asked = wishes.retry_after.unwrap_or_default().min(max);
    let at = now + wait.max(asked);
    open(at, wishes).min(now + max.mul_f64(1.1))
}

fn bounds(settings: &Settings) -> (Duration, Duration) {
    let (min, max) = (settings.poll_interval_min_s, settings.poll_interval_max_s);
    (Duration::from_secs(min.into()), Duration::from_secs(max.max(min).into()))
}

/// The first moment from `at` on that is not in a skipped hour or day; `at` when everything is skipped.
fn open(at: Timestamp, wishes: &Wishes) -> Timestamp {
    const HOUR: i64 = 3_600;
    let closed = |at: Timestamp| {
        let hour = at.seconds().rem_euclid(24 * HOUR) / HOUR;
        // 1970-01-01 was a Thursday.
        let day = (at.day_number() + 3).rem_euclid(7);
        wishes.skip_hours.iter().any(|h| i64::from(*h) == hour) || wishes.skip_days.iter().any(|d| i64::from(*d) == day)
    };
    let hours =
        std::iter::successors(Some(at), |at| Some(Timestamp::from_seconds((at.seconds().div_euclid(HOUR) + 1) * HOUR)));
    hours.take(7 * 24 + 1).find(|at| !closed(*at)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn wait(failures: u32, wishes: Wishes) -> Duration {
        let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        next(now, 900, failures, &wishes, &Settings::default(), &Rng::seeded(1)).since(now)
    }

    fn near(given: Duration, expected: Duration) {
        assert!(given >= expected.mul_f64(0.9) && given <= expected.mul_f64(1.1), "{given:?} is not near {expected:?}");
    }

    #[test]
    fn wishes_and_failures_move_the_next_poll() {
        near(wait(0, Wishes::default()), 15 * MINUTE);
        near(wait(0, Wishes { fresh_for: Some(60 * MINUTE), ..Wishes::default() }), 60 * MINUTE);
        near(wait(0, Wishes { fresh_for: Some(MINUTE), ..Wishes::default() }), 15 * MINUTE);
        near(wait(0, Wishes { fresh_for: Some(Duration::MAX), ..Wishes::default() }), 24 * 60 * MINUTE);
        near(wait(1, Wishes::default()), 30 * MINUTE);
        near(wait(3, Wishes::default()), 120 * MINUTE);
        near(wait(40, Wishes::default()), 24 * 60 * MINUTE);
        let asked = Wishes { retry_after: Some(200 * MINUTE), ..Wishes::default() };
        assert_eq!(wait(1, asked), 200 * MINUTE);
        let hoax = Wishes { retry_after: Some(Duration::from_secs(365 * 86_400)), ..Wishes::default() };
        near(wait(1, hoax), 24 * 60 * MINUTE);
    }

    #[test]
    fn skipped_hours_and_days_are_a_delay() {
        // Friday 09:15 or so; hours 9 and 10 are closed.
        let hours = Wishes { skip_hours: vec![9, 10], ..Wishes::default() };
        assert_eq!(wait(0, hours), 120 * MINUTE);
        let friday = Wishes { skip_days: vec![4], ..Wishes::default() };
        assert_eq!(wait(0, friday), 15 * 60 * MINUTE);
        let always = Wishes { skip_hours: (0..24).collect(), ..Wishes::default() };
        near(wait(0, always), 15 * MINUTE);
    }
}
