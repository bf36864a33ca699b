//! Sentences that may be chosen.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{DOCUMENTS_MAX, Document, SENTENCES_MAX, TEXT_BYTES_MAX};
use crate::sentence::{self, without_dateline};
use crate::similar;
use crate::vector::{Model, Terms, Vector};
use crate::word::{self, Word, fold, is_stop, words};

/// Shorter sentences say little, longer ones are lists or lack their full stops.
const WORDS_MIN: usize = 5;
const WORDS_MAX: usize = 48;

pub(super) struct Candidate {
    pub document: usize,
    /// The byte range in the document's text.
    pub start: usize,
    pub end: usize,
    /// Its number among all sentences of the document.
    pub position: usize,
    pub words: usize,
    pub document_words: usize,
    /// It needs the sentence before it to be understood.
    pub leans: bool,
    /// Names and numbers per word.
    pub density: f32,
    pub vector: Vector,
    /// Its words but stop words, folded, in their order.
    pub keys: Vec<String>,
    /// Hashes of its word pairs, sorted.
    pairs: Vec<u64>,
}

impl Candidate {
    pub fn follows(&self, other: &Candidate) -> bool {
        self.document == other.document && self.position == other.position + 1
    }

    /// The share of its word pairs that stand in `other`.
    pub fn repeats(&self, other: &Candidate) -> f32 {
        similar::common(&self.pairs, &other.pairs) as f32 / self.pairs.len().max(1) as f32
    }
}

/// The usable sentences of the documents, those of each document in order.
pub(super) fn collect(documents: &[Document<'_>]) -> Vec<Candidate> {
    let per_document = (SENTENCES_MAX / documents.len().clamp(1, DOCUMENTS_MAX)).max(4);
    let mut candidates = Vec::new();
    let mut terms = Vec::new();
    for (document, Document { text, .. }) in documents.iter().enumerate().take(DOCUMENTS_MAX) {
        let read = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        let ranges = sentence::split(read);
        let document_words = words(read).count();
        let first = candidates.len();
        for (position, range) in ranges.into_iter().enumerate() {
            let whole = &read[range.clone()];
            let body = without_dateline(whole);
            let start = range.end - body.len();
            let found: Vec<Word<'_>> = words(body).collect();
            if !(WORDS_MIN..=WORDS_MAX).contains(&found.len()) || !is_finished(body) || is_boilerplate(body) {
                continue;
            }
            let keys: Vec<String> = found.iter().map(Word::key).filter(|key| !is_stop(key)).collect();
            terms.push(Terms::of(body));
            candidates.push(Candidate {
                document,
                start,
                end: range.end,
                position,
                words: found.len(),
                document_words,
                leans: leans(&found),
                density: density(&found),
                vector: Vector::default(),
                pairs: pairs(&keys),
                keys,
            });
            if candidates.len() - first >= per_document {
                break;
            }
        }
    }
    let mut model = Model::default();
    terms.iter().for_each(|t| model.add(t));
    for (candidate, terms) in candidates.iter_mut().zip(&terms) {
        candidate.vector = model.vector(terms);
    }
    candidates
}

/// Ends with a stop, and every quotation and bracket it opens is closed.
fn is_finished(sentence: &str) -> bool {
    let count = |c: char| sentence.matches(c).count();
    let closed =
        count('"') % 2 == 0 && count('(') == count(')') && count('[') == count(']') && count('«') == count('»');
    // “…” in English, „…“ in German.
    let quotes = count('“') == count('”') || count('„') == count('“');
    let stop = sentence
        .trim_end_matches(['"', '”', '’', '“', '»', ')', '\'', ']'])
        .ends_with(['.', '!', '?', '。', '！', '？']);
    let cut = sentence.ends_with("...") || sentence.ends_with("[…]") || sentence.ends_with("(...)");
    closed && quotes && stop && !cut && sentence.starts_with(|c: char| !c.is_lowercase())
}

/// Whether it speaks to the reader or about the site instead of telling the news.
pub(super) fn is_boilerplate(sentence: &str) -> bool {
    let folded = fold(sentence);
    ADVERTS.is_match(&folded) || is_shouting(sentence)
}

static ADVERTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let addresses = ["http://", "https://"];
    AhoCorasick::new(BOILERPLATE.iter().chain(&addresses)).expect("the phrases are few and short")
});

/// Ends in several exclamation marks, or says two words on end in capitals.
fn is_shouting(sentence: &str) -> bool {
    let capitals =
        |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !word.chars().any(char::is_lowercase);
    let words: Vec<&str> = sentence.split_whitespace().collect();
    sentence.trim_end().ends_with("!!")
        || words
            .windows(2)
            .any(|pair| pair.iter().all(|word| capitals(word) && !word.contains(|c: char| c.is_ascii_digit())))
}

fn leans(words: &[Word<'_>]) -> bool {
    let mut first = words.iter().map(|w| fold(w.text));
    let (first, second) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    LEANING.binary_search(&&*first).is_ok() || LEANING_PAIRS.contains(&(&*first, &*second))
}

fn density(words: &[Word<'_>]) -> f32 {
    let telling = words.iter().skip(1).filter(|w| w.is_number() || w.is_capitalised()).count();
    telling as f32 / words.len().max(1) as f32
}

fn pairs(keys: &[String]) -> Vec<u64> {
    let pair = |pair: &[String]| word::hash_bytes(pair[0].bytes().chain([b' ']).chain(pair[1].bytes()));
    let mut pairs: Vec<u64> = keys.windows(2).map(pair).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Folded.
#[rustfmt::skip]
static BOILERPLATE: &[&str] = &[
    "read more", "click here", "subscribe", "sign up", "newsletter", "cookie", "follow us", "all rights reserved",
    "advertisement", "share this", "log in to", "terms of use", "privacy policy", "this article was",
    "appeared first on", "continue reading", "download our app", "photo:", "photo by", "image credit", "getty images",
    "you may also like", "related articles", "watch the video", "listen to this", "support our journalism", "reporting by",
    "editing by", "devamini oku", "tiklayin", "abone ol", "bültenimize", "çerez", "tüm haklari", "bizi takip", "reklam",
    "haberin devami", "fotoğraf:", "kaynak:", "weiterlesen", "hier klicken", "abonnieren", "melden sie sich an",
    "folgen sie uns", "alle rechte vorbehalten", "anzeige", "datenschutz", "lesen sie auch", "mehr zum thema", "foto:",
];

/// First words that point back. Folded and sorted.
#[rustfmt::skip]
static LEANING: &[&str] = &[
    "aber", "additionally", "also", "ama", "ancak", "and", "außerdem", "ayrica", "besides", "bu", "bunlar", "bunu",
    "bunun", "bununla", "but", "consequently", "dabei", "dafür", "daher", "damit", "danach", "dann", "darauf", "dazu",
    "dennoch", "deshalb", "dies", "diese", "dieser", "dieses", "doch", "dolayisiyla", "er", "fakat", "furthermore",
    "he", "hence", "her", "his", "however", "ihr", "instead", "it", "its", "jedoch", "later", "likewise", "meanwhile",
    "moreover", "nevertheless", "o", "onlar", "onu", "onun", "or", "otherwise", "seine", "she", "sie", "similarly",
    "so", "somit", "still", "such", "that", "their", "then", "there", "therefore", "these", "they", "this", "those",
    "though", "thus", "trotzdem", "und", "ve", "which", "yet", "zudem", "öte", "üstelik", "şöyle",
];

static LEANING_PAIRS: &[(&str, &str)] = &[
    ("as", "such"),
    ("at", "that"),
    ("by", "contrast"),
    ("for", "example"),
    ("for", "instance"),
    ("in", "addition"),
    ("in", "contrast"),
    ("on", "that"),
    ("the", "latter"),
    ("the", "two"),
    ("buna", "göre"),
    ("bunun", "üzerine"),
    ("zum", "beispiel"),
];

#[cfg(test)]
pub(super) fn lists_are_sorted() -> bool {
    LEANING.is_sorted() && LEANING.iter().chain(BOILERPLATE).all(|w| fold(w) == *w)
}
