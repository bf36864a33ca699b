//! A tokenizer that accepts anything: XML as it should be, and as it is.
//!
//! It never fails and never looks back: each search that can run to the end of the document is
//! remembered when it fails, so the whole takes linear time. Document types are skipped whole; no
//! entity declared in one is ever expanded.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::markup;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    Start {
        name: &'a str,
        attributes: Attributes<'a>,
        empty: bool,
    },
    End {
        name: &'a str,
    },
    /// Character data as written, entities and all.
    Text(&'a str),
    Cdata(&'a str),
    /// What follows `<!DOCTYPE`.
    Doctype(&'a str),
}

pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Ends that are known not to come any more.
    no_comment_end: bool,
    no_cdata_end: bool,
    no_instruction_end: bool,
    no_subset_end: bool,
    /// The document stops inside a tag.
    pub cut: bool,
    pub cdata_unclosed: bool,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Reader {
            text,
            at: 0,
            no_comment_end: false,
            no_cdata_end: false,
            no_instruction_end: false,
            no_subset_end: false,
            cut: false,
            cdata_unclosed: false,
        }
    }

    /// The next token; `open` is the innermost open element, where an unclosed CDATA section ends.
    pub fn next(&mut self, open: Option<&str>) -> Option<Token<'a>> {
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() {
                return None;
            }
            let bytes = rest.as_bytes();
            if bytes[0] != b'<' {
                let end = memchr(b'<', bytes).unwrap_or(bytes.len());
                self.at += end;
                return Some(Token::Text(&rest[..end]));
            }
            match bytes.get(1) {
                Some(b'/') => return Some(self.end_tag(rest)),
                Some(b'!') => {
                    if let Some(token) = self.declaration(rest, open) {
                        return Some(token);
                    }
                }
                Some(b'?') => self.instruction(rest),
                Some(c) if c.is_ascii_alphabetic() || matches!(c, b'_' | b':') || *c >= 0x80 => {
                    return self.start_tag(rest);
                }
                // A bare `<` is text.
                _ => {
                    let end = memchr(b'<', &bytes[1..]).map_or(bytes.len(), |e| e + 1);
                    self.at += end;
                    return Some(Token::Text(&rest[..end]));
                }
            }
        }
    }

    /// How many bytes have been read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing but blanks stands before the first tag.
    pub fn starts_with_markup(&self) -> bool {
        self.text.starts_with('<')
    }

    /// Jumps to `</name`, for elements whose content is not markup.
    pub fn skip_raw(&mut self, name: &str) {
        let rest = &self.text[self.at..];
        let mut from = 0;
        while let Some(at) = memmem::find(&rest.as_bytes()[from..], b"</") {
            let start = from + at;
            if rest.as_bytes()[start + 2..].get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())) {
                self.at += start;
                return;
            }
            from = start + 2;
        }
        self.at = self.text.len();
    }

    fn end_tag(&mut self, rest: &'a str) -> Token<'a> {
        let bytes = rest.as_bytes();
        let end = bytes[2..].iter().position(|b| matches!(b, b'>' | b'<')).map(|e| e + 2);
        let stop = end.unwrap_or(bytes.len());
        self.cut |= end.is_none();
        self.at += stop + usize::from(bytes.get(stop) == Some(&b'>'));
        let name = rest[2..stop].trim();
        Token::End { name: name.split_whitespace().next().unwrap_or("") }
    }

    fn start_tag(&mut self, rest: &'a str) -> Option<Token<'a>> {
        let bytes = rest.as_bytes();
        let name_end = bytes[1..].iter().position(|b| is_blank(*b) || matches!(b, b'>' | b'/' | b'<'));
        let name_end = name_end.map_or(bytes.len(), |e| e + 1);
        let Some(end) = tag_end(bytes, name_end) else {
            // Half a tag tells nothing.
            self.cut = true;
            self.at = self.text.len();
            return None;
        };
        self.at += end + usize::from(bytes[end] == b'>');
        let inside = rest[name_end..end].trim_end();
        let (inside, empty) = match inside.strip_suffix('/') {
            // `<a href=http://example.org/>`
            Some(_) if ends_unquoted_value(inside) => (inside, false),
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        Some(Token::Start { name: &rest[1..name_end], attributes: Attributes(inside), empty })
    }

    fn declaration(&mut self, rest: &'a str, open: Option<&str>) -> Option<Token<'a>> {
        let bytes = rest.as_bytes();
        if bytes.get(..9).is_some_and(|b| b.eq_ignore_ascii_case(b"<![CDATA[")) {
            return Some(self.cdata(rest, open));
        }
        if rest.starts_with("<!--") && !self.no_comment_end {
            match memmem::find(&bytes[4..], b"-->") {
                Some(end) => {
                    self.at += end + 7;
                    return None;
                }
                None => self.no_comment_end = true,
            }
        }
        let is_doctype = bytes.get(..9).is_some_and(|b| b.eq_ignore_ascii_case(b"<!DOCTYPE"));
        let mut end = None;
        if is_doctype && !self.no_subset_end {
            end = doctype_end(bytes);
            self.no_subset_end = end.is_none();
        }
        let end = end.or_else(|| memchr(b'>', bytes)).unwrap_or(bytes.len() - 1);
        self.at += end + 1;
        is_doctype.then(|| Token::Doctype(rest.get(9..end).unwrap_or("")))
    }

    fn cdata(&mut self, rest: &'a str, open: Option<&str>) -> Token<'a> {
        let body = &rest[9..];
        if !self.no_cdata_end {
            match memmem::find(body.as_bytes(), b"]]>") {
                Some(end) => {
                    self.at += end + 12;
                    return Token::Cdata(&body[..end]);
                }
                None => self.no_cdata_end = true,
            }
        }
        self.cdata_unclosed = true;
        let before = self.at;
        self.at += 9;
        match open {
            Some(name) => self.skip_raw(name),
            None => self.at = self.text.len(),
        }
        Token::Cdata(&self.text[before + 9..self.at])
    }

    fn instruction(&mut self, rest: &'a str) {
        let bytes = rest.as_bytes();
        let is_declaration = rest.get(..6).is_some_and(|p| p.eq_ignore_ascii_case("<?xml "));
        if !is_declaration && !self.no_instruction_end {
            match memmem::find(bytes, b"?>") {
                Some(end) => {
                    self.at += end + 2;
                    return;
                }
                None => self.no_instruction_end = true,
            }
        }
        self.at += memchr(b'>', bytes).map_or(bytes.len(), |e| e + 1);
    }
}

/// Where the start tag ends: at its `>`, or before the `<` of the next one when that is missing.
/// Quotes count only after `=`, and only when they close before something that looks like a tag.
fn tag_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut i = from;
    let mut last = 0u8;
    while i < bytes.len() {
        let b = bytes[i];
        match b {
            b'>' | b'<' => return Some(i),
            b'"' | b'\'' if last == b'=' => {
                match quoted_end(bytes, i) {
                    Some(close) => i = close,
                    // The quote never closed: the first `>` behind it ends the tag.
                    None => return memchr::memchr2(b'>', b'<', &bytes[i..]).map(|e| e + i),
                }
                last = b;
            }
            b if is_blank(b) => {}
            b => last = b,
        }
        i += 1;
    }
    None
}

/// How far a value with a `<` in it may reach.
const ODD_VALUE_MAX: usize = 4096;

/// The quote that closes the one at `open`. A value with `<` in it is believed only when its end looks
/// like one: in `<a b="x>text</a><c d="y">` the second quote opens another value.
fn quoted_end(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    let stop = memchr::memchr2(quote, b'<', &bytes[open + 1..])? + open + 1;
    if bytes[stop] == quote {
        return Some(stop);
    }
    let window = &bytes[..bytes.len().min(stop + ODD_VALUE_MAX)];
    let close = memchr(quote, &window[stop..])? + stop;
    let after = bytes.get(close + 1).is_some_and(|b| is_blank(*b) || matches!(b, b'>' | b'/'));
    (after && bytes[close - 1] != b'=').then_some(close)
}

/// Behind the internal subset, whose own brackets and quotes are respected.
fn doctype_end(bytes: &[u8]) -> Option<usize> {
    let (mut quote, mut depth) = (0u8, 0i32);
    for (i, b) in bytes.iter().enumerate() {
        match *b {
            b if quote != 0 => quote = if b == quote { 0 } else { quote },
            b @ (b'"' | b'\'') => quote = b,
            b'[' => depth += 1,
            b']' => depth -= 1,
            b'>' if depth <= 0 => return Some(i),
            _ => {}
        }
    }
    None
}

fn ends_unquoted_value(inside: &str) -> bool {
    let word = inside.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or("");
    word.split_once('=').is_some_and(|(_, v)| !v.starts_with(['"', '\'']) && v.trim_end_matches('/').contains('/'))
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

/// The attributes of one start tag, read when asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attributes<'a>(pub &'a str);

impl<'a> Attributes<'a> {
    /// The first attribute of this name, with or without a prefix, in any case; decoded.
    pub fn get(self, name: &str) -> Option<Cow<'a, str>> {
        self.iter().find(|(key, _)| local(key).eq_ignore_ascii_case(name)).map(|(_, value)| unescape(value))
    }

    /// The same without blanks around it, `None` when nothing is left.
    pub fn text(self, name: &str) -> Option<String> {
        self.get(name).map(|v| v.trim().to_string()).filter(|v| !v.is_empty())
    }

    /// Names and raw values.
    pub fn iter(self) -> AttributeIter<'a> {
        AttributeIter(self.0)
    }
}

pub struct AttributeIter<'a>(&'a str);

impl<'a> Iterator for AttributeIter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest =
            self.0.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | ',' | '"' | '\'' | '='));
        if rest.is_empty() {
            return None;
        }
        let name_end = rest.bytes().position(|b| is_blank(b) || b == b'=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            self.0 = after;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quote = value.bytes().next().filter(|b| matches!(b, b'"' | b'\''));
        let (value, rest) = match quote {
            Some(quote) => match memchr(quote, &value.as_bytes()[1..]) {
                Some(end) => (&value[1..=end], &value[end + 2..]),
                None => (&value[1..], ""),
            },
            None => value.split_at(value.bytes().position(is_blank).unwrap_or(value.len())),
        };
        self.0 = rest;
        Some((name, value))
    }
}

/// A name without its prefix.
pub fn local(name: &str) -> &str {
    memchr(b':', name.as_bytes()).map_or(name, |at| &name[at + 1..])
}

/// Longest name of an entity that is looked up.
const ENTITY_MAX: usize = 32;

/// Character data decoded once: the entities of XML, numeric references, and those of HTML, which
/// feeds use without declaring them. What is none stays as written.
pub fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    loop {
        // `rest` starts with `&`.
        if let Some((c, length)) = xml_entity(rest.as_bytes()) {
            out.push(c);
            rest = &rest[length..];
        } else if let Some(length) = entity_length(rest.as_bytes()) {
            let (whole, after) = rest.split_at(length);
            push_entity(&mut out, whole);
            rest = after;
        } else {
            out.push('&');
            rest = &rest[1..];
        }
        match memchr(b'&', rest.as_bytes()) {
            Some(next) => {
                out.push_str(&rest[..next]);
                rest = &rest[next..];
            }
            None => {
                out.push_str(rest);
                return Cow::Owned(out);
            }
        }
    }
}

/// The five of XML, of which escaped HTML is full, and how long they are.
fn xml_entity(text: &[u8]) -> Option<(char, usize)> {
    Some(match text {
        [_, b'l', b't', b';', ..] => ('<', 4),
        [_, b'g', b't', b';', ..] => ('>', 4),
        [_, b'a', b'm', b'p', b';', ..] => ('&', 5),
        [_, b'q', b'u', b'o', b't', b';', ..] => ('"', 6),
        [_, b'a', b'p', b'o', b's', b';', ..] => ('\'', 6),
        _ => return None,
    })
}

/// How long the `&name;` at the start is.
fn entity_length(text: &[u8]) -> Option<usize> {
    let window = &text[1..text.len().min(ENTITY_MAX + 2)];
    let end = window.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'#'))?;
    (end > 0 && window[end] == b';').then_some(end + 2)
}

/// `whole` is `&name;`.
fn push_entity(out: &mut String, whole: &str) {
    let Some(number) = whole[1..whole.len() - 1].strip_prefix('#') else {
        return out.push_str(&markup::decode_entities(whole));
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    out.push(code.ok().and_then(markup::character).unwrap_or(char::REPLACEMENT_CHARACTER));
}
