//! Quick hashing: for the tables of one call, and for word lists that are looked up at every word.

use std::hash::{BuildHasherDefault, Hasher as _};

/// A map that lives as long as one call.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Hasher>>;

/// The golden ratio as a fraction of 2^64: its multiples lie far apart.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A quick hash of short keys. Text made to collide can at worst slow down its own analysis, and not beyond what a list would
/// take: the tables of one call hold only the words of that text.
#[derive(Clone, Copy, Default)]
pub struct Hasher(u64);

impl std::hash::Hasher for Hasher {
    fn finish(&self) -> u64 {
        // The multiplication leaves the high bits well mixed and the low ones not.
        self.0 ^ (self.0 >> 32)
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
        self.0 = (self.0.rotate_left(23) ^ value).wrapping_mul(FACTOR);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// Numbers by 64 bits of hash, for the tables of one call: a text would need billions of words to confuse two.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Open addressing over hashes and numbers + 1, 0 for none; the length is a power of two, at most half of it used.
    slots: Vec<(u64, u32)>,
    used: usize,
}

impl Numbers {
    /// With room for so many before it has to grow.
    pub fn with_room(numbers: usize) -> Self {
        Self { slots: vec![(0, 0); (2 * numbers).next_power_of_two().max(8)], used: 0 }
    }

    pub fn get(&self, hash: u64) -> Option<u32> {
        self.slots[self.place(hash)].1.checked_sub(1)
    }

    /// The number of `hash`, which is `next` from now on if it has none; `next` is below [`u32::MAX`].
    pub fn get_or_insert(&mut self, hash: u64, next: u32) -> u32 {
        let place = self.place(hash);
        let slot = &mut self.slots[place];
        if let Some(number) = slot.1.checked_sub(1) {
            return number;
        }
        *slot = (hash, next.saturating_add(1));
        self.used += 1;
        if 2 * self.used > self.slots.len() {
            self.grow();
        }
        next
    }

    /// Where `hash` is or belongs.
    fn place(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        // The upper half of a product depends on all lower bits of the factors.
        let mut at = (hash.wrapping_mul(FACTOR) >> 32) as usize & mask;
        while self.slots[at].1 != 0 && self.slots[at].0 != hash {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let slots = vec![(0, 0); 2 * self.slots.len()];
        for (hash, number) in std::mem::replace(&mut self.slots, slots) {
            if number != 0 {
                let place = self.place(hash);
                self.slots[place] = (hash, number);
            }
        }
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self::with_room(0)
    }
}

/// A fixed word list with a number below 65,536 beside each word, found with one look at memory.
///
/// Words are kept as 48 bits of their hash, so a word that is not listed is taken for one about once in 10^13 look-ups.
/// Built from a list in the program at its first use and never changed.
#[derive(Debug)]
pub struct Table {
    /// 48 bits of hash and 16 of number; 0 is empty.
    slots: Box<[u64]>,
}

impl Table {
    pub fn of<'a>(words: impl ExactSizeIterator<Item = (&'a str, u16)>) -> Self {
        let mut table = Self::with_room(words.len());
        for (word, number) in words {
            table.insert(hash_of(word), number);
        }
        table
    }

    /// For at most `words`.
    pub fn with_room(words: usize) -> Self {
        Self { slots: vec![0; (words * 2).next_power_of_two().max(2)].into_boxed_slice() }
    }

    /// Puts the word of `hash` in, or changes its number.
    pub fn insert(&mut self, hash: u64, number: u16) {
        let print = fingerprint(hash);
        let mut at = self.place(print);
        while self.slots[at] != 0 && self.slots[at] & PRINT != print {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = print | u64::from(number);
    }

    /// The number beside the word of `hash`.
    pub fn get(&self, hash: u64) -> Option<u16> {
        let print = fingerprint(hash);
        let mut at = self.place(print);
        loop {
            match self.slots[at] {
                0 => return None,
                slot if slot & PRINT == print => return Some((slot & !PRINT) as u16),
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
    }

    fn place(&self, print: u64) -> usize {
        (print >> 20) as usize & (self.slots.len() - 1)
    }
}

const PRINT: u64 = !0xffff;

fn fingerprint(hash: u64) -> u64 {
    let print = hash & PRINT;
    if print == 0 { 1 << 16 } else { print }
}

/// 64 bits that stand for `word` within one run of the program.
pub fn hash_of(word: &str) -> u64 {
    eights(word.as_bytes(), 0)
}

/// 64 bits that stand for some numbers in their order.
pub fn hash_of_all(numbers: &[u32]) -> u64 {
    let mut hasher = Hasher::default();
    numbers.iter().for_each(|&number| hasher.write_u32(number));
    hasher.finish()
}

/// [`hash_of`] the lower-case form of `word`, which has only letters and digits of ASCII.
pub fn hash_of_lowered(word: &[u8]) -> u64 {
    // The one bit that tells a small letter from its capital is set in every digit.
    eights(word, 0x2020_2020_2020_2020)
}

/// Hashes eight bytes at a time, with the bits of `set` set in each.
#[inline]
fn eights(word: &[u8], set: u64) -> u64 {
    let mut hasher = Hasher(word.len() as u64);
    let mut rest = word;
    while let [a, b, c, d, e, f, g, h, tail @ ..] = rest {
        hasher.write_u64(u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) | set);
        rest = tail;
    }
    if !rest.is_empty() {
        hasher.write_u64(few(rest) | set & (u64::MAX >> (64 - 8 * rest.len())));
    }
    hasher.finish()
}

/// One to seven bytes as a number, the lowest first: two reads that may overlap, as a branch costs more than a read.
#[inline]
fn few(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << (8 * (length - 4));
    }
    let at = |index: usize| u64::from(bytes[index]) << (8 * index);
    at(0) | at(length / 2) | at(length - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_knows_its_words_and_no_others() {
        let words: Vec<String> = (0..5_000).map(|number| format!("word{number}")).collect();
        let table = Table::of(words.iter().zip(0..5_000).map(|(word, number)| (word.as_str(), number)));
        for (word, number) in words.iter().zip(0..) {
            assert_eq!(table.get(hash_of(word)), Some(number));
            assert_eq!(table.get(hash_of(&format!("{word}\0"))), None);
            assert_eq!(table.get(hash_of(&word[1..])), None);
        }
        assert_eq!(Table::with_room(0).get(hash_of("")), None);
    }

    #[test]
    fn numbers_are_kept_while_the_table_grows() {
        let mut numbers = Numbers::default();
        let hashes = || (0..3_000_u64).map(|number| (number << 32) | (number % 7));
        for (hash, next) in hashes().zip(0..) {
            assert_eq!(numbers.get(hash), None);
            assert_eq!(numbers.get_or_insert(hash, next), next);
            assert_eq!(numbers.get_or_insert(hash, 9_999), next);
        }
        assert!(hashes().zip(0..).all(|(hash, number)| numbers.get(hash) == Some(number)));
    }

    #[test]
    fn a_word_and_its_lower_case_hash_alike_when_asked_to() {
        let word = "AbC9zQ0Words42AndMore";
        for length in 0..=word.len() {
            let part = &word[..length];
            assert_eq!(hash_of_lowered(part.as_bytes()), hash_of(&part.to_ascii_lowercase()), "{part}");
            assert_ne!(hash_of(part), hash_of(&format!("{part}\0")), "{part}");
        }
    }
}
