//! Loads that nobody waits for: ahead of a wish, or to be warm.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use super::{Gone, Loader, Looked, Made, Shared, Space};
use crate::NoValue;

/// A space that can load by itself.
pub(crate) trait Warm: Send + Sync {
    fn is_fresh(&self, key: &str) -> bool;
    /// Whether there is a fresh value afterwards.
    fn warm(&self, key: String) -> Pin<Box<dyn Future<Output = bool> + Send>>;
}

impl<V: Clone + Send + Sync + 'static> Space<V> {
    /// How the space loads a key that nobody waits for: ahead of a wish, or to be warm. Only the first call counts.
    pub fn loader<F, Fut, E>(&self, load: F)
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Made<V>, E>> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        let load: Loader<V> = Box::new(move |key| {
            let made = load(key);
            Box::pin(async move { made.await.map_err(|error| Arc::new(error) as Gone) })
        });
        if self.0.loader.set(load).is_ok() {
            let warm: Arc<dyn Warm> = Arc::new(Warmer(Arc::downgrade(&self.0)));
            // The space keeps its warmer alive, the cache only knows of it.
            self.0.cache.register_warm(self.0.part.id, Arc::downgrade(&warm));
            self.0.cache.prefetch.keep(warm);
        }
    }

    /// Whether there is a fresh value in memory; asking is no reading.
    pub fn is_fresh(&self, key: &str) -> bool {
        matches!(self.0.look(key), Looked::Fresh(_) | Looked::Early(..))
    }

    /// Loads what is not there of `keys` by the space's loader, at most `at_once` at a time; how many are fresh then.
    pub async fn warm(&self, keys: impl IntoIterator<Item = String>, at_once: usize) -> usize {
        use futures_util::StreamExt;
        let warmer = Warmer(Arc::downgrade(&self.0));
        let loads = futures_util::stream::iter(keys).map(|key| warmer.warm(key));
        loads.buffer_unordered(at_once.max(1)).filter(|ok| std::future::ready(*ok)).count().await
    }
}

struct Warmer<V>(Weak<Shared<V>>);

impl<V: Clone + Send + Sync + 'static> Warm for Warmer<V> {
    fn is_fresh(&self, key: &str) -> bool {
        self.0.upgrade().is_none_or(|space| matches!(space.look(key), Looked::Fresh(_) | Looked::Early(..)))
    }

    fn warm(&self, key: String) -> Pin<Box<dyn Future<Output = bool> + Send>> {
        let Some(space) = self.0.upgrade() else { return Box::pin(std::future::ready(false)) };
        Box::pin(async move {
            let old = match space.look(&key) {
                Looked::Fresh(_) | Looked::Early(..) => return true,
                Looked::Old(_, _, entry) => Some(entry),
                Looked::Failed(_) | Looked::Nothing => None,
            };
            let loader = Arc::clone(&space);
            let asked = key.clone();
            let load = move || {
                let made = loader.loader.get().map(|load| load(asked));
                async move {
                    match made {
                        Some(made) => made.await,
                        None => Err(Arc::new(NoValue::Abandoned) as Gone),
                    }
                }
            };
            space.arrive(space.board(&key, &[]), old.as_ref(), load).await.is_ok()
        })
    }
}
