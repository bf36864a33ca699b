//! What only some feeds say of an item: podcasts, conversations and places.

use super::capture::Capture;
use super::draft::{Based, LIST_MAX};
use crate::tags::Extra;
use crate::xml::Attributes;
use crate::{Enclosure, Episode, Item};

#[derive(Debug, Default)]
pub struct Extras {
    comments_count: Option<u32>,
    comments_feed: Option<Based>,
    in_reply_to: Option<String>,
    place: Option<(f64, f64)>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    episode: Option<Episode>,
    transcripts: Vec<(Enclosure, usize)>,
    chapters: Option<Based>,
}

impl Extras {
    /// What stands in the attributes of an element.
    pub fn open(&mut self, extra: Extra, attributes: Attributes<'_>, base: usize) {
        match extra {
            Extra::InReplyTo => {
                self.in_reply_to =
                    attributes.text("ref").or_else(|| attributes.text("href")).or(self.in_reply_to.take());
            }
            Extra::Transcript if self.transcripts.len() < LIST_MAX => {
                let media_type = attributes.text("type").map(|t| t.to_ascii_lowercase());
                if let Some(url) = attributes.text("url") {
                    self.transcripts.push((Enclosure { url, media_type, length: None }, base));
                }
            }
            Extra::Chapters => {
                if let Some(url) = attributes.text("url") {
                    self.chapters.get_or_insert((url, base));
                }
            }
            // A URI of RFC 5870: `geo:37.786971,-122.399677;u=350000`.
            Extra::Location => {
                let geo = attributes.text("geo").unwrap_or_default();
                let geo = geo.split(';').next().unwrap_or_default();
                self.place = self.place.or_else(|| point(geo.strip_prefix("geo:").unwrap_or(geo)));
            }
            _ => {}
        }
    }

    /// What stands in its text.
    pub fn apply(&mut self, extra: Extra, capture: &Capture<'_>) {
        let text = capture.value();
        let text: &str = &text;
        match extra {
            Extra::CommentsCount => self.comments_count = text.parse().ok().or(self.comments_count),
            Extra::CommentsFeed => {
                if let Some(url) = capture.line() {
                    self.comments_feed = Some((url, capture.base));
                }
            }
            Extra::Point => self.place = self.place.or_else(|| point(text)),
            Extra::Latitude => self.latitude = text.parse().ok(),
            Extra::Longitude => self.longitude = text.parse().ok(),
            Extra::Duration => self.tell(|episode| episode.duration_s = duration(text)),
            Extra::Season => self.tell(|episode| episode.season = text.parse().ok().or(episode.season)),
            Extra::Episode => self.tell(|episode| episode.number = text.parse().ok().or(episode.number)),
            Extra::EpisodeKind => {
                self.tell(|episode| episode.kind = Some(text.to_ascii_lowercase()).filter(|kind| !kind.is_empty()));
            }
            Extra::Explicit => self.tell(|episode| episode.explicit = explicit(text)),
            Extra::InReplyTo | Extra::Location | Extra::Transcript | Extra::Chapters | Extra::Guid => {}
        }
    }

    /// A link to the comments' feed, with their number by RFC 4685.
    pub fn add_replies(&mut self, href: String, attributes: Attributes<'_>, base: usize) {
        let count = attributes.text("count").and_then(|count| count.parse().ok());
        self.comments_count = self.comments_count.or(count);
        self.comments_feed.get_or_insert((href, base));
    }

    /// An item of which nothing else is known.
    pub fn finish(self, resolve: &mut dyn FnMut(Based) -> Option<String>) -> Item {
        let place = self.place.or_else(|| Some((self.latitude?, self.longitude?)).filter(on_earth));
        let transcripts = self.transcripts.into_iter().filter_map(|(transcript, base)| {
            let url = resolve((transcript.url, base))?;
            Some(Enclosure { url, ..transcript })
        });
        Item {
            transcripts: transcripts.collect(),
            comments_count: self.comments_count,
            comments_feed: self.comments_feed.and_then(&mut *resolve),
            in_reply_to: self.in_reply_to,
            place,
            // Elements that say nothing make no episode.
            episode: self.episode.filter(|episode| *episode != Episode::default()),
            chapters: self.chapters.and_then(resolve),
            ..Item::default()
        }
    }

    fn tell(&mut self, what: impl FnOnce(&mut Episode)) {
        what(self.episode.get_or_insert_default());
    }
}

/// Degrees north and east, with a blank or a comma between; a height behind them is left out.
fn point(text: &str) -> Option<(f64, f64)> {
    let mut numbers = text.split([' ', ',', '\n', '\t']).filter(|part| !part.is_empty()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?)).filter(on_earth)
}

fn on_earth((north, east): &(f64, f64)) -> bool {
    north.abs() <= 90.0 && east.abs() <= 180.0
}

/// Seconds in `5025`, `83:45` or `1:23:45`; fractions are dropped.
fn duration(text: &str) -> Option<u32> {
    let text = text.split('.').next()?;
    let parts: Vec<u32> = text.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let seconds = |parts: &[u32]| parts.iter().try_fold(0u32, |sum, part| sum.checked_mul(60)?.checked_add(*part));
    (parts.len() <= 3).then(|| seconds(&parts))?
}

fn explicit(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "explicit" => Some(true),
        "no" | "false" | "clean" => Some(false),
        _ => None,
    }
}
