//! Publishing at once, and taking what is published off its channels.

use std::time::Duration;

use queue::Enqueue;
use stdx::Timestamp;
use store::Tx;

use crate::calendar;
use crate::jobs::PublishPost;
use crate::people::{Action, Actor, recall, remember};
use crate::posts::{self, Command, Life, Post, State};
use crate::{ChannelId, Desk, Error, PostId, pages};

/// Publishes what is approved once the undo window has passed, or tries at once what has failed.
pub async fn publish_now(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Publish)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_none() {
                    publish_in(&d, tx, &actor, id).await?;
                    remember(tx, &actor, &id.to_string(), d.now()).await?;
                }
                posts::get(tx, id).await
            })
        })
        .await
}

pub(super) async fn publish_in(desk: &Desk, tx: &mut Tx, actor: &Actor, id: PostId) -> Result<(), Error> {
    let (post, life) = posts::load(tx, id).await?;
    let soon = desk.now() + Duration::from_millis(desk.settings.undo_ms);
    let version = match (post.state, post.approved_version) {
        // The former time is the way back; what is due before the window ends stays due then.
        (State::Scheduled, Some(_)) if post.due_at.is_some_and(|due| due <= soon) => return Ok(()),
        // Also an update of what is published, until its delivery starts.
        (State::Scheduled | State::Published, Some(_)) if is_movable(&life, id, soon) => {
            return calendar::reschedule(desk, tx, actor, id, soon).await;
        }
        (State::Failed | State::Publishing, Some(version)) => version,
        (State::Published, Some(version)) if post.published_version != Some(version) => version,
        _ => {
            let wanted = "only an approved post can be published";
            return Err(Error::IllegalMove { post: id, state: post.state, wanted });
        }
    };
    let job = PublishPost { post: id, version, due_at: None };
    desk.queue.enqueue(tx, &job, Enqueue::at(desk.now())).await?;
    Ok(())
}

fn is_movable(life: &Life, id: PostId, due_at: Timestamp) -> bool {
    life.decide(id, "", &Command::Reschedule { due_at }).is_ok()
}

/// Takes a published post off its channels.
pub async fn retract(desk: &Desk, actor: &Actor, id: PostId) -> Result<Post, Error> {
    actor.may(Action::Publish)?;
    let (d, actor) = (desk.clone(), actor.clone());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                retract_in(&d, tx, &actor, id).await?;
                posts::get(tx, id).await
            })
        })
        .await
}

pub(super) async fn retract_in(desk: &Desk, tx: &mut Tx, actor: &Actor, id: PostId) -> Result<(), Error> {
    let (_, life) = posts::load(tx, id).await?;
    posts::execute(desk, tx, actor, id, Command::Retract).await?;
    for channel in life.deliveries.keys().copied().collect::<Vec<ChannelId>>() {
        posts::execute(desk, tx, actor, id, Command::WithdrawDelivery { channel }).await?;
    }
    pages::remove(desk, tx, id).await
}
