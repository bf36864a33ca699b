//! How a text is built: sentences, paragraphs, headings, passive voice, transitions, openings, repetitions, links, images.
//!
//! Measures that need word lists exist for English and Turkish (passive voice, transitions) and German (transitions);
//! for other languages they are `None` rather than a guess.

use std::ops::Range;

use serde::Serialize;

use crate::document::{BlockKind, Document};
use crate::language::Language;
use crate::token::{Sentence, Tokens, is_upper};

mod words;

/// Shares are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Structure {
    pub words: usize,
    pub sentences: usize,
    pub paragraphs: usize,
    pub headings: usize,
    pub top_headings: usize,
    pub list_items: usize,
    pub quotes: usize,
    pub links: usize,
    pub images: usize,
    pub images_without_alt: usize,
    pub words_per_sentence: f64,
    pub longest_sentence_words: usize,
    /// Sentences above the limit of the language: 20 words, in Turkish 15.
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
    pub cliches: Option<usize>,
    /// Words of two letters and more that are all capitals.
    pub capitals_share: f64,
    pub exclamations: usize,
    pub questions: usize,
}

/// Something worth changing, at bytes of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub message: String,
    pub range: Range<usize>,
}

const PARAGRAPH_WORDS: usize = 150;
const HEADING_WORDS: usize = 300;
const OPENINGS: usize = 3;
/// From here on capitals are shouting rather than names.
pub const CAPITALS_SHARE: f64 = 0.2;

pub fn measure(document: &Document, tokens: &Tokens, language: Language) -> (Structure, Vec<Finding>) {
    let lower: Vec<String> = tokens.words.iter().map(|word| language.lower(word.text)).collect();
    let mut survey = Survey { document, tokens, language, lower, findings: Vec::new() };
    let mut structure = Structure {
        words: tokens.words.len(),
        sentences: tokens.sentences.len(),
        links: document.links.len(),
        images: document.images.len(),
        exclamations: tokens.text.bytes().filter(|&b| b == b'!').count(),
        questions: tokens.text.bytes().filter(|&b| b == b'?').count(),
        ..Structure::default()
    };
    survey.blocks(&mut structure);
    survey.sentences(&mut structure);
    survey.openings(&mut structure);
    survey.words(&mut structure);
    for image in document.images.iter().filter(|image| image.alt.trim().is_empty()) {
        structure.images_without_alt += 1;
        let message = "Say in the alternative text what the image shows.".to_owned();
        survey.findings.push(Finding { code: "image_alt_missing", message, range: image.range.clone() });
    }
    survey.findings.sort_by_key(|finding| finding.range.start);
    (structure, survey.findings)
}

/// The most words that a sentence should have.
pub fn sentence_words_limit(language: Language) -> usize {
    if language == Language::Turkish { 15 } else { 20 }
}

struct Survey<'a> {
    document: &'a Document,
    tokens: &'a Tokens<'a>,
    language: Language,
    /// The words of the tokens in lower case.
    lower: Vec<String>,
    findings: Vec<Finding>,
}

impl Survey<'_> {
    fn find(&mut self, code: &'static str, range: &Range<usize>, message: String) {
        let range = self.document.original(range);
        self.findings.push(Finding { code, message, range });
    }

    fn blocks(&mut self, structure: &mut Structure) {
        let mut since_heading = 0;
        let mut undivided = None;
        for block in &self.document.blocks {
            let count = |at: usize| self.tokens.words.partition_point(|word| word.start < at);
            let words = count(block.range.end) - count(block.range.start);
            match block.kind {
                BlockKind::Heading(level) => {
                    structure.headings += 1;
                    structure.top_headings += usize::from(level == 1);
                    since_heading = 0;
                    continue;
                }
                BlockKind::Item => structure.list_items += 1,
                BlockKind::Quote => structure.quotes += 1,
                BlockKind::Code => {}
                BlockKind::Paragraph => {
                    structure.paragraphs += 1;
                    structure.longest_paragraph_words = structure.longest_paragraph_words.max(words);
                    if words > PARAGRAPH_WORDS {
                        let message = format!(
                            "This paragraph has {words} words; split it so that none has over {PARAGRAPH_WORDS}."
                        );
                        self.find("paragraph_long", &block.range, message);
                    }
                }
            }
            since_heading += words;
            if since_heading > HEADING_WORDS && undivided.is_none() {
                undivided = Some(block.range.clone());
            }
            structure.words_between_headings_max = structure.words_between_headings_max.max(since_heading);
        }
        if let Some(range) = undivided {
            let most = structure.words_between_headings_max;
            self.find(
                "heading_missing",
                &range,
                format!("{most} words run on without a heading; put one at least every {HEADING_WORDS}."),
            );
        }
    }

    fn sentences(&mut self, structure: &mut Structure) {
        let limit = sentence_words_limit(self.language);
        let transitions = match self.language {
            Language::English => Some(words::TRANSITIONS_EN),
            Language::Turkish => Some(words::TRANSITIONS_TR),
            Language::German => Some(words::TRANSITIONS_DE),
            _ => None,
        };
        let (mut long, mut passive, mut tied) = (0, 0, 0);
        for sentence in &self.tokens.sentences {
            let words = sentence.words.len();
            structure.longest_sentence_words = structure.longest_sentence_words.max(words);
            if words > limit {
                long += 1;
                // A little over the limit is for the share to judge; far over it deserves a place of its own.
                if words > limit + limit / 2 {
                    self.find(
                        "sentence_long",
                        &sentence.range,
                        format!("This sentence has {words} words; aim at {limit} or fewer."),
                    );
                }
            }
            if let Some(range) = self.passive(sentence) {
                passive += 1;
                self.find("passive_voice", &range, "Say who does it: this is in the passive voice.".to_owned());
            }
            tied += usize::from(transitions.is_some_and(|list| {
                sentence.words.clone().any(|at| self.phrase(list, at, sentence.words.end).is_some())
            }));
        }
        let share = |count: usize| count as f64 / self.tokens.sentences.len().max(1) as f64;
        structure.words_per_sentence = share(self.tokens.words.len());
        structure.long_sentences_share = share(long);
        structure.transition_share = transitions.map(|_| share(tied));
        structure.passive_share =
            matches!(self.language, Language::English | Language::Turkish).then(|| share(passive));
        if transitions.is_some() && self.tokens.words.len() >= 200 && share(tied) < 0.2 {
            let range = 0..self.tokens.text.len();
            let message = format!(
                "Only {tied} of {} sentences have a transition word; tie more of them together.",
                self.tokens.sentences.len()
            );
            self.find("transitions_few", &range, message);
        }
    }

    /// Where the sentence is in the passive voice.
    fn passive(&self, sentence: &Sentence) -> Option<Range<usize>> {
        let words = sentence.words.clone();
        let span = |from: usize, to: usize| self.tokens.words[from].start..self.tokens.words[to].range().end;
        match self.language {
            Language::English => words.clone().find_map(|at| {
                words::BE_FORMS.binary_search(&&*self.lower[at]).ok()?;
                let adverb = |word: &str| {
                    word.ends_with("ly")
                        || matches!(word, "not" | "also" | "being" | "been" | "still" | "never" | "now")
                };
                let next = (at + 1..words.end.min(at + 4)).find(|&next| !adverb(&self.lower[next]))?;
                is_participle(&self.lower[next]).then(|| span(at, next))
            }),
            Language::Turkish => {
                let last = words.end.checked_sub(1).filter(|last| words.contains(last))?;
                let verb = &self.lower[last];
                let passive = words::PASSIVE_ENDINGS_TR
                    .iter()
                    .any(|ending| verb.len() > ending.len() + 1 && verb.ends_with(ending));
                passive.then(|| span(last, last))
            }
            _ => None,
        }
    }

    fn openings(&mut self, structure: &mut Structure) {
        let first = |sentence: &Sentence| sentence.words.clone().next().map(|at| &*self.lower[at]);
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let sentences = &self.tokens.sentences;
        let mut from = 0;
        for at in 1..=sentences.len() {
            let same = sentences
                .get(at)
                .is_some_and(|sentence| first(sentence).is_some() && first(sentence) == first(&sentences[from]));
            if !same {
                structure.equal_openings_max = structure.equal_openings_max.max(at - from);
                if at - from >= OPENINGS {
                    runs.push((from, at));
                }
                from = at;
            }
        }
        for (from, to) in runs {
            let range = sentences[from].range.start..sentences[to - 1].range.end;
            let message = format!("{} sentences in a row begin with the same word; vary their openings.", to - from);
            self.find("openings_equal", &range, message);
        }
    }

    fn words(&mut self, structure: &mut Structure) {
        let tokens = self.tokens;
        let mut shouted = 0;
        let mut judged = 0usize;
        for (at, word) in tokens.words.iter().enumerate() {
            if word.text.chars().filter(|c| c.is_alphabetic()).nth(1).is_some() {
                judged += 1;
                shouted += usize::from(is_upper(word.text));
            }
            let repeated = at > 0 && !word.after_break && self.lower[at] == self.lower[at - 1];
            let twice_right = matches!(&*self.lower[at], "had" | "that") || word.text.starts_with(char::is_numeric);
            // Turkish doubles words to mean something ("yavaş yavaş").
            if repeated && !twice_right && self.language != Language::Turkish {
                structure.repeated_words += 1;
                let range = tokens.words[at - 1].start..word.range().end;
                self.find(
                    "word_repeated",
                    &range,
                    format!("\u{201c}{}\u{201d} stands here twice.", word.text.chars().take(40).collect::<String>()),
                );
            }
        }
        structure.capitals_share = shouted as f64 / judged.max(1) as f64;
        if structure.capitals_share > CAPITALS_SHARE && judged >= 5 {
            let percent = (100.0 * structure.capitals_share).round();
            self.find(
                "capitals",
                &(0..tokens.text.len()),
                format!("{percent} % of the words are in capitals, which reads as shouting."),
            );
        }
        if self.language == Language::English {
            structure.hedges = Some(self.phrases(
                words::HEDGES_EN,
                "hedge",
                "This takes back what is said; keep it only if the doubt is real.",
            ));
            structure.cliches =
                Some(self.phrases(words::CLICHES_EN, "cliche", "This phrase is worn out; say it in plain words."));
        }
    }

    fn phrases(&mut self, list: &[&str], code: &'static str, message: &str) -> usize {
        let (mut at, mut count) = (0, 0);
        while at < self.lower.len() {
            let Some(length) = self.phrase(list, at, self.lower.len()) else {
                at += 1;
                continue;
            };
            let range = self.tokens.words[at].start..self.tokens.words[at + length - 1].range().end;
            self.find(code, &range, message.to_owned());
            count += 1;
            at += length;
        }
        count
    }

    /// How many words from `at` make a phrase of the sorted `list`.
    fn phrase(&self, list: &[&str], at: usize, end: usize) -> Option<usize> {
        let first = &*self.lower[at];
        let from = list.partition_point(|phrase| *phrase < first);
        list[from..].iter().take_while(|phrase| phrase.starts_with(first)).find_map(|phrase| {
            let length = phrase.split(' ').count();
            let words = self.lower.get(at..(at + length).min(end))?;
            phrase.split(' ').eq(words.iter().map(|word| &**word)).then_some(length)
        })
    }
}

fn is_participle(word: &str) -> bool {
    let regular = word.len() > 3 && word.ends_with("ed") && words::NOT_PARTICIPLES.binary_search(&word).is_err();
    regular || words::PARTICIPLES_EN.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests;
