//! What a search engine's result and a reader's first look need: title, slug, description and keyphrase.

use serde::Serialize;

use crate::document::{BlockKind, Document};
use crate::language::Language;
use crate::slug::slugify;
use crate::structure::Structure;
use crate::token::Tokens;

/// Lengths are in characters. A check that does not apply (no title, no keyphrase given) is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seo {
    pub checks: Vec<Check>,
    /// The slug given, or the one that the title would get.
    pub slug: Option<String>,
    /// The description given, or the beginning of the text, cut at a sentence or word.
    pub description: String,
    /// How often the keyphrase stands in the text, and per hundred words.
    pub keyphrase_count: Option<usize>,
    pub keyphrase_density: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub passed: bool,
    /// What was found, and what to do when the check failed.
    pub reason: String,
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
const DESCRIPTION_CHARS: std::ops::RangeInclusive<usize> = 50..=160;
const SLUG_CHARS: usize = 75;
const DENSITY: std::ops::RangeInclusive<f64> = 0.4..=3.5;

pub fn check(context: Context, document: &Document, tokens: &Tokens, structure: &Structure, language: Language) -> Seo {
    let mut seo = Seo {
        description: context.description.map_or_else(|| describe(tokens), str::to_owned),
        slug: context.slug.map(str::to_owned).or_else(|| context.title.map(|title| slugify(title, SLUG_CHARS))),
        ..Seo::default()
    };
    let mut add = |name, passed, reason: String| seo.checks.push(Check { name, passed, reason });
    if let Some(title) = context.title {
        let length = title.trim().chars().count();
        let (low, high) = (TITLE_CHARS.start(), TITLE_CHARS.end());
        add(
            "title_length",
            TITLE_CHARS.contains(&length),
            format!("the title has {length} characters; {low} to {high} are shown whole"),
        );
        let letters = title.chars().filter(|c| c.is_alphabetic()).count();
        let shouted = letters > 3 && crate::token::is_upper(title);
        add(
            "title_case",
            !shouted,
            if shouted { "the title is all capitals; write it as a sentence" } else { "the title is not all capitals" }
                .to_owned(),
        );
    }
    if let Some(slug) = &seo.slug {
        let fine = !slug.is_empty() && slug.len() <= SLUG_CHARS && slugify(slug, SLUG_CHARS) == *slug;
        add(
            "slug",
            fine,
            format!("the slug is \u{201c}{slug}\u{201d}; it should be short lower-case words with hyphens"),
        );
    }
    if let Some(description) = context.description {
        let length = description.trim().chars().count();
        let (low, high) = (DESCRIPTION_CHARS.start(), DESCRIPTION_CHARS.end());
        add(
            "description_length",
            DESCRIPTION_CHARS.contains(&length),
            format!("the description has {length} characters; {low} to {high} are shown whole"),
        );
    }
    if structure.headings > 0 {
        let top = structure.top_headings;
        add(
            "top_heading_single",
            top <= 1,
            format!("{top} headings of the first level; the title is the only one needed"),
        );
    }
    if structure.images > 0 {
        let missing = structure.images_without_alt;
        add("images_alt", missing == 0, format!("{missing} of {} images have no alternative text", structure.images));
    }
    if let Some(phrase) =
        context.keyphrase.map(|phrase| Keyphrase::of(phrase, language)).filter(|phrase| !phrase.0.is_empty())
    {
        let count = phrase.count(tokens, language);
        let density = 100.0 * (count * phrase.0.len()) as f64 / tokens.words.len().max(1) as f64;
        let number = phrase.0.len();
        add(
            "keyphrase_length",
            number <= 4,
            format!("the keyphrase has {number} words that count; four at most are searched for"),
        );
        let (low, high) = (DENSITY.start(), DENSITY.end());
        add(
            "keyphrase_density",
            DENSITY.contains(&density),
            format!(
                "the keyphrase stands {count} times, {density:.1} % of the words; {low} to {high} % read naturally"
            ),
        );
        let lead = tokens.sentences.get(1).or(tokens.sentences.first()).map_or(0, |sentence| sentence.range.end);
        let early = phrase.within(&Tokens::of(&tokens.text[..lead]), language);
        add("keyphrase_in_lead", early, "the keyphrase belongs into the first two sentences".to_owned());
        if let Some(title) = context.title {
            let within = phrase.within(&Tokens::of(title), language);
            add("keyphrase_in_title", within, "the keyphrase belongs into the title".to_owned());
        }
        let mut headings =
            document.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Heading(_))).peekable();
        if headings.peek().is_some() {
            let within =
                headings.any(|block| phrase.within(&Tokens::of(&document.text[block.range.clone()]), language));
            add("keyphrase_in_heading", within, "the keyphrase belongs into one of the headings".to_owned());
        }
        seo.keyphrase_count = Some(count);
        seo.keyphrase_density = Some(density);
    }
    seo
}

/// The words of a keyphrase that carry meaning, in lower case.
struct Keyphrase(Vec<String>);

impl Keyphrase {
    fn of(phrase: &str, language: Language) -> Self {
        let words: Vec<String> = Tokens::of(phrase).words.iter().map(|word| language.lower(word.text)).collect();
        let content: Vec<String> = words.iter().filter(|word| !language.is_stop(word)).cloned().collect();
        Self(if content.is_empty() { words } else { content })
    }

    /// In how many sentences all its words stand, in any order and with short endings.
    fn count(&self, tokens: &Tokens, language: Language) -> usize {
        let stands = |lower: &[String]| self.0.iter().all(|wanted| lower.iter().any(|word| inflects(word, wanted)));
        let lower =
            |sentence| tokens.words_of(sentence).iter().map(|word| language.lower(word.text)).collect::<Vec<_>>();
        tokens.sentences.iter().filter(|sentence| stands(&lower(sentence))).count()
    }

    fn within(&self, tokens: &Tokens, language: Language) -> bool {
        let words: Vec<String> = tokens.words.iter().map(|word| language.lower(word.text)).collect();
        self.0.iter().all(|wanted| words.iter().any(|word| inflects(word, wanted)))
    }
}

/// Whether `word` is `wanted` with at most a short ending ("budgets", "bütçenin").
fn inflects(word: &str, wanted: &str) -> bool {
    word.strip_prefix(wanted).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(['\'', '’']) || (wanted.chars().count() >= 4 && rest.chars().count() <= 4)
    })
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
mod tests {
    use super::*;
    use crate::document::Format;

    fn of(text: &str, context: Context) -> Seo {
        let document = Document::of(text, Format::Markdown);
        let tokens = Tokens::of(&document.text);
        let structure = crate::structure::measure(&document, &tokens, Language::English).0;
        check(context, &document, &tokens, &structure, Language::English)
    }

    fn failed(seo: &Seo) -> Vec<&str> {
        seo.checks.iter().filter(|check| !check.passed).map(|check| check.name).collect()
    }

    #[test]
    fn a_good_article_passes_and_a_bad_one_is_told_why() {
        let text = "## The school budget grows\n\nThe council approved the school budgets on Tuesday. Members voted nine to four after a long debate in the town hall of the old river port.";
        let good = Context {
            title: Some("Council approves a larger school budget"),
            keyphrase: Some("the school budget"),
            ..Context::default()
        };
        let seo = of(text, good);
        assert_eq!(seo.slug.as_deref(), Some("council-approves-a-larger-school-budget"));
        assert_eq!(seo.keyphrase_count, Some(2));
        assert_eq!(failed(&seo), ["keyphrase_density"]);
        let bad = Context {
            title: Some("NEWS"),
            keyphrase: Some("ferry"),
            description: Some("short"),
            slug: Some("Bad Slug"),
        };
        assert_eq!(
            failed(&of(text, bad)),
            [
                "title_length",
                "title_case",
                "slug",
                "description_length",
                "keyphrase_density",
                "keyphrase_in_lead",
                "keyphrase_in_title",
                "keyphrase_in_heading"
            ]
        );
    }

    #[test]
    fn the_description_is_cut_at_a_sentence_or_a_word() {
        assert_eq!(
            describe(&Tokens::of("One sentence that is long enough to stand by itself here. Two more words.")),
            "One sentence that is long enough to stand by itself here. Two more words."
        );
        let cut = describe(&Tokens::of(&"word ".repeat(100)));
        assert!(cut.ends_with("word…") && cut.chars().count() <= 160);
        assert_eq!(describe(&Tokens::of("")), "");
    }
}
