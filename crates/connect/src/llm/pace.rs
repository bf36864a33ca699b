//! Whether a stream comes fast enough to be of use: a provider that drips is alive and blocks all the same.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How long characters are counted.
pub(super) const WINDOW: Duration = Duration::from_secs(5);
/// What comes within this time is counted together, so that the memory is bounded.
const GRAIN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Pace {
    /// Fewer characters than this in [`WINDOW`] are too few; 0 asks for nothing.
    chars_min: usize,
    began: Option<Instant>,
    /// What came in the window, oldest first.
    came: VecDeque<(Instant, usize)>,
}

impl Pace {
    pub fn new(chars_min: usize) -> Self {
        Pace { chars_min, began: None, came: VecDeque::new() }
    }

    /// Characters came. The first ones begin the count.
    pub fn note(&mut self, now: Instant, chars: usize) {
        self.began.get_or_insert(now);
        while self.came.front().is_some_and(|(at, _)| *at + WINDOW <= now) {
            self.came.pop_front();
        }
        match self.came.back_mut() {
            Some((at, sum)) if now < *at + GRAIN => *sum += chars,
            _ => self.came.push_back((now, chars)),
        }
    }

    /// When it will have been too slow if nothing more comes; may lie in the past. `None` before the first characters.
    pub fn slow_at(&self) -> Option<Instant> {
        let began = self.began.filter(|_| self.chars_min > 0)?;
        let mut left: usize = self.came.iter().map(|(_, chars)| chars).sum();
        let mut since = began;
        for (at, chars) in &self.came {
            if left < self.chars_min {
                break;
            }
            left -= chars;
            since = *at;
        }
        Some(since.max(began) + WINDOW)
    }

    /// Characters of the window that ends at `end`.
    pub fn chars_at(&self, end: Instant) -> usize {
        self.came.iter().filter(|(at, _)| *at + WINDOW > end).map(|(_, chars)| chars).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When it is found too slow, in milliseconds, if `chars` come each `every` ms after `burst` at once.
    fn cut(chars_min: usize, burst: usize, every: u64, chars: usize) -> Option<u64> {
        let start = Instant::now();
        let mut pace = Pace::new(chars_min);
        assert_eq!(pace.slow_at(), None, "nothing is measured before the first characters");
        pace.note(start, burst.max(chars));
        for n in 1..200 {
            let now = start + Duration::from_millis(n * every);
            if let Some(at) = pace.slow_at().filter(|at| *at < now) {
                return Some((at - start).as_millis() as u64);
            }
            pace.note(now, chars);
            assert!(pace.came.len() <= 51, "{}", pace.came.len());
        }
        None
    }

    #[test]
    fn drips_are_found_in_time_and_others_are_not() {
        assert_eq!(cut(40, 0, 1_000, 6), Some(5_000));
        assert_eq!(cut(40, 1_000, 1_000, 6), Some(5_000), "a good start does not help for longer");
        assert_eq!(cut(40, 0, 30_000, 6), Some(5_000), "silence");
        assert_eq!(cut(40, 0, 1_000, 8), None, "just enough");
        assert_eq!(cut(40, 0, 10, 1), None);
        assert_eq!(cut(0, 0, 30_000, 1), None, "nothing is asked for");
    }
}
