//! HTML from strangers: made safe to publish, or turned into plain text to read and judge.
//!
//! Every function is linear in its input, bounded in depth and never fails: what is broken is mended
//! as a browser would, what is not allowed disappears. A walker of our own ([`walk`]) balances the
//! tags first; the HTML5 parser behind the sanitiser then sees at most [`walk::DEPTH_MAX`] levels and
//! a handful of attributes per tag, which keeps its quadratic corners (scope look-ups, formatting
//! elements, attribute duplicates) out of reach of an attacker.

mod article;
mod clean;
mod entity;
mod hidden;
mod plain;
mod walk;

use std::borrow::Cow;

pub use article::{Article, NoArticle, article};
pub use clean::sanitize;
pub use entity::decode_entities;
pub(crate) use hidden::hidden;
pub use plain::{strip_tags, to_text};

/// `text` with the five characters that mean something in HTML text and attributes replaced.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
