//! A provider with the memory of how it did.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stdx::{Breaker, Clock, Timestamp};
use tokio::time::Instant;

use super::choice::Load;
use super::{Fault, Provider, Settings};

/// The newest attempt's part in the mean of latencies.
const NEWEST: f64 = 0.2;
/// A wish to be left alone is not believed for longer.
const REST_MAX: Duration = Duration::from_secs(3_600);

/// One model at one provider with one key.
#[derive(Debug)]
pub(super) struct Target {
    pub provider: Provider,
    pub breaker: Breaker,
    breaker_failures: u32,
    rank: u32,
    in_flight: AtomicU32,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Exponentially weighted, of attempts that gave a text or ran out of time.
    latency: Option<Duration>,
    /// Until then the provider has asked to be left alone.
    rests_until: Option<Instant>,
}

impl Target {
    pub fn new(provider: &Provider, place: usize, settings: &Settings) -> Self {
        Target {
            provider: provider.clone(),
            breaker: Breaker::new(settings.breaker_failures, Duration::from_secs(settings.breaker_pause_s)),
            breaker_failures: settings.breaker_failures,
            rank: provider.rank.unwrap_or(u32::try_from(place).unwrap_or(u32::MAX)),
            in_flight: AtomicU32::new(0),
            memory: Mutex::default(),
        }
    }

    pub fn load(&self) -> Load {
        let latency = self.lock().latency;
        Load { rank: self.rank, in_flight: self.in_flight.load(Ordering::Relaxed), latency }
    }

    pub fn begins(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub fn ends(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// How long the provider is still to be left alone by its own wish.
    pub fn rests(&self) -> Option<Duration> {
        let until = self.lock().rests_until?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// The provider asked to be left alone for so long.
    pub fn rest(&self, wait: Duration) {
        self.lock().rests_until = Some(Instant::now() + wait.min(REST_MAX));
    }

    /// Why the target is not to be asked now: the time at which it may be.
    pub fn refuses(&self, now: Timestamp) -> Option<Timestamp> {
        self.rests().map(|wait| now + wait).or_else(|| self.breaker.permits(now).err())
    }

    /// An attempt gave a text.
    pub fn succeeded(&self, took: Duration) {
        self.breaker.succeeded();
        self.measured(took);
    }

    /// An attempt gave none. A refusal and an empty answer come from a provider that works.
    pub fn failed(&self, fault: &Fault, took: Duration, clock: &Clock) {
        let now = clock.now();
        match fault {
            Fault::Budget(_) => return,
            Fault::Refused(_) | Fault::Empty => self.breaker.succeeded(),
            // One wrong key stays wrong: no need to collect more of the same.
            fault if fault.is_rejection() => (0..self.breaker_failures).for_each(|_| self.breaker.failed(now)),
            _ => self.breaker.failed(now),
        }
        // A quick failure must not make a provider look quick.
        if matches!(fault, Fault::Call(crate::Error::Timeout { .. }) | Fault::Slow { .. }) {
            self.measured(took);
        }
    }

    fn measured(&self, took: Duration) {
        let mut memory = self.lock();
        let mean = memory.latency.map_or(took, |mean| mean.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST));
        memory.latency = Some(mean);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
