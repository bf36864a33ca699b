use crate::JobId;

/// What can go wrong with a queue operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("job {0} does not exist")]
    NotFound(JobId),
    #[error("job {0} is running; only a waiting job can be changed so")]
    Running(JobId),
    #[error("job {0} holds the unique key already")]
    Taken(JobId),
    #[error("the value {value} of {what} is not one of {known}")]
    Value { what: &'static str, value: String, known: &'static str },
    #[error("the schedule {text} cannot be used: {reason}")]
    Schedule { text: String, reason: String },
    #[error("there is no schedule named {0}")]
    NoSchedule(String),
    #[error("there is a schedule named {0} already")]
    ScheduleExists(String),
    #[error("no node number is free: 1,024 processes are alive on this database")]
    NoNode,
    #[error("writing the parameters of a job of kind {kind}")]
    Encode { kind: &'static str, source: serde_json::Error },
    #[error("a computation ended early")]
    Computing(#[from] tokio::task::JoinError),
    #[error("reading or writing the queue")]
    Store(#[from] store::Error),
}
