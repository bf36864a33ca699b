//! Lists of feeds in OPML 1.0 to 2.0 (opml.org), as feed readers give and take them.

use std::collections::HashSet;

use crate::model::Warning;
use crate::xml::{Attributes, Reader, Token, local};
use crate::{Error, charset, markup};

/// A list as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// Plain text.
    pub title: Option<String>,
    /// In the order of the document, each address once.
    pub outlines: Vec<Outline>,
    /// What was left out, with the number of its line.
    pub warnings: Vec<Warning>,
}

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The names of the folders it stands in, the outermost first.
    pub folders: Vec<String>,
    pub title: Option<String>,
    /// The feed, as written; only whoever reads it knows whether it can be followed.
    pub xml_url: String,
    /// The site.
    pub html_url: Option<String>,
}

/// Longer lists end here.
const OUTLINES_MAX: usize = 20_000;
/// Folders deeper than this count as the one around them. Each feed carries the names of its folders:
/// this and the next bound what a small document can grow to.
const DEPTH_MAX: usize = 16;
const NAME_CHARS_MAX: usize = 200;
const WARNINGS_MAX: usize = 200;
/// A document starts its list within so many elements.
const ROOT_WITHIN: usize = 20;

/// Reads a list, names of elements and attributes in any case. An address that comes again is left
/// out, as is a line that has neither an address nor feeds below it: `warnings` names each.
///
/// # Errors
/// When there is nothing (`Empty`) or no `opml` (`NotAList`).
pub fn parse(bytes: &[u8]) -> Result<List, Error> {
    let decoded = charset::decode(bytes, None, None);
    if decoded.text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let mut walk = Walk::new(&decoded.text);
    walk.run()?;
    let forgiven = decoded.warnings.iter().map(|(code, detail)| Warning { code, detail: detail.clone() });
    walk.list.warnings.extend(forgiven);
    Ok(walk.list)
}

/// OPML 2.0 of `outlines` in their order: what stands beside one another in the same folder stands in
/// one `outline`. [`parse`] reads back what was written, but for blanks, control characters and the
/// ends of long names.
pub fn write(title: &str, outlines: &[Outline]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head>");
    out.push_str(&format!("<title>{}</title></head>\n<body>\n", attribute(title)));
    let mut open: &[String] = &[];
    for outline in outlines {
        let folders = &outline.folders[..outline.folders.len().min(DEPTH_MAX)];
        let shared = open.iter().zip(folders).take_while(|(a, b)| a == b).count();
        out.push_str(&"</outline>\n".repeat(open.len() - shared));
        for folder in &folders[shared..] {
            let name = attribute(folder);
            out.push_str(&format!("<outline text=\"{name}\" title=\"{name}\">\n"));
        }
        open = folders;
        let url = attribute(&outline.xml_url);
        let name = outline.title.as_deref().map(attribute);
        // `text` is required; an address there says that there is no title.
        out.push_str(&format!("<outline type=\"rss\" text=\"{}\"", name.as_ref().unwrap_or(&url)));
        if let Some(name) = &name {
            out.push_str(&format!(" title=\"{name}\""));
        }
        out.push_str(&format!(" xmlUrl=\"{url}\""));
        if let Some(site) = &outline.html_url {
            out.push_str(&format!(" htmlUrl=\"{}\"", attribute(site)));
        }
        out.push_str("/>\n");
    }
    out.push_str(&"</outline>\n".repeat(open.len()));
    out.push_str("</body>\n</opml>\n");
    out
}

/// Escaped, on one line, without what XML forbids.
fn attribute(text: &str) -> String {
    let plain: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    markup::escape(&markup::one_line(&plain)).into_owned()
}

/// An open `outline`.
enum Open {
    Folder {
        name: String,
        line: usize,
        /// Something stood in it.
        used: bool,
    },
    Feed,
}

struct Walk<'t> {
    text: &'t str,
    reader: Reader<'t>,
    open: Vec<Open>,
    /// Open `outline`s below `DEPTH_MAX`.
    deeper: usize,
    seen: HashSet<String>,
    /// How far lines were counted, and how many there were.
    counted: (usize, usize),
    list: List,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        Walk {
            text,
            reader: Reader::new(text),
            open: Vec::new(),
            deeper: 0,
            seen: HashSet::new(),
            counted: (0, 1),
            list: List::default(),
        }
    }

    fn run(&mut self) -> Result<(), Error> {
        let (mut elements, mut first, mut is_list, mut in_title) = (0usize, None, false, false);
        while let Some(token) = self.reader.next(None) {
            match token {
                Token::Start { name, attributes, empty } => {
                    let name = local(name);
                    elements += 1;
                    first.get_or_insert(name);
                    is_list |= name.eq_ignore_ascii_case("opml");
                    if !is_list && elements > ROOT_WITHIN {
                        break;
                    }
                    in_title = !empty && name.eq_ignore_ascii_case("title");
                    if is_list && name.eq_ignore_ascii_case("outline") && !self.outline(attributes, empty) {
                        break;
                    }
                }
                Token::End { name } => {
                    in_title = false;
                    if local(name).eq_ignore_ascii_case("outline") {
                        self.close();
                    }
                }
                Token::Text(text) | Token::Cdata(text) if in_title && self.list.title.is_none() => {
                    let title = markup::one_line(&crate::xml::unescape(text));
                    self.list.title = Some(title).filter(|title| !title.is_empty());
                }
                Token::Text(_) | Token::Cdata(_) | Token::Doctype(_) => {}
            }
        }
        if !is_list {
            let found = first.map(|name| format!("xml <{}>", name.chars().take(40).collect::<String>()));
            return Err(Error::NotAList { found: found.unwrap_or_else(|| "text".to_owned()) });
        }
        if self.reader.cut {
            self.warn("truncated", "the document ends early");
        }
        while !self.open.is_empty() {
            self.close();
        }
        Ok(())
    }

    /// `false` when the list is full.
    fn outline(&mut self, attributes: Attributes<'_>, empty: bool) -> bool {
        let name = attributes.text("title").or_else(|| attributes.text("text"));
        let name = name.map(|name| name.chars().take(NAME_CHARS_MAX).collect::<String>());
        let name = name.map(|name| markup::one_line(&name)).filter(|name| !name.is_empty());
        let kind = attributes.text("type").unwrap_or_default().to_ascii_lowercase();
        // Some readers write the address of a feed where that of a page belongs.
        let other = || attributes.text("url").filter(|_| matches!(kind.as_str(), "rss" | "atom" | "feed"));
        let Some(xml_url) = attributes.text("xmlurl").or_else(other) else {
            let line = self.line();
            match (empty, name) {
                (true, name) => self.warn_at(line, "no-address", &name.unwrap_or_default()),
                (false, _) if self.open.len() >= DEPTH_MAX => self.deeper += 1,
                (false, name) => self.open.push(Open::Folder { name: name.unwrap_or_default(), line, used: false }),
            }
            return true;
        };
        for open in &mut self.open {
            if let Open::Folder { used, .. } = open {
                *used = true;
            }
        }
        if self.list.outlines.len() >= OUTLINES_MAX {
            self.warn("too-many", &format!("read up to feed {OUTLINES_MAX}"));
            return false;
        }
        if self.seen.insert(xml_url.clone()) {
            let folders = self.open.iter().filter_map(|open| match open {
                Open::Folder { name, .. } if !name.is_empty() => Some(name.clone()),
                _ => None,
            });
            self.list.outlines.push(Outline {
                folders: folders.collect(),
                title: name.filter(|name| *name != xml_url),
                html_url: attributes.text("htmlurl"),
                xml_url,
            });
        } else {
            self.warn("repeated", &xml_url);
        }
        match empty {
            true => {}
            false if self.open.len() >= DEPTH_MAX => self.deeper += 1,
            false => self.open.push(Open::Feed),
        }
        true
    }

    fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(Open::Folder { name, line, used: false }) = self.open.pop() {
            self.warn_at(line, "no-address", &name);
        }
    }

    /// The line the reader has come to; each byte is looked at once.
    fn line(&mut self) -> usize {
        let (from, lines) = self.counted;
        let passed = &self.text.as_bytes()[from..self.reader.at()];
        self.counted = (self.reader.at(), lines + memchr::memchr_iter(b'\n', passed).count());
        self.counted.1
    }

    fn warn(&mut self, code: &'static str, what: &str) {
        let line = self.line();
        self.warn_at(line, code, what);
    }

    fn warn_at(&mut self, line: usize, code: &'static str, what: &str) {
        if self.list.warnings.len() < WARNINGS_MAX {
            let what: String = what.chars().take(120).collect();
            self.list.warnings.push(Warning { code, detail: format!("line {line}: {what}") });
        }
    }
}

#[cfg(test)]
mod tests;
