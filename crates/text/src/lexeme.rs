//! The different words of a text. A word that stands in it a hundred times is lowered and looked up once, for every
//! measure: all English word lists are one table.

use std::sync::LazyLock;

use crate::hash::{Map, Numbers, Table, hash_of, hash_of_lowered};
use crate::{keywords, language, readability, syllable, vader};

/// What the word lists say of a lower-case word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Its number among the words of [`vader`]; 0 for a word that no rule of it asks for.
    pub feeling: u16,
    /// By CMUdict; `None` for a word that it lacks.
    pub syllables: Option<u8>,
    /// Dale and Chall list it.
    pub easy: bool,
    /// SMART lists it as a stop word.
    pub stop: bool,
    /// The languages whose function word it is, a bit for each list of [`language`].
    pub function: u8,
}

struct Lists {
    table: Table,
    facts: Vec<Facts>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut small: Map<&str, Facts> = Map::default();
    for (word, number) in vader::listed() {
        small.entry(word).or_default().feeling = number;
    }
    for word in readability::easy() {
        small.entry(word).or_default().easy = true;
    }
    for word in keywords::stop() {
        small.entry(word).or_default().stop = true;
    }
    for (word, bit) in language::function_words() {
        small.entry(word).or_default().function |= 1 << bit;
    }
    let mut lists =
        Lists { table: Table::with_room(small.len() + syllable::listed().count()), facts: vec![Facts::default()] };
    let mut numbers: Map<Facts, u16> = Map::default();
    let mut insert = |word: &str, facts: Facts| {
        let next = u16::try_from(lists.facts.len()).expect("words differ in fewer ways than there are numbers");
        let number = *numbers.entry(facts).or_insert(next);
        if number == next {
            lists.facts.push(facts);
        }
        lists.table.insert(hash_of(word), number);
    };
    for (word, facts) in &small {
        insert(word, *facts);
    }
    for (word, syllables) in syllable::listed() {
        let facts = small.get(word.as_str()).copied().unwrap_or_default();
        insert(&word, Facts { syllables: Some(syllables), ..facts });
    }
    lists
});

/// What is known of `lower`, a lower-case word.
pub fn facts(lower: &str) -> Facts {
    facts_of(hash_of(lower))
}

/// [`facts`] of the word of a hash.
pub(crate) fn facts_of(hash: u64) -> Facts {
    let lists = &*LISTS;
    lists.facts[usize::from(lists.table.get(hash).unwrap_or_default())]
}

#[derive(Clone, Copy, Debug)]
struct Lexeme {
    hash: u64,
    /// The end in [`Lexemes::lowers`].
    end: usize,
    facts: Facts,
}

/// The different lower-case words of one text, by number.
#[derive(Clone, Debug, Default)]
pub struct Lexemes {
    lowers: String,
    all: Vec<Lexeme>,
    by_hash: Numbers,
}

impl Lexemes {
    /// With room for the words of a text of `bytes`.
    pub fn for_text(bytes: usize) -> Self {
        // Of more than this the same words come again and again.
        let words = (bytes / 12).min(4_096);
        Self {
            lowers: String::with_capacity(words * 6),
            all: Vec::with_capacity(words),
            by_hash: Numbers::with_room(words),
        }
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The number of the lower-case form of `word`, which has only letters and digits of ASCII.
    pub fn plain(&mut self, word: &str) -> u32 {
        self.number(hash_of_lowered(word.as_bytes()), |lowers| {
            let start = lowers.len();
            lowers.push_str(word);
            lowers[start..].make_ascii_lowercase();
        })
    }

    /// The number of `lower`, a lower-case word.
    pub fn of(&mut self, lower: &str) -> u32 {
        self.number(hash_of(lower), |lowers| lowers.push_str(lower))
    }

    fn number(&mut self, hash: u64, write: impl FnOnce(&mut String)) -> u32 {
        let next = u32::try_from(self.all.len()).expect("a text has fewer than four billion words");
        let number = self.by_hash.get_or_insert(hash, next);
        if number == next {
            write(&mut self.lowers);
            self.all.push(Lexeme { hash, end: self.lowers.len(), facts: facts_of(hash) });
        }
        number
    }

    /// The number of the word of `hash`, if it is there.
    pub fn find(&self, hash: u64) -> Option<u32> {
        self.by_hash.get(hash)
    }

    /// The word of a number.
    pub fn lower(&self, number: u32) -> &str {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.all[before].end);
        &self.lowers[start..self.all[at].end]
    }

    /// What is known of the word of a number.
    pub fn facts(&self, number: u32) -> Facts {
        self.all[number as usize].facts
    }

    /// [`hash_of`] each word, in the order of the numbers.
    pub fn hashes(&self) -> impl Iterator<Item = u64> + '_ {
        self.all.iter().map(|lexeme| lexeme.hash)
    }

    /// [`hash_of`] the word of a number.
    pub fn hash(&self, number: u32) -> u64 {
        self.all[number as usize].hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_number_however_it_is_written() {
        let mut lexemes = Lexemes::for_text(100);
        let (first, other) = (lexemes.plain("Hello"), lexemes.plain("world"));
        assert_eq!([lexemes.plain("HELLO"), lexemes.of("hello"), lexemes.of("wörld")], [first, first, other + 1]);
        assert_eq!([lexemes.lower(first), lexemes.lower(other), lexemes.lower(2)], ["hello", "world", "wörld"]);
        assert_eq!(lexemes.len(), 3);
    }

    #[test]
    fn one_table_knows_all_lists() {
        let good = facts("good");
        assert!(good.feeling > 0 && good.easy && good.syllables == Some(1) && !good.stop);
        let the = facts("the");
        assert!(the.stop && the.function & 1 == 1 && facts("and").feeling == 0);
        assert!(facts("ve").function & 2 == 2);
        assert_eq!(facts("zzyzzyx"), Facts::default());
    }
}
