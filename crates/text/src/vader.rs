//! Sentiment by VADER (Hutto and Gilbert, 2014), equal in all four numbers to vaderSentiment 3.3.2.
//!
//! A word's valence comes from the lexicon; capitals, boosters, negations and a few idioms around it change it; "but"
//! moves weight to what follows; the sum is squeezed into -1 to 1. Where the reference implementation has a quirk that
//! changes numbers, the quirk is kept and named here, since scores must agree with it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Serialize;

use crate::hash::{Table, hash_of};
use crate::lexeme::{self, Facts, Lexemes};
use crate::scan;
use crate::token::{Piece, Plain, Tokens, is_upper, pieces};

mod words;
use words::{NEGATIONS, boosters, named, openers, phrase_booster, phrase_valence};

/// Rows of `key ⇥ value`.
const LEXICON: &str = include_str!("../data/vader.tsv");
const EMOJI: &str = include_str!("../data/emoji.tsv");

/// What the lists say of a word.
#[derive(Clone, Copy, Default)]
struct Entry {
    valence: Option<f64>,
    booster: Option<f64>,
    negation: bool,
    /// A phrase begins with it.
    opens: bool,
}

/// Stands for every word that nothing is known of; no word is like it.
const UNKNOWN: &str = " ";

/// The words that matter with what is known of them; the first is [`UNKNOWN`].
static WORDS: LazyLock<Vec<(&str, Entry)>> = LazyLock::new(|| {
    let listed = LEXICON.lines().filter_map(|line| line.split_once('\t'));
    let mut words: BTreeMap<&str, Entry> = listed
        .map(|(word, value)| {
            let valence = Some(value.parse().expect("the lexicon holds numbers"));
            (word, Entry { valence, ..Entry::default() })
        })
        .collect();
    for (word, boost) in boosters() {
        words.entry(word).or_default().booster = Some(boost);
    }
    for word in NEGATIONS {
        words.entry(word).or_default().negation = true;
    }
    for word in named() {
        words.entry(word).or_default();
    }
    for word in openers() {
        words.entry(word).or_default().opens = true;
    }
    std::iter::once((UNKNOWN, Entry::default())).chain(words).collect()
});

/// The words that matter with their numbers, from 1.
pub fn listed() -> impl Iterator<Item = (&'static str, u16)> {
    WORDS.iter().map(|(word, _)| *word).zip(0..).skip(1)
}

/// The rows of [`EMOJI`] by their emoji.
static EMOJI_ROWS: LazyLock<(Table, Vec<&str>)> = LazyLock::new(|| {
    let rows: Vec<(&str, &str)> = EMOJI.lines().filter_map(|line| line.split_once('\t')).collect();
    let table = Table::of(rows.iter().zip(0..u16::MAX).map(|((emoji, _), index)| (*emoji, index)));
    (table, rows.iter().map(|(_, description)| *description).collect())
});

const CAPITALS: f64 = 0.733;
const NEGATION: f64 = -0.74;
/// The strength of a booster one, two and three words before.
const DISTANCE: [f64; 3] = [1.0, 0.95, 0.9];

/// Shares of negative, neutral and positive words (three decimals) and the overall valence from -1 to 1 (four decimals).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sentiment {
    pub neg: f64,
    pub neu: f64,
    pub pos: f64,
    pub compound: f64,
}

/// Scores the text of `tokens`, which is taken as it stands: markup counts as words.
pub fn score(tokens: &Tokens) -> Sentiment {
    match name_emoji(tokens.text) {
        Cow::Borrowed(text) => judge(text, &tokens.pieces, &tokens.lexemes),
        Cow::Owned(text) => {
            let (pieces, lexemes) = pieces(&text);
            judge(&text, &pieces, &lexemes)
        }
    }
}

fn judge(text: &str, pieces: &[Piece], lexemes: &Lexemes) -> Sentiment {
    if pieces.is_empty() {
        return Sentiment::default();
    }
    let words: Vec<Token> = pieces.iter().map(|piece| Token::of(text, piece, lexemes)).collect();
    let shouted = words.iter().filter(|word| word.upper).count();
    let scene = Scene { words: &words, mixed_case: 0 < shouted && shouted < words.len() };
    let mut valences: Vec<f64> = (0..words.len()).map(|at| scene.valence(at)).collect();
    if let Some(but) = words.iter().position(|word| word.lower == "but") {
        weigh_around_but(&mut valences, but);
    }
    summarize(&valences, emphasis(text))
}

/// A piece without the punctuation around it, unless two characters or fewer would be left (then it may be an emoticon).
struct Token {
    /// In lower case, or [`UNKNOWN`].
    lower: &'static str,
    upper: bool,
    known: &'static Entry,
    negation: bool,
}

impl Token {
    fn of(text: &str, piece: &Piece, lexemes: &Lexemes) -> Self {
        const SHORT: usize = 2;
        let whole = |plain: Plain| plain.is_bare() || piece.core(plain).len() > SHORT;
        if let Some(plain) = piece.plain.filter(|plain| whole(*plain)) {
            let (lower, known) = known(lexemes.facts(plain.lexeme));
            return Self { lower, upper: plain.is_upper(), negation: known.negation, known };
        }
        let piece = &text[piece.range.clone()];
        let stripped = piece.trim_matches(|c: char| c.is_ascii_punctuation());
        let word = if stripped.chars().take(SHORT + 1).count() <= SHORT { piece } else { stripped };
        let own = if word.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
            Cow::Borrowed(word)
        } else {
            Cow::Owned(word.to_lowercase())
        };
        let (lower, known) = known(lexeme::facts(&own));
        Self { lower, upper: is_upper(word), negation: known.negation || own.contains("n't"), known }
    }
}

/// A word and what is known of it.
fn known(facts: Facts) -> (&'static str, &'static Entry) {
    let (word, entry) = &WORDS[usize::from(facts.feeling)];
    (word, entry)
}

struct Scene<'a> {
    words: &'a [Token],
    /// Some words, but not all, are in capitals, so that capitals mean something.
    mixed_case: bool,
}

impl Scene<'_> {
    fn lower(&self, at: usize) -> &str {
        self.words[at].lower
    }

    /// The lower-case word `distance` places before `at`, empty before the beginning.
    fn before(&self, at: usize, distance: usize) -> &str {
        at.checked_sub(distance).map_or("", |at| self.lower(at))
    }

    fn valence(&self, at: usize) -> f64 {
        let word = &self.words[at];
        let next = self.words.get(at + 1);
        let Some(listed) = word.known.valence.filter(|_| word.known.booster.is_none()) else { return 0.0 };
        if word.lower == "kind" && next.is_some_and(|next| next.lower == "of") {
            return 0.0;
        }

        let mut valence = listed;
        if word.lower == "no" && next.is_some_and(|next| next.known.valence.is_some()) {
            valence = 0.0;
        }
        let or_nor = matches!(self.before(at, 1), "or" | "nor");
        if self.before(at, 1) == "no" || self.before(at, 2) == "no" || (self.before(at, 3) == "no" && or_nor) {
            valence = listed * NEGATION;
        }
        if word.upper && self.mixed_case {
            valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        for distance in 1..=3.min(at) {
            let before = &self.words[at - distance];
            if before.known.valence.is_none() {
                valence += self.boost(before, valence) * DISTANCE[distance - 1];
                valence = self.negate(valence, at, distance);
                if distance == 3 {
                    valence = self.idioms(valence, at);
                }
            }
        }
        self.least(valence, at)
    }

    fn boost(&self, word: &Token, valence: f64) -> f64 {
        let Some(mut boost) = word.known.booster else { return 0.0 };
        if valence < 0.0 {
            boost = -boost;
        }
        if word.upper && self.mixed_case {
            boost += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        boost
    }

    fn negate(&self, valence: f64, at: usize, distance: usize) -> f64 {
        let [one, two, three] = [1, 2, 3].map(|distance| self.before(at, distance));
        let so_this = |word: &str| matches!(word, "so" | "this");
        let (strengthened, doubtless) = match distance {
            1 => (false, false),
            2 => (two == "never" && so_this(one), two == "without" && one == "doubt"),
            // "so" or "this" right before strengthens whatever stands three words back: a quirk of the reference.
            _ => (
                (three == "never" && so_this(two)) || so_this(one),
                three == "without" && (two == "doubt" || one == "doubt"),
            ),
        };
        if strengthened {
            valence * 1.25
        } else if !doubtless && self.words[at - distance].negation {
            valence * NEGATION
        } else {
            valence
        }
    }

    fn idioms(&self, mut valence: f64, at: usize) -> f64 {
        let phrase = |from: usize, length: usize| {
            let words = self.words.get(from..from + length).filter(|words| words[0].known.opens)?;
            phrase_valence([words[0].lower, words[1].lower, words.get(2).map_or("", |word| word.lower)])
        };
        let around = [(at - 1, 2), (at - 2, 3), (at - 2, 2), (at - 3, 3), (at - 3, 2)];
        if let Some(idiom) = around.iter().find_map(|&(from, length)| phrase(from, length)) {
            valence = idiom;
        }
        for length in [2, 3] {
            valence = phrase(at, length).unwrap_or(valence);
        }
        for from in [at - 3, at - 2] {
            if self.words[from].known.opens {
                valence += phrase_booster(self.lower(from), self.lower(from + 1)).unwrap_or(0.0);
            }
        }
        valence
    }

    fn least(&self, valence: f64, at: usize) -> f64 {
        let least = self.before(at, 1) == "least" && self.words[at - 1].known.valence.is_none();
        if least && !matches!(self.before(at, 2), "at" | "very") { valence * NEGATION } else { valence }
    }
}

/// Halves what stands before the first "but" and raises what follows by half.
///
/// The reference walks over the valences and each time changes the *first* one of equal value, so a repeated value can
/// be changed twice and its twin not at all. Positions in the order of their values give the same result in
/// linear-logarithmic time.
fn weigh_around_but(valences: &mut [f64], but: usize) {
    let felt = valences.iter().enumerate().filter(|(_, value)| **value != 0.0);
    let mut places: BTreeSet<(u64, usize)> = felt.map(|(at, value)| (value.to_bits(), at)).collect();
    for at in 0..valences.len() {
        let value = valences[at];
        if value == 0.0 {
            continue;
        }
        let bits = value.to_bits();
        let Some(&(_, first)) = places.range((bits, 0)..=(bits, usize::MAX)).next() else { continue };
        let changed = value * if first < but { 0.5 } else { 1.5 };
        valences[first] = changed;
        places.remove(&(bits, first));
        places.insert((changed.to_bits(), first));
    }
}

fn summarize(valences: &[f64], emphasis: f64) -> Sentiment {
    let mut sum: f64 = valences.iter().fold(0.0, |sum, valence| sum + valence);
    if sum > 0.0 {
        sum += emphasis;
    } else if sum < 0.0 {
        sum -= emphasis;
    }
    // Neutral words count one each, so one is added to each valence on either side.
    let (mut positive, mut negative, mut neutral) = (0.0, 0.0, 0.0);
    for &valence in valences {
        if valence > 0.0 {
            positive += valence + 1.0;
        } else if valence < 0.0 {
            negative += valence - 1.0;
        } else {
            neutral += 1.0;
        }
    }
    if positive > f64::abs(negative) {
        positive += emphasis;
    } else if positive < f64::abs(negative) {
        negative -= emphasis;
    }
    let total = positive + negative.abs() + neutral;
    Sentiment {
        neg: round(negative.abs() / total, 3),
        neu: round(neutral / total, 3),
        pos: round(positive / total, 3),
        compound: round((sum / (sum * sum + 15.0).sqrt()).clamp(-1.0, 1.0), 4),
    }
}

/// What exclamation marks (at most four) and question marks (from two on) add to the stronger side.
fn emphasis(text: &str) -> f64 {
    let exclamations = scan::count(text.as_bytes(), scan::of(*b"!"));
    let questions = match scan::count(text.as_bytes(), scan::of(*b"?")) {
        0 | 1 => 0.0,
        few @ (2 | 3) => few as f64 * 0.18,
        _ => 0.96,
    };
    exclamations.min(4) as f64 * 0.292 + questions
}

/// Writes each emoji of one code point as its description. A space goes before it unless one is there already, none
/// after it, and the description itself counts as no space.
fn name_emoji(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let (table, descriptions) = &*EMOJI_ROWS;
    let named = |c: char| {
        // The first emoji of the list; letters with signs need no look.
        if c < '©' {
            None
        } else {
            table.get(hash_of(c.encode_utf8(&mut [0; 4]))).map(|index| descriptions[usize::from(index)])
        }
    };
    let (mut at, mut any) = (0, false);
    while let Some(found) = scan::find(&text.as_bytes()[at..], |byte| byte >= 0xc2).filter(|_| !any) {
        let c = text[at + found..].chars().next().unwrap_or_default();
        any = named(c).is_some();
        at += found + c.len_utf8();
    }
    if !any {
        return Cow::Borrowed(text);
    }
    let (mut out, mut spaced) = (String::with_capacity(text.len() * 2), true);
    for c in text.chars() {
        match named(c) {
            Some(description) => {
                if !spaced {
                    out.push(' ');
                }
                out.push_str(description);
                spaced = false;
            }
            None => {
                out.push(c);
                spaced = c == ' ';
            }
        }
    }
    Cow::Owned(out)
}

/// Rounds half to even on the exact decimal value, as Python's `round` does; formatting is the exact way to get there.
fn round(value: f64, digits: usize) -> f64 {
    format!("{value:.digits$}").parse().expect("a formatted number is one")
}

#[cfg(test)]
mod tests;
