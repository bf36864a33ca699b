//! What an item said before its source changed it.

use serde::Serialize;
use stdx::Timestamp;
use store::{Tx, params};

use super::fill::Entry;
use crate::people::{Action, Actor};
use crate::{Desk, Error, ItemId};

/// A former text of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Former {
    pub version: u32,
    pub title: String,
    /// Sanitised.
    pub content_html: String,
    pub text: String,
    /// When we found another one in its place.
    pub replaced_at: Timestamp,
}

store::sql! {
    KEEP = "items.keep_version",
        "INSERT INTO item_version (item, version, title, content_html, text, replaced_at)
         SELECT id, version, title, content_html, text, $3 FROM item WHERE id = $1 AND content_hash <> $2
         ON CONFLICT (item, version) DO NOTHING";
    PRUNE = "items.prune_versions",
        "DELETE FROM item_version WHERE item = $1 AND version < (SELECT version FROM item WHERE id = $1) - $2";
    WAS = "items.was_version", "SELECT 1 FROM item_version WHERE item = $1 AND title = $2 AND content_html = $3 LIMIT 1";
    OF_ITEM = "items.versions",
        "SELECT version, title, content_html, text, replaced_at FROM item_version WHERE item = $1 ORDER BY version DESC LIMIT $2";
}

/// So many former texts of an item are kept.
const KEPT: i64 = 20;

/// Puts the texts aside that are about to be replaced by those of the given hashes.
pub(super) async fn keep(tx: &mut Tx, changes: &[(ItemId, &str)], now: Timestamp) -> Result<(), store::Error> {
    tx.batch(&KEEP, changes.iter().map(|(id, hash)| params![id.to_i64(), *hash, now]).collect()).await?;
    tx.batch(&PRUNE, changes.iter().map(|(id, _)| params![id.to_i64(), KEPT - 1]).collect()).await?;
    Ok(())
}

/// Those of the changes that are new: a text that was there before has come late.
pub(super) async fn unknown<'a>(
    tx: &mut Tx,
    changes: Vec<(ItemId, &'a Entry)>,
) -> Result<Vec<(ItemId, &'a Entry)>, store::Error> {
    let mut new = Vec::with_capacity(changes.len());
    for (id, entry) in changes {
        if tx.opt(&WAS, params![id.to_i64(), entry.title, entry.content_html]).await?.is_none() {
            new.push((id, entry));
        }
    }
    Ok(new)
}

/// The former texts of an item, latest first; at most 20.
///
/// # Errors
/// [`Error::NotFound`]
pub async fn versions(desk: &Desk, actor: &Actor, id: ItemId) -> Result<Vec<Former>, Error> {
    actor.may(Action::Read)?;
    let mut conn = desk.store.read();
    super::get(&mut conn, id).await?;
    let rows = conn.all(&OF_ITEM, params![id.to_i64(), KEPT]).await?;
    let read = rows.iter().map(|row| {
        Ok(Former {
            version: row.get(0)?,
            title: row.get(1)?,
            content_html: row.get(2)?,
            text: row.get(3)?,
            replaced_at: row.get(4)?,
        })
    });
    Ok(read.collect::<Result<_, store::Error>>()?)
}
