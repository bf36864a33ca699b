//! What people decided: documents that belong together, and documents that do not.

use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bond {
    Together,
    Apart,
}

/// Bonds by the key of each of their ends. Few: people make them.
#[derive(Debug, Default)]
pub(super) struct Bonds(HashMap<u64, Vec<(u64, Bond)>>);

impl Bonds {
    /// The last word on two documents counts.
    pub fn set(&mut self, a: u64, b: u64, bond: Bond) {
        for (from, to) in [(a, b), (b, a)] {
            let ends = self.0.entry(from).or_default();
            ends.retain(|(other, _)| *other != to);
            ends.push((to, bond));
        }
    }

    /// The other ends of a document's bonds, the oldest first.
    pub fn of(&self, key: u64, bond: Bond) -> impl Iterator<Item = u64> + '_ {
        self.0.get(&key).into_iter().flatten().filter(move |(_, kind)| *kind == bond).map(|(other, _)| *other)
    }

    pub fn forget(&mut self, key: u64) {
        for (other, _) in self.0.remove(&key).unwrap_or_default() {
            if let Some(ends) = self.0.get_mut(&other) {
                ends.retain(|(end, _)| *end != key);
                if ends.is_empty() {
                    self.0.remove(&other);
                }
            }
        }
    }
}
