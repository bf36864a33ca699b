use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
