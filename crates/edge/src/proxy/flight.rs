//! Collapsed forwarding: of many requests for one address, one goes to the origin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Flights under way by key. `T` is what a flight brings to those that wait for it.
#[derive(Debug)]
pub struct Flights<T>(Arc<Map<T>>);

type Map<T> = Mutex<HashMap<String, watch::Receiver<Option<T>>>>;

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Flights(Arc::default())
    }
}

/// A request's part in a flight.
pub enum Part<T: Clone> {
    /// It goes to the origin.
    Lead(Lead<T>),
    /// It waits for what the leader brings.
    Follow(Follow<T>),
}

impl<T: Clone> Flights<T> {
    pub fn join(&self, key: &str) -> Part<T> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = flights.get(key) {
            return Part::Follow(Follow(known.clone()));
        }
        let (landing, waiting) = watch::channel(None);
        flights.insert(key.to_owned(), waiting);
        Part::Lead(Lead { flights: Arc::clone(&self.0), key: key.to_owned(), landing })
    }
}

/// Ends the flight when it is dropped.
pub struct Lead<T: Clone> {
    flights: Arc<Map<T>>,
    key: String,
    landing: watch::Sender<Option<T>>,
}

impl<T: Clone> Lead<T> {
    pub fn land(self, result: T) {
        self.landing.send_replace(Some(result));
    }
}

impl<T: Clone> Drop for Lead<T> {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

pub struct Follow<T>(watch::Receiver<Option<T>>);

impl<T: Clone> Follow<T> {
    /// What the leader brought; `None` when it gave up.
    pub async fn landed(mut self) -> Option<T> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_leads_and_the_others_learn() {
        let flights = Flights::<u32>::default();
        let Part::Lead(lead) = flights.join("a") else { panic!("nobody else is there") };
        let Part::Follow(first) = flights.join("a") else { panic!("one leads already") };
        let Part::Follow(second) = flights.join("a") else { panic!("one leads already") };
        assert!(matches!(flights.join("b"), Part::Lead(_)));
        lead.land(7);
        assert_eq!((first.landed().await, second.landed().await), (Some(7), Some(7)));
        let Part::Lead(lead) = flights.join("a") else { panic!("the flight has ended") };
        let Part::Follow(left) = flights.join("a") else { panic!("one leads already") };
        drop(lead);
        assert_eq!(left.landed().await, None);
    }
}
