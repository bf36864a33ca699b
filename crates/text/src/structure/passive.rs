//! Passive voice: in English a form of "be" or "get" with a participle, in Turkish a finite verb with the suffix -Il or
//! a listed stem in -n.

use std::ops::Range;

use crate::phrase::{Lexicon, Lowered, Trait};
use crate::token::Tokens;

/// The next passive of `words` as indexes (first word, last word).
///
/// Adverbs may stand between ("was not quickly built"), punctuation may not. Participles that are felt as adjectives
/// ("is tired", "was used to") do not count.
pub(super) fn english(tokens: &Tokens, lowered: &Lowered, words: Range<usize>) -> Option<(usize, usize)> {
    /// Between the verb and its participle.
    const BETWEEN: usize = 4;
    for at in words.clone().filter(|&at| lowered.entry(at).traits.has(Trait::Be)) {
        for next in at + 1..words.end.min(at + 2 + BETWEEN) {
            if tokens.words[next].after_break {
                break;
            }
            let word = lowered.word(next);
            let habit = word == "used" && next + 1 < words.end && lowered.word(next + 1) == "to";
            if is_participle(lowered, next) && !habit {
                return Some((at, next));
            }
            if !(lowered.entry(next).traits.has(Trait::Between) || word.len() > 4 && word.ends_with("ly")) {
                break;
            }
        }
    }
    None
}

fn is_participle(lowered: &Lowered, at: usize) -> bool {
    let (word, traits) = (lowered.word(at), lowered.entry(at).traits);
    traits.has(Trait::Participle) || word.len() > 3 && word.ends_with("ed") && !traits.has(Trait::Active)
}

/// Whether `verb` (lower case) is a finite Turkish verb in the passive.
///
/// Nouns and verbs in -l that are no passives ("yeşildi", "ayrıldı") are listed; of the stems in -n, where the passive
/// looks like the reflexive ("düşündü", "kazandı"), only listed ones count.
pub(super) fn is_turkish(verb: &str, lexicon: &Lexicon) -> bool {
    ENDINGS_TR.iter().any(|ending| {
        let Some(stem) = strip(verb, ending) else { return false };
        let by_l = stem.strip_suffix('l').is_some_and(|rest| {
            rest.ends_with(['ı', 'i', 'u', 'ü']) && rest.chars().nth(2).is_some() && !lexicon.has(stem, Trait::ActiveL)
        });
        by_l || lexicon.has(stem, Trait::PassiveN)
    })
}

/// `word` without the folded `ending`.
fn strip<'a>(word: &'a str, ending: &str) -> Option<&'a str> {
    let mut characters = word.char_indices().rev();
    let mut at = word.len();
    for wanted in ending.bytes().rev() {
        let (start, c) = characters.next()?;
        if fold(c) != char::from(wanted) {
            return None;
        }
        at = start;
    }
    Some(&word[..at])
}

/// Vowel harmony undone: the four high vowels are one, the two low ones are one.
fn fold(c: char) -> char {
    match c {
        'ı' | 'u' | 'ü' => 'i',
        'a' => 'e',
        'ş' => 's',
        c => c,
    }
}

/// Endings of finite verbs, folded.
#[rustfmt::skip]
const ENDINGS_TR: &[&str] = &[
    "di", "diler", "dik", "dim", "din", "diniz", "mis", "misti", "mistir", "misler", "iyor", "iyordu", "iyorlar",
    "iyordur", "miyor", "miyordu", "miyorlar", "ir", "irdi", "irler", "mez", "mezdi", "mezler", "ecek", "ecekti",
    "ecektir", "ecekler", "meyecek", "meyecektir", "meli", "melidir", "memeli", "memelidir", "mekte", "mektedir",
    "mekteydi", "memektedir", "medi", "mediler", "memis", "memistir", "ebilir", "ebiliyor", "ebilecek", "ebildi", "emez",
    "emiyor", "emedi", "emeyecek", "sin", "mesin", "iyormus", "irmis", "ecekmis",
];
