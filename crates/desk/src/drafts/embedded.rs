//! The embedded generator at the desk: whole sentences of the sources, in the form of what is written.

use serde_json::{Value as Json, json};
use text::markdown::escape;
use text::summary::forms::{self, PARAGRAPH_SENTENCES};
use text::summary::{Document, Pick, Settings, Summary, excerpt};

use crate::prompts::form::{Answer, HEADLINE_MAX, HEADLINES_MAX, HEADLINES_MIN, POINTS_MAX, SUBJECT_MAX, THREAD_MAX};
use crate::prompts::{Kind, Ready};
use crate::stories::Member;

/// Characters of an excerpt.
const EXCERPT_MAX: usize = 200;
/// Headlines that are told without being asked for so many.
const HEADLINES: usize = 5;
const _: () = assert!(HEADLINES >= HEADLINES_MIN && HEADLINES <= HEADLINES_MAX);

/// What is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub kind: Kind,
    pub sentences_max: usize,
    pub words_max: usize,
    /// 0 is the best one; each other has another headline and another lead, as far as there are any.
    pub variant: usize,
}

impl Wanted {
    pub fn of(ready: &Ready, variant: usize) -> Wanted {
        let (kind, sentences_max, words_max) = (ready.template.kind, ready.sentences_max(), ready.words_max());
        Wanted { kind, sentences_max: sentences_max as usize, words_max: words_max as usize, variant }
    }
}

/// The extractive generator: sentences chosen and ordered, nothing added. The same sources give the same draft.
///
/// It has the form that a model's answer of that kind has, as far as the sources go: one with a single title and a single short
/// sentence gives fewer headlines than three. Some milliseconds of the processor.
pub(super) fn embedded(wanted: Wanted, members: &[Member]) -> Answer {
    let summary = summary(wanted, members);
    let plain = said(wanted.kind, &summary);
    // Of the sources nothing is markup; titles and excerpts are no Markdown.
    let (answer, _) = Answer::of(wanted.kind, &plain);
    let (escaped, _) = Answer::of(wanted.kind, &without_markup(wanted.kind, plain));
    Answer { body: escaped.body, excerpt: lead(answer.excerpt, &summary), ..answer }
}

fn summary(wanted: Wanted, members: &[Member]) -> Summary {
    let documents: Vec<Document<'_>> = members
        .iter()
        .map(|member| Document {
            title: &member.title,
            text: &member.text,
            source: &member.source,
            url: &member.url,
            published_at: Some(member.published_at),
        })
        .collect();
    let settings = Settings { sentences: wanted.sentences_max, words_max: wanted.words_max, ..Settings::default() };
    let mut summary = text::summary::summarise(&documents, &settings);
    if summary.sentences.is_empty() {
        // Too little of a text to choose from is told as it stands.
        let first = &members[0];
        let text = if first.text.trim().is_empty() { first.title.clone() } else { excerpt(&first.text, 600) };
        summary.sentences.push(Pick { document: 0, sentence_start: 0, sentence_end: 0, leans: false, text });
    }
    turn(&mut summary, wanted.variant);
    summary
}

/// Puts another title and another sentence, with what leans on it, first.
fn turn(summary: &mut Summary, variant: usize) {
    if let Some(title) = variant.checked_sub(1).and_then(|at| summary.alternatives.get_mut(at)) {
        std::mem::swap(title, &mut summary.headline);
    }
    let starts: Vec<usize> = (0..summary.sentences.len()).filter(|at| !summary.sentences[*at].leans).collect();
    let Some(&start) = starts.get(variant).filter(|_| variant > 0) else { return };
    let end = starts.get(variant + 1).copied().unwrap_or(summary.sentences.len());
    summary.sentences[..end].rotate_left(start);
}

/// What a model would have answered.
fn said(kind: Kind, summary: &Summary) -> Json {
    let title = &summary.headline;
    match kind {
        Kind::NewsPost => json!({ "title": title, "body": paragraphs(summary.sentences.iter()) }),
        Kind::LinkedinPost => {
            let (hook, bullets) = forms::hook(summary);
            let bullets: Vec<String> = bullets.iter().map(|text| format!("• {text}")).collect();
            let text: Vec<String> = std::iter::once(hook).chain(bullets).collect();
            json!({ "title": title, "text": text.join("\n\n"), "hashtags": forms::hashtags(summary) })
        }
        Kind::ProductText => {
            let (said, points) = forms::points(summary, POINTS_MAX);
            json!({ "title": title, "description": paragraphs(said.into_iter()), "points": points })
        }
        Kind::NewsletterItem => {
            let titles = std::iter::once(title).chain(&summary.alternatives);
            let fitting = titles.into_iter().find(|title| title.chars().count() <= SUBJECT_MAX).cloned();
            let subject = fitting.unwrap_or_else(|| excerpt(title, SUBJECT_MAX));
            json!({ "subject": subject, "body": paragraphs_of(&forms::brief(summary)) })
        }
        Kind::HeadlineSet => {
            json!({ "headlines": forms::headlines(summary, HEADLINES_MIN, HEADLINES, HEADLINE_MAX) })
        }
        Kind::SocialThread => json!({ "title": title, "posts": forms::thread(summary, THREAD_MAX) }),
    }
}

fn lead(given: String, summary: &Summary) -> String {
    let first = || summary.sentences.first().map(|pick| excerpt(&pick.text, EXCERPT_MAX)).unwrap_or_default();
    if given.is_empty() { first() } else { given }
}

fn paragraphs<'a>(picks: impl Iterator<Item = &'a Pick>) -> String {
    paragraphs_of(&picks.map(|pick| pick.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>())
}

fn paragraphs_of(sentences: &[String]) -> String {
    sentences.chunks(PARAGRAPH_SENTENCES).map(|group| group.join(" ")).collect::<Vec<_>>().join("\n\n")
}

/// The same with every text as Markdown that shows it; hashtags hold nothing that could be markup.
fn without_markup(kind: Kind, mut value: Json) -> Json {
    let lines = |text: &str| text.split("\n\n").map(escape).collect::<Vec<_>>().join("\n\n");
    let named = kind.body_at().trim_start_matches('/');
    for member in [named, "points"] {
        match &mut value[member] {
            Json::String(text) => *text = lines(text),
            Json::Array(list) => list.iter_mut().for_each(|one| *one = json!(escape(one.as_str().unwrap_or_default()))),
            _ => {}
        }
    }
    value
}

#[cfg(test)]
mod tests;
