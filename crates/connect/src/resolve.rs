//! Names to addresses, by the system or by a test.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Looks a name up. Asked once per connection; the answer is what is checked and connected to.
pub trait Resolve: Send + Sync + 'static {
    fn resolve(&self, host: &str) -> Resolving;
}

/// The pending answer of a look-up.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The system's resolver, with its hosts file and search list.
#[derive(Debug)]
pub struct SystemResolver {
    /// A look-up that hangs holds a thread even after its caller gave up, so their number is bounded.
    slots: Arc<Semaphore>,
}

impl SystemResolver {
    pub fn new(parallel_max: usize) -> Self {
        SystemResolver { slots: Arc::new(Semaphore::new(parallel_max)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let (slots, host) = (Arc::clone(&self.slots), host.to_owned());
        Box::pin(async move {
            let slot = slots.acquire_owned().await.map_err(io::Error::other)?;
            let lookup = tokio::task::spawn_blocking(move || {
                let _slot = slot;
                (host.as_str(), 0).to_socket_addrs().map(|found| found.map(|a| a.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}
