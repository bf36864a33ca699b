//! Who did it, to whom, and what somebody is.

use std::ops::Range;

use super::known::{Known, SPOTS_MAX};
use super::lexicon::OPPOSITES;
use super::reading::{Reading, Token, shared};

/// Source sentences that a draft sentence's doer is looked for in.
const SENTENCES_MAX: usize = 200;

/// Words of a sentence that says one thing of somebody.
const SAID_MAX: usize = 6;

/// What a name is to a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Doer,
    Object,
    To,
    From,
    /// An amendment by the Greens.
    Maker,
    Other,
}

/// How many names have the same part in both, and how many another.
#[derive(Clone, Copy, Default)]
pub(super) struct Agreement {
    pub same: usize,
    pub other: usize,
    /// Those of `other` where who does it in one has it done to him in the other, one of them in the passive.
    turned: usize,
}

/// Compares the parts of the names that two uses of a verb share. A `side` of -1 turns the parts of its verb round.
pub(super) fn agreement(draft: (&Reading<'_>, usize, i8), source: (&Reading<'_>, usize, i8)) -> Agreement {
    let mut votes = Agreement::default();
    let theirs = source.0.sentence_of(source.1);
    let ours = draft.0.sentence_of(draft.1);
    for name in ours.clone().take(30).filter(|at| draft.0.tokens[*at].name && *at != draft.1) {
        let mark = draft.0.tokens[name].mark;
        let same = |at: &usize| source.0.tokens[*at].name && source.0.tokens[*at].mark == mark && *at != source.1;
        // Of a name that stands there twice the one beside the verb counts.
        let nearer = |other: &usize| other.abs_diff(draft.1) < name.abs_diff(draft.1);
        if ours.clone().take(30).any(|other| draft.0.tokens[other].mark == mark && nearer(&other)) {
            continue;
        }
        let Some(there) = theirs.clone().take(30).filter(same).min_by_key(|at| at.abs_diff(source.1)) else { continue };
        if speaks(draft.0, name) || speaks(source.0, there) {
            continue;
        }
        let (a, b) = (part(draft.0, draft.1, name, draft.2), part(source.0, source.1, there, source.2));
        match (a, b) {
            (Part::Other, _) | (_, Part::Other) => {}
            (a, b) if a == b => votes.same += 1,
            // What comes from somebody or is taken from somebody is one.
            (Part::From, Part::Object) | (Part::Object, Part::From) => votes.same += 1,
            (Part::To, Part::Object) | (Part::Object, Part::To) => {}
            // Two goals from Brandt are his.
            (Part::From, Part::Doer) | (Part::Doer, Part::From) if !draft.0.turkish && wins(draft.0, draft.1) => {}
            (Part::Maker, other) | (other, Part::Maker) if other != Part::Doer => {}
            (a, b) => {
                votes.other += 1;
                let faced = matches!((a, b), (Part::Doer, Part::Object) | (Part::Object, Part::Doer));
                let voices = passive(draft.0, draft.1) != passive(source.0, source.1)
                    && !noun(draft.0, draft.1)
                    && !noun(source.0, source.1);
                votes.turned += usize::from(faced && voices && !draft.0.turkish && !source.0.turkish);
            }
        }
    }
    votes
}

fn wins(reading: &Reading<'_>, verb: usize) -> bool {
    reading.tokens[verb].concepts.iter().any(|(group, _)| OPPOSITES.name(*group) == "~win")
}

/// Whether a name only tells what follows: "Ravi Menon in Kochi said".
fn speaks(reading: &Reading<'_>, name: usize) -> bool {
    let after =
        reading.tokens.iter().skip(name + 1).take(4).take_while(|t| t.sentence == reading.tokens[name].sentence);
    let said = |t: &Token<'_>| matches!(&*t.key, "said" | "says" | "dedi" | "söyledi" | "belirtti" | "açikladi");
    let mut after = after.peekable();
    after.any(said)
}

fn part(reading: &Reading<'_>, verb: usize, name: usize, side: i8) -> Part {
    let plain = if reading.turkish { turkish(reading, name) } else { english(reading, verb, name) };
    match (side, plain) {
        (-1, Part::Doer) => Part::Object,
        (-1, Part::To | Part::Object | Part::From) => Part::Doer,
        (-1, Part::Maker) => Part::Other,
        (_, part) => part,
    }
}

fn turkish(reading: &Reading<'_>, name: usize) -> Part {
    let token = &reading.tokens[name];
    if reading.tokens.get(name + 1).is_some_and(|next| next.key == "tarafindan") {
        return Part::Doer;
    }
    // A run of names bears the case on its last word.
    let mut last = name;
    while reading.tokens.get(last + 1).is_some_and(|next| {
        next.name
            && next.sentence == token.sentence
            && reading.tokens[last].suffix().is_empty()
            && next.word.start == reading.tokens[last].word.end() + 1
    }) {
        last += 1;
    }
    match &*crate::word::fold(reading.tokens[last].suffix()) {
        "" => Part::Doer,
        "i" | "u" | "ü" | "yi" | "yu" | "yü" | "ni" | "nu" | "nü" => Part::Object,
        "a" | "e" | "ya" | "ye" | "na" | "ne" => Part::To,
        "dan" | "den" | "tan" | "ten" => Part::From,
        _ => Part::Other,
    }
}

/// Whether a Turkish name is the object or the goal of something.
pub(super) fn has_case(reading: &Reading<'_>, name: usize) -> bool {
    matches!(turkish(reading, name), Part::Object | Part::To)
}

fn english(reading: &Reading<'_>, verb: usize, name: usize) -> Part {
    let passive = passive(reading, verb);
    if matches!(reading.tokens[name].suffix(), "s") {
        return Part::Other;
    }
    let part = match preposition(reading, name) {
        // Hosted by, though what makes it the passive stands far before.
        Some("by") if reading.tokens.get(verb + 1).is_some_and(|next| next.key == "by") => return Part::Doer,
        Some("by") => return if passive { Part::Doer } else { Part::Maker },
        Some("from") => Part::From,
        Some("to") => Part::To,
        Some("over" | "against" | "past" | "ahead") => Part::Object,
        Some(_) => Part::Other,
        None if name < verb => Part::Doer,
        None => Part::Object,
    };
    match part {
        Part::Doer if passive => Part::Object,
        part => part,
    }
}

/// Whether a word of the table of acts is a thing here: a £14 million fine.
fn noun(reading: &Reading<'_>, at: usize) -> bool {
    at.checked_sub(1).map(|before| &reading.tokens[before]).is_some_and(|before| {
        before.word.is_number()
            || matches!(&*before.key, "a" | "an" | "the" | "million" | "billion" | "thousand" | "of" | "no" | "any")
    })
}

fn passive(reading: &Reading<'_>, verb: usize) -> bool {
    // Is buying, is to acquire.
    let to = verb.checked_sub(1).is_some_and(|at| reading.tokens[at].key == "to");
    // Is four points ahead.
    let apart = matches!(&*reading.tokens[verb].key, "points" | "seconds" | "places");
    if to || apart || reading.tokens[verb].key.ends_with("ing") {
        return false;
    }
    (1..=3).filter_map(|back| verb.checked_sub(back)).any(|at| {
        matches!(&*reading.tokens[at].key, "was" | "were" | "been" | "be" | "being" | "is" | "are" | "get" | "got")
    })
}

/// The preposition before a name's run of capitalised words and what goes with it.
pub(super) fn preposition(reading: &Reading<'_>, name: usize) -> Option<&'static str> {
    const ALL: [&str; 17] = [
        "by", "from", "to", "over", "against", "past", "of", "in", "at", "on", "for", "with", "near", "between",
        "under", "into", "and",
    ];
    let sentence = reading.tokens[name].sentence;
    let mut at = name;
    for _ in 0..5 {
        at = at.checked_sub(1)?;
        let token = &reading.tokens[at];
        if token.sentence != sentence {
            return None;
        }
        if let Some(found) = ALL.iter().find(|word| **word == token.key) {
            let ahead = at.checked_sub(1).is_some_and(|before| reading.tokens[before].key == "ahead");
            return match *found {
                "of" if ahead => Some("ahead"),
                "and" => preposition(reading, at),
                found => Some(found),
            };
        }
        let goes_with =
            token.name || token.role.is_some() || matches!(&*token.key, "the" | "a" | "an" | "its" | "kenya");
        // By comedian Drew Falzon.
        let trade = at + 1 == name && !token.name && token.is_content() && !token.act && token.concepts.is_empty();
        if !goes_with && !trade {
            return None;
        }
    }
    None
}

/// Deeds whose doer and object have changed places against every source, and ways that go the other way.
pub(super) fn exchanged(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, token) in draft.tokens.iter().enumerate() {
        if skip.get(token.sentence as usize).copied().unwrap_or(false) {
            continue;
        }
        let converse = token.concepts.iter().any(|(group, _)| OPPOSITES.name(*group).starts_with('~'));
        if token.act && !token.name && !converse {
            let spots = known.spots(token.mark);
            if spots.len() <= SPOTS_MAX {
                let votes: Vec<Agreement> = spots
                    .iter()
                    .filter_map(|spot| {
                        let (source, there) = known.reading(*spot);
                        source.tokens[there].act.then(|| agreement((draft, at, 1), (source, there, 1)))
                    })
                    .collect();
                if votes.iter().any(|v| (v.other >= 2 || v.turned > 0) && v.same == 0)
                    && !votes.iter().any(|v| v.same > 0)
                {
                    found.push(token.word.start..token.word.end());
                }
            }
        } else if token.name && moved(draft, at, known) {
            found.push(token.word.start..token.word.end());
        }
    }
    found
}

/// Whether the draft says "from" a place that every source goes to, with the two places of one source sentence.
fn moved(draft: &Reading<'_>, at: usize, known: &Known<'_>) -> bool {
    let way = |reading: &Reading<'_>, at: usize| {
        let part = if reading.turkish {
            turkish(reading, at)
        } else {
            match preposition(reading, at) {
                Some("from") => Part::From,
                Some("to") => Part::To,
                _ => Part::Other,
            }
        };
        matches!(part, Part::From | Part::To).then_some(part)
    };
    let Some(wanted) = way(draft, at) else { return false };
    let spots = known.spots(draft.tokens[at].mark);
    let ways: Vec<Part> = spots
        .iter()
        .filter_map(|spot| {
            let (source, there) = known.reading(*spot);
            way(source, there)
        })
        .collect();
    let pair = |reading: &Reading<'_>, at: usize| {
        let others = reading.sentence_of(at).take(30).filter(|other| *other != at && reading.tokens[*other].name);
        others.filter_map(|other| way(reading, other)).any(|other| Some(other) != way(reading, at))
    };
    !ways.is_empty() && ways.iter().all(|way| *way != wanted) && pair(draft, at)
}

/// The run of names that starts at `at`, without titles and roles before it.
pub(super) fn run(reading: &Reading<'_>, at: usize) -> Range<usize> {
    let fits = |i: usize| {
        reading
            .tokens
            .get(i)
            .is_some_and(|t| t.name && !t.stop && t.role.is_none() && !matches!(&*t.key, "sir" | "dr" | "mr" | "mrs"))
    };
    let mut end = at;
    while fits(end)
        && (end == at
            || reading.text[reading.tokens[end - 1].word.end()..reading.tokens[end].word.start]
                .chars()
                .all(|c| c == ' ' || c == '-'))
    {
        end += 1;
    }
    at..end
}

/// Sentences whose named doer is another than the one the sources name for it.
pub(super) fn misattributed(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (number, range) in draft.sentences.iter().enumerate() {
        if skip.get(number).copied().unwrap_or(false) {
            continue;
        }
        let Some(doer) = doer(draft, range.clone(), known) else { continue };
        // What happens at the same time may be somebody else's.
        let joins =
            |at: &usize| matches!(&*draft.tokens[*at].key, "as" | "after" | "while" | "when" | "because" | "before");
        let until = (doer.end..range.end).find(joins).unwrap_or(range.end);
        let range = range.start..until;
        let own: Vec<u64> = draft.tokens[doer.clone()].iter().map(|t| t.mark).collect();
        if !own.iter().any(|mark| known.stands(*mark)) {
            continue;
        }
        let range = range.start..range.end.min(range.start + 160);
        let names: Vec<u64> = draft.tokens[range.clone()].iter().filter(|t| t.name).map(|t| t.mark).collect();
        let said: Vec<u64> = draft.marks(range.clone()).into_iter().filter(|mark| !names.contains(mark)).collect();
        if said.len() < 2 {
            continue;
        }
        let (mut with, mut without) = (0, 0);
        let mut seen = std::collections::HashSet::new();
        for mark in &said {
            for spot in known.spots(*mark).iter().take(SPOTS_MAX) {
                let (source, there) = known.reading(*spot);
                let sentence = source.tokens[there].sentence;
                if seen.len() >= SENTENCES_MAX || !seen.insert((spot.0, sentence)) {
                    continue;
                }
                for segment in segments(source, source.sentences[sentence as usize].clone(), known) {
                    let like = shared(&said, &source.marks(segment.clone()));
                    let theirs: Vec<&Token<'_>> = source.tokens[segment.clone()].iter().filter(|t| t.name).collect();
                    let spoken_by = self::doer(source, segment.clone(), known);
                    let is_own = theirs.iter().any(|t| own.contains(&t.mark));
                    let in_draft = theirs.iter().any(|t| names.contains(&t.mark));
                    if is_own || in_draft || spoken_by.is_none() {
                        with = with.max(like);
                    } else {
                        without = without.max(like);
                    }
                }
            }
        }
        // Of a long sentence something may be said of anybody.
        if without >= 2 && said.len() <= SAID_MAX && without * 2 > said.len() && without > with {
            found.push(draft.tokens[doer.start].word.start..draft.tokens[doer.end - 1].word.end());
        }
    }
    found
}

/// Whether a source writes a word small.
pub(super) fn plain(known: &Known<'_>, mark: u64) -> bool {
    known.spots(mark).iter().take(SPOTS_MAX).any(|spot| {
        let (source, there) = known.reading(*spot);
        !source.tokens[there].word.is_capitalised()
    })
}

/// Whether a word has a capital within a sentence of a source.
fn inner(known: &Known<'_>, mark: u64) -> bool {
    known.spots(mark).iter().take(SPOTS_MAX).any(|spot| {
        let (source, there) = known.reading(*spot);
        source.tokens[there].name && source.sentence_of(there).start != there
    })
}

/// The first name of a range that does something.
pub(super) fn doer(reading: &Reading<'_>, range: Range<usize>, known: &Known<'_>) -> Option<Range<usize>> {
    let mut at = range.start;
    while at < range.end.min(range.start + 120) {
        let run = run(reading, at);
        if run.is_empty() {
            at += 1;
            continue;
        }
        let part = if reading.turkish {
            turkish(reading, run.start)
        } else if reading.tokens[run.end - 1].suffix() == "s" {
            Part::Other
        } else {
            match preposition(reading, run.start) {
                None | Some("by") => Part::Doer,
                Some(_) => Part::Other,
            }
        };
        let start = reading.tokens[run.start].word.start;
        // The title of a book does nothing.
        let titled = reading.text[..start].ends_with(['"', '“', '„', '«', '‘']);
        let starts = reading.sentences[reading.tokens[run.start].sentence as usize].start == run.start;
        let ordinary = starts
            && run.len() == 1
            && (super::lexicon::ROLES.has(&reading.tokens[run.start].key)
                || super::lexicon::COMMON.has(&reading.tokens[run.start].key)
                || plain(known, reading.tokens[run.start].mark))
            && !inner(known, reading.tokens[run.start].mark);
        let place = &reading.places[reading.tokens[run.start].sentence as usize];
        let sentence = &reading.text[place.clone()];
        let line = sentence.len() - crate::sentence::without_dateline(sentence).len();
        let dateline = start < place.start + line;
        // On the line Denizkent–Ada.
        let beside = reading.tokens.get(run.end).filter(|next| {
            reading.turkish
                && !next.word.is_capitalised()
                && next.word.start == reading.tokens[run.end - 1].word.end() + 1
        });
        let stands_in = beside.is_some_and(|next| {
            ["nda", "nde", "ndan", "nden", "ndaki", "ndeki", "sina", "sine"].iter().any(|end| next.key.ends_with(end))
        });
        if part == Part::Doer && !stands_in && !titled && !dateline && !ordinary {
            return Some(run);
        }
        at = run.end;
    }
    None
}

/// The parts of a sentence by who does something in them: each begins with a clause that has a doer of its own.
///
/// Only the beginning of a sentence without an end is looked at.
fn segments(source: &Reading<'_>, sentence: Range<usize>, known: &Known<'_>) -> Vec<Range<usize>> {
    let sentence = sentence.start..sentence.end.min(sentence.start + 120);
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut at = sentence.start;
    let mut has_doer = false;
    while at < sentence.end {
        let end = source.clause_of(at).end.clamp(at + 1, sentence.end);
        let own = doer(source, at..end, known).is_some();
        match parts.last_mut() {
            Some(part) if !(own && has_doer) => part.end = end,
            _ => parts.push(at..end),
        }
        has_doer |= own;
        at = end;
    }
    parts
}
