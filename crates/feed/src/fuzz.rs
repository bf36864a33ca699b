//! What a fuzzer calls: each reader of the crate by itself, on any bytes. They end, and panic only where there is a fault. Good documents
//! for each lie in the folder of its name below `fuzz/`.

use std::borrow::Cow;

use crate::model::Warnings;
use crate::{Hints, charset, date, discover, document, json, opml};

/// A name, and what reads bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every reader with its name.
pub const TARGETS: [Target; 6] =
    [("xml", xml), ("json", json), ("dates", dates), ("charset", charset), ("opml", opml), ("page", page)];

const ADDRESS: &str = "https://example.org/feed";

/// RSS, RDF, Atom and CDF, as they are and sanitised.
pub fn xml(data: &[u8]) {
    let text = text(data);
    for sanitize in [false, true] {
        let hints = Hints { url: Some(ADDRESS), content_type: None, sanitize };
        if let Ok(feed) = document::parse(text.trim_start(), &hints, Warnings::default()) {
            assert!(feed.items.len() <= 50_000, "more entries than elements are read");
        }
    }
}

/// JSON Feed.
pub fn json(data: &[u8]) {
    let text = text(data);
    for sanitize in [false, true] {
        let hints = Hints { url: Some(ADDRESS), content_type: None, sanitize };
        let _ = json::parse(text.trim_start(), &hints, Warnings::default());
    }
}

/// A date in each line. What is read is told again and read again as the same.
pub fn dates(data: &[u8]) {
    for line in text(data).lines().take(1_000) {
        if let Some(found) = date::parse(line) {
            assert_eq!(
                date::parse(&found.to_string()),
                Some(found),
                "{line:?} is another moment when it is written out"
            );
        }
    }
}

/// The first line is taken for the `Content-Type`, the rest for the document.
pub fn charset(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let (first, rest) = data.split_at(end);
    let content_type = String::from_utf8_lossy(first);
    let decoded = charset::decode(rest, Some(&content_type), Some(ADDRESS));
    let is_bad =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    assert!(!decoded.text.contains(is_bad), "a character that XML forbids is left");
    let _ = charset::decode(data, None, None);
}

/// A list of feeds. What we have written ourselves stays as it is when it is read and written again.
pub fn opml(data: &[u8]) {
    let Ok(list) = opml::parse(data) else { return };
    let again = |list: &opml::List| {
        opml::parse(opml::write("Feeds", &list.outlines).as_bytes()).expect("our own list can be read")
    };
    let ours = again(&list);
    assert_eq!(again(&ours).outlines, ours.outlines, "a list is another one after being written");
}

/// A page that may name its feeds.
pub fn page(data: &[u8]) {
    let text = text(data);
    let _ = (discover::links(&text, ADDRESS), discover::anchors(&text, ADDRESS));
}

fn text(data: &[u8]) -> Cow<'_, str> {
    charset::decode(data, None, None).text
}

#[cfg(test)]
mod tests;
