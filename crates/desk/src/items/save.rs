//! One reading of a feed goes into the database: items, the source's row and the job that follows, in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use queue::{Enqueue, Enqueued};
use stdx::Timestamp;
use store::{Tx, Value, params};

use super::answer::Seen;
use super::fill::Entry;
use super::pace::{self, Pace};
use super::rhythm::{Rhythm, Shown};
use super::{ADD, BROUGHT, CHANGE, ELSEWHERE, Standing};
use super::{twins, versions};
use crate::jobs::AssignStories;
use crate::sources::{self, Known, Moved, Outcome, Visit, subscription};
use crate::{Desk, Error, ItemId, tags};

/// A successful visit, all that is to be written of it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub way: Way,
    pub known: Known,
    pub seen: Seen,
    /// Without its outcome, which is told by what is written.
    pub visit: Visit,
}

/// How a document came, which says what it means that something is in it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// We asked: it is all that the site shows.
    Asked,
    /// It was pushed, and may hold only what is new.
    Pushed,
    /// It was pushed by a hub, maybe late, twice or out of turn.
    Relayed,
    /// Items that were pushed one by one, each under the name that its sender gives it.
    Named,
    /// Somebody wants just this.
    Wished,
}

/// What it brought.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub outcome: String,
    pub new_items: u32,
    /// When the source is visited again.
    pub next: Timestamp,
    /// The job that will group the news, if there are any.
    pub follow_up: Option<Enqueued>,
}

/// An old source that brings more at once is treated like a new one: most of it is archive.
const FLOOD: usize = 100;
/// Permanent redirects are believed after this many polls, when the first of them was so long ago.
const MOVED_POLLS: u32 = 3;
const MOVED_AFTER: Duration = Duration::from_secs(86_400);
/// Why an item is not news: it came with the archive of a first visit, with too many at once, or too late.
const ARCHIVE: &str = "archive";
const TOO_MANY: &str = "flood";
const STALE: &str = "stale";
pub(crate) async fn save(desk: &Desk, reading: Reading) -> Result<Saved, Error> {
    let (d, reading) = (desk.clone(), Arc::new(reading));
    desk.store.write(move |tx| Box::pin(async move { write(&d, tx, &reading).await })).await
}

async fn write(desk: &Desk, tx: &mut Tx, reading: &Reading) -> Result<Saved, Error> {
    if reading.seen.document.is_some() {
        // A hub may bring the same at this moment.
        tx.exec(&sources::HOLD, params![reading.known.source.id.to_i64()]).await?;
    }
    let tally = write_document(desk, tx, reading).await?;
    let next = write_source(desk, tx, reading, &tally).await?;
    let follow_up = follow(desk, tx, reading, &tally).await?;
    Ok(Saved { outcome: tally.outcome(), new_items: tally.new_items(), next, follow_up })
}

/// Stores what a document holds.
pub(super) async fn write_document(desk: &Desk, tx: &mut Tx, reading: &Reading) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    if let Some(document) = &reading.seen.document {
        tally = write_entries(desk, tx, reading, &document.entries).await?;
        tally.warnings = document.warnings;
    }
    Ok(tally)
}

/// Does what follows from it: what shows the source is made anew, and the news wait for their stories.
pub(super) async fn follow(
    desk: &Desk,
    tx: &mut Tx,
    reading: &Reading,
    tally: &Tally,
) -> Result<Option<Enqueued>, Error> {
    let source = &reading.known.source;
    if tally.new_items() > 0 {
        desk.purge_with(tx, &[tags::SOURCES]).await?;
    }
    let mut follow_up = None;
    if tally.news + tally.copies > 0 {
        follow_up = Some(desk.queue.enqueue(tx, &AssignStories {}, Enqueue::default()).await?);
    }
    let (news, seen, copies) = (tally.news, tally.seen + tally.stale + tally.ruled_out, tally.copies);
    tx.after_commit(move || {
        for (standing, n) in [(Standing::News, news), (Standing::Seen, seen), (Standing::Copy, copies)] {
            sources::ITEMS.with(&[standing.name()]).add(n.into());
        }
    });
    tracing::debug!(source.id = %source.id, items.news = news, items.seen = seen, items.copies = copies, "stored a reading of a source");
    Ok(follow_up)
}

#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    news: u32,
    seen: u32,
    copies: u32,
    changed: u32,
    adopted: u32,
    stale: u32,
    ruled_out: u32,
    warnings: usize,
    flood: bool,
    /// When the entries were published that an ordinary visit has found.
    dates: Vec<Timestamp>,
}

impl Tally {
    pub fn new_items(&self) -> u32 {
        self.news + self.seen + self.copies + self.stale + self.ruled_out
    }

    /// In a few words.
    pub fn outcome(&self) -> String {
        let counts = [
            (self.news, "new"),
            (self.copies, "known from elsewhere"),
            (self.seen, if self.flood { "too many at once, kept as archive" } else { "from the archive" }),
            (self.stale, "too old to be news"),
            (self.ruled_out, "left out by rules"),
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
    let (source, way) = (&reading.known.source, reading.way);
    let first = way == Way::Asked && reading.known.body_hash.is_none();
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
    if way == Way::Asked && !first && met.is_empty() && !fresh.is_empty() {
        let (twins, count) = twins::adopt(tx, source.id, &mut fresh, &mut met, reading.visit.at).await?;
        changed.extend(twins);
        tally.adopted += count;
    }
    // Whoever names each item himself says which are different.
    if matches!(way, Way::Asked | Way::Pushed | Way::Relayed) && !first && !fresh.is_empty() {
        let (twins, count) = twins::recognise(tx, source.id, &mut fresh, &mut met, reading.visit.at).await?;
        changed.extend(twins);
        tally.adopted += count;
    }
    changed.retain(|(_, entry)| !entry.is_cut_off);
    if way == Way::Relayed {
        changed = versions::unknown(tx, changed).await?;
    }
    if way == Way::Asked && !first {
        tally.dates = fresh.iter().map(|entry| entry.published_at).collect();
    }
    tally.flood = !first && fresh.len() > FLOOD;

    // Oldest first, so that ids rise with time; of entries without a date the upper one is newer.
    let news_max = if first || tally.flood { source.backfill as usize } else { usize::MAX };
    let mut order: Vec<&Entry> = fresh.into_iter().rev().collect();
    order.sort_by_key(|entry| entry.published_at);
    let (archive, news) = order.split_at(order.len().saturating_sub(news_max));
    // In the order of their dates. What a first visit takes for news is so by somebody's wish.
    let stale = match news_since(desk, reading.visit.at).filter(|_| !first && way != Way::Wished) {
        Some(since) => news.partition_point(|entry| entry.published_at < since),
        None => 0,
    };
    let (stale, news) = news.split_at(stale);
    let (ruled_out, news): (Vec<&Entry>, Vec<&Entry>) = news.iter().partition(|entry| entry.ruled_out.is_some());
    let elsewhere = elsewhere(tx, reading, &news).await?;
    let mut rows: [Vec<Vec<Value>>; 5] = Default::default();
    let why = if first { ARCHIVE } else { TOO_MANY };
    for entry in archive {
        rows[0].push(row(desk, reading, entry, Standing::Seen, None, Some(why)));
    }
    for entry in stale {
        rows[1].push(row(desk, reading, entry, Standing::Seen, None, Some(STALE)));
    }
    for entry in ruled_out {
        rows[4].push(row(desk, reading, entry, Standing::Seen, None, entry.ruled_out.as_deref()));
    }
    for entry in news {
        match entry.canonical_url.as_ref().and_then(|url| elsewhere.get(url)) {
            Some(original) => rows[2].push(row(desk, reading, entry, Standing::Copy, Some(*original), None)),
            None => rows[3].push(row(desk, reading, entry, Standing::News, None, None)),
        }
    }
    let [archive, stale, copies, news, ruled_out] = rows;
    tally.seen = add(tx, archive).await?;
    tally.stale = add(tx, stale).await?;
    tally.ruled_out = add(tx, ruled_out).await?;
    tally.copies = add(tx, copies).await?;
    tally.news = add(tx, news).await?;
    if !changed.is_empty() {
        let hashes: Vec<(ItemId, &str)> =
            changed.iter().map(|(id, entry)| (*id, entry.content_hash.as_str())).collect();
        versions::keep(tx, &hashes, reading.visit.at).await?;
        tally.changed =
            count(tx.batch(&CHANGE, changed.into_iter().map(|(id, entry)| change(id, entry)).collect()).await?);
    }
    Ok(tally)
}

/// What is older is no news any more; `None` when age does not matter.
pub(crate) fn news_since(desk: &Desk, now: Timestamp) -> Option<Timestamp> {
    let hours = desk.settings.news_age_max_h;
    (hours > 0).then(|| now - Duration::from_secs(3_600 * u64::from(hours)))
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

fn row(
    desk: &Desk,
    reading: &Reading,
    entry: &Entry,
    standing: Standing,
    copy_of: Option<ItemId>,
    why: Option<&str>,
) -> Vec<Value> {
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
        reading.visit.at,
        standing.name(),
        copy_of.map(ItemId::to_i64),
        why
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

/// Gives the time of the next visit.
async fn write_source(desk: &Desk, tx: &mut Tx, reading: &Reading, tally: &Tally) -> Result<Timestamp, Error> {
    let (known, seen, now) = (&reading.known, &reading.seen, reading.visit.at);
    let source = &known.source;
    let document = seen.document.as_ref();
    if document.is_some() {
        subscription::noted(desk, tx, source.id, seen.hubs.as_ref(), now).await?;
    }
    let is_told = match subscription::live(desk, tx, source.id, now).await? {
        Some(since) => !subscription::missed(tx, source.id, &tally.dates, since, now).await?,
        None => false,
    };
    // What a hub brings is missing in what our visits see: they tell nothing of the pace.
    let rhythm = if is_told { Rhythm::of(source) } else { rhythm(desk, reading, tally) };
    let pace = Pace::of(source, rhythm, now);
    let pace = if is_told { pace.told(&desk.settings) } else { pace };
    let next = pace::next(now, pace, 0, &seen.wishes, &desk.settings, &desk.rng);
    // The feed's title, unless somebody has given another name.
    let unnamed = source.name == sources::name_of(&source.url);
    let name = document.and_then(|d| d.title.clone()).filter(|_| unnamed);
    let moved = moved(reading);
    let seconds = |time: Option<Duration>| time.map(|time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX).max(1));
    let values = params![
        source.id.to_i64(),
        now,
        next,
        tally.outcome(),
        seen.etag,
        seen.last_modified,
        seen.body_hash,
        moved.to,
        moved.seen,
        moved.at,
        name,
        document.and_then(|d| d.site_url.clone()),
        document.and_then(|d| d.language.clone()),
        i64::from(tally.new_items()),
        seconds(rhythm.every),
        seconds(rhythm.reach),
        source.url
    ];
    tx.exec(&sources::READ, values).await?;
    let outcome = if document.is_some() { Outcome::Read } else { Outcome::Unchanged };
    let (detail, new_items) = (tally.outcome(), tally.new_items());
    sources::record(tx, source.id, &Visit { outcome, detail, new_items, ..reading.visit.clone() }).await?;
    let is_sure = moved.seen >= MOVED_POLLS && moved.at.is_some_and(|since| now.since(since) >= MOVED_AFTER);
    if let Some(url) = moved.to.filter(|_| is_sure)
        // What we say to one site is for nobody else: whoever gave it says so again.
        && (!source.has_login || sources::origin(&url) == sources::origin(&source.url))
        && tx.opt(&sources::BY_URL, params![url]).await?.is_none()
    {
        tx.exec(&sources::MOVE, params![source.id.to_i64(), url, now]).await?;
        tracing::info!(source.id = %source.id, "a source has moved for good; its new address is used from now on");
    }
    Ok(next)
}

/// The source's pace after this visit.
fn rhythm(desk: &Desk, reading: &Reading, tally: &Tally) -> Rhythm {
    let source = &reading.known.source;
    let before = Rhythm::of(source);
    match &reading.seen.document {
        Some(document) if tally.new_items() > 0 => before.changed(Shown {
            dates: &document.entries.iter().map(|entry| entry.published_at).collect::<Vec<_>>(),
            fresh: tally.new_items() as usize,
            entries: document.entries.len(),
            since: source.polled_at.map(|at| reading.visit.at.since(at)).filter(|_| source.items > 0),
            now: reading.visit.at,
        }),
        _ => {
            let usual = Duration::from_secs(source.interval_s.into());
            before.unchanged(usual, Duration::from_secs(desk.settings.poll_interval_max_s.into()))
        }
    }
}

/// What is known of a move after this visit.
fn moved(reading: &Reading) -> Moved {
    let (known, now) = (&reading.known.moved, reading.visit.at);
    let to = reading.seen.moved_to.clone();
    // Not to where it is, and not to where somebody has called it back from.
    let was_refused = known.at.is_none() && known.to.is_none();
    let to = to.filter(|url| *url != reading.known.source.url && !(was_refused && known.before.as_ref() == Some(url)));
    match to {
        None if known.to.is_none() => known.clone(),
        None => Moved { before: known.before.clone(), ..Moved::default() },
        Some(url) => {
            let again = known.to.as_ref() == Some(&url);
            let (seen, at) = if again { (known.seen, known.at) } else { (0, None) };
            Moved { to: Some(url), seen: seen.saturating_add(1), at: at.or(Some(now)), before: known.before.clone() }
        }
    }
}

fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
