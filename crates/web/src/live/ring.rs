//! The latest messages of this process, numbered, for whoever comes back.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Bytes;
use queue::JobId;
use serde_json::{Map, Value as Json};
use tokio::sync::{Notify, broadcast, mpsc};

use super::CLIENTS_MAX;
use super::counts::{Counts, Told};
use super::interest::Interests;
use super::wish::Wish;

/// Messages kept of posts, sources and counts, and as many of single jobs; bytes of each.
const KEPT: usize = 1_024;
const KEPT_BYTES: usize = 4 << 20;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Posts,
    Sources,
    Jobs,
    Counts,
    /// One frame a second, for those who watch it; none is kept.
    Traffic,
}

impl Topic {
    pub const ALL: [Topic; 5] = [Topic::Posts, Topic::Sources, Topic::Jobs, Topic::Counts, Topic::Traffic];

    pub fn name(self) -> &'static str {
        match self {
            Topic::Posts => "posts",
            Topic::Sources => "sources",
            Topic::Jobs => "jobs",
            Topic::Counts => "counts",
            Topic::Traffic => "traffic",
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
    /// The same as an event of a stream, made once for all of them.
    pub event: OnceLock<Bytes>,
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
    state: Mutex<State>,
    sender: broadcast::Sender<Arc<Message>>,
    clients: AtomicUsize,
    /// Somebody wants to watch the traffic.
    pub(super) traffic_due: Notify,
    /// The counts may have changed, or somebody new wants to know them.
    pub(super) counts_due: Notify,
    /// Held while the other processes are told what is followed here, so that the newest word is the last.
    pub(super) turn: Mutex<()>,
    /// A subscription to the queue's signals, for the task that turns them into messages.
    pub(super) subscribe: mpsc::UnboundedSender<broadcast::Receiver<queue::Signal>>,
    pub(super) subscribed: Mutex<Option<mpsc::UnboundedReceiver<broadcast::Receiver<queue::Signal>>>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    seq: u64,
    content: Ring,
    jobs: Ring,
    pub interests: Interests,
    /// The counts as everybody was told.
    told: Option<Counts>,
}

#[derive(Debug, Default)]
struct Ring {
    messages: VecDeque<Arc<Message>>,
    bytes: usize,
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
    /// The counts as they are known, for who has none yet.
    pub counts: Vec<Map<String, Json>>,
    /// Where it stands when it has read what it missed.
    pub position: Position,
    pub next: broadcast::Receiver<Arc<Message>>,
}

impl Hub {
    pub fn new(node: u16, started_at: stdx::Timestamp) -> Arc<Hub> {
        let (subscribe, subscribed) = mpsc::unbounded_channel();
        Arc::new(Hub {
            node,
            epoch: started_at.millis(),
            state: Mutex::default(),
            sender: broadcast::channel(1_024).0,
            clients: AtomicUsize::new(0),
            traffic_due: Notify::new(),
            counts_due: Notify::new(),
            turn: Mutex::default(),
            subscribe,
            subscribed: Mutex::new(Some(subscribed)),
        })
    }

    /// Takes a place; `None` when all are taken.
    pub fn sit(self: &Arc<Self>) -> Option<Seat> {
        let taken = self.clients.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(Arc::clone(self));
        (taken < CLIENTS_MAX).then_some(seat)
    }

    /// Connections that are open.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// Numbers a message, keeps it and tells everybody.
    pub fn publish(&self, topic: Topic, job: Option<(JobId, String)>, body: Map<String, Json>) {
        self.publish_in(&mut self.lock(), topic, job, body);
    }

    fn publish_in(&self, state: &mut State, topic: Topic, job: Option<(JobId, String)>, mut body: Map<String, Json>) {
        state.seq += 1;
        let seq = state.seq;
        body.insert("id".to_owned(), self.position(seq).to_string().into());
        body.insert("topic".to_owned(), topic.name().into());
        let is_resync = body.get("type").is_some_and(|kind| kind == "resync");
        let message = Arc::new(Message {
            seq,
            topic,
            job,
            is_resync,
            text: Json::Object(body).to_string(),
            event: OnceLock::new(),
        });
        match topic {
            Topic::Jobs => state.jobs.push(Arc::clone(&message)),
            // Of no use later, and it would push out what is.
            Topic::Traffic => {}
            _ => state.content.push(Arc::clone(&message)),
        }
        // Inside the lock, so that numbers are sent in their order. An error means that nobody listens.
        let _ = self.sender.send(message);
    }

    /// Tells what has changed in the counts since they were told last.
    pub fn publish_counts(&self, counts: Counts, at: &str) {
        let mut state = self.lock();
        for Told(body) in counts.changes(state.told.as_ref(), at) {
            self.publish_in(&mut state, Topic::Counts, None, body);
        }
        state.told = Some(counts);
    }

    /// Nobody looks at the counts: who comes next is told those of then.
    pub fn forget_counts(&self) {
        self.lock().told = None;
    }

    /// Begins to read behind `last`, or now. Nothing is missed between the two parts.
    pub fn read(&self, last: Option<&str>, wish: &Wish) -> Reading {
        let mut state = self.lock();
        let (next, position) = (self.sender.subscribe(), self.position(state.seq));
        let now = state.seq;
        // Of what nobody followed then, nothing was kept.
        let followed_since = state.interests.since(wish, now);
        let missed = match last {
            None => Some(Vec::new()),
            Some(text) => Position::parse(text)
                .filter(|place| (place.node, place.epoch) == (self.node, self.epoch) && place.seq <= now)
                .filter(|place| !wish.names_jobs() || followed_since <= place.seq)
                .and_then(|place| state.since(place.seq, wish)),
        };
        let is_new = last.is_none() || missed.is_none();
        let counts =
            state.told.as_ref().filter(|_| is_new && wish.wants_counts()).map(Counts::whole).unwrap_or_default();
        Reading { missed, counts: counts.into_iter().map(|Told(body)| body).collect(), position, next }
    }

    /// From which place on `wish`, which was just changed, is known.
    pub fn begin(&self, wish: &Wish) -> Position {
        let mut state = self.lock();
        let now = state.seq;
        state.interests.since(wish, now);
        self.position(now)
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

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, message: Arc<Message>) {
        self.bytes += message.text.len();
        self.messages.push_back(message);
        while self.messages.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(gone) = self.messages.pop_front() else { break };
            self.bytes -= gone.text.len();
            self.lost = gone.seq;
        }
    }

    fn since(&self, seq: u64) -> Option<impl Iterator<Item = &Arc<Message>>> {
        let first = self.messages.partition_point(|message| message.seq <= seq);
        (seq >= self.lost).then(|| self.messages.range(first..))
    }
}

impl State {
    /// What came behind `seq` and is wanted; `None` when some of it is gone, or was never known.
    fn since(&self, seq: u64, wish: &Wish) -> Option<Vec<Arc<Message>>> {
        let wanted = |message: &&Arc<Message>| wish.wants(message);
        let mut missed: Vec<Arc<Message>> = self.content.since(seq)?.filter(wanted).cloned().collect();
        if wish.names_jobs() {
            missed.extend(self.jobs.since(seq)?.filter(wanted).cloned());
            missed.sort_by_key(|message| message.seq);
        }
        // One resync stands for all.
        missed.iter().all(|message| !message.is_resync).then_some(missed)
    }
}
