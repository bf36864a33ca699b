//! When to come back: the source's interval, the site's own wishes, and patience with failures.

use std::time::Duration;

use stdx::{Rng, Timestamp};

use super::rhythm::Rhythm;
use crate::Settings;
use crate::sources::Source;

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

/// The pace of a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Its own, or the one that a person has set.
    pub interval: Duration,
    /// Longer, and entries may pass by unseen; whatever the site says of freshness.
    pub longest: Option<Duration>,
    /// The visit was not the one that was planned: after a stop or on somebody's demand many come at once, and
    /// would come together ever after.
    pub spread: bool,
}

impl Pace {
    /// Of a source whose rhythm is known; `now` tells whether the visit was the planned one.
    pub fn of(source: &Source, rhythm: Rhythm, now: Timestamp) -> Pace {
        let usual = Duration::from_secs(source.interval_s.into());
        let interval = if source.adaptive { rhythm.every.unwrap_or(usual) } else { usual };
        let spread = source.next_poll_at.is_none_or(|planned| planned > now || now.since(planned) > interval / 8)
            || source.polled_at.is_none();
        Pace { interval, longest: rhythm.longest(), spread }
    }
}

impl Pace {
    /// Of a source of which a hub tells: a visit now and then shows whether it tells of everything.
    pub fn told(self, settings: &Settings) -> Pace {
        let most = Duration::from_secs(settings.poll_interval_max_s.into());
        Pace { interval: TOLD.min(most).max(self.interval), longest: None, ..self }
    }
}

/// Between two visits to a source of which a hub tells.
const TOLD: Duration = Duration::from_secs(86_400);

/// However soon a failing source may lose entries, it is not asked more often.
const FAILING_MIN: Duration = Duration::from_secs(3_600);

/// The time of the next visit after one that met `failures` failures in a row, the last included.
pub(crate) fn next(
    now: Timestamp,
    pace: Pace,
    failures: u32,
    wishes: &Wishes,
    settings: &Settings,
    rng: &Rng,
) -> Timestamp {
    let (min, max) = bounds(settings);
    let longest = pace.longest.unwrap_or(Duration::MAX);
    let wait = if failures == 0 {
        pace.interval.max(wishes.fresh_for.unwrap_or_default().min(longest))
    } else {
        let patient = pace.interval.saturating_mul(1u32.checked_shl(failures).unwrap_or(u32::MAX));
        patient.min(longest.max(FAILING_MIN).max(pace.interval))
    };
    let dice = if pace.spread && failures == 0 { 0.5 + 0.5 * rng.unit() } else { 0.9 + 0.2 * rng.unit() };
    let wait = wait.clamp(min, max).mul_f64(dice);
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
        wait_at(PACE, failures, wishes)
    }

    const PACE: Pace = Pace { interval: Duration::from_secs(900), longest: None, spread: false };

    fn wait_at(pace: Pace, failures: u32, wishes: Wishes) -> Duration {
        let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        next(now, pace, failures, &wishes, &Settings::default(), &Rng::seeded(1)).since(now)
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

    #[test]
    fn nothing_passes_by_while_a_site_says_that_it_stays_fresh() {
        let narrow = Pace { longest: Some(40 * MINUTE), ..PACE };
        let day = || Wishes { fresh_for: Some(24 * 60 * MINUTE), ..Wishes::default() };
        near(wait_at(narrow, 0, day()), 40 * MINUTE);
        let asked = Wishes { retry_after: Some(200 * MINUTE), ..day() };
        assert_eq!(wait_at(narrow, 0, asked), 200 * MINUTE, "what it asks for is done");
        let by_hand = Pace { interval: 120 * MINUTE, ..narrow };
        near(wait_at(by_hand, 0, day()), 120 * MINUTE);
        near(wait_at(narrow, 9, Wishes::default()), 60 * MINUTE);
    }

    #[test]
    fn those_who_come_together_part() {
        let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        let (rng, settings, pace) = (Rng::seeded(3), Settings::default(), Pace { spread: true, ..PACE });
        let mut minutes = [0u32; 16];
        for _ in 0..8_000 {
            let wait = next(now, pace, 0, &Wishes::default(), &settings, &rng).since(now);
            minutes[(wait.as_secs() / 60) as usize] += 1;
        }
        assert_eq!(minutes[..7].iter().sum::<u32>(), 0, "not before half of the interval: {minutes:?}");
        assert!(minutes[8..15].iter().all(|n| (900..1_250).contains(n)), "evenly: {minutes:?}");
    }
}
