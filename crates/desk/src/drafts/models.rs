//! Which models are asked, how each did lately, and the record of a call.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use connect::llm::{Call, Failure, Provider, Router};
use stdx::Timestamp;

use super::Completion;
use crate::pipelines::Pipeline;
use crate::providers::{self, EMBEDDED};
use crate::{CompletionId, Desk, Error, StoryId};

/// How long one provider is waited for, all attempts included.
pub(crate) const PROVIDER_TIME_MAX: Duration = Duration::from_secs(120);

/// Idle connections that are kept for one provider.
const CONNECTIONS_KEPT: usize = 64;

/// The pipeline's providers, those of the configuration when it names none, in the order of the route: by rank and place, or
/// by what each has to do.
pub(crate) async fn of(desk: &Desk, pipeline: &Pipeline) -> Result<Vec<Provider>, Error> {
    let mut names: Vec<&String> = pipeline.spec.providers.iter().collect();
    if names.is_empty() {
        names.extend(desk.llm.providers.iter().map(|provider| &provider.name));
    }
    let mut known = Vec::with_capacity(names.len());
    for name in names.into_iter().filter(|name| *name != EMBEDDED) {
        match providers::target(desk, name).await {
            Ok(Some(target)) => known.push(target),
            Ok(None) => tracing::warn!(
                provider = name,
                pipeline = pipeline.name,
                "the pipeline names a provider that does not exist"
            ),
            // Something else can be done without it; a desk must not stop for a key that was lost.
            Err(error @ Error::Sealed(_)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a provider's key cannot be opened");
            }
            Err(error) => return Err(error),
        }
    }
    if known.len() < 2 {
        return Ok(known);
    }
    let routers: Vec<Arc<Router>> = known.iter().map(|provider| router(desk, provider)).collect();
    let order = Router::joined(&routers, desk.llm.route).order();
    Ok(order.into_iter().map(|place| known[place].clone()).collect())
}

/// The router that remembers how the provider did, as long as its settings stay the same.
pub(crate) fn router(desk: &Desk, provider: &Provider) -> Arc<Router> {
    let mut routers = desk.routers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, router)) = routers.get(&provider.name)
        && known == provider
    {
        return Arc::clone(router);
    }
    let settings = connect::llm::Settings { providers: vec![provider.clone()], ..desk.llm.clone() };
    let client = desk.client.keeping(CONNECTIONS_KEPT, 1);
    let router = Arc::new(Router::with_meter(client, settings, Arc::clone(&desk.till) as _));
    routers.insert(provider.name.clone(), (provider.clone(), Arc::clone(&router)));
    router
}

impl Completion {
    /// A call that is about to be made.
    pub(crate) fn begun(
        id: CompletionId,
        provider: &Provider,
        prompt_version: String,
        story: Option<StoryId>,
        at: Timestamp,
    ) -> Completion {
        Completion {
            id,
            provider: provider.name.clone(),
            model: provider.model.clone(),
            prompt_version,
            story,
            outcome: "ok".to_owned(),
            error: None,
            attempts: 0,
            prompt_tokens: 0,
            completion_tokens: 0,
            cost_micros: 0,
            latency_us: 0,
            at,
        }
    }

    /// Adds what the call took, whatever came of it.
    pub(crate) fn took(&mut self, call: &Call) {
        self.attempts += call.attempts.len() as u32;
        self.prompt_tokens += call.attempts.iter().map(|a| a.usage.prompt_tokens).sum::<u64>();
        self.completion_tokens += call.attempts.iter().map(|a| a.usage.completion_tokens).sum::<u64>();
        self.cost_micros += call.cost_microdollars();
    }

    pub(crate) fn failed(&mut self, outcome: &str, error: String) {
        self.outcome = outcome.to_owned();
        self.error = Some(error);
    }
}

/// `ok`, or the kind of the failure that ended a call.
pub(crate) fn outcome(call: &Call) -> &'static str {
    call.result.as_ref().map_or_else(Failure::kind, |_| "ok")
}

/// An error with its causes in one line, as a record holds it.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    // A provider may say anything, also what PostgreSQL cannot store.
    let said = error.to_string().replace('\0', "");
    match error.source() {
        Some(cause) => format!("{said}: {}", describe(cause)),
        None => said,
    }
}
