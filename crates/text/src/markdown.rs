//! Markdown, the form in which people and machines write drafts.

use std::borrow::Cow;

use pulldown_cmark::{Options, Parser};

use crate::html;

/// `markdown` as safe HTML: CommonMark with tables and strikethrough; raw HTML in it is judged by
/// [`html::sanitize`] like everything else, relative links stay relative.
pub fn to_html(markdown: &str) -> String {
    html::sanitize(&render(markdown), None)
}

/// The plain text a reader of `markdown` sees, shaped as by [`html::to_text`].
pub fn to_text(markdown: &str) -> String {
    html::to_text(&render(markdown))
}

/// Plain text as Markdown that shows it: each line a paragraph, nothing in it is markup.
pub fn from_text(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(escape_line).collect();
    lines.join("\n\n")
}

/// Untrusted `text` on one line, such as a title to stand inside a sentence, a heading or a link.
pub fn escape(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escape_line(&line).into_owned()
}

fn render(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    pulldown_cmark::html::push_html(&mut out, Parser::new_ext(markdown, options));
    out
}

/// Only what is markup at its place is escaped: editors read these texts.
fn escape_line(line: &str) -> Cow<'_, str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let ordered = digits > 0 && line[digits..].starts_with(['.', ')']);
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in line.char_indices() {
        let marked = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' => true,
            '#' | '+' | '-' | '=' => at == 0,
            '.' | ')' => ordered && at == digits,
            _ => false,
        };
        if marked {
            out.push_str(&line[copied..at]);
            out.push('\\');
            copied = at;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(line);
    }
    out.push_str(&line[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
