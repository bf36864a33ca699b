//! How often each key was asked for lately, in four bits a counter.

/// Counters stop here.
const COUNT_MAX: u64 = 15;
const ROWS: u32 = 4;
/// Sixteen counters in one word are halved at once by a shift and this.
const HALVES: u64 = 0x7777_7777_7777_7777;

/// A count-min sketch whose counters are halved each time ten times as many keys were counted as the cache holds, so
/// that it speaks of the recent past.
///
/// Source: Cormode and Muthukrishnan 2005; the ageing: Einziger, Friedman and Manes, TinyLFU, 2017.
#[derive(Debug)]
pub struct Frequency {
    words: Box<[u64]>,
    counted: u64,
    period: u64,
}

impl Frequency {
    /// For a cache of so many entries; takes about 8 to 16 bytes for each.
    pub fn new(entries: usize) -> Self {
        let words = entries.max(8).next_power_of_two();
        Frequency { words: vec![0; words].into(), counted: 0, period: 10 * entries.max(1) as u64 }
    }

    /// 0 to 15; never less than what was counted since the last halving.
    pub fn of(&self, hash: u64) -> u64 {
        let counter = |row| {
            let (word, shift) = self.counter(hash, row);
            (self.words[word] >> shift) & COUNT_MAX
        };
        (0..ROWS).map(counter).min().unwrap_or_default()
    }

    pub fn count(&mut self, hash: u64) {
        let mut counted = false;
        for row in 0..ROWS {
            let (word, shift) = self.counter(hash, row);
            if (self.words[word] >> shift) & COUNT_MAX < COUNT_MAX {
                self.words[word] += 1 << shift;
                counted = true;
            }
        }
        self.counted += u64::from(counted);
        if self.counted >= self.period {
            for word in &mut self.words {
                *word = (*word >> 1) & HALVES;
            }
            self.counted /= 2;
        }
    }

    /// The word, and the shift of the counter within it: each row has four of the sixteen.
    fn counter(&self, hash: u64, row: u32) -> (usize, u32) {
        let mixed = super::mix(hash ^ u64::from(row).wrapping_mul(0xA24B_AED4_963E_E407));
        let word = mixed as usize & (self.words.len() - 1);
        (word, ((mixed >> 40) as u32 & 3) * 16 + row * 4)
    }
}
