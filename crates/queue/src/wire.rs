//! Messages between the processes of one queue: where work stands, what happens to jobs, whom to cancel.
//!
//! Heads, cancels and reloads only hasten: what is lost is found by a look at the tables. What happens to jobs
//! goes by a relay, which fills gaps or says that something is lost.

mod follow;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stdx::Timestamp;
use stdx::task::{Stop, Tasks};
use store::bus::{Bus, Message};
use store::relay::{Heard, LINE_BYTES_MAX, Relay};
use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, watch};
use tokio::time::MissedTickBehavior;

use crate::due::Pair;
use crate::view::{Signal, SignalKind};
use crate::{JobId, Place, Queue};
use follow::{Company, WANTS, WANTS_KNOWN};

const HEADS: &str = "queue.heads";
const SIGNALS: &str = "queue.signals";
const CANCEL: &str = "queue.cancel";
const RELOAD: &str = "queue.reload";
const STIR: &str = "queue.stir";
/// Heads are told at once, then at most this often.
const PAUSE: Duration = Duration::from_millis(10);
/// That counts have changed is told this long after a change.
const STIR_PAUSE: Duration = Duration::from_millis(50);
/// Characters of a result or an error that travel; the rest stands with the job.
const DETAIL_MAX: usize = 1_000;
/// How long the others have to say what they want; until then they are told everything.
const LEARNING: Duration = Duration::from_millis(500);
/// Wants are said again this often, as a sign of life.
const WANTS_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Wire(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    relay: Relay,
    tasks: Tasks,
    /// What follows a commit may be called from a thread that knows of none.
    runtime: Handle,
    place: Place,
    heads: Mutex<(BTreeMap<Pair, Timestamp>, bool)>,
    company: Mutex<Company>,
    /// Somebody has confirmed something.
    confirmed: Notify,
    /// What the others want is not known yet, or not any more.
    is_learning: AtomicBool,
    /// Somebody else follows single jobs; counts.
    has_followers: AtomicBool,
    has_counters: AtomicBool,
    is_stirred: AtomicBool,
    losses: watch::Sender<u64>,
    stirs: watch::Sender<u64>,
}

impl Queue {
    /// Speaks and listens to the other processes through `bus`, which was joined as [`Queue::epoch`], until
    /// `tasks` end. An SQLite folder has no others.
    pub fn connect(&self, bus: Bus, tasks: &Tasks) {
        // On SQLite hooks run on the writer's thread, where no task can be begun.
        if self.0.store.engine() == store::Engine::Sqlite || self.0.wire.get().is_some() {
            return;
        }
        let heard = bus.listen();
        let losses = watch::Sender::new(0);
        let (queue, lost) = (self.clone(), losses.clone());
        let relay = Relay::start(&bus, self.epoch(), SIGNALS, tasks, move |heard| match heard {
            // Anything may stand in a line: what cannot be read is ignored. An error means that nobody listens.
            Heard::Line(line) => drop(serde_json::from_str(line).map(|signal| queue.0.signals.send(signal))),
            Heard::Lost => lost.send_modify(|losses| *losses += 1),
        });
        let wire = Wire(Arc::new(Inner {
            bus,
            relay,
            tasks: tasks.clone(),
            runtime: Handle::current(),
            place: self.0.place,
            heads: Mutex::default(),
            company: Mutex::default(),
            confirmed: Notify::new(),
            is_learning: AtomicBool::new(true),
            has_followers: AtomicBool::new(false),
            has_counters: AtomicBool::new(false),
            is_stirred: AtomicBool::new(false),
            losses,
            stirs: watch::Sender::new(0),
        }));
        let inner = Arc::clone(&wire.0);
        if self.0.wire.set(wire).is_ok() {
            tasks.spawn(listen(self.clone(), inner, heard, tasks.stop()));
        }
    }

    /// A number that no other process has: the one to join the bus with.
    pub fn epoch(&self) -> u64 {
        self.0.epoch.to_i64().unsigned_abs()
    }

    /// Counts the times that signals of other processes were lost for good; `None` without others.
    pub fn losses(&self) -> Option<watch::Receiver<u64>> {
        self.0.wire.get().map(|wire| wire.0.losses.subscribe())
    }

    /// Counts the times that another process has changed counts, while [`Queue::follow`] asks for them.
    pub fn stirs(&self) -> Option<watch::Receiver<u64>> {
        self.0.wire.get().map(|wire| wire.0.stirs.subscribe())
    }

    /// Says at once to the others what is being collected.
    pub fn flush(&self) {
        if let Some(wire) = self.0.wire.get() {
            wire.0.say_heads();
            wire.0.relay.flush();
        }
    }

    /// Whether other processes are heard, so that looking for their work can be rare.
    pub(crate) fn hears(&self) -> bool {
        self.0.store.engine() == store::Engine::Sqlite
            || self.0.wire.get().is_some_and(|wire| wire.0.bus.is_connected())
    }
}

impl Wire {
    /// Whether anybody else may want to hear of anything.
    pub fn has_company(&self) -> bool {
        self.0.tells_all()
            || self.0.has_followers.load(Ordering::Relaxed)
            || self.0.has_counters.load(Ordering::Relaxed)
    }

    pub fn tell_heads(&self, heads: &BTreeMap<Pair, Timestamp>) {
        let is_first = {
            let mut waiting = self.0.heads.lock().unwrap_or_else(PoisonError::into_inner);
            for (pair, run_at) in heads {
                let head = waiting.0.entry(*pair).or_insert(*run_at);
                *head = (*head).min(*run_at);
            }
            !std::mem::replace(&mut waiting.1, true)
        };
        if is_first {
            let inner = Arc::clone(&self.0);
            let _runtime = self.0.runtime.enter();
            self.0.tasks.spawn(async move { inner.send_heads().await });
        }
    }

    pub fn tell_signal(&self, signal: &Signal) {
        if self.0.has_counters.load(Ordering::Relaxed)
            && signal.kind != SignalKind::Progress
            && !self.0.is_stirred.swap(true, Ordering::Relaxed)
        {
            let inner = Arc::clone(&self.0);
            let _runtime = self.0.runtime.enter();
            self.0.tasks.spawn(async move {
                tokio::time::sleep(STIR_PAUSE).await;
                inner.is_stirred.store(false, Ordering::Relaxed);
                inner.send(STIR, "");
            });
        }
        if self.0.is_wanted(signal)
            && let Some(line) = write_signal(signal)
        {
            self.0.relay.send(&line);
        }
    }

    /// Whoever runs the job ends it.
    pub fn tell_cancel(&self, id: JobId) {
        self.0.send(CANCEL, &id.to_string());
    }

    /// The settings of queues have changed.
    pub fn tell_reload(&self) {
        self.0.send(RELOAD, "");
    }
}

impl Inner {
    fn send(&self, topic: &str, body: &str) {
        if let Err(error) = self.bus.send(topic, body) {
            tracing::warn!(topic, error = &error as &dyn std::error::Error, "a message was not sent");
        }
    }

    async fn send_heads(&self) {
        while self.say_heads() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// `false` if there is nothing to be said.
    fn say_heads(&self) -> bool {
        let heads = {
            let mut waiting = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.0.is_empty() {
                waiting.1 = false;
                return false;
            }
            std::mem::take(&mut waiting.0)
        };
        let words: Vec<String> =
            heads.iter().map(|((queue, priority), at)| format!("{queue}.{priority}.{}", at.micros())).collect();
        for part in words.chunks(150) {
            self.send(HEADS, &part.join(" "));
        }
        true
    }
}

async fn listen(queue: Queue, wire: Arc<Inner>, mut heard: tokio::sync::broadcast::Receiver<Message>, mut stop: Stop) {
    let mut joined_at = Some(Instant::now());
    let mut told_at = Instant::now();
    let mut look = tokio::time::interval(LEARNING);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = heard.recv() => message,
            _ = look.tick() => {
                if joined_at.is_some_and(|at| at.elapsed() >= LEARNING) {
                    joined_at = None;
                    wire.is_learning.store(false, Ordering::Relaxed);
                }
                if told_at.elapsed() >= WANTS_EVERY {
                    told_at = Instant::now();
                    wire.say_wants(false, false);
                }
                continue;
            }
            () = stop.wait() => {
                wire.say_wants(false, true);
                return;
            }
        };
        match message {
            Ok(Message::Text { from, topic, body }) => hear(&queue, &wire, from, &topic, &body).await,
            // Something was missed: look for oneself, and ask.
            Ok(Message::Joined) | Err(RecvError::Lagged(_)) => {
                wire.is_learning.store(true, Ordering::Relaxed);
                joined_at = Some(Instant::now());
                wire.say_wants(true, false);
                queue.poke();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Anything may stand in a message: what cannot be read is ignored.
async fn hear(queue: &Queue, wire: &Inner, from: u64, topic: &str, body: &str) {
    match topic {
        HEADS => queue.hint(&body.split(' ').filter_map(read_head).collect()),
        CANCEL => {
            if let Ok(id) = body.parse::<JobId>() {
                queue.stop_here(id);
            }
        }
        RELOAD => {
            if let Err(error) = queue.reload().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "reading the queues again failed");
            }
        }
        WANTS => wire.hear_wants(from, body),
        WANTS_KNOWN => wire.hear_known(queue.epoch(), from, body),
        STIR => wire.stirs.send_modify(|stirs| *stirs += 1),
        _ => {}
    }
}

pub(crate) fn read_head(word: &str) -> Option<(Pair, Timestamp)> {
    let mut parts = word.splitn(3, '.');
    let (queue, priority, at) = (parts.next()?, parts.next()?, parts.next()?);
    Some(((queue.parse().ok()?, priority.parse().ok()?), Timestamp::from_micros(at.parse().ok()?)))
}

/// The signal as a line; its detail is cut so that it fits.
fn write_signal(signal: &Signal) -> Option<String> {
    let is_long = |detail: &String| detail.len() > DETAIL_MAX;
    if !signal.detail.as_ref().is_some_and(is_long) {
        return serde_json::to_string(signal).ok();
    }
    let cut = |length: usize| {
        let detail = signal.detail.as_ref().map(|detail| detail.chars().take(length).collect());
        serde_json::to_string(&Signal { detail, ..signal.clone() }).ok()
    };
    // A control character takes six bytes in JSON.
    cut(DETAIL_MAX).filter(|line| line.len() <= LINE_BYTES_MAX).or_else(|| cut(DETAIL_MAX / 2))
}

#[cfg(test)]
mod tests;
