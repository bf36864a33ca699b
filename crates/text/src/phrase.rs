//! What is known of the words and phrases of a language: transitions, hedges, wordy phrases, parts of the passive voice.
//!
//! Lists (`data/style_*.txt`) exist for the eight languages that have stop words. They are put into one hash table per
//! language when it is first asked for, so that a word costs one look-up however many lists there are.

use std::sync::LazyLock;

use crate::hash::{Table, hash_of};
use crate::language::Language;

mod lower;

pub use lower::Lowered;

macro_rules! traits {
    ($($name:ident $section:literal),* $(,)?) => {
        /// What a word, or the words that begin with it, can be: a name of a list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Trait { $($name,)* }

        /// The lists by the names of their sections.
        const SECTIONS: &[(&str, Trait)] = &[$(($section, Trait::$name),)*];
    };
}

traits! {
    Transition "transition", Hedge "hedge", Weasel "weasel", Cliche "cliche", Wordy "wordy", Plain "plain",
    Link "link", Opener "opener", Twice "twice", Doubled "doubled", Be "be", Between "between", Subject "subject",
    Finite "finite", Subordinate "subordinate", Participle "participle", Active "active",
    PassiveN "passive_n", ActiveL "active_l",
}

/// The lists in which a word stands by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits(u32);

impl Traits {
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, wanted: Trait) -> bool {
        self.0 & (1 << wanted as u32) != 0
    }
}

/// A phrase of two words and more, or one word with a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub kind: Trait,
    /// Lower case, single spaces.
    pub text: &'static str,
    pub words: usize,
    /// What says the same in fewer or plainer words.
    pub better: Option<&'static str>,
    /// The numbers of its words after the first.
    rest: (u32, u32),
}

/// What the lists say of one word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    pub traits: Traits,
    /// The lists with a phrase that begins with the word.
    pub begins: Traits,
    phrases: (u32, u32),
    /// The word's number; 0 for one that no list knows.
    number: u16,
}

/// The lists of one language.
#[derive(Debug)]
pub struct Lexicon {
    /// The numbers of the listed words.
    table: Table,
    /// By number; the first is that of a word that no list knows.
    entries: Vec<Entry>,
    /// The phrases that begin with one word stand together, longest first.
    phrases: Vec<Phrase>,
    /// The words of all phrases after their first ones, by number: comparing numbers is quicker than comparing words.
    rests: Vec<u16>,
    /// The lists that are not empty.
    kinds: Traits,
}

macro_rules! lexicons {
    ($($language:ident $file:literal),* $(,)?) => {
        impl Lexicon {
            /// The lists of `language`; all empty for a language without any.
            pub fn of(language: Language) -> &'static Self {
                static NONE: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(""));
                match language {
                    $(Language::$language => {
                        static LISTS: LazyLock<Lexicon> =
                            LazyLock::new(|| Lexicon::read(include_str!(concat!("../data/style_", $file, ".txt"))));
                        &LISTS
                    })*
                    _ => &NONE,
                }
            }
        }
    };
}

lexicons! {
    English "en", Turkish "tr", German "de", French "fr", Spanish "es", Italian "it", Portuguese "pt", Dutch "nl",
}

impl Lexicon {
    fn read(lists: &'static str) -> Self {
        let mut section = None;
        let mut words: Vec<(&'static str, Traits)> = Vec::new();
        let mut phrases: Vec<Phrase> = Vec::new();
        let mut kinds = Traits::default();
        for line in lists.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = SECTIONS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
                continue;
            }
            let Some(kind) = section else { continue };
            kinds.0 |= 1 << kind as u32;
            let (text, better) = line.split_once(" = ").map_or((line, None), |(text, better)| (text, Some(better)));
            let mut all = text.split(' ');
            let first = all.next().unwrap_or(text);
            let count = 1 + all.count();
            if count == 1 && better.is_none() {
                words.push((first, Traits(1 << kind as u32)));
            } else {
                words.extend(text.split(' ').map(|word| (word, Traits::default())));
                phrases.push(Phrase { kind, text, words: count, better, rest: (0, 0) });
            }
        }
        words.sort_by_key(|(word, _)| *word);
        let head = |phrase: &Phrase| phrase.text.split(' ').next().unwrap_or(phrase.text);
        phrases.sort_by(|a, b| head(a).cmp(head(b)).then(b.words.cmp(&a.words)));
        let mut entries: Vec<(&'static str, Entry)> = Vec::new();
        for (word, traits) in words {
            match entries.last_mut().filter(|(last, _)| *last == word) {
                Some((_, entry)) => entry.traits.0 |= traits.0,
                None => {
                    let from = phrases.partition_point(|phrase| head(phrase) < word);
                    let to = phrases.partition_point(|phrase| head(phrase) <= word);
                    let number =
                        u16::try_from(entries.len() + 1).expect("a language has fewer than 65,536 listed words");
                    let begins = Traits(phrases[from..to].iter().fold(0, |all, phrase| all | 1 << phrase.kind as u32));
                    entries.push((word, Entry { traits, begins, phrases: (from as u32, to as u32), number }));
                }
            }
        }
        let mut rests = Vec::new();
        for phrase in &mut phrases {
            let from = rests.len() as u32;
            let number = |word: &str| entries.partition_point(|(known, _)| *known < word) as u16 + 1;
            rests.extend(phrase.text.split(' ').skip(1).map(number));
            phrase.rest = (from, rests.len() as u32);
        }
        let table = Table::of(entries.iter().map(|(word, entry)| (*word, entry.number)));
        let entries = std::iter::once(Entry::default()).chain(entries.into_iter().map(|(_, entry)| entry)).collect();
        Self { table, entries, phrases, rests, kinds }
    }

    /// What the lists say of `word` (lower case, straight apostrophes).
    pub fn get(&self, word: &str) -> Entry {
        self.of_hash(hash_of(word))
    }

    /// What they say of the word of a hash.
    fn of_hash(&self, hash: u64) -> Entry {
        self.entries[usize::from(self.table.get(hash).unwrap_or_default())]
    }

    /// The phrases that begin with the word of `entry`, longest first.
    pub fn phrases(&self, entry: Entry) -> &[Phrase] {
        &self.phrases[entry.phrases.0 as usize..entry.phrases.1 as usize]
    }

    /// The numbers of the words of `phrase` after the first.
    fn rest(&self, phrase: &Phrase) -> &[u16] {
        &self.rests[phrase.rest.0 as usize..phrase.rest.1 as usize]
    }

    /// Whether `text` (lower case, single spaces) as a whole is listed as `kind`.
    pub fn lists(&self, text: &str, kind: Trait) -> bool {
        let entry = self.get(text.split(' ').next().unwrap_or(text));
        match text.contains(' ') {
            true => self.phrases(entry).iter().any(|phrase| phrase.kind == kind && phrase.text == text),
            false => entry.traits.has(kind),
        }
    }

    /// Whether the language has a list of this kind.
    pub fn has_any(&self, kind: Trait) -> bool {
        self.kinds.has(kind)
    }

    /// Whether `word` stands in a list.
    pub fn has(&self, word: &str, kind: Trait) -> bool {
        self.get(word).traits.has(kind)
    }
}

#[cfg(test)]
mod tests;
