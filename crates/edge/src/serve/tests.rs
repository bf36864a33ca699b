use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::other::Executor;
use super::*;
use crate::listen;

/// A server whose service knows a few paths.
fn start(settings: &Settings) -> (SocketAddr, Tasks) {
    let service = service_fn(|request| async move {
        let text = match request.uri().path() {
            "/peer" => request.extensions().get::<Peer>().unwrap().0.ip().to_string(),
            "/panic" => panic!("on purpose"),
            "/slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                "done".to_owned()
            }
            path => path.to_owned(),
        };
        Response::new(body::full(text))
    });
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (address, tasks) = (listener.address(), Tasks::default());
    serve(listener, service, settings, &tasks);
    (address, tasks)
}

/// Sends raw bytes and reads until the server closes.
async fn talk(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn http1_and_the_peer() {
    let (address, tasks) = start(&Settings::default());
    let answer = talk(address, &get("/peer")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
    assert_eq!(tasks.shutdown(Duration::from_secs(1)).await, 0);
}

#[tokio::test]
async fn http2_without_tls() {
    let (address, tasks) = start(&Settings::default());
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(Executor(tasks.clone()), io).await.unwrap();
    tasks.spawn(async move { drop(connection.await) });
    let request = Request::get(format!("http://{address}/two")).body(Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "/two");
    drop(sender);
    assert_eq!(tasks.shutdown(Duration::from_secs(2)).await, 0);
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let (address, _tasks) = start(&Settings::default());
    assert!(talk(address, &get("/panic")).await.starts_with("HTTP/1.1 500"));
    assert!(talk(address, &get("/fine")).await.ends_with("/fine"));
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let settings = Settings { header_size_max: stdx::ByteSize::kib(8), header_count_max: 20, ..Settings::default() };
    let (address, _tasks) = start(&settings);
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(20_000));
    assert!(talk(address, &large).await.starts_with("HTTP/1.1 431"));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(30));
    assert!(talk(address, &many).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let (address, _tasks) = start(&Settings { header_timeout_s: 1, ..Settings::default() });
    let before = Instant::now();
    // Nothing, half a preface of HTTP/2, half a head, and a kept connection that stays idle.
    let idle = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let (nothing, preface, head, idle) = tokio::join!(
        talk(address, ""),
        talk(address, "PRI * H"),
        talk(address, "GET / HTTP/1.1\r\n"),
        talk(address, idle)
    );
    assert!(nothing.is_empty() && preface.is_empty(), "{nothing} {preface}");
    assert!(!head.contains("200") && idle.starts_with("HTTP/1.1 200"), "{head} {idle}");
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_full_house_serves_the_next_when_one_leaves() {
    let (address, _tasks) = start(&Settings { connections_max: 1, ..Settings::default() });
    let slow = get("/slow");
    let (one, two) = tokio::join!(talk(address, &slow), talk(address, &slow));
    assert!(one.ends_with("done") && two.ends_with("done"));
}

#[tokio::test]
async fn a_running_request_is_finished_at_shutdown() {
    let (address, tasks) = start(&Settings::default());
    let request = talk(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
    let end = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        tasks.shutdown(Duration::from_secs(5)).await
    };
    let (answer, left) = tokio::join!(request, end);
    assert!(answer.ends_with("done"), "{answer}");
    assert_eq!(left, 0);
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}

/// Tells each request by which thread it was looked at.
#[derive(Default)]
struct Threads(std::sync::Mutex<std::collections::HashSet<std::thread::ThreadId>>);

impl Front for Threads {
    fn look(&self, _: &crate::h1::Head<'_>) -> Option<crate::h1::Hit> {
        self.0.lock().unwrap().insert(std::thread::current().id());
        None
    }
}

#[tokio::test]
async fn connections_are_spread_over_threads_of_their_own() {
    let threads = Arc::new(Threads::default());
    let service = service_fn(|_| async { Response::new(body::full(format!("{:?}", std::thread::current().id()))) });
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (address, tasks) = (listener.address(), Tasks::default());
    let front = Arc::clone(&threads) as Arc<dyn Front>;
    Server::new(service, &Settings { threads: 3, ..Settings::default() }).front(front).start(listener, &tasks);
    assert!(listen::bind(address).is_err(), "the port is ours");
    let here = format!("{:?}", std::thread::current().id());
    // The kernel spreads by a hash: that 60 connections all fall to one of three has the odds of 3^-59.
    for _ in 0..60 {
        assert!(talk(address, &get("/")).await.ends_with(&here), "the service runs where it was started");
    }
    let used = threads.0.lock().unwrap().clone();
    assert!(used.len() > 1 && !used.contains(&std::thread::current().id()), "{used:?}");
    assert_eq!(tasks.shutdown(Duration::from_secs(2)).await, 0);
    assert!(TcpStream::connect(address).await.is_err(), "all of its sockets are closed");
}

/// Has the same page for everybody.
struct Page(Bytes);

impl Front for Page {
    fn look(&self, _: &crate::h1::Head<'_>) -> Option<crate::h1::Hit> {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", self.0.len()).into();
        Some(crate::h1::Hit { head, body: self.0.clone(), ..Default::default() })
    }
}

#[tokio::test]
async fn a_hit_over_http2_needs_no_turn_of_the_services_runtime() {
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (address, tasks) = (listener.address(), Tasks::default());
    let front = Arc::new(Page(vec![b'x'; 10_240].into()));
    Server::new(service_fn(|_| async { panic!("it is at hand") }), &Settings::default())
        .front(front)
        .start(listener, &tasks);
    let ask = async move {
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let tasks = Tasks::default();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(Executor(tasks.clone()), io).await.unwrap();
        tasks.spawn(async move { drop(connection.await) });
        for _ in 0..20 {
            let request = Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), 10_240);
        }
    };
    // This thread, the service's only one, waits for the caller's: a task on it would never run.
    let caller = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), ask).await.is_ok() })
    });
    assert!(caller.join().unwrap());
}

#[tokio::test]
async fn another_protocol_gets_the_stream() {
    let tasks = Tasks::default();
    let echo = tasks.clone();
    let service = service_fn(move |mut request: Request<RequestBody>| {
        let tasks = echo.clone();
        async move {
            if request.uri().path() != "/up" {
                return Response::new(body::full("no"));
            }
            let upgrade = hyper::upgrade::on(&mut request);
            let mut stop = tasks.stop();
            tasks.spawn(async move {
                let mut io = TokioIo::new(upgrade.await.unwrap());
                let mut bytes = [0; 5];
                io.read_exact(&mut bytes).await.unwrap();
                io.write_all(&bytes).await.unwrap();
                stop.wait().await;
                io.write_all(b"bye").await.unwrap();
            });
            let mut answer = Response::new(body::empty());
            *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            answer.headers_mut().insert("upgrade", http::HeaderValue::from_static("shout"));
            answer.headers_mut().insert("connection", http::HeaderValue::from_static("upgrade"));
            answer
        }
    });
    let listener = listen::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.address();
    serve(listener, service, &Settings::default(), &tasks);
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n");
    // Refused: the connection ends, since hyper would read the next request less strictly.
    let refused = talk(address, &format!("{}{}", ask("/no"), get("/next"))).await;
    assert!(refused.starts_with("HTTP/1.1 200") && refused.ends_with("no"), "{refused}");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // What follows the head at once belongs to the other protocol already.
    stream.write_all(format!("{}hello", ask("/up")).as_bytes()).await.unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"\r\n\r\nhello") {
        let n = stream.read_buf(&mut said).await.unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&said));
    }
    assert!(said.starts_with(b"HTTP/1.1 101"));
    let mut rest = String::new();
    let (left, read) = tokio::join!(tasks.shutdown(Duration::from_secs(3)), stream.read_to_string(&mut rest));
    assert_eq!(
        (left, read.unwrap(), rest.as_str()),
        (0, 3, "bye"),
        "the thread stays for as long as the stream is used"
    );
}

#[tokio::test]
async fn a_caller_may_close_its_half() {
    let (address, _tasks) = start(&Settings::default());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
}
