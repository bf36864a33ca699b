//! One attempt's account: settled once, whatever becomes of the attempt and of its caller.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use stdx::metric::{Counter, Family, Histogram};
use tokio::time::Instant;

use super::collect::Collected;
use super::dialect::TOKENS_UNSAID;
use super::hedge::Losers;
use super::target::Target;
use super::{Attempt, Completion, Fault, Format, Hold, Meter, Usage};

pub static ATTEMPTS: Family<Counter> = Family::new(&["provider", "outcome"], 256);
pub static SECONDS: Family<Histogram> = Family::new(&["provider"], 32);
pub static FIRST_SECONDS: Family<Histogram> = Family::new(&["provider"], 32);
pub static TOKENS: Family<Counter> = Family::new(&["provider", "direction"], 64);
pub static COST: Family<Counter> = Family::new(&["provider"], 32);

/// Tokens are about this many bytes of English; only used where a provider does not count.
const BYTES_PER_TOKEN: u64 = 4;
/// A cautious count takes fewer, for languages and texts that come in small pieces,
const BYTES_PER_TOKEN_LEAST: u64 = 2;
/// and some for what a provider puts around each message.
const TOKENS_PER_MESSAGE: u64 = 8;

/// The outcome of an attempt whose caller has gone.
const CANCELLED: &str = "cancelled";

#[derive(Debug)]
pub(super) struct Ticket {
    target: Arc<Target>,
    meter: Arc<dyn Meter>,
    /// Until it is settled.
    hold: Option<Hold>,
    started: Instant,
    asked: Asked,
    /// Whether the question may be on its way.
    pub sent: Arc<AtomicBool>,
    pub status: Option<u16>,
    pub first_content: Option<Duration>,
    pub collected: Collected,
    /// Bytes of an answer that could not be read.
    pub unread: usize,
    /// Where it is noted when it is given up for another.
    pub losers: Option<Losers>,
}

/// The tokens of a question, as far as they can be told without its provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// The likely count.
    tokens: u64,
    /// A count that is seldom passed, with all of the answer.
    most: Usage,
}

impl Asked {
    pub fn of(completion: &Completion) -> Self {
        let texts = || completion.messages.iter().map(|m| m.text.len() as u64);
        let schema = match &completion.format {
            Format::Schema { schema, .. } => schema.as_value().to_string().len() as u64,
            _ => 0,
        };
        let each = |per: u64| -> u64 { texts().chain([schema]).map(|bytes| bytes.div_ceil(per)).sum() };
        let around = TOKENS_PER_MESSAGE * (completion.messages.len() as u64 + 1);
        let answer = u64::from(completion.tokens_max.unwrap_or(TOKENS_UNSAID));
        if let Some(passed) = &completion.passed {
            // With what is around the texts, and pictures, of which nobody knows better.
            let bytes = passed.bytes() as u64;
            let prompt_tokens = bytes.div_ceil(BYTES_PER_TOKEN_LEAST) + around;
            let completion_tokens = answer.saturating_mul(passed.choices());
            let most = Usage { prompt_tokens, completion_tokens, ..Usage::default() };
            return Asked { tokens: bytes.div_ceil(BYTES_PER_TOKEN), most };
        }
        let most = Usage {
            prompt_tokens: each(BYTES_PER_TOKEN_LEAST) + around,
            completion_tokens: answer,
            ..Usage::default()
        };
        Asked { tokens: each(BYTES_PER_TOKEN), most }
    }

    /// What an attempt may cost at most, in micro-dollars.
    pub fn cost_most(&self, target: &Target) -> u64 {
        target.provider.cost_most(self.most)
    }
}

impl Ticket {
    pub fn new(target: &Arc<Target>, meter: &Arc<dyn Meter>, hold: Hold, asked: Asked) -> Self {
        target.begins();
        Ticket {
            target: Arc::clone(target),
            meter: Arc::clone(meter),
            hold: Some(hold),
            started: Instant::now(),
            asked,
            sent: Arc::default(),
            status: None,
            first_content: None,
            collected: Collected::default(),
            unread: 0,
            losers: None,
        }
    }

    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    pub fn started(&self) -> Instant {
        self.started
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The attempt's end: `ok`, or its fault.
    pub fn settle(&mut self, fault: Option<&Fault>) -> Attempt {
        let said = fault.and_then(Fault::raw).map(str::to_owned);
        self.close(fault.map_or("ok", Fault::kind), said)
    }

    /// It never began.
    pub fn abandon(&mut self) {
        self.close("resting", None);
    }

    fn close(&mut self, outcome: &'static str, said: Option<String>) -> Attempt {
        let provider = &self.target.provider;
        let (usage, usage_is_estimated) = self.usage();
        let (latency, cost_microdollars) = (self.started.elapsed(), provider.cost(usage));
        let attempt = Attempt {
            provider: provider.name.clone(),
            model: provider.model.clone(),
            outcome,
            status: self.status,
            latency,
            first_content: self.first_content,
            usage,
            usage_is_estimated,
            cost_microdollars,
            said,
        };
        if let Some(hold) = self.hold.take() {
            self.target.ends();
            self.target.habit().note(&attempt);
            ATTEMPTS.with(&[&provider.name, outcome]).inc();
            SECONDS.with(&[&provider.name]).record(latency);
            if let Some(first) = self.first_content {
                FIRST_SECONDS.with(&[&provider.name]).record(first);
            }
            TOKENS.with(&[&provider.name, "in"]).add(usage.prompt_tokens);
            TOKENS.with(&[&provider.name, "out"]).add(usage.completion_tokens);
            COST.with(&[&provider.name]).add(cost_microdollars);
            self.meter.settle(hold, &attempt);
        }
        attempt
    }

    /// What the attempt took, and whether that is a guess: by the provider's count where the answer came to its end, else by
    /// what was sent and what was received.
    fn usage(&self) -> (Usage, bool) {
        let got = &self.collected;
        let received = (got.text.len() + got.thoughts + got.called + self.unread) as u64;
        let guessed = Usage {
            prompt_tokens: self.asked.tokens,
            completion_tokens: received.div_ceil(BYTES_PER_TOKEN),
            ..Usage::default()
        };
        match got.usage {
            // A count of nothing for something is a mistake.
            Some(told) if got.is_finished() => {
                let prompt_is_told = told.prompt_tokens > 0 || guessed.prompt_tokens == 0;
                let answer_is_told = told.completion_tokens > 0 || guessed.completion_tokens == 0;
                let usage = Usage {
                    prompt_tokens: if prompt_is_told { told.prompt_tokens } else { guessed.prompt_tokens },
                    completion_tokens: if answer_is_told { told.completion_tokens } else { guessed.completion_tokens },
                    ..told
                };
                (usage, !(prompt_is_told && answer_is_told))
            }
            // Some count from the start, and say only at the end how much it was.
            Some(told) => {
                let completion_tokens = told.completion_tokens.max(guessed.completion_tokens);
                let prompt_tokens = if told.prompt_tokens > 0 { told.prompt_tokens } else { guessed.prompt_tokens };
                (Usage { prompt_tokens, completion_tokens, ..told }, true)
            }
            None if !self.sent.load(Ordering::SeqCst) => (Usage::default(), false),
            // An error instead of an answer is not billed.
            None if self.status.is_some_and(|status| !(200..300).contains(&status)) => (Usage::default(), false),
            None if got.is_faulty() && received == 0 => (Usage::default(), false),
            None => (guessed, true),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.hold.is_some() {
            let attempt = self.close(CANCELLED, None);
            if let Some(losers) = &self.losers {
                losers.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
            }
        }
    }
}
