//! The task that turns signals of the desk and the queue into messages.

use std::time::{Duration, Instant};

use queue::SignalKind;
use serde_json::{Map, Value as Json, json};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

use super::ring::Topic;
use super::{counts, traffic};
use crate::App;

/// Characters of a job's result or error that are told; the rest stands in `/jobs/{id}`.
const DETAIL_MAX: usize = 1_000;
/// Losses that follow each other within this time are told as one.
const RESYNC_EVERY: Duration = Duration::from_secs(1);
/// How often is looked whether the queue's signals are still needed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Begins to listen; ends with the tasks. Only the first call counts.
pub fn start(app: &App) {
    let subscribed = app.live.subscribed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some(subscribed) = subscribed else { return };
    app.tasks.spawn(tell_desk(app.clone(), app.desk.watch()));
    app.tasks.spawn(tell_jobs(app.clone(), subscribed, app.desk.queue.losses()));
    // Apart from listening: a slow database must not make us deaf.
    app.tasks.spawn(counts::count(app.clone()));
    app.tasks.spawn(traffic::tell(app.clone()));
}

async fn tell_desk(app: App, mut signals: broadcast::Receiver<desk::Signal>) {
    let mut stop = app.tasks.stop();
    let mut losses = Losses::new(&[Topic::Posts, Topic::Sources]);
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = losses.due() => losses.tell(&app),
            signal = signals.recv() => match signal {
                // What was missed is known by nobody: whoever shows it reads it anew.
                Ok(desk::Signal::Missed) | Err(RecvError::Lagged(_)) => losses.note(),
                Ok(signal) => tell(&app, signal),
                Err(RecvError::Closed) => return,
            },
        }
        app.live.counts_due.notify_one();
    }
}

/// The queue is listened to only while somebody here follows jobs or counts: every signal costs.
async fn tell_jobs(
    app: App,
    mut subscribed: UnboundedReceiver<broadcast::Receiver<queue::Signal>>,
    mut lost: Option<watch::Receiver<u64>>,
) {
    let mut stop = app.tasks.stop();
    let mut losses = Losses::new(&[Topic::Jobs]);
    let mut signals: Option<broadcast::Receiver<queue::Signal>> = None;
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let next = async {
            match &mut signals {
                Some(signals) => signals.recv().await,
                None => std::future::pending().await,
            }
        };
        let news = async {
            match &mut lost {
                Some(lost) => lost.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.wait() => return,
            () = losses.due() => losses.tell(&app),
            fresh = subscribed.recv() => signals = fresh,
            _ = look.tick() => {
                if app.live.lock().interests.unsubscribe() {
                    signals = None;
                }
            }
            news = news => match news {
                Ok(()) => losses.note(),
                Err(_) => lost = None,
            },
            signal = next => match signal {
                Ok(signal) => {
                    if signal.kind != SignalKind::Progress {
                        app.live.counts_due.notify_one();
                    }
                    tell_job(&app, signal);
                }
                Err(RecvError::Lagged(_)) => losses.note(),
                Err(RecvError::Closed) => signals = None,
            },
        }
    }
}

fn tell(app: &App, signal: desk::Signal) {
    let (topic, body) = match signal {
        desk::Signal::Post { id, event, position, state, version, title, at } => (
            Topic::Posts,
            json!({ "type": event, "post": id, "state": state, "version": version, "title": title, "at": at,
                    "position": position.to_string() }),
        ),
        desk::Signal::Source { id, outcome, new_items, at } => (
            Topic::Sources,
            json!({ "type": "polled", "source": id, "outcome": outcome, "new_items": new_items, "at": at }),
        ),
        desk::Signal::Missed => return,
    };
    app.live.publish(topic, None, members(body));
}

fn tell_job(app: &App, signal: queue::Signal) {
    let queue::Signal { kind: event, id, job, queue, at, detail } = signal;
    if !app.live.lock().interests.includes(id, &job) {
        return;
    }
    let detail = detail.map(|detail| detail.chars().take(DETAIL_MAX).collect::<String>());
    let body = json!({ "type": event, "job": id, "kind": job, "queue": queue, "detail": detail, "at": at });
    app.live.publish(Topic::Jobs, Some((id, job.to_string())), members(body));
}

/// What was missed, until it is told.
struct Losses {
    topics: &'static [Topic],
    told_at: Option<Instant>,
    is_due: bool,
}

impl Losses {
    fn new(topics: &'static [Topic]) -> Losses {
        Losses { topics, told_at: None, is_due: false }
    }

    fn note(&mut self) {
        self.is_due = true;
    }

    /// Completes when there is something to tell, and enough time has passed since the last.
    async fn due(&self) {
        if !self.is_due {
            return std::future::pending().await;
        }
        if let Some(at) = self.told_at {
            tokio::time::sleep(RESYNC_EVERY.saturating_sub(at.elapsed())).await;
        }
    }

    fn tell(&mut self, app: &App) {
        (self.is_due, self.told_at) = (false, Some(Instant::now()));
        for topic in self.topics {
            app.live.publish(*topic, None, members(json!({ "type": "resync" })));
        }
    }
}

pub(super) fn members(body: Json) -> Map<String, Json> {
    match body {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}
