use std::error::Error;
use std::sync::Arc;

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
