//! One target: its budget, its breaker, and the call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connect::cdn::{Budget, Cdn, Fault, Lane, Purge, Purged, Target, What};
use stdx::Timestamp;
use stdx::breaker::{Breaker, State};
use stdx::metric::Gauge;

use super::{REMAINING, REQUESTS};

/// Failures in a row after which a target is left alone.
const FAILURES: u32 = 5;
/// How long it is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// What the targets of one account may spend together.
pub(super) struct Account {
    tags: Budget,
    urls: Budget,
}

impl Account {
    pub fn new(target: &Target, now: Timestamp) -> Account {
        Account { tags: target.tag_budget(now), urls: target.url_budget(now) }
    }

    fn is_told(&self) -> bool {
        self.tags.is_told()
    }

    fn of(&mut self, what: &What) -> &mut Budget {
        match what {
            What::Urls(_) => &mut self.urls,
            What::Tags(_) | What::Everything => &mut self.tags,
        }
    }
}

pub(super) struct Sender {
    pub cdn: Cdn,
    account: Arc<Mutex<Account>>,
    breaker: Breaker,
    remaining: Arc<Gauge>,
}

/// What became of a purge.
#[derive(Debug)]
pub(super) enum Sent {
    Done,
    /// It was not sent, or not taken: to be tried after so long. Nobody is at fault.
    Later(Duration),
    /// It may have been done or not.
    Failed(Fault),
}

impl Sender {
    pub fn new(cdn: Cdn, account: Arc<Mutex<Account>>) -> Sender {
        let remaining = REMAINING.with(&[cdn.name()]);
        Sender { cdn, account, breaker: Breaker::new(FAILURES, PAUSE), remaining }
    }

    /// Sends `purge` if the target's budget and state allow it.
    pub async fn send(&self, purge: &Purge, lane: Lane, clock: &stdx::Clock) -> Sent {
        let now = clock.now();
        // Looked at first, so that a target left alone costs no budget.
        if self.breaker.state(now) == State::Open
            && let Err(until) = self.breaker.permits(now)
        {
            return Sent::Later(until.since(now));
        }
        // Addresses are counted one by one, tags by their requests.
        let units = if matches!(purge.what, What::Urls(_)) { purge.keys() as u32 } else { 1 };
        if let Err(wait) = self.budget().of(&purge.what).take(units, lane, now) {
            return Sent::Later(wait);
        }
        if let Err(until) = self.breaker.permits(now) {
            return Sent::Later(until.since(now));
        }
        let told = self.cdn.purge(purge).await;
        let now = clock.now();
        let outcome = told.as_ref().map_or_else(Fault::kind, |_| "done");
        REQUESTS.with(&[self.cdn.name(), outcome]).inc();
        let sent = match told {
            Ok(Purged { remaining, resets_at }) => {
                if let (Some(remaining), Some(resets_at)) = (remaining, resets_at) {
                    self.budget().of(&purge.what).told(remaining, resets_at);
                    self.remaining.set(i64::try_from(remaining).unwrap_or(i64::MAX));
                }
                self.breaker.succeeded();
                Sent::Done
            }
            Err(Fault::Limited { wait }) => {
                // Alive, and busy.
                self.breaker.succeeded();
                Sent::Later(self.budget().of(&purge.what).refused(wait, now))
            }
            Err(fault) => {
                self.breaker.failed(now);
                Sent::Failed(fault)
            }
        };
        if !matches!(sent, Sent::Done) || !self.budget().is_told() {
            self.remaining.set(self.budget().tags.remaining(now).into());
        }
        sent
    }

    /// Sends `purge` whatever the budget, for an operator.
    pub async fn command(&self, purge: &Purge) -> Result<Purged, Fault> {
        let (max, keys) = match &purge.what {
            What::Tags(tags) => (self.cdn.kind().tags_max(), tags.as_slice()),
            What::Urls(urls) => (self.cdn.kind().urls_max(), urls.as_slice()),
            What::Everything => return self.cdn.purge(purge).await,
        };
        let mut last = Purged::default();
        for keys in keys.chunks(max) {
            let what = match &purge.what {
                What::Tags(_) => What::Tags(keys.to_vec()),
                _ => What::Urls(keys.to_vec()),
            };
            last = self.cdn.purge(&Purge { what, soft: purge.soft }).await?;
        }
        Ok(last)
    }

    fn budget(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
