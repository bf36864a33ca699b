//! Health by component, with reasons.

use serde::Serialize;
use stdx::Timestamp;

/// How well something works. The order is from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// It serves, though slower or with less than it should.
    Degraded,
    Down,
}

impl State {
    /// The status code for probes: only `Down` takes a node out of service.
    pub fn status_code(self) -> u16 {
        if self == State::Down { 503 } else { 200 }
    }
}

/// One part of the process and what was found when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Component {
    pub name: &'static str,
    pub state: State,
    /// A sentence for people; `None` when there is nothing to say.
    pub reason: Option<String>,
    pub checked_at: Timestamp,
    /// Whether the whole is down without it; otherwise the whole is degraded.
    #[serde(skip)]
    pub vital: bool,
}

impl Component {
    /// A component that works. It counts as vital.
    pub fn ok(name: &'static str, checked_at: Timestamp) -> Self {
        Component { name, state: State::Ok, reason: None, checked_at, vital: true }
    }

    pub fn degraded(name: &'static str, checked_at: Timestamp, reason: impl Into<String>) -> Self {
        Component { state: State::Degraded, reason: Some(reason.into()), ..Component::ok(name, checked_at) }
    }

    pub fn down(name: &'static str, checked_at: Timestamp, reason: impl Into<String>) -> Self {
        Component { state: State::Down, reason: Some(reason.into()), ..Component::ok(name, checked_at) }
    }

    /// The whole goes on without this one.
    pub fn optional(self) -> Self {
        Component { vital: false, ..self }
    }
}

/// The state of the whole: the worst of its components, where an optional one that is down only
/// degrades it.
pub fn overall(components: &[Component]) -> State {
    let weight = |c: &Component| if c.vital { c.state } else { c.state.min(State::Degraded) };
    components.iter().map(weight).max().unwrap_or(State::Ok)
}

#[cfg(test)]
mod tests;
