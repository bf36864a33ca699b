//! An answer whose body the connection's own task brings, without a task of the service's runtime and a relay between
//! them: for streams that are silent most of the time, of which there may be ten thousand.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use hyper::body::{Body as _, Frame};
use tokio::io::{AsyncRead, AsyncWrite};

use super::exchange::{Next, Streamed};
use super::input::Input;
use super::pool;
use super::pulse::Watched;
use super::write::{self, Ending, Unwritten};
use crate::BoxError;

enum News {
    Piece(Option<Result<Frame<Bytes>, BoxError>>),
    /// Nothing yet: the head goes alone.
    Silence,
    Gone,
}

/// Writes the body as it comes, each piece at once; a write may wait `write_s`.
pub(crate) async fn run<S>(
    io: &mut S,
    input: &mut Input,
    watched: &Watched,
    write_s: u32,
    streamed: Box<Streamed>,
) -> Next
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Streamed { mut body, mut head, ending, close } = *streamed;
    let mut left = if let Ending::Length(n) = ending { n } else { u64::MAX };
    let mut listens = true;
    loop {
        let news = poll_fn(|cx| {
            // A reset is noticed at once. An end is not: who closes one half may wait for the answer on the other.
            while listens {
                match input.poll_fill(Pin::new(&mut *io), cx, pool::SIZE) {
                    Poll::Ready(Ok(n)) => listens = n > 0,
                    Poll::Ready(Err(_)) => return Poll::Ready(News::Gone),
                    Poll::Pending => break,
                }
            }
            match Pin::new(&mut body).poll_frame(cx) {
                Poll::Ready(piece) => Poll::Ready(News::Piece(piece)),
                Poll::Pending if !head.is_empty() => Poll::Ready(News::Silence),
                Poll::Pending => Poll::Pending,
            }
        });
        let (data, is_last) = match news.await {
            News::Gone => return Next::Drop,
            News::Silence => (Bytes::new(), false),
            News::Piece(None) => (Bytes::new(), true),
            // Trailers are not passed on.
            News::Piece(Some(Ok(frame))) => (frame.into_data().unwrap_or_default(), false),
            // Cut off, so that nobody takes it for whole.
            News::Piece(Some(Err(error))) => {
                tracing::debug!(error = &*error as &dyn std::error::Error, "an answer broke off");
                return Next::Drop;
            }
        };
        // More than was announced would be taken for the next answer.
        if data.len() as u64 > left || (is_last && matches!(ending, Ending::Length(_)) && left > 0) {
            return Next::Drop;
        }
        left -= data.len() as u64;
        if write(io, watched, write_s, [&head, &data], ending, is_last).await.is_err() {
            return Next::Drop;
        }
        // A stream may be silent for hours.
        head = Vec::new();
        if is_last {
            return match (close, input.is_empty()) {
                (false, _) => Next::Request,
                (true, true) => Next::Shut,
                (true, false) => Next::Linger,
            };
        }
    }
}

async fn write<S: AsyncWrite + Unpin>(
    io: &mut S,
    watched: &Watched,
    limit_s: u32,
    [head, data]: [&[u8]; 2],
    ending: Ending,
    is_last: bool,
) -> Result<(), Unwritten> {
    let (line, n) = write::chunk_size(data.len());
    let (before, after): (&[u8], &[u8]) = match (ending == Ending::Chunked, data.is_empty(), is_last) {
        (true, _, true) => (b"", b"0\r\n\r\n"),
        (true, false, false) => (&line[..n], b"\r\n"),
        _ => (b"", b""),
    };
    write::out(io, [head, before, data, after], 0, watched, limit_s).await
}
