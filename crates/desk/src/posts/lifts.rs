//! What a version takes over word for word.

use serde::{Deserialize, Serialize};

/// What of a text stands word for word in its sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifts {
    /// The share of the text's words that lies in such runs, 0 to 1.
    pub share: f64,
    /// Runs of twelve words and more, in the order of the text; at most 200.
    pub passages: Vec<Lift>,
    /// How much each source has of the text, in the order of the sources that it was held against.
    pub containment: Vec<Containment>,
    /// It in one sentence for a reviewer; empty when there is no such run.
    pub note: String,
}

/// So many words in a row, from a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    pub words: usize,
    /// Characters (Unicode code points) of the body's Markdown.
    pub start: usize,
    pub end: usize,
    /// Who published the source, and its title.
    pub source: String,
    pub title: String,
    /// Characters of the source's text.
    pub source_start: usize,
    pub source_end: usize,
}

/// The share of the text's runs of three words that stand in a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Containment {
    pub source: String,
    pub title: String,
    /// 0 to 1.
    pub share: f64,
}
