//! The tags under which remote caches may purge an answer, told to them alone.
//!
//! Tags tell what a site is made of, and what belongs together. So they are kept beside an answer and never in it, and
//! written only where a target of purges is configured, and only to a trusted proxy.

use std::sync::OnceLock;

use axum::response::Response;
use desk::remote::TAG_SITE;
use edge::{Encoding, Ready};
use http::{HeaderName, HeaderValue};

use super::front::Printed;
use crate::App;

/// An answer with its tags.
pub(super) struct Tagged {
    pub ready: Ready,
    /// With blanks between.
    tags: String,
    /// For the short way, by coding.
    printed: [OnceLock<Printed>; 4],
}

/// Caches read this much of either header, and drop the rest without a word.
const TAGS_BYTES_MAX: usize = 16 << 10;
const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

impl Tagged {
    /// `tags` in the order of their weight: the last ones are dropped where they are too many.
    pub fn new(ready: Ready, tags: &[String]) -> Tagged {
        let mut line = TAG_SITE.to_owned();
        let fit = tags.iter().filter(|tag| !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_graphic() && b != b','));
        for tag in fit {
            if line.len() + 1 + tag.len() > TAGS_BYTES_MAX {
                break;
            }
            line.push(' ');
            line.push_str(tag);
        }
        Tagged { ready, tags: line, printed: Default::default() }
    }

    /// Bytes that it holds.
    pub fn size(&self) -> usize {
        self.ready.size() + self.ready.body().len() + self.tags.len()
    }

    /// The answer in a coding as bytes; `None` while that would have to be compressed first.
    pub fn printed(&self, app: &App, encoding: Encoding) -> Option<&Printed> {
        let place = &self.printed[encoding as usize];
        if place.get().is_none() && !self.ready.has(encoding) {
            return None;
        }
        Some(place.get_or_init(|| Printed::new(app, &self.ready, encoding)))
    }

    /// Writes the tags as the configured caches read them. `answer` must be for a trusted proxy.
    pub fn show(&self, app: &App, answer: &mut Response) {
        let (by_comma, by_blank) = app.remote().map_or((false, false), |fan| fan.tag_headers());
        let value = |line: &str| HeaderValue::from_str(line).expect("tags are ASCII without control characters");
        if by_comma {
            answer.headers_mut().insert(CACHE_TAG, value(&self.tags.replace(' ', ",")));
        }
        if by_blank {
            answer.headers_mut().insert(SURROGATE_KEY, value(&self.tags));
        }
    }
}
