//! Quick hashing: for the tables of one call, and for word lists that are looked up at every word.

use std::hash::{BuildHasherDefault, Hasher as _};

/// A map that lives as long as one call.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Hasher>>;

/// A quick hash of short keys. Text made to collide can at worst slow down its own analysis, and not beyond what a list would
/// take: the tables of one call hold only the words of that text.
#[derive(Clone, Copy, Default)]
pub struct Hasher(u64);

impl std::hash::Hasher for Hasher {
    fn finish(&self) -> u64 {
        crate::word::mix(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.write_u64(u64::from_le_bytes(chunk.try_into().expect("a chunk has eight bytes")));
        }
        let rest =
            chunks.remainder().iter().rev().fold(bytes.len() as u64, |value, &byte| value << 8 | u64::from(byte));
        self.write_u64(rest);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// A fixed word list with a number below 65,536 beside each word, found with one look at memory.
///
/// Words are kept as 48 bits of their hash, so a word that is not listed is taken for one about once in 10^13 look-ups.
/// Built from a list in the program at its first use and never changed.
pub struct Table {
    /// 48 bits of hash and 16 of number; 0 is empty.
    slots: Box<[u64]>,
}

impl Table {
    pub fn of<'a>(words: impl Iterator<Item = (&'a [u8], u16)>) -> Self {
        let words: Vec<(u64, u16)> = words.map(|(word, number)| (fingerprint(word), number)).collect();
        let mut table = Self { slots: vec![0; (words.len() * 2).next_power_of_two().max(2)].into_boxed_slice() };
        for (print, number) in words {
            let mut at = table.place(print);
            while table.slots[at] != 0 && table.slots[at] & PRINT != print {
                at = (at + 1) & (table.slots.len() - 1);
            }
            table.slots[at] = print | u64::from(number);
        }
        table
    }

    pub fn get(&self, word: &str) -> Option<u16> {
        let print = fingerprint(word.as_bytes());
        let mut at = self.place(print);
        loop {
            match self.slots[at] {
                0 => return None,
                slot if slot & PRINT == print => return Some((slot & !PRINT) as u16),
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
    }

    pub fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }

    fn place(&self, print: u64) -> usize {
        (print >> 20) as usize & (self.slots.len() - 1)
    }
}

const PRINT: u64 = !0xffff;

/// 64 bits that stand for `word` within one call.
pub fn hash_of(word: &str) -> u64 {
    hash(word.as_bytes())
}

fn hash(word: &[u8]) -> u64 {
    let mut hasher = Hasher::default();
    hasher.write(word);
    hasher.finish()
}

fn fingerprint(word: &[u8]) -> u64 {
    let print = hash(word) & PRINT;
    if print == 0 { 1 << 16 } else { print }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_knows_its_words_and_no_others() {
        let words: Vec<String> = (0..5_000).map(|number| format!("word{number}")).collect();
        let table = Table::of(words.iter().zip(0..).map(|(word, number)| (word.as_bytes(), number)));
        for (word, number) in words.iter().zip(0..) {
            assert_eq!(table.get(word), Some(number));
            assert_eq!(table.get(&format!("{word}\0")), None);
            assert_eq!(table.get(&word[1..]), None);
        }
        assert!(!Table::of(std::iter::empty()).contains(""));
    }
}
