//! Which kinds and jobs are followed by somebody here: only of those are messages made, here and elsewhere.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use queue::JobId;

use super::ring::{Hub, Reading};
use super::wish::Wish;
use crate::App;

/// What nobody follows any more is followed for this long, so that who comes back has missed nothing.
const LINGER: Duration = Duration::from_secs(60);
/// Names that linger.
const LINGERING_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub struct Interests {
    kinds: HashMap<String, Interest>,
    jobs: HashMap<JobId, Interest>,
    /// Clients that want counts.
    counters: usize,
    /// Clients that watch the traffic.
    watchers: usize,
    /// The signals of the queue are listened to.
    is_subscribed: bool,
}

#[derive(Debug, Default)]
struct Interest {
    clients: usize,
    /// From this message on all is known.
    since: Option<u64>,
    left_at: Option<Instant>,
}

/// What a client follows; ends with it.
pub struct Followed {
    hub: Arc<Hub>,
    pub wish: Wish,
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.hub.lock().interests.leave(&self.wish, Instant::now());
    }
}

/// Begins to follow what `wish` names, and to read behind its position: once the others know what is wanted.
pub async fn begin(app: &App, wish: &Wish) -> (Followed, Reading) {
    let followed = follow(app, wish).await;
    let reading = app.live.read(wish.last.as_deref(), wish);
    if wish.wants_counts() {
        app.live.counts_due.notify_one();
    }
    (followed, reading)
}

/// Follows what `wish` names, in all processes when this returns.
pub async fn follow(app: &App, wish: &Wish) -> Followed {
    {
        let mut state = app.live.lock();
        if state.interests.join(wish) {
            // An error means that the process ends.
            let _ = app.live.subscribe.send(app.desk.queue.watch());
        }
    }
    let followed = Followed { hub: Arc::clone(&app.live), wish: wish.clone() };
    if wish.wants_traffic() {
        app.live.traffic_due.notify_one();
    }
    tell_others(app).await;
    followed
}

/// Says to the other processes what is followed here; completes when they know.
pub fn tell_others(app: &App) -> impl Future<Output = ()> + Send + use<> {
    let _turn = app.live.turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (counts, kinds, jobs) = app.live.lock().interests.all();
    app.desk.queue.follow(counts, kinds, jobs)
}

impl Interests {
    /// `true` if the queue has to be listened to from now on.
    pub fn join(&mut self, wish: &Wish) -> bool {
        wish.kinds.iter().for_each(|kind| enter(&mut self.kinds, kind));
        wish.jobs.iter().for_each(|job| enter(&mut self.jobs, job));
        self.counters += usize::from(wish.wants_counts());
        self.watchers += usize::from(wish.wants_traffic());
        (wish.names_jobs() || wish.wants_counts()) && !std::mem::replace(&mut self.is_subscribed, true)
    }

    pub fn leave(&mut self, wish: &Wish, now: Instant) {
        wish.kinds.iter().for_each(|kind| exit(&mut self.kinds, kind, now));
        wish.jobs.iter().for_each(|job| exit(&mut self.jobs, job, now));
        self.counters -= usize::from(wish.wants_counts());
        self.watchers -= usize::from(wish.wants_traffic());
        if self.kinds.len() + self.jobs.len() > LINGERING_MAX {
            self.prune(now + LINGER);
        }
    }

    /// The number from which on everything is known of what `wish` names; of what is new, from `seq` on.
    pub fn since(&mut self, wish: &Wish, seq: u64) -> u64 {
        let mut known = |interest: &mut Interest| *interest.since.get_or_insert(seq);
        let mut newest = 0;
        for kind in &wish.kinds {
            newest = newest.max(self.kinds.get_mut(kind).map_or(seq, &mut known));
        }
        for job in &wish.jobs {
            newest = newest.max(self.jobs.get_mut(job).map_or(seq, &mut known));
        }
        newest
    }

    pub fn includes(&self, id: JobId, kind: &str) -> bool {
        self.kinds.contains_key(kind) || self.jobs.contains_key(&id)
    }

    pub fn has_counters(&self) -> bool {
        self.counters > 0
    }

    pub fn has_watchers(&self) -> bool {
        self.watchers > 0
    }

    /// Forgets what nobody has followed for a while.
    pub fn prune(&mut self, now: Instant) {
        let is_followed = |interest: &Interest| interest.left_at.is_none_or(|at| now.duration_since(at) < LINGER);
        self.kinds.retain(|_, interest| is_followed(interest));
        self.jobs.retain(|_, interest| is_followed(interest));
    }

    /// Whether nobody needs the queue's signals any more: whoever joins next has it listened to anew.
    pub fn unsubscribe(&mut self) -> bool {
        self.is_subscribed &= self.counters > 0 || !self.kinds.is_empty() || !self.jobs.is_empty();
        !self.is_subscribed
    }

    fn all(&self) -> (bool, BTreeSet<String>, BTreeSet<JobId>) {
        (self.counters > 0, self.kinds.keys().cloned().collect(), self.jobs.keys().copied().collect())
    }
}

fn enter<K: Hash + Eq + Clone>(interests: &mut HashMap<K, Interest>, name: &K) {
    let interest = interests.entry(name.clone()).or_default();
    interest.clients += 1;
    interest.left_at = None;
}

fn exit<K: Hash + Eq>(interests: &mut HashMap<K, Interest>, name: &K, now: Instant) {
    if let Some(interest) = interests.get_mut(name) {
        interest.clients -= 1;
        interest.left_at = (interest.clients == 0).then_some(now);
    }
}
