//! Two names that stand in each other's places: what the draft says of one the sources say of the other.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::known::Known;
use super::lexicon::{ALIKE, ROLES};
use super::reading::Reading;
use super::who::{plain, preposition, run};

/// Names of a draft that are compared, each with each.
const NAMES_MAX: usize = 16;

/// Words of a sentence that are looked at.
const WORDS_MAX: usize = 160;

/// Words that must speak for an exchange, on both sides together, and of one name alone.
const BOTH_MIN: usize = 3;

/// A name of the draft, and what is said of it here and there.
struct Person {
    mark: u64,
    range: Range<usize>,
    ours: HashSet<u64>,
    theirs: HashSet<u64>,
    /// What may be said of it as well: sentences without a name behind its own.
    more: HashSet<u64>,
}

/// The names of `draft` whose deeds are those of another name of the draft, the other way round too.
pub(super) fn exchanged(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let mut people: Vec<Person> = Vec::new();
    let families = Families::of(known);
    let told = said(draft, &|sentence| !skip.get(sentence).copied().unwrap_or(false));
    for (name, marks, _) in &told {
        // A place does nothing.
        let placed = if draft.turkish {
            let suffix = crate::word::fold(draft.tokens[name.end - 1].suffix());
            ["da", "de", "ta", "te", "dan", "den", "tan", "ten"].iter().any(|end| suffix.starts_with(end))
        } else if draft.tokens[..name.start].iter().rev().take(3).any(|t| t.key == "according") {
            false
        } else {
            matches!(
                preposition(draft, name.start),
                Some("in" | "at" | "near" | "into" | "past" | "under" | "to" | "against" | "over" | "of")
            )
        };
        // The Schumann concerto, the Pınar 3.
        let (before, next) = (name.start.checked_sub(1).map(|at| &draft.tokens[at]), draft.tokens.get(name.end));
        let beside = next.filter(|next| next.word.start == draft.tokens[name.end - 1].word.end() + 1);
        let titles = beside.is_some_and(|next| {
            next.word.is_number()
                || !draft.turkish
                    && next.is_content()
                    && !next.word.is_capitalised()
                    && before.is_some_and(|t| t.key == "the")
        });
        if placed || titles {
            continue;
        }
        let mark = families.person(draft, name);
        let place = people.iter().position(|one| one.mark == mark);
        match place {
            Some(place) => people[place].ours.extend(marks),
            None if people.len() < NAMES_MAX && known.stands(mark) && !plain(known, mark) => people.push(Person {
                mark,
                range: draft.tokens[name.start].word.start..draft.tokens[name.end - 1].word.end(),
                ours: marks.iter().copied().collect(),
                theirs: HashSet::new(),
                more: HashSet::new(),
            }),
            None => {}
        }
    }
    if people.len() < 2 {
        return Vec::new();
    }
    for source in &known.readings {
        for (name, marks, more) in said(source, &|_| true) {
            let mark = families.person(source, &name);
            for one in people.iter_mut().filter(|one| one.mark == mark) {
                one.theirs.extend(&marks);
                one.more.extend(&more);
            }
        }
    }
    let mut found = Vec::new();
    for (at, one) in people.iter().enumerate() {
        for other in &people[at + 1..] {
            let (cross, straight) = votes(one, other);
            let (back, stays) = votes(other, one);
            let both = cross + back;
            let each = cross > straight && back > stays;
            let one_way = both > BOTH_MIN && cross >= straight && back >= stays && both > 3 * (straight + stays);
            if (each && both >= BOTH_MIN && both > 2 * (straight + stays)) || one_way {
                found.push(one.range.clone());
            }
        }
    }
    found
}

/// Who is meant by a name: the last word says it, save where two share it.
struct Families {
    /// First names by last ones.
    firsts: HashMap<u64, HashSet<u64>>,
    /// Last names by first ones.
    lasts: HashMap<u64, u64>,
}

impl Families {
    fn of(known: &Known<'_>) -> Families {
        let mut families = Families { firsts: HashMap::new(), lasts: HashMap::new() };
        for source in &known.readings {
            for sentence in &source.sentences {
                for name in runs(source, sentence.start..sentence.end.min(sentence.start + WORDS_MAX)) {
                    let (first, last) = (source.tokens[name.start].mark, source.tokens[name.end - 1].mark);
                    if name.len() >= 2 {
                        families.firsts.entry(last).or_default().insert(first);
                        families.lasts.insert(first, last);
                    }
                }
            }
        }
        families
    }

    fn person(&self, reading: &Reading<'_>, name: &Range<usize>) -> u64 {
        let (first, last) = (reading.tokens[name.start].mark, reading.tokens[name.end - 1].mark);
        let shared = |last: u64| self.firsts.get(&last).is_some_and(|firsts| firsts.len() > 1);
        if name.len() >= 2 && shared(last) {
            return first;
        }
        // Anjali alone is Anjali Nair.
        self.lasts.get(&last).filter(|family| name.len() == 1 && !shared(**family)).copied().unwrap_or(last)
    }
}

/// Words of what the draft says of `one` that the sources only say of `other`, and those that they only say of `one`.
fn votes(one: &Person, other: &Person) -> (usize, usize) {
    let own = |mark: &&u64| one.theirs.contains(mark) || one.more.contains(mark);
    let foreign = |mark: &&u64| other.theirs.contains(mark) || other.more.contains(mark);
    let cross = one.ours.iter().filter(|mark| other.theirs.contains(mark) && !own(mark)).count();
    let straight = one.ours.iter().filter(|mark| own(mark) && !foreign(mark)).count();
    (cross, straight)
}

/// Each name with the words of its part of the sentence, and of a sentence without a name behind it.
///
/// A part begins with a clause that has a name; what stands before the first belongs to it.
fn said(reading: &Reading<'_>, asked: &dyn Fn(usize) -> bool) -> Vec<(Range<usize>, Vec<u64>, Vec<u64>)> {
    let mut all: Vec<(Range<usize>, Vec<u64>, Vec<u64>)> = Vec::new();
    let mut last: Range<usize> = 0..0;
    for (number, sentence) in reading.sentences.iter().enumerate() {
        let sentence = sentence.start..sentence.end.min(sentence.start + WORDS_MAX);
        let before = all.len();
        let mut names: Vec<Range<usize>> = Vec::new();
        let mut words: Vec<u64> = Vec::new();
        let mut at = sentence.start;
        while at < sentence.end {
            let clause = at..reading.clause_of(at).end.clamp(at + 1, sentence.end);
            let own = runs(reading, clause.clone());
            // "Vardar, Mirza's play behind him, is back": what follows is of both.
            if !own.is_empty() && !names.is_empty() && !words.is_empty() {
                if asked(number) {
                    all.extend(names.drain(..).map(|name| (name, words.clone(), Vec::new())));
                }
                names.clear();
                words.clear();
            }
            names.extend(own);
            words.extend(content(reading, clause.clone()));
            at = clause.end;
        }
        if names.is_empty() {
            for (_, _, more) in all.get_mut(last.clone()).unwrap_or_default() {
                more.extend(&words);
            }
            continue;
        }
        if asked(number) {
            all.extend(names.into_iter().map(|name| (name, words.clone(), Vec::new())));
        }
        last = before..all.len();
    }
    all
}

fn runs(reading: &Reading<'_>, clause: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = clause.start;
    while at < clause.end {
        let name = run(reading, at);
        at = name.end.max(at + 1);
        let quoted = !name.is_empty()
            && reading.text[..reading.tokens[name.start].word.start].ends_with(['"', '“', '„', '«', '‘', '»']);
        let common = name.len() == 1
            && (ALIKE.has(&reading.tokens[name.start].key) || ROLES.has(&reading.tokens[name.start].key));
        if !name.is_empty() && !quoted && !common {
            found.push(name);
        }
    }
    found
}

fn content(reading: &Reading<'_>, clause: Range<usize>) -> Vec<u64> {
    let tokens = &reading.tokens;
    // The director, the union leader and her partner only say who it is.
    let title = |at: usize| {
        let next = tokens.get(at + 1).filter(|next| next.word.start == tokens[at].word.end() + 1);
        tokens[at].role.is_some() || next.is_some_and(|next| next.role.is_some() || next.name)
    };
    let quoted = |at: usize| reading.text[..tokens[at].word.start].ends_with(['"', '“', '„', '«', '‘', '»']);
    let says = |at: &usize| tokens[*at].is_content() && !title(*at) && (!tokens[*at].name || quoted(*at));
    let mut marks: Vec<u64> = clause.clone().filter(says).map(|at| tokens[at].mark).collect();
    // An age between commas.
    if clause.len() <= 2 {
        return marks;
    }
    let (Some(first), Some(last)) = (reading.tokens.get(clause.start), reading.tokens.get(clause.end - 1)) else {
        return marks;
    };
    let from = reading.numbers.partition_point(|n| n.range.start < first.word.start);
    let inside = reading.numbers[from..].iter().take_while(|n| n.range.start < last.word.end());
    marks.extend(inside.filter_map(|n| n.readings.first()).map(|(value, _)| super::reading::value_mark(value)));
    marks
}
