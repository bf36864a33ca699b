//! The handle that every function of the desk takes.

pub(crate) mod kept;
pub(crate) mod purges;
mod wire;

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};
use stdx::{Clock, IdGen, Rng, Timestamp};
use tokio::sync::broadcast;

use crate::events::Position;
use crate::posts::State;
use crate::{PostId, Settings, SourceId, Version};

/// What a desk is made of.
pub struct Parts {
    pub store: store::Store,
    pub queue: queue::Queue,
    pub clock: Clock,
    pub rng: Rng,
    pub settings: Settings,
    pub client: connect::Client,
    /// How patiently language models are asked.
    pub llm: connect::llm::Settings,
    /// Politeness: the pace at which each host is called.
    pub hosts: connect::Hosts,
    /// The ends of an ordinary call to the outside.
    pub limits: connect::Limits,
    /// Seals secrets that are kept in the database.
    pub sealer: guard::seal::Sealer,
    pub cache: cache::Cache,
    /// How much each part counts in the score of a text.
    pub weights: text::score::Weights,
    /// Where others reach this desk, if they do.
    pub public_url: Option<String>,
}

/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

pub struct Inner {
    pub parts: Parts,
    pub ids: Arc<IdGen>,
    /// For each provider: its settings and how it did lately.
    pub(crate) routers: Mutex<HashMap<String, (connect::llm::Provider, Arc<connect::llm::Router>)>>,
    /// What models may cost, and did.
    pub(crate) till: Arc<crate::money::Till>,
    /// Of those who visit sources.
    pub(crate) places: crate::items::sweep::Places,
    /// The clustering's index, held by whoever assigns.
    pub stories: tokio::sync::Mutex<crate::stories::Index>,
    /// What is kept in the cache.
    pub(crate) kept: kept::Kept,
    signals: broadcast::Sender<Signal>,
    /// The way to the other processes.
    wire: OnceLock<wire::Wire>,
}

/// Something that happened on the desk, for live views; sent after the commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    Post {
        id: PostId,
        /// The event's kind.
        event: String,
        /// The event's place in the log.
        position: Position,
        state: State,
        version: Version,
        title: String,
        at: Timestamp,
    },
    Source {
        id: SourceId,
        outcome: String,
        new_items: u32,
        at: Timestamp,
    },
    /// What happened in other processes is not known for sure: whatever is shown is to be read anew.
    Missed,
}

impl Desk {
    pub fn new(parts: Parts) -> Desk {
        let ids = parts.queue.ids();
        Desk(Arc::new(Inner {
            till: Arc::new(crate::money::Till::new(
                parts.store.clone(),
                parts.clock.clone(),
                Arc::clone(&ids),
                parts.settings.ledger_days,
            )),
            ids,
            routers: Mutex::default(),
            stories: tokio::sync::Mutex::default(),
            places: crate::items::sweep::Places::new(parts.settings.poll_parallel_max),
            kept: kept::Kept::new(&parts.cache),
            signals: broadcast::channel(1_024).0,
            wire: OnceLock::new(),
            parts,
        }))
    }

    /// Follows what happens: in this process, and in others once [`Desk::connect`] was called. A receiver that
    /// is too slow is told how much it missed.
    pub fn watch(&self) -> broadcast::Receiver<Signal> {
        self.0.signals.subscribe()
    }

    /// Tells those who watch, here and elsewhere.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(wire) = self.0.wire.get() {
            wire.tell(&signal);
        }
        // An error means that nobody listens.
        let _ = self.0.signals.send(signal);
    }

    /// Forgets what is cached under `tags`, here before this returns and in the other processes at once. For what no
    /// transaction has changed; else [`Desk::purge_with`].
    pub fn purge(&self, tags: &[&str]) {
        self.0.cache.invalidate_tags(tags);
    }

    /// Forgets what is cached under `tags` as soon as `tx` is committed, before its caller is answered: here, and in
    /// every other process even if this one dies after the commit.
    pub(crate) async fn purge_with(&self, tx: &mut store::Tx, tags: &[&str]) -> Result<(), crate::Error> {
        purges::note(tx, tags, self.now()).await?;
        let (desk, tags): (_, Vec<String>) = (self.clone(), tags.iter().map(|tag| (*tag).to_owned()).collect());
        tx.after_commit(move || desk.purge(&tags.iter().map(String::as_str).collect::<Vec<_>>()));
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    pub fn next_id(&self) -> stdx::Id {
        self.0.ids.next(self.now())
    }
}

impl Deref for Desk {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}
