//! The tables of the comparison, read once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::word::fold;

/// Words and phrases of two words with the line and side they stand on; `!word` stands on none, whatever it begins with.
pub(super) struct Table {
    exact: HashMap<String, Vec<(u16, i8)>>,
    /// Beginnings of words, written `begin*`.
    begun: HashMap<String, Vec<(u16, i8)>>,
    /// Which lengths of beginnings there are, a bit each, by their first two bytes.
    lengths: HashMap<[u8; 2], u64>,
    /// First words of phrases.
    leads: HashSet<String>,
    names: Vec<String>,
}

pub(super) static OPPOSITES: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("opposites.txt")));
pub(super) static THINGS: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("things.txt")));
pub(super) static ROLES: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("roles.txt")));
pub(super) static NATIONS: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("nations.txt")));
pub(super) static ACTS: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("acts.txt")));
/// Words for one thing or deed, by which surroundings are compared.
pub(super) static ALIKE: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("alike.txt")));
pub(super) static DENYING: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("denying.txt")));
pub(super) static MEASURES: LazyLock<Table> = LazyLock::new(|| Table::of(include_str!("measures.txt")));
/// Words that a headline in title case or the start of a sentence may hold without being names.
pub(super) static COMMON: LazyLock<Table> = LazyLock::new(|| {
    let easy = crate::readability::easy().collect::<Vec<_>>().join(" ");
    Table::of(&format!("{easy}\n{}", include_str!("common.txt")))
});

impl Table {
    fn of(text: &str) -> Table {
        let mut table = Table {
            exact: HashMap::new(),
            begun: HashMap::new(),
            lengths: HashMap::new(),
            leads: HashSet::new(),
            names: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, words) = line.split_once(": ").unwrap_or(("", line));
            let group = table.names.len() as u16;
            let sides = words.split('|').zip([1i8, -1]);
            for (word, side) in sides.flat_map(|(words, side)| words.split_whitespace().map(move |word| (word, side))) {
                let (excepted, word) = word.strip_prefix('!').map_or((false, word), |word| (true, word));
                let word = fold(&word.replace('_', " "));
                if let Some((lead, _)) = word.split_once(' ') {
                    table.leads.insert(lead.to_owned());
                }
                let entries = match word.strip_suffix('*') {
                    Some(begin) => {
                        if let Some(head) = begin.as_bytes().first_chunk() {
                            *table.lengths.entry(*head).or_default() |= 1 << begin.len().min(63);
                        }
                        table.begun.entry(begin.to_owned()).or_default()
                    }
                    None => table.exact.entry(word).or_default(),
                };
                if !excepted && !entries.contains(&(group, side)) {
                    entries.push((group, side));
                }
            }
            let flagged = if words.starts_with('~') { format!("~{name}") } else { name.to_owned() };
            table.names.push(flagged);
        }
        table
    }

    /// The lines and sides of a [`fold`]ed word: those of the word itself, else of its longest beginning.
    pub fn find(&self, key: &str) -> &[(u16, i8)] {
        if let Some(found) = self.exact.get(key) {
            return found;
        }
        self.longest_begin(key, 2)
    }

    /// Like [`Table::find`], of two words and their one blank; only lines that name such a phrase answer.
    pub fn find_phrase(&self, phrase: &str) -> &[(u16, i8)] {
        if let Some(found) = self.exact.get(phrase) {
            return found;
        }
        self.longest_begin(phrase, phrase.find(' ').unwrap_or(0) + 2)
    }

    /// Whether a word stands on a line as it is, without an ending.
    pub fn is_bare(&self, key: &str) -> bool {
        self.exact.contains_key(key) || self.begun.contains_key(key)
    }

    /// Whether a phrase begins with the word.
    pub fn leads(&self, key: &str) -> bool {
        self.leads.contains(key)
    }

    fn longest_begin(&self, text: &str, shortest: usize) -> &[(u16, i8)] {
        let lengths = text.as_bytes().first_chunk().and_then(|head| self.lengths.get(head)).copied().unwrap_or(0);
        let mut left = lengths & (u64::MAX >> (63 - text.len().min(63)));
        while left != 0 {
            let length = 63 - left.leading_zeros() as usize;
            if length < shortest {
                break;
            }
            if let Some(found) = text.get(..length).and_then(|begin| self.begun.get(begin)) {
                return found;
            }
            left &= !(1 << length);
        }
        &[]
    }

    pub fn has(&self, key: &str) -> bool {
        !self.find(key).is_empty()
    }

    /// What stands before the colon of a line.
    pub fn name(&self, group: u16) -> &str {
        self.names.get(usize::from(group)).map_or("", String::as_str)
    }
}
