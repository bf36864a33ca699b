//! Syllables of a lower-case word: CMUdict's first pronunciation, or English hyphenation points for words it lacks.
//!
//! The same two steps as textstat: a listed word has as many syllables as its pronunciation has stressed or unstressed
//! vowels, any other word one more than it has break points at least two characters from either end
//! (Liang's algorithm: of all patterns that match, the highest weight wins at each place, and odd weights allow a break).

use crate::lexeme::{self, Facts};
use crate::trie::Trie;

const WORDS: &[u8] = include_bytes!("../data/syllables.bin");
const PATTERNS: Trie = Trie(include_bytes!("../data/hyphens.bin"));

/// Characters that must stand on either side of a break.
const MARGIN: usize = 2;

/// How many syllables `word` (lower case, no punctuation but contraction apostrophes) has in English; 0 for no word.
pub fn count(word: &str) -> usize {
    count_known(word, lexeme::facts(word))
}

/// [`count`] of a word whose facts are at hand.
pub fn count_known(word: &str, facts: Facts) -> usize {
    if word.is_empty() {
        return 0;
    }
    facts.syllables.map_or_else(|| breaks(word) + 1, usize::from)
}

/// The words of CMUdict with their syllables; `data/README.md` has the layout.
pub fn listed() -> impl Iterator<Item = (String, u8)> {
    const BLOCK: usize = 16;
    let blocks = u32::from_le_bytes([WORDS[0], WORDS[1], WORDS[2], WORDS[3]]) as usize;
    let (mut rest, mut word, mut index) = (&WORDS[4 + 4 * blocks..], String::new(), 0usize);
    std::iter::from_fn(move || {
        let [head, length, tail @ ..] = rest else { return None };
        let (suffix, next) = tail.split_at(usize::from(*length));
        word.truncate(if index.is_multiple_of(BLOCK) { 0 } else { usize::from(head >> 4) });
        word.push_str(std::str::from_utf8(suffix).expect("the dictionary is ASCII"));
        (rest, index) = (next, index + 1);
        Some((word.clone(), head & 15))
    })
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
    // Few words are longer than this; the others take memory of their own.
    const USUAL: usize = 48;
    let (mut near, mut far) = ([0u8; USUAL], Vec::new());
    let weights = match near.get_mut(..length + 3) {
        Some(near) => near,
        None => {
            far.resize(length + 3, 0);
            far.as_mut_slice()
        }
    };
    let dotted = format!(".{word}.");
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
    fn the_dictionary_is_read_whole() {
        let words: Vec<(String, u8)> = listed().collect();
        assert!(words.len() > 100_000 && words.is_sorted());
        for (word, syllables) in words.iter().step_by(97) {
            assert_eq!(count(word), usize::from(*syllables), "{word}");
        }
    }

    #[test]
    fn one_enormous_word_is_measured_in_linear_time() {
        assert!(count(&"abcdefghij".repeat(20_000)) > 1);
    }
}
