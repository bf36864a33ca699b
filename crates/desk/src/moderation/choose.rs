//! Choosing among the variants of a draft.

use super::write::replace_in;
use crate::people::{Action, Actor, recall, remember};
use crate::posts::{self, Post};
use crate::{Desk, Error, PostId, Version};

/// Makes a variant the text of the post, as a new version on top of `version`, the newest. The one that is the newest already
/// stays what it is.
///
/// # Errors
/// [`Error::StaleVersion`] when `version` is not the newest, [`Error::Invalid`] for a variant that was dropped.
pub async fn choose(desk: &Desk, actor: &Actor, id: PostId, version: Version, label: &str) -> Result<Post, Error> {
    actor.may(Action::Judge)?;
    let (d, actor, label) = (desk.clone(), actor.clone(), label.to_owned());
    desk.store
        .write(move |tx| {
            Box::pin(async move {
                if recall(tx, &actor).await?.is_some() {
                    return posts::get(tx, id).await;
                }
                let post = posts::get(tx, id).await?;
                let (variant, draft) = posts::variants::find(tx, id, &label).await?;
                if !variant.note.is_empty() {
                    return Err(Error::invalid("/label", format!("variant {label} was dropped: {}", variant.note)));
                }
                if variant.version != Some(version) || post.version != version {
                    let added = replace_in(&d, tx, &actor, id, version, &draft).await?;
                    posts::variants::chosen(tx, id, &variant, added).await?;
                }
                remember(tx, &actor, &id.to_string(), d.now()).await?;
                posts::get(tx, id).await
            })
        })
        .await
}
