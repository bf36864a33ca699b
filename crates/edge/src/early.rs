//! Informational answers (1xx), sent before the answer itself.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};

/// Where a service sends informational answers. The connection puts it among the extensions of a
/// request when it can write them; a service that finds none keeps them to itself.
#[derive(Clone)]
pub struct Early(Arc<dyn Fn(StatusCode, HeaderMap) + Send + Sync>);

impl Early {
    pub fn new(write: impl Fn(StatusCode, HeaderMap) + Send + Sync + 'static) -> Self {
        Early(Arc::new(write))
    }

    /// Sends one informational answer at once. Nothing happens when `status` is none of 102 to 199:
    /// 100 and 101 belong to the connection.
    pub fn send(&self, status: StatusCode, headers: HeaderMap) {
        if status.is_informational() && status.as_u16() > 101 {
            (self.0)(status, headers);
        }
    }
}

impl fmt::Debug for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Early")
    }
}
