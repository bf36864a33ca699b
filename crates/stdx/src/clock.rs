//! The time as a parameter: the system's, or one that a test turns by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::Timestamp;

/// Tells the time. Cheap to clone; clones of a manual clock share their hands.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Self {
        Clock(Kind::System)
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        Clock(Kind::Manual(Arc::new(AtomicI64::new(start.micros()))))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Manual(hands) => Timestamp::from_micros(hands.load(Ordering::SeqCst)),
            Kind::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Timestamp::EPOCH + since.unwrap_or_default()
            }
        }
    }

    /// The time as it was some milliseconds ago at most (four on most systems), for a tenth of what [`Clock::now`] costs.
    #[inline]
    pub fn about(&self) -> Timestamp {
        match &self.0 {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Kind::System => {
                let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
                Timestamp::from_micros(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)
            }
            _ => self.now(),
        }
    }

    /// Moves a manual clock forward; the system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Kind::Manual(hands) = &self.0 {
            hands.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    pub fn is_manual(&self) -> bool {
        matches!(self.0, Kind::Manual(_))
    }
}

#[cfg(test)]
mod tests;
