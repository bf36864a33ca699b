//! A QUIC connection whose callers cannot make h3 keep much: h3 takes in a frame of a head, of trailers or of settings
//! whole before it looks at it, however long it says that it is. Here such a frame ends its stream at its second number.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h3::error::Code;
use h3::quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf};

/// RFC 9114 §6.2.1.
const CONTROL: u64 = 0x00;
/// RFC 9114 §7.2.1.
const DATA: u64 = 0x00;

type Sender = h3_quinn::SendStream<Bytes>;

pub struct Guarded {
    connection: h3_quinn::Connection,
    /// Bytes of a frame that is none of a body.
    most: u64,
}

/// The same, for streams of our own.
pub struct Opener {
    streams: h3_quinn::OpenStreams,
    most: u64,
}

pub struct Both {
    sender: Sender,
    receiver: Receiver,
}

pub struct Receiver {
    stream: h3_quinn::RecvStream,
    frames: Frames,
}

impl Guarded {
    pub fn new(connection: quinn::Connection, most: u64) -> Guarded {
        Guarded { connection: h3_quinn::Connection::new(connection), most }
    }
}

impl Both {
    fn new(stream: h3_quinn::BidiStream<Bytes>, most: u64) -> Both {
        let (sender, stream) = quic::BidiStream::split(stream);
        Both { sender, receiver: Receiver { stream, frames: Frames::new(State::Kind, most) } }
    }
}

impl quic::Connection<Bytes> for Guarded {
    type RecvStream = Receiver;
    type OpenStreams = Opener;

    fn poll_accept_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Receiver, ConnectionErrorIncoming>> {
        let stream = ready!(quic::Connection::<Bytes>::poll_accept_recv(&mut self.connection, cx))?;
        Poll::Ready(Ok(Receiver { stream, frames: Frames::new(State::Stream, self.most) }))
    }

    fn poll_accept_bidi(&mut self, cx: &mut Context<'_>) -> Poll<Result<Both, ConnectionErrorIncoming>> {
        let stream = ready!(quic::Connection::<Bytes>::poll_accept_bidi(&mut self.connection, cx))?;
        Poll::Ready(Ok(Both::new(stream, self.most)))
    }

    fn opener(&self) -> Opener {
        Opener { streams: quic::Connection::<Bytes>::opener(&self.connection), most: self.most }
    }
}

impl quic::OpenStreams<Bytes> for Guarded {
    type BidiStream = Both;
    type SendStream = Sender;

    fn poll_open_bidi(&mut self, cx: &mut Context<'_>) -> Poll<Result<Both, StreamErrorIncoming>> {
        self.connection.poll_open_bidi(cx).map_ok(|stream| Both::new(stream, self.most))
    }

    fn poll_open_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<Sender, StreamErrorIncoming>> {
        self.connection.poll_open_send(cx)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        quic::OpenStreams::<Bytes>::close(&mut self.connection, code, reason);
    }
}

impl quic::OpenStreams<Bytes> for Opener {
    type BidiStream = Both;
    type SendStream = Sender;

    fn poll_open_bidi(&mut self, cx: &mut Context<'_>) -> Poll<Result<Both, StreamErrorIncoming>> {
        self.streams.poll_open_bidi(cx).map_ok(|stream| Both::new(stream, self.most))
    }

    fn poll_open_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<Sender, StreamErrorIncoming>> {
        self.streams.poll_open_send(cx)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        quic::OpenStreams::<Bytes>::close(&mut self.streams, code, reason);
    }
}

impl quic::BidiStream<Bytes> for Both {
    type SendStream = Sender;
    type RecvStream = Receiver;

    fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

impl quic::SendStream<Bytes> for Both {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.sender.poll_ready(cx)
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.sender.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.sender.poll_finish(cx)
    }

    fn reset(&mut self, code: u64) {
        self.sender.reset(code);
    }

    fn send_id(&self) -> StreamId {
        self.sender.send_id()
    }
}

impl quic::RecvStream for Both {
    type Buf = Bytes;

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.receiver.poll_data(cx)
    }

    fn stop_sending(&mut self, code: u64) {
        self.receiver.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.receiver.recv_id()
    }
}

impl quic::RecvStream for Receiver {
    type Buf = Bytes;

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        let data = ready!(self.stream.poll_data(cx))?;
        if let Some(data) = &data
            && let Err(error) = self.frames.read(data)
        {
            self.stop_sending(Code::H3_EXCESSIVE_LOAD.value());
            return Poll::Ready(Err(StreamErrorIncoming::Unknown(Box::new(error))));
        }
        Poll::Ready(Ok(data))
    }

    fn stop_sending(&mut self, code: u64) {
        self.stream.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.stream.recv_id()
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes is too large")]
struct TooLarge(u64);

/// Follows the frames of one stream, without keeping anything of them.
#[derive(Debug)]
struct Frames {
    most: u64,
    state: State,
    number: Number,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// A stream of one direction begins with its kind.
    Stream,
    /// A frame begins with its kind.
    Kind,
    Length {
        is_data: bool,
    },
    Payload(u64),
    /// Frames are not what this stream is made of.
    Free,
}

impl Frames {
    fn new(state: State, most: u64) -> Frames {
        Frames { most, state, number: Number::default() }
    }

    fn read(&mut self, mut bytes: &[u8]) -> Result<(), TooLarge> {
        while let [first, rest @ ..] = bytes {
            match self.state {
                State::Free => return Ok(()),
                State::Payload(left) => {
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left - n as u64;
                    self.state = if left == 0 { State::Kind } else { State::Payload(left) };
                    bytes = &bytes[n..];
                    continue;
                }
                _ => bytes = rest,
            }
            let Some(number) = self.number.add(*first) else { continue };
            self.state = match self.state {
                State::Stream if number == CONTROL => State::Kind,
                State::Kind => State::Length { is_data: number == DATA },
                State::Length { is_data: false } if number > self.most => return Err(TooLarge(number)),
                State::Length { .. } if number > 0 => State::Payload(number),
                State::Length { .. } => State::Kind,
                State::Stream | State::Payload(_) | State::Free => State::Free,
            };
        }
        Ok(())
    }
}

/// A number of one to eight bytes, of which the first says how many (RFC 9000 §16).
#[derive(Debug, Default)]
struct Number {
    value: u64,
    left: u8,
}

impl Number {
    fn add(&mut self, byte: u8) -> Option<u64> {
        if self.left == 0 {
            (self.value, self.left) = (u64::from(byte & 0x3f), 1 << (byte >> 6));
        } else {
            self.value = self.value << 8 | u64::from(byte);
        }
        self.left -= 1;
        (self.left == 0).then_some(self.value)
    }
}

#[cfg(test)]
mod tests;
