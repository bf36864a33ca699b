//! Lines that the other processes hear in their order, each once, over the bus.
//!
//! Each process numbers the batches it sends and keeps the last ones. Who notices a gap, or has been away,
//! asks the sender to send again from the number it knows; what the sender no longer has is told as a loss.
//!
//! Invariant: between two losses that are told, every line of every other process that was there is told
//! once, in its order.

mod ear;
mod mouth;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stdx::task::{Stop, Tasks};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use crate::bus::{Bus, Message};
use ear::{Answer, Ear};
pub use mouth::LINE_BYTES_MAX;
use mouth::Mouth;

/// A line goes out at once; what comes within this time behind it is collected.
const PAUSE: Duration = Duration::from_millis(5);
/// How often is looked for answers that did not come, while some are missing.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What a process hears of the others.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    Line(&'a str),
    /// Lines of some process are gone for good.
    Lost,
}

/// One topic's lines to and from the other processes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Relay(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    me: u64,
    topic: &'static str,
    tasks: Tasks,
    mouth: Mutex<Saying>,
}

#[derive(Debug, Default)]
struct Saying {
    mouth: Mouth,
    /// A task waits to send what is collected.
    is_collecting: bool,
}

impl Relay {
    /// Sends and hears the lines of `topic` until `tasks` end; `me` is the number with which the bus was joined.
    /// `heard` must be quick: it holds up the next line.
    pub fn start(
        bus: &Bus,
        me: u64,
        topic: &'static str,
        tasks: &Tasks,
        heard: impl FnMut(Heard<'_>) + Send + 'static,
    ) -> Relay {
        let inner = Inner { bus: bus.clone(), me, topic, tasks: tasks.clone(), mouth: Mutex::default() };
        let relay = Relay(Arc::new(inner));
        tasks.spawn(listen(Arc::clone(&relay.0), bus.listen(), heard, tasks.stop()));
        relay
    }

    /// Sends `line`, which holds no line break, or loses it with everybody told so: when it is longer than
    /// [`LINE_BYTES_MAX`], or when too many come at once. Never waits; has to be called inside of a runtime.
    pub fn send(&self, line: &str) {
        let mut saying = self.0.lock();
        saying.mouth.push(line);
        if saying.is_collecting {
            return;
        }
        saying.is_collecting = true;
        self.0.say(&mut saying);
        let inner = Arc::clone(&self.0);
        self.0.tasks.spawn(async move { inner.collect().await });
    }

    /// Sends at once what is being collected.
    pub fn flush(&self) {
        self.0.say(&mut self.0.lock());
    }
}

impl Inner {
    async fn collect(&self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            let mut saying = self.lock();
            if !self.say(&mut saying) {
                saying.is_collecting = false;
                return;
            }
        }
    }

    /// Sends what waits; `false` when that is nothing. Under the lock, so that numbers go out in their order.
    fn say(&self, saying: &mut Saying) -> bool {
        let words = saying.mouth.take();
        words.iter().for_each(|word| self.send(word));
        !words.is_empty()
    }

    fn send(&self, word: &str) {
        if let Err(error) = self.bus.send(self.topic, word) {
            tracing::warn!(topic = self.topic, error = &error as &dyn std::error::Error, "a message was not sent");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Saying> {
        self.mouth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers what another process wants to know of this one; `false` if it asks nothing.
    fn answer(&self, body: &str) -> bool {
        let saying = self.lock();
        if body == ear::WHO {
            self.send(&saying.mouth.stand());
            return true;
        }
        let Some((of, from)) = ear::read_again(body) else { return false };
        if of == self.me {
            saying.mouth.again(from).iter().for_each(|word| self.send(word));
        }
        true
    }
}

async fn listen(
    inner: Arc<Inner>,
    mut bus: Receiver<Message>,
    mut heard: impl FnMut(Heard<'_>) + Send + 'static,
    mut stop: Stop,
) {
    let mut ear = Ear::default();
    if inner.bus.is_connected() {
        ear.joined(Instant::now());
        inner.send(ear::WHO);
    }
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = bus.recv() => message,
            _ = look.tick(), if ear.waits() => {
                if ear.look(Instant::now()) {
                    heard(Heard::Lost);
                }
                continue;
            }
            () = stop.wait() => {
                let mut saying = inner.lock();
                inner.say(&mut saying);
                inner.send(&saying.mouth.leave());
                return;
            }
        };
        match message {
            Ok(Message::Text { from, topic, body }) if topic == inner.topic => {
                if inner.answer(&body) {
                    if body == ear::WHO
                        && let Some(number) = ear.called(from, Instant::now())
                    {
                        inner.send(&ear::again(from, number));
                    }
                    continue;
                }
                let Answer { lines, is_loss, ask } = ear.hear(from, &body, Instant::now());
                if is_loss {
                    heard(Heard::Lost);
                }
                lines.into_iter().flat_map(str::lines).for_each(|line| heard(Heard::Line(line)));
                if let Some(number) = ask {
                    inner.send(&ear::again(from, number));
                }
            }
            Ok(Message::Text { .. }) => {}
            Ok(Message::Joined) | Err(RecvError::Lagged(_)) => {
                ear.joined(Instant::now());
                inner.send(ear::WHO);
            }
            Err(RecvError::Closed) => return,
        }
    }
}
