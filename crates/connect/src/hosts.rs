//! Politeness: each host gets few requests at a time and a pause between them.
//!
//! A host is a name or an address without its port, since the ports of a machine share its strength.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stdx::metric::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::settings::Settings;

pub static LANES: Gauge = Gauge::new();

const LANES_MAX: usize = 10_000;

/// The lanes of all hosts. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub struct Hosts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parallel_max: usize,
    delay: Duration,
    lanes_max: usize,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
    /// Shared by the hosts that found the map full of busy ones: slow, but bounded and polite.
    overflow: Arc<Lane>,
}

#[derive(Debug)]
struct Lane {
    slots: Arc<Semaphore>,
    /// When the next request may start.
    next: Mutex<Instant>,
}

/// The right to make one request to a host; dropping it lets the next one in.
#[derive(Debug)]
pub struct Permit {
    _slot: OwnedSemaphorePermit,
    _lane: Arc<Lane>,
}

impl Hosts {
    pub fn new(settings: &Settings) -> Self {
        Hosts::with(settings.host_parallel_max, Duration::from_millis(settings.host_delay_ms), LANES_MAX)
    }

    fn with(parallel_max: usize, delay: Duration, lanes_max: usize) -> Self {
        let overflow = Arc::new(Lane::new(parallel_max));
        Hosts(Arc::new(Inner { parallel_max, delay, lanes_max, lanes: Mutex::default(), overflow }))
    }

    /// The time between two turns at a host.
    pub fn delay(&self) -> Duration {
        self.0.delay
    }

    /// Waits for a turn at the host of `url`. Whoever came first goes first.
    pub async fn enter(&self, url: &Url) -> Permit {
        let lane = self.lane(url);
        let slot = Arc::clone(&lane.slots).acquire_owned().await.expect("the semaphore of a lane is never closed");
        // Looked at again after each sleep: the lane may have been pushed back meanwhile.
        while let Err(at) = lane.start(self.0.delay) {
            sleep_until(at).await;
        }
        Permit { _slot: slot, _lane: lane }
    }

    /// A turn now, or how long to wait before asking again.
    pub fn try_enter(&self, url: &Url) -> Result<Permit, Duration> {
        let lane = self.lane(url);
        let Ok(slot) = Arc::clone(&lane.slots).try_acquire_owned() else {
            return Err(lane.wait().max(self.0.delay));
        };
        match lane.start(self.0.delay) {
            Ok(()) => Ok(Permit { _slot: slot, _lane: lane }),
            Err(at) => Err(at.saturating_duration_since(Instant::now())),
        }
    }

    /// Keeps everybody away from the host of `url` for `wait`, as its 429 or 503 asked.
    pub fn push_back(&self, url: &Url, wait: Duration) {
        let lane = self.lane(url);
        let mut next = lane.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now().checked_add(wait).unwrap_or(*next);
        *next = until.max(*next);
    }

    /// Lets time pass for every host, as a clock does that is moved by hand: whoever waits has to wait so much less.
    pub fn advance(&self, by: Duration) {
        for lane in self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let mut next = lane.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next = next.checked_sub(by).unwrap_or_else(Instant::now);
        }
    }

    fn lane(&self, url: &Url) -> Arc<Lane> {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(host) {
            return Arc::clone(lane);
        }
        if lanes.len() >= self.0.lanes_max {
            let now = Instant::now();
            lanes.retain(|_, lane| !lane.is_idle(now));
        }
        if lanes.len() >= self.0.lanes_max {
            return Arc::clone(&self.0.overflow);
        }
        let lane = Arc::new(Lane::new(self.0.parallel_max));
        lanes.insert(host.to_owned(), Arc::clone(&lane));
        LANES.set(i64::try_from(lanes.len()).unwrap_or(i64::MAX));
        lane
    }
}

impl Lane {
    fn new(parallel_max: usize) -> Self {
        Lane { slots: Arc::new(Semaphore::new(parallel_max.max(1))), next: Mutex::new(Instant::now()) }
    }

    /// Takes the next start, or says when there is one.
    fn start(&self, delay: Duration) -> Result<(), Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if *next > now {
            return Err(*next);
        }
        *next = now + delay;
        Ok(())
    }

    fn wait(&self) -> Duration {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).saturating_duration_since(Instant::now())
    }

    /// Nobody holds it and nothing about it is worth remembering.
    fn is_idle(self: &Arc<Self>, now: Instant) -> bool {
        Arc::strong_count(self) == 1 && *self.next.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn two_at_a_time_and_a_second_between() {
        let (hosts, start) = (Hosts::with(2, SECOND, 100), Instant::now());
        let a = hosts.enter(&url("http://A.example/1")).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        let _b = hosts.enter(&url("https://a.example./2")).await;
        assert!(start.elapsed() >= SECOND);
        assert!(hosts.try_enter(&url("http://a.example:8080/3")).is_err(), "the port does not matter");
        let third = tokio::time::timeout(SECOND * 60, hosts.enter(&url("http://a.example/3"))).await;
        assert!(third.is_err(), "two are under way");
        assert!(hosts.try_enter(&url("http://b.example/")).is_ok(), "other hosts do not wait");
        drop(a);
        assert!(hosts.try_enter(&url("http://a.example/3")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_moved_by_hand_takes_the_hosts_along() {
        let (hosts, a) = (Hosts::with(2, SECOND, 100), url("http://a.example/"));
        hosts.push_back(&a, SECOND * 3_600);
        hosts.advance(SECOND * 3_599);
        assert_eq!(hosts.try_enter(&a).err(), Some(SECOND));
        hosts.advance(SECOND);
        assert!(hosts.try_enter(&a).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_can_be_pushed_back_while_others_wait_for_it() {
        let (hosts, start, a) = (Hosts::with(2, SECOND, 100), Instant::now(), url("http://a.example/"));
        drop(hosts.enter(&a).await);
        let waiting = hosts.enter(&a);
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(SECOND / 2, &mut waiting).await.is_err());
        hosts.push_back(&a, SECOND * 30);
        hosts.push_back(&a, SECOND);
        assert!(hosts.try_enter(&a).unwrap_err() > SECOND * 29);
        waiting.await;
        assert!(start.elapsed() >= SECOND * 30);
        hosts.push_back(&a, Duration::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn the_map_keeps_its_bound() {
        let hosts = Hosts::with(1, SECOND, 10);
        let held = hosts.enter(&url("http://held.example/")).await;
        for i in 0..1_000 {
            drop(hosts.enter(&url(&format!("http://h{i}.example/"))).await);
            assert!(hosts.0.lanes.lock().unwrap().len() <= 10);
        }
        assert!(hosts.try_enter(&url("http://held.example/")).is_err(), "a busy lane is never forgotten");
        drop(held);
    }
}
