use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// A loader failed; all callers that waited for it get the same cause.
#[derive(Clone, Debug, thiserror::Error)]
#[error("loading {key:?} into the cache space {space}")]
pub struct LoadError {
    pub space: &'static str,
    pub key: String,
    #[source]
    pub cause: Arc<dyn Error + Send + Sync>,
}

impl LoadError {
    /// The loader's error, when it is an `E`.
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.cause.downcast_ref()
    }
}

/// Why there is no value though no loader said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    #[error("no value within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the load ended without a result")]
    Abandoned,
}

/// A tier does not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum TierError {
    #[error("no answer in time")]
    Timeout,
    #[error("not asked, since it failed lately")]
    Resting,
    #[error("the answer makes no sense: {0}")]
    Protocol(String),
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the cache server")]
    Remote(#[source] Arc<dyn Error + Send + Sync>),
    #[error("the cache folder")]
    Disk(#[from] std::io::Error),
}
