//! Whoever makes the calls of a router: the client; in tests a script, where time must not pass.

use std::fmt::Debug;
use std::sync::atomic::AtomicBool;

use futures_util::future::BoxFuture;

use crate::client::{Client, Opened, Request};
use crate::error::Error;

pub(super) trait Transport: Send + Sync + Debug {
    /// The head of the answer, its body to come. `sent` is set as soon as the question may be on its way.
    fn open<'a>(&'a self, request: Request, sent: &'a AtomicBool) -> BoxFuture<'a, Result<Opened, Error>>;
}

impl Transport for Client {
    fn open<'a>(&'a self, request: Request, sent: &'a AtomicBool) -> BoxFuture<'a, Result<Opened, Error>> {
        Client::open(self, request, sent)
    }
}
