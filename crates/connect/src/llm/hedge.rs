//! A second attempt for callers who wait: where the first one is later with its first words than its provider almost ever
//! is, another provider is asked too, and whoever speaks first is heard (Dean and Barroso 2013, "The Tail at Scale").
//!
//! It costs money, so that it is bounded: of the attempts at a provider, and of what they cost, only a share may be spent on
//! second ones.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::timeout;

use super::live::Live;
use super::router::{Router, Run, Until};
use super::target::Target;
use super::ticket::Asked;
use super::{Attempt, Dialect, Fault};

/// So many times to the first words are remembered,
const TIMES_MAX: usize = 64;
/// and with fewer nobody can say what is late.
const TIMES_MIN: usize = 20;

/// How quick a provider was, and what its second attempts have cost.
#[derive(Debug, Default)]
pub(super) struct Habit {
    /// To the first words, newest last.
    times: VecDeque<Duration>,
    attempts: u64,
    seconds: u64,
    spent: u64,
    spent_on_seconds: u64,
}

/// Attempts that were given up for another.
pub(super) type Losers = Arc<Mutex<Vec<Attempt>>>;

impl Habit {
    /// An attempt has ended.
    pub fn note(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        self.spent = self.spent.saturating_add(attempt.cost_microdollars);
        if let Some(first) = attempt.first_content {
            if self.times.len() == TIMES_MAX {
                self.times.pop_front();
            }
            self.times.push_back(first);
        }
    }

    /// When an attempt is late: after the time within which 95 of 100 spoke.
    fn late(&self) -> Option<Duration> {
        if self.times.len() < TIMES_MIN {
            return None;
        }
        let mut times: Vec<Duration> = self.times.iter().copied().collect();
        let place = times.len() * 95 / 100;
        let (_, time, _) = times.select_nth_unstable(place.min(self.times.len() - 1));
        Some(*time)
    }

    /// Takes the place of a second attempt that may cost `most`, if it is within the share.
    fn take(&mut self, most: u64, percent: u32) -> bool {
        let share = |of: u64| u128::from(of) * u128::from(percent) / 100;
        let fits = u128::from(self.seconds) < share(self.attempts)
            && u128::from(self.spent_on_seconds.saturating_add(most)) <= share(self.spent);
        if fits {
            self.seconds += 1;
            self.spent_on_seconds = self.spent_on_seconds.saturating_add(most);
        }
        fits
    }

    /// What a second attempt really cost, of what was taken for it.
    pub fn settle(&mut self, most: u64, cost: u64) {
        self.spent_on_seconds = self.spent_on_seconds.saturating_sub(most).saturating_add(cost);
    }
}

/// How an attempt came out, the attempt itself unsettled.
pub(super) struct Outcome {
    pub live: Live,
    pub result: Result<Option<String>, Fault>,
}

impl Router {
    /// Follows `live` to its first content; where that is late, `others` are asked too, the first of them that may be. The
    /// loser is given up and settled; so is one that failed while the other went on.
    pub(super) async fn race(&self, live: Live, others: &[usize], run: &mut Run<'_>, asked: Asked) -> Outcome {
        let (target, late) = (Arc::clone(live.ticket.target()), live.target().habit().late());
        let losers = Losers::default();
        let mut first = Box::pin(self.follow(live.losing_to(&losers), run));
        let Some(late) = late.filter(|_| self.settings.hedge_percent > 0) else { return first.await };
        if let Ok(outcome) = timeout(late, &mut first).await {
            return outcome;
        }
        let Some((second, most)) = self.second(&target, others, run, asked).await else { return first.await };
        let place = Arc::clone(second.ticket.target());
        let second = Box::pin(self.follow(second.losing_to(&losers), run));
        let (outcome, rest) = match select(first, second).await {
            Either::Left((outcome, second)) => (outcome, second),
            Either::Right((outcome, first)) => (outcome, first),
        };
        let (outcome, failed) = match outcome.result {
            Ok(_) => {
                drop(rest);
                (outcome, None)
            }
            Err(fault) => (rest.await, Some((outcome.live, fault))),
        };
        if let Some((mut live, fault)) = failed {
            run.attempts.push(live.fail(&fault, &self.clock));
        }
        let lost = std::mem::take(&mut *losers.lock().unwrap_or_else(PoisonError::into_inner));
        let spent = if Arc::ptr_eq(outcome.live.ticket.target(), &place) {
            most
        } else {
            lost.iter()
                .chain(&run.attempts)
                .filter(|a| a.provider == place.provider.name)
                .map(|a| a.cost_microdollars)
                .sum()
        };
        target.habit().settle(most, spent);
        run.attempts.extend(lost);
        outcome
    }

    async fn follow(&self, mut live: Live, run: &Run<'_>) -> Outcome {
        let result = self.attempt(&mut live, run.completion, Until::FirstContent).await;
        Outcome { live, result }
    }

    /// The first of `others` that may be asked beside `target`, and what it may cost at most.
    async fn second(&self, target: &Arc<Target>, others: &[usize], run: &Run<'_>, asked: Asked) -> Option<(Live, u64)> {
        let only = run.completion.passed.as_ref().and_then(|passed| passed.only_openai());
        for place in others {
            let other = &self.targets[*place];
            if Arc::ptr_eq(other, target) || (only.is_some() && other.provider.dialect != Dialect::OpenAi) {
                continue;
            }
            let most = asked.cost_most(other);
            if !target.habit().take(most, self.settings.hedge_percent) {
                return None;
            }
            if let Ok(Ok(ticket)) = self.ticket(other, run.purpose, asked, most).await {
                return Some((Live::new(ticket, run.completion, run.started + run.deadline), most));
            }
            target.habit().settle(most, 0);
        }
        None
    }
}

#[cfg(test)]
mod tests;
