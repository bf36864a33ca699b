//! Stories put together and taken apart by people, who have the last word: what they say is kept, and later items are
//! placed accordingly.

use std::time::Duration;

use queue::Enqueue;
use store::{Tx, params};

use super::index::GENERATION;
use super::{ADD, Story, get, recount};
use crate::jobs::DraftStory;
use crate::people::{self, Action, Actor, recall, remember};
use crate::{Desk, Error, Fault, ItemId, StoryId};

/// Items that are taken out of a story at once.
const ITEMS_MAX: usize = 200;

store::sql! {
    FIRST = "stories.hand.first",
        "SELECT id, title, language, published_at FROM item WHERE story = $1 ORDER BY CASE standing WHEN 'news' THEN 0 ELSE 1 END, published_at, id LIMIT 1";
    MOVE_ALL = "stories.hand.move_all", "UPDATE item SET story = $2 WHERE story = $1";
    GONE = "stories.hand.gone", "UPDATE story SET merged_into = $2, items = 0, sources = 0 WHERE id = $1";
    TITLE = "stories.hand.title", "UPDATE story SET title = $2 WHERE id = $1";
    MOVE = "stories.hand.move", "UPDATE item SET story = $2, because = NULL WHERE story = $1 AND (id {in:$3} OR copy_of {in:$3})";
    /// What has left its original tells by itself.
    TELL = "stories.hand.tell",
        "UPDATE item SET standing = 'news', copy_of = NULL
         WHERE story = $1 AND standing = 'copy' AND copy_of NOT IN (SELECT o.id FROM item o WHERE o.story = $1)";
    BIND = "stories.hand.bind",
        "INSERT INTO story_bond (a, b, together, by_actor, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (a, b) DO UPDATE SET together = excluded.together, by_actor = excluded.by_actor, at = excluded.at";
    /// What was said before about items that are in one story now.
    AGREE = "stories.hand.agree",
        "DELETE FROM story_bond WHERE together = 0 AND a IN (SELECT id FROM item WHERE story = $1) AND b IN (SELECT id FROM item WHERE story = $1)";
    /// And about items that are in two.
    DIFFER = "stories.hand.differ",
        "DELETE FROM story_bond WHERE together = 1
         AND ((a IN (SELECT id FROM item WHERE story = $1) AND b IN (SELECT id FROM item WHERE story = $2))
           OR (a IN (SELECT id FROM item WHERE story = $2) AND b IN (SELECT id FROM item WHERE story = $1)))";
}

/// Makes two stories one and gives it. It is `id`, or the `other` when only that has a post; the one that is left
/// without items says where they are. A draft that nobody has decided about or touched gets a new version.
///
/// # Errors
/// [`Error::Invalid`] when the two are one or of different pipelines, or when one has been merged before.
pub async fn merge(desk: &Desk, actor: &Actor, id: StoryId, other: StoryId) -> Result<Story, Error> {
    actor.may(Action::Write)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(kept) = recall(tx, &actor).await? {
                    return get(tx, kept.parse().map_err(|_| Error::IdempotencyMismatch)?).await;
                }
                let kept = merge_in(&d, tx, &actor, id, other).await?;
                remember(tx, &actor, &kept.to_string(), d.now()).await?;
                get(tx, kept).await
            })
        })
        .await
}

async fn merge_in(desk: &Desk, tx: &mut Tx, actor: &Actor, id: StoryId, other: StoryId) -> Result<StoryId, Error> {
    turn(desk, tx).await?;
    let (one, two) = (get(tx, id).await?, get(tx, other).await?);
    if id == other {
        return Err(Error::invalid("/story", "is the story itself"));
    }
    for (pointer, story) in [("", &one), ("/story", &two)] {
        if let Some(into) = story.merged_into {
            return Err(Error::invalid(pointer, format!("has been merged into the story {into}")));
        }
    }
    if one.pipeline != two.pipeline {
        return Err(Error::invalid("/story", "is of another pipeline"));
    }
    let (kept, gone) = if one.post.is_none() && two.post.is_some() { (other, id) } else { (id, other) };
    let (a, b) = (first(tx, kept).await?, first(tx, gone).await?);
    tx.exec(&MOVE_ALL, params![gone.to_i64(), kept.to_i64()]).await?;
    tx.exec(&GONE, params![gone.to_i64(), kept.to_i64()]).await?;
    tx.exec(&AGREE, params![kept.to_i64()]).await?;
    if let (Some(a), Some(b)) = (a, b) {
        bind(desk, tx, actor, a, &[b], true).await?;
    }
    settle(desk, tx, &[kept]).await?;
    Ok(kept)
}

/// Takes items out of a story into a new one, their copies with them, and gives that. The post stays with the others.
///
/// # Errors
/// [`Error::Invalid`] when an item is not in the story or none would be left in it.
pub async fn split(desk: &Desk, actor: &Actor, id: StoryId, items: &[ItemId]) -> Result<Story, Error> {
    actor.may(Action::Write)?;
    if items.is_empty() || items.len() > ITEMS_MAX {
        return Err(Error::invalid("/items", format!("must name 1 to {ITEMS_MAX} items")));
    }
    let (d, actor, items) = (desk.clone(), actor.clone(), items.to_vec());
    desk.store
        .write(move |tx| {
            let (d, actor, items) = (d.clone(), actor.clone(), items.clone());
            Box::pin(async move {
                if let Some(new) = recall(tx, &actor).await? {
                    return get(tx, new.parse().map_err(|_| Error::IdempotencyMismatch)?).await;
                }
                let new = split_in(&d, tx, &actor, id, &items).await?;
                remember(tx, &actor, &new.to_string(), d.now()).await?;
                get(tx, new).await
            })
        })
        .await
}

async fn split_in(desk: &Desk, tx: &mut Tx, actor: &Actor, id: StoryId, items: &[ItemId]) -> Result<StoryId, Error> {
    turn(desk, tx).await?;
    let story = get(tx, id).await?;
    let mut faults = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let found = crate::items::get(tx, *item).await;
        if !found.is_ok_and(|item| item.story == Some(id)) {
            faults.push(Fault::new(format!("/items/{i}"), "is not in the story"));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let new = StoryId(desk.next_id());
    let ids: Vec<i64> = items.iter().map(|item| item.to_i64()).collect();
    tx.exec(&MOVE, params![id.to_i64(), new.to_i64(), store::list(&ids)]).await?;
    let Some(staying) = first(tx, id).await? else {
        return Err(Error::invalid("/items", "would leave nothing in the story"));
    };
    for story in [id, new] {
        tx.exec(&TELL, params![story.to_i64()]).await?;
    }
    let row = tx.opt(&FIRST, params![new.to_i64()]).await?.ok_or_else(|| Error::not_found("story", new))?;
    let (title, language): (String, String) = (row.get(1)?, row.get(2)?);
    let at: stdx::Timestamp = row.get(3)?;
    tx.batch(&ADD, vec![params![new.to_i64(), title, story.pipeline.to_i64(), language, at]]).await?;
    tx.exec(&DIFFER, params![id.to_i64(), new.to_i64()]).await?;
    bind(desk, tx, actor, staying, items, false).await?;
    bind(desk, tx, actor, items[0], &items[1..], true).await?;
    settle(desk, tx, &[id, new]).await?;
    Ok(new)
}

/// Ends the turn of whoever assigns items at the moment, and keeps the next one waiting until this is written.
async fn turn(desk: &Desk, tx: &mut Tx) -> Result<(), Error> {
    tx.exec(&people::SETTING_PUT, params![GENERATION, desk.next_id().to_string()]).await?;
    Ok(())
}

/// The item that names a story.
async fn first(tx: &mut Tx, story: StoryId) -> Result<Option<ItemId>, Error> {
    let row = tx.opt(&FIRST, params![story.to_i64()]).await?;
    Ok(row.map(|row| row.get::<stdx::Id>(0)).transpose()?.map(ItemId))
}

async fn bind(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    one: ItemId,
    others: &[ItemId],
    together: bool,
) -> Result<(), Error> {
    let by = actor.principal.to_string();
    let pairs = others.iter().filter(|other| **other != one).map(|other| {
        let (a, b) = (one.min(*other), one.max(*other));
        params![a.to_i64(), b.to_i64(), i64::from(together), by, desk.now()]
    });
    tx.batch(&BIND, pairs.collect()).await?;
    Ok(())
}

/// Counts the stories, names each by its first item and asks for drafts that fit what they hold now.
async fn settle(desk: &Desk, tx: &mut Tx, stories: &[StoryId]) -> Result<(), Error> {
    recount(tx, stories).await?;
    let due = Enqueue::at(desk.now() + Duration::from_millis(desk.settings.draft_delay_ms));
    for story in stories {
        if let Some(row) = tx.opt(&FIRST, params![story.to_i64()]).await? {
            tx.exec(&TITLE, params![story.to_i64(), row.get::<String>(1)?]).await?;
        }
        desk.queue.enqueue(tx, &DraftStory { story: *story }, due).await?;
    }
    Ok(())
}
