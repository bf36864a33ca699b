//! Models for a team's other tools: by the name of a provider, of its model, or `auto` for whichever comes first.

use std::sync::Arc;

use connect::llm::{Purpose, Router};

use crate::drafts::models;
use crate::people::{Action, Actor};
use crate::{Desk, Error, money, providers};

/// The name that means any provider.
pub const AUTO: &str = "auto";

/// Who is asked for `model`, and on whose account: the provider of that name, else all that have a model of that name; for
/// [`AUTO`] all there are, in their order. `None` when there is none.
///
/// # Errors
/// [`Error::Forbidden`] for who may not write.
pub async fn route(desk: &Desk, actor: &Actor, model: &str) -> Result<Option<(Router, Purpose)>, Error> {
    actor.may(Action::Write)?;
    let known = providers::all(desk).await?;
    let by_name = known.iter().any(|provider| provider.name == model);
    let is_meant = |provider: &connect::llm::Provider| match by_name {
        true => provider.name == model,
        false => model == AUTO || provider.model == model,
    };
    let routers: Vec<Arc<Router>> =
        known.iter().filter(|provider| is_meant(provider)).map(|provider| models::router(desk, provider)).collect();
    if routers.is_empty() {
        return Ok(None);
    }
    Ok(Some((Router::joined(&routers, desk.llm.route), money::purpose(actor, None))))
}

/// What can be named: each provider, each of their models, and [`AUTO`], with whose it is.
pub async fn models(desk: &Desk, actor: &Actor) -> Result<Vec<(String, String)>, Error> {
    actor.may(Action::Write)?;
    let known = providers::all(desk).await?;
    let mut names: Vec<(String, String)> = Vec::with_capacity(known.len() * 2 + 1);
    if !known.is_empty() {
        names.push((AUTO.to_owned(), "copydesk".to_owned()));
    }
    for provider in &known {
        names.push((provider.name.clone(), provider.name.clone()));
    }
    for provider in known {
        if !names.iter().any(|(name, _)| *name == provider.model) {
            names.push((provider.model, provider.name));
        }
    }
    Ok(names)
}
