//! Keywords by YAKE (Campos et al., "YAKE! Keyword extraction from single documents using multiple local features",
//! 2020): no training and no other documents, only how terms stand in this one text.
//!
//! A term is good when it is frequent, appears early and in many sentences, is often capitalised, and keeps the same
//! neighbours. Phrases of up to three terms multiply the scores of their terms. Lower is better, as in the paper.
//!
//! What the paper leaves open is settled as yake 0.7.3 does it, judged by its results: sentences and tokens by the rules
//! of segtok, what counts as a term, the order of equal scores, and which keywords say the same. Known differences: an
//! HTML reference that runs into a word without its semicolon (`&copySr`) stays as it is, and a capital letter with a
//! full stop after punctuation (`, B. No`, `[B. =`) can end a sentence that the reference continues.

use std::ops::Range;

use serde::Serialize;

use crate::hash::{Numbers, hash_of, hash_of_all};
use crate::language::Language;
use crate::lexeme::{self, Lexemes};
use crate::token::{Plain, Tokens};

mod alike;
mod sentences;
mod tag;
mod tokens;

use tag::Tag;
use tokens::{PlainWords, Reader};

/// A keyword as it first stands in the text; the lower the score (above 0), the more it says about the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Keyword {
    pub text: String,
    pub score: f64,
}

/// SMART's stop words and the titles that stand before names: what YAKE takes for English function words.
pub fn stop() -> impl Iterator<Item = &'static str> {
    include_str!("../data/stop_smart.txt").lines().chain(["dr", "dra", "mr", "ms"])
}

/// Terms of a phrase.
const TERMS: usize = 3;
/// A shorter term carries no meaning.
const TERM_CHARS: usize = 3;

/// By whose function words and letters a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// English, with the stop words of YAKE, whatever the text's language.
    Reference,
    /// The stop words and the case rules of a language.
    Of(Language),
}

impl Rules {
    fn is_stop(self, lower: &str) -> bool {
        match self {
            Self::Reference => lexeme::facts(lower).stop,
            Self::Of(language) => language.is_stop(lower),
        }
    }

    fn lower(self, word: &str, lower: &mut String) {
        lower.clear();
        if word.is_ascii() {
            lower.push_str(word);
            lower.make_ascii_lowercase();
        } else if let Self::Of(language) = self {
            lower.push_str(&language.lower(word));
        } else {
            lower.push_str(&word.to_lowercase());
        }
        // Turkish is the one whose plain I is no i.
        if self == Self::Of(Language::Turkish) && word.contains('I') {
            *lower = Language::Turkish.lower(word);
        }
    }
}

/// The best `limit` keywords of a text, best first.
pub fn extract(tokens: &Tokens, rules: Rules, limit: usize) -> Vec<Keyword> {
    let reader = Reader::of(tokens);
    let mut statistics = Statistics::new(rules, tokens, reader.len());
    let mut plain = reader.plain();
    for sentence in reader.sentences() {
        statistics.read(&reader, sentence, &mut plain);
    }
    statistics.finish();
    statistics.best(&reader, limit)
}

/// What unites `Cats`, `cats` and `cat`.
#[derive(Default)]
struct Term {
    stop: bool,
    count: u32,
    acronyms: u32,
    /// Capitalised elsewhere than at the beginning of a sentence.
    proper: u32,
    sentences: u32,
    sentence_last: Option<u32>,
    left: Side,
    right: Side,
    score: f64,
}

/// The neighbours on one side.
#[derive(Default)]
struct Side {
    different: u32,
    all: u32,
}

impl Side {
    fn spread(&self) -> f64 {
        if self.all == 0 { 0.0 } else { f64::from(self.different) / f64::from(self.all) }
    }
}

#[derive(Clone, Copy)]
struct Occurrence {
    spelling: u32,
    term: u32,
    /// Index of the token it stands in.
    token: u32,
    /// Index of what is known of it and the word before; [`NONE`] where there is nothing to know.
    pair: u32,
    sound: bool,
}

/// Two terms side by side.
struct Pair {
    times: u32,
    /// How they were spelt first, and the candidate that this is.
    spellings: (u32, u32),
    candidate: u32,
}

/// A phrase that may be a keyword: nowhere a number or a jumble in it, no stop word at either end.
struct Candidate {
    spellings: [u32; TERMS],
    /// Where it first stands: its words are tokens in a row.
    first: u32,
    count: u32,
    length: u8,
}

const NONE: u32 = u32::MAX;

struct Statistics<'a> {
    rules: Rules,
    /// The spellings of lower-case words are the numbers of lexemes; the words that are none come after them.
    lexemes: &'a Lexemes,
    others: Numbers,
    /// The other words, and where each ends.
    lowers: String,
    ends: Vec<usize>,
    terms: Vec<Term>,
    /// The term of each spelling, once it has come; several spellings can be one term.
    by_spelling: Vec<u32>,
    /// The term of each lexeme as a stem, and of stems that are none.
    by_stem: Vec<u32>,
    by_other_stem: Numbers,
    pairs: Vec<Pair>,
    by_pair: Numbers,
    /// (term, sentence), once each, in the order of sentences.
    places: Vec<(u32, u32)>,
    candidates: Vec<Candidate>,
    /// The candidate of one spelling, and of three or two that are not the first of their [`Pair`].
    by_word: Vec<u32>,
    by_phrase: Numbers,
    sentences: u32,
    block: Vec<Occurrence>,
    lower: String,
}

/// Two numbers as one.
fn both(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

impl<'a> Statistics<'a> {
    /// For a text of `all` tokens as YAKE counts them.
    fn new(rules: Rules, tokens: &'a Tokens, all: usize) -> Self {
        // Of more than this the same words come again and again.
        let room = all.min(4_096);
        Self {
            rules,
            lexemes: &tokens.lexemes,
            others: Numbers::default(),
            lowers: String::new(),
            ends: Vec::new(),
            terms: Vec::with_capacity(room / 2),
            by_spelling: vec![NONE; tokens.lexemes.len()],
            by_stem: vec![NONE; tokens.lexemes.len()],
            by_other_stem: Numbers::default(),
            pairs: Vec::with_capacity(room),
            by_pair: Numbers::with_room(room),
            places: Vec::with_capacity(room),
            candidates: Vec::with_capacity(room),
            by_word: vec![NONE; tokens.lexemes.len()],
            by_phrase: Numbers::with_room(room),
            sentences: 0,
            block: Vec::new(),
            lower: String::new(),
        }
    }

    /// One sentence: punctuation cuts it into blocks, and no phrase crosses from one into the next.
    fn read(&mut self, reader: &Reader, sentence: Range<usize>, plain: &mut PlainWords) {
        self.block.clear();
        for (at, token) in sentence.enumerate() {
            let word = reader.token(token);
            let (spelling, tag) = match plain.at(reader.range(token)) {
                Some(plain) => (self.plain_spelling(word, plain), Tag::of_plain(word, plain, at > 0)),
                None if word.bytes().all(|byte| byte.is_ascii_punctuation()) => {
                    self.block.clear();
                    continue;
                }
                None => (self.spelling(word), Tag::of(word, at > 0)),
            };
            let mut occurrence = self.occur(spelling, u32::try_from(token).unwrap_or(NONE), tag);
            occurrence.pair = self.meet(occurrence);
            self.propose(occurrence);
            self.block.push(occurrence);
        }
        self.sentences += 1;
    }

    fn occur(&mut self, spelling: u32, token: u32, tag: Tag) -> Occurrence {
        let term = self.term(spelling);
        let known = &mut self.terms[term as usize];
        known.count += 1;
        known.acronyms += u32::from(tag == Tag::Acronym);
        known.proper += u32::from(tag == Tag::Proper);
        if known.sentence_last != Some(self.sentences) {
            known.sentence_last = Some(self.sentences);
            known.sentences += 1;
            self.places.push((term, self.sentences));
        }
        Occurrence { spelling, term, token, pair: NONE, sound: !matches!(tag, Tag::Digit | Tag::Unparsable) }
    }

    fn plain_spelling(&mut self, word: &str, plain: Plain) -> u32 {
        // Turkish is the one whose plain I is no i.
        let own = self.rules == Rules::Of(Language::Turkish) && word.contains('I');
        if own { self.spelling(word) } else { plain.lexeme }
    }

    fn spelling(&mut self, word: &str) -> u32 {
        let mut lower = std::mem::take(&mut self.lower);
        self.rules.lower(word, &mut lower);
        let hash = hash_of(&lower);
        let spelling = self.lexemes.find(hash).unwrap_or_else(|| self.other(&lower, hash));
        self.lower = lower;
        spelling
    }

    /// The spelling of a word that is no lexeme.
    fn other(&mut self, lower: &str, hash: u64) -> u32 {
        let next = u32::try_from(self.by_spelling.len()).unwrap_or(NONE);
        let spelling = self.others.get_or_insert(hash, next);
        if spelling == next {
            self.lowers.push_str(lower);
            self.ends.push(self.lowers.len());
            self.by_spelling.push(NONE);
            self.by_word.push(NONE);
        }
        spelling
    }

    fn lower(&self, spelling: u32) -> &str {
        let Some(other) = (spelling as usize).checked_sub(self.lexemes.len()) else {
            return self.lexemes.lower(spelling);
        };
        let start = other.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.lowers[start..self.ends[other]]
    }

    fn term(&mut self, spelling: u32) -> u32 {
        let known = self.by_spelling[spelling as usize];
        if known != NONE {
            return known;
        }
        let lexeme = Some(spelling).filter(|number| (*number as usize) < self.lexemes.len());
        let lower = self.lower(spelling);
        let plural = lower.strip_suffix('s').filter(|stem| stem.chars().take(TERM_CHARS).count() == TERM_CHARS);
        let (stem, hash, stem_lexeme) = match plural {
            Some(stem) => (stem, hash_of(stem), self.lexemes.find(hash_of(stem))),
            None => (lower, lexeme.map_or_else(|| hash_of(lower), |lexeme| self.lexemes.hash(lexeme)), lexeme),
        };
        let letters = stem.chars().filter(|c| !c.is_ascii_punctuation()).take(TERM_CHARS).count();
        let stop = letters < TERM_CHARS || self.is_stop(lower, lexeme) || self.is_stop(stem, stem_lexeme);
        let next = u32::try_from(self.terms.len()).unwrap_or(NONE);
        let term = match stem_lexeme.map(|lexeme| self.by_stem[lexeme as usize]) {
            Some(NONE) => next,
            Some(known) => known,
            None => self.by_other_stem.get_or_insert(hash, next),
        };
        if term == next {
            self.terms.push(Term { stop, ..Term::default() });
        }
        if let Some(lexeme) = stem_lexeme {
            self.by_stem[lexeme as usize] = term;
        }
        self.by_spelling[spelling as usize] = term;
        term
    }

    /// `lexeme` is the number of `lower`, if it has one.
    fn is_stop(&self, lower: &str, lexeme: Option<u32>) -> bool {
        match (self.rules, lexeme) {
            (Rules::Reference, Some(lexeme)) => self.lexemes.facts(lexeme).stop,
            (rules, _) => rules.is_stop(lower),
        }
    }

    /// The word before is a neighbour, unless one of the two is a number or a jumble.
    fn meet(&mut self, right: Occurrence) -> u32 {
        let Some(left) = self.block.last().filter(|left| left.sound && right.sound) else { return NONE };
        let next = u32::try_from(self.pairs.len()).unwrap_or(NONE);
        let index = self.by_pair.get_or_insert(both(left.term, right.term), next);
        if index == next {
            self.pairs.push(Pair { times: 0, spellings: (left.spelling, right.spelling), candidate: NONE });
        }
        let new = u32::from(index == next);
        self.pairs[index as usize].times += 1;
        let (left, right) = (left.term as usize, right.term as usize);
        self.terms[left].right.all += 1;
        self.terms[left].right.different += new;
        self.terms[right].left.all += 1;
        self.terms[right].left.different += new;
        index
    }

    /// The phrases that end here.
    fn propose(&mut self, last: Occurrence) {
        if !last.sound || self.terms[last.term as usize].stop {
            return;
        }
        let mut phrase = [last; TERMS];
        for length in 1..=TERMS.min(self.block.len() + 1) {
            if length > 1 {
                phrase[TERMS - length] = self.block[self.block.len() + 1 - length];
            }
            let words = &phrase[TERMS - length..];
            if !words[0].sound {
                return;
            }
            if self.terms[words[0].term as usize].stop {
                continue;
            }
            let mut spellings = [NONE; TERMS];
            for (at, word) in words.iter().enumerate() {
                spellings[at] = word.spelling;
            }
            let next = u32::try_from(self.candidates.len()).unwrap_or(NONE);
            let known = match length {
                1 => &mut self.by_word[last.spelling as usize],
                2 if self.pairs[last.pair as usize].spellings == (spellings[0], spellings[1]) => {
                    &mut self.pairs[last.pair as usize].candidate
                }
                _ => &mut self.by_phrase.get_or_insert(hash_of_all(&spellings), next),
            };
            if *known == NONE {
                *known = next;
            }
            let index = *known;
            if index == next {
                self.candidates.push(Candidate { spellings, first: words[0].token, count: 0, length: length as u8 });
            }
            self.candidates[index as usize].count += 1;
        }
    }

    /// Scores every term, once all is read.
    fn finish(&mut self) {
        let counts: Vec<f64> = self.terms.iter().filter(|term| !term.stop).map(|term| f64::from(term.count)).collect();
        let number = counts.len().max(1) as f64;
        let mean = pairwise_sum(&counts, &|count| count) / number;
        let deviation = (pairwise_sum(&counts, &|count| (count - mean) * (count - mean)) / number).sqrt();
        let most = f64::from(self.terms.iter().map(|term| term.count).max().unwrap_or(1));
        let positions = self.positions();
        for (term, position) in self.terms.iter_mut().zip(positions) {
            let count = f64::from(term.count);
            let share = count / most;
            let relatedness = (0.5 + term.left.spread() * share) + (0.5 + term.right.spread() * share);
            let case = match term.acronyms.max(term.proper) {
                0 => 0.0,
                cased => f64::from(cased) / (1.0 + count.ln()),
            };
            let frequency = count / (mean + deviation);
            let spread = f64::from(term.sentences) / f64::from(self.sentences);
            term.score = position * relatedness / (case + frequency / relatedness + spread / relatedness);
        }
    }

    /// What the median number of its sentences is worth to each term.
    fn positions(&self) -> Vec<f64> {
        let mut starts = Vec::with_capacity(self.terms.len());
        let mut end = 0;
        for term in &self.terms {
            starts.push(end);
            end += term.sentences as usize;
        }
        let (mut sorted, mut next) = (vec![0; self.places.len()], starts.clone());
        for &(term, sentence) in &self.places {
            sorted[next[term as usize]] = sentence;
            next[term as usize] += 1;
        }
        // By twice the median, since many terms share one.
        let mut known = vec![f64::NAN; 2 * self.sentences as usize];
        starts
            .iter()
            .zip(&next)
            .map(|(&from, &to)| {
                let (low, high) = (sorted[from + (to - from - 1) / 2], sorted[from + (to - from) / 2]);
                let position = &mut known[low as usize + high as usize];
                if position.is_nan() {
                    *position = (3.0 + f64::midpoint(f64::from(low), f64::from(high))).ln().ln();
                }
                *position
            })
            .collect()
    }

    fn score(&self, candidate: &Candidate) -> f64 {
        let terms =
            candidate.spellings.map(|spelling| self.by_spelling.get(spelling as usize).copied().unwrap_or(NONE));
        let terms = &terms[..usize::from(candidate.length)];
        let (mut product, mut sum) = (1.0, 0.0);
        for (at, &index) in terms.iter().enumerate() {
            let term = &self.terms[index as usize];
            if term.stop {
                // A function word inside a phrase is judged by how firmly it binds its neighbours.
                let (before, after) = (terms[at - 1], terms[at + 1]);
                let share = |pair: u64, of: u32| {
                    let times = self.by_pair.get(pair).map_or(0, |index| self.pairs[index as usize].times);
                    f64::from(times) / f64::from(self.terms[of as usize].count)
                };
                let firm = share(both(before, index), before) * share(both(index, after), after);
                product *= 1.0 + (1.0 - firm);
                sum -= 1.0 - firm;
            } else {
                product *= term.score;
                sum += term.score;
            }
        }
        if sum == -1.0 {
            sum = 0.999_999_999;
        }
        product / ((sum + 1.0) * f64::from(candidate.count))
    }

    /// The candidates of the lowest scores, of those that say the same the first; equal ones stay in the text's order.
    fn best(&self, reader: &Reader, limit: usize) -> Vec<Keyword> {
        let mut ranking: Vec<(f64, usize)> =
            self.candidates.iter().enumerate().map(|(index, candidate)| (self.score(candidate), index)).collect();
        let by_score = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let (mut keywords, mut known): (Vec<Keyword>, Vec<String>) = (Vec::new(), Vec::new());
        let (mut sorted, mut at) = (0, 0);
        while keywords.len() < limit && at < ranking.len() {
            if at == sorted {
                // Only the head of the ranking is ever looked at.
                let rest = &mut ranking[sorted..];
                let head = rest.len().min(4 * limit);
                if head < rest.len() {
                    rest.select_nth_unstable_by(head, by_score);
                }
                rest[..head].sort_unstable_by(by_score);
                sorted += head;
            }
            let (score, index) = ranking[at];
            let candidate = &self.candidates[index];
            let words = usize::from(candidate.length);
            let lower = joined(candidate.spellings[..words].iter().map(|&s| self.lower(s)));
            if known.iter().all(|other| !alike::say_the_same(other, &lower)) {
                let first = candidate.first as usize;
                let text = joined((first..first + words).map(|token| reader.token(token)));
                keywords.push(Keyword { text, score });
                known.push(lower);
            }
            at += 1;
        }
        keywords
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for word in words {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

/// Sums halves of halves, as numpy does, so that the last digit is the reference's too.
fn pairwise_sum(values: &[f64], of: &impl Fn(f64) -> f64) -> f64 {
    const LANES: usize = 8;
    const BLOCK: usize = 128;
    if values.len() < LANES {
        return values.iter().fold(0.0, |sum, &value| sum + of(value));
    }
    if values.len() > BLOCK {
        let half = values.len() / 2;
        let (left, right) = values.split_at(half - half % LANES);
        return pairwise_sum(left, of) + pairwise_sum(right, of);
    }
    let mut lanes = [0.0; LANES];
    let (whole, rest) = values.split_at(values.len() - values.len() % LANES);
    for chunk in whole.chunks_exact(LANES) {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value);
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
    rest.iter().fold(sum, |sum, &value| sum + of(value))
}

#[cfg(test)]
mod tests;
