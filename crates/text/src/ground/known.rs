//! What the sources hold, by word.

use std::collections::{HashMap, HashSet};

use super::date::Dates;
use super::number::Numbers;
use super::reading::{Reading, shared};
use super::{SOURCE_SENTENCES_MAX, plain, quotation, support};
use crate::sentence::without_dateline;
use crate::word::words;

/// The longest run of words that is taken apart into several source sentences.
const JOINED_WORDS_MAX: usize = 160;

/// Places of one word that are looked at; a word beyond it stands everywhere and says nothing.
pub(super) const SPOTS_MAX: usize = 48;

/// A word of a source: the source and the token.
pub(super) type Spot = (u32, u32);

pub(super) struct Known<'a> {
    pub readings: Vec<Reading<'a>>,
    pub words: HashSet<String>,
    pub numbers: Numbers,
    pub dates: Dates,
    /// All words of all sources, for quotations.
    pub running: String,
    pub support: support::Index,
    marks: HashMap<u64, Vec<Spot>>,
    groups: HashMap<u16, Vec<(Spot, i8)>>,
    /// Marks of each clause and sentence of each source.
    clauses: Vec<Vec<Vec<u64>>>,
    sentence_marks: Vec<Vec<Vec<u64>>>,
    /// Source sentences, whole and without their dateline, in [`plain`] form.
    sentences: HashSet<String>,
}

impl<'a> Known<'a> {
    pub fn of(sources: &[&'a str]) -> Known<'a> {
        let mut known = Known {
            readings: Vec::with_capacity(sources.len()),
            words: HashSet::new(),
            numbers: Numbers::default(),
            dates: Dates::default(),
            running: String::new(),
            support: support::Index::default(),
            marks: HashMap::new(),
            groups: HashMap::new(),
            clauses: Vec::new(),
            sentence_marks: Vec::new(),
            sentences: HashSet::new(),
        };
        for source in sources {
            known.add(source);
        }
        known.numbers.finish();
        known.dates.finish();
        known
    }

    fn add(&mut self, source: &'a str) {
        let id = self.readings.len();
        let reading = Reading::of(source, SOURCE_SENTENCES_MAX.saturating_sub(self.support.len()), false);
        self.numbers.add(&reading.numbers);
        let all: Vec<_> = words(source).collect();
        self.dates.add(source, &all, &reading.dates);
        let keys: Vec<String> = all.iter().map(|w| w.key()).collect();
        quotation::run(source, &mut self.running);
        let mut from = 0;
        for place in &reading.places {
            let text = &source[place.clone()];
            from += all[from..].partition_point(|word| word.start < place.start);
            let within = all[from..].partition_point(|word| word.start < place.end);
            self.support.add(id, keys[from..from + within].iter().map(String::as_str));
            self.sentences.insert(plain(without_dateline(text)));
            self.sentences.insert(plain(text));
        }
        self.words.extend(keys);
        for (at, token) in reading.tokens.iter().enumerate() {
            let spot = (id as u32, at as u32);
            if token.is_content() {
                let spots = self.marks.entry(token.mark).or_default();
                if spots.len() <= SPOTS_MAX {
                    spots.push(spot);
                }
            }
            for (group, side) in &token.concepts {
                let spots = self.groups.entry(*group).or_default();
                if spots.len() <= SPOTS_MAX {
                    spots.push((spot, *side));
                }
            }
        }
        self.clauses.push(reading.clauses.iter().map(|range| reading.marks(range.clone())).collect());
        self.sentence_marks.push(reading.sentences.iter().map(|range| reading.marks(range.clone())).collect());
        self.readings.push(reading);
    }

    /// Where a mark stands; nothing where it stands too often to say anything.
    pub fn spots(&self, mark: u64) -> &[Spot] {
        self.marks.get(&mark).map_or(&[][..], Vec::as_slice)
    }

    pub fn stands(&self, mark: u64) -> bool {
        self.marks.contains_key(&mark)
    }

    /// Where words of a line of the table of opposites stand, with their sides.
    pub fn group(&self, group: u16) -> &[(Spot, i8)] {
        self.groups.get(&group).map_or(&[][..], Vec::as_slice)
    }

    pub fn reading(&self, spot: Spot) -> (&Reading<'a>, usize) {
        (&self.readings[spot.0 as usize], spot.1 as usize)
    }

    /// How much the surroundings of a spot have in common with a clause and its sentence; the clause weighs more.
    pub fn likeness(&self, spot: Spot, clause: &[u64], sentence: &[u64], own: u64) -> usize {
        let (reading, at) = self.reading(spot);
        let token = &reading.tokens[at];
        let near = &self.clauses[spot.0 as usize][token.clause as usize];
        let far = &self.sentence_marks[spot.0 as usize][token.sentence as usize];
        let count = |a: &[u64], b: &[u64]| {
            let own = a.binary_search(&own).is_ok() && b.binary_search(&own).is_ok();
            shared(a, b) - usize::from(own)
        };
        4 * count(clause, near) + count(sentence, far)
    }

    pub fn sentence_marks(&self, source: usize, sentence: usize) -> &[u64] {
        self.sentence_marks.get(source).and_then(|all| all.get(sentence)).map_or(&[][..], Vec::as_slice)
    }

    /// Whether `text` is one source sentence, or several in a row: the splitter may see one sentence
    /// where two meet that were apart in their sources.
    pub fn is_verbatim(&self, text: &str) -> bool {
        let text = plain(text);
        if self.sentences.contains(&text) {
            return true;
        }
        let ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).chain([text.len()]).collect();
        if ends.len() > JOINED_WORDS_MAX {
            return false;
        }
        // `reached`: places up to which the text is made of whole source sentences.
        let mut reached = vec![0];
        for end in ends {
            let from = reached.iter().any(|start| self.sentences.contains(&text[*start..end]));
            if from {
                if end == text.len() {
                    return true;
                }
                reached.push(end + 1);
            }
        }
        false
    }
}
