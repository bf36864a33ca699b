use crate::JobId;

/// What can go wrong with a queue operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("job {0} does not exist")]
    NotFound(JobId),
    #[error("job {0} is running; only a waiting job can be changed so")]
    Running(JobId),
    #[error("no node number is free: 1,024 processes are alive on this database")]
    NoNode,
    #[error("writing the parameters of a job of kind {kind}")]
    Encode { kind: &'static str, source: serde_json::Error },
    #[error("reading or writing the queue")]
    Store(#[from] store::Error),
}
