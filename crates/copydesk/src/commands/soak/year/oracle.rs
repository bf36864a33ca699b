//! Knows each article that the product was shown in a document which it has stored, and what must have become of it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use stdx::Timestamp;
use store::{Store, params};

use super::pages;
use super::sites::Sites;
use super::world::Site;

store::sql! {
    ITEMS = "soak.items", "SELECT id, source, title, text, version, standing FROM item WHERE id > $1 ORDER BY id LIMIT $2";
    STOPPED = "soak.stopped", "SELECT id, state FROM source WHERE state <> 'active'";
}

/// What was shown of an article so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// In a whole document that was stored.
    pub first: Option<Timestamp>,
    pub edition: (u16, u16),
    pub names: (u16, u16),
    edits: u32,
    /// Other addresses, each of which may or may not be a version.
    moves: u32,
    expect: Expect,
    /// Since the last whole document it was in one that was cut off.
    is_cut: bool,
    /// How often it was.
    cuts: u32,
    /// The number of the last document that held it.
    last: u32,
    log: Vec<(Timestamp, &'static str)>,
}

impl Seen {
    /// Whether the product knows it just as it is, or not at all.
    pub fn is_settled(&self, edition: (u16, u16), names: (u16, u16)) -> bool {
        !self.is_cut && (self.first.is_none() || (self.edition == edition && self.names == names))
    }

    /// Whether the product may know it.
    pub fn is_known(&self) -> bool {
        self.first.is_some() || self.is_cut
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    Either,
    News,
    Seen,
}

/// A document that was sent and of which we do not know yet whether it was stored.
pub struct Pending {
    at: Timestamp,
    shown: Vec<Shown>,
    is_cut: bool,
}

struct Shown {
    article: usize,
    edition: (u16, u16),
    names: (u16, u16),
}

/// What the product calls stale, and more entries than it takes for news at once.
const STALE: Duration = Duration::from_secs(48 * 3_600);
const FLOOD: usize = 100;
const AHEAD: Duration = Duration::from_secs(600);

impl Pending {
    pub fn of(site: &Site, shown: &[usize], at: Timestamp, is_cut: bool) -> Pending {
        let shown = shown.iter().map(|index| {
            let article = &site.articles[*index];
            Shown { article: *index, edition: article.edition, names: article.names }
        });
        Pending { at, shown: shown.collect(), is_cut }
    }
}

/// The visit of a site at `at` has been stored; `failure` is why it counts as none. Gives the entries that were shown, or
/// what is wrong with it.
pub fn stored(site: &mut Site, at: Timestamp, failure: Option<&str>) -> Result<usize, String> {
    let Some(pending) = site.pending.take_if(|pending| pending.at == at) else { return Ok(0) };
    match (failure, pending.is_cut) {
        (Some(why), false) => return Err(format!("a sound document was refused: {why}")),
        (Some(_), true) => return Ok(0),
        (None, true) => {
            for shown in &pending.shown {
                let title = pages::title(site, shown.article, shown.edition.0);
                site.halves.push((shown.article, title));
                let seen = &mut site.articles[shown.article].seen;
                (seen.is_cut, seen.cuts) = (true, seen.cuts + 1);
                seen.log.push((at, "perhaps shown, in a document that was cut off"));
            }
            return Ok(0);
        }
        (None, false) => {}
    }
    let is_first = site.documents == 0;
    site.documents += 1;
    let unknown = pending.shown.iter().filter(|shown| site.articles[shown.article].seen.first.is_none()).count();
    let documents = site.documents;
    for shown in &pending.shown {
        let article = &mut site.articles[shown.article];
        let told = article.dated.filter(|date| *date > Timestamp::EPOCH && *date <= at + AHEAD).unwrap_or(at);
        let is_stale = told < at - STALE;
        let seen = &mut article.seen;
        if seen.first.is_none() {
            seen.first = Some(at);
            seen.expect = match (is_stale, unknown > FLOOD) {
                _ if is_first || seen.cuts > 0 => Expect::Either,
                (true, _) => Expect::Seen,
                (false, true) => Expect::Either,
                (false, false) => Expect::News,
            };
            seen.log.push((at, if is_stale { "shown, too old to be news" } else { "shown" }));
        } else {
            if seen.last + 1 < documents {
                seen.log.push((at, "shown again"));
            }
            if seen.edition != shown.edition {
                seen.edits += 1;
                seen.log.push((at, "edited"));
            }
            if seen.names != shown.names {
                seen.moves += u32::from(seen.names.1 != shown.names.1);
                seen.log.push((at, "under another id or address"));
            }
        }
        (seen.edition, seen.names, seen.is_cut, seen.last) = (shown.edition, shown.names, false, documents);
    }
    Ok(pending.shown.len())
}

/// A thing that is not as it must be.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    pub kind: &'static str,
    pub source: u32,
    /// The site's habits, what the article went through and what the desk holds, line by line.
    pub story: Vec<String>,
}

/// What a comparison of the desk with the world came to.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    pub articles: usize,
    pub items: usize,
    pub versions: u64,
    pub lost: usize,
    pub doubled: usize,
    /// Other faults: a text that is not the last one, a version too many, news that is none.
    pub wrong: usize,
    #[serde(skip)]
    pub faults: Vec<Fault>,
}

struct Item {
    id: i64,
    title: String,
    text: String,
    version: u32,
    standing: String,
}

/// Compares all items with all that was shown.
pub async fn check(store: &Store, sites: &Sites, sources: &HashMap<i64, u32>) -> Result<Tally> {
    const PAGE: i64 = 2_000;
    let (mut tally, mut after) = (Tally::default(), 0);
    let mut held: HashMap<(u32, usize), Vec<Item>> = HashMap::new();
    loop {
        let rows = store.read_fresh().all(&ITEMS, params![after, PAGE]).await?;
        for row in &rows {
            after = row.get(0)?;
            let Some(number) = sources.get(&row.get(1)?).copied() else { continue };
            let item =
                Item { id: after, title: row.get(2)?, text: row.get(3)?, version: row.get(4)?, standing: row.get(5)? };
            tally.items += 1;
            tally.versions += u64::from(item.version);
            let site = sites.site(number);
            let article = pages::read_token(&item.text).filter(|(of, _)| *of == number).map(|(_, article)| article);
            // The half of an entry may say less than which it is.
            let half =
                || site.halves.iter().rev().find(|(_, title)| title.starts_with(item.title.trim_end_matches('…')));
            match article.filter(|at| *at < site.articles.len()).or_else(|| half().map(|(article, _)| *article)) {
                Some(article) => held.entry((number, article)).or_default().push(item),
                None => {
                    let story = vec![site_line(&site), format!("nobody has published this: {}", item.line())];
                    tally.wrong += 1;
                    tally.faults.push(Fault { kind: "unknown", source: number, story });
                }
            }
        }
        if rows.len() < PAGE as usize {
            break;
        }
    }
    for number in 0..sites.count() {
        let site = sites.site(number);
        for (index, article) in site.articles.iter().enumerate() {
            let items = held.remove(&(number, index)).unwrap_or_default();
            tally.articles += usize::from(article.seen.first.is_some());
            if let Some((kind, why)) = verdict(&site, index, &items) {
                match kind {
                    "lost" => tally.lost += 1,
                    "doubled" => tally.doubled += 1,
                    _ => tally.wrong += 1,
                }
                tally.faults.push(Fault { kind, source: number, story: story(&site, index, &items, &why) });
            }
        }
    }
    for row in store.read_fresh().all(&STOPPED, params![]).await? {
        let Some(number) = sources.get(&row.get(0)?).copied() else { continue };
        let story = vec![site_line(&sites.site(number)), format!("the source is {}", row.get::<String>(1)?)];
        tally.wrong += 1;
        tally.faults.push(Fault { kind: "stopped", source: number, story });
    }
    // What takes the fewest lines to tell comes first.
    tally.faults.sort_by_key(|fault| fault.story.len());
    Ok(tally)
}

fn verdict(site: &Site, index: usize, items: &[Item]) -> Option<(&'static str, String)> {
    let seen = &site.articles[index].seen;
    let [item] = items else {
        let kind = if items.is_empty() { "lost" } else { "doubled" };
        return (seen.first.is_some() || items.len() > 1).then(|| (kind, format!("it is {} items", items.len())));
    };
    if seen.first.is_none() {
        let why = "it was in no document that was stored".to_owned();
        return (seen.cuts == 0).then_some(("unknown", why));
    }
    let title = pages::title(site, index, seen.edition.0);
    let text = pages::text(site, index, seen.edition.1).join(" ");
    if !seen.is_cut && (item.title != title || item.text.split_whitespace().collect::<Vec<_>>().join(" ") != text) {
        return Some(("old text", format!("it should say {title:?} and {text:?}")));
    }
    let most = 1 + seen.edits + seen.moves + seen.cuts;
    if item.version > most || (seen.cuts == 0 && item.version < 1 + seen.edits) {
        return Some(("versions", format!("{} edits make it version {}", seen.edits, 1 + seen.edits)));
    }
    match (seen.expect, item.standing.as_str()) {
        (Expect::News, "news") | (Expect::Seen, "seen") | (Expect::Either, _) => None,
        (Expect::News, _) => Some(("held back", "it is news".to_owned())),
        (Expect::Seen, _) => Some(("stale", "it is no news".to_owned())),
    }
}

fn site_line(site: &Site) -> String {
    format!("source {}: {:?}", site.number, site.habits)
}

/// What happened to one article, and to its site around then.
fn story(site: &Site, index: usize, items: &[Item], why: &str) -> Vec<String> {
    const NEAR: Duration = Duration::from_secs(10 * 86_400);
    let article = &site.articles[index];
    let mut lines = vec![site_line(site)];
    let log = &article.seen.log;
    let mut events: Vec<(Timestamp, String)> = log.iter().map(|(at, what)| (*at, (*what).to_owned())).collect();
    events.push((article.born, "published".to_owned()));
    let near = |at: Timestamp| log.iter().any(|(seen, _)| at <= *seen + NEAR && at + NEAR >= *seen);
    events.extend(site.log.iter().filter(|(at, _)| near(*at)).map(|(at, what)| (*at, format!("the site {what}"))));
    events.sort();
    let told = article.dated.map_or_else(|| "no date".to_owned(), |at| at.to_string());
    lines.push(format!("article {index} ({told}), {why}"));
    lines.extend(events.iter().map(|(at, what)| format!("  {at} {what}")));
    lines.extend(items.iter().map(Item::line));
    lines
}

impl Item {
    fn line(&self) -> String {
        let (title, text): (&str, String) = (&self.title, self.text.chars().take(80).collect());
        format!("  item {} version {} {}: {title:?}, {text:?}", self.id, self.version, self.standing)
    }
}
