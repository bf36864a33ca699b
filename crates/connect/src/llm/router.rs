//! Asks providers in their order until one answers or the time is over.

use std::time::Duration;

use stdx::metric::{Counter, Family, Histogram};
use stdx::{Breaker, Timestamp};
use tokio::time::{Instant, sleep};

use super::{Completed, Completion, Fault, Finish, Provider, Settings, Usage, openai};
use crate::client::Client;
use crate::retry::retry_after;

pub static ATTEMPTS: Family<Counter> = Family::new(&["provider", "outcome"], 256);
pub static SECONDS: Family<Histogram> = Family::new(&["provider"], 32);
pub static TOKENS: Family<Counter> = Family::new(&["provider", "direction"], 64);
pub static COST: Family<Counter> = Family::new(&["provider"], 32);

/// Tokens are about this many bytes of English; only used where a provider does not count.
const BYTES_PER_TOKEN: u64 = 4;

/// The providers with the memory of how they did.
#[derive(Debug)]
pub struct Router {
    client: Client,
    settings: Settings,
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    provider: Provider,
    breaker: Breaker,
}

/// Everything about one completion: what came of it and what it took.
#[derive(Debug)]
pub struct Call {
    pub result: Result<Answer, Failure>,
    /// Every attempt, failed ones too, in order.
    pub attempts: Vec<Attempt>,
    /// From the question to the end, with all waits.
    pub latency: Duration,
}

/// A text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub text: String,
    pub provider: String,
    /// The model that answered, by the provider's word; the configured name when it says nothing.
    pub model: String,
    pub finish: Finish,
    pub usage: Usage,
    /// The provider did not count the tokens; `usage` is guessed from the length of the texts.
    pub usage_is_estimated: bool,
    pub cost_microdollars: u64,
}

/// One request to one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub provider: String,
    pub model: String,
    /// `ok`, or the kind of the fault.
    pub outcome: &'static str,
    /// Of the answer; `None` when none came.
    pub status: Option<u16>,
    pub latency: Duration,
    pub usage: Usage,
    pub cost_microdollars: u64,
}

/// Why no provider gave a text; the caller may fall back to what needs none.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("no language model is configured")]
    NoProvider,
    #[error("every language model is left alone after failures, the first one until {until}")]
    Resting { until: Timestamp },
    #[error("no language model answered within {} s", after.as_secs_f64())]
    Deadline {
        after: Duration,
        #[source]
        last: Option<Fault>,
    },
    /// The last fault, after all others were tried.
    #[error("asking {provider} failed")]
    Fault {
        provider: String,
        #[source]
        fault: Fault,
    },
}

impl Failure {
    /// Whether asking later may help, rather than asking otherwise.
    pub fn is_transient(&self) -> bool {
        match self {
            Failure::NoProvider => false,
            Failure::Resting { .. } | Failure::Deadline { .. } => true,
            Failure::Fault { fault, .. } => fault.is_transient(),
        }
    }
}

impl Call {
    /// Of all attempts, in millionths of a dollar: a refusal is billed like an answer.
    pub fn cost_microdollars(&self) -> u64 {
        self.attempts.iter().fold(0, |sum, attempt| sum.saturating_add(attempt.cost_microdollars))
    }
}

/// What one attempt came to.
struct Tried {
    result: Result<Completed, Fault>,
    /// The wait the provider asked for.
    retry_after: Option<Duration>,
}

impl Router {
    pub fn new(client: Client, settings: Settings) -> Self {
        let target = |provider: &Provider| Target {
            provider: provider.clone(),
            breaker: Breaker::new(settings.breaker_failures, Duration::from_secs(settings.breaker_pause_s)),
        };
        let targets = settings.providers.iter().map(target).collect();
        Router { client, settings, targets }
    }

    /// Each provider and model with the state of its breaker, for health pages.
    pub fn states(&self) -> Vec<(&Provider, stdx::breaker::State)> {
        let now = self.client.clock().now();
        self.targets.iter().map(|t| (&t.provider, t.breaker.state(now))).collect()
    }

    /// Asks until there is a text, within the configured deadline.
    pub async fn complete(&self, completion: &Completion) -> Call {
        self.complete_within(completion, Duration::from_secs(self.settings.deadline_s)).await
    }

    /// Asks until there is a text or `deadline` has passed, waits and all attempts included.
    pub async fn complete_within(&self, completion: &Completion, deadline: Duration) -> Call {
        let started = Instant::now();
        let mut attempts = Vec::new();
        let result = self.ask_all(completion, started, deadline, &mut attempts).await;
        Call { result, attempts, latency: started.elapsed() }
    }

    async fn ask_all(
        &self,
        completion: &Completion,
        started: Instant,
        deadline: Duration,
        attempts: &mut Vec<Attempt>,
    ) -> Result<Answer, Failure> {
        let mut last: Option<(&Provider, Fault)> = None;
        let mut resting: Option<Timestamp> = None;
        for target in &self.targets {
            let provider = &target.provider;
            for number in 1..=self.settings.attempts_max {
                let left = deadline.saturating_sub(started.elapsed());
                if left.is_zero() {
                    return Err(Failure::Deadline { after: deadline, last: last.map(|(_, fault)| fault) });
                }
                if let Err(until) = target.breaker.permits(self.client.clock().now()) {
                    resting = Some(resting.map_or(until, |first| first.min(until)));
                    break;
                }
                let tried = self.ask(provider, completion, left, attempts).await;
                let fault = match tried.result {
                    Ok(completed) => {
                        target.breaker.succeeded();
                        return Ok(answer(provider, completion, completed));
                    }
                    Err(fault) => fault,
                };
                self.judge(&target.breaker, &fault);
                let wait = self.wait_after(&fault, number, tried.retry_after);
                last = Some((provider, fault));
                let left = deadline.saturating_sub(started.elapsed());
                match wait {
                    Some(wait) if wait < left => sleep(wait).await,
                    // Not worth it here, or not in time: the next provider.
                    _ => break,
                }
            }
        }
        Err(match (last, resting) {
            (Some((_, fault)), _) if started.elapsed() >= deadline => {
                Failure::Deadline { after: deadline, last: Some(fault) }
            }
            (Some((provider, fault)), _) => Failure::Fault { provider: provider.name.clone(), fault },
            (None, Some(until)) => Failure::Resting { until },
            (None, None) => Failure::NoProvider,
        })
    }

    async fn ask(
        &self,
        provider: &Provider,
        completion: &Completion,
        left: Duration,
        attempts: &mut Vec<Attempt>,
    ) -> Tried {
        let started = Instant::now();
        let timeout = Duration::from_millis(provider.timeout_ms).min(left);
        let response = match openai::request(provider, completion, timeout, self.settings.body_max) {
            Ok(request) => self.client.send(request).await,
            Err(e) => Err(e),
        };
        let (result, status, usage, retry_after) = match response {
            Ok(r) => {
                let result = openai::response(r.status, &r.body);
                let wait = retry_after(&r.headers, self.client.clock().now());
                let usage = openai::usage(&r.body).unwrap_or_else(|| match &result {
                    Ok(completed) => estimate(completion, &completed.text),
                    Err(_) => Usage::default(),
                });
                (result, Some(r.status.as_u16()), usage, wait)
            }
            Err(e) => (Err(Fault::Call(e)), None, Usage::default(), None),
        };
        let outcome = result.as_ref().map_or_else(Fault::kind, |_| "ok");
        let (latency, cost_microdollars) = (started.elapsed(), provider.cost(usage));
        ATTEMPTS.with(&[&provider.name, outcome]).inc();
        SECONDS.with(&[&provider.name]).record(latency);
        TOKENS.with(&[&provider.name, "in"]).add(usage.prompt_tokens);
        TOKENS.with(&[&provider.name, "out"]).add(usage.completion_tokens);
        COST.with(&[&provider.name]).add(cost_microdollars);
        let (name, model) = (provider.name.clone(), provider.model.clone());
        attempts.push(Attempt { provider: name, model, outcome, status, latency, usage, cost_microdollars });
        Tried { result, retry_after }
    }

    /// Tells the breaker. A refusal and an empty answer come from a provider that works.
    fn judge(&self, breaker: &Breaker, fault: &Fault) {
        let now = self.client.clock().now();
        match fault {
            Fault::Refused(_) | Fault::Empty => breaker.succeeded(),
            // One wrong key stays wrong: no need to collect more of the same.
            fault if fault.is_rejection() => (0..self.settings.breaker_failures).for_each(|_| breaker.failed(now)),
            _ => breaker.failed(now),
        }
    }

    /// How long to wait before the same provider is asked again; `None` leaves it for the next one.
    fn wait_after(&self, fault: &Fault, number: u32, asked: Option<Duration>) -> Option<Duration> {
        if !fault.is_transient() || number >= self.settings.attempts_max {
            return None;
        }
        let longest = Duration::from_millis(self.settings.retry_delay_ms_max);
        match asked {
            Some(wait) => (wait <= longest).then_some(wait),
            // Full jitter ("Exponential Backoff And Jitter", AWS 2015): many callers hit one limit
            // at once here, and the widest spread lets them through soonest.
            None => {
                let first = Duration::from_millis(self.settings.retry_delay_ms_min);
                let grown = first.saturating_mul(1 << (number - 1).min(16)).min(longest);
                Some(grown.mul_f64(self.client.rng().unit()))
            }
        }
    }
}

fn answer(provider: &Provider, completion: &Completion, completed: Completed) -> Answer {
    let usage = completed.usage.unwrap_or_else(|| estimate(completion, &completed.text));
    Answer {
        provider: provider.name.clone(),
        model: if completed.model.is_empty() { provider.model.clone() } else { completed.model },
        finish: completed.finish,
        usage,
        usage_is_estimated: completed.usage.is_none(),
        cost_microdollars: provider.cost(usage),
        text: completed.text,
    }
}

fn estimate(completion: &Completion, text: &str) -> Usage {
    let tokens = |bytes: usize| (bytes as u64).div_ceil(BYTES_PER_TOKEN);
    Usage {
        prompt_tokens: completion.messages.iter().map(|m| tokens(m.text.len())).sum(),
        completion_tokens: tokens(text.len()),
    }
}

#[cfg(test)]
mod tests;
