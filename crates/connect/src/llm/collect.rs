//! An answer put together from its events, whether they came in a stream or all at once.

use super::{Completed, Event, Fault, Finish, Usage};

#[derive(Debug, Default)]
pub(super) struct Collected {
    pub text: String,
    /// Characters of reasoning.
    pub thoughts: usize,
    /// Bytes of calls of tools.
    pub called: usize,
    /// Every answer is one, also a refusal or none at all.
    pub is_passed: bool,
    pub model: String,
    /// As the provider counted so far.
    pub usage: Option<Usage>,
    finish: Option<Finish>,
    refusal: String,
    filtered: Option<String>,
    fault: Option<Fault>,
    is_done: bool,
}

impl Collected {
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Model(model) => self.model = model,
            Event::Text(text) => self.text.push_str(&text),
            Event::Thought(chars) => self.thoughts += chars,
            Event::Called(bytes) => self.called += bytes,
            Event::Refusal(words) => self.refusal.push_str(&words),
            Event::Filtered(why) => self.filtered = Some(why),
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Finish(finish) => self.finish = Some(finish),
            Event::Error { message, status, raw } => self.fault = Some(Fault::InBand { message, status, raw }),
            Event::Malformed { message, raw } => self.fault = Some(Fault::Malformed { message, raw }),
            Event::Done => self.is_done = true,
        }
    }

    /// Whether nothing more of the text can come.
    pub fn is_finished(&self) -> bool {
        self.is_done || self.finish.is_some() || self.filtered.is_some()
    }

    /// Whether the stream need not be read further.
    pub fn is_over(&self) -> bool {
        self.is_done || self.is_faulty()
    }

    pub fn is_faulty(&self) -> bool {
        self.fault.is_some()
    }

    pub fn finish(&self) -> Finish {
        self.finish.unwrap_or(Finish::Other)
    }

    /// Whether there is an answer, after the last event. A text whose reason for ending was told is whole, even if the mark
    /// that ends the stream did not come: all of it is there.
    pub fn check(&self) -> Result<(), Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.is_passed {
            return if self.is_finished() { Ok(()) } else { Err(Fault::Cut) };
        }
        if !self.refusal.trim().is_empty() {
            return Err(Fault::Refused(super::brief(&self.refusal)));
        }
        if let Some(why) = &self.filtered {
            return Err(Fault::Refused(why.clone()));
        }
        if !self.is_finished() {
            return Err(Fault::Cut);
        }
        if self.text.trim().is_empty() {
            return Err(Fault::Empty);
        }
        Ok(())
    }

    /// The answer, or why there is none.
    pub fn verdict(self) -> Result<Completed, Fault> {
        self.check()?;
        let finish = self.finish();
        Ok(Completed { text: self.text, model: self.model, usage: self.usage, finish })
    }
}
