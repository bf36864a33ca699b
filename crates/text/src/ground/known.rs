//! What the sources hold, by word.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::date::{Date, Dates, When};
use super::number::{Number, Numbers, Unit};
use super::reading::{Reading, shared};
use super::{SOURCE_SENTENCES_MAX, plain, quotation, support};
use crate::sentence::without_dateline;
use crate::word::{fold, words};

/// A part of a sentence that is looked up as a source's begins in its first bytes, at one of so many signs, and is no shorter.
const LEAD_BYTES_MAX: usize = 120;
const STARTS_MAX: usize = 6;
const BARE_BYTES_MIN: usize = 24;

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
    /// The same without capitals and the sign at their end, for [`Known::lifted`].
    bare: HashSet<String>,
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
            bare: HashSet::new(),
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
        self.numbers.add(source, &reading.numbers);
        self.numbers.add(source, &reading.ratios);
        self.numbers.add(source, &of_the_currency(&reading));
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
            for form in [plain(without_dateline(text)), plain(text)] {
                self.bare.insert(bare(&form));
                self.sentences.insert(form);
            }
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

    /// Whether what the draft says of this year or week the sources say of another one.
    pub fn at_another_time(&self, draft: &Reading<'_>, date: &Date) -> bool {
        let marks = draft.marks(draft.clause_of(draft.token_at(date.range.start)));
        let (mut other, mut none) = (0, 0);
        for source in self.readings.iter() {
            let steps = |date: &&Date| matches!(date.when, When::Relative { steps, .. } if steps != 0);
            let moved: HashSet<u32> = source
                .dates
                .iter()
                .filter(steps)
                .filter_map(|date| source.tokens.get(source.token_at(date.range.start)).map(|t| t.clause))
                .collect();
            for (clause, range) in source.clauses.iter().enumerate().take(SOURCE_SENTENCES_MAX) {
                let like = shared(&marks, &source.marks(range.clone()));
                let best = if moved.contains(&(clause as u32)) { &mut other } else { &mut none };
                *best = like.max(*best);
            }
        }
        other > none
    }

    /// The part of a draft's sentence that is a whole source sentence: behind "according to Reuters," or
    /// before a link, a source in brackets or ", he said". In bytes of `text`.
    pub fn lifted(&self, text: &str) -> Option<Range<usize>> {
        let starts =
            text.match_indices([':', ',', '"', '“', '-', '–', '—', '»', '[']).filter(|(at, _)| *at < LEAD_BYTES_MAX);
        let starts = std::iter::once(0).chain(starts.map(|(at, sign)| at + sign.len()).take(STARTS_MAX));
        let ends = ["http", "(", "[", "]", "\"", "”", ", ", " - ", " – ", " — ", "www.", "«"];
        let mut stops: Vec<usize> =
            ends.iter().flat_map(|end| text.rmatch_indices(end).take(2)).map(|(at, _)| at).collect();
        stops.push(text.len());
        stops.sort_unstable();
        for start in starts {
            for end in stops.iter().rev().filter(|end| **end >= start + BARE_BYTES_MIN) {
                if self.bare.contains(&bare(&plain(&text[start..*end]))) {
                    return Some(start..*end);
                }
            }
        }
        None
    }
}

/// "From a previous 280 to 300 million" where the sentence has euros only: those are euros, too.
fn of_the_currency(reading: &Reading<'_>) -> Vec<Number> {
    let mut more = Vec::new();
    let whole = only_currency(&reading.numbers);
    let mut from = 0;
    for place in &reading.places {
        from += reading.numbers[from..].partition_point(|n| n.range.start < place.start);
        let to = from + reading.numbers[from..].partition_point(|n| n.range.start < place.end);
        let numbers = &reading.numbers[from..to];
        // Of the sentence, else of the text.
        let Some(unit) = only_currency(numbers).or(whole.filter(|_| !numbers.iter().any(has_currency))) else {
            continue;
        };
        let large = |n: &&Number| n.unit == Unit::Plain && n.readings.iter().any(|(value, _)| value.len() >= 6);
        more.extend(numbers.iter().filter(large).map(|n| Number { unit, ..n.clone() }));
    }
    more
}

fn has_currency(number: &Number) -> bool {
    matches!(number.unit, Unit::Currency(_))
}

/// The currency of all numbers that have one.
fn only_currency(numbers: &[Number]) -> Option<Unit> {
    let mut units = numbers.iter().filter(|number| has_currency(number)).map(|number| number.unit);
    units.next().filter(|unit| units.all(|other| other == *unit))
}

/// A sentence without capitals, marks of quotation around it and the sign at its end.
fn bare(text: &str) -> String {
    let signs =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '.' | '!' | '?' | ',' | ':' | ';' | '(' | '[' | '-');
    fold(text.trim_matches(signs))
}
