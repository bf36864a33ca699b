//! A tolerant reading of HTML for its text: not a parser of the standard, but never lost and always in linear time.

use std::ops::Range;

use super::{BlockKind, Document, Image, Link};

/// Elements whose content is no text of the page.
const SILENT: &[&str] = &["head", "iframe", "noscript", "script", "select", "style", "svg", "template", "textarea"];

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "ul",
];

pub(super) fn read(original: &str) -> Document {
    let mut reader = Reader { original, document: Document::default(), block: BlockKind::Paragraph, start: 0 };
    let mut at = 0;
    // Once no tag can be closed any more, the rest is text.
    let mut closable = true;
    while at < original.len() {
        let rest = &original[at..];
        let tag = rest.find('<').map_or(original.len(), |found| at + found);
        reader.text(at..tag);
        at = tag;
        if at == original.len() {
            break;
        }
        let rest = &original[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = comment.find("-->").map_or(original.len(), |end| at + 4 + end + 3);
            continue;
        }
        let markup = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let end = if markup && closable { tag_end(rest) } else { None };
        let Some(end) = end else {
            closable &= !markup;
            reader.text(at..at + 1);
            at += 1;
            continue;
        };
        let body = &rest[1..end];
        let name = name_of(body.trim_start_matches('/'));
        let whole = at..at + end + 1;
        at = whole.end;
        if !body.starts_with('/') && !body.ends_with('/') && SILENT.binary_search(&&*name).is_ok() {
            at = close_of(original, at, &name);
            continue;
        }
        reader.tag(&name, body, whole);
    }
    reader.finish()
}

struct Reader<'a> {
    original: &'a str,
    document: Document,
    block: BlockKind,
    start: usize,
}

impl Reader<'_> {
    /// Text between tags: entities become characters, runs of white space one space.
    fn text(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let rest = &self.original[at..range.end];
            let first = rest.chars().next().unwrap_or(' ');
            if first.is_whitespace() && self.block != BlockKind::Code {
                let length = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
                if self.document.text.len() > self.start {
                    self.document.gap(" ", at);
                }
                at += length;
            } else if let Some((c, length)) = entity(rest) {
                self.document.push(c.encode_utf8(&mut [0; 4]), at..at + length);
                at += length;
            } else {
                let tail = &rest[first.len_utf8()..];
                let code = self.block == BlockKind::Code;
                let length = first.len_utf8()
                    + tail.find(|c: char| c == '&' || c.is_whitespace() && !code).unwrap_or(tail.len());
                self.document.push(&rest[..length], at..at + length);
                at += length;
            }
        }
    }

    fn tag(&mut self, name: &str, body: &str, whole: Range<usize>) {
        let closing = body.starts_with('/');
        match name {
            "br" => self.document.gap("\n", whole.start),
            "a" if !closing => {
                if let Some(url) = attribute(body, "href") {
                    self.document.links.push(Link { url, range: whole });
                }
            }
            "img" => {
                let alt = attribute(body, "alt").unwrap_or_default();
                self.document.images.push(Image { alt, range: whole });
            }
            _ if BLOCKS.binary_search(&name).is_ok() => {
                self.document.end_block(self.block, self.start, whole.start);
                self.start = self.document.text.len();
                self.block = match name {
                    _ if closing => BlockKind::Paragraph,
                    "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => BlockKind::Heading(name.as_bytes()[1] - b'0'),
                    "li" | "dd" | "dt" | "td" | "th" => BlockKind::Item,
                    "blockquote" => BlockKind::Quote,
                    "pre" => BlockKind::Code,
                    // A paragraph inside an item or a quotation belongs to it.
                    "p" if matches!(self.block, BlockKind::Item | BlockKind::Quote) => self.block,
                    _ => BlockKind::Paragraph,
                };
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Document {
        self.document.end_block(self.block, self.start, self.original.len());
        let kept = self.document.text.trim_end().len();
        self.document.text.truncate(kept);
        self.document
    }
}

/// Where the tag at the beginning of `rest` closes; a `>` inside quotation marks does not count.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if rest.as_bytes()[..at].ends_with(b"=") => quote = Some(byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    // An unclosed quotation mark: the first `>` has to do.
    quote.and_then(|_| rest.find('>'))
}

fn name_of(body: &str) -> String {
    body.chars().take_while(char::is_ascii_alphanumeric).take(16).collect::<String>().to_ascii_lowercase()
}

fn close_of(original: &str, from: usize, name: &str) -> usize {
    let bytes = original.as_bytes();
    let mut at = from;
    while let Some(found) = original[at..].find("</") {
        let start = at + found + 2;
        let end = start + name.len();
        if bytes.get(start..end).is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes())) {
            return original[end..].find('>').map_or(original.len(), |close| end + close + 1);
        }
        at = start;
    }
    original.len()
}

fn attribute(body: &str, name: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find(name) {
        let start = from + found;
        from = start + name.len();
        let rest = body[from..].trim_start();
        let alone = body[..start].ends_with(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        let Some(value) = rest.strip_prefix('=').filter(|_| alone).map(str::trim_start) else { continue };
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(char::is_whitespace).next(),
        };
        return value.map(decode);
    }
    None
}

fn decode(value: &str) -> String {
    let (mut out, mut at) = (String::with_capacity(value.len()), 0);
    while let Some(c) = value[at..].chars().next() {
        let (c, length) = entity(&value[at..]).unwrap_or((c, c.len_utf8()));
        out.push(c);
        at += length;
    }
    out
}

/// The character that a reference at the beginning of `rest` stands for, and the reference's length.
fn entity(rest: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let body = rest.strip_prefix('&')?;
    let end = body.bytes().take(LONGEST).position(|b| b == b';')?;
    let name = &body[..end];
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|&c| c != '\0')?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, end + 2))
}

/// The references that articles use; others stay as they are written.
const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("bull", '•'),
    ("middot", '·'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("deg", '°'),
    ("euro", '€'),
    ("pound", '£'),
    ("yen", '¥'),
    ("cent", '¢'),
    ("sect", '§'),
    ("times", '×'),
    ("frac12", '½'),
    ("shy", '\u{ad}'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("agrave", 'à'),
    ("acirc", 'â'),
    ("aacute", 'á'),
    ("iacute", 'í'),
    ("oacute", 'ó'),
    ("uacute", 'ú'),
    ("ntilde", 'ñ'),
    ("ccedil", 'ç'),
    ("Ccedil", 'Ç'),
    ("atilde", 'ã'),
    ("otilde", 'õ'),
    ("ocirc", 'ô'),
    ("icirc", 'î'),
    ("ucirc", 'û'),
    ("aring", 'å'),
    ("oslash", 'ø'),
    ("aelig", 'æ'),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_name_lists_are_sorted() {
        assert!(super::BLOCKS.is_sorted() && super::SILENT.is_sorted());
    }
}
