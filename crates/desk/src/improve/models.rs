//! Models asked in their order until one gives a text, every call recorded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use connect::llm::{Completion as Question, Provider, Purpose, Router};
use stdx::{Clock, IdGen, Rng};

use super::question;
use crate::drafts::Completion;
use crate::drafts::ask::{Asking, Unusable, ask};
use crate::drafts::models::PROVIDER_TIME_MAX;
use crate::{CompletionId, StoryId};

pub(super) struct Models {
    /// Whose money the calls cost.
    pub purpose: Purpose,
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
        Models { purpose: Purpose::default(), known, rng, clock, ids, story: None, records: Vec::new() }
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
        read: impl Fn(&str) -> Result<T, Unusable>,
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
            let began = Instant::now();
            let asking = Asking { router, purpose: &self.purpose, time_max: left };
            let said = ask(asking, asked, &mut record, &read).await;
            record.latency_us = began.elapsed().as_micros() as u64;
            record.at = self.clock.now();
            match said {
                Ok((made, model)) => {
                    record.model = model;
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
