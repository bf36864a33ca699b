//! The phrases of `phrases.txt`, made ready.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Kind, fold};

static PHRASES: &str = include_str!("phrases.txt");

pub(super) struct Vocabulary {
    /// Word or stem to the row of `atoms`.
    words: HashMap<String, u32>,
    stems: HashMap<String, u32>,
    /// Which lengths stems have, a bit each.
    stem_lengths: u64,
    /// The elements that a word belongs to, by row; a bit each.
    atoms: Vec<Vec<u64>>,
    pub patterns: Vec<Pattern>,
    pub report: usize,
    width: usize,
}

pub(super) struct Pattern {
    pub kind: Kind,
    pub weight: u32,
    /// In any order within so many words of one sentence; 0: in this order.
    pub within: usize,
    pub elements: Vec<Element>,
}

pub(super) struct Element {
    /// The words that may stand before it.
    pub gap: usize,
    pub atom: usize,
    /// It begins a clause.
    pub opens: bool,
}

pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::of(PHRASES));

impl Vocabulary {
    fn of(phrases: &'static str) -> Self {
        let mut classes: HashMap<&str, Vec<&'static str>> = HashMap::new();
        let mut atoms: HashMap<&'static str, usize> = HashMap::new();
        let mut patterns = Vec::new();
        for line in phrases.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let (Some(first), Some(second)) = (parts.next(), parts.next()) else { continue };
            if second == "=" {
                classes.insert(first, parts.collect());
                continue;
            }
            let (mut gap, mut within, mut opens, mut elements) = (0, 0, false, Vec::new());
            for part in parts {
                if part == "^" {
                    opens = true;
                } else if let Some(number) = part.strip_prefix('&') {
                    within = number.parse().unwrap_or(0);
                } else if let Some(number) = part.strip_prefix("..") {
                    gap = number.parse().unwrap_or(0);
                } else {
                    let next = atoms.len();
                    let atom = *atoms.entry(part).or_insert(next);
                    elements.push(Element { gap: std::mem::take(&mut gap), atom, opens: std::mem::take(&mut opens) });
                }
            }
            let weight = match first {
                "strong" => 100,
                "medium" => 60,
                _ => 30,
            };
            patterns.push(Pattern { kind: kind(second), weight, within, elements });
        }
        let next = atoms.len();
        let report = *atoms.entry("@report").or_insert(next);
        let width = atoms.len().div_ceil(64);
        let mut found = Self {
            words: HashMap::new(),
            stems: HashMap::new(),
            stem_lengths: 0,
            atoms: Vec::new(),
            patterns,
            report,
            width,
        };
        for (element, atom) in &atoms {
            for part in element.split('|') {
                let one = [part];
                let words = classes.get(part).map_or(&one[..], Vec::as_slice);
                words.iter().for_each(|word| found.add(word, *atom));
            }
        }
        // A word belongs to what its stems belong to, and a stem to what its own stems do.
        let words: Vec<(String, u32)> =
            found.words.iter().chain(&found.stems).map(|(word, row)| (word.clone(), *row)).collect();
        for (word, row) in words {
            for length in 1..word.len() + 1 {
                if let Some(stem) = word.get(..length).and_then(|stem| found.stems.get(stem)) {
                    for index in 0..width {
                        let bits = found.atoms[*stem as usize][index];
                        found.atoms[row as usize][index] |= bits;
                    }
                }
            }
        }
        found
    }

    fn add(&mut self, word: &str, atom: usize) {
        let next = self.atoms.len() as u32;
        let (stem, is_stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let mut folded = String::new();
        stem.chars().for_each(|c| _ = fold::fold(c, |c| folded.push(c)));
        let row = if is_stem {
            self.stem_lengths |= 1 << folded.len();
            *self.stems.entry(folded).or_insert(next)
        } else {
            *self.words.entry(folded).or_insert(next)
        };
        if row == next {
            self.atoms.push(vec![0; self.width]);
        }
        self.atoms[row as usize][atom / 64] |= 1 << (atom % 64);
    }

    pub fn row(&self, word: &str) -> Option<u32> {
        if let Some(row) = self.words.get(word) {
            return Some(*row);
        }
        let mut lengths = self.stem_lengths & (u64::MAX >> (63 - word.len().min(63)));
        while lengths != 0 {
            let length = 63 - lengths.leading_zeros() as usize;
            if let Some(row) = word.get(..length).and_then(|stem| self.stems.get(stem)) {
                return Some(*row);
            }
            lengths &= !(1 << length);
        }
        None
    }

    pub fn exact(&self, word: &str) -> Option<u32> {
        self.words.get(word).copied()
    }

    pub fn is(&self, row: u32, atom: usize) -> bool {
        self.atoms[row as usize][atom / 64] & (1 << (atom % 64)) != 0
    }

    pub fn bits(&self, row: u32) -> &[u64] {
        &self.atoms[row as usize]
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "override" => Kind::Override,
        "role" => Kind::Role,
        "address" => Kind::Address,
        "reveal" => Kind::Reveal,
        "secret" => Kind::Secret,
        "send" => Kind::Send,
        "conceal" => Kind::Conceal,
        "safety" => Kind::Safety,
        "authority" => Kind::Authority,
        _ => Kind::Task,
    }
}
