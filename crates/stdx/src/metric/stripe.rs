//! A part of a count for each thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Threads that have a part of their own; further ones count together.
const OWNERS: usize = 16;

/// Parts that lie so far from each other that no two threads write to one line of memory.
#[derive(Debug, Default)]
pub struct Stripes(Box<[Line; OWNERS]>);

#[derive(Debug, Default)]
#[repr(align(128))]
struct Line(AtomicU64);

impl Stripes {
    /// Adds one to the part of the thread that owns it. Nobody else writes there, so that it takes no locked instruction.
    #[inline]
    pub fn inc(&self, own: Own) {
        let part = &self.0[own.0 & (OWNERS - 1)].0;
        part.store(part.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub fn sum(&self) -> u64 {
        self.0.iter().map(|part| part.0.load(Ordering::Relaxed)).sum()
    }
}

/// This thread's part. Not to be handed to another one.
#[derive(Clone, Copy)]
pub struct Own(usize);

/// Bits of the parts that have an owner.
static OWNED: AtomicU32 = AtomicU32::new(0);
const UNKNOWN: usize = usize::MAX;
const NONE: usize = usize::MAX - 1;

thread_local! {
    // Without a destructor of its own it is read without a question.
    static OWN: Cell<usize> = const { Cell::new(UNKNOWN) };
    static LEASE: Lease = const { Lease };
}

/// Gives the part back when the thread ends.
struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        let own = OWN.replace(NONE);
        if own < OWNERS {
            OWNED.fetch_and(!(1 << own), Ordering::Release);
        }
    }
}

/// `None` when all parts have owners.
#[inline]
pub fn own() -> Option<Own> {
    match OWN.get() {
        UNKNOWN => settle(),
        NONE => None,
        own => Some(Own(own)),
    }
}

#[cold]
fn settle() -> Option<Own> {
    let free = |owned: u32| {
        let own = (!owned).trailing_zeros();
        ((own as usize) < OWNERS).then_some(owned | 1 << own)
    };
    // Acquire and release: what the last owner has counted is there before the next one goes on.
    let taken = OWNED.fetch_update(Ordering::AcqRel, Ordering::Relaxed, free).ok();
    let own = taken.map(|before| (!before).trailing_zeros() as usize);
    // A thread that is just ending has no lease any more, and takes none.
    if LEASE.try_with(|_| ()).is_err() {
        if let Some(own) = own {
            OWNED.fetch_and(!(1 << own), Ordering::Release);
        }
        return None;
    }
    OWN.set(own.unwrap_or(NONE));
    own.map(Own)
}

#[cfg(test)]
mod tests {
    use super::super::Counter;

    #[test]
    fn nothing_is_lost_between_threads() {
        static COUNT: Counter = Counter::new();
        for _ in 0..3 {
            std::thread::scope(|scope| {
                for _ in 0..24 {
                    scope.spawn(|| (0..10_000).for_each(|_| COUNT.inc_often()));
                }
            });
        }
        COUNT.inc();
        assert_eq!(COUNT.get(), 3 * 24 * 10_000 + 1);
    }
}
