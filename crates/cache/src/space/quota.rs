//! A space that may take only so much of the common memory.

use std::collections::HashSet;
use std::sync::PoisonError;

use super::Shared;

/// Keys that are remembered beyond four for each entry there is.
const SPARE: u64 = 1_024;

impl<V: Clone + Send + Sync + 'static> Shared<V> {
    /// Lets what came first go until `key`, which has just come, is within the quota, if there is one.
    pub(super) fn keep_quota(&self, key: &str) {
        let Some(quota) = self.options.quota else { return };
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        let mut has = self.counts.read();
        // Keys that were put again, or left long ago, stand in it more often than there are entries.
        if came.len() as u64 > 4 * has.entries + SPARE {
            let mut seen = HashSet::new();
            came.retain(|key| self.cache.memory.get(self.part.id, key).is_some() && seen.insert(key.clone()));
        }
        while has.bytes > quota
            && let Some(first) = came.pop_front()
        {
            // The newest may be above the quota alone: it stays until the next one comes.
            if *first != *key
                && let Some(entry) = self.cache.memory.get(self.part.id, &first)
            {
                entry.evicted();
                self.cache.memory.remove_exactly(self.part.id, &first, &entry);
                drop(entry);
                has = self.counts.read();
            }
        }
        came.push_back(key.into());
    }
}
