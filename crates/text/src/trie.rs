//! A packed trie, read in place: it costs address space and the pages that are touched.

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
            let end = first + usize::from(current[1]);
            // Children are in the order of their labels.
            let (mut low, mut high) = (first, end);
            while low < high {
                let middle = low + (high - low) / 2;
                if node(middle)[0] < *byte { low = middle + 1 } else { high = middle }
            }
            if low == end || node(low)[0] != *byte {
                return;
            }
            let child = node(low);
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
