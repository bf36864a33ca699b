//! The forms in which a summary is told: a page, a message to a professional network, a short one, a newsletter item.
//!
//! Each holds whole sentences and titles of the sources, the address of the whole text and the names of the sources; nothing is
//! rewritten, so that what grounds the summary grounds its forms.

use super::{Document, Pick, Summary};
use crate::keywords::{self, Rules};
use crate::language::{self, Language};
use crate::token::Tokens;
use crate::word::fold;

/// What a network shows before "see more".
pub const HOOK_CHARS_MAX: usize = 210;
/// A short message, and what any address counts in it. Source: the counting rules of X.
pub const SHORT_CHARS_MAX: usize = 280;
pub const LINK_CHARS: usize = 23;
/// Bullets below a hook, and the characters of each.
const BULLETS: usize = 3;
const BULLET_CHARS_MAX: usize = 240;
/// What is a point of a product and no sentence of its description.
const POINT_CHARS_MAX: usize = 120;
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
    let hashtags = tags(&tokens, language);
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
    let (hook, bullets) = hook(summary);
    let bullets: Vec<String> = bullets.iter().map(|text| format!("• {text}")).collect();
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
    let said = brief(summary);
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

/// What a network shows first, in [`HOOK_CHARS_MAX`] characters, and up to three sentences for bullets below it.
pub fn hook(summary: &Summary) -> (String, Vec<String>) {
    let first = summary.sentences.first();
    let (hook, taken) = match first.filter(|pick| fits(pick, HOOK_CHARS_MAX)) {
        Some(pick) => (one_line(&pick.text), 1),
        None => (super::excerpt(&summary.headline, HOOK_CHARS_MAX), 0),
    };
    let bullets = (summary.sentences.iter().skip(taken))
        .filter(|pick| !pick.leans && fits(pick, BULLET_CHARS_MAX))
        .take(BULLETS)
        .map(|pick| one_line(&pick.text))
        .collect();
    (hook, bullets)
}

/// One or two sentences, for between two other items of a newsletter.
pub fn brief(summary: &Summary) -> Vec<String> {
    let (mut said, mut count) = (Vec::new(), 0);
    for pick in summary.sentences.iter().filter(|pick| !pick.leans).take(LETTER_SENTENCES) {
        count += pick.text.split_whitespace().count();
        if count > LETTER_WORDS_MAX && !said.is_empty() {
            break;
        }
        said.push(one_line(&pick.text));
    }
    said
}

/// Short messages that tell it one after the other, each of [`SHORT_CHARS_MAX`] characters at most; at most `most`.
///
/// Each begins with a sentence that can stand alone; one that leans stands with the one before it, or is left out. Where there is
/// but one such sentence, the headline goes before it.
pub fn thread(summary: &Summary, most: usize) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut is_open = false;
    for pick in &summary.sentences {
        let text = one_line(&pick.text);
        match messages.last_mut().filter(|_| is_open && pick.leans) {
            Some(last) if last.chars().count() + 1 + text.chars().count() <= SHORT_CHARS_MAX => {
                last.push(' ');
                last.push_str(&text);
            }
            // What leans on what was left out is left out too.
            Some(_) => is_open = false,
            None => {
                is_open = !pick.leans && fits(pick, SHORT_CHARS_MAX);
                if is_open {
                    messages.push(text);
                }
            }
        }
    }
    messages.truncate(most);
    if messages.is_empty() {
        messages.extend(summary.sentences.first().map(|pick| super::excerpt(&pick.text, SHORT_CHARS_MAX)));
    }
    let headline = super::excerpt(&summary.headline, SHORT_CHARS_MAX);
    if messages.len() < 2 && !headline.is_empty() && messages.first() != Some(&headline) {
        messages.insert(0, headline);
    }
    messages
}

/// Headlines of at most `chars_max` characters, the best first: the titles, then sentences short enough for one, and while there
/// are fewer than `least` longer ones cut short. None repeats another; at most `most`.
pub fn headlines(summary: &Summary, least: usize, most: usize, chars_max: usize) -> Vec<String> {
    let titles = std::iter::once(&summary.headline).chain(&summary.alternatives);
    let titles = titles.map(|title| (super::excerpt(title, chars_max), true));
    let alone = || summary.sentences.iter().filter(|pick| !pick.leans);
    let short = alone().filter(|pick| fits(pick, chars_max)).map(|pick| (one_line(&pick.text), true));
    let cut = alone().filter(|pick| !fits(pick, chars_max)).map(|pick| (super::excerpt(&pick.text, chars_max), false));
    let mut out: Vec<String> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for (text, is_whole) in titles.chain(short).chain(cut) {
        let text = text.strip_suffix('.').unwrap_or(&text).to_owned();
        let folded = fold(&text);
        if text.is_empty() || known.contains(&folded) || (!is_whole && out.len() >= least) {
            continue;
        }
        known.push(folded);
        out.push(text);
        if out.len() == most {
            break;
        }
    }
    out
}

/// The sentences in their order, and those of them for a list of points: short, behind the first one, and with nothing that leans
/// on them. At most `most`.
pub fn points(summary: &Summary, most: usize) -> (Vec<&Pick>, Vec<String>) {
    let (mut said, mut points): (Vec<&Pick>, Vec<String>) = Default::default();
    for (i, pick) in summary.sentences.iter().enumerate() {
        let is_leant_on = summary.sentences.get(i + 1).is_some_and(|next| next.leans);
        let is_point = i > 0 && !pick.leans && !is_leant_on && fits(pick, POINT_CHARS_MAX) && points.len() < most;
        match is_point {
            true => points.push(one_line(&pick.text)),
            false => said.push(pick),
        }
    }
    (said, points)
}

/// Hashtags of a summary, `#Names` from its keywords, at most 3.
pub fn hashtags(summary: &Summary) -> Vec<String> {
    let text = summary.text();
    let tokens = Tokens::of(&text);
    tags(&tokens, language::detect(&tokens))
}

fn fits(pick: &Pick, chars_max: usize) -> bool {
    pick.text.chars().count() <= chars_max
}

/// `#PortAuthority` for "port authority": the best keywords that hold no number and no stop word, none within another.
fn tags(tokens: &Tokens, language: Language) -> Vec<String> {
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
