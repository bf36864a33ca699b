//! Everything that is known about a text, in one value: the result of `analyze`.

use std::borrow::Cow;

use serde::Serialize;

use crate::document::Document;
pub use crate::document::Format;
use crate::keywords::{self, Keyword};
use crate::language::{self, Language};
use crate::phrase::Lowered;
use crate::readability::{self, Counts, Readability, TurkishReadability};
use crate::score::{self, Evidence, Facts, Fix, Flaw, Part, Weights};
use crate::seo::{self, Context, Seo};
use crate::structure::{self, Findings, Reading, Structure};
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
    /// How much each part counts in the score.
    pub weights: Weights,
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
    /// At most ten, best (lowest score) first; English rules whatever the language, as the reference.
    pub keywords: Vec<Keyword>,
    /// The same by the language's own function words and letters, for one that has a list and is not English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords_own: Option<Vec<Keyword>>,
    pub structure: Structure,
    pub seo: Seo,
    /// Quality from 0 to 1; [`crate::score`] has the formula.
    pub score: f64,
    pub score_parts: Vec<Part>,
    /// In the order of their positions; at most [`SUGGESTIONS_MAX`].
    pub suggestions: Vec<Suggestion>,
    /// How many more there are: of each code [`structure::FINDINGS_MAX`] are shown, [`SUGGESTIONS_MAX`] in all.
    pub suggestions_left_out: usize,
    /// The changes that would raise the score most, the best one first; at most [`score::FIX_FIRST`].
    pub fix_first: Vec<Fix>,
}

/// A remedy for characters `start..end` (Unicode code points) of the original, markup included. Advice about the title
/// and other things outside the text stands at 0..0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    pub code: &'static str,
    pub message: Cow<'static, str>,
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
    let sentiment = vader::score(&tokens);
    let (counts, readability) = readability::measure(&tokens);
    let readability_tr = if language == Language::Turkish { readability::turkish(&tokens) } else { None };
    let keywords = keywords::extract(&tokens, keywords::Rules::Reference, KEYWORDS);
    let keywords_own = (language != Language::English && language.has_function_words())
        .then(|| keywords::extract(&tokens, keywords::Rules::Of(language), KEYWORDS));
    let lowered = Lowered::of(&tokens, language);
    let reading = Reading {
        original: text,
        format: options.format,
        document: &document,
        tokens: &tokens,
        lowered: &lowered,
        language,
    };
    let (structure, mut findings, links) = structure::measure(&reading);
    let context = Context {
        title: options.title.as_deref(),
        slug: options.slug.as_deref(),
        description: options.description.as_deref(),
        keyphrase: options.keyphrase.as_deref(),
    };
    let (seo, located) = seo::check(context, &reading, &links);
    findings.extend(located);
    let evidence = Evidence {
        language,
        readability: &readability,
        turkish: readability_tr.as_ref(),
        structure: &structure,
        sentiment: &sentiment,
        seo: &seo,
        focus: focus(&tokens, keywords_own.as_ref().unwrap_or(&keywords), context.title, language),
        has_title: context.title.is_some(),
    };
    let (score, score_parts) = score::score(&evidence, &options.weights);
    let (suggestions, suggestions_left_out) = suggest(text, &findings, &seo);
    let fix_first = fix_first(&Facts::of(&evidence), &options.weights, &findings, &score_parts, &suggestions);
    Analysis {
        language,
        sentiment,
        counts,
        readability,
        readability_tr,
        keywords,
        keywords_own,
        structure,
        seo,
        score,
        score_parts,
        suggestions,
        suggestions_left_out,
        fix_first,
    }
}

/// The share of keywords that stand in the title or the first two sentences.
fn focus(tokens: &Tokens, keywords: &[Keyword], title: Option<&str>, language: Language) -> f64 {
    let lead = tokens.sentences.get(1).or(tokens.sentences.first()).map_or(0, |sentence| sentence.range.end);
    let opening = language.lower(&format!("{}\n{}", title.unwrap_or(""), &tokens.text[..lead]));
    let found = keywords.iter().filter(|keyword| opening.contains(&language.lower(&keyword.text))).count();
    found as f64 / keywords.len().max(1) as f64
}

/// Failed checks without a place in the text first, then the findings, with bytes turned into characters; and how many
/// were left out.
fn suggest(original: &str, findings: &Findings, seo: &Seo) -> (Vec<Suggestion>, usize) {
    let failed = seo.checks.iter().filter(|check| !check.passed && findings.count(check.name) == 0);
    let mut suggestions: Vec<Suggestion> = failed
        .map(|check| Suggestion { code: check.name, message: sentence(&check.reason).into(), start: 0, end: 0 })
        .collect();
    let all = suggestions.len() + findings.total();
    let (mut byte, mut characters) = (0, 0);
    for finding in findings.kept.iter().take(SUGGESTIONS_MAX.saturating_sub(suggestions.len())) {
        characters += original[byte..finding.range.start].chars().count();
        byte = finding.range.start;
        let end = characters + original[finding.range.clone()].chars().count();
        suggestions.push(Suggestion { code: finding.code, message: finding.message.clone(), start: characters, end });
    }
    let left_out = all - suggestions.len();
    (suggestions, left_out)
}

/// What to mend first: each code of the suggestions once, with its first place.
fn fix_first(
    facts: &Facts,
    weights: &Weights,
    findings: &Findings,
    parts: &[Part],
    suggestions: &[Suggestion],
) -> Vec<Fix> {
    let located = findings.codes().map(|(code, count)| Flaw { code, count });
    let others = suggestions.iter().filter(|suggestion| findings.count(suggestion.code) == 0);
    let flaws: Vec<Flaw> = located.chain(others.map(|other| Flaw { code: other.code, count: 0 })).collect();
    let fix = |(code, gain, count)| {
        let first = suggestions.iter().find(|suggestion| suggestion.code == code);
        let part = || parts.iter().find(|part| part.name == code).map(|part| sentence(&part.reason));
        let message = first.map(|first| first.message.to_string()).or_else(part).unwrap_or_default();
        let (start, end) = first.map_or((0, 0), |first| (first.start, first.end));
        Fix { code, message, gain, count, start, end }
    };
    score::fix_first(facts, weights, &flaws, parts).into_iter().map(fix).collect()
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut characters = reason.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).chain(['.']).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
