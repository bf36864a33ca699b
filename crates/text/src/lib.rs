//! Reading, measuring and comparing text: sentiment, readability, keywords, structure and one explained score;
//! sanitised HTML and Markdown, sentences, summaries, grounding, likeness.
//!
//! [`analysis::analyze`] is the way in for measures. Everything here is a pure function of its arguments, takes time
//! linear in the text, and never panics on input.

pub mod analysis;
pub mod check;
pub mod diff;
pub mod document;
pub mod edits;
pub mod ground;
mod hash;
pub mod html;
pub mod keywords;
pub mod language;
pub mod lexeme;
pub mod link;
pub mod markdown;
pub mod phrase;
pub mod readability;
mod scan;
pub mod score;
pub mod sentence;
pub mod seo;
pub mod similar;
pub mod slug;
pub mod stem;
pub mod structure;
pub mod summary;
pub mod syllable;
pub mod token;
mod trie;
pub mod vader;
pub mod vector;
pub mod word;

pub use analysis::{Analysis, Options, analyze};
