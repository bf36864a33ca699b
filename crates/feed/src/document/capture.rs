//! The text of one element while it is being read.

use std::borrow::Cow;

use crate::Kind;
use crate::markup::{self, Tags};
use crate::model::Warnings;
use crate::tags::Tag;
use crate::xml::{Attributes, unescape};

/// How the text of an element is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A plain value; elements inside have a meaning of their own.
    Text,
    /// Declared plain text.
    Plain,
    /// Plain or HTML: RSS never said.
    Either,
    /// Escaped HTML.
    Html,
    /// Inline markup.
    Xhtml,
    /// Inline markup of any kind, in which nothing is ours.
    Xml,
    Base64,
}

impl Form {
    /// By the `type` and `mode` attributes of Atom, otherwise by custom.
    pub fn of(tag: Tag, attributes: Attributes<'_>, kind: Option<Kind>) -> Form {
        let declared = attributes.text("type").map(|t| t.to_ascii_lowercase());
        let mode = attributes.text("mode").map(|m| m.to_ascii_lowercase());
        let atom = matches!(kind, Some(Kind::Atom03 | Kind::Atom10));
        if mode.as_deref() == Some("base64") {
            return Form::Base64;
        }
        let form = match declared.as_deref() {
            Some("text" | "plain" | "text/plain") => Form::Plain,
            Some("html" | "text/html") => Form::Html,
            Some("xhtml" | "application/xhtml+xml") => Form::Xhtml,
            Some(t) if t.ends_with("+xml") || t.ends_with("/xml") => Form::Xml,
            Some(t) if t.starts_with("text/") => Form::Plain,
            Some(t) if t.contains('/') && atom && matches!(tag, Tag::Content | Tag::Title(0) | Tag::Summary(0)) => {
                Form::Base64
            }
            _ if atom
                && matches!(tag, Tag::Title(0) | Tag::Summary(0) | Tag::Content | Tag::Subtitle | Tag::Rights) =>
            {
                Form::Plain
            }
            _ if matches!(tag, Tag::Title(_) | Tag::Rights) => Form::Either,
            _ => Form::Html,
        };
        // Atom 0.3 said separately whether markup is escaped.
        match (form, mode.as_deref()) {
            (Form::Xhtml | Form::Xml, Some("escaped")) => Form::Html,
            (form, _) => form,
        }
    }
}

#[derive(Debug)]
pub struct Capture<'a> {
    pub form: Form,
    /// The stack's length while the element is the innermost one.
    pub depth: usize,
    /// Index of its base, see `Draft::bases`.
    pub base: usize,
    /// No `isPermaLink="false"`.
    pub permanent: bool,
    text: Cow<'a, str>,
    /// There are tags in it: from here on text is kept as written.
    tagged: bool,
    /// What it takes to know whether one `div` holds everything.
    tops: usize,
    top_text: bool,
    div: Option<(usize, usize)>,
}

impl<'a> Capture<'a> {
    pub fn new(form: Form, depth: usize, base: usize, permanent: bool) -> Self {
        Capture {
            form,
            depth,
            base,
            permanent,
            text: Cow::Borrowed(""),
            tagged: false,
            tops: 0,
            top_text: false,
            div: None,
        }
    }

    pub fn push_text(&mut self, raw: &'a str, depth: usize) {
        let verbatim = self.tagged || matches!(self.form, Form::Xhtml | Form::Xml);
        if depth == self.depth && !self.top_text {
            self.top_text = !raw.trim_ascii().is_empty();
        }
        self.push(if verbatim { Cow::Borrowed(raw) } else { unescape(raw) });
    }

    pub fn push_cdata(&mut self, raw: &'a str, depth: usize) {
        self.top_text |= depth == self.depth;
        let escape = matches!(self.form, Form::Xhtml | Form::Xml) || (self.tagged && self.form == Form::Plain);
        self.push(if escape { markup::escape(raw) } else { Cow::Borrowed(raw) });
    }

    pub fn open_tag(&mut self, name: &str, attributes: Attributes<'_>, empty: bool, depth: usize) {
        if !self.tagged {
            self.tagged = true;
            if self.form == Form::Plain {
                self.text = Cow::Owned(markup::escape(&self.text).into_owned());
            }
        }
        let first = depth == self.depth;
        self.tops += usize::from(first);
        let text = self.text.to_mut();
        text.push('<');
        text.push_str(name);
        if !attributes.0.is_empty() {
            text.push(' ');
            text.push_str(attributes.0.trim_start());
        }
        text.push('>');
        if first {
            self.div = (!empty && name.eq_ignore_ascii_case("div")).then_some((text.len(), text.len()));
        }
    }

    pub fn close_tag(&mut self, name: &str, depth: usize) {
        let text = self.text.to_mut();
        if depth == self.depth
            && let Some((_, end)) = &mut self.div
        {
            *end = text.len();
        }
        text.push_str("</");
        text.push_str(name);
        text.push('>');
    }

    fn push(&mut self, piece: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = piece;
        } else {
            self.text.to_mut().push_str(&piece);
        }
    }

    /// The plain value, trimmed.
    pub fn value(&self) -> Cow<'a, str> {
        match &self.text {
            Cow::Borrowed(t) => Cow::Borrowed(t.trim()),
            Cow::Owned(t) => Cow::Owned(t.trim().to_string()),
        }
    }

    /// The plain value on one line, `None` when empty.
    pub fn line(&self) -> Option<String> {
        let line = markup::one_line(&self.text);
        if line.is_empty() {
            return None;
        }
        Some(markup::repair_double_encoding(&line).unwrap_or(line))
    }

    /// As a title or another line of plain text that may have markup.
    pub fn title(mut self, warnings: &mut Warnings) -> Option<String> {
        self.decode_base64();
        let text = self.repaired(warnings);
        let title = match self.form {
            Form::Html | Form::Xhtml | Form::Xml => markup::plain(&text, Tags::All),
            _ if self.tagged => markup::plain(&text, Tags::All),
            Form::Either if markup::looks_like_html(&text) => markup::plain(&text, Tags::Known),
            _ => markup::one_line(&text),
        };
        (!title.is_empty()).then_some(title)
    }

    /// As HTML, not yet sanitised.
    pub fn html(mut self, warnings: &mut Warnings) -> Option<String> {
        if let (Form::Xhtml, Some((start, end)), 1, false) = (self.form, self.div, self.tops, self.top_text) {
            self.text = Cow::Owned(self.text[start..end].to_string());
        }
        self.decode_base64();
        let text = self.repaired(warnings);
        if text.trim().is_empty() {
            return None;
        }
        let plain = match self.form {
            _ if self.tagged => false,
            Form::Plain | Form::Text | Form::Base64 => true,
            Form::Either => !markup::looks_like_html(&text),
            Form::Html | Form::Xhtml | Form::Xml => false,
        };
        Some(if plain { markup::escape(text.trim()).into_owned() } else { trimmed(text) })
    }

    fn repaired(&mut self, warnings: &mut Warnings) -> Cow<'a, str> {
        let text = std::mem::take(&mut self.text);
        match markup::repair_double_encoding(&text) {
            Some(text) => {
                warnings.add("double-encoded", text.trim());
                Cow::Owned(text)
            }
            None => text,
        }
    }

    /// Text that claims to be Base64 and is not stays what it is.
    fn decode_base64(&mut self) {
        if self.form != Form::Base64 {
            return;
        }
        if let Some(text) = base64(&self.text).and_then(|b| String::from_utf8(b).ok()) {
            self.form = if markup::looks_like_html(&text) { Form::Html } else { Form::Plain };
            self.text = Cow::Owned(text);
        }
    }
}

/// Without blanks around it; copied only when it was borrowed.
fn trimmed(text: Cow<'_, str>) -> String {
    match text {
        Cow::Borrowed(text) => text.trim().to_owned(),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end().len());
            text.drain(..text.len() - text.trim_start().len());
            text
        }
    }
}

/// RFC 4648 §4, blanks ignored.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}
