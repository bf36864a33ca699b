//! Purges on their way out and in.

use std::sync::{Arc, Weak};

use stdx::task::Stop;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;

use super::Inner;
use crate::bus::{Heard, Purge, What};
use crate::pattern::Pattern;
use crate::tags::{Aim, Named, Verdict, key_hash, tag_hash};
use crate::tier::Name;

impl What {
    fn aim(&self) -> Aim {
        match self {
            What::Tags(tags) => Aim::Hashes(tags.iter().map(|tag| tag_hash(tag)).collect()),
            What::Key { space, key } => Aim::Hashes(Box::new([key_hash(space, key)])),
            What::Pattern(pattern) => Aim::Pattern(Pattern::parse(pattern)),
            What::All => Aim::All,
        }
    }
}

impl Inner {
    pub(super) fn purge_tags(&self, tags: &[&str], soft: bool) {
        if !tags.is_empty() {
            self.purge(
                soft,
                || What::Tags(tags.iter().map(|tag| Box::from(*tag)).collect()),
                || Aim::Hashes(crate::tags::tag_hashes(tags)),
            );
        }
    }

    pub(super) fn purge_pattern(self: &Arc<Self>, pattern: &str, soft: bool) {
        self.purge(soft, || What::Pattern(pattern.into()), || Aim::Pattern(Pattern::parse(pattern)));
        if !soft {
            self.sweep_soon();
        }
    }

    pub(crate) fn purge_key(&self, space: &str, key: &str, soft: bool) {
        let what = || What::Key { space: space.into(), key: key.into() };
        self.purge(soft, what, || Aim::Hashes(Box::new([key_hash(space, key)])));
        if !soft {
            self.tiers.remove(&Name::of(space, key));
        }
    }

    pub(super) fn purge_all(&self) {
        self.purge(false, || What::All, || Aim::All);
        self.memory.clear();
    }

    /// Here at once, elsewhere by the log. What has no way out needs no words.
    fn purge(&self, soft: bool, what: impl Fn() -> What, aim: impl Fn() -> Aim) {
        let Some(backplane) = &self.backplane else {
            self.tags.invalidate(&aim(), soft, None, self.clock.now());
            return;
        };
        // One after the other, so that the log has them in the order of their tickets.
        let mut pending = self.pending();
        let ticket = self.tags.invalidate(&aim(), soft, None, self.clock.now());
        let purge = Purge { origin: self.origin, ticket, soft, what: what() };
        pending.insert(ticket, purge.clone());
        backplane.publish(purge);
        // The way has been closed for long: one purge of everything says it all in one word.
        if pending.len() > self.settings.tags_max {
            pending.clear();
            let ticket = self.tags.invalidate(&Aim::All, false, None, self.clock.now());
            let purge = Purge { origin: self.origin, ticket, soft: false, what: What::All };
            pending.insert(ticket, purge.clone());
            backplane.publish(purge);
        }
    }

    pub(super) fn hear(self: &Arc<Self>, heard: Heard) {
        let now = self.clock.now();
        match heard {
            Heard::Purge { position, purge } if purge.origin == self.origin => {
                let mut pending = self.pending();
                pending.remove(&purge.ticket);
                let oldest = pending.first_key_value().map_or(u64::MAX, |(ticket, _)| *ticket);
                self.tags.settle(&purge.what.aim(), purge.soft, purge.ticket, position, oldest);
                self.tags.advance(position);
            }
            Heard::Purge { position, purge } => {
                self.obey(&purge, position);
                self.tags.advance(position);
            }
            // Position 0 says nothing to the shared tiers: what comes from them before the log's word dies by it.
            Heard::Ahead(purge) if purge.origin != self.origin => self.obey(&purge, 0),
            Heard::Ahead(_) => {}
            Heard::Current { position } => {
                self.tags.advance(position);
                if self.tags.is_behind() {
                    // What was said while nobody listened may not have arrived.
                    if let Some(backplane) = &self.backplane {
                        self.pending().values().for_each(|purge| backplane.publish(purge.clone()));
                    }
                    self.tags.set_behind(false);
                }
            }
            Heard::Gap => self.tags.set_behind(true),
            Heard::Forgotten { position } => {
                self.tags.forget(position, now);
                self.tags.advance(position);
            }
        }
    }

    fn obey(self: &Arc<Self>, purge: &Purge, position: u64) {
        let aim = purge.what.aim();
        self.tags.invalidate(&aim, purge.soft, Some(position), self.clock.now());
        match aim {
            Aim::Pattern(_) if !purge.soft => self.sweep_soon(),
            Aim::All if !purge.soft => self.memory.clear(),
            _ => {}
        }
    }

    /// Frees what was purged by pattern; until then it is refused one by one.
    fn sweep_soon(self: &Arc<Self>) {
        if Handle::try_current().is_ok() {
            let inner = Arc::clone(self);
            self.tasks.spawn(async move {
                // A walk over a million entries is nothing for a thread that others wait for.
                let _ = tokio::task::spawn_blocking(move || inner.sweep()).await;
            });
        }
    }

    fn sweep(&self) {
        let names = self.names();
        let mut dead = Vec::new();
        self.memory.visit(|id, key, entry| {
            if let Some(space) = names.get(id as usize - 1) {
                let named = Named { space, key, tags: &entry.tags };
                if self.tags.judge(named, entry.since.epoch, &entry.checked_at) == Verdict::Dead {
                    dead.push((id, key.to_owned(), Arc::clone(entry)));
                }
            }
            true
        });
        dead.iter().for_each(|(id, key, entry)| self.memory.remove_exactly(*id, key, entry));
    }
}

pub(super) async fn listen(inner: Weak<Inner>, mut heard: UnboundedReceiver<Heard>, mut stop: Stop) {
    loop {
        let word = tokio::select! {
            word = heard.recv() => word,
            () = stop.wait() => return,
        };
        let Some(inner) = inner.upgrade() else { return };
        match word {
            Some(word) => inner.hear(word),
            // Nobody will tell anything any more.
            None => return inner.hear(Heard::Gap),
        }
    }
}
