//! Ratings: what people think of a version, 1 to 5.

use serde::Serialize;
use stdx::Timestamp;
use store::params;

use crate::feedback::{self, Word};
use crate::people::{Action, Actor};
use crate::posts::{self, Post};
use crate::{Desk, Error, Fault, PostId, Version};

store::sql! {
    PUT = "rating.put",
        "INSERT INTO rating (id, post, version, by_actor, name, rating, comment, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (post, version, by_actor) DO UPDATE SET name = excluded.name, rating = excluded.rating, comment = excluded.comment, at = excluded.at";
    SUM = "rating.sum",
        "UPDATE post SET rating_sum = (SELECT coalesce(sum(r.rating), 0) FROM rating r WHERE r.post = $1),
         rating_count = (SELECT count(*) FROM rating r WHERE r.post = $1) WHERE id = $1";
    LIST = "rating.list", "SELECT version, by_actor, name, rating, comment, at FROM rating WHERE post = $1 ORDER BY version DESC, by_actor LIMIT 500";
}

/// What somebody gave a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rating {
    pub version: Version,
    pub by: String,
    pub name: String,
    /// 1 to 5.
    pub rating: u32,
    pub comment: String,
    pub at: Timestamp,
}

/// Rates a version; a second word of the same person on the same version replaces the first.
pub async fn rate(
    desk: &Desk,
    actor: &Actor,
    id: PostId,
    version: Version,
    rating: u32,
    comment: &str,
) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let mut faults = Vec::new();
    if !(1..=5).contains(&rating) {
        faults.push(Fault::new("/rating", "must be 1 to 5"));
    }
    if comment.chars().count() > 2_000 {
        faults.push(Fault::new("/comment", "must have at most 2000 characters"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (d, actor, comment) = (desk.clone(), actor.clone(), comment.trim().to_owned());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                posts::version(tx, id, version).await?;
                let by = actor.principal.to_string();
                let values = params![d.next_id(), id.to_i64(), version, by, actor.name, rating, comment, d.now()];
                tx.exec(&PUT, values).await?;
                tx.exec(&SUM, params![id.to_i64()]).await?;
                feedback::note(&d, tx, &actor, id, version, Word::Rating(rating), &comment).await?;
                let post = posts::get(tx, id).await?;
                posts::tell(&d, tx, &post, "rated").await?;
                Ok(post.at(d.now()))
            })
        })
        .await
}

/// What people gave the post's versions, the newest version first; at most 500.
pub async fn list(desk: &Desk, actor: &Actor, id: PostId) -> Result<Vec<Rating>, Error> {
    actor.may(Action::Read)?;
    let mut conn = desk.store.read();
    posts::get(&mut conn, id).await?;
    let rows = conn.all(&LIST, params![id.to_i64()]).await?;
    let read = |row: &store::Row| -> Result<Rating, store::Error> {
        Ok(Rating {
            version: row.get(0)?,
            by: row.get(1)?,
            name: row.get(2)?,
            rating: row.get(3)?,
            comment: row.get(4)?,
            at: row.get(5)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
