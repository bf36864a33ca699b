//! Sending versions back, and taking that back.

use std::time::Duration;

use store::Tx;

use super::{Decision, claim, last_review, record};
use crate::feedback::{self, Kind, Word};
use crate::people::{Action, Actor, recall, remember};
use crate::posts::{self, Command, Post, State};
use crate::{Desk, Error, PostId, Version};

/// The way of an undo that was asked for in the window's last moment; never more than the window itself.
const GRACE: Duration = Duration::from_secs(2);

/// Characters of a reason at most.
pub(super) const REASON_MAX: usize = 2_000;

/// Sends a version back, with the reason.
pub async fn reject(desk: &Desk, actor: &Actor, id: PostId, version: Version, reason: &str) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    check_reason(reason)?;
    let (d, actor, reason) = (desk.clone(), actor.clone(), reason.trim().to_owned());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    reject_in(&d, tx, &actor, id, version, &reason).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

pub(super) fn check_reason(reason: &str) -> Result<(), Error> {
    if reason.trim().is_empty() || reason.chars().count() > REASON_MAX {
        return Err(Error::invalid("/reason", format!("must have 1 to {REASON_MAX} characters")));
    }
    Ok(())
}

pub(super) async fn reject_in(
    desk: &Desk,
    tx: &mut Tx,
    actor: &Actor,
    id: PostId,
    version: Version,
    reason: &str,
) -> Result<(), Error> {
    posts::execute(desk, tx, actor, id, Command::Reject { version }).await?;
    let post = posts::get(tx, id).await?;
    claim::end(desk, tx, &post).await?;
    feedback::note(desk, tx, actor, id, version, Word::Rejection, reason).await?;
    record(desk, tx, actor, Decision { post: id, version, word: "rejected", reason, reasons: &[] }).await
}

/// Opens a rejected, failed or retracted post again. Within the undo window of a rejection it goes back to review,
/// as if nothing had been said; later it becomes a draft.
pub async fn reopen(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    reopen_in(&d, tx, &actor, id).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

pub(super) async fn reopen_in(desk: &Desk, tx: &mut Tx, actor: &Actor, id: PostId) -> Result<(), Error> {
    let post = posts::get(tx, id).await?;
    let life = posts::execute(desk, tx, actor, id, Command::Reopen).await?;
    let window = Duration::from_millis(desk.settings.undo_ms);
    let window = window + GRACE.min(window);
    let is_undo = post.state == State::Rejected
        && last_review(tx, id).await?.is_some_and(|last| {
            last.decision == "rejected" && last.version == post.version && desk.now() <= last.at + window
        });
    let reason = if is_undo { "the rejection was taken back" } else { "opened again as a draft" };
    if is_undo {
        feedback::undo(tx, id, post.version, Kind::Rejection).await?;
        posts::execute(desk, tx, actor, id, Command::Submit).await?;
    }
    record(desk, tx, actor, Decision { post: id, version: life.version, word: "reopened", reason, reasons: &[] }).await
}
