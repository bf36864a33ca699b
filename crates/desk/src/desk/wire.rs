//! What the desks of one database tell each other: what has happened, and what is to be forgotten.

use stdx::task::{Stop, Tasks};
use store::bus::{Bus, Message};
use store::relay::{Heard, LINE_BYTES_MAX, Relay};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{Desk, Signal};

const SIGNALS: &str = "desk.signals";
const PURGE: &str = "desk.purge";
/// Characters of a title that travel.
const TITLE_MAX: usize = 500;

pub(super) struct Wire {
    bus: Bus,
    relay: Relay,
}

impl Desk {
    /// Speaks and listens to the other processes through `bus`, which was joined as the queue's epoch, until
    /// `tasks` end. An SQLite folder has no others.
    pub fn connect(&self, bus: Bus, tasks: &Tasks) {
        // On SQLite hooks run on the writer's thread, where no task can be begun.
        if self.store.engine() == store::Engine::Sqlite || self.wire.get().is_some() {
            return;
        }
        let heard = bus.listen();
        let desk = self.clone();
        let relay = Relay::start(&bus, self.queue.epoch(), SIGNALS, tasks, move |heard| {
            let signal = match heard {
                Heard::Line(line) => serde_json::from_str(line).ok(),
                Heard::Lost => Some(Signal::Missed),
            };
            if let Some(signal) = signal {
                // An error means that nobody listens.
                let _ = desk.signals.send(signal);
            }
        });
        if self.wire.set(Wire { bus, relay }).is_ok() {
            tasks.spawn(listen(self.clone(), heard, tasks.stop()));
        }
    }

    /// Says at once to the others what is being collected.
    pub fn flush(&self) {
        if let Some(wire) = self.wire.get() {
            wire.relay.flush();
        }
    }
}

impl Wire {
    pub fn tell(&self, signal: &Signal) {
        let mut signal = signal.clone();
        if let Signal::Post { title, .. } = &mut signal
            && title.len() > TITLE_MAX
        {
            *title = title.chars().take(TITLE_MAX).collect();
        }
        if let Ok(line) = serde_json::to_string(&signal) {
            self.relay.send(&line);
        }
    }

    /// A purge may come twice but is never lost: a broken line is heard of as `Joined`.
    pub fn purge(&self, tags: &[&str]) {
        let mut body = String::new();
        for tag in tags {
            if !body.is_empty() && body.len() + 1 + tag.len() > LINE_BYTES_MAX {
                self.send(&std::mem::take(&mut body));
            }
            if !body.is_empty() {
                body.push('\n');
            }
            body.push_str(tag);
        }
        self.send(&body);
    }

    fn send(&self, body: &str) {
        if let Err(error) = self.bus.send(PURGE, body) {
            tracing::warn!(error = &error as &dyn std::error::Error, "a purge was not sent");
        }
    }
}

async fn listen(desk: Desk, mut heard: Receiver<Message>, mut stop: Stop) {
    loop {
        let message = tokio::select! {
            message = heard.recv() => message,
            () = stop.wait() => return,
        };
        match message {
            Ok(Message::Text { topic, body, .. }) if topic == PURGE => {
                body.lines().for_each(|tag| desk.cache.invalidate_tag(tag));
            }
            Ok(Message::Text { .. }) => {}
            // Something may have been purged unheard.
            Ok(Message::Joined) | Err(RecvError::Lagged(_)) => desk.cache.invalidate_all(),
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests;
