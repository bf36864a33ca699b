//! A cache server that all processes share.

pub(crate) mod guard;
mod memcached;
mod queue;
mod redis;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::error::TierError;

/// The longest wait for a connection.
pub(crate) const CONNECT_MAX: Duration = Duration::from_secs(5);

/// What a call to the server will give.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, TierError>> + Send + 'a>>;

/// A server that keeps bytes under names for a while. Names are short and plain.
pub trait Remote: Send + Sync {
    /// In the order of `names`.
    fn get<'a>(&'a self, names: &'a [String]) -> Doing<'a, Vec<Option<Vec<u8>>>>;
    fn set<'a>(&'a self, name: &'a str, bytes: &'a [u8], ttl: Duration) -> Doing<'a, ()>;
    fn delete<'a>(&'a self, name: &'a str) -> Doing<'a, ()>;
    /// Whether the lock was free and is now held under `token`, until `ttl` is over.
    fn lock<'a>(&'a self, name: &'a str, token: u64, ttl: Duration) -> Doing<'a, bool>;
    /// Frees the lock if it is still held under `token`.
    fn unlock<'a>(&'a self, name: &'a str, token: u64) -> Doing<'a, ()>;
}

/// Where such servers are.
pub(crate) enum Address {
    Redis(redis::Place),
    Memcached(Vec<String>),
}

impl Address {
    /// # Errors
    /// What the address should look like.
    pub fn parse(url: &str) -> Result<Address, String> {
        match url.split_once("://") {
            Some(("memcached", hosts)) => memcached::servers(hosts).map(Address::Memcached),
            Some(_) => redis::Place::parse(url).map(Address::Redis),
            None => Err("must begin with redis://, redis+sentinel://, redis+cluster:// or memcached://".to_owned()),
        }
    }

    /// Connects when it is first asked.
    pub fn open(self) -> Arc<dyn Remote> {
        match self {
            Address::Redis(place) => Arc::new(redis::Redis::new(place)),
            Address::Memcached(servers) => Arc::new(memcached::Memcached::new(servers)),
        }
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
pub(crate) mod proxy;
#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;
