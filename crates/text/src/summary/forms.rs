//! The forms in which a summary is told: a page, a message to a professional network, a short one, a newsletter item.
//!
//! Each holds whole sentences and titles of the sources, the address of the whole text and the names of the sources; nothing is
//! rewritten, so that what grounds the summary grounds its forms.

use super::{Document, Pick, Summary};
use crate::keywords::{self, Rules};
use crate::language::{self, Language};
use crate::token::Tokens;

/// What a network shows before "see more".
pub const HOOK_CHARS_MAX: usize = 210;
/// A short message, and what any address counts in it. Source: the counting rules of X.
pub const SHORT_CHARS_MAX: usize = 280;
pub const LINK_CHARS: usize = 23;
/// Bullets below a hook, and the characters of each.
const BULLETS: usize = 3;
const BULLET_CHARS_MAX: usize = 240;
/// Sentences and words of a newsletter item.
const LETTER_SENTENCES: usize = 2;
const LETTER_WORDS_MAX: usize = 60;
/// Sentences of a paragraph: short enough to read on a phone.
pub const PARAGRAPH_SENTENCES: usize = 3;
const HASHTAGS_MAX: usize = 3;
const HASHTAG_CHARS: std::ops::RangeInclusive<usize> = 3..=30;

/// Plain text, ready to be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Forms {
    /// Headline, paragraphs and the list of sources.
    pub page: String,
    /// A hook of at most 210 characters, three bullets, hashtags, the link last.
    pub network: String,
    /// At most 280 characters, the link counted as 23.
    pub short: String,
    /// Headline, one or two sentences, the names of the sources, the link.
    pub letter: String,
    /// `#Names` from the keywords, at most 3.
    pub hashtags: Vec<String>,
}

/// All forms of `summary`, which was made of `documents`; `link` leads to the whole text and may be empty.
pub fn forms(summary: &Summary, documents: &[Document<'_>], link: &str) -> Forms {
    let text = summary.text();
    let tokens = Tokens::of(&text);
    let language = language::detect(&tokens);
    let hashtags = hashtags(&tokens, language);
    Forms {
        page: page(summary, documents, language),
        network: network(summary, &hashtags, link),
        short: short(summary, &hashtags, link),
        letter: letter(summary, documents, language, link),
        hashtags,
    }
}

fn page(summary: &Summary, documents: &[Document<'_>], language: Language) -> String {
    let mut parts = vec![summary.headline.clone()];
    for group in summary.sentences.chunks(PARAGRAPH_SENTENCES) {
        parts.push(group.iter().map(|pick| &*pick.text).collect::<Vec<_>>().join(" "));
    }
    let used = used(summary, documents);
    if !used.is_empty() {
        let lines = used.iter().map(|document| match (name(document), document.url) {
            (name, "") => format!("- {name}"),
            (name, url) => format!("- {name}: {url}"),
        });
        parts.push(std::iter::once(format!("{}:", sources_word(language))).chain(lines).collect::<Vec<_>>().join("\n"));
    }
    joined(parts, "\n\n")
}

fn network(summary: &Summary, hashtags: &[String], link: &str) -> String {
    let fits = |pick: &&Pick, most: usize| pick.text.chars().count() <= most;
    let first = summary.sentences.first();
    let (hook, taken) = match first.filter(|pick| fits(pick, HOOK_CHARS_MAX)) {
        Some(pick) => (one_line(&pick.text), 1),
        None => (super::excerpt(&summary.headline, HOOK_CHARS_MAX), 0),
    };
    let bullets: Vec<String> = (summary.sentences.iter().skip(taken))
        .filter(|pick| !pick.leans && fits(pick, BULLET_CHARS_MAX))
        .take(BULLETS)
        .map(|pick| format!("• {}", one_line(&pick.text)))
        .collect();
    joined(vec![hook, bullets.join("\n"), hashtags.join(" "), link.to_owned()], "\n\n")
}

fn short(summary: &Summary, hashtags: &[String], link: &str) -> String {
    let room = SHORT_CHARS_MAX - if link.is_empty() { 0 } else { LINK_CHARS + 1 };
    let fits = |text: &&str| text.chars().count() <= room;
    let first = summary.sentences.first().map(|pick| &*pick.text).filter(fits);
    let mut out = first.map_or_else(|| super::excerpt(&summary.headline, room), one_line);
    for tag in hashtags {
        if out.chars().count() + 1 + tag.chars().count() <= room {
            out = joined(vec![out, tag.clone()], " ");
        }
    }
    joined(vec![out, link.to_owned()], " ")
}

fn letter(summary: &Summary, documents: &[Document<'_>], language: Language, link: &str) -> String {
    let (mut said, mut count) = (Vec::new(), 0);
    for pick in summary.sentences.iter().filter(|pick| !pick.leans).take(LETTER_SENTENCES) {
        count += pick.text.split_whitespace().count();
        if count > LETTER_WORDS_MAX && !said.is_empty() {
            break;
        }
        said.push(one_line(&pick.text));
    }
    let mut names: Vec<&str> = used(summary, documents).into_iter().map(name).collect();
    names.dedup();
    let sources =
        if names.is_empty() { String::new() } else { format!("{}: {}", sources_word(language), names.join(", ")) };
    joined(vec![summary.headline.clone(), said.join(" "), sources, link.to_owned()], "\n")
}

/// How many characters a short message has where any address counts as [`LINK_CHARS`].
pub fn short_chars(text: &str) -> usize {
    let counted = |word: &str| if word.contains("://") { LINK_CHARS } else { word.chars().count() };
    text.split(' ').map(|word| counted(word) + 1).sum::<usize>().saturating_sub(1)
}

/// The documents that sentences were taken of, each name once, in the order of the list.
fn used<'d, 't>(summary: &Summary, documents: &'d [Document<'t>]) -> Vec<&'d Document<'t>> {
    let mut out: Vec<&Document<'_>> = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let is_used = summary.sentences.iter().any(|pick| pick.document == index);
        let is_named = !name(document).is_empty();
        if is_used && is_named && !out.iter().any(|other| (other.source, other.url) == (document.source, document.url))
        {
            out.push(document);
        }
    }
    out
}

/// The publication, or its host.
fn name<'t>(document: &Document<'t>) -> &'t str {
    let host = document.url.split("//").nth(1).and_then(|rest| rest.split(['/', ':', '?']).next());
    if document.source.is_empty() { host.unwrap_or_default() } else { document.source }
}

/// `#PortAuthority` for "port authority": the best keywords that hold no number and no stop word, none within another.
fn hashtags(tokens: &Tokens, language: Language) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for keyword in keywords::extract(tokens, Rules::Of(language), 6 * HASHTAGS_MAX) {
        if keyword.text.split_whitespace().any(|word| language.is_stop(&language.lower(word))) {
            continue;
        }
        let tag: String =
            keyword.text.split(|c: char| !c.is_alphanumeric()).map(|word| capitalised(word, language)).collect();
        let lower = language.lower(&tag);
        let fits = HASHTAG_CHARS.contains(&tag.chars().count()) && !tag.contains(char::is_numeric);
        let is_known = tags.iter().any(|other| {
            let other = language.lower(&other[1..]);
            other.contains(&lower) || lower.contains(&other)
        });
        if fits && !is_known {
            tags.push(format!("#{tag}"));
        }
        if tags.len() == HASHTAGS_MAX {
            break;
        }
    }
    tags
}

fn capitalised(word: &str, language: Language) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some('i') if language == Language::Turkish => format!("İ{}", chars.as_str()),
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn sources_word(language: Language) -> &'static str {
    match language {
        Language::Turkish => "Kaynaklar",
        Language::German => "Quellen",
        Language::Spanish => "Fuentes",
        Language::Italian => "Fonti",
        Language::Portuguese => "Fontes",
        Language::Dutch => "Bronnen",
        _ => "Sources",
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn joined(parts: Vec<String>, between: &str) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests;
