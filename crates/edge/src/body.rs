//! The one body type of all requests, and that of all answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::StatusCode;
use http_body_util::{BodyExt, Empty, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming, SizeHint};

use crate::h1::exchange::{Part, Reply};
use crate::h1::relay::{Receiver, Sender};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// In an answer's extensions: its body never computes for long. Over HTTP/1.1 the connection then asks it itself, on the
/// thread that it shares with other connections, without a task and a queue between.
#[derive(Clone, Copy, Debug)]
pub struct Light;

/// A body that is there whole; its length is known.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body whose parts are sent as they come; its length is not known. An error cuts the connection, so that the caller sees
/// that the rest is missing.
pub fn pieces(parts: impl futures_util::Stream<Item = Result<Bytes, BoxError>> + Send + 'static) -> Body {
    StreamBody::new(parts.map_ok(Frame::data)).boxed_unsync()
}

/// The body of a request, whichever protocol brought it. The caller sends only as fast as it is read.
#[derive(Debug, Default)]
pub struct RequestBody(Kind);

#[derive(Debug, Default)]
enum Kind {
    #[default]
    Empty,
    Whole(Bytes),
    Stream(Stream),
    Hyper(Incoming),
}

#[derive(Debug)]
struct Stream {
    parts: Receiver<Part>,
    /// Bytes to come, where the caller has said so.
    left: Option<u64>,
    /// Where `100 Continue` is asked for, by the first look.
    expecting: Option<Sender<Reply>>,
    is_over: bool,
}

/// Why the rest of a request's body does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the caller is gone in the middle of the body")]
    Gone,
    #[error("the caller sends the body too slowly")]
    TooSlow,
    #[error("the body cannot be read: {0}")]
    Malformed(&'static str),
}

impl RequestBody {
    pub(crate) fn stream(parts: Receiver<Part>, left: Option<u64>, expecting: Option<Sender<Reply>>) -> Self {
        RequestBody(Kind::Stream(Stream { parts, left, expecting, is_over: false }))
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        RequestBody(if bytes.is_empty() { Kind::Empty } else { Kind::Whole(bytes) })
    }
}

impl From<Incoming> for RequestBody {
    fn from(body: Incoming) -> Self {
        RequestBody(Kind::Hyper(body))
    }
}

impl hyper::body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Stream(stream) => stream.poll_frame(cx),
            Kind::Hyper(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Whole(_) => false,
            Kind::Stream(stream) => stream.is_over,
            Kind::Hyper(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(stream) => stream.left.map_or_else(SizeHint::default, SizeHint::with_exact),
            Kind::Hyper(body) => body.size_hint(),
        }
    }
}

impl Stream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(replies) = self.expecting.take() {
            replies.push(Reply::Early(StatusCode::CONTINUE, Box::default()), usize::MAX);
        }
        let part = std::task::ready!(self.parts.poll_recv(cx)).unwrap_or(Part::Failed(BodyError::Gone));
        self.is_over = !matches!(part, Part::Data(_));
        Poll::Ready(match part {
            Part::Data(bytes) => {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                Some(Ok(Frame::data(bytes)))
            }
            Part::End => None,
            Part::Failed(error) => Some(Err(error.into())),
        })
    }
}
