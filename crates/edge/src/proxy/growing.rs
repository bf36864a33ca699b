//! A body that is read by several callers while it comes in.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use hyper::body::{Frame, SizeHint};

use crate::BoxError;

/// Chunks that wait for the slowest reader once the body is too large to be kept.
const WINDOW: usize = 16;

/// The bytes that came so far. Clones are the same body.
#[derive(Clone, Debug)]
pub struct Growing(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    bytes_max: u64,
}

#[derive(Debug, Default)]
struct State {
    chunks: Vec<Bytes>,
    /// Chunks before the first that is still here.
    dropped: usize,
    bytes: u64,
    end: Option<Result<(), String>>,
    /// The next chunk of each reader.
    readers: HashMap<u64, usize>,
    reader_count: u64,
    waiting: Vec<Waker>,
    writer: Option<Waker>,
}

impl Growing {
    /// A body that is kept whole up to `bytes_max`; a longer one flows through.
    pub fn new(bytes_max: u64) -> Self {
        Growing(Arc::new(Shared { state: Mutex::default(), bytes_max }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader from the first byte on; `None` when that is gone already.
    pub fn reader(&self) -> Option<Reader> {
        let mut state = self.lock();
        if state.dropped > 0 {
            return None;
        }
        state.reader_count += 1;
        let id = state.reader_count;
        state.readers.insert(id, 0);
        Some(Reader { body: self.clone(), id })
    }

    /// Adds a chunk. Waits while the body flows through and its slowest reader is behind. `false` when
    /// nobody needs the rest.
    pub async fn push(&self, chunk: Bytes) -> bool {
        {
            let mut state = self.lock();
            state.bytes += chunk.len() as u64;
            state.chunks.push(chunk);
            state.wake();
        }
        std::future::poll_fn(|cx| {
            let mut state = self.lock();
            if state.bytes <= self.0.bytes_max {
                return Poll::Ready(true);
            }
            state.trim();
            if state.readers.is_empty() {
                return Poll::Ready(false);
            }
            if state.chunks.len() < WINDOW {
                return Poll::Ready(true);
            }
            state.writer = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Says that no more comes, or why not.
    pub fn finish(&self, end: Result<(), String>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        state.wake();
    }

    /// All of it, once it has ended well and is still whole.
    pub fn whole(&self) -> Option<Bytes> {
        let state = self.lock();
        if state.end != Some(Ok(())) || state.dropped > 0 || state.bytes > self.0.bytes_max {
            return None;
        }
        if let [one] = state.chunks.as_slice() {
            return Some(one.clone());
        }
        let mut all = BytesMut::with_capacity(state.bytes as usize);
        state.chunks.iter().for_each(|chunk| all.extend_from_slice(chunk));
        Some(all.freeze())
    }

    /// Completes when it has ended; whether well.
    pub async fn ended(&self) -> bool {
        std::future::poll_fn(|cx| {
            let mut state = self.lock();
            match &state.end {
                Some(end) => Poll::Ready(end.is_ok()),
                None => {
                    state.waiting.push(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl State {
    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }

    /// Lets go of what every reader has read.
    fn trim(&mut self) {
        let read = self.readers.values().copied().min().unwrap_or(self.dropped + self.chunks.len());
        let count = read.saturating_sub(self.dropped).min(self.chunks.len());
        self.chunks.drain(..count);
        self.dropped += count;
    }

    fn wake_writer(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }
}

/// One caller's view of a growing body.
#[derive(Debug)]
pub struct Reader {
    body: Growing,
    id: u64,
}

impl hyper::body::Body for Reader {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut state = self.body.lock();
        let next = state.readers.get(&self.id).copied().unwrap_or_default();
        if let Some(chunk) = state.chunks.get(next.saturating_sub(state.dropped)).cloned() {
            state.readers.insert(self.id, next + 1);
            state.wake_writer();
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        match &state.end {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(why)) => Poll::Ready(Some(Err(why.clone().into()))),
            None => {
                state.waiting.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.body.lock();
        state.readers.remove(&self.id);
        state.wake_writer();
    }
}

#[cfg(test)]
mod tests;
