//! Entries that are old items under another name: a site has changed one id or one address, or has edited an entry that has
//! neither. The old item goes on under the new name; nothing is news twice.

use std::collections::{HashMap, HashSet};

use stdx::Timestamp;
use store::{Tx, params};
use text::similar;

use super::fill::Entry;
use super::{ADOPT, ANONYMOUS, AT_ADDRESSES, LATEST, RENAME, TITLED};
use crate::{Error, ItemId, SourceId};

/// So many of the last items are looked through for an entry's very words, and so many of the last without an address for what
/// an entry without id and address was before it was edited; each for at most as many entries: more are an archive.
const LATEST_MAX: i64 = 500;
/// Fewer entries that look known can be chance, or a page that has something else at one address each day.
const ADOPT_MIN: usize = 3;
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
    text: String,
    content_hash: String,
    /// `None` when the site gave no date, so that it is the time of first sight.
    published_at: Option<Timestamp>,
}

/// A text to be compared, cut up once however many it is compared with.
struct Text {
    whole: String,
    shingles: Vec<u64>,
}

/// Takes those out of `fresh` that are old items, gives these the new names and returns the ones that have changed; also
/// how many there were. `met` are the items that the document of `now` brings under their own names.
pub(super) async fn recognise<'a>(
    tx: &mut Tx,
    source: SourceId,
    fresh: &mut Vec<&'a Entry>,
    met: &mut HashSet<ItemId>,
    now: Timestamp,
) -> Result<(Vec<(ItemId, &'a Entry)>, u32), Error> {
    let mut known = Known::read(tx, source, fresh).await?;
    let (mut changed, mut names) = (Vec::new(), Vec::new());
    fresh.retain(|entry| {
        let Some(old) = known.twin(entry, met, now) else { return true };
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

/// A site that has moved to other software gives all its entries new ids. When no id is known and four of five entries
/// are by address, or by title with date or text, the old items take the new names, silently where title and text are the same.
/// Leaves in `fresh` what is new; of fewer than [`ADOPT_MIN`] each is judged by itself, by [`recognise`], which gives the same.
pub(super) async fn adopt<'a>(
    tx: &mut Tx,
    source: SourceId,
    fresh: &mut Vec<&'a Entry>,
    met: &mut HashSet<ItemId>,
    now: Timestamp,
) -> Result<(Vec<(ItemId, &'a Entry)>, u32), Error> {
    if fresh.len() < ADOPT_MIN {
        return Ok((Vec::new(), 0));
    }
    let (mut by_address, mut by_title): (HashMap<String, usize>, HashMap<String, Vec<usize>>) = Default::default();
    let mut latest = Vec::new();
    for row in tx.all(&LATEST, params![source.to_i64(), LATEST_MAX]).await? {
        let old = Old::read(&row)?;
        by_title.entry(old.title.clone()).or_default().push(latest.len());
        if let Some(url) = row.get::<Option<String>>(6)? {
            by_address.entry(url).or_insert(latest.len());
        }
        latest.push(old);
    }
    let mut taken = HashSet::new();
    let matches: Vec<Option<usize>> = fresh
        .iter()
        .map(|entry| {
            let there = entry.canonical_url.as_ref().and_then(|url| by_address.get(url)).copied();
            if let Some(old) = there.filter(|old| taken.insert(*old)) {
                return Some(old);
            }
            let same_title = by_title.get(&entry.title)?.iter().copied();
            let is_same =
                |old: &Old| old.has_date_of(entry, now) || old.text().likeness(&Text::of(&entry.text)) >= HALF;
            same_title.filter(|old| is_same(&latest[*old])).find(|old| taken.insert(*old))
        })
        .collect();
    let known = matches.iter().flatten().count();
    if known < ADOPT_MIN || known * 5 < fresh.len() * 4 {
        return Ok((Vec::new(), 0));
    }
    let (mut changed, mut renamed, mut adopted) = (Vec::new(), Vec::new(), Vec::new());
    for (entry, old) in fresh.iter().zip(&matches).filter_map(|(entry, old)| Some((*entry, &latest[(*old)?]))) {
        met.insert(old.id);
        if old.title == entry.title && old.text == entry.text {
            let (url, canonical) = (&entry.url, &entry.canonical_url);
            adopted.push(params![old.id.to_i64(), entry.keys.own(), entry.content_hash, url, canonical]);
        } else {
            renamed.push(params![old.id.to_i64(), entry.keys.own()]);
            changed.push((old.id, entry));
        }
    }
    tx.batch(&ADOPT, adopted).await?;
    tx.batch(&RENAME, renamed).await?;
    let mut matched = matches.iter();
    fresh.retain(|_| matched.next().is_some_and(Option::is_none));
    Ok((changed, u32::try_from(known).unwrap_or(u32::MAX)))
}

struct Known {
    by_address: HashMap<String, Old>,
    anonymous: Anonymous,
    /// The newest first.
    by_title: HashMap<String, Vec<Old>>,
}

/// Items without an address, to be found by what they say: whether an entry is like one of them is known without comparing it
/// with each.
#[derive(Default)]
struct Anonymous {
    /// The newest first. `None` has been found.
    old: Vec<Option<(Old, Text)>>,
    /// By place in `old`, ascending.
    by_shingle: HashMap<u64, Vec<u32>>,
    by_text: HashMap<String, Vec<u32>>,
}

impl Known {
    async fn read(tx: &mut Tx, source: SourceId, fresh: &[&Entry]) -> Result<Self, Error> {
        let mut known = Self { by_address: HashMap::new(), anonymous: Anonymous::default(), by_title: HashMap::new() };
        let source = source.to_i64();
        let urls: Vec<&str> = fresh.iter().filter_map(|entry| entry.canonical_url.as_deref()).collect();
        if !urls.is_empty() {
            // In the order of their ids, so that the newest of an address stays.
            for row in tx.all(&AT_ADDRESSES, params![source, store::texts(&urls)]).await? {
                known.by_address.insert(row.get(6)?, Old::read(&row)?);
            }
        }
        let (anonymous, named): (Vec<&Entry>, Vec<&Entry>) = fresh.iter().partition(|entry| entry.keys.anonymous);
        if (1..=LATEST_MAX).contains(&(anonymous.len() as i64)) {
            for row in tx.all(&ANONYMOUS, params![source, LATEST_MAX]).await? {
                known.anonymous.push(Old::read(&row)?);
            }
        }
        if (1..=LATEST_MAX).contains(&(named.len() as i64)) {
            let titles: Vec<&str> = named.iter().map(|entry| entry.title.as_str()).collect();
            for row in tx.all(&TITLED, params![source, store::texts(&titles), LATEST_MAX]).await? {
                let old = Old::read(&row)?;
                known.by_title.entry(old.title.clone()).or_default().push(old);
            }
        }
        Ok(known)
    }

    /// The item that `entry` is, if it is not in the document under its own name.
    fn twin(&mut self, entry: &Entry, met: &HashSet<ItemId>, now: Timestamp) -> Option<Old> {
        if entry.keys.anonymous {
            return self.anonymous.take(entry, met);
        }
        self.at_its_address(entry, met).or_else(|| self.in_its_words(entry, met, now))
    }

    fn at_its_address(&mut self, entry: &Entry, met: &HashSet<ItemId>) -> Option<Old> {
        let url = entry.canonical_url.as_ref()?;
        let old = self.by_address.get(url).filter(|old| !met.contains(&old.id))?;
        let is_same = old.title == entry.title || old.text().likeness(&Text::of(&entry.text)) >= HALF;
        if is_same { self.by_address.remove(url) } else { None }
    }

    /// The same title and text to the letter, of the same date: what a site says again on another day is another entry.
    fn in_its_words(&mut self, entry: &Entry, met: &HashSet<ItemId>, now: Timestamp) -> Option<Old> {
        let old = self.by_title.get_mut(&entry.title)?;
        let at = old.iter().position(|old| {
            let undated = old.published_at.is_none() || entry.published_at == now;
            !met.contains(&old.id) && (undated || old.has_date_of(entry, now)) && old.text == entry.text
        })?;
        Some(old.remove(at))
    }
}

impl Anonymous {
    fn push(&mut self, old: Old) {
        let (text, at) = (old.text(), self.old.len() as u32);
        for shingle in &text.shingles {
            self.by_shingle.entry(*shingle).or_default().push(at);
        }
        self.by_text.entry(text.whole.clone()).or_default().push(at);
        self.old.push(Some((old, text)));
    }

    /// The newest that `entry` was before it was edited.
    fn take(&mut self, entry: &Entry, met: &HashSet<ItemId>) -> Option<Old> {
        if self.old.is_empty() {
            return None;
        }
        let text = Text::of(&entry.text);
        let mut near: Vec<u32> = self.by_text.get(&text.whole).cloned().unwrap_or_default();
        let mut shared = vec![0_usize; self.old.len()];
        for at in text.shingles.iter().filter_map(|shingle| self.by_shingle.get(shingle)).flatten() {
            let count = &mut shared[*at as usize];
            if *count == 0 {
                near.push(*at);
            }
            *count += 1;
        }
        near.sort_unstable();
        let found = near.into_iter().map(|at| at as usize).find(|at| {
            let Some((old, old_text)) = &self.old[*at] else { return false };
            let wanted = if old.title == entry.title { HALF } else { NEARLY_ALL };
            !met.contains(&old.id) && old_text.likeness_by(&text, shared[*at]) >= wanted
        })?;
        self.old[found].take().map(|(old, _)| old)
    }
}

impl Old {
    /// Columns as all statements name them.
    fn read(row: &store::Row) -> Result<Old, store::Error> {
        let (published_at, first_seen_at): (Timestamp, Timestamp) = (row.get(4)?, row.get(5)?);
        Ok(Old {
            id: ItemId(row.get(0)?),
            title: row.get(1)?,
            text: row.get(2)?,
            content_hash: row.get(3)?,
            published_at: Some(published_at).filter(|at| *at != first_seen_at),
        })
    }

    fn text(&self) -> Text {
        Text::of(&self.text)
    }

    /// Both have a date of their own, and it is the same.
    fn has_date_of(&self, entry: &Entry, now: Timestamp) -> bool {
        entry.published_at != now && self.published_at == Some(entry.published_at)
    }
}

impl Text {
    fn of(text: &str) -> Self {
        Self { whole: text.to_owned(), shingles: similar::shingles(text) }
    }

    /// How much of the shorter text stands in the other one, 0 to 1.
    fn likeness(&self, other: &Self) -> f32 {
        self.likeness_by(other, similar::common(&self.shingles, &other.shingles))
    }

    /// The same of two texts that are known to share so many shingles.
    fn likeness_by(&self, other: &Self, shared: usize) -> f32 {
        let shorter = self.shingles.len().min(other.shingles.len());
        if shorter < SHINGLES_MIN {
            return if self.whole == other.whole { 1.0 } else { 0.0 };
        }
        shared as f32 / shorter as f32
    }
}

#[cfg(test)]
mod tests;
