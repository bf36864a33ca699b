//! Lists of sources as feed readers give and take them (OPML).

use serde::Serialize;
use text::word::fold;

use super::{Kind, NewSource, create, list};
use crate::people::{Action, Actor};
use crate::{Desk, Error, PipelineId, SourceId, pipelines};

/// Feeds of one list; longer ones are to be cut.
pub const FEEDS_MAX: usize = 5_000;
/// Sources that are read at a time for a list.
const PAGE: u32 = 200;

/// What became of a list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Import {
    pub added: usize,
    /// Sources that were there before.
    pub known: usize,
    pub refused: usize,
    /// One for each feed of the list, in its order.
    pub lines: Vec<Line>,
    /// What of the list could not be read.
    pub warnings: Vec<feed::Warning>,
}

/// One feed of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub url: String,
    pub title: Option<String>,
    /// The source that it is now.
    pub source: Option<SourceId>,
    pub is_new: bool,
    /// Why it was refused.
    pub problem: Option<String>,
}

/// Adds the feeds of a list, each by itself: what is wrong with one does not keep the others out, and a list may be given
/// again. A feed in a folder that is called like a pipeline goes there, every other one to `pipeline` or the default.
///
/// # Errors
/// [`Error::Invalid`] when it is no list, or one of more than [`FEEDS_MAX`] feeds.
pub async fn import(desk: &Desk, actor: &Actor, opml: &[u8], pipeline: Option<PipelineId>) -> Result<Import, Error> {
    actor.may(Action::Configure)?;
    let read = feed::opml::parse(opml).map_err(|error| Error::invalid("/opml", error.to_string()))?;
    if read.outlines.len() > FEEDS_MAX {
        let detail = format!("has {} feeds; at most {FEEDS_MAX} are taken at once", read.outlines.len());
        return Err(Error::invalid("/opml", detail));
    }
    pipelines::ensure_default(desk).await?;
    let pipelines: Vec<(String, PipelineId)> = pipelines::list(desk, &Actor::system())
        .await?
        .into_iter()
        .map(|pipeline| (fold(&pipeline.name), pipeline.id))
        .collect();
    // Each feed is a request of its own.
    let actor = Actor { idempotency: None, ..actor.clone() };
    let mut import = Import { warnings: read.warnings, ..Import::default() };
    for outline in read.outlines {
        let own = outline
            .folders
            .iter()
            .rev()
            .find_map(|folder| pipelines.iter().find(|(name, _)| *name == fold(folder.trim())).map(|(_, id)| *id));
        let title = outline.title.map(|title| title.trim().chars().take(200).collect::<String>());
        let new = NewSource {
            url: outline.xml_url.clone(),
            name: title.clone().filter(|title| !title.is_empty()),
            pipeline: own.or(pipeline),
            ..NewSource::default()
        };
        let mut line = Line { url: outline.xml_url, title, source: None, is_new: false, problem: None };
        match create(desk, &actor, new).await {
            Ok(source) => (line.source, line.is_new) = (Some(source.id), true),
            Err(Error::Exists { id, .. }) => line.source = id.parse().ok(),
            Err(Error::Invalid(faults)) => {
                line.problem = Some(faults.into_iter().map(|fault| fault.detail).collect::<Vec<_>>().join("; "));
            }
            Err(other) => return Err(other),
        }
        import.added += usize::from(line.is_new);
        import.known += usize::from(line.source.is_some() && !line.is_new);
        import.refused += usize::from(line.source.is_none());
        import.lines.push(line);
    }
    Ok(import)
}

/// All feeds as a list, those of a pipeline in a folder of its name.
pub async fn export(desk: &Desk, actor: &Actor) -> Result<String, Error> {
    actor.may(Action::Read)?;
    let pipelines = pipelines::list(desk, actor).await?;
    let mut outlines: Vec<feed::opml::Outline> = Vec::new();
    let mut after = None;
    loop {
        let page = list(desk, actor, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let feeds = page.into_iter().filter(|source| source.kind == Kind::Feed);
        outlines.extend(feeds.map(|source| feed::opml::Outline {
            folders: pipelines.iter().filter(|one| one.id == source.pipeline).map(|one| one.name.clone()).collect(),
            title: Some(source.name),
            xml_url: source.url,
            html_url: source.site_url,
        }));
    }
    outlines.sort_by(|a, b| a.folders.cmp(&b.folders));
    Ok(feed::opml::write("Copydesk sources", &outlines))
}

#[cfg(test)]
mod tests;
