//! How long an answer is fresh, how old it is, and what may be done with it (RFC 9111 §4.2).

use std::time::Duration;

use http::StatusCode;
use http::header::{self, HeaderMap};
use stdx::Timestamp;

use super::directives::SECONDS_MAX;
use super::{Directives, Wishes, date};

/// Most that a guess from `Last-Modified` gives, in seconds.
const HEURISTIC_MAX_S: u64 = 86_400;

/// The times of a stored answer; everything else follows from them and the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// When the answer came.
    pub received_at: Timestamp,
    /// How old it was then.
    pub age: Duration,
    /// How old it may become, in seconds.
    pub lifetime_s: u64,
    /// Whether the lifetime is a guess.
    pub is_heuristic: bool,
    /// Since when it counts as stale although its time is not over: a soft purge.
    pub outdated_at: Option<Timestamp>,
}

/// What to do with a stored answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Use it.
    Fresh,
    /// Use it, stale, since the caller asked for that.
    Tolerated,
    /// Use it, stale, and ask for a new one behind the caller's back.
    WhileRevalidate,
    /// Ask first.
    Validate,
}

impl Freshness {
    /// Of an answer to a request that was sent at `asked_at`.
    pub fn new(
        status: StatusCode,
        headers: &HeaderMap,
        directives: &Directives,
        asked_at: Timestamp,
        received_at: Timestamp,
    ) -> Freshness {
        let date = date::of(headers, header::DATE, received_at);
        let apparent = date.map_or(0, |date| received_at.seconds() - date.seconds()).max(0).unsigned_abs();
        let corrected = Duration::from_secs(age_value(headers)) + received_at.since(asked_at);
        let (lifetime_s, is_heuristic) = lifetime(status, headers, directives, date.unwrap_or(received_at));
        let age = corrected.max(Duration::from_secs(apparent));
        Freshness { received_at, age, lifetime_s, is_heuristic, outdated_at: None }
    }

    pub fn age_at(&self, now: Timestamp) -> Duration {
        self.age + now.since(self.received_at)
    }

    /// Seconds that it stays fresh; negative once it is stale.
    pub fn ttl_at(&self, now: Timestamp) -> i64 {
        let rest = self.lifetime_s as i64 - self.age_at(now).as_secs() as i64;
        match self.outdated_at {
            Some(since) => rest.min(-(now.since(since).as_secs() as i64) - 1),
            None => rest,
        }
    }

    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.outdated_at.is_none() && self.age_at(now) < Duration::from_secs(self.lifetime_s)
    }

    /// How long it has been stale.
    pub fn staleness(&self, now: Timestamp) -> Duration {
        let over = self.age_at(now).saturating_sub(Duration::from_secs(self.lifetime_s));
        over.max(self.outdated_at.map_or(Duration::ZERO, |since| now.since(since)))
    }

    /// What to do now for a caller with these wishes.
    pub fn judge(&self, directives: &Directives, wishes: &Wishes, now: Timestamp) -> Verdict {
        if directives.forbids_reuse() || wishes.no_cache || wishes.no_store {
            return Verdict::Validate;
        }
        let age = self.age_at(now);
        if wishes.max_age.is_some_and(|max| age > Duration::from_secs(max) || max == 0) {
            return Verdict::Validate;
        }
        if self.is_fresh(now) {
            let left = Duration::from_secs(self.lifetime_s).saturating_sub(age);
            let lasts = wishes.min_fresh.is_none_or(|min| left >= Duration::from_secs(min));
            return if lasts { Verdict::Fresh } else { Verdict::Validate };
        }
        if directives.forbids_stale() || wishes.min_fresh.is_some() {
            return Verdict::Validate;
        }
        let stale = self.staleness(now);
        let within = |window: Option<u64>| window.is_some_and(|window| stale <= Duration::from_secs(window));
        // Saying both `s-maxage` and a window permits the window; `s-maxage` alone permits nothing.
        if within(directives.stale_while_revalidate) {
            Verdict::WhileRevalidate
        } else if directives.s_maxage.is_none() && within(wishes.max_stale) {
            Verdict::Tolerated
        } else {
            Verdict::Validate
        }
    }

    /// Whether it may be used because asking for a new one failed. `grace_s` counts where the answer
    /// does not say `stale-if-error`.
    pub fn may_cover_error(&self, directives: &Directives, grace_s: u64, now: Timestamp) -> bool {
        let grace_s = match directives.stale_if_error {
            Some(window) => window,
            None if directives.s_maxage.is_some() => 0,
            None => grace_s,
        };
        let still = self.is_fresh(now) || (grace_s > 0 && self.staleness(now) <= Duration::from_secs(grace_s));
        !directives.forbids_stale() && still
    }
}

/// The first value of `Age`; 0 when it cannot be read (RFC 9111 §5.1).
fn age_value(headers: &HeaderMap) -> u64 {
    let first = headers.get(header::AGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = first.split(',').next().unwrap_or_default().trim();
    if first.is_empty() || !first.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    first.parse().unwrap_or(u64::MAX).min(SECONDS_MAX)
}

/// Seconds, and whether they are a guess.
fn lifetime(status: StatusCode, headers: &HeaderMap, directives: &Directives, date: Timestamp) -> (u64, bool) {
    if let Some(said) = directives.s_maxage.or(directives.max_age) {
        return (said, false);
    }
    if !directives.is_targeted && headers.contains_key(header::EXPIRES) {
        // A date that is none, such as 0, is one in the past.
        let until = date::of(headers, header::EXPIRES, date).unwrap_or(date);
        return ((until.seconds() - date.seconds()).max(0).unsigned_abs().min(SECONDS_MAX), false);
    }
    let may_guess = is_heuristically_cacheable(status) || directives.public;
    let modified = date::of(headers, header::LAST_MODIFIED, date);
    match modified {
        // A cookie is nobody else's, unless the answer says so itself.
        Some(modified) if may_guess && !headers.contains_key(header::SET_COOKIE) => {
            ((date.since(modified).as_secs() / 10).min(HEURISTIC_MAX_S), true)
        }
        _ => (0, false),
    }
}

/// RFC 9110 §15.1.
pub fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

#[cfg(test)]
mod tests;
