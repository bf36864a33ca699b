//! An answer that is read while it comes.

use std::fmt;

use stdx::Clock;

use super::live::{Kept, Live};
use super::router::answer;
use super::{Answer, Attempt, Fault};

/// Pieces of a text. Its first one was there before the stream was handed out, so that nothing but a break can follow.
/// Dropped before its end, the attempt is settled as `cancelled`, by what has come.
#[derive(Debug)]
pub struct Stream {
    open: Option<Open>,
    provider: String,
    attempts: Vec<Attempt>,
    answer: Option<Answer>,
    /// What came last, in the caller's dialect.
    last: Option<Kept>,
}

/// The answer broke off after its beginning had been handed on.
#[derive(Debug, thiserror::Error)]
#[error("the answer of {provider} broke off")]
pub struct Broken {
    pub provider: String,
    #[source]
    pub fault: Fault,
}

pub(super) struct Open {
    pub live: Live,
    pub first: Option<String>,
    pub clock: Clock,
}

impl Stream {
    pub(super) fn new(open: Open, attempts: Vec<Attempt>) -> Self {
        let provider = open.live.target().provider.name.clone();
        Stream { open: Some(open), provider, attempts, answer: None, last: None }
    }

    /// Who answers.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The next piece; `None` after the last one.
    ///
    /// # Errors
    /// Once, when the answer breaks off; no other provider is asked then, since part of the text is out.
    pub async fn next(&mut self) -> Result<Option<String>, Broken> {
        let Some(open) = &mut self.open else { return Ok(None) };
        if let Some(first) = open.first.take() {
            return Ok(Some(first));
        }
        match open.live.next().await {
            Ok(Some(text)) => Ok(Some(text)),
            Ok(None) => {
                self.last = open.live.kept();
                let (answer, attempt) = answer(&mut open.live);
                self.answer = Some(answer);
                self.attempts.push(attempt);
                self.open = None;
                Ok(None)
            }
            Err(fault) => {
                // What came before the fault is not lost with it.
                self.last = open.live.kept();
                self.attempts.push(open.live.fail(&fault, &open.clock));
                self.open = None;
                Err(Broken { provider: self.provider.clone(), fault })
            }
        }
    }

    /// What of the answer came since the last time, as it came, if the question was [`Passed`](super::Passed) and the provider
    /// speaks its dialect; a piece of the text may then be empty.
    pub fn kept(&mut self) -> Option<Kept> {
        match &mut self.open {
            Some(open) => open.live.kept(),
            None => self.last.take(),
        }
    }

    /// The whole answer with its price, after its good end.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// The attempts that have ended, in order: those before this one, and this one after its end.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("ticket", &self.live.ticket).finish_non_exhaustive()
    }
}
