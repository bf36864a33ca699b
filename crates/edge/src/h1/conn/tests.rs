use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use stdx::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;
use crate::body::Light;
use crate::h1::{Head, pool};
use crate::{Body, BodyError, Early, RequestBody, body, service_fn};

const TIMES: Times = Times { head_s: 10, body_s: 10, write_s: 10 };

fn lane(service: Service) -> Lane {
    let noon = Timestamp::from_seconds(784_111_777);
    Lane {
        front: None,
        service,
        main: Some(Handle::current()),
        limits: Limits::default(),
        times: TIMES,
        pulse: Pulse::new(Clock::manual(noon)),
        counts: Counts::default(),
        h3_port: None,
    }
}

async fn text(body: RequestBody) -> String {
    match body.collect().await {
        Ok(all) => String::from_utf8(all.to_bytes().to_vec()).unwrap(),
        Err(error) => format!("failed: {error}"),
    }
}

fn with_status(status: u16, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn stream(pieces: &'static [&'static str]) -> Body {
    let frames = futures_util::stream::iter(pieces.iter().map(|p| Ok(Frame::data(Bytes::from_static(p.as_bytes())))));
    StreamBody::new(frames).boxed_unsync()
}

async fn answer(request: Request<RequestBody>) -> Response<Body> {
    match request.uri().path() {
        "/echo" => Response::new(body::full(text(request.into_body()).await)),
        "/ignore" => Response::new(body::full("ignored")),
        "/204" => with_status(204, body::full("never sent")),
        "/304" => with_status(304, body::empty()),
        "/stream" => Response::new(stream(&["one", "", "two"])),
        "/broken" => {
            let frames = [Ok(Frame::data(Bytes::from_static(b"half"))), Err("on purpose".into())];
            Response::new(StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync())
        }
        "/panic" => panic!("on purpose"),
        "/close" => {
            let mut answer = Response::new(body::full("bye"));
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            answer
        }
        "/early" => {
            if let Some(early) = request.extensions().get::<Early>() {
                let link = (header::LINK, HeaderValue::from_static("</a.css>; rel=preload"));
                early.send(StatusCode::EARLY_HINTS, HeaderMap::from_iter([link]));
            }
            Response::new(body::full("late"))
        }
        path => Response::new(body::full(path.to_owned())),
    }
}

/// Runs a connection beside what a caller does with its other end.
async fn with<T, F: Future<Output = T>>(lane: &Lane, room: usize, caller: impl FnOnce(DuplexStream) -> F) -> T {
    let (ours, theirs) = tokio::io::duplex(room);
    let (told, _) = tokio::join!(caller(theirs), run(ours, lane, None));
    told
}

/// Sends the pieces one by one, closes its half and gives the answers without their date.
async fn talk(pieces: &[&str]) -> String {
    talk_with(&lane(service_fn(answer)), pieces).await
}

async fn talk_with(lane: &Lane, pieces: &[&str]) -> String {
    let said = with(lane, 64 << 10, |mut stream| async move {
        for piece in pieces {
            // A connection that was closed does not want the rest.
            let _ = stream.write_all(piece.as_bytes()).await;
            tokio::task::yield_now().await;
        }
        let _ = stream.shutdown().await;
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    });
    said.await.replace("date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "").replace("\r\n", "|")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let asked = ["/a", "/stream", "/b"].map(get).concat();
    let wanted = "HTTP/1.1 200 OK|content-length: 2||/aHTTP/1.1 200 OK|transfer-encoding: chunked||3|one|3|two|0||HTTP/1.1 200 OK|content-length: 2||/b";
    assert_eq!(talk(&[&asked]).await, wanted);
    for cut in 1..asked.len() {
        assert_eq!(talk(&[&asked[..cut], &asked[cut..]]).await, wanted, "cut at {cut}");
    }
}

#[tokio::test]
async fn what_the_connection_brings_itself_reads_the_same() {
    let light = lane(service_fn(|request| async {
        let mut answer = answer(request).await;
        answer.extensions_mut().insert(Light);
        answer
    }));
    let next = get("/next");
    let asked = [
        get("/stream"),
        get("/whole"),
        get("/204"),
        get("/close"),
        get("/early"),
        get("/broken"),
        get("/panic"),
        "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        "GET /stream HTTP/1.0\r\n\r\n".to_owned(),
        "GET /whole HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_owned(),
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
    ];
    for asked in asked {
        let asked = asked + &next;
        let (own, relayed) = (talk_with(&light, &[&asked]).await, talk(&[&asked]).await);
        assert_eq!(own, relayed, "{asked:?}");
    }
    // A body that was not read to its end is not waited for, as a stream may last for hours.
    let unread = format!("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nbegun{next}");
    let said = talk_with(&light, &[&unread]).await;
    assert!(said.ends_with("||ignored") && !said.contains("/next"), "{said}");
}

#[tokio::test]
async fn a_stream_goes_out_piece_by_piece_and_ends_with_its_caller() {
    let (pieces, taken) = tokio::sync::mpsc::channel::<Bytes>(1);
    let taken = Arc::new(Mutex::new(Some(taken)));
    let lane = lane(service_fn(move |_| {
        let mut taken = taken.lock().unwrap().take().unwrap();
        let events = crate::sse::spoken(|speaker| async move {
            while let Some(piece) = taken.recv().await {
                speaker.say(piece).await;
            }
        });
        async move { crate::sse::response(events, Duration::from_secs(60)) }
    }));
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let caller = async {
        theirs.write_all(get("/").as_bytes()).await.unwrap();
        let mut said = vec![0; 1024];
        let mut hear = async |wanted: &str| {
            let n = theirs.read(&mut said).await.unwrap();
            let heard = String::from_utf8_lossy(&said[..n]).into_owned();
            assert!(heard.ends_with(wanted), "{heard:?}");
        };
        hear("\r\n\r\n").await;
        for piece in ["one", "two"] {
            pieces.send(Bytes::from(piece)).await.unwrap();
            hear(&format!("3\r\n{piece}\r\n")).await;
        }
        drop(theirs);
        // Who closes its end may still read; the next word says that it does not.
        pieces.send(Bytes::from("three")).await.unwrap();
        pieces.closed().await;
    };
    tokio::join!(run(ours, &lane, None), caller);
}

#[tokio::test]
async fn bodies_come_in_any_pieces() {
    let plain = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    let chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nA: b\r\n\r\n";
    for asked in [plain, chunked] {
        let asked = format!("{asked}{}", get("/next"));
        let wanted = "HTTP/1.1 200 OK|content-length: 5||helloHTTP/1.1 200 OK|content-length: 5||/next";
        for cut in 1..asked.len() {
            assert_eq!(talk(&[&asked[..cut], &asked[cut..]]).await, wanted, "cut at {cut} of {asked:?}");
        }
        let bytes: Vec<&str> = asked.split("").collect();
        assert_eq!(talk(&bytes).await, wanted, "byte by byte");
    }
}

#[tokio::test]
async fn large_bodies_pass() {
    let body = "0123456789abcdef".repeat(20_000);
    let asked =
        format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let said = talk(&[&asked]).await;
    assert_eq!(said, format!("HTTP/1.1 200 OK|content-length: {}|connection: close||{body}", body.len()));
}

#[tokio::test]
async fn a_body_that_breaks_is_told_to_the_service() {
    let said = talk(&["POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"]).await;
    assert!(said.contains("failed: the caller is gone"), "{said}");
    let said = talk(&[
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "2\r\nabc\r\n0\r\n\r\n",
        &get("/x"),
    ])
    .await;
    assert!(said.contains("failed: the body cannot be read: a chunk is longer") && !said.contains("/x"), "{said}");
}

#[tokio::test]
async fn continue_is_said_when_the_body_is_wanted() {
    let ask =
        |path: &str| format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    let lane = lane(service_fn(answer));
    let said = with(&lane, 1024, |mut stream| async move {
        stream.write_all(ask("/echo").as_bytes()).await.unwrap();
        let mut leave = [0; 25];
        stream.read_exact(&mut leave).await.unwrap();
        assert_eq!(&leave, write::CONTINUE);
        stream.write_all(format!("ok{}", get("/next")).as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    });
    let said = said.await;
    assert!(said.contains("\r\n\r\nokHTTP/1.1 200 OK") && said.ends_with("/next"), "{said}");
    // Nobody asked for this body: whether it comes cannot be known, so the connection ends.
    let said = talk(&[&ask("/ignore"), &get("/next")]).await;
    assert_eq!(said, "HTTP/1.1 200 OK|content-length: 7|connection: close||ignored");
    // Sent without waiting.
    let said = talk(&[&format!("{}hi{}", ask("/echo"), get("/next"))]).await;
    assert_eq!(said, "HTTP/1.1 200 OK|content-length: 2||hiHTTP/1.1 200 OK|content-length: 5||/next");
}

#[tokio::test]
async fn what_has_no_body_says_so() {
    let said = talk(&[
        "HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n",
        &get("/204"),
        &get("/304"),
        &get("/x"),
    ])
    .await;
    assert_eq!(
        said,
        "HTTP/1.1 200 OK|content-length: 4||HTTP/1.1 200 OK||HTTP/1.1 204 No Content||HTTP/1.1 304 Not Modified||HTTP/1.1 200 OK|content-length: 2||/x"
    );
}

#[tokio::test]
async fn http_1_0_ends_its_answers_by_closing() {
    assert_eq!(talk(&["GET /stream HTTP/1.0\r\n\r\n", &get("/x")]).await, "HTTP/1.1 200 OK|connection: close||onetwo");
    let kept = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    assert_eq!(
        talk(&[kept, "GET /early HTTP/1.0\r\n\r\n"]).await,
        "HTTP/1.1 200 OK|content-length: 2|connection: keep-alive||/aHTTP/1.1 200 OK|content-length: 4|connection: close||late"
    );
}

#[tokio::test]
async fn a_service_may_close_fail_and_panic() {
    assert_eq!(talk(&[&get("/close"), &get("/x")]).await, "HTTP/1.1 200 OK|content-length: 3|connection: close||bye");
    let said = talk(&[&get("/broken"), &get("/x")]).await;
    assert!(said.ends_with("4|half|") && !said.contains("0||"), "cut off: {said}");
    let said = talk(&[&get("/panic"), &get("/x")]).await;
    assert!(said.starts_with("HTTP/1.1 500") && said.ends_with("/x"), "{said}");
}

#[tokio::test]
async fn hints_go_before_the_answer() {
    assert_eq!(
        talk(&[&get("/early")]).await,
        "HTTP/1.1 103 Early Hints|link: </a.css>; rel=preload||HTTP/1.1 200 OK|content-length: 4||late"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_ends_the_connection() {
    let said = talk(&[&get("/a"), "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", &get("/b")]).await;
    assert!(
        said.contains("HTTP/1.1 400 Bad Request|") && said.contains("connection: close||there is more than one Host"),
        "{said}"
    );
    assert!(!said.contains("/b"), "{said}");
    let said = talk(&["GET /<> HTTP/1.1\r\nHost: a\r\n\r\n"]).await;
    assert!(said.starts_with("HTTP/1.1 400"), "no address by the grammar of URLs: {said}");
}

#[tokio::test]
async fn a_body_nobody_wants_does_not_cost_the_connection_unless_it_is_long() {
    let ask = |n: usize| format!("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: {n}\r\n\r\n{}", "x".repeat(n));
    let said = talk(&[&ask(20_000), &get("/next")]).await;
    assert!(said.ends_with("ignoredHTTP/1.1 200 OK|content-length: 5||/next"), "{said}");
    let said = talk(&[&ask(400_000), &get("/next")]).await;
    assert!(said.ends_with("ignored"), "{said}");
}

#[tokio::test]
async fn a_service_that_does_not_read_holds_the_caller_back() {
    let (begin, begun) = tokio::sync::oneshot::channel::<()>();
    let begun = Arc::new(Mutex::new(Some(begun)));
    let service = service_fn(move |request: Request<RequestBody>| {
        let begun = begun.lock().unwrap().take().unwrap();
        async move {
            begun.await.unwrap();
            let length = request.into_body().collect().await.unwrap().to_bytes().len();
            Response::new(body::full(length.to_string()))
        }
    });
    let lane = lane(service);
    let length = 1 << 20;
    let said = with(&lane, 1024, |stream| async move {
        let (mut read, mut write) = tokio::io::split(stream);
        let sent = AtomicUsize::new(0);
        let send = async {
            let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            write.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..length / 1024 {
                write.write_all(&[b'x'; 1024]).await.unwrap();
                sent.fetch_add(1024, Ordering::Relaxed);
            }
        };
        let listen = async {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
            let held = sent.load(Ordering::Relaxed);
            begin.send(()).unwrap();
            let mut said = String::new();
            read.read_to_string(&mut said).await.unwrap();
            (held, said)
        };
        tokio::join!(send, listen).1
    });
    let (held, said) = said.await;
    // Four pieces in the relay, one on its way, a buffer and what the pipe holds.
    assert!((1..=8 * pool::SIZE).contains(&held), "{held} bytes were taken");
    assert!(said.ends_with("1048576"), "{said}");
}

/// Sends `first`, then `drip` every `seconds` of the connection's clock, and gives all that comes until it closes.
async fn slowly(lane: &Lane, first: &str, drip: &str, seconds: u32) -> String {
    with(lane, 1024, |stream| async move {
        let (mut read, mut write) = tokio::io::split(stream);
        write.write_all(first.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        // As often as it takes: a busy machine may have the connection wait only later.
        let dripping = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                lane.pulse.skip(seconds);
                let _ = write.write_all(drip.as_bytes()).await;
            }
        };
        tokio::select! {
            end = read.read_to_end(&mut said) => drop(end.unwrap()),
            () = dripping => {}
        }
        String::from_utf8(said).unwrap()
    })
    .await
}

#[tokio::test]
async fn slow_callers_are_not_waited_for() {
    let lane = &lane(service_fn(answer));
    assert_eq!(slowly(lane, "", "", 11).await, "", "nothing");
    assert_eq!(slowly(lane, "PRI * H", "", 11).await, "", "a part of what HTTP/2 begins with");
    assert!(slowly(lane, "GET / HTTP/1.1\r\nHo", "", 11).await.starts_with("HTTP/1.1 408"), "a part of a head");
    let said = slowly(lane, &get("/a"), "", 11).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("/a"), "an idle connection: {said}");
    let said = slowly(lane, "GET / HTTP/1.1\r\n", "a: b\r\n", 3).await;
    assert!(said.starts_with("HTTP/1.1 408"), "each line in time, the head not: {said}");
    let half = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf";
    let said = slowly(lane, half, "", 11).await;
    assert!(said.contains("connection: close") && said.ends_with(&BodyError::TooSlow.to_string()), "{said}");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up() {
    let lane = &lane(service_fn(|_| async { Response::new(body::full(vec![b'x'; 100_000])) }));
    let (ours, mut theirs) = tokio::io::duplex(1024);
    theirs.write_all(get("/").as_bytes()).await.unwrap();
    tokio::select! {
        _ = run(ours, lane, None) => {}
        () = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                lane.pulse.skip(11);
            }
        } => {}
    }
    let mut taken = Vec::new();
    theirs.read_to_end(&mut taken).await.unwrap();
    assert!((1..=1024).contains(&taken.len()), "{}", taken.len());
}

#[tokio::test]
async fn at_the_end_idle_connections_close_and_running_requests_are_answered() {
    let lane = lane(service_fn(|_| async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        Response::new(body::full("done"))
    }));
    let idle = with(&lane, 1024, |mut stream| async move {
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    });
    let busy = with(&lane, 1024, |mut stream| async move {
        stream.write_all(get("/").as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    });
    let end = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        lane.pulse.drain();
    };
    let (idle, busy, ()) = tokio::join!(idle, busy, end);
    assert!(idle.is_empty() && busy.contains("connection: close\r\n") && busy.ends_with("done"), "{idle} {busy}");
}

#[tokio::test]
async fn a_caller_that_goes_ends_its_request() {
    let (gone, heard) = tokio::sync::oneshot::channel::<()>();
    let gone = Arc::new(Mutex::new(Some(gone)));
    let lane = lane(service_fn(move |_| {
        let gone = gone.lock().unwrap().take();
        async move {
            let _gone = gone;
            std::future::pending::<Response<Body>>().await
        }
    }));
    let (ours, mut theirs) = tokio::io::duplex(1024);
    {
        let running = run(ours, &lane, None);
        let mut running = std::pin::pin!(running);
        theirs.write_all(get("/").as_bytes()).await.unwrap();
        for _ in 0..10 {
            assert!(running.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
    }
    // The connection is gone with its future: an error of the sender, which was dropped.
    assert!(heard.await.is_err());
}

/// Knows `/hit`, with all that can be told of it, and nothing else.
struct Shelf;

impl Front for Shelf {
    fn look(&self, request: &Head<'_>) -> Option<Hit> {
        let is_here = request.path_and_query() == "/hit" && matches!(request.method, "GET" | "HEAD");
        is_here.then(|| Hit {
            head: Bytes::from_static(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n"),
            body: if request.method == "HEAD" { Bytes::new() } else { Bytes::from_static(b"here") },
            born_s: Some(784_111_770),
            fresh_until_s: Some(784_111_787),
            cache_status: Bytes::from_static(b"edge; hit; ttl="),
            has_date: false,
            took_us: None,
        })
    }
}

#[tokio::test]
async fn the_front_answers_before_the_service() {
    let lane = Lane { front: Some(Arc::new(Shelf)), ..lane(service_fn(answer)) };
    let head = "HEAD /hit HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /hit HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let hit = "HTTP/1.1 200 OK|content-length: 4|age: 7|";
    let status = "cache-status: edge; hit; ttl=10||";
    assert_eq!(
        talk_with(&lane, &[&get("/hit"), head, &get("/miss"), last, &get("/x")]).await,
        format!(
            "{hit}{status}here{hit}{status}HTTP/1.1 200 OK|content-length: 5||/miss{hit}connection: close|{status}here"
        )
    );
    let counted = |own: &Own| own.0.load(Ordering::Relaxed);
    assert_eq!((counted(&lane.counts.requests), counted(&lane.counts.hits)), (4, 3));
}

/// Takes what is written and counts the calls.
struct Counting {
    stream: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        self.poll_write_vectored(cx, &[std::io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let all: Vec<u8> = bufs.iter().flat_map(|part| part.iter().copied()).collect();
        Pin::new(&mut self.stream).poll_write(cx, &all)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_hit_is_one_write_and_so_is_a_short_answer() {
    let lane = Lane { front: Some(Arc::new(Shelf)), ..lane(service_fn(answer)) };
    let (stream, mut theirs) = tokio::io::duplex(64 << 10);
    let writes = Arc::new(AtomicUsize::new(0));
    let asked = [get("/hit"), get("/hit"), get("/short"), get("/hit")].concat();
    theirs.write_all(asked.as_bytes()).await.unwrap();
    theirs.shutdown().await.unwrap();
    let mut said = String::new();
    let counting = Counting { stream, writes: Arc::clone(&writes) };
    let (_, read) = tokio::join!(run(counting, &lane, None), theirs.read_to_string(&mut said));
    read.unwrap();
    assert_eq!((said.matches("HTTP/1.1 200").count(), writes.load(Ordering::Relaxed)), (4, 4));
}

#[tokio::test]
async fn a_connection_that_waits_owns_no_buffer() {
    const CONNECTIONS: usize = 1000;
    let lane = Lane { front: Some(Arc::new(Shelf)), ..lane(service_fn(answer)) };
    let mut streams = Vec::new();
    let mut running = Vec::new();
    let mut size = 0;
    for _ in 0..CONNECTIONS {
        let (ours, theirs) = tokio::io::duplex(1024);
        let future = run(ours, &lane, None);
        size = size_of_val(&future);
        running.push(Box::pin(future));
        streams.push(theirs);
    }
    // Half of them are answered by the front, half by the service.
    for (at, stream) in streams.iter_mut().enumerate() {
        stream.write_all(get(if at % 2 == 0 { "/hit" } else { "/miss" }).as_bytes()).await.unwrap();
    }
    for _ in 0..20 {
        for connection in &mut running {
            assert!(connection.as_mut().now_or_never().is_none(), "it stays open");
        }
        tokio::task::yield_now().await;
    }
    let mut said = [0; 12];
    for stream in &mut streams {
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"HTTP/1.1 200");
    }
    let buffers = usize::try_from(pool::HERE.get()).unwrap();
    assert!(size < 700, "{size} bytes of each connection");
    assert!(buffers / CONNECTIONS < 4 << 10, "{buffers} bytes of buffers");
}
