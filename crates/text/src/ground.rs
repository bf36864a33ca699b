//! Whether a draft says only what its sources say.
//!
//! Everything here is deterministic and can be shown to an editor: each number, quotation and name of
//! the draft is looked up in the sources, each sentence gets the source sentence that supports it best.
//! Drafts and sources are plain text ([`crate::html::to_text`], [`crate::markdown::to_text`]); titles a
//! draft may use belong among the sources.

mod number;
mod quotation;
mod support;

use std::collections::HashSet;

use crate::sentence::{self, without_dateline};
use crate::word::{self, Word, words};

/// The share of a sentence's content that its best source sentence must hold.
pub const SUPPORT_MIN: f32 = 0.35;

/// Sentences looked at in a draft and in all sources together; a draft's sentences beyond it count as
/// unsupported. Bounds time for absurd input.
const DRAFT_SENTENCES_MAX: usize = 500;
const SOURCE_SENTENCES_MAX: usize = 5_000;

/// The longest run of words that is taken apart into several source sentences.
const JOINED_WORDS_MAX: usize = 160;

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Report {
    /// Every sentence is a trimmed source sentence, or every number and quotation stands in the sources.
    /// A draft without a sentence is not supported.
    pub supported: bool,
    /// Every sentence is a trimmed source sentence.
    pub verbatim: bool,
    /// What was not found, in the order of the draft. Names and weak sentences are reported for the
    /// editor; they do not decide `supported`.
    pub unsupported: Vec<Unsupported>,
    /// The best support of each sentence of the draft.
    pub sentences: Vec<Support>,
}

/// A piece of the draft, `start..end` in bytes, that the sources do not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unsupported {
    pub kind: Kind,
    pub text: String,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Number,
    Name,
    Quotation,
    Sentence,
}

/// A sentence of the draft, `start..end` in bytes, and the source that supports it best.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Support {
    pub start: usize,
    pub end: usize,
    /// The position in the list of sources; `None` when no source shares a word with it.
    pub source: Option<usize>,
    /// The share of its content words and word pairs in that source's best sentence, 0–1.
    pub support: f32,
}

/// Compares `draft` with `sources`.
pub fn check(draft: &str, sources: &[&str]) -> Report {
    let known = Known::of(sources);
    let ranges = sentence::split(draft);
    let mut verbatim = !ranges.is_empty() && ranges.len() <= DRAFT_SENTENCES_MAX;
    let mut sentences = Vec::with_capacity(ranges.len().min(DRAFT_SENTENCES_MAX));
    let mut unsupported = Vec::new();
    for (i, range) in ranges.into_iter().enumerate() {
        let (start, end) = (range.start, range.end);
        let text = &draft[range];
        let within_bound = i < DRAFT_SENTENCES_MAX;
        let copied = within_bound && known.is_verbatim(text);
        verbatim &= copied;
        let (source, support) = if within_bound { known.support.best(text) } else { (None, 0.0) };
        let support = if copied { 1.0 } else { support };
        sentences.push(Support { start, end, source, support });
        if support < SUPPORT_MIN {
            unsupported.push(Unsupported { kind: Kind::Sentence, text: text.to_owned(), start, end });
        }
        if !copied {
            let pieces = known.missing_names(text);
            unsupported.extend(pieces.into_iter().map(|r| piece(Kind::Name, draft, start + r.start, start + r.end)));
        }
    }
    let numbers = known.numbers.missing(draft);
    unsupported.extend(numbers.into_iter().map(|r| piece(Kind::Number, draft, r.start, r.end)));
    let quotations = quotation::missing(draft, &known.running);
    unsupported.extend(quotations.into_iter().map(|r| piece(Kind::Quotation, draft, r.start, r.end)));

    let decisive = unsupported.iter().any(|u| matches!(u.kind, Kind::Number | Kind::Quotation));
    let supported = !sentences.is_empty() && (verbatim || !decisive);
    if verbatim {
        // Where the draft is the source's own words, a quotation mark opened in the sentence before says nothing.
        unsupported.clear();
    }
    unsupported.sort_by_key(|u| (u.start, u.end));
    Report { supported, verbatim, unsupported, sentences }
}

fn piece(kind: Kind, draft: &str, start: usize, end: usize) -> Unsupported {
    Unsupported { kind, text: draft[start..end].to_owned(), start, end }
}

/// What the sources hold.
struct Known {
    /// Source sentences, whole and without their dateline, in [`plain`] form.
    sentences: HashSet<String>,
    words: HashSet<String>,
    numbers: number::Numbers,
    /// All words of all sources, for quotations.
    running: String,
    support: support::Index,
}

impl Known {
    fn of(sources: &[&str]) -> Known {
        let mut known = Known {
            sentences: HashSet::new(),
            words: HashSet::new(),
            numbers: number::Numbers::default(),
            running: String::new(),
            support: support::Index::default(),
        };
        for (i, source) in sources.iter().enumerate() {
            known.numbers.add(source);
            quotation::run(source, &mut known.running);
            known.words.extend(words(source).map(|w| w.key()));
            for range in sentence::split(source) {
                if known.support.len() >= SOURCE_SENTENCES_MAX {
                    break;
                }
                let text = &source[range];
                known.support.add(i, text);
                known.sentences.insert(plain(without_dateline(text)));
                known.sentences.insert(plain(text));
            }
        }
        known
    }

    /// Whether `text` is one source sentence, or several in a row: the splitter may see one sentence
    /// where two meet that were apart in their sources.
    fn is_verbatim(&self, text: &str) -> bool {
        let text = plain(text);
        if self.sentences.contains(&text) {
            return true;
        }
        let ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).chain([text.len()]).collect();
        if ends.len() > JOINED_WORDS_MAX {
            return false;
        }
        // `reached`: places up to which the text is made of whole source sentences.
        let mut reached = vec![0];
        for end in ends {
            let from = reached.iter().any(|start| self.sentences.contains(&text[*start..end]));
            if from {
                if end == text.len() {
                    return true;
                }
                reached.push(end + 1);
            }
        }
        false
    }

    /// Runs of capitalised words that neither the sources nor the start of a sentence explain.
    fn missing_names(&self, sentence: &str) -> Vec<std::ops::Range<usize>> {
        let all: Vec<Word<'_>> = words(sentence).collect();
        let mut missing = Vec::new();
        let mut i = 0;
        while i < all.len() {
            let mut end = i;
            while end < all.len()
                && all[end].is_capitalised()
                && (end == i || together(sentence, all[end - 1], all[end]))
            {
                end += 1;
            }
            let run = &all[i..end];
            let unknown = run.iter().enumerate().any(|(at, w)| {
                let starts_sentence = i + at == 0 || after_quote(sentence, *w);
                let key = w.key();
                !starts_sentence && key.len() > 1 && !word::is_stop(&key) && !self.knows(&key)
            });
            if unknown && let (Some(first), Some(last)) = (run.first(), run.last()) {
                missing.push(first.start..last.end());
            }
            i = end.max(i + 1);
        }
        missing
    }

    /// A known word, also in the plural or with the possessive s.
    fn knows(&self, key: &str) -> bool {
        self.words.contains(key) || key.strip_suffix('s').is_some_and(|short| self.words.contains(short))
    }
}

fn together(sentence: &str, a: Word<'_>, b: Word<'_>) -> bool {
    let between = &sentence[a.end()..b.start];
    matches!(between, " " | "-" | "\u{a0}" | ". " | "." | " & ")
}

/// A quotation starts its own sentence.
fn after_quote(sentence: &str, word: Word<'_>) -> bool {
    sentence[..word.start].ends_with(['"', '“', '„', '«', '‘', '»', '(', ':']) || sentence[..word.start].ends_with(": ")
}

/// One form for what differs only in typography: quotation marks, dashes, blanks.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            match c {
                '“' | '”' | '„' | '«' | '»' | '‟' => out.push('"'),
                '‘' | '’' | '‚' | '‹' | '›' => out.push('\''),
                '–' | '—' | '‑' | '−' => out.push('-'),
                '…' => out.push_str("..."),
                '\u{AD}' | '\u{200B}' | '\u{FEFF}' => {}
                _ => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
