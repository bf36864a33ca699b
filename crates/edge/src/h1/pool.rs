//! Read buffers, lent to a connection only while it has unread bytes; each thread keeps a few for the next one.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use stdx::metric::Gauge;

/// Enough for nearly every head and for a read of a body.
pub(crate) const SIZE: usize = 8 << 10;
/// Buffers that a thread keeps for later: 512 KiB.
const KEPT: usize = 64;

/// Bytes of all buffers, lent or kept.
pub(crate) static BYTES: Gauge = Gauge::new();

thread_local! {
    static FREE: RefCell<Free> = const { RefCell::new(Free(Vec::new())) };
}

struct Free(Vec<Vec<u8>>);

impl Drop for Free {
    fn drop(&mut self) {
        self.0.iter().for_each(|bytes| count(-(bytes.len() as i64)));
    }
}

fn count(bytes: i64) {
    BYTES.add(bytes);
    #[cfg(test)]
    let _ = HERE.try_with(|here| here.set(here.get() + bytes));
}

#[cfg(test)]
thread_local! {
    /// What this thread's buffers have: other tests count elsewhere.
    pub(crate) static HERE: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// A buffer whose length is its size. It goes back to the pool of the thread that drops it.
#[derive(Debug)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    pub fn take() -> Buffer {
        let kept = FREE.try_with(|free| free.borrow_mut().0.pop()).ok().flatten();
        Buffer(kept.unwrap_or_else(|| {
            count(SIZE as i64);
            vec![0; SIZE]
        }))
    }

    /// Makes room for `size` bytes; what was there stays.
    pub fn grow(&mut self, size: usize) {
        if size > self.0.len() {
            count((size - self.0.len()) as i64);
            self.0.resize(size, 0);
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.0);
        let size = bytes.len();
        let is_kept = size == SIZE
            && FREE.try_with(|free| {
                let free = &mut free.borrow_mut().0;
                let has_room = free.len() < KEPT;
                if has_room {
                    free.push(bytes);
                }
                has_room
            }) == Ok(true);
        if !is_kept {
            count(-(size as i64));
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
