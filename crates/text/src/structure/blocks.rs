//! Headings, paragraphs and list items.

use std::ops::Range;

use super::{HEADING_CHARS, HEADING_WORDS, ITEM_WORDS, PARAGRAPH_WORDS, Survey};
use crate::document::{BlockKind, Format};

impl Survey<'_> {
    pub(super) fn blocks(&mut self) {
        let document = self.reading.document;
        let (mut since_heading, mut undivided, mut above) = (0, None, 0);
        let mut next_word = 0;
        for block in &document.blocks {
            let words = self.count_words(&mut next_word, &block.range);
            match block.kind {
                BlockKind::Heading(level) => {
                    self.heading(level, above, &block.range);
                    (above, since_heading) = (level, 0);
                    continue;
                }
                BlockKind::Item => {
                    self.structure.list_items += 1;
                    if words > ITEM_WORDS {
                        self.find("list_item_long", &block.range, || {
                            format!("This list item has {words} words; a list is read at a glance, so keep items under {ITEM_WORDS}.").into()
                        });
                    }
                }
                BlockKind::Quote => self.structure.quotes += 1,
                BlockKind::Code => {}
                BlockKind::Paragraph => {
                    self.structure.paragraphs += 1;
                    self.structure.longest_paragraph_words = self.structure.longest_paragraph_words.max(words);
                    if words > PARAGRAPH_WORDS {
                        self.find("paragraph_long", &block.range, || {
                            format!(
                                "This paragraph has {words} words; split it so that none has over {PARAGRAPH_WORDS}."
                            )
                            .into()
                        });
                    }
                }
            }
            since_heading += words;
            if since_heading > HEADING_WORDS && undivided.is_none() {
                undivided = Some(block.range.clone());
            }
            self.structure.words_between_headings_max = self.structure.words_between_headings_max.max(since_heading);
        }
        if let Some(range) = undivided {
            let most = self.structure.words_between_headings_max;
            self.find("heading_missing", &range, || {
                format!("{most} words run on without a heading; put one at least every {HEADING_WORDS}.").into()
            });
        }
        for range in self.empty_headings() {
            self.structure.empty_headings += 1;
            self.findings.add("heading_empty", || (range, "This heading has no words; fill it or take it out.".into()));
        }
    }

    /// Blocks come in order, so the search goes on where it stopped; a block that does not is searched from the start.
    fn count_words(&self, next: &mut usize, range: &Range<usize>) -> usize {
        let words = &self.reading.tokens.words;
        if next.checked_sub(1).is_some_and(|last| words[last].start >= range.start) {
            *next = words.partition_point(|word| word.start < range.start);
        }
        let mut step = |to: usize| {
            while words.get(*next).is_some_and(|word| word.start < to) {
                *next += 1;
            }
            *next
        };
        let first = step(range.start);
        step(range.end) - first
    }

    fn heading(&mut self, level: u8, above: u8, range: &Range<usize>) {
        self.structure.headings += 1;
        if level == 1 {
            self.structure.top_headings += 1;
            if self.structure.top_headings > 1 {
                self.find("top_heading_single", range, || {
                    "This is another heading of the first level; the title is the only one needed, so make it a second-level one.".into()
                });
            }
        }
        if above > 0 && level > above + 1 {
            self.structure.heading_jumps += 1;
            self.find("heading_order", range, || {
                format!("This heading of level {level} follows one of level {above}; make it level {}.", above + 1)
                    .into()
            });
        }
        let characters = self.reading.tokens.text[range.clone()].chars().count();
        if characters > HEADING_CHARS {
            self.find("heading_long", range, || {
                format!("This heading has {characters} characters; one that is seen at a glance has at most {HEADING_CHARS}.").into()
            });
        }
    }

    /// Headings without words leave no block behind; they are looked for in the markup.
    fn empty_headings(&self) -> Vec<Range<usize>> {
        match self.reading.format {
            Format::Plain => Vec::new(),
            Format::Markdown => self.empty_markdown(),
            Format::Html => empty_html(self.reading.original),
        }
    }

    fn empty_markdown(&self) -> Vec<Range<usize>> {
        let (mut found, mut at) = (Vec::new(), 0);
        for line in self.reading.original.split_inclusive('\n') {
            let body = line.trim();
            let marks = body.bytes().take_while(|&b| b == b'#').count();
            let empty = (1..=6).contains(&marks) && body[marks..].trim_start().bytes().all(|b| b == b'#');
            if empty && (body.len() == marks || body[marks..].starts_with([' ', '\t'])) {
                let start = at + line.len() - line.trim_start().len();
                found.push(start..start + body.len());
            }
            at += line.len();
        }
        let document = self.reading.document;
        let code = document.blocks.iter().filter(|block| block.kind == BlockKind::Code);
        let code: Vec<Range<usize>> =
            if found.is_empty() { Vec::new() } else { code.map(|block| document.original(&block.range)).collect() };
        let mut next = 0;
        found.retain(|range| {
            while code.get(next).is_some_and(|code| code.end <= range.start) {
                next += 1;
            }
            code.get(next).is_none_or(|code| range.start < code.start)
        });
        found
    }
}

/// `<h2> </h2>`, with other tags but no words or images inside.
fn empty_html(original: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    let mut open: Option<(u8, usize)> = None;
    while let Some(tag) = original[at..].find('<').map(|found| at + found) {
        if original[at..tag].chars().any(|c| !c.is_whitespace()) {
            open = None;
        }
        let rest = &original[tag..];
        let bytes = rest.as_bytes();
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(original.len(), |end| tag + end + 3);
            continue;
        }
        let Some(end) = rest.find('>').map(|end| tag + end + 1) else { break };
        match bytes {
            [_, b'h' | b'H', level @ b'1'..=b'6', b'>' | b' ' | b'\n' | b'\t', ..] => open = Some((*level, tag)),
            [_, b'/', b'h' | b'H', level @ b'1'..=b'6', ..] => {
                if let Some((_, start)) = open.take().filter(|(opened, _)| opened == level) {
                    found.push(start..end);
                }
            }
            [_, b'i' | b'I', b'm' | b'M', b'g' | b'G', ..] => open = None,
            _ => {}
        }
        at = end;
    }
    found
}
