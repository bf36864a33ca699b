//! Everything that is known about a text, in one value: the result of `analyze`.

use serde::Serialize;

use crate::document::Document;
pub use crate::document::Format;
use crate::keywords::{self, Keyword};
use crate::language::{self, Language};
use crate::readability::{self, Counts, Readability, TurkishReadability};
use crate::score::{self, Evidence, Part};
use crate::seo::{self, Context, Seo};
use crate::structure::{self, Finding, Structure};
use crate::token::Tokens;
use crate::vader::{self, Sentiment};

/// What is known beside the text; everything may be left out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Detected when absent.
    pub language: Option<Language>,
    pub title: Option<String>,
    pub slug: Option<String>,
    pub description: Option<String>,
    pub keyphrase: Option<String>,
    pub format: Format,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    pub language: Language,
    pub sentiment: Sentiment,
    /// English rules whatever the language, as the reference counts.
    pub counts: Counts,
    pub readability: Readability,
    /// Only for Turkish texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readability_tr: Option<TurkishReadability>,
    /// At most ten, best (lowest score) first.
    pub keywords: Vec<Keyword>,
    pub structure: Structure,
    pub seo: Seo,
    /// Quality from 0 to 1; [`crate::score`] has the formula.
    pub score: f64,
    pub score_parts: Vec<Part>,
    /// In the order of their positions; at most [`SUGGESTIONS_MAX`].
    pub suggestions: Vec<Suggestion>,
}

/// A remedy for characters `start..end` (Unicode code points) of the original, markup included. Advice about the title
/// and other things outside the text stands at 0..0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    pub code: &'static str,
    pub message: String,
    pub start: usize,
    pub end: usize,
}

pub const KEYWORDS: usize = 10;
pub const SUGGESTIONS_MAX: usize = 500;

/// Analyses `text`. Plain text is taken as given; of Markdown and HTML the readable text is measured. Linear in its length.
pub fn analyze(text: &str, options: &Options) -> Analysis {
    let document = Document::of(text, options.format);
    let tokens = Tokens::of(&document.text);
    let language = options.language.unwrap_or_else(|| language::detect(&tokens));
    let sentiment = vader::score(tokens.text);
    let (counts, readability) = readability::measure(&tokens);
    let readability_tr = if language == Language::Turkish { readability::turkish(&tokens) } else { None };
    let keywords = keywords::extract(&tokens, language, KEYWORDS);
    let (structure, findings) = structure::measure(&document, &tokens, language);
    let context = Context {
        title: options.title.as_deref(),
        slug: options.slug.as_deref(),
        description: options.description.as_deref(),
        keyphrase: options.keyphrase.as_deref(),
    };
    let seo = seo::check(context, &document, &tokens, &structure, language);
    let (score, score_parts) = score::score(&Evidence {
        language,
        counts: &counts,
        readability: &readability,
        turkish: readability_tr.as_ref(),
        structure: &structure,
        sentiment: &sentiment,
        seo: &seo,
        focus: focus(&tokens, &keywords, context.title, language),
        has_title: context.title.is_some(),
        has_keyphrase: context.keyphrase.is_some(),
    });
    let suggestions = suggest(text, findings, &seo);
    Analysis {
        language,
        sentiment,
        counts,
        readability,
        readability_tr,
        keywords,
        structure,
        seo,
        score,
        score_parts,
        suggestions,
    }
}

/// The share of keywords that stand in the title or the first two sentences.
fn focus(tokens: &Tokens, keywords: &[Keyword], title: Option<&str>, language: Language) -> f64 {
    let lead = tokens.sentences.get(1).or(tokens.sentences.first()).map_or(0, |sentence| sentence.range.end);
    let opening = language.lower(&format!("{}\n{}", title.unwrap_or(""), &tokens.text[..lead]));
    let found = keywords.iter().filter(|keyword| opening.contains(&language.lower(&keyword.text))).count();
    found as f64 / keywords.len().max(1) as f64
}

/// Failed checks first (they have no place in the text), then the findings, with bytes turned into characters.
fn suggest(original: &str, findings: Vec<Finding>, seo: &Seo) -> Vec<Suggestion> {
    let failed = seo.checks.iter().filter(|check| !check.passed);
    let mut suggestions: Vec<Suggestion> = failed
        .map(|check| Suggestion { code: check.name, message: sentence(&check.reason), start: 0, end: 0 })
        .collect();
    let (mut byte, mut characters) = (0, 0);
    for finding in findings.into_iter().take(SUGGESTIONS_MAX.saturating_sub(suggestions.len())) {
        characters += original[byte..finding.range.start].chars().count();
        byte = finding.range.start;
        let end = characters + original[finding.range].chars().count();
        suggestions.push(Suggestion { code: finding.code, message: finding.message, start: characters, end });
    }
    suggestions
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut characters = reason.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).chain(['.']).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
