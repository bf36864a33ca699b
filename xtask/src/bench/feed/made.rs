//! Feeds as large sites publish them, made up: 50 entries in about 140 KB, with the whole text in HTML.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use stdx::{Rng, Timestamp};

const ENTRIES: u64 = 50;
const LETTERS: [&str; 28] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "v", "y", "z",
    "ç", "ğ", "ı", "ö", "ş",
];

struct Entry {
    title: String,
    link: String,
    id: String,
    at: Timestamp,
    author: String,
    categories: Vec<String>,
    html: String,
}

/// Writes as many feeds of either format into `folder`; the same every time.
pub fn feeds(folder: &Path, each: u64) -> Result<Vec<PathBuf>> {
    let author = Author { rng: Rng::seeded(7) };
    let mut files = Vec::new();
    for number in 0..each {
        for (format, write) in [("rss", rss as fn(u64, &[Entry]) -> String), ("atom", atom)] {
            let entries: Vec<Entry> = (0..ENTRIES).map(|entry| author.entry(number, entry)).collect();
            let file = folder.join(format!("made-{number}.{format}.xml"));
            fs::write(&file, write(number, &entries)).with_context(|| format!("writing {}", file.display()))?;
            files.push(file);
        }
    }
    Ok(files)
}

struct Author {
    rng: Rng,
}

impl Author {
    fn word(&self) -> String {
        let letters = 2 + self.rng.below(10);
        (0..letters).filter_map(|_| self.rng.pick(&LETTERS).copied()).collect()
    }

    fn sentence(&self, words: u64) -> String {
        let words: Vec<String> = (0..words).map(|_| self.word()).collect();
        words.join(" ") + "."
    }

    fn paragraph(&self) -> String {
        let (text, page) = (self.sentence(12 + self.rng.below(28)), self.rng.below(10_000));
        format!("<p>{text} <a href=\"/p/{page}\">{}</a> &amp; <em>{}</em></p>", self.sentence(3), self.sentence(4))
    }

    fn entry(&self, feed: u64, number: u64) -> Entry {
        Entry {
            title: format!("{} & more", self.sentence(8)),
            link: format!("https://news{feed}.example/p/{number}?a=1&b={number}"),
            id: format!("urn:made:{feed}:{number}"),
            // 1 November 2026 and on.
            at: Timestamp::from_seconds(1_793_491_200 + (number * 37 + feed) as i64 * 60),
            author: self.sentence(2),
            categories: (0..4).map(|_| self.word()).collect(),
            html: (0..6).map(|_| self.paragraph()).collect(),
        }
    }
}

fn rss(feed: u64, entries: &[Entry]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>News {feed}</title><link>https://news{feed}.example/</link>\
         <description>Made up</description>"
    );
    for entry in entries {
        let Entry { title, link, id, at, author, categories, html } = entry;
        let categories: String = categories.iter().map(|name| format!("<category>{name}</category>")).collect();
        let _ = writeln!(
            out,
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{id}</guid><pubDate>{}</pubDate>\
             <dc:creator>{author}</dc:creator>{categories}<description>{}</description>\
             <content:encoded><![CDATA[{html}]]></content:encoded></item>",
            escaped(title),
            escaped(link),
            at.http_date(),
            escaped(&html[..html.floor_char_boundary(300)]),
        );
    }
    out + "</channel></rss>\n"
}

fn atom(feed: u64, entries: &[Entry]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>News {feed}</title>\
         <id>urn:made:{feed}</id>"
    );
    for entry in entries {
        let Entry { title, link, id, at, author, categories, html } = entry;
        let categories: String = categories.iter().map(|name| format!("<category term=\"{name}\"/>")).collect();
        let _ = writeln!(
            out,
            "<entry><title>{}</title><link rel=\"alternate\" href=\"{}\"/><id>{id}</id><published>{at}</published><updated>{at}</updated>\
             <author><name>{author}</name></author>{categories}<content type=\"html\">{}</content></entry>",
            escaped(title),
            escaped(link),
            escaped(html),
        );
    }
    out + "</feed>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
