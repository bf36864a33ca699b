//! When what was last invalidated, by hash.

use std::collections::HashMap;

use stdx::Timestamp;

use super::Epoch;

#[derive(Default)]
pub(super) struct Table {
    /// By hash: two tags that share one are invalidated together, which is safe.
    pub at: HashMap<u64, Mark>,
    /// What is not in the map was last invalidated then, or before.
    pub floor: Mark,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    pub epoch: Epoch,
    pub position: u64,
    /// The ticket of one's own purge that has no position yet; 0 when there is none.
    pub pending: Epoch,
    pub at: Timestamp,
}

impl Table {
    pub fn mark(&mut self, hash: u64, mark: Mark) {
        let floor = self.floor;
        let at = self.at.entry(hash).or_insert(floor);
        *at = at.joined(mark);
    }

    /// Everything was invalidated at `mark`.
    pub fn raise(&mut self, mark: Mark) {
        self.floor = self.floor.joined(mark);
        self.at.values_mut().for_each(|at| *at = at.joined(mark));
    }

    /// Remembers the older half as one moment.
    pub fn fold(&mut self, max: usize) {
        if self.at.len() <= max {
            return;
        }
        let mut epochs: Vec<Epoch> = self.at.values().map(|mark| mark.epoch).collect();
        let middle = epochs.len() / 2;
        let (_, limit, _) = epochs.select_nth_unstable(middle);
        let limit = *limit;
        let mut floor = self.floor;
        self.at.retain(|_, mark| {
            let kept = mark.epoch > limit;
            if !kept {
                floor = floor.joined(*mark);
            }
            kept
        });
        self.floor = floor;
    }
}

impl Mark {
    pub fn joined(self, other: Mark) -> Mark {
        Mark {
            epoch: self.epoch.max(other.epoch),
            position: self.position.max(other.position),
            pending: self.pending.max(other.pending),
            at: self.at.max(other.at),
        }
    }

    pub fn settle(&mut self, ticket: Epoch, position: u64) {
        self.position = self.position.max(position);
        if self.pending <= ticket {
            self.pending = 0;
        }
    }
}
