//! Seeded dice: SplitMix64 (Steele, Lea, Flood 2014). For jitter, ids and tests, never for secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A shared stream of pseudo-random numbers; clones draw from the same stream.
#[derive(Clone, Debug)]
pub struct Rng(Arc<AtomicU64>);

impl Rng {
    pub fn seeded(seed: u64) -> Self {
        Rng(Arc::new(AtomicU64::new(seed)))
    }

    /// Seeded by the operating system.
    pub fn from_os() -> Self {
        Rng::seeded(u64::from_le_bytes(os_random()))
    }

    pub fn next_u64(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of `choices`; `None` when there are none.
    pub fn pick<'a, T>(&self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len() as u64) as usize)
    }
}

/// Bytes from the operating system's generator, fit for keys and tokens.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system for randomness")]
pub fn os_random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random generator");
    bytes
}
