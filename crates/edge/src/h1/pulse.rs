//! The slow clock of one thread: it looks at all connections four times a second, ends what has waited too long, and
//! keeps the time for `Date` and `Age`. A timer of the runtime per connection would have to be moved at each request;
//! here a wait costs two stores.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use stdx::Clock;

/// Between two looks.
pub(crate) const TICK: Duration = Duration::from_millis(250);
const TICKS_A_SECOND: u32 = 4;
const NEVER: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Pulse {
    clock: Clock,
    begun: Instant,
    ticks: AtomicU32,
    /// Unix time.
    seconds: AtomicI64,
    is_draining: AtomicBool,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    all: Vec<Option<Arc<Slot>>>,
    free: Vec<usize>,
}

/// What one connection waits for. Reading and writing have a limit each, since both may wait at once.
#[derive(Debug)]
struct Slot {
    due: [AtomicU32; 2],
    waker: AtomicWaker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Read = 0,
    Write = 1,
}

/// The wait was too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Late;

/// The moment at which a wait has been too long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due(u32);

impl Pulse {
    pub fn new(clock: Clock) -> Arc<Pulse> {
        let pulse = Pulse {
            clock,
            begun: Instant::now(),
            ticks: AtomicU32::new(0),
            seconds: AtomicI64::new(0),
            is_draining: AtomicBool::new(false),
            slots: Mutex::default(),
        };
        pulse.read_clocks();
        Arc::new(pulse)
    }

    /// Unix time, at most [`TICK`] old while any connection is open.
    pub fn seconds(&self) -> i64 {
        self.seconds.load(Ordering::Relaxed)
    }

    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// From now on no connection waits for another request.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
        self.wake(|_| true);
    }

    /// To be called each [`TICK`] while a connection is open, and when the first one comes.
    pub fn tick(&self) {
        self.read_clocks();
        let now = self.ticks.load(Ordering::Relaxed);
        self.wake(|slot| slot.due.iter().any(|due| due.load(Ordering::Relaxed) <= now));
    }

    /// As if so many seconds had passed.
    #[cfg(test)]
    pub fn skip(&self, seconds: u32) {
        let now = self.ticks.fetch_add(seconds * TICKS_A_SECOND, Ordering::Relaxed) + seconds * TICKS_A_SECOND;
        self.wake(|slot| slot.due.iter().any(|due| due.load(Ordering::Relaxed) <= now));
    }

    fn read_clocks(&self) {
        let ticks = self.begun.elapsed().as_millis() / TICK.as_millis();
        self.ticks.store(u32::try_from(ticks).unwrap_or(NEVER - 1), Ordering::Relaxed);
        self.seconds.store(self.clock.now().seconds(), Ordering::Relaxed);
    }

    fn wake(&self, which: impl Fn(&Slot) -> bool) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.all.iter().flatten().filter(|slot| which(slot)).for_each(|slot| slot.waker.wake());
    }

    pub fn watch(self: &Arc<Self>) -> Watched {
        let slot = Arc::new(Slot { due: [AtomicU32::new(NEVER), AtomicU32::new(NEVER)], waker: AtomicWaker::new() });
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let place = slots.free.pop().unwrap_or(slots.all.len());
        if place == slots.all.len() {
            slots.all.push(None);
        }
        slots.all[place] = Some(Arc::clone(&slot));
        drop(slots);
        Watched { pulse: Arc::clone(self), slot, place }
    }
}

/// A connection's place at the clock.
#[derive(Debug)]
pub(crate) struct Watched {
    pulse: Arc<Pulse>,
    slot: Arc<Slot>,
    place: usize,
}

impl Watched {
    /// In `seconds` from now, up to a tick later.
    pub fn due(&self, seconds: u32) -> Due {
        let ticks = seconds.saturating_mul(TICKS_A_SECOND).saturating_add(1);
        Due(self.pulse.ticks.load(Ordering::Relaxed).saturating_add(ticks).min(NEVER - 1))
    }

    /// Passes on what was `polled`, or says that the wait has been too long. To be called within the poll of the
    /// connection's own task.
    pub fn limit<T>(&self, side: Side, due: Due, cx: &mut Context<'_>, polled: Poll<T>) -> Poll<Result<T, Late>> {
        let place = &self.slot.due[side as usize];
        let is_late = self.pulse.ticks.load(Ordering::Relaxed) >= due.0;
        if polled.is_ready() || is_late {
            if place.load(Ordering::Relaxed) != NEVER {
                place.store(NEVER, Ordering::Relaxed);
            }
            return match polled {
                Poll::Ready(value) => Poll::Ready(Ok(value)),
                Poll::Pending => Poll::Ready(Err(Late)),
            };
        }
        place.store(due.0, Ordering::Relaxed);
        self.slot.waker.register(cx.waker());
        Poll::Pending
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut slots = self.pulse.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.all[self.place] = None;
        slots.free.push(self.place);
    }
}
