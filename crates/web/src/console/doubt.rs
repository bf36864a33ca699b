//! Grounding marks: what a draft says that its sources do not.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value as Json;

use super::show::{Html, escape};

/// A piece of a text that the sources do not hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Doubt {
    pub kind: Kind,
    pub text: String,
    /// In bytes of the plain text.
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Number,
    Date,
    Unit,
    Name,
    Quotation,
    Direction,
    Negation,
    Attribution,
    Sentence,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::Unit => "what is counted",
            Kind::Direction => "direction",
            Kind::Negation => "denial",
            Kind::Attribution => "who did it",
            Kind::Name => "name",
            Kind::Quotation => "quotation",
            Kind::Sentence => "sentence",
        }
    }

    /// What keeps a draft from being approved by policy; a weak sentence is advice.
    pub fn decides(self) -> bool {
        self != Kind::Sentence
    }
}

/// More marks than this say "all of it".
const DOUBTS_MAX: usize = 100;

/// What a grounding report (`text::ground::Report` as JSON) holds against a text.
pub fn of_report(report: &Json) -> Vec<Doubt> {
    let found = serde_json::from_value::<Vec<Doubt>>(report["unsupported"].clone()).unwrap_or_default();
    found.into_iter().take(DOUBTS_MAX).collect()
}

/// The title held against the sources, which the stored report of the body does not cover.
pub fn of_title(title: &str, sources: &[&str]) -> Vec<Doubt> {
    let report = text::ground::check(title, sources);
    let report = serde_json::to_value(&report).unwrap_or_default();
    of_report(&report).into_iter().filter(|doubt| doubt.kind != Kind::Sentence).collect()
}

/// A plain text with its doubts marked.
pub fn mark_plain(plain: &str, doubts: &[Doubt]) -> Html {
    let ranges = doubts.iter().filter(|doubt| plain.get(doubt.start..doubt.end) == Some(&doubt.text));
    let ranges = apart(ranges.map(|doubt| (doubt.start..doubt.end, doubt.kind)).collect());
    let (mut out, mut at) = (String::new(), 0);
    for (range, kind) in ranges {
        out.push_str(&escape(&plain[at..range.start]));
        out.push_str(&marked(&escape(&plain[range.clone()]), kind));
        at = range.end;
    }
    out.push_str(&escape(&plain[at..]));
    Html::trusted(out)
}

/// Markdown as sanitised HTML with its doubts marked. A doubt that runs across tags stays unmarked; the
/// list beside the text names it all the same.
pub fn mark_markdown(markdown: &str, doubts: &[Doubt]) -> Html {
    let plain = text::markdown::to_text(markdown);
    let html = text::markdown::to_html(markdown);
    let texts = texts(&html);
    let mut found = Vec::new();
    for doubt in doubts.iter().filter(|doubt| doubt.kind != Kind::Sentence) {
        let Some(before) = plain.get(..doubt.start) else { continue };
        let nth = occurrences(before, &doubt.text).count();
        let escaped = doubt.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let forms = [escaped.clone(), escape(&doubt.text)];
        let place = forms.iter().find_map(|form| {
            let mut places = texts.iter().flat_map(|text| {
                occurrences(&html[text.clone()], form).map(move |at| text.start + at..text.start + at + form.len())
            });
            places.nth(nth)
        });
        found.extend(place.map(|range| (range, doubt.kind)));
    }
    let (mut out, mut at) = (String::with_capacity(html.len() + found.len() * 80), 0);
    for (range, kind) in apart(found) {
        out.push_str(&html[at..range.start]);
        out.push_str(&marked(&html[range.clone()], kind));
        at = range.end;
    }
    out.push_str(&html[at..]);
    Html::trusted(out)
}

/// `inner` is escaped already.
fn marked(inner: &str, kind: Kind) -> String {
    let word = kind.word();
    let weight = if kind.decides() { "doubt decides" } else { "doubt" };
    format!("<mark class=\"{weight}\">{inner}<span class=\"doubt-word\">{word} not in the sources</span></mark>")
}

/// In order and without overlaps; of two that overlap the first stays.
fn apart(mut ranges: Vec<(Range<usize>, Kind)>) -> Vec<(Range<usize>, Kind)> {
    ranges.sort_by_key(|(range, _)| (range.start, range.end));
    let mut end = 0;
    ranges.retain(|(range, _)| {
        let fits = range.start >= end && !range.is_empty();
        if fits {
            end = range.end;
        }
        fits
    });
    ranges
}

/// Where `wanted` stands in `text` as a word of its own.
fn occurrences<'a>(text: &'a str, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(wanted).map(|(at, _)| at).filter(move |at| {
        let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let inside_before = joins(text[..*at].chars().next_back()) && joins(wanted.chars().next());
        let inside_after = joins(text[at + wanted.len()..].chars().next()) && joins(wanted.chars().next_back());
        !wanted.is_empty() && !inside_before && !inside_after
    })
}

/// The pieces of well-formed `html` that stand outside of tags.
fn texts(html: &str) -> Vec<Range<usize>> {
    let (mut texts, mut start, mut quote, mut in_tag) = (Vec::new(), 0, None, false);
    for (at, byte) in html.bytes().enumerate() {
        match (in_tag, quote, byte) {
            (false, _, b'<') => {
                texts.push(start..at);
                in_tag = true;
            }
            (true, None, b'"' | b'\'') => quote = Some(byte),
            (true, Some(open), _) if byte == open => quote = None,
            (true, None, b'>') => {
                in_tag = false;
                start = at + 1;
            }
            _ => {}
        }
    }
    if !in_tag {
        texts.push(start..html.len());
    }
    texts.retain(|range| !range.is_empty());
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt(kind: Kind, plain: &str, text: &str, nth: usize) -> Doubt {
        let (start, _) = plain.match_indices(text).nth(nth).unwrap();
        Doubt { kind, text: text.to_owned(), start, end: start + text.len() }
    }

    #[test]
    fn the_right_occurrence_is_marked_and_tags_stay_whole() {
        let markdown = "In 2012 there were 12 boats, *then* 12 more; see [12](https://a.example/12 \"a > 12\").";
        let plain = text::markdown::to_text(markdown);
        let at = plain.match_indices("12").map(|(at, _)| at).collect::<Vec<_>>();
        let doubt = Doubt { kind: Kind::Number, text: "12".to_owned(), start: at[2], end: at[2] + 2 };
        let html = mark_markdown(markdown, &[doubt]).to_string();
        assert!(html.contains("there were 12 boats"), "{html}");
        assert!(html.contains("</em> <mark class=\"doubt decides\">12<span"), "{html}");
        assert!(html.contains("href=\"https://a.example/12\""), "{html}");
        assert_eq!(html.matches("<mark").count(), 1);
    }

    #[test]
    fn hostile_text_stays_text() {
        let plain = "Say \"<script>alert(1)</script>\" & go";
        let quote = doubt(Kind::Quotation, plain, "<script>alert(1)</script>", 0);
        let html = mark_plain(plain, std::slice::from_ref(&quote)).to_string();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        let html = mark_markdown(plain, &[quote]).to_string();
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn overlapping_and_impossible_doubts_are_left_out() {
        let plain = "He said “ninety boats of Ada” twice.";
        let long = doubt(Kind::Quotation, plain, "ninety boats of Ada", 0);
        let name = doubt(Kind::Name, plain, "Ada", 0);
        let beyond = Doubt { kind: Kind::Name, text: "x".to_owned(), start: 900, end: 901 };
        let html = mark_plain(plain, &[name, beyond, long]).to_string();
        assert_eq!(html.matches("<mark").count(), 1);
        assert!(html.contains("ninety boats of Ada<span"), "{html}");
    }
}
