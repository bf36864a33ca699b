//! Reading, measuring and comparing text: sentiment, readability, keywords, structure and one explained score;
//! sanitised HTML and Markdown, sentences, summaries, grounding, likeness.
//!
//! [`analysis::analyze`] is the way in for measures. Everything here is a pure function of its arguments, takes time
//! linear in the text, and never panics on input.

pub mod analysis;
pub mod check;
pub mod cluster;
pub mod diff;
pub mod document;
pub mod edits;
pub mod ground;
mod hash;
pub mod html;
pub mod keywords;
pub mod language;
pub mod lexeme;
pub mod lift;
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
pub mod untrusted;
pub mod vader;
pub mod vector;
pub mod word;

pub use analysis::{Analysis, Options, analyze};

/// What a fuzzer calls: everything that reads a text from outside, on the same bytes.
///
/// # Panics
/// Never, unless there is a fault: also when a place that is told lies outside the text.
pub fn fuzz(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, rest) = text.split_at(text.floor_char_boundary(text.len().min(60)));
    for format in [analysis::Format::Plain, analysis::Format::Markdown, analysis::Format::Html] {
        let language = [None, Some(language::Language::Turkish)][text.len() % 2];
        let given = Some(head.to_owned());
        let options = Options { language, title: given.clone(), keyphrase: given, format, ..Options::default() };
        let analysis = analyze(&text, &options);
        assert!((0.0..=1.0).contains(&analysis.score), "a score is a share");
        let length = text.chars().count();
        let places = analysis.suggestions.iter().map(|suggestion| suggestion.start..suggestion.end);
        for place in places.chain(analysis.fix_first.iter().map(|fix| fix.start..fix.end)) {
            assert!(place.start <= place.end && place.end <= length, "a place lies in the text");
        }
        edits::apply(&text, &edits::safe(&text, format, analysis.language));
    }
    let html = markdown::to_html(&text);
    html::sanitize(&html, None);
    html::sanitize(&text, Some("https://town.example/"));
    if let Ok(found) = html::article(&text, "https://town.example/a") {
        assert!(!found.title.is_empty(), "an article has a title");
    }
    ground::check(rest, &[head]);
    for lift in lift::find(rest, &[head, rest], 3).lifts {
        assert!(rest.get(lift.start..lift.end).is_some(), "a place lies in the text");
    }
    diff::words(head, rest);
    summary::excerpt(&text, 200);
    slug::slugify(&text, 80);
    link::canonical_url(&text);
    similar::shingles(&text);
}
