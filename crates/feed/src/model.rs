//! What a feed document says.

use serde::{Serialize, Serializer};
use stdx::Timestamp;

/// One feed document, as written: `None` and empty lists where it says nothing.
///
/// Serialised it has the shape of `feed parse --json`; the fields a scheduler needs stay out of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feed {
    pub kind: Kind,
    /// As declared, such as `2.0`; empty when the document declares none.
    pub version: String,
    /// Plain text.
    pub title: Option<String>,
    /// The site the feed belongs to.
    pub link: Option<String>,
    pub language: Option<String>,
    pub items: Vec<Item>,
    pub warnings: Vec<Warning>,
    /// Plain text.
    #[serde(skip)]
    pub description: Option<String>,
    #[serde(skip)]
    pub updated_at: Option<Timestamp>,
    /// Minutes between polls the publisher asks for: `ttl`, otherwise from `sy:updatePeriod`.
    #[serde(skip)]
    pub ttl_minutes: Option<u32>,
    /// Hours of the day in UTC, 0 to 23, in which not to poll.
    #[serde(skip)]
    pub skip_hours: Vec<u8>,
    /// Days in which not to poll, 0 (Monday) to 6 (Sunday).
    #[serde(skip)]
    pub skip_days: Vec<u8>,
    /// Addresses of WebSub hubs.
    #[serde(skip)]
    pub hubs: Vec<String>,
    /// The feed's own address, the topic of a WebSub subscription.
    #[serde(skip)]
    pub self_link: Option<String>,
    /// An identity that stays when the feed moves (`podcast:guid`).
    #[serde(skip)]
    pub guid: Option<String>,
    /// Plain text.
    #[serde(skip)]
    pub rights: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Rss20,
    Rss09x,
    Rss10,
    Atom03,
    Atom10,
    JsonFeed1,
    JsonFeed11,
    Cdf,
}

impl Kind {
    /// The family: `rss`, `atom`, `json` or `cdf`; together with [`Feed::version`] it says everything.
    pub fn family(self) -> &'static str {
        match self {
            Kind::Rss20 | Kind::Rss09x | Kind::Rss10 => "rss",
            Kind::Atom03 | Kind::Atom10 => "atom",
            Kind::JsonFeed1 | Kind::JsonFeed11 => "json",
            Kind::Cdf => "cdf",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.family())
    }
}

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Item {
    /// `guid`, `id` or `rdf:about`, trimmed and otherwise byte-exact.
    pub id: Option<String>,
    /// Plain text.
    pub title: Option<String>,
    /// As written when it is absolute, which may also be of another harmless scheme (`magnet:`); relative
    /// when neither an `xml:base` nor the hints make it absolute.
    pub link: Option<String>,
    pub published_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// Names; the mail address when there is no name.
    pub authors: Vec<String>,
    /// Sanitised, unless the hints say otherwise.
    pub summary_html: Option<String>,
    /// Sanitised, unless the hints say otherwise.
    pub content_html: Option<String>,
    pub categories: Vec<String>,
    pub enclosures: Vec<Enclosure>,
    #[serde(skip)]
    pub language: Option<String>,
    /// The page with the comments.
    #[serde(skip)]
    pub comments: Option<String>,
    /// The declared image: the widest medium, otherwise the thumbnail.
    #[serde(skip)]
    pub image: Option<String>,
    /// The address that a service which counts clicks has replaced in `link` (`feedburner:origLink`).
    #[serde(skip)]
    pub original_link: Option<String>,
    /// How many comments there are (`slash:comments`, `thr:total`, `thr:count`).
    #[serde(skip)]
    pub comments_count: Option<u32>,
    /// A feed of the comments (`wfw:commentRss`, links that are `replies`).
    #[serde(skip)]
    pub comments_feed: Option<String>,
    /// The identity of what this answers (`thr:in-reply-to`).
    #[serde(skip)]
    pub in_reply_to: Option<String>,
    /// Where it happened: degrees north and east (WGS 84).
    #[serde(skip)]
    pub place: Option<(f64, f64)>,
    #[serde(skip)]
    pub episode: Option<Episode>,
    #[serde(skip)]
    pub transcripts: Vec<Enclosure>,
    /// A file of chapters (`podcast:chapters`).
    #[serde(skip)]
    pub chapters: Option<String>,
    /// Names, as with `authors`.
    #[serde(skip)]
    pub contributors: Vec<String>,
    /// Plain text.
    #[serde(skip)]
    pub rights: Option<String>,
}

/// What a podcast says of one of its episodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Episode {
    pub duration_s: Option<u32>,
    pub season: Option<u32>,
    pub number: Option<u32>,
    /// In lower case: `full`, `trailer` or `bonus`.
    pub kind: Option<String>,
    pub explicit: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Enclosure {
    pub url: String,
    pub media_type: Option<String>,
    /// Bytes, as declared.
    pub length: Option<u64>,
}

/// Something the parser forgave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub code: &'static str,
    pub detail: String,
}

/// The warnings of one document: a broken one could otherwise repeat itself a million times.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Vec<Warning>);

impl Warnings {
    const EACH_MAX: usize = 3;
    const DETAIL_CHARS_MAX: usize = 120;

    pub fn add(&mut self, code: &'static str, detail: impl Into<String>) {
        if self.0.iter().filter(|w| w.code == code).count() >= Self::EACH_MAX {
            return;
        }
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(Self::DETAIL_CHARS_MAX) {
            detail.truncate(end);
            detail.push('…');
        }
        self.0.push(Warning { code, detail });
    }

    pub fn into_vec(self) -> Vec<Warning> {
        self.0
    }
}
