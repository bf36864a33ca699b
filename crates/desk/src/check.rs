//! Checks that the read models say what the event log says.

use store::params;

use crate::posts::{self, DeliveryState, Life, State};
use crate::{Desk, Error, PostId, events, pages};

store::sql! {
    POST_IDS = "check.post_ids", "SELECT id FROM post WHERE id > $1 ORDER BY id LIMIT $2";
    STREAMS = "check.streams", "SELECT stream, count(*), max(version) FROM event WHERE stream > $1 GROUP BY stream ORDER BY stream LIMIT $2";
    POST_EXISTS = "check.post_exists", "SELECT count(*) FROM post WHERE id = $1";
    ORPHAN_PAGES = "check.orphan_pages", "SELECT p.id FROM page p WHERE NOT EXISTS (SELECT 1 FROM post q WHERE q.id = p.id AND q.state IN ('published')) LIMIT 100";
    ITEMS_DOUBLE = "check.items_double", "SELECT source, identity, count(*) FROM item GROUP BY source, identity HAVING count(*) > 1 LIMIT 100";
    STORY_DOUBLE = "check.story_double",
        "SELECT p.story, count(*) FROM post p JOIN event e ON e.stream = p.id AND e.version = 1 AND e.actor = 'system'
         WHERE p.story IS NOT NULL GROUP BY p.story HAVING count(*) > 1 LIMIT 100";
    STORY_LOST = "check.story_lost", "SELECT i.id FROM item i WHERE i.story IS NOT NULL AND NOT EXISTS (SELECT 1 FROM story s WHERE s.id = i.story) LIMIT 100";
    UNFOUND = "check.unfound", "SELECT p.id FROM page p WHERE NOT EXISTS (SELECT 1 FROM page_text t WHERE t.rowid = p.id) LIMIT 100";
    TOTALS = "check.totals",
        "SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM item), (SELECT count(*) FROM item WHERE standing = 'copy'), (SELECT count(*) FROM story)";
    STORY_COUNTS = "check.story_counts",
        "SELECT s.id, s.items, count(i.id) FROM story s LEFT JOIN item i ON i.story = s.id GROUP BY s.id, s.items HAVING s.items <> count(i.id) LIMIT 100";
}

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    pub sources: u64,
    pub items: u64,
    /// Items that say what another one said before.
    pub duplicates: u64,
    pub stories: u64,
}

pub async fn totals(desk: &Desk) -> Result<Totals, Error> {
    let row = desk.store.read_fresh().one(&TOTALS, params![]).await?;
    let count = |column: usize| row.get::<i64>(column).map(|n| n as u64);
    Ok(Totals { sources: count(0)?, items: count(1)?, duplicates: count(2)?, stories: count(3)? })
}

/// Every difference between the event log and what was made of it, in words; empty when all is well.
pub async fn differences(desk: &Desk) -> Result<Vec<String>, Error> {
    desk.store
        .snapshot(move |conn| {
            Box::pin(async move {
                let mut found = Vec::new();
                let mut after = 0i64;
                loop {
                    let rows = conn.all(&POST_IDS, params![after, 500]).await?;
                    for row in &rows {
                        after = row.get(0)?;
                        let id = PostId(row.get(0)?);
                        compare(conn, id, &mut found).await?;
                    }
                    if rows.len() < 500 {
                        break;
                    }
                }
                let mut after = 0i64;
                loop {
                    let rows = conn.all(&STREAMS, params![after, 500]).await?;
                    for row in &rows {
                        after = row.get(0)?;
                        let (count, last): (i64, i64) = (row.get(1)?, row.get(2)?);
                        let id = PostId(row.get(0)?);
                        if count != last {
                            found.push(format!(
                                "the events of post {id} have a gap: {count} events, the last has number {last}"
                            ));
                        }
                        if conn.one(&POST_EXISTS, params![id.to_i64()]).await?.get::<i64>(0)? == 0 {
                            found.push(format!("post {id} has {count} events but does not exist"));
                        }
                    }
                    if rows.len() < 500 {
                        break;
                    }
                }
                for row in conn.all(&ORPHAN_PAGES, params![]).await? {
                    found.push(format!("the site shows post {}, which is not published", PostId(row.get(0)?)));
                }
                for row in conn.all(&ITEMS_DOUBLE, params![]).await? {
                    found.push(format!(
                        "an item of source {} is stored {} times",
                        row.get::<stdx::Id>(0)?,
                        row.get::<i64>(2)?
                    ));
                }
                for row in conn.all(&STORY_DOUBLE, params![]).await? {
                    found.push(format!("story {} has {} posts", row.get::<stdx::Id>(0)?, row.get::<i64>(1)?));
                }
                for row in conn.all(&STORY_LOST, params![]).await? {
                    found.push(format!("item {} belongs to a story that does not exist", row.get::<stdx::Id>(0)?));
                }
                for row in conn.all(&UNFOUND, params![]).await? {
                    found
                        .push(format!("post {} is on the site but cannot be found by its search", PostId(row.get(0)?)));
                }
                for row in conn.all(&STORY_COUNTS, params![]).await? {
                    let (said, is): (i64, i64) = (row.get(1)?, row.get(2)?);
                    found.push(format!("story {} says it has {said} items and has {is}", row.get::<stdx::Id>(0)?));
                }
                Ok::<_, Error>(found)
            })
        })
        .await
}

async fn compare(conn: &mut store::Conn, id: PostId, found: &mut Vec<String>) -> Result<(), Error> {
    let (post, stored) = posts::load(conn, id).await?;
    let log = events::stream(conn, id).await?;
    let mut replayed = Life::of(&log);
    // What a delivery's key was is the log's alone to say once it is live.
    replayed.deliveries.retain(|channel, _| stored.deliveries.contains_key(channel));
    if replayed != stored {
        found.push(format!("post {id}: the events say {}, the list says {}", describe(&replayed), describe(&stored)));
    }
    if log.len() != post.events as usize {
        found.push(format!("post {id} counts {} events and has {}", post.events, log.len()));
    }
    match posts::version(conn, id, stored.version).await {
        Err(_) => found.push(format!("version {} of post {id} is missing", stored.version)),
        Ok(newest) => {
            let same = newest.title == post.title
                && newest.excerpt == post.excerpt
                && newest.score == post.score
                && newest.grounded == post.grounded;
            if !same {
                found.push(format!(
                    "the list shows another text of post {id} than its newest version {}",
                    newest.version
                ));
            }
        }
    }
    let live = stored.deliveries.values().filter(|delivery| delivery.state == DeliveryState::Live).count();
    if stored.state == State::Published {
        let shown = pages::version_of(conn, id).await?;
        if live == 0 {
            found.push(format!("post {id} is published but no delivery is live"));
        }
        if shown != stored.published {
            found.push(format!(
                "post {id} is published in {}, the site shows {}",
                version(stored.published),
                version(shown)
            ));
        } else if let Some(published) = stored.published {
            let text = posts::version(conn, id, published).await?;
            let wanted = pages::Page::of(&post, &text, post.created_at);
            if !pages::shows(conn, &wanted).await? {
                found.push(format!("the site shows another text of post {id} than its published version {published}"));
            }
        }
    }
    Ok(())
}

fn version(number: Option<crate::Version>) -> String {
    number.map_or_else(|| "no version".to_owned(), |number| format!("version {number}"))
}

fn describe(life: &Life) -> String {
    let deliveries: Vec<String> =
        life.deliveries.values().map(|d| format!("{} in version {}", d.state.name(), d.version)).collect();
    let time = |at: Option<stdx::Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    format!(
        "{} at version {}, approved in {}, published in {}, due {}, first published {}, deliveries: {}",
        life.state,
        life.version,
        version(life.approved),
        version(life.published),
        time(life.due_at),
        time(life.published_at),
        deliveries.join(", ")
    )
}
