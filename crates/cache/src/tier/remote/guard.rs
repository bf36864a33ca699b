//! The server behind time limits, a breaker and a queue of writes: it may be slow, full or gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stdx::task::{Stop, Tasks};
use stdx::{Breaker, Clock, Rng, Timestamp};

use super::queue::{Op, Queue};
use super::{Doing, Remote};
use crate::error::TierError;
use crate::stats::{TierCounts, TierStats};
use crate::tier::Name;

/// Failures in a row until it is left alone, and for how long.
const FAILURES_MAX: u32 = 4;
const REST: Duration = Duration::from_secs(2);
/// Writes on their way at a time.
const WRITES_AT_ONCE: usize = 32;
/// Layout of what is stored; another one has other names.
const LAYOUT: u32 = 1;

pub(crate) struct Distant {
    remote: Arc<dyn Remote>,
    breaker: Breaker,
    timeout: Duration,
    prefix: String,
    clock: Clock,
    rng: Rng,
    counts: TierCounts,
    queue: Queue,
}

/// Whether this process is the one that loads.
pub(crate) enum Lock {
    Ours(u64),
    Theirs,
    /// Nobody can say.
    Unknown,
}

impl Distant {
    pub fn start(
        remote: Arc<dyn Remote>,
        prefix: &str,
        timeout: Duration,
        queue_bytes: u64,
        clock: Clock,
        tasks: &Tasks,
    ) -> Arc<Self> {
        let distant = Arc::new(Distant {
            remote,
            breaker: Breaker::new(FAILURES_MAX, REST),
            timeout,
            prefix: prefix.to_owned(),
            clock,
            rng: Rng::from_os(),
            counts: TierCounts::new("remote"),
            queue: Queue::new(queue_bytes),
        });
        tasks.spawn(Arc::clone(&distant).write(tasks.stop()));
        distant
    }

    /// What is stored under `names`, in their order; nothing when the server cannot say.
    pub async fn get(&self, names: &[Name]) -> Vec<Option<Vec<u8>>> {
        let names: Vec<String> = names.iter().map(|name| self.name(name)).collect();
        match self.call(self.remote.get(&names)).await {
            Ok(found) if found.len() == names.len() => found,
            _ => vec![None; names.len()],
        }
    }

    /// Whether a frame that was got could be used.
    pub fn count(&self, used: bool) {
        if used { self.counts.hits.inc() } else { self.counts.misses.inc() }
    }

    pub async fn lock(&self, name: &Name, ttl: Duration) -> Lock {
        let token = self.rng.next_u64();
        match self.call(self.remote.lock(&self.lock_name(name), token, ttl)).await {
            Ok(true) => Lock::Ours(token),
            Ok(false) => Lock::Theirs,
            Err(error) => {
                // A server that is only slow may still give it, and everybody would wait for one who does not know.
                if matches!(error, TierError::Timeout) {
                    self.push(self.lock_name(name), Op::Unlock(token));
                }
                Lock::Unknown
            }
        }
    }

    /// A lock that cannot be freed frees itself.
    pub async fn unlock(&self, name: &Name, token: u64) {
        let _ = self.call(self.remote.unlock(&self.lock_name(name), token)).await;
    }

    /// Writes before it returns, since others wait for it; later, if the server is not there.
    pub async fn write_now(&self, name: &Name, frame: &Arc<[u8]>, until: Timestamp) {
        let ttl = until.since(self.clock.now());
        let name = self.name(name);
        match self.call(self.remote.set(&name, frame, ttl)).await {
            Ok(()) => self.counts.writes.inc(),
            Err(_) => self.push(name, Op::Set(Arc::clone(frame), until)),
        }
    }

    pub fn write_soon(&self, name: &Name, frame: Arc<[u8]>, until: Timestamp) {
        self.push(self.name(name), Op::Set(frame, until));
    }

    pub fn remove_soon(&self, name: &Name) {
        self.push(self.name(name), Op::Delete);
    }

    pub fn stats(&self) -> TierStats {
        self.counts.read(0, 0)
    }

    fn push(&self, name: String, op: Op) {
        (0..self.queue.push(name, op)).for_each(|_| self.counts.dropped.inc());
    }

    fn name(&self, name: &Name) -> String {
        format!("{}:{LAYOUT}:{:032x}", self.prefix, name.hash)
    }

    /// In the same slot of a cluster as the value.
    fn lock_name(&self, name: &Name) -> String {
        format!("{}:{LAYOUT}:{:032x}:lock", self.prefix, name.hash)
    }

    async fn call<T>(&self, doing: Doing<'_, T>) -> Result<T, TierError> {
        self.breaker.permits(self.clock.now()).map_err(|_| TierError::Resting)?;
        let began = Instant::now();
        let result = tokio::time::timeout(self.timeout, doing).await.unwrap_or(Err(TierError::Timeout));
        self.counts.took(began.elapsed());
        match &result {
            Ok(_) => self.breaker.succeeded(),
            // It is full, or the value too long; it still answers questions.
            Err(TierError::Refused(_)) => {
                self.counts.errors.inc();
                self.breaker.succeeded();
            }
            Err(error) => {
                self.counts.errors.inc();
                tracing::debug!(error = error as &dyn std::error::Error, "the cache server did not answer");
                self.breaker.failed(self.clock.now());
            }
        }
        result
    }

    /// Writes what waits; what fails waits again, unless something newer came.
    async fn write(self: Arc<Self>, mut stop: Stop) {
        loop {
            let batch = tokio::select! {
                batch = self.queue.take(WRITES_AT_ONCE) => batch,
                () = stop.wait() => return self.farewell().await,
            };
            if self.write_all(batch).await {
                continue;
            }
            if !stop.sleep(Duration::from_millis(100)).await {
                return self.farewell().await;
            }
        }
    }

    async fn farewell(&self) {
        while let Some(batch) = self.queue.try_take(WRITES_AT_ONCE) {
            if !self.write_all(batch).await {
                return;
            }
        }
    }

    async fn write_all(&self, batch: Vec<(String, Op)>) -> bool {
        let now = self.clock.now();
        let writes = batch.into_iter().map(async |(name, op)| {
            let result = match &op {
                Op::Set(_, until) if *until <= now => return true,
                Op::Set(frame, until) => self.call(self.remote.set(&name, frame, until.since(now))).await,
                Op::Delete => self.call(self.remote.delete(&name)).await,
                Op::Unlock(token) => self.call(self.remote.unlock(&name, *token)).await,
            };
            match result {
                Ok(()) => {
                    self.counts.writes.inc();
                    true
                }
                // It answered, and will answer the same again.
                Err(TierError::Refused(_)) => {
                    self.counts.dropped.inc();
                    true
                }
                Err(_) => {
                    (0..self.queue.put_back(name, op)).for_each(|_| self.counts.dropped.inc());
                    false
                }
            }
        });
        futures_util::future::join_all(writes).await.into_iter().all(|ok| ok)
    }
}
