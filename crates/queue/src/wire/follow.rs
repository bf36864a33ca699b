//! Who wants to hear of which jobs. A process tells single jobs to the others only if one of them has asked for
//! them: a busy queue would fill the bus otherwise.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Inner;
use crate::view::Signal;
use crate::{JobId, Place, Queue};

pub(super) const WANTS: &str = "queue.wants";
pub(super) const WANTS_KNOWN: &str = "queue.wants.known";
/// How long is waited for the others to know what is wanted.
pub(super) const CONFIRM_MAX: Duration = Duration::from_millis(250);
/// A process that has not said what it wants for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(35);
/// Processes that are remembered.
const PEERS_MAX: usize = 600;
/// Names that fit into a message; who wants more hears everything.
const NAMES_BYTES_MAX: usize = 6_000;

/// What a process wants to hear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wants {
    /// That counts have changed.
    #[serde(default)]
    pub counts: bool,
    /// Every job.
    #[serde(default)]
    pub all: bool,
    #[serde(default)]
    pub kinds: BTreeSet<String>,
    #[serde(default)]
    pub jobs: BTreeSet<JobId>,
}

/// What a process says to the others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Word {
    /// Grows with every change of its wants.
    pub version: u64,
    /// The others are to say theirs too.
    #[serde(default)]
    pub asks: bool,
    /// It leaves.
    #[serde(default)]
    pub leaves: bool,
    #[serde(flatten)]
    pub wants: Wants,
}

#[derive(Debug, Default)]
pub(super) struct Company {
    own: Wants,
    version: u64,
    peers: HashMap<u64, Peer>,
}

#[derive(Debug)]
struct Peer {
    wants: Wants,
    /// The version of our wants that it knows.
    knows: u64,
    heard_at: Instant,
}

impl Queue {
    /// Has the other processes tell of these kinds and jobs, and of changed counts, instead of what was asked
    /// before: it then comes through [`Queue::watch`], [`Queue::stirs`] and [`Queue::losses`]. Takes effect at
    /// once; completes when the others know, or after a quarter of a second.
    pub fn follow(
        &self,
        counts: bool,
        kinds: BTreeSet<String>,
        jobs: BTreeSet<JobId>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let wire = self.0.wire.get().map(|wire| Arc::clone(&wire.0));
        let version = wire.as_ref().map(|wire| wire.want(Wants::new(counts, kinds, jobs))).unwrap_or_default();
        async move {
            if let Some(wire) = wire.filter(|wire| wire.bus.is_connected()) {
                // Who does not answer is in trouble or gone.
                let _ = tokio::time::timeout(CONFIRM_MAX, wire.all_know(version)).await;
            }
        }
    }

    pub(crate) fn keep_company(&self, others: bool) {
        if let Some(wire) = self.0.wire.get()
            && !others
        {
            wire.0.company().clear();
            wire.0.note_company();
        }
    }
}

impl Inner {
    /// Whether the others are told of every job: while it is not known what they want, and by a command, which
    /// has little to say and does not wait to hear it.
    pub(super) fn tells_all(&self) -> bool {
        let knows = || !self.is_learning.load(Ordering::Relaxed) && self.bus.is_connected();
        self.place != Place::Alone && (self.place == Place::Command || !knows())
    }

    pub(super) fn is_wanted(&self, signal: &Signal) -> bool {
        self.tells_all() || self.has_followers.load(Ordering::Relaxed) && self.company().want_signal(signal)
    }

    /// The version that the others have to know.
    fn want(&self, wants: Wants) -> u64 {
        let mut company = self.company();
        let (version, is_new) = company.want(wants);
        if is_new {
            self.send(WANTS, &company.word(false, false));
        }
        version
    }

    async fn all_know(&self, version: u64) {
        loop {
            let confirmed = self.confirmed.notified();
            tokio::pin!(confirmed);
            // Before looking, so that a confirmation between the two is not missed.
            confirmed.as_mut().enable();
            if self.company().all_know(version, Instant::now()) {
                return;
            }
            confirmed.await;
        }
    }

    fn company(&self) -> MutexGuard<'_, Company> {
        self.company.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_company(&self) {
        let company = self.company();
        self.has_followers.store(company.want_any(), Ordering::Relaxed);
        self.has_counters.store(company.want_counts(), Ordering::Relaxed);
        drop(company);
        self.confirmed.notify_waiters();
    }

    pub(super) fn hear_wants(&self, from: u64, body: &str) {
        let Ok(word) = serde_json::from_str::<Word>(body) else { return };
        self.company().hear(from, &word, Instant::now());
        self.note_company();
        if word.leaves || self.place == Place::Command {
            return;
        }
        // From here on it is told.
        self.send(WANTS_KNOWN, &format!("{from:x} {}", word.version));
        if word.asks {
            self.send(WANTS, &self.company().word(false, false));
        }
    }

    pub(super) fn hear_known(&self, me: u64, from: u64, body: &str) {
        let read = || {
            let (of, version) = body.split_once(' ')?;
            Some((u64::from_str_radix(of, 16).ok()?, version.parse().ok()?))
        };
        if let Some((_, version)) = read().filter(|(of, _)| *of == me) {
            self.company().confirm(from, version);
            self.confirmed.notify_waiters();
        }
    }

    /// Says what this process wants. Commands want nothing and are not waited for.
    pub(super) fn say_wants(&self, asks: bool, leaves: bool) {
        if self.place != Place::Command {
            self.send(WANTS, &self.company().word(asks, leaves));
        }
    }
}

impl Wants {
    pub fn new(counts: bool, kinds: BTreeSet<String>, jobs: BTreeSet<JobId>) -> Wants {
        let bytes = kinds.iter().map(|kind| kind.len() + 3).sum::<usize>() + jobs.len() * 16;
        if bytes > NAMES_BYTES_MAX {
            return Wants { counts, all: true, ..Wants::default() };
        }
        Wants { counts, all: false, kinds, jobs }
    }

    pub fn includes(&self, signal: &Signal) -> bool {
        self.all || self.kinds.contains(&*signal.job) || self.jobs.contains(&signal.id)
    }

    pub fn names_jobs(&self) -> bool {
        self.all || !self.kinds.is_empty() || !self.jobs.is_empty()
    }
}

impl Company {
    /// Takes up what this process wants; the version, and whether it is new.
    pub fn want(&mut self, wants: Wants) -> (u64, bool) {
        let is_new = wants != self.own;
        if is_new {
            (self.own, self.version) = (wants, self.version + 1);
        }
        (self.version, is_new)
    }

    pub fn word(&self, asks: bool, leaves: bool) -> String {
        let word = Word { version: self.version, asks, leaves, wants: self.own.clone() };
        serde_json::to_string(&word).expect("plain data")
    }

    pub fn hear(&mut self, from: u64, word: &Word, now: Instant) {
        if word.leaves {
            self.peers.remove(&from);
            return;
        }
        let peer = Peer { wants: word.wants.clone(), knows: 0, heard_at: now };
        let known = self.peers.insert(from, peer).map_or(0, |before| before.knows);
        self.confirm(from, known);
        self.peers.retain(|_, peer| now.duration_since(peer.heard_at) < SILENCE_MAX);
        while self.peers.len() > PEERS_MAX {
            let oldest = self.peers.iter().min_by_key(|(_, peer)| peer.heard_at).map(|(from, _)| *from);
            self.peers.remove(&oldest.unwrap_or_default());
        }
    }

    /// `from` knows a version of our wants.
    pub fn confirm(&mut self, from: u64, version: u64) {
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.knows = peer.knows.max(version);
        }
    }

    /// Whether every process that is there knows what we want, in this version or a later one.
    pub fn all_know(&self, version: u64, now: Instant) -> bool {
        let is_there = |peer: &&Peer| now.duration_since(peer.heard_at) < SILENCE_MAX;
        self.peers.values().filter(is_there).all(|peer| peer.knows >= version)
    }

    pub fn want_any(&self) -> bool {
        self.peers.values().any(|peer| peer.wants.names_jobs())
    }

    pub fn want_counts(&self) -> bool {
        self.peers.values().any(|peer| peer.wants.counts)
    }

    pub fn want_signal(&self, signal: &Signal) -> bool {
        self.peers.values().any(|peer| peer.wants.includes(signal))
    }

    /// There is nobody else.
    pub fn clear(&mut self) {
        self.peers.clear();
    }
}
