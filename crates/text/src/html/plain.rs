//! HTML to plain text.

use super::walk::{Attributes, Visitor, walk};

/// The text a reader sees: paragraphs separated by blank lines, list items and table rows on lines of
/// their own (items marked `- `, cells separated by a tab), references decoded, blanks collapsed.
pub fn to_text(html: &str) -> String {
    plain(html, false)
}

/// `html` without its tags, on one line: for titles and other short fields.
pub fn strip_tags(html: &str) -> String {
    plain(html, true)
}

fn plain(html: &str, one_line: bool) -> String {
    let mut text = Plain { out: String::with_capacity(html.len() / 2), gap: Gap::None, one_line, ..Plain::default() };
    walk(html, &mut text);
    text.out
}

/// White space owed before the next word.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Tab,
    Line,
    Paragraph,
}

#[derive(Default)]
struct Plain {
    out: String,
    gap: Gap,
    one_line: bool,
    /// The next word starts a list item.
    item: bool,
    lists: usize,
    preformatted: usize,
}

impl Plain {
    fn owe(&mut self, gap: Gap) {
        let gap = match gap {
            _ if self.one_line => Gap::Space,
            Gap::Paragraph if self.lists > 0 => Gap::Line,
            gap => gap,
        };
        self.gap = self.gap.max(gap);
    }

    fn word(&mut self, word: &str) {
        if !self.out.is_empty() {
            self.out.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Tab => "\t",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
        }
        if std::mem::take(&mut self.item) && !self.one_line {
            self.out.push_str("- ");
        }
        self.gap = Gap::None;
        self.out.extend(word.chars().filter(|c| !is_invisible(*c)));
    }
}

impl Visitor for Plain {
    fn open(&mut self, name: &'static str, _: &Attributes<'_>) -> bool {
        match name {
            "br" if self.gap == Gap::Line => self.owe(Gap::Paragraph),
            "br" | "dt" | "dd" | "tr" | "caption" => self.owe(Gap::Line),
            "li" => {
                self.owe(Gap::Line);
                self.item = true;
            }
            "td" | "th" => self.owe(Gap::Tab),
            "ul" | "ol" => {
                self.owe(Gap::Paragraph);
                self.lists += 1;
            }
            _ if is_block(name) => self.owe(Gap::Paragraph),
            _ => {}
        }
        self.preformatted += usize::from(name == "pre");
        true
    }

    fn close(&mut self, name: &'static str) {
        match name {
            "pre" => self.preformatted -= 1,
            "ul" | "ol" => self.lists -= 1,
            "li" => self.item = false,
            _ => {}
        }
        match name {
            "li" | "dt" | "dd" | "tr" => self.owe(Gap::Line),
            _ if is_block(name) => self.owe(Gap::Paragraph),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                self.owe(if self.preformatted > 0 { Gap::Line } else { Gap::Space });
            }
            if line.starts_with(char::is_whitespace) {
                self.owe(Gap::Space);
            }
            for (i, word) in line.split_whitespace().enumerate() {
                if i > 0 {
                    self.owe(Gap::Space);
                }
                if !word.chars().all(is_invisible) {
                    self.word(word);
                }
            }
            if line.ends_with(char::is_whitespace) {
                self.owe(Gap::Space);
            }
        }
    }
}

fn is_block(name: &str) -> bool {
    #[rustfmt::skip]
    let block = matches!(name,
        "address" | "article" | "aside" | "blockquote" | "center" | "details" | "div" | "dl" | "figcaption" | "figure"
        | "footer" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hgroup" | "hr" | "main" | "nav" | "ol" | "p"
        | "pre" | "section" | "summary" | "table" | "ul");
    block
}

/// Soft hyphens, zero-width spaces, byte order marks and control characters break words for every
/// measure that follows. The zero-width joiner stays: emoji and Persian need it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}') || c.is_control()
}
