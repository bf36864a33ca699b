//! Writes that wait: bounded in bytes, the last one for a name wins.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stdx::Timestamp;
use tokio::sync::Notify;

#[derive(Clone, Debug)]
pub(super) enum Op {
    Set(Arc<[u8]>, Timestamp),
    Delete,
    Unlock(u64),
}

pub(super) struct Queue {
    bytes_max: u64,
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Default)]
struct Waiting {
    order: VecDeque<String>,
    ops: HashMap<String, Op>,
    bytes: u64,
}

impl Queue {
    pub fn new(bytes_max: u64) -> Self {
        Queue { bytes_max, waiting: Mutex::default(), filled: Notify::new() }
    }

    /// How many writes had to go for it.
    pub fn push(&self, name: String, op: Op) -> usize {
        let mut waiting = self.lock();
        waiting.bytes += cost(&name, &op);
        match waiting.ops.insert(name.clone(), op) {
            Some(older) => waiting.bytes -= cost(&name, &older),
            None => waiting.order.push_back(name),
        }
        let mut dropped = 0;
        while waiting.bytes > self.bytes_max {
            let Some(oldest) = waiting.order.pop_front() else { break };
            if let Some(op) = waiting.ops.remove(&oldest) {
                waiting.bytes -= cost(&oldest, &op);
                dropped += 1;
            }
        }
        drop(waiting);
        self.filled.notify_one();
        dropped
    }

    /// After a failure; how many writes had to go for it.
    pub fn put_back(&self, name: String, op: Op) -> usize {
        if self.lock().ops.contains_key(&name) {
            return 0;
        }
        self.push(name, op)
    }

    /// The oldest, once there are any.
    pub async fn take(&self, max: usize) -> Vec<(String, Op)> {
        loop {
            if let Some(batch) = self.try_take(max) {
                return batch;
            }
            self.filled.notified().await;
        }
    }

    pub fn try_take(&self, max: usize) -> Option<Vec<(String, Op)>> {
        let mut waiting = self.lock();
        let mut batch = Vec::new();
        while batch.len() < max
            && let Some(name) = waiting.order.pop_front()
        {
            if let Some(op) = waiting.ops.remove(&name) {
                waiting.bytes -= cost(&name, &op);
                batch.push((name, op));
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(name: &str, op: &Op) -> u64 {
    let value = if let Op::Set(frame, _) = op { frame.len() } else { 0 };
    (2 * name.len() + value + 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_wins_and_the_oldest_goes() {
        let queue = Queue::new(2_050);
        let set = |byte: u8, len| Op::Set(Arc::from(vec![byte; len]), Timestamp::EPOCH);
        assert_eq!(queue.push("a".into(), set(1, 500)), 0);
        assert_eq!(queue.push("b".into(), set(2, 500)), 0);
        assert_eq!(queue.push("a".into(), Op::Delete), 0);
        assert_eq!(queue.put_back("a".into(), set(9, 500)), 0, "something newer waits");
        assert_eq!(queue.push("c".into(), set(3, 1_400)), 1, "the oldest had to go");
        let batch = queue.try_take(10).unwrap();
        assert!(matches!(&batch[..], [(b, Op::Set(two, _)), (c, Op::Set(three, _))]
            if b == "b" && c == "c" && two[0] == 2 && three.len() == 1_400));
        assert!(queue.try_take(10).is_none());
        assert_eq!(queue.push("d".into(), set(4, 3_000)), 1, "what is too long does not wait");
        assert_eq!(queue.lock().bytes, 0);
    }
}
