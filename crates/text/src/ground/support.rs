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

    /// Takes the [`word::fold`]ed stems of a sentence.
    pub fn add<'k>(&mut self, source: usize, keys: impl Iterator<Item = &'k str>) {
        let id = self.sources.len() as u32;
        self.sources.push(source);
        for feature in features(keys) {
            self.holders.entry(feature).or_default().push(id);
        }
    }

    /// The source of the sentence that holds the largest share of `sentence`, and that share.
    pub fn best(&self, sentence: &str) -> (Option<usize>, f32) {
        let keys: Vec<String> = words(sentence).map(|word| word.key()).collect();
        let wanted = features(keys.iter().map(String::as_str));
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
fn features<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<u64> {
    let keys: Vec<u64> = keys.filter(|key| !word::is_stop(key)).map(word::hash).collect();
    let pairs = keys.windows(2).map(|pair| word::mix(pair[0].rotate_left(17) ^ pair[1]));
    let mut all: Vec<u64> = keys.iter().copied().chain(pairs).collect();
    all.sort_unstable();
    all.dedup();
    all
}
