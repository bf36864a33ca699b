//! What a job is to those who write one.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::Queue;

stdx::id_type! {
    /// A job, through all its attempts.
    JobId;
}

/// A kind of work: a small struct of ids that may run twice.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The kind's name for good; payloads outlive releases.
    const KIND: &'static str;
    const QUEUE: &'static str = "default";
    const PRIORITY: Priority = Priority::Normal;
    const ATTEMPTS_MAX: u32 = 3;
    /// Longest run; `None` takes the queue's setting.
    const DEADLINE: Option<Duration> = None;

    /// How long a unique key is held.
    const UNIQUE: Unique = Unique::UntilEnded;
    /// Jobs of one group that run at once, on all processes together.
    const GROUP_MAX: u32 = 1;

    /// While a job with the same key stands ([`Job::UNIQUE`]), another one is not enqueued.
    fn unique_key(&self) -> Option<String> {
        None
    }

    /// Jobs of this kind with the same key share [`Job::GROUP_MAX`] places.
    fn group_key(&self) -> Option<String> {
        None
    }
}

/// Until when a unique key keeps others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// It waits or runs.
    UntilEnded,
    /// It waits for its first run; what is enqueued from then on runs beside or after it. A holder that is found waiting may start before
    /// the transaction that found it commits.
    UntilStarted,
}

/// 1 is served first; none starves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Critical = 1,
    High = 2,
    Normal = 3,
    Low = 4,
}

impl Priority {
    pub const ALL: [Priority; 4] = [Priority::Critical, Priority::High, Priority::Normal, Priority::Low];

    pub fn name(self) -> &'static str {
        match self {
            Priority::Critical => "critical",
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }

    pub(crate) fn from_code(code: i64) -> Priority {
        match code {
            1 => Priority::Critical,
            2 => Priority::High,
            4 => Priority::Low,
            _ => Priority::Normal,
        }
    }

    /// Its share of the free workers when all classes wait.
    pub(crate) fn weight(self) -> usize {
        match self {
            Priority::Critical => 8,
            Priority::High => 4,
            Priority::Normal => 2,
            Priority::Low => 1,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Priority {
    type Err = std::convert::Infallible;

    /// An unknown name is normal.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Priority::ALL.into_iter().find(|p| p.name() == text).unwrap_or(Priority::Normal))
    }
}

/// Derived from the table a job stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Available,
    Scheduled,
    Running,
    Retryable,
    /// Waits for other jobs to complete.
    Pending,
    Completed,
    Cancelled,
    Discarded,
}

impl State {
    pub const ALL: [State; 8] = [
        State::Available,
        State::Scheduled,
        State::Running,
        State::Retryable,
        State::Pending,
        State::Completed,
        State::Cancelled,
        State::Discarded,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Available => "available",
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Retryable => "retryable",
            State::Pending => "pending",
            State::Completed => "completed",
            State::Cancelled => "cancelled",
            State::Discarded => "discarded",
        }
    }

    /// The state of a waiting job.
    pub(crate) fn of_waiting(attempt: i64, run_at: Timestamp, now: Timestamp) -> State {
        match (attempt, run_at > now) {
            (0, false) => State::Available,
            (0, true) => State::Scheduled,
            _ => State::Retryable,
        }
    }
}

/// When and how a job is to run; the default is now, as its kind says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enqueue {
    pub run_at: Option<Timestamp>,
    pub priority: Option<Priority>,
    pub attempts_max: Option<u32>,
}

impl Enqueue {
    pub fn at(run_at: Timestamp) -> Self {
        Enqueue { run_at: Some(run_at), ..Enqueue::default() }
    }

    pub fn with_priority(self, priority: Priority) -> Self {
        Enqueue { priority: Some(priority), ..self }
    }
}

/// What became of an enqueue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    New(JobId),
    /// A job with the same unique key already waits or runs.
    Duplicate(JobId),
}

impl Enqueued {
    pub fn id(self) -> JobId {
        match self {
            Enqueued::New(id) | Enqueued::Duplicate(id) => id,
        }
    }
}

/// What a running job knows of itself.
#[derive(Clone, Debug)]
pub struct Context {
    pub id: JobId,
    /// 1 for the first run.
    pub attempt: u32,
    pub attempts_max: u32,
    /// How often a process has gone silent with the job in hand since it last ran to an end.
    pub rescues: u32,
    pub queue: Queue,
}

impl Context {
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.attempts_max
    }

    /// Tells those who watch how far the job is: at most ten times a second, and kept for a second's
    /// notice in the job's view.
    pub fn progress(&self, done: u64, total: u64) {
        self.queue.signal_progress(self.id, done, total);
    }

    /// The time that the job is for, if an entry of [`Cron`](crate::Cron) has enqueued it: the same on each
    /// attempt, however late it runs. `None` for others and for kinds with a unique key of their own, whose
    /// first run is due at that time.
    pub fn planned_at(&self) -> Option<Timestamp> {
        self.queue.planned_at(self.id)
    }
}

/// Why a job did not finish, and what that asks for.
#[derive(Debug)]
pub enum Fault {
    /// Try again later; dead after the last attempt. A given wait wins over the backoff.
    Retry { error: String, after: Option<Duration> },
    /// Not yet: run again after the wait. It is no failure, and those before it are forgotten.
    Snooze(Duration),
    /// Trying again cannot help.
    GiveUp(String),
    /// Somebody wants it gone.
    Cancel,
}

impl Fault {
    /// A retry that tells the whole chain of causes.
    pub fn retry(error: &(dyn std::error::Error + 'static)) -> Self {
        Fault::Retry { error: chain(error), after: None }
    }

    pub fn give_up(error: &(dyn std::error::Error + 'static)) -> Self {
        Fault::GiveUp(chain(error))
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        Fault::retry(&error)
    }
}

impl From<crate::Error> for Fault {
    fn from(error: crate::Error) -> Self {
        Fault::retry(&error)
    }
}
