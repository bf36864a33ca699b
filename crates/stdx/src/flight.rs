//! One computation for many callers that ask for the same key at the same time.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Callers that meet on a key share one result; the key is forgotten when the last has it.
#[derive(Debug)]
pub struct SingleFlight<K, V> {
    flights: Mutex<HashMap<K, Arc<OnceCell<V>>>>,
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        SingleFlight { flights: Mutex::new(HashMap::new()) }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> SingleFlight<K, V> {
    /// Runs `load` unless somebody already does for `key`. A caller that goes away while loading
    /// leaves the work to the next one.
    pub async fn run<F, Fut>(&self, key: K, load: F) -> V
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = V>,
    {
        let cell = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flights.entry(key.clone()).or_default())
        };
        let value = cell.get_or_init(load).await.clone();
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(&key).is_some_and(|there| Arc::ptr_eq(there, &cell)) {
            flights.remove(&key);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn many_callers_one_load() {
        let flight = Arc::new(SingleFlight::<u8, u32>::default());
        let loads = Arc::new(AtomicU32::new(0));
        let calls = (0..100).map(|_| {
            let (flight, loads) = (Arc::clone(&flight), Arc::clone(&loads));
            async move {
                flight
                    .run(1, || async {
                        tokio::task::yield_now().await;
                        loads.fetch_add(1, Ordering::SeqCst) + 1
                    })
                    .await
            }
        });
        let values = futures_util::future::join_all(calls).await;
        assert!(values.iter().all(|v| *v == 1));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}
