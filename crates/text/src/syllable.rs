//! Syllables of a lower-case word: CMUdict's first pronunciation, or English hyphenation points for words it lacks.
//!
//! The same two steps as textstat: a listed word has as many syllables as its pronunciation has stressed or unstressed
//! vowels, any other word one more than it has break points at least two characters from either end
//! (Liang's algorithm: of all patterns that match, the highest weight wins at each place, and odd weights allow a break).

use std::sync::LazyLock;

use crate::hash::Table;
use crate::lexicon::Trie;

static WORDS: LazyLock<Table> = LazyLock::new(|| {
    let words = unpacked(include_bytes!("../data/syllables.bin"));
    Table::of(words.iter().map(|(word, count)| (word.as_slice(), u16::from(*count))))
});
const PATTERNS: Trie = Trie(include_bytes!("../data/hyphens.bin"));

/// Characters that must stand on either side of a break.
const MARGIN: usize = 2;

/// How many syllables `word` (lower case, no punctuation but contraction apostrophes) has in English; 0 for no word.
pub fn count(word: &str) -> usize {
    if word.is_empty() {
        return 0;
    }
    WORDS.get(word).map_or_else(|| breaks(word) + 1, usize::from)
}

/// The words of `syllables.bin` with their syllables; `data/README.md` has the layout.
fn unpacked(data: &[u8]) -> Vec<(Vec<u8>, u8)> {
    const BLOCK: usize = 16;
    let number = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().expect("four bytes")) as usize;
    let mut rest = &data[4 + 4 * number(0)..];
    let mut words: Vec<(Vec<u8>, u8)> = Vec::new();
    while let [head, length, tail @ ..] = rest {
        let (suffix, next) = tail.split_at(usize::from(*length));
        let shared = if words.len().is_multiple_of(BLOCK) { 0 } else { usize::from(head >> 4) };
        let mut word = words.last().map_or(Vec::new(), |(previous, _)| previous[..shared].to_vec());
        word.extend(suffix);
        words.push((word, head & 15));
        rest = next;
    }
    words
}

/// The vowels of a Turkish word, which are its syllables.
pub fn count_turkish(word: &str) -> usize {
    word.chars().filter(|c| "aeıioöuüâîûAEIİOÖUÜÂÎÛ".contains(*c)).count()
}

fn breaks(word: &str) -> usize {
    let length = word.chars().count();
    if length < 2 * MARGIN {
        return 0;
    }
    let dotted = format!(".{word}.");
    let mut weights = vec![0u8; length + 3];
    for (at, (byte, _)) in dotted.char_indices().enumerate().take(length + 1) {
        PATTERNS.prefixes(&dotted.as_bytes()[byte..], |offset, pattern| {
            for (weight, &new) in weights.iter_mut().skip(at + offset).zip(pattern) {
                *weight = (*weight).max(new);
            }
        });
    }
    // `weights[i]` stands before the i-th character of the dotted word, so before character i - 1 of the word.
    weights[MARGIN + 1..=length - MARGIN + 1].iter().filter(|weight| *weight % 2 == 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_words_follow_the_dictionary_and_others_the_patterns() {
        for (word, syllables) in [("", 0), ("a", 1), ("hello", 2), ("don't", 1), ("hmm", 0), ("extraordinary", 6)] {
            assert_eq!(count(word), syllables, "{word}");
        }
        assert_eq!(count("podcasters"), 3);
        assert_eq!(count("zz"), 1);
        assert_eq!(count_turkish("çekoslovakyalılaştıramadıklarımızdan"), 15);
    }

    #[test]
    fn one_enormous_word_is_measured_in_linear_time() {
        assert!(count(&"abcdefghij".repeat(20_000)) > 1);
    }
}
