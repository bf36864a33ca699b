//! Bytes that came and were not used yet.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

use super::chunked::{Chunked, Found};
use super::pool::{self, Buffer};
use super::{Framing, Refusal};

#[derive(Debug, Default)]
pub(crate) struct Input {
    buffer: Option<Buffer>,
    start: usize,
    end: usize,
}

impl Input {
    pub fn bytes(&self) -> &[u8] {
        self.buffer.as_ref().map_or(&[], |buffer| &buffer[self.start..self.end])
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub fn consume(&mut self, n: usize) {
        self.start += n;
        debug_assert!(self.start <= self.end);
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads more, keeping at most `most` unused bytes; 0 is the end, and also the answer when there is no room. The
    /// buffer is given back when there is nothing in it to wait with.
    pub fn poll_fill(
        &mut self,
        io: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let buffer = self.buffer.get_or_insert_with(Buffer::take);
        if self.end == buffer.len() {
            if self.start > 0 {
                buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else if buffer.len() < most {
                buffer.grow((buffer.len() * 2).min(most.max(pool::SIZE)));
            } else {
                return Poll::Ready(Ok(0));
            }
        }
        let mut room = ReadBuf::new(&mut buffer[self.end..]);
        let polled = io.poll_read(cx, &mut room);
        let n = room.filled().len();
        self.end += n;
        if self.is_empty() {
            self.buffer = None;
            (self.start, self.end) = (0, 0);
        }
        polled.map_ok(|()| n)
    }

    /// Everything unused, for another reader.
    pub fn into_bytes(self) -> Bytes {
        Bytes::copy_from_slice(self.bytes())
    }
}

/// What of a request's body is still to come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rest {
    None,
    Length(u64),
    Chunked(Chunked),
}

impl Rest {
    pub fn of(framing: Framing) -> Rest {
        match framing {
            Framing::None | Framing::Length(0) => Rest::None,
            Framing::Length(n) => Rest::Length(n),
            Framing::Chunked => Rest::Chunked(Chunked::default()),
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self, Rest::None)
    }

    /// The data that have come; empty when more must be read first, or when the body is over.
    pub fn take(&mut self, input: &mut Input) -> Result<Bytes, Refusal> {
        match self {
            Rest::None => Ok(Bytes::new()),
            Rest::Length(left) => {
                let n = usize::try_from(*left).unwrap_or(usize::MAX).min(input.bytes().len());
                let data = Bytes::copy_from_slice(&input.bytes()[..n]);
                input.consume(n);
                *left -= n as u64;
                if *left == 0 {
                    *self = Rest::None;
                }
                Ok(data)
            }
            Rest::Chunked(chunked) => {
                // Many small chunks become one piece: each piece costs its reader a turn.
                let mut data = Vec::new();
                loop {
                    let (used, found) = chunked.step(input.bytes())?;
                    match found {
                        Found::Data(piece) => data.extend_from_slice(piece),
                        Found::Nothing => {
                            input.consume(used);
                            return Ok(data.into());
                        }
                        Found::End => {
                            input.consume(used);
                            *self = Rest::None;
                            return Ok(data.into());
                        }
                    }
                    input.consume(used);
                }
            }
        }
    }
}
