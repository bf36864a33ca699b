//! One request that the service answers: its body goes in as it comes, its answer goes out as it comes, both at once.
//! The service runs on the main runtime; between it and the connection's thread stand two relays.

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tower::ServiceExt;

use super::input::{Input, Rest};
use super::pool;
use super::pulse::{Pulse, Side, Watched};
use super::relay::{Receiver, Sender, relay};
use super::write::{self, After, Ending, Unwritten};
use super::{Framing, Head, Refusal};
use crate::body::{BodyError, Light, RequestBody};
use crate::serve::{PANICS, Peer, Service};
use crate::{Body, Early};

/// Bytes of a body that nobody wanted which are read for the sake of the connection; with more to come it is closed.
const UNWANTED_BYTES_MAX: usize = 64 << 10;
/// Informational answers that wait to be written; what a service sends beyond is dropped.
const EARLY_MAX: usize = 16;

/// A piece of a request's body, on its way to the service.
#[derive(Debug)]
pub(crate) enum Part {
    Data(Bytes),
    End,
    Failed(BodyError),
}

/// A piece of the answer, on its way to the connection.
#[derive(Debug)]
pub(crate) enum Reply {
    Early(StatusCode, Box<HeaderMap>),
    Head(Box<http::response::Parts>, Size),
    /// The rest is the connection's own affair.
    Stream(Box<http::response::Parts>, Body),
    Data(Bytes),
    End,
    /// The service has panicked or its body has failed.
    Broken,
}

#[derive(Debug)]
pub(crate) enum Size {
    /// The body itself, which needs no relay.
    Whole(Bytes),
    Known(u64),
    Unknown,
}

/// A request taken out of the connection's buffer.
#[derive(Debug)]
pub(crate) struct Order {
    pub request: Request<RequestBody>,
    pub rest: Rest,
    to_service: Option<Sender<Part>>,
    replies: (Sender<Reply>, Receiver<Reply>),
    pub is_head: bool,
    pub is_http10: bool,
    pub keep_alive: bool,
    /// The caller may be waiting for `100 Continue` before it sends its body.
    expects: bool,
}

/// Limits in whole seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub body_s: u32,
    pub write_s: u32,
}

/// How an exchange ends.
#[derive(Debug)]
pub(crate) enum Given {
    Over(Next),
    /// The body is still to come.
    Streams(Box<Streamed>),
}

/// What is left of an exchange: a body that the connection brings itself.
#[derive(Debug)]
pub(crate) struct Streamed {
    pub body: Body,
    /// Goes out with the first piece, if that is there.
    pub head: Vec<u8>,
    pub ending: Ending,
    /// The connection may not be used again.
    pub close: bool,
}

/// What the connection may do after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Request,
    /// The answer is out, and everything was read.
    Shut,
    /// The answer is out; the caller may still be sending.
    Linger,
    /// Nothing more can be said.
    Drop,
}

impl Order {
    /// Copies the head out of the buffer that it is borrowed from, and takes what of the body has come with it.
    ///
    /// # Errors
    /// 400 for an address that is none by the grammar of URLs, and for a body that cannot be read.
    pub fn take(head: &Head<'_>, input: &[u8]) -> Result<Box<Order>, Refusal> {
        let bad = |reason| Refusal { status: 400, reason };
        let bytes = Bytes::copy_from_slice(&input[..head.len]);
        let part = |inner: &[u8]| {
            let start = inner.as_ptr() as usize - input.as_ptr() as usize;
            bytes.slice(start..start + inner.len())
        };
        let mut request = Request::new(RequestBody::default());
        *request.method_mut() = Method::from_bytes(head.method.as_bytes()).map_err(|_| bad("the method is none"))?;
        *request.uri_mut() =
            Uri::from_maybe_shared(part(head.target.as_bytes())).map_err(|_| bad("the address is none"))?;
        *request.version_mut() = if head.minor == 0 { http::Version::HTTP_10 } else { http::Version::HTTP_11 };
        request.headers_mut().reserve(head.fields().count());
        for (name, value) in head.fields() {
            let name = header::HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a field's name is none"))?;
            let value = if value.is_empty() { Bytes::new() } else { part(value) };
            let value =
                header::HeaderValue::from_maybe_shared(value).map_err(|_| bad("a field's value cannot be read"))?;
            request.headers_mut().append(name, value);
        }
        let replies = relay();
        if let Some(peer) = head.peer {
            request.extensions_mut().insert(Peer(peer));
        }
        if head.minor == 1 {
            let to_caller = replies.0.clone();
            request.extensions_mut().insert(Early::new(move |status, fields| {
                to_caller.push(Reply::Early(status, Box::new(fields)), EARLY_MAX);
            }));
        }
        Ok(Box::new(Order {
            is_head: head.method == "HEAD",
            is_http10: head.minor == 0,
            keep_alive: head.keep_alive,
            expects: head.expects_continue,
            rest: Rest::of(head.framing),
            to_service: None,
            replies,
            request,
        }))
    }

    /// The body: whole when all of it has come with the head, else a stream.
    pub fn take_body(&mut self, framing: Framing, input: &mut Input) -> Result<(), Refusal> {
        let begun = self.rest.take(input)?;
        // Whoever has begun to send does not wait for leave.
        self.expects &= begun.is_empty() && !self.rest.is_over();
        if self.rest.is_over() {
            *self.request.body_mut() = begun.into();
            return Ok(());
        }
        let (sender, receiver) = relay();
        let length = if let Framing::Length(n) = framing { Some(n) } else { None };
        if !begun.is_empty() {
            sender.push(Part::Data(begun), usize::MAX);
        }
        let expecting = self.expects.then(|| self.replies.0.clone());
        *self.request.body_mut() = RequestBody::stream(receiver, length, expecting);
        self.to_service = Some(sender);
        Ok(())
    }
}

/// Everything of the connection that an exchange works with.
pub(crate) struct Wire<'c, S> {
    pub io: &'c mut S,
    pub input: &'c mut Input,
    pub watched: &'c Watched,
    pub limits: Limits,
    pub pulse: &'c Pulse,
    pub h3_port: Option<u16>,
}

/// Has the service answer, and writes what it says.
pub(crate) async fn run<S>(wire: Wire<'_, S>, order: Box<Order>, service: Service, main: &Handle) -> Given
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Order { request, mut rest, to_service, replies: (to_caller, replies), is_head, is_http10, keep_alive, expects } =
        *order;
    let Wire { io, input, watched, limits, pulse, h3_port } = wire;
    // Not of the process's tasks: it ends with the connection, which is one of them.
    let _job = AbortOnDrop(main.spawn(attend(service, request, to_caller, true)).abort_handle());
    // The two halves are polled by one task in turns: nobody ever waits for this lock.
    let io = Mutex::new(io);
    let mut told_to_continue = false;
    let is_cut = AtomicBool::new(false);
    let answered = {
        let mut intake = std::pin::pin!(take_in(
            &io,
            input,
            &mut rest,
            to_service.map(|to| (to, expects)),
            &is_cut,
            watched,
            limits
        ));
        let caller = Caller { io: &io, watched, limits, pulse, h3_port };
        let wishes = Wishes { is_head, is_http10, keep_alive, expects, is_cut: &is_cut };
        let mut answer = std::pin::pin!(give_out(caller, wishes, replies, &mut told_to_continue));
        tokio::select! {
            answered = answer.as_mut() => answered,
            // It ends only when the caller is gone.
            () = intake.as_mut() => return Given::Over(Next::Drop),
        }
    };
    let closes = match answered {
        Ok(Answered::Whole { close }) => close,
        Ok(Answered::Streams(mut streamed)) => {
            // What is left of the request's body is not waited for.
            streamed.close |= is_cut.load(Ordering::Relaxed) || !rest.is_over();
            return Given::Streams(streamed);
        }
        Err(Unwritten) => return Given::Over(Next::Drop),
    };
    Given::Over(if closes || is_cut.load(Ordering::Relaxed) {
        if rest.is_over() && input.is_empty() { Next::Shut } else { Next::Linger }
    } else {
        let io = io.into_inner().unwrap_or_else(PoisonError::into_inner);
        if finish(io, input, &mut rest, watched, limits).await { Next::Request } else { Next::Linger }
    })
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// On the service's runtime: calls the service and hands on its answer; a light body whole, if the connection
/// `takes_streams`. A panic is an answer of 500, or the end of one.
pub(crate) async fn attend(
    service: Service,
    request: Request<RequestBody>,
    replies: Sender<Reply>,
    takes_streams: bool,
) {
    let answered = AssertUnwindSafe(async {
        let Ok(answer) = service.oneshot(request).await;
        hand_on(answer, &replies, takes_streams).await
    });
    let last = match answered.catch_unwind().await {
        Ok(Ok(())) => Reply::End,
        Ok(Err(error)) => {
            tracing::debug!(error = &*error as &dyn std::error::Error, "an answer broke off");
            Reply::Broken
        }
        Err(_) => {
            PANICS.inc();
            tracing::error!("a request's service panicked");
            Reply::Broken
        }
    };
    let _ = replies.send(last).await;
}

async fn hand_on(answer: Response<Body>, replies: &Sender<Reply>, takes_streams: bool) -> Result<(), crate::BoxError> {
    let (head, mut body) = answer.into_parts();
    if takes_streams && head.extensions.get::<Light>().is_some() {
        let _ = replies.send(Reply::Stream(Box::new(head), body)).await;
        return Ok(());
    }
    let mut first = None;
    let size = if body.is_end_stream() {
        Size::Whole(Bytes::new())
    } else if let Some(exact) = body.size_hint().exact() {
        // Most answers are in memory: they need neither a turn of the scheduler nor the relay.
        first = body.frame().now_or_never().flatten().transpose()?.and_then(|frame| frame.into_data().ok());
        match first.take() {
            Some(data) if data.len() as u64 == exact => Size::Whole(data),
            other => {
                first = other;
                Size::Known(exact)
            }
        }
    } else {
        Size::Unknown
    };
    let is_whole = matches!(size, Size::Whole(_));
    if replies.send(Reply::Head(Box::new(head), size)).await.is_err() || is_whole {
        return Ok(());
    }
    loop {
        let data = match first.take() {
            Some(data) => data,
            None => match body.frame().await.transpose()? {
                None => return Ok(()),
                // Trailers are not passed on.
                Some(frame) => frame.into_data().unwrap_or_default(),
            },
        };
        if !data.is_empty() && replies.send(Reply::Data(data)).await.is_err() {
            return Ok(());
        }
    }
}

/// Brings the body to the service, then listens whether the caller is still there. Ends only when it is not.
async fn take_in<S: AsyncRead + AsyncWrite + Unpin>(
    io: &Mutex<&mut S>,
    input: &mut Input,
    rest: &mut Rest,
    to_service: Option<(Sender<Part>, bool)>,
    is_cut: &AtomicBool,
    watched: &Watched,
    limits: Limits,
) {
    if let Some((service, expects)) = to_service {
        let last = match read_body(io, input, rest, &service, expects, watched, limits).await {
            Ok(true) => Part::End,
            // The service has had enough; what is left is seen to after its answer.
            Ok(false) => return std::future::pending().await,
            Err(error) => {
                is_cut.store(true, Ordering::Relaxed);
                Part::Failed(error)
            }
        };
        let _ = service.send(last).await;
        if is_cut.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
    }
    // A reset is noticed at once. An end is not: who closes one half may wait for the answer on the other.
    loop {
        let read = std::future::poll_fn(|cx| {
            let mut io = io.lock().unwrap_or_else(PoisonError::into_inner);
            input.poll_fill(Pin::new(&mut **io), cx, pool::SIZE)
        });
        match read.await {
            Ok(0) => return std::future::pending().await,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// Whether the body was read to its end; `false` when the service does not want more.
async fn read_body<S: AsyncRead + AsyncWrite + Unpin>(
    io: &Mutex<&mut S>,
    input: &mut Input,
    rest: &mut Rest,
    service: &Sender<Part>,
    expects: bool,
    watched: &Watched,
    limits: Limits,
) -> Result<bool, BodyError> {
    if expects && service.wanted().await.is_err() {
        return Ok(false);
    }
    loop {
        let data = rest.take(input).map_err(|refusal| BodyError::Malformed(refusal.reason))?;
        if !data.is_empty() && service.send(Part::Data(data)).await.is_err() {
            return Ok(rest.is_over());
        }
        if rest.is_over() {
            return Ok(true);
        }
        match fill(io, input, watched, limits.body_s).await {
            Ok(Ok(0)) | Ok(Err(_)) => return Err(BodyError::Gone),
            Ok(Ok(_)) => {}
            Err(_) => return Err(BodyError::TooSlow),
        }
    }
}

async fn fill<S: AsyncRead + Unpin>(
    io: &Mutex<&mut S>,
    input: &mut Input,
    watched: &Watched,
    limit_s: u32,
) -> Result<io::Result<usize>, super::pulse::Late> {
    let due = watched.due(limit_s);
    std::future::poll_fn(|cx| {
        let mut io = io.lock().unwrap_or_else(PoisonError::into_inner);
        let polled = input.poll_fill(Pin::new(&mut **io), cx, pool::SIZE);
        watched.limit(Side::Read, due, cx, polled)
    })
    .await
}

/// Reads the end of a body that the service did not want, if it is short; whether it came.
async fn finish<S: AsyncRead + Unpin>(
    io: &mut S,
    input: &mut Input,
    rest: &mut Rest,
    watched: &Watched,
    limits: Limits,
) -> bool {
    if matches!(rest, Rest::Length(left) if *left > UNWANTED_BYTES_MAX as u64) {
        return false;
    }
    let io = Mutex::new(io);
    let mut dropped = 0;
    while !rest.is_over() {
        let Ok(data) = rest.take(input) else { return false };
        dropped += data.len();
        if dropped > UNWANTED_BYTES_MAX {
            return false;
        }
        if !rest.is_over() && !matches!(fill(&io, input, watched, limits.body_s).await, Ok(Ok(n)) if n > 0) {
            return false;
        }
    }
    true
}

struct Caller<'c, 'i, S> {
    io: &'c Mutex<&'i mut S>,
    watched: &'c Watched,
    limits: Limits,
    pulse: &'c Pulse,
    h3_port: Option<u16>,
}

impl<S: AsyncWrite + Unpin> Caller<'_, '_, S> {
    async fn write<const N: usize>(&self, parts: [&[u8]; N]) -> Result<(), Unwritten> {
        write::all(parts, 0, self.watched, self.limits.write_s, |cx, slices| {
            let mut io = self.io.lock().unwrap_or_else(PoisonError::into_inner);
            write::poll_slices(&mut **io, cx, slices)
        })
        .await?;
        self.flush().await
    }

    /// TLS keeps what it has no room for.
    async fn flush(&self) -> Result<(), Unwritten> {
        let due = self.watched.due(self.limits.write_s);
        let flushed = std::future::poll_fn(|cx| {
            let mut io = self.io.lock().unwrap_or_else(PoisonError::into_inner);
            let polled = Pin::new(&mut **io).poll_flush(cx);
            self.watched.limit(Side::Write, due, cx, polled)
        });
        match flushed.await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Unwritten),
        }
    }
}

#[derive(Clone, Copy)]
struct Wishes<'c> {
    is_head: bool,
    is_http10: bool,
    keep_alive: bool,
    expects: bool,
    /// The body has broken off or cannot be read: where a next request begins is unknown.
    is_cut: &'c AtomicBool,
}

enum Answered {
    Whole {
        /// The connection must close after it.
        close: bool,
    },
    Streams(Box<Streamed>),
}

/// Writes what the service says, but for a body that the connection brings itself.
async fn give_out<S: AsyncWrite + Unpin>(
    caller: Caller<'_, '_, S>,
    wishes: Wishes<'_>,
    mut replies: Receiver<Reply>,
    told_to_continue: &mut bool,
) -> Result<Answered, Unwritten> {
    let mut out = Vec::new();
    let (head, size, own) = loop {
        match replies.recv().await {
            Some(Reply::Early(status, fields)) => {
                *told_to_continue |= status == StatusCode::CONTINUE;
                out.clear();
                write::early(&mut out, status, &fields);
                caller.write([&out]).await?;
            }
            Some(Reply::Head(head, size)) => break (head, size, None),
            Some(Reply::Stream(head, body)) => {
                let size = body.size_hint().exact().map_or(Size::Unknown, Size::Known);
                break (head, size, Some(body));
            }
            _ => break failure(),
        }
    };
    out.clear();
    out.reserve(1024);
    let ending = ending(&head, &size, wishes);
    let said =
        head.headers.get(header::CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    // Without leave the caller may still send its body, or not: only a new connection is sure.
    let unsure = (wishes.expects && !*told_to_continue) || wishes.is_cut.load(Ordering::Relaxed);
    let close = !wishes.keep_alive || said || unsure || ending == Ending::Close || caller.pulse.is_draining();
    let after = After { close, says_keep_alive: wishes.is_http10, h3_port: caller.h3_port };
    write::head(&mut out, head.status, &head.headers, ending, after, caller.pulse.seconds());
    drop(head);
    match (ending, size, own) {
        (Ending::NoBody(_), _, _) => caller.write([&out]).await?,
        (_, Size::Whole(data), _) => caller.write([&out, &data]).await?,
        (ending, _, Some(body)) => {
            return Ok(Answered::Streams(Box::new(Streamed { body, head: out, ending, close })));
        }
        (ending, _, None) => {
            let close = stream(caller, out, ending, replies).await? || close;
            return Ok(Answered::Whole { close });
        }
    }
    Ok(Answered::Whole { close })
}

fn failure() -> (Box<http::response::Parts>, Size, Option<Body>) {
    let (mut head, _) = Response::new(()).into_parts();
    head.status = StatusCode::INTERNAL_SERVER_ERROR;
    head.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    (Box::new(head), Size::Whole(Bytes::from_static(b"the request could not be answered\n")), None)
}

/// RFC 9112 §6.3, from the sender's side.
fn ending(head: &http::response::Parts, size: &Size, wishes: Wishes<'_>) -> Ending {
    let told = head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let known = match size {
        Size::Whole(data) => Some(data.len() as u64),
        Size::Known(n) => Some(*n),
        Size::Unknown => None,
    };
    let status = head.status;
    if status == StatusCode::NO_CONTENT || status.is_informational() {
        return Ending::NoBody(None);
    }
    if status == StatusCode::NOT_MODIFIED {
        return Ending::NoBody(told);
    }
    if wishes.is_head {
        // The service may have dropped the body itself: its word counts more than an empty body.
        return Ending::NoBody(told.or(known));
    }
    match known.or(told) {
        Some(n) => Ending::Length(n),
        None if wishes.is_http10 => Ending::Close,
        None => Ending::Chunked,
    }
}

/// Writes a body as it comes, the head with its first piece; whether the connection must close.
async fn stream<S: AsyncWrite + Unpin>(
    caller: Caller<'_, '_, S>,
    mut head: Vec<u8>,
    ending: Ending,
    mut replies: Receiver<Reply>,
) -> Result<bool, Unwritten> {
    let mut left = if let Ending::Length(n) = ending { n } else { u64::MAX };
    loop {
        let reply = match replies.try_recv() {
            Some(reply) => Some(reply),
            None => {
                if !head.is_empty() {
                    caller.write([&head]).await?;
                    // A stream may be silent for hours.
                    head = Vec::new();
                }
                replies.recv().await
            }
        };
        match reply {
            Some(Reply::Data(data)) => {
                // More than was announced would be taken for the next answer.
                if data.len() as u64 > left {
                    return Err(Unwritten);
                }
                left -= data.len() as u64;
                if ending == Ending::Chunked {
                    let (size, n) = write::chunk_size(data.len());
                    caller.write([&head, &size[..n], &data, b"\r\n"]).await?;
                } else {
                    caller.write([&head, &data]).await?;
                }
                head = Vec::new();
            }
            Some(Reply::End) => match ending {
                Ending::Chunked => {
                    caller.write([&head, b"0\r\n\r\n"]).await?;
                    return Ok(false);
                }
                Ending::Length(_) if left > 0 => return Err(Unwritten),
                _ => {
                    caller.write([&head]).await?;
                    return Ok(ending == Ending::Close);
                }
            },
            // Too late for a 1xx.
            Some(Reply::Early(..)) => {}
            // Cut off, so that nobody takes it for whole.
            Some(Reply::Head(..) | Reply::Stream(..) | Reply::Broken) | None => return Err(Unwritten),
        }
    }
}
