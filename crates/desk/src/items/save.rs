//! One reading of a feed goes into the database: items, the source's row and the job that follows, in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use queue::{Enqueue, Enqueued};
use stdx::Timestamp;
use store::{Tx, Value, params};

use super::fill::{Document, Entry};
use super::twins;
use super::{ADD, ADOPT, BROUGHT, CHANGE, ELSEWHERE, LATEST, Standing};
use crate::jobs::AssignStories;
use crate::sources::{self, Known};
use crate::{Desk, Error, ItemId, tags};

/// A successful poll, all that is to be written of it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub known: Known,
    /// `None` when nothing has changed since the last one.
    pub document: Option<Document>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub body_hash: Option<String>,
    /// Where permanent redirects led, and on how many polls in a row now.
    pub moved: Option<(String, u32)>,
    pub polled_at: Timestamp,
    pub next_poll_at: Timestamp,
}

/// What it brought.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub outcome: String,
    pub new_items: u32,
    /// The job that will group the news, if there are any.
    pub follow_up: Option<Enqueued>,
}

/// An old source that brings more at once is treated like a new one: most of it is archive.
const FLOOD: usize = 100;
/// Permanent redirects are believed after this many polls.
const MOVED_POLLS: u32 = 3;
/// Fewer entries that look known can be chance, or a page that has something else at one address each day.
const ADOPT_MIN: usize = 3;
/// So many items are looked through for old friends with new names.
const LATEST_MAX: i64 = 500;

pub(crate) async fn save(desk: &Desk, reading: Reading) -> Result<Saved, Error> {
    let (d, reading) = (desk.clone(), Arc::new(reading));
    desk.store.write(move |tx| Box::pin(async move { write(&d, tx, &reading).await })).await
}

async fn write(desk: &Desk, tx: &mut Tx, reading: &Reading) -> Result<Saved, Error> {
    let source = &reading.known.source;
    let mut tally = Tally::default();
    if let Some(document) = &reading.document {
        tally = write_entries(desk, tx, reading, &document.entries).await?;
        tally.warnings = document.warnings;
    }
    write_source(tx, reading, &tally).await?;
    if tally.new_items() > 0 {
        desk.purge_with(tx, &[tags::SOURCES]).await?;
    }
    let mut follow_up = None;
    if tally.news + tally.copies > 0 {
        follow_up = Some(desk.queue.enqueue(tx, &AssignStories {}, Enqueue::default()).await?);
    }
    let (news, seen, copies) = (tally.news, tally.seen, tally.copies);
    tx.after_commit(move || {
        for (standing, n) in [(Standing::News, news), (Standing::Seen, seen), (Standing::Copy, copies)] {
            sources::ITEMS.with(&[standing.name()]).add(n.into());
        }
    });
    tracing::debug!(source.id = %source.id, items.news = news, items.seen = seen, items.copies = copies, "stored a reading of a source");
    Ok(Saved { outcome: tally.outcome(), new_items: tally.new_items(), follow_up })
}

#[derive(Clone, Debug, Default)]
struct Tally {
    news: u32,
    seen: u32,
    copies: u32,
    changed: u32,
    adopted: u32,
    warnings: usize,
    flood: bool,
}

impl Tally {
    fn new_items(&self) -> u32 {
        self.news + self.seen + self.copies
    }

    /// In a few words.
    fn outcome(&self) -> String {
        let counts = [
            (self.news, "new"),
            (self.copies, "known from elsewhere"),
            (self.seen, if self.flood { "too many at once, kept as archive" } else { "from the archive" }),
            (self.changed, "changed"),
            (self.adopted, "under a new name"),
        ];
        let mut parts: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if parts.is_empty() {
            parts.push("unchanged".to_owned());
        }
        if self.warnings > 0 {
            parts.push(format!(
                "{} {} forgiven",
                self.warnings,
                if self.warnings == 1 { "mistake" } else { "mistakes" }
            ));
        }
        parts.join(", ")
    }
}

/// What the source has brought before.
struct Brought {
    id: ItemId,
    canonical_url: Option<String>,
    content_hash: String,
}

async fn write_entries(desk: &Desk, tx: &mut Tx, reading: &Reading, entries: &[Entry]) -> Result<Tally, Error> {
    let source = &reading.known.source;
    let first = reading.known.body_hash.is_none();
    let brought = brought(tx, reading, entries).await?;
    let mut tally = Tally::default();
    let (mut fresh, mut changed, mut met): (Vec<&Entry>, Vec<(ItemId, &Entry)>, HashSet<ItemId>) = Default::default();
    for entry in entries {
        match recognise(&brought, entry).filter(|known| met.insert(known.id)) {
            Some(known) if known.content_hash == entry.content_hash => {}
            Some(known) => changed.push((known.id, entry)),
            None => fresh.push(entry),
        }
    }
    if !first && met.is_empty() && !fresh.is_empty() {
        let adopted = adopt(tx, reading, &mut fresh, &mut met).await?;
        tally.adopted = adopted;
    }
    if !first && !fresh.is_empty() {
        let (twins, count) = twins::recognise(tx, source.id, &mut fresh, &mut met).await?;
        changed.extend(twins);
        tally.adopted += count;
    }
    tally.flood = !first && fresh.len() > FLOOD;

    // Oldest first, so that ids rise with time; of entries without a date the upper one is newer.
    let news_max = if first || tally.flood { source.backfill as usize } else { usize::MAX };
    let mut order: Vec<&Entry> = fresh.into_iter().rev().collect();
    order.sort_by_key(|entry| entry.published_at);
    let (archive, news) = order.split_at(order.len().saturating_sub(news_max));
    let elsewhere = elsewhere(tx, reading, news).await?;
    let mut rows: [Vec<Vec<Value>>; 3] = Default::default();
    for entry in archive {
        rows[0].push(row(desk, reading, entry, Standing::Seen, None));
    }
    for entry in news {
        match entry.canonical_url.as_ref().and_then(|url| elsewhere.get(url)) {
            Some(original) => rows[1].push(row(desk, reading, entry, Standing::Copy, Some(*original))),
            None => rows[2].push(row(desk, reading, entry, Standing::News, None)),
        }
    }
    let [archive, copies, news] = rows;
    tally.seen = add(tx, archive).await?;
    tally.copies = add(tx, copies).await?;
    tally.news = add(tx, news).await?;
    if !changed.is_empty() {
        tally.changed =
            count(tx.batch(&CHANGE, changed.into_iter().map(|(id, entry)| change(id, entry)).collect()).await?);
    }
    Ok(tally)
}

async fn brought(tx: &mut Tx, reading: &Reading, entries: &[Entry]) -> Result<HashMap<String, Brought>, Error> {
    let keys: Vec<&str> =
        entries.iter().flat_map(|entry| [entry.keys.plain.as_str(), entry.keys.precise.as_str()]).collect();
    let rows = tx.all(&BROUGHT, params![reading.known.source.id.to_i64(), store::texts(&keys)]).await?;
    let mut brought = HashMap::with_capacity(rows.len());
    for row in rows {
        brought.insert(
            row.get(1)?,
            Brought { id: ItemId(row.get(0)?), canonical_url: row.get(2)?, content_hash: row.get(3)? },
        );
    }
    Ok(brought)
}

/// The item that an entry is. A feed may begin or cease to give one id to several entries; the address
/// then tells which of them was there before.
fn recognise<'a>(brought: &'a HashMap<String, Brought>, entry: &Entry) -> Option<&'a Brought> {
    let same_address = |known: &&Brought| known.canonical_url.is_some() && known.canonical_url == entry.canonical_url;
    let keys = &entry.keys;
    brought
        .get(&keys.precise)
        .or_else(|| brought.get(&keys.plain).filter(|known| !keys.repeated || same_address(known)))
}

/// A site that has moved to other software gives all its entries new ids. When no id is known and four
/// of five addresses or titles are, the old items take the new ids, silently. Leaves in `fresh` what is new; fewer than
/// [`ADOPT_MIN`] are judged one by one, by [`twins`].
async fn adopt(
    tx: &mut Tx,
    reading: &Reading,
    fresh: &mut Vec<&Entry>,
    met: &mut HashSet<ItemId>,
) -> Result<u32, Error> {
    let rows = tx.all(&LATEST, params![reading.known.source.id.to_i64(), LATEST_MAX]).await?;
    let mut by_mark: HashMap<String, ItemId> = HashMap::new();
    for row in &rows {
        let id = ItemId(row.get(0)?);
        if let Some(url) = row.get::<Option<String>>(1)? {
            by_mark.insert(url, id);
        }
        by_mark.entry(row.get(2)?).or_insert(id);
    }
    let mut taken = HashSet::new();
    let matches: Vec<Option<ItemId>> = fresh
        .iter()
        .map(|entry| {
            let by_url = entry.canonical_url.as_ref().and_then(|url| by_mark.get(url));
            by_url.or_else(|| by_mark.get(&entry.title)).copied().filter(|id| taken.insert(*id))
        })
        .collect();
    let known = matches.iter().flatten().count();
    if known < ADOPT_MIN || known * 5 < fresh.len() * 4 {
        return Ok(0);
    }
    let pairs = fresh.iter().zip(&matches).filter_map(|(entry, id)| Some((*entry, (*id)?)));
    let rows = pairs.map(|(entry, id)| params![id.to_i64(), entry.keys.own(), entry.content_hash]).collect();
    tx.batch(&ADOPT, rows).await?;
    met.extend(taken);
    let mut matched = matches.iter();
    fresh.retain(|_| matched.next().is_some_and(Option::is_none));
    Ok(known as u32)
}

/// Which of the entries other sources have brought before, by address.
async fn elsewhere(tx: &mut Tx, reading: &Reading, news: &[&Entry]) -> Result<HashMap<String, ItemId>, Error> {
    let urls: Vec<&str> = news.iter().filter_map(|entry| entry.canonical_url.as_deref()).collect();
    if urls.is_empty() {
        return Ok(HashMap::new());
    }
    let source = &reading.known.source;
    let rows = tx.all(&ELSEWHERE, params![store::texts(&urls), source.id.to_i64(), source.pipeline.to_i64()]).await?;
    Ok(rows.iter().map(|row| Ok((row.get(0)?, ItemId(row.get(1)?)))).collect::<Result<_, store::Error>>()?)
}

async fn add(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<u32, Error> {
    if rows.is_empty() {
        return Ok(0);
    }
    Ok(count(tx.batch(&ADD, rows).await?))
}

fn row(desk: &Desk, reading: &Reading, entry: &Entry, standing: Standing, copy_of: Option<ItemId>) -> Vec<Value> {
    let (id, source) = (desk.next_id(), reading.known.source.id.to_i64());
    params![
        id,
        source,
        entry.keys.own(),
        entry.url,
        entry.canonical_url,
        entry.title,
        json(&entry.authors),
        json(&entry.categories),
        entry.language,
        entry.content_html,
        entry.text,
        entry.content_hash,
        entry.published_at,
        reading.polled_at,
        standing.name(),
        copy_of.map(ItemId::to_i64)
    ]
}

fn change(id: ItemId, entry: &Entry) -> Vec<Value> {
    params![
        id.to_i64(),
        entry.url,
        entry.canonical_url,
        entry.title,
        json(&entry.authors),
        json(&entry.categories),
        entry.language,
        entry.content_html,
        entry.text,
        entry.content_hash
    ]
}

fn json(list: &[String]) -> String {
    serde_json::to_string(list).expect("texts always serialise")
}

async fn write_source(tx: &mut Tx, reading: &Reading, tally: &Tally) -> Result<(), Error> {
    let source = &reading.known.source;
    let document = reading.document.as_ref();
    // The feed's title, unless somebody has given another name.
    let unnamed = source.name == sources::name_of(&source.url);
    let name = document.and_then(|d| d.title.clone()).filter(|_| unnamed);
    let (moved_to, moved_seen) = reading.moved.clone().map_or((None, 0), |(url, seen)| (Some(url), seen));
    let values = params![
        source.id.to_i64(),
        reading.polled_at,
        reading.next_poll_at,
        tally.outcome(),
        reading.etag,
        reading.last_modified,
        reading.body_hash,
        moved_to,
        moved_seen,
        name,
        document.and_then(|d| d.site_url.clone()),
        document.and_then(|d| d.language.clone()),
        i64::from(tally.new_items())
    ];
    tx.exec(&sources::READ, values).await?;
    if let Some(url) = moved_to.filter(|_| moved_seen >= MOVED_POLLS)
        && tx.opt(&sources::BY_URL, params![url]).await?.is_none()
    {
        tx.exec(&sources::MOVE, params![source.id.to_i64(), url]).await?;
        tracing::info!(source.id = %source.id, "a source has moved for good; its new address is used from now on");
    }
    Ok(())
}

fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
