//! Who tells the news: a dozen outlets, each with the format, encoding and habits of some real-world
//! publisher that a reader of feeds must cope with.

use super::plots::Language;

/// One publisher with one feed, on an address of its own.
#[derive(Debug)]
pub struct Outlet {
    pub name: &'static str,
    pub tagline: &'static str,
    /// Used in identifiers only; nothing is ever fetched from it.
    pub domain: &'static str,
    pub language: Language,
    pub format: Format,
    pub charset: Charset,
    pub habit: Habit,
    pub feed_path: &'static str,
    /// The `Content-Type` of the feed, as sent.
    pub content_type: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With `content:encoded` and `dc:creator`.
    Rss20,
    /// Markup in titles, entities that XML does not know, dates of every kind.
    Rss20Messy,
    Rss10,
    /// No identifiers, no dates.
    Rss091,
    AtomXhtml,
    AtomHtml,
    Atom03,
    Json11,
    Json10,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    /// With a byte order mark.
    Utf8Bom,
    Latin1,
    Windows1254,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Answers with the newest articles, and 304 where nothing changed.
    Plain,
    /// Compressed whether the caller asked for it or not.
    Gzip,
    /// Takes two seconds to answer.
    Slow,
    /// Cuts its feed off in the middle, or shows an error page.
    Broken,
    /// Says 304 to whoever shows any tag, for ever.
    Stuck,
}

/// The outlet whose style is loud.
pub const TABLOID: usize = 8;

pub static OUTLETS: [Outlet; 12] = [
    Outlet {
        name: "Harbour Gazette",
        tagline: "News from the quay since the first lamp",
        domain: "harbour-gazette.example",
        language: Language::English,
        format: Format::Rss20,
        charset: Charset::Utf8,
        habit: Habit::Plain,
        feed_path: "/feed.xml",
        content_type: "application/rss+xml; charset=utf-8",
    },
    Outlet {
        name: "Körfez Postası",
        tagline: "Kıyının günlük gazetesi",
        domain: "korfez-postasi.example",
        language: Language::Turkish,
        format: Format::Rss20,
        charset: Charset::Windows1254,
        habit: Habit::Plain,
        feed_path: "/rss",
        content_type: "text/xml",
    },
    Outlet {
        name: "North Bank Review",
        tagline: "The other side of the river",
        domain: "north-bank.example",
        language: Language::English,
        format: Format::Rss10,
        charset: Charset::Utf8,
        habit: Habit::Plain,
        feed_path: "/index.rdf",
        content_type: "application/rdf+xml",
    },
    Outlet {
        name: "Der Deichbote",
        tagline: "Nachrichten von der Küste",
        domain: "deichbote.example",
        language: Language::German,
        format: Format::Rss091,
        charset: Charset::Latin1,
        habit: Habit::Plain,
        feed_path: "/backend.rss",
        content_type: "text/xml",
    },
    Outlet {
        name: "Open Ledger",
        tagline: "Towns, figures, reasons",
        domain: "open-ledger.example",
        language: Language::English,
        format: Format::AtomXhtml,
        charset: Charset::Utf8,
        habit: Habit::Gzip,
        feed_path: "/atom.xml",
        content_type: "application/atom+xml",
    },
    Outlet {
        name: "Tide & Field",
        tagline: "Land, water and who lives from them",
        domain: "tide-and-field.example",
        language: Language::English,
        format: Format::Atom03,
        charset: Charset::Utf8,
        habit: Habit::Plain,
        feed_path: "/atom03.xml",
        content_type: "application/x.atom+xml; charset=utf-8",
    },
    Outlet {
        name: "Signal Press",
        tagline: "The wire of the coast",
        domain: "signal-press.example",
        language: Language::English,
        format: Format::Json11,
        charset: Charset::Utf8,
        habit: Habit::Plain,
        feed_path: "/feed.json",
        content_type: "application/feed+json",
    },
    Outlet {
        name: "Lantern Weekly",
        tagline: "Read slowly",
        domain: "lantern-weekly.example",
        language: Language::English,
        format: Format::Json10,
        charset: Charset::Utf8,
        habit: Habit::Slow,
        feed_path: "/feed.json",
        content_type: "application/json",
    },
    Outlet {
        name: "Quick Quay Daily",
        tagline: "First! Always!",
        domain: "quick-quay.example",
        language: Language::English,
        format: Format::Rss20Messy,
        charset: Charset::Utf8,
        habit: Habit::Plain,
        feed_path: "/rss.php",
        content_type: "text/html",
    },
    Outlet {
        name: "Tafelland Echo",
        tagline: "Was zwischen Berg und Moor geschieht",
        domain: "tafelland-echo.example",
        language: Language::German,
        format: Format::AtomHtml,
        charset: Charset::Utf8Bom,
        habit: Habit::Plain,
        feed_path: "/feed/atom",
        content_type: "application/atom+xml",
    },
    Outlet {
        name: "Tepe Haber",
        tagline: "Yukarıdan bakınca",
        domain: "tepe-haber.example",
        language: Language::Turkish,
        format: Format::Rss20,
        charset: Charset::Utf8,
        habit: Habit::Stuck,
        feed_path: "/rss.xml",
        content_type: "application/rss+xml",
    },
    Outlet {
        name: "Old Mill Courier",
        tagline: "Mostly on paper",
        domain: "old-mill.example",
        language: Language::English,
        format: Format::Rss20,
        charset: Charset::Utf8,
        habit: Habit::Broken,
        feed_path: "/news.rss",
        content_type: "application/rss+xml",
    },
];

impl Charset {
    /// The name for an XML declaration.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 | Charset::Utf8Bom => "UTF-8",
            Charset::Latin1 => "ISO-8859-1",
            Charset::Windows1254 => "windows-1254",
        }
    }

    /// `text` in this encoding; a character that it lacks becomes a numeric reference.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let single = |byte_of: fn(char) -> Option<u8>| {
            let mut bytes = Vec::with_capacity(text.len());
            for c in text.chars() {
                match byte_of(c) {
                    Some(byte) => bytes.push(byte),
                    None => bytes.extend(format!("&#{};", c as u32).bytes()),
                }
            }
            bytes
        };
        match self {
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Utf8Bom => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Charset::Latin1 => single(|c| u8::try_from(c).ok()),
            Charset::Windows1254 => single(windows_1254),
        }
    }
}

/// Latin-1 with six Turkish letters in place of Icelandic ones, and punctuation among the controls.
fn windows_1254(c: char) -> Option<u8> {
    match c {
        'Ğ' => Some(0xD0),
        'İ' => Some(0xDD),
        'Ş' => Some(0xDE),
        'ğ' => Some(0xF0),
        'ı' => Some(0xFD),
        'ş' => Some(0xFE),
        '“' => Some(0x93),
        '”' => Some(0x94),
        '’' => Some(0x92),
        '–' => Some(0x96),
        'Ð' | 'Ý' | 'Þ' | 'ð' | 'ý' | 'þ' | '\u{80}'..='\u{9f}' => None,
        _ => u8::try_from(c).ok(),
    }
}

#[cfg(test)]
mod tests;
