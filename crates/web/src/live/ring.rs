//! The latest messages of this process, numbered, for whoever comes back.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use queue::JobId;
use serde_json::{Map, Value as Json};
use tokio::sync::{Notify, broadcast};

use super::CLIENTS_MAX;

/// Messages kept of posts, sources and counts.
const KEPT: usize = 1_024;
/// Messages kept of single jobs; they come faster, and nobody resumes far back.
const KEPT_JOBS: usize = 1_024;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Posts,
    Sources,
    Jobs,
    Counts,
}

impl Topic {
    pub const ALL: [Topic; 4] = [Topic::Posts, Topic::Sources, Topic::Jobs, Topic::Counts];

    pub fn name(self) -> &'static str {
        match self {
            Topic::Posts => "posts",
            Topic::Sources => "sources",
            Topic::Jobs => "jobs",
            Topic::Counts => "counts",
        }
    }
}

/// Something to be told.
#[derive(Debug)]
pub struct Message {
    pub seq: u64,
    pub topic: Topic,
    /// Of messages about a job: which one, and its kind.
    pub job: Option<(JobId, String)>,
    /// Messages were missed by the process itself: what is shown is to be read anew.
    pub is_resync: bool,
    /// The message as JSON.
    pub text: String,
}

/// The place of a message: the process it comes from and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    node: u16,
    epoch: i64,
    seq: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:x}.{}", self.node, self.epoch, self.seq)
    }
}

impl Position {
    pub fn parse(text: &str) -> Option<Position> {
        let (node, rest) = text.split_once('-')?;
        let (epoch, seq) = rest.split_once('.')?;
        Some(Position { node: node.parse().ok()?, epoch: i64::from_str_radix(epoch, 16).ok()?, seq: seq.parse().ok()? })
    }
}

/// All that the connections share.
#[derive(Debug)]
pub struct Hub {
    node: u16,
    /// When the process started, in milliseconds: numbers begin anew with it.
    epoch: i64,
    state: Mutex<Rings>,
    sender: broadcast::Sender<Arc<Message>>,
    clients: AtomicUsize,
    /// The counts may have changed, or somebody new wants to know them.
    pub(super) counts_due: Notify,
    newcomer: AtomicBool,
}

#[derive(Debug, Default)]
struct Rings {
    seq: u64,
    content: Ring,
    jobs: Ring,
}

#[derive(Debug, Default)]
struct Ring {
    messages: VecDeque<Arc<Message>>,
    /// Everything up to this number is gone.
    lost: u64,
}

/// A place among the clients, given back when it is dropped.
pub struct Seat(Arc<Hub>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a client gets first, and then.
pub struct Reading {
    /// `None`: what it missed is gone, and it must read everything anew.
    pub missed: Option<Vec<Arc<Message>>>,
    /// Where it stands when it has read what it missed.
    pub position: Position,
    pub next: broadcast::Receiver<Arc<Message>>,
}

impl Hub {
    pub fn new(node: u16, started_at: stdx::Timestamp) -> Arc<Hub> {
        Arc::new(Hub {
            node,
            epoch: started_at.millis(),
            state: Mutex::default(),
            sender: broadcast::channel(1_024).0,
            clients: AtomicUsize::new(0),
            counts_due: Notify::new(),
            newcomer: AtomicBool::new(false),
        })
    }

    /// Takes a place; `None` when all are taken.
    pub fn sit(self: &Arc<Self>) -> Option<Seat> {
        let taken = self.clients.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(Arc::clone(self));
        (taken < CLIENTS_MAX).then_some(seat)
    }

    pub fn has_clients(&self) -> bool {
        self.clients.load(Ordering::Relaxed) > 0
    }

    /// Has the counts told although they are the same as before.
    pub fn ask_for_counts(&self) {
        self.newcomer.store(true, Ordering::Relaxed);
        self.counts_due.notify_one();
    }

    pub fn take_newcomer(&self) -> bool {
        self.newcomer.swap(false, Ordering::Relaxed)
    }

    /// Numbers a message, keeps it and tells everybody.
    pub fn publish(&self, topic: Topic, job: Option<(JobId, String)>, mut body: Map<String, Json>) {
        let mut rings = self.lock();
        rings.seq += 1;
        let seq = rings.seq;
        body.insert("id".to_owned(), self.position(seq).to_string().into());
        body.insert("topic".to_owned(), topic.name().into());
        let is_resync = body.get("type").is_some_and(|kind| kind == "resync");
        let message = Arc::new(Message { seq, topic, job, is_resync, text: Json::Object(body).to_string() });
        match topic {
            Topic::Jobs => rings.jobs.push(Arc::clone(&message), KEPT_JOBS),
            _ => rings.content.push(Arc::clone(&message), KEPT),
        }
        // Inside the lock, so that numbers are sent in their order. An error means that nobody listens.
        let _ = self.sender.send(message);
    }

    /// Begins to read behind `last`, or now. Nothing is missed between the two parts.
    pub fn read(&self, last: Option<&str>, with_jobs: bool) -> Reading {
        let rings = self.lock();
        let (next, position) = (self.sender.subscribe(), self.position(rings.seq));
        let missed = match last {
            None => Some(Vec::new()),
            Some(text) => Position::parse(text)
                .filter(|place| (place.node, place.epoch) == (self.node, self.epoch) && place.seq <= rings.seq)
                .and_then(|place| rings.since(place.seq, with_jobs)),
        };
        Reading { missed, position, next }
    }

    pub fn place_of(&self, message: &Message) -> Position {
        self.position(message.seq)
    }

    /// The newest message's place.
    pub fn newest(&self) -> Position {
        self.position(self.lock().seq)
    }

    fn position(&self, seq: u64) -> Position {
        Position { node: self.node, epoch: self.epoch, seq }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Rings> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, message: Arc<Message>, kept: usize) {
        self.messages.push_back(message);
        if self.messages.len() > kept
            && let Some(gone) = self.messages.pop_front()
        {
            self.lost = gone.seq;
        }
    }

    fn since(&self, seq: u64) -> Option<impl Iterator<Item = &Arc<Message>>> {
        let first = self.messages.partition_point(|message| message.seq <= seq);
        (seq >= self.lost).then(|| self.messages.range(first..))
    }
}

impl Rings {
    fn since(&self, seq: u64, with_jobs: bool) -> Option<Vec<Arc<Message>>> {
        let mut missed: Vec<Arc<Message>> = self.content.since(seq)?.cloned().collect();
        if with_jobs {
            missed.extend(self.jobs.since(seq)?.cloned());
            missed.sort_by_key(|message| message.seq);
        }
        Some(missed)
    }
}
