//! Stories: items that tell the same news. New items are compared with the stories of the last days,
//! copies are recognised, and every story that gains something is drafted a little later.

mod assign;
mod because;
pub(crate) mod hand;
mod index;

use std::collections::HashMap;

use serde::Serialize;
use stdx::Timestamp;
use store::{Conn, Row, Tx, params};

use crate::people::{Action, Actor};
use crate::{Desk, Error, PipelineId, PostId, StoryId};

pub use crate::items::Member;
pub use assign::assign;
pub use hand::{merge, split};
pub use index::Index;

/// A group of items about one event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    pub id: StoryId,
    /// That of its earliest item.
    pub title: String,
    pub pipeline: PipelineId,
    /// ISO 639-1, or `und`.
    pub language: String,
    pub items: u32,
    /// How many sources they come from.
    pub sources: u32,
    /// Why the items are one story, for people.
    pub because: String,
    /// When its earliest item was published.
    pub first_at: Timestamp,
    /// When its latest item was published.
    pub last_at: Timestamp,
    /// The post that was drafted from it.
    pub post: Option<PostId>,
    /// The story that its items went to when people found that both are one.
    pub merged_into: Option<StoryId>,
}

store::sql! {
    GET = "stories.get", "SELECT id, title, pipeline, language, items, sources, because, first_at, last_at, post, merged_into FROM story WHERE id = $1";
    LIST = "stories.list",
        "SELECT id, title, pipeline, language, items, sources, because, first_at, last_at, post, merged_into FROM story
         WHERE id < $1 AND merged_into IS NULL ORDER BY id DESC LIMIT $2";
    MEMBERS = "stories.members",
        "SELECT i.id, i.title, i.text, i.url, s.name, i.categories, i.language, i.published_at, i.standing, i.suspicious
         FROM item i JOIN source s ON s.id = i.source
         WHERE i.story = $1 AND i.standing <> 'seen' ORDER BY i.published_at, i.id LIMIT $2";
    SET_POST = "stories.set_post", "UPDATE story SET post = $2 WHERE id = $1 AND post IS NULL";
    ADD = "stories.add",
        "INSERT INTO story (id, title, pipeline, language, items, sources, because, first_at, last_at) VALUES ($1, $2, $3, $4, 0, 0, '', $5, $5)";
    /// Counted from the items, so that writing it twice changes nothing.
    RECOUNT = "stories.recount",
        "UPDATE story SET items = (SELECT count(*) FROM item WHERE story = $1),
                sources = (SELECT count(DISTINCT source) FROM item WHERE story = $1),
                first_at = (SELECT min(published_at) FROM item WHERE story = $1),
                last_at = (SELECT max(published_at) FROM item WHERE story = $1), because = $2
         WHERE id = $1";
    /// What each news of the stories shared with those before it.
    SHARED = "stories.shared", "SELECT story, because FROM item WHERE story {in:$1} AND standing = 'news' LIMIT $2";
    WAITING = "stories.waiting",
        "SELECT i.id, s.pipeline, i.language, i.title, substr(i.text, 1, 4000), i.published_at, i.standing, i.copy_of
         FROM item i JOIN source s ON s.id = i.source WHERE i.story IS NULL AND i.standing <> 'seen' ORDER BY i.id LIMIT $1";
    ASSIGN = "stories.assign", "UPDATE item SET story = $2, standing = $3, copy_of = $4, because = $5 WHERE id = $1 AND story IS NULL";
    REPEATS = "stories.repeats", "UPDATE item SET standing = 'copy', copy_of = $2 WHERE id = $1 AND standing <> 'seen'";
    HOME = "stories.home", "SELECT story FROM item WHERE id = $1 AND story IS NOT NULL";
    TURN = "stories.turn", "UPDATE setting SET value = $2 WHERE name = $1 AND value = $3";
    /// The stories that new items may belong to.
    RECENT = "stories.recent",
        "SELECT id, pipeline, language, items FROM story WHERE last_at >= $1 AND merged_into IS NULL ORDER BY last_at DESC, id DESC LIMIT $2";
    THEIR_ITEMS = "stories.their_items",
        "SELECT id, story, title, substr(text, 1, 4000), published_at, copy_of FROM item WHERE story {in:$1} ORDER BY published_at, id LIMIT $2";
    BONDS = "stories.bonds", "SELECT a, b, together FROM story_bond WHERE at >= $1 ORDER BY at, a, b LIMIT $2";
}

const LIMIT_MAX: u32 = 200;
/// Items of one story that a draft is given.
const MEMBERS_MAX: u32 = 50;
const SHARED_MAX: i64 = 10_000;

fn read(row: &Row) -> Result<Story, store::Error> {
    Ok(Story {
        id: StoryId(row.get(0)?),
        title: row.get(1)?,
        pipeline: PipelineId(row.get(2)?),
        language: row.get(3)?,
        items: row.get(4)?,
        sources: row.get(5)?,
        because: row.get(6)?,
        first_at: row.get(7)?,
        last_at: row.get(8)?,
        post: row.get::<Option<stdx::Id>>(9)?.map(PostId),
        merged_into: row.get::<Option<stdx::Id>>(10)?.map(StoryId),
    })
}

pub async fn get(conn: &mut Conn, id: StoryId) -> Result<Story, Error> {
    let row = conn.opt(&GET, params![id.to_i64()]).await?.ok_or_else(|| Error::not_found("story", id))?;
    Ok(read(&row)?)
}

/// Newest first, from behind `after`; at most 200.
pub async fn list(desk: &Desk, actor: &Actor, after: Option<StoryId>, limit: u32) -> Result<Vec<Story>, Error> {
    actor.may(Action::Read)?;
    let before = after.map_or(i64::MAX, StoryId::to_i64);
    let rows = desk.store.read().all(&LIST, params![before, limit.clamp(1, LIMIT_MAX)]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// What a draft is made from: the story's items with the names of their sources, earliest first, at most 50.
pub async fn members(conn: &mut Conn, id: StoryId) -> Result<Vec<Member>, Error> {
    let rows = conn.all(&MEMBERS, params![id.to_i64(), MEMBERS_MAX]).await?;
    Ok(rows.iter().map(crate::items::read_member).collect::<Result<_, _>>()?)
}

/// Remembers which post tells the story. `false`: another one does already.
pub async fn set_post(tx: &mut Tx, id: StoryId, post: PostId) -> Result<bool, Error> {
    Ok(tx.exec(&SET_POST, params![id.to_i64(), post.to_i64()]).await? == 1)
}

/// Writes down anew what the stories hold and why.
async fn recount(tx: &mut Tx, stories: &[StoryId]) -> Result<(), Error> {
    let ids: Vec<i64> = stories.iter().map(|id| id.to_i64()).collect();
    let mut shared: HashMap<StoryId, (u32, Vec<Vec<String>>)> = HashMap::new();
    for row in tx.all(&SHARED, params![store::list(&ids), SHARED_MAX]).await? {
        let (reports, lists) = shared.entry(StoryId(row.get(0)?)).or_default();
        *reports += 1;
        if row.get::<Option<String>>(1)?.is_some() {
            lists.push(crate::items::read_list(&row, 1)?);
        }
    }
    let rows = stories.iter().map(|id| {
        let (reports, lists) = shared.remove(id).unwrap_or_default();
        params![id.to_i64(), because::because(reports, &lists)]
    });
    tx.batch(&RECOUNT, rows.collect()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
