//! A small bounded queue between two threads' tasks. Unlike a channel of the runtime it takes memory only for what
//! waits in it, so that ten thousand silent streams cost next to nothing, and a reader's first wish can be seen.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

#[derive(Debug)]
struct Shared<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    queue: VecDeque<T>,
    senders: usize,
    receiver_is_gone: bool,
    /// The receiver has looked and found nothing.
    is_wanted: bool,
    receiver: Option<Waker>,
    sender: Option<Waker>,
}

/// Several may push; only one may [`Sender::send`].
#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

/// The receiver does not listen any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Items that wait before [`Sender::send`] does.
const ROOM: usize = 4;

pub(crate) fn relay<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared(Mutex::new(State {
        queue: VecDeque::new(),
        senders: 1,
        receiver_is_gone: false,
        is_wanted: false,
        receiver: None,
        sender: None,
    })));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn wake_receiver(&mut self) -> Option<Waker> {
        self.receiver.take()
    }
}

impl<T> Sender<T> {
    /// Waits until there is room.
    pub async fn send(&self, item: T) -> Result<(), Gone> {
        let mut item = Some(item);
        poll_fn(|cx| {
            let mut state = self.0.state();
            if state.receiver_is_gone {
                return Poll::Ready(Err(Gone));
            }
            if state.queue.len() >= ROOM {
                state.sender = Some(cx.waker().clone());
                return Poll::Pending;
            }
            state.queue.extend(item.take());
            let waker = state.wake_receiver();
            drop(state);
            waker.into_iter().for_each(Waker::wake);
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Does not wait; drops the item when `most` wait already.
    pub fn push(&self, item: T, most: usize) {
        let mut state = self.0.state();
        if state.receiver_is_gone || state.queue.len() >= most {
            return;
        }
        state.queue.push_back(item);
        let waker = state.wake_receiver();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Until the receiver has looked and found nothing.
    pub async fn wanted(&self) -> Result<(), Gone> {
        poll_fn(|cx| {
            let mut state = self.0.state();
            if state.receiver_is_gone {
                return Poll::Ready(Err(Gone));
            }
            if state.is_wanted {
                return Poll::Ready(Ok(()));
            }
            state.sender = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.state().senders += 1;
        Sender(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.senders -= 1;
        let waker = if state.senders == 0 { state.wake_receiver() } else { None };
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T> Receiver<T> {
    /// `None` when all senders are gone and nothing is left.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.state();
        if let Some(item) = state.queue.pop_front() {
            let waker = state.sender.take();
            drop(state);
            waker.into_iter().for_each(Waker::wake);
            return Poll::Ready(Some(item));
        }
        if state.senders == 0 {
            return Poll::Ready(None);
        }
        if !state.receiver.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.receiver = Some(cx.waker().clone());
        }
        let waker = if state.is_wanted { None } else { state.sender.take() };
        state.is_wanted = true;
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        Poll::Pending
    }

    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// What is there now.
    pub fn try_recv(&mut self) -> Option<T> {
        let mut state = self.0.state();
        let item = state.queue.pop_front();
        let waker = item.as_ref().and_then(|_| state.sender.take());
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        item
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.receiver_is_gone = true;
        let (waker, left) = (state.sender.take(), std::mem::take(&mut state.queue));
        drop(state);
        // What is left may hold senders of its own.
        drop(left);
        waker.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests;
