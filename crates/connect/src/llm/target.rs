//! A provider with the memory of how it did.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stdx::{Breaker, Clock, Timestamp};
use tokio::time::Instant;

use super::choice::Load;
use super::hedge::Habit;
use super::{Completion, Fault, Format, Provider, Settings};

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
    in_flight: AtomicU32,
    /// It refuses a schema, so that plain JSON is asked for.
    is_plain: AtomicBool,
    memory: Mutex<Memory>,
    habit: Mutex<Habit>,
}

/// How a provider does.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    pub breaker: stdx::breaker::State,
    /// Until when it is left alone, by its breaker or by its own wish.
    pub rests_until: Option<Timestamp>,
    pub in_flight: u32,
    /// To the first words, exponentially weighted; `None` before the first answer.
    pub first_content: Option<Duration>,
    /// Attempts since the process began that gave an answer, and those that gave none.
    pub answered: u64,
    pub failed: u64,
    /// The kind of the last fault, and when it was.
    pub last_fault: Option<(&'static str, Timestamp)>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Exponentially weighted, of attempts that gave a text or ran out of time.
    latency: Option<Duration>,
    /// Until then the provider has asked to be left alone.
    rests_until: Option<Instant>,
    first_content: Option<Duration>,
    answered: u64,
    failed: u64,
    last_fault: Option<(&'static str, Timestamp)>,
}

impl Target {
    pub fn new(provider: &Provider, settings: &Settings) -> Self {
        Target {
            provider: provider.clone(),
            breaker: Breaker::new(settings.breaker_failures, Duration::from_secs(settings.breaker_pause_s)),
            breaker_failures: settings.breaker_failures,
            in_flight: AtomicU32::new(0),
            is_plain: AtomicBool::new(false),
            memory: Mutex::default(),
            habit: Mutex::default(),
        }
    }

    /// The question as this provider takes it: without a schema where it has refused one. Passed questions are nobody's to
    /// change.
    pub fn shaped<'a>(&self, completion: &'a Completion) -> Cow<'a, Completion> {
        match completion.format {
            Format::Schema { .. } if completion.passed.is_none() && self.is_plain.load(Ordering::Relaxed) => {
                Cow::Owned(Completion { format: Format::JsonObject, ..completion.clone() })
            }
            _ => Cow::Borrowed(completion),
        }
    }

    /// After a fault that may be about the schema: from now on plain JSON is asked for. `false` if there was none.
    pub fn drops_schema(&self, completion: &Completion) -> bool {
        let has_schema = matches!(completion.format, Format::Schema { .. }) && completion.passed.is_none();
        has_schema && !self.is_plain.swap(true, Ordering::Relaxed)
    }

    /// Plain JSON did not help either.
    pub fn takes_schema(&self) {
        self.is_plain.store(false, Ordering::Relaxed);
    }

    /// `place`: its place among those that could be asked, which is its rank when it has none.
    pub fn load(&self, place: usize) -> Load {
        let latency = self.lock().latency;
        let rank = self.provider.rank.unwrap_or(u32::try_from(place).unwrap_or(u32::MAX));
        Load { rank, in_flight: self.in_flight.load(Ordering::Relaxed), latency }
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

    pub fn health(&self, now: Timestamp) -> Health {
        let breaker = self.breaker.state(now);
        let opens = (breaker == stdx::breaker::State::Open).then(|| self.breaker.permits(now).err()).flatten();
        let rests = self.rests().map(|wait| now + wait);
        let memory = self.lock();
        Health {
            breaker,
            rests_until: opens.max(rests),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            first_content: memory.first_content,
            answered: memory.answered,
            failed: memory.failed,
            last_fault: memory.last_fault,
        }
    }

    /// An attempt gave a text.
    pub fn succeeded(&self, took: Duration, first_content: Option<Duration>) {
        self.breaker.succeeded();
        self.measured(took);
        let mut memory = self.lock();
        memory.answered += 1;
        if let Some(first) = first_content {
            memory.first_content = Some(mean(memory.first_content, first));
        }
    }

    /// An attempt gave none. A refusal and an empty answer come from a provider that works.
    pub fn failed(&self, fault: &Fault, took: Duration, clock: &Clock) {
        let now = clock.now();
        if matches!(fault, Fault::Budget(_)) {
            return;
        }
        let mut memory = self.lock();
        (memory.failed, memory.last_fault) = (memory.failed + 1, Some((fault.kind(), now)));
        drop(memory);
        match fault {
            Fault::Refused(_) | Fault::Empty => self.breaker.succeeded(),
            fault if fault.is_question_s() => self.breaker.succeeded(),
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
        memory.latency = Some(mean(memory.latency, took));
    }

    pub fn habit(&self) -> MutexGuard<'_, Habit> {
        self.habit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mean(mean: Option<Duration>, newest: Duration) -> Duration {
    mean.map_or(newest, |mean| mean.mul_f64(1.0 - NEWEST) + newest.mul_f64(NEWEST))
}
