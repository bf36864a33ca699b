//! Models asked in their order until one gives a text, every call recorded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use connect::llm::{Completion as Question, Provider, Router};
use stdx::{Clock, IdGen, Rng};

use super::question;
use crate::drafts::Completion;
use crate::drafts::models::{PROVIDER_TIME_MAX, describe, outcome};
use crate::{CompletionId, StoryId};

pub(super) struct Models {
    known: Vec<(Provider, Arc<Router>)>,
    pub rng: Rng,
    clock: Clock,
    ids: Arc<IdGen>,
    /// What the calls are about.
    pub story: Option<StoryId>,
    /// Of every call so far.
    pub records: Vec<Completion>,
}

impl Models {
    pub fn new(known: Vec<(Provider, Arc<Router>)>, rng: Rng, clock: Clock, ids: Arc<IdGen>) -> Models {
        Models { known, rng, clock, ids, story: None, records: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The first answer that `read` takes; its record is the last one.
    ///
    /// # Errors
    /// Says why each of them gave none.
    pub async fn ask<T>(
        &mut self,
        asked: &Question,
        time_max: Duration,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let (started, mut reasons) = (Instant::now(), Vec::new());
        for (provider, router) in &self.known {
            let left = time_max.saturating_sub(started.elapsed()).min(PROVIDER_TIME_MAX);
            if left.is_zero() {
                reasons.push(format!("{}: the time was up", provider.name));
                break;
            }
            let id = CompletionId(self.ids.next(self.clock.now()));
            let mut record = Completion::begun(id, provider, question::version(), self.story, self.clock.now());
            let call = router.complete_within(asked, left).await;
            record.took(&call);
            record.latency_us = call.latency.as_micros() as u64;
            record.at = self.clock.now();
            let kind = outcome(&call);
            let said = match call.result {
                Ok(answer) => {
                    record.model = answer.model;
                    read(&answer.text).map_err(|error| ("unusable", error))
                }
                Err(failure) => Err((kind, describe(&failure))),
            };
            match said {
                Ok(made) => {
                    self.records.push(record);
                    return Ok(made);
                }
                Err((kind, error)) => {
                    tracing::warn!(provider = provider.name, outcome = kind, error, "a provider gave no usable text");
                    reasons.push(format!("{}: {error}", provider.name));
                    record.failed(kind, error);
                    self.records.push(record);
                }
            }
        }
        Err(reasons.join("; "))
    }
}
