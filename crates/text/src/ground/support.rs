//! Which source sentence says most of what a draft sentence says.

use std::collections::HashMap;

use crate::word::{self, words};

/// Source sentences by the words and word pairs they hold.
#[derive(Default)]
pub(super) struct Index {
    /// The source of each sentence.
    sources: Vec<usize>,
    holders: HashMap<u64, Vec<u32>>,
}

impl Index {
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    pub fn add(&mut self, source: usize, sentence: &str) {
        let id = self.sources.len() as u32;
        self.sources.push(source);
        for feature in features(sentence) {
            self.holders.entry(feature).or_default().push(id);
        }
    }

    /// The source of the sentence that holds the largest share of `sentence`, and that share.
    pub fn best(&self, sentence: &str) -> (Option<usize>, f32) {
        let wanted = features(sentence);
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for feature in &wanted {
            for id in self.holders.get(feature).map_or(&[][..], |ids| ids) {
                *shared.entry(*id).or_default() += 1;
            }
        }
        // The earliest of the best, whatever the order of the map.
        match shared.into_iter().max_by_key(|(id, count)| (*count, u32::MAX - id)) {
            Some((id, count)) => (Some(self.sources[id as usize]), count as f32 / wanted.len() as f32),
            None => (None, 0.0),
        }
    }
}

/// Hashes of the content words and of their neighbours in pairs, each once.
fn features(sentence: &str) -> Vec<u64> {
    let keys: Vec<u64> =
        words(sentence).map(|w| w.key()).filter(|k| !word::is_stop(k)).map(|k| word::hash(&k)).collect();
    let pairs = keys.windows(2).map(|pair| word::mix(pair[0].rotate_left(17) ^ pair[1]));
    let mut all: Vec<u64> = keys.iter().copied().chain(pairs).collect();
    all.sort_unstable();
    all.dedup();
    all
}
