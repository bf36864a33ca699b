//! Links and images: where they lead and what they say.

use std::ops::Range;

use super::Survey;
use crate::document::{Format, Link};
use crate::phrase::{Lexicon, Trait};

/// The words that a link stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkText<'a> {
    pub url: &'a str,
    /// Without markup, trimmed.
    pub text: String,
    /// Bytes of the original: the whole link.
    pub range: Range<usize>,
}

impl<'a> Survey<'a> {
    pub(super) fn links(&mut self) -> Vec<LinkText<'a>> {
        let document = self.reading.document;
        let links = &document.links;
        let mut image = 0;
        let mut texts = Vec::with_capacity(links.len());
        for (index, link) in links.iter().enumerate() {
            self.structure.links_outbound += usize::from(is_outbound(&link.url));
            let limit = links.get(index + 1).map_or(self.reading.original.len(), |next| next.range.start);
            let Some((inner, range)) = inside(self.reading.original, link, limit, self.reading.format) else {
                continue;
            };
            let text = readable(&self.reading.original[inner.clone()], self.reading.format);
            while document.images.get(image).is_some_and(|image| image.range.end <= inner.start) {
                image += 1;
            }
            let pictured = document.images.get(image).is_some_and(|image| image.range.start < inner.end);
            if text.is_empty() && !pictured {
                let place = range.clone();
                self.findings.add("link_text_empty", || {
                    (place, "This link has no words to stand on; say where it leads or take it out.".into())
                });
            } else if self.is_vague(&text) {
                let place = range.clone();
                self.findings.add("link_text_vague", || {
                    (
                        place,
                        format!("\u{201c}{text}\u{201d} does not say where the link leads; put it on words that do.")
                            .into(),
                    )
                });
            }
            texts.push(LinkText { url: &link.url, text, range });
        }
        texts
    }

    fn is_vague(&self, text: &str) -> bool {
        const LONGEST: usize = 40;
        if text.len() > LONGEST {
            return false;
        }
        let lower = self.reading.language.lower(text);
        let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
        Lexicon::of(self.reading.language).lists(bare, Trait::Link)
    }

    pub(super) fn images(&mut self) {
        for image in self.reading.document.images.iter().filter(|image| image.alt.trim().is_empty()) {
            self.structure.images_without_alt += 1;
            self.findings.add("image_alt_missing", || {
                (image.range.clone(), "Say in the alternative text what the image shows.".into())
            });
        }
    }
}

/// Addresses with a host lead away; paths, fragments and mail addresses do not.
fn is_outbound(url: &str) -> bool {
    let bytes = url.as_bytes();
    let scheme = |name: &str| bytes.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()));
    scheme("http://") || scheme("https://") || url.starts_with("//")
}

/// The markup between the two ends of the link, and the whole link; `None` where the address itself is the text.
/// Nothing is looked for beyond `limit`, where the next link begins.
fn inside(original: &str, link: &Link, limit: usize, format: Format) -> Option<(Range<usize>, Range<usize>)> {
    let part = original.get(link.range.clone())?;
    match format {
        Format::Markdown if part.starts_with('[') => {
            let (mut depth, mut escaped) = (0usize, false);
            for (at, byte) in part.bytes().enumerate() {
                match byte {
                    _ if escaped => {}
                    b'[' => depth += 1,
                    b']' => depth -= 1,
                    _ => {}
                }
                escaped = byte == b'\\' && !escaped;
                if depth == 0 {
                    return Some((link.range.start + 1..link.range.start + at, link.range.clone()));
                }
            }
            None
        }
        Format::Html if part.starts_with('<') => {
            let rest = original.get(link.range.end..limit.max(link.range.end))?;
            let mut from = 0;
            while let Some(at) = rest[from..].find("</").map(|at| from + at) {
                let tail = &rest.as_bytes()[at + 2..];
                if matches!(tail, [b'a' | b'A', b'>' | b' ' | b'\n', ..]) {
                    let close = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
                    let (start, inner) = (link.range.start, link.range.end);
                    return Some((inner..inner + at, start..inner + close));
                }
                from = at + 2;
            }
            None
        }
        _ => None,
    }
}

/// The words of a short piece of markup.
fn readable(markup: &str, format: Format) -> String {
    let mut out = String::with_capacity(markup.len());
    let mut tag = false;
    for c in markup.chars() {
        match c {
            '<' if format == Format::Html => tag = true,
            '>' if tag => tag = false,
            '*' | '_' | '`' | '~' | '\\' if format == Format::Markdown => {}
            c if !tag => out.push(c),
            _ => {}
        }
    }
    let kept = out.trim();
    // A space that is written as a reference is still no word.
    if matches!(kept, "&nbsp;" | "&#160;") { String::new() } else { kept.to_owned() }
}
