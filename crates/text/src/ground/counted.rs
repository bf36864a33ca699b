//! What a true number counts, and whether it stands where another one should.

use std::collections::HashMap;
use std::ops::Range;

use super::Kind;
use super::date::When;
use super::known::{Known, SPOTS_MAX};
use super::lexicon::{COMMON, THINGS};
use super::number::Unit;
use super::reading::{Reading, value_mark};
use super::thing::{self, Counted, covers};
use crate::word;

/// Numbers and dates of a draft that are compared by what is around them.
const FACTS_MAX: usize = 1_000;

/// Facts of the sources among which a thing is looked for elsewhere.
const ELSEWHERE_MAX: usize = 2_000;

/// Those of one sentence.
const FACTS_NEAR_MAX: usize = 40;

/// A number, a date or a time with the words around it.
struct Fact {
    range: Range<usize>,
    value: u64,
    kind: u8,
    /// Marks near it with weights, the closest highest.
    near: Vec<(u64, usize)>,
    /// Those of them that are neither names nor directions.
    plain: Vec<(u64, usize)>,
    /// The words before and behind it.
    sides: (u64, u64),
    /// The line of the thing directly behind it.
    thing: Option<u16>,
    /// A plural behind it that no table has: its mark.
    plural: Option<u64>,
    /// The token of either.
    noun: Option<usize>,
    from: Option<bool>,
    token: usize,
    year: bool,
    weak: bool,
    /// The dates and years of its clause.
    dated: Vec<u64>,
}

/// A fact of a source: the source and its place in that source's list.
struct Facts {
    all: Vec<Vec<Fact>>,
    by_value: HashMap<u64, Vec<(usize, usize)>>,
    by_mark: HashMap<u64, Vec<(usize, usize)>>,
}

/// The numbers and dates of `draft` that the sources tie to something else.
pub(super) fn misplaced(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<(Kind, Range<usize>)> {
    let mut facts = Facts { all: Vec::new(), by_value: HashMap::new(), by_mark: HashMap::new() };
    for (source, reading) in known.readings.iter().enumerate() {
        let list = of(reading);
        for (at, fact) in list.iter().enumerate() {
            push(&mut facts.by_value, fact.value, (source, at));
            for (mark, _) in &fact.near {
                push(&mut facts.by_mark, *mark, (source, at));
            }
        }
        facts.all.push(list);
    }
    let drafts = of(draft);
    let mut found = Vec::new();
    for (place, fact) in drafts.iter().enumerate().take(FACTS_MAX) {
        let sentence = draft.tokens.get(fact.token).map_or(0, |t| t.sentence as usize);
        if skip.get(sentence).copied().unwrap_or(false) || fact.token >= draft.tokens.len() || fact.weak {
            continue;
        }
        let own: Vec<(usize, usize)> = facts.by_value.get(&fact.value).cloned().unwrap_or_default();
        // A score that a source has.
        let score = score(draft.text, &fact.range);
        if score.contains(['-', '–']) && known.readings.iter().any(|source| source.text.contains(score)) {
            continue;
        }
        // A value that stands everywhere, or nowhere: the number check has told the latter.
        if own.is_empty() || own.len() > SPOTS_MAX {
            continue;
        }
        if wrong_thing(draft, fact, &own, &facts, known) {
            found.push((Kind::Unit, fact.range.clone()));
        } else if !thing::is_share(draft, &fact.range) && swapped(fact, &own, &facts, draft, &drafts[..], place, known)
        {
            found.push((if fact.kind < 10 { Kind::Number } else { Kind::Date }, fact.range.clone()));
        }
    }
    found
}

/// A number with what a dash joins to it: "2-0".
fn score<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '–');
    let start = text[..range.start].trim_end_matches(part).len();
    let end = text.len() - text[range.end..].trim_start_matches(part).len();
    text[start..end].trim_matches(['-', '–'])
}

fn push(map: &mut HashMap<u64, Vec<(usize, usize)>>, key: u64, place: (usize, usize)) {
    let list = map.entry(key).or_default();
    if list.len() <= SPOTS_MAX && list.last() != Some(&place) {
        list.push(place);
    }
}

fn of(reading: &Reading<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut dates = reading.dates.iter().peekable();
    for number in &reading.numbers {
        while dates.next_if(|date| date.range.end <= number.range.start).is_some() {}
        if dates.peek().is_some_and(|date| date.range.start <= number.range.start) {
            continue;
        }
        let Some((value, _)) = number.readings.first() else { continue };
        let kind = match number.unit {
            Unit::Plain if ["st", "nd", "rd", "th"].iter().any(|e| reading.text[number.range.end..].starts_with(e)) => {
                3
            }
            Unit::Plain => 0,
            Unit::Percent => 1,
            Unit::Currency(_) => 2,
        };
        let year = kind == 0
            && value.len() == 4
            && (value.starts_with("19") || value.starts_with("20"))
            && number.range.len() == 4;
        facts.push(fact(reading, number.range.clone(), value_mark(value), kind, year, number.weak));
    }
    for date in &reading.dates {
        let (value, kind) = match date.when {
            When::Day { month, day, .. } => (u64::from(month) * 40 + u64::from(day.unwrap_or(0)), 10),
            When::Weekday(day) => (1_000 + u64::from(day), 11),
            When::Clock { minutes, .. } => (2_000 + u64::from(minutes), 12),
            _ => continue,
        };
        facts.push(fact(reading, date.range.clone(), word::mix(0x6461_7465 + value), kind, false, false));
    }
    let mut dated: Vec<(u32, u64)> = facts
        .iter()
        .filter(|fact| matches!(fact.kind, 10 | 11) || fact.year)
        .filter_map(|fact| reading.tokens.get(fact.token).map(|t| (t.clause, fact.value)))
        .collect();
    dated.sort_unstable();
    for fact in facts.iter_mut().filter(|fact| fact.kind < 10 && !fact.year) {
        let Some(clause) = reading.tokens.get(fact.token).map(|t| t.clause) else { continue };
        let from = dated.partition_point(|(other, _)| *other < clause);
        fact.dated
            .extend(dated[from..].iter().take_while(|(other, _)| *other == clause).take(8).map(|(_, value)| *value));
    }
    facts.sort_by_key(|fact| fact.token);
    facts
}

/// The facts of a list whose tokens are in `range`.
fn within<'f>(list: &'f [Fact], range: &Range<usize>) -> &'f [Fact] {
    let from = list.partition_point(|fact| fact.token < range.start);
    let to = list.partition_point(|fact| fact.token < range.end).min(from + FACTS_NEAR_MAX);
    &list[from..to]
}

/// Whether only the rival is of the time that the draft names.
fn misdated(fact: &Fact, own: &[(usize, usize)], facts: &Facts, rival: &Fact) -> bool {
    let has = |other: &Fact| other.dated.iter().any(|value| fact.dated.contains(value));
    let other_time = |(source, at): &(usize, usize)| {
        let theirs = &facts.all[*source][*at];
        !theirs.dated.is_empty() && !has(theirs)
    };
    !fact.dated.is_empty() && own.iter().all(other_time) && has(rival)
}

fn fact(reading: &Reading<'_>, range: Range<usize>, value: u64, kind: u8, year: bool, weak: bool) -> Fact {
    let token = reading.token_at(range.start);
    let after = reading.tokens.partition_point(|t| t.word.start < range.end);
    let clause = reading.clause_of(token);
    let mut near: Vec<(u64, usize)> = Vec::new();
    let mut plain: Vec<(u64, usize)> = Vec::new();
    let before = (clause.start..token.min(clause.end)).rev();
    let behind = after.max(clause.start)..clause.end;
    for side in [before.collect::<Vec<_>>(), behind.collect()] {
        let content = side.into_iter().filter_map(|at| reading.tokens.get(at)).filter(|t| t.is_content());
        for (away, other) in content.enumerate() {
            let weight = [3, 3, 2, 2].get(away).copied().unwrap_or(1);
            // Kazandı is not kaybetti, though the table has them on one line.
            let side = other.concepts.first().map_or(0, |(_, side)| if other.negated { -side } else { *side });
            let mark = if other.thing.is_some() { other.mark } else { other.mark.wrapping_add(side as u64) };
            near.push((mark, weight));
            if other.concepts.is_empty() && (!other.name || COMMON.has(&other.key)) {
                plain.push((mark, weight));
            }
        }
    }
    for list in [&mut near, &mut plain] {
        list.sort_unstable();
        list.dedup_by_key(|(mark, _)| *mark);
    }
    let Counted { thing, plural, noun } =
        if kind == 0 { thing::counted(reading, &range, after) } else { Counted::default() };
    let before = token.checked_sub(1).and_then(|at| reading.tokens.get(at)).map(|t| t.key.as_str());
    let ends = |text: &str| ["den", "dan", "ten", "tan"].iter().any(|ending| text.ends_with(ending));
    // Enough for the words that bear a case.
    let tail = &reading.text[range.end..];
    let tail = &tail[..tail.char_indices().nth(24).map_or(tail.len(), |(at, _)| at)];
    let tail = tail.split_whitespace().next().unwrap_or("");
    let last = reading.text[range.clone()].rsplit(char::is_whitespace).next().unwrap_or("");
    let from = match before {
        Some("from") => Some(true),
        Some("to") => Some(false),
        _ if reading.turkish && (ends(last) || tail.len() < 20 && ends(tail)) => Some(true),
        _ => None,
    };
    let own_clause = reading.tokens.get(token).map(|t| t.clause);
    let key = |at: Option<usize>| {
        let token = at.and_then(|at| reading.tokens.get(at)).filter(|t| Some(t.clause) == own_clause);
        token.map_or(0, |t| if t.is_content() { t.mark } else { word::hash(&t.key) })
    };
    let sides = (key(token.checked_sub(1)), key(Some(after)));
    Fact { range, value, kind, near, plain, sides, thing, plural, noun, from, token, year, weak, dated: Vec::new() }
}

/// The word behind a number that is counted, folded.
fn draft_word(draft: &Reading<'_>, fact: &Fact) -> String {
    fact.noun.map(|at| draft.tokens[at].key.clone()).unwrap_or_default()
}

fn wrong_thing(draft: &Reading<'_>, fact: &Fact, own: &[(usize, usize)], facts: &Facts, known: &Known<'_>) -> bool {
    if fact.kind != 0 || fact.year {
        return false;
    }
    let place = |(source, at): &(usize, usize)| (&facts.all[*source][*at], &known.readings[*source]);
    let sentence_of = |own: &(usize, usize)| {
        let (theirs, reading) = place(own);
        reading.tokens.get(theirs.token).map_or(0, |t| t.sentence as usize)
    };
    let sentence_has =
        |own: &(usize, usize), mark: u64| known.sentence_marks(own.0, sentence_of(own)).binary_search(&mark).is_ok();
    // The people of one sentence are the patients of the next.
    let near_has = |own: &(usize, usize), mark: u64| {
        let sentence = sentence_of(own);
        (sentence.saturating_sub(1)..=sentence + 1)
            .any(|at| known.sentence_marks(own.0, at).binary_search(&mark).is_ok())
    };
    let elsewhere = |counts: &dyn Fn(&Fact) -> bool| {
        facts
            .all
            .iter()
            .flatten()
            .take(ELSEWHERE_MAX)
            .any(|other| other.kind == 0 && other.value != fact.value && counts(other))
    };
    if let Some(mark) = fact.plural {
        if known.stands(mark)
            && !elsewhere(&|other| {
                other.plural == Some(mark) || other.thing.is_none() && other.near.iter().any(|(near, _)| *near == mark)
            })
        {
            // What is counted there is named otherwise, and not by the end of the same word.
            let word = draft_word(draft, fact);
            return own.iter().all(|one| {
                let (theirs, reading) = place(one);
                let noun = theirs.noun.map(|at| &reading.tokens[at]);
                let told = |noun: &crate::ground::reading::Token<'_>| {
                    word.ends_with(noun.key.as_str())
                        || draft.tokens[draft.sentence_of(fact.token)].iter().any(|t| t.mark == noun.mark)
                };
                noun.is_some_and(|noun| !told(noun)) && !theirs.near.iter().any(|(near, _)| *near == mark)
            });
        }
        // A plural that no table has: it must stand in a sentence with the number, or the source must name no thing there.
        return !own.iter().any(|one| {
            let (theirs, _) = place(one);
            let vague = theirs.thing.is_some_and(|group| THINGS.name(group) == "- product");
            let person = theirs.thing.is_some_and(|group| THINGS.name(group).starts_with("p "));
            let someone = person
                && ["ees", "ers", "ors", "ists", "ians", "ants", "men"]
                    .iter()
                    .any(|end| draft_word(draft, fact).ends_with(end));
            let unknown = vague || someone || theirs.thing.is_none() && theirs.plural.is_none();
            unknown || theirs.plural == Some(mark) || theirs.near.iter().any(|(near, _)| *near == mark)
        });
    }
    let Some(group) = fact.thing else { return false };
    let name = THINGS.name(group);
    let mark = word::mix(0x7400_0000 + u64::from(group));
    !own.iter().any(|one| {
        let (theirs, reading) = place(one);
        if theirs.thing == Some(group) || theirs.near.iter().any(|(near, _)| *near == mark) {
            return true;
        }
        let their_name = theirs.thing.map(|group| THINGS.name(group));
        // An age between commas.
        let aged = || {
            let tokens = &reading.tokens[reading.sentence_of(theirs.token)];
            tokens
                .iter()
                .take(80)
                .any(|t| matches!(&*t.key, "age" | "aged" | "ages" | "old") || t.key.starts_with("yaş"))
        };
        if name == "m year" && their_name.is_none() && (reading.clause_of(theirs.token).len() <= 2 || aged()) {
            return true;
        }
        if name.starts_with("m ") {
            // Between 3 and 5 days: what the next number counts.
            let list = &facts.all[one.0];
            let next =
                list.get(one.1 + 1).filter(|next| reading.clause_of(next.token) == reading.clause_of(theirs.token));
            return their_name.is_none_or(|name| !name.starts_with("m "))
                && (next.is_some_and(|next| next.thing == Some(group)) || sentence_has(one, mark));
        }
        match their_name {
            Some(their) if covers(name, their) => true,
            // Whoever they are is told, if nobody else is counted so.
            Some(their) if covers(their, name) && their != "p worker" => {
                near_has(one, mark) || !elsewhere(&|other| other.thing == Some(group))
            }
            Some(_) => sentence_has(one, mark) && theirs.thing.is_some_and(|thing| thing == group),
            None => theirs.plural.is_none() || name == "p people" || sentence_has(one, mark),
        }
    })
}

fn like(a: &[(u64, usize)], b: &[(u64, usize)]) -> usize {
    let weight = |mark: u64| b.binary_search_by_key(&mark, |(mark, _)| *mark).map_or(0, |at| b[at].1);
    a.iter().map(|(mark, w)| (*w).min(weight(*mark))).sum()
}

/// Words that two facts have around them both.
fn common(a: &[(u64, usize)], b: &[(u64, usize)]) -> usize {
    a.iter().filter(|(mark, _)| b.binary_search_by_key(mark, |(mark, _)| *mark).is_ok()).count()
}

/// Whether another value of the sources fits the words around the fact clearly better.
fn swapped(
    fact: &Fact,
    own: &[(usize, usize)],
    facts: &Facts,
    draft: &Reading<'_>,
    drafts: &[Fact],
    at: usize,
    known: &Known<'_>,
) -> bool {
    let theirs = |(source, at): &(usize, usize)| &facts.all[*source][*at];
    // An age between commas has nothing around it.
    if own.iter().any(|one| theirs(one).near.is_empty() && fact.kind == 0) {
        return false;
    }
    let mine = own.iter().map(|one| like(&fact.near, &theirs(one).near)).max().unwrap_or(0);
    let mut rivals: Vec<(usize, usize)> = Vec::new();
    for (mark, _) in &fact.near {
        let places = facts.by_mark.get(mark).filter(|places| places.len() <= SPOTS_MAX);
        rivals.extend(places.into_iter().flatten());
    }
    rivals.sort_unstable();
    rivals.dedup();
    let sentence = draft.sentence_of(fact.token);
    let beside: Vec<u64> = within(drafts, &sentence).iter().map(|other| other.value).collect();
    let clause = draft.clause_of(fact.token);
    let in_clause: Vec<u64> = within(drafts, &clause).iter().map(|other| other.value).collect();
    // Names that the number stands with, here and in the sources.
    let names = |reading: &Reading<'_>, token: usize| -> Vec<u64> {
        let range = reading.sentence_of(token);
        let tokens = &reading.tokens[range.start..range.end.min(range.start + 80)];
        tokens.iter().filter(|t| t.name && t.role.is_none()).map(|t| t.mark).collect()
    };
    let ours = if fact.year { Vec::new() } else { names(draft, fact.token) };
    let meets = |place: &(usize, usize)| {
        let all = names(&known.readings[place.0], theirs(place).token);
        all.iter().any(|mark| ours.contains(mark)).then_some(true).or((!all.is_empty()).then_some(false))
    };
    let strangers = ours.len() >= 2 && own.iter().all(|one| meets(one) == Some(false));
    for place in &rivals {
        let rival = theirs(place);
        if rival.kind != fact.kind || rival.value == fact.value || rival.year != fact.year || rival.weak {
            continue;
        }
        if in_clause.contains(&rival.value) {
            continue;
        }
        // It counts what a source has it count, and the rival does not.
        if fact.thing.is_some() && rival.thing != fact.thing && own.iter().any(|one| theirs(one).thing == fact.thing) {
            continue;
        }
        // It counts what only the other number counts.
        let counts = fact.thing.is_some_and(|thing| {
            rival.thing == Some(thing) && !THINGS.name(thing).starts_with("m ") && THINGS.name(thing) != "p people"
        });
        if mine == 0 && (counts || (fact.plural.is_some() && rival.plural == fact.plural)) && rival.kind == 0 {
            return true;
        }
        let fits = like(&fact.near, &rival.near);
        let alike = (common(&fact.near, &rival.near), common(&fact.plain, &rival.plain));
        if mine == 0
            && fact.near.len() > 2
            && !(alike.0 >= 3 || alike.0 == 2 && alike.1 > 0)
            && rival.thing.zip(fact.thing).is_none_or(|(a, b)| a != b)
        {
            continue;
        }
        let plainly = like(&fact.plain, &rival.plain);
        if fits >= mine + 5
            || (mine < 3 && (fits >= mine + 4 || plainly >= mine + 3))
            || (strangers && mine > 0 && fits > mine && rival.thing == fact.thing && meets(place) == Some(true))
            || (misdated(fact, own, facts, rival) && fits >= 3)
        {
            return true;
        }
    }
    // From one to the other, the wrong way round.
    let ways: Vec<Option<bool>> = own.iter().map(|one| theirs(one).from).collect();
    let other_way = fact.from == Some(true)
        && ways.iter().all(|way| *way != Some(true))
        && own.iter().any(|one| {
            let reading = &known.readings[one.0];
            let same = reading.sentence_of(theirs(one).token);
            within(&facts.all[one.0], &same).iter().any(|other| {
                other.from == Some(true)
                    && other.kind == fact.kind
                    && beside.contains(&other.value)
                    && other.value != fact.value
            })
        });
    other_way
        || exchanged(fact, own, facts, draft, drafts, known, &sentence)
        || turned_pair(fact, own, facts, draft, drafts.get(at + 1), known)
}

/// Two numbers of a source sentence that stand in each other's places.
fn exchanged(
    fact: &Fact,
    own: &[(usize, usize)],
    facts: &Facts,
    draft: &Reading<'_>,
    drafts: &[Fact],
    known: &Known<'_>,
    sentence: &Range<usize>,
) -> bool {
    let side = |a: (u64, u64), b: (u64, u64)| (a.0 == b.0 && a.0 != 0) || (a.1 == b.1 && a.1 != 0);
    let beside = within(drafts, sentence).iter().filter(|other| other.value != fact.value);
    // 19 to 14 is turned_pair's affair.
    let pair = |a: &Fact, b: &Fact| {
        let between = draft.text.get(a.range.end.min(b.range.end)..a.range.start.max(b.range.start)).unwrap_or("");
        !between.trim_start_matches(|c: char| !c.is_whitespace()).trim().contains(char::is_alphanumeric)
    };
    beside.filter(|other| other.kind == fact.kind && !other.weak && !pair(fact, other)).take(20).any(|other| {
        !own.is_empty()
            && own.iter().all(|(source, at)| {
                let theirs = &facts.all[*source][*at];
                let same = known.readings[*source].sentence_of(theirs.token);
                let mut list = within(&facts.all[*source], &same).iter();
                !side(fact.sides, theirs.sides)
                    && list.any(|rival| {
                        rival.value == other.value
                            && side(fact.sides, rival.sides)
                            && side(other.sides, theirs.sides)
                            && !side(other.sides, rival.sides)
                    })
            })
    })
}

/// `9 votes to 14` where every source has `14 votes to 9`.
fn turned_pair(
    fact: &Fact,
    own: &[(usize, usize)],
    facts: &Facts,
    draft: &Reading<'_>,
    next: Option<&Fact>,
    known: &Known<'_>,
) -> bool {
    let joined = |reading: &Reading<'_>, a: &Fact, b: &Fact| {
        let between = reading.text.get(a.range.end..b.range.start).unwrap_or("");
        let near = between.len() <= 24 && b.token - a.token.min(b.token) <= 3;
        near && between.split_whitespace().any(|w| matches!(w, "to" | "against" | "karşı"))
            && !matches!(a.from, Some(true))
    };
    let Some(next) = next.filter(|next| next.range.start >= fact.range.end) else { return false };
    if fact.kind != 0 || next.kind != 0 || !joined(draft, fact, next) {
        return false;
    }
    let mut turned = false;
    for (source, at) in own {
        let (list, reading) = (&facts.all[*source], &known.readings[*source]);
        let theirs = &list[*at];
        if list.get(at + 1).is_some_and(|after| after.value == next.value && joined(reading, theirs, after)) {
            return false;
        }
        let before = at.checked_sub(1).and_then(|before| list.get(before));
        turned |= before.is_some_and(|before| before.value == next.value && joined(reading, before, theirs));
    }
    turned
}
