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

use std::sync::LazyLock;

use serde::Serialize;

use crate::hash::{Map, Table, hash_of};
use crate::language::Language;

mod alike;
mod sentences;
mod tag;
mod tokens;

use tag::Tag;
use tokens::Reader;

/// A keyword as it first stands in the text; the lower the score (above 0), the more it says about the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Keyword {
    pub text: String,
    pub score: f64,
}

/// SMART's stop words and the titles that stand before names: what YAKE takes for English function words.
static STOP: LazyLock<Table> = LazyLock::new(|| {
    let words = include_str!("../data/stop_smart.txt").lines().chain(["dr", "dra", "mr", "ms"]);
    Table::of(words.map(|word| (word.as_bytes(), 0)))
});

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
            Self::Reference => STOP.contains(lower),
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

/// The best `limit` keywords of `text`, best first.
pub fn extract(text: &str, rules: Rules, limit: usize) -> Vec<Keyword> {
    let reader = Reader::of(text);
    let mut statistics = Statistics::new(rules, reader.len());
    for sentence in reader.sentences() {
        statistics.read(&reader, sentence);
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

/// A lower-case spelling; several can be one term.
struct Spelling {
    /// Bytes of [`Statistics::lowers`].
    lower: std::ops::Range<usize>,
    term: u32,
}

#[derive(Clone, Copy)]
struct Occurrence {
    spelling: u32,
    term: u32,
    /// Index of the token it stands in.
    token: u32,
    sound: bool,
}

/// A phrase that may be a keyword: nowhere a number or a jumble in it, no stop word at either end.
struct Candidate {
    length: u8,
    terms: [u32; TERMS],
    /// Tokens where it first stands.
    tokens: [u32; TERMS],
    spellings: [u32; TERMS],
    count: u32,
}

const NONE: u32 = u32::MAX;

struct Statistics {
    rules: Rules,
    terms: Vec<Term>,
    /// By 64 bits of hash, here and below: a text would need billions of words to confuse two.
    by_stem: Map<u64, u32>,
    spellings: Vec<Spelling>,
    by_spelling: Map<u64, u32>,
    lowers: String,
    /// How often the second term follows the first.
    pairs: Map<(u32, u32), u32>,
    /// (term, sentence), once each, in the order of sentences.
    places: Vec<(u32, u32)>,
    candidates: Vec<Candidate>,
    by_phrase: Map<[u32; TERMS], u32>,
    sentences: u32,
    block: Vec<Occurrence>,
    lower: String,
}

impl Statistics {
    /// For a text of `tokens`.
    fn new(rules: Rules, tokens: usize) -> Self {
        // Of more than this the same words come again and again.
        let room = tokens.min(4_096);
        Self {
            rules,
            terms: Vec::with_capacity(room / 2),
            by_stem: Map::with_capacity_and_hasher(room / 2, Default::default()),
            spellings: Vec::with_capacity(room / 2),
            by_spelling: Map::with_capacity_and_hasher(room / 2, Default::default()),
            lowers: String::with_capacity(room * 4),
            pairs: Map::with_capacity_and_hasher(room, Default::default()),
            places: Vec::with_capacity(room),
            candidates: Vec::with_capacity(room),
            by_phrase: Map::with_capacity_and_hasher(room, Default::default()),
            sentences: 0,
            block: Vec::new(),
            lower: String::new(),
        }
    }

    /// One sentence: punctuation cuts it into blocks, and no phrase crosses from one into the next.
    fn read(&mut self, reader: &Reader, sentence: std::ops::Range<usize>) {
        self.block.clear();
        for (at, token) in sentence.enumerate() {
            let word = reader.token(token);
            if word.bytes().all(|byte| byte.is_ascii_punctuation()) {
                self.block.clear();
                continue;
            }
            let tag = Tag::of(word, at > 0);
            let occurrence = self.occur(word, u32::try_from(token).unwrap_or(NONE), tag);
            self.meet(occurrence);
            self.propose(occurrence);
            self.block.push(occurrence);
        }
        self.sentences += 1;
    }

    fn occur(&mut self, word: &str, token: u32, tag: Tag) -> Occurrence {
        let mut lower = std::mem::take(&mut self.lower);
        self.rules.lower(word, &mut lower);
        let spelling = match self.by_spelling.get(&hash_of(&lower)) {
            Some(&spelling) => spelling,
            None => self.spell(&lower),
        };
        self.lower = lower;
        let term = self.spellings[spelling as usize].term;
        let known = &mut self.terms[term as usize];
        known.count += 1;
        known.acronyms += u32::from(tag == Tag::Acronym);
        known.proper += u32::from(tag == Tag::Proper);
        if known.sentence_last != Some(self.sentences) {
            known.sentence_last = Some(self.sentences);
            known.sentences += 1;
            self.places.push((term, self.sentences));
        }
        Occurrence { spelling, term, token, sound: !matches!(tag, Tag::Digit | Tag::Unparsable) }
    }

    fn spell(&mut self, lower: &str) -> u32 {
        let stem = match lower.strip_suffix('s') {
            Some(stem) if stem.chars().take(TERM_CHARS).count() == TERM_CHARS => stem,
            _ => lower,
        };
        let term = match self.by_stem.get(&hash_of(stem)) {
            Some(&term) => term,
            None => {
                let letters = stem.chars().filter(|c| !c.is_ascii_punctuation()).take(TERM_CHARS).count();
                let stop = letters < TERM_CHARS || self.rules.is_stop(lower) || self.rules.is_stop(stem);
                let term = u32::try_from(self.terms.len()).unwrap_or(NONE);
                self.terms.push(Term { stop, ..Term::default() });
                self.by_stem.insert(hash_of(stem), term);
                term
            }
        };
        let spelling = u32::try_from(self.spellings.len()).unwrap_or(NONE);
        let start = self.lowers.len();
        self.lowers.push_str(lower);
        self.spellings.push(Spelling { lower: start..self.lowers.len(), term });
        self.by_spelling.insert(hash_of(lower), spelling);
        spelling
    }

    /// The word before is a neighbour, unless one of the two is a number or a jumble.
    fn meet(&mut self, right: Occurrence) {
        let Some(left) = self.block.last().filter(|left| left.sound && right.sound) else { return };
        let times = self.pairs.entry((left.term, right.term)).or_default();
        *times += 1;
        let new = u32::from(*times == 1);
        let (left, right) = (left.term as usize, right.term as usize);
        self.terms[left].right.all += 1;
        self.terms[left].right.different += new;
        self.terms[right].left.all += 1;
        self.terms[right].left.different += new;
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
            let [mut terms, mut tokens, mut spellings] = [[NONE; TERMS]; 3];
            for (at, word) in words.iter().enumerate() {
                (terms[at], tokens[at], spellings[at]) = (word.term, word.token, word.spelling);
            }
            let next = u32::try_from(self.candidates.len()).unwrap_or(NONE);
            let index = *self.by_phrase.entry(spellings).or_insert(next);
            if index == next {
                self.candidates.push(Candidate { length: length as u8, terms, tokens, spellings, count: 0 });
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
        let medians = self.medians();
        for (term, median) in self.terms.iter_mut().zip(medians) {
            let count = f64::from(term.count);
            let share = count / most;
            let relatedness = (0.5 + term.left.spread() * share) + (0.5 + term.right.spread() * share);
            let case = f64::from(term.acronyms.max(term.proper)) / (1.0 + count.ln());
            let position = (3.0 + median).ln().ln();
            let frequency = count / (mean + deviation);
            let spread = f64::from(term.sentences) / f64::from(self.sentences);
            term.score = position * relatedness / (case + frequency / relatedness + spread / relatedness);
        }
    }

    /// The median number of the sentences of each term.
    fn medians(&self) -> Vec<f64> {
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
        starts
            .iter()
            .zip(&next)
            .map(|(&from, &to)| {
                let (low, high) = (sorted[from + (to - from - 1) / 2], sorted[from + (to - from) / 2]);
                f64::midpoint(f64::from(low), f64::from(high))
            })
            .collect()
    }

    fn score(&self, candidate: &Candidate) -> f64 {
        let terms = &candidate.terms[..usize::from(candidate.length)];
        let (mut product, mut sum) = (1.0, 0.0);
        for (at, &index) in terms.iter().enumerate() {
            let term = &self.terms[index as usize];
            if term.stop {
                // A function word inside a phrase is judged by how firmly it binds its neighbours.
                let (before, after) = (terms[at - 1], terms[at + 1]);
                let share = |pair: (u32, u32), of: u32| {
                    let times = self.pairs.get(&pair).copied().unwrap_or_default();
                    f64::from(times) / f64::from(self.terms[of as usize].count)
                };
                let firm = share((before, index), before) * share((index, after), after);
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

    fn lower(&self, spelling: u32) -> &str {
        &self.lowers[self.spellings[spelling as usize].lower.clone()]
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
                let text = joined(candidate.tokens[..words].iter().map(|&token| reader.token(token as usize)));
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
