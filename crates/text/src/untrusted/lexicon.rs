//! The words of `lexicon.txt` by what they mean to somebody who commands a model.

use std::sync::LazyLock;

use super::{Kind, fold};
use crate::hash::Map;

static WORDS: &str = include_str!("lexicon.txt");

/// What a longer word may end in to mean the same.
const TAILS: [&str; 9] = ["bot", "bots", "gpt", "llm", "assistent", "sprachmodell", "software", "programm", "roboter"];

/// Classes, a bit each.
pub(super) type Classes = u128;

pub(super) struct Lexicon {
    pub names: Vec<&'static str>,
    pub kinds: Vec<Option<Kind>>,
    /// Classes that say nothing by themselves.
    pub links: Classes,
    /// Classes that make features; the others are for `commands.txt` alone.
    pub shown: Classes,
    /// Word or stem to its unit.
    words: Map<String, u32>,
    stems: Map<String, u32>,
    /// Which lengths stems have, a bit each.
    stem_lengths: u64,
    units: Vec<Unit>,
}

#[derive(Clone, Default)]
struct Unit {
    classes: Classes,
    /// What may follow to make a phrase, and the classes of that.
    phrases: Vec<(Vec<u32>, Classes)>,
}

/// The units of a word: itself and the stems that begin it.
#[derive(Clone, Copy, Default)]
pub(super) struct Units {
    ids: [u32; 5],
    count: usize,
}

impl Units {
    fn push(&mut self, id: u32) {
        if self.count < self.ids.len() {
            self.ids[self.count] = id;
            self.count += 1;
        }
    }

    fn all(&self) -> &[u32] {
        &self.ids[..self.count]
    }

    pub fn any(&self) -> bool {
        self.count > 0
    }
}

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(WORDS));

impl Lexicon {
    fn of(text: &'static str) -> Self {
        let mut lexicon = Self {
            names: Vec::new(),
            kinds: Vec::new(),
            links: 0,
            shown: 0,
            words: Map::default(),
            stems: Map::default(),
            stem_lengths: 0,
            units: Vec::new(),
        };
        let mut includes = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let (Some(name), Some(kind), Some(_)) = (parts.next(), parts.next(), parts.next()) else { continue };
            let class = lexicon.names.iter().position(|known| *known == name).unwrap_or(lexicon.names.len());
            if class == lexicon.names.len() {
                lexicon.names.push(name);
                lexicon.kinds.push(Kind::named(kind));
                lexicon.links |= Classes::from(kind == "+") << class;
                lexicon.shown |= Classes::from(kind != ".") << class;
            }
            for entry in parts {
                match entry.strip_prefix('@') {
                    Some(part) => includes.push((part, class)),
                    None => lexicon.add(entry, 1 << class),
                }
            }
        }
        for (part, class) in includes {
            let part =
                lexicon.names.iter().position(|known| *known == part).expect("a class that is taken stands before");
            for unit in &mut lexicon.units {
                unit.classes |= (unit.classes >> part & 1) << class;
                unit.phrases.iter_mut().for_each(|(_, classes)| *classes |= (*classes >> part & 1) << class);
            }
        }
        lexicon
    }

    /// The number of a class that the list names.
    pub fn class(&self, name: &str) -> usize {
        self.names.iter().position(|known| *known == name).expect("a class that the list names")
    }

    fn add(&mut self, entry: &str, class: Classes) {
        let units: Vec<u32> = entry.split('_').map(|part| self.unit(part)).collect();
        let [first, rest @ ..] = &units[..] else { return };
        let unit = &mut self.units[*first as usize];
        if rest.is_empty() {
            unit.classes |= class;
        } else if let Some((_, classes)) = unit.phrases.iter_mut().find(|(known, _)| known == rest) {
            *classes |= class;
        } else {
            unit.phrases.push((rest.to_vec(), class));
        }
    }

    fn unit(&mut self, part: &str) -> u32 {
        let next = self.units.len() as u32;
        let (stem, is_stem) = part.strip_suffix('*').map_or((part, false), |stem| (stem, true));
        let mut folded = String::new();
        stem.chars().for_each(|c| _ = fold::fold(c, |c| folded.push(c)));
        let id = if is_stem {
            self.stem_lengths |= 1 << folded.len().min(63);
            *self.stems.entry(folded).or_insert(next)
        } else {
            *self.words.entry(folded).or_insert(next)
        };
        if id == next {
            self.units.push(Unit::default());
        }
        id
    }

    pub fn units(&self, word: &str) -> Units {
        let mut found = Units::default();
        self.collect(word, &mut found);
        if !found.any()
            && let Some(tail) = TAILS.iter().find(|tail| word.ends_with(**tail))
        {
            self.collect(tail, &mut found);
        }
        if !found.any() && word.starts_with(|c| matches!(c, '\u{620}'..='\u{64A}')) {
            // Arabic ties `and`, `to`, `by` and the article to the word.
            for prefix in ["و", "ف", "ب", "ل", "ال", "وال", "لل", "بال"] {
                if let Some(rest) = word.strip_prefix(prefix)
                    && rest.len() >= 4
                    && !found.any()
                {
                    self.collect(rest, &mut found);
                }
            }
        }
        found
    }

    fn collect(&self, word: &str, found: &mut Units) {
        if let Some(id) = self.words.get(word) {
            found.push(*id);
        }
        let mut lengths = self.stem_lengths & (u64::MAX >> (63 - word.len().min(63)));
        while lengths != 0 {
            let length = 63 - lengths.leading_zeros() as usize;
            if let Some(id) = word.get(..length).and_then(|stem| self.stems.get(stem)) {
                found.push(*id);
            }
            lengths &= !(1 << length);
        }
    }

    /// The unit of the word itself.
    pub fn exact(&self, word: &str) -> Option<Units> {
        let mut found = Units::default();
        found.push(*self.words.get(word)?);
        Some(found)
    }

    /// The classes of the first word, and of the phrases that it begins; how many words the longest of these has.
    pub fn classes(&self, words: &[Units]) -> (Classes, usize) {
        let (mut classes, mut longest) = (0, 1);
        let Some((first, rest)) = words.split_first() else { return (0, 0) };
        for id in first.all() {
            let unit = &self.units[*id as usize];
            classes |= unit.classes;
            for (phrase, more) in &unit.phrases {
                if phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(id, units)| units.all().contains(id)) {
                    classes |= more;
                    longest = longest.max(phrase.len() + 1);
                }
            }
        }
        (classes, longest)
    }
}
