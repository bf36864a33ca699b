//! What a model was asked with when a draft was made, as far as it can be known.

use crate::drafts::{prompt, used, variants};
use crate::pipelines::Pipeline;
use crate::prompts::{self, Ready, Told};
use crate::stories::Member;
use crate::{Desk, Error};

pub(super) struct Found {
    pub told: Told,
    /// Voice or rules are not what they were.
    pub is_changed: bool,
}

/// The prompt of `version`, as completions name it; of a draft without a model, what the pipeline would ask one with today.
/// `None` when it cannot be used any more.
pub(super) async fn of(
    desk: &Desk,
    pipeline: &Pipeline,
    version: &str,
    members: &[Member],
) -> Result<Option<Found>, Error> {
    let today = match used::of(desk, pipeline, members).await {
        Ok(today) => Some(today),
        Err(Error::Invalid(_) | Error::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    if version.is_empty() {
        return Ok(today.map(|(_, told)| Found { told, is_changed: false }));
    }
    let (version, variant) = variants::parted(version);
    if let Some((ready, told)) = &today
        && ready.version() == version
    {
        return Ok(Some(Found { told: variants::turned(told.clone(), variant), is_changed: false }));
    }
    // A version never changes; what else was told is known by its hash only, so the ways it can have been are tried.
    let of_template = version.split('-').next().unwrap_or_default();
    let mut conn = desk.store.read();
    let Some(template) = prompts::by_version(&mut conn, of_template).await? else { return Ok(None) };
    let channel = used::channel_kind(&mut conn).await?;
    let voice = today.and_then(|(ready, _)| ready.voice);
    drop(conn);
    let (words_max, sentences_max) = (pipeline.spec.words_max, pipeline.spec.sentences_max);
    let mut ways = Vec::new();
    for template in [template.clone(), template.in_any_language()] {
        for voice in [voice.clone(), None] {
            let (template, channel) = (template.clone(), channel.clone());
            ways.push(Ready { template, voice, channel, words_max, sentences_max });
        }
    }
    let same = ways.iter().position(|ready| ready.version() == version);
    let told = ways[same.unwrap_or_default()].tell(prompt::shown(members.len()));
    Ok(told.ok().map(|told| Found { told: variants::turned(told, variant), is_changed: same.is_none() }))
}
