//! Items: what sources bring. A poll of a source reads its feed, fills what the feed leaves open and
//! stores what is new, each entry once for the life of the source.

mod answer;
mod fetch;
mod fill;
mod given;
mod hand;
mod hook;
mod identity;
mod pace;
mod paste;
mod poll;
pub(crate) mod push;
mod redirect;
mod relay;
mod rhythm;
mod save;
mod shortened;
pub(crate) mod sweep;
mod twins;
pub(crate) mod versions;

use std::str::FromStr;

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, params};

use crate::people::{Action, Actor};
use crate::{Desk, Error, ItemId, SourceId, StoryId};

pub use fetch::fetch;
pub use given::Given;
pub use hand::{NewItem, create};
pub use hook::{BODY_MAX, Door, Received, Refused, door};
pub use poll::{Report, poll, take};
pub use relay::{DELIVERY_MAX, Line, line};
pub(crate) use save::news_since;
pub use sweep::{look, sweep};
pub use versions::{Former, versions};

/// One entry of a feed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    pub id: ItemId,
    pub source: SourceId,
    pub source_name: String,
    pub url: Option<String>,
    pub title: String,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    /// ISO 639-1, or `und`.
    pub language: String,
    /// Sanitised.
    pub content_html: String,
    /// The content as plain text.
    pub text: String,
    /// As the feed says; the time of first sight when it says nothing credible.
    pub published_at: Timestamp,
    pub first_seen_at: Timestamp,
    /// Grows by one each time the source changes the entry.
    pub version: u32,
    pub standing: Standing,
    /// Why it is not news: `archive`, `flood`, `stale`, or the rule that dropped it.
    pub why: Option<String>,
    pub copy_of: Option<ItemId>,
    pub story: Option<StoryId>,
    /// What it shared with its story when it joined: names, numbers with what they count, words; the weightiest first.
    pub because: Vec<String>,
    /// What in it speaks to a model instead of a reader, each as `kind: words`; looked for when it is drafted.
    pub suspicious: Vec<String>,
}

/// What an item counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    News,
    /// Known, but no news; `why` says what keeps it from being so.
    Seen,
    /// The same as an earlier item of another source.
    Copy,
}

impl Standing {
    pub fn name(self) -> &'static str {
        match self {
            Standing::News => "news",
            Standing::Seen => "seen",
            Standing::Copy => "copy",
        }
    }
}

impl FromStr for Standing {
    type Err = std::convert::Infallible;

    /// The schema admits no other word.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Standing::News, Standing::Copy];
        Ok(all.into_iter().find(|s| s.name() == text).unwrap_or(Standing::Seen))
    }
}

/// An item as a draft needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// `None` for a text that somebody gave.
    pub id: Option<ItemId>,
    pub title: String,
    pub text: String,
    /// Empty when it has none.
    pub url: String,
    /// The name of its source.
    pub source: String,
    pub categories: Vec<String>,
    pub language: String,
    pub published_at: Timestamp,
    /// It says what an earlier member says.
    pub is_copy: bool,
    /// As in [`Item::suspicious`].
    pub suspicious: Vec<String>,
}

/// Which items to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub source: Option<SourceId>,
    pub story: Option<StoryId>,
}

store::sql! {
    GET = "items.get",
        "SELECT i.id, i.source, s.name, i.url, i.title, i.authors, i.categories, i.language, i.content_html, i.text, i.published_at,
                i.first_seen_at, i.version, i.standing, i.copy_of, i.story, i.why, i.because, i.suspicious
         FROM item i JOIN source s ON s.id = i.source WHERE i.id = $1";
    LIST = "items.list",
        "SELECT i.id, i.source, s.name, i.url, i.title, i.authors, i.categories, i.language, i.content_html, i.text, i.published_at,
                i.first_seen_at, i.version, i.standing, i.copy_of, i.story, i.why, i.because, i.suspicious
         FROM item i JOIN source s ON s.id = i.source WHERE i.id < $1 ORDER BY i.id DESC LIMIT $2";
    OF_SOURCE = "items.of_source",
        "SELECT i.id, i.source, s.name, i.url, i.title, i.authors, i.categories, i.language, i.content_html, i.text, i.published_at,
                i.first_seen_at, i.version, i.standing, i.copy_of, i.story, i.why, i.because, i.suspicious
         FROM item i JOIN source s ON s.id = i.source WHERE i.source = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3";
    OF_STORY = "items.of_story",
        "SELECT i.id, i.source, s.name, i.url, i.title, i.authors, i.categories, i.language, i.content_html, i.text, i.published_at,
                i.first_seen_at, i.version, i.standing, i.copy_of, i.story, i.why, i.because, i.suspicious
         FROM item i JOIN source s ON s.id = i.source WHERE i.story = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3";
    AMONG = "items.among",
        "SELECT i.id, i.title, i.text, i.url, s.name, i.categories, i.language, i.published_at, i.standing, i.suspicious
         FROM item i JOIN source s ON s.id = i.source WHERE i.id {in:$1} ORDER BY i.published_at, i.id LIMIT $2";
    /// What the source has brought before under these keys.
    BROUGHT = "items.brought",
        "SELECT id, identity, canonical_url, content_hash FROM item WHERE source = $1 AND identity {in_text:$2}";
    /// The last ones of a source, to recognise them when all their keys have changed.
    LATEST = "items.latest",
        "SELECT id, title, text, content_hash, published_at, first_seen_at, canonical_url FROM item WHERE source = $1 ORDER BY id DESC LIMIT $2";
    /// The first news at these addresses that other sources of the pipeline have brought.
    ELSEWHERE = "items.elsewhere",
        "SELECT i.canonical_url, min(i.id) FROM item i JOIN source s ON s.id = i.source
         WHERE i.canonical_url {in_text:$1} AND i.source <> $2 AND i.standing = 'news' AND s.pipeline = $3 GROUP BY i.canonical_url";
    ADD = "items.add",
        "INSERT INTO item (id, source, identity, url, canonical_url, title, authors, categories, language, content_html, text, content_hash,
                           published_at, first_seen_at, standing, copy_of, why)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (source, identity) DO NOTHING";
    CHANGE = "items.change",
        "UPDATE item SET url = $2, canonical_url = $3, title = $4, authors = $5, categories = $6, language = $7, content_html = $8, text = $9,
                content_hash = $10, version = version + 1
         WHERE id = $1 AND content_hash <> $10";
    /// What a source has brought at these addresses, and without any.
    AT_ADDRESSES = "items.at_addresses",
        "SELECT id, title, text, content_hash, published_at, first_seen_at, canonical_url FROM item
         WHERE source = $1 AND canonical_url {in_text:$2} ORDER BY id";
    ANONYMOUS = "items.anonymous",
        "SELECT id, title, text, content_hash, published_at, first_seen_at FROM item
         WHERE source = $1 AND canonical_url IS NULL ORDER BY id DESC LIMIT $2";
    /// Among the last that it has brought, those with these titles.
    TITLED = "items.titled",
        "SELECT id, title, text, content_hash, published_at, first_seen_at FROM item
         WHERE id IN (SELECT id FROM item WHERE source = $1 ORDER BY id DESC LIMIT $3) AND title {in_text:$2} ORDER BY id DESC";
    RENAME = "items.rename", "UPDATE item SET identity = $2 WHERE id = $1";
    ADOPT = "items.adopt",
        "UPDATE item SET identity = $2, content_hash = $3, url = $4, canonical_url = $5 WHERE id = $1";
}

const LIMIT_MAX: u32 = 200;

fn read(row: &Row) -> Result<Item, store::Error> {
    let Ok(standing) = row.get::<String>(13)?.parse();
    Ok(Item {
        id: ItemId(row.get(0)?),
        source: SourceId(row.get(1)?),
        source_name: row.get(2)?,
        url: row.get(3)?,
        title: row.get(4)?,
        authors: read_list(row, 5)?,
        categories: read_list(row, 6)?,
        language: row.get(7)?,
        content_html: row.get(8)?,
        text: row.get(9)?,
        published_at: row.get(10)?,
        first_seen_at: row.get(11)?,
        version: row.get(12)?,
        standing,
        copy_of: row.get::<Option<stdx::Id>>(14)?.map(ItemId),
        story: row.get::<Option<stdx::Id>>(15)?.map(StoryId),
        why: row.get(16)?,
        because: read_list_or_none(row, 17)?,
        suspicious: read_list_or_none(row, 18)?,
    })
}

/// A list of texts that we wrote as JSON.
pub(crate) fn read_list(row: &Row, column: usize) -> Result<Vec<String>, store::Error> {
    Ok(serde_json::from_str(&row.get::<String>(column)?).unwrap_or_default())
}

/// The same of a column that may be empty.
fn read_list_or_none(row: &Row, column: usize) -> Result<Vec<String>, store::Error> {
    Ok(row.get::<Option<String>>(column)?.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default())
}

pub(crate) fn read_member(row: &Row) -> Result<Member, store::Error> {
    Ok(Member {
        id: Some(ItemId(row.get(0)?)),
        title: row.get(1)?,
        text: row.get(2)?,
        url: row.get::<Option<String>>(3)?.unwrap_or_default(),
        source: row.get(4)?,
        categories: read_list(row, 5)?,
        language: row.get(6)?,
        published_at: row.get(7)?,
        is_copy: row.get::<String>(8)? == Standing::Copy.name(),
        suspicious: read_list_or_none(row, 9)?,
    })
}

pub async fn get(conn: &mut Conn, id: ItemId) -> Result<Item, Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("item", id))?;
    Ok(read(&row)?)
}

/// Newest first, from behind `after`; at most 200.
pub async fn list(
    desk: &Desk,
    actor: &Actor,
    filter: Filter,
    after: Option<ItemId>,
    limit: u32,
) -> Result<Vec<Item>, Error> {
    actor.may(Action::Read)?;
    let (before, limit) = (after.map_or(i64::MAX, ItemId::to_i64), limit.clamp(1, LIMIT_MAX));
    let mut conn = desk.store.read();
    let rows = match filter {
        Filter { story: Some(story), .. } => conn.all(&OF_STORY, params![story.to_i64(), before, limit]).await?,
        Filter { source: Some(source), .. } => conn.all(&OF_SOURCE, params![source.to_i64(), before, limit]).await?,
        Filter { source: None, story: None } => conn.all(&LIST, params![before, limit]).await?,
    };
    let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    items.retain(|item| filter.source.is_none_or(|source| source == item.source));
    Ok(items)
}

/// The named items, earliest first; at most 200.
///
/// # Errors
/// [`Error::NotFound`] for the first one that does not exist.
pub async fn members(conn: &mut Conn, ids: &[ItemId]) -> Result<Vec<Member>, Error> {
    let wanted: Vec<i64> = ids.iter().map(|id| id.to_i64()).collect();
    let rows = conn.all(&AMONG, params![store::list(&wanted), LIMIT_MAX]).await?;
    let members = rows.iter().map(read_member).collect::<Result<Vec<_>, _>>()?;
    match ids.iter().find(|id| !members.iter().any(|member| member.id == Some(**id))) {
        Some(missing) => Err(Error::not_found("item", missing)),
        None => Ok(members),
    }
}

#[cfg(test)]
mod tests;
