//! Word lists read in place: sorted lines searched by halving, front-coded blocks, and a packed trie.
//!
//! Nothing is parsed or built at start; a list costs address space and the pages that are touched.

/// Sorted lines of `key` or `key ⇥ value`, each ending in a line feed.
#[derive(Clone, Copy, Debug)]
pub struct Lines(pub &'static str);

impl Lines {
    /// The value beside `key` (empty in a list without values), or `None` when the key is not listed.
    pub fn get(self, key: &str) -> Option<&'static str> {
        let bytes = self.0.as_bytes();
        let (mut low, mut high) = (0, bytes.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = bytes[low..middle].iter().rposition(|&b| b == b'\n').map_or(low, |at| low + at + 1);
            let end = bytes[middle..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |at| middle + at);
            let line = &bytes[start..end];
            let split = line.iter().position(|&b| b == b'\t').unwrap_or(line.len());
            match line[..split].cmp(key.as_bytes()) {
                std::cmp::Ordering::Equal => return Some(self.0.get((start + split + 1).min(end)..end).unwrap_or("")),
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }

    pub fn contains(self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// Words with a number below 16 each, front-coded in blocks of sixteen; `data/README.md` has the layout.
#[derive(Clone, Copy, Debug)]
pub struct Blocks(pub &'static [u8]);

impl Blocks {
    pub fn get(self, word: &str) -> Option<u8> {
        const BLOCK: usize = 16;
        let word = word.as_bytes();
        let blocks = u32_at(self.0, 0);
        let data = &self.0[4 + 4 * blocks..];
        let block = |index: usize| &data[u32_at(self.0, 4 + 4 * index)..];
        let first = |index: usize| {
            let entry = block(index);
            &entry[2..2 + usize::from(entry[1])]
        };
        // The last block whose first word is not above `word`.
        let (mut low, mut high) = (0, blocks);
        while low < high {
            let middle = low + (high - low) / 2;
            if first(middle) <= word { low = middle + 1 } else { high = middle }
        }
        let mut rest = block(low.checked_sub(1)?);
        // How much of `word` the previous entry spells; a longer shared prefix leaves the answer as it was.
        let mut matched = 0;
        for _ in 0..BLOCK {
            let [head, length, tail @ ..] = rest else { return None };
            let (shared, count) = (usize::from(head >> 4), head & 15);
            let (suffix, next) = tail.split_at(usize::from(*length));
            if shared <= matched {
                let wanted = word.get(shared..)?;
                if suffix == wanted {
                    return Some(count);
                }
                matched = shared + suffix.iter().zip(wanted).take_while(|(a, b)| a == b).count();
            }
            rest = next;
        }
        None
    }
}

/// Weighted patterns over UTF-8 bytes; `data/README.md` has the layout.
#[derive(Clone, Copy, Debug)]
pub struct Trie(pub &'static [u8]);

impl Trie {
    /// Calls `found(position of the first weight in characters, weights)` for every pattern that begins `text`.
    pub fn prefixes(self, text: &[u8], mut found: impl FnMut(usize, &'static [u8])) {
        const NODE: usize = 6;
        let values = &self.0[4 + NODE * u32_at(self.0, 0)..];
        let node = |index: usize| &self.0[4 + NODE * index..4 + NODE * (index + 1)];
        let pair = |low: u8, high: u8| usize::from(u16::from_le_bytes([low, high]));
        let mut current = node(0);
        for byte in text {
            let first = pair(current[2], current[3]);
            let children = first..first + usize::from(current[1]);
            let Some(child) = children.map(node).find(|child| child[0] >= *byte).filter(|child| child[0] == *byte)
            else {
                return;
            };
            let value = pair(child[4], child[5]);
            if value > 0 {
                let length = usize::from(values[value + 1]);
                found(usize::from(values[value]), &values[value + 2..value + 2 + length]);
            }
            current = child;
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}

#[cfg(test)]
mod tests;
