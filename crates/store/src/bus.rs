//! Small messages between the processes of one database: wake-ups, purges, progress.
//!
//! They are hints and may be lost or come twice: what must not be missed stands in the database, and
//! [`Message::Joined`] says when to look there. PostgreSQL carries them by LISTEN and NOTIFY on two
//! connections of the bus's own, never inside of anybody's transaction, since a NOTIFY makes every commit of
//! the server wait for a lock; with `bus_url` it is Redis's or Valkey's pub/sub instead. SQLite has one process,
//! which hears nothing.

mod frame;
mod postgres;
mod redis;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stdx::metric::{Counter, Gauge};
use stdx::task::{Stop, Tasks};
use stdx::{Backoff, Rng};
use tokio::sync::{Notify, broadcast};

use crate::{Engine, Error, Settings, Store};
pub use frame::MESSAGE_BYTES_MAX;
use frame::Outbox;

pub(crate) use self::redis::parse as parse_redis;

pub(crate) static SENT: Counter = Counter::new();
pub(crate) static RECEIVED: Counter = Counter::new();
pub(crate) static LOST: Counter = Counter::new();
pub(crate) static RECONNECTS: Counter = Counter::new();
pub(crate) static CONNECTED: Gauge = Gauge::new();

/// Messages that a slow listener may be behind; beyond, its receiver reports `Lagged`.
const BEHIND_MAX: usize = 8_192;
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
/// A connection that lasted so long was a good one: the next attempt comes soon.
const GOOD: Duration = Duration::from_secs(10);
/// A connection is tried every so often, and given up without an answer after so long.
const PING_EVERY: Duration = Duration::from_secs(10);
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Time for the last messages when the process ends.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// From another process; never one's own.
    Text { from: u64, topic: String, body: String },
    /// Connected, for the first time or again, or another process had to drop messages: something may have
    /// been missed. A receiver that lagged behind should take that for the same.
    Joined,
}

/// One process's end of the bus. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    hub: Arc<Hub>,
}

/// What the tasks of one bus share.
struct Hub {
    me: u64,
    /// `None` where there is nobody else.
    outbox: Option<Mutex<Outbox>>,
    /// There is something in the outbox.
    filled: Notify,
    heard: broadcast::Sender<Message>,
    hears: AtomicBool,
    speaks: AtomicBool,
}

/// The way to the others.
enum Line {
    Postgres(postgres::Line),
    Redis(redis::Line),
}

/// A connection that sends.
trait Wire: Send {
    fn send(&mut self, frames: &[String]) -> impl Future<Output = Result<(), Error>> + Send;
    /// Whether the other side still answers.
    fn ping(&mut self) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Bus {
    /// Joins the bus of `store`'s database as `me`, a number that no other process uses. Connects in the
    /// background and goes on trying until the tasks are shut down.
    ///
    /// # Errors
    /// [`Error::Settings`] if the address of the database or of the bus cannot be used.
    pub fn join(store: &Store, settings: &Settings, me: u64, tasks: &Tasks) -> Result<Bus, Error> {
        let line = match (store.engine(), &settings.bus_url) {
            (Engine::Sqlite, _) => None,
            (Engine::Postgres, Some(url)) => Some(Line::Redis(redis::Line::new(url, store.clone())?)),
            (Engine::Postgres, None) => Some(Line::Postgres(postgres::Line::new(settings)?)),
        };
        let hub = Arc::new(Hub {
            me,
            outbox: line.is_some().then(|| Mutex::new(Outbox::new(me))),
            filled: Notify::new(),
            heard: broadcast::Sender::new(BEHIND_MAX),
            hears: AtomicBool::new(false),
            speaks: AtomicBool::new(false),
        });
        if let Some(line) = line {
            let line = Arc::new(line);
            tasks.spawn(listening(Arc::clone(&hub), Arc::clone(&line), tasks.stop()));
            tasks.spawn(speaking(Arc::clone(&hub), line, tasks.stop()));
        }
        Ok(Bus { hub })
    }

    /// Sends `body` to the other processes, at once if nothing is on its way, else together with what comes
    /// meanwhile. Never waits: while the line is down some megabytes are kept, and what comes then is dropped,
    /// which the others are told by [`Message::Joined`] later.
    ///
    /// # Errors
    /// [`Error::TooLong`] if topic and body are longer than [`MESSAGE_BYTES_MAX`] together,
    /// [`Error::ZeroByte`] (1 the topic, 2 the body).
    pub fn send(&self, topic: &str, body: &str) -> Result<(), Error> {
        let bytes = topic.len() + body.len();
        if bytes > MESSAGE_BYTES_MAX {
            return Err(Error::TooLong { bytes });
        }
        if let Some(i) = [topic, body].iter().position(|text| text.contains('\0')) {
            return Err(Error::ZeroByte { parameter: i + 1 });
        }
        if let Some(outbox) = &self.hub.outbox {
            if outbox.lock().unwrap_or_else(PoisonError::into_inner).push(topic, body) {
                self.hub.filled.notify_one();
            } else {
                LOST.inc();
            }
        }
        Ok(())
    }

    /// What is heard from now on. On SQLite that is one `Joined`, for the first listener.
    pub fn listen(&self) -> broadcast::Receiver<Message> {
        let receiver = self.hub.heard.subscribe();
        if self.hub.outbox.is_none() && !self.hub.hears.swap(true, Relaxed) {
            self.hub.say(Message::Joined);
        }
        receiver
    }

    /// Whether messages go out and come in just now. Always on SQLite.
    pub fn is_connected(&self) -> bool {
        self.hub.outbox.is_none() || (self.hub.hears.load(Relaxed) && self.hub.speaks.load(Relaxed))
    }
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").field("me", &self.hub.me).field("connected", &self.is_connected()).finish()
    }
}

impl Hub {
    /// Nobody may be listening, which is fine.
    fn say(&self, message: Message) {
        let _ = self.heard.send(message);
    }

    fn joined(&self) {
        set(&self.hears, true);
        self.say(Message::Joined);
    }

    /// What came in, from anybody who knows the channel's name.
    fn receive(&self, payload: &str) {
        let Some(frame) = frame::decode(payload) else {
            tracing::debug!(bytes = payload.len(), "something on the bus was not ours");
            return;
        };
        if frame.from == self.me {
            return;
        }
        if frame.after_loss {
            self.say(Message::Joined);
        }
        for (topic, body) in frame.messages {
            RECEIVED.inc();
            self.say(Message::Text { from: frame.from, topic: topic.to_owned(), body: body.to_owned() });
        }
    }

    fn take(&self) -> Vec<String> {
        self.outbox().map(|mut outbox| outbox.take()).unwrap_or_default()
    }

    fn outbox(&self) -> Option<std::sync::MutexGuard<'_, Outbox>> {
        self.outbox.as_ref().map(|outbox| outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps a listening connection.
async fn listening(hub: Arc<Hub>, line: Arc<Line>, mut stop: Stop) {
    let rng = Rng::from_os();
    let mut failures = 0;
    loop {
        let start = Instant::now();
        let ended = tokio::select! {
            ended = async { match &*line {
                Line::Postgres(line) => line.hear(&hub).await,
                Line::Redis(line) => line.hear(&hub).await,
            } } => ended,
            () = stop.wait() => break,
        };
        set(&hub.hears, false);
        if !pause("listening", &ended, start, &mut failures, &rng, &mut stop).await {
            break;
        }
    }
    set(&hub.hears, false);
}

/// Keeps a sending connection.
async fn speaking(hub: Arc<Hub>, line: Arc<Line>, mut stop: Stop) {
    let rng = Rng::from_os();
    let mut failures = 0;
    loop {
        let start = Instant::now();
        let ended = match &*line {
            Line::Postgres(line) => line.speak(&hub, &mut stop).await,
            Line::Redis(line) => line.speak(&hub, &mut stop).await,
        };
        if ended.is_ok() {
            break;
        }
        set(&hub.speaks, false);
        if !pause("sending", &ended, start, &mut failures, &rng, &mut stop).await {
            break;
        }
    }
    set(&hub.speaks, false);
}

/// Sends by `wire` until it breaks, or until the process ends: then `Ok`.
async fn speak(hub: &Hub, mut wire: impl Wire, stop: &mut Stop) -> Result<(), Error> {
    set(&hub.speaks, true);
    loop {
        let frames = hub.take();
        if !frames.is_empty() {
            // While this is on its way, the next messages are collected.
            if let Err(e) = send(&mut wire, &frames, ANSWER_MAX).await {
                if let Some(mut outbox) = hub.outbox() {
                    LOST.add(outbox.give_back(frames));
                }
                return Err(e);
            }
            continue;
        }
        tokio::select! {
            () = hub.filled.notified() => {}
            () = tokio::time::sleep(PING_EVERY) => within(ANSWER_MAX, wire.ping()).await?,
            () = stop.wait() => {
                let last = hub.take();
                return if last.is_empty() { Ok(()) } else { send(&mut wire, &last, FAREWELL_MAX).await.or(Ok(())) };
            }
        }
    }
}

async fn send(wire: &mut impl Wire, frames: &[String], limit: Duration) -> Result<(), Error> {
    within(limit, wire.send(frames)).await?;
    SENT.add(frames.iter().map(|frame| frame::count(frame)).sum());
    Ok(())
}

/// Waits before the next attempt; `false` if the process ends.
async fn pause(
    what: &str,
    ended: &Result<(), Error>,
    start: Instant,
    failures: &mut u32,
    rng: &Rng,
    stop: &mut Stop,
) -> bool {
    *failures = if start.elapsed() > GOOD { 1 } else { *failures + 1 };
    RECONNECTS.inc();
    if let Err(e) = ended {
        tracing::warn!(error = %e, cause = ?std::error::Error::source(e), attempt = *failures, "the bus lost its connection for {what}");
    }
    stop.sleep(BACKOFF.delay(*failures, rng)).await
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(limit, work).await.map_err(|_| Error::Timeout)?
}

/// Turns `flag`, and counts the connections that stand.
fn set(flag: &AtomicBool, on: bool) {
    if flag.swap(on, Relaxed) != on {
        CONNECTED.add(if on { 1 } else { -1 });
    }
}
