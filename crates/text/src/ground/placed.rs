//! For whom, against whom, where: a name behind the preposition that has another one in every source.

use std::collections::HashSet;
use std::ops::Range;

use super::known::{Known, SPOTS_MAX};
use super::reading::{Reading, shared};
use super::who::{has_case, preposition, run};

/// Source clauses that one name is compared with.
const CLAUSES_MAX: usize = 200;

/// What a source clause must share with the draft's.
const SHARED_MIN: usize = 3;

/// The names of `draft` that stand behind a preposition where the sources say the same of another name.
pub(super) fn elsewhere(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < draft.tokens.len() {
        let name = run(draft, at);
        let sentence = draft.tokens[at].sentence as usize;
        if name.is_empty() || skip.get(sentence).copied().unwrap_or(false) {
            at += 1;
            continue;
        }
        at = name.end;
        if is_elsewhere(draft, &name, known) {
            found.push(draft.tokens[name.start].word.start..draft.tokens[name.end - 1].word.end());
        }
    }
    found
}

fn is_elsewhere(draft: &Reading<'_>, name: &Range<usize>, known: &Known<'_>) -> bool {
    let way = preposition(draft, name.start);
    let starts = draft.sentence_of(name.start).start == name.start;
    if draft.turkish && (starts || draft.tokens[name.start].word.is_number() || !has_case(draft, name.start)) {
        return false;
    }
    // Turkish says it by case, and mostly of whom in the same clause.
    if !draft.turkish && !matches!(way, Some("for" | "against" | "at" | "in" | "with" | "near")) {
        return false;
    }
    let own: Vec<u64> = draft.tokens[name.clone()].iter().map(|t| t.mark).collect();
    if !own.iter().all(|mark| known.stands(*mark)) {
        return false;
    }
    let said: Vec<u64> =
        draft.marks(draft.clause_of(name.start)).into_iter().filter(|mark| !own.contains(mark)).collect();
    if said.len() < SHARED_MIN {
        return false;
    }
    let (mut with, mut rival) = (0, 0);
    let mut seen = HashSet::new();
    for spot in said.iter().chain(&own).flat_map(|mark| known.spots(*mark).iter().take(SPOTS_MAX)) {
        let (source, there) = known.reading(*spot);
        if source.turkish != draft.turkish
            || seen.len() >= CLAUSES_MAX
            || !seen.insert((spot.0, source.tokens[there].clause))
        {
            continue;
        }
        let sentence = source.sentence_of(there);
        let holds = |range: Range<usize>| source.tokens[range].iter().take(160).any(|t| own.contains(&t.mark));
        if holds(sentence.clone()) {
            with = with.max(shared(&said, &source.marks(sentence)));
            continue;
        }
        let clause = source.clause_of(there);
        let marks = source.marks(clause.clone());
        let mut names = clause.clone().filter(|other| {
            let names = run(source, *other);
            !names.is_empty()
                && (source.turkish || preposition(source, *other) == way)
                && !said.contains(&source.tokens[*other].mark)
        });
        if names.next().is_some() {
            rival = rival.max(shared(&said, &marks));
        }
    }
    rival >= SHARED_MIN && rival > with + 1 && rival * 2 >= said.len()
}
