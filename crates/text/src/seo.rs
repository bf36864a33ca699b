//! What a search engine's result and a reader's first look need: title, slug, description and keyphrase.

use std::ops::Range;

use serde::Serialize;

use crate::check::Check;
use crate::document::BlockKind;
use crate::slug::slugify;
use crate::structure::{Finding, LinkText, Reading};
use crate::token::{Tokens, is_upper};

mod keyphrase;
mod width;

use keyphrase::Keyphrase;

/// Lengths are in characters. A check that does not apply (no title, no keyphrase given) is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seo {
    pub checks: Vec<Check>,
    /// The slug given, or the one that the title would get.
    pub slug: Option<String>,
    /// The description given, or the beginning of the text, cut at a sentence or word.
    pub description: String,
    /// In pixels, as lists of results set it; `None` without a title.
    pub title_width_px: Option<f64>,
    /// How often the keyphrase stands in the text, and per hundred words.
    pub keyphrase_count: Option<usize>,
    pub keyphrase_density: Option<f64>,
}

/// What is known beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    pub title: Option<&'a str>,
    pub slug: Option<&'a str>,
    pub description: Option<&'a str>,
    pub keyphrase: Option<&'a str>,
}

const TITLE_CHARS: std::ops::RangeInclusive<usize> = 20..=70;
const TITLE_WIDTH_PX: f64 = 600.0;
const DESCRIPTION_CHARS: std::ops::RangeInclusive<usize> = 50..=160;
const SLUG_CHARS: usize = 75;
const KEYPHRASE_WORDS: usize = 4;
const DENSITY: std::ops::RangeInclusive<f64> = 0.4..=3.5;
/// Of the headings, and of many images, this share may name the keyphrase.
const SHARE: std::ops::RangeInclusive<f64> = 0.3..=0.75;
/// Few headings or images need no share: one of them is enough, and all of them may.
const FEW: usize = 4;
/// The longest stretch of the text without the keyphrase.
const GAP_SHARE: f64 = 0.5;
/// Shorter texts have no distribution.
const GAP_SENTENCES: usize = 15;

/// The checks, and those places in the text that fail one.
pub fn check(context: Context, reading: &Reading, links: &[LinkText]) -> (Seo, Vec<Finding>) {
    let mut survey = Survey { context, reading, seo: Seo::default(), findings: Vec::new() };
    survey.seo.description = context.description.map_or_else(|| describe(reading.tokens), str::to_owned);
    survey.seo.slug = context.slug.map(str::to_owned).or_else(|| context.title.map(|title| slugify(title, SLUG_CHARS)));
    survey.title();
    survey.slug();
    survey.description();
    survey.keyphrase(links);
    (survey.seo, survey.findings)
}

struct Survey<'a> {
    context: Context<'a>,
    reading: &'a Reading<'a>,
    seo: Seo,
    findings: Vec<Finding>,
}

impl Survey<'_> {
    fn add(&mut self, name: &'static str, passed: bool, value: f64, reason: String, remedy: &'static str) {
        self.seo.checks.push(Check { name, passed, value, reason, remedy });
    }

    /// A check that only knows yes and no.
    fn ask(&mut self, name: &'static str, passed: bool, yes: &str, no: &str, remedy: &'static str) {
        let reason = if passed { yes } else { no }.to_owned();
        self.add(name, passed, f64::from(u8::from(passed)), reason, remedy);
    }

    fn title(&mut self) {
        let Some(title) = self.context.title else { return };
        let length = title.trim().chars().count();
        let (low, high) = (TITLE_CHARS.start(), TITLE_CHARS.end());
        self.add(
            "title_length",
            TITLE_CHARS.contains(&length),
            length as f64,
            format!("the title has {length} characters; {low} to {high} are shown whole"),
            if length < *low { "Say more in the title." } else { "Shorten the title." },
        );
        let width = width::pixels(title);
        self.add(
            "title_width",
            width <= TITLE_WIDTH_PX,
            width,
            format!("the title is {width:.0} pixels wide; {TITLE_WIDTH_PX} are shown"),
            "Shorten the title, or put what matters first.",
        );
        self.seo.title_width_px = Some(width);
        let letters = title.chars().filter(|c| c.is_alphabetic()).count();
        self.ask(
            "title_case",
            letters <= 3 || !is_upper(title),
            "the title is not all capitals",
            "the title is all capitals; write it as a sentence",
            "Write the title as a sentence.",
        );
    }

    fn slug(&mut self) {
        let Some(slug) = self.seo.slug.clone() else { return };
        let fine = !slug.is_empty() && slug.len() <= SLUG_CHARS && slugify(&slug, SLUG_CHARS) == *slug;
        self.add(
            "slug",
            fine,
            slug.len() as f64,
            format!("the slug is \u{201c}{slug}\u{201d}; it should be short lower-case words with hyphens"),
            "Use a few lower-case words with hyphens, at most 75 characters.",
        );
    }

    fn description(&mut self) {
        let Some(description) = self.context.description else { return };
        let length = description.trim().chars().count();
        let (low, high) = (DESCRIPTION_CHARS.start(), DESCRIPTION_CHARS.end());
        self.add(
            "description_length",
            DESCRIPTION_CHARS.contains(&length),
            length as f64,
            format!("the description has {length} characters; {low} to {high} are shown whole"),
            if length < *low { "Say in the description what the reader gets." } else { "Shorten the description." },
        );
    }

    fn keyphrase(&mut self, links: &[LinkText]) {
        let Some(given) = self.context.keyphrase else { return };
        let phrase = match Keyphrase::of(given, self.reading.language) {
            Ok(Some(phrase)) => phrase,
            Ok(None) => return,
            Err(words) => {
                let reason = format!("\u{201c}{words}\u{201d} has only function words; nobody searches for those");
                return self.add("keyphrase_function_words", false, 0.0, reason, "Choose words that carry meaning.");
            }
        };
        let number = phrase.words.len();
        self.add(
            "keyphrase_length",
            number <= KEYPHRASE_WORDS,
            number as f64,
            format!("the keyphrase has {number} words that count; four at most are searched for"),
            "Shorten the keyphrase to what people type.",
        );
        self.in_text(&phrase);
        self.in_names(&phrase);
        self.in_headings(&phrase);
        self.in_images(&phrase);
        let competing: Vec<&LinkText> =
            links.iter().filter(|link| !link.text.is_empty() && phrase.within(&link.text)).collect();
        if !links.is_empty() {
            self.add(
                "keyphrase_competing_links",
                competing.is_empty(),
                competing.len() as f64,
                format!("{} links stand on the keyphrase and send its readers elsewhere", competing.len()),
                "Put such links on other words.",
            );
        }
        for link in competing.iter().take(crate::structure::FINDINGS_MAX) {
            let message = "This link stands on the keyphrase and tells search engines that the other page is about it; put it on other words.".into();
            self.findings.push(Finding { code: "keyphrase_competing_links", message, range: link.range.clone() });
        }
    }

    fn in_text(&mut self, phrase: &Keyphrase) {
        let Reading { tokens, lowered, .. } = *self.reading;
        let sentences = phrase.sentences(tokens, lowered);
        let (count, words) = (sentences.len(), tokens.words.len());
        let density = 100.0 * (count * phrase.words.len()) as f64 / words.max(1) as f64;
        let (low, high) = (DENSITY.start(), DENSITY.end());
        self.add(
            "keyphrase_density",
            DENSITY.contains(&density),
            density,
            format!(
                "the keyphrase stands {count} times, {density:.1} % of the words; {low} to {high} % read naturally"
            ),
            if density < *low { "Use the keyphrase more often." } else { "Replace some of them with other words." },
        );
        let lead = tokens.sentences.get(1).or(tokens.sentences.first()).map_or(0, |sentence| sentence.range.end);
        let first = tokens.paragraphs.first().map_or(0, |paragraph| paragraph.end);
        let early = phrase.stands_in(tokens, lowered, &(0..lead.max(first)));
        self.ask(
            "keyphrase_in_lead",
            early,
            "the keyphrase stands in the first paragraph",
            "the keyphrase belongs into the first paragraph",
            "Say at once what the text is about.",
        );
        if count >= 2 && tokens.sentences.len() >= GAP_SENTENCES {
            let all = tokens.sentences.len();
            let starts = std::iter::once(0).chain(sentences.iter().map(|at| at + 1));
            let gaps = starts.zip(sentences.iter().copied().chain([all])).map(|(from, to)| to.saturating_sub(from));
            let gap = gaps.max().unwrap_or(all) as f64 / all as f64;
            self.add(
                "keyphrase_distribution",
                gap <= GAP_SHARE,
                gap,
                format!("the longest stretch without the keyphrase is {:.0} % of the text; half may be", 100.0 * gap),
                "Come back to the keyphrase where the text has left it.",
            );
        }
        self.seo.keyphrase_count = Some(count);
        self.seo.keyphrase_density = Some(density);
    }

    fn in_names(&mut self, phrase: &Keyphrase) {
        if let Some(title) = self.context.title {
            let within = phrase.within(title);
            self.ask(
                "keyphrase_in_title",
                within,
                "the keyphrase stands in the title",
                "the keyphrase belongs into the title",
                "Name it in the title.",
            );
            // A title without it has been told so already.
            if within {
                self.ask(
                    "keyphrase_begins_title",
                    phrase.begins(title),
                    "the title begins with the keyphrase",
                    "the keyphrase stands late in the title; readers and search engines look at its beginning",
                    "Begin the title with the keyphrase.",
                );
            }
        }
        if let Some(description) = self.context.description {
            self.ask(
                "keyphrase_in_description",
                phrase.within(description),
                "the keyphrase stands in the description",
                "the keyphrase belongs into the description",
                "Name it in the description; it is shown in bold there.",
            );
        }
        if let Some(slug) = &self.seo.slug {
            let within = phrase.in_slug(slug);
            self.ask(
                "keyphrase_in_slug",
                within,
                "the keyphrase stands in the slug",
                "the keyphrase belongs into the slug",
                "Make the slug of the words of the keyphrase.",
            );
        }
    }

    fn in_headings(&mut self, phrase: &Keyphrase) {
        let Reading { document, tokens, lowered, .. } = *self.reading;
        let headings: Vec<&Range<usize>> = document
            .blocks
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Heading(_)))
            .map(|block| &block.range)
            .collect();
        let with = headings.iter().filter(|range| phrase.stands_in(tokens, lowered, range)).count();
        self.share("keyphrase_in_heading", with, headings.len(), "headings", "Name it in some of the headings.");
    }

    fn in_images(&mut self, phrase: &Keyphrase) {
        let images = self.reading.document.images.iter().filter(|image| !image.alt.trim().is_empty());
        let (mut with, mut all) = (0, 0);
        for image in images {
            all += 1;
            with += usize::from(phrase.within(&image.alt));
        }
        self.share("keyphrase_in_image_alt", with, all, "alternative texts", "Name it where an image shows it.");
    }

    fn share(&mut self, name: &'static str, with: usize, all: usize, of_what: &str, remedy: &'static str) {
        if all == 0 {
            return;
        }
        let share = with as f64 / all as f64;
        let passed = if all < FEW { with > 0 } else { SHARE.contains(&share) };
        let remedy = if share > *SHARE.end() { "Use other words in some of them." } else { remedy };
        let wanted = if all < FEW { "one is enough" } else { "30 to 75 % read naturally" };
        let reason = format!("the keyphrase stands in {with} of {all} {of_what}; {wanted}");
        self.add(name, passed, share, reason, remedy);
    }
}

fn describe(tokens: &Tokens) -> String {
    let most = *DESCRIPTION_CHARS.end();
    let mut description = String::new();
    for sentence in &tokens.sentences {
        let text = tokens.text[sentence.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let length = description.chars().count();
        if length + 1 + text.chars().count() <= most {
            if length > 0 {
                description.push(' ');
            }
            description.push_str(&text);
            continue;
        }
        if length < *DESCRIPTION_CHARS.start() {
            let room = most - length - 2;
            let cut: String = text.chars().take(room).collect();
            let cut = cut.rsplit_once(' ').map_or(&*cut, |(head, _)| head);
            description.push_str(if length > 0 { " " } else { "" });
            description.push_str(cut);
            description.push('…');
        }
        break;
    }
    description
}

#[cfg(test)]
mod tests;
