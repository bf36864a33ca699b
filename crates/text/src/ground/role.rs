//! What somebody is: mayor, minister of this or that, of which house.

use std::ops::Range;

use super::known::{Known, SPOTS_MAX};
use super::lexicon::ROLES;
use super::reading::{Reading, Token};
use super::who::{self, doer, run};

/// Names with a role that no source gives them.
pub(super) fn miscast(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < draft.tokens.len() {
        let run = run(draft, at);
        let sentence = draft.tokens[at].sentence as usize;
        if run.is_empty() || skip.get(sentence).copied().unwrap_or(false) {
            at += 1;
            continue;
        }
        at = run.end;
        if let Some(range) = wrong_house(draft, &run, known).or_else(|| wrong_role(draft, run, known)) {
            found.push(range);
        }
    }
    found
}

/// "Peter Wojcik of Kansas" where the sources only have him of elsewhere.
fn wrong_house(draft: &Reading<'_>, run: &Range<usize>, known: &Known<'_>) -> Option<Range<usize>> {
    let of = |reading: &Reading<'_>, end: usize| -> Option<u64> {
        let (of, house) = (reading.tokens.get(end)?, reading.tokens.get(end + 1)?);
        (of.key == "of" && house.name && of.sentence == house.sentence).then_some(house.mark)
    };
    let ours = of(draft, run.end)?;
    let last = draft.tokens[run.end - 1].mark;
    let theirs: Vec<u64> = known
        .spots(last)
        .iter()
        .take(SPOTS_MAX)
        .filter_map(|spot| {
            let (source, there) = known.reading(*spot);
            of(source, there + 1)
        })
        .collect();
    let wrong = !theirs.is_empty() && !theirs.contains(&ours) && run.len() > 1;
    wrong.then(|| draft.tokens[run.start].word.start..draft.tokens[run.end + 1].word.end())
}

fn wrong_role(draft: &Reading<'_>, run: Range<usize>, known: &Known<'_>) -> Option<Range<usize>> {
    let (role_at, after) = role_of(draft, &run)?;
    let role = draft.tokens[role_at].role?;
    let last = &draft.tokens[run.end - 1];
    let spots: Vec<_> = known.spots(last.mark).iter().take(SPOTS_MAX).collect();
    if spots.is_empty() {
        return None;
    }
    let place = |from: usize, to: usize| {
        let (a, b) = (draft.tokens[from].word.start, draft.tokens[to].word.end());
        Some(a.min(b)..b.max(a))
    };
    let range = if after { place(run.start, role_at) } else { place(role_at, run.end - 1) };
    let generic = ROLES.name(role) == "leader";
    let loose = !known.stands(draft.tokens[role_at].mark) && HEADING.contains(&ROLES.name(role));
    // Her deputy, his counterpart: the source says it in another way.
    let deputy = role_at.checked_sub(1).map(|at| &draft.tokens[at]).filter(|t| DEPUTY.contains(&&*t.key));
    let said_before = |spot: &&super::known::Spot, says: &dyn Fn(&Token<'_>) -> bool| {
        let (source, there) = known.reading(**spot);
        source.tokens.get(there.saturating_sub(8)..there).unwrap_or_default().iter().any(says)
    };
    if spots.iter().any(|spot| said_before(spot, &|t| COUNTERPART.contains(&&*t.key))) {
        return None;
    }
    let fits = spots.iter().any(|spot| {
        let (source, there) = known.reading(**spot);
        said_before(spot, &|t| deputy.is_some_and(|deputy| deputy.key == t.key))
            || plays(source, there, role, generic, loose, known)
    });
    // Somebody else has the role, or he has another one.
    let told = spots.iter().any(|spot| {
        let (source, there) = known.reading(**spot);
        let around = there.saturating_sub(5)..(there + 6).min(source.tokens.len());
        around
            .into_iter()
            .any(|at| source.tokens[at].role.is_some() && source.tokens[at].sentence == source.tokens[there].sentence)
    });
    if !fits && !told && !known.stands(draft.tokens[role_at].mark) {
        return None;
    }
    // A person may be named by a role in a language that the source is not written in; the table has both.
    if !fits {
        return range;
    }
    let modifier = modifier(draft, role_at)?;
    let word = &draft.tokens[modifier];
    let (mut other, mut near) = (false, false);
    for spot in spots {
        let (source, there) = known.reading(*spot);
        if source.turkish != draft.turkish {
            return None;
        }
        let sentence = source.sentence_of(there);
        near |= source.tokens[sentence.clone()].iter().any(|t| t.mark == word.mark);
        // Ofcom's director is not TalkNow's.
        let theirs =
            role_of(source, &run_around(source, there)).and_then(|(role_at, _)| self::modifier(source, role_at));
        other |= theirs.is_some() && word.suffix() == "s";
    }
    let defining = DEFINING.contains(&&*word.key);
    // "Opposition leader" is somebody else.
    let taken = known.spots(word.mark).iter().take(SPOTS_MAX).any(|spot| {
        let (source, there) = known.reading(*spot);
        let next = who::run(source, there + 2);
        let same_role = source.tokens.get(there + 1).is_some_and(|t| t.role == Some(role));
        same_role && !next.is_empty() && !source.tokens[next].iter().any(|t| t.mark == last.mark)
    });
    (!near && (other || taken || (defining && !known.stands(word.mark)))).then_some(range).flatten()
}

/// Who is not the mayor, yet beside one.
const DEPUTY: [&str; 5] = ["deputy", "vice", "former", "acting", "assistant"];

/// Words for somebody of the same role.
const COUNTERPART: [&str; 6] = ["counterpart", "colleague", "successor", "predecessor", "mevkidaşi", "meslektaşi"];

/// Roles that "leader" or "başkan" may stand for.
const HEADING: [&str; 8] =
    ["mayor", "premier", "president", "chairman", "executive", "director", "governor", "chancellor"];

/// What makes another office of one.
const DEFINING: [&str; 24] = [
    "prime",
    "deputy",
    "former",
    "vice",
    "foreign",
    "finance",
    "interior",
    "justice",
    "defence",
    "defense",
    "health",
    "education",
    "company",
    "acting",
    "eski",
    "milli",
    "eğitim",
    "sağlik",
    "içişleri",
    "dişişleri",
    "adalet",
    "maliye",
    "enerji",
    "tarim",
];

fn run_around(reading: &Reading<'_>, at: usize) -> Range<usize> {
    let mut start = at;
    while start > 0 && run(reading, start - 1).contains(&at) {
        start -= 1;
    }
    run(reading, start)
}

/// The word of a role beside a run of names: before it, or behind a comma; the second value says behind.
fn role_of(reading: &Reading<'_>, run: &Range<usize>) -> Option<(usize, bool)> {
    if run.is_empty() {
        return None;
    }
    let sentence = reading.tokens[run.start].sentence;
    let mut at = run.start;
    for _ in 0..2 {
        at = match at.checked_sub(1) {
            Some(before) if reading.tokens[before].sentence == sentence => before,
            _ => break,
        };
        let token = &reading.tokens[at];
        let gap = &reading.text[token.word.end()..reading.tokens[at + 1].word.start];
        if !matches!(gap, " " | ", " | ". ") {
            break;
        }
        let possessed = reading.turkish && gap == ", ";
        if token.role.is_some() && !possessed {
            // "belediye başkanı": the phrase says more than its last word.
            let phrase = at.checked_sub(1).filter(|before| reading.tokens[*before].role.is_some());
            let phrase = phrase.filter(|before| {
                reading.tokens[*before].sentence == sentence
                    && reading.tokens[*before].word.end() + 1 == token.word.start
            });
            return Some((phrase.unwrap_or(at), false));
        }
        if !matches!(&*token.key, "sir" | "dr" | "mr" | "mrs" | "ms" | "lord" | "dame") {
            break;
        }
    }
    let behind = reading.tokens.get(run.end)?;
    if behind.key == "as" && behind.sentence == sentence {
        let at = (run.end + 1..run.end + 3).find(|at| reading.tokens.get(*at).is_some_and(|t| t.role.is_some()));
        return at.filter(|at| reading.tokens[*at].sentence == sentence).map(|at| (at, true));
    }
    let gap = &reading.text[reading.tokens[run.end - 1].word.end()..behind.word.start];
    if gap != ", " || behind.sentence != sentence || reading.turkish {
        return None;
    }
    let article = matches!(&*behind.key, "the" | "a" | "an" | "its" | "their" | "his" | "her");
    let until = (run.end + 4).min(reading.tokens.len());
    let found = (run.end..until).find(|at| {
        let token = &reading.tokens[*at];
        token.role.is_some() && token.clause == behind.clause && (article || *at == run.end)
    });
    // "The Gulls, Mayor Alcott said": the role is hers.
    found.filter(|at| reading.tokens.get(at + 1).is_none_or(|next| !next.name)).map(|at| (at, true))
}

/// The word before a role that says of what: "finance", "opposition".
fn modifier(reading: &Reading<'_>, role_at: usize) -> Option<usize> {
    let at = role_at.checked_sub(1)?;
    let (token, role) = (&reading.tokens[at], &reading.tokens[role_at]);
    let gap = reading.text.get(token.word.end()..role.word.start).unwrap_or("");
    let beside = token.sentence == role.sentence && matches!(gap, " " | "' " | "’ ");
    let says = token.is_content() && token.role.is_none() && token.key != "whose";
    (beside && says).then_some(at)
}

/// Whether a source gives the name at `at` a role: in its clause, or in one beside it without another name.
/// `loose`: any leader may be it.
fn plays(source: &Reading<'_>, at: usize, role: u16, generic: bool, loose: bool, known: &Known<'_>) -> bool {
    let (clause, sentence) = (source.tokens[at].clause, source.sentence_of(at));
    let own = run_around(source, at);
    sentence.take(200).any(|other| {
        let token = &source.tokens[other];
        let phrase = other.checked_sub(1).is_some_and(|before| source.tokens[before].role.is_some());
        let leads = |found: u16| loose && !phrase && ROLES.name(found) == "leader" && other + 4 > at;
        let named = token.role.is_some_and(|found| found == role || generic || leads(found));
        if !named {
            return false;
        }
        // Directly before another name it is that one's.
        let next = run(source, other + 1);
        if !next.is_empty() && next != own && !own.contains(&next.start) && token.clause != clause {
            return false;
        }
        if token.clause == clause {
            return next.is_empty()
                || next == own
                || own.contains(&next.start)
                || other < own.start && next.start >= own.start;
        }
        let range = source.clause_of(other);
        doer(source, range, known).is_none_or(|run| {
            source.tokens[run].iter().any(|t| source.tokens[own.clone()].iter().any(|o| o.mark == t.mark))
        }) || own.contains(&(other + 1))
    }) || nearby(source, at, role)
}

/// A role in the sentence before or behind, with no name of its own.
fn nearby(source: &Reading<'_>, at: usize, role: u16) -> bool {
    let number = source.tokens[at].sentence as usize;
    let sentences = [number.checked_sub(1), Some(number + 1)];
    sentences.into_iter().flatten().filter_map(|i| source.sentences.get(i)).any(|range| {
        range.clone().take(200).any(|other| {
            let token = &source.tokens[other];
            let owned = source.tokens.get(other + 1).is_some_and(|next| next.name && next.sentence == token.sentence);
            token.role == Some(role) && !owned
        })
    })
}
