//! Claims: who looks at a post just now, so that two people do not read the same one. A claim keeps nobody from
//! deciding; it is no fact of the log, and it lapses by itself.

use std::time::Duration;

use store::{Tx, params};

use crate::people::{Action, Actor};
use crate::posts::{self, Claim, Post};
use crate::{Desk, Error, PostId};

/// How long a claim lasts without being renewed.
pub const LASTS: Duration = Duration::from_secs(600);

store::sql! {
    TAKE = "claim.take",
        "INSERT INTO claim (post, by_actor, name, until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (post) DO UPDATE SET by_actor = excluded.by_actor, name = excluded.name, until = excluded.until
         WHERE claim.by_actor = $2 OR claim.until <= $5 OR CAST($6 AS BIGINT) = 1";
    GIVE_UP = "claim.give_up", "DELETE FROM claim WHERE post = $1 AND by_actor = $2";
    END = "claim.end", "DELETE FROM claim WHERE post = $1";
}

/// Takes the post, or renews the claim on it, for ten minutes.
///
/// # Errors
/// [`Error::Claimed`] while another holds it, unless `take_over`.
pub async fn take(desk: &Desk, actor: &Actor, id: PostId, take_over: bool) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let before = posts::get(tx, id).await?.at(d.now());
                let (by, now) = (actor.principal.to_string(), d.now());
                let until = now + LASTS;
                let values = params![id.to_i64(), by, actor.name, until, now, i64::from(take_over)];
                if tx.exec(&TAKE, values).await? == 0 {
                    let held = posts::get(tx, id).await?.claim;
                    let Claim { by, name, until } = held.ok_or(Error::Conflict(id))?;
                    return Err(Error::Claimed { post: id, by, name, until });
                }
                if before.claim.is_none_or(|claim| claim.by != by) {
                    let post = posts::get(tx, id).await?;
                    posts::tell(&d, tx, &post, "claimed").await?;
                } else {
                    posts::forget(&d, tx, id).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

/// Gives one's own claim up; without one nothing happens.
pub async fn release(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                let post = posts::get(tx, id).await?;
                if tx.exec(&GIVE_UP, params![id.to_i64(), actor.principal.to_string()]).await? > 0 {
                    posts::tell(&d, tx, &post, "released").await?;
                }
                Ok(posts::get(tx, id).await?.at(d.now()))
            })
        })
        .await
}

/// What has been decided needs no claim.
pub(super) async fn end(desk: &Desk, tx: &mut Tx, post: &Post) -> Result<(), Error> {
    if post.claim.is_some() {
        tx.exec(&END, params![post.id.to_i64()]).await?;
        posts::tell(desk, tx, post, "released").await?;
    }
    Ok(())
}
