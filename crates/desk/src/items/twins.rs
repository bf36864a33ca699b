//! Entries that are old items under another name: a site has changed one id, or has edited an entry that has neither id
//! nor address. The old item goes on under the new name; nothing is news twice.

use std::collections::{HashMap, HashSet};

use store::{Tx, params};
use text::similar;

use super::fill::Entry;
use super::{ANONYMOUS, AT_ADDRESSES, RENAME};
use crate::{Error, ItemId, SourceId};

/// So many items without an address are looked through, for at most as many entries: of more, most are an archive.
const ANONYMOUS_MAX: i64 = 100;
/// How much of the shorter text the other one has. Under one title or at one address half is enough; a page that brings
/// something else each day under its one address has less.
const HALF: f32 = 0.5;
const NEARLY_ALL: f32 = 0.8;
/// Shorter texts are compared as a whole.
const SHINGLES_MIN: usize = 6;

/// An item that may have a new name.
struct Old {
    id: ItemId,
    title: String,
    text: Text,
    content_hash: String,
}

/// A text to be compared, cut up once however many it is compared with.
struct Text {
    whole: String,
    shingles: Vec<u64>,
}

/// Takes those out of `fresh` that are old items, gives these the new names and returns the ones that have changed; also
/// how many there were. `met` are the items that the document brings under their own names.
pub(super) async fn recognise<'a>(
    tx: &mut Tx,
    source: SourceId,
    fresh: &mut Vec<&'a Entry>,
    met: &mut HashSet<ItemId>,
) -> Result<(Vec<(ItemId, &'a Entry)>, u32), Error> {
    let mut known = Known::read(tx, source, fresh).await?;
    let (mut changed, mut names) = (Vec::new(), Vec::new());
    fresh.retain(|entry| {
        let Some(old) = known.twin(entry, met) else { return true };
        met.insert(old.id);
        names.push(params![old.id.to_i64(), entry.keys.own()]);
        if old.content_hash != entry.content_hash {
            changed.push((old.id, *entry));
        }
        false
    });
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    if count > 0 {
        tx.batch(&RENAME, names).await?;
    }
    Ok((changed, count))
}

struct Known {
    by_address: HashMap<String, Old>,
    /// The newest first.
    anonymous: Vec<Old>,
}

impl Known {
    async fn read(tx: &mut Tx, source: SourceId, fresh: &[&Entry]) -> Result<Self, Error> {
        let mut known = Self { by_address: HashMap::new(), anonymous: Vec::new() };
        let urls: Vec<&str> = fresh.iter().filter_map(|entry| entry.canonical_url.as_deref()).collect();
        let old = |row: &store::Row| -> Result<Old, store::Error> {
            let text = Text::of(&row.get::<String>(2)?);
            Ok(Old { id: ItemId(row.get(0)?), title: row.get(1)?, text, content_hash: row.get(3)? })
        };
        if !urls.is_empty() {
            // In the order of their ids, so that the newest of an address stays.
            for row in tx.all(&AT_ADDRESSES, params![source.to_i64(), store::texts(&urls)]).await? {
                known.by_address.insert(row.get(4)?, old(&row)?);
            }
        }
        if (1..=ANONYMOUS_MAX).contains(&(fresh.iter().filter(|entry| entry.keys.anonymous).count() as i64)) {
            for row in tx.all(&ANONYMOUS, params![source.to_i64(), ANONYMOUS_MAX]).await? {
                known.anonymous.push(old(&row)?);
            }
        }
        Ok(known)
    }

    /// The item that `entry` is, if it is not in the document under its own name.
    fn twin(&mut self, entry: &Entry, met: &HashSet<ItemId>) -> Option<Old> {
        if let Some(url) = &entry.canonical_url {
            let old = self.by_address.get(url).filter(|old| !met.contains(&old.id))?;
            return if old.title == entry.title || old.text.likeness(&Text::of(&entry.text)) >= HALF {
                self.by_address.remove(url)
            } else {
                None
            };
        }
        if !entry.keys.anonymous || self.anonymous.is_empty() {
            return None;
        }
        let text = Text::of(&entry.text);
        let at = self.anonymous.iter().position(|old| {
            let wanted = if old.title == entry.title { HALF } else { NEARLY_ALL };
            !met.contains(&old.id) && old.text.likeness(&text) >= wanted
        })?;
        Some(self.anonymous.remove(at))
    }
}

impl Text {
    fn of(text: &str) -> Self {
        Self { whole: text.to_owned(), shingles: similar::shingles(text) }
    }

    /// How much of the shorter text stands in the other one, 0 to 1.
    fn likeness(&self, other: &Self) -> f32 {
        if self.shingles.len().min(other.shingles.len()) < SHINGLES_MIN {
            return if self.whole == other.whole { 1.0 } else { 0.0 };
        }
        similar::containment(&self.shingles, &other.shingles)
    }
}
