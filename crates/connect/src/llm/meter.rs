//! Whether a call may cost what it could, and what it did cost. Who keeps the money stands behind this trait.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use stdx::Timestamp;

use super::{Attempt, Provider};

/// Asked before an attempt whether it may cost up to so much, told after it what it did cost.
pub trait Meter: Send + Sync + Debug {
    /// Puts `most` micro-dollars aside: a cautious count of the question's tokens and all of the answer's, at the provider's
    /// prices. Whoever drops this future has no hold, so that it must leave none behind.
    ///
    /// # Errors
    /// When the money is not there; then this provider is not asked, and a cheaper one may be.
    fn reserve<'a>(
        &'a self,
        call: &'a Purpose,
        provider: &'a Provider,
        most: u64,
    ) -> BoxFuture<'a, Result<Hold, Overdrawn>>;

    /// Exactly once for each hold, also from `Drop` when the caller has gone: never blocks. The attempt may have cost more
    /// than was put aside, if the provider counts otherwise.
    fn settle(&self, hold: Hold, attempt: &Attempt);
}

/// What a call is for: pairs of a kind of scope and a name, such as `("key", "mobile-app")`. Nothing is read into them here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    pub scopes: Vec<(String, String)>,
}

/// Money put aside for one attempt. It cannot be copied, so that it is settled once.
#[derive(Debug, PartialEq, Eq)]
pub struct Hold {
    /// Means something to its meter only.
    pub id: u64,
    /// In micro-dollars.
    pub amount: u64,
}

/// The money is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the budget of {scope} is used up")]
pub struct Overdrawn {
    /// Which budget, for people.
    pub scope: String,
    /// When there is money again; `None` when somebody has to act.
    pub resets_at: Option<Timestamp>,
}

/// Allows everything and remembers nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn reserve<'a>(&'a self, _: &'a Purpose, _: &'a Provider, most: u64) -> BoxFuture<'a, Result<Hold, Overdrawn>> {
        Box::pin(std::future::ready(Ok(Hold { id: 0, amount: most })))
    }

    fn settle(&self, _: Hold, _: &Attempt) {}
}

impl Purpose {
    /// With one more pair.
    #[must_use]
    pub fn with(mut self, kind: impl Into<String>, name: impl Into<String>) -> Self {
        self.scopes.push((kind.into(), name.into()));
        self
    }
}
