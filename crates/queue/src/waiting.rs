//! A job as it stands in the tables.

use serde::{Deserialize, Serialize};
use stdx::{Id, Timestamp};
use store::{Row, Value, params};

use crate::{JobId, Priority, State};

/// A row of `job`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub queue: i64,
    pub priority: i64,
    pub run_at: Timestamp,
    pub id: JobId,
    pub kind: i64,
    /// Runs that have ended in a failure.
    pub attempt: i64,
    pub attempts_max: i64,
    /// How often it was put back since its last run ended: from a process that went silent, or by a person.
    pub rescued: i64,
    pub body: String,
    /// With the number of places: `kind:key#3`.
    pub group_key: Option<String>,
    pub uniq: Option<String>,
    pub parent: Option<i64>,
    pub error: Option<String>,
}

/// How a job is written into a lease: a list, since its names would be longer than its values. New
/// fields come last, so that a lease outlives a release.
#[derive(Serialize, Deserialize)]
struct Packed<B, S>(
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    B,
    #[serde(default)] Option<S>,
    #[serde(default)] Option<S>,
    #[serde(default)] Option<i64>,
    #[serde(default)] Option<S>,
);

impl Serialize for Waiting {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Packed(
            self.queue,
            self.priority,
            self.run_at.micros(),
            self.id.to_i64(),
            self.kind,
            self.attempt,
            self.attempts_max,
            self.rescued,
            self.body.as_str(),
            self.group_key.as_deref(),
            self.uniq.as_deref(),
            self.parent,
            self.error.as_deref(),
        )
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Waiting {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let p = Packed::<String, String>::deserialize(deserializer)?;
        let id = Id::from_i64(p.3).ok_or_else(|| serde::de::Error::custom("a negative id"))?;
        Ok(Waiting {
            queue: p.0,
            priority: p.1,
            run_at: Timestamp::from_micros(p.2),
            id: JobId(id),
            kind: p.4,
            attempt: p.5,
            attempts_max: p.6,
            rescued: p.7,
            body: p.8,
            group_key: p.9,
            uniq: p.10,
            parent: p.11,
            error: p.12,
        })
    }
}

/// Several jobs as one text.
pub(crate) fn pack(jobs: &[Waiting]) -> String {
    serde_json::to_string(jobs).expect("a job row is plain data")
}

/// The jobs of a text made by [`pack`].
///
/// # Errors
/// It was written by a release that this one does not understand.
pub fn unpack(text: &str) -> Result<Vec<Waiting>, serde_json::Error> {
    serde_json::from_str(text)
}

impl Waiting {
    /// Of the columns in the order of `sql::INSERT`.
    pub fn read(row: &Row) -> Result<Waiting, store::Error> {
        Ok(Waiting {
            run_at: row.get(0)?,
            id: JobId(row.get(1)?),
            parent: row.get(2)?,
            queue: row.get(3)?,
            kind: row.get(4)?,
            priority: row.get(5)?,
            attempt: row.get(6)?,
            attempts_max: row.get(7)?,
            rescued: row.get(8)?,
            body: row.get(9)?,
            group_key: row.get(10)?,
            uniq: row.get(11)?,
            error: row.get(12)?,
        })
    }

    /// A dead letter as a job with all its attempts before it.
    pub fn read_dead(row: &Row, now: Timestamp) -> Result<Waiting, store::Error> {
        Ok(Waiting {
            id: JobId(row.get(0)?),
            queue: row.get(1)?,
            priority: row.get(2)?,
            kind: row.get(3)?,
            attempt: 0,
            attempts_max: row.get(5)?,
            rescued: 0,
            run_at: now,
            body: row.get(7)?,
            error: row.get(8)?,
            uniq: row.get(9)?,
            group_key: row.get(10)?,
            parent: row.get(11)?,
        })
    }

    /// For `sql::INSERT`.
    pub fn values(&self) -> Vec<Value> {
        params![
            self.run_at,
            self.id.to_i64(),
            self.parent,
            self.queue,
            self.kind,
            self.priority,
            self.attempt,
            self.attempts_max,
            self.rescued,
            self.body,
            self.group_key,
            self.uniq,
            self.error
        ]
    }

    /// For `sql::DONE_ADD`.
    pub fn done_values(&self, outcome: Outcome, started_at: Timestamp, now: Timestamp) -> Vec<Value> {
        params![
            now,
            self.id.to_i64(),
            started_at,
            self.queue,
            self.kind,
            self.priority,
            self.attempt + 1,
            outcome as i64
        ]
    }

    /// For `sql::DEAD_ADD`.
    pub fn dead_values(&self, reason: &str, now: Timestamp) -> Vec<Value> {
        params![
            self.id.to_i64(),
            self.queue,
            self.priority,
            self.kind,
            self.attempt,
            self.attempts_max,
            now,
            self.body,
            self.group_key,
            self.uniq,
            self.parent,
            reason
        ]
    }

    /// The state it is counted in while it waits: by what stands in its row alone, so that it leaves the
    /// sum that it entered whatever the time is.
    pub fn counted(&self) -> State {
        match (self.attempt, self.run_at.micros() > self.id.0.made_at().micros() + 1_000) {
            (0, false) => State::Available,
            (0, true) if self.rescued == 0 => State::Scheduled,
            (0, true) => State::Available,
            _ => State::Retryable,
        }
    }

    pub fn class(&self) -> Priority {
        Priority::from_code(self.priority)
    }
}

/// How a job in the history ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Completed = 1,
    Cancelled = 2,
}
