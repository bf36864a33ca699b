//! Words that turn a statement round, and statements that are denied or no longer denied.

use std::ops::Range;

use super::Kind;
use super::known::{Known, SPOTS_MAX};
use super::lexicon::OPPOSITES;
use super::reading::{Reading, Token};
use super::who;

/// The words of `draft` whose best counterpart in the sources says the opposite.
pub(super) fn turned(draft: &Reading<'_>, known: &Known<'_>, skip: &[bool]) -> Vec<(Kind, Range<usize>)> {
    let mut found = Vec::new();
    for (at, token) in draft.tokens.iter().enumerate() {
        if skip.get(token.sentence as usize).copied().unwrap_or(false) {
            continue;
        }
        let told = if token.concepts.is_empty() {
            if token.is_content() { denied(draft, at, known) } else { None }
        } else {
            token.concepts.iter().find_map(|(group, side)| opposed(draft, at, *group, *side, known))
        };
        if let Some(kind) = told {
            found.push((kind, token.word.start..token.word.end()));
        }
    }
    found
}

/// The likeness of the best counterpart that says the same and of the best that says the opposite.
#[derive(Default)]
struct Best {
    same: Option<usize>,
    opposite: Option<(usize, bool)>,
}

impl Best {
    fn see(&mut self, like: usize, same: bool, denial: bool) {
        if same {
            self.same = self.same.max(Some(like));
        } else if self.opposite.is_none_or(|(best, _)| like > best) {
            self.opposite = Some((like, denial));
        }
    }

    /// The opposite counts where it is closer, and close at all.
    fn verdict(&self, least: usize, alone: usize) -> Option<Kind> {
        let (opposite, denial) = self.opposite?;
        let least = if self.same.is_none() { alone } else { least };
        let wins = opposite >= least && self.same.is_none_or(|same| opposite > same);
        wins.then_some(if denial { Kind::Negation } else { Kind::Direction })
    }
}

fn opposed(draft: &Reading<'_>, at: usize, group: u16, side: i8, known: &Known<'_>) -> Option<Kind> {
    let token = &draft.tokens[at];
    let spots = known.group(group);
    if spots.len() > SPOTS_MAX || spots.is_empty() {
        return None;
    }
    let converse = OPPOSITES.name(group).starts_with('~');
    if converse {
        let votes: Vec<who::Agreement> = spots
            .iter()
            .map(|(spot, other)| {
                let (source, spot) = known.reading(*spot);
                who::agreement((draft, at, side), (source, spot, *other))
            })
            .collect();
        if votes.iter().any(|vote| vote.same > 0 && vote.same >= vote.other) {
            return None;
        }
        if votes.iter().any(|vote| vote.other > 0) {
            return Some(Kind::Direction);
        }
    }
    let (clause, sentence) = (draft.marks(draft.clause_of(at)), draft.marks(draft.sentence_of(at)));
    let mut best = Best::default();
    for (spot, other) in spots {
        let (source, there) = known.reading(*spot);
        let counterpart = &source.tokens[there];
        let like = known.likeness(*spot, &clause, &sentence, token.mark);
        let denial = token.negated != counterpart.negated;
        let same = (side == *other) != denial;
        best.see(like, same, denial);
    }
    // "After" and "before" stand everywhere.
    let denied_everywhere = best.same.is_none() && best.opposite.is_some_and(|(_, denial)| denial);
    let (least, alone) = if denied_everywhere && !token.negated {
        (4, 0)
    } else if OPPOSITES.name(group) == "time" {
        (16, 16)
    } else {
        (4, 2)
    };
    best.verdict(least, alone)
}

/// A plain word that the draft denies and its best counterpart does not, or the other way round.
fn denied(draft: &Reading<'_>, at: usize, known: &Known<'_>) -> Option<Kind> {
    let token: &Token<'_> = &draft.tokens[at];
    let spots = known.spots(token.mark);
    if spots.len() > SPOTS_MAX || spots.is_empty() {
        return None;
    }
    let any_denied = |reading: &Reading<'_>, at: usize| reading.tokens[reading.clause_of(at)].iter().any(|t| t.negated);
    let ours = token.negated || any_denied(draft, at);
    let differs = |spot: &(u32, u32)| {
        let (source, there) = known.reading(*spot);
        let theirs = &source.tokens[there];
        // A denial may stand at another word of the clause.
        if token.negated { !any_denied(source, there) } else { theirs.negated && !ours }
    };
    if !spots.iter().any(differs) {
        return None;
    }
    let (clause, sentence) = (draft.marks(draft.clause_of(at)), draft.marks(draft.sentence_of(at)));
    let mut best = Best::default();
    for spot in spots {
        best.see(known.likeness(*spot, &clause, &sentence, token.mark), !differs(spot), true);
    }
    best.verdict(2, if sentence.len() <= 3 { 1 } else { 2 })
}
