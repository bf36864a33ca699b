//! A tolerant reader of RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1, and CDF.
//!
//! ```ignore
//! let feed = feed::parse(&bytes, &feed::Hints { url: Some("https://example.org/feed"), ..Default::default() })?;
//! for item in feed.items { println!("{:?} {:?}", item.id, item.title); }
//! ```
//!
//! Invariants: it does no input or output; it never panics and takes linear time on any bytes; it
//! reports what the document says and fills no gap (no title from the text, no link from the
//! enclosure, no date from elsewhere); what it forgave stands in `warnings`; HTML it returns is sanitised.

pub mod charset;
pub mod date;
pub mod discover;
mod document;
mod error;
pub mod fuzz;
mod json;
mod link;
mod markup;
mod model;
pub mod opml;
mod tags;
mod xml;

pub use error::{Error, JsonError};
pub use model::{Enclosure, Episode, Feed, Item, Kind, Warning};

use model::Warnings;

/// What is known beside the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Hints<'a> {
    /// The address the document came from, after redirects; relative links resolve against it last, and
    /// without it only against an `xml:base`.
    pub url: Option<&'a str>,
    /// The `Content-Type` header: only its charset is believed, and only after the document's own word.
    pub content_type: Option<&'a str>,
    /// Whether `summary_html` and `content_html` pass the sanitiser; turn it off only to measure or to
    /// sanitise later.
    pub sanitize: bool,
}

impl Default for Hints<'_> {
    fn default() -> Self {
        Hints { url: None, content_type: None, sanitize: true }
    }
}

/// Reads one document.
///
/// # Errors
/// When there is nothing (`Empty`) or nothing like a feed (`NotAFeed`); anything less is a warning.
pub fn parse(bytes: &[u8], hints: &Hints<'_>) -> Result<Feed, Error> {
    let mut warnings = Warnings::default();
    let decoded = charset::decode(bytes, hints.content_type, hints.url);
    for (code, detail) in decoded.warnings {
        warnings.add(code, detail);
    }
    let text: &str = decoded.text.trim_start();
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.starts_with(['{', '[']) {
        return json::parse(text, hints, warnings);
    }
    document::parse(text, hints, warnings).map_err(|error| match error {
        // Zero bytes that are not those of UTF-16.
        Error::NotAFeed { found } if found == "text" && !decoded.encoding.starts_with("UTF-") && bytes.contains(&0) => {
            Error::NotAFeed { found: "binary data".into() }
        }
        error => error,
    })
}

#[cfg(test)]
mod tests;
