//! Pages: what the public site shows, and how it is found.

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use crate::posts::{Post, SourceRef, VersionView, search};
use crate::{Desk, Error, PostId, Version};

pub use crate::posts::RESERVED;

/// Cache tag that every list of pages carries.
pub const TAG_LISTS: &str = "pages";

/// A published version, ready to be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page {
    pub id: PostId,
    pub slug: String,
    pub version: Version,
    pub title: String,
    pub excerpt: String,
    /// Sanitised HTML of the body.
    pub html: String,
    pub sources: Vec<SourceRef>,
    /// Slug of the topic.
    pub topic: String,
    pub topic_name: String,
    pub language: String,
    pub words: u32,
    /// The first time it was published.
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A topic with its number of pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topic {
    pub slug: String,
    pub name: String,
    pub pages: u64,
}

impl Page {
    pub(crate) fn of(post: &Post, version: &VersionView, now: Timestamp) -> Page {
        let words = text::markdown::to_text(&version.body).split_whitespace().count();
        Page {
            id: post.id,
            slug: post.slug.clone(),
            version: version.version,
            title: version.title.clone(),
            excerpt: version.excerpt.clone(),
            html: text::markdown::to_html(&version.body),
            sources: version.sources.clone(),
            topic: text::slug::slugify(&post.topic, 40),
            topic_name: post.topic.clone(),
            language: post.language.clone(),
            words: words as u32,
            published_at: post.published_at.unwrap_or(now),
            updated_at: now,
        }
    }
}

store::sql! {
    PUT = "pages.put",
        "INSERT INTO page (id, slug, version, title, excerpt, html, sources, topic, topic_name, language, words, published_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, version = excluded.version, title = excluded.title, excerpt = excluded.excerpt, html = excluded.html, sources = excluded.sources,
         topic = excluded.topic, topic_name = excluded.topic_name, language = excluded.language, words = excluded.words, updated_at = excluded.updated_at";
    DROP = "pages.drop", "DELETE FROM page WHERE id = $1";
    TEXT_DROP = "pages.text_drop", "DELETE FROM page_text WHERE rowid = $1";
    TEXT_PUT = "pages.text_put", "INSERT INTO page_text (rowid, content) VALUES ($1, $2)";
    BY_SLUG = "pages.by_slug", "SELECT id, slug, version, title, excerpt, html, sources, topic, topic_name, language, words, published_at, updated_at FROM page WHERE slug = $1";
    NEWEST = "pages.newest",
        "SELECT id, slug, version, title, excerpt, html, sources, topic, topic_name, language, words, published_at, updated_at FROM page
         WHERE (published_at, id) < ($1, $2) ORDER BY published_at DESC, id DESC LIMIT $3";
    NEWEST_OF_TOPIC = "pages.newest_of_topic",
        "SELECT id, slug, version, title, excerpt, html, sources, topic, topic_name, language, words, published_at, updated_at FROM page
         WHERE topic = $1 AND (published_at, id) < ($2, $3) ORDER BY published_at DESC, id DESC LIMIT $4";
    TOPICS = "pages.topics", "SELECT topic, min(topic_name), count(*) FROM page GROUP BY topic ORDER BY count(*) DESC, topic LIMIT 100";
    SEARCH = "pages.search",
        sqlite "SELECT p.id, p.slug, p.version, p.title, p.excerpt, p.html, p.sources, p.topic, p.topic_name, p.language, p.words, p.published_at, p.updated_at
         FROM page_text t JOIN page p ON p.id = t.rowid WHERE page_text MATCH $1 ORDER BY t.rank LIMIT $2",
        postgres "SELECT p.id, p.slug, p.version, p.title, p.excerpt, p.html, p.sources, p.topic, p.topic_name, p.language, p.words, p.published_at, p.updated_at
         FROM page_text t JOIN page p ON p.id = t.rowid WHERE to_tsvector('simple', t.content) @@ to_tsquery('simple', $1)
         ORDER BY ts_rank(to_tsvector('simple', t.content), to_tsquery('simple', $1)) DESC, p.id LIMIT $2";
    ALL_IDS = "pages.all_ids", "SELECT id FROM page WHERE id > $1 ORDER BY id LIMIT $2";
    BY_ID = "pages.by_id", "SELECT id, slug, version, title, excerpt, html, sources, topic, topic_name, language, words, published_at, updated_at FROM page WHERE id = $1";
    VERSION_OF = "pages.version_of", "SELECT version FROM page WHERE id = $1";
    COUNT = "pages.count", "SELECT count(*), max(updated_at) FROM page";
}

fn read(row: &Row) -> Result<Page, store::Error> {
    let sources: String = row.get(6)?;
    Ok(Page {
        id: PostId(row.get(0)?),
        slug: row.get(1)?,
        version: row.get(2)?,
        title: row.get(3)?,
        excerpt: row.get(4)?,
        html: row.get(5)?,
        sources: serde_json::from_str(&sources).unwrap_or_default(),
        topic: row.get(7)?,
        topic_name: row.get(8)?,
        language: row.get(9)?,
        words: row.get(10)?,
        published_at: row.get(11)?,
        updated_at: row.get(12)?,
    })
}

/// Shows the page, or its new version in place of the old one.
pub(crate) async fn put(desk: &Desk, tx: &mut Tx, page: &Page) -> Result<(), Error> {
    let sources = serde_json::to_string(&page.sources).expect("references are plain data");
    let values = params![
        page.id.to_i64(),
        page.slug,
        page.version,
        page.title,
        page.excerpt,
        page.html,
        sources,
        page.topic,
        page.topic_name,
        page.language,
        page.words,
        page.published_at,
        page.updated_at
    ];
    tx.exec(&PUT, values).await?;
    index(tx, page).await?;
    purge(desk, tx, page.id).await
}

/// Takes the page off the site.
pub(crate) async fn remove(desk: &Desk, tx: &mut Tx, id: PostId) -> Result<(), Error> {
    tx.exec(&DROP, params![id.to_i64()]).await?;
    tx.exec(&TEXT_DROP, params![id.to_i64()]).await?;
    purge(desk, tx, id).await
}

async fn index(tx: &mut Tx, page: &Page) -> Result<(), Error> {
    let content = fold(&format!("{}\n{}\n{}", page.title, page.topic_name, text::html::to_text(&page.html)));
    tx.exec(&TEXT_DROP, params![page.id.to_i64()]).await?;
    tx.exec(&TEXT_PUT, params![page.id.to_i64(), content]).await?;
    Ok(())
}

/// Cached answers that show the page are forgotten once the change is committed.
async fn purge(desk: &Desk, tx: &mut Tx, id: PostId) -> Result<(), Error> {
    desk.purge_with(tx, &[&tag(id), TAG_LISTS]).await
}

/// Cache tag of one page.
pub fn tag(id: PostId) -> String {
    format!("page:{id}")
}

/// The page at an address of the site. This and the lists below are kept in the cache, hence read fresh.
pub async fn by_slug(desk: &Desk, slug: &str) -> Result<Option<Page>, Error> {
    let row = desk.store.read_fresh().opt(&BY_SLUG, params![slug]).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// Newest first, of one topic or of all; `after` is where the last page of the list ended.
pub async fn list(
    desk: &Desk,
    topic: Option<&str>,
    after: Option<(Timestamp, PostId)>,
    limit: usize,
) -> Result<Vec<Page>, Error> {
    let (at, id) = after.map_or((i64::MAX, i64::MAX), |(at, id)| (at.micros(), id.to_i64()));
    let limit = limit.clamp(1, 1_000) as i64;
    let mut conn = desk.store.read_fresh();
    let rows = match topic {
        Some(topic) => conn.all(&NEWEST_OF_TOPIC, params![topic, at, id, limit]).await?,
        None => conn.all(&NEWEST, params![at, id, limit]).await?,
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Topics with the most pages, at most 100.
pub async fn topics(desk: &Desk) -> Result<Vec<Topic>, Error> {
    let rows = desk.store.read_fresh().all(&TOPICS, params![]).await?;
    let read = |row: &Row| -> Result<Topic, store::Error> {
        Ok(Topic { slug: row.get(0)?, name: row.get(1)?, pages: row.get::<i64>(2)? as u64 })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// How many pages there are, and when the last one changed.
pub async fn summary(desk: &Desk) -> Result<(u64, Option<Timestamp>), Error> {
    let row = desk.store.read_fresh().one(&COUNT, params![]).await?;
    Ok((row.get::<i64>(0)? as u64, row.get(1)?))
}

/// Pages that hold every word of `query` (the last one as a beginning), best first.
pub async fn search(desk: &Desk, query: &str, limit: usize) -> Result<Vec<Page>, Error> {
    let Some(expression) = search::expression(desk.store.engine(), query) else { return Ok(Vec::new()) };
    let rows = desk.store.read().all(&SEARCH, params![expression, limit.clamp(1, 100) as i64]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Lower case without marks, so that İstanbul, istanbul and ISTANBUL are one word on both engines.
fn fold(text: &str) -> String {
    text::slug::fold(text)
}

/// Builds the full-text index anew, after a restore.
pub async fn reindex(desk: &Desk) -> Result<u64, Error> {
    let (mut after, mut count) = (0i64, 0);
    loop {
        let ids = desk.store.read_fresh().all(&ALL_IDS, params![after, 200]).await?;
        let ids: Vec<i64> = ids.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        let Some(last) = ids.last().copied() else { return Ok(count) };
        count += ids.len() as u64;
        after = last;
        desk.store
            .write(move |tx| {
                Box::pin(async move {
                    for id in ids {
                        if let Some(row) = tx.opt(&BY_ID, params![id]).await? {
                            index(tx, &read(&row)?).await?;
                        }
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
    }
}

/// The newest pages in one read, for feeds and the site map.
pub async fn newest(conn: &mut Conn, limit: usize) -> Result<Vec<Page>, Error> {
    let rows = conn.all(&NEWEST, params![i64::MAX, i64::MAX, limit as i64]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The version the site shows of a post; `None` when it shows none.
pub(crate) async fn version_of(conn: &mut Conn, id: PostId) -> Result<Option<Version>, Error> {
    let row = conn.opt(&VERSION_OF, params![id.to_i64()]).await?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// Whether the site shows exactly this, times aside.
pub(crate) async fn shows(conn: &mut Conn, wanted: &Page) -> Result<bool, Error> {
    let Some(row) = conn.opt(&BY_ID, params![wanted.id.to_i64()]).await? else { return Ok(false) };
    let shown = read(&row)?;
    // Topic and language stand in the post's head, which may already be that of an update in review.
    let wanted = Page {
        topic: shown.topic.clone(),
        topic_name: shown.topic_name.clone(),
        language: shown.language.clone(),
        published_at: shown.published_at,
        updated_at: shown.updated_at,
        ..wanted.clone()
    };
    Ok(wanted == shown)
}
