//! A log in memory between caches of one test, told word by word as the test wants.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Backplane, Heard, Purge};

#[derive(Default)]
pub struct Hub {
    log: Mutex<Vec<Purge>>,
    ends: Mutex<Vec<Arc<End>>>,
}

pub struct End {
    hub: Arc<Hub>,
    tell: Mutex<Option<UnboundedSender<Heard>>>,
    told: Mutex<usize>,
    /// Words are told as they are written.
    pub prompt: AtomicBool,
    /// What is published goes nowhere.
    pub deaf: AtomicBool,
}

impl Hub {
    pub fn end(self: &Arc<Self>) -> Arc<End> {
        let end = Arc::new(End {
            hub: Arc::clone(self),
            tell: Mutex::default(),
            told: Mutex::default(),
            prompt: AtomicBool::new(true),
            deaf: AtomicBool::new(false),
        });
        self.ends.lock().unwrap().push(Arc::clone(&end));
        end
    }

    /// Who said the purge at `position`, and his ticket.
    pub fn said(&self, position: usize) -> (u64, u64) {
        let log = self.log.lock().unwrap();
        (log[position - 1].origin, log[position - 1].ticket)
    }

    pub fn len(&self) -> usize {
        self.log.lock().unwrap().len()
    }
}

impl End {
    /// Tells at most `max` of what is in the log.
    pub fn tell(&self, max: usize) {
        let mut told = self.told.lock().unwrap();
        let log = self.hub.log.lock().unwrap();
        for (i, purge) in log.iter().enumerate().skip(*told).take(max) {
            *told = i + 1;
            self.say(Heard::Purge { position: i as u64 + 1, purge: purge.clone() });
        }
    }

    pub fn say(&self, word: Heard) {
        if let Some(tell) = &*self.tell.lock().unwrap() {
            let _ = tell.send(word);
        }
    }

    /// From the beginning, to the end.
    pub fn replay(&self) {
        *self.told.lock().unwrap() = 0;
        self.tell(usize::MAX);
        self.say(Heard::Current { position: self.hub.len() as u64 });
    }
}

impl Backplane for End {
    fn log(&self) -> u64 {
        99
    }

    fn publish(&self, purge: Purge) {
        if self.deaf.load(Ordering::SeqCst) {
            return;
        }
        self.hub.log.lock().unwrap().push(purge);
        let ends = self.hub.ends.lock().unwrap().clone();
        ends.iter().filter(|end| end.prompt.load(Ordering::SeqCst)).for_each(|end| end.tell(usize::MAX));
    }

    fn subscribe(&self) -> UnboundedReceiver<Heard> {
        let (tell, heard) = unbounded_channel();
        *self.tell.lock().unwrap() = Some(tell);
        if self.prompt.load(Ordering::SeqCst) {
            self.replay();
        }
        heard
    }
}
