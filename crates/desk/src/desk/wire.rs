//! What the desks of one database tell each other of what has happened. What is to be forgotten goes another way,
//! which loses nothing: [`super::purges`].

use stdx::task::Tasks;
use store::bus::Bus;
use store::relay::{Heard, Relay};

use super::{Desk, Signal};

const SIGNALS: &str = "desk.signals";
/// Characters of a title that travel.
const TITLE_MAX: usize = 500;

pub(super) struct Wire {
    relay: Relay,
}

impl Desk {
    /// Speaks and listens to the other processes through `bus`, which was joined as the queue's epoch, until
    /// `tasks` end. An SQLite folder has no others.
    pub fn connect(&self, bus: &Bus, tasks: &Tasks) {
        // On SQLite hooks run on the writer's thread, where no task can be begun.
        if self.store.engine() == store::Engine::Sqlite || self.wire.get().is_some() {
            return;
        }
        let desk = self.clone();
        let relay = Relay::start(bus, self.queue.epoch(), SIGNALS, tasks, move |heard| {
            let signal = match heard {
                Heard::Line(line) => serde_json::from_str(line).ok(),
                Heard::Lost => Some(Signal::Missed),
            };
            if let Some(signal) = signal {
                // An error means that nobody listens.
                let _ = desk.signals.send(signal);
            }
        });
        // Only the first call counts.
        let _ = self.wire.set(Wire { relay });
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
}

#[cfg(test)]
mod tests;
