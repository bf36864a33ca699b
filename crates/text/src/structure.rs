//! How a text is built and worded: headings, paragraphs, sentences, passive voice, transitions, openings, repetitions,
//! hedges, worn-out and wordy phrases, links, images, lists.
//!
//! English and Turkish are judged in full; German, French, Spanish, Italian, Portuguese and Dutch have lists of
//! transitions. What needs a list that a language has not is `None` and named in [`Structure::not_judged`].

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use crate::check::{Check, NotJudged};
use crate::document::{BlockKind, Document, Format};
use crate::language::Language;
use crate::phrase::Lowered;
use crate::scan;
use crate::token::Tokens;

mod blocks;
mod checks;
mod findings;
mod links;
mod passive;
mod sentences;
mod wording;

pub use checks::*;
pub use findings::{FINDINGS_MAX, Finding, Findings};
pub use links::LinkText;

/// A text with everything that the checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub original: &'a str,
    pub format: Format,
    pub document: &'a Document,
    pub tokens: &'a Tokens<'a>,
    pub lowered: &'a Lowered<'a>,
    pub language: Language,
}

/// Shares are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Structure {
    pub words: usize,
    pub sentences: usize,
    pub paragraphs: usize,
    pub headings: usize,
    pub top_headings: usize,
    pub empty_headings: usize,
    /// Headings more than one level below the one before.
    pub heading_jumps: usize,
    pub list_items: usize,
    pub quotes: usize,
    pub links: usize,
    /// Links to other hosts, as far as the addresses tell.
    pub links_outbound: usize,
    pub images: usize,
    pub images_without_alt: usize,
    pub words_per_sentence: f64,
    pub longest_sentence_words: usize,
    /// Sentences above the limit of the language, [`sentence_words_limit`].
    pub long_sentences_share: f64,
    pub longest_paragraph_words: usize,
    /// The longest stretch of words without a heading.
    pub words_between_headings_max: usize,
    pub passive_share: Option<f64>,
    pub transition_share: Option<f64>,
    /// The longest run of sentences that begin with the same word.
    pub equal_openings_max: usize,
    pub repeated_words: usize,
    pub hedges: Option<usize>,
    /// Words that strengthen without saying anything, and nameless authorities.
    pub weasels: Option<usize>,
    pub cliches: Option<usize>,
    pub wordy: Option<usize>,
    /// Words of two letters and more that are all capitals.
    pub capitals_share: f64,
    pub exclamations: usize,
    pub questions: usize,
    pub checks: Vec<Check>,
    pub not_judged: Vec<NotJudged>,
}

/// The measures, the places worth changing in the order of their positions, and the words of the links.
pub fn measure<'a>(reading: &Reading<'a>) -> (Structure, Findings, Vec<LinkText<'a>>) {
    let Reading { document, tokens, .. } = reading;
    let mut survey = Survey {
        reading: *reading,
        findings: Findings::default(),
        structure: Structure {
            words: tokens.words.len(),
            sentences: tokens.sentences.len(),
            links: document.links.len(),
            images: document.images.len(),
            exclamations: scan::count(tokens.text.as_bytes(), scan::of(*b"!")),
            questions: scan::count(tokens.text.as_bytes(), scan::of(*b"?")),
            ..Structure::default()
        },
    };
    survey.blocks();
    survey.sentences();
    survey.words();
    let links = survey.links();
    survey.images();
    survey.checks();
    let Survey { mut findings, structure, .. } = survey;
    findings.sort();
    (structure, findings, links)
}

/// The most words that a sentence should have. Source: Yoast's public scoring criteria; the language of a text decides
/// how much a word carries.
pub fn sentence_words_limit(language: Language) -> usize {
    match language {
        Language::Turkish | Language::Russian | Language::Hebrew => 15,
        Language::Italian | Language::Spanish | Language::Portuguese => 25,
        _ => 20,
    }
}

struct Survey<'a> {
    reading: Reading<'a>,
    structure: Structure,
    findings: Findings,
}

impl Survey<'_> {
    /// Notes a place given by bytes of the readable text.
    fn find(&mut self, code: &'static str, range: &Range<usize>, message: impl FnOnce() -> Cow<'static, str>) {
        let document = self.reading.document;
        self.findings.add(code, || (document.original(range), message()));
    }

    /// Notes words `from..=to`.
    fn find_words(&mut self, code: &'static str, from: usize, to: usize, message: impl FnOnce() -> Cow<'static, str>) {
        let words = &self.reading.tokens.words;
        let range = words[from].start..words[to].range().end;
        self.find(code, &range, message);
    }
}

/// Tells, for positions that rise from call to call, the kind of block they stand in.
struct Kinds<'a> {
    document: &'a Document,
    at: usize,
}

impl<'a> Kinds<'a> {
    fn of(document: &'a Document) -> Self {
        Self { document, at: 0 }
    }

    fn at(&mut self, position: usize) -> BlockKind {
        let blocks = &self.document.blocks;
        while blocks.get(self.at).is_some_and(|block| block.range.end <= position) {
            self.at += 1;
        }
        blocks
            .get(self.at)
            .filter(|block| block.range.start <= position)
            .map_or(BlockKind::Paragraph, |block| block.kind)
    }
}

#[cfg(test)]
mod tests;
