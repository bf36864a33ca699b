//! Items that a person adds: written, or by the address of a page.

use std::sync::Arc;

use super::given::{Given, as_feed};
use super::paste::article_at;
use super::push::{Push, ready, stored, tell, write};
use super::save::Way;
use super::{Item, get};
use crate::people::{Action, Actor, recall, remember};
use crate::{Desk, Error, ItemId, PipelineId, SourceId, sources};

/// An item to add, and where.
#[derive(Clone, Debug, Default)]
pub struct NewItem {
    /// With nothing but an address: what stands there.
    pub item: Given,
    /// A source of kind `hand`.
    pub source: Option<SourceId>,
    /// Without a source: the pipeline whose own hand takes it; the default one when nothing is said.
    pub pipeline: Option<PipelineId>,
}

/// Adds an item, or changes the one of the same id, else of the same address, that this hand has added before. The second
/// value says whether it is new. It counts as news however old it is: somebody wants it.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Forbidden`]; of an address those of fetching it.
pub async fn create(desk: &Desk, actor: &Actor, new: NewItem) -> Result<(Item, bool), Error> {
    actor.may(Action::Write)?;
    let is_paste = matches!(&new.item, Given { id: None, url: Some(_), title: None, text: None, html: None, .. });
    if !is_paste {
        let faults = faults(&new.item);
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
    }
    let known = sources::hand(desk, new.source, new.pipeline).await?;
    let given = if is_paste { pasted(desk, new.item).await? } else { new.item };
    let (now, bytes) = (desk.now(), given.html.as_ref().or(given.text.as_ref()).map_or(0, String::len));
    let document = ready(as_feed(vec![given]), &known, now);
    let push = Arc::new(Push { way: Way::Wished, known, document, at: now, bytes });
    let (d, actor) = (desk.clone(), actor.clone());
    let (item, pushed) = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(id) = recall(tx, &actor).await? {
                    let id: ItemId = id.parse().map_err(|_| Error::IdempotencyMismatch)?;
                    return Ok::<_, Error>((get(tx, id).await?, None));
                }
                let pushed = write(&d, tx, &push).await?;
                let source = push.known.source.id;
                let entry = push.document.entries.first().ok_or_else(|| Error::not_found("item", source))?;
                let id = stored(tx, source, entry).await?.ok_or_else(|| Error::not_found("item", source))?;
                remember(tx, &actor, &id.to_string(), now).await?;
                Ok((get(tx, id).await?, Some(pushed)))
            })
        })
        .await?;
    // A repeated request is answered as it was the first time.
    let is_new = pushed.as_ref().is_none_or(|pushed| pushed.new_items > 0);
    if let Some(pushed) = &pushed {
        tell(desk, pushed).await?;
    }
    Ok((item, is_new))
}

/// What keeps a written item from being one. A person gives it whole, where a machine may send a headline alone.
fn faults(item: &Given) -> Vec<crate::Fault> {
    let mut faults = item.faults("");
    let is_empty = |part: &Option<String>| part.as_ref().is_none_or(|part| part.trim().is_empty());
    if faults.is_empty() && is_empty(&item.title) {
        faults.push(crate::Fault::new("/title", "must have a title; an address alone is read for one"));
    }
    if faults.is_empty() && is_empty(&item.text) && is_empty(&item.html) {
        faults.push(crate::Fault::new("/text", "must have a text or html; an address alone is read for one"));
    }
    faults
}

/// The article at the address, with what was said besides.
async fn pasted(desk: &Desk, said: Given) -> Result<Given, Error> {
    let wrong: Vec<_> = said.faults("").into_iter().filter(|fault| fault.pointer != "/title").collect();
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let url = said.url.as_deref().unwrap_or_default();
    let found = article_at(desk, url).await?;
    let authors = if said.authors.is_empty() { found.authors } else { said.authors };
    Ok(Given {
        authors,
        categories: said.categories,
        published_at: said.published_at.or(found.published_at),
        language: said.language.or(found.language),
        ..found
    })
}

#[cfg(test)]
mod tests;
