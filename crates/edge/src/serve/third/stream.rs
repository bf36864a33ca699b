//! One request of HTTP/3: its body goes in as it comes, its answer goes out as it comes, both at once.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use h3::error::Code;
use h3::server::{RequestResolver, RequestStream};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;

use super::super::{HITS, Peer, REFUSED, REQUESTS, second};
use super::Third;
use super::guard::{self, Guarded};
use crate::body::{BodyError, RequestBody};
use crate::h1::exchange::{self, Part, Reply, Size};
use crate::h1::relay::{Receiver, Sender, relay};
use crate::{Body, Early};

type Intake = RequestStream<guard::Receiver, Bytes>;
type Outlet = RequestStream<h3_quinn::SendStream<Bytes>, Bytes>;

/// Informational answers that wait to be written; what a service sends beyond is dropped.
const EARLY_MAX: usize = 16;
/// What must go out within the time for writing.
const PIECE_BYTES: usize = 64 << 10;
/// Fields of HTTP/1.1's connections, which no answer here may have (RFC 9114 §4.2).
const OF_CONNECTIONS: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// The caller cannot be told any more.
struct Gone;

pub async fn answer(third: Arc<Third>, resolver: RequestResolver<Guarded, Bytes>, peer: SocketAddr) {
    let Ok(Ok((request, stream))) = tokio::time::timeout(third.times.head, resolver.resolve_request()).await else {
        return REFUSED.inc();
    };
    REQUESTS.inc();
    let (to_caller, mut from_caller) = stream.split();
    let mut outlet = Writer { outlet: to_caller, third: &third, is_head: *request.method() == Method::HEAD };
    let is_over = match length(request.headers()) {
        Err(()) => {
            REFUSED.inc();
            from_caller.stop_sending(Code::H3_MESSAGE_ERROR);
            return outlet.outlet.stop_stream(Code::H3_MESSAGE_ERROR);
        }
        Ok(_) if *request.method() == Method::CONNECT => {
            REFUSED.inc();
            outlet.refuse(StatusCode::NOT_IMPLEMENTED).await
        }
        Ok(length) => {
            let is_plain = matches!(*request.method(), Method::GET | Method::HEAD) && length.unwrap_or(0) == 0;
            let now_s = third.clock.now().seconds();
            match third.front.as_ref().filter(|_| is_plain).and_then(|front| second::look(front, now_s, &request)) {
                Some(hit) => {
                    HITS.inc();
                    outlet.whole(hit).await
                }
                None => exchange(&third, request, length, &mut from_caller, &mut outlet, peer).await,
            }
        }
    };
    from_caller.stop_sending(Code::H3_NO_ERROR);
    if is_over.is_err() {
        outlet.outlet.stop_stream(Code::H3_INTERNAL_ERROR);
    }
}

/// Has the service answer, and writes what it says.
async fn exchange(
    third: &Third,
    request: Request<()>,
    length: Option<u64>,
    from_caller: &mut Intake,
    outlet: &mut Writer<'_>,
    peer: SocketAddr,
) -> Result<(), Gone> {
    let mut request = request.map(|()| RequestBody::default());
    let (to_service, parts) = relay();
    let mut intake = None;
    if length != Some(0) {
        // Without a length only the first piece tells whether there is a body.
        let first = match length {
            Some(_) => Bytes::new(),
            None => match next(from_caller, third.times.body).await {
                Ok(Some(data)) => data,
                Ok(None) => Bytes::new(),
                Err(_) => return outlet.refuse(StatusCode::REQUEST_TIMEOUT).await,
            },
        };
        if length.is_some() || !first.is_empty() {
            *request.body_mut() = RequestBody::stream(parts, length, None);
            intake = Some((to_service, first));
        }
    }
    let (replies, to_outlet) = relay();
    let early = replies.clone();
    request.extensions_mut().insert(Peer(peer));
    request.extensions_mut().insert(Early::new(move |status, fields| {
        early.push(Reply::Early(status, Box::new(fields)), EARLY_MAX);
    }));
    let work = async {
        let attend = exchange::attend(third.service.clone(), request, replies, false);
        let take_in = async {
            if let Some((to_service, first)) = intake {
                take_in(from_caller, to_service, first, length, third.times.body).await;
            }
        };
        tokio::join!(attend, take_in);
        pending::<()>().await
    };
    tokio::select! {
        done = outlet.all(to_outlet) => done,
        () = work => Err(Gone),
    }
}

/// Brings the body to the service as long as that wants it; it must be as long as was said (RFC 9114 §4.1.2).
async fn take_in(intake: &mut Intake, service: Sender<Part>, first: Bytes, length: Option<u64>, limit: Duration) {
    let (mut data, mut left) = (first, length);
    let last = loop {
        if let Some(left) = &mut left {
            match left.checked_sub(data.len() as u64) {
                Some(rest) => *left = rest,
                None => break Part::Failed(BodyError::Malformed("it is longer than was said")),
            }
        }
        if !data.is_empty() && service.send(Part::Data(data)).await.is_err() {
            return;
        }
        data = match next(intake, limit).await {
            Ok(Some(data)) => data,
            Ok(None) if left.unwrap_or(0) > 0 => {
                break Part::Failed(BodyError::Malformed("it is shorter than was said"));
            }
            Ok(None) => break Part::End,
            Err(error) => break Part::Failed(error),
        };
    };
    let _ = service.send(last).await;
}

async fn next(intake: &mut Intake, limit: Duration) -> Result<Option<Bytes>, BodyError> {
    match tokio::time::timeout(limit, intake.recv_data()).await {
        Ok(Ok(data)) => Ok(data.map(|mut data| data.copy_to_bytes(data.remaining()))),
        Ok(Err(_)) => Err(BodyError::Gone),
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// The length that a request says its body has.
fn length(headers: &HeaderMap) -> Result<Option<u64>, ()> {
    let mut said = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = said.next() else { return Ok(None) };
    let digits = first.to_str().map_err(drop)?;
    if said.next().is_some() || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(());
    }
    digits.parse().map(Some).map_err(drop)
}

struct Writer<'t> {
    outlet: Outlet,
    third: &'t Third,
    is_head: bool,
}

impl Writer<'_> {
    /// What a service says, as it comes.
    async fn all(&mut self, mut replies: Receiver<Reply>) -> Result<(), Gone> {
        let mut has_head = false;
        loop {
            match replies.recv().await {
                Some(Reply::Early(status, fields)) => {
                    if !has_head && status != StatusCode::CONTINUE {
                        self.head(status, *fields).await?;
                    }
                }
                Some(Reply::Head(head, size)) => {
                    has_head = true;
                    let (known, whole) = match size {
                        Size::Whole(data) => (Some(data.len() as u64), Some(data)),
                        Size::Known(length) => (Some(length), None),
                        Size::Unknown => (None, None),
                    };
                    let has_body = self.answer(head.status, head.headers, known).await?;
                    if let Some(data) = whole {
                        self.data(data, has_body).await?;
                        return self.finish().await;
                    }
                    if !has_body {
                        return self.finish().await;
                    }
                }
                Some(Reply::Data(data)) => self.data(data, true).await?,
                Some(Reply::End) => return self.finish().await,
                Some(Reply::Broken) | None if !has_head => return self.refuse(StatusCode::INTERNAL_SERVER_ERROR).await,
                // Nobody has said that such are taken here.
                Some(Reply::Stream(..) | Reply::Broken) | None => return Err(Gone),
            }
        }
    }

    /// An answer that is at hand.
    async fn whole(&mut self, answer: Response<Body>) -> Result<(), Gone> {
        let (head, body) = answer.into_parts();
        let data = body.collect().await.map_err(|_| Gone)?.to_bytes();
        let has_body = self.answer(head.status, head.headers, Some(data.len() as u64)).await?;
        self.data(data, has_body).await?;
        self.finish().await
    }

    async fn refuse(&mut self, status: StatusCode) -> Result<(), Gone> {
        self.answer(status, HeaderMap::new(), Some(0)).await?;
        self.finish().await
    }

    /// Says the head of the answer; whether a body follows.
    async fn answer(&mut self, status: StatusCode, mut headers: HeaderMap, known: Option<u64>) -> Result<bool, Gone> {
        let is_bare = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        match known {
            // The service may have dropped the body itself: its word counts more than an empty body.
            _ if is_bare || (self.is_head && headers.contains_key(header::CONTENT_LENGTH)) => {}
            Some(length) => drop(headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length))),
            None => {}
        }
        if status == StatusCode::NO_CONTENT {
            headers.remove(header::CONTENT_LENGTH);
        }
        if !headers.contains_key(header::DATE)
            && let Ok(date) = HeaderValue::try_from(self.third.clock.now().http_date())
        {
            headers.insert(header::DATE, date);
        }
        self.head(status, headers).await?;
        Ok(!is_bare && !self.is_head)
    }

    async fn head(&mut self, status: StatusCode, mut headers: HeaderMap) -> Result<(), Gone> {
        OF_CONNECTIONS.iter().for_each(|name| drop(headers.remove(name)));
        let mut head = Response::new(());
        (*head.status_mut(), *head.headers_mut()) = (status, headers);
        self.in_time(|outlet| outlet.send_response(head)).await
    }

    async fn data(&mut self, mut data: Bytes, is_wanted: bool) -> Result<(), Gone> {
        while is_wanted && !data.is_empty() {
            let piece = data.split_to(data.len().min(PIECE_BYTES));
            self.in_time(|outlet| outlet.send_data(piece)).await?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Gone> {
        self.in_time(|outlet| outlet.finish()).await
    }

    async fn in_time<'o, F, E>(&'o mut self, write: impl FnOnce(&'o mut Outlet) -> F) -> Result<(), Gone>
    where
        F: Future<Output = Result<(), E>>,
    {
        match tokio::time::timeout(self.third.times.write, write(&mut self.outlet)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}
