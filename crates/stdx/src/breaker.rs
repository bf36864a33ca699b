//! A circuit breaker: closed, open after consecutive failures, half-open for one probe.

use std::sync::Mutex;
use std::time::Duration;

use crate::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Closed,
    Open,
    HalfOpen,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Open => "open",
            State::HalfOpen => "half_open",
        }
    }
}

/// Refuses calls to something that keeps failing, and lets one probe through after `pause`.
#[derive(Debug)]
pub struct Breaker {
    threshold: u32,
    pause: Duration,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    failures: u32,
    /// While set, calls are refused until then.
    open_until: Option<Timestamp>,
    probing: bool,
}

impl Breaker {
    /// Opens after `threshold` failures in a row, for `pause`.
    pub fn new(threshold: u32, pause: Duration) -> Self {
        Breaker {
            threshold: threshold.max(1),
            pause,
            inner: Mutex::new(Inner { failures: 0, open_until: None, probing: false }),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn state(&self, now: Timestamp) -> State {
        match self.lock().open_until {
            None => State::Closed,
            Some(until) if now < until => State::Open,
            Some(_) => State::HalfOpen,
        }
    }

    /// Whether a call may be made. In the half-open state only one caller is let through until it
    /// reports; a probe that never reports is given up after another pause.
    pub fn permits(&self, now: Timestamp) -> Result<(), Timestamp> {
        let mut inner = self.lock();
        match inner.open_until {
            None => Ok(()),
            Some(until) if now < until => Err(until),
            Some(until) if inner.probing && now < until + self.pause => Err(until + self.pause),
            Some(_) => {
                inner.probing = true;
                inner.open_until = Some(now);
                Ok(())
            }
        }
    }

    pub fn succeeded(&self) {
        *self.lock() = Inner { failures: 0, open_until: None, probing: false };
    }

    pub fn failed(&self, now: Timestamp) {
        let mut inner = self.lock();
        inner.failures = inner.failures.saturating_add(1);
        if inner.probing || inner.failures >= self.threshold {
            inner.open_until = Some(now + self.pause);
            inner.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_probes_and_closes() {
        let at = Timestamp::from_seconds;
        let b = Breaker::new(3, Duration::from_secs(10));
        for _ in 0..3 {
            assert!(b.permits(at(0)).is_ok());
            b.failed(at(0));
        }
        assert_eq!(b.state(at(1)), State::Open);
        assert_eq!(b.permits(at(9)), Err(at(10)));
        assert_eq!(b.state(at(10)), State::HalfOpen);
        assert!(b.permits(at(10)).is_ok());
        assert!(b.permits(at(11)).is_err(), "only one probe at a time");
        b.failed(at(12));
        assert_eq!(b.permits(at(13)), Err(at(22)));
        assert!(b.permits(at(22)).is_ok());
        b.succeeded();
        assert_eq!(b.state(at(22)), State::Closed);
    }
}
