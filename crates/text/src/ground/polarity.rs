//! Words that turn a statement round, and statements that are denied or no longer denied.

use std::ops::Range;

use super::Kind;
use super::denial::LIGHT;
use super::known::{Known, SPOTS_MAX, Spot};

use super::lexicon::{DENYING, OPPOSITES};
use super::reading::{Reading, Token};
use super::verb;
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
            let verdicts: Vec<_> =
                token.concepts.iter().map(|(group, side)| opposed(draft, at, *group, *side, known)).collect();
            let steady = token.concepts.iter().position(|(group, _)| OPPOSITES.name(*group) == "steady");
            // "Failed" is what is rejected as well as what is not passed.
            if verdicts.iter().enumerate().any(|(place, verdict)| *verdict == Verdict::Same && Some(place) != steady) {
                None
            } else {
                verdicts.into_iter().find_map(|verdict| match verdict {
                    Verdict::Turned(kind) => Some(kind),
                    _ => None,
                })
            }
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
    opposite: Option<(usize, bool, Spot)>,
}

impl Best {
    fn see(&mut self, like: usize, same: bool, denial: bool, spot: Spot) {
        if same {
            self.same = self.same.max(Some(like));
        } else if self.opposite.is_none_or(|(best, ..)| like > best) {
            self.opposite = Some((like, denial, spot));
        }
    }

    /// The opposite counts where it is closer, and close at all.
    fn verdict(&self, least: usize, alone: usize) -> Option<(Kind, Spot)> {
        let (opposite, denial, spot) = self.opposite?;
        let least = if self.same.is_none() { alone } else { least };
        let wins = opposite >= least && self.same.is_none_or(|same| opposite > same);
        wins.then_some((if denial { Kind::Negation } else { Kind::Direction }, spot))
    }
}

/// What the sources say of a word of the table.
#[derive(PartialEq)]
enum Verdict {
    Unknown,
    Same,
    Turned(Kind),
}

fn opposed(draft: &Reading<'_>, at: usize, group: u16, side: i8, known: &Known<'_>) -> Verdict {
    let token = &draft.tokens[at];
    let spots = known.group(group);
    if spots.len() > SPOTS_MAX || spots.is_empty() {
        return Verdict::Unknown;
    }
    let converse = OPPOSITES.name(group).starts_with('~');
    if converse {
        // A purchase, their third defeat: nobody does it to anybody here.
        let before = at.checked_sub(1).map_or("", |before| &*draft.tokens[before].key);
        let a_noun = matches!(
            before,
            "his" | "her" | "its" | "their" | "the" | "a" | "an" | "this" | "that" | "third" | "second" | "first"
        );
        if a_noun && !draft.turkish {
            return Verdict::Unknown;
        }
        let votes: Vec<who::Agreement> = spots
            .iter()
            .map(|(spot, other)| {
                let (source, spot) = known.reading(*spot);
                who::agreement((draft, at, side), (source, spot, *other))
            })
            .collect();
        if votes.iter().any(|vote| vote.same > 0 && vote.same >= vote.other) {
            return Verdict::Same;
        }
        if votes.iter().any(|vote| vote.other > 0) {
            return Verdict::Turned(Kind::Direction);
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
        best.see(like, same, denial, *spot);
    }
    // "After" and "before" stand everywhere.
    let denied_everywhere = best.same.is_none() && best.opposite.is_some_and(|(_, denial, _)| denial);
    let (least, alone) = if denied_everywhere && !token.negated {
        (4, 0)
    } else if OPPOSITES.name(group) == "steady" {
        (8, 8)
    } else if OPPOSITES.name(group) == "time" {
        (16, 16)
    } else {
        (4, 2)
    };
    let Some((kind, spot)) = best.verdict(least, alone) else {
        let opposite = best.opposite.map_or(0, |(like, ..)| like);
        let same = best.same.is_some_and(|same| same >= opposite && same > 0);
        return if same { Verdict::Same } else { Verdict::Unknown };
    };
    let (source, there) = known.reading(spot);
    let evened = (kind == Kind::Negation || OPPOSITES.name(group) == "all")
        && (outweighed((draft, at), (source, there)) || outweighed((source, there), (draft, at)));
    // What the sources say there may be what the draft says at another word.
    let said_elsewhere = || {
        let like = best.opposite.map_or(0, |(like, ..)| like);
        draft.sentence_of(at).take(80).filter(|other| *other != at).any(|other| {
            let token = &draft.tokens[other];
            let same = |(line, turn): &(u16, i8)| {
                let theirs = source.tokens[there].concepts.iter().find(|(group, _)| group == line);
                *line == group
                    && theirs.is_some_and(|(_, s)| (turn == s) == (token.negated == source.tokens[there].negated))
            };
            let (clause, sentence) = (draft.clause_of(other), draft.sentence_of(other));
            token.concepts.iter().any(same)
                && known.likeness(spot, &draft.marks(clause), &draft.marks(sentence), token.mark) >= like
        })
    };
    if evened || kind == Kind::Direction && said_elsewhere() { Verdict::Unknown } else { Verdict::Turned(kind) }
}

/// Words that deny in themselves: "lost power" is "without power", "stay open" is "not close".
fn denies(key: &str) -> bool {
    let prefixed = key.strip_prefix("un").is_some_and(|rest| {
        rest.len() >= 4
            && !["der", "til", "ion", "iver", "ited", "ite", "ique", "iform", "esco", "its"]
                .iter()
                .any(|p| rest.starts_with(p))
    });
    let without = key.len() >= 6 && ["siz", "suz", "süz", "less"].iter().any(|ending| key.ends_with(ending));
    prefixed || without || DENYING.has(key)
}

/// Words between a word and one that denies it.
const NEAR: usize = 8;

/// Whether the clause of `a` has a word that denies in itself which the clause of `b` has not, and `b` a plain denial.
fn outweighed(a: (&Reading<'_>, usize), b: (&Reading<'_>, usize)) -> bool {
    let (ours, theirs) = (&a.0.tokens[a.0.clause_of(a.1)], &b.0.tokens[b.0.clause_of(b.1)]);
    let (ours, theirs) = (&ours[..ours.len().min(40)], &theirs[..theirs.len().min(40)]);
    let turned = |token: &Token<'_>| {
        token.concepts.iter().any(|(group, side)| {
            let opposite = |other: &Token<'_>| {
                other.negated != token.negated && other.concepts.iter().any(|(g, s)| g == group && s != side)
            };
            theirs.iter().any(opposite)
        })
    };
    // Nobody will lose a job: two denials make none.
    let twice =
        |token: &Token<'_>| token.negated && denies(&token.key) && !ours.iter().any(|own| own.mark == token.mark);
    let start = a.0.clause_of(a.1).start;
    let near = |place: usize| (start + place).abs_diff(a.1) <= NEAR;
    theirs.iter().any(twice)
        || theirs.iter().any(|token| token.negated)
            && ours.iter().enumerate().any(|(place, token)| {
                turned(token)
                    || near(place) && denies(&token.key) && !theirs.iter().any(|other| other.mark == token.mark)
            })
}

/// A plain word that the draft denies and its best counterpart does not, or the other way round.
fn denied(draft: &Reading<'_>, at: usize, known: &Known<'_>) -> Option<Kind> {
    let token: &Token<'_> = &draft.tokens[at];
    let spots = known.spots(token.mark);
    if spots.len() > SPOTS_MAX || spots.is_empty() {
        return None;
    }
    // "Give" of "give help" says nothing by itself.
    if draft.turkish && LIGHT.contains(&&*verb::root(&token.key, true)) {
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
        best.see(known.likeness(*spot, &clause, &sentence, token.mark), !differs(spot), true, *spot);
    }
    let (kind, spot) = best.verdict(2, if sentence.len() <= 3 { 1 } else { 2 })?;
    let (source, there) = known.reading(spot);
    let evened = outweighed((draft, at), (source, there)) || outweighed((source, there), (draft, at));
    (!evened).then_some(kind)
}
