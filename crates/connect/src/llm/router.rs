//! Asks providers in the order of the route until one answers or the time is over.
//!
//! The commit point is the first content: until then any fault leads to another attempt without anybody noticing. What
//! comes after it is, for a caller who wants the whole text, a fault of the attempt like others, and the next one begins
//! from the start; a caller who reads along gets a typed end.

use std::sync::Arc;
use std::time::Duration;

use stdx::{Clock, Rng, Timestamp};
use tokio::time::{Instant, sleep};

use super::live::Live;
use super::meter::{Meter, Purpose, Unmetered};
use super::stream::Open;
use super::target::Target;
use super::ticket::{Asked, Ticket};
use super::transport::Transport;
use super::{Completion, Dialect, Fault, Finish, Provider, Route, Settings, Usage, choice};
use crate::client::Client;

pub use super::live::Kept;
pub use super::stream::{Broken, Stream};
pub use super::target::Health;
pub use super::ticket::{ATTEMPTS, COST, FIRST_SECONDS, SECONDS, TOKENS};

/// The providers with the memory of how they did.
#[derive(Debug)]
pub struct Router {
    transport: Arc<dyn Transport>,
    pub(super) clock: Clock,
    rng: Rng,
    pub(super) settings: Settings,
    pub(super) targets: Vec<Arc<Target>>,
    meter: Arc<dyn Meter>,
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
    /// `ok`, the kind of the fault, or `cancelled` when the caller went away.
    pub outcome: &'static str,
    /// Of the answer; `None` when none came.
    pub status: Option<u16>,
    pub latency: Duration,
    /// From the start to the first words of the answer; `None` when none came.
    pub first_content: Option<Duration>,
    pub usage: Usage,
    /// The provider did not count all of the tokens: guessed from what was sent and received.
    pub usage_is_estimated: bool,
    pub cost_microdollars: u64,
    /// The provider's own words about its fault, at most 2 KiB.
    pub said: Option<String>,
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

    /// A stable word for metrics and records.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::NoProvider => "no_provider",
            Failure::Resting { .. } => "resting",
            Failure::Deadline { .. } => "deadline",
            Failure::Fault { fault, .. } => fault.kind(),
        }
    }
}

impl Call {
    /// Of all attempts, in millionths of a dollar: a refusal is billed like an answer.
    pub fn cost_microdollars(&self) -> u64 {
        self.attempts.iter().fold(0, |sum, attempt| sum.saturating_add(attempt.cost_microdollars))
    }
}

/// How far an attempt is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    FirstContent,
    End,
}

/// One call under way.
pub(super) struct Run<'a> {
    pub completion: &'a Completion,
    pub purpose: &'a Purpose,
    pub started: Instant,
    pub deadline: Duration,
    pub attempts: Vec<Attempt>,
}

impl Run<'_> {
    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.started.elapsed())
    }
}

impl Router {
    /// Without a budget.
    pub fn new(client: Client, settings: Settings) -> Self {
        Router::with_meter(client, settings, Arc::new(Unmetered))
    }

    /// `meter` is asked before each attempt and told after it.
    pub fn with_meter(client: Client, settings: Settings, meter: Arc<dyn Meter>) -> Self {
        let (clock, rng) = (client.clock().clone(), client.rng().clone());
        Router::build(Arc::new(client), clock, rng, settings, meter)
    }

    pub(super) fn build(
        transport: Arc<dyn Transport>,
        clock: Clock,
        rng: Rng,
        settings: Settings,
        meter: Arc<dyn Meter>,
    ) -> Self {
        let targets = settings.providers.iter().map(|provider| Arc::new(Target::new(provider, &settings))).collect();
        Router { transport, clock, rng, settings, targets, meter }
    }

    /// Asks the providers of all of `routers`, whose memory it shares.
    ///
    /// # Panics
    /// Without any router.
    pub fn joined(routers: &[Arc<Router>], route: Route) -> Router {
        let first = routers.first().expect("there is a router to join");
        Router {
            transport: Arc::clone(&first.transport),
            clock: first.clock.clone(),
            rng: first.rng.clone(),
            settings: Settings { route, ..first.settings.clone() },
            targets: routers.iter().flat_map(|router| router.targets.iter().cloned()).collect(),
            meter: Arc::clone(&first.meter),
        }
    }

    /// Each provider and model with how it does, for health pages.
    pub fn health(&self) -> Vec<(&Provider, Health)> {
        let now = self.clock.now();
        self.targets.iter().map(|target| (&target.provider, target.health(now))).collect()
    }

    /// The places of the providers in the order in which they would be asked now.
    pub fn order(&self) -> Vec<usize> {
        let loads: Vec<choice::Load> =
            self.targets.iter().enumerate().map(|(place, target)| target.load(place)).collect();
        choice::order(&loads, self.settings.route, &self.rng)
    }

    /// How long it takes until one of the providers that asked to be left alone wants no more of it.
    pub fn rests(&self) -> Option<Duration> {
        self.targets.iter().filter_map(|target| target.rests()).min()
    }

    /// Asks until there is a text, within the configured deadline.
    pub async fn complete(&self, completion: &Completion) -> Call {
        self.complete_within(completion, Duration::from_secs(self.settings.deadline_s)).await
    }

    /// Asks until there is a text or `deadline` has passed, waits and all attempts included.
    pub async fn complete_within(&self, completion: &Completion, deadline: Duration) -> Call {
        self.complete_for(completion, &Purpose::default(), deadline).await
    }

    /// As [`Router::complete_within`], on the account of `purpose`.
    pub async fn complete_for(&self, completion: &Completion, purpose: &Purpose, deadline: Duration) -> Call {
        let mut run = Run { completion, purpose, started: Instant::now(), deadline, attempts: Vec::new() };
        let result = self.ask_all(&mut run, Until::End).await.map(|(mut live, _)| {
            let (answer, attempt) = answer(&mut live);
            run.attempts.push(attempt);
            answer
        });
        Call { result, attempts: run.attempts, latency: run.started.elapsed() }
    }

    /// The question as it came, the answer as it comes: of a stream its first content is waited for, of a whole answer all.
    ///
    /// # Errors
    /// As [`Router::open`].
    pub async fn pass(
        &self,
        completion: &Completion,
        purpose: &Purpose,
        deadline: Duration,
    ) -> Result<Stream, Box<Call>> {
        let is_streamed = completion.passed.as_ref().is_none_or(|passed| passed.is_streamed);
        let until = if is_streamed { Until::FirstContent } else { Until::End };
        self.begin(completion, purpose, deadline, until).await
    }

    /// Asks until the first content is there, which the stream then gives with all that follows. Dropping the stream ends the
    /// attempt and settles it.
    ///
    /// # Errors
    /// The call with its failure, when no provider came so far within `deadline`, which also ends the stream.
    pub async fn open(
        &self,
        completion: &Completion,
        purpose: &Purpose,
        deadline: Duration,
    ) -> Result<Stream, Box<Call>> {
        self.begin(completion, purpose, deadline, Until::FirstContent).await
    }

    async fn begin(
        &self,
        completion: &Completion,
        purpose: &Purpose,
        deadline: Duration,
        until: Until,
    ) -> Result<Stream, Box<Call>> {
        let mut run = Run { completion, purpose, started: Instant::now(), deadline, attempts: Vec::new() };
        match self.ask_all(&mut run, until).await {
            Ok((live, first)) => {
                let open = Open { live, first, clock: self.clock.clone() };
                Ok(Stream::new(open, run.attempts))
            }
            Err(failure) => {
                let latency = run.started.elapsed();
                Err(Box::new(Call { result: Err(failure), attempts: run.attempts, latency }))
            }
        }
    }

    /// The first attempt that comes as far as it should, unsettled, and its first content.
    async fn ask_all(&self, run: &mut Run<'_>, until: Until) -> Result<(Live, Option<String>), Failure> {
        let mut last: Option<(&Provider, Fault)> = None;
        let mut resting: Option<Timestamp> = None;
        let order = self.order();
        let asked = Asked::of(run.completion);
        for (turn, place) in order.iter().enumerate() {
            let (target, is_last) = (&self.targets[*place], turn + 1 == order.len());
            let provider = &target.provider;
            let only = run.completion.passed.as_ref().and_then(|passed| passed.only_openai());
            if let Some(what) = only.filter(|_| provider.dialect != Dialect::OpenAi) {
                last = Some((provider, Fault::Unspeakable(what)));
                continue;
            }
            let (mut number, mut is_without_schema) = (0, false);
            while number < self.settings.attempts_max {
                number += 1;
                if run.left().is_zero() {
                    return Err(Failure::Deadline { after: run.deadline, last: last.map(|(_, fault)| fault) });
                }
                if let Some(wait) = target.rests().filter(|wait| is_last && last.is_none() && self.is_worth(run, *wait))
                {
                    sleep(wait).await;
                }
                let most = asked.cost_most(target);
                let ticket = match self.ticket(target, run.purpose, asked, most).await {
                    Ok(Ok(ticket)) => ticket,
                    Ok(Err(until)) => {
                        resting = Some(resting.map_or(until, |first| first.min(until)));
                        break;
                    }
                    // A cheaper one may still be asked.
                    Err(fault) => {
                        last = Some((provider, fault));
                        break;
                    }
                };
                let mut live = Live::new(ticket, run.completion, run.started + run.deadline);
                let result = if until == Until::FirstContent && number == 1 && !is_last {
                    let outcome = self.race(live, &order[turn + 1..], run, asked).await;
                    live = outcome.live;
                    outcome.result
                } else {
                    self.attempt(&mut live, run.completion, until).await
                };
                let fault = match result {
                    Ok(first) => return Ok((live, first)),
                    Err(fault) => fault,
                };
                let is_committed = live.ticket.first_content.is_some();
                run.attempts.push(live.fail(&fault, &self.clock));
                if fault.may_be_schema_s() && !is_committed {
                    if is_without_schema {
                        target.takes_schema();
                    } else if target.drops_schema(run.completion) {
                        is_without_schema = true;
                        number -= 1;
                        last = Some((provider, fault));
                        continue;
                    }
                }
                // After the first content another provider is the better bet.
                let again = !is_committed || is_last;
                let wait = self.wait_after(&fault, number, live.retry_after).filter(|_| again);
                last = Some((provider, fault));
                match wait.filter(|wait| *wait < run.left()) {
                    Some(wait) => sleep(wait).await,
                    // Not worth it here, or not in time: the next provider.
                    None => break,
                }
            }
        }
        Err(match (last, resting) {
            (Some((_, fault)), _) if run.left().is_zero() => {
                Failure::Deadline { after: run.deadline, last: Some(fault) }
            }
            (Some((provider, fault)), _) => Failure::Fault { provider: provider.name.clone(), fault },
            (None, Some(until)) => Failure::Resting { until },
            (None, None) => Failure::NoProvider,
        })
    }

    /// The account of an attempt that may be made; else the time at which the target may be asked, or why it costs too much.
    pub(super) async fn ticket(
        &self,
        target: &Arc<Target>,
        purpose: &Purpose,
        asked: Asked,
        most: u64,
    ) -> Result<Result<Ticket, Timestamp>, Fault> {
        let now = self.clock.now();
        // Looked at without being asked, so that a refusal of the money leaves a breaker as it is.
        let is_open = target.breaker.state(now) == stdx::breaker::State::Open;
        if is_open || target.rests().is_some() {
            return Ok(Err(target.refuses(now).unwrap_or(now)));
        }
        let hold = self.meter.reserve(purpose, &target.provider, most).await.map_err(Fault::Budget)?;
        let mut ticket = Ticket::new(target, &self.meter, hold, asked);
        Ok(match target.refuses(self.clock.now()) {
            None => Ok(ticket),
            Some(until) => {
                ticket.abandon();
                Err(until)
            }
        })
    }

    pub(super) async fn attempt(
        &self,
        live: &mut Live,
        completion: &Completion,
        until: Until,
    ) -> Result<Option<String>, Fault> {
        live.begin(&*self.transport, completion, self.settings.body_max, &self.clock).await?;
        let first = live.next().await?;
        if until == Until::End && first.is_some() {
            while live.next().await?.is_some() {}
        }
        Ok(first)
    }

    /// Whether so long a wait is worth it, and in time.
    fn is_worth(&self, run: &Run<'_>, wait: Duration) -> bool {
        wait <= Duration::from_millis(self.settings.retry_delay_ms_max) && wait < run.left()
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
                Some(grown.mul_f64(self.rng.unit()))
            }
        }
    }
}

impl Live {
    /// Settles an attempt that gave no text, and lets its target learn from it.
    pub(super) fn fail(&mut self, fault: &Fault, clock: &Clock) -> Attempt {
        let attempt = self.ticket.settle(Some(fault));
        if !self.ended_by_caller() && !self.is_caller_s_fault(fault) {
            self.target().failed(fault, attempt.latency, clock);
        }
        if let Some(wait) = self.retry_after.filter(|_| fault.is_transient()) {
            self.target().rest(wait);
        }
        attempt
    }
}

/// Settles an attempt that came to its good end.
pub(super) fn answer(live: &mut Live) -> (Answer, Attempt) {
    let attempt = live.ticket.settle(None);
    live.target().succeeded(attempt.latency, attempt.first_content);
    let collected = &mut live.ticket.collected;
    let model = match collected.model.as_str() {
        "" => attempt.model.clone(),
        told => told.to_owned(),
    };
    let answer = Answer {
        text: std::mem::take(&mut collected.text),
        provider: attempt.provider.clone(),
        model,
        finish: collected.finish(),
        usage: attempt.usage,
        usage_is_estimated: attempt.usage_is_estimated,
        cost_microdollars: attempt.cost_microdollars,
    };
    (answer, attempt)
}

#[cfg(test)]
mod tests;
