//! A text in plain, Markdown or HTML form as readable text with its blocks, and the way back to positions in the original.

use std::ops::Range;

use pulldown_cmark::{Event, Options as MarkdownOptions, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Plain,
    Markdown,
    Html,
}

/// The readable text; blocks are separated by empty lines. Plain text is kept byte for byte.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub text: String,
    pub blocks: Vec<Block>,
    pub links: Vec<Link>,
    pub images: Vec<Image>,
    /// Where runs of the text come from: (start in the text, start in the original, same length there), in order.
    runs: Vec<(usize, Range<usize>, bool)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub kind: BlockKind,
    /// Bytes of [`Document::text`].
    pub range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    Heading(u8),
    Paragraph,
    Item,
    Quote,
    Code,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    /// Bytes of the original.
    pub range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub alt: String,
    /// Bytes of the original.
    pub range: Range<usize>,
}

impl Document {
    pub fn of(original: &str, format: Format) -> Self {
        match format {
            Format::Plain => plain(original),
            Format::Markdown => markdown(original),
            Format::Html => html::read(original),
        }
    }

    /// The bytes of the original that a range of the text stands for.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.place(range.start, false);
        start..self.place(range.end, true).max(start)
    }

    /// `ending` takes the run that ends at `at` rather than the one that begins there.
    fn place(&self, at: usize, ending: bool) -> usize {
        let after = self.runs.partition_point(|(start, ..)| if ending { *start < at } else { *start <= at });
        match after.checked_sub(1).map(|index| &self.runs[index]) {
            Some((start, original, true)) => (original.start + (at - start)).min(original.end),
            Some((start, original, false)) if at == *start => original.start,
            Some((_, original, false)) => original.end,
            None => 0,
        }
    }

    fn push(&mut self, text: &str, original: Range<usize>) {
        if !text.is_empty() {
            let exact = original.len() == text.len();
            self.runs.push((self.text.len(), original, exact));
            self.text.push_str(text);
        }
    }

    /// White space that stands for markup: at most one space, one line break or one empty line in a row.
    fn gap(&mut self, gap: &str, at: usize) {
        if self.text.is_empty() || self.text.ends_with(gap) || (gap == " " && self.text.ends_with('\n')) {
            return;
        }
        let missing = if gap == "\n\n" && self.text.ends_with('\n') { "\n" } else { gap };
        self.runs.push((self.text.len(), at..at, false));
        self.text.push_str(missing);
    }

    fn end_block(&mut self, kind: BlockKind, start: usize, at: usize) {
        let body = self.text.get(start..).unwrap_or("");
        let from = start + body.len() - body.trim_start().len();
        let to = from + body.trim().len();
        if from < to {
            self.blocks.push(Block { kind, range: from..to });
        }
        self.gap("\n\n", at);
    }
}

fn plain(original: &str) -> Document {
    let mut document = Document::default();
    document.push(original, 0..original.len());
    for range in crate::token::paragraphs(original) {
        document.blocks.push(Block { kind: BlockKind::Paragraph, range });
    }
    for scheme in ["https://", "http://"] {
        for (at, _) in original.match_indices(scheme) {
            let rest = &original[at..];
            let end = rest.find(|c: char| c.is_whitespace() || "<>\"')]".contains(c)).unwrap_or(rest.len());
            document.links.push(Link { url: rest[..end].to_owned(), range: at..at + end });
        }
    }
    document.links.sort_by_key(|link| link.range.start);
    document
}

fn markdown(original: &str) -> Document {
    let mut document = Document::default();
    let mut starts: Vec<usize> = Vec::new();
    let (mut quotes, mut items, mut image): (usize, usize, Option<Image>) = (0, 0, None);
    let options = MarkdownOptions::ENABLE_TABLES | MarkdownOptions::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(original, options).into_offset_iter() {
        match event {
            Event::Text(text) | Event::Code(text) => {
                if let Some(image) = &mut image {
                    image.alt.push_str(&text);
                } else if original[range.clone()].len() != text.len() {
                    // The marks around code and the like belong to nobody: the words are inside.
                    let inner = original[range.clone()]
                        .find(&*text)
                        .map_or(range.clone(), |at| range.start + at..range.start + at + text.len());
                    document.push(&text, inner);
                } else {
                    document.push(&text, range);
                }
            }
            Event::SoftBreak => document.gap(" ", range.start),
            Event::HardBreak => document.gap("\n", range.start),
            Event::Start(Tag::Image { .. }) => image = Some(Image { alt: String::new(), range }),
            Event::End(TagEnd::Image) => document.images.extend(image.take()),
            Event::Start(Tag::Link { dest_url, .. }) => {
                document.links.push(Link { url: dest_url.into_string(), range });
            }
            Event::Start(tag) => match tag {
                Tag::BlockQuote(_) => quotes += 1,
                Tag::Item => {
                    document.gap("\n\n", range.start);
                    items += 1;
                    starts.push(document.text.len());
                }
                Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::TableCell => {
                    document.gap("\n\n", range.start);
                    starts.push(document.text.len());
                }
                _ => {}
            },
            Event::End(tag) => match tag {
                TagEnd::BlockQuote(_) => quotes = quotes.saturating_sub(1),
                TagEnd::Item => {
                    items = items.saturating_sub(1);
                    let start = starts.pop().unwrap_or_default();
                    // A loose item holds paragraphs, which have been counted already.
                    if document.blocks.last().is_none_or(|block| block.range.end <= start) {
                        document.end_block(BlockKind::Item, start, range.end);
                    }
                }
                TagEnd::Heading(level) => {
                    let start = starts.pop().unwrap_or_default();
                    document.end_block(BlockKind::Heading(level as u8), start, range.end);
                }
                TagEnd::Paragraph | TagEnd::TableCell | TagEnd::CodeBlock => {
                    let kind = match tag {
                        TagEnd::CodeBlock => BlockKind::Code,
                        _ if items > 0 => BlockKind::Item,
                        _ if quotes > 0 => BlockKind::Quote,
                        _ => BlockKind::Paragraph,
                    };
                    let start = starts.pop().unwrap_or_default();
                    document.end_block(kind, start, range.end);
                }
                _ => {}
            },
            _ => {}
        }
    }
    document
}

mod html;

#[cfg(test)]
mod tests;
