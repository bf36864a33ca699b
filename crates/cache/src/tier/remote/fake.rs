//! A server in memory that can be slow, full, gone or cut off.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use stdx::{Clock, Rng, Timestamp};

use super::*;

pub struct Fake {
    clock: Clock,
    at: Mutex<HashMap<String, (Vec<u8>, Timestamp)>>,
    pub gone: AtomicBool,
    pub full: AtomicBool,
    pub silent: AtomicBool,
    pub calls: AtomicU64,
    /// How often a call lets others run before it is done, at most.
    pub dawdle: AtomicU64,
    rng: Rng,
}

impl Fake {
    pub fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Fake {
            clock,
            at: Mutex::default(),
            gone: AtomicBool::new(false),
            full: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            dawdle: AtomicU64::new(0),
            rng: Rng::seeded(5),
        })
    }

    pub fn len(&self) -> usize {
        self.at.lock().unwrap().len()
    }

    /// Changes what is stored, as a broken server might.
    pub fn spoil(&self, spoil: impl Fn(&mut Vec<u8>)) {
        self.at.lock().unwrap().values_mut().for_each(|(bytes, _)| spoil(bytes));
    }

    async fn answer(&self) -> Result<(), TierError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        for _ in 0..self.rng.below(self.dawdle.load(Ordering::SeqCst) + 1) {
            tokio::task::yield_now().await;
        }
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.gone.load(Ordering::SeqCst) {
            return Err(TierError::Remote(Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))));
        }
        Ok(())
    }

    fn alive(&self, name: &str) -> Option<Vec<u8>> {
        let at = self.at.lock().unwrap();
        at.get(name).filter(|(_, until)| *until > self.clock.now()).map(|(bytes, _)| bytes.clone())
    }
}

impl Remote for Fake {
    fn get<'a>(&'a self, names: &'a [String]) -> Doing<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(async move {
            self.answer().await?;
            Ok(names.iter().map(|name| self.alive(name)).collect())
        })
    }

    fn set<'a>(&'a self, name: &'a str, bytes: &'a [u8], ttl: Duration) -> Doing<'a, ()> {
        Box::pin(async move {
            self.answer().await?;
            if self.full.load(Ordering::SeqCst) {
                return Err(TierError::Refused("OOM command not allowed".into()));
            }
            self.at.lock().unwrap().insert(name.to_owned(), (bytes.to_vec(), self.clock.now() + ttl));
            Ok(())
        })
    }

    fn delete<'a>(&'a self, name: &'a str) -> Doing<'a, ()> {
        Box::pin(async move {
            self.answer().await?;
            self.at.lock().unwrap().remove(name);
            Ok(())
        })
    }

    fn lock<'a>(&'a self, name: &'a str, token: u64, ttl: Duration) -> Doing<'a, bool> {
        Box::pin(async move {
            self.answer().await?;
            let (now, mut at) = (self.clock.now(), self.at.lock().unwrap());
            let free = at.get(name).is_none_or(|(_, until)| *until <= now);
            if free {
                at.insert(name.to_owned(), (token.to_le_bytes().to_vec(), now + ttl));
            }
            Ok(free)
        })
    }

    fn unlock<'a>(&'a self, name: &'a str, token: u64) -> Doing<'a, ()> {
        Box::pin(async move {
            self.answer().await?;
            self.at.lock().unwrap().retain(|at, (bytes, _)| at != name || *bytes != token.to_le_bytes());
            Ok(())
        })
    }
}
